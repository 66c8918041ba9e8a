//! The compiled tables decide as the linear matcher does, and so does an excerpt.
//!
//! Input: a line of fields separated by TAB, as `tcpw match --batch` takes them, then the allow table,
//! a byte 0xff, the deny table, a byte 0xff, and what every list file holds.

use std::rc::Rc;
use tcpw::engine::{
    Account, Fields, Host, Index, ListFile, Request, Surroundings, Table, Tables, decide, skim,
};
use tcpw::syntax::parse;

struct World<'w>(&'w [u8]);

impl Surroundings for World<'_> {
    fn list_file(&self, path: &[u8]) -> ListFile {
        if path.len().is_multiple_of(2) {
            ListFile::Read(Rc::from(self.0.to_vec()))
        } else {
            ListFile::Absent
        }
    }
    fn in_netgroup(&self, group: &[u8], name: &[u8]) -> bool {
        (group.len() + name.len()).is_multiple_of(2)
    }
    fn has_interface(&self, name: &[u8]) -> bool {
        name == b"lo"
    }
    fn has_account(&self, _account: Account, name: &[u8]) -> bool {
        name == b"nobody"
    }
    fn aclexec(&self, command: &[u8]) -> Option<bool> {
        [Some(true), Some(false), None][command.len() % 3]
    }
}

/// Panics where that does not hold.
pub(crate) fn run(input: &[u8]) {
    let Some(end) = input.iter().position(|&byte| byte == b'\n') else {
        return;
    };
    let (query, rest) = (&input[..end], &input[end + 1..]);
    let mut parts = rest.splitn(3, |&byte| byte == 0xff);
    let mut part = || parts.next().unwrap_or_default();
    let (allow_source, deny_source, list) = (part(), part(), part());
    let fields: Vec<&[u8]> = query.split(|&byte| byte == b'\t').collect();
    let field = |at: usize| fields.get(at).copied().unwrap_or_default();
    let mut request = Request::new("", Host::unknown());
    request.refill(&Fields {
        daemon: field(0),
        address: field(1),
        name: field(2),
        user: field(3),
        server_address: field(4),
        server_name: field(5),
        server_port: str::from_utf8(field(6))
            .ok()
            .and_then(|port| port.parse().ok()),
    });
    let world = World(list);
    let (allow, deny) = (parse(allow_source), parse(deny_source));
    let tables = Tables {
        allow: Table::Read(&allow),
        deny: Table::Read(&deny),
    };
    let linear = decide(&tables, &request, &world);
    assert_eq!(Index::new(tables).decide(&request, &world), linear);
    let only = |tree| {
        let tables = Tables {
            allow: Table::Absent,
            deny: Table::Read(tree),
        };
        decide(&tables, &request, &world).access
    };
    let excerpt = skim(&mut &*deny_source, &request, &world).unwrap();
    let part = tcpw::syntax::parse_excerpt(&excerpt.bytes, excerpt.lines_before);
    assert_eq!(only(&part), only(&deny));
}
