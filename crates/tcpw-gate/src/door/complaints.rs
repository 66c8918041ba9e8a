//! Lines that are no rules, which libwrap complains about when it comes to them.

use hosts_access::engine::TableName;
use std::cell::RefCell;

/// A complaint about a line: its index, its number as libwrap counts, and libwrap's words.
pub(crate) type Complaint = (usize, u32, &'static str);

/// What is still to be complained about in each table.
#[derive(Debug, Default)]
pub(crate) struct Complaints {
    /// Those that come first stand last.
    lines: RefCell<[Vec<Complaint>; 2]>,
    /// Those that were said: a table may be read twice.
    said: RefCell<Vec<(TableName, u32, &'static str)>>,
}

impl Complaints {
    /// Puts what is to be said of a table, in the order of its lines, in place of what was.
    pub(crate) fn set(&self, table: TableName, mut found: Vec<Complaint>) {
        found.reverse();
        if let Some(lines) = self.lines.borrow_mut().get_mut(place(table)) {
            *lines = found;
        }
    }

    /// The next one of a table before the line with the index `end`.
    pub(crate) fn next(&self, table: TableName, end: usize) -> Option<(u32, &'static str)> {
        let mut lines = self.lines.borrow_mut();
        let lines = lines.get_mut(place(table))?;
        let mut said = self.said.borrow_mut();
        loop {
            let &(_, number, words) = lines.last().filter(|(line, ..)| *line < end)?;
            lines.pop();
            let complaint = (table, number, words);
            if !said.contains(&complaint) {
                said.push(complaint);
                return Some((number, words));
            }
        }
    }
}

fn place(table: TableName) -> usize {
    match table {
        TableName::Allow => 0,
        TableName::Deny => 1,
    }
}
