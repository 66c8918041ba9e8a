//! A mask or prefix length that libwrap cannot use: the pattern matches nothing (F-V4-07, F-V4-09,
//! F-V6-05).

use crate::lint::sink::Sink;
use crate::lint::view::ClientView;
use crate::lint::words::{plain, quote};
use crate::policy::{HostPattern, NetworkProblem};

rows! {
    /// A mask or prefix length is none that libwrap takes.
    ///
    /// Lengths beyond 32 (or 128) and the mask 255.255.255.255 are errors to it, and the pattern
    /// matches nobody.
    ///
    /// Repair: --unsafe-fixes
    /// Facts: F-V4-07 F-V4-09 F-V6-05
    CHECK = Row::new("TW303", "bad-mask", Error, Missed, Run::Client(check))
        .ends(Ends::Word, 15)
        .fixed(Repair::Word(|text| text.strip_suffix(b"/255.255.255.255").map(<[u8]>::to_vec)))
        .shown(claims::missed_by_word);
}

fn check(client: &ClientView<'_, '_>, sink: &mut Sink) {
    let host = client.host;
    if client.pattern.host != HostPattern::BadNet(NetworkProblem::Mask) {
        return;
    }
    let is_ipv6 = host.starts_with(b"[");
    if !is_ipv6 && (host.ends_with(b"/0") || host.ends_with(b"/00")) {
        return;
    }
    sink.report(client.span, || {
        let help = if host.ends_with(b"/255.255.255.255") {
            let slash = memchr::memrchr(b'/', host).unwrap_or_default();
            let address = host.get(..slash).unwrap_or_default();
            format!("write `{}` for this one address", plain(address))
        } else if is_ipv6 {
            "write a prefix length from 0 to 128".to_owned()
        } else {
            "write a prefix length from 1 to 32, or a mask such as 255.255.255.0".to_owned()
        };
        (
            format!(
                "the mask of {} is none that libwrap takes: it matches no address and {}",
                quote(client.text),
                client.nobody()
            ),
            help,
        )
    });
}
