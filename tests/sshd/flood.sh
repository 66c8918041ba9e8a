#!/usr/bin/env bash
# flood.sh STAGE TCPW: one stranger knocks twenty times a second, others once each: every knock is
# recorded, few mails stand for all of them, and nobody waits longer than without the alarm. Runs as
# root of its own mount, network and process namespaces; STAGE is an empty directory, TCPW the
# program. Prints a log to read; every line that starts with "flood: " was checked.
set -eu

stage=$1
tcpw=$2
here=$(dirname "$(readlink -f "$0")")
friend=127.0.0.2        # listed
stranger=127.0.0.3      # knocks 200 times
others='127.0.1.1=1 127.0.1.2=1 127.0.1.3=1 127.0.1.4=1 127.0.1.5=1'

. "$here/stage.sh"

ask() {
    $python -c 'import sqlite3, sys
journal = sqlite3.connect("file:/var/lib/tcpw/deliver/journal.db?mode=ro", uri=True, timeout=20)
print(" ".join(str(value) for row in journal.execute(sys.argv[1]) for value in row))' "$1"
}
holds() { [ "$(ask "$1")" = "$2" ]; }
flood() { $python "$here/flood.py" $ssh_port 10 $stranger=200 $others; }

private_files
cat >/etc/tcpw.toml <<-END
	[mail]
	to = "admin@example.org"
	transport = "file"
	reverse_dns = false
	[alert]
	quiet = "20s"
END
# A refused visitor takes a start-up slot for five seconds.
start_sshd 'MaxStartups 1000'
show allow $friend --daemon sshd
echo 'ALL: ALL' >/etc/hosts.deny
read -r refused plain <<<"$(flood)"
[ "$refused" = 205 ] || fail "without an alarm $refused of 205 are refused"

rm /etc/hosts.deny
show install-alert --on unlisted --force
read -r refused alarmed <<<"$(flood)"
[ "$refused" = 205 ] || fail "with the alarm $refused of 205 are refused"

await 20 holds 'SELECT count(*) FROM events' 205 || fail "$(ask 'SELECT count(*) FROM events') events, not 205"
holds "SELECT count(*), count(DISTINCT pid) FROM readable WHERE addr = CAST('$stranger' AS BLOB)" "200 200" ||
    fail "not each knock of the stranger is there once"
# The digest of the repeats leaves when the quiet time is over; nothing gathers after it.
await 40 holds "SELECT count(*) FROM letters WHERE state = 'open' OR id IN
    (SELECT letter FROM dispatches WHERE state <> 'delivered')" 0 || fail "letters do not leave"
kinds=$(ask 'SELECT kind, count(*), sum(count) FROM letters GROUP BY kind ORDER BY kind')
alarms=$(ask "SELECT sum(count) FROM letters WHERE kind = 'alarm'")
[ "$kinds" = "alarm 6 $alarms digest 1 $((205 - alarms))" ] || fail "wanted 6 alarms and 1 digest, got: $kinds"
mails=$(ls /var/lib/tcpw/mail/*.eml | wc -l)
[ "$mails" = 7 ] || fail "$mails mails, not 7"
grep -ql "Subject: .*$stranger again" /var/lib/tcpw/mail/*.eml || fail "no mail is the digest of the stranger"
# A machine that is busy with something else slows one of two floods: then they are tried again.
is_quick() { $python -c "import sys; sys.exit(not $alarmed - $plain <= $most_ms)"; }
alarm_table=$(cat /etc/hosts.deny)
for _ in 1 2 3; do
    if is_quick; then break; fi
    echo 'ALL: ALL' >/etc/hosts.deny
    read -r refused plain <<<"$(flood)"
    printf '%s\n' "$alarm_table" >/etc/hosts.deny
    read -r refused alarmed <<<"$(flood)"
done
is_quick || fail "visitors wait for the alarm: $alarmed ms, without it $plain ms"
say "flood: 205 connections in 10 s refused; at the median after $plain ms without and $alarmed ms with the alarm"
say "flood: 205 events in the journal; 6 mails at once, and 1 that stands for $((205 - alarms)) repeats"
