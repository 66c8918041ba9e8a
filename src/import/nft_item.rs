//! The objects that `nft -j` prints.

use crate::import::address::masked;
use crate::import::words::shown;
use serde::Deserialize;
use serde_json::Value;
use tcpw_gate::Network;

/// What is printed.
#[derive(Debug, Deserialize)]
pub(crate) struct Ruleset {
    pub(crate) nftables: Vec<Item>,
}

/// An object of the ruleset; of other kinds nothing is kept.
#[derive(Debug, Deserialize)]
pub(crate) struct Item {
    pub(crate) table: Option<TableItem>,
    pub(crate) set: Option<SetItem>,
    pub(crate) chain: Option<ChainItem>,
    pub(crate) rule: Option<RuleItem>,
}

/// A table.
#[derive(Debug, Deserialize)]
pub(crate) struct TableItem {
    pub(crate) family: String,
    pub(crate) name: String,
    /// An array; nft 1.0.6 prints something else for it.
    pub(crate) flags: Option<Value>,
}

/// A set.
#[derive(Debug, Deserialize)]
pub(crate) struct SetItem {
    pub(crate) family: String,
    pub(crate) table: String,
    pub(crate) name: String,
    #[serde(rename = "type")]
    pub(crate) kind: Value,
    #[serde(default)]
    pub(crate) elem: Vec<Element>,
}

/// A chain.
#[derive(Debug, Deserialize)]
pub(crate) struct ChainItem {
    pub(crate) family: String,
    pub(crate) table: String,
    pub(crate) name: String,
    pub(crate) hook: Option<String>,
    pub(crate) policy: Option<String>,
}

/// A rule.
#[derive(Debug, Deserialize)]
pub(crate) struct RuleItem {
    pub(crate) family: String,
    pub(crate) table: String,
    pub(crate) chain: String,
    pub(crate) handle: Option<u64>,
    /// The comment.
    pub(crate) comment: Option<String>,
    /// Its statements.
    #[serde(default)]
    pub(crate) expr: Vec<Value>,
}

/// An element of a set.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum Element {
    Text(String),
    Prefix { prefix: Prefix },
    Range { range: [String; 2] },
    Timed { elem: Box<Timed> },
    Other(Value),
}

#[derive(Debug, Deserialize)]
pub(crate) struct Prefix {
    addr: String,
    len: u8,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Timed {
    val: Element,
    timeout: Option<i64>,
    expires: Option<i64>,
    comment: Option<String>,
}

/// The addresses of an element, when it runs out, in seconds from now, and its comment.
pub(crate) type Read<'e> = (Network, Option<i64>, Option<&'e str>);

impl Element {
    /// What it says.
    ///
    /// # Errors
    /// In words, when it is not an address, a network or a range.
    pub(crate) fn read(&self) -> Result<Read<'_>, String> {
        let told = |text: &str| {
            let text = shown(text);
            move |why: String| format!("`{text}`: {why}")
        };
        match self {
            Self::Text(text) => Ok((masked(text).map_err(told(text))?, None, None)),
            Self::Prefix { prefix } => {
                let text = format!("{}/{}", prefix.addr, prefix.len);
                Ok((masked(&text).map_err(told(&text))?, None, None))
            }
            Self::Range {
                range: [first, last],
            } => {
                let text = format!("{first}-{last}");
                Ok((masked(&text).map_err(told(&text))?, None, None))
            }
            Self::Timed { elem } => {
                // Times in a set of times would be written by nobody: only the outer one counts.
                let (network, ..) = match &elem.val {
                    Self::Timed { .. } => return Err("it is an element of an element".to_owned()),
                    val @ (Self::Text(_)
                    | Self::Prefix { .. }
                    | Self::Range { .. }
                    | Self::Other(_)) => val.read()?,
                };
                Ok((
                    network,
                    elem.expires.or(elem.timeout),
                    elem.comment.as_deref(),
                ))
            }
            Self::Other(value) => {
                let text = shown(&value.to_string());
                Err(format!(
                    "`{text}` is more than an address, a network or a range"
                ))
            }
        }
    }
}
