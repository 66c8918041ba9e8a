//! One thing that `tcpw doctor --mail` looks at, and what it found.

/// One thing that was looked at.
#[derive(Debug)]
pub(super) struct MailCheck {
    /// What was looked at.
    pub(super) what: String,
    /// What was found.
    pub(super) found: String,
    /// What is wrong, if something is.
    pub(super) problem: Option<String>,
    /// What to do about it.
    pub(super) help: Option<&'static str>,
}

impl MailCheck {
    /// Something that is well.
    pub(super) fn fine(what: String, found: &str) -> Self {
        Self {
            what,
            found: found.to_owned(),
            problem: None,
            help: None,
        }
    }

    /// Something that is not, or that cannot be looked at.
    pub(super) fn wrong(what: String, problem: String, help: Option<&'static str>) -> Self {
        Self {
            what,
            found: String::new(),
            problem: Some(problem),
            help,
        }
    }

    /// It in one line.
    pub(super) fn line(&self) -> String {
        let said = self.problem.as_ref().unwrap_or(&self.found);
        format!("{}: {said}", self.what)
    }
}
