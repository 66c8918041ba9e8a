//! Handing the mail to a local program with sendmail's interface.

use crate::alert::model::fault::{Cause, Fault};
use crate::alert::model::outcome::Delivery;
use crate::alert::model::outcome::{Mail, Outcome, Step};
use crate::alert::transport::channel::{Transport, for_all, for_each};
use crate::alert::transport::program::{Surroundings, run_limited};
use crate::system::is_confined;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// sysexits.h: try again later.
const EX_TEMPFAIL: i32 = 75;
/// sysexits.h: the data, the user or the host is wrong.
const REFUSALS: [i32; 3] = [65, 67, 68];

/// Mailers that need no rights of another user: they deliver by themselves.
const PLAIN: [&str; 3] = ["msmtp", "ssmtp", "esmtp"];

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

impl SendmailTransport {
    fn is_plain(&self) -> bool {
        let program = fs::canonicalize(&self.program);
        let name = program.as_ref().ok().and_then(|path| path.file_name());
        name.is_some_and(|name| PLAIN.iter().any(|plain| name == *plain))
    }

    /// Not started: nullmailer would take the mail and never send it.
    fn confined(&self) -> Fault {
        let program = self.program.display();
        let text = format!(
            "{program} was not started: this process has no_new_privs (NoNewPrivileges of a unit), and with it a mailer that is setuid or setgid fails or loses the mail"
        );
        Fault::new(Cause::Surroundings, text)
    }
}

impl Transport for SendmailTransport {
    fn send(&self, mail: &Mail) -> Vec<Delivery> {
        if is_confined() && !self.is_plain() {
            return for_all(Outcome::Transient(Step::Program, self.confined()));
        }
        let mut args: Vec<String> = ["-i", "-f", &mail.from, "--"].map(str::to_owned).into();
        args.extend(mail.recipients.iter().cloned());
        // Local programs take lines as this system writes them.
        let text: Vec<u8> = mail.bytes.iter().copied().filter(|&b| b != b'\r').collect();
        let program = self.program.display();
        let around = Surroundings::Ours;
        match run_limited(&self.program, &args, &text, self.timeout, around) {
            Err(cause) => for_all(Outcome::Transient(
                Step::Program,
                format!("{program}: {cause}").into(),
            )),
            Ok(ended) if ended.code == Some(0) => for_each(
                &mail.recipients,
                &Outcome::Delivered {
                    answer: format!("taken by {program}"),
                },
            ),
            Ok(ended) => {
                let fault = Fault::from(format!("{program}: {}", ended.said()));
                for_all(match ended.code {
                    Some(EX_TEMPFAIL) => Outcome::Transient(Step::Program, fault),
                    Some(code) if REFUSALS.contains(&code) => {
                        Outcome::Permanent(Step::Message, fault)
                    }
                    _ => Outcome::Transient(Step::Program, fault),
                })
            }
        }
    }

    fn describe(&self) -> String {
        format!("sendmail, through {}", self.program.display())
    }
}
