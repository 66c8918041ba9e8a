//! The program `tcpw-gate`, which a rule asks through `aclexec`: exit code 0 admits the client, 1 does
//! not, and there is no other. With `exec` and `pam` it decides by the tables itself.

#![forbid(unsafe_code)]

use std::io::{self, IsTerminal as _, Write as _};
use std::net::IpAddr;
use std::os::unix::ffi::OsStringExt;
use std::panic::{catch_unwind, set_hook};
use std::path::Path;
use std::process::ExitCode;
use tcpw_event::now::now;
use tcpw_event::secrecy::keep_secrets;
use tcpw_event::syslog::{DEV_LOG, Severity, syslog};
use tcpw_gate::{
    Call, CallError, CallProblem, Client, Decision, DoorCall, DoorError, Fault, Logbook, PamItems,
    Settings, Sources, Why, broken_in, decide, exec, guarded, help_of, pam, silence, tell,
};

fn main() -> ExitCode {
    let words = std::env::args_os().skip(1).map(OsStringExt::into_vec);
    let words: Vec<Vec<u8>> = words.collect();
    if let Some(text) = help_of(&words) {
        let mut out = io::stdout();
        if out.is_terminal() {
            // A terminal that is gone needs no help.
            drop(out.write_all(text.as_bytes()));
        }
        return ExitCode::FAILURE;
    }
    if let Some(call) = DoorCall::of_words(&words) {
        return at_the_door(call);
    }
    silence();
    let decided =
        catch_unwind(|| decision(&words)).unwrap_or_else(|_| broken(&words, Fault::Internal));
    if let Why::Broken { address, fault, .. } = &decided.why {
        // Whoever panics in here has decided.
        drop(catch_unwind(|| {
            tell(
                &Logbook::of_machine(),
                fault,
                *address,
                decided.admits,
                now(),
            );
        }));
    }
    if decided.admits {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// Decides by the tables. Whoever panics in here serves nobody; the client sees nothing of it, and the
/// system log does.
fn at_the_door(call: Result<DoorCall, DoorError>) -> ExitCode {
    set_hook(Box::new(|_| {}));
    let is_admitted = guarded(Logbook::of_machine, || match call {
        Ok(DoorCall::Exec {
            options,
            daemon,
            program,
            arguments,
        }) => {
            exec(&options, &daemon, &program, &arguments);
            true
        }
        Ok(DoorCall::Pam {
            options,
            daemon,
            unknown,
        }) => pam(
            &options,
            daemon.as_deref(),
            unknown,
            &PamItems::of_environment(),
        ),
        Err(error) => {
            let text = format!("tcpw-gate: {error}; the client is refused");
            // Nobody else can be told.
            drop(syslog(Path::new(DEV_LOG), Severity::Error, &text));
            false
        }
    });
    if is_admitted {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn decision(words: &[Vec<u8>]) -> Decision {
    match asked(words) {
        Ok((call, address)) => {
            // The configuration may hold a password.
            keep_secrets();
            let settings = Settings::read_for(&call);
            decide(&call, address, &settings, &mut Sources::new(None), now())
        }
        Err(error) => broken(words, Fault::Call(error)),
    }
}

/// The call, and the client's address if that is known.
fn asked(words: &[Vec<u8>]) -> Result<(Call, Option<IpAddr>), CallError> {
    let call = Call::of_words(words)?;
    let address = match call.client() {
        Client::Address(address) => Some(address),
        Client::Unknown => None,
        Client::Each => {
            return Err(CallError {
                problem: CallProblem::Address(b"%a".to_vec()),
                broken: call.broken(),
            });
        }
    };
    Ok((call, address))
}

fn broken(words: &[Vec<u8>], fault: Fault) -> Decision {
    let policy = broken_in(words);
    Decision {
        admits: policy.admits(),
        why: Why::Broken {
            address: None,
            fault,
            policy,
        },
    }
}
