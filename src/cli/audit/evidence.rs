//! What a verdict rests on, in words.

use super::words as w;
use crate::audit::{Case, LinePlace, PackageState, Proof, Sight};
use crate::cli::base::{Paths, Text, shell_word};
use crate::engine::TableName;
use crate::escape::visible;
use crate::values::Language;
use std::path::Path;

/// As many bytes of a line are shown.
const SHOWN: usize = 80;

/// The files as they are shown, and the language they are spoken of in.
pub(super) struct Speaker {
    allow: String,
    deny: String,
    /// Both as words of a shell.
    shell: [String; 2],
    pub(super) language: Language,
}

/// A piece of evidence: its words, and the line it is about.
pub(super) struct Told<'e> {
    pub(super) text: String,
    pub(super) place: Option<&'e LinePlace>,
}

impl Speaker {
    pub(super) fn new(paths: &Paths, language: Language) -> Self {
        let shown = |path: &Path| visible(path.as_os_str().as_encoded_bytes());
        let [allow, deny] = paths.entries();
        Self {
            allow: shown(&allow),
            deny: shown(&deny),
            shell: [&allow, &deny].map(|path| shell_word(path.as_os_str().as_encoded_bytes())),
            language,
        }
    }

    /// The path of a table.
    pub(super) fn file(&self, table: TableName) -> &str {
        match table {
            TableName::Allow => &self.allow,
            TableName::Deny => &self.deny,
        }
    }

    /// The path of a table as a word of a shell.
    pub(super) fn shell_file(&self, table: TableName) -> &str {
        let [allow, deny] = &self.shell;
        match table {
            TableName::Allow => allow,
            TableName::Deny => deny,
        }
    }

    /// A text with its parts, in the language.
    pub(super) fn say(&self, text: Text, parts: &[&str]) -> String {
        text.with(self.language, parts)
    }

    /// What a scanner saw.
    pub(super) fn sight<'e>(&self, sight: &'e Sight) -> Told<'e> {
        let text = match sight {
            Sight::There(table) => self.say(w::THERE, &[self.file(*table)]),
            Sight::Missing(table) => self.say(w::MISSING, &[self.file(*table)]),
            Sight::Unseen(table, why) => self.say(w::UNSEEN, &[self.file(*table), why]),
            Sight::Directory(table) => self.say(w::DIRECTORY, &[self.file(*table)]),
            Sight::Size(table, size) => self.say(w::SIZE, &[self.file(*table), &size.to_string()]),
            Sight::Line(place) => self.line(place),
            Sight::MoreLines(table, more) => {
                self.say(w::MORE_LINES, &[self.file(*table), &more.to_string()])
            }
            Sight::NoLine(table) => self.say(w::NO_LINE, &[self.file(*table)]),
            Sight::Mode {
                table,
                mode,
                uid,
                gid,
                is_link,
            } => {
                let text = if *is_link { w::MODE_OF_LINK } else { w::MODE };
                let [mode, uid, gid] = owned(*mode, *uid, *gid);
                self.say(text, &[self.file(*table), &mode, &uid, &gid])
            }
            Sight::Package(package, state) => match state {
                PackageState::Installed => self.say(w::INSTALLED, &[package.as_str()]),
                PackageState::Missing => self.say(w::NOT_INSTALLED, &[package.as_str()]),
                PackageState::Unknown(why) => {
                    self.say(w::PACKAGE_UNKNOWN, &[package.as_str(), why])
                }
            },
        };
        let place = if let Sight::Line(place) = sight {
            Some(place)
        } else {
            None
        };
        Told { text, place }
    }

    /// What shows what libwrap does.
    pub(super) fn proof<'e>(&self, proof: &'e Proof) -> Told<'e> {
        let mut place = None;
        let text = match proof {
            Proof::OthersRefused => self.say(w::OTHERS_REFUSED, &[]),
            Proof::NobodyRefused => self.say(w::NOBODY_REFUSED, &[]),
            Proof::SshdRefusesNobody => self.say(w::SSHD_REFUSES_NOBODY, &[]),
            Proof::NobodyAdmitted => self.say(w::NOBODY_ADMITTED, &[]),
            Proof::Admitted(case) | Proof::Refused(case) => {
                place = case.place.as_ref();
                let is_admitted = matches!(proof, Proof::Admitted(_));
                self.case(case, if is_admitted { w::ADMITTED } else { w::REFUSED })
            }
            Proof::Unknown(why) => self.say(w::NOT_COMPUTED, &[why]),
            Proof::Unread(table, why) => self.say(w::UNSEEN, &[self.file(*table), why]),
            Proof::Writers {
                table,
                mode,
                uid,
                gid,
                is_safe,
            } => {
                let [mode, uid, gid] = owned(*mode, *uid, *gid);
                let owner = self.say(w::OWNER, &[&mode, &uid, &gid]);
                let text = if *is_safe {
                    w::ONLY_ROOT
                } else {
                    w::OTHERS_WRITE
                };
                self.say(text, &[self.file(*table), &owner])
            }
            Proof::NoTable(table) => self.say(w::MISSING, &[self.file(*table)]),
            Proof::NotOfTables => self.say(w::NOT_OF_TABLES, &[]),
        };
        Told { text, place }
    }

    /// A client at a daemon, and by which line.
    fn case(&self, case: &Case, text: Text) -> String {
        let name = visible(&case.name);
        let client = if case.name == b"unknown" {
            case.address.clone()
        } else {
            format!("{} ({name})", case.address)
        };
        let by = match &case.place {
            Some(place) => self.place(place),
            None => self.say(w::NO_RULE, &[]),
        };
        self.say(text, &[&visible(&case.daemon), &client, &by])
    }

    /// A line: where, what it is to libwrap, and its text.
    fn line(&self, place: &LinePlace) -> String {
        let nature = self.say(w::nature(place.nature), &[]);
        let shown = shown(place);
        let [line, column] = [place.line, place.column];
        format!(
            "{}:{line}:{column}: {nature}: {shown}",
            self.file(place.table)
        )
    }

    /// A rule: where, and its text.
    fn place(&self, place: &LinePlace) -> String {
        let shown = shown(place);
        let [line, column] = [place.line, place.column];
        format!("{}:{line}:{column}: {shown}", self.file(place.table))
    }
}

/// A mode and its owner as they are shown.
fn owned(mode: u32, uid: u32, gid: u32) -> [String; 3] {
    [format!("{mode:04o}"), uid.to_string(), gid.to_string()]
}

/// The beginning of a line, and how much of it is left out.
fn shown(place: &LinePlace) -> String {
    let is_inside = |at: &usize| place.text.get(*at).is_some_and(|byte| byte & 0xc0 == 0x80);
    // Not within a character.
    let cut = (0..=SHOWN).rev().find(|at| !is_inside(at)).unwrap_or(SHOWN);
    let head = place.text.get(..cut).unwrap_or(&place.text);
    let more = place.length - head.len();
    if more == 0 {
        return visible(head);
    }
    format!("{}… ({more} more bytes)", visible(head))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::LineNature;

    #[test]
    fn what_is_left_out_of_a_line_is_counted() {
        let place = |text: &str, length| LinePlace {
            table: TableName::Deny,
            line: 1,
            column: 1,
            text: text.into(),
            length,
            nature: LineNature::Rule,
        };
        assert_eq!(shown(&place("ALL: ALL", 8)), "ALL: ALL");
        let text = "x".repeat(120);
        let expected = format!("{}… (2020 more bytes)", "x".repeat(80));
        assert_eq!(shown(&place(&text, 2100)), expected);
        let text = format!("{}é{}", "x".repeat(79), "x".repeat(20));
        let expected = format!("{}… (22 more bytes)", "x".repeat(79));
        assert_eq!(shown(&place(&text, 101)), expected);
        assert_eq!(shown(&place(&"x".repeat(80), 80)), "x".repeat(80));
    }
}
