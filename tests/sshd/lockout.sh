#!/usr/bin/env bash
# lockout.sh STAGE TCPW: an operator who is connected through the tables changes them: what would
# lock somebody out is refused, what was forced comes back by itself, what a new login confirms
# stays. Runs as root of its own mount, network and process namespaces; STAGE is an empty directory,
# TCPW the program. Prints a log to read; every line that starts with "lockout: " was checked.
set -eu

stage=$1
tcpw=$2
here=$(dirname "$(readlink -f "$0")")
friend=127.0.0.2        # the operator
stranger=127.0.0.3      # nobody
colleague=127.0.0.5     # connected, on no list

. "$here/stage.sh"
port=$ssh_port          # where a login goes
through=()              # what is put before ssh

# Runs a command in a login from $1.
login() {
    local from=$1
    shift
    "${through[@]}" ssh -F none -i "$stage/key" -b "$from" -p "$port" -o BatchMode=yes -o ConnectTimeout=10 \
        -o UserKnownHostsFile="$stage/known" -o StrictHostKeyChecking=accept-new \
        root@127.0.0.1 "$@"
}
# The same, with its words and exit code in the log and in $told.
typed() {
    local wanted=$1 code=0
    shift
    say "$1\$ $2"
    told=$(login "$@" 2>&1) || code=$?
    printf '%s\n' "$told" | sed 's/^/    /'
    [ "$code" -eq "$wanted" ] || fail "wanted exit code $wanted, got $code"
}
tells() { case $told in *"$1"*) ;; *) fail "it does not say: $1" ;; esac; }
denies_all() { grep -qx 'ALL: ALL' /etc/hosts.deny; }
denies_nobody() { ! denies_all; }

private_files
ssh-keygen -q -t ed25519 -N '' -f "$stage/key"
mkdir -m 700 "$stage/authorized"
cp "$stage/key.pub" "$stage/authorized/root"
start_sshd "AuthorizedKeysFile $stage/authorized/%u
StrictModes no
PermitRootLogin prohibit-password"
tcpw=/usr/local/bin/tcpw

typed 2 $friend "$tcpw setup --allow 10.1.2.3 --no-mail"
tells "your own session from $friend would be refused by sshd"
typed 0 $friend "$tcpw setup --allow $friend --no-mail"
expect "operator, set up" $friend BANNER
expect "stranger, set up" $stranger CLOSED
await 20 test -n "$(find /var/spool/tcpw /var/lib/tcpw -name '*.event' -o -name '*.eml' | head -1)" ||
    fail "the stranger was not recorded"
typed 0 $friend "$tcpw undo"
expect "stranger, setup undone" $stranger BANNER
say "lockout: setup lets its own session in and a stranger not, and is undone"

typed 2 $friend "$tcpw deny-all --confirm-within 8s"
tells "your own session from $friend would be refused by sshd"
denies_nobody || fail "a change that was refused was made"
say "lockout: a change that would lock out its own session is refused"

typed 0 $friend "$tcpw deny-all --confirm-within 8s --force"
tells "will be rolled back at"
denies_all || fail "the forced change was not made"
expect "operator, locked out" $friend CLOSED
await 20 denies_nobody || fail "the forced change was not rolled back"
expect "operator, afterwards" $friend BANNER
typed 0 $friend "$tcpw history"
tells "(rolled back by 4)"
say "lockout: a forced one locks out and is rolled back by itself"

typed 0 $friend "$tcpw allow $friend --daemon sshd"
login $colleague "sleep 10" &
held=$!
await 20 eval "ss -tn | grep -q ' $colleague:'" || fail "the colleague is not connected"
typed 2 $friend "$tcpw deny-all"
tells "$colleague, which is connected to sshd now, would be refused"
wait $held
say "lockout: a change that would lock out somebody who is connected is refused"

typed 2 $friend "$tcpw deny-all --confirm-within 15s && $tcpw confirm"
tells "this login began before change"
denies_all || fail "the change was not made"
typed 0 $friend "$tcpw confirm"
tells "is confirmed and stays"
sleep 18
denies_all || fail "a confirmed change was rolled back"
expect "operator" $friend BANNER
expect "stranger" $stranger CLOSED
say "lockout: the session that made a change cannot confirm it, a new login can, and then it stays"

start_other_sshd sshd-admin 2223
await 20 listening 2223 || fail "the second sshd does not listen"
typed 0 $friend "$tcpw allow $friend --daemon sshd-admin"
port=2223
typed 2 $friend "$tcpw undo"
tells "your own session from $friend would be refused by sshd-admin"
tells "--daemon sshd-admin"
typed 0 $friend "true"
login $friend "sleep 10" &
held=$!
await 20 eval "ss -tn | grep '127.0.0.1:2223' | grep -q ' $friend:'" || fail "nobody is connected"
port=$ssh_port
typed 2 $friend "$tcpw undo"
tells "$friend, which is connected to sshd-admin now, would be refused by sshd-admin"
wait $held
say "lockout: an sshd of another name is asked by that name, for its own session and for others"

start_other_sshd sshd-apart 2224 unshare -n sh -c 'ip link set lo up; exec "$@"' sh
through=(nsenter -t $other -n)
await 20 eval "${through[*]} ss -ltn | grep -q :2224" || fail "the third sshd does not listen"
listening 2224 && fail "the third sshd is in the same namespace"
through=()
typed 0 $friend "$tcpw allow $colleague --daemon sshd-apart"
through=(nsenter -t $other -n)
port=2224
login $colleague "sleep 10" &
held=$!
await 20 eval "${through[*]} ss -tn | grep -q ' $colleague:'" || fail "the colleague is not connected"
through=()
port=$ssh_port
typed 2 $friend "$tcpw revoke $colleague"
tells "$colleague, which is connected to sshd-apart now, would be refused by sshd-apart"
wait $held
kill $other
say "lockout: a login in another network namespace is seen"
