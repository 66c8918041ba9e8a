//! The reasons that `tcpw match` gives, asked of the installed libwrap: the two words by which a rule
//! is said to match do match by themselves, and a word that nobody is said to be matches nobody.

use super::generate::case;
use super::indexed::request;
use super::library::{Oracle, Tables as Paths};
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::rc::Rc;
use tcpw::engine::{
    Account, Cause, ListFile, Matched, Request, Step, Surroundings, Table, Tables, Trace, explain,
};
use tcpw::policy::{ClientPattern, Element, Rule};
use tcpw::syntax::{Tree, parse};

/// Cases that are tried; `TCPW_PAIRS` sets another number.
const CASES: u64 = 300;

/// The machine of the library, where no command's end is known.
struct Machine;

impl Surroundings for Machine {
    fn list_file(&self, path: &[u8]) -> ListFile {
        let read = fs::read(OsStr::from_bytes(path));
        read.map_or(ListFile::Absent, |bytes| ListFile::Read(Rc::from(bytes)))
    }
    fn in_netgroup(&self, _group: &[u8], _name: &[u8]) -> bool {
        false
    }
    fn has_interface(&self, name: &[u8]) -> bool {
        name == b"lo"
    }
    fn has_account(&self, _account: Account, _name: &[u8]) -> bool {
        false
    }
    fn aclexec(&self, _command: &[u8]) -> Option<bool> {
        None
    }
}

/// `DAEMON: CLIENT` of a rule that matched.
fn words(tree: &Tree<'_>, matched: &Matched) -> Vec<u8> {
    let line = tree.line(matched.line).unwrap();
    let [daemon, client] = [matched.daemon, matched.client].map(|span| line.text(span));
    // A word that ends in a backslash would join the next line.
    [&daemon, &b": "[..], &client, b" \n"].concat()
}

/// The clients of rules that did not match, of whom the story says that nobody can be one.
fn nobodies(tree: &Tree<'_>, trace: &Trace) -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    for step in &trace.steps {
        let Step::Compared(comparison) = step else {
            continue;
        };
        let line = tree.line(comparison.line).and_then(Rule::of);
        let elements = line.into_iter().flat_map(|rule| rule.clients().elements());
        for element in elements {
            if let Element::Pattern { text, .. } = element
                && ClientPattern::read(&text).host.matches_nobody()
            {
                all.push([b"ALL: ", &*text, b" \n"].concat());
            }
        }
    }
    all
}

#[test]
#[expect(
    clippy::too_many_lines,
    reason = "one walk over cases, queries and reasons"
)]
fn the_reasons_of_a_verdict_are_true() {
    let most = std::env::var("TCPW_PAIRS").map_or(CASES, |count| count.parse().unwrap());
    let place = tempfile::tempdir().unwrap();
    let dir = place.path();
    let mini = dir.join("mini");
    fs::create_dir_all(&mini).unwrap();
    let paths = Paths::within(&mini);
    fs::write(&paths.deny, "ALL: ALL\n").unwrap();
    let mut oracle = Oracle::start();
    let (mut matching, mut vain) = (0_u32, 0_u32);
    for seed in 0..most {
        let sample = case(seed, dir.to_str().unwrap());
        sample.lay(dir);
        let allow = parse(sample.allow.as_deref().unwrap_or_default());
        let deny = parse(sample.deny.as_deref().unwrap_or_default());
        let tables = Tables {
            allow: Table::Read(&allow),
            deny: Table::Read(&deny),
        };
        for query in &sample.queries {
            let asked: Request = request(query);
            let (verdict, trace) = explain(&tables, &asked, &Machine);
            let mut ask = |text: &[u8]| {
                fs::write(&paths.allow, text).unwrap();
                oracle.ask(&paths, std::slice::from_ref(query))[0]
                    .text
                    .clone()
            };
            let shown = || format!("seed {seed}, query {}", query.escape_ascii());
            let mut causes: Vec<&Cause> = vec![&verdict.cause];
            causes.extend(verdict.ways.iter().map(|way| &way.cause));
            for cause in causes {
                let (Cause::Rule { matched, .. } | Cause::EitherWay(matched)) = cause else {
                    continue;
                };
                let tree = match matched.table {
                    tcpw::engine::TableName::Allow => &allow,
                    tcpw::engine::TableName::Deny => &deny,
                };
                // A filter may have changed the request on the way (F-PCT-05).
                if !verdict.effects.is_empty() && matched.table == tcpw::engine::TableName::Deny {
                    continue;
                }
                let text = words(tree, matched);
                let answer = ask(&text);
                if !answer.starts_with("died") {
                    assert!(
                        answer.starts_with("granted"),
                        "{}: {} of {cause:?}",
                        shown(),
                        text.escape_ascii()
                    );
                    matching += 1;
                }
            }
            for tree in [&allow, &deny] {
                for text in nobodies(tree, &trace) {
                    let answer = ask(&text);
                    if !answer.starts_with("died") {
                        let text = text.escape_ascii();
                        assert!(answer.starts_with("denied"), "{}: {text}", shown());
                        vain += 1;
                    }
                }
            }
        }
    }
    println!("{matching} reasons confirmed, {vain} words that nobody is");
    assert!(matching > 300 && vain > 100, "{matching} {vain}");
}
