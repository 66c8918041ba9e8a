//! What stands before the slash is not a network of four numbers: nothing matches (F-V4-13).

use crate::lint::sink::Sink;
use crate::lint::view::ClientView;
use crate::lint::words::quote;
use crate::policy::{HostPattern, NetworkProblem};

rows! {
    /// The part before a slash is not a network of four numbers.
    ///
    /// With a slash only four full numbers count; `10.1.2/24`, `ALL/24` and `name/32` match nobody.
    ///
    /// Repair: by hand
    /// Facts: F-V4-13
    CHECK = Row::new("TW304", "bad-network", Error, Missed, Run::Client(check))
        .ends(Ends::Word, 16).shown(claims::missed_by_word);
}

fn check(client: &ClientView<'_, '_>, sink: &mut Sink) {
    let host = client.host;
    let is_bad = client.pattern.host == HostPattern::BadNet(NetworkProblem::Net);
    // Brackets, `0/0` and a relative path have checks of their own.
    let is_path = host.starts_with(b"./") || host.starts_with(b"~/");
    if !is_bad || is_path || host.contains(&b'[') || host.ends_with(b"/0") || host.ends_with(b"/00")
    {
        return;
    }
    sink.report(client.span, || {
        (
            format!(
                "the part before the slash of {} is not a network of four numbers: it matches \
                 nobody and {}",
                quote(client.text),
                client.nobody()
            ),
            "write all four numbers (`10.1.2.0/24`), or a prefix with a dot at its end (`10.1.2.`)"
                .to_owned(),
        )
    });
}
