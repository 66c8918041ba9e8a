//! The edits that repair a finding, by code.

use crate::diagnostic::{Diagnostic, Fix};
use crate::edit::Edit;
use crate::lint::checks::daemon_list::DAEMONS;
use crate::lint::suggest::closest;
use crate::policy::{ClientPattern, HostPattern, OPTIONS, dotted_quad};
use crate::span::{Span, index};
use crate::syntax::Line;
use std::net::{Ipv4Addr, Ipv6Addr};

/// The repair of a finding in `line`, where there is one that needs no thinking.
pub(super) fn of(found: &Diagnostic, line: Line<'_, '_>) -> Option<Fix> {
    let source = line.tree().source();
    let text = found.span.of(source);
    let is_plain = !line.is_joined();
    match found.code {
        // What stands twice, or is idle, can go.
        "TW702" | "TW706" if is_plain => safe("take the rule out", vec![Edit::delete(line.span())]),
        "TW120" if is_plain && !text.contains(&b' ') && !line.span().of(source).contains(&b',') => {
            safe("take the comment out", vec![Edit::delete(line.span())])
        }
        "TW212" => safe("take EXCEPT out", vec![Edit::delete(found.span)]),
        "TW213" => bold("take one EXCEPT out", found.span, b"EXCEPT".to_vec()),
        "TW101" => {
            let end = line.span().end;
            let is_open = source.ends_with(b"\\");
            (!is_open).then(|| {
                fix(
                    "end the file with a newline",
                    vec![Edit::insert(end, "\n")],
                    false,
                )
            })
        }
        "TW104" => bold("take the backslash out", found.span, Vec::new()),
        "TW107" => bold("take the byte order mark out", found.span, Vec::new()),
        "TW108" => {
            let indent = Span::new(line.span().start, found.span.start);
            bold("move the # to the first column", indent, Vec::new())
        }
        "TW502" => bold("take the colon out", found.span, Vec::new()),
        "TW503" => {
            let colon = found.span.start;
            let is_colon = source.get(index(colon)) == Some(&b':');
            is_colon.then(|| fix("escape the colon", vec![Edit::insert(colon, "\\")], false))
        }
        "TW601" => {
            let edit = Edit::insert(found.span.end, " &");
            Some(fix("run it in the background", vec![edit], false))
        }
        "TW602" => {
            let edit = Edit::insert(found.span.start, "%");
            Some(fix("write two percent signs", vec![edit], false))
        }
        _ => word(found.code, text).and_then(|new| bold("write what is meant", found.span, new)),
    }
}

fn fix(title: &str, edits: Vec<Edit>, is_safe: bool) -> Fix {
    Fix {
        title: title.to_owned(),
        edits,
        is_safe,
    }
}

#[expect(clippy::unnecessary_wraps, reason = "an arm of a match of options")]
fn safe(title: &str, edits: Vec<Edit>) -> Option<Fix> {
    Some(fix(title, edits, true))
}

#[expect(clippy::unnecessary_wraps, reason = "an arm of a match of options")]
fn bold(title: &str, span: Span, new: Vec<u8>) -> Option<Fix> {
    Some(fix(title, vec![Edit::replace(span, new)], false))
}

/// What a word was meant to be.
fn word(code: &str, text: &[u8]) -> Option<Vec<u8>> {
    match code {
        "TW204" => {
            let address: Ipv6Addr = str::from_utf8(text).ok()?.parse().ok()?;
            Some(format!("[{address}]").into_bytes())
        }
        "TW301" => {
            let HostPattern::Ipv4Net { net, mask } = ClientPattern::read(text).host else {
                return None;
            };
            let slash = memchr::memchr(b'/', text).filter(|_| mask != 0)?;
            let network = Ipv4Addr::from_bits(net & mask).to_string();
            Some([network.as_bytes(), text.get(slash..)?].concat())
        }
        "TW303" => text.strip_suffix(b"/255.255.255.255").map(<[u8]>::to_vec),
        "TW305" => {
            let inner = text.strip_prefix(b"[")?.strip_suffix(b"]")?;
            if dotted_quad(inner).is_some() {
                return Some(inner.to_vec());
            }
            let slash = memchr::memchr(b'/', inner)?;
            let (net, length) = inner.split_at(slash);
            str::from_utf8(net).ok()?.parse::<Ipv6Addr>().ok()?;
            Some([b"[", net, b"]", length].concat())
        }
        "TW309" => {
            let is_clean = text
                .iter()
                .all(|byte| byte.is_ascii_digit() || *byte == b'.');
            is_clean.then(|| [text, b"."].concat())
        }
        "TW312" => {
            let inner = text.strip_prefix(b"[")?.strip_suffix(b"]")?;
            let address: Ipv6Addr = str::from_utf8(inner).ok()?.parse().ok()?;
            Some(address.to_ipv4_mapped()?.to_string().into_bytes())
        }
        _ => name(code, text),
    }
}

/// What the name of a host, a daemon or an option was meant to be.
fn name(code: &str, text: &[u8]) -> Option<Vec<u8>> {
    let owned = |text: &str| Some(text.as_bytes().to_vec());
    match code {
        "TW302" => owned("ALL"),
        "TW314" => text.eq_ignore_ascii_case(b"ANY").then(|| b"ALL".to_vec()),
        "TW321" => {
            let head = text.strip_suffix(b"*")?;
            let is_clean = head
                .iter()
                .all(|byte| byte.is_ascii_digit() || *byte == b'.');
            (is_clean && head.ends_with(b".")).then(|| head.to_vec())
        }
        "TW322" => {
            let tail = text
                .strip_prefix(b"*")
                .filter(|tail| !tail.contains(&b'*'))?;
            Some([b".", tail].concat())
        }
        "TW324" => text.strip_suffix(b".").map(<[u8]>::to_vec),
        "TW401" if text.starts_with(b"/") => {
            let slash = memchr::memrchr(b'/', text)?;
            text.get(slash + 1..)
                .filter(|name| !name.is_empty())
                .map(<[u8]>::to_vec)
        }
        "TW401" => owned("sshd"),
        "TW403" => owned(closest(text, DAEMONS.iter().copied().skip(5))?),
        "TW501" => owned(closest(text, OPTIONS.iter().map(|option| option.name))?),
        _ => None,
    }
}
