#!/usr/bin/env bash
# unprivileged.sh STAGE TCPW: a stranger at Debian's stunnel, which runs as a user of its own and
# asks libwrap itself. Runs as root of its own mount, network and process namespaces; STAGE is an
# empty directory, TCPW the program. Prints a log to read; every line that starts with
# "unprivileged: " was checked.
set -eu

stage=$1
tcpw=$2
here=$(dirname "$(readlink -f "$0")")
tls_port=4433
friend=127.0.0.2        # listed
stranger=127.0.0.3      # not listed
uid=$(id -u stunnel4)
units=/etc/systemd/system

. "$here/stage.sh"

start_stunnel() {
    openssl req -x509 -newkey rsa:2048 -nodes -keyout "$stage/tls.key" -out "$stage/tls.pem" \
        -days 2 -subj /CN=server.example 2>>"$stage/openssl.log"
    cat >"$stage/stunnel.conf" <<-END
	foreground = yes
	pid =
	setuid = stunnel4
	setgid = stunnel4
	cert = $stage/tls.pem
	key = $stage/tls.key
	[imaps]
	accept = 127.0.0.1:$tls_port
	connect = 127.0.0.1:$ssh_port
	libwrap = yes
	END
    /usr/bin/stunnel4 "$stage/stunnel.conf" 2>"$stage/stunnel.log" &
    await 20 listening $tls_port || { cat "$stage/stunnel.log"; fail "stunnel does not listen"; }
}
visit_tls() {
    $python - "$1" $tls_port <<-'END'
	import socket, ssl, sys
	context = ssl._create_unverified_context()
	visit = socket.create_connection(("127.0.0.1", int(sys.argv[2])), 20, (sys.argv[1], 0))
	try:
	    said = context.wrap_socket(visit).recv(200)
	    print("BANNER" if said.startswith(b"SSH-2.0") else "CLOSED")
	except OSError:
	    print("CLOSED")
	END
}
waiting() { find /var/spool/tcpw/drop -name '*.event' -user "$1" | wc -l; }
has_waiting() { [ "$(waiting stunnel4)" = "$1" ]; }
# What the unit $1 starts, as its file says.
run_unit() {
    sed -n 's/^ExecStart\(Pre\)\?=-\?//p' "$units/$1" | while read -r line; do
        say "\$ $line"
        $line || fail "$line"
    done
}

private_files
# systemd itself cannot run here: what it is told is written down, and the link made.
mkdir -p /run/systemd/system
cat >/usr/local/bin/systemctl <<END
#!/bin/sh
echo "\$*" >>"$stage/systemctl.log"
[ "\$1" != enable ] || ln -s "$units/tcpw-deliver.path" "$units/paths.target.wants/"
END
mkdir -p $units/paths.target.wants
chmod 755 /usr/local/bin/systemctl
PATH=/usr/local/bin:$PATH
start_sshd ''
start_stunnel
show allow $friend 127.0.0.1
show install-alert --on unlisted --force --systemd
grep -qx 'daemon-reload' "$stage/systemctl.log" || fail "systemd does not know the units"
grep -qx 'enable --now tcpw-deliver.path tcpw-deliver.timer tcpw-expire.timer' \
    "$stage/systemctl.log" || fail "the units are not enabled"
say "unprivileged: the units are installed and enabled"

got=$(visit_tls $friend)
[ "$got" = BANNER ] || { cat "$stage/stunnel.log"; fail "listed client: wanted BANNER, got $got"; }
got=$(visit_tls $stranger)
[ "$got" = CLOSED ] || fail "stranger: wanted CLOSED, got $got"
await 20 has_waiting 1 || fail "no event of stunnel4 waits"
sleep 1
has_waiting 1 || fail "somebody who is not root started a deliverer"
say "unprivileged: stunnel as uid $uid refuses $stranger; its event waits"

run_unit tcpw-deliver.service
has_waiting 0 || fail "the event still waits"
mails=(/var/lib/tcpw/mail/*.eml)
[ "${#mails[@]}" -eq 1 ] || fail "wanted one mail, there are ${#mails[@]}"
$python - "${mails[0]}" >"$stage/letter" <<-'END'
	import email, email.policy, sys
	mail = email.message_from_binary_file(open(sys.argv[1], "rb"), policy=email.policy.default)
	print("Subject:", mail["Subject"])
	print(mail.get_body(("plain",)).get_content())
	END
sed 's/^/    /' "$stage/letter" | head -30
grep -q "^Subject: .*$stranger" "$stage/letter" || fail "the subject does not say who"
grep -q "imaps" "$stage/letter" || fail "the mail does not say where"
grep -q "uid.*[^0-9]$uid\$" "$stage/letter" || fail "the mail does not say who reported it"
say "unprivileged: the mail about $stranger at imaps says that uid $uid reported it"
