//! Why the database cannot be used.

use postgres::error::SqlState;
use std::error::Error as _;
use std::io;
use thiserror::Error;

/// Where PostgreSQL finds that a role has as many connections as it may; the code is that of a full
/// server.
const LIMIT_OF_ROLE: &str = "InitializeSessionUserId";

/// How to find who keeps others waiting.
const WHO_HOLDS: &str = "somebody keeps a transaction open; as a superuser: SELECT pid, usename, xact_start, query FROM pg_stat_activity WHERE xact_start < now() - interval '10 s', and pg_terminate_backend(pid) ends it";

/// Something that the database, or the way to it, refused.
#[derive(Debug, Error)]
pub enum FleetError {
    /// The URL says something that is not understood.
    #[error("cannot read the URL of the database: {0}")]
    Url(String),
    /// A certificate or a key cannot be used.
    #[error("cannot use TLS for the database: {0}")]
    Tls(String),
    /// Nobody answers, the certificate is wrong, or the login is refused.
    #[error("cannot connect to the database: {}", words(.0))]
    Connect(postgres::Error),
    /// The server took the connection and did not let the login end.
    #[error("cannot connect to the database: it does not answer for {0} s")]
    Silent(u64),
    /// A statement failed.
    #[error("cannot {step}: {}", words(.cause))]
    Statement {
        /// What was being done.
        step: &'static str,
        /// What the database said.
        cause: postgres::Error,
    },
    /// The schema is not there.
    #[error("the database has no schema of tcpw; run tcpw-fleet init")]
    Absent,
    /// The function that a host calls is not there as this program knows it.
    #[error(
        "the schema of the database is not the one that this tcpw-fleet knows: {}; if the database is of a later version update this host, else run tcpw-fleet init", words(.0)
    )]
    Foreign(postgres::Error),
    /// The schema is of a later tcpw.
    #[error(
        "the schema of the database is version {found}, and this tcpw-fleet knows {known}; install a newer one"
    )]
    Newer {
        /// The version that the database has.
        found: i32,
        /// The last version that this program knows.
        known: i32,
    },
    /// The schema is of an earlier tcpw.
    #[error(
        "the schema of the database is version {found}, and this tcpw-fleet needs {known}; run tcpw-fleet init"
    )]
    Older {
        /// The version that the database has.
        found: i32,
        /// The version that is needed.
        known: i32,
    },
    /// A name that no host can have.
    #[error(
        "{0:?} cannot be the name of a host: it must be of 1 to 63 letters a to z, digits, dots, hyphens and underscores, and begin with a letter or a digit"
    )]
    Name(String),
    /// A role that is not one of a host.
    #[error(
        "there is a role {0:?} in this PostgreSQL, and it is not that of a host; choose another name"
    )]
    Taken(String),
    /// A host that is not there.
    #[error("there is not a host {0:?}; run tcpw-fleet add-host")]
    Unknown(String),
    /// The random numbers of the system, or a file.
    #[error("{0}")]
    System(String),
}

impl FleetError {
    /// Names the step at which a statement failed.
    pub fn at(step: &'static str) -> impl Fn(postgres::Error) -> Self {
        move |cause| Self::Statement { step, cause }
    }

    /// Whether all connections are taken, or the server is about to start: who comes back a little later
    /// may get in. That the connections of this one login are taken is another thing: somebody has them.
    pub fn is_crowded(&self) -> bool {
        let Self::Connect(cause) = self else {
            return false;
        };
        let Some(said) = cause.as_db_error() else {
            return false;
        };
        let is_full =
            *said.code() == SqlState::TOO_MANY_CONNECTIONS && said.routine() != Some(LIMIT_OF_ROLE);
        is_full || *said.code() == SqlState::CANNOT_CONNECT_NOW
    }

    /// Whether nobody answered at all: the server's queue is full, or the way to it is broken.
    pub fn is_unanswered(&self) -> bool {
        matches!(self, Self::Connect(cause) if is_silence(cause))
    }
}

/// Whether nobody answered at all in the time that a connection may take.
fn is_silence(error: &postgres::Error) -> bool {
    let cause = error
        .source()
        .and_then(|cause| cause.downcast_ref::<io::Error>());
    cause.is_some_and(|cause| cause.kind() == io::ErrorKind::TimedOut)
}

/// What the database or the system said, from the outermost cause to the innermost.
pub(super) fn words(error: &postgres::Error) -> String {
    if let Some(said) = error.as_db_error() {
        return match said.hint() {
            None if *said.code() == SqlState::LOCK_NOT_AVAILABLE => {
                format!("{} ({WHO_HOLDS})", said.message())
            }
            Some(hint) => format!("{} ({hint})", said.message()),
            None => said.message().to_owned(),
        };
    }
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let inner_text = inner.to_string();
        if !text.ends_with(&inner_text) {
            text.push_str(": ");
            text.push_str(&inner_text);
        }
        cause = inner.source();
    }
    text
}
