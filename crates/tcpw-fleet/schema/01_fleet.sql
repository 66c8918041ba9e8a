-- Version 1: events, counts by hour, hosts, and the one function that a host may call.
--
-- Run as tcpw_owner. All text of hosts is compared byte by byte. Times are of the host's clock
-- where nothing else is said; `received` and `seen` are of the database's.

CREATE TABLE tcpw.version (
    number integer PRIMARY KEY,
    made timestamptz NOT NULL DEFAULT now()
);

-- How hosts are paced; one row.
CREATE TABLE tcpw.setting (
    single boolean PRIMARY KEY DEFAULT true CHECK (single),
    -- The most events of one batch.
    most integer NOT NULL DEFAULT 5000 CHECK (most BETWEEN 1 AND 20000),
    -- What a host waits between two batches, in milliseconds.
    pause integer NOT NULL DEFAULT 0 CHECK (pause BETWEEN 0 AND 3600000),
    -- The most rows that one host may add in an hour: a stolen credential fills no disk.
    rows_an_hour integer NOT NULL DEFAULT 1000000 CHECK (rows_an_hour > 0)
);
INSERT INTO tcpw.setting DEFAULT VALUES;

-- As many batches are written at once as there are rows. Not advisory locks: everybody who may
-- connect can take those.
CREATE TABLE tcpw.slot (number integer PRIMARY KEY);
INSERT INTO tcpw.slot SELECT generate_series(1, 8);

-- Whoever makes a partition has this row.
CREATE TABLE tcpw.maker (single boolean PRIMARY KEY DEFAULT true CHECK (single));
INSERT INTO tcpw.maker DEFAULT VALUES;

-- The hosts; written at most once a minute for each.
CREATE TABLE tcpw.host (
    name text COLLATE "C" PRIMARY KEY,
    added timestamptz NOT NULL DEFAULT now(),
    -- Since when its login is gone; its events stay.
    removed timestamptz,
    seen timestamptz,
    version text COLLATE "C",
    -- Events that the host had still to send when it was seen.
    backlog bigint NOT NULL DEFAULT 0,
    -- Who mails about its alerts, as it says: itself, or `tcpw-fleet mail` for all.
    mail text COLLATE "C" NOT NULL DEFAULT 'own' CHECK (mail IN ('own', 'fleet'))
) WITH (fillfactor = 70);

-- How far each host has come; written with each batch, in the same transaction.
CREATE TABLE tcpw.chain (
    host text COLLATE "C" PRIMARY KEY REFERENCES tcpw.host (name) ON DELETE CASCADE,
    -- A life is a journal that only grew. A second machine of the same name, or a journal that was
    -- restored from a backup, begins another one, whose counts are its own.
    life integer NOT NULL DEFAULT 1,
    -- The events with greater numbers than this are counted in this life.
    base bigint NOT NULL DEFAULT 0,
    -- The last batch that was written, up to which event, and when that one was.
    token uuid,
    seq bigint NOT NULL DEFAULT 0,
    seq_at timestamptz,
    -- How often another life began, and the last time.
    forks integer NOT NULL DEFAULT 0,
    forked timestamptz,
    -- Rows that were added in the running hour.
    hour timestamptz NOT NULL DEFAULT date_trunc('hour', now()),
    added integer NOT NULL DEFAULT 0
) WITH (fillfactor = 50);

CREATE TABLE tcpw.event (
    host text COLLATE "C" NOT NULL,
    -- The number of the event in the journal of its host.
    seq bigint NOT NULL,
    at timestamptz NOT NULL,
    received timestamptz NOT NULL DEFAULT now(),
    addr inet,
    -- The address or network as the host groups them, else a name.
    source text COLLATE "C" NOT NULL,
    daemon text COLLATE "C" NOT NULL,
    -- denied, granted or unknown.
    verdict text COLLATE "C" NOT NULL,
    -- The file, the line and the text of the rule that fired.
    rule text COLLATE "C",
    -- The user who reported it; nothing where that is not known.
    reporter bigint,
    PRIMARY KEY (host, at, seq)
) PARTITION BY RANGE (at);
CREATE INDEX event_at ON tcpw.event USING brin (at);
CREATE INDEX event_source ON tcpw.event (source, at);
-- For clocks that are wrong.
CREATE TABLE tcpw.event_default PARTITION OF tcpw.event DEFAULT;

CREATE TABLE tcpw.hourly (
    host text COLLATE "C" NOT NULL,
    life integer NOT NULL,
    hour timestamptz NOT NULL,
    source text COLLATE "C" NOT NULL,
    daemon text COLLATE "C" NOT NULL,
    verdict text COLLATE "C" NOT NULL,
    -- All events of this hour that this life of the host has counted so far.
    n bigint NOT NULL,
    first timestamptz NOT NULL,
    last timestamptz NOT NULL,
    PRIMARY KEY (source, hour, host, life, daemon, verdict)
) PARTITION BY RANGE (hour);
CREATE INDEX hourly_hour ON tcpw.hourly USING brin (hour);
CREATE TABLE tcpw.hourly_default PARTITION OF tcpw.hourly DEFAULT;

-- Makes the partition of `parent` from `low` to `high` and moves what was in the default one.
-- Nobody waits long: where somebody else is at work, rows go into the default partition.
CREATE FUNCTION tcpw.make_partition(parent text, part text, low timestamptz, high timestamptz)
RETURNS boolean LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' SET lock_timeout = '2s' AS $$
DECLARE
    field text := CASE parent WHEN 'event' THEN 'at' ELSE 'hour' END;
BEGIN
    IF to_regclass('tcpw.' || quote_ident(part)) IS NOT NULL THEN
        RETURN true;
    END IF;
    PERFORM FROM tcpw.maker FOR UPDATE SKIP LOCKED;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    IF to_regclass('tcpw.' || quote_ident(part)) IS NOT NULL THEN
        RETURN true;
    END IF;
    EXECUTE format('LOCK TABLE tcpw.%I IN ACCESS EXCLUSIVE MODE', parent || '_default');
    EXECUTE format('CREATE TABLE tcpw.%I (LIKE tcpw.%I INCLUDING DEFAULTS)', part, parent);
    EXECUTE format('WITH moved AS (DELETE FROM tcpw.%I WHERE %I >= %L AND %I < %L RETURNING *)
        INSERT INTO tcpw.%I SELECT * FROM moved',
        parent || '_default', field, low, field, high, part);
    EXECUTE format('ALTER TABLE tcpw.%I ATTACH PARTITION tcpw.%I FOR VALUES FROM (%L) TO (%L)',
        parent, part, low, high);
    RETURN true;
EXCEPTION
    WHEN lock_not_available OR deadlock_detected OR check_violation OR duplicate_table THEN
        RETURN false;
END
$$;

-- Makes the partition of the day that a time is in.
CREATE FUNCTION tcpw.make_day(moment timestamptz) RETURNS boolean LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' AS $$
DECLARE
    low timestamptz := date_trunc('day', moment);
BEGIN
    RETURN tcpw.make_partition('event', 'event_' || to_char(low, 'YYYYMMDD'), low,
        low + interval '1 day');
END
$$;

-- Makes the partition of the month that an hour is in.
CREATE FUNCTION tcpw.make_month(moment timestamptz) RETURNS boolean LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' AS $$
DECLARE
    low timestamptz := date_trunc('month', moment);
BEGIN
    RETURN tcpw.make_partition('hourly', 'hourly_' || to_char(low, 'YYYYMM'), low,
        low + interval '1 month');
END
$$;

-- Makes the partitions of the days around now: an outage of a week is caught up, and midnight
-- finds its partition made.
CREATE FUNCTION tcpw.make_ahead() RETURNS void LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' AS $$
BEGIN
    PERFORM tcpw.make_day(now() + make_interval(days => one)) FROM generate_series(-8, 3) one;
    PERFORM tcpw.make_month(now() + make_interval(months => one)) FROM generate_series(-1, 1) one;
END
$$;

-- Drops the partitions whose days are over for longer than `keep`, and of the counts those over for
-- longer than `keep_hourly`; from the default partitions goes what was received as long ago. Gives
-- how many partitions were dropped.
CREATE FUNCTION tcpw.forget(keep interval, keep_hourly interval) RETURNS integer LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' SET lock_timeout = '5s' AS $$
DECLARE
    part record;
    dropped integer := 0;
BEGIN
    FOR part IN
        SELECT child.relname,
            CASE parent.relname WHEN 'event'
                THEN to_timestamp(substr(child.relname, 7), 'YYYYMMDD') + interval '1 day' + keep
                ELSE to_timestamp(substr(child.relname, 8), 'YYYYMM') + interval '1 month'
                    + keep_hourly
            END AS until
        FROM pg_inherits
        JOIN pg_class child ON child.oid = inhrelid
        JOIN pg_class parent ON parent.oid = inhparent
        WHERE parent.relnamespace = 'tcpw'::regnamespace AND parent.relname IN ('event', 'hourly')
            AND child.relname ~ '^(event_[0-9]{8}|hourly_[0-9]{6})$'
        ORDER BY child.relname
    LOOP
        IF part.until < now() THEN
            EXECUTE format('DROP TABLE tcpw.%I', part.relname);
            dropped := dropped + 1;
        END IF;
    END LOOP;
    DELETE FROM tcpw.event_default WHERE received < now() - keep;
    DELETE FROM tcpw.hourly_default WHERE last < now() - keep_hourly;
    RETURN dropped;
END
$$;

-- Takes a batch of the host that is logged in: events, and counts by hour. All or nothing.
--
-- `as_host` is who the host thinks that it is: whoever comes through a pooler that lent it another
-- login is refused. `prev` names the last batch that this host knows to be written, `next` this
-- one: the same batch again changes nothing. Where `prev` is not what was written last, nothing is
-- written and the status is `other`, with what the database knows; then the host goes on from there
-- if its journal has that event, else it says `fork` and begins another life from `in_base` on.
--
-- The status is `done`, `other`, or `wait`: all slots are taken, or the host has added its share of
-- the hour. `pause` milliseconds are to pass before the next batch, of at most `most` events.
CREATE FUNCTION tcpw.ingest(
    as_host text, in_life integer, in_base bigint, prev uuid, next uuid, fork boolean,
    in_version text, in_backlog bigint, last_seq bigint, last_at timestamptz,
    seqs bigint[], ats timestamptz[], addrs inet[], sources text[], daemons text[],
    verdicts text[], rules text[], reporters bigint[],
    h_hours timestamptz[], h_sources text[], h_daemons text[], h_verdicts text[],
    h_ns bigint[], h_firsts timestamptz[], h_lasts timestamptz[], in_mail text DEFAULT 'own',
    OUT status text, OUT life integer, OUT base bigint, OUT token uuid, OUT seq bigint,
    OUT seq_at timestamptz, OUT pause integer, OUT most integer, OUT added integer)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' SET lock_timeout = '5s' AS $$
#variable_conflict use_column
DECLARE
    me text := session_user;
    link tcpw.chain%ROWTYPE;
    terms tcpw.setting%ROWTYPE;
    this_hour timestamptz := date_trunc('hour', now());
    size integer := coalesce(cardinality(seqs), 0);
    counts integer := coalesce(cardinality(h_ns), 0);
    written integer;
    adding text := $sql$
        INSERT INTO tcpw.event (host, seq, at, addr, source, daemon, verdict, rule, reporter)
        SELECT $1, one.seq, one.at, one.addr, left(one.source, 512), left(one.daemon, 512),
            CASE WHEN one.verdict IN ('denied', 'granted') THEN one.verdict ELSE 'unknown' END,
            left(one.rule, 2048), one.reporter
        FROM unnest($2, $3, $4, $5, $6, $7, $8, $9)
            AS one (seq, at, addr, source, daemon, verdict, rule, reporter)$sql$;
BEGIN
    IF as_host IS DISTINCT FROM me THEN
        RAISE EXCEPTION 'this login is that of another host' USING ERRCODE = 'insufficient_privilege',
            HINT = 'a pooler between must not lend one host the login of another';
    END IF;
    SELECT * INTO terms FROM tcpw.setting;
    IF size > 20000 OR counts > 20000 THEN
        RAISE EXCEPTION 'the batch is too large' USING ERRCODE = 'program_limit_exceeded';
    END IF;
    IF size > 0 AND (ARRAY[cardinality(ats), cardinality(addrs), cardinality(sources),
            cardinality(daemons), cardinality(verdicts), cardinality(rules), cardinality(reporters)]
            IS DISTINCT FROM array_fill(size, ARRAY[7]))
        OR counts > 0 AND (ARRAY[cardinality(h_hours), cardinality(h_sources),
            cardinality(h_daemons), cardinality(h_verdicts), cardinality(h_firsts),
            cardinality(h_lasts)] IS DISTINCT FROM array_fill(counts, ARRAY[6])) THEN
        RAISE EXCEPTION 'the arrays of the batch differ in length'
            USING ERRCODE = 'array_subscript_error';
    END IF;

    SELECT * INTO link FROM tcpw.chain WHERE host = me FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the host % is not known', quote_literal(me)
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    most := terms.most;
    pause := terms.pause;
    added := 0;
    status := 'done';
    IF fork AND link.token IS NOT DISTINCT FROM prev THEN
        UPDATE tcpw.chain SET life = link.life + 1, base = in_base, token = next,
            seq = in_base, seq_at = last_at, forks = link.forks + 1, forked = now()
        WHERE host = me RETURNING * INTO link;
    ELSIF fork OR link.life <> in_life OR (link.token IS NOT NULL
            AND link.token IS DISTINCT FROM prev AND link.token IS DISTINCT FROM next) THEN
        status := 'other';
    END IF;
    life := link.life;
    base := link.base;
    token := link.token;
    seq := link.seq;
    seq_at := link.seq_at;
    UPDATE tcpw.host SET seen = now(), version = left(in_version, 64), backlog = in_backlog,
        mail = in_mail
    WHERE name = me AND (seen IS NULL OR seen < now() - interval '1 minute' OR mail <> in_mail);
    IF status <> 'done' OR fork OR size + counts = 0
            OR (link.token IS NOT DISTINCT FROM next AND link.seq = last_seq) THEN
        RETURN;
    END IF;

    IF link.hour <> this_hour THEN
        link.hour := this_hour;
        link.added := 0;
    END IF;
    IF link.added > terms.rows_an_hour THEN
        status := 'wait';
        pause := 60000 + (random() * 60000)::integer;
        RETURN;
    END IF;
    PERFORM FROM tcpw.slot LIMIT 1 FOR UPDATE SKIP LOCKED;
    IF NOT FOUND THEN
        status := 'wait';
        pause := 500 + (random() * 4500)::integer;
        RETURN;
    END IF;

    PERFORM tcpw.make_day(day) FROM (
        SELECT DISTINCT date_trunc('day', one) AS day FROM unnest(ats) AS all_days (one)) AS days
    WHERE day BETWEEN now() - interval '31 days' AND now() + interval '1 day'
        AND to_regclass('tcpw.event_' || to_char(day, 'YYYYMMDD')) IS NULL;
    PERFORM tcpw.make_month(month) FROM (
        SELECT DISTINCT date_trunc('month', one) AS month FROM unnest(h_hours) AS all_hours (one)) AS months
    WHERE month BETWEEN now() - interval '62 days' AND now() + interval '1 day'
        AND to_regclass('tcpw.hourly_' || to_char(month, 'YYYYMM')) IS NULL;

    -- Nearly always all of them are new, which is cheaper to try than to ask for each.
    BEGIN
        EXECUTE adding USING me, seqs, ats, addrs, sources, daemons, verdicts, rules, reporters;
        GET DIAGNOSTICS written = ROW_COUNT;
    EXCEPTION WHEN unique_violation THEN
        EXECUTE adding || ' ON CONFLICT DO NOTHING'
            USING me, seqs, ats, addrs, sources, daemons, verdicts, rules, reporters;
        GET DIAGNOSTICS written = ROW_COUNT;
    END;
    added := written;

    INSERT INTO tcpw.hourly AS old (host, life, hour, source, daemon, verdict, n, first, last)
        SELECT me, in_life, date_trunc('hour', one.hour), left(one.source, 512),
            left(one.daemon, 512),
            CASE WHEN one.verdict IN ('denied', 'granted') THEN one.verdict ELSE 'unknown' END,
            max(one.n), min(one.first), max(one.last)
        FROM unnest(h_hours, h_sources, h_daemons, h_verdicts, h_ns, h_firsts, h_lasts)
            AS one (hour, source, daemon, verdict, n, first, last)
        GROUP BY 3, 4, 5, 6
        ON CONFLICT (source, hour, host, life, daemon, verdict) DO UPDATE SET
            n = greatest(old.n, excluded.n), first = least(old.first, excluded.first),
            last = greatest(old.last, excluded.last)
        WHERE old.n < excluded.n OR old.first > excluded.first OR old.last < excluded.last;
    GET DIAGNOSTICS written = ROW_COUNT;

    UPDATE tcpw.chain SET token = next, seq = last_seq, seq_at = last_at, hour = this_hour,
        added = link.added + ingest.added + written
    WHERE host = me;
    token := next;
    seq := last_seq;
    seq_at := last_at;
END
$$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA tcpw FROM PUBLIC;
GRANT USAGE ON SCHEMA tcpw TO tcpw_host, tcpw_reader;
GRANT EXECUTE ON FUNCTION tcpw.ingest TO tcpw_host;
GRANT SELECT ON ALL TABLES IN SCHEMA tcpw TO tcpw_reader;
ALTER DEFAULT PRIVILEGES FOR ROLE tcpw_owner IN SCHEMA tcpw GRANT SELECT ON TABLES TO tcpw_reader;
SELECT tcpw.make_ahead();
