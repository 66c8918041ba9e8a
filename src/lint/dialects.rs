//! Which codes hold in which build of libwrap: what is a trap in one may be as it should be in
//! another.

use crate::policy::Dialect;
use crate::syntax::{Brackets, Comments, TooLong};

/// Whether what a code says is true of a build. Codes that are about no difference hold in all.
pub(super) fn holds(code: &str, dialect: &Dialect) -> bool {
    let reading = dialect.reading;
    match code {
        "TW101" => reading.unterminated_ends,
        "TW102" => reading.too_long == TooLong::Ends,
        "TW108" | "TW109" | "TW110" | "TW504" => reading.comments == Comments::FirstColumn,
        "TW113" => !reading.unterminated_ends,
        "TW114" => reading.too_long == TooLong::Hangs,
        "TW115" => reading.too_long == TooLong::Cut,
        "TW116" => reading.comments == Comments::Anywhere,
        "TW117" => dialect.accounts_switch && dialect.is_resident,
        "TW118" => reading.brackets != Brackets::Counted,
        "TW202" => reading.brackets == Brackets::Counted,
        "TW509" => !dialect.accounts_switch,
        "TW512" => dialect.aclexec,
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{CLASSIC, DEBIAN_12, DIALECTS, FREEBSD};

    #[test]
    fn of_each_pair_one_holds() {
        for dialect in DIALECTS {
            for (one, others) in [
                ("TW101", &["TW113"][..]),
                ("TW102", &["TW114", "TW115"]),
                ("TW109", &["TW116"]),
                ("TW202", &["TW118"]),
            ] {
                let count = others.iter().filter(|code| holds(code, dialect)).count();
                assert_eq!(usize::from(holds(one, dialect)) + count, 1, "{one}");
            }
        }
        assert!(holds("TW509", &DEBIAN_12) && !holds("TW509", &FREEBSD));
        assert!(!holds("TW512", &CLASSIC) && holds("TW301", &CLASSIC));
    }
}
