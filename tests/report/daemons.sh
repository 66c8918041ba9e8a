#!/usr/bin/env bash
# daemons.sh STAGE UNPACKED TCPW [SUITE]: Debian's daemons that ask libwrap each refuse one
# connection, and rsyslog writes what they say of it, in its three forms, below STAGE/log. Others are
# told not to ask, or do not know how, and let the same client in. While all of them run, `TCPW doctor`
# writes what it makes of them to STAGE/doctor.json, and once more to STAGE/unread.json while the tables
# are closed to all but root. Runs as root of its own mount, network and process namespaces; UNPACKED
# has the packages that `unpack` fetched, and SUITE those of a newer sshd. Prints `NAME: asked` for each
# daemon that was connected to and refused, `NAME: refused` for those whose logs nobody reads, and
# `NAME: let in` for each that let the client in.
set -eu
stage=$1
unpacked=$2/root
tcpw=$3
suite=${4-}
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
    except ConnectionResetError:
        # It was closed before this end knew that it was open.
        sys.exit()
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
# Connects from the client's address to port $1 and says $2; `tls` is a handshake. Prints what came of it:
# `answer`, `closed`, or `silence` for $3 seconds.
outcome() {
    /usr/bin/python3 - "$client" "$@" <<'END'
import socket, ssl, sys, time
client, port, said, wait = sys.argv[1:]
for _ in range(600):
    try:
        connection = socket.create_connection(("127.0.0.1", int(port)), 10, (client, 0))
        break
    except ConnectionRefusedError:
        time.sleep(0.1)
    except ConnectionResetError:
        print("closed")
        sys.exit()
else:
    sys.exit("nobody listens on port " + port)
connection.settimeout(float(wait))
try:
    if said == "tls":
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.wrap_socket(connection)
        print("answer")
    else:
        connection.sendall(bytes.fromhex(said))
        print("answer" if connection.recv(500) else "closed")
except TimeoutError:
    print("silence")
except OSError:
    print("closed")
END
}
# Whether the client is refused at port $1, or let in and answered after it has said $2.
refused() { [ "$(outcome "$1" '' 60)" = closed ]; }
let_in() { [ "$(outcome "$1" "${2-}" 60)" = answer ]; }
# What is said at once at port $1 to the client, before it closes.
said() {
    /usr/bin/python3 - "$client" "$1" <<'END'
import socket, sys
client, port = sys.argv[1:]
connection = socket.create_connection(("127.0.0.1", int(port)), 10, (client, 0))
connection.settimeout(60)
print(connection.recv(500).decode().strip())
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
    printf '2203 stream tcp nowait root /bin/cat cat\necho stream tcp nowait root internal\n' \
        >"$stage/inetd.conf"
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
    # It hides its arguments, so the configuration is where it always is.
    mkdir -m 755 /run/proftpd
    mkdir -p /etc/proftpd
    printf 'ModulePath %s\nLoadModule mod_wrap.c\nServerType standalone\nDefaultAddress 127.0.0.1\nUseIPv6 off\nPort 2206\nUser nobody\nGroup nogroup\nPidFile /run/proftpd/pid\nScoreboardFile /run/proftpd/board\nRequireValidShell off\nTCPAccessFiles /etc/hosts.allow /etc/hosts.deny\n' \
        "$unpacked/usr/lib/proftpd" >/etc/proftpd/proftpd.conf
    # In the foreground it writes its log to standard error.
    LD_LIBRARY_PATH=$unpacked/usr/lib/$(gcc -print-multiarch) \
        "$unpacked/usr/sbin/proftpd" -n 2>"$stage/log/proftpd.log" &
    knock 2206 'USER daemon' 'PASS x'
}

# Daemons of which only the refusal counts, not what they write.
refuse_socat() {
    "$unpacked/usr/bin/socat" TCP-LISTEN:2210,bind=127.0.0.1,reuseaddr,fork,tcpwrap=chat \
        EXEC:/bin/cat 2>/dev/null &
    refused 2210
}
# One of its accepters asks as itself, one does not, and one asks as another.
refuse_ser2net() {
    local accepter connection=a
    printf '%%YAML 1.1\n---\n' >"$stage/ser2net.yaml"
    for accepter in tcp,127.0.0.1,2212 'tcp(tcpd=off),127.0.0.1,2213' 'tcp(tcpdname=own),127.0.0.1,2214'; do
        printf 'connection: &%s\n    accepter: %s\n    connector: echo\n' $connection "$accepter"
        connection=${connection}a
    done >>"$stage/ser2net.yaml"
    # It takes no address of a machine that has none but loopback's.
    ip addr add 192.0.2.1/32 dev lo
    GENSIO_LIBRARY_PATH=$(echo "$unpacked"/usr/libexec/*/gensio/*) LD_LIBRARY_PATH=$libraries \
        "$unpacked/usr/sbin/ser2net" -n -c "$stage/ser2net.yaml" 2>"$stage/ser2net.log" &
    let_in 2213 $line && [ "$(said 2212)$(said 2214)" = "Access deniedAccess denied" ]
}
# It asks about who connects, and about no datagram.
refuse_syslog_ng() {
    printf '@version: 3.38\nsource s { tcp(ip(127.0.0.1) port(2215)); udp(ip(127.0.0.1) port(2215)); };\ndestination d { file("%s"); };\nlog { source(s); destination(d); };\n' \
        "$stage/log/syslog-ng" >"$stage/syslog-ng.conf"
    LD_LIBRARY_PATH=$libraries:$unpacked/usr/lib/syslog-ng "$unpacked/usr/sbin/syslog-ng" -F --no-caps \
        -f "$stage/syslog-ng.conf" -R "$stage/syslog-ng.persist" -p "$stage/syslog-ng.pid" \
        -c "$stage/syslog-ng.ctl" --module-path="$(echo "$unpacked"/usr/lib/syslog-ng/[0-9]*)" \
        2>"$stage/syslog-ng.log" &
    refused 2215 || return 1
    # `<13>x`
    send 127.0.0.1 2215 3c31333e78
    await 60 test -s "$stage/log/syslog-ng"
}
refuse_bacula() {
    printf 'Director {\n  Name = other-dir\n  Password = x\n}\nFileDaemon {\n  Name = own-fd\n  FDPort = 2216\n  FDAddress = 127.0.0.1\n  WorkingDirectory = %s\n  Pid Directory = %s\n}\nMessages {\n  Name = Standard\n  director = other-dir = all\n}\n' \
        "$stage" "$stage" >"$stage/bacula-fd.conf"
    LD_LIBRARY_PATH=$libraries:$unpacked/usr/lib/bacula \
        "$unpacked/usr/sbin/bacula-fd" -f -c "$stage/bacula-fd.conf" 2>"$stage/bacula.log" &
    refused 2216 || return 1
    # The name is that of its resource, not that of its program.
    printf 'bacula-fd: ALL\n' >/etc/hosts.allow
    refused 2216 || return 1
    printf 'own-fd: ALL\n' >/etc/hosts.allow
    [ "$(outcome 2216 '' 2)" = silence ] || return 1
    : >/etc/hosts.allow
}
# The newer sshd asks by another program; its system is a jail with the same tables.
refuse_newer_sshd() {
    mkdir -p "$suite/etc/ssh" "$suite/dev" "$suite/run/sshd" "$suite/var/empty" "$suite/proc"
    for file in passwd group hosts.allow hosts.deny; do
        touch "$suite/etc/$file"
        mount --bind "/etc/$file" "$suite/etc/$file"
    done
    mount --rbind /dev "$suite/dev"
    cp "$stage/hostkey" "$stage/hostkey.pub" "$suite/etc/ssh/"
    printf 'Port 2211\nListenAddress 127.0.0.1\nHostKey /etc/ssh/hostkey\nPidFile none\nUsePAM no\nUseDNS no\n' \
        >"$suite/etc/ssh/sshd_config"
    chroot "$suite" /usr/sbin/sshd -D 2>"$stage/newer-sshd.log" &
    refused 2211
}
# Its libwrap is replaced while it runs, as by an upgrade.
refuse_replaced_vsftpd() {
    local library
    library=$(ldconfig -p | sed -n 's/.*libwrap\.so\.0 .* => //p' | head -n 1)
    mkdir "$stage/lib"
    cp "$library" "$stage/lib/libwrap.so.0"
    sed 's/2205/2405/; s/^xferlog.*//' "$stage/vsftpd.conf" >"$stage/vsftpd-replaced.conf"
    LD_LIBRARY_PATH=$stage/lib /usr/sbin/vsftpd "$stage/vsftpd-replaced.conf" &
    refused 2405
    cp "$library" "$stage/lib/new"
    mv "$stage/lib/new" "$stage/lib/libwrap.so.0"
}

# What a server that echoes is told.
line=68690a
# Where the libraries of packages are that are not installed.
libraries=$unpacked/usr/lib/$(gcc -print-multiarch):$unpacked/lib/$(gcc -print-multiarch)
off_vsftpd() {
    sed 's/^tcp_wrappers=.*//; s/2205/2305/' "$stage/vsftpd.conf" >"$stage/vsftpd-off.conf"
    /usr/sbin/vsftpd "$stage/vsftpd-off.conf" &
    let_in 2305
}
off_stunnel() {
    sed 's/^libwrap = yes//; s/imaps/pop3s/; s/:4433/:4533/; s/^output.*//' "$stage/stunnel.conf" \
        >"$stage/stunnel-off.conf"
    /usr/bin/stunnel4 "$stage/stunnel-off.conf" 2>/dev/null &
    let_in 4533 tls
}
# Two services of one daemon that differ: pop3s asks, nntps does not.
off_stunnel_of_two() {
    sed 's/imaps/pop3s/; s/:4433/:4633/; s/^output.*//' "$stage/stunnel.conf" >"$stage/stunnel-two.conf"
    printf '[nntps]\naccept = 127.0.0.1:4634\nconnect = 127.0.0.1:9\n' >>"$stage/stunnel-two.conf"
    /usr/bin/stunnel4 "$stage/stunnel-two.conf" 2>/dev/null &
    refused 4633 && let_in 4634 tls
}
off_inetd() {
    printf '2303 stream tcp nowait root /bin/cat cat\n' >"$stage/inetd-off.conf"
    "$unpacked/usr/sbin/inetd" -i "$stage/inetd-off.conf" &
    let_in 2303 $line
}
off_xinetd() {
    sed 's/wait = no/&\n    flags = NOLIBWRAP/; s/2208/2308/' "$stage/xinetd-2208.conf" \
        >"$stage/xinetd-off.conf"
    /usr/sbin/xinetd -dontfork -pidfile "$stage/xinetd-off.pid" -f "$stage/xinetd-off.conf" &
    let_in 2308 $line
}
off_socat() {
    "$unpacked/usr/bin/socat" TCP-LISTEN:2310,bind=127.0.0.1,reuseaddr,fork EXEC:/bin/cat 2>/dev/null &
    let_in 2310 $line
}
# What inetd serves itself, which it asks nobody about, with -l or without.
off_internal() { let_in 7 $line; }
# A server that knows nothing of libwrap.
off_python() {
    /usr/bin/python3 -m http.server --bind 127.0.0.1 2309 >/dev/null 2>&1 &
    let_in 2309 $line
}
# It asks, and of other tables than everybody else's.
off_moved_mosquitto() {
    sed "s/2204/2404/; /log_dest/d" "$stage/mosquitto.conf" >"$stage/mosquitto-moved.conf"
    : >"$stage/other.deny"
    unshare -m sh -c 'mount --bind "$1/other.deny" /etc/hosts.deny &&
        exec /usr/sbin/mosquitto -c "$1/mosquitto-moved.conf" 2>/dev/null' sh "$stage" &
    # A CONNECT of MQTT 3.1.1.
    let_in 2404 101000044d5154540402003c000474637077
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

for daemon in socat ser2net syslog_ng bacula replaced_vsftpd ${suite:+newer_sshd}; do
    "refuse_$daemon" || fail "$daemon does not refuse"
    printf '%s: refused\n' "$daemon"
done
for daemon in vsftpd stunnel stunnel_of_two inetd xinetd socat internal python moved_mosquitto; do
    "off_$daemon" || fail "$daemon does not ask, and refuses all the same"
    printf '%s: let in\n' "$daemon"
done
"$tcpw" doctor --format json >"$stage/doctor.json" || test $? -lt 3
# Before everybody else is refused, it is said who is not.
"$tcpw" deny-all --dry-run >"$stage/deny-all.txt" 2>&1 || fail "deny-all: $(cat "$stage/deny-all.txt")"
# Whoever is not root cannot read tables that are closed to others, and refuses everybody.
printf 'ALL: ALL\n' >/etc/hosts.allow
[ "$(outcome 5667 '' 2)" = silence ] || fail "nrpe refuses whom the allow table allows"
chmod 600 /etc/hosts.allow /etc/hosts.deny
refused 5667 || fail "nrpe reads tables that it cannot read"
let_in 2205 || fail "vsftpd, which is root, cannot read them"
"$tcpw" doctor nrpe --format json >"$stage/unread.json" || test $? -eq 1
"$tcpw" doctor vsftpd --format json >"$stage/read.json" || test $? -lt 3
