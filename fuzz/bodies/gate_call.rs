//! A command of `aclexec` is a call of the gate or none; one that is understood is so again, with an
//! address in the place of `%a`, and what is wrong with the others is said without control characters.
//!
//! Input: the value of an `aclexec` option.

use tcpw_gate::{Call, Client};

/// Panics where that does not hold.
pub(crate) fn run(bytes: &[u8]) {
    let Some(read) = Call::of_command(bytes) else {
        return;
    };
    match read {
        Err(error) => assert!(!error.to_string().contains(char::is_control)),
        Ok(call) if call.client() == Client::Each => {
            let text = String::from_utf8(bytes.to_vec()).unwrap();
            let (before, after) = text.rsplit_once("%a").unwrap();
            let filled = format!("{before}192.0.2.7{after}");
            let again = Call::of_command(filled.as_bytes()).unwrap().unwrap();
            assert_eq!(
                again.client(),
                Client::Address("192.0.2.7".parse().unwrap())
            );
            assert_eq!(again.countries(), call.countries());
            assert_eq!(again.except(), call.except());
        }
        Ok(call) => assert!(!call.is_open() || !call.except().is_empty()),
    }
}
