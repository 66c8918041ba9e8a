//! Mail addresses as people write them: `alice@example.org` or `Alice <alice@example.org>`.

use std::fmt;
use thiserror::Error;

/// RFC 5321, 4.5.3.1.1 and 4.5.3.1.2: the longest local part and domain.
const LONGEST: (usize, usize) = (64, 255);

/// A mail address with an optional display name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mailbox {
    /// The name shown to people.
    pub name: Option<String>,
    /// The part before the `@`, a dot-atom (RFC 5322, 3.2.3).
    pub user: String,
    /// The part after the `@`: a host name, or an address literal in brackets.
    pub domain: String,
}

/// Why a text is not a mail address.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum MailboxError {
    /// `@` is missing.
    #[error("{0:?} has no @; write user@host, and a name with a comma in quotes")]
    NoAt(String),
    /// The part before the `@`.
    #[error("{0:?} is not a valid user part of a mail address")]
    User(String),
    /// The part after the `@`.
    #[error(
        "{0:?} is not a valid host part of a mail address (non-ASCII domains are written in punycode, xn--...)"
    )]
    Domain(String),
    /// A `<` without a `>` at the end.
    #[error("{0:?} has an unfinished <...>")]
    Bracket(String),
    /// A display name with control characters.
    #[error("the name {0:?} has a control character")]
    Name(String),
}

impl Mailbox {
    /// The address alone, as it stands in an envelope.
    pub fn address(&self) -> String {
        format!("{}@{}", self.user, self.domain)
    }

    /// Reads addresses with commas between them; a comma in quotes is part of a name.
    ///
    /// # Errors
    /// When one of them is not one.
    pub fn parse_list(text: &str) -> Result<Vec<Self>, MailboxError> {
        let mut is_quoted = false;
        let parts = text.split(|c: char| {
            is_quoted ^= c == '"';
            c == ',' && !is_quoted
        });
        parts.map(Self::parse).collect()
    }

    /// Reads one address.
    ///
    /// # Errors
    /// When it is not one; SMTPUTF8 and quoted user parts are not supported.
    pub fn parse(text: &str) -> Result<Self, MailboxError> {
        let text = text.trim();
        let (name, address) = match text.split_once('<') {
            None => (None, text),
            Some((name, rest)) => {
                let address = rest
                    .strip_suffix('>')
                    .ok_or_else(|| MailboxError::Bracket(text.to_owned()))?;
                (Some(name.trim().trim_matches('"').trim()), address)
            }
        };
        let name = name.filter(|name| !name.is_empty());
        if let Some(bad) = name.filter(|name| name.chars().any(char::is_control)) {
            return Err(MailboxError::Name(bad.to_owned()));
        }
        let (user, domain) = address
            .rsplit_once('@')
            .ok_or_else(|| MailboxError::NoAt(address.to_owned()))?;
        if !is_user(user) {
            return Err(MailboxError::User(user.to_owned()));
        }
        if !is_domain(domain) {
            return Err(MailboxError::Domain(domain.to_owned()));
        }
        Ok(Self {
            name: name.map(str::to_owned),
            user: user.to_owned(),
            domain: domain.to_owned(),
        })
    }
}

impl fmt::Display for Mailbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.name {
            None => write!(f, "{}@{}", self.user, self.domain),
            Some(name) => write!(f, "{name} <{}@{}>", self.user, self.domain),
        }
    }
}

fn is_user(user: &str) -> bool {
    user.len() <= LONGEST.0
        && user.split('.').all(|atom| {
            !atom.is_empty()
                && atom
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&b))
        })
}

fn is_domain(domain: &str) -> bool {
    if let Some(literal) = domain
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
    {
        return literal.strip_prefix("IPv6:").map_or_else(
            || literal.parse::<std::net::Ipv4Addr>().is_ok(),
            |v6| v6.parse::<std::net::Ipv6Addr>().is_ok(),
        );
    }
    domain.len() <= LONGEST.1
        && domain.split('.').all(|label| {
            (1..=63).contains(&label.len())
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b == b'-')
        })
}
