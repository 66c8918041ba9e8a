//! The files that rules name as lists of clients: read as libwrap reads them (F-FILE-01 to
//! F-FILE-08), and judged with the rule.

use super::dialect_form;
use super::dialect_form::missing_form;
use super::netgroup;
use crate::engine::{ClientGroup, ListFile, TableName};
use crate::lint::check::Check;
use crate::lint::checks::list_words::is_ipv4_text;
use crate::lint::checks::lists::spaced_slash;
use crate::lint::finding::About;
use crate::lint::foreign::{is_placeholder, oddity};
use crate::lint::machine_files::{FileKind, Look, Site};
use crate::lint::policy::Policy;
use crate::lint::sink::Sink;
use crate::lint::view::RuleView;
use crate::lint::words::quote;
use crate::policy::{ClientPattern, Dialect, Element, HostPattern, Rule, TextPattern, rules};
use crate::span::{LineIndex, Span, offset};
use std::collections::HashSet;

rows! {
    /// A list file that a rule names is not there.
    ///
    /// libwrap reports nothing: the pattern matches nobody, and after EXCEPT it excepts nobody.
    ///
    /// Repair: by hand
    /// Facts: F-FILE-07
    CHECK = Row::new("TW331", "list-file-missing", Error, Missed, Run::Site(check))
        .shown(claims::nothing);

    /// A list file holds a word that is not a pattern there.
    ///
    /// List files know no comments, no EXCEPT, no commas, no brackets around ranges: every word is
    /// a pattern of its own, and ALL after a `#` matches everybody.
    ///
    /// Repair: by hand
    /// Facts: F-FILE-01 F-FILE-02 F-FILE-03
    WORD = Row::new("TW332", "list-file-word", Error, Either, Run::Elsewhere)
        .shown(|shown| {
            let matched = claim(Some(shown.effect), Decider::Own, Reach::Word);
            vec![
                (shown.missed(Reach::MissedByList), &[Group::Marked]),
                (matched, &[Group::Marked]),
            ]
        });

    /// List files name one another in a circle.
    ///
    /// The daemon that reads them dies, unless an earlier word matched.
    ///
    /// Repair: by hand
    /// Facts: F-FILE-06
    CYCLE = Row::new("TW333", "list-file-cycle", Error, Breaks, Run::Elsewhere);

    /// A word in a list file matches nobody.
    ///
    /// The rules for patterns are the same as in tables: host bits, short networks, ranges and bare
    /// prefixes never match.
    ///
    /// Repair: by hand
    /// Facts: F-FILE-04
    DEAD = Row::new("TW334", "list-file-dead-word", Error, Missed, Run::Elsewhere)
        .shown(claims::missed_by_list);

    /// A list file is named by something else than a plain absolute path.
    ///
    /// Only a word that begins with a slash is a file, and libwrap knows no wildcards or masks in
    /// it.
    ///
    /// Repair: by hand
    /// Facts: F-FILE-08
    PATH = Row::new("TW335", "list-file-path", Error, Missed, Run::Elsewhere)
        .shown(claims::nothing);

    /// Others than root can change a list file or a directory above it.
    ///
    /// Whoever can write into the list decides whom the rule matches.
    ///
    /// Repair: by hand
    /// Facts: F-FILE-01
    WEAK = Row::new("TW337", "list-file-writable", Error, LetsIn, Run::Elsewhere)
        .shown(claims::nothing);

    /// Daemons that do not run as root cannot read a list file.
    ///
    /// A list that cannot be opened matches nobody, and only the log tells: a daemon with its own
    /// user decides otherwise than one of root.
    ///
    /// Repair: by hand
    /// Facts: F-FILE-07
    UNREADABLE = Row::new("TW338", "list-file-unreadable", Warning, Breaks, Run::Elsewhere);
}

/// Findings in one file of each code, and files in a row that name one another; the rest says
/// nothing new.
const FINDINGS: usize = 5;
const DEPTH: usize = 32;

fn check(policy: &Policy<'_>, site: &Site<'_>, sink: &mut Sink) {
    let mut done = HashSet::new();
    for (table, tree) in policy.tables() {
        // Most tables name no files, and paths in options are none.
        if memchr::memchr(b'/', tree.source()).is_none() {
            continue;
        }
        sink.turn_to(table);
        for rule in rules(tree).filter(|_| site.world.dialect().list_files) {
            for element in rule.clients().elements() {
                if let Element::Pattern { text, span } = element {
                    pattern(&text, span, (table, rule), site, &mut done, sink);
                }
            }
        }
    }
}

fn pattern(
    text: &[u8],
    span: Span,
    (table, rule): (TableName, Rule<'_, '_>),
    site: &Site<'_>,
    done: &mut HashSet<Vec<u8>>,
    sink: &mut Sink,
) {
    if is_ipv4_text(text) {
        return;
    }
    let HostPattern::ListFile(path) = ClientPattern::read(text).host else {
        // `./list` or `list/hosts`: a slash, and neither a network nor a path.
        let is_path = text.starts_with(b"./") || text.starts_with(b"~/");
        if is_path {
            sink.report_as(&PATH.check, span, || path_words(text));
        }
        return;
    };
    // `/` and `/24` beside a network are its length (TW206).
    if path.iter().skip(1).all(u8::is_ascii_digit) {
        let clients: Vec<Element<'_>> = rule.clients().elements().collect();
        let networks = spaced_slash::networks(&clients, rule.line().tree().source());
        let is_part = |network: &Span| network.start <= span.start && span.end <= network.end;
        if networks.iter().any(is_part) {
            return;
        }
    }
    if path.iter().any(|byte| b"*?".contains(byte)) {
        sink.report_as(&PATH.check, span, || path_words(path));
        return;
    }
    let Some(look) = site.files.look(path) else {
        return;
    };
    let problem = match look.kind {
        FileKind::Missing => "is not there",
        FileKind::DanglingLink => "is a link to nothing",
        FileKind::Directory => "is a directory",
        FileKind::File | FileKind::Special => {
            let mut walk = Walk {
                site,
                sink,
                span,
                chain: Vec::new(),
                done,
            };
            walk.file(path);
            access(path, span, &look, (table, rule), sink);
            return;
        }
    };
    sink.report(span, || {
        let nobody = RuleView::new(table, rule).nobody();
        (
            format!(
                "the list {} {problem}: the pattern matches nobody and {nobody}",
                quote(path)
            ),
            "write the list, or correct its path".to_owned(),
        )
    });
}

/// Who can change a list, and who cannot read it.
fn access(
    path: &[u8],
    span: Span,
    look: &Look,
    (table, rule): (TableName, Rule<'_, '_>),
    sink: &mut Sink,
) {
    if look.is_weak() || look.weak_parent.is_some() {
        sink.report_as(&WEAK.check, span, || {
            let what = match look.weak_parent.as_deref() {
                Some(directory) => format!("the directory {}", quote(directory)),
                None => quote(path),
            };
            (
                format!("others than root can change {what}, and with it whom this rule matches"),
                format!("chown root and chmod go-w {what}"),
            )
        });
    }
    if let Some(obstacle) = look.obstacle(path, 0o004) {
        sink.report_as(&UNREADABLE.check, span, || {
            let nobody = RuleView::new(table, rule).nobody();
            (
                format!(
                    "{obstacle}: to daemons that do not run as root the list is empty, and this rule {nobody}"
                ),
                "let everybody read it: chmod 644, and 755 for the directories above it".to_owned(),
            )
        });
    }
}

fn path_words(path: &[u8]) -> (String, String) {
    (
        format!(
            "{} names no list: only a plain path from `/` on does",
            quote(path)
        ),
        "write the whole path of one file".to_owned(),
    )
}

/// Goes through the files that files name.
struct Walk<'w, 's> {
    site: &'w Site<'s>,
    sink: &'w mut Sink,
    span: Span,
    chain: Vec<Vec<u8>>,
    done: &'w mut HashSet<Vec<u8>>,
}

impl Walk<'_, '_> {
    fn file(&mut self, path: &[u8]) {
        if self.chain.iter().any(|file| file == path) {
            self.sink.report_as(&CYCLE.check, self.span, || {
                (
                    format!(
                        "the list {} names itself, directly or through others: the daemon dies \
                             when it reads it",
                        quote(path)
                    ),
                    "remove the path from one of the lists".to_owned(),
                )
            });
            return;
        }
        if self.chain.len() >= DEPTH || !self.done.insert(path.to_vec()) {
            return;
        }
        let ListFile::Read(bytes) = self.site.world.list_file(path) else {
            return;
        };
        self.chain.push(path.to_vec());
        self.words(path, &bytes);
        self.chain.pop();
        // Another list may name it again, and lead back to it.
        if self.chain.is_empty() {
            return;
        }
        self.done.remove(path);
    }

    fn words(&mut self, path: &[u8], bytes: &[u8]) {
        let lines = LineIndex::new(bytes);
        let (mut odd, mut off, mut dead) = (0, 0, 0);
        for word in bytes
            .split(u8::is_ascii_whitespace)
            .filter(|word| !word.is_empty())
        {
            let start = word.as_ptr().addr() - bytes.as_ptr().addr();
            let place = lines.position(offset(start));
            let place = format!("{}:{}", crate::escape::visible(path), place.line);
            if let Some((what, help)) = is_odd(word) {
                odd += 1;
                if odd <= FINDINGS {
                    let message = format!("{place}: {} {what}", quote(word));
                    let on = bytes.get(start..).unwrap_or_default();
                    let rest = on.split(|&byte| byte == b'\n').next();
                    let about = || About::Clients(rest.unwrap_or_default().to_vec());
                    self.sink
                        .report_as_about(&WORD.check, self.span, about, || {
                            (message, help.to_owned())
                        });
                }
            } else if word.starts_with(b"/") {
                self.file(word);
            } else if let Some((check, what, help)) = switched_off(word, self.site.world.dialect())
            {
                off += 1;
                if off <= FINDINGS {
                    let message = format!("{place}: {what}");
                    let about = || About::Clients(word.to_vec());
                    self.sink
                        .report_as_about(check, self.span, about, || (message, help.to_owned()));
                }
            } else if never_matches(word) {
                dead += 1;
                if dead <= FINDINGS {
                    let message = format!("{place}: {} matches nobody", quote(word));
                    let help =
                        "write it as a table needs it: `10.1.2.0/24`, `10.1.2.`, `[2001:db8::]/32`";
                    let about = || About::Clients(word.to_vec());
                    self.sink
                        .report_as_about(&DEAD.check, self.span, about, || {
                            (message, help.to_owned())
                        });
                }
            }
        }
    }
}

/// What a word of a list was meant as, where it was not meant as a pattern.
fn is_odd(word: &[u8]) -> Option<(&'static str, &'static str)> {
    if word.starts_with(b"#") {
        return Some((
            "does not begin a comment: every word after it is a pattern too",
            "remove comments from list files",
        ));
    }
    if word.eq_ignore_ascii_case(b"EXCEPT") {
        return Some((
            "is the name of a host in a list file: nobody is excepted",
            "put the exceptions into the rule, after the path of the list",
        ));
    }
    if word.contains(&b',') {
        return Some((
            "is one word: commas do not separate in list files",
            "separate with spaces or newlines",
        ));
    }
    None
}

/// Why a word that matches clients on Debian 12 matches nobody in another build, and the check for it.
fn switched_off(word: &[u8], dialect: &Dialect) -> Option<(&'static Check, String, &'static str)> {
    let title = dialect.title;
    if word.starts_with(b"@") && !dialect.netgroups {
        let what = format!(
            "{title} has no netgroups: {} matches nobody there",
            quote(word)
        );
        return Some((&netgroup::CHECK.check, what, netgroup::REMEDY));
    }
    if dialect.has_debian_patterns() {
        return None;
    }
    let form = missing_form(word, dialect)?;
    let (fault, matched) = (form.fault(), form.matched());
    let what = format!("{title} {fault}: {} matches {matched} there", quote(word));
    Some((&dialect_form::CHECK.check, what, form.remedy()))
}

fn never_matches(word: &[u8]) -> bool {
    let host = HostPattern::read(word);
    // Words of a list may hold an address of IPv6 and a user.
    let is_odd = |text| oddity(text, b":%@").is_some() || is_placeholder(text);
    ClientGroup::of_host(host, word) == ClientGroup::Nobody
        || matches!(
            host,
            HostPattern::Text {
                pattern: TextPattern::Exact(text) | TextPattern::Prefix(text),
                ..
            } if is_odd(text)
        )
}
