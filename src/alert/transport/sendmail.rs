//! Handing the mail to a local program with sendmail's interface.

use super::program::{Surroundings, run_limited};
use super::{Mail, Outcome, Step, Transport, for_all, for_each};
use crate::alert::journal::Delivery;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// sysexits.h: try again later.
const EX_TEMPFAIL: i32 = 75;
/// sysexits.h: the data, the user or the host is wrong.
const REFUSALS: [i32; 3] = [65, 67, 68];

/// A local program that takes mail.
#[derive(Debug)]
pub struct SendmailTransport {
    program: PathBuf,
    timeout: Duration,
}

impl SendmailTransport {
    /// Mails go to `program`, which must be done within `timeout`.
    pub fn new(program: &Path, timeout: Duration) -> Self {
        Self {
            program: program.to_owned(),
            timeout,
        }
    }
}

impl Transport for SendmailTransport {
    fn send(&self, mail: &Mail) -> Vec<Delivery> {
        let mut args: Vec<String> = ["-i", "-f", &mail.from, "--"].map(str::to_owned).into();
        args.extend(mail.recipients.iter().cloned());
        // Local programs take lines as this system writes them.
        let text: Vec<u8> = mail.bytes.iter().copied().filter(|&b| b != b'\r').collect();
        let program = self.program.display();
        let around = Surroundings::Ours;
        match run_limited(&self.program, &args, &text, self.timeout, around) {
            Err(cause) => for_all(Outcome::Transient(
                Step::Program,
                format!("{program}: {cause}"),
            )),
            Ok(ended) if ended.code == Some(0) => for_each(
                &mail.recipients,
                &Outcome::Delivered {
                    answer: format!("taken by {program}"),
                },
            ),
            Ok(ended) => {
                let text = format!("{program}: {}", ended.said());
                for_all(match ended.code {
                    Some(EX_TEMPFAIL) => Outcome::Transient(Step::Program, text),
                    Some(code) if REFUSALS.contains(&code) => {
                        Outcome::Permanent(Step::Message, text)
                    }
                    _ => Outcome::Transient(Step::Program, text),
                })
            }
        }
    }

    fn describe(&self) -> String {
        format!("sendmail, through {}", self.program.display())
    }
}
