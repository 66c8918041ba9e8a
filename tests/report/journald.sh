#!/usr/bin/env bash
# journald.sh STAGE TCPW: the entries of events in the journal of the installed systemd-journald, read by journalctl.
# Runs as root of its own mount, network and process namespaces; STAGE is an empty directory. Prints a log to read;
# every line that starts with "log store: " was checked.
set -eu
stage=$1
tcpw=$2
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

ip link set lo up
# A machine whose journal is its own; it is kept in /run/log.
mount -t tmpfs -o mode=755 none /run
mount -t tmpfs -o mode=755 none /var/log
mkdir -p /run/systemd/journal
[ -s /etc/machine-id ] || {
    printf '%032x\n' 7 >/run/machine-id
    touch /etc/machine-id
    mount --bind /run/machine-id /etc/machine-id
}
install -d -m 755 "$stage/root/etc" "$stage/root/run" "$stage/root/var/spool/tcpw" "$stage/root/var/lib"
mount --bind /run "$stage/root/run"
run() { "$tcpw" --root "$stage/root" "$@"; }
deliver() { run deliver >>"$stage/deliver.log" 2>&1 || true; }
entries() { journalctl --directory /run/log/journal --output json MESSAGE_ID=0dc4a9293de04da2bfd51f6c384445d6; }
count() { [ "$(entries | wc -l)" = "$1" ]; }
recorded() { run events --format json | grep -q "$1"; }
# A deliverer that an alert has started goes by the configuration that was there when it began.
no_deliverer() { ! pgrep -f -- "deliver .*--root=$stage/root"; }
configure() {
    await 60 no_deliverer || fail "a deliverer does not end"
    printf '[alert]\nsyslog = %s\n' "$1" >"$stage/root/etc/tcpw.toml"
}

# Nobody listens.
run notify --addr 192.0.2.1 --daemon sshd -- 192.0.2.1
deliver
recorded 192.0.2.1 || fail "without a journal the event is not recorded"

start() {
    /usr/lib/systemd/systemd-journald >"$stage/journald.log" 2>&1 &
    journald=$!
}
start
await 60 test -S /run/systemd/journal/socket || fail "systemd-journald does not listen"
# A name that would like to be fields of its own, and one with a zero byte, which no argument can have.
hostile=$'x\nMESSAGE=forged\nPRIORITY=0\nTCPW_ADDR=10.0.0.1\n\nMESSAGE=second\e[2J\xff'
run notify --addr 203.0.113.9 --daemon sshd --server 198.51.100.1 --pid 77 -- "$hostile"
deliver
drop=$stage/root/var/spool/tcpw/root
[ -d "$drop" ] || drop=$stage/root/var/spool/tcpw/drop
printf 'tcpw-event 1\ntime 2026-11-20T12:00:00.5Z\nhost 9 a\\x00b\\x0aMESS=\naddr 11 203.0.113.8\ndaemon 4 sshd\nserver 0 \npid 0 \nend\n' \
    >"$drop/1795176000.500000000-00000000000000ab.event"
deliver
recorded 203.0.113.8 || fail "the event with a zero byte is not recorded"
await 60 count 2 || fail "there are not two entries but $(entries)"
entries >"$stage/entries"
/usr/bin/python3 - "$stage/entries" "$hostile" <<'END' || fail "the entries are others: $(cat "$stage/entries")"
import json, os, sys
first, second = [json.loads(line) for line in open(sys.argv[1])]
# journalctl gives what is not text as numbers, and several values of a field as a list of them.
raw = lambda value: bytes(value) if isinstance(value, list) else value.encode()
assert raw(first["TCPW_HOST"]) == os.fsencode(sys.argv[2]), first["TCPW_HOST"]
assert raw(second["TCPW_HOST"]) == b"a\0b\nMESS=", second["TCPW_HOST"]
wanted = {"TCPW_ADDR": "203.0.113.9", "TCPW_DAEMON": "sshd", "TCPW_SERVER": "198.51.100.1", "TCPW_PID": "77", "TCPW_UID": "0"}
for name, value in wanted.items():
    assert first[name] == value, (name, first[name])
for entry in first, second:
    assert entry["PRIORITY"] == "5" and entry["SYSLOG_FACILITY"] == "4" and entry["SYSLOG_IDENTIFIER"] == "tcpw", entry
    assert "sshd from 203.0.113." in entry["MESSAGE"] and "\n" not in entry["MESSAGE"], entry["MESSAGE"]
    # All other fields are of journald itself, which says who sent it.
    own = {"MESSAGE", "MESSAGE_ID", "PRIORITY", "SYSLOG_FACILITY", "SYSLOG_IDENTIFIER", "TCPW_ADDR", "TCPW_HOST", "TCPW_DAEMON",
           "TCPW_SERVER", "TCPW_PID", "TCPW_UID", "TCPW_RULE", "TCPW_OUTCOME"}
    assert {name for name in entry if not name.startswith("_")} == own, sorted(entry)
    assert entry["_UID"] == "0" and entry["_TRANSPORT"] == "journal", entry
END
# A field finds its entries.
[ "$(journalctl --directory /run/log/journal --output cat --output-fields TCPW_DAEMON TCPW_ADDR=203.0.113.9)" = sshd ] ||
    fail "the address finds no entry"

# It is gone, and its socket is still there.
kill -9 "$journald"
wait "$journald" 2>/dev/null || true
run notify --addr 192.0.2.2 --daemon sshd -- 192.0.2.2
deliver
recorded 192.0.2.2 || fail "with a dead journal the event is not recorded"
rm /run/systemd/journal/*
start
await 60 test -S /run/systemd/journal/socket || fail "systemd-journald does not listen again"
configure false
run notify --addr 192.0.2.3 --daemon sshd -- 192.0.2.3
deliver
recorded 192.0.2.3 || fail "the event is not recorded"
configure true
# What comes after it shows that nothing else is on its way.
run notify --addr 192.0.2.4 --daemon sshd -- 192.0.2.4
deliver
await 60 count 3 || fail "there are not three entries but $(entries)"
entries | grep -q '"TCPW_ADDR":"192.0.2.4"' || fail "the last entry is another one"
say "log store: systemd-journald has the fields of events byte by byte, none that a client wrote, none with syslog = false; without it nothing is lost"
