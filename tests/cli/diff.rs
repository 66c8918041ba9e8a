//! What `tcpw diff` prints, for people and for programs, and how it fails.

use crate::sandbox::Sandbox;
use std::fmt::Write as _;

fn pairs() -> Sandbox {
    Sandbox::new()
        .file("old/hosts.allow", "sshd: 192.0.2.7\n")
        .file("old/hosts.deny", "ALL: ALL\n")
        .file(
            "new/etc/hosts.allow",
            "sshd: 10.0.0.0/25 10.0.0.128/25\nALL: 198.51.100.9\n",
        )
        .file("new/etc/hosts.deny", "ALL: ALL\n")
}

#[test]
fn gains_and_losses_are_told_as_networks_with_an_example_and_its_rule() {
    pairs()
        .run(&["diff", "[ROOT]/old", "[ROOT]/new"])
        .stdout(GOLDEN)
        .code(1)
        .done()
        .run(&[
            "diff",
            "[ROOT]/old",
            "[ROOT]/new",
            "--daemon",
            "ftpd",
            "--format",
            "json",
        ])
        .stdout(JSON)
        .code(1)
        .done()
        .run(&[
            "diff",
            "[ROOT]/old",
            "[ROOT]/old/hosts.allow,[ROOT]/old/hosts.deny",
        ])
        .stdout("the same effect\n")
        .done();
}

#[test]
fn what_cannot_be_read_or_computed_is_told() {
    let help = "  help: name a directory that holds hosts.allow or hosts.deny, or two files as ALLOW,DENY\n";
    pairs()
        .run(&["diff", "[ROOT]/none", "[ROOT]/new"])
        .stderr(&format!("tcpw: [ROOT]/none does not exist\n{help}"))
        .code(2)
        .done()
        .file("empty/x", "")
        .run(&["diff", "[ROOT]/old", "[ROOT]/empty"])
        .stderr(&format!("tcpw: there are no tables in [ROOT]/empty: neither hosts.allow nor hosts.deny, here or in etc\n{help}"))
        .code(2)
        .done()
        .file("acl/hosts.allow", "sshd: 192.0.2.7\nsshd: 10.1.1.1: aclexec is-friend %a\n")
        .file("acl/hosts.deny", "ALL: ALL\n")
        .run(&["diff", "[ROOT]/old", "[ROOT]/acl"])
        .stdout(ACLEXEC)
        .code(1)
        .done();
}

/// Claims are told as they are found, of which the first have columns of their own width.
#[test]
fn of_many_claims_some_are_shown_and_all_by_request() {
    const COUNT: usize = 2500;
    let address = |n: usize| format!("198.{}.{}.1", 18 + n / 256, n % 256);
    let mut rules = String::new();
    for n in 0..COUNT {
        writeln!(rules, "sshd: {}", address(n)).unwrap();
    }
    let line = |n: usize| {
        let address = address(n);
        let number = n + 1;
        format!("+ sshd  {address:<12}  e.g. {address} by NEW hosts.allow:{number}\n")
    };
    let total = format!("{COUNT} gained, 0 lost, 0 undetermined\n");
    let all: String = (0..COUNT).map(line).collect();
    let pairs = pairs()
        .file("old/hosts.allow", "")
        .file("new/etc/hosts.allow", rules)
        .run(&["diff", "[ROOT]/old", "[ROOT]/new", "--all"])
        .stdout(&format!("{all}{total}"))
        .code(1)
        .done();
    let of_json = pairs.run(&["diff", "[ROOT]/old", "[ROOT]/new", "--format", "json"]);
    let document: serde_json::Value = serde_json::from_str(of_json.stdout_text()).unwrap();
    assert_eq!(document["claims"].as_array().unwrap().len(), COUNT);
    assert_eq!(document["claims"][COUNT - 1]["new_rule"]["line"], COUNT);
    let short = of_json
        .unchecked()
        .run(&["diff", "[ROOT]/old", "[ROOT]/new"]);
    let (out, err, code) = short.output();
    let end = format!("... and {} more: --all shows them\n{total}", COUNT - 40);
    assert!(out.ends_with(&end) && err.is_empty(), "{out}{err}");
    assert_eq!((out.lines().count(), code), (42, Some(1)));
}

const GOLDEN: &str = r"+ sshd          10.0.0.0/24   e.g. 10.0.0.0 by NEW hosts.allow:1
- sshd          192.0.2.7     e.g. 192.0.2.7 by NEW hosts.deny:1
+ every daemon  198.51.100.9  e.g. 198.51.100.9 to sshd by NEW hosts.allow:2
2 gained, 1 lost, 0 undetermined
";
const JSON: &str = r#"{"claims":[{"because":[],"change":"gains","clients":{"names":null,"names_are_exceptions":false,"network":"198.51.100.9"},"daemon":"every daemon","example":{"address":"198.51.100.9","daemon":"ftpd","name":"unknown"},"new_rule":{"line":2,"table":"hosts.allow"},"old_rule":{"line":1,"table":"hosts.deny"}}],"not_computed":[]}
"#;
const ACLEXEC: &str = r"? sshd  10.1.1.1  cannot be computed: it depends on whether the command of aclexec succeeds
0 gained, 0 lost, 1 undetermined
";
