//! A script with `geoiplookup` as a filter of countries: the traps that all of them have, and the gate
//! that does what its words mean.

use crate::diagnostic::Fix;
use crate::engine::TableName;
use crate::lint::fix::{Broken, replace};
use crate::lint::machine_files::{MachineFiles, Site};
use crate::lint::policy::Policy;
use crate::lint::sink::Sink;
use crate::lint::view::{RuleView, runs_command};
use crate::lint::words::quote;
use crate::policy::{OptionKind, RuleOption, rules};
use tcpw_gate::Country;

rows! {
    /// A rule asks a script with geoiplookup which country a client is in.
    ///
    /// Such scripts let in whom the database does not know, and everybody where the program or its data
    /// are missing; they look up IPv4 alone, in data that are no longer made, and start half a dozen of
    /// programs while the client waits. A script that spawn runs decides nothing at all. Where the text
    /// of a script that aclexec runs says plainly whom it means, `--unsafe-fixes` asks the gate in its
    /// place.
    ///
    /// Repair: by hand
    /// Facts: F-ACL-04 F-SPAWN-01
    CHECK = Row::new("TW534", "country-by-script", Warning, LetsIn, Run::Site(check))
        .fixed(Repair::Line(fix))
        .shown(claims::nothing);
}

/// Rules whose scripts are read.
const RULE_LIMIT: usize = 64;
/// The program that these scripts run, under either of its names.
const LOOKUPS: [&[u8]; 2] = [b"geoiplookup", b"mmdblookup"];
/// What variables are called whose value is a list of countries.
const LISTS: [&str; 2] = ["COUNTRY", "COUNTRIES"];
/// Words in the names of those that are let in, and of those that are not.
const ALLOWED: [&str; 5] = ["ALLOW", "ACCEPT", "PERMIT", "WHITE", "GRANT"];
const DENIED: [&str; 5] = ["DENY", "BLOCK", "REJECT", "BLACK", "BAN"];
/// Shells that run a script that is named after them.
const SHELLS: [&str; 4] = ["sh", "bash", "dash", "env"];

fn check(policy: &Policy<'_>, site: &Site<'_>, sink: &mut Sink) {
    if !site.world.dialect().options {
        return;
    }
    let mut left = RULE_LIMIT;
    for (table, tree) in policy.tables() {
        sink.turn_to(table);
        for rule in rules(tree).filter(|rule| rule.has_options()) {
            let view = RuleView::new_in(table, rule, site.world.dialect());
            for option in view.options.iter().filter(|option| runs_command(option)) {
                let value = option.value.as_deref().unwrap_or_default().trim_ascii();
                if left == 0 || is_twist(option) {
                    continue;
                }
                let Some(filter) = filter(value, site.files) else {
                    continue;
                };
                left -= 1;
                report(&view, option, &filter, site.files, sink);
            }
        }
    }
}

fn is_twist(option: &RuleOption<'_>) -> bool {
    let spec = option.spec();
    spec.is_some_and(|spec| spec.kind == OptionKind::Twist)
}

/// A script that looks countries up.
struct Filter {
    /// Its name; none where the command itself does.
    script: Option<Vec<u8>>,
    /// Whom it means, as options of the gate; none if its text does not say that in a known way.
    meant: Option<String>,
}

/// What a command looks countries up with, if it does.
fn filter(command: &[u8], files: &dyn MachineFiles) -> Option<Filter> {
    let has_lookup = |text: &[u8]| {
        let found = |name: &&[u8]| memchr::memmem::find(text, name).is_some();
        LOOKUPS.iter().any(found)
    };
    if has_lookup(command) {
        return Some(Filter {
            script: None,
            meant: None,
        });
    }
    let script = script(command)?;
    let text = files.text(script)?;
    has_lookup(&text).then(|| Filter {
        script: Some(script.to_vec()),
        meant: meant(&text),
    })
}

/// The script that a command runs, by its whole path.
fn script(command: &[u8]) -> Option<&[u8]> {
    let mut words = command
        .split(u8::is_ascii_whitespace)
        .filter(|word| !word.is_empty());
    words
        .find(|word| {
            let name = word.rsplit(|&byte| byte == b'/').next().unwrap_or_default();
            !SHELLS.iter().any(|shell| shell.as_bytes() == name)
        })
        .filter(|word| word.starts_with(b"/"))
}

/// Whom a script means: the countries in a variable that is called after them, by whose name they are
/// let in or not. Two such lists, or a word in them that is not a country, are left to a person.
fn meant(text: &[u8]) -> Option<String> {
    let text = str::from_utf8(text).ok()?;
    let mut lists = text.lines().filter_map(list);
    let (is_allowed, countries) = lists.next()?;
    if lists.next().is_some() {
        return None;
    }
    let codes: Vec<String> = countries.iter().map(ToString::to_string).collect();
    let codes = codes.join(",");
    Some(if is_allowed {
        format!("--country {codes}")
    } else {
        format!("--except {codes} --unknown allow")
    })
}

/// A line `ALLOW_COUNTRIES="KR JP"`: whether those are let in, and who they are.
fn list(line: &str) -> Option<(bool, Vec<Country>)> {
    let (name, value) = line.trim().split_once('=')?;
    let name = name
        .trim_start_matches("readonly ")
        .trim_start_matches("export ");
    let is_name = !name.is_empty()
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let name = name.to_ascii_uppercase();
    let has = |words: &[&str]| words.iter().any(|word| name.contains(word));
    if !is_name || !has(&LISTS) || has(&ALLOWED) == has(&DENIED) {
        return None;
    }
    let value = value.split(" #").next().unwrap_or_default().trim();
    let value = value.trim_matches(|quote| quote == '"' || quote == '\'');
    let value = value.trim_start_matches('(').trim_end_matches(')');
    let words = value.split([' ', ',', '|']).filter(|word| !word.is_empty());
    let countries: Option<Vec<Country>> = words
        .map(|word| Country::of_option(word.as_bytes()).filter(|country| country.is_iso()))
        .collect();
    let countries = countries.filter(|countries| !countries.is_empty())?;
    Some((has(&ALLOWED), countries))
}

fn report(
    view: &RuleView<'_, '_>,
    option: &RuleOption<'_>,
    filter: &Filter,
    files: &dyn MachineFiles,
    sink: &mut Sink,
) {
    sink.report(option.value_span, || {
        let who = match &filter.script {
            Some(script) => format!("{} looks the country up with geoiplookup", quote(script)),
            None => "the country is looked up with geoiplookup".to_owned(),
        };
        let what = format!(
            "{who}: addresses that it does not know, IPv6, and everybody where it is missing, mostly \
             get in"
        );
        let help = match call(view, option, filter, files) {
            Some(call) => format!("ask the gate: `aclexec {call}`"),
            None => "ask the gate: `tcpw allow --country CC --daemon NAME` writes the rule".to_owned(),
        };
        (what, help)
    });
}

/// The call that does what a script means, where it stands in its place.
fn call(
    view: &RuleView<'_, '_>,
    option: &RuleOption<'_>,
    filter: &Filter,
    files: &dyn MachineFiles,
) -> Option<String> {
    let is_aclexec = option.spec()?.kind == OptionKind::Aclexec;
    let options = filter.meant.as_ref()?;
    let gate = files.program(b"tcpw-gate")?;
    let gate = String::from_utf8(gate).ok()?;
    let is_here = is_aclexec && view.table == TableName::Allow;
    is_here.then(|| format!("exec {gate} {options} -- %a"))
}

fn fix(broken: &Broken<'_, '_>) -> Option<Fix> {
    let view = broken.rule()?;
    let mut options = view.options.iter();
    let option = options.find(|option| option.value_span == broken.span)?;
    let filter = filter(option.value.as_deref()?.trim_ascii(), broken.files)?;
    let call = call(&view, option, &filter, broken.files)?;
    Some(replace("ask the gate", broken.span, call))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_countries_are_read_as_their_names_say() {
        for (text, expected) in [
            (
                "ALLOW_COUNTRIES=\"KR JP\"\ngeoiplookup $1\n",
                Some("--country KR,JP"),
            ),
            ("export ALLOWED_COUNTRY=kr # home\n", Some("--country KR")),
            ("ACCEPT_COUNTRIES=(FR GB)\n", Some("--country FR,GB")),
            (
                "  DENY_COUNTRIES='CN,RU'\n",
                Some("--except CN,RU --unknown allow"),
            ),
            ("ALLOW_COUNTRIES=\"FR UK\"\n", None),
            ("ALLOW_COUNTRIES=$1\n", None),
            ("COUNTRIES=\"KR\"\n", None),
            ("ALLOW_COUNTRIES=\"KR\"\nDENY_COUNTRIES=\"CN\"\n", None),
            ("# ALLOW_COUNTRIES=\"KR\"\n", None),
            ("ALLOW=\"KR\"\n", None),
        ] {
            assert_eq!(meant(text.as_bytes()).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn the_script_is_the_first_word_that_is_no_shell() {
        for (command, expected) in [
            (
                "/usr/local/bin/filter.sh %a",
                Some("/usr/local/bin/filter.sh"),
            ),
            ("/bin/bash /opt/filter %a", Some("/opt/filter")),
            ("/usr/bin/env bash /opt/filter", Some("/opt/filter")),
            ("filter.sh %a", None),
            ("/bin/sh -c 'x'", None),
        ] {
            let found = script(command.as_bytes());
            assert_eq!(found, expected.map(str::as_bytes), "{command}");
        }
    }
}
