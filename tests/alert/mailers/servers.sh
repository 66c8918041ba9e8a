#!/usr/bin/env bash
# servers.sh MAILER DEBS WORK TCPW: what tcpw says to the refusals of a real mail server.
#
# MAILER is postfix, exim4 or opensmtpd; the rest is as in run.sh, and so are the namespaces. Prints
# for each case lines CASE.exit=CODE and CASE.said=LINE of `tcpw mail test`; then what the mail system
# said.
set -euo pipefail
mailer=$1 debs=$2 work=$3 tcpw=$4
. "$(dirname "$(readlink -f "$0")")/stage.sh"

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=mail \
    -keyout "$root/etc/server.key" -out "$root/etc/server.pem" 2>/dev/null
chmod 600 "$root/etc/server.key"
fingerprint=$(openssl x509 -noout -fingerprint -sha256 -in "$root/etc/server.pem")

# ask CASE RECIPIENT KEYS: a test mail with these keys in [mail.smtp].
ask() {
    local result=0
    {
        printf '[mail]\nfrom = "tcpw@example.org"\nto = "%s"\n' "$2"
        printf '[mail.smtp]\nhost = "%s:25"\ntimeout = 5\n%s\n' "$address" "$3"
    } >"$root/etc/tcpw.toml"
    inside tcpw mail test >"$work/said" 2>&1 || result=$?
    printf '%s.exit=%s\n' "$1" "$result"
    sed "s/^/$1.said=/" "$work/said"
}
address=127.0.0.1
plain='tls = "none"'
away=admin@example.org

case $mailer in
postfix)
    cp "$root/usr/share/postfix/main.cf.debian" "$root/etc/postfix/main.cf"
    set_up() {
        inside postconf -e "$@"
        inside postfix reload >>"$work/daemon.log" 2>&1
        wait_for inside sh -c 'printf "" | /usr/bin/python3 -c "
import smtplib; smtplib.SMTP(\"127.0.0.1\", 25, timeout=2).quit()"'
    }
    inside postconf -e 'relayhost=[127.0.0.1]:2525' 'inet_interfaces=loopback-only' \
        'mydestination=localhost' 'smtp_host_lookup=native' 'compatibility_level=3.6' \
        'smtpd_tls_cert_file=/etc/server.pem' 'smtpd_tls_key_file=/etc/server.key' \
        'smtpd_client_restrictions=' 'local_recipient_maps=unix:passwd.byname'
    inside postfix start >"$work/daemon.log" 2>&1
    set_up 'smtpd_helo_restrictions=reject_non_fqdn_helo_hostname'
    ask short "$away" "$plain
hello = \"bastion\""
    ask full "$away" "$plain
hello = \"bastion.example.org\""
    # Without the key it is the full name of this machine.
    ask default "$away" "$plain"
    ask nobody nobody-here@localhost "$plain"
    ask implicit "$away" 'tls = "implicit"'
    set_up 'smtpd_helo_restrictions=' 'message_size_limit=1024'
    ask large "$away" "$plain"
    set_up 'message_size_limit=0' 'smtpd_tls_security_level=encrypt'
    ask unprotected "$away" "$plain"
    ask unknown "$away" 'tls = "starttls"'
    ask exact "$away" 'ca_file = "/etc/server.pem"'
    ask print "$away" "fingerprint = \"sha256:${fingerprint#*=}\""
    set_up 'smtpd_tls_security_level=may' 'mynetworks=192.0.2.1/32'
    ask relay "$away" "$plain"
    ;;
exim4)
    sed -i -e "s/^dc_eximconfig_configtype=.*/dc_eximconfig_configtype='satellite'/" \
        -e "s/^dc_smarthost=.*/dc_smarthost='127.0.0.1::2525'/" \
        -e "s/^dc_local_interfaces=.*/dc_local_interfaces=''/" \
        -e "s/^dc_readhost=.*/dc_readhost='bastion.example.org'/" "$root/etc/exim4/update-exim4.conf.conf"
    # Debian's exim relays for the loopback addresses only.
    ip address add 192.0.2.1/32 dev lo
    address=192.0.2.1
    inside update-exim4.conf
    inside exim4 -bdf >"$work/daemon.log" 2>&1 &
    wait_for inside /usr/bin/python3 -c 'import smtplib; smtplib.SMTP("127.0.0.1", 25, timeout=2).quit()'
    ask relay "$away" "$plain"
    ask implicit "$away" 'tls = "implicit"'
    ;;
opensmtpd)
    printf 'listen on 127.0.0.1\naction "out" relay host smtp://127.0.0.1:2525\nmatch from local for domain "example.org" action "out"\n' \
        >"$root/etc/smtpd.conf"
    inside smtpd -d >"$work/daemon.log" 2>&1 &
    wait_for inside /usr/bin/python3 -c 'import smtplib; smtplib.SMTP("127.0.0.1", 25, timeout=2).quit()'
    ask good "$away" "$plain"
    ask relay admin@example.net "$plain"
    ask starttls "$away" 'tls = "starttls"'
    ;;
*)
    echo "servers.sh: no mail server $mailer" >&2
    exit 2
    ;;
esac
for log in "$work"/daemon.log "$root"/var/log/exim4/*log; do
    if [ -s "$log" ]; then sed "s|^|$mailer: |" "$log"; fi
done
