#!/usr/bin/env bash
# scenario.sh STAGE TCPW: a listed client, a refused stranger and a nameless one at the real sshd.
# Runs as root of its own mount, network and process namespaces; STAGE is an empty directory, TCPW
# the program. Prints a log to read; every line that starts with "sshd: " was checked.
set -eu

stage=$1
tcpw=$2
here=$(dirname "$(readlink -f "$0")")
mail_port=2525
friend=127.0.0.2        # listed
stranger=127.0.0.3      # not listed, has a name
nameless=127.0.0.4      # not listed, has no name

. "$here/stage.sh"

certificates() {
    cd "$stage"
    openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 2 \
        -subj '/CN=test authority' -addext basicConstraints=critical,CA:TRUE
    openssl req -newkey rsa:2048 -nodes -keyout mail.key -out mail.csr -subj /CN=localhost
    printf 'subjectAltName=DNS:localhost,IP:127.0.0.1\nbasicConstraints=CA:FALSE\n' >mail.ext
    openssl x509 -req -in mail.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 \
        -extfile mail.ext -out mail.pem
} >>"$stage/openssl.log" 2>&1

servers() {
    $python "$here/mailbox.py" $mail_port "$stage/mail.pem" "$stage/mail.key" alarm s3cret \
        "$stage/inbox" >"$stage/mail.log" 2>&1 &
    start_sshd ''
    await 20 listening $mail_port || fail "the mail server does not listen"
}

configuration() {
    (umask 077 && printf 's3cret\n' >/etc/tcpw.password)
    install -m 644 "$stage/ca.pem" /etc/tcpw-ca.pem
    cat >/etc/tcpw.toml <<-END
	[mail]
	from = "tcpw@server.example"
	to = ["admin@example.org"]
	cc = ["deputy@example.org"]
	bcc = ["archive@example.org"]
	language = "en"
	transport = "smtp"

	[mail.smtp]
	host = "localhost"
	port = $mail_port
	tls = "starttls"
	username = "alarm"
	password_file = "/etc/tcpw.password"
	ca_file = "/etc/tcpw-ca.pem"
	END
    chmod 644 /etc/tcpw.toml
}

# The mails that speak of $1.
mails_about() {
    $python - "$1" "$stage"/inbox/*.mail <<-'END'
	import email, email.policy, sys
	for name in sys.argv[2:]:
	    raw = open(name, "rb").read().split(b"\n\n", 1)[1]
	    mail = email.message_from_bytes(raw, policy=email.policy.default)
	    text = " ".join(part.get_content() for part in mail.walk() if part.get_content_maintype() == "text")
	    if sys.argv[1] in text or sys.argv[1] in str(mail["Subject"]):
	        print(name)
	END
}
has_mail_about() { [ -n "$(mails_about "$1")" ]; }

private_files
certificates || { cat "$stage/openssl.log"; fail "no certificates"; }
servers
configuration
say "$(/usr/sbin/sshd -V 2>&1 | grep -o 'OpenSSH[^,]*' | head -1), $(/usr/local/bin/tcpw --version | head -1)"
expect "before any rule" $stranger BANNER
show allow $friend --daemon sshd
show deny-all --force
show install-alert
for table in /etc/hosts.allow /etc/hosts.deny; do
    say "$table:"
    if [ -e $table ]; then sed 's/^/    /' $table; else say "    (absent)"; fi
done

expect "listed client" $friend BANNER
say "sshd: listed client $friend is admitted"
expect "unlisted client" $stranger CLOSED
say "sshd: unlisted client $stranger (stranger.example) is refused"
expect "nameless client" $nameless CLOSED
say "sshd: nameless client $nameless is refused"

for visitor in $stranger $nameless; do
    await 30 has_mail_about $visitor || fail "no mail about $visitor"
    mail=$(mails_about $visitor | head -1)
    grep -q '^Came-Over: TLS' "$mail" || fail "the mail did not come over TLS"
    grep -q ' as alarm$' "$mail" || fail "the mail came without authentication"
    for reader in admin deputy archive; do
        sed '/^$/q' "$mail" | grep -q "$reader@example.org" || fail "$reader got no mail"
    done
    sed '1,/^$/d' "$mail" | grep -qi '^bcc' && fail "the mail shows its blind copies"
    say "sshd: mail about $visitor: $(sed -n 's/^Came-Over: //p' "$mail"), AUTH alarm, for $(sed -n 's/^Came-For: //p' "$mail")"
done
mail=$(mails_about stranger.example | head -1)
[ -n "$mail" ] || fail "no mail names stranger.example"
has_mail_about $friend && fail "a mail speaks of the listed client"
say "the mail about $stranger:"
sed 's/^/    /' "$(mails_about $stranger | head -1)" | tr -d '\r' | head -60
expect "listed client, afterwards" $friend BANNER
say "sshd: refused stranger to mail in the inbox: passed"
