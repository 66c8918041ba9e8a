//! A change that has to be confirmed: until when, and by which word.

use crate::cli::base::times::lifetime;
use crate::editor::Provisional;
use crate::system::{Clock as _, Moment, SystemClock, random_u64};

/// At most a day, and long enough to log in.
const LEAST: u32 = 5;
const MOST: u32 = 86_400;
/// Without those that are easily taken for another.
const LETTERS: &[u8] = b"abcdefghjkmnpqrstuvwxyz23456789";
const TOKEN_LENGTH: usize = 8;

/// Reads the value of `--confirm-within`: seconds.
pub(crate) fn patience(text: &str) -> Result<u32, String> {
    let seconds = lifetime(text).and_then(|time| u32::try_from(time.num_seconds()).ok());
    seconds
        .filter(|seconds| (LEAST..=MOST).contains(seconds))
        .ok_or_else(|| "give a time from 5s to 24h, such as 5m".to_owned())
}

/// A change that has to be confirmed, and the word that does so.
pub(crate) struct Trial {
    pub(crate) terms: Provisional,
    /// The word that confirms it from anywhere.
    pub(crate) token: String,
}

impl Trial {
    pub(crate) fn new(seconds: u32) -> Self {
        let token = token();
        Self {
            terms: Provisional::new(&now(), seconds, &token),
            token,
        }
    }
}

/// This moment.
pub(crate) fn now() -> Moment {
    Moment::at(SystemClock.now().timestamp())
}

/// A word nobody guesses within a day.
fn token() -> String {
    let mut random = random_u64();
    let letters = u64::try_from(LETTERS.len()).unwrap_or(1);
    let letter = |_| {
        let at = usize::try_from(random % letters).unwrap_or(0);
        random /= letters;
        char::from(LETTERS.get(at).copied().unwrap_or(b'a'))
    };
    (0..TOKEN_LENGTH).map(letter).collect()
}
