#!/usr/bin/env bash
# ssh.sh STAGE TCPW COLLECTIONS: Ansible changes the tables of a host that it reaches through them: by the real ssh,
# with a connection that is kept, as a user who becomes root by sudo. Runs as root of its own mount, network and
# process namespaces; STAGE is an empty directory. Prints a log to read; every line that starts with "ansible: "
# was checked.
set -eu
stage=$1
tcpw=$2
collections=$3
own=$(dirname "$(readlink -f "$0")")
here=$own/../../sshd
friend=127.0.0.2   # the control node
stranger=127.0.0.3 # nobody

. "$here/stage.sh"
export HOME=$stage/control ANSIBLE_COLLECTIONS_PATH=$collections PYTHONDONTWRITEBYTECODE=1 NO_COLOR=1
mkdir -p "$HOME"

# Runs the flow with rules $2 that wait for $3, and further words; it must end with code $1. Its words are in $told.
flow() {
    local wanted=$1 rules=$2 within=$3 code=0
    shift 3
    say "\$ ansible-playbook flow.yml: $rules, within $within $*"
    told=$(ansible-playbook -i "$stage/inventory" "$own/flow.yml" -e "{\"wanted\": [$rules], \"within\": \"$within\"}" \
        "$@" 2>&1) || code=$?
    printf '%s\n' "$told" | grep -v '^$' | sed 's/^/    /'
    [ "$code" -eq "$wanted" ] || fail "wanted exit code $wanted, got $code"
}
# What it says, however the lines are broken.
tells() {
    case $(printf '%s' "$told" | tr -s '[:space:]' ' ') in *"$1"*) ;; *) fail "it does not say: $1" ;; esac
}
logins() { grep -c 'Accepted publickey' "$stage/sshd.log" || true; }
denies_all() { grep -qx 'ALL: ALL' /etc/hosts.deny; }
denies_nobody() { ! denies_all; }

private_files
printf '127.0.0.1 %s\n' "$(uname -n)" >>/etc/hosts
ssh-keygen -q -t ed25519 -N '' -f "$stage/key"
mkdir -m 755 "$stage/authorized" "$stage/ops"
cp "$stage/key.pub" "$stage/authorized/ops"
printf 'ops:x:6543:6543::%s:/bin/bash\n' "$stage/ops" >>/etc/passwd
printf 'ops:x:6543:\n' >>/etc/group
printf 'ops:*:19000:0:99999:7:::\n' >>/etc/shadow
chown 6543:6543 "$stage/ops"
mkdir -p /etc/sudoers.d
printf 'ops ALL=(ALL:ALL) NOPASSWD: ALL\n' >/etc/sudoers.d/ops
chmod 440 /etc/sudoers.d/ops
start_sshd "AuthorizedKeysFile $stage/authorized/%u
StrictModes no
Subsystem sftp internal-sftp"
cat >"$stage/inventory" <<-END
	server ansible_host=127.0.0.1 ansible_port=$ssh_port ansible_user=ops ansible_ssh_private_key_file=$stage/key ansible_python_interpreter=/usr/bin/python3 ansible_ssh_common_args="-F none -o BindAddress=$friend -o UserKnownHostsFile=$stage/known -o StrictHostKeyChecking=accept-new"
END
me='{"table": "allow", "daemons": "sshd", "clients": "127.0.0.2"}'
rest='{"table": "deny", "daemons": "ALL", "clients": "ALL"}'

# A tcpw that this machine may have.
mv /usr/local/bin/tcpw "$stage/tcpw"
for other in /usr/sbin/tcpw /usr/local/sbin/tcpw /usr/bin/tcpw; do
    if [ -e $other ]; then mount --bind /dev/null $other; fi
done
flow 2 "$me" 60s
tells "tcpw is not installed on this host"
tells "the role tcpw.tcpw.server installs it"
mv "$stage/tcpw" /usr/local/bin/tcpw
say "ansible: a host without tcpw is a clear failure"

flow 2 "$rest" 60s
tells "your own session from $friend would be refused by sshd"
denies_nobody || fail "a change that was refused was made"
say "ansible: the session is found under become, and is not locked out"

before=$(logins)
flow 2 "$me, $rest" 30s --skip-tags reset
tells "this login began before change"
[ "$(logins)" -eq "$before" ] || fail "the connection was not kept"
denies_all || fail "the change was not made"
await 60 denies_nobody || fail "the change was not rolled back"
say "ansible: a connection that ControlPersist keeps does not confirm, and the change is rolled back"

flow 0 "$me, $rest" 30s
[ "$(logins)" -eq $((before + 1)) ] || fail "there was no new login"
waited=$SECONDS
flow 0 "$me, $rest" 30s
tells "changed=0"
expect "stranger" $stranger CLOSED
expect "control node" $friend BANNER
sleep $((waited + 32 - SECONDS))
denies_all || fail "a confirmed change was rolled back"
say "ansible: reset_connection makes a new login, which confirms the change, and then it stays"

flow 4 "$rest" 30s -e force=true
denies_all || fail "the change was not made"
expect "control node, locked out" $friend CLOSED
await 60 grep -q "127.0.0.2" /etc/hosts.allow || fail "the lock-out was not rolled back"
expect "control node, afterwards" $friend BANNER
flow 0 "$me, $rest" 60s
tells "changed=0"
say "ansible: a lock-out is rolled back by itself, because the new login that would confirm it fails"

# The loop of docs/policies.md, as it stands there: without Ansible, with a connection that is kept.
mkdir -p "$HOME/bin"
cat >"$HOME/ssh_config" <<-END
	Host server
	HostName 127.0.0.1
	Port $ssh_port
	User ops
	BindAddress $friend
	IdentityFile $stage/key
	UserKnownHostsFile $stage/known
	ControlMaster auto
	ControlPersist 60s
	ControlPath $HOME/kept
END
printf '#!/bin/sh\nexec /usr/bin/ssh -F %s "$@"\n' "$HOME/ssh_config" >"$HOME/bin/ssh"
chmod 755 "$HOME/bin/ssh"
awk '/^## /{is = 0} /^## Plain ssh$/{is = 1} is && /^```$/{shown = 0} shown {print} is && /^```sh$/{shown = 1}' \
    "$own/../../../docs/policies.md" | sed 's/5m/60s/' >"$HOME/push.sh"
push() {
    printf '%s' "$1" >"$HOME/rules.json"
    say "\$ push.sh: $1"
    told=$(cd "$HOME" && hosts=server PATH=$HOME/bin:$PATH sh -eu push.sh 2>&1) || true
    printf '%s\n' "$told" | sed 's/^/    /'
}
colleague='{"table": "allow", "daemons": "sshd", "clients": "127.0.0.5"}'
before=$(logins)
push "[$me, $colleague, $rest]"
tells "is confirmed and stays"
[ "$(logins)" -eq $((before + 2)) ] || fail "wanted a login that is kept and one that confirms"
push "[$me, $colleague, $rest]"
[ -z "$told" ] || fail "a second run said something"
[ "$(logins)" -eq $((before + 2)) ] || fail "a second run logged in again"
push "[$rest]"
tells "your own session from $friend would be refused by sshd"
grep -q 127.0.0.5 /etc/hosts.allow || fail "the tables are others"
say "ansible: without it, the loop of docs/policies.md does the same over plain ssh"
