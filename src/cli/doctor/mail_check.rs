//! One thing that `tcpw doctor --mail` looks at, and what it found.

/// One thing that was looked at.
#[derive(Debug)]
pub(super) struct MailCheck {
    /// What was looked at.
    pub(super) what: String,
    /// What was found.
    pub(super) found: MailFinding,
    /// What to do about it.
    pub(super) help: Option<&'static str>,
}

/// What was found.
#[derive(Debug)]
pub(super) enum MailFinding {
    /// It is well, as far as this says.
    Fine(String),
    /// This is wrong.
    Wrong(String),
    /// It cannot be told, because of this, and no mail leaves if it is wrong.
    Open(String),
    /// It cannot be told, because of this, and a mail could leave however it is.
    Beside(String),
}

impl MailCheck {
    /// Something that is well.
    pub(super) fn fine(what: String, found: &str) -> Self {
        Self {
            what,
            found: MailFinding::Fine(found.to_owned()),
            help: None,
        }
    }

    /// Something that is not, or that cannot be looked at.
    pub(super) fn wrong(what: String, problem: String, help: Option<&'static str>) -> Self {
        Self {
            what,
            found: MailFinding::Wrong(problem),
            help,
        }
    }

    /// It in one line.
    pub(super) fn line(&self) -> String {
        match &self.found {
            MailFinding::Fine(said) | MailFinding::Wrong(said) => format!("{}: {said}", self.what),
            MailFinding::Open(why) | MailFinding::Beside(why) => {
                format!("{}: cannot tell: {why}", self.what)
            }
        }
    }
}
