//! Why a mail or a note did not get out, as data: what to do about it is decided by this, never by
//! the words.

use crate::alert::model::answer::Answer;
use std::fmt;
use std::ops::Deref;

/// What is wrong with a server's certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CertificateFault {
    /// No trusted authority has signed it.
    Untrusted,
    /// It is signed by itself.
    SelfSigned,
    /// It is for another name.
    OtherName,
    /// It names no host at all (`subjectAltName`).
    NoName,
    /// Its time is over.
    Expired,
    /// Its time has not begun.
    NotYet,
    /// It is not the one whose fingerprint is configured.
    OtherFingerprint,
    /// Something else.
    Unusable,
}

/// What kind of failure it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Cause {
    /// Nothing more is known than the step.
    #[default]
    Other,
    /// Nobody listens at the port.
    NobodyListens,
    /// Nothing came in time.
    Silent,
    /// The server refused.
    Refused(Answer),
    /// The server does not offer STARTTLS.
    NoStartTls,
    /// The server speaks plainly first: it wants STARTTLS, or no TLS.
    SpeaksPlainly,
    /// The server speaks TLS from the first byte.
    SpeaksTls,
    /// Something came between STARTTLS and TLS.
    Injected,
    /// The server's certificate.
    Certificate(CertificateFault),
    /// The two sides have no version or cipher of TLS in common.
    NoCommonTls,
    /// None of the wanted ways to log in is offered.
    NoCommonLogin,
    /// A password would cross the network readable.
    NoProtection,
    /// This process lacks what another one may have: a credential of its unit, an environment, the
    /// right to become another user. Another deliverer may do better.
    Surroundings,
}

/// A failure: what kind, and the words for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// What kind it is.
    pub cause: Cause,
    /// What happened, safe to show.
    pub text: String,
}

impl Fault {
    /// A failure of a known kind.
    pub(crate) fn new(cause: Cause, text: impl Into<String>) -> Self {
        Self {
            cause,
            text: text.into(),
        }
    }

    /// The same failure in other words.
    pub(crate) fn reworded(self, reword: impl FnOnce(String) -> String) -> Self {
        Self {
            cause: self.cause,
            text: reword(self.text),
        }
    }

    /// Whether it says something about the way to the server, although it came at a step that is
    /// about the mail.
    pub fn concerns_way(&self) -> bool {
        if let Cause::Refused(answer) = self.cause {
            return answer.concerns_way();
        }
        self.cause == Cause::Surroundings
    }
}

impl From<String> for Fault {
    fn from(text: String) -> Self {
        Self::new(Cause::Other, text)
    }
}

impl From<&str> for Fault {
    fn from(text: &str) -> Self {
        Self::new(Cause::Other, text)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Deref for Fault {
    type Target = str;

    fn deref(&self) -> &str {
        &self.text
    }
}
