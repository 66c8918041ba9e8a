//! The same request with other kinds of client names: what hangs on the name service.

use crate::engine::model::request::{HostName, Request};
use crate::engine::model::verdict::Verdict;

/// A kind of client name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NameKind {
    /// The client's address has no name.
    Unknown,
    /// It has one that does not lead back to the address.
    Paranoid,
    /// It has one, with a dot, below a domain that no table can mean (RFC 6761).
    Dotted,
    /// It has one without a dot.
    Dotless,
}

impl NameKind {
    /// All kinds.
    pub const ALL: [Self; 4] = [Self::Unknown, Self::Paranoid, Self::Dotted, Self::Dotless];

    /// A name of this kind.
    pub fn name(self) -> HostName {
        match self {
            Self::Unknown => HostName::unknown(),
            Self::Paranoid => HostName::paranoid(),
            Self::Dotted => HostName::new("some-name.invalid"),
            Self::Dotless => HostName::new("some-name"),
        }
    }
}

/// The verdict for each kind of name the client could have.
pub fn by_name(
    request: &Request,
    mut decide: impl FnMut(&Request) -> Verdict,
) -> Vec<(NameKind, Verdict)> {
    let mut request = request.clone();
    NameKind::ALL
        .into_iter()
        .map(|kind| {
            request.client.name = kind.name();
            (kind, decide(&request))
        })
        .collect()
}
