//! The index against the linear matcher: the same verdict, for the same reason, with the same
//! effects, on generated tables.

use super::case::{Case, LISTS};
use super::generate::case;
use std::rc::Rc;
use tcpw::engine::{
    Account, Fields, Host, Index, ListFile, Request, Surroundings, Table, Tables, decide,
};
use tcpw::syntax::parse;

const CASES: u64 = 6000;

/// The machine of a case: its list files, and answers that depend on the question only.
pub(super) struct Stage<'c>(pub(super) &'c Case);

impl Surroundings for Stage<'_> {
    fn list_file(&self, path: &[u8]) -> ListFile {
        let name = path.rsplit(|&byte| byte == b'/').next().unwrap();
        let at = LISTS.iter().position(|list| list.as_bytes() == name);
        at.map_or(ListFile::Absent, |at| {
            ListFile::Read(Rc::from(&*self.0.lists[at]))
        })
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

pub(super) fn request(query: &[u8]) -> Request {
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
        server_port: str::from_utf8(field(6)).unwrap().parse().ok(),
    });
    request
}

#[test]
fn the_index_decides_as_the_linear_matcher_does() {
    let mut by_rule = 0_u32;
    for seed in 0..CASES {
        let case = case(seed, "/lists");
        let allow = case.allow.as_deref().map(parse);
        let deny = case.deny.as_deref().map(parse);
        let tables = Tables {
            allow: allow.as_ref().map_or(Table::Absent, Table::Read),
            deny: deny.as_ref().map_or(Table::Absent, Table::Read),
        };
        let index = Index::new(tables);
        let stage = Stage(&case);
        for query in &case.queries {
            let request = request(query);
            let linear = decide(&tables, &request, &stage);
            let indexed = index.decide(&request, &stage);
            let shown = query.escape_ascii();
            assert_eq!(
                indexed,
                linear,
                "seed {seed}, query {shown}\n{}",
                case.show()
            );
            by_rule += u32::from(!linear.effects.is_empty());
        }
    }
    assert!(
        by_rule > 1000,
        "only {by_rule} verdicts of rules with options"
    );
}
