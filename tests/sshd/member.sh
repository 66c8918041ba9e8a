#!/usr/bin/env bash
# member.sh STAGE TCPW FLEET NAME URL PASSWORD: a server of many. A stranger is refused by the real
# sshd; the alert waits, is pushed, and is left to the mail of all. Runs as root of its own mount,
# network and process namespaces; STAGE is an empty directory, TCPW and FLEET the programs, URL the
# database by a socket, PASSWORD a file. The line that starts with "member: " was checked.
set -eu

stage=$1
tcpw=$2
fleet=$3
name=$4
url=$5
password=$6
here=$(dirname "$(readlink -f "$0")")
friend=127.0.0.2   # listed
stranger=127.0.0.3 # not listed

. "$here/stage.sh"

queue() { /usr/local/bin/tcpw queue | grep -q "$stranger"; }
is_left() { /usr/local/bin/tcpw deliver >>"$stage/deliver.log" 2>&1 && ! queue; }

private_files
mkdir -m 755 /var/lib/tcpw-fleet
install -m 600 "$password" /etc/fleet.password
cat >/etc/tcpw.toml <<-END
	[mail]
	from = "$name@example.org"
	to = "admin@example.org"
	transport = "file"

	[fleet]
	database = "$url"
	password_file = "/etc/fleet.password"
	mail = "fleet"
	END
chmod 644 /etc/tcpw.toml
start_sshd ''
show allow $friend --daemon sshd
show deny-all --force
show install-alert
"$fleet" push || fail "the first push"
expect "listed client" $friend BANNER
expect "unlisted client" $stranger CLOSED
await 30 queue || fail "the alert does not wait for its push"
"$fleet" push --now || fail "the push of the alert"
await 30 is_left || fail "the alert is not left to others"
[ -z "$(ls /var/lib/tcpw/mail 2>>"$stage/await.log")" ] || fail "it was mailed from here"
say "member: $name refused $stranger at the real sshd and left it to the mail of all"
