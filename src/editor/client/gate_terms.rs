//! What a call of the gate says, as a rule has it: read, joined with another one, and written again.

use crate::editor::client::word_error::{WordError, refuse};
use crate::values::exact_duration;
use std::fmt::Display;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tcpw_gate::{Call, Country, Exception, Network, Policy};

/// How long a call may be, so that its rule has room for daemons, clients and other options.
const COMMAND_LIMIT: usize = 1500;

/// What a call of the gate says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct GateTerms {
    pub(crate) countries: Vec<Country>,
    pub(crate) asns: Vec<u32>,
    pub(crate) sets: Vec<PathBuf>,
    pub(crate) except: Vec<Exception>,
    pub(crate) unknown: Policy,
    pub(crate) broken: Policy,
    pub(crate) max_age: Option<Duration>,
    pub(crate) is_strict: bool,
    databases: Vec<PathBuf>,
    keep: Option<Vec<Network>>,
}

impl From<&Call> for GateTerms {
    fn from(call: &Call) -> Self {
        let mut terms = Self {
            unknown: call.unknown(),
            broken: call.broken(),
            max_age: call.max_age(),
            is_strict: call.is_strict(),
            databases: call.databases().to_vec(),
            keep: call.keep().map(<[Network]>::to_vec),
            ..Self::default()
        };
        add(&mut terms.countries, call.countries());
        add(&mut terms.asns, call.asns());
        add(&mut terms.sets, call.sets());
        add(&mut terms.except, call.except());
        terms
    }
}

impl GateTerms {
    /// A call that admits whoever is in a set, and nobody else.
    pub(crate) fn of_set(set: PathBuf) -> Self {
        Self {
            sets: vec![set],
            is_strict: true,
            ..Self::default()
        }
    }

    /// A call that admits whoever is not in a set, and whoever a gate always admits.
    pub(crate) fn but_set(set: PathBuf) -> Self {
        Self {
            except: vec![Exception::Set(set)],
            unknown: Policy::Allow,
            ..Self::default()
        }
    }

    /// Whether everybody is admitted who is not excepted.
    pub(crate) fn is_open(&self) -> bool {
        self.countries.is_empty() && self.asns.is_empty() && self.sets.is_empty()
    }

    /// Its conditions as exceptions: whom it admits, for a call that leaves them out.
    pub(crate) fn conditions(&self) -> Vec<Exception> {
        let countries = self.countries.iter().copied().map(Exception::Country);
        let asns = self.asns.iter().copied().map(Exception::Asn);
        let sets = self.sets.iter().cloned().map(Exception::Set);
        countries.chain(asns).chain(sets).collect()
    }

    /// A call that admits everybody but those whom this one admits. Who is not known to be one of
    /// them is not meant.
    pub(crate) fn inverted(&self) -> Self {
        Self {
            countries: Vec::new(),
            asns: Vec::new(),
            sets: Vec::new(),
            except: [self.conditions(), self.except.clone()].concat(),
            unknown: Policy::Allow,
            ..self.clone()
        }
    }

    /// Adds the conditions of another call.
    pub(crate) fn admit(&mut self, other: &Self) {
        add(&mut self.countries, &other.countries);
        add(&mut self.asns, &other.asns);
        add(&mut self.sets, &other.sets);
    }

    /// Leaves out whom another call excepts.
    pub(crate) fn leave_out(&mut self, other: &[Exception]) {
        add(&mut self.except, other);
    }

    /// Takes conditions, and exceptions of the same clients, back; whether there were any.
    pub(crate) fn take_back(&mut self, wanted: &[Exception]) -> bool {
        let before = self.clone();
        let is_wanted = |one: Exception| wanted.contains(&one);
        self.countries
            .retain(|country| !is_wanted(Exception::Country(*country)));
        self.asns
            .retain(|number| !is_wanted(Exception::Asn(*number)));
        self.sets
            .retain(|path| !is_wanted(Exception::Set(path.clone())));
        self.except.retain(|one| !wanted.contains(one));
        *self != before
    }

    /// Whom it admits, in words, those among them who need not meet its conditions.
    pub(crate) fn admitted(&self) -> String {
        let words = self.words();
        if self.is_strict {
            words
        } else {
            format!("{words}, and always private networks, this machine itself and keep_in")
        }
    }

    /// Whom it admits by its conditions, in words.
    pub(crate) fn words(&self) -> String {
        let conditions = self.conditions();
        let admitted = match conditions.as_slice() {
            [] => "everybody".to_owned(),
            conditions => listed(conditions),
        };
        match self.except.as_slice() {
            [] => admitted,
            except => format!("{admitted} except {}", listed(except)),
        }
    }

    /// The command line for `aclexec`, as libwrap reads it in a rule. The gate takes the place of the
    /// shell that libwrap starts, which would only wait for it.
    ///
    /// # Errors
    /// When a path has a character that libwrap or the shell would take for something else, or the
    /// line would be too long.
    pub(crate) fn command(&self, program: &Path) -> Result<String, WordError> {
        let mut words = vec!["exec".to_owned(), path(program)?];
        let mut option = |name: &str, values: Vec<String>| {
            if !values.is_empty() {
                words.push(name.to_owned());
                words.push(values.join(","));
            }
        };
        option("--country", texts(&self.countries));
        option("--asn", texts(&self.asns));
        for set in &self.sets {
            option("--in", vec![path(set)?]);
        }
        let except: Result<Vec<String>, WordError> = self.except.iter().map(exception).collect();
        option("--except", except?);
        for (name, policy) in [("--unknown", self.unknown), ("--broken", self.broken)] {
            option(name, texts(policy.admits().then_some(&policy)));
        }
        let age = self.max_age.map(|age| exact_duration(age.as_secs()));
        option("--max-age", age.into_iter().collect());
        for database in &self.databases {
            option("--database", vec![path(database)?]);
        }
        if let Some(keep) = &self.keep {
            let none = keep.is_empty().then(|| "none".to_owned());
            option("--keep", texts(keep).into_iter().chain(none).collect());
        }
        if self.is_strict {
            words.push("--strict".to_owned());
        }
        words.push("-- %a".to_owned());
        // A colon would begin the next option (F-OPT-07).
        let command = words.join(" ").replace(':', "\\:");
        if command.len() > COMMAND_LIMIT {
            let why = format!("the call would be longer than {COMMAND_LIMIT} bytes");
            let hint = "compile the networks to a set with `tcpw set build`, and give it with --in";
            return refuse(&command, why, hint);
        }
        Ok(command)
    }
}

/// Adds what is not there yet.
fn add<T: Clone + PartialEq>(to: &mut Vec<T>, more: &[T]) {
    for one in more {
        if !to.contains(one) {
            to.push(one.clone());
        }
    }
}

fn texts<'t, T: Display + 't>(values: impl IntoIterator<Item = &'t T>) -> Vec<String> {
    values.into_iter().map(ToString::to_string).collect()
}

fn listed(conditions: &[Exception]) -> String {
    let word = |one: &Exception| match one {
        Exception::Network(network) => network.to_string(),
        Exception::Set(path) => crate::escape::visible(path.as_os_str().as_bytes()),
        Exception::Country(country) => country.to_string(),
        Exception::Asn(number) => format!("AS{number}"),
    };
    conditions.iter().map(word).collect::<Vec<_>>().join(", ")
}

fn exception(one: &Exception) -> Result<String, WordError> {
    Ok(match one {
        Exception::Network(network) => network.to_string(),
        Exception::Set(set) => path(set)?,
        Exception::Country(country) => country.to_string(),
        Exception::Asn(number) => format!("AS{number}"),
    })
}

/// A path that means itself to libwrap, to the shell and in a list with commas.
fn path(path: &Path) -> Result<String, WordError> {
    let text = path.to_string_lossy();
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/._+-@".contains(&byte);
    if path.is_absolute() && path.to_str().is_some() && text.bytes().all(is_plain) {
        return Ok(text.into_owned());
    }
    let why = if path.is_absolute() {
        "libwrap and the shell would take the path apart"
    } else {
        "the path is not absolute"
    };
    refuse(
        &text,
        why,
        "give the whole path of a file, of letters, digits and /._+-@ only",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terms(line: &str) -> GateTerms {
        let line = format!("/usr/sbin/tcpw-gate {line} -- %a");
        GateTerms::from(&Call::of_command(line.as_bytes()).unwrap().unwrap())
    }

    #[test]
    fn what_is_written_is_read_again() {
        for line in [
            "--country KR,JP",
            "--country KR --asn 64500,64501 --in /a --in /b --except CN,AS1,/c,192.0.2.0/24",
            "--except 2001\\:db8\\:\\:/32 --unknown allow --broken allow --max-age 60d --strict",
            "--country KR --database /d --keep 10.0.0.0/8",
            "--country KR --max-age 90m --keep none",
        ] {
            // libwrap takes the backslashes out before it runs the command.
            let read = terms(&line.replace('\\', ""));
            let written = read.command(Path::new("/usr/sbin/tcpw-gate")).unwrap();
            let again = Call::of_command(written.replace('\\', "").as_bytes());
            assert_eq!(GateTerms::from(&again.unwrap().unwrap()), read, "{line}");
        }
        let weeks = terms("--country KR --max-age 14d");
        let written = weeks.command(Path::new("/g/tcpw-gate")).unwrap();
        assert_eq!(
            written,
            "exec /g/tcpw-gate --country KR --max-age 14d -- %a"
        );
    }

    #[test]
    fn calls_are_joined_and_taken_back() {
        let mut is = terms("--country KR,JP --except 192.0.2.7");
        is.admit(&terms("--country JP,TW --asn 64500"));
        is.leave_out(terms("--except CN").except.as_slice());
        assert_eq!(is.words(), "KR, JP, TW, AS64500 except 192.0.2.7, CN");
        assert!(is.take_back(&terms("--country JP,CN").conditions()));
        assert_eq!(is.words(), "KR, TW, AS64500 except 192.0.2.7");
        assert!(!is.take_back(&terms("--country JP").conditions()));
        assert!(!is.is_open() && terms("--except CN").is_open());
    }

    #[test]
    fn paths_that_something_takes_apart_are_refused() {
        for path in ["/a b", "/a,b", "/a%b", "relative", "/a;b", "/a:b"] {
            let terms = GateTerms {
                sets: vec![path.into()],
                ..terms("--country KR")
            };
            assert!(terms.command(Path::new("/tcpw-gate")).is_err(), "{path}");
        }
    }
}
