//! What is read of a damaged journal: its tables, column by column, and what stands in an index a
//! second time.

/// A table: its name, and its columns with how they are read where damage may have made something
/// of a word that is none.
pub(super) type Table = (&'static str, &'static [(&'static str, &'static str)]);

/// The letters.
pub(super) const LETTERS: Table = (
    "letters",
    &[
        ("id", ""),
        (
            "kind",
            "CASE WHEN kind IN ('alarm', 'digest', 'overflow', 'notice', 'heartbeat', 'report')
                 THEN kind WHEN body IS NULL THEN 'digest' ELSE 'notice' END",
        ),
        (
            "state",
            "CASE WHEN state IN ('open', 'sent', 'merged') THEN state ELSE 'sent' END",
        ),
        ("source", ""),
        ("audience", ""),
        ("message_id", ""),
        ("thread", ""),
        ("created", ""),
        ("due", ""),
        ("released", ""),
        ("merged_into", ""),
        ("count", ""),
        ("first_event", ""),
        ("last_event", ""),
        ("body", ""),
        ("reporter", ""),
    ],
);
/// Letters on their ways.
pub(super) const DISPATCHES: Table = (
    "dispatches",
    &[
        ("letter", ""),
        ("channel", ""),
        (
            "state",
            "CASE WHEN state IN ('waiting', 'delivered', 'failed', 'dropped') THEN state
                 ELSE 'waiting' END",
        ),
        ("attempts", ""),
        ("next_due", ""),
        ("first_try", ""),
        ("last_error", ""),
        ("told", ""),
    ],
);
/// Attempts to deliver.
pub(super) const DELIVERIES: Table = (
    "deliveries",
    &[
        ("id", ""),
        ("letter", ""),
        ("channel", ""),
        ("time", ""),
        ("recipient", ""),
        (
            "outcome",
            "CASE WHEN outcome IN ('delivered', 'permanent') THEN outcome ELSE 'transient' END",
        ),
        ("step", ""),
        ("text", ""),
    ],
);
/// Who fires alerts.
pub(super) const SOURCES: Table = (
    "sources",
    &[
        ("id", ""),
        ("uid", ""),
        ("key", ""),
        ("first_time", ""),
        ("last_time", ""),
        ("last_event", ""),
        ("count", ""),
        ("quiet_until", ""),
        ("thread", ""),
    ],
);
/// The values of events.
pub(super) const TEXTS: Table = (
    "texts",
    &[
        ("id", ""),
        ("uid", ""),
        ("bytes", ""),
        ("length", ""),
        ("last_event", ""),
    ],
);
/// Rules that fired.
pub(super) const RULES: Table = (
    "rules",
    &[
        ("id", ""),
        ("file", ""),
        ("line", ""),
        ("text", ""),
        ("digest", ""),
        ("last_event", ""),
    ],
);
/// The events.
pub(super) const EVENTS: Table = (
    "events",
    &[
        ("id", ""),
        ("time", ""),
        ("collected", ""),
        ("source", ""),
        ("previous", ""),
        ("machine", ""),
        ("host", ""),
        ("addr", ""),
        ("daemon", ""),
        ("server", ""),
        ("user", ""),
        ("pid", ""),
        ("uid", ""),
        ("rule", ""),
        ("verdict", ""),
        ("decision", ""),
        ("letter", ""),
    ],
);

/// What stands in an index too, or has a text for its key: the statement that reads it from one of
/// its ends, and the one that writes it.
pub(super) const TWICE: [(&str, &str); 3] = [
    (
        "SELECT name FROM collected ORDER BY name {order}",
        "INSERT OR IGNORE INTO collected (name) VALUES (?1)",
    ),
    (
        "SELECT name, value FROM facts ORDER BY name {order}",
        "INSERT OR IGNORE INTO facts (name, value) VALUES (?1, ?2)",
    ),
    (
        "SELECT id, uid, bytes, length FROM texts INDEXED BY sqlite_autoindex_texts_1
         ORDER BY uid {order}, bytes {order}, length {order}",
        "INSERT OR IGNORE INTO texts (id, uid, bytes, length) VALUES (?1, ?2, ?3, ?4)",
    ),
];
/// The ways that letters wait for, by their index.
pub(super) const WAITING: (&str, &str) = (
    "SELECT letter, channel, state, next_due FROM dispatches INDEXED BY dispatches_due
     WHERE state IN ('failed', 'waiting') ORDER BY state {order}, next_due {order}",
    "INSERT OR IGNORE INTO dispatches (letter, channel, state, next_due) VALUES (?1, ?2, ?3, ?4)",
);
/// The Message-IDs of letters, by their index.
pub(super) const MESSAGE_IDS: (&str, &str) = (
    "SELECT id, message_id FROM letters INDEXED BY sqlite_autoindex_letters_1
     ORDER BY message_id {order}",
    "INSERT OR IGNORE INTO temp.named (id, message_id) VALUES (?1, ?2)",
);
/// The keys of sources, by their index.
pub(super) const KEYS: (&str, &str) = (
    "SELECT id, uid, key FROM sources INDEXED BY sqlite_autoindex_sources_1
     ORDER BY uid {order}, key {order}",
    "INSERT OR IGNORE INTO temp.keyed (id, uid, key) VALUES (?1, ?2, ?3)",
);
