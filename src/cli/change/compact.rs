//! `tcpw compact`: fewer rules, and no other verdicts.

use super::changes::{ChangeArgs, WholeDiffArgs};
use super::gate_rule::program;
use super::make::make;
use super::prune_lists;
use super::refusal::told;
use crate::cli::base::{Context, Exit, Failure, ListFormat, Paths};
use crate::cli::machine::settings::load_keep_in;
use crate::cli::machine::surroundings::{Aclexec, Machine};
use crate::editor::{
    Asks, Compacted, GatePlace, Ground, History, Intent, LISTS, ListPlace, PackForm, PlannedList,
    Recourse, Scope, Untouched, compact, verify_compact,
};
use crate::engine::Surroundings as _;
use crate::values::counted;
use clap::{Args, ValueEnum};
use serde_json::{Value, json};
use std::cell::RefCell;
use std::fmt::Write as _;
use std::path::Path;

/// Pack rules, without changing a verdict
///
/// libwrap reads a table from its start for each client, rule by rule. Rules that stand beside each
/// other and do the same to whomever they match become one: words that another word holds go,
/// neighbouring networks become one network, and addresses fill lines of at most 2046 bytes. What
/// changes is compared on sets of clients before anything is written: if somebody gained or lost
/// access, nothing would be.
///
/// With `--into file`, addresses that fill more than a line go into a list file in `/etc/tcpw.d`, which
/// is written before the rule that names it. A list is never changed: what is in it is its name, so
/// that `tcpw undo` and `tcpw redo` find it, and it stays when no rule names it any more, until
/// `--prune` removes it. Do not remove one that a rule names: libwrap would match nobody by it, and say
/// nothing.
///
/// With `--into gate` they go into a compiled set there instead, kept in the same way, and one rule of
/// the allow table asks tcpw-gate(8) about it. libwrap reads a list file word by word for each client:
/// a million addresses cost it 200 ms, ten thousand 2 ms. A gate costs each client the start of a shell
/// and of one process, 3 ms on the same machine, whether the set holds a thousand networks or ten
/// million: it pays from some ten thousand networks on.
///
/// A gate is the last word about its daemons. In place of rules that refuse it admits whoever is not in
/// the set, and nothing that stands in the deny table for these daemons is read for them: a ban that
/// another program (fail2ban, DenyHosts) writes there later does nothing. Ban with `tcpw deny`, which
/// puts the rule before the gate. It is refused where another rule there is about these daemons: by
/// name, user, exception, with options, or of another program. If the program or the set is missing or
/// damaged, everybody is refused but those whom a rule before the gate admits: the addresses of
/// `guard.keep_in` are put there. Private networks and this machine itself, which a gate always admits,
/// stay in rules before it where they were refused. What fits into a line goes into lines.
///
/// A comment stays where it is, and rules that stand below it stay below it. As they are stay rules
/// with a comment of tcpw (reason, author, end), those of DenyHosts and sshguard, blocks between
/// comments with BEGIN and END, and rules about names, wildcards, users and exceptions. A rule with
/// a command or another effect is packed only with rules that have its daemons and options word for
/// word. A program that removes its own lines by their text, such as fail2ban with its action
/// `hostsdeny`, does not find them after they are packed.
#[derive(Debug, Args)]
pub(crate) struct CompactArgs {
    /// Write nothing; exit with 1 if something would change
    #[arg(long)]
    check: bool,
    /// Where addresses go that fill more than a line
    #[arg(long, value_enum, value_name = "FORM", default_value_t)]
    into: PackInto,
    /// Pack nothing; remove lists and sets that nothing names any more
    ///
    /// Those of `tcpw compact` in `/etc/tcpw.d` alone, and only if their name stands neither in a table nor
    /// in any content of a table that the history holds, so that `tcpw undo` and `tcpw redo` find theirs.
    /// The history forgets its oldest changes after a hundred. A copy of a table that you keep elsewhere
    /// is not looked at.
    #[arg(long, conflicts_with_all = ["check", "into", "whole_diff"])]
    prune: bool,
    /// Show what would be changed, and write nothing
    #[arg(long, short = 'n', visible_alias = "diff")]
    dry_run: bool,
    #[command(flatten)]
    diff: WholeDiffArgs,
    /// How to print what was done
    #[arg(long, value_enum, default_value_t)]
    format: ListFormat,
}

/// Where addresses go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
enum PackInto {
    /// Into rules of at most 2046 bytes
    #[default]
    Lines,
    /// Into a list file in /etc/tcpw.d, which a rule names
    File,
    /// Into a compiled set in /etc/tcpw.d, which a rule of the allow table asks tcpw-gate about
    Gate,
}

/// Where addresses go, and what is needed for it.
enum Places {
    Lines,
    Files(ListPlace),
    Gates(GatePlace),
}

impl Places {
    fn find(into: PackInto, context: &mut Context) -> Result<Self, Failure> {
        Ok(match into {
            PackInto::Lines => Self::Lines,
            PackInto::File => Self::Files(list_place(&context.paths)?),
            PackInto::Gate => Self::Gates(GatePlace {
                lists: list_place(&context.paths)?,
                program: program(context)?,
                keep: load_keep_in(context)?,
            }),
        })
    }

    fn form(&self) -> PackForm<'_> {
        match self {
            Self::Lines => PackForm::Lines,
            Self::Files(place) => PackForm::Files(place),
            Self::Gates(place) => PackForm::Gates(place),
        }
    }
}

pub(crate) fn run(args: &CompactArgs, context: &mut Context) -> Result<Exit, Failure> {
    if args.prune {
        let place = list_place(&context.paths)?;
        return prune_lists::run(&place, (args.dry_run, args.format), context);
    }
    known_build(context)?;
    let places = Places::find(args.into, context)?;
    let done = RefCell::new(<[Compacted; 2]>::default());
    let lists = RefCell::new(Vec::new());
    let change = |ground: &Ground<'_>| {
        let (change, packed) = compact(ground, places.form())?;
        done.replace(packed.tables);
        lists.replace(packed.lists);
        Ok(change)
    };
    let verify = |before: &Ground<'_>, after: &Ground<'_>, _: &_| verify_compact(before, after);
    let is_preview = args.check || args.dry_run;
    let intent = Intent::new(
        &change,
        &verify,
        Scope::Only(Asks::Nobody, Recourse::ByHand),
    )
    .with_lists(&lists);
    let is_json = args.format == ListFormat::Json;
    if is_json {
        context.out.hold();
    }
    let before = newest(context)?;
    let result = make(
        context,
        ChangeArgs::preview(is_preview).showing(args.diff),
        &intent,
    );
    if is_json {
        drop(context.out.release());
    }
    let exit = result?;
    let done = done.into_inner();
    let is_change = done.iter().any(Compacted::is_change);
    if is_json {
        let number = newest(context)?.filter(|number| before != Some(*number));
        let number = number.filter(|_| !is_preview);
        print(&done, &lists.into_inner(), (number, is_preview), context)?;
    } else {
        tell(&done, &lists.into_inner(), context)?;
    }
    Ok(if is_preview && is_change {
        Exit::Negative
    } else {
        exit
    })
}

/// Refuses for a build of libwrap whose networks are spelled otherwise than on Debian.
fn known_build(context: &Context) -> Result<(), Failure> {
    let world = Machine::new(&context.paths, Aclexec::Ask);
    let dialect = world.dialect();
    if dialect.has_debian_patterns() {
        return Ok(());
    }
    Err(Failure::new(format_args!(
        "rules are packed for libwrap of Debian and Ubuntu, not for {}",
        dialect.title
    ))
    .hint("its networks are spelled in another way; nothing was changed"))
}

/// The number of the newest change.
fn newest(context: &Context) -> Result<Option<u64>, Failure> {
    let history = History::new(&context.paths.history);
    Ok(history.numbers().map_err(told)?.last().copied())
}

/// Where list files are put: in `tcpw.d` beside the tables, by a path that a rule can name.
fn list_place(paths: &Paths) -> Result<ListPlace, Failure> {
    if paths.are_of_system() {
        return Ok(ListPlace {
            named: format!("/etc/{LISTS}"),
            found: paths.inside(&Path::new("/etc").join(LISTS)),
        });
    }
    let refuse = |what: String| Failure::new(what).hint("leave out `--into`; nothing was changed");
    if paths.root.is_some() {
        return Err(refuse(
            "below --root a list file goes with the tables of that system alone".to_owned(),
        ));
    }
    let found = std::path::absolute(&paths.deny)
        .ok()
        .and_then(|deny| Some(deny.parent()?.join(LISTS)))
        .unwrap_or_default();
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/._-+".contains(&byte);
    match found.to_str().filter(|path| path.bytes().all(is_plain)) {
        Some(named) => Ok(ListPlace {
            named: named.to_owned(),
            found: found.clone(),
        }),
        None => Err(refuse(format!(
            "a rule cannot name a list file in {}",
            found.display()
        ))),
    }
}

/// Says what becomes of each table.
fn tell(done: &[Compacted], lists: &[PlannedList], context: &mut Context) -> Result<(), Failure> {
    let paths = [context.paths.allow.clone(), context.paths.deny.clone()];
    for (table, path) in done.iter().zip(paths) {
        let path = path.display();
        if table.is_change() {
            let [rules, few] = table.rules;
            let [bytes, small] = table.bytes;
            let mut text = format!(
                "{path}: {} in {}, before {rules} in {}",
                counted(few, "rule"),
                counted(small, "byte"),
                counted(bytes, "byte"),
            );
            for (count, what) in [
                (table.covered, "covered by others"),
                (table.joined, "joined to networks"),
                (table.alike, "with the same effect as another"),
            ] {
                if count > 0 {
                    // Writing to a String cannot fail.
                    _ = write!(text, "; {count} {what}");
                }
            }
            context.out.prose(text)?;
        }
        if let Some(text) = stay(table.untouched) {
            context.out.prose(format!("{path}: {text}"))?;
        }
    }
    for list in lists {
        let words = counted(list.networks, "client");
        let bytes = counted(list.bytes.len(), "byte");
        let path = list.path.display();
        context.out.prose(format!("{path}: {words} in {bytes}"))?;
    }
    let is_gated = |list: &PlannedList| list.path.extension().is_some_and(|end| end == "set");
    let is_deny_changed = done.last().is_some_and(Compacted::is_change);
    if is_deny_changed && lists.iter().any(is_gated) {
        let path = context.paths.deny.display();
        context.out.prose(format!(
            "{path}: whom the gate admits does not come here any more: what another program adds for \
             these daemons does nothing; ban with `tcpw deny`"
        ))?;
    }
    Ok(())
}

/// Which rules stay as they are, and why; nothing if none does.
fn stay(untouched: Untouched) -> Option<String> {
    let Untouched {
        labelled,
        foreign,
        others,
    } = untouched;
    let parts = [
        (labelled, "with a comment of tcpw"),
        (foreign, "of another program"),
        (others, "not about addresses alone"),
    ];
    let parts: Vec<String> = parts
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{} {what}", counted(count, "rule")))
        .collect();
    (!parts.is_empty()).then(|| format!("unchanged: {}", parts.join(", ")))
}

/// The same for programs; `number` is that of the change, if one was made.
fn print(
    done: &[Compacted],
    lists: &[PlannedList],
    (number, is_preview): (Option<u64>, bool),
    context: &mut Context,
) -> Result<(), Failure> {
    let paths = [context.paths.allow.clone(), context.paths.deny.clone()];
    let table = |(table, path): (&Compacted, &std::path::PathBuf)| -> Value {
        let [rules_before, rules_after] = table.rules;
        let [bytes_before, bytes_after] = table.bytes;
        json!({
            "path": path.display().to_string(),
            "rules_before": rules_before,
            "rules_after": rules_after,
            "bytes_before": bytes_before,
            "bytes_after": bytes_after,
            "covered": table.covered,
            "joined": table.joined,
            "same_effect": table.alike,
            "unchanged": {
                "labelled": table.untouched.labelled,
                "other_programs": table.untouched.foreign,
                "not_addresses": table.untouched.others,
            },
        })
    };
    let list = |list: &PlannedList| -> Value {
        json!({
            "path": list.path.display().to_string(),
            "name": list.name,
            "clients": list.networks,
            "bytes": list.bytes.len(),
        })
    };
    let object = json!({
        "changed": done.iter().any(Compacted::is_change),
        "check": is_preview,
        "change": number,
        "lists": lists.iter().map(list).collect::<Vec<_>>(),
        "tables": done.iter().zip(&paths).map(table).collect::<Vec<_>>(),
    });
    context.out.data(object.to_string())
}
