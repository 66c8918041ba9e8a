//! `tcpw deny`: puts clients on the deny list.

use super::allow::ListArgs;
use super::answer::{AnswerArgs, answer};
use super::changes::{ChangeArgs, ForceArgs};
use super::gate_args::{ConditionArgs, PolicyArgs};
use super::gate_rule::{self, Wanted};
use crate::cli::base::{Context, Exit, Failure};
use crate::editor::{Asks, Intent, Scope, Wish, list, verify_list};
use clap::Args;

/// Deny clients
///
/// Writes a rule into the deny table. If the allow table grants the clients, the deny table would
/// never be asked: the rule that grants is named, and nothing is written. Where other rules that
/// refuse stand in the allow table, as on BSD systems and under cPanel, `CLIENT : deny` goes there,
/// before the rule that grants.
///
/// With --country, --asn or --in, a rule of the allow table asks tcpw-gate(8), which admits everybody
/// but these, and `DAEMON: ALL: deny` in the deny table refuses whom it does not admit. A gate in the
/// deny table would do the opposite wherever it is missing or broken: libwrap would let everybody in.
/// Where clients on no list are refused already, there is nothing to change.
#[derive(Debug, Args)]
pub(crate) struct DenyArgs {
    /// IPv4 or IPv6 address, network (`10.1.2.0/24`, `2001:db8::/32`), range of addresses
    /// (`10.0.0.5-10.0.0.20`), host name or `.domain`; `@-` stands for a list on standard input
    #[arg(required_unless_present_any = ["from", "country", "asn", "sets"], value_name = "CLIENT")]
    clients: Vec<String>,
    #[command(flatten)]
    list: ListArgs,
    #[command(flatten)]
    gate: ConditionArgs,
    #[command(flatten)]
    policies: PolicyArgs,
    #[command(flatten)]
    force: ForceArgs,
    #[command(flatten)]
    answer: AnswerArgs,
    #[command(flatten)]
    change: ChangeArgs,
}

pub(crate) fn run(args: &DenyArgs, context: &mut Context) -> Result<Exit, Failure> {
    if args.gate.are_given() {
        let wanted = Wanted {
            wish: Wish::Refuse,
            conditions: &args.gate,
            except: &[],
            policies: &args.policies,
            daemons: args.list.daemons()?,
            label: args.list.label(None)?,
            is_forced: args.force.force,
        };
        return gate_rule::run(&wanted, (args.answer, args.change), context);
    }
    let asked = args.list.asked(&args.clients, Wish::Refuse)?;
    answer(
        context,
        (args.answer, args.change),
        &Intent::new(
            &|ground| list(ground, &asked),
            &|before, after, change| verify_list(before, after, &asked, change),
            Scope::new(Asks::Clients(&asked), args.force.force),
        )
        .about(asked.clients())
        .guarded(!args.force.force),
    )
}
