-- Run before each migration, by whoever runs `tcpw-fleet init`: the roles that own, write and read,
-- and the schema. None of them can log in. A database of its own is assumed: in it nobody makes
-- temporary tables, tables in the schema public or, where a superuser runs this, large objects and
-- advisory locks, only because he may connect.
DO $$
DECLARE
    one text;
    base text := pg_catalog.current_database();
    is_super boolean := (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user);
BEGIN
    FOREACH one IN ARRAY ARRAY['tcpw_owner', 'tcpw_host', 'tcpw_reader', 'tcpw_mail'] LOOP
        IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = one) THEN
            EXECUTE pg_catalog.format('CREATE ROLE %I NOLOGIN', one);
        END IF;
    END LOOP;
    IF NOT is_super THEN
        BEGIN
            EXECUTE pg_catalog.format('GRANT tcpw_owner TO %I', current_user);
        EXCEPTION WHEN insufficient_privilege THEN
            -- Whoever may not grant it may be a member of it; what follows shows that.
            NULL;
        END;
    END IF;
    EXECUTE pg_catalog.format('REVOKE TEMPORARY ON DATABASE %I FROM PUBLIC', base);
    IF pg_catalog.has_database_privilege('public', base, 'TEMPORARY') THEN
        RAISE EXCEPTION 'hosts could make temporary tables in the database %', base
            USING HINT = 'run tcpw-fleet init as the owner of a database of its own';
    END IF;
    IF pg_catalog.to_regnamespace('public') IS NOT NULL THEN
        EXECUTE 'REVOKE CREATE ON SCHEMA public FROM PUBLIC';
        IF pg_catalog.has_schema_privilege('public', 'public', 'CREATE') THEN
            RAISE EXCEPTION 'hosts could make tables in the schema public of the database %', base
                USING HINT = 'run tcpw-fleet init as the owner of a database of its own';
        END IF;
    END IF;
    IF is_super THEN
        FOR one IN
            SELECT oid::regprocedure::text FROM pg_catalog.pg_proc
            WHERE pronamespace = 'pg_catalog'::regnamespace
                AND (proname ~ '^pg_(try_)?advisory_'
                    OR proname IN ('lo_creat', 'lo_create', 'lo_from_bytea'))
        LOOP
            EXECUTE pg_catalog.format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', one);
            EXECUTE pg_catalog.format('GRANT EXECUTE ON FUNCTION %s TO tcpw_owner, tcpw_reader, tcpw_mail', one);
        END LOOP;
    END IF;
END
$$;
CREATE SCHEMA IF NOT EXISTS tcpw AUTHORIZATION tcpw_owner;
