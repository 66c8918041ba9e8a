//! The forms of lists, and how they are told from each other.

use clap::ValueEnum;
use std::fmt;

/// The form of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ListForm {
    /// An address, a network or a range on each line, and comments after # or ;
    #[value(alias = "text")]
    Lines,
    /// A column of CSV; needs --column
    Csv,
    /// What `ipset save` prints
    Ipset,
    /// What `nft list set` prints
    Nft,
    /// A JSON array of strings
    Json,
}

impl fmt::Display for ListForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Lines => "lines",
            Self::Csv => "csv",
            Self::Ipset => "ipset",
            Self::Nft => "nft",
            Self::Json => "json",
        })
    }
}

impl ListForm {
    /// The form of a list that begins with these bytes. What looks like no other is lines.
    pub(super) fn of_start(start: &[u8]) -> Self {
        if is_array(start) {
            return Self::Json;
        }
        let mut lines = start.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
        let first =
            lines.find(|line| !line.is_empty() && !matches!(line.first(), Some(b'#' | b';')));
        let mut words = first.unwrap_or_default().split(u8::is_ascii_whitespace);
        match words.next() {
            Some(b"create" | b"add" | b"-N" | b"-A") if words.next().is_some() => Self::Ipset,
            Some(b"table" | b"set" | b"elements") => Self::Nft,
            Some(_) | None => Self::Lines,
        }
    }
}

/// Whether it begins as an array of JSON does: `[2001:db8::1]` does not.
fn is_array(start: &[u8]) -> bool {
    let rest = start.trim_ascii_start().strip_prefix(b"[");
    let next = rest.map(|rest| rest.trim_ascii_start().first());
    matches!(next, Some(None | Some(b'"' | b']' | b'{' | b'[')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_is_told_by_the_start() {
        for (start, form) in [
            ("", ListForm::Lines),
            ("192.0.2.7\n", ListForm::Lines),
            ("# create a list\n; add it\n\n192.0.2.7\n", ListForm::Lines),
            ("[2001:db8::1]\n", ListForm::Lines),
            ("create", ListForm::Lines),
            ("create x hash:ip family inet\n", ListForm::Ipset),
            ("# of ipset\nadd x 192.0.2.7\n", ListForm::Ipset),
            ("table inet filter {\n\tset x {\n", ListForm::Nft),
            ("set x {\n", ListForm::Nft),
            (" [ \"192.0.2.7\" ]", ListForm::Json),
            ("[]", ListForm::Json),
            ("[\n", ListForm::Json),
            ("[{\"ip\": 1}]", ListForm::Json),
        ] {
            assert_eq!(ListForm::of_start(start.as_bytes()), form, "{start}");
        }
    }
}
