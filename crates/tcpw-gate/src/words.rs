//! Reading the words of a call, by the program itself and in the tables.

use crate::call::{Call, Client, Exception};
use crate::call_edit::add;
use crate::call_error::{CallError, CallProblem};
use crate::command::without_exec;
use crate::country::Country;
use crate::network::{Network, NetworkError};
use crate::policy::Policy;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::PathBuf;
use std::time::Duration;

/// The name of the program.
const PROGRAM: &[u8] = b"tcpw-gate";
/// Bytes that mean nothing to a shell, in words that begin with none of its own characters.
const PLAIN: &[u8] = b"_-./,:+@%=^";
/// The units of a length of time, in seconds.
const UNITS: [(u8, u64); 5] = [
    (b's', 1),
    (b'm', 60),
    (b'h', 3600),
    (b'd', 86_400),
    (b'w', 604_800),
];
/// The longest time that an option takes, in seconds: ten years.
const TEN_YEARS: u64 = 10 * 366 * 86_400;

impl Call {
    /// Reads the value of an `aclexec` option, with its `%` letters replaced or not. Nothing where it
    /// is anything else than exactly one call of a program whose file name is `tcpw-gate`, in place of
    /// the shell or not, without any other syntax of a shell.
    pub fn of_command(command: &[u8]) -> Option<Result<Self, CallError>> {
        let words = without_exec(command).split(|byte| b" \t".contains(byte));
        let words: Vec<&[u8]> = words.filter(|word| !word.is_empty()).collect();
        let (program, rest) = words.split_first()?;
        let name = program.rsplit(|&byte| byte == b'/').next()?;
        let is_plain = |word: &&[u8]| {
            word.iter()
                .all(|byte| byte.is_ascii_alphanumeric() || PLAIN.contains(byte))
        };
        (name == PROGRAM && words.iter().all(is_plain)).then(|| Self::of_words(rest))
    }

    /// Reads the words that follow the program's name.
    ///
    /// # Errors
    /// When a word is not one that the gate can follow.
    pub fn of_words<W: AsRef<[u8]>>(words: &[W]) -> Result<Self, CallError> {
        let mut reading = Reading::default();
        let mut rest = words.iter().map(AsRef::as_ref);
        reading.all(&mut rest).map_err(|problem| CallError {
            problem,
            broken: broken_in(words),
        })
    }
}

/// What the words say of clients when something is broken, whatever else they say: the only
/// `--broken`, or deny where there is none, more than one, or one that is not understood.
pub fn broken_in<W: AsRef<[u8]>>(words: &[W]) -> Policy {
    let mut words = words.iter().map(AsRef::as_ref);
    let mut found = Vec::new();
    while let Some(word) = words.next().filter(|&word| word != b"--") {
        if word == b"--broken" {
            found.push(words.next().and_then(Policy::of));
        } else if let Some(value) = word.strip_prefix(b"--broken=") {
            found.push(Policy::of(value));
        }
    }
    match found.as_slice() {
        [Some(policy)] => *policy,
        _ => Policy::Deny,
    }
}

/// A call as far as its words were read.
#[derive(Default)]
struct Reading {
    call: Call,
    unknown: Option<Policy>,
    broken: Option<Policy>,
}

impl Reading {
    fn all<'w>(&mut self, words: &mut impl Iterator<Item = &'w [u8]>) -> Result<Call, CallProblem> {
        loop {
            let word = words.next().ok_or(CallProblem::NoAddress)?;
            if word == b"--" {
                break;
            }
            let (name, value) = match word.iter().position(|&byte| byte == b'=') {
                Some(at) => (word.get(..at).unwrap_or_default(), word.get(at + 1..)),
                None => (word, None),
            };
            let mut value = |option| {
                value
                    .or_else(|| words.next())
                    .ok_or(CallProblem::Valueless(option))
            };
            match name {
                b"--country" => self.countries(value("--country")?)?,
                b"--asn" => self.asns(value("--asn")?)?,
                b"--in" => add(&mut self.call.sets, &[file("--in", value("--in")?)?]),
                b"--database" => {
                    let path = file("--database", value("--database")?)?;
                    self.call.databases.push(path);
                }
                b"--except" => self.except(value("--except")?)?,
                b"--keep" => self.keep(value("--keep")?)?,
                b"--unknown" => once("--unknown", &mut self.unknown, value("--unknown")?)?,
                b"--broken" => once("--broken", &mut self.broken, value("--broken")?)?,
                b"--max-age" => self.max_age(value("--max-age")?)?,
                b"--strict" if word == name => self.call.is_strict = true,
                _ => return Err(CallProblem::Option(word.to_owned())),
            }
        }
        self.call.client = client(words.next().ok_or(CallProblem::NoAddress)?)?;
        if let Some(more) = words.next() {
            return Err(CallProblem::More(more.to_owned()));
        }
        if self.call.is_open() && self.call.except.is_empty() {
            return Err(CallProblem::NoCondition);
        }
        self.call.unknown = self.unknown.unwrap_or_default();
        self.call.broken = self.broken.unwrap_or_default();
        Ok(std::mem::take(&mut self.call))
    }

    fn countries(&mut self, list: &[u8]) -> Result<(), CallProblem> {
        for word in parts(list) {
            let country = Country::of_option(word);
            let takes = "codes of countries such as KR,JP";
            let country = country.ok_or_else(|| wrong("--country", word, takes))?;
            add(&mut self.call.countries, &[country]);
        }
        Ok(())
    }

    fn asns(&mut self, list: &[u8]) -> Result<(), CallProblem> {
        for word in parts(list) {
            let takes = "numbers of autonomous systems such as 64500,AS64501";
            let number = asn(word).ok_or_else(|| wrong("--asn", word, takes))?;
            add(&mut self.call.asns, &[number]);
        }
        Ok(())
    }

    fn except(&mut self, list: &[u8]) -> Result<(), CallProblem> {
        for word in parts(list) {
            let exception = if word.starts_with(b"/") {
                Exception::Set(file("--except", word)?)
            } else if let Some(country) = Country::of_option(word) {
                Exception::Country(country)
            } else if let Some(number) = asn(word).filter(|_| !is_digits(word)) {
                Exception::Asn(number)
            } else {
                Exception::Network(network("--except", word)?)
            };
            add(&mut self.call.except, &[exception]);
        }
        Ok(())
    }

    fn keep(&mut self, list: &[u8]) -> Result<(), CallProblem> {
        let keep = self.call.keep.get_or_insert_default();
        if list != b"none" {
            for word in parts(list) {
                keep.push(network("--keep", word)?);
            }
        }
        Ok(())
    }

    fn max_age(&mut self, text: &[u8]) -> Result<(), CallProblem> {
        let takes = "a length of time such as 60d";
        let age = seconds(text).ok_or_else(|| wrong("--max-age", text, takes))?;
        match self.call.max_age.replace(Duration::from_secs(age)) {
            Some(_) => Err(CallProblem::Twice("--max-age")),
            None => Ok(()),
        }
    }
}

/// The client that follows `--`.
fn client(word: &[u8]) -> Result<Client, CallProblem> {
    let wrong = || CallProblem::Address(word.to_owned());
    match word {
        b"%a" => Ok(Client::Each),
        b"unknown" => Ok(Client::Unknown),
        _ => {
            // An address of one link has the name of the link after it: fe80::1%eth0.
            let address = word.split(|&byte| byte == b'%').next().unwrap_or_default();
            let text = std::str::from_utf8(address).map_err(|_| wrong())?;
            let address: std::net::IpAddr = text.parse().map_err(|_| wrong())?;
            let has_link = text.len() < word.len();
            if has_link && address.is_ipv4() {
                return Err(wrong());
            }
            Ok(Client::Address(address.to_canonical()))
        }
    }
}

/// The words between the commas of a list.
fn parts(list: &[u8]) -> impl Iterator<Item = &[u8]> {
    list.split(|&byte| byte == b',')
}

fn is_digits(word: &[u8]) -> bool {
    !word.is_empty() && word.iter().all(u8::is_ascii_digit)
}

fn wrong(option: &'static str, value: &[u8], takes: &'static str) -> CallProblem {
    CallProblem::Value {
        option,
        value: value.to_owned(),
        takes,
    }
}

/// The number of an autonomous system, with or without `AS` before it.
fn asn(word: &[u8]) -> Option<u32> {
    let digits = match word.split_at_checked(2) {
        Some((start, digits)) if start.eq_ignore_ascii_case(b"AS") => digits,
        Some(_) | None => word,
    };
    let text = std::str::from_utf8(digits)
        .ok()
        .filter(|_| is_digits(digits))?;
    text.parse().ok().filter(|&number| number > 0)
}

/// An absolute path.
fn file(option: &'static str, word: &[u8]) -> Result<PathBuf, CallProblem> {
    if word.starts_with(b"/") {
        Ok(PathBuf::from(OsStr::from_bytes(word)))
    } else {
        Err(wrong(option, word, "the whole path of a file"))
    }
}

fn network(option: &'static str, word: &[u8]) -> Result<Network, CallProblem> {
    let text = std::str::from_utf8(word).map_err(|_| NetworkError::Form);
    text.and_then(str::parse)
        .map_err(|error| CallProblem::Network {
            option,
            value: word.to_owned(),
            error,
        })
}

/// Sets a policy that is not set yet.
fn once(option: &'static str, slot: &mut Option<Policy>, value: &[u8]) -> Result<(), CallProblem> {
    let policy = Policy::of(value).ok_or_else(|| wrong(option, value, "allow or deny"))?;
    match slot.replace(policy) {
        Some(_) => Err(CallProblem::Twice(option)),
        None => Ok(()),
    }
}

/// The seconds of a length of time above zero.
fn seconds(text: &[u8]) -> Option<u64> {
    let (&unit, digits) = text.split_last()?;
    let (_, factor) = UNITS.into_iter().find(|(name, _)| *name == unit)?;
    let number = std::str::from_utf8(digits)
        .ok()
        .filter(|_| is_digits(digits))?;
    let seconds = number.parse::<u64>().ok()?.checked_mul(factor)?;
    (1..=TEN_YEARS).contains(&seconds).then_some(seconds)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn call(line: &str) -> Result<Call, CallError> {
        let words: Vec<&[u8]> = line.split(' ').map(str::as_bytes).collect();
        Call::of_words(&words)
    }

    #[track_caller]
    fn refused(line: &str, text: &str) {
        assert_eq!(call(line).unwrap_err().to_string(), text, "{line}");
    }

    #[test]
    fn every_option_is_read() {
        let line = "--country KR,jp --asn 64500,AS4294967295 --in /a --in /b --except 192.0.2.0/24,/c,CN,AS1 \
                    --unknown allow --broken allow --max-age 60d --strict --database /d --keep 10.0.0.0/8 \
                    -- ::ffff:192.0.2.7";
        let call = call(line).unwrap();
        let words: Vec<_> = call.countries().iter().map(ToString::to_string).collect();
        assert_eq!(words, ["KR", "JP"]);
        assert_eq!(call.asns(), [64_500, u32::MAX]);
        assert_eq!(call.sets(), [PathBuf::from("/a"), PathBuf::from("/b")]);
        assert_eq!(
            call.except(),
            [
                Exception::Network("192.0.2.0/24".parse().unwrap()),
                Exception::Set("/c".into()),
                Exception::Country(Country::of_option(b"CN").unwrap()),
                Exception::Asn(1),
            ]
        );
        assert_eq!(
            (call.unknown(), call.broken()),
            (Policy::Allow, Policy::Allow)
        );
        assert_eq!(call.max_age(), Some(Duration::from_secs(60 * 86_400)));
        assert!(call.is_strict());
        assert_eq!(call.databases(), [PathBuf::from("/d")]);
        assert_eq!(call.keep(), Some(&["10.0.0.0/8".parse().unwrap()][..]));
        assert_eq!(call.client(), Client::Address("192.0.2.7".parse().unwrap()));
    }

    #[test]
    fn what_is_not_said_is_the_careful_choice() {
        let call = call("--country=KR -- unknown").unwrap();
        assert_eq!(
            (call.unknown(), call.broken()),
            (Policy::Deny, Policy::Deny)
        );
        assert_eq!(
            (call.max_age(), call.keep(), call.is_strict()),
            (None, None, false)
        );
        assert_eq!(call.client(), Client::Unknown);
    }

    #[test]
    fn clients_are_addresses() {
        for (word, client) in [
            ("fe80::1%eth0", Client::Address("fe80::1".parse().unwrap())),
            ("%a", Client::Each),
            ("unknown", Client::Unknown),
        ] {
            assert_eq!(
                call(&format!("--asn 1 -- {word}")).unwrap().client(),
                client
            );
        }
        for word in ["%h", "%c", "host.example", "192.0.2.7%eth0", "192.0.2", ""] {
            assert!(call(&format!("--asn 1 -- {word}")).is_err(), "{word}");
        }
    }

    #[test]
    fn wrong_words_are_named() {
        refused(
            "--country UK -- %a",
            "--country takes codes of countries such as KR,JP, not UK",
        );
        refused(
            "--country KR, -- %a",
            "--country takes codes of countries such as KR,JP, not ",
        );
        refused(
            "--asn 0 -- %a",
            "--asn takes numbers of autonomous systems such as 64500,AS64501, not 0",
        );
        refused(
            "--asn 4294967296 -- %a",
            "--asn takes numbers of autonomous systems such as 64500,AS64501, not 4294967296",
        );
        refused(
            "--in list -- %a",
            "--in takes the whole path of a file, not list",
        );
        refused(
            "--country KR --unknown yes -- %a",
            "--unknown takes allow or deny, not yes",
        );
        refused(
            "--country KR --broken deny --broken deny -- %a",
            "--broken is given twice",
        );
        refused(
            "--country KR --max-age 0d -- %a",
            "--max-age takes a length of time such as 60d, not 0d",
        );
        refused(
            "--country KR --max-age 60 -- %a",
            "--max-age takes a length of time such as 60d, not 60",
        );
    }

    #[test]
    fn calls_that_are_not_whole_are_named() {
        refused(
            "--country KR --strict=1 -- %a",
            "tcpw-gate has no option --strict=1",
        );
        refused("-c KR -- %a", "tcpw-gate has no option -c");
        refused("--country KR %a", "tcpw-gate has no option %a");
        refused(
            "--country KR --",
            "no address follows --; end the call with -- %a",
        );
        refused(
            "--country KR",
            "no address follows --; end the call with -- %a",
        );
        refused("--country", "--country needs a value");
        refused(
            "--country KR -- %a more",
            "more follows the client's address",
        );
        refused(
            "--unknown allow -- %a",
            "nothing says who is admitted; add --country, --asn, --in or --except",
        );
        refused(
            "--except 192.0.2.1/24 -- %a",
            "--except 192.0.2.1/24: the address has bits set after the prefix; the network is 192.0.2.0/24",
        );
        refused(
            "--asn 1 -- %h",
            "%h is not an address; end the call with -- %a",
        );
    }

    #[test]
    fn a_wrong_call_is_decided_by_its_own_policy_if_that_can_be_read() {
        for (line, policy) in [
            ("--broken allow --bad -- %a", Policy::Allow),
            ("--broken=allow", Policy::Allow),
            ("--bad --broken allow -- %a", Policy::Allow),
            ("--bad -- --broken allow", Policy::Deny),
            ("--broken allow --broken deny -- %a", Policy::Deny),
            ("--broken allow --broken allow -- %a", Policy::Deny),
            ("--broken maybe -- %a", Policy::Deny),
            ("--broken", Policy::Deny),
        ] {
            assert_eq!(call(line).unwrap_err().broken, policy, "{line}");
        }
    }

    #[test]
    fn only_one_plain_call_of_the_gate_is_one() {
        let is_call = |text: &str| Call::of_command(text.as_bytes()).is_some();
        for text in [
            "/usr/sbin/tcpw-gate --country KR -- %a",
            "tcpw-gate  --country\tKR -- 192.0.2.7 ",
            "exec /usr/sbin/tcpw-gate --country KR -- %a",
            " exec\t tcpw-gate --country KR -- %a",
            "tcpw-gate",
            "tcpw-gate --bad",
        ] {
            assert!(is_call(text), "{text}");
        }
        for text in [
            "",
            " ",
            "/usr/sbin/tcpw-gate.old --country KR -- %a",
            "sh -c tcpw-gate",
            "exec exec tcpw-gate --country KR -- %a",
            "execute tcpw-gate --country KR -- %a",
            "exec -a x tcpw-gate --country KR -- %a",
            "exec\ntcpw-gate --country KR -- %a",
            "tcpw-gate --country KR -- %a || true",
            "tcpw-gate --country KR -- %a &",
            "tcpw-gate --country 'KR' -- %a",
            "tcpw-gate --country $X -- %a",
            "tcpw-gate --in ~/x -- %a",
            "tcpw-gate --in /x* -- %a",
            "A=1 tcpw-gate --country KR -- %a",
            "tcpw-gate --country KR -- %a\ntrue",
            "tcpw-gate --country KR -- %a # x",
        ] {
            assert!(!is_call(text), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_words_are_read_or_refused(words in proptest::collection::vec(proptest::sample::select(vec![
            "--country", "--asn", "--in", "--except", "--unknown", "--broken", "--max-age", "--strict", "--keep",
            "--database", "--", "KR", "KR,JP", "1", "AS1", "/x", "allow", "deny", "60d", "192.0.2.7", "::1", "%a",
            "none", "", ",", "=", "--country=KR", "\u{ff}", "192.0.2.0/24", "-",
        ]), 0..9)) {
            let bytes: Vec<&[u8]> = words.iter().map(|word| word.as_bytes()).collect();
            match Call::of_words(&bytes) {
                Ok(call) => {
                    prop_assert!(!call.is_open() || !call.except().is_empty());
                    prop_assert_eq!(call.broken(), broken_in(&bytes));
                }
                Err(error) => prop_assert_eq!(error.broken, broken_in(&bytes)),
            }
        }

        #[test]
        fn any_bytes_are_a_call_or_not(command: Vec<u8>) {
            let command = [b"tcpw-gate ", command.as_slice()].concat();
            drop(Call::of_command(&command));
        }
    }
}
