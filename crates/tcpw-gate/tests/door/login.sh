#!/usr/bin/env bash
# login.sh STAGE GATE: logins at Debian's sshd, whose own tables (libwrap's) are empty; the gate in its
# PAM asks other ones.
set -euo pipefail
stage=$1
gate=/usr/local/sbin/tcpw-gate
notifier=/usr/local/sbin/tcpw-notify
port=2222
friend=127.0.0.5 stranger=127.0.0.7
install -m 755 "$2" "$gate"

fail() {
    printf 'FAILED: %s\n' "$*"
    cat "$stage"/*.log || true
    exit 1
}

await() {
    local tries=$((60 * 20))
    until "$@" >>"$stage/await.out" 2>&1; do
        tries=$((tries - 1))
        [ "$tries" -gt 0 ] || return 1
        sleep 0.05
    done
}
listening() { ss -Hltn "sport = :$1" | grep -q .; }

# The log, as a file.
python3 - "$stage/system.log" <<'END' &
import os, socket, sys
log = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
log.bind("/dev/log")
os.chmod("/dev/log", 0o666)
with open(sys.argv[1], "a", encoding="utf-8", errors="replace") as file:
    while True:
        print(log.recv(65536).decode(errors="replace"), file=file, flush=True)
END
await test -S /dev/log || fail "no system log"

mkdir -m 755 /run/sshd /run/keys /var/spool/tcpw
mkdir -m 700 /var/spool/tcpw/root
mkdir -m 1733 /var/spool/tcpw/drop
useradd --no-create-home --home-dir /run --shell /bin/sh --password "$(openssl passwd -6 secret)" alice
ssh-keygen -q -t ed25519 -N '' -f "$stage/host"
ssh-keygen -q -t ed25519 -N '' -f "$stage/key"
cp "$stage/key.pub" /run/keys/alice
printf '#!/bin/sh\necho "$TCPW_WORD"\n' >/run/askpass
chmod 755 /run/askpass
printf 'sshd: %s: spawn echo %%a >>/run/granted\n' "$friend" >/etc/elsewhere.allow
printf 'ALL: ALL: spawn %s --addr %%a --daemon %%d --server %%s --pid %%p -- %%h: deny\n' "$notifier" >/etc/elsewhere.deny
: >/etc/hosts.allow
: >/etc/hosts.deny

# stack WITH: the PAM of sshd, with the gate or without it.
stack() {
    local call="pam_exec.so quiet $gate pam --allow-file /etc/elsewhere.allow --deny-file /etc/elsewhere.deny"
    {
        [ "$1" = without ] || printf 'auth requisite %s\naccount required %s\n' "$call" "$call"
        printf 'auth required pam_unix.so\naccount required pam_unix.so\nsession required pam_permit.so\n'
    } >/etc/pam.d/sshd
}
cat >"$stage/config" <<END
Port $port
ListenAddress 127.0.0.1
HostKey $stage/host
PidFile none
UsePAM yes
StrictModes no
AuthorizedKeysFile /run/keys/%u
PasswordAuthentication yes
KbdInteractiveAuthentication no
LogLevel VERBOSE
END
stack with
/usr/sbin/sshd -D -e -f "$stage/config" 2>"$stage/sshd.log" &
await listening $port || fail "sshd does not listen"

# log_in FROM HOW [WORD]: whether a login from this address by password or key ends well.
log_in() {
    TCPW_WORD=${3:-secret} SSH_ASKPASS=/run/askpass SSH_ASKPASS_REQUIRE=force setsid -w \
        ssh -F none -b "$1" -p "$port" -i "$stage/key" -o "PreferredAuthentications=$2" \
        -o NumberOfPasswordPrompts=1 -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null \
        -o IdentitiesOnly=yes -o LogLevel=ERROR alice@127.0.0.1 true </dev/null 2>>"$stage/ssh.log"
}
events() { find /var/spool/tcpw -name '*.event' | wc -l; }
wanted() { [ "$1" -eq "$2" ] || fail "$3: $1, not $2"; }

for how in password publickey; do
    log_in "$friend" $how || fail "$friend is kept out by $how"
    ! log_in "$stranger" $how || fail "$stranger gets in by $how"
    printf 'door: sshd with the gate in its PAM, tables elsewhere: %s admits the listed and no other client\n' $how
done
! log_in "$friend" password wrong || fail "a wrong password gets in"

wanted "$(events)" 2 "alerts of refused clients"
[ -z "$(find /var/spool/tcpw/drop -name '*.event')" ] || fail "an alert is not root's"
wanted "$(grep -rla "^addr [0-9]* $stranger\$" /var/spool/tcpw/root | wc -l)" 2 "alerts that name the client"
! grep -q "tcpw-gate has no option" "$stage/system.log" || fail "the deliverer is started by a wrong name"
wanted "$(wc -l </run/granted)" 2 "what is done for admitted clients"
[ ! -e "$notifier" ] || fail "the notifier was there: it may have been run"
wanted "$(grep -c "sshd\[[0-9]*\]: refused connect from $stranger ($stranger)\$" "$stage/system.log")" 2 "lines of refusals"
printf 'door: each refused login is one alert, which the gate records itself, without a shell, and one line of the log\n'

stack without
log_in "$stranger" password || fail "without the gate $stranger is kept out, too: nothing was shown"
log_in "$stranger" publickey || fail "without the gate $stranger is kept out, too: nothing was shown"
wanted "$(events)" 2 "alerts without the gate"
printf 'door: without the gate in its PAM the same clients get in\n'
