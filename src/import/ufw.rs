//! `user.rules` and `user6.rules` of ufw: the lines from which ufw itself reads its rules again.

use crate::import::address::masked;
use crate::import::entry::{Entry, EntryVerdict, Origin, Whom};
use crate::import::input::each_line;
use crate::import::intake::Intake;
use crate::import::notes::SourcePlace;
use crate::import::words::shown;
use std::io::{self, BufRead};
use std::rc::Rc;

/// What begins such a line.
const MARK: &str = "### tuple ### ";

/// What stands above the rules, also where there are none.
const RULES: &str = "### RULES ###";

/// Reads a file; the others of its lines are made from these.
///
/// # Errors
/// When it cannot be read; inside, in words, when ufw has not written it.
pub(crate) fn read(
    input: &mut dyn BufRead,
    intake: &mut Intake<'_>,
) -> io::Result<Result<(), String>> {
    let mut has_rule = false;
    let mut is_of_ufw = false;
    each_line(input, &mut |place, line| {
        is_of_ufw |= line == Ok(RULES);
        let tuple = match line {
            Ok(line) => line.strip_prefix(MARK),
            Err(what) => return intake.fault(&place, what),
        };
        if let Some(tuple) = tuple {
            has_rule = true;
            if let Err(what) = rule(tuple, &place, intake) {
                intake.fault(&place, &what);
            }
        }
    })?;
    if has_rule {
        let what = "what ufw does to everybody else stands in /etc/default/ufw and is not imported: \
                    `tcpw deny-all` refuses them";
        intake.remark(&SourcePlace::Whole, what);
    }
    Ok(if has_rule || is_of_ufw {
        Ok(())
    } else {
        Err(format!(
            "it has neither rules of ufw nor the line `{RULES}`: give user.rules and user6.rules"
        ))
    })
}

fn rule(tuple: &str, place: &SourcePlace, intake: &mut Intake<'_>) -> Result<(), String> {
    let mut words: Vec<&str> = tuple.split_whitespace().collect();
    let comment = words.last().and_then(|word| word.strip_prefix("comment="));
    if comment.is_some() {
        words.pop();
    }
    let (action, protocol, port, to, from_port, from, way) = match words.as_slice() {
        [action, protocol, port, to, from_port, from, way]
        | [action, protocol, port, to, from_port, from, _, _, way] => {
            (*action, *protocol, *port, *to, *from_port, *from, *way)
        }
        [action, protocol, port, to, from_port, from] => {
            (*action, *protocol, *port, *to, *from_port, *from, "in")
        }
        _ => return Err("it is not a rule of ufw".to_owned()),
    };
    if way == "out" || way.starts_with("out_") || action.starts_with("route:") {
        return Ok(());
    }
    if way != "in" {
        return Err(format!("it is about one interface: `{}`", shown(way)));
    }
    let verdict = match action.split('_').next().unwrap_or_default() {
        "allow" => EntryVerdict::Allow,
        "deny" | "reject" => EntryVerdict::Deny,
        "limit" => {
            intake.remark(place, "how often one may connect is left to ufw");
            EntryVerdict::Allow
        }
        other => return Err(format!("`{}` is not an action of ufw", shown(other))),
    };
    if !matches!(to, "0.0.0.0/0" | "::/0" | "any") || from_port != "any" {
        return Err(
            "it is about one address of this machine, or about a port of the client".to_owned(),
        );
    }
    let range = match from {
        "any" => return Err("the family of `any` is not known".to_owned()),
        from => masked(from).map_err(|why| format!("`{}`: {why}", shown(from)))?,
    };
    let mut entry = Entry::new(verdict, Whom::Ranges(vec![range]));
    entry.origin = Origin {
        reason: comment
            .and_then(from_hex)
            .and_then(|text| intake.reason(&text)),
        ..Origin::default()
    };
    give(entry, protocol, port, intake)
}

/// Takes the entry for its ports.
fn give(
    mut entry: Entry,
    protocol: &str,
    port: &str,
    intake: &mut Intake<'_>,
) -> Result<(), String> {
    let suffix = match protocol {
        "any" | "tcp" => "",
        "udp" => "/udp",
        other => return Err(format!("`{}` is a protocol without daemons", shown(other))),
    };
    if port == "any" {
        if protocol != "any" {
            return Err("it is about all ports of one protocol".to_owned());
        }
        intake.take(entry);
        return Ok(());
    }
    let daemons: Result<Vec<String>, String> = port
        .split(',')
        .map(|port| {
            intake
                .daemon_at(&format!("{port}{suffix}"))
                .map(str::to_owned)
        })
        .collect();
    entry.daemons = Some(Rc::from(daemons?));
    intake.take(entry);
    Ok(())
}

/// The text of a comment, which ufw writes in hexadecimal digits.
fn from_hex(digits: &str) -> Option<String> {
    let value = |digit: u8| {
        char::from(digit)
            .to_digit(16)
            .and_then(|one| u8::try_from(one).ok())
    };
    let bytes = digits.as_bytes().chunks(2).map(|pair| match pair {
        [high, low] => Some(value(*high)? << 4 | value(*low)?),
        _ => None,
    });
    String::from_utf8(bytes.collect::<Option<Vec<u8>>>()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_are_hexadecimal() {
        assert_eq!(from_hex("6f6666696365"), Some("office".to_owned()));
        for bad in ["6", "zz", "ff"] {
            assert_eq!(from_hex(bad), None, "{bad}");
        }
    }
}
