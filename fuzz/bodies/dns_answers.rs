//! Whatever a DNS server sends, it is an answer with records of the kind asked for, or a fault with
//! a sentence, or no answer to the question.
//!
//! Input: `4` or `6`, the family asked for, or `m` for mail servers, then the message; its number is made
//! that of the question.

use tcpw::system::{AddressFamily, DnsQuestion, DnsRecord, DnsReply};

/// Panics where that does not hold.
pub(crate) fn run(input: &[u8]) {
    let Some((&kind, message)) = input.split_first() else {
        return;
    };
    let record = match kind {
        b'4' => DnsRecord::Address(AddressFamily::V4),
        b'6' => DnsRecord::Address(AddressFamily::V6),
        b'm' => DnsRecord::Exchange,
        _ => return,
    };
    let question = DnsQuestion {
        id: 0x7463,
        name: "home.dyn.example.org".to_owned(),
        record,
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
            let records = answer.addresses.len() + answer.exchanges.len();
            assert!(records * 12 <= message.len());
            assert_eq!(answer.ttl.is_some(), records > 0);
            assert!(answer.ttl.is_none_or(|ttl| ttl <= 0x7fff_ffff));
            let is_for_mail = record == DnsRecord::Exchange;
            assert!(is_for_mail || answer.exchanges.is_empty());
            assert!(!is_for_mail || answer.addresses.is_empty());
            for address in &answer.addresses {
                let is_v4 = record == DnsRecord::Address(AddressFamily::V4);
                assert_eq!(address.is_ipv4(), is_v4);
            }
            assert!(answer.exchanges.is_sorted());
        }
        Some(DnsReply::Told(Err(fault))) => assert!(!fault.to_string().is_empty()),
    }
}
