//! What a change comes to: edits and remarks, or the reason why it cannot be made.

use crate::editor::client::daemon::Daemon;
use crate::editor::client::pattern::Client;
use crate::editor::client::word_error::WordError;
use crate::editor::trial::edits::Edits;
use crate::editor::trial::table_pair::Place;
use crate::engine::{Access, TableName};
use crate::metadata::Why;

/// A change that can be made.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Change {
    /// What is to be done to the tables; nothing if what was asked for holds already.
    pub edits: Edits,
    /// What the operator should know.
    pub notes: Vec<Note>,
}

impl Change {
    /// The last line of a table that is given its newline, if one is.
    pub fn repaired(&self) -> Option<&Place> {
        self.notes.iter().find_map(Note::repaired)
    }
}

impl Note {
    fn repaired(&self) -> Option<&Place> {
        if let Self::Repaired(place) = self {
            Some(place)
        } else {
            None
        }
    }
}

/// A remark on a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Note {
    /// It holds already, by this rule.
    Held {
        /// For whom; nobody in particular for a default or an alert.
        client: Option<Client>,
        /// For which daemon.
        daemon: Daemon,
        /// What the rule does.
        access: Access,
        /// The rule.
        place: Place,
    },
    /// A rule about some of the clients comes first and stays in force.
    Exception {
        /// The clients asked for.
        client: Client,
        /// By what the rule knows them.
        through: Through,
        /// The rule.
        place: Place,
    },
    /// The allow table decides for everybody: a refusal goes there, before this rule.
    OneTable(Place),
    /// Rules that refuse stand in the allow table, so this one goes there, too, before this rule.
    BesideRefusals(Place),
    /// After `revoke`, a rule still decides about a client.
    Remains {
        /// The client.
        client: Client,
        /// What the rule does.
        access: Access,
        /// The rule, where it will be.
        place: Place,
    },
    /// After `open`, a rule still refuses clients that are on no list.
    Closed(Place),
    /// A rule before the alert refuses some of those it is for, without an alert.
    Silent(Place),
    /// The alert for clients without a name has no rule of its own, which would refuse some who get
    /// in.
    LeftOut,
    /// No rule refuses everybody: the alert is in those that refuse everybody but some.
    Partly,
    /// The table's last line had no newline; now it has one.
    Repaired(Place),
    /// A rule keeps its alert, although it is wanted without.
    Armed(Place),
    /// A gate stands where it decides.
    GateAdmits {
        /// For which daemons.
        daemons: String,
        /// Whom it admits, in words.
        whom: String,
    },
    /// Who is not admitted by the gate is refused by this rule; by none if nobody is refused.
    GateRefuses(Option<Place>),
    /// The time of this gate is over, and it stays: without it nobody would get in, since what refuses
    /// those whom it does not admit is not there as it was written.
    Needed(Place),
    /// A comment about a rule from which nothing follows.
    Stray {
        /// The comment.
        place: Place,
        /// Whether a rule may stay that should run out by it.
        ends_rule: bool,
        /// Why nothing follows from it.
        why: Why,
    },
}

/// By what a rule about some of the clients asked for knows them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Through {
    /// As they were asked for.
    Themselves,
    /// By a name, where an address was asked for.
    Name,
    /// By an address, where a name was asked for.
    Address,
    /// By the user that the client tells.
    User,
}

/// Why a change cannot be made. Nothing is written then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// A rule says the opposite about the same clients, or some of them.
    Contradicted {
        /// The client asked for.
        client: Client,
        /// The daemon asked for.
        daemon: Daemon,
        /// The rule.
        place: Place,
    },
    /// A rule of the allow table grants, so that the deny table is never asked.
    Granted {
        /// The client asked for; nobody in particular for a default or an alert.
        client: Option<Client>,
        /// The rule.
        place: Place,
    },
    /// A rule before the alert refuses everybody it is for.
    Silenced(Place),
    /// A rule ends in a way to which nothing can be added: `twist`, or an option libwrap rejects.
    Unusable(Place),
    /// The table has a line that is too long: libwrap reads nothing from it on (F-LINE-14).
    TooLong(Place),
    /// The table's last line has no newline, and to give it one would change what libwrap does
    /// for others (F-LINE-12, F-LINE-13).
    Unterminated(Place),
    /// What is to be undone was changed again: the tables, and the later commits that did it, if
    /// they are in the history.
    Moved(Vec<(TableName, Vec<u64>)>),
    /// A verdict depends on something that is not known here.
    Undecided(String),
    /// A rule that is wanted cannot be written.
    Unwritable {
        /// Its number in the list.
        number: usize,
        /// Why.
        what: String,
    },
    /// The rule would lose its alert.
    Disarmed(Place),
    /// The linter finds these mistakes, which were not there before.
    NewFindings(Vec<String>),
    /// A list of `tcpw compact` that the tables would name again is gone.
    ListGone(String),
    /// The new line would be longer than libwrap reads.
    LineTooLong,
    /// The build of libwrap of this name cannot ask a gate.
    NoGate(String),
    /// A gate cannot be put beside this rule.
    Gate {
        /// The rule.
        place: Place,
        /// Why not.
        why: GateConflict,
    },
    /// A word cannot be written into a table.
    Unfit(WordError),
    /// The planned tables do not do what was asked for, or do more.
    Internal(String),
}

/// Why a gate cannot be put beside a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GateConflict {
    /// It decides about everybody before a gate could.
    Before,
    /// It is a gate for other daemons, too.
    Shared,
    /// It is the second gate for the same daemons.
    Doubled,
    /// It is a gate that says the opposite.
    Opposite,
    /// It is a gate whose call cannot be followed, for this reason.
    Wrong(String),
    /// It refuses clients whom the gate would let in before it is asked.
    Overruled,
    /// It is a gate of the same daemons, after which another one would never be asked.
    Taken,
    /// Whoever a gate admits would not reach it.
    Unread,
    /// The comment above it would be about no rule.
    Remarked,
    /// It is a gate that runs out at this time, and with it what would be added.
    Ends(String),
    /// It is a gate without an end, and what would be added has one.
    Endless,
}
