#!/usr/bin/env bash
# daemons.sh STAGE UNPACKED: Debian's daemons that ask libwrap each refuse one connection, and
# rsyslog writes what they say of it, in its three forms, below STAGE/log. Runs as root of its own
# mount, network and process namespaces; UNPACKED has the packages that `unpack` fetched. Prints
# `NAME: asked` for each daemon that was connected to.
set -eu
stage=$1
unpacked=$2/root
here=$(dirname "$(readlink -f "$0")")
. "$here/stage.sh"

# Connects from the client's address to port $1, says $2, and waits until the other end closes.
knock() {
    /usr/bin/python3 - "$client" "$@" <<'END'
import socket, sys, time
client, port, *said = sys.argv[1:]
for _ in range(600):
    try:
        connection = socket.create_connection(("127.0.0.1", int(port)), 10, (client, 0))
        break
    except ConnectionRefusedError:
        time.sleep(0.1)
else:
    sys.exit("nobody listens on port " + port)
try:
    for line in said:
        connection.recv(500)
        connection.sendall(line.encode() + b"\r\n")
    while connection.recv(500):
        pass
except OSError:
    pass
END
}
# Sends the datagram of hexadecimal $3 to address $1, port $2.
send() {
    /usr/bin/python3 - "$client" "$@" <<'END'
import socket, sys
client, address, port, data = sys.argv[1:]
kind = socket.AF_INET6 if ":" in address else socket.AF_INET
s = socket.socket(kind, socket.SOCK_DGRAM)
if kind == socket.AF_INET:
    s.bind((client, 0))
s.sendto(bytes.fromhex(data), (address, int(port)))
END
}
listens() { ss -lntu | grep -q "[:.]$1 "; }
asked() { printf '%s: asked\n' "$1"; }

start_log() {
    cat >"$stage/rsyslog.conf" <<END
module(load="imuxsock")
template(name="five" type="string" string="<%PRI%>1 %TIMESTAMP:::date-rfc3339% %HOSTNAME% %APP-NAME% %PROCID% %MSGID% %STRUCTURED-DATA% %msg%\n")
*.* action(type="omfile" file="$stage/log/traditional" template="RSYSLOG_TraditionalFileFormat")
*.* action(type="omfile" file="$stage/log/iso" template="RSYSLOG_FileFormat")
*.* action(type="omfile" file="$stage/log/rfc5424" template="five")
END
    rsyslogd -n -f "$stage/rsyslog.conf" -i "$stage/rsyslog.pid" &
    await 60 test -S /dev/log || fail "rsyslog does not listen"
}
refuse_all() {
    printf 'ALL: ALL\n' >/etc/hosts.deny
    : >/etc/hosts.allow
}

try_sshd() {
    mkdir -p /run/sshd
    ssh-keygen -q -t ed25519 -N '' -f "$stage/hostkey"
    printf 'Port 2201\nListenAddress 127.0.0.1\nHostKey %s\nPidFile none\nUsePAM no\nUseDNS no\n' \
        "$stage/hostkey" >"$stage/sshd.conf"
    /usr/sbin/sshd -D -f "$stage/sshd.conf" &
    knock 2201
}
try_tcpd() {
    printf '2202 stream tcp nowait root /usr/sbin/tcpd /usr/sbin/in.fingerd\n' >"$stage/tcpd.conf"
    "$unpacked/usr/sbin/inetd" -i "$stage/tcpd.conf" &
    knock 2202
}
try_inetd() {
    printf '2203 stream tcp nowait root /bin/cat cat\n' >"$stage/inetd.conf"
    "$unpacked/usr/sbin/inetd" -l -i "$stage/inetd.conf" &
    knock 2203
}
try_xinetd() {
    local log=$1 port=$2
    cat >"$stage/xinetd-$port.conf" <<END
defaults
{
    log_type = $log
    log_on_failure = HOST
}
service telnet
{
    port = $port
    type = UNLISTED
    socket_type = stream
    protocol = tcp
    wait = no
    user = root
    server = /bin/cat
}
END
    /usr/sbin/xinetd -dontfork -pidfile "$stage/xinetd-$port.pid" -f "$stage/xinetd-$port.conf" &
    knock "$port"
}
try_rpcbind() {
    mkdir -p /run/rpcbind
    /usr/sbin/rpcbind -f &
    await 60 listens 111 || fail "rpcbind does not listen"
    # A call of GETPORT (RFC 1833, section 3) over UDP.
    send 127.0.0.1 111 "$(printf '%08x' 1 0 2 100000 2 3 0 0 0 0 100003 3 6 0)"
}
try_tftpd() {
    /usr/sbin/in.tftpd -4 -l -L -a :6969 -s /srv &
    await 60 listens 6969 || fail "in.tftpd does not listen"
    # A read request for `x` (RFC 1350, section 5).
    send 127.0.0.1 6969 00017800"$(printf octet | od -An -tx1 | tr -d ' ')"00
}
try_mosquitto() {
    printf 'listener 2204 127.0.0.1\nallow_anonymous true\nlog_dest syslog\nlog_dest file %s\n' \
        "$stage/log/mosquitto.log" >"$stage/mosquitto.conf"
    /usr/sbin/mosquitto -c "$stage/mosquitto.conf" &
    knock 2204
}
try_snmpd() {
    # A GET of sysDescr.0 (RFC 3416) of the community `public`.
    local get=302602010004067075626c6963a01902047f0000010201000201003007300506012b0500
    MIBS='' /usr/sbin/snmpd -Lsd -f -C -p "$stage/snmpd.pid" udp:127.0.0.1:1161 'udp6:[::1]:1161' &
    await 60 listens 1161 || fail "snmpd does not listen"
    send 127.0.0.1 1161 $get
    send ::1 1161 $get
}
try_nrpe() {
    printf 'server_port=5667\nserver_address=127.0.0.1\nnrpe_user=nagios\nnrpe_group=nagios\nallowed_hosts=127.0.0.0/8\n' \
        >"$stage/nrpe.cfg"
    mkdir -p /run/nagios
    /usr/sbin/nrpe -c "$stage/nrpe.cfg" -f -n &
    knock 5667
}
try_stunnel() {
    openssl req -x509 -newkey rsa:2048 -nodes -keyout "$stage/tls.key" -out "$stage/tls.pem" \
        -days 2 -subj /CN=server.example 2>/dev/null
    printf 'foreground = yes\npid =\nsyslog = yes\noutput = %s\ncert = %s\nkey = %s\n[imaps]\naccept = 127.0.0.1:4433\nconnect = 127.0.0.1:9\nlibwrap = yes\n' \
        "$stage/log/stunnel.log" "$stage/tls.pem" "$stage/tls.key" >"$stage/stunnel.conf"
    /usr/bin/stunnel4 "$stage/stunnel.conf" 2>/dev/null &
    knock 4433
}
try_vsftpd() {
    mkdir -p /run/vsftpd/empty
    printf 'listen=YES\nbackground=NO\ntcp_wrappers=YES\nlisten_port=2205\nanonymous_enable=YES\nxferlog_enable=YES\nvsftpd_log_file=%s\n' \
        "$stage/log/vsftpd.log" >"$stage/vsftpd.conf"
    /usr/sbin/vsftpd "$stage/vsftpd.conf" &
    knock 2205
}
try_slapd() {
    mkdir "$stage/ldap"
    printf 'include /etc/ldap/schema/core.schema\nmodulepath /usr/lib/ldap\nmoduleload back_mdb\nloglevel stats\ndatabase mdb\nsuffix "dc=example"\ndirectory %s\n' \
        "$stage/ldap" >"$stage/slapd.conf"
    /usr/sbin/slapd -f "$stage/slapd.conf" -h ldap://127.0.0.1:3389 -d 0 &
    knock 3389
}
# proftpd asks libwrap when a user that exists has sent a password.
try_proftpd() {
    mkdir -m 755 /run/proftpd
    printf 'ModulePath %s\nLoadModule mod_wrap.c\nServerType standalone\nDefaultAddress 127.0.0.1\nUseIPv6 off\nPort 2206\nUser nobody\nGroup nogroup\nPidFile /run/proftpd/pid\nScoreboardFile /run/proftpd/board\nRequireValidShell off\nTCPAccessFiles /etc/hosts.allow /etc/hosts.deny\n' \
        "$unpacked/usr/lib/proftpd" >"$stage/proftpd.conf"
    # In the foreground it writes its log to standard error.
    LD_LIBRARY_PATH=$unpacked/usr/lib/$(gcc -print-multiarch) \
        "$unpacked/usr/sbin/proftpd" -n -c "$stage/proftpd.conf" 2>"$stage/log/proftpd.log" &
    knock 2206 'USER daemon' 'PASS x'
}

private_machine
start_log
refuse_all
try_sshd && asked sshd
try_tcpd && asked in.fingerd
try_inetd && asked inetd
try_xinetd 'SYSLOG daemon info' 2207 && asked xinetd
try_xinetd "FILE $stage/log/xinetd.log" 2208 && asked xinetd.log
try_rpcbind && asked rpcbind
try_tftpd && asked in.tftpd
try_mosquitto && asked mosquitto
try_snmpd && asked snmpd
try_nrpe && asked nrpe
try_stunnel && asked stunnel
try_vsftpd && asked vsftpd
try_slapd && asked slapd
try_proftpd && asked proftpd
# The last lines are written.
sleep 3
kill "$(cat "$stage/rsyslog.pid")"
await 60 test ! -e "$stage/rsyslog.pid" || fail "rsyslog does not end"
