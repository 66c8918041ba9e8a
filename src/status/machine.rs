//! The status of a machine as a whole.

use super::line::{AccessLine, AlertLine, AskedLine, ClientsLine, Looked, MailLine, PendingLine};
use super::problem::StatusProblem;
use super::utc_time::UtcTime;
use serde::{Deserialize, Serialize};

/// How things stand on a machine. Each line has a source of its own, and may be what could not be
/// looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MachineStatus {
    /// The name of the machine.
    pub machine: String,
    /// When it was looked.
    pub time: UtcTime,
    /// The number of the user as whom it was looked.
    pub uid: u32,
    /// Who gets in.
    pub access: Looked<AccessLine>,
    /// Which programs ask libwrap, so that the tables bind them.
    pub asked: Looked<AskedLine>,
    /// Whose refusal raises an alert.
    pub alert: Looked<AlertLine>,
    /// How mail fares.
    pub mail: Looked<MailLine>,
    /// Who came today.
    pub clients: Looked<ClientsLine>,
    /// What waits to be confirmed.
    pub pending: Looked<PendingLine>,
    /// What is wrong.
    pub problems: Vec<StatusProblem>,
    /// What else could not be looked at, and why: of that it is not known whether it is well.
    pub cannot_read: Vec<String>,
}

impl MachineStatus {
    /// Why something could not be looked at, each reason once.
    pub fn unread(&self) -> Vec<&str> {
        let lines = [
            self.access.why_not(),
            self.asked.why_not(),
            self.alert.why_not(),
            self.mail.why_not(),
            self.mail.at().and_then(|mail| mail.dropped.why_not()),
            self.clients.why_not(),
            self.pending.why_not(),
        ];
        let others = self.cannot_read.iter().map(String::as_str);
        let mut all = Vec::new();
        for why in lines.into_iter().flatten().chain(others) {
            if !all.contains(&why) {
                all.push(why);
            }
        }
        all
    }
}
