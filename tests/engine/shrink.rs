//! Making a failing case small: lines go first, then words, then bytes.

use super::case::Case;

/// Cuts a table into pieces.
type Cut = fn(&[u8]) -> Vec<Vec<u8>>;

/// How a table is cut into pieces that can be dropped, from coarse to fine.
const CUTS: [Cut; 3] = [lines, words, bytes];

/// The smallest case found that `fails`, starting from one that does.
pub(crate) fn shrink(mut case: Case, mut fails: impl FnMut(&Case) -> bool) -> Case {
    if let Some(query) = one_query(&case, &mut fails) {
        case.queries = vec![query];
    }
    for cut in CUTS {
        for pick in [allow, deny, list0, list1, list2] {
            shrink_part(&mut case, cut, pick, &mut fails);
        }
    }
    case
}

fn one_query(case: &Case, fails: &mut impl FnMut(&Case) -> bool) -> Option<Vec<u8>> {
    case.queries.iter().find_map(|query| {
        let mut alone = case.clone();
        alone.queries = vec![query.clone()];
        fails(&alone).then(|| query.clone())
    })
}

/// Drops runs of pieces, halving their length, as long as the case still fails.
fn shrink_part(
    case: &mut Case,
    cut: Cut,
    pick: fn(&mut Case) -> &mut Vec<u8>,
    fails: &mut impl FnMut(&Case) -> bool,
) {
    let mut pieces = cut(pick(case));
    let mut run = pieces.len();
    while run > 0 {
        let mut at = 0;
        while at < pieces.len() {
            let mut fewer = pieces.clone();
            fewer.drain(at..(at + run).min(pieces.len()));
            let mut smaller = case.clone();
            *pick(&mut smaller) = fewer.concat();
            if fails(&smaller) {
                *case = smaller;
                pieces = fewer;
            } else {
                at += run;
            }
        }
        run /= 2;
    }
}

fn allow(case: &mut Case) -> &mut Vec<u8> {
    case.allow.get_or_insert_default()
}

fn deny(case: &mut Case) -> &mut Vec<u8> {
    case.deny.get_or_insert_default()
}

fn list0(case: &mut Case) -> &mut Vec<u8> {
    &mut case.lists[0]
}

fn list1(case: &mut Case) -> &mut Vec<u8> {
    &mut case.lists[1]
}

fn list2(case: &mut Case) -> &mut Vec<u8> {
    &mut case.lists[2]
}

fn lines(table: &[u8]) -> Vec<Vec<u8>> {
    table
        .split_inclusive(|&b| b == b'\n')
        .map(<[u8]>::to_vec)
        .collect()
}

fn words(table: &[u8]) -> Vec<Vec<u8>> {
    table
        .split_inclusive(|b| b" \t,:\n\\".contains(b))
        .map(<[u8]>::to_vec)
        .collect()
}

fn bytes(table: &[u8]) -> Vec<Vec<u8>> {
    table.iter().map(|&byte| vec![byte]).collect()
}

/// Shrinking must find the few bytes that matter among many that do not.
#[test]
fn a_failing_case_becomes_minimal() {
    let case = Case {
        allow: Some(b"# a comment\nsshd, ftpd: 1.2.3.4 xyz\nALL: ALL\n".to_vec()),
        deny: Some(b"ALL: ALL\n".to_vec()),
        queries: vec![b"a".to_vec(), b"b".to_vec()],
        ..Case::default()
    };
    let has_y = |case: &Case| {
        case.allow.as_ref().unwrap().contains(&b'y') && case.queries.contains(&b"b".to_vec())
    };
    let small = shrink(case, has_y);
    assert_eq!(small.allow.unwrap(), b"y");
    assert_eq!(small.deny.unwrap(), b"");
    assert_eq!(small.queries, [b"b".to_vec()]);
}
