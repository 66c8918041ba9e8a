//! Whatever a DNS server sends, it is an answer with addresses of the family asked for, or a fault with
//! a sentence, or no answer to the question.
//!
//! Input: `4` or `6`, the family asked for, then the message; its number is made that of the question.

use tcpw::system::{AddressFamily, DnsQuestion, DnsReply};

/// Panics where that does not hold.
pub(crate) fn run(input: &[u8]) {
    let Some((&kind, message)) = input.split_first() else {
        return;
    };
    let family = match kind {
        b'4' => AddressFamily::V4,
        b'6' => AddressFamily::V6,
        _ => return,
    };
    let question = DnsQuestion {
        id: 0x7463,
        name: "home.dyn.example.org".to_owned(),
        family,
    };
    let own = question.bytes().unwrap();
    assert_eq!(question.read(&own), None, "a question is no answer");
    let mut message = message.to_vec();
    // Else hardly any input gets beyond its first bytes.
    for (place, byte) in message.iter_mut().zip(own) {
        *place = byte;
        if byte == 0x63 {
            break;
        }
    }
    match question.read(&message) {
        None | Some(DnsReply::Truncated) => {}
        Some(DnsReply::Told(Ok(answer))) => {
            assert!(answer.addresses.len() * 12 <= message.len());
            assert_eq!(answer.ttl.is_some(), !answer.addresses.is_empty());
            assert!(answer.ttl.is_none_or(|ttl| ttl <= 0x7fff_ffff));
            for address in &answer.addresses {
                assert_eq!(address.is_ipv4(), family == AddressFamily::V4);
            }
        }
        Some(DnsReply::Told(Err(fault))) => assert!(!fault.to_string().is_empty()),
    }
}
