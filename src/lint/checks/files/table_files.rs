//! The files of the tables themselves: who can change them, who can read them, and what they are
//! (F-LINE-21, F-LINE-23).

use crate::engine::TableName;
use crate::lint::check::Check;
use crate::lint::machine_files::{FileKind, Look, Site};
use crate::lint::policy::Policy;
use crate::lint::sink::Sink;
use crate::lint::words::{self, quote};
use crate::span::Span;

rows! {
    /// Others than root can change a table, or a directory above it.
    ///
    /// Whoever can change the table decides who gets in, and can run commands as root.
    ///
    /// Repair: by hand
    /// Facts: F-LINE-23
    CHECK = Row::new("TW801", "table-writable", Error, LetsIn, Run::Site(check))
        .shown(claims::nothing);

    /// Daemons that do not run as root cannot read a table.
    ///
    /// An allow table that cannot be read is taken as empty; with a deny table that cannot be read,
    /// everybody is refused.
    ///
    /// Repair: by hand
    /// Facts: F-LINE-23
    UNREADABLE = Row::new("TW802", "table-unreadable", Warning, Breaks, Run::Elsewhere);

    /// A directory stands in place of a table.
    ///
    /// libwrap takes it for an empty table, without a word.
    ///
    /// Repair: by hand
    /// Facts: F-LINE-21
    DIRECTORY = Row::new("TW803", "table-is-directory", Error, Missed, Run::Elsewhere)
        .shown(claims::empty_table);

    /// A table is a link to nothing.
    ///
    /// libwrap takes it for an empty table, without a word: a deny table like that keeps nobody
    /// out.
    ///
    /// Repair: by hand
    /// Facts: F-LINE-21
    DANGLING = Row::new("TW804", "table-is-dangling-link", Error, Missed, Run::Elsewhere)
        .shown(claims::empty_table);
}

fn check(policy: &Policy<'_>, site: &Site<'_>, sink: &mut Sink) {
    for (table, path) in [TableName::Allow, TableName::Deny]
        .into_iter()
        .zip(site.tables)
    {
        let Some(path) = path.filter(|_| policy.tree(table).is_some()) else {
            continue;
        };
        let Some(look) = site.files.look(path) else {
            continue;
        };
        sink.turn_to(table);
        match look.kind {
            FileKind::Missing | FileKind::Special => {}
            FileKind::DanglingLink => no_file(table, (&DANGLING.check, "a link to nothing"), sink),
            FileKind::Directory => no_file(table, (&DIRECTORY.check, "a directory"), sink),
            FileKind::File => file(table, path, &look, sink),
        }
    }
}

/// Something that libwrap takes for an empty table.
fn no_file(table: TableName, (check, what): (&'static Check, &str), sink: &mut Sink) {
    let effect = match table {
        TableName::Allow => "it lets nobody in",
        TableName::Deny => "it keeps nobody out",
    };
    sink.report_as(check, Span::empty(0), || {
        (
            format!("{} is {what}: {effect}", words::table(table)),
            "put a file in its place".to_owned(),
        )
    });
}

fn file(table: TableName, path: &[u8], look: &Look, sink: &mut Sink) {
    let at = Span::empty(0);
    if look.mode & 0o004 == 0 {
        sink.report_as(&UNREADABLE.check, at, || {
            let effect = match table {
                TableName::Allow => "to them it is empty",
                TableName::Deny => "they refuse everybody",
            };
            (
                format!(
                    "daemons that do not run as root cannot read {} (mode {:03o}): {effect}",
                    words::table(table),
                    look.mode
                ),
                format!("chmod 644 {}", quote(path)),
            )
        });
    }
    if look.is_weak() || look.weak_parent.is_some() {
        sink.report(at, || {
            let what = match look.weak_parent.as_deref() {
                Some(directory) => format!("the directory {}", quote(directory)),
                None => quote(path),
            };
            (
                format!(
                    "others than root can change {what}, and with it who gets in and what is run"
                ),
                format!("chown root and chmod go-w {what}"),
            )
        });
    }
}
