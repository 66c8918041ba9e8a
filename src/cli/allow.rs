//! `tcpw allow`: puts clients on the allow list, where the rule takes effect.

use super::Context;
use super::changes::{ChangeArgs, Intent, make};
use super::exit::Exit;
use super::failure::Failure;
use super::refusal::wrong_word;
use crate::editor::{Asked, Client, Daemon, Wish, list, verify_list};
use clap::Args;

/// Who, and for which daemons.
#[derive(Debug, Clone, Args)]
pub(crate) struct ListArgs {
    /// IPv4 or IPv6 address, network (`10.1.2.0/24`, `2001:db8::/32`), host name or `.domain`
    #[arg(required = true, value_name = "CLIENT")]
    clients: Vec<String>,
    /// Only for this daemon, by the name of its process; may be repeated [default: ALL]
    #[arg(long = "daemon", short, value_name = "NAME")]
    daemons: Vec<String>,
}

/// Allow clients
///
/// Writes a rule into the allow table, in front of the first rule that would decide these clients
/// otherwise. A rule about the same clients that says the opposite is a conflict: it is named, and
/// nothing is written.
#[derive(Debug, Args)]
pub(crate) struct AllowArgs {
    #[command(flatten)]
    list: ListArgs,
    #[command(flatten)]
    change: ChangeArgs,
}

pub(crate) fn run(args: &AllowArgs, context: &mut Context) -> Result<Exit, Failure> {
    let asked = args.list.asked(Wish::Grant)?;
    make(
        context,
        &Intent {
            change: &|ground| list(ground, &asked),
            verify: &|before, after, change| verify_list(before, after, &asked, change),
            is_guarded: false,
            dry_run: args.change.dry_run,
        },
    )
}

impl ListArgs {
    /// Reads the words.
    pub(super) fn asked(&self, wish: Wish) -> Result<Asked, Failure> {
        let clients: Result<Vec<_>, _> = self.clients.iter().map(|c| Client::parse(c)).collect();
        let daemons: Result<Vec<_>, _> = self.daemons.iter().map(|d| Daemon::parse(d)).collect();
        let clients = clients.map_err(|error| wrong_word(&error))?;
        let daemons = daemons.map_err(|error| wrong_word(&error))?;
        Ok(Asked::new(wish, clients, daemons))
    }
}
