//! Every key of the configuration.

use super::{alert, fleet, follow, letter};

/// Every key, by table; the manual page tcpw.toml(5) describes each of them.
pub const KEYS: &[(&str, &[&str])] = &[
    (
        "",
        &[
            "mail", "journal", "drop", "lint", "guard", "follow", "alert", "geo", "status", "fleet",
        ],
    ),
    ("mail", MAIL),
    ("mail.smtp", SMTP),
    ("alert.command", COMMAND),
    ("alert.webhook", WEBHOOK),
    ("journal", JOURNAL),
    ("drop", DROP),
    ("lint", LINT),
    ("guard", GUARD),
    ("follow", follow::FOLLOW),
    ("status", STATUS),
    ("fleet", fleet::FLEET),
    ("alert", alert::ALERT),
    ("geo", letter::GEO),
    ("alert.rule", alert::RULE),
];
const MAIL: &[&str] = &[
    "from",
    "to",
    "cc",
    "bcc",
    "subject",
    "subject_template",
    "text_template",
    "html_template",
    "attach_events",
    "reverse_dns",
    "language",
    "transport",
    "attachments",
    "file_dir",
    "sendmail",
    "smtp",
];
const SMTP: &[&str] = &[
    "host",
    "port",
    "tls",
    "auth",
    "username",
    "password_file",
    "password_command",
    "password_credential",
    "password",
    "ca_file",
    "fingerprint",
    "hello",
    "timeout",
];
const COMMAND: &[&str] = &["name", "argv", "timeout"];
const WEBHOOK: &[&str] = &[
    "name",
    "url",
    "headers",
    "body",
    "secret_file",
    "secret_command",
    "secret_credential",
    "secret",
    "ca_file",
    "timeout",
];
const DROP: &[&str] = &["path", "root"];
const JOURNAL: &[&str] = &["path", "keep", "max_size"];
const GUARD: &[&str] = &["keep_in"];
const STATUS: &[&str] = &["group"];
const LINT: &[&str] = &["select", "ignore", "per_path_ignore"];

/// The keys of a table; none of a table that is not known.
pub(super) fn known(table: &str) -> &'static [&'static str] {
    KEYS.iter()
        .find(|(name, _)| *name == table)
        .map_or(&[], |(_, keys)| keys)
}
