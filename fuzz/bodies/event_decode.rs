//! An event file is decoded or refused, and one that is decoded is written and read again unchanged.
//!
//! Input: what a file of the drop directory holds.

use tcpw_event::encoding::{decode, encode, one_line};

/// Panics where that does not hold.
pub(crate) fn run(bytes: &[u8]) {
    if let Ok(event) = decode(bytes, 1000) {
        let text = encode(&event);
        assert_eq!(decode(text.as_bytes(), 1000).as_ref(), Ok(&event));
        assert!(
            one_line(&event)
                .bytes()
                .all(|byte| (b' '..=b'~').contains(&byte))
        );
    }
}
