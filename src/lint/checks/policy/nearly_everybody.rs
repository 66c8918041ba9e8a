//! Words that read like a condition and let nearly everybody in: KNOWN and its like, wildcards
//! without a letter or a digit, and users (F-MAGIC-01, F-USER-01, F-DAEMON-04).

use crate::engine::{Access, Cause, TableName};
use crate::lint::checks::list_words::{is_all, is_ipv4_text};
use crate::lint::finding::About;
use crate::lint::machine_files::Site;
use crate::lint::policy::Policy;
use crate::lint::sink::Sink;
use crate::lint::trial::{Client, Question, Trial};
use crate::lint::view::{RuleView, base, patterns};
use crate::lint::words::quote;
use crate::policy::{ClientPattern, HostPattern, OptionKind, Rule, TextPattern, rules};
use crate::span::Span;

rows! {
    /// A rule lets in KNOWN, UNKNOWN, PARANOID or a wildcard that matches nearly every client.
    ///
    /// KNOWN is everybody whose address has a name, UNKNOWN everybody whose address has none,
    /// PARANOID everybody whose name does not lead back to the address. None of them tells a friend
    /// from a stranger.
    ///
    /// Repair: by hand
    /// Facts: F-MAGIC-01 F-DAEMON-04
    CHECK = Row::new("TW720", "nearly-everybody", Warning, LetsIn, Run::Site(check))
        .shown(claims::lets_in);

    /// A rule lets in everybody who says to be a certain user, or excepts them from a refusal.
    ///
    /// The user is what the client's own machine answers to a question by ident. A stranger can
    /// answer anything.
    ///
    /// Repair: by hand
    /// Facts: F-USER-01 F-USER-02
    USER = Row::new("TW721", "user-says-so", Warning, LetsIn, Run::Elsewhere)
        .shown(|shown| {
            let by = if shown.effect { Decider::Own } else { Decider::Other };
            vec![(claim(Some(true), by, Reach::Any), &[Group::Strangers])]
        });
}

/// Rules whose clients are tried.
const RULE_LIMIT: usize = 64;

fn check(policy: &Policy<'_>, site: &Site<'_>, sink: &mut Sink) {
    let mut trial = None;
    let mut tried = 0;
    for (table, tree) in policy.tables() {
        sink.turn_to(table);
        for rule in rules(tree) {
            // Cheap first: most rules have no such word.
            let mut elements = rule.clients().elements();
            let is_suspect = elements.any(|element| match element {
                crate::policy::Element::Pattern { text, .. } => Word::of(&text).is_some(),
                crate::policy::Element::Except { .. } => false,
            });
            if !is_suspect {
                continue;
            }
            let view = RuleView::new_in(table, rule, site.world.dialect());
            let is_everybody = base(&view.clients).any(|(text, _)| is_all(text));
            let excepted = Excepted::of(&view);
            if !excepted.is_empty() {
                let trial = trial.get_or_insert_with(|| Trial::new(policy, site.world));
                if tried == RULE_LIMIT || trial.is_too_long {
                    return;
                }
                tried += 1;
                for one in excepted {
                    one.report(&view, trial, sink);
                }
            }
            if !view.grants() || view.has(OptionKind::Aclexec) || is_everybody {
                continue;
            }
            let trial = trial.get_or_insert_with(|| Trial::new(policy, site.world));
            if tried == RULE_LIMIT || trial.is_too_long {
                return;
            }
            tried += 1;
            for (text, span) in base(&view.clients) {
                if let Some(word) = Word::of(text) {
                    word.report(&view, rule, (text, span), trial, sink);
                }
            }
        }
    }
}

/// A word for nearly everybody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Known,
    Unknown,
    Paranoid,
    Wildcard,
    /// A whole address family, or `ALL`.
    All,
}

/// Such a word, and the user before it.
struct Word {
    kind: Kind,
    user: Option<Vec<u8>>,
}

impl Word {
    /// Nothing if the pattern is not such a word; `ALL` and a whole family are plain speech.
    fn of(text: &[u8]) -> Option<Self> {
        if is_ipv4_text(text) {
            return None;
        }
        let pattern = ClientPattern::read(text);
        let kind = match pattern.host {
            HostPattern::Known => Kind::Known,
            HostPattern::Ipv4Net { net: 0, mask: 0 } | HostPattern::Ipv6Net { length: 0, .. } => {
                Kind::All
            }
            HostPattern::Text { pattern, .. } => match pattern {
                TextPattern::All | TextPattern::Wildcard(b"*") => Kind::All,
                TextPattern::Exact(word) if word.eq_ignore_ascii_case(b"UNKNOWN") => Kind::Unknown,
                TextPattern::Exact(word) if word.eq_ignore_ascii_case(b"PARANOID") => {
                    Kind::Paranoid
                }
                TextPattern::Wildcard(word) if word.iter().all(|byte| b"*?.".contains(byte)) => {
                    Kind::Wildcard
                }
                TextPattern::Exact(_)
                | TextPattern::Wildcard(_)
                | TextPattern::Known
                | TextPattern::Prefix(_)
                | TextPattern::Suffix(_)
                | TextPattern::Ipv6(_)
                | TextPattern::BadIpv6(_) => return None,
            },
            HostPattern::Netgroup(_)
            | HostPattern::ListFile(_)
            | HostPattern::Local
            | HostPattern::BadNet(_)
            | HostPattern::Ipv4Net { .. }
            | HostPattern::Ipv6Net { .. } => return None,
        };
        let user = pattern.user.map(|user| match user {
            TextPattern::All | TextPattern::Known => b"root".to_vec(),
            TextPattern::Exact(name) if name.eq_ignore_ascii_case(b"UNKNOWN") => Vec::new(),
            TextPattern::Exact(name) => name.to_vec(),
            TextPattern::Wildcard(name) => {
                let plain = name.iter().filter(|byte| **byte != b'*');
                let plain = plain.map(|byte| if *byte == b'?' { b'x' } else { *byte });
                plain.chain(b"x".iter().copied()).collect()
            }
            TextPattern::Prefix(part) => [part, b"x"].concat(),
            TextPattern::Suffix(part) => [b"x", part].concat(),
            TextPattern::Ipv6(_) | TextPattern::BadIpv6(_) => Vec::new(),
        });
        (kind != Kind::All || user.is_some()).then_some(Self { kind, user })
    }

    /// Clients of that kind.
    fn clients(&self) -> Vec<Client> {
        let mut all = Client::strangers();
        if self.kind == Kind::Paranoid {
            for client in &mut all {
                client.name = Some("paranoid".to_owned());
            }
        }
        all
    }

    /// Somebody who gets in by it, and whom the deny table, or the rest of it, refuses.
    fn example(
        &self,
        view: &RuleView<'_, '_>,
        rule: Rule<'_, '_>,
        span: Span,
        trial: &Trial<'_, '_>,
    ) -> Option<Question> {
        let line = rule.line();
        let all = Trial::questions(rule, &self.clients()).into_iter();
        let mut all = all.map(|question| Question {
            user: self.user.clone(),
            ..question
        });
        all.find(|question| {
            let verdict = trial.decide(question);
            let is_own = matches!(&verdict.cause, Cause::Rule { matched, .. }
                if matched.table == view.table
                    && matched.line == line.index()
                    && matched.client == span);
            let otherwise = match view.table {
                TableName::Allow if !trial.has_deny() => Access::Denied,
                TableName::Allow => trial.without_allow(question).access,
                TableName::Deny => trial.after(TableName::Deny, line, question).access,
            };
            is_own && verdict.access == Access::Granted && otherwise == Access::Denied
        })
    }

    /// Reports the word if somebody gets in by it only.
    fn report(
        &self,
        view: &RuleView<'_, '_>,
        rule: Rule<'_, '_>,
        (text, span): (&[u8], Span),
        trial: &Trial<'_, '_>,
        sink: &mut Sink,
    ) {
        let Some(seen) = self.example(view, rule, span, trial) else {
            return;
        };
        let about = || About::Seen(seen);
        if self.user.is_some() {
            sink.report_as_about(&USER.check, span, about, || {
                (
                    format!(
                        "the user in {} is what the client says of itself: nearly everybody gets in",
                        quote(text)
                    ),
                    "name the addresses that may get in; a user name proves nothing".to_owned(),
                )
            });
            return;
        }
        sink.report_about(span, about, || {
            let what = match self.kind {
                Kind::Known => {
                    "KNOWN is everybody whose address has a name: nearly everybody gets in"
                        .to_owned()
                }
                Kind::Unknown => {
                    "UNKNOWN is everybody whose address has no name: nearly everybody \
                                  can be one of them, and gets in"
                        .to_owned()
                }
                Kind::Paranoid => "PARANOID is everybody whose name does not lead back to the \
                                   address: whoever runs the DNS of an address gets in"
                    .to_owned(),
                Kind::Wildcard | Kind::All => {
                    format!(
                        "{} matches nearly every client, who all get in",
                        quote(text)
                    )
                }
            };
            (
                what,
                "name the networks or domains that may get in; write ALL if everybody may"
                    .to_owned(),
            )
        });
    }
}

/// A user who is excepted from a refusal, wherever he is.
struct Excepted<'v> {
    text: &'v [u8],
    span: Span,
    word: Word,
}

impl<'v> Excepted<'v> {
    /// Those of a rule that refuses.
    fn of(view: &'v RuleView<'_, '_>) -> Vec<Self> {
        if view.is_to_grant() || view.has_broken_option() || view.has(OptionKind::Aclexec) {
            return Vec::new();
        }
        let excepted = patterns(&view.clients).filter(|(.., excepted)| *excepted);
        let users = excepted.filter_map(|(text, span, _)| {
            let word = Word::of(text).filter(|word| word.user.is_some())?;
            Some(Self { text, span, word })
        });
        users.collect()
    }

    /// Reports it if a stranger gets in who says to be that user, and else is refused by this rule.
    fn report(self, view: &RuleView<'_, '_>, trial: &Trial<'_, '_>, sink: &mut Sink) {
        let line = view.rule.line().index();
        let is_refused = |question: &Question, user: Option<Vec<u8>>| {
            let verdict = trial.decide(&Question {
                user,
                ..question.clone()
            });
            verdict.access == Access::Denied
                && matches!(&verdict.cause, Cause::Rule { matched, .. }
                    if matched.table == view.table && matched.line == line)
        };
        let questions = Trial::questions(view.rule, &self.word.clients());
        let seen = questions.into_iter().find_map(|question| {
            let seen = Question {
                user: self.word.user.clone(),
                ..question
            };
            let is_in = trial.decide(&seen).access == Access::Granted;
            let others = [None, Some(b"tcpw-other".to_vec())];
            let is_kept_out = || others.into_iter().any(|user| is_refused(&seen, user));
            (is_in && is_kept_out()).then_some(seen)
        });
        let Some(seen) = seen else {
            return;
        };
        sink.report_as_about(&USER.check, self.span, || About::Seen(seen), || {
            (
                format!(
                    "the user in {} is what the client says of itself: nearly everybody gets past \
                     this rule",
                    quote(self.text)
                ),
                "name the addresses that are excepted; a user name proves nothing".to_owned(),
            )
        });
    }
}
