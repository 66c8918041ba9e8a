#!/usr/bin/env bash
# gate.sh STAGE TCPW: clients of several countries at the real sshd, whose allow table asks tcpw-gate.
# Runs as root of its own mount, network and process namespaces; STAGE holds the databases
# country.mmdb, GeoIP.dat and GeoIPv6.dat, TCPW is the program, with the others beside it. Prints a
# log to read; every line that starts with "gate: " was checked.
set -eu

stage=$1
tcpw=$2
here=$(dirname "$(readlink -f "$0")")
server=192.0.2.1
korean=203.0.113.9      # in KR by the databases
chinese=198.51.100.9    # in CN
nobody=192.0.2.77       # in no database
kept=198.51.100.77      # in CN, and in keep_in
operator=10.9.8.7       # in a private network
gate=/usr/local/bin/tcpw-gate
crash=/usr/local/bin/crash/tcpw-gate
data=/var/lib/GeoIP/GeoLite2-Country.mmdb
friend=$operator stranger=$chinese

. "$here/stage.sh"

# The clients are in a network of their own: addresses of this machine would be let in.
clients() {
    local client
    unshare -n sleep infinity &
    other_net=$!
    await 10 separate || fail "no network for the clients"
    ip link add tcpw0 type veth peer name tcpw1
    ip link set tcpw1 netns "$other_net"
    ip addr add $server/32 dev tcpw0
    ip link set tcpw0 up
    beyond ip link set lo up
    beyond ip link set tcpw1 up
    beyond ip route add $server dev tcpw1
    for client in $korean $chinese $nobody $kept $operator; do
        beyond ip addr add $client/32 dev tcpw1
        ip route add $client dev tcpw0
    done
}
beyond() { nsenter -t "$other_net" -n "$@"; }
separate() { [ "$(readlink /proc/$other_net/ns/net)" != "$(readlink /proc/self/ns/net)" ]; }
# Visits the daemon on port $2 from $3 and expects $4; all visits of a round are under way at once, because
# libwrap takes five seconds to refuse one.
asked=()
ask() {
    beyond $python "$here/visit.py" "$3" "$2" $server >"$stage/visit.${#asked[@]}" 2>&1 &
    asked+=("$!|$1 ($3)|$4")
}
answered() {
    local at visit rest got
    for at in "${!asked[@]}"; do
        visit=${asked[$at]}
        rest=${visit#*|}
        wait "${visit%%|*}" || fail "${rest%|*}: no visit"
        got=$(cat "$stage/visit.$at")
        [ "$got" = "${rest#*|}" ] || fail "${rest%|*}: wanted ${rest#*|}, got $got"
    done
    asked=()
}

# A /dev of its own, with a system log in it.
system_log() {
    local name
    mkdir "$stage/dev"
    mount -t tmpfs -o mode=755 none "$stage/dev"
    for name in null zero full random urandom tty; do
        : >"$stage/dev/$name"
        mount --bind "/dev/$name" "$stage/dev/$name"
    done
    mount --rbind "$stage/dev" /dev
    $python - "$stage/system.log" <<-'END' &
	import socket, sys
	log = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
	log.bind("/dev/log")
	with open(sys.argv[1], "ab", buffering=0) as out:
	    while True:
	        out.write(log.recv(65536) + b"\n")
	END
    await 10 test -S /dev/log || fail "no system log"
}
logged() { grep -q -- "$1" "$stage/system.log"; }
alerted() { grep -rqs -- "$1" /var/spool/tcpw /var/lib/tcpw; }

# Daemons of several names, each with a gate of its own.
daemons() {
    local legacy='--country KR --database /var/lib/GeoIP/GeoIP.dat --database /var/lib/GeoIP/GeoIPv6.dat'
    cat >/etc/hosts.allow <<-END
	sshd-crash sshd-gone: 10.
	sshd: ALL: aclexec exec $gate --country KR,JP -- %a
	sshd-open: ALL: aclexec $gate --country KR,JP --unknown allow -- %a
	sshd-legacy: ALL: aclexec $gate $legacy -- %a
	sshd-old: ALL: aclexec $gate $legacy --max-age 60d -- %a
	sshd-crash: ALL: aclexec exec $crash --country KR,JP -- %a
	sshd-gone: ALL: aclexec exec /usr/local/bin/gone/tcpw-gate --country KR,JP -- %a
	END
    printf 'ALL: ALL: spawn /usr/local/bin/tcpw-notify --addr %%a --daemon %%d -- %%h: deny\n' >/etc/hosts.deny
    mkdir "${crash%/*}"
    printf '#!/bin/sh\nkill -SEGV $$\n' >$crash
    chmod 755 $crash
    start_sshd "ListenAddress $server"
    start_other_sshd sshd-open 2223
    start_other_sshd sshd-legacy 2224
    start_other_sshd sshd-old 2225
    start_other_sshd sshd-crash 2226
    start_other_sshd sshd-gone 2227
    for port in 2223 2224 2225 2226 2227; do
        await 20 listening $port || fail "no daemon listens on $port"
    done
}

private_files
# The data of a package are not those of this test.
if [ -d /usr/share/GeoIP ]; then mount -t tmpfs -o mode=755 none /usr/share/GeoIP; fi
system_log
clients
install -m 755 "${tcpw}-gate" $gate
mkdir -m 755 /var/lib/GeoIP
install -m 644 "$stage/country.mmdb" $data
install -m 644 "$stage/GeoIP.dat" "$stage/GeoIPv6.dat" /var/lib/GeoIP/
printf '[geo]\ncountry = "%s"\n[guard]\nkeep_in = ["%s"]\n' $data $kept >/etc/tcpw.toml
daemons
say "$(/usr/sbin/sshd -V 2>&1 | grep -o 'OpenSSH[^,]*' | head -1)"
sed 's/^/    /' /etc/hosts.allow /etc/hosts.deny

ask "a listed country" $ssh_port $korean BANNER
ask "another country" $ssh_port $chinese CLOSED
ask "kept in" $ssh_port $kept BANNER
ask "a private network" $ssh_port $operator BANNER
ask "unknown" $ssh_port $nobody CLOSED
ask "unknown, by policy" 2223 $nobody BANNER
ask "another country, by the same policy" 2223 $chinese CLOSED
ask "legacy: a listed country" 2224 $korean BANNER
ask "legacy: another country" 2224 $chinese CLOSED
ask "legacy: data of 2018" 2225 $korean CLOSED
ask "a gate that crashes" 2226 $korean CLOSED
ask "a gate that crashes: the operator's rule" 2226 $operator BANNER
ask "no gate" 2227 $korean CLOSED
ask "no gate: the operator's rule" 2227 $operator BANNER
answered
await 20 alerted $chinese || fail "nobody was told of $chinese"
say "gate: $korean (KR) is admitted, $chinese (CN) refused and alerted; keep_in and the private network get in"
say "gate: $nobody, which no database knows, is refused, and admitted by --unknown allow"
logged 'of 2018-06-05 is older than 60 days; 203.0.113.9 is refused' || fail "the log says nothing of old data"
[ "$(grep -c 'tcpw-gate: ' "$stage/system.log")" -eq 1 ] || fail "what is sound was logged: $(cat "$stage/system.log")"
say "gate: the same by a legacy database, whose data of 2018 count as broken with --max-age 60d"
for name in sshd-crash sshd-gone; do
    logged "$name.*refused connect from $korean" || fail "the log does not say whom $name refused"
done
grep -q 'tcpw-gate: not found' "$stage/sshd-gone.log" || fail "the log does not say that the gate is missing"

rm /var/lib/GeoIP/*
for _ in 1 2 3; do ask "no database" $ssh_port $korean CLOSED; done
ask "no database: kept in" $ssh_port $kept BANNER
ask "no database: a private network" $ssh_port $operator BANNER
answered
[ "$(grep -c "cannot use $data: No such file .*; $korean is refused" "$stage/system.log")" -eq 1 ] ||
    fail "the log: $(cat "$stage/system.log")"
say "gate: without its database everybody else is refused, which is in the system log once; keep_in and the private network get in"
say "gate: one that crashes or is missing refuses, and the log says so; an ordinary rule before it lets the operator in"
