-- Version 3: the login of a host does not decide any more who mails about it. Run as tcpw_owner.
--
-- Once a host has said that it leaves its mail to `tcpw-fleet mail`, that stays so, whatever its login
-- says later, until the administrator says otherwise (`tcpw-fleet set-mail`): else whoever has the login
-- could keep its events out of every mail. About a host that is taken for `fleet` and mails by itself there
-- are two mails.

-- When the login of a host that is taken for `fleet` said last that the host mails by itself.
ALTER TABLE tcpw.host ADD COLUMN muting timestamptz;

-- When that was reported; once a day at most.
CREATE TABLE tcpw.muting (
    host text COLLATE "C" PRIMARY KEY,
    told timestamptz NOT NULL
);
GRANT SELECT, INSERT, UPDATE, DELETE ON tcpw.muting TO tcpw_mail;
ALTER TABLE tcpw.letter DROP CONSTRAINT letter_kind_check;
ALTER TABLE tcpw.letter ADD CONSTRAINT letter_kind_check CHECK (kind IN
    ('source', 'repeat', 'limit', 'late', 'claimed', 'silent', 'back', 'muting'));

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
CREATE OR REPLACE FUNCTION tcpw.ingest(
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
    -- Of counts: beyond these no host has anything true, and sums must stay numbers and times.
    most_an_hour bigint := 1000000000000;
    earliest timestamptz := '1900-01-01 00:00:00+00';
    latest timestamptz := '2200-01-01 00:00:00+00';
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
        muting = CASE WHEN mail = 'fleet' AND in_mail = 'own' THEN now() ELSE muting END,
        mail = CASE in_mail WHEN 'fleet' THEN 'fleet' ELSE mail END
    WHERE name = me AND (seen IS NULL OR seen < now() - interval '1 minute'
        OR mail = 'own' AND in_mail = 'fleet'
        OR mail = 'fleet' AND in_mail = 'own' AND coalesce(muting < now() - interval '1 minute', true));
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
        SELECT me, in_life, date_trunc('hour', least(greatest(one.hour, earliest), latest)),
            left(one.source, 512), left(one.daemon, 512),
            CASE WHEN one.verdict IN ('denied', 'granted') THEN one.verdict ELSE 'unknown' END,
            least(max(one.n), most_an_hour), least(greatest(min(one.first), earliest), latest),
            least(greatest(max(one.last), earliest), latest)
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
