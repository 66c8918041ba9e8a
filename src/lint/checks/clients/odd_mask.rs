//! A prefix length with something after the number: only the number counts (F-V4-10, F-V6-06).

use crate::lint::sink::Sink;
use crate::lint::view::ClientView;
use crate::lint::words::quote;
use crate::policy::{HostPattern, dotted_quad};

rows! {
    /// A prefix length is followed by something else, or written oddly.
    ///
    /// libwrap reads the digits it finds and ignores the rest; the reader of the table sees
    /// something else.
    ///
    /// Repair: by hand
    /// Facts: F-V4-10 F-V6-06
    CHECK = Row::new("TW307", "odd-prefix-length", Warning, Either, Run::Client(check))
        .shown(|shown| vec![(claim(Some(shown.effect), Decider::Word, Reach::Any), &[Group::Marked])]);
}

fn check(client: &ClientView<'_, '_>, sink: &mut Sink) {
    let bits = match client.pattern.host {
        HostPattern::Ipv4Net { mask, .. } => mask.count_ones(),
        HostPattern::Ipv6Net { length, .. } if length > 0 => u32::from(length),
        HostPattern::Netgroup(_)
        | HostPattern::ListFile(_)
        | HostPattern::Known
        | HostPattern::Local
        | HostPattern::Ipv6Net { .. }
        | HostPattern::BadNet(_)
        | HostPattern::Text { .. } => return,
    };
    let brackets = memchr::memrchr(b']', client.host).unwrap_or_default();
    let rest = client.host.get(brackets..).unwrap_or_default();
    let slash = memchr::memchr(b'/', rest).map_or(0, |at| at + 1);
    let mask = rest.get(slash..).unwrap_or_default();
    let is_plain = mask == bits.to_string().as_bytes();
    if is_plain || dotted_quad(mask).is_some() {
        return;
    }
    // `24;10.2.0.0/16`: another client was meant after the sign.
    let digits = mask.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let rest = mask.get(digits + 1..).unwrap_or_default();
    sink.report(client.span, || {
        let text = quote(client.text);
        if digits > 0 && rest.iter().any(u8::is_ascii_alphanumeric) {
            return (
                format!(
                    "libwrap reads the prefix length of {text} as /{bits} and ignores the rest, \
                     which matches nobody"
                ),
                "write a comma or a space between two clients".to_owned(),
            );
        }
        (
            format!("libwrap reads the prefix length of {text} as /{bits}"),
            format!("write `/{bits}`, if that is meant"),
        )
    });
}
