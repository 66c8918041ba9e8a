//! The index against the linear matcher: the same verdict, for the same reason, with the same
//! effects, on generated tables.

use super::case::{Case, LISTS};
use super::generate::case;
use std::rc::Rc;
use tcpw::engine::{
    Access, Account, Fields, Host, Index, ListFile, Request, Surroundings, Table, Tables, decide,
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
            ListFile::Read(Rc::from(self.0.lists[at].clone()))
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

/// List files that lead back to themselves, are nested, or have a word that is too long: the words
/// that are passed over must not change which of them is come to first.
#[test]
fn compiled_list_files_say_what_their_words_say_in_order() {
    let long = "x".repeat(8193);
    let lists = [
        "1.2.3.4 /lists/list0 5.6.7.8 foo.com .bar.com 9.9.9.".to_owned(),
        format!("1.2.3.4\n/lists/list2 {long} 5.6.7.8 @group 10.0.0.0/255.0.255.0"),
        "KNOWN@x 7.7.7.7 *.star.com /lists/list1 8.8.8.8 [2001:db8::]/32".to_owned(),
    ];
    let case = Case {
        lists: lists.map(String::into_bytes),
        ..case(1, "/lists")
    };
    let stage = Stage(&case);
    let mut seen = [0; 3];
    for list in LISTS {
        let source =
            format!("ALL: /lists/{list} EXCEPT 7.7.7.8\nALL: /lists/absent /lists/list2\n");
        let (allow, deny) = (parse(source.as_bytes()), parse(b"ALL: ALL\n"));
        let tables = Tables {
            allow: Table::Read(&allow),
            deny: Table::Read(&deny),
        };
        let index = Index::new(tables);
        for client in [
            "1.2.3.4",
            "5.6.7.8",
            "7.7.7.7",
            "8.8.8.8",
            "9.9.9.1",
            "10.3.0.4",
            "10.3.1.4",
            "2001:db8::9",
            "1.1.1.1\tfoo.com",
            "1.1.1.1\ta.bar.com",
            "1.1.1.1\ta.star.com",
            "",
        ] {
            let request = request(format!("sshd\t{client}").as_bytes());
            let linear = decide(&tables, &request, &stage);
            seen[match linear.access {
                Access::Granted => 0,
                Access::Denied => 1,
                Access::Undecided => 2,
            }] += 1;
            assert_eq!(index.decide(&request, &stage), linear, "{list} {client}");
        }
    }
    assert!(seen[0] > 5 && seen[2] > 5, "{seen:?}");
}
