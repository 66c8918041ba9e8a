//! Findings as SARIF 2.1.0 (OASIS Standard, sections 3.13 to 3.30).

use super::json::write;
use super::placed::{Linted, Placed};
use crate::cli::base::{Failure, Output};
use crate::diagnostic::Severity;
use crate::lint::{CHECKS, Check, docs};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

pub(super) fn print(all: &[Linted], out: &mut Output) -> Result<(), Failure> {
    let results: Vec<Value> = all.iter().flat_map(Linted::placed).map(result).collect();
    let rules: Vec<Value> = CHECKS.iter().map(rule).collect();
    let log = json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "tcpw",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            }},
            // Columns are counted in bytes, which no SARIF unit is; for ASCII they are the same.
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    write(&log, out)
}

fn rule(check: &Check) -> Value {
    let doc = docs::of(check.code);
    json!({
        "id": check.code,
        "name": check.name,
        "shortDescription": { "text": doc.what },
        "fullDescription": { "text": doc.why },
        "defaultConfiguration": { "level": level(check.severity) },
        "properties": { "harm": check.harm.as_str() },
    })
}

fn result(placed: Placed<'_>) -> Value {
    let found = &placed.finding.diagnostic;
    let index = CHECKS.iter().position(|check| check.code == found.code);
    let mut result = json!({
        "ruleId": found.code,
        "level": level(found.severity),
        "message": { "text": placed.whole_text() },
        "locations": [{ "physicalLocation": {
            "artifactLocation": { "uri": uri(&placed.source.file.path) },
            "region": {
                "startLine": placed.start.line,
                "startColumn": placed.start.column,
                "endLine": placed.end.line,
                "endColumn": placed.end.column,
            },
        }}],
        "properties": { "harm": placed.finding.harm.as_str() },
    });
    let others = placed.lines.get(1..).unwrap_or_default();
    if let (false, Some(object)) = (others.is_empty(), result.as_object_mut()) {
        let uri = uri(&placed.source.file.path);
        let related = others.iter().map(|line| {
            json!({ "physicalLocation": {
                "artifactLocation": { "uri": uri },
                "region": { "startLine": line },
            }})
        });
        object.insert("relatedLocations".to_owned(), related.collect());
    }
    if let (Some(index), Some(object)) = (index, result.as_object_mut()) {
        object.insert("ruleIndex".to_owned(), json!(index));
    }
    if let (Some(clause), Some(properties)) = (
        placed.witness,
        result
            .pointer_mut("/properties")
            .and_then(Value::as_object_mut),
    ) {
        properties.insert("witness".to_owned(), json!(clause));
    }
    result
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "note",
    }
}

/// A path as a URI reference (RFC 3986): everything but unreserved characters and `/` is encoded.
fn uri(path: &Path) -> String {
    let scheme = if path.is_absolute() { "file://" } else { "" };
    let mut uri = scheme.to_owned();
    for &byte in path.as_os_str().as_bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            _ = write!(uri, "%{byte:02X}");
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::OsStr;

    #[test]
    fn paths_become_uri_references() {
        assert_eq!(uri(Path::new("a b/c%.allow")), "a%20b/c%25.allow");
        assert_eq!(uri(Path::new("/etc/hosts.deny")), "file:///etc/hosts.deny");
        let odd = OsStr::from_bytes(b"\xff:\n");
        assert_eq!(uri(Path::new(odd)), "%FF%3A%0A");
    }
}
