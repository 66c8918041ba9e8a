//! `tcpw match`: may this client reach this daemon, and which rule says so?

use super::Context;
use super::batch;
use super::exit::Exit;
use super::failure::Failure;
use super::lookup::look_up;
use super::machine::{Aclexec, Machine};
use super::output::Style;
use super::tables::TableFiles;
use super::why::{place, why};
use crate::engine::{Access, Effect, Host, HostName, Request, Verdict, decide};
use crate::escape::visible;
use clap::{Args, ValueEnum};
use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt as _;

/// Tell whether a client may reach a daemon, and which rule decides
///
/// Exit code: 0 granted, 1 denied, 2 it could not be told. No name is looked up unless --dns is
/// given: without it and without --name the client's name is unknown. Commands of rules are shown
/// and never run,
/// but for those of aclexec with "--aclexec run".
#[derive(Debug, Args)]
pub(crate) struct MatchArgs {
    /// The daemon's name as it stands in rules, such as sshd
    #[arg(required_unless_present = "batch", value_name = "DAEMON")]
    daemon: Option<OsString>,
    /// The client's address
    #[arg(required_unless_present = "batch", value_name = "CLIENT_ADDR")]
    client: Option<OsString>,
    /// The client's name: a host name, "unknown" or "paranoid"
    #[arg(long, value_name = "HOST", conflicts_with = "dns")]
    name: Option<OsString>,
    /// Look the client's name up, as libwrap would
    #[arg(long)]
    dns: bool,
    /// The client's user name, as an ident server would tell it
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
    /// Without it a verdict that depends on one is undecided. "run" runs them, as you.
    #[arg(long, value_enum, value_name = "RESULT")]
    aclexec: Option<AclexecChoice>,
    /// Answer queries from standard input
    ///
    /// One a line, fields separated by TAB: DAEMON ADDR NAME USER SERVER_ADDR SERVER_NAME
    /// SERVER_PORT; from NAME on each may be empty or missing. Prints a line for each: granted,
    /// denied or undecided, a TAB, and the deciding file and line or
    /// "default".
    #[arg(long, conflicts_with_all = ["daemon", "client", "name", "dns", "user", "server", "server_name", "port"])]
    batch: bool,
}

/// Values of `--aclexec`.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum AclexecChoice {
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
    let machine = Machine::new(
        &context.paths,
        args.aclexec.map_or(Aclexec::Ask, Aclexec::from),
    );
    let (Some(daemon), Some(client)) = (&args.daemon, &args.client) else {
        let tables = TableFiles::read(context)?;
        return batch::run(&tables, &machine, context);
    };
    let bytes = |text: &Option<OsString>| {
        text.as_ref()
            .map(|text| text.as_bytes().to_vec())
            .unwrap_or_default()
    };
    let name = if args.dns {
        look_up(client, context)?
    } else {
        HostName::new(bytes(&args.name))
    };
    let server = Host::new(bytes(&args.server), HostName::new(bytes(&args.server_name)));
    let request = Request::new(daemon.as_bytes(), Host::new(client.as_bytes(), name))
        .with_user(bytes(&args.user))
        .with_server(server, args.port);
    let tables = TableFiles::for_request(context, &request, &machine)?;
    let verdict = tables.parsed(|parsed| decide(parsed, &request, &machine));
    show(&verdict, &request, &tables, context)?;
    Ok(exit_of(verdict.access))
}

pub(super) fn exit_of(access: Access) -> Exit {
    match access {
        Access::Granted => Exit::Done,
        Access::Denied => Exit::Negative,
        Access::Undecided => Exit::Failed,
    }
}

pub(super) fn word_of(access: Access) -> &'static str {
    match access {
        Access::Granted => "granted",
        Access::Denied => "denied",
        Access::Undecided => "undecided",
    }
}

/// Prints the verdict, the deciding rule with its text, why, and what the rule runs.
pub(super) fn show(
    verdict: &Verdict,
    request: &Request,
    tables: &TableFiles,
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
    for reason in why(verdict, request, tables) {
        out.line(format!("  {reason}"))?;
    }
    for effect in &verdict.effects {
        out.line(format!("  {}", describe(effect)))?;
    }
    Ok(())
}

fn describe(effect: &Effect) -> String {
    match effect {
        Effect::Spawn(command) => format!("runs: {}", visible(command)),
        Effect::Twist(command) => format!("runs in place of the daemon: {}", visible(command)),
        Effect::Aclexec(command, success) => {
            let end = if *success { "succeeds" } else { "fails" };
            format!(
                "asks: {} (taken to be a command that {end})",
                visible(command)
            )
        }
        Effect::Setenv(name, value) => format!("sets: {}={}", visible(name), visible(value)),
        Effect::Other(name) => format!("applies: {name}"),
    }
}
