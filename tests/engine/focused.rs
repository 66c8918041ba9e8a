//! A change worked out on the lines that can matter against the same change worked out on the whole
//! tables: the same edits, remarks and refusals, the same proof, and the same verdicts before and
//! after, on generated tables among many other lines.

use super::generate::case;
use super::indexed::{Stage, request};
use super::random::Random;
use tcpw::edit::apply;
use tcpw::editor::{
    Asked, Client, Daemon, Edits, Focus, Ground, Label, Refusal, Revocation, Seen, Wish, list,
    remaining, revoke, verify_list, verify_revoke,
};
use tcpw::engine::{Cause, Request, TableName, Verdict};

/// Pairs of tables; `TCPW_PAIRS` gives another number.
const PAIRS: u64 = 40;
/// Lines of which long tables are made; a number stands for each `#`.
const FILLERS: [&str; 16] = [
    "sshd: 9.9.#.#\n",
    "sshd: 9.9.#.# 9.9.#.#,9.9.#.#\r\n",
    "ALL: 203.#.#.0/24\n",
    "ALL: 10.#.0.0/16 : deny\n",
    "sshd: .fill#.example\n",
    "sshd: a.fill#.example b#.fill.example\n",
    "sshd: [2001:db8:#::]/48\n",
    "sshd: [2001:db8:9::#] : spawn echo %a: x\n",
    "\x1a comment\n",
    "\x1a tcpw: since=2026-11-22T19:30:00Z by=alice\n",
    "\n",
    " \t\n",
    "vsftpd, sshd: 9.9.#.#\n",
    "ALL EXCEPT sshd: 9.9.#.#\n",
    "sshd: 9.9.#.# EXCEPT 9.9.#.#\n",
    "sshd:\n",
];
/// Who is asked for beside the clients of the case.
const CLIENTS: [&str; 12] = [
    "192.0.2.7",
    "1.2.3.4",
    "1.2.3.0/24",
    "1.0.0.0/8",
    "9.9.9.9",
    "9.9.9.0/24",
    "2001:db8::1",
    "2001:db8::/32",
    "a.fill.example",
    ".fill.example",
    ".com",
    "203.0.113.9",
];

fn filler(random: &mut Random) -> Vec<u8> {
    let mut out = Vec::new();
    for byte in FILLERS[random.below(FILLERS.len())].bytes() {
        match byte {
            b'#' => out.extend(random.below(256).to_string().into_bytes()),
            // The comments' own.
            0x1a => out.push(b'#'),
            _ => out.push(byte),
        }
    }
    out
}

/// The lines of a table with others between them.
fn among_others(random: &mut Random, table: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let fill = |random: &mut Random, out: &mut Vec<u8>| {
        for _ in 0..random.below(40) {
            out.extend(filler(random));
        }
    };
    for line in table.split_inclusive(|&byte| byte == b'\n') {
        fill(random, &mut out);
        out.extend_from_slice(line);
    }
    if out.last().is_none_or(|&byte| byte == b'\n') {
        fill(random, &mut out);
    }
    out
}

/// What is seen of a verdict: access, effects, line number and text.
fn seen(ground: &Ground<'_>, verdict: &Verdict) -> String {
    let cause = match &verdict.cause {
        Cause::Rule { outcome, .. } => format!("{:?}", std::mem::discriminant(outcome)),
        Cause::Undecided(undecided) => undecided.what.clone(),
        cause @ (Cause::NoRule
        | Cause::BrokenTable { .. }
        | Cause::Unreadable(_)
        | Cause::EitherWay(_)) => {
            format!("{cause:?}")
        }
    };
    let place = ground.decider(verdict).map(|rule| ground.place_of(&rule));
    format!(
        "{:?} {cause} {place:?} {:?}",
        verdict.access, verdict.effects
    )
}

fn planned(tables: [&[u8]; 2], edits: &Edits) -> [Vec<u8>; 2] {
    [
        apply(tables[0], &edits.allow).unwrap(),
        apply(tables[1], &edits.deny).unwrap(),
    ]
}

/// How often something was seen.
#[derive(Default)]
struct Counts {
    focused: u32,
    passed: u32,
    changed: u32,
    refused: u32,
}

/// One table pair as a whole and focused.
struct Pair<'t> {
    seed: u64,
    tables: [&'t [u8]; 2],
    focus: Focus,
    requests: Vec<Request>,
}

impl Pair<'_> {
    fn show(&self) -> String {
        let [allow, deny] = self.tables;
        format!(
            "allow {}\ndeny {}",
            allow.escape_ascii(),
            deny.escape_ascii()
        )
    }

    /// Puts one change to both; nothing if the tables must be seen as a whole.
    fn compare(
        &self,
        stage: &Stage<'_>,
        counts: &mut Counts,
        change: &dyn Fn(&Ground<'_>) -> Result<tcpw::editor::Change, Refusal>,
        verify: &dyn Fn(&Ground<'_>, &Ground<'_>, &tcpw::editor::Change) -> Result<(), Refusal>,
        about: &[Client],
    ) {
        let Some(part) = self.focus.tables(self.tables) else {
            return;
        };
        counts.focused += 1;
        let whole = Seen::whole(self.tables);
        let samples = Some(self.focus.samples());
        let on = |seen: &Seen<'_>| {
            seen.trees
                .iter()
                .map(|tree| tree.lines().count())
                .sum::<usize>()
        };
        counts.passed += u32::from(on(&part) < on(&whole));
        let before = Ground::new(&whole.trees[0], &whole.trees[1], stage);
        let part_before = Ground::new(&part.trees[0], &part.trees[1], stage).with_samples(samples);
        let same = |what: &str, focused: String, whole: String| {
            let (seed, show) = (self.seed, self.show());
            assert_eq!(focused, whole, "{what} differs at seed {seed}\n{show}");
        };
        let decided = |what: &str, focused: &Ground<'_>, whole: &Ground<'_>| {
            for request in &self.requests {
                let part = seen(focused, &focused.decide(request));
                let all = seen(whole, &whole.decide(request));
                same(&format!("{what} {request:?}"), part, all);
            }
        };
        decided("before", &part_before, &before);
        let (found, expected) = (change(&part_before), change(&before));
        same("change", format!("{found:?}"), format!("{expected:?}"));
        let Ok(change) = expected else {
            counts.refused += 1;
            return;
        };
        counts.changed += u32::from(!change.edits.is_empty());
        let new = planned(self.tables, &change.edits);
        let new = [&*new[0], &*new[1]];
        let Some(part) = part.planned(new, &change.edits) else {
            return;
        };
        let whole = Seen::whole(new);
        assert!(whole.trees.iter().all(|tree| tree.broken_line().is_none()));
        let after = Ground::new(&whole.trees[0], &whole.trees[1], stage);
        let part_after = Ground::new(&part.trees[0], &part.trees[1], stage).with_samples(samples);
        decided("after", &part_after, &after);
        let about = Revocation {
            clients: about,
            followed: &[],
            daemons: &[],
            by: None,
        };
        let notes = remaining(&part_after, &about);
        same(
            "remaining",
            format!("{notes:?}"),
            format!("{:?}", remaining(&after, &about)),
        );
        let found = verify(&part_before, &part_after, &change);
        let expected = verify(&before, &after, &change);
        same("proof", format!("{found:?}"), format!("{expected:?}"));
    }
}

fn label(random: &mut Random) -> Option<Label> {
    (!random.chance(50)).then(|| Label {
        since: Some("2026-11-22T19:30:00Z".to_owned()),
        until: random.chance(30).then(|| "2026-11-23T19:30:00Z".to_owned()),
        by: Some("alice".to_owned()),
        ..Label::default()
    })
}

/// Clients of the case, and others.
fn clients(random: &mut Random, requests: &[Request]) -> Vec<Client> {
    let client = |bytes: &[u8]| Client::parse(&String::from_utf8_lossy(bytes)).ok();
    let address = |request: &Request| client(request.client().address());
    let name = |request: &Request| client(request.client().name().as_bytes());
    let mut pool: Vec<Client> = requests.iter().filter_map(address).take(4).collect();
    pool.extend(requests.iter().filter_map(name).take(2));
    for _ in 0..4 {
        pool.push(Client::parse(CLIENTS[random.below(CLIENTS.len())]).unwrap());
    }
    pool
}

fn daemons(random: &mut Random) -> Vec<Daemon> {
    let names: &[&str] = match random.below(3) {
        0 => &[],
        1 => &["sshd"],
        _ => &["vsftpd", "sshd"],
    };
    let names = names.iter().map(|name| Daemon::parse(name).unwrap());
    names.collect()
}

/// Changes of the tables of one seed.
fn compare_all(seed: u64, counts: &mut Counts) {
    let case = case(seed, "/lists");
    let random = &mut Random::new(seed ^ 0x5eed);
    let tables = [&case.allow, &case.deny]
        .map(|table| among_others(random, table.as_deref().unwrap_or_default()));
    let tables = [&*tables[0], &*tables[1]];
    let stage = Stage(&case);
    let requests: Vec<_> = case.queries.iter().map(|query| request(query)).collect();
    for client in clients(random, &requests) {
        let about = [client];
        let pair = |opposed| {
            let mut focus = Focus::of_any_size(tables, &about, opposed);
            for request in &requests {
                focus.add(request.client());
            }
            Pair {
                seed,
                tables,
                focus,
                requests: requests.clone(),
            }
        };
        // For a client by name the whole tables are looked at.
        let is_name = matches!(about[0], Client::Name(_) | Client::Domain(_));
        let wishes = [
            (Wish::Grant, TableName::Deny),
            (Wish::Refuse, TableName::Allow),
        ];
        for (wish, opposed) in wishes.into_iter().filter(|_| !is_name) {
            let pair = pair(Some(opposed));
            let asked = Asked::new(wish, about.to_vec(), daemons(random));
            let asked = asked.with_label(label(random));
            pair.compare(
                &stage,
                counts,
                &|ground| list(ground, &asked),
                &|before, after, change| verify_list(before, after, &asked, change),
                &about,
            );
        }
        let by = random.chance(30).then_some("alice");
        let daemons = daemons(random);
        let asked = Revocation {
            clients: &about,
            followed: &[],
            daemons: &daemons,
            by,
        };
        pair(None).compare(
            &stage,
            counts,
            &|ground| Ok(revoke(ground, &asked)),
            &|before, after, change| verify_revoke(before, after, &asked, change),
            &about,
        );
    }
}

#[test]
fn a_focused_change_is_the_change_of_the_whole_tables() {
    let pairs = std::env::var("TCPW_PAIRS").map_or(PAIRS, |text| text.parse().unwrap());
    let mut counts = Counts::default();
    for seed in 0..pairs {
        compare_all(seed, &mut counts);
    }
    let Counts {
        focused,
        passed,
        changed,
        refused,
    } = counts;
    crate::proof::say(&format!(
        "focus: {focused} changes compared, {passed} with lines left out, {changed} changed \
         something, {refused} were refused, all alike"
    ));
    assert!(
        passed > 300 && changed > 200 && refused > 20,
        "{focused} {passed} {changed} {refused}"
    );
}
