//! `tcpw allow`: puts clients on the allow list, where the rule takes effect.

use super::answer::{AnswerArgs, answer};
use super::changes::ChangeArgs;
use super::client_list::{clients_of, daemons_of};
use super::follow_new;
use super::gate_args::{ConditionArgs, PolicyArgs};
use super::gate_rule::{self, Wanted};
use super::refusal::wrong_word;
use crate::cli::base::times::{lifetime, stamp};
use crate::cli::base::{Context, Exit, Failure};
use crate::editor::{Asked, Asks, Daemon, Intent, Label, Recourse, Scope, Wish, list, verify_list};
use crate::escape::visible_short;
use crate::system::{Clock as _, SystemClock};
use clap::Args;
use std::path::PathBuf;

/// Who else, for which daemons, and what is kept about it.
#[derive(Debug, Clone, Args)]
pub(crate) struct ListArgs {
    /// Also the clients in this file, one per line; `#` begins a comment
    #[arg(long, value_name = "FILE")]
    from: Vec<PathBuf>,
    /// Only for this daemon, by the name of its process; may be repeated [default: ALL]
    #[arg(long = "daemon", short, value_name = "NAME")]
    daemons: Vec<String>,
    /// Only for this long, such as `90m`, `24h`, `7d` or `2w`: then `tcpw expire` removes the rule
    ///
    /// Nothing expires by itself: have a timer or cron run `tcpw expire` each minute. A rule that asks
    /// a gate ends as a whole, with the rule of the deny table that `tcpw deny` has written for it: a
    /// gate with an end takes no condition without one, nor the other way round.
    #[arg(long = "for", value_name = "TIME")]
    lifetime: Option<String>,
    /// Why, kept in a comment above the rule
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// Who asked for it, kept in a comment above the rule
    #[arg(long, value_name = "NAME")]
    by: Option<String>,
}

/// Allow clients
///
/// Writes a rule into the allow table, before the first rule that would decide these clients
/// otherwise. A rule about the same clients that says the opposite is a conflict: it is named, and
/// nothing is written.
///
/// With --country, --asn or --in the rule asks tcpw-gate(8). It stands after the rules about single
/// clients, because libwrap reads no rule of the allow table after one whose command fails; the deny
/// table then has to refuse the others, and its rules with options get `: deny` at their end, without
/// which they would count for nothing then. A second such command for the same daemons adds to the
/// gate that is there. Private networks, loopback, this machine's own addresses and `keep_in` of
/// tcpw.toml(5) are always admitted.
///
/// With --follow, the rule holds the addresses that a name has, and `tcpw expire` keeps them: it asks
/// for the name again when its time to live has passed (60 seconds at least), and writes only what
/// has changed. A rule by name would not do: libwrap asks for the name of the address, which most
/// providers have chosen. A name that cannot be resolved, that has no address, or one that no client
/// of the internet can have, takes no address out of the rule; after a week that is reported
/// (`[follow]` in tcpw.toml(5)). `tcpw revoke NAME` ends it.
#[derive(Debug, Args)]
pub(crate) struct AllowArgs {
    /// IPv4 or IPv6 address, network (`10.1.2.0/24`, `2001:db8::/32`), range of addresses
    /// (`10.0.0.5-10.0.0.20`), host name or `.domain`; `@-` stands for a list on standard input
    #[arg(required_unless_present_any = ["from", "follow", "country", "asn", "sets"], value_name = "CLIENT")]
    clients: Vec<String>,
    #[command(flatten)]
    list: ListArgs,
    /// The addresses that this host name has, now and whenever they change: at most 16
    ///
    /// For a home whose address changes. Nothing follows it by itself: have a timer or cron run
    /// `tcpw expire` each minute. `tcpw list` shows when it was last resolved.
    #[arg(long, value_name = "NAME", conflicts_with_all = ["clients", "from", "gate"])]
    follow: Option<String>,
    #[command(flatten)]
    gate: ConditionArgs,
    /// With --country, --asn or --in: but not these countries (CN), autonomous systems (AS64500),
    /// networks (192.0.2.0/24) and compiled sets (/FILE)
    #[arg(long, value_name = "WHO", value_delimiter = ',', requires = "gate")]
    except: Vec<String>,
    #[command(flatten)]
    policies: PolicyArgs,
    #[command(flatten)]
    answer: AnswerArgs,
    #[command(flatten)]
    change: ChangeArgs,
}

pub(crate) fn run(args: &AllowArgs, context: &mut Context) -> Result<Exit, Failure> {
    if args.gate.are_given() {
        let wanted = Wanted {
            wish: Wish::Grant,
            conditions: &args.gate,
            except: &args.except,
            policies: &args.policies,
            daemons: args.list.daemons()?,
            label: args.list.label(None)?,
            is_forced: false,
        };
        return gate_rule::run(&wanted, (args.answer, args.change), context);
    }
    if let Some(word) = &args.follow {
        let name = follow_new::host_name(word)?;
        let about = (args.list.label(Some(&name))?, args.list.daemons()?);
        return follow_new::run(&name, about, (args.answer, args.change), context);
    }
    let asked = args.list.asked(&args.clients, Wish::Grant)?;
    answer(
        context,
        (args.answer, args.change),
        &Intent::new(
            &|ground| list(ground, &asked),
            &|before, after, change| verify_list(before, after, &asked, change),
            Scope::Only(Asks::Clients(&asked), Recourse::ByHand),
        )
        .about(asked.clients())
        .guarded(false),
    )
}

impl ListArgs {
    /// Reads the words, of which `clients` are those that name clients.
    pub(crate) fn asked(&self, clients: &[String], wish: Wish) -> Result<Asked, Failure> {
        let clients = clients_of(clients, &self.from)?;
        Ok(Asked::new(wish, clients, self.daemons()?).with_label(self.label(None)?))
    }

    /// The daemons.
    pub(crate) fn daemons(&self) -> Result<Vec<Daemon>, Failure> {
        daemons_of(&self.daemons)
    }

    /// What the comment above the rule says, which may follow a name; none if there is nothing to say.
    pub(crate) fn label(&self, follow: Option<&str>) -> Result<Option<Label>, Failure> {
        let is_bare = self.lifetime.is_none() && self.reason.is_none() && self.by.is_none();
        if is_bare && follow.is_none() {
            return Ok(None);
        }
        let now = SystemClock.now();
        let until = self.lifetime.as_deref().map(|text| {
            lifetime(text)
                .and_then(|time| now.checked_add_signed(time))
                .ok_or_else(|| {
                    let text = visible_short(text.as_bytes(), 40);
                    Failure::new(format_args!("`{text}` is not a duration")).hint(
                        "give a number of at least 1 and a unit, such as 30s, 90m, 24h, 7d or 2w",
                    )
                })
        });
        let label = Label {
            since: Some(stamp(now)),
            until: until.transpose()?.map(stamp),
            by: self.by.clone(),
            follow: follow.map(str::to_owned),
            reason: self.reason.clone(),
        };
        label.check().map_err(|error| wrong_word(&error))?;
        Ok(Some(label))
    }
}
