#!/usr/bin/env bash
# What the scenarios share: a log, a private /etc, Debian's sshd on it. Sourced with `stage`, `tcpw`
# and `here` set.
python=/usr/bin/python3
ssh_port=2222
# How much longer a visitor may wait for an alarm, in milliseconds: 10 on a machine that has nothing
# else to do (TCPW_QUIET=1), more beside other tests.
if [ "${TCPW_QUIET:-}" = 1 ]; then most_ms=10; else most_ms=100; fi

say() { printf '%s\n' "$*"; }
fail() {
    say "FAILED: $*"
    for log in sshd.log mail.log; do
        say "--- $log"
        cat "$stage/$log" || true
    done
    say "--- tables"
    cat -A /etc/hosts.allow /etc/hosts.deny || true
    say "--- drop directory, state"
    ls -la /var/spool/tcpw /var/spool/tcpw/drop /var/lib/tcpw || true
    exit 1
} 2>&1
# Waits up to $1 seconds for the command behind it to succeed.
await() {
    local tries=$(($1 * 10))
    shift
    until "$@" >>"$stage/await.log" 2>&1; do
        tries=$((tries - 1))
        [ "$tries" -gt 0 ] || return 1
        sleep 0.1
    done
}
# Shows a command of tcpw and what it printed.
show() {
    say "\$ tcpw $*"
    env -u SSH_CONNECTION /usr/local/bin/tcpw "$@" 2>&1 | sed 's/^/    /'
    [ "${PIPESTATUS[0]}" -eq 0 ] || fail "tcpw $* did not succeed"
}

private_files() {
    chmod 755 "$stage"
    mkdir "$stage/etc" "$stage/inbox"
    cp -a /etc/. "$stage/etc/"
    rm -f "$stage/etc/"{hosts,hosts.allow,hosts.deny,resolv.conf,tcpw.toml}
    mount --bind "$stage/etc" /etc
    for place in /run /var/lib /var/spool /usr/local/bin; do
        mount -t tmpfs -o mode=755 none "$place"
    done
    mkdir -m 755 /run/sshd
    install -m 755 "$tcpw" /usr/local/bin/tcpw
    if [ -e "${tcpw}-notify" ]; then install -m 755 "${tcpw}-notify" /usr/local/bin/; fi
    printf '127.0.0.1 localhost\n%s friend.example\n%s stranger.example\n' "$friend" "$stranger" >/etc/hosts
    sed -i 's/^hosts:.*/hosts: files/' /etc/nsswitch.conf
    ip link set lo up
}

# Starts a second sshd that is called $1, on port $2; further words are put before its command line.
start_other_sshd() {
    local name=$1 port=$2
    shift 2
    ln -sf /usr/sbin/sshd "/usr/local/bin/$name"
    sed "s/^Port .*/Port $port/" "$stage/sshd_config" >"$stage/$name.conf"
    "$@" "/usr/local/bin/$name" -D -e -f "$stage/$name.conf" 2>"$stage/$name.log" &
    other=$!
}
# Starts sshd; $1 are further lines for its configuration.
start_sshd() {
    ssh-keygen -q -t ed25519 -N '' -f "$stage/hostkey"
    cat >"$stage/sshd_config" <<-END
	Port $ssh_port
	ListenAddress 127.0.0.1
	HostKey $stage/hostkey
	PidFile none
	UsePAM no
	UseDNS no
	LogLevel VERBOSE
	$1
	END
    /usr/sbin/sshd -D -e -f "$stage/sshd_config" 2>"$stage/sshd.log" &
    await 20 listening $ssh_port || fail "sshd does not listen"
}
listening() { ss -ltn | grep -q ":$1 "; }

visit() { $python "$here/visit.py" "$1" $ssh_port; }
expect() {
    local got
    got=$(visit "$2")
    [ "$got" = "$3" ] || fail "$1 ($2): wanted $3, got $got"
}
