//! Ranges of addresses in few words: as networks, or as a network and what is missing in it.

use super::places::{LAST4, Places, gaps};
use crate::policy::Network;

/// As many ranges are looked at together for a network that holds them all.
const HOLES: usize = 24;
/// More ranges are told as they are.
const MANY: usize = 500;

/// Ranges of the family whose last address is given, as networks; where that is shorter, as a network and what is missing in it.
pub(super) fn with_holes(ranges: &[(u128, u128)], last: u128) -> Vec<String> {
    let word = |network: &Network| match network.length {
        0 if network.address.is_ipv4() => "all of IPv4".to_owned(),
        0 => "all of IPv6".to_owned(),
        _ => network.to_string(),
    };
    let networks = |ranges: Vec<(u128, u128)>| {
        let mut places = Places::default();
        let own = if last == LAST4 {
            &mut places.v4
        } else {
            &mut places.v6
        };
        *own = ranges;
        places.networks()
    };
    if ranges.len() > MANY {
        return networks(ranges.to_vec()).iter().map(word).collect();
    }
    let mut words = Vec::new();
    let mut at = 0;
    while let Some(range) = ranges.get(at) {
        let most = ranges.len().min(at + HOLES);
        let holed = (at..most).rev().find_map(|end| {
            let group = ranges.get(at..=end)?;
            let whole = around(group.first()?.0, group.last()?.1, last);
            let is_alone = ranges.get(end + 1).is_none_or(|next| next.0 > whole.1)
                && at
                    .checked_sub(1)
                    .and_then(|before| ranges.get(before))
                    .is_none_or(|before| before.1 < whole.0);
            let missing: Vec<(u128, u128)> = gaps(group, last)
                .into_iter()
                .filter(|(low, high)| *high >= whole.0 && *low <= whole.1)
                .map(|(low, high)| (low.max(whole.0), high.min(whole.1)))
                .collect();
            let missing = networks(missing);
            let is_shorter = missing.len() + 1 < networks(group.to_vec()).len();
            (is_alone && is_shorter && !missing.is_empty()).then(|| {
                let missing: Vec<String> = missing.iter().map(word).collect();
                let whole = networks(vec![whole]);
                let whole: Vec<String> = whole.iter().map(word).collect();
                (
                    format!("{} except {}", whole.join(", "), few(&missing)),
                    end,
                )
            })
        });
        if let Some((text, end)) = holed {
            words.push(text);
            at = end + 1;
        } else {
            words.extend(networks(vec![*range]).iter().map(word));
            at += 1;
        }
    }
    words
}

/// The smallest network that holds both addresses of a family, as its first and its last address.
fn around(low: u128, high: u128, last: u128) -> (u128, u128) {
    let differing = 128 - (low ^ high).leading_zeros();
    let rest = u128::MAX.checked_shr(128 - differing).unwrap_or(0) & last;
    (low & !rest, low | rest)
}

/// The first of some words, and how many more there are.
pub(super) fn few(words: &[String]) -> String {
    let mut shown: Vec<String> = words.iter().take(4).cloned().collect();
    if let Some(more) = words
        .len()
        .checked_sub(shown.len())
        .filter(|more| *more > 0)
    {
        shown.push(format!("{more} more"));
    }
    shown.join(", ")
}
