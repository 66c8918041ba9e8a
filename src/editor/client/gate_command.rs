//! A call of the gate as a rule has it: the command line for `aclexec`.

use crate::editor::client::word_error::{WordError, refuse};
use crate::values::exact_duration;
use std::fmt::Display;
use std::path::Path;
use tcpw_gate::{Call, Exception};

/// How long a call may be, so that its rule has room for daemons, clients and other options.
const COMMAND_LIMIT: usize = 1500;

/// The command line for `aclexec`, as libwrap reads it in a rule. The gate takes the place of the shell
/// that libwrap starts, which would only wait for it.
///
/// # Errors
/// When a path has a character that libwrap or the shell would take for something else, or the
/// line would be too long.
pub(crate) fn gate_command(call: &Call, program: &Path) -> Result<String, WordError> {
    let mut words = vec!["exec".to_owned(), path(program)?];
    let mut option = |name: &str, values: Vec<String>| {
        if !values.is_empty() {
            words.push(name.to_owned());
            words.push(values.join(","));
        }
    };
    option("--country", texts(call.countries()));
    option("--asn", texts(call.asns()));
    for set in call.sets() {
        option("--in", vec![path(set)?]);
    }
    let except: Result<Vec<String>, WordError> = call.except().iter().map(exception).collect();
    option("--except", except?);
    for (name, policy) in [("--unknown", call.unknown()), ("--broken", call.broken())] {
        option(name, texts(policy.admits().then_some(&policy)));
    }
    let age = call.max_age().map(|age| exact_duration(age.as_secs()));
    option("--max-age", age.into_iter().collect());
    for database in call.databases() {
        option("--database", vec![path(database)?]);
    }
    if let Some(keep) = call.keep() {
        let none = keep.is_empty().then(|| "none".to_owned());
        option("--keep", texts(keep).into_iter().chain(none).collect());
    }
    if call.is_strict() {
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

fn texts<'t, T: Display + 't>(values: impl IntoIterator<Item = &'t T>) -> Vec<String> {
    values.into_iter().map(ToString::to_string).collect()
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

    fn call(line: &str) -> Call {
        let line = format!("/usr/sbin/tcpw-gate {line} -- %a");
        Call::of_command(line.as_bytes()).unwrap().unwrap()
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
            let read = call(&line.replace('\\', ""));
            let written = gate_command(&read, Path::new("/usr/sbin/tcpw-gate")).unwrap();
            let again = Call::of_command(written.replace('\\', "").as_bytes());
            assert_eq!(again.unwrap().unwrap(), read, "{line}");
        }
        let weeks = call("--country KR --max-age 14d");
        let written = gate_command(&weeks, Path::new("/g/tcpw-gate")).unwrap();
        assert_eq!(
            written,
            "exec /g/tcpw-gate --country KR --max-age 14d -- %a"
        );
    }

    #[test]
    fn paths_that_something_takes_apart_are_refused() {
        for path in ["/a b", "/a,b", "/a%b", "relative", "/a;b", "/a:b"] {
            let call = Call::of_set(path.into());
            assert!(
                gate_command(&call, Path::new("/tcpw-gate")).is_err(),
                "{path}"
            );
        }
    }
}
