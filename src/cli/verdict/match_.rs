//! `tcpw match`: may this client reach this daemon, and which rule says so?

use super::batch;
use super::explain_text::Story;
use super::gate_text::gates;
use super::lookup::{Client, Lookup, look_up};
use super::verdict_json::{Explained, JsonAnswer, JsonLookup, Told, answer, print};
use super::verdict_text::{place, why};
use super::ways::ways;
use super::words::{describe, word_of};
use crate::cli::base::address::is_address;
use crate::cli::base::{Context, Exit, Failure, Style};
use crate::cli::machine::daemons::{daemons, whom_it_binds};
use crate::cli::machine::dialect::DialectChoice;
use crate::cli::machine::surroundings::{Aclexec, Machine};
use crate::cli::machine::tables::TableFiles;
use crate::engine::{
    Access, Host, HostName, NameKind, Request, Surroundings as _, Tables, Trace, Verdict, by_name,
    decide, explain,
};
use crate::escape::visible;
use clap::{Args, ValueEnum};
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;

/// Show whether a client may reach a daemon, and which rule decides
///
/// Exit code: 0 granted, 1 denied, 2 undetermined; of several clients the worst. No name
/// is looked up unless --dns is given: without it and without --name the client's name is unknown.
/// Commands of rules are shown and never run, but for those of aclexec with "--aclexec run".
///
/// --format json prints one object: "dialect" (the build of libwrap), "lookup" (null, or "what" and "milliseconds" of finding a host
/// name's addresses) and "answers", one a client address: "verdict" (granted, denied, undecided),
/// "daemon", "client" ("address", "name", "lookup"), "rule" (null, or "file", "line" and "text"),
/// "why" (sentences), "effects" ("option", "text" as it is run, and "succeeds" for aclexec, null if
/// not known), where a rule asks tcpw-gate "gates" ("file", "line", "admits", "why"), which are
/// decided without running them, and, where a rule asks a command that nobody runs, "ways": for each way the commands
/// can end, "commands" ("file", "line", "succeeds"), "verdict", "rule" and "effects". With --explain
/// each has an "explanation": "steps" in order, each with a "kind" (opened, absent, unreadable,
/// rule, options, left, forked, broken, doubtful), a "file" and what belongs to its kind;
/// "unreached" ("file", "rules", "first"); and "names", the verdict for a client whose name is
/// unknown, paranoid, known or known-local (without a dot).
#[derive(Debug, Args)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch of the command line"
)]
pub(crate) struct MatchArgs {
    /// The daemon's name as it stands in rules, such as sshd
    #[arg(required_unless_present = "batch", value_name = "DAEMON")]
    daemon: Option<OsString>,
    /// The client's address: IPv4, IPv6 with or without a zone, or "unknown"; with --dns also a
    /// host name, which asks about each of its addresses
    #[arg(required_unless_present = "batch", value_name = "CLIENT")]
    client: Option<OsString>,
    /// The client's name: a host name, "unknown" or "paranoid"
    #[arg(long, value_name = "HOST", conflicts_with = "dns")]
    name: Option<OsString>,
    /// Look the client's name up, as libwrap would, and say how long that took
    #[arg(long)]
    dns: bool,
    /// The client's user name, as an ident server would report it
    #[arg(long, value_name = "USER")]
    user: Option<OsString>,
    /// The server's address that the client connected to
    #[arg(long, value_name = "ADDR")]
    server: Option<OsString>,
    /// The server's name
    #[arg(long, value_name = "HOST")]
    server_name: Option<OsString>,
    /// The server's port, for rules that name ports
    #[arg(long, value_name = "PORT")]
    port: Option<u16>,
    /// How the commands of the option aclexec end
    ///
    /// Without it tcpw-gate is asked by its own code, on the same files and without running it. Of other
    /// commands both outcomes are considered, and the verdict is undecided where they differ.
    /// "run" runs them, with your privileges. One that ends in & always succeeds.
    #[arg(long, value_enum, value_name = "RESULT")]
    aclexec: Option<AclexecChoice>,
    /// The build of libwrap to answer for; by default the one that is installed
    ///
    /// The installed library is debian13 if it does not import the function innetgr, else debian12;
    /// without a library it is debian12. debian12 and debian13 are tested against the real
    /// libraries (of Debian 12, trixie and sid). freebsd, netbsd, illumos and classic follow
    /// documents and a rebuild, not tested against the system.
    #[arg(long, value_enum, value_name = "NAME")]
    dialect: Option<DialectChoice>,
    /// Show the whole search: every rule considered, what is never reached, and what depends on the
    /// client's name
    ///
    /// Long runs of rules that do not match are summarised.
    #[arg(long)]
    explain: bool,
    /// With --explain, summarise nothing
    #[arg(long, requires = "explain")]
    full: bool,
    /// How to print the answer
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t)]
    format: AnswerFormat,
    /// Diagnosis queries from standard input
    ///
    /// One per line, fields separated by TAB: DAEMON ADDR NAME USER SERVER_ADDR SERVER_NAME
    /// SERVER_PORT; from NAME on each may be empty or missing. ADDR is what a program could hand to
    /// libwrap: letters, digits and .:%_- only; empty is unknown. Prints a line for each: granted,
    /// denied or undecided, a TAB, and the deciding file and line or "default"; "error" and "-" for
    /// a line that is not a query, with a note that names it, and exit code 2 at the end.
    #[arg(long, conflicts_with_all = ["daemon", "client", "name", "dns", "user", "server", "server_name", "port", "explain", "format"])]
    batch: bool,
}

/// How answers are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
enum AnswerFormat {
    /// For people
    #[default]
    #[value(name = "text", alias = "human", alias = "table")]
    Human,
    /// For programs: one JSON object
    Json,
}

/// Values of `--aclexec`.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum AclexecChoice {
    /// They succeed
    True,
    /// They fail
    False,
    /// Run them
    Run,
}

impl From<AclexecChoice> for Aclexec {
    fn from(choice: AclexecChoice) -> Self {
        match choice {
            AclexecChoice::True => Self::True,
            AclexecChoice::False => Self::False,
            AclexecChoice::Run => Self::Run,
        }
    }
}

pub(crate) fn run(args: &MatchArgs, context: &mut Context) -> Result<Exit, Failure> {
    let (Some(daemon), Some(client)) = (&args.daemon, &args.client) else {
        let machine = machine(args, context);
        let files = TableFiles::read(context)?.read_as(machine.dialect().reading);
        return batch::run(&files, &machine, context);
    };
    check_server(args)?;
    let (clients, lookup) = clients(client, args)?;
    let machine = machine(args, context);
    let files = match clients.as_slice() {
        // A single verdict needs no more of the tables than what settles it.
        [client] if !args.explain => {
            TableFiles::for_request(context, &request(args, daemon, client), &machine)?
        }
        _ => TableFiles::read(context)?,
    };
    let files = files.read_as(machine.dialect().reading);
    let (allow, deny) = (files.allow.tree(), files.deny.tree());
    let tables = files.tables(&allow, &deny);
    let all: Vec<Asked<'_>> = clients
        .iter()
        .map(|client| {
            let request = request(args, daemon, client);
            Asked::new(request, client, args, &tables, &machine)
        })
        .collect();
    match args.format {
        AnswerFormat::Human => {
            tell(
                &all,
                lookup.as_ref(),
                args,
                (&files, &tables, &machine),
                context,
            )?;
            if let Some(remark) = machine.remark() {
                context.out.line(format!("  {remark}"))?;
            }
            if let Some(why) = binds_nobody(daemon, context) {
                context
                    .out
                    .line(format!("  {why}: this verdict binds nobody"))?;
            }
        }
        AnswerFormat::Json => {
            let answers = Told {
                dialect: machine.dialect().name,
                lookup: lookup.as_ref().map(JsonLookup::from),
                answers: all
                    .iter()
                    .map(|asked| asked.json(&files, &tables, &machine))
                    .collect(),
            };
            context.out.data(print(&answers)?)?;
        }
    }
    let exits = all.iter().map(|asked| exit_of(asked.verdict.access));
    Ok(exits.fold(Exit::Done, worse))
}

/// Why a verdict about a daemon binds nobody, if that is so and these are the tables that it would read.
fn binds_nobody(daemon: &OsStr, context: &Context) -> Option<String> {
    let paths = &context.paths;
    let daemon = daemon.to_str().filter(|_| paths.are_of_system())?;
    whom_it_binds(paths, daemon, || daemons(paths).answers)
}

/// A question with its answer.
struct Asked<'c> {
    client: &'c Client,
    request: Request,
    verdict: Verdict,
    explained: Option<(Trace, Vec<(NameKind, Verdict)>)>,
}

impl<'c> Asked<'c> {
    fn new(
        request: Request,
        client: &'c Client,
        args: &MatchArgs,
        tables: &Tables<'_>,
        machine: &Machine,
    ) -> Self {
        let (verdict, explained) = if args.explain {
            let (verdict, trace) = explain(tables, &request, machine);
            (verdict, Some((trace, others(&request, tables, machine))))
        } else {
            (decide(tables, &request, machine), None)
        };
        Self {
            client,
            request,
            verdict,
            explained,
        }
    }

    fn json(&self, files: &TableFiles, tables: &Tables<'_>, machine: &Machine) -> JsonAnswer {
        let explained = self
            .explained
            .as_ref()
            .map(|(trace, others)| Explained { trace, others });
        answer(
            &self.verdict,
            &self.request,
            self.client.lookup.as_ref(),
            explained.as_ref(),
            (files, tables, machine),
        )
    }
}

/// The verdicts for other kinds of names; no command is run for them.
pub(crate) fn others(
    request: &Request,
    tables: &Tables<'_>,
    machine: &Machine,
) -> Vec<(NameKind, Verdict)> {
    let machine = machine.without_commands();
    by_name(request, |request| decide(tables, request, &machine))
}

fn machine(args: &MatchArgs, context: &Context) -> Machine {
    let aclexec = args.aclexec.map_or(Aclexec::Ask, Aclexec::from);
    Machine::new(&context.paths, aclexec).with_dialect(args.dialect)
}

/// A server's end is an address, too.
fn check_server(args: &MatchArgs) -> Result<(), Failure> {
    let server = bytes(args.server.as_ref());
    if args.server.is_none() || is_address(server) {
        return Ok(());
    }
    let shown = visible(server);
    Err(Failure::new(format_args!(
        "`{shown}` is not an address that a server can have"
    ))
    .hint("give an IPv4 or IPv6 address after --server, or a name after --server-name"))
}

/// Who is asked about, and what finding their addresses took.
fn clients(client: &OsStr, args: &MatchArgs) -> Result<(Vec<Client>, Option<Lookup>), Failure> {
    if args.dns {
        return look_up(client);
    }
    let shown = visible(client.as_bytes());
    let address = client.to_str().filter(|_| is_address(client.as_bytes()));
    let address =
        address.ok_or_else(|| {
            Failure::new(format_args!("`{shown}` is not an address that a client can have")).hint(
            "give an IPv4 or IPv6 address such as 192.0.2.7 or fe80::1%eth0, or the word unknown; \
             with --dns also a host name",
        )
        })?;
    let name = HostName::new(bytes(args.name.as_ref()));
    let client = Client {
        address: address.to_owned(),
        name,
        lookup: None,
    };
    Ok((vec![client], None))
}

fn request(args: &MatchArgs, daemon: &OsStr, client: &Client) -> Request {
    let server_name = HostName::new(bytes(args.server_name.as_ref()));
    let server = Host::new(bytes(args.server.as_ref()), server_name);
    let client = Host::new(&client.address, client.name.clone());
    Request::new(daemon.as_bytes(), client)
        .with_user(bytes(args.user.as_ref()))
        .with_server(server, args.port)
}

fn bytes(text: Option<&OsString>) -> &[u8] {
    text.map(|text| text.as_bytes()).unwrap_or_default()
}

fn tell(
    all: &[Asked<'_>],
    lookup: Option<&Lookup>,
    args: &MatchArgs,
    (files, tables, machine): (&TableFiles, &Tables<'_>, &Machine),
    context: &mut Context,
) -> Result<(), Failure> {
    if let Some(lookup) = lookup {
        context.out.note(&lookup.line())?;
    }
    for (number, asked) in all.iter().enumerate() {
        if number > 0 {
            context.out.line("")?;
        }
        if let Some(lookup) = &asked.client.lookup {
            context.out.note(&lookup.line())?;
        }
        show(&asked.verdict, &asked.request, (files, machine), context)?;
        if let Some((trace, others)) = &asked.explained {
            let story = Story {
                files,
                tables,
                request: &asked.request,
                verdict: &asked.verdict,
                trace,
                others,
                machine,
                is_full: args.full,
            };
            context.out.line("")?;
            story.tell(&mut context.out)?;
        }
    }
    Ok(())
}

/// The worse of two ends: denied is worse than granted, undecided is worst.
fn worse(one: Exit, other: Exit) -> Exit {
    match (one, other) {
        (Exit::Failed, _) | (_, Exit::Failed) => Exit::Failed,
        (Exit::Negative, _) | (_, Exit::Negative) => Exit::Negative,
        _ => other,
    }
}

fn exit_of(access: Access) -> Exit {
    match access {
        Access::Granted => Exit::Done,
        Access::Denied => Exit::Negative,
        Access::Undecided => Exit::Failed,
    }
}

/// Prints the verdict, the deciding rule with its text, why, and what the rule runs.
fn show(
    verdict: &Verdict,
    request: &Request,
    (tables, machine): (&TableFiles, &Machine),
    context: &mut Context,
) -> Result<(), Failure> {
    let out = &mut context.out;
    let style = match verdict.access {
        Access::Granted => Style::Good,
        Access::Denied => Style::Bad,
        Access::Undecided => Style::Warn,
    };
    let word = out.paint(style, word_of(verdict.access));
    let (daemon, client) = (
        visible(request.daemon()),
        visible(request.client().address()),
    );
    out.line(format!("{word}: {daemon} from {client}"))?;
    if let Some((place, text)) = place(verdict, tables) {
        let place = out.paint(Style::Strong, &place);
        out.line(format!("  {place}: {}", visible(&text)))?;
    }
    for gate in gates(verdict, tables, machine) {
        out.line(format!("  {}", gate.why))?;
    }
    for reason in why(verdict, request, tables) {
        out.line(format!("  {reason}"))?;
    }
    for effect in &verdict.effects {
        out.line(format!("  {}", describe(effect, machine)))?;
    }
    for way in ways(verdict, tables, machine) {
        out.line(format!("  {way}"))?;
    }
    Ok(())
}
