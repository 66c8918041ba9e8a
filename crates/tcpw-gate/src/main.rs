//! The program `tcpw-gate`, which a rule asks through `aclexec`: exit code 0 admits the client, 1 does
//! not, and there is no other.
//!
//! With the C library of GNU it begins as a program in C: before a `main` of Rust the standard library
//! looks for the end of the stack in `/proc/self/maps` and prepares for what a call of the gate does
//! not do, and every client would wait for that. Of what it does there, [`silence`] does what is needed.

#![deny(unsafe_code)]
#![cfg_attr(all(target_env = "gnu", not(test)), no_main)]

#[cfg(all(target_env = "gnu", not(test)))]
use std::ffi::{c_char, c_int};
use std::io::{self, IsTerminal as _, Write as _};
use std::net::IpAddr;
use std::os::unix::ffi::OsStringExt;
use std::panic::catch_unwind;
#[cfg(not(all(target_env = "gnu", not(test))))]
use std::process::ExitCode;
use tcpw_event::now::now;
use tcpw_event::secrecy::keep_secrets;
use tcpw_gate::{
    Call, CallError, CallProblem, Client, Decision, Fault, Logbook, Settings, Sources, Why,
    broken_in, decide, help_of, silence, tell,
};

/// Where the C library of GNU begins; it has shown the arguments to the standard library already.
#[cfg(all(target_env = "gnu", not(test)))]
#[expect(
    unsafe_code,
    reason = "the compiler cannot know that nothing else in the program is called main"
)]
// SAFETY: this is the program's one main, with the arguments and the result that the C library expects.
#[unsafe(no_mangle)]
extern "C" fn main(_count: c_int, _words: *const *const c_char) -> c_int {
    c_int::from(!admits())
}

#[cfg(not(all(target_env = "gnu", not(test))))]
fn main() -> ExitCode {
    if admits() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// Whether the client is admitted whom the arguments ask about.
fn admits() -> bool {
    let words = std::env::args_os().skip(1).map(OsStringExt::into_vec);
    let words: Vec<Vec<u8>> = words.collect();
    if let Some(text) = help_of(&words) {
        let mut out = io::stdout();
        if out.is_terminal() {
            // A terminal that is gone needs no help.
            drop(out.write_all(text.as_bytes()));
        }
        return false;
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
    decided.admits
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
