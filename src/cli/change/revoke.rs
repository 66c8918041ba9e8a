//! `tcpw revoke`: takes clients out of the rules that name them.

use super::answer::{AnswerArgs, answer};
use super::changes::{ChangeArgs, ForceArgs};
use super::client_list::{clients_of, daemons_of};
use super::follow_names::followed_rules;
use super::gate_args::ConditionArgs;
use super::gate_rule;
use crate::cli::base::{Context, Exit, Failure};
use crate::editor::{
    Asks, Client, FollowedRule, Intent, Revocation, Scope, remaining, revoke, verify_revoke,
};
use clap::Args;
use std::collections::BTreeSet;
use std::net::IpAddr;
use std::path::PathBuf;

/// Remove clients from every list
///
/// Removes from both tables what names exactly these clients, even where a rule names others too; a
/// rule that names nobody else is removed. Says which rules still grant or deny them: a network
/// they are in, or everybody. A name that rules follow (`tcpw allow --follow`) is followed no more, and
/// its addresses go. With --daemon, a rule for several daemons keeps the others, and a rule
/// that does not name the daemon itself, such as one for ALL, stays. Refuses if your own ssh session
/// could not log in again.
///
/// With --country, --asn or --in, these are taken out of the calls of tcpw-gate(8), whether they admit
/// them or leave them out; a gate that is left without a condition is removed, with the rule of
/// `tcpw deny --country` that belongs to it.
#[derive(Debug, Args)]
pub(crate) struct RevokeArgs {
    /// What was given to `tcpw allow` or `tcpw deny`: address, network, range, host name or
    /// `.domain`; `@-` stands for a list on standard input
    #[arg(required_unless_present_any = ["from", "country", "asn", "sets"], value_name = "CLIENT")]
    clients: Vec<String>,
    /// Also the clients in this file, one per line; `#` begins a comment
    #[arg(long, value_name = "FILE")]
    from: Vec<PathBuf>,
    /// Only for this daemon, by the name of its process; may be repeated [default: ALL]
    #[arg(long = "daemon", short, value_name = "NAME")]
    daemons: Vec<String>,
    /// Only from rules that were written with this --by
    #[arg(long, value_name = "NAME", conflicts_with = "gate")]
    by: Option<String>,
    #[command(flatten)]
    gate: ConditionArgs,
    #[command(flatten)]
    force: ForceArgs,
    #[command(flatten)]
    answer: AnswerArgs,
    #[command(flatten)]
    change: ChangeArgs,
}

pub(crate) fn run(args: &RevokeArgs, context: &mut Context) -> Result<Exit, Failure> {
    let daemons = daemons_of(&args.daemons)?;
    if args.gate.are_given() {
        let is_forced = args.force.force;
        let how = (args.answer, args.change);
        return gate_rule::revoke(&args.gate, &daemons, is_forced, how, context);
    }
    let clients = clients_of(&args.clients, &args.from)?;
    let followed = followed_of(&clients, context)?;
    let reached = [&clients[..], &followed].concat();
    let asked = Revocation {
        clients: &clients,
        followed: &followed,
        daemons: &daemons,
        by: args.by.as_deref(),
    };
    answer(
        context,
        (args.answer, args.change),
        &Intent::new(
            &|ground| Ok(revoke(ground, &asked)),
            &|before, after, change| verify_revoke(before, after, &asked, change),
            Scope::new(Asks::Named(&reached, &daemons), args.force.force),
        )
        .about(&reached)
        .with_outlook(&|after| remaining(after, &asked))
        .guarded(!args.force.force),
    )
}

/// The addresses that rules hold for the names among the clients.
fn followed_of(clients: &[Client], context: &Context) -> Result<Vec<Client>, Failure> {
    if !clients
        .iter()
        .any(|client| matches!(client, Client::Name(_)))
    {
        return Ok(Vec::new());
    }
    let rules = followed_rules(&context.paths)?;
    let is_asked = |rule: &FollowedRule| clients.contains(&Client::Name(rule.name.clone()));
    let addresses: BTreeSet<IpAddr> = rules
        .into_iter()
        .filter(is_asked)
        .filter_map(|rule| rule.addresses)
        .flatten()
        .collect();
    Ok(addresses.into_iter().map(Client::host).collect())
}
