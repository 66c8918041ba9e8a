//! The plan of the house: its rooms, in which order they may use each other, and who owns which
//! external crate.

/// A room of the program and the rooms that it may use. Cargo guards the crates.
pub(super) type Room = (&'static str, &'static [&'static str]);

/// The rooms of `src`.
pub(super) const ROOMS: [Room; 17] = [
    ("diagnostic", &[]),
    ("values", &[]),
    ("system", &[]),
    ("config", &["system"]),
    ("metadata", &[]),
    ("doctor", &["system"]),
    ("lint", &["metadata"]),
    ("editor", &["system", "metadata"]),
    ("audit", &[]),
    ("alert", &["system", "config"]),
    ("import", &["system", "metadata"]),
    ("export", &["import"]),
    ("report", &["alert"]),
    ("status", &[]),
    ("lib", EVERY_ROOM),
    ("main", EVERY_ROOM),
    ("cli", EVERY_ROOM),
];

/// Plain data, which every room may use.
pub(super) const PLAIN: [&str; 2] = ["diagnostic", "values"];

/// Stands for all rooms, or for all users of a crate.
pub(super) const EVERY_ROOM: &[&str] = &["*"];

/// A folder of a source folder and its wings from left to right: a wing uses only wings to its left,
/// and wings of one group, which are siblings, do not use each other.
pub(super) type Wings = (&'static str, &'static [&'static [&'static str]]);

/// The wings of each folder that has them.
pub(super) const WINGS: &[Wings] = &[
    (
        "crates/hosts-access/src/engine",
        &[
            &["model"],
            &["index"],
            &["search"],
            &["compiled"],
            &["clients"],
            &["effect"],
        ],
    ),
    (
        "src/editor",
        &[
            &["client"],
            &["trial"],
            &["commit"],
            &["history"],
            &["change"],
            &["transaction"],
        ],
    ),
    (
        "src/alert",
        &[
            &["model"],
            &["inbox", "journal", "letter", "transport"],
            &["deliver"],
        ],
    ),
    (
        "src/lint",
        &[
            &["check", "command", "policy", "suggest", "words"],
            &[
                "claims",
                "foreign",
                "group",
                "harms",
                "machine_files",
                "precedence",
                "suppress",
                "trial",
                "view",
            ],
            &["cover", "finding", "fix"],
            &["sink"],
            &["row"],
            &["checks"],
            &["table"],
            &["docs", "witness"],
            &["report"],
            &["run"],
            &["repair"],
        ],
    ),
    (
        "src/lint/repair",
        &[
            &["edits", "readings", "repaired", "sampled"],
            &["proof"],
            &["mentions"],
            &["touched"],
            &["rounds"],
        ],
    ),
    (
        "src/cli/lint",
        &[
            &["list", "placed"],
            &["human", "json", "xml", "baseline"],
            &["sarif"],
            &["format"],
            &["args"],
            &["choice", "sources"],
            &["fix", "overall"],
            &["run"],
        ],
    ),
    (
        "src/cli",
        &[
            &["base"],
            &["machine"],
            &["verdict"],
            &["change"],
            &["lint", "alert"],
            &[
                "setup", "events", "export", "audit", "report", "doctor", "set",
            ],
            &["status"],
            &["mail"],
            &["completions", "demo", "manual"],
            &["args"],
            &["required_files", "static_build"],
            &["program"],
        ],
    ),
];

/// Files that only these folders may use: whoever has no terms cannot commit, so that a transaction,
/// which verifies and asks the guard, is the only way to it.
pub(super) const RESERVED: &[(&str, &[&str])] = &[(
    "editor/commit/commit_terms",
    &["editor/commit", "editor/transaction"],
)];

/// External crates and the rooms of `src` that may name them. A crate that is not listed may be used
/// by nobody until it has an owner.
pub(super) const CRATES: [Room; 31] = [
    ("clap", &["cli"]),
    ("clap_complete", &["cli"]),
    ("csv", &["cli", "import", "report"]),
    ("ipnet", &["config", "alert", "report", "cli"]),
    ("lettre", &["alert"]),
    ("rustls", &["alert"]),
    ("rustls_native_certs", &["alert"]),
    ("ureq", &["alert"]),
    ("rusqlite", &["alert", "import"]),
    ("minijinja", &["alert"]),
    ("plotters", &["report"]),
    ("roxmltree", &["import"]),
    ("unicode_width", &["cli", "report", "status"]),
    ("terminal_size", &["cli"]),
    ("similar", &["editor"]),
    ("tempfile", &["editor", "cli"]),
    ("xattr", &["editor"]),
    ("ring", &["editor", "metadata", "alert", "cli"]),
    ("dns_lookup", &["system"]),
    ("simple_dns", &["system"]),
    ("landlock", &["system"]),
    ("seccompiler", &["system"]),
    (
        "chrono",
        &[
            "system", "alert", "cli", "export", "import", "report", "metadata", "status",
        ],
    ),
    (
        "serde",
        &[
            "alert", "config", "editor", "cli", "import", "report", "status",
        ],
    ),
    (
        "serde_json",
        &[
            "alert", "config", "editor", "cli", "import", "report", "status",
        ],
    ),
    ("toml", &["config"]),
    ("toml_edit", &["config"]),
    ("nix", &["system", "editor", "alert"]),
    ("object", &["doctor"]),
    ("memchr", EVERY_ROOM),
    ("thiserror", EVERY_ROOM),
];
