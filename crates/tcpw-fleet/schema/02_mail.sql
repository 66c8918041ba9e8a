-- Version 2: what `tcpw-fleet mail` remembers. Run as tcpw_owner; it works as a member of tcpw_mail.

CREATE INDEX event_received ON tcpw.event USING brin (received);

-- One row.
CREATE TABLE tcpw.mail_state (
    single boolean PRIMARY KEY DEFAULT true CHECK (single),
    -- The last pass that was made.
    passed timestamptz,
    -- Before that nobody counts as silent: the database itself was away.
    grace timestamptz
);
INSERT INTO tcpw.mail_state DEFAULT VALUES;

-- Events that were looked at. A transaction may end a while after its rows were received, so each
-- pass looks back, and knows by this what it has seen.
CREATE TABLE tcpw.considered (
    host text COLLATE "C" NOT NULL,
    at timestamptz NOT NULL,
    seq bigint NOT NULL,
    received timestamptz NOT NULL,
    PRIMARY KEY (host, at, seq)
);
CREATE INDEX considered_received ON tcpw.considered (received);

-- Sources that a message was about, and until when their repeats are gathered.
CREATE TABLE tcpw.told (
    source text COLLATE "C" NOT NULL,
    audience text COLLATE "C" NOT NULL,
    quiet_until timestamptz NOT NULL,
    PRIMARY KEY (source, audience)
);

-- Messages: each gathers until it is due, is released, and is handed to the queue of tcpw, under the
-- same Message-ID however often.
CREATE TABLE tcpw.letter (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text COLLATE "C" NOT NULL CHECK (kind IN
        ('source', 'repeat', 'limit', 'late', 'claimed', 'silent', 'back')),
    -- Whom it is about; empty if about several.
    source text COLLATE "C" NOT NULL DEFAULT '',
    -- Who is told, as a JSON array; empty for those whom the configuration names.
    audience text COLLATE "C" NOT NULL DEFAULT '',
    message_id text COLLATE "C" NOT NULL UNIQUE,
    opened timestamptz NOT NULL,
    due timestamptz NOT NULL,
    released timestamptz,
    handed timestamptz
);
CREATE UNIQUE INDEX letter_open ON tcpw.letter (kind, source, audience) WHERE released IS NULL;
CREATE INDEX letter_released ON tcpw.letter (released) WHERE released IS NOT NULL;

-- What a message tells of.
CREATE TABLE tcpw.reached (
    letter bigint NOT NULL REFERENCES tcpw.letter (id) ON DELETE CASCADE,
    source text COLLATE "C" NOT NULL,
    host text COLLATE "C" NOT NULL,
    daemon text COLLATE "C" NOT NULL,
    first timestamptz,
    last timestamptz,
    PRIMARY KEY (letter, source, host, daemon)
);

-- Hosts that were not heard of for so long that they mail by themselves, until they have caught up.
CREATE TABLE tcpw.watch (
    host text COLLATE "C" PRIMARY KEY,
    -- When it was told that it is silent.
    told timestamptz,
    -- Since when it has nothing left to send.
    back timestamptz
);

GRANT USAGE ON SCHEMA tcpw TO tcpw_mail;
GRANT SELECT ON tcpw.version, tcpw.host, tcpw.event TO tcpw_mail;
GRANT SELECT, INSERT, UPDATE, DELETE ON tcpw.mail_state, tcpw.considered, tcpw.told, tcpw.letter,
    tcpw.reached, tcpw.watch TO tcpw_mail;
