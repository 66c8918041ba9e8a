//! Safe repairs change no verdict, and leave nothing to repair safely.
//!
//! Input as for `sieve`; the verdict of its client is compared.

use tcpw::engine::{Bare, Fields, Host, Request, Table, Tables, decide};
use tcpw::lint::{Boldness, Site, repair};
use tcpw::syntax::parse;

/// Panics where that does not hold.
pub(crate) fn run(input: &[u8]) {
    let Some(end) = input.iter().position(|&byte| byte == b'\n') else {
        return;
    };
    let (query, rest) = (&input[..end], &input[end + 1..]);
    let fields: Vec<&[u8]> = query.split(|&byte| byte == b'\t').collect();
    let field = |at: usize| fields.get(at).copied().unwrap_or_default();
    let mut request = Request::new("", Host::unknown());
    request.refill(&Fields {
        daemon: field(0),
        address: field(1),
        name: field(2),
        ..Fields::default()
    });
    let mut parts = rest.splitn(2, |&byte| byte == 0xff);
    let [allow, deny] = [(); 2].map(|()| parts.next().unwrap_or_default());

    let access = |allow: &[u8], deny: &[u8]| {
        let (allow, deny) = (parse(allow), parse(deny));
        let tables = Tables {
            allow: Table::Read(&allow),
            deny: Table::Read(&deny),
        };
        decide(&tables, &request, &Bare).access
    };
    let mend =
        |allow: &[u8], deny: &[u8]| repair(Some(allow), Some(deny), &Site::NOWHERE, Boldness::Safe);
    let mended = mend(allow, deny);
    assert_eq!(access(&mended.allow, &mended.deny), access(allow, deny));
    let again = mend(&mended.allow, &mended.deny);
    assert_eq!(again.done, [], "{:?}", mended.done);
}
