//! What libwrap does, asked of the engine: about all clients, on sets.

use super::demand::Aim;
use super::line_place::{LinePlace, place_of, place_of_number};
use super::ruling::Ruling;
use super::samples::{SSHD, named, strangers};
use super::seen::{FileContent, SeenEntry, SeenFile, SeenSystem};
use crate::engine::{
    Access, Cause, Change, Claim, Request, Surroundings, Table, TableName, Tables, Verdict, decide,
    differences,
};
use crate::policy::{Element, List, Rule};
use crate::syntax::{LineKind, Tree, parse_as};

/// The deny table that the benchmarks have in mind.
const DEFAULT: &[u8] = b"ALL: ALL\n";
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

/// Both tables as trees, as far as they were read.
pub(super) struct Trees<'t> {
    allow: Option<&'t Tree<'t>>,
    deny: Option<&'t Tree<'t>>,
    unread: Vec<Proof>,
}

impl<'t> Trees<'t> {
    pub(super) fn new(
        allow: (&SeenFile, Option<&'t Tree<'t>>),
        deny: (&SeenFile, Option<&'t Tree<'t>>),
    ) -> Self {
        let sides = [(TableName::Allow, allow.0), (TableName::Deny, deny.0)];
        let unread = sides.into_iter().filter_map(|(table, file)| {
            if let FileContent::NotRead(why) = &file.content {
                Some(Proof::Unread(table, why.clone()))
            } else {
                None
            }
        });
        Self {
            unread: unread.collect(),
            allow: allow.1,
            deny: deny.1,
        }
    }

    /// The tree of a table; none if there is no such file or it was not read.
    pub(super) fn of(&self, table: TableName) -> Option<&'t Tree<'t>> {
        match table {
            TableName::Allow => self.allow,
            TableName::Deny => self.deny,
        }
    }

    fn tables(&self) -> Tables<'t> {
        let table = |tree: Option<&'t Tree<'t>>| tree.map_or(Table::Absent, Table::Read);
        Tables {
            allow: table(self.allow),
            deny: table(self.deny),
        }
    }
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
    let is_unread = !trees.unread.is_empty();
    let (ruling, proofs) = match aim {
        Aim::Nothing => (Ruling::NotApplicable, vec![Proof::NotOfTables]),
        Aim::OnlyRootWrites(TableName::Allow) => writers(TableName::Allow, &seen.allow),
        Aim::OnlyRootWrites(TableName::Deny) => writers(TableName::Deny, &seen.deny),
        Aim::RefusesOthers | Aim::LimitsSshd | Aim::RefusesSome | Aim::Admits if is_unread => {
            (Ruling::CannotTell, trees.unread.clone())
        }
        Aim::RefusesOthers => asker.refuses_others(),
        Aim::LimitsSshd => asker.refuses(Some(SSHD)),
        Aim::RefusesSome => asker.refuses(None),
        Aim::Admits => asker.admits(),
    };
    Truth {
        aim,
        ruling,
        proofs,
    }
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
        let default = parse_as(DEFAULT, self.world.dialect().reading);
        let like = |allow| Tables {
            allow,
            deny: Table::Read(&default),
        };
        let whole = |allow| Tables { allow, ..tables };
        let wanted = (Change::Gains, None);
        let reduced = self.trees.deny.map(reduced).unwrap_or_default();
        let reduced = parse_as(&reduced, self.world.dialect().reading);
        let few = Tables {
            allow: Table::Absent,
            deny: Table::Read(&reduced),
        };
        // Whoever is refused by the deny table alone is so beside any allow table.
        let gained = self
            .some(&like(Table::Absent), &few, wanted)
            .and_then(|_| self.some(&like(Table::Absent), &whole(Table::Absent), wanted))
            .and_then(|_| self.some(&like(tables.allow), &tables, wanted));
        match gained {
            None => self.refused_others(refused),
            Some(Somebody::Found(case)) => (Ruling::Fail, vec![Proof::Admitted(case)]),
            Some(Somebody::Unknown(reasons)) => (Ruling::CannotTell, reasons),
        }
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
        let trees = [self.trees.deny, self.trees.allow];
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
        let wanted = (Change::Loses, daemon);
        self.some(&open, &tables, wanted).map_or_else(
            || (Ruling::Fail, vec![proof]),
            |found| found.shown(Proof::Refused),
        )
    }

    /// Whether somebody gets in by the allow table who would be refused without it.
    fn admits(&self) -> Found {
        let tables = self.trees.tables();
        let default = parse_as(DEFAULT, self.world.dialect().reading);
        let beside = |allow| Tables {
            allow,
            deny: Table::Read(&default),
        };
        let listed = self.trees.allow.into_iter();
        let listed = listed.flat_map(|tree| named(tree, SSHD, self.world.dialect()));
        for request in strangers().chain(listed) {
            let verdict = decide(&tables, &request, self.world);
            let is_by_allow = matches!(
                &verdict.cause,
                Cause::Rule { matched, .. } if matched.table == TableName::Allow
            );
            if verdict.access == Access::Granted && is_by_allow {
                let case = self.case(&request, &verdict);
                return (Ruling::Pass, vec![Proof::Admitted(case)]);
            }
        }
        let wanted = (Change::Gains, None);
        self.some(&beside(Table::Absent), &beside(tables.allow), wanted)
            .map_or_else(
                || (Ruling::Fail, vec![Proof::NobodyAdmitted]),
                |found| found.shown(Proof::Admitted),
            )
    }

    /// Somebody who gains or loses when the second pair takes the place of the first; nothing if it is certain
    /// that nobody does.
    fn some(
        &self,
        old: &Tables<'_>,
        new: &Tables<'_>,
        (change, daemon): (Change, Option<&[u8]>),
    ) -> Option<Somebody> {
        let found = differences(old, new, &[SSHD], self.world);
        let is_asked = |claim: &&Claim| daemon.is_none_or(|daemon| claim.daemons.contains(daemon));
        let asked = || found.claims.iter().filter(is_asked);
        if let Some(claim) = asked().find(|claim| claim.change == change) {
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

/// A deny table without the rules that do no more than refuse some: if it refuses everybody, so does the
/// whole table. Whoever a rule that was left out matches is refused by it, or decided about before it by a
/// rule that is kept; where a failed `aclexec` makes such rules count for nothing (F-ACL-06), they are as good
/// as left out.
fn reduced(tree: &Tree<'_>) -> Vec<u8> {
    let mut kept = Vec::new();
    for line in tree.lines() {
        let is_kept = match Rule::of(line) {
            Some(rule) => {
                rule.has_options() || (has_all(rule.daemons()) && has_all(rule.clients()))
            }
            None => line.kind() != LineKind::Comment,
        };
        if is_kept || !line.is_read() {
            kept.extend_from_slice(line.span().of(tree.source()));
        }
    }
    kept
}

/// Whether a list has the word `ALL`.
fn has_all(list: List<'_, '_>) -> bool {
    list.elements().any(|element| match element {
        Element::Pattern { text, .. } => text.eq_ignore_ascii_case(b"ALL"),
        Element::Except { .. } => false,
    })
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
