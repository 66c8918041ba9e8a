//! A pair of tables, the list files they may name, and how they are laid out in a directory.

use super::library::Tables;
use std::fs;
use std::path::Path;

/// The names of the list files of a case.
pub(crate) const LISTS: [&str; 3] = ["list0", "list1", "list2"];

/// What libwrap and tcpw are asked about.
#[derive(Debug, Clone, Default)]
pub(crate) struct Case {
    /// The allow table; `None` is an absent file.
    pub(crate) allow: Option<Vec<u8>>,
    /// The deny table; `None` is an absent file.
    pub(crate) deny: Option<Vec<u8>>,
    /// The contents of the list files.
    pub(crate) lists: [Vec<u8>; 3],
    /// Lines for `tcpw match --batch`.
    pub(crate) queries: Vec<Vec<u8>>,
}

impl Case {
    /// Writes the files into `dir`.
    pub(crate) fn lay(&self, dir: &Path) -> Tables {
        let tables = Tables::within(dir);
        lay_table(&tables.allow, self.allow.as_deref());
        lay_table(&tables.deny, self.deny.as_deref());
        for (name, bytes) in LISTS.iter().zip(&self.lists) {
            fs::write(dir.join(name), bytes).unwrap();
        }
        tables
    }

    /// The case as a person can read and repeat it.
    pub(crate) fn show(&self) -> String {
        let mut lines = Vec::new();
        for (name, table) in [("allow", &self.allow), ("deny", &self.deny)] {
            let bytes = table.as_ref().map_or("absent".into(), |b| quoted(b));
            lines.push(format!("  {name}: {bytes}\n"));
        }
        for (name, bytes) in LISTS.iter().zip(&self.lists) {
            if !bytes.is_empty() {
                lines.push(format!("  {name}: {}\n", quoted(bytes)));
            }
        }
        for query in &self.queries {
            lines.push(format!("  query: {}\n", quoted(query)));
        }
        lines.concat()
    }
}

fn lay_table(path: &Path, bytes: Option<&[u8]>) {
    match bytes {
        Some(bytes) => fs::write(path, bytes).unwrap(),
        None if path.exists() => fs::remove_file(path).unwrap(),
        None => (),
    }
}

fn quoted(bytes: &[u8]) -> String {
    format!("b\"{}\"", bytes.escape_ascii())
}
