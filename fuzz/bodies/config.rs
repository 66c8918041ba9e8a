//! A configuration is read or refused with a sentence; muting a client in it and unmuting it leave it
//! readable, and no password is shown.
//!
//! Input: the text of /etc/tcpw.toml.

use std::path::Path;
use tcpw::config::{muted_client, parse, with_mute, without_mute, without_passwords};

/// Panics where that does not hold.
pub(crate) fn run(bytes: &[u8]) {
    let read = |text: &[u8]| parse(text, Path::new("tcpw.toml"), &Path::to_path_buf);
    let is_read = match read(bytes) {
        Ok(_) => true,
        Err(error) => {
            assert!(!error.to_string().is_empty());
            false
        }
    };
    let Ok(text) = str::from_utf8(bytes) else {
        assert!(!is_read);
        return;
    };
    drop(without_passwords(text));
    if !is_read {
        return;
    }
    let client = muted_client("192.0.2.7").unwrap();
    let muted = with_mute(Some(text), client).unwrap();
    let muted = muted.as_deref().unwrap_or(text);
    assert!(read(muted.as_bytes()).is_ok(), "{muted}");
    let unmuted = without_mute(muted, client).unwrap().expect("it was muted");
    assert!(read(unmuted.as_bytes()).is_ok(), "{unmuted}");
}
