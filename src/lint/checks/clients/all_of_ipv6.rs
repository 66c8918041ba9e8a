//! `[net]/` followed by no number is prefix length 0: every IPv6 address (F-V6-04).

use crate::lint::sink::Sink;
use crate::lint::trial::{Client, STRANGER6};
use crate::lint::view::ClientView;
use crate::lint::words::quote;
use crate::policy::HostPattern;

rows! {
    /// What stands after the slash of an IPv6 network does not begin with a digit.
    ///
    /// libwrap takes it for the length 0, and the pattern matches all of IPv6.
    ///
    /// Repair: by hand
    /// Facts: F-V6-04
    CHECK = Row::new("TW306", "all-of-ipv6", Error, Broad, Run::Client(check))
        .shown(claims::matched_by_word).also_tried(|_| Some(Client::at(&STRANGER6)));
}

fn check(client: &ClientView<'_, '_>, sink: &mut Sink) {
    let HostPattern::Ipv6Net { net, length: 0 } = client.pattern.host else {
        return;
    };
    let slash = memchr::memrchr(b']', client.host).unwrap_or_default() + 2;
    let mask = client.host.get(slash..).unwrap_or_default();
    let is_plain = !mask.is_empty() && mask.iter().all(|&byte| byte == b'0');
    if is_plain && net.address.is_unspecified() {
        return;
    }
    sink.report(client.span, || {
        let what = if is_plain {
            "has the prefix length 0"
        } else {
            "has no number after the slash, which counts as 0"
        };
        (
            format!(
                "{} {what}: it matches every IPv6 address",
                quote(client.text)
            ),
            "write the prefix length as a number, such as `/64`; `[::]/0` for all of IPv6"
                .to_owned(),
        )
    });
}
