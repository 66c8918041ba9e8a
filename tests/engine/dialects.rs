//! What the builds of libwrap differ in: for each difference an input, and the verdict of each
//! dialect. Those of Debian are compared with the libraries elsewhere; for the others the rows are
//! what rebuilds of their published sources answered, or what those sources say.

use crate::sandbox::Sandbox;
use std::rc::Rc;
use tcpw::engine::{
    Access, Account, Cause, Effect, Fields, Host, ListFile, Request, Surroundings, Table, Tables,
    decide,
};
use tcpw::policy::{DIALECTS, Dialect};
use tcpw::syntax::parse_as;

/// The machine of the rows.
struct Machine(&'static Dialect);

impl Surroundings for Machine {
    fn list_file(&self, path: &[u8]) -> ListFile {
        match path {
            b"/list" => ListFile::Read(Rc::from(b"10. 2001:db8::5\n".to_vec())),
            _ => ListFile::Absent,
        }
    }
    fn in_netgroup(&self, group: &[u8], name: &[u8]) -> bool {
        group == b"grp" && name == b"a.foo.com"
    }
    fn has_interface(&self, name: &[u8]) -> bool {
        name == b"lo" || name == b"eth0"
    }
    fn has_account(&self, account: Account, name: &[u8]) -> bool {
        match account {
            Account::User => matches!(name, b"nobody" | b"root"),
            Account::Group => name == b"nogroup",
        }
    }
    fn aclexec(&self, _command: &[u8]) -> Option<bool> {
        Some(true)
    }
    fn dialect(&self) -> &'static Dialect {
        self.0
    }
}

/// What is asked: an allow table, a deny table, and a query with fields as `tcpw match --batch`
/// takes them, separated by spaces, `-` for an empty one.
struct Row {
    allow: &'static str,
    deny: &'static str,
    query: &'static str,
    /// `G`, `D` or `U` (it cannot be told) for each of [`DIALECTS`], in their order: debian12,
    /// debian13, freebsd, netbsd, illumos, classic.
    verdicts: &'static str,
}

const CLOSED: &str = "ALL: ALL\n";
const SSHD: &str = "sshd 1.2.3.4";

const fn row(
    allow: &'static str,
    deny: &'static str,
    query: &'static str,
    verdicts: &'static str,
) -> Row {
    Row {
        allow,
        deny,
        query,
        verdicts,
    }
}

/// A long line is written as `LONG`: 2047 bytes of comment.
#[rustfmt::skip]
const ROWS: &[Row] = &[
    // F-LINE-06, F-LINE-08, F-LINE-09, F-OPT-02: comments.
    row("sshd: 9.9.9.9 # ALL staff\n", CLOSED, SSHD, "GGDGGG"),
    row(" # sshd: ALL\n", CLOSED, SSHD, "GGDGGG"),
    row("sshd: 1.2.3.4#x\n", CLOSED, SSHD, "DDGDDD"),
    row("sshd: ALL: allow # x\n", CLOSED, SSHD, "DDGDDG"),
    row("sshd: 1.2.3.4 # see: ticket\n", CLOSED, SSHD, "DDGDDG"),
    row("sshd: ALL \\\n# EXCEPT sshd:\n", CLOSED, SSHD, "DDGDDG"),
    row("sshd: ALL \\# EXCEPT ALL\n", CLOSED, SSHD, "DDDDDD"),
    row("sshd: 1.2.3.4\\#x\n", CLOSED, SSHD, "DDDDDD"),
    row("sshd: ALL: allow:# x\n", CLOSED, SSHD, "DDGDDG"),
    row("sshd: ALL: # x\n", CLOSED, SSHD, "DDDDDG"),
    row("sshd: ALL:# x\n", CLOSED, SSHD, "DDGDDG"),
    // F-LINE-07, F-LINE-12, F-LINE-13: no final newline.
    row("", "ALL: ALL", SSHD, "DDGGGG"),
    row("", "# end", SSHD, "DDGGGG"),
    row("", "x: y\\\n", SSHD, "DDGGGG"),
    row("sshd: ALL", CLOSED, SSHD, "DDDDDD"),
    row("", "sshd: 9.9.9.9\nALL: ALL", SSHD, "DDGGGG"),
    // F-LINE-14, F-LINE-15: lines over the limit.
    row("", "LONG\n", SSHD, "DDUGGU"),
    row("LONG\n", "", SSHD, "GGUGGU"),
    row("LONG\nsshd: ALL\n", CLOSED, SSHD, "DDUGGU"),
    row("sshd: 1.2.3.4\nLONG\n", CLOSED, SSHD, "GGGGGG"),
    row("LONGsshd: ALL\n", CLOSED, SSHD, "DDUGGU"),
    // F-FIELD-04: what brackets protect.
    row("sshd: [2001:db8::1] 1.2.3.4\n", CLOSED, SSHD, "GGGGGD"),
    row("sshd: [2001:db8::1]: deny\nsshd: ALL\n", CLOSED, "sshd 2001:db8::1", "DDDDDG"),
    row("sshd: [x:y] 1.2.3.4\n", CLOSED, SSHD, "GGGGDD"),
    row("sshd: ALL [ : deny\n", CLOSED, SSHD, "GGGGDG"),
    // F-DAEMON-04, F-V4-16: wildcards.
    row("ssh*: ALL\n", CLOSED, SSHD, "GGDDDD"),
    row("sshd: 1.2.*\n", CLOSED, SSHD, "GGDDDD"),
    // F-DAEMON-10, F-DAEMON-11: ports.
    row("22: ALL\n", CLOSED, "sshd 1.2.3.4 - - 10.0.0.1 - 22", "GGDDDD"),
    row("22: ALL\n", CLOSED, "22 1.2.3.4", "DDGGGG"),
    // F-V4-07 to F-V4-09: masks.
    row("sshd: 1.2.3.4/255.255.255.255\n", CLOSED, SSHD, "DDDGDD"),
    row("sshd: 0.0.0.0/0\n", CLOSED, SSHD, "DDDGDD"),
    row("sshd: 1.2.3.0/24\n", CLOSED, SSHD, "GGDDDD"),
    row("sshd: 1.2.3.0/255.255.255.0\n", CLOSED, SSHD, "GGGGGG"),
    row("sshd: 0.0.0.4/24\n", CLOSED, "sshd 1.2.3.28", "DDDDDD"),
    row("sshd: 0.0.0.8/24\n", CLOSED, "sshd 1.2.3.8", "DDDGDD"),
    // F-V4-15: clients with IPv4 addresses in IPv6.
    row("sshd: 1.2.3.4\n", CLOSED, "sshd ::ffff:1.2.3.4", "GGGDGD"),
    row("sshd: 1.2.3.0/255.255.255.0\n", CLOSED, "sshd ::ffff:1.2.3.4", "GGGGGD"),
    row("sshd: 1.2.3.0/255.255.255.0\n", CLOSED, "sshd ::ffff:102:304", "DDGGDD"),
    // F-V6-01, F-V6-02, F-V6-07, F-V6-08: brackets.
    row("sshd: [2001:db8::1]\n", CLOSED, "sshd 2001:db8::1", "GGGGGD"),
    row("sshd: [2001:db8:0::1]\n", CLOSED, "sshd 2001:db8::1", "GGGDGD"),
    row("sshd: [2001:db8::]/32\n", CLOSED, "sshd 2001:db8::1", "GGGDDD"),
    row("sshd: [2001:db8::]/32\n", CLOSED, "sshd 2001:db8::", "GGGDGD"),
    row("sshd: [2001:db8::/32]\n", CLOSED, "sshd 2001:db8::1", "DDDGGD"),
    row("sshd: [::ffff:0:0]/96\n", CLOSED, "sshd ::ffff:102:304", "GGDDDD"),
    // F-V6-09: zones.
    row("sshd: [fe80::5%lo]\n", CLOSED, "sshd fe80::5", "GGDDDD"),
    row("sshd: [fe80::5%lo]\n", CLOSED, "sshd fe80::5%lo", "GGGGDD"),
    row("sshd: [fe80::5%lo]\n", CLOSED, "sshd fe80::5%eth0", "GGDDDD"),
    row("sshd: [fe80::5]\n", CLOSED, "sshd fe80::5%lo", "GGGDGD"),
    row("sshd: [fe80::]/10\n", CLOSED, "sshd fe80::5%lo", "GGGDDD"),
    row("sshd: [fe80::/10]\n", CLOSED, "sshd fe80::5%lo", "DDDDGD"),
    // F-NAME-06: names with colons.
    row("sshd: [::1]\n", CLOSED, "sshd 1.2.3.4 0::1", "GGDDDD"),
    // F-FILE-01, F-NETGR-02: list files and netgroups.
    row("sshd: /list\n", CLOSED, "sshd 10.1.2.3", "GGGGDD"),
    row("sshd: /list\n", CLOSED, "sshd 2001:db8::5", "GGGGDD"),
    row("sshd: @grp\n", CLOSED, "sshd 1.2.3.4 a.foo.com", "GDGGGG"),
    row("sshd: ALL EXCEPT @grp\n", CLOSED, "sshd 1.2.3.4 a.foo.com", "DGDDDD"),
    // F-OPT-13, F-SEV-02, aclexec, twist.
    row("sshd: ALL: aclexec true\n", CLOSED, SSHD, "GGDDDG"),
    row("sshd: ALL: severity authpriv.info\n", CLOSED, SSHD, "DDGGDG"),
    row("sshd: ALL: severity ftp.info\n", CLOSED, SSHD, "DDGGDG"),
    row("sshd: ALL: severity syslog.info\n", CLOSED, SSHD, "DDGDDG"),
    row("sshd: ALL: severity security.info\n", CLOSED, SSHD, "DDGDDG"),
    row("sshd: ALL: severity error\n", CLOSED, SSHD, "DDGDDG"),
    row("sshd: ALL: severity warn\n", CLOSED, SSHD, "DDGDDG"),
    row("sshd: ALL: severity panic\n", CLOSED, SSHD, "DDGDDG"),
    row("sshd: ALL: severity none\n", CLOSED, SSHD, "DDGDDG"),
    row("sshd: ALL: severity mail.info\n", CLOSED, SSHD, "GGGGGG"),
    row("sshd: ALL: severity mail.bogus\n", CLOSED, SSHD, "DDDDDG"),
    row("sshd: ALL: user nobody: group nogroup\n", CLOSED, SSHD, "GGDDDG"),
    row("sshd: ALL: group nogroup: user nobody\n", CLOSED, SSHD, "GGGGGG"),
    row("sshd: ALL: user nobody.nogroup: group nogroup\n", CLOSED, SSHD, "GGGGGG"),
    row("sshd: ALL: user nobody: user root\n", CLOSED, SSHD, "GGDDDG"),
    row("sshd: ALL: user root: group nogroup\n", CLOSED, SSHD, "GGGGGG"),
    row("sshd: ALL: twist true\n", CLOSED, SSHD, "DDDDDG"),
    row("sshd: ALL: deny\n", CLOSED, SSHD, "DDDDDG"),
];

fn request(query: &str) -> Request {
    let fields: Vec<&str> = query.split(' ').collect();
    let field = |at: usize| match fields.get(at) {
        None | Some(&"-") => "",
        Some(text) => text,
    };
    let mut request = Request::new("", Host::unknown());
    request.refill(&Fields {
        daemon: field(0).as_bytes(),
        address: field(1).as_bytes(),
        name: field(2).as_bytes(),
        user: field(3).as_bytes(),
        server_address: field(4).as_bytes(),
        server_name: field(5).as_bytes(),
        server_port: field(6).parse().ok(),
    });
    request
}

fn letter(access: Access) -> char {
    match access {
        Access::Granted => 'G',
        Access::Denied => 'D',
        Access::Undecided => 'U',
    }
}

#[test]
fn each_dialect_decides_as_its_row_says() {
    let long = format!("#{}", "x".repeat(2046));
    let mut wrong = Vec::new();
    for row in ROWS {
        let [allow, deny] = [row.allow, row.deny].map(|text| text.replace("LONG", &long));
        let said: String = DIALECTS
            .iter()
            .map(|dialect| {
                let [allow, deny] =
                    [&allow, &deny].map(|text| parse_as(text.as_bytes(), dialect.reading));
                let tables = Tables {
                    allow: Table::Read(&allow),
                    deny: Table::Read(&deny),
                };
                letter(decide(&tables, &request(row.query), &Machine(dialect)).access)
            })
            .collect();
        if said != row.verdicts {
            let (allow, deny) = (row.allow.escape_debug(), row.deny.escape_debug());
            let (query, wanted) = (row.query, row.verdicts);
            wrong.push(format!(
                "{allow} | {deny} | {query}: want {wanted}, got {said}"
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// F-LINE-23: a deny table that cannot be opened.
#[test]
fn an_unreadable_deny_table_denies_on_debian_only() {
    let said: String = DIALECTS
        .iter()
        .map(|dialect| {
            let tables = Tables {
                allow: Table::Absent,
                deny: Table::Unreadable,
            };
            letter(decide(&tables, &request(SSHD), &Machine(dialect)).access)
        })
        .collect();
    assert_eq!(said, "DDGGGG");
}

/// F-PCT-01, F-PCT-04: letters of ports, and how long a value may become.
#[test]
fn commands_are_expanded_as_each_build_does() {
    let ran = |allow: &str, dialect: &'static Dialect| {
        let allow = parse_as(allow.as_bytes(), dialect.reading);
        let tables = Tables {
            allow: Table::Read(&allow),
            deny: Table::Absent,
        };
        let verdict = decide(&tables, &request(SSHD), &Machine(dialect));
        (verdict.access, verdict.effects, verdict.cause)
    };
    let shown = DIALECTS.map(|dialect| {
        let word = if dialect.options { "spawn " } else { "" };
        match &*ran(&format!("sshd: ALL: {word}echo [%r]\n"), dialect).1 {
            [Effect::Spawn(command)] => String::from_utf8_lossy(command).into_owned(),
            other => panic!("{}: {other:?}", dialect.name),
        }
    });
    let [with, without] = ["echo [0]", "echo []"];
    assert_eq!(shown, [with, with, without, without, without, without]);
    let long = format!("sshd: ALL: spawn {}%a\n", "x".repeat(1016));
    let said = DIALECTS.map(|dialect| letter(ran(&long, dialect).0));
    assert_eq!(said, ['G', 'G', 'D', 'D', 'D', 'G']);
    let (_, _, cause) = ran(&long, DIALECTS[2]);
    assert!(matches!(cause, Cause::Rule { .. }));
}

/// The program reads tables as the dialect does: in single questions, in many, and in tests.
#[test]
fn the_program_reads_tables_as_the_dialect_does() {
    let stage = || {
        Sandbox::new()
            .allow("sshd: 1.2.3.4 # see: ticket\n")
            .deny("ALL: ALL\n")
            .file("test", "sshd 1.2.3.4 granted\n")
    };
    for (dialect, exit) in [("debian12", 1), ("freebsd", 0), ("netbsd", 1)] {
        for query in [
            &["match", "sshd", "1.2.3.4"][..],
            &["match", "sshd", "1.2.3.4", "--explain"],
            &["test", "[ROOT]/test"],
        ] {
            let query = [query, &["--dialect", dialect]].concat();
            let run = stage().run(&query);
            let (out, _, code) = run.output();
            assert_eq!(code, Some(exit), "{query:?}: {out}");
        }
    }
    let run = Sandbox::new()
        .allow(format!("#{}\nsshd: ALL\n", "x".repeat(2046)))
        .deny("")
        .run(&["match", "sshd", "1.2.3.4", "--dialect", "freebsd"]);
    let (out, _, code) = run.output();
    assert_eq!(code, Some(2), "{out}");
    assert!(out.contains("line 1 of the allow table"), "{out}");
}

/// `tcpw match` about a client in a netgroup, with a library below the root; and its exit code.
fn ask_about_netgroup(library: Option<&str>, more: &[&str]) -> (String, i32) {
    let mut stage = Sandbox::new()
        .file("etc/netgroup", "friends (good.example,,)\n")
        .allow("sshd: @friends\n")
        .deny("ALL: ALL\n");
    if let Some(bytes) = library {
        stage = stage.file("usr/lib/aarch64-linux-gnu/libwrap.so.0", bytes);
    }
    let query = ["match", "sshd", "10.1.2.3", "--name", "good.example"];
    let run = stage.run(&[&query, more].concat());
    let (out, _, code) = run.output();
    (out.to_owned(), code.unwrap())
}

/// The dialect of the library that lies below the root, which can be overruled; it is named where
/// an answer depends on it.
#[test]
fn the_library_below_the_root_gives_the_dialect() {
    let (with, without) = ("\x7fELF\0innetgr\0", "\x7fELF\0strtok\0");
    let looks = "libwrap of Debian 12 looks netgroups up";
    let json = &["--format", "json"][..];
    for (library, more, exit, named) in [
        (None, &[][..], 0, looks),
        (Some(with), &[], 0, looks),
        (
            Some(without),
            &[],
            1,
            "libwrap of Debian 13 does not look netgroups up",
        ),
        (
            Some(without),
            &["--dialect", "debian12"],
            0,
            "--dialect debian13",
        ),
        (
            Some(with),
            &["--dialect", "debian13"],
            1,
            "--dialect debian12",
        ),
        (
            Some(with),
            &["--dialect", "netbsd"],
            0,
            "not tested against the system",
        ),
        (Some(without), json, 1, "\"dialect\": \"debian13\""),
        (Some(with), json, 0, "\"dialect\": \"debian12\""),
    ] {
        let (out, code) = ask_about_netgroup(library, more);
        assert_eq!(code, exit, "{library:?} {more:?}: {out}");
        assert!(out.contains(named), "{library:?} {more:?}: {out}");
    }
}
