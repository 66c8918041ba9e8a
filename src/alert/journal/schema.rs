//! The tables of the journal, and how an older journal becomes one of this version.
//!
//! Times are nanoseconds since the epoch in UTC, but for `due`, `released`, `next_due`, `first_try`
//! and `quiet_until`, which are seconds. Values that come again and again (names, addresses,
//! rules) stand once in a table of their own, names and addresses once for each user who reported
//! them. An event names the one before it of its source, so that the last events of a source are
//! found without an index.

/// One step a version; `user_version` says how many were made. Never edited, only added to.
pub(super) const MIGRATIONS: [&str; 3] = [
    "
    CREATE TABLE events (
        id INTEGER PRIMARY KEY,
        file TEXT NOT NULL UNIQUE,
        time TEXT NOT NULL,
        collected TEXT NOT NULL,
        host BLOB NOT NULL, host_length INTEGER NOT NULL,
        addr BLOB NOT NULL, addr_length INTEGER NOT NULL,
        daemon BLOB NOT NULL, daemon_length INTEGER NOT NULL,
        server BLOB NOT NULL, server_length INTEGER NOT NULL,
        pid BLOB NOT NULL, pid_length INTEGER NOT NULL,
        uid INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE outbox (
        id INTEGER PRIMARY KEY,
        message_id TEXT NOT NULL UNIQUE,
        created TEXT NOT NULL,
        rule TEXT,
        state TEXT NOT NULL CHECK (state IN ('waiting', 'delivered', 'failed')),
        attempts INTEGER NOT NULL DEFAULT 0,
        next_due INTEGER NOT NULL,
        last_error TEXT
    ) STRICT;
    CREATE INDEX outbox_due ON outbox (state, next_due);
    CREATE TABLE letter_events (
        letter INTEGER NOT NULL REFERENCES outbox (id),
        event INTEGER NOT NULL UNIQUE REFERENCES events (id),
        PRIMARY KEY (letter, event)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE deliveries (
        id INTEGER PRIMARY KEY,
        letter INTEGER NOT NULL REFERENCES outbox (id),
        time TEXT NOT NULL,
        recipient TEXT,
        outcome TEXT NOT NULL CHECK (outcome IN ('delivered', 'transient', 'permanent')),
        step TEXT NOT NULL,
        text TEXT NOT NULL
    ) STRICT;
    CREATE INDEX deliveries_letter ON deliveries (letter);
",
    "
    ALTER TABLE events RENAME TO events_1;
    ALTER TABLE outbox RENAME TO outbox_1;
    ALTER TABLE deliveries RENAME TO deliveries_1;
    DROP INDEX outbox_due;
    DROP INDEX deliveries_letter;

    -- Every value of a claim once; `length` is more than `bytes` has where it was cut.
    CREATE TABLE texts (
        id INTEGER PRIMARY KEY,
        bytes BLOB NOT NULL,
        length INTEGER NOT NULL,
        last_event INTEGER NOT NULL DEFAULT 0,
        UNIQUE (bytes, length)
    ) STRICT;
    -- Who fires alarms: a network, or a name where no address is known.
    CREATE TABLE sources (
        id INTEGER PRIMARY KEY,
        key TEXT NOT NULL UNIQUE,
        first_time INTEGER NOT NULL,
        last_time INTEGER NOT NULL,
        last_event INTEGER NOT NULL,
        count INTEGER NOT NULL,
        quiet_until INTEGER NOT NULL DEFAULT 0,
        thread TEXT
    ) STRICT;
    CREATE TABLE rules (
        id INTEGER PRIMARY KEY,
        file TEXT NOT NULL,
        line INTEGER NOT NULL,
        text TEXT NOT NULL,
        digest TEXT NOT NULL,
        last_event INTEGER NOT NULL DEFAULT 0,
        UNIQUE (file, line, text, digest)
    ) STRICT;
    -- Only ever added to, and forgotten from the oldest on.
    CREATE TABLE events (
        id INTEGER PRIMARY KEY,
        time INTEGER NOT NULL,
        collected INTEGER NOT NULL,
        source INTEGER NOT NULL,
        previous INTEGER,
        machine INTEGER NOT NULL,
        host INTEGER NOT NULL,
        addr INTEGER NOT NULL,
        daemon INTEGER NOT NULL,
        server INTEGER NOT NULL,
        user INTEGER NOT NULL,
        -- The process itself if it is a number, else the text, negated.
        pid INTEGER NOT NULL,
        uid INTEGER NOT NULL,
        rule INTEGER,
        -- 0 unknown, 1 denied, 2 granted
        verdict INTEGER NOT NULL,
        -- 0 told at once, 1 a repeat, 2 too many letters, 3 a digest by its rule, 4 never told,
        -- 5 the mail is stalled
        decision INTEGER NOT NULL,
        letter INTEGER
    ) STRICT;
    CREATE INDEX events_letter ON events (letter);
    -- Which events an hour of their time has.
    CREATE TABLE hours (
        hour INTEGER PRIMARY KEY,
        first_event INTEGER NOT NULL,
        last_event INTEGER NOT NULL,
        count INTEGER NOT NULL
    ) STRICT;
    -- Event files that are in the journal and may be in their directory still.
    CREATE TABLE collected (name TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
    CREATE TABLE letters (
        id INTEGER PRIMARY KEY,
        kind TEXT NOT NULL
            CHECK (kind IN ('alarm', 'digest', 'overflow', 'notice', 'heartbeat', 'report')),
        -- It gathers events until it is due, then it is sent, or it became part of another one.
        state TEXT NOT NULL CHECK (state IN ('open', 'sent', 'merged')),
        source INTEGER,
        -- Who is told, as a JSON array; empty for those whom the configuration names.
        audience TEXT NOT NULL DEFAULT '',
        message_id TEXT NOT NULL UNIQUE,
        thread TEXT,
        created INTEGER NOT NULL,
        due INTEGER NOT NULL,
        released INTEGER,
        merged_into INTEGER,
        count INTEGER NOT NULL DEFAULT 0,
        first_event INTEGER,
        last_event INTEGER,
        -- What a notice, a sign of life or a report says, as JSON.
        body TEXT
    ) STRICT;
    CREATE INDEX letters_open ON letters (due) WHERE state = 'open';
    CREATE INDEX letters_merged ON letters (merged_into) WHERE merged_into IS NOT NULL;
    CREATE INDEX letters_released ON letters (released) WHERE released IS NOT NULL;
    -- One letter on one way out.
    CREATE TABLE dispatches (
        letter INTEGER NOT NULL,
        channel TEXT NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('waiting', 'delivered', 'failed', 'dropped')),
        attempts INTEGER NOT NULL DEFAULT 0,
        next_due INTEGER NOT NULL,
        first_try INTEGER,
        last_error TEXT,
        -- Whether a later letter said that this one was given up.
        told INTEGER NOT NULL DEFAULT 0,
        PRIMARY KEY (letter, channel)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX dispatches_due ON dispatches (state, next_due);
    CREATE TABLE deliveries (
        id INTEGER PRIMARY KEY,
        letter INTEGER NOT NULL,
        channel TEXT NOT NULL,
        time INTEGER NOT NULL,
        recipient TEXT,
        outcome TEXT NOT NULL CHECK (outcome IN ('delivered', 'transient', 'permanent')),
        step TEXT NOT NULL,
        text TEXT NOT NULL
    ) STRICT;
    CREATE INDEX deliveries_letter ON deliveries (letter);
    CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

    INSERT INTO texts (bytes, length)
        SELECT host, host_length FROM events_1 UNION SELECT addr, addr_length FROM events_1
        UNION SELECT daemon, daemon_length FROM events_1
        UNION SELECT server, server_length FROM events_1
        UNION SELECT pid, pid_length FROM events_1 UNION SELECT x'', 0;
    UPDATE texts SET last_event = (SELECT coalesce(max(id), 0) FROM events_1);
    INSERT INTO rules (file, line, text, digest)
        SELECT DISTINCT '', 0, rule, '' FROM outbox_1 WHERE rule IS NOT NULL;
    UPDATE rules SET last_event = (SELECT coalesce(max(id), 0) FROM events_1);
    CREATE TEMP TABLE moved AS SELECT
        id, file,
        unixepoch(substr(time, 1, 19)) * 1000000000 + CAST(substr(time, 21, 9) AS INTEGER) AS time,
        unixepoch(substr(collected, 1, 19)) * 1000000000
            + CAST(substr(collected, 21, 9) AS INTEGER) AS collected,
        CASE
            WHEN addr = x'' THEN 'name ' || hex(host)
            WHEN CAST(addr AS TEXT) GLOB '*[^0-9A-Fa-f:.]*' THEN 'name ' || hex(addr)
            WHEN instr(CAST(addr AS TEXT), ':') THEN CAST(addr AS TEXT) || '/128'
            ELSE CAST(addr AS TEXT) || '/32'
        END AS key
        FROM events_1;
    INSERT INTO sources (key, first_time, last_time, last_event, count)
        SELECT key, min(time), max(time), max(id), count(*) FROM moved GROUP BY key;
    INSERT INTO events (id, time, collected, source, previous, machine, host, addr, daemon,
            server, user, pid, uid, rule, verdict, decision, letter)
        SELECT old.id, moved.time, moved.collected, sources.id,
            (SELECT max(m.id) FROM moved m WHERE m.key = moved.key AND m.id < moved.id),
            none.id, host.id, addr.id, daemon.id, server.id, none.id, -pid.id, old.uid,
            rules.id, 0, 0, letter_events.letter
        FROM events_1 old
        JOIN moved ON moved.id = old.id
        JOIN sources ON sources.key = moved.key
        JOIN texts none ON none.bytes = x'' AND none.length = 0
        JOIN texts host ON host.bytes = old.host AND host.length = old.host_length
        JOIN texts addr ON addr.bytes = old.addr AND addr.length = old.addr_length
        JOIN texts daemon ON daemon.bytes = old.daemon AND daemon.length = old.daemon_length
        JOIN texts server ON server.bytes = old.server AND server.length = old.server_length
        JOIN texts pid ON pid.bytes = old.pid AND pid.length = old.pid_length
        LEFT JOIN letter_events ON letter_events.event = old.id
        LEFT JOIN outbox_1 ON outbox_1.id = letter_events.letter
        LEFT JOIN rules ON rules.text = outbox_1.rule;
    INSERT INTO hours SELECT time / 3600000000000, min(id), max(id), count(*) FROM events GROUP BY 1;
    INSERT INTO collected SELECT file FROM events_1 ORDER BY id DESC LIMIT 10000;
    INSERT INTO letters (id, kind, state, message_id, created, due, released, count,
            first_event, last_event, source)
        SELECT old.id, 'alarm', 'sent', old.message_id,
            unixepoch(substr(old.created, 1, 19)) * 1000000000,
            unixepoch(substr(old.created, 1, 19)), unixepoch(substr(old.created, 1, 19)),
            count(events.id), min(events.id), max(events.id), min(events.source)
        FROM outbox_1 old LEFT JOIN events ON events.letter = old.id GROUP BY old.id;
    INSERT INTO dispatches (letter, channel, state, attempts, next_due, first_try, last_error, told)
        SELECT id, 'mail', state, attempts, next_due,
            CASE WHEN attempts > 0 THEN unixepoch(substr(created, 1, 19)) END, last_error, 1
        FROM outbox_1;
    INSERT INTO deliveries (id, letter, channel, time, recipient, outcome, step, text)
        SELECT id, letter, 'mail', unixepoch(substr(time, 1, 19)) * 1000000000, recipient, outcome,
            step, text
        FROM deliveries_1;
    DROP TABLE moved;
    DROP TABLE letter_events;
    DROP TABLE deliveries_1;
    DROP TABLE outbox_1;
    DROP TABLE events_1;

    -- For whoever asks with sqlite3(1); the program itself does not use it.
    CREATE VIEW readable AS SELECT
        events.id, strftime('%Y-%m-%dT%H:%M:%fZ', events.time / 1e9, 'unixepoch') AS time,
        sources.key AS source, host.bytes AS host, addr.bytes AS addr, daemon.bytes AS daemon,
        server.bytes AS server, user.bytes AS user,
        CASE WHEN events.pid >= 0 THEN CAST(CAST(events.pid AS TEXT) AS BLOB)
            ELSE (SELECT bytes FROM texts WHERE id = -events.pid) END AS pid,
        events.uid, rules.file, rules.line, rules.text AS rule, rules.digest,
        CASE events.verdict WHEN 1 THEN 'denied' WHEN 2 THEN 'granted' ELSE 'unknown' END AS verdict,
        CASE events.decision WHEN 0 THEN 'at once' WHEN 1 THEN 'repeat' WHEN 2 THEN 'too many'
            WHEN 3 THEN 'digest' WHEN 4 THEN 'never' ELSE 'stalled' END AS decision,
        events.letter
        FROM events
        LEFT JOIN sources ON sources.id = events.source
        LEFT JOIN texts host ON host.id = events.host
        LEFT JOIN texts addr ON addr.id = events.addr
        LEFT JOIN texts daemon ON daemon.id = events.daemon
        LEFT JOIN texts server ON server.id = events.server
        LEFT JOIN texts user ON user.id = events.user
        LEFT JOIN rules ON rules.id = events.rule;
",
    "
    -- Who reported: everything that one user can fill or use up is his own.
    DROP VIEW readable;
    ALTER TABLE texts RENAME TO texts_2;
    ALTER TABLE sources RENAME TO sources_2;
    CREATE TABLE texts (
        id INTEGER PRIMARY KEY,
        uid INTEGER NOT NULL DEFAULT 0,
        bytes BLOB NOT NULL,
        length INTEGER NOT NULL,
        -- Of root's it is rough, of others' exact.
        last_event INTEGER NOT NULL DEFAULT 0,
        UNIQUE (uid, bytes, length)
    ) STRICT;
    CREATE TABLE sources (
        id INTEGER PRIMARY KEY,
        uid INTEGER NOT NULL DEFAULT 0,
        key TEXT NOT NULL,
        first_time INTEGER NOT NULL,
        last_time INTEGER NOT NULL,
        last_event INTEGER NOT NULL,
        count INTEGER NOT NULL,
        quiet_until INTEGER NOT NULL DEFAULT 0,
        thread TEXT,
        UNIQUE (uid, key)
    ) STRICT;
    -- The users other than root, 4294967295 for the one who is not known.
    CREATE TABLE reporters (
        uid INTEGER PRIMARY KEY,
        -- What his events take of the journal, roughly.
        bytes INTEGER NOT NULL DEFAULT 0,
        -- Events that went for lack of room and of which the system log, or a letter, does not know.
        unlogged INTEGER NOT NULL DEFAULT 0,
        untold INTEGER NOT NULL DEFAULT 0
    ) STRICT;
    -- Whose events a letter has: root's are 0, those of several others -1.
    ALTER TABLE letters ADD COLUMN reporter INTEGER NOT NULL DEFAULT 0;
    CREATE INDEX letters_others ON letters (reporter) WHERE reporter <> 0;
    CREATE INDEX events_others ON events (uid) WHERE uid <> 0;

    INSERT INTO texts (id, bytes, length, last_event)
        SELECT id, bytes, length, last_event FROM texts_2;
    INSERT INTO sources (id, key, first_time, last_time, last_event, count, quiet_until, thread)
        SELECT id, key, first_time, last_time, last_event, count, quiet_until, thread
        FROM sources_2;

    -- A source that several have reported becomes one of each.
    CREATE TEMP TABLE split AS SELECT source, uid, min(time) AS first_time, max(time) AS last_time,
        max(id) AS last_event, count(*) AS count FROM events WHERE uid <> 0 GROUP BY source, uid;
    CREATE TEMP TABLE own (source INTEGER PRIMARY KEY, last_time INTEGER, last_event INTEGER);
    INSERT INTO own SELECT source, max(time), max(id) FROM events
        WHERE uid = 0 AND source IN (SELECT source FROM split) GROUP BY source;
    CREATE TEMP TABLE chain (id INTEGER PRIMARY KEY, previous INTEGER);
    INSERT INTO chain SELECT id, coalesce(lag(id) OVER (PARTITION BY source, uid ORDER BY id),
            iif(previous < (SELECT min(id) FROM events), previous, NULL))
        FROM events WHERE source IN (SELECT source FROM split);
    UPDATE events SET previous = chain.previous FROM chain WHERE chain.id = events.id;
    INSERT INTO sources (uid, key, first_time, last_time, last_event, count, quiet_until, thread)
        SELECT split.uid, key, split.first_time, split.last_time, split.last_event, split.count,
            quiet_until, thread
        FROM split JOIN sources_2 ON sources_2.id = split.source;
    UPDATE sources SET
        count = max(1, count - (SELECT sum(count) FROM split WHERE split.source = sources.id)),
        last_time = own.last_time, last_event = own.last_event
        FROM own WHERE own.source = sources.id;
    DELETE FROM sources WHERE uid = 0 AND id IN (SELECT source FROM split)
        AND id NOT IN (SELECT source FROM own);
    UPDATE events SET source = sources.id FROM sources_2, sources
        WHERE events.uid <> 0 AND sources_2.id = events.source
            AND sources.uid = events.uid AND sources.key = sources_2.key;

    CREATE TEMP TABLE used (uid INTEGER, text INTEGER, PRIMARY KEY (uid, text)) WITHOUT ROWID;
    INSERT INTO used
        SELECT uid, host FROM events WHERE uid <> 0 UNION SELECT uid, addr FROM events WHERE uid <> 0
        UNION SELECT uid, daemon FROM events WHERE uid <> 0
        UNION SELECT uid, server FROM events WHERE uid <> 0
        UNION SELECT uid, user FROM events WHERE uid <> 0
        UNION SELECT uid, -pid FROM events WHERE uid <> 0 AND pid < 0;
    INSERT INTO texts (uid, bytes, length, last_event)
        SELECT used.uid, bytes, length,
            (SELECT max(last_event) FROM split WHERE split.uid = used.uid)
        FROM used JOIN texts_2 ON texts_2.id = used.text;
    CREATE TEMP TABLE moved (uid INTEGER, text INTEGER, own INTEGER, PRIMARY KEY (uid, text))
        WITHOUT ROWID;
    INSERT INTO moved SELECT used.uid, used.text, texts.id FROM used
        JOIN texts_2 ON texts_2.id = used.text
        JOIN texts ON texts.uid = used.uid AND texts.bytes = texts_2.bytes
            AND texts.length = texts_2.length;
    UPDATE events SET
        host = coalesce((SELECT own FROM moved WHERE uid = events.uid AND text = host), host),
        addr = coalesce((SELECT own FROM moved WHERE uid = events.uid AND text = addr), addr),
        daemon = coalesce((SELECT own FROM moved WHERE uid = events.uid AND text = daemon), daemon),
        server = coalesce((SELECT own FROM moved WHERE uid = events.uid AND text = server), server),
        user = coalesce((SELECT own FROM moved WHERE uid = events.uid AND text = user), user),
        pid = coalesce((SELECT -own FROM moved WHERE uid = events.uid AND text = -pid), pid)
        WHERE uid <> 0;
    DELETE FROM texts WHERE uid = 0 AND id IN (SELECT text FROM used) AND id NOT IN (
        SELECT host FROM events UNION ALL SELECT addr FROM events UNION ALL
        SELECT daemon FROM events UNION ALL SELECT server FROM events UNION ALL
        SELECT user FROM events UNION ALL SELECT machine FROM events UNION ALL
        SELECT -pid FROM events WHERE pid < 0);

    CREATE TEMP TABLE claimed (letter INTEGER PRIMARY KEY, reporter INTEGER, source INTEGER);
    INSERT INTO claimed SELECT letter, iif(min(uid) = max(uid), min(uid), -1), min(source)
        FROM events WHERE letter IN (SELECT letter FROM events WHERE uid <> 0)
        GROUP BY letter HAVING min(uid) > 0;
    UPDATE letters SET reporter = iif(kind = 'overflow', -1, claimed.reporter),
        source = iif(letters.source IS NULL, NULL, claimed.source)
        FROM claimed WHERE claimed.letter = letters.id;
    UPDATE letters SET reporter = 0 WHERE reporter <> 0 AND id IN
        (SELECT merged_into FROM letters WHERE merged_into IS NOT NULL AND reporter = 0);

    -- What the events of a user take of the journal, with what stands beside them.
    CREATE VIEW shares AS SELECT uid,
        160 * (SELECT count(*) FROM events WHERE events.uid <> 0 AND events.uid = reporters.uid)
        + coalesce((SELECT sum(3 * length(bytes) + 50) FROM texts
            WHERE texts.uid = reporters.uid), 0)
        + coalesce((SELECT sum(3 * length(key) + 120) FROM sources
            WHERE sources.uid = reporters.uid), 0)
        + 700 * (SELECT count(*) FROM letters
            WHERE letters.reporter <> 0 AND letters.reporter = reporters.uid) AS bytes
        FROM reporters;
    INSERT INTO reporters (uid) SELECT DISTINCT uid FROM split;
    UPDATE reporters SET bytes = (SELECT bytes FROM shares WHERE shares.uid = reporters.uid);

    DROP TABLE split;
    DROP TABLE own;
    DROP TABLE chain;
    DROP TABLE used;
    DROP TABLE moved;
    DROP TABLE claimed;
    DROP TABLE texts_2;
    DROP TABLE sources_2;

    -- For whoever asks with sqlite3(1); the program itself does not use it.
    CREATE VIEW readable AS SELECT
        events.id, strftime('%Y-%m-%dT%H:%M:%fZ', events.time / 1e9, 'unixepoch') AS time,
        sources.key AS source, host.bytes AS host, addr.bytes AS addr, daemon.bytes AS daemon,
        server.bytes AS server, user.bytes AS user,
        CASE WHEN events.pid >= 0 THEN CAST(CAST(events.pid AS TEXT) AS BLOB)
            ELSE (SELECT bytes FROM texts WHERE id = -events.pid) END AS pid,
        events.uid, rules.file, rules.line, rules.text AS rule, rules.digest,
        CASE events.verdict WHEN 1 THEN 'denied' WHEN 2 THEN 'granted' ELSE 'unknown' END AS verdict,
        CASE events.decision WHEN 0 THEN 'at once' WHEN 1 THEN 'repeat' WHEN 2 THEN 'too many'
            WHEN 3 THEN 'digest' WHEN 4 THEN 'never' ELSE 'stalled' END AS decision,
        events.letter
        FROM events
        LEFT JOIN sources ON sources.id = events.source
        LEFT JOIN texts host ON host.id = events.host
        LEFT JOIN texts addr ON addr.id = events.addr
        LEFT JOIN texts daemon ON daemon.id = events.daemon
        LEFT JOIN texts server ON server.id = events.server
        LEFT JOIN texts user ON user.id = events.user
        LEFT JOIN rules ON rules.id = events.rule;
",
];

#[cfg(test)]
mod tests {
    use super::*;
    use rusqlite::Connection;

    #[test]
    fn a_journal_of_the_first_version_keeps_its_events_and_letters() {
        let database = Connection::open_in_memory().unwrap();
        database.execute_batch(MIGRATIONS[0]).unwrap();
        database
            .execute_batch(
                "INSERT INTO events VALUES
                   (1, '1.event', '2026-01-31T12:00:00.123456789Z', '2026-01-31T12:00:01.000000000Z',
                    x'68', 1, CAST('192.0.2.7' AS BLOB), 9, x'73', 1, x'', 0, x'39', 1, 0),
                   (2, '2.event', '2026-01-31T13:00:00.000000000Z', '2026-01-31T13:00:01.000000000Z',
                    x'68', 500, CAST('192.0.2.7' AS BLOB), 9, x'73', 1, x'', 0, x'39', 1, 7);
                 INSERT INTO outbox VALUES
                   (1, '<a@b>', '2026-01-31T12:00:01.000000000Z', 'hosts.deny:1: ALL: ALL', 'delivered', 1, 5, NULL),
                   (2, '<c@b>', '2026-01-31T13:00:01.000000000Z', NULL, 'waiting', 0, 5, NULL);
                 INSERT INTO letter_events VALUES (1, 1), (2, 2);
                 INSERT INTO deliveries VALUES
                   (1, 1, '2026-01-31T12:00:02.000000000Z', 'a@b', 'delivered', 'message', 'ok');",
            )
            .unwrap();
        database.execute_batch(MIGRATIONS[1]).unwrap();
        let one = |sql: &str| {
            database
                .query_row(sql, [], |row| row.get::<_, i64>(0))
                .unwrap()
        };
        assert_eq!(
            one("SELECT time FROM events WHERE id = 1"),
            1_769_860_800_123_456_789
        );
        assert_eq!(one("SELECT previous FROM events WHERE id = 2"), 1);
        assert_eq!(
            one("SELECT count FROM sources WHERE key = '192.0.2.7/32'"),
            2
        );
        assert_eq!(one("SELECT count(*) FROM hours"), 2);
        assert_eq!(
            one("SELECT count(*) FROM dispatches WHERE state = 'waiting'"),
            1
        );
        assert_eq!(
            one("SELECT count(*) FROM readable WHERE pid = x'39' AND rule LIKE 'hosts.deny:1:%'"),
            1
        );
        let length =
            "SELECT texts.length FROM events JOIN texts ON texts.id = host WHERE events.id = 2";
        assert_eq!(one(length), 500);
    }
}
