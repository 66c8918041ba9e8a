//! Tables without the lines that cannot matter to a client decide about it as the whole tables do.
//!
//! Input: a line with daemon, address and name, separated by TAB, then the allow table, a byte 0xff and
//! the deny table.

use tcpw::engine::{
    Bare, Cause, Fields, Host, Keeps, Request, Sieve, Table, Tables, Verdict, decide,
};
use tcpw::syntax::{parse, parse_around};

/// The verdict without the places of lines in their trees, of which one has fewer; the numbers that
/// libwrap reports stay.
fn unplaced(mut verdict: Verdict) -> Verdict {
    verdict.cause = unplaced_cause(verdict.cause);
    for way in &mut verdict.ways {
        for (matched, _) in &mut way.ends {
            matched.line = 0;
        }
        way.cause = unplaced_cause(way.cause.clone());
    }
    for asked in &mut verdict.asked {
        asked.matched.line = 0;
    }
    verdict
}

fn unplaced_cause(mut cause: Cause) -> Cause {
    match &mut cause {
        Cause::Rule { matched, .. } | Cause::EitherWay(matched) => matched.line = 0,
        Cause::BrokenTable { line, .. } => *line = 0,
        Cause::Undecided(undecided) => {
            if let Some(matched) = &mut undecided.rule {
                matched.line = 0;
            }
        }
        Cause::NoRule | Cause::Unreadable(_) => {}
    }
    cause
}

/// Panics where that does not hold.
pub(crate) fn run(input: &[u8]) {
    let Some(end) = input.iter().position(|&byte| byte == b'\n') else {
        return;
    };
    let (query, rest) = (&input[..end], &input[end + 1..]);
    let fields: Vec<&[u8]> = query.split(|&byte| byte == b'\t').collect();
    let field = |at: usize| fields.get(at).copied().unwrap_or_default();
    let mut request = Request::new("", Host::unknown());
    request.refill(&Fields {
        daemon: field(0),
        address: field(1),
        name: field(2),
        ..Fields::default()
    });
    let mut parts = rest.splitn(2, |&byte| byte == 0xff);
    let sources = [(); 2].map(|()| parts.next().unwrap_or_default());

    let mut sieve = Sieve::default();
    sieve.add_host(request.client());
    let keeps = Keeps {
        names: true,
        options: true,
    };
    let [Some(allow_runs), Some(deny_runs)] = sources.map(|source| sieve.runs(source, keeps))
    else {
        return;
    };
    let verdict = |[allow, deny]: [&_; 2]| {
        let tables = Tables {
            allow: Table::Read(allow),
            deny: Table::Read(deny),
        };
        unplaced(decide(&tables, &request, &Bare))
    };
    let [allow, deny] = sources.map(parse);
    let few = [
        parse_around(sources[0], &allow_runs),
        parse_around(sources[1], &deny_runs),
    ];
    assert_eq!(verdict([&few[0], &few[1]]), verdict([&allow, &deny]));
}
