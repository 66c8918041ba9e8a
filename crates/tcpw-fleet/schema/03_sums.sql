-- Version 3: sums of the counts, by hour and by day, so that a report of a long time is quick. Run as
-- tcpw_owner.
--
-- What a report says always equals what tcpw.hourly says. Whatever changes a row there, through that
-- table, leaves a mark for its hour in the same transaction. An hour without a mark is summed; one that
-- has a mark is read from tcpw.hourly. Sums are made, and marks removed, from one snapshot of the
-- database: what is not in it has left a mark that is not removed.

-- Hours whose sums are not those of tcpw.hourly, or not made yet; an hour may be here often.
CREATE TABLE tcpw.mark (hour timestamptz NOT NULL);
CREATE INDEX mark_hour ON tcpw.mark (hour);

-- Days whose sums are there too: their hours are over. They hold where no hour of the day has a mark.
CREATE TABLE tcpw.summed_day (day timestamptz PRIMARY KEY);

-- Small numbers in place of the names of hosts.
CREATE TABLE tcpw.host_number (
    host text COLLATE "C" PRIMARY KEY,
    number integer NOT NULL GENERATED ALWAYS AS IDENTITY UNIQUE
);

CREATE TABLE tcpw.source_hour (
    source text COLLATE "C" NOT NULL,
    hour timestamptz NOT NULL,
    n bigint NOT NULL,
    -- To how many hosts it came.
    hosts integer NOT NULL,
    first timestamptz NOT NULL,
    last timestamptz NOT NULL,
    -- The daemon it came to last; of several at that time the first in the alphabet.
    daemon text COLLATE "C" NOT NULL,
    PRIMARY KEY (source, hour)
);
CREATE INDEX source_hour_hour ON tcpw.source_hour (hour);
CREATE TABLE tcpw.source_day (
    source text COLLATE "C" NOT NULL,
    day timestamptz NOT NULL,
    n bigint NOT NULL,
    hosts integer NOT NULL,
    first timestamptz NOT NULL,
    last timestamptz NOT NULL,
    daemon text COLLATE "C" NOT NULL,
    PRIMARY KEY (source, day)
);
CREATE INDEX source_day_day ON tcpw.source_day (day);

-- To which hosts: apart, since nearly all reports need few of these rows.
CREATE TABLE tcpw.reach_hour (
    source text COLLATE "C" NOT NULL,
    hour timestamptz NOT NULL,
    numbers integer[] NOT NULL,
    PRIMARY KEY (source, hour)
);
CREATE INDEX reach_hour_hour ON tcpw.reach_hour USING brin (hour);
CREATE TABLE tcpw.reach_day (
    source text COLLATE "C" NOT NULL,
    day timestamptz NOT NULL,
    numbers integer[] NOT NULL,
    PRIMARY KEY (source, day)
);
CREATE INDEX reach_day_day ON tcpw.reach_day USING brin (day);

-- The first of the summed hours of each source.
CREATE TABLE tcpw.first_seen (
    source text COLLATE "C" PRIMARY KEY,
    hour timestamptz NOT NULL
);
CREATE INDEX first_seen_hour ON tcpw.first_seen (hour, source);

CREATE TABLE tcpw.host_hour (
    hour timestamptz NOT NULL,
    host text COLLATE "C" NOT NULL,
    n bigint NOT NULL,
    denied bigint NOT NULL,
    PRIMARY KEY (hour, host)
);
CREATE TABLE tcpw.host_day (
    day timestamptz NOT NULL,
    host text COLLATE "C" NOT NULL,
    n bigint NOT NULL,
    denied bigint NOT NULL,
    PRIMARY KEY (day, host)
);

-- Each summed hour that has counts is here.
CREATE TABLE tcpw.daemon_hour (
    hour timestamptz NOT NULL,
    daemon text COLLATE "C" NOT NULL,
    verdict text COLLATE "C" NOT NULL,
    n bigint NOT NULL,
    PRIMARY KEY (hour, daemon, verdict)
);

-- Marks the hours of changed rows. Now and then the marks that are there already go, of which this
-- transaction's own says the same: whoever sees it sees what they were left for. Nobody waits for that.
CREATE FUNCTION tcpw.mark_changed() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    hours timestamptz[];
BEGIN
    IF TG_OP = 'UPDATE' THEN
        -- A row may have gone from one hour to another.
        SELECT array_agg(hour) INTO hours FROM (
            SELECT hour FROM changed UNION SELECT hour FROM former) AS both_hours;
    ELSE
        SELECT array_agg(DISTINCT hour) INTO hours FROM changed;
    END IF;
    IF hours IS NULL THEN
        RETURN NULL;
    END IF;
    IF random() < 0.02 THEN
        DELETE FROM tcpw.mark WHERE ctid IN (
            SELECT ctid FROM tcpw.mark WHERE hour = ANY (hours) FOR UPDATE SKIP LOCKED);
    END IF;
    INSERT INTO tcpw.mark SELECT unnest(hours);
    RETURN NULL;
END
$$;
CREATE TRIGGER mark_inserted AFTER INSERT ON tcpw.hourly
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION tcpw.mark_changed();
CREATE TRIGGER mark_updated AFTER UPDATE ON tcpw.hourly
    REFERENCING NEW TABLE AS changed OLD TABLE AS former
    FOR EACH STATEMENT EXECUTE FUNCTION tcpw.mark_changed();
CREATE TRIGGER mark_deleted AFTER DELETE ON tcpw.hourly
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION tcpw.mark_changed();
CREATE FUNCTION tcpw.mark_truncated() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO tcpw.mark SELECT DISTINCT hour FROM tcpw.daemon_hour;
    RETURN NULL;
END
$$;
CREATE TRIGGER mark_truncated AFTER TRUNCATE ON tcpw.hourly
    FOR EACH STATEMENT EXECUTE FUNCTION tcpw.mark_truncated();

-- An hour is summed once it is over for so long: until then hosts are still sending it.
CREATE FUNCTION tcpw.over() RETURNS timestamptz LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp AS $$ SELECT now() - interval '70 minutes' $$;

-- The days that have something to be summed, the newest first; as text, since no calendar of a program
-- has all of them.
CREATE FUNCTION tcpw.days_to_sum() RETURNS SETOF text LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' AS $$
    SELECT day::text FROM (
        SELECT date_trunc('day', hour, 'UTC') AS day FROM tcpw.mark WHERE hour <= tcpw.over()
        UNION
        SELECT day FROM (SELECT DISTINCT date_trunc('day', hour, 'UTC') AS day FROM tcpw.daemon_hour) AS days
        WHERE day + interval '23 hours' <= tcpw.over()
            AND NOT EXISTS (SELECT FROM tcpw.summed_day AS done WHERE done.day = days.day)
            AND NOT EXISTS (SELECT FROM tcpw.mark WHERE hour >= days.day
                AND hour < days.day + interval '1 day')) AS found
    ORDER BY day DESC
$$;

-- Finds the first hour of sources once more, those whose first one was deleted.
CREATE FUNCTION tcpw.find_first(sources text[]) RETURNS void LANGUAGE sql
SET search_path = pg_catalog, pg_temp AS $$
    INSERT INTO tcpw.first_seen AS old
        SELECT one, hour FROM unnest(sources) AS one CROSS JOIN LATERAL (
            SELECT hour FROM tcpw.source_hour WHERE source = one ORDER BY hour LIMIT 1) AS earliest
        ON CONFLICT (source) DO UPDATE SET hour = excluded.hour WHERE old.hour > excluded.hour
$$;

-- Deletes the sums from `low` to `high`, whose counts are dropped, and their marks.
CREATE FUNCTION tcpw.forget_sums(low timestamptz, high timestamptz) RETURNS void LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' AS $$
DECLARE
    gone text[];
BEGIN
    DELETE FROM tcpw.mark WHERE hour >= low AND hour < high;
    DELETE FROM tcpw.summed_day WHERE day >= low AND day < high;
    DELETE FROM tcpw.source_day WHERE day >= low AND day < high;
    DELETE FROM tcpw.reach_day WHERE day >= low AND day < high;
    DELETE FROM tcpw.host_day WHERE day >= low AND day < high;
    DELETE FROM tcpw.source_hour WHERE hour >= low AND hour < high;
    DELETE FROM tcpw.reach_hour WHERE hour >= low AND hour < high;
    DELETE FROM tcpw.host_hour WHERE hour >= low AND hour < high;
    DELETE FROM tcpw.daemon_hour WHERE hour >= low AND hour < high;
    WITH deleted AS (DELETE FROM tcpw.first_seen WHERE hour >= low AND hour < high RETURNING source)
        SELECT array_agg(source) INTO gone FROM deleted;
    PERFORM tcpw.find_first(gone);
END
$$;

-- As before, and the sums go with the counts. Locks tcpw.summed_day: nobody sums meanwhile.
CREATE OR REPLACE FUNCTION tcpw.forget(keep interval, keep_hourly interval) RETURNS integer LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' SET lock_timeout = '5s' AS $$
DECLARE
    part record;
    dropped integer := 0;
BEGIN
    LOCK TABLE tcpw.summed_day IN SHARE ROW EXCLUSIVE MODE;
    FOR part IN
        SELECT named.relname, low,
            CASE named.parent WHEN 'event' THEN low + interval '1 day' ELSE low + interval '1 month' END
                AS high,
            CASE named.parent WHEN 'event' THEN keep ELSE keep_hourly END AS length,
            named.parent = 'hourly' AS is_counts
        FROM (SELECT child.relname, parent.relname AS parent,
                CASE parent.relname WHEN 'event' THEN to_timestamp(substr(child.relname, 7), 'YYYYMMDD')
                    ELSE to_timestamp(substr(child.relname, 8), 'YYYYMM') END AS low
            FROM pg_inherits
            JOIN pg_class child ON child.oid = inhrelid
            JOIN pg_class parent ON parent.oid = inhparent
            WHERE parent.relnamespace = 'tcpw'::regnamespace AND parent.relname IN ('event', 'hourly')
                AND child.relname ~ '^(event_[0-9]{8}|hourly_[0-9]{6})$') AS named
        ORDER BY named.relname
    LOOP
        IF part.high + part.length < now() THEN
            EXECUTE format('DROP TABLE tcpw.%I', part.relname);
            dropped := dropped + 1;
            IF part.is_counts THEN
                PERFORM tcpw.forget_sums(part.low, part.high);
            END IF;
        END IF;
    END LOOP;
    DELETE FROM tcpw.event_default WHERE received < now() - keep;
    WITH deleted AS (DELETE FROM tcpw.hourly_default WHERE last < now() - keep_hourly RETURNING hour)
        INSERT INTO tcpw.mark SELECT DISTINCT hour FROM deleted;
    RETURN dropped;
END
$$;

-- What was there before is summed by what runs next.
INSERT INTO tcpw.mark SELECT DISTINCT hour FROM tcpw.hourly;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA tcpw FROM PUBLIC;
