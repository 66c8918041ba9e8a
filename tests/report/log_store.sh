#!/usr/bin/env bash
# log_store.sh STAGE TCPW: the recipe of docs/log-stores.md, as it stands there, with the installed rsyslogd and
# PostgreSQL. Runs as root of its own mount, network and process namespaces; STAGE is an empty directory. Prints a log
# to read; every line that starts with "log store: " was checked.
set -eu
stage=$1
tcpw=$2
page=$(dirname "$(readlink -f "$0")")/../../docs/log-stores.md
bin=$(dirname "$(ls -d /usr/lib/postgresql/*/bin/initdb | tail -n 1)")
say() { printf '%s\n' "$*"; }
fail() {
    say "FAILED: $*"
    cat "$stage"/*.log || true
    exit 1
} 2>&1
await() {
    local tries=$(($1 * 10))
    shift
    until "$@" >/dev/null 2>&1; do
        tries=$((tries - 1))
        [ "$tries" -gt 0 ] || return 1
        sleep 0.1
    done
}
# The first block of the page in the language $1.
block() { awk -v start="\`\`\`$1" 'shown && $0 == "```" {exit} shown {print} $0 == start {shown = 1}' "$page"; }
as_postgres() { setpriv --reuid postgres --regid postgres --clear-groups "$@"; }
ask() { as_postgres psql -h "$stage/pg" -U postgres -d "${2:-tcpw}" -tAqc "$1"; }
count() { [ "$(ask 'SELECT count(*) FROM tcpw_event')" = "$1" ]; }

ip link set lo up
chmod 755 "$stage"
install -d -m 755 "$stage/root/etc" "$stage/root/var/spool/tcpw" "$stage/root/var/lib" "$stage/work"
install -d -m 700 -o postgres -g postgres "$stage/pg"

# Events of two clients, one of whom would like to write SQL.
run() { "$tcpw" --root "$stage/root" "$@"; }
hostile="x'); DROP TABLE tcpw_event; --"
run notify --addr 203.0.113.9 --daemon sshd -- 203.0.113.9
run notify --addr 198.51.100.7 --daemon sshd -- "$hostile"
run deliver >"$stage/deliver.log" 2>&1 || true
run events --format json >"$stage/events" 2>"$stage/events.log" || true
[ "$(wc -l <"$stage/events")" = 2 ] || fail "there are not two events"

{
    printf 'global(workDirectory="%s")\n' "$stage/work"
    printf 'module(load="imuxsock" SysSock.Use="off")\ninput(type="imuxsock" Socket="%s")\n' "$stage/log"
    block rsyslog
} >"$stage/rsyslog.conf"
/usr/sbin/rsyslogd -N1 -f "$stage/rsyslog.conf" 2>"$stage/check.log" || fail "rsyslogd does not take the configuration"
/usr/sbin/rsyslogd -n -f "$stage/rsyslog.conf" -i "$stage/rsyslog.pid" >"$stage/rsyslog.log" 2>&1 &
await 20 test -S "$stage/log" || fail "rsyslogd does not listen"
# Twice: after a restart the unit says them again.
for _ in 1 2; do logger --socket "$stage/log" --size 8KiB --tag tcpw-event <"$stage/events"; done

as_postgres "$bin/initdb" -D "$stage/pg/data" -A trust -U postgres --no-sync >"$stage/initdb.log" 2>&1 ||
    fail "initdb"
as_postgres "$bin/postgres" -D "$stage/pg/data" -k "$stage/pg" -h 127.0.0.1 -c fsync=off >"$stage/postgres.log" 2>&1 &
await 20 ask 'SELECT 1' postgres || fail "PostgreSQL does not answer"
ask 'CREATE ROLE tcpw_log' postgres
ask 'CREATE DATABASE tcpw' postgres
block sql | as_postgres psql -h "$stage/pg" -U postgres -d tcpw -q -v ON_ERROR_STOP=1
ask 'GRANT INSERT ON tcpw_event TO tcpw_log'
# Last: what a database that answers refuses, rsyslogd does not keep.
ask 'ALTER ROLE tcpw_log LOGIN'
await 40 count 2 || fail "there are not two rows but $(ask 'SELECT * FROM tcpw_event')"
# What comes after both of them shows that nothing else is on its way.
run notify --addr 192.0.2.1 --daemon vsftpd -- 192.0.2.1
run deliver >>"$stage/deliver.log" 2>&1 || true
run events --format json >"$stage/events" 2>>"$stage/events.log" || true
logger --socket "$stage/log" --size 8KiB --tag tcpw-event <"$stage/events"
await 20 count 3 || fail "there are not three rows but $(ask 'SELECT * FROM tcpw_event')"
[ "$(ask "SELECT name FROM tcpw_event WHERE addr = '198.51.100.7'")" = "$hostile" ] || fail "the name is another one"
say "log store: rsyslog brings 3 events to PostgreSQL, each once, one with SQL for a name, from before it was there"

# A database that is there and refuses: the event is away until the unit starts again and says the day again.
ask 'REVOKE INSERT ON tcpw_event FROM tcpw_log'
run notify --addr 192.0.2.2 --daemon vsftpd -- 192.0.2.2
run deliver >>"$stage/deliver.log" 2>&1 || true
run events --format json >"$stage/events" 2>>"$stage/events.log" || true
logger --socket "$stage/log" --size 8KiB --tag tcpw-event <"$stage/events"
await 20 grep -q 'permission denied for table' "$stage/postgres.log" || fail "nothing was refused"
ask 'GRANT INSERT ON tcpw_event TO tcpw_log'
sayings=0
until count 4; do
    sayings=$((sayings + 1))
    [ "$sayings" -le 20 ] || fail "there are not four rows but $(ask 'SELECT * FROM tcpw_event')"
    logger --socket "$stage/log" --size 8KiB --tag tcpw-event <"$stage/events"
    sleep 1
done
ask 'SELECT * FROM tcpw_event ORDER BY id'
say "log store: what the database refused is there once the events of the day are said again"
