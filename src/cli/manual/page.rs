//! What the page of a command says beside its options.

/// What the page of one command says beside its options.
#[derive(Debug)]
pub(super) struct Page {
    /// The words of the command, such as `queue show`; nothing for `tcpw` itself.
    pub(super) command: &'static str,
    /// Lines to type, and what each does. A test runs them all.
    pub(super) examples: &'static [(&'static str, &'static str)],
    /// Exit codes, and what each means.
    pub(super) exit: &'static [(&'static str, &'static str)],
}

/// Of commands that do something or cannot.
pub(super) const DONE: &[(&str, &str)] = &[
    ("0", "done"),
    ("2", "it could not be done; the message says why"),
];

/// Of commands that change tables.
pub(super) const CHANGED: &[(&str, &str)] = &[
    ("0", "done, or there was nothing to change"),
    ("2", "refused, or not possible; nothing was written"),
];
