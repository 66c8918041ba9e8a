//! `tcpw list`: the policy as people think of it.

use super::client_list::{clients_of, daemons_of};
use super::expire::written;
use super::list_client::{show_beside, show_default, show_treatment};
use super::list_rows::{object, show};
use super::provisional::see_to_due;
use super::refusal::told;
use super::remarks::{at, remark};
use crate::cli::base::{Context, Exit, Failure, ListFormat};
use crate::cli::machine::follow_state::FollowState;
use crate::cli::machine::surroundings::{Aclexec, Machine};
use crate::editor::{
    Client, Daemon, Editor, Files, Ground, Listed, Purpose, concerning, stray_notes, treatment,
    treatment_of_others,
};
use crate::engine::TableName;
use crate::policy::rules;
use crate::syntax::{LineKind, Reason, parse};
use crate::values::Language;
use clap::Args;
use std::collections::BTreeSet;

/// List who is allowed and denied, and what concerns a client
///
/// Every rule of both tables in the order in which libwrap reads them, with what the comment above
/// it says if tcpw wrote it: since when, until when, by whom and why. Times are UTC. Below them,
/// what happens to clients on no list.
///
/// With CLIENT, only the rules that concern it, what is decided about it for each daemon, whether
/// its alerts are muted, whether the configuration keeps it in, and its last event in the journal.
#[derive(Debug, Args)]
pub(crate) struct ListingArgs {
    /// Only what concerns this address, network, range, host name or `.domain`
    #[arg(value_name = "CLIENT")]
    clients: Vec<String>,
    /// Only rules for this daemon, by the name of its process; may be repeated [default: all]
    #[arg(long = "daemon", short, value_name = "NAME")]
    daemons: Vec<String>,
    /// Show all rules, however many they are, and those that concern CLIENT only under some name
    #[arg(long)]
    all: bool,
    /// A table for people, or JSON with one object per line
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t)]
    format: ListFormat,
}

pub(crate) fn run(args: &ListingArgs, context: &mut Context) -> Result<Exit, Failure> {
    see_to_due(context)?;
    let clients = match &*args.clients {
        [] => Vec::new(),
        words => clients_of(words, &[])?,
    };
    let daemons = daemons_of(&args.daemons)?;
    let paths = context.paths.clone();
    let files = Files {
        allow: Some(&paths.allow),
        deny: Some(&paths.deny),
        history: &paths.history,
    };
    let editor = Editor::open(files, Purpose::Preview).map_err(told)?;
    let allow = parse(editor.table(TableName::Allow).bytes());
    let deny = parse(editor.table(TableName::Deny).bytes());
    let world = &Machine::new(&paths, Aclexec::Ask);
    let ground = Ground::new(&allow, &deny, world);
    show_rules(&ground, args, (&clients, &daemons), context)?;
    for note in stray_notes(&ground, &written(&paths, &ground)) {
        say(
            args.format,
            context,
            &remark(&paths, &note, Language::English),
        )?;
    }
    for table in [TableName::Allow, TableName::Deny] {
        if let Some(broken) = ground.tree(table).broken_line() {
            let place = ground.place(table, broken.index());
            let what = unread(table, broken.kind());
            say(
                args.format,
                context,
                &format!("{what}: {}", at(&paths, &place)),
            )?;
        }
    }
    if args.format == ListFormat::Json {
        return Ok(Exit::Done);
    }
    for client in &clients {
        show_treatment(client, &treatment(&ground, client, &daemons), context)?;
        show_beside(client, context)?;
    }
    let has_rules = [&allow, &deny].map(|tree| rules(tree).next().is_some());
    if clients.is_empty() && has_rules.contains(&true) {
        show_default(&treatment_of_others(&ground, &daemons), context)?;
    }
    Ok(Exit::Done)
}

/// The rules of both tables, or those that concern some clients.
fn show_rules(
    ground: &Ground<'_>,
    args: &ListingArgs,
    (clients, daemons): (&[Client], &[Daemon]),
    context: &mut Context,
) -> Result<(), Failure> {
    let mut found = concerning(ground, clients, daemons);
    let count = found.len();
    found.retain(|concern| concern.is_certain || args.all);
    let rules: Vec<Listed> = found.into_iter().map(|concern| concern.rule).collect();
    let known = known_names(&rules, args.format, context)?;
    match args.format {
        ListFormat::Json => {
            let paths = context.paths.clone();
            for rule in &rules {
                context.out.data(object(rule, &known, &paths)?)?;
            }
        }
        ListFormat::Table => {
            show(&rules, &known, args.all, context)?;
        }
    }
    tell_left_out(count - rules.len(), args.format, context)?;
    let is_whole = ground.allow.broken_line().is_none() && ground.deny.broken_line().is_none();
    let is_all = clients.is_empty() && daemons.is_empty();
    if count == 0 && args.format == ListFormat::Table {
        context.out.note(match (is_all, is_whole) {
            (true, true) => "neither table has a rule: everybody may connect",
            (true, false) => "neither table has a rule",
            (false, _) => "no rule that libwrap reads concerns that",
        })?;
    }
    tell_writers(&rules, context)
}

/// What is known about the names that rules follow; that it cannot be read is said.
fn known_names(
    rules: &[Listed],
    format: ListFormat,
    context: &mut Context,
) -> Result<FollowState, Failure> {
    let follows = |rule: &Listed| {
        rule.label
            .as_ref()
            .is_some_and(|label| label.follow.is_some())
    };
    if !rules.iter().any(follows) {
        return Ok(FollowState::default());
    }
    match FollowState::read(&context.paths) {
        Ok(known) => Ok(known),
        Err(error) => {
            let text = format!("cannot read when names were resolved: {error}");
            say(format, context, &text)?;
            Ok(FollowState::default())
        }
    }
}

/// Says how many rules concern a client only under a name, or at an address, that is not known.
fn tell_left_out(count: usize, format: ListFormat, context: &mut Context) -> Result<(), Failure> {
    let rules = match count {
        0 => return Ok(()),
        1 => "1 more rule concerns".to_owned(),
        count => format!("{count} more rules concern"),
    };
    let text = format!(
        "{rules} it only if its name, or its address, is one that the rule means: --all shows that"
    );
    match format {
        ListFormat::Table => context.out.prose(text),
        ListFormat::Json => context.out.note(&text),
    }
}

/// Says so if several programs write the tables.
fn tell_writers(rules: &[Listed], context: &mut Context) -> Result<(), Failure> {
    let writers = rules.iter().filter_map(|rule| rule.writer);
    let writers: BTreeSet<&str> = writers.filter(|writer| *writer != "tcpw").collect();
    if writers.len() < 2 {
        return Ok(());
    }
    let names: Vec<&str> = writers.into_iter().collect();
    context.out.note(&format!(
        "{} write these tables: none waits for the other, and lines can get lost between them",
        names.join(" and ")
    ))
}

/// A line for people; beside lines for programs it goes to standard error.
fn say(format: ListFormat, context: &mut Context, text: &str) -> Result<(), Failure> {
    match format {
        ListFormat::Table => context.out.prose(text),
        ListFormat::Json => context.out.note(text),
    }
}

/// What libwrap makes of a line at which it stops reading (F-LINE-12 to F-LINE-14).
fn unread(table: TableName, kind: LineKind) -> String {
    let effect = match table {
        TableName::Allow => "libwrap reads nothing from here on and asks the deny table",
        TableName::Deny => "libwrap refuses everybody whom no rule before it decides about",
    };
    if kind == LineKind::Malformed(Reason::TooLong) {
        return format!("{effect}, because this line is longer than 2046 bytes");
    }
    format!(
        "{effect}, because this line has no newline (`tcpw fmt --final-newline` ends it and says \
         who gains and who loses access)"
    )
}
