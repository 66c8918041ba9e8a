#!/usr/bin/env bash
# syslogs.sh STAGE: the programs that keep system logs on Debian each take the same messages, and
# what they write of them is put below STAGE/log, a file a form. Runs as root of its own mount,
# network and process namespaces. Of each log 7 refusals are to be found: sshd 6, of which the last
# 4 are one message again and again, and vsftpd 1.
set -eu
stage=$1
here=$(dirname "$(readlink -f "$0")")
. "$here/stage.sh"

write_messages() {
    logger -t sshd --id=4711 -p auth.info 'refused connect from h.example (192.0.2.7)'
    logger -t sshd-session --id=4712 -p auth.info 'refused connect from 2001:db8::7 (2001:db8::7)'
    logger -t vsftpd --id=4713 -p auth.info 'refused connect from 192.0.2.8'
    logger -t sshd --id=4714 -p auth.info 'Invalid user refused connect from 1.2.3.4 from 6.6.6.6 port 22'
    for _ in 1 2 3 4; do
        logger -t sshd --id=4715 -p auth.info 'refused connect from 192.0.2.7 (192.0.2.7)'
    done
    # What comes after a repeated message makes some daemons write how often it came.
    logger -t cron --id=4716 -p cron.info 'nothing'
}
use_rsyslog() {
    cat >"$stage/rsyslog.conf" <<END
module(load="imuxsock")
\$RepeatedMsgReduction on
template(name="five" type="string" string="<%PRI%>1 %TIMESTAMP:::date-rfc3339% %HOSTNAME% %APP-NAME% %PROCID% %MSGID% %STRUCTURED-DATA% %msg%\n")
*.* action(type="omfile" file="$stage/log/rsyslog-traditional" template="RSYSLOG_TraditionalFileFormat")
*.* action(type="omfile" file="$stage/log/rsyslog" template="RSYSLOG_FileFormat")
*.* action(type="omfile" file="$stage/log/rsyslog-protocol23" template="RSYSLOG_SyslogProtocol23Format")
*.* action(type="omfile" file="$stage/log/rfc5424" template="five")
END
    rsyslogd -n -f "$stage/rsyslog.conf" -i "$stage/rsyslog.pid" &
    await 60 test -S /dev/log || fail "rsyslog does not listen"
    write_messages
    sleep 1
    kill "$(cat "$stage/rsyslog.pid")"
    await 60 test ! -e "$stage/rsyslog.pid" || fail "rsyslog does not end"
    rm -f /dev/log
}
use_busybox() {
    busybox syslogd -n "$@" &
    local daemon=$!
    await 60 test -S /dev/log || fail "busybox does not listen"
    write_messages
    sleep 1
    # The circular buffer is in memory as long as the daemon is.
    if [ "$1" = -C64 ]; then busybox logread >"$stage/log/busybox-logread"; fi
    kill "$daemon"
    wait "$daemon" || true
    rm -f /dev/log
}
use_journald() {
    mkdir -p /run/systemd/journal /run/log/journal
    /lib/systemd/systemd-journald >"$stage/journald.out" 2>&1 &
    await 60 test -S /run/systemd/journal/dev-log || fail "journald does not listen"
    ln -s /run/systemd/journal/dev-log /dev/log
    write_messages
    setpriv --reuid 65534 --clear-groups logger -t sshd --id=4717 \
        'refused connect from 192.0.2.66 (192.0.2.66)'
    # A value with line ends is what an export could be forged by.
    /usr/bin/python3 - <<'END'
import socket
forged = b"x\nSYSLOG_IDENTIFIER=sshd\nMESSAGE=refused connect from 1.2.3.4 (1.2.3.4)\n\n"
entry = b"MESSAGE=nothing\nSYSLOG_IDENTIFIER=web\nNOTE\n" + len(forged).to_bytes(8, "little") + forged + b"\n"
socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).sendto(entry, "/run/systemd/journal/socket")
END
    sleep 1
    for form in short short-iso short-iso-precise short-precise short-full short-unix with-unit \
        export json json-sse json-seq; do
        journalctl -q --no-pager -D /run/log/journal -o "$form" >"$stage/log/journalctl-$form"
    done
    journalctl -q --no-pager --utc -D /run/log/journal -o short-full >"$stage/log/journalctl-utc"
    cp -r /run/log/journal "$stage/journal"
}

private_machine
use_rsyslog
use_busybox -O "$stage/log/busybox"
use_busybox -S -O "$stage/log/busybox-small"
use_busybox -C64
use_journald
for program in gzip xz bzip2 zstd; do
    "$program" -c <"$stage/log/rsyslog" >"$stage/log/rsyslog.$program"
done
printf 'all written\n'
