//! What libwrap does, asked of the engine: about all clients, on sets.

use super::deadly_lists::deadly_lists;
use super::demand::Aim;
use super::line_place::{LinePlace, place_of, place_of_number};
use super::ruling::Ruling;
use super::samples::{SSHD, named, strangers};
use super::seen::{SeenEntry, SeenFile, SeenSystem};
use super::settled::refuses_all;
use super::trees::Trees;
use crate::engine::{
    Access, Cause, Change, Claim, Request, Surroundings, Table, TableName, Tables, Verdict, decide,
    differences_within,
};
use crate::syntax::parse_as;

/// The deny table that the benchmarks have in mind.
const DEFAULT: &[u8] = b"ALL: ALL\n";
/// How much a comparison may take: some seconds at the most.
const STEPS: u64 = 100_000_000;
/// As many reasons are given why something cannot be told.
const REASONS: usize = 3;

/// Whether libwrap does what is wanted, and what shows it.
#[derive(Debug, Clone)]
pub struct Truth {
    /// What is wanted of it.
    pub aim: Aim,
    /// Whether it does.
    pub ruling: Ruling,
    /// What shows it.
    pub proofs: Vec<Proof>,
    /// Whether `ALL: ALL` at the end of the deny table would do it, where it is wanted that others are refused
    /// and not all are.
    pub is_met_by_default: bool,
}

/// What shows what libwrap does.
#[derive(Debug, Clone)]
pub enum Proof {
    /// Every daemon refuses every client that the allow table does not admit.
    OthersRefused,
    /// No daemon refuses anybody.
    NobodyRefused,
    /// sshd refuses nobody.
    SshdRefusesNobody,
    /// Nobody gets in by the allow table.
    NobodyAdmitted,
    /// A client that is admitted.
    Admitted(Case),
    /// A client that is refused.
    Refused(Case),
    /// What cannot be computed.
    Unknown(String),
    /// A table was not read, for this reason.
    Unread(TableName, String),
    /// Who can write the table, by its mode and owner.
    Writers {
        /// Which table.
        table: TableName,
        /// Its mode.
        mode: u32,
        /// Its owner.
        uid: u32,
        /// Its group.
        gid: u32,
        /// Whether that is root alone.
        is_safe: bool,
    },
    /// There is no such table.
    NoTable(TableName),
    /// It is not a matter of the tables.
    NotOfTables,
}

/// A client at a daemon, and what decides about it.
#[derive(Debug, Clone)]
pub struct Case {
    /// The daemon.
    pub daemon: Vec<u8>,
    /// The client's address.
    pub address: String,
    /// The client's name; `unknown` if it has none.
    pub name: Vec<u8>,
    /// The line that decides; none where no rule does.
    pub place: Option<LinePlace>,
}

type Found = (Ruling, Vec<Proof>);

/// Whether libwrap does what is wanted.
pub(super) fn truth(
    aim: Aim,
    seen: &SeenSystem,
    trees: &Trees<'_>,
    world: &dyn Surroundings,
) -> Truth {
    let asker = Asker { trees, world };
    let is_of_tables = !matches!(aim, Aim::Nothing | Aim::OnlyRootWrites(_));
    let is_unread = !trees.unread.is_empty();
    let (ruling, proofs) = match aim {
        Aim::Nothing => (Ruling::NotApplicable, vec![Proof::NotOfTables]),
        Aim::OnlyRootWrites(TableName::Allow) => writers(TableName::Allow, &seen.allow),
        Aim::OnlyRootWrites(TableName::Deny) => writers(TableName::Deny, &seen.deny),
        Aim::RefusesOthers | Aim::LimitsSshd | Aim::RefusesSome | Aim::Admits if is_unread => {
            let unread = trees.unread.iter();
            let proofs = unread.map(|(table, why)| Proof::Unread(*table, why.clone()));
            (Ruling::CannotTell, proofs.collect())
        }
        Aim::RefusesOthers => asker.refuses_others(),
        Aim::LimitsSshd => asker.refuses(Some(SSHD)),
        Aim::RefusesSome => asker.refuses(None),
        Aim::Admits => asker.admits(),
    };
    let (ruling, proofs) = match ruling {
        Ruling::Pass if is_of_tables => unless_it_dies((ruling, proofs), trees, world),
        Ruling::Pass | Ruling::Fail | Ruling::CannotTell | Ruling::NotApplicable => {
            (ruling, proofs)
        }
    };
    let is_open = aim == Aim::RefusesOthers && ruling == Ruling::Fail;
    Truth {
        aim,
        ruling,
        proofs,
        is_met_by_default: is_open && asker.is_met_by_default(),
    }
}

/// What was found, unless libwrap dies at a list on the way.
fn unless_it_dies(found: Found, trees: &Trees<'_>, world: &dyn Surroundings) -> Found {
    let deadly = deadly_lists(trees, world);
    if deadly.is_empty() {
        return found;
    }
    let reasons = deadly.into_iter().take(REASONS).map(Proof::Unknown);
    (Ruling::CannotTell, reasons.collect())
}

/// Who can write a table, by its mode and owner: lists of access and directories are not looked at.
fn writers(table: TableName, file: &SeenFile) -> Found {
    match &file.target {
        SeenEntry::Absent => (Ruling::NotApplicable, vec![Proof::NoTable(table)]),
        SeenEntry::Unknown(why) => (Ruling::CannotTell, vec![Proof::Unread(table, why.clone())]),
        SeenEntry::There { mode, uid, gid, .. } => {
            let is_safe = *uid == 0 && mode & 0o002 == 0 && (*gid == 0 || mode & 0o020 == 0);
            let proof = Proof::Writers {
                table,
                mode: *mode,
                uid: *uid,
                gid: *gid,
                is_safe,
            };
            let ruling = if is_safe { Ruling::Pass } else { Ruling::Fail };
            (ruling, vec![proof])
        }
    }
}

/// Asks the engine.
struct Asker<'a> {
    trees: &'a Trees<'a>,
    world: &'a dyn Surroundings,
}

impl Asker<'_> {
    /// Whether every daemon refuses every client that the allow table does not admit, and whether such
    /// clients there are.
    fn refuses_others(&self) -> Found {
        let tables = self.trees.tables();
        let mut refused = None;
        for request in strangers() {
            let verdict = decide(&tables, &request, self.world);
            match (verdict.access, &verdict.cause) {
                (Access::Granted, Cause::NoRule) => {
                    return self.admitted(&request, &verdict);
                }
                (Access::Granted, Cause::Rule { matched, .. })
                    if matched.table == TableName::Deny =>
                {
                    return self.admitted(&request, &verdict);
                }
                (Access::Denied, _) if refused.is_none() => {
                    refused = Some(Proof::Refused(self.case(&request, &verdict)));
                }
                (Access::Granted | Access::Denied | Access::Undecided, _) => {}
            }
        }
        if refuses_all(self.trees, self.world.dialect()) {
            return self.refused_others(refused);
        }
        // With the default every client gets in by the allow table, or not at all.
        let default = parse_as(DEFAULT, self.world.dialect().reading);
        let like = Tables {
            deny: Table::Read(&default),
            ..tables
        };
        let gained = self.some(&like, &tables, (Change::Gains, None, None));
        match gained {
            None => self.refused_others(refused),
            Some(Somebody::Found(case)) => (Ruling::Fail, vec![Proof::Admitted(case)]),
            Some(Somebody::Unknown(reasons)) => (Ruling::CannotTell, reasons),
        }
    }

    /// Whether the default at the end of the deny table would refuse all others.
    fn is_met_by_default(&self) -> bool {
        let deny = self.trees.of(TableName::Deny);
        let mut text = deny.map_or_else(Vec::new, |deny| deny.source().to_vec());
        if !text.is_empty() && !text.ends_with(b"\n") {
            text.push(b'\n');
        }
        text.extend_from_slice(DEFAULT);
        let deny = parse_as(&text, self.world.dialect().reading);
        let asker = Asker {
            trees: &self.trees.with_deny(&deny),
            world: self.world,
        };
        asker.refuses_others().0 == Ruling::Pass
    }

    fn admitted(&self, request: &Request, verdict: &Verdict) -> Found {
        let case = self.case(request, verdict);
        (Ruling::Fail, vec![Proof::Admitted(case)])
    }

    /// All others are refused: whether there are any.
    fn refused_others(&self, refused: Option<Proof>) -> Found {
        if let Some(refused) = refused {
            return (Ruling::Pass, vec![Proof::OthersRefused, refused]);
        }
        match self.refuses(None) {
            (Ruling::Pass, mut proofs) => {
                proofs.insert(0, Proof::OthersRefused);
                (Ruling::Pass, proofs)
            }
            other => other,
        }
    }

    /// Whether some client is refused: by this daemon, or by any.
    fn refuses(&self, daemon: Option<&[u8]>) -> Found {
        let tables = self.trees.tables();
        let dialect = self.world.dialect();
        let is_asked = |request: &Request| daemon.is_none_or(|daemon| request.daemon() == daemon);
        let trees = [TableName::Deny, TableName::Allow].map(|table| self.trees.of(table));
        let listed = trees.into_iter().flatten();
        let listed = listed.flat_map(|tree| named(tree, daemon.unwrap_or(SSHD), dialect));
        for request in strangers().filter(is_asked).chain(listed) {
            let verdict = decide(&tables, &request, self.world);
            if verdict.access == Access::Denied {
                let case = self.case(&request, &verdict);
                return (Ruling::Pass, vec![Proof::Refused(case)]);
            }
        }
        let open = Tables {
            allow: Table::Absent,
            deny: Table::Absent,
        };
        let proof = match daemon {
            Some(_) => Proof::SshdRefusesNobody,
            None => Proof::NobodyRefused,
        };
        let wanted = (Change::Loses, daemon, None);
        self.some(&open, &tables, wanted).map_or_else(
            || (Ruling::Fail, vec![proof]),
            |found| found.shown(Proof::Refused),
        )
    }

    /// Whether somebody gets in by the allow table who would not without it.
    fn admits(&self) -> Found {
        let tables = self.trees.tables();
        let without = Tables {
            allow: Table::Absent,
            ..tables
        };
        let listed = self.trees.of(TableName::Allow).into_iter();
        let listed = listed.flat_map(|tree| named(tree, SSHD, self.world.dialect()));
        for request in strangers().chain(listed) {
            let verdict = decide(&tables, &request, self.world);
            let is_by_allow = matches!(
                &verdict.cause,
                Cause::Rule { matched, .. } if matched.table == TableName::Allow
            );
            let is_admitted = verdict.access == Access::Granted && is_by_allow;
            if is_admitted && decide(&without, &request, self.world).access == Access::Denied {
                let case = self.case(&request, &verdict);
                return (Ruling::Pass, vec![Proof::Admitted(case)]);
            }
        }
        let wanted = (Change::Gains, None, Some(TableName::Allow));
        self.some(&without, &tables, wanted).map_or_else(
            || (Ruling::Fail, vec![Proof::NobodyAdmitted]),
            |found| found.shown(Proof::Admitted),
        )
    }

    /// Somebody who gains or loses when the second pair takes the place of the first, of this daemon or of any,
    /// by a rule of this table or of any; nothing if it is certain that nobody does.
    fn some(
        &self,
        old: &Tables<'_>,
        new: &Tables<'_>,
        (change, daemon, table): (Change, Option<&[u8]>, Option<TableName>),
    ) -> Option<Somebody> {
        let found = differences_within(old, new, &[SSHD], self.world, STEPS);
        let is_asked = |claim: &&Claim| daemon.is_none_or(|daemon| claim.daemons.contains(daemon));
        let asked = || found.claims.iter().filter(is_asked);
        let is_wanted = |claim: &&Claim| {
            let [_, decider] = claim.deciders;
            claim.change == change
                && table.is_none_or(|table| decider.is_some_and(|(by, _)| by == table))
        };
        if let Some(claim) = asked().find(is_wanted) {
            return Some(Somebody::Found(self.example(claim, daemon)));
        }
        let unknown = asked().filter(|claim| claim.change == Change::Unknown);
        let reasons: Vec<Proof> = unknown
            .flat_map(|claim| &claim.because)
            .chain(&found.notes)
            .take(REASONS)
            .map(|why| Proof::Unknown(why.clone()))
            .collect();
        (!reasons.is_empty()).then_some(Somebody::Unknown(reasons))
    }

    /// The example of a claim, and the line of the new pair that decides about it.
    fn example(&self, claim: &Claim, daemon: Option<&[u8]>) -> Case {
        let [_, new] = claim.deciders;
        let place = new.and_then(|(table, number)| {
            let tree = self.trees.of(table)?;
            place_of_number(table, tree, number)
        });
        Case {
            daemon: daemon.unwrap_or(&claim.example.daemon).to_vec(),
            address: claim.example.address.clone(),
            name: claim.example.name.clone(),
            place,
        }
    }

    /// A request and the line that decides about it.
    fn case(&self, request: &Request, verdict: &Verdict) -> Case {
        let (table, line) = match &verdict.cause {
            Cause::Rule { matched, .. } | Cause::EitherWay(matched) => {
                (matched.table, Some(matched.line))
            }
            Cause::BrokenTable { table, line, .. } => (*table, Some(*line)),
            Cause::NoRule | Cause::Unreadable(_) | Cause::Undecided(_) => (TableName::Deny, None),
        };
        let line = line.and_then(|line| self.trees.of(table)?.line(line));
        let client = request.client();
        Case {
            daemon: request.daemon().to_vec(),
            address: String::from_utf8_lossy(client.address()).into_owned(),
            name: client.name().as_bytes().to_vec(),
            place: line.map(|line| place_of(table, line)),
        }
    }
}

/// Somebody who was looked for.
enum Somebody {
    /// Here is one.
    Found(Case),
    /// It cannot be told, for these reasons.
    Unknown(Vec<Proof>),
}

impl Somebody {
    fn shown(self, proof: impl Fn(Case) -> Proof) -> Found {
        match self {
            Self::Found(case) => (Ruling::Pass, vec![proof(case)]),
            Self::Unknown(reasons) => (Ruling::CannotTell, reasons),
        }
    }
}
