-- Version 4: what a host says is bounded before it is written, and a host locks nothing that others need.
-- Run as tcpw_owner.

-- What a host says is cut to what an index takes: so many bytes, and no character in part.
CREATE FUNCTION tcpw.cut(value text, bytes integer) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN octet_length(left(value, bytes)) <= bytes THEN left(value, bytes)
        ELSE left(value, bytes / 4) END
$$;

-- The most bytes of events and counts that one host may add in an hour, as it sends them.
ALTER TABLE tcpw.setting ADD COLUMN bytes_an_hour bigint NOT NULL DEFAULT 268435456
    CHECK (bytes_an_hour > 0);
ALTER TABLE tcpw.chain ADD COLUMN bytes bigint NOT NULL DEFAULT 0;

-- As before, and a partition has what its parent demands of a row.
CREATE OR REPLACE FUNCTION tcpw.make_partition(parent text, part text, low timestamptz, high timestamptz)
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
    EXECUTE format('CREATE TABLE tcpw.%I (LIKE tcpw.%I INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', part,
        parent);
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

-- Makes the partitions of the days around now, and those of older days whose rows are in the default
-- one: a host never makes any, since what it holds for as long as its transaction is open would stop
-- everybody.
CREATE OR REPLACE FUNCTION tcpw.make_ahead() RETURNS void LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' AS $$
BEGIN
    PERFORM tcpw.make_day(now() + make_interval(days => one)) FROM generate_series(-8, 3) one;
    PERFORM tcpw.make_month(now() + make_interval(months => one)) FROM generate_series(-1, 1) one;
    PERFORM tcpw.make_day(day) FROM (
        SELECT DISTINCT date_trunc('day', at) AS day FROM tcpw.event_default
        WHERE at BETWEEN now() - interval '31 days' AND now() + interval '1 day') AS days;
    PERFORM tcpw.make_month(month) FROM (
        SELECT DISTINCT date_trunc('month', hour) AS month FROM tcpw.hourly_default
        WHERE hour BETWEEN now() - interval '62 days' AND now() + interval '1 day') AS months;
END
$$;

-- The answer has one column more.
DROP FUNCTION tcpw.ingest;

-- Takes a batch of the host that is logged in: events, and counts by hour. All or nothing.
--
-- `as_host` is who the host thinks that it is: whoever comes through a pooler that lent it another
-- login is refused. `prev` names the last batch that this host knows to be written, `next` this
-- one: the same batch again changes nothing. Where `prev` is not what was written last, nothing is
-- written and the status is `other`, with what the database knows; then the host goes on from there
-- if its journal has that event, else it says `fork` and begins another life from `in_base` on.
--
-- The status is `done`, `other`, or `wait`: all slots are taken, or the host has added its share of
-- the hour. `pause` milliseconds are to pass before the next batch, of at most `most` events. `mailed` is
-- how many seconds ago `tcpw-fleet mail` looked for events last; nothing if it never has.
CREATE FUNCTION tcpw.ingest(
    as_host text, in_life integer, in_base bigint, prev uuid, next uuid, fork boolean,
    in_version text, in_backlog bigint, last_seq bigint, last_at timestamptz,
    seqs bigint[], ats timestamptz[], addrs inet[], sources text[], daemons text[],
    verdicts text[], rules text[], reporters bigint[],
    h_hours timestamptz[], h_sources text[], h_daemons text[], h_verdicts text[],
    h_ns bigint[], h_firsts timestamptz[], h_lasts timestamptz[], in_mail text DEFAULT 'own',
    OUT status text, OUT life integer, OUT base bigint, OUT token uuid, OUT seq bigint,
    OUT seq_at timestamptz, OUT pause integer, OUT most integer, OUT added integer,
    OUT mailed bigint)
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
    new_bytes bigint;
    -- Beyond these no host has anything true, and sums and differences must stay numbers and times.
    most_an_hour bigint := 1000000000000;
    earliest timestamptz := '1900-01-01 00:00:00+00';
    latest timestamptz := '2200-01-01 00:00:00+00';
    most_left bigint := 1000000000000;
    adding text := $sql$
        INSERT INTO tcpw.event (host, seq, at, addr, source, daemon, verdict, rule, reporter)
        SELECT $1, one.seq, least(greatest(one.at, $10), $11), one.addr,
            coalesce(nullif(tcpw.cut(one.source, 512), ''), 'unknown'), tcpw.cut(one.daemon, 512),
            CASE WHEN one.verdict IN ('denied', 'granted') THEN one.verdict ELSE 'unknown' END,
            tcpw.cut(one.rule, 1024), one.reporter
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
    SELECT extract(epoch FROM now() - passed)::bigint INTO mailed FROM tcpw.mail_state;
    IF NOT isfinite(last_at) THEN
        last_at := NULL;
    END IF;
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
    UPDATE tcpw.host SET seen = now(), version = left(in_version, 64),
        backlog = least(greatest(coalesce(in_backlog, 0), 0), most_left),
        muting = CASE WHEN mail = 'fleet' AND in_mail = 'own' THEN now() ELSE muting END,
        mail = CASE in_mail WHEN 'fleet' THEN 'fleet' ELSE mail END
    WHERE name = me AND (seen IS NULL OR seen < now() - interval '1 minute'
        OR mail = 'own' AND in_mail = 'fleet'
        OR mail = 'fleet' AND in_mail = 'own' AND coalesce(muting < now() - interval '1 minute', true));
    -- A batch whose events are neither sent in full nor counted has nothing, and a token of its own: then
    -- this host has come further. With the last one it is a sign of life.
    IF status <> 'done' OR fork OR next IS NULL
            OR size + counts = 0 AND next IS NOT DISTINCT FROM prev
            OR (link.token IS NOT DISTINCT FROM next AND link.seq = last_seq) THEN
        RETURN;
    END IF;

    IF link.hour <> this_hour THEN
        link.hour := this_hour;
        link.added := 0;
        link.bytes := 0;
    END IF;
    IF link.added > terms.rows_an_hour OR link.bytes > terms.bytes_an_hour THEN
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

    -- Whoever makes a partition moves rows out of these, and what is on its way into one would be refused then.
    -- In this order, which is that of tcpw.make_ahead.
    LOCK TABLE tcpw.event_default, tcpw.hourly_default IN ROW EXCLUSIVE MODE;

    -- Nearly always all of them are new, which is cheaper to try than to ask for each.
    BEGIN
        EXECUTE adding USING me, seqs, ats, addrs, sources, daemons, verdicts, rules, reporters,
            earliest, latest;
        GET DIAGNOSTICS written = ROW_COUNT;
    EXCEPTION WHEN unique_violation THEN
        EXECUTE adding || ' ON CONFLICT DO NOTHING'
            USING me, seqs, ats, addrs, sources, daemons, verdicts, rules, reporters,
            earliest, latest;
        GET DIAGNOSTICS written = ROW_COUNT;
    END;
    added := written;

    INSERT INTO tcpw.hourly AS old (host, life, hour, source, daemon, verdict, n, first, last)
        SELECT me, in_life, date_trunc('hour', least(greatest(one.hour, earliest), latest)),
            coalesce(nullif(tcpw.cut(one.source, 512), ''), 'unknown'), tcpw.cut(one.daemon, 512),
            CASE WHEN one.verdict IN ('denied', 'granted') THEN one.verdict ELSE 'unknown' END,
            greatest(least(max(one.n), most_an_hour), 1), least(greatest(min(one.first), earliest), latest),
            least(greatest(max(one.last), earliest), latest)
        FROM unnest(h_hours, h_sources, h_daemons, h_verdicts, h_ns, h_firsts, h_lasts)
            AS one (hour, source, daemon, verdict, n, first, last)
        GROUP BY 3, 4, 5, 6
        ON CONFLICT (source, hour, host, life, daemon, verdict) DO UPDATE SET
            n = greatest(old.n, excluded.n), first = least(old.first, excluded.first),
            last = greatest(old.last, excluded.last)
        WHERE old.n < excluded.n OR old.first > excluded.first OR old.last < excluded.last;
    GET DIAGNOSTICS written = ROW_COUNT;

    -- What is longer than what is kept counts as that.
    SELECT coalesce(sum(least(octet_length(one), 1024)), 0) INTO new_bytes FROM (
        SELECT unnest(sources) UNION ALL SELECT unnest(daemons) UNION ALL SELECT unnest(rules)
        UNION ALL SELECT unnest(h_sources) UNION ALL SELECT unnest(h_daemons)) AS texts (one);
    new_bytes := new_bytes + 100 * (added + written);
    UPDATE tcpw.chain SET token = next, seq = last_seq, seq_at = last_at, hour = this_hour,
        added = link.added + ingest.added + written, bytes = link.bytes + new_bytes
    WHERE host = me;
    token := next;
    seq := last_seq;
    seq_at := last_at;
END
$$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA tcpw FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tcpw.ingest TO tcpw_host;
SELECT tcpw.make_ahead();
