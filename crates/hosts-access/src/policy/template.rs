//! Values with `%` letters, taken apart (F-PCT-01, F-PCT-02).

use crate::policy::dialect::{DEBIAN_12, Dialect};

/// A letter after `%`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expansion {
    /// `%a`, `%A`: the address of the client or the server.
    Address(End),
    /// `%n`, `%N`: the name; costs a look-up.
    Name(End),
    /// `%h`, `%H`: the name if it is known already, else the address.
    Host(End),
    /// `%r`, `%R`: the port.
    Port(End),
    /// `%c`: `user@host`, or the host.
    Client,
    /// `%s`: `daemon@host`, or the daemon.
    Server,
    /// `%d`: the daemon.
    Daemon,
    /// `%p`: the process id.
    Process,
    /// `%u`: the user; costs an ident query.
    User,
    /// `%%`: a percent sign.
    Percent,
}

/// Which end of the connection a letter is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// Lower case letters.
    Client,
    /// Upper case letters.
    Server,
}

/// A part of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part<'a> {
    /// Text that stays.
    Text(&'a [u8]),
    /// A letter that is replaced.
    Expansion(Expansion),
    /// `%` and a byte that is not a letter: both vanish (F-PCT-02).
    Unknown(u8),
}

/// The parts of `value` in order, each with the offset of its first byte in `value`.
pub fn parts(value: &[u8]) -> Vec<(usize, Part<'_>)> {
    parts_in(value, &DEBIAN_12)
}

/// The same, in a dialect.
pub fn parts_in<'v>(value: &'v [u8], dialect: &Dialect) -> Vec<(usize, Part<'v>)> {
    let is_known =
        |expansion: &Expansion| dialect.port_letters || !matches!(expansion, Expansion::Port(_));
    let mut parts = Vec::new();
    let mut at = 0;
    while let Some(rest) = value.get(at..).filter(|rest| !rest.is_empty()) {
        let part = match *rest {
            [b'%', letter, ..] => {
                let expansion = Expansion::read(letter).filter(is_known);
                let part = expansion.map_or(Part::Unknown(letter), Part::Expansion);
                parts.push((at, part));
                at += 2;
                continue;
            }
            // A single `%` at the end stays.
            [b'%'] => rest,
            _ => memchr::memchr(b'%', rest)
                .and_then(|end| rest.get(..end))
                .unwrap_or(rest),
        };
        parts.push((at, Part::Text(part)));
        at += part.len();
    }
    parts
}

impl Expansion {
    fn read(letter: u8) -> Option<Self> {
        Some(match letter {
            b'a' => Self::Address(End::Client),
            b'A' => Self::Address(End::Server),
            b'n' => Self::Name(End::Client),
            b'N' => Self::Name(End::Server),
            b'h' => Self::Host(End::Client),
            b'H' => Self::Host(End::Server),
            b'r' => Self::Port(End::Client),
            b'R' => Self::Port(End::Server),
            b'c' => Self::Client,
            b's' => Self::Server,
            b'd' => Self::Daemon,
            b'p' => Self::Process,
            b'u' => Self::User,
            b'%' => Self::Percent,
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn f_pct_02_unknown_letters_vanish_and_a_last_percent_stays() {
        let read: Vec<_> = parts(b"a%h%z%%x%")
            .into_iter()
            .map(|(_, part)| part)
            .collect();
        assert_eq!(
            read,
            [
                Part::Text(b"a"),
                Part::Expansion(Expansion::Host(End::Client)),
                Part::Unknown(b'z'),
                Part::Expansion(Expansion::Percent),
                Part::Text(b"x"),
                Part::Text(b"%"),
            ]
        );
    }
}
