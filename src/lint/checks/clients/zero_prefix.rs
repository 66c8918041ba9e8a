//! `/0` behind an IPv4 network is an error to libwrap: it matches no address (F-V4-08).

use crate::lint::sink::Sink;
use crate::lint::view::ClientView;
use crate::lint::words::quote;
use crate::policy::{HostPattern, NetworkProblem};

pub(in crate::lint) fn check(client: &ClientView<'_, '_>, sink: &mut Sink) {
    let is_zero = client.host.ends_with(b"/0") || client.host.ends_with(b"/00");
    let is_bad = matches!(
        client.pattern.host,
        HostPattern::BadNet(NetworkProblem::Mask | NetworkProblem::Net)
    );
    if !is_zero || !is_bad || client.host.starts_with(b"[") {
        return;
    }
    sink.report(client.span, || {
        (
            format!(
                "{} matches no address: libwrap rejects the prefix length 0, so it {}",
                quote(client.text),
                client.nobody()
            ),
            "write `ALL` for everybody; `0.0.0.0/0.0.0.0` is every IPv4 address, `[::]/0` every \
             IPv6 address"
                .to_owned(),
        )
    });
}
