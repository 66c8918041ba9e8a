-- Version 4: no count of a host makes a sum fail, and none takes away from what others counted. Run as
-- tcpw_owner.

UPDATE tcpw.hourly SET n = least(greatest(n, 1), 1000000000000) WHERE n NOT BETWEEN 1 AND 1000000000000;
ALTER TABLE tcpw.hourly ADD CONSTRAINT hourly_n_check CHECK (n BETWEEN 1 AND 1000000000000);
UPDATE tcpw.host SET backlog = least(greatest(backlog, 0), 1000000000000)
    WHERE backlog NOT BETWEEN 0 AND 1000000000000;
ALTER TABLE tcpw.host ADD CONSTRAINT host_backlog_check CHECK (backlog BETWEEN 0 AND 1000000000000);

-- Sums the hours of a day that are over and have a mark, and the day if all of its hours are summed;
-- gives how many hours. Only in a transaction that sees one snapshot, REPEATABLE READ, and that locked
-- tcpw.summed_day in SHARE ROW EXCLUSIVE MODE before it saw anything.
CREATE OR REPLACE FUNCTION tcpw.sum_day(low timestamptz) RETURNS integer LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' AS $$
DECLARE
    high timestamptz := low + interval '1 day';
    hours timestamptz[];
    -- A sum is never more than a number of the database holds.
    most bigint := 9223372036854775807;
BEGIN
    IF current_setting('transaction_isolation') <> 'repeatable read' THEN
        RAISE EXCEPTION 'sums are made from one snapshot alone';
    END IF;
    SELECT coalesce(array_agg(DISTINCT hour), '{}') INTO hours FROM tcpw.mark
    WHERE hour >= low AND hour < high AND hour <= tcpw.over();
    DELETE FROM tcpw.mark WHERE hour = ANY (hours);
    PERFORM tcpw.sum_hours(hours);
    DELETE FROM tcpw.summed_day WHERE day = low;
    DELETE FROM tcpw.source_day WHERE day = low;
    DELETE FROM tcpw.reach_day WHERE day = low;
    DELETE FROM tcpw.host_day WHERE day = low;
    IF low + interval '23 hours' > tcpw.over()
            OR EXISTS (SELECT FROM tcpw.mark WHERE hour >= low AND hour < high)
            OR NOT EXISTS (SELECT FROM tcpw.daemon_hour WHERE hour >= low AND hour < high) THEN
        RETURN cardinality(hours);
    END IF;
    INSERT INTO tcpw.summed_day VALUES (low);
    INSERT INTO tcpw.host_day SELECT low, host, least(sum(n), most), least(sum(denied), most) FROM tcpw.host_hour
        WHERE hour >= low AND hour < high GROUP BY host;
    INSERT INTO tcpw.reach_day SELECT source, low, array_agg(DISTINCT number)
        FROM tcpw.reach_hour, unnest(numbers) AS number
        WHERE hour >= low AND hour < high GROUP BY source;
    INSERT INTO tcpw.source_day
        WITH found AS MATERIALIZED (
            SELECT source, least(sum(n), most) AS n, min(first) AS first, max(last) AS last,
                (array_agg(daemon ORDER BY last DESC, daemon))[1] AS daemon
            FROM tcpw.source_hour WHERE hour >= low AND hour < high GROUP BY source),
        reach AS MATERIALIZED (
            SELECT source, cardinality(numbers) AS hosts FROM tcpw.reach_day WHERE day = low)
        SELECT source, low, n, hosts, first, last, daemon FROM found JOIN reach USING (source);
    RETURN cardinality(hours);
END
$$;

-- Makes the sums of these hours once more.
CREATE OR REPLACE FUNCTION tcpw.sum_hours(hours timestamptz[]) RETURNS void LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' AS $$
DECLARE
    gone text[];
    most bigint := 9223372036854775807;
BEGIN
    DELETE FROM tcpw.source_hour WHERE hour = ANY (hours);
    DELETE FROM tcpw.reach_hour WHERE hour = ANY (hours);
    DELETE FROM tcpw.host_hour WHERE hour = ANY (hours);
    DELETE FROM tcpw.daemon_hour WHERE hour = ANY (hours);
    WITH deleted AS (DELETE FROM tcpw.first_seen WHERE hour = ANY (hours) RETURNING source)
        SELECT array_agg(source) INTO gone FROM deleted;
    INSERT INTO tcpw.host_hour
        SELECT hour, host, least(sum(n), most), least(coalesce(sum(n) FILTER (WHERE verdict = 'denied'), 0), most)
        FROM tcpw.hourly WHERE hour = ANY (hours) GROUP BY hour, host;
    INSERT INTO tcpw.host_number (host)
        SELECT DISTINCT host FROM tcpw.host_hour WHERE hour = ANY (hours)
            AND NOT EXISTS (SELECT FROM tcpw.host_number AS known WHERE known.host = host_hour.host)
        ORDER BY host;
    INSERT INTO tcpw.daemon_hour
        SELECT hour, daemon, verdict, least(sum(n), most)
        FROM tcpw.hourly WHERE hour = ANY (hours) GROUP BY hour, daemon, verdict;
    INSERT INTO tcpw.reach_hour
        SELECT source, hour, array_agg(DISTINCT number)
        FROM tcpw.hourly JOIN tcpw.host_number USING (host)
        WHERE hour = ANY (hours) GROUP BY source, hour;
    INSERT INTO tcpw.source_hour
        WITH found AS MATERIALIZED (
            SELECT source, hour, least(sum(n), most) AS n, min(first) AS first, max(last) AS last,
                (array_agg(daemon ORDER BY last DESC, daemon))[1] AS daemon
            FROM tcpw.hourly WHERE hour = ANY (hours) GROUP BY source, hour),
        reach AS MATERIALIZED (
            SELECT source, hour, cardinality(numbers) AS hosts
            FROM tcpw.reach_hour WHERE hour = ANY (hours))
        SELECT source, hour, n, hosts, first, last, daemon FROM found JOIN reach USING (source, hour);
    INSERT INTO tcpw.first_seen AS old
        SELECT source, min(hour) FROM tcpw.source_hour WHERE hour = ANY (hours) GROUP BY source
        ON CONFLICT (source) DO UPDATE SET hour = excluded.hour WHERE old.hour > excluded.hour;
    PERFORM tcpw.find_first(gone);
END
$$;
