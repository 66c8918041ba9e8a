#!/usr/bin/env bash
# blackhole.sh STAGE TCPW: alarms while the mail server is a black hole: nobody waits for it, and
# sshd loses no start-up slot to it. Runs as root of its own mount, network and process namespaces;
# STAGE is an empty directory, TCPW the program. Prints a log to read; every line that starts with
# "black hole: " was checked.
set -eu

stage=$1
tcpw=$2
here=$(dirname "$(readlink -f "$0")")
friend=127.0.0.2        # listed
stranger=127.0.0.3      # not listed

. "$here/stage.sh"

# Connections vanish at an address on a cable whose other end is not theirs.
black_hole() {
    ip link add hole type veth peer name rim
    ip addr add 10.99.0.1/24 dev hole
    ip link set hole up
    ip link set rim up
    ip neigh add 10.99.0.2 lladdr 02:00:00:00:00:02 dev hole
    cat >/etc/tcpw.toml <<-END
	[mail]
	to = "admin@example.org"
	[mail.smtp]
	host = "10.99.0.2"
	tls = "none"
	END
}
# Recorded events: in the journal, or in the drop directory while the deliverer is busy.
events() {
    $python - <<-'END'
	import os, sqlite3
	ways = ["/var/spool/tcpw/root", "/var/spool/tcpw/drop"]
	waiting = {f"{way}/{name}" for way in ways for name in os.listdir(way) if name.endswith(".event")}
	journal = sqlite3.connect("file:/var/lib/tcpw/deliver/journal.db?mode=ro", uri=True)
	waiting -= {name for name, in journal.execute("SELECT name FROM collected")}
	print(len(waiting) + journal.execute("SELECT count(*) FROM events").fetchone()[0])
	END
}
has_events() { [ "$(events)" = "$1" ]; }
# Whether some process waits for the mail server.
is_waiting() { ss -tn state syn-sent | grep -q 10.99.0.2; }
crowd() { $python "$here/crowd.py" "$@"; }

private_files
black_hole
# As many as visit at once below, less than twice as many.
start_sshd 'MaxStartups 45:100:45'
show allow $friend --daemon sshd
show install-alert --on unlisted --force

got=$(crowd $stranger $ssh_port 40)
[ "$got" = "0 40" ] || fail "40 strangers: wanted 0 banners and 40 refused, got $got"
await 20 has_events 40 || fail "$(events) events are recorded, not 40"
await 20 is_waiting || fail "nobody waits for the mail server"
got=$(crowd $friend $ssh_port 20 1)
is_waiting || fail "the mail server answered"
[ "$got" = "20 0" ] || fail "20 logins after 40 alarms: wanted 20 banners, got $got"
say "black hole: 40 refused, 40 recorded; 20 of 20 logins get their banner"

alarm=$(sed -n 's/^ALL: ALL : \(spawn .*\) : deny$/\1/p' /etc/hosts.deny)
[ -n "$alarm" ] || fail "the rule is not as expected"
read -r none true alarm <<<"$($python "$here/banner.py" $friend $ssh_port 9 /etc/hosts.allow \
    "sshd: $friend" "sshd: $friend: spawn (/bin/true)" "sshd: $friend: $alarm")"
say "black hole: connect to banner: no rule $none ms, spawn (/bin/true) $true ms, the alarm $alarm ms"
$python -c "import sys; sys.exit(not $alarm - $true <= $most_ms)" || fail "visitors wait for the alarm"

echo "sshd: $friend" >/etc/hosts.allow
# The measure is one: a command that stays in the background holds sshd's start-up pipes.
echo 'ALL: ALL: spawn (sleep 30) &: deny' >/etc/hosts.deny
got=$(crowd $stranger $ssh_port 40)
[ "$got" = "0 40" ] || fail "40 strangers: wanted 0 banners and 40 refused, got $got"
got=$(crowd $friend $ssh_port 20)
[ "${got% *}" -lt 20 ] || fail "a command in the background costs no login: the test is blind"
say "black hole: with a command in the background it is ${got% *} of 20"
