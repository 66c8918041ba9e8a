#!/usr/bin/env bash
# run.sh MAILER DEBS WORK TCPW CHOSEN HARDENED: one of Debian's mail systems, really installed, takes
# mails of tcpw under the flags of units of systemd.
#
# MAILER is nullmailer, dma, opensmtpd, exim4, postfix or msmtp; DEBS a directory with its packages;
# WORK an empty directory; TCPW the program; CHOSEN and HARDENED files of lines KEY=VALUE as
# [Service] has them. It is to be started in namespaces of its own (unshare --mount --net --uts --pid
# --fork). Nothing outside WORK is changed: the machine is seen through an overlay, into which the
# packages are installed with their users, their permissions and their maintainers' scripts.
#
# Prints for each trial (chosen: tcpw under CHOSEN; alone: the mailer itself under HARDENED; hardened:
# tcpw under HARDENED) lines TRIAL.KEY=VALUE: `exit` of the command, `arrived` (yes or no: at the
# mail server on this machine's port 2525 within some seconds), `unapplied` (flags that this script
# cannot apply), `user` and `said`; then what the mail system said.
set -euo pipefail
mailer=$1 debs=$2 work=$3 tcpw=$4 chosen=$5 hardened=$6
. "$(dirname "$(readlink -f "$0")")/stage.sh"

# A smart host for each, and its daemon started as its own package starts it.
case $mailer in
nullmailer)
    printf '127.0.0.1 smtp --port=2525\n' >"$root/etc/nullmailer/remotes"
    inside setpriv --reuid=mail --regid=mail --init-groups nullmailer-send >"$work/daemon.log" 2>&1 &
    ;;
dma)
    printf 'SMARTHOST 127.0.0.1\nPORT 2525\n' >"$root/etc/dma/dma.conf"
    ;;
opensmtpd)
    printf 'listen on socket\naction "out" relay host smtp://127.0.0.1:2525\nmatch from any for any action "out"\n' \
        >"$root/etc/smtpd.conf"
    inside smtpd -d >"$work/daemon.log" 2>&1 &
    wait_for inside smtpctl show status
    ;;
exim4)
    sed -i -e "s/^dc_eximconfig_configtype=.*/dc_eximconfig_configtype='satellite'/" \
        -e "s/^dc_smarthost=.*/dc_smarthost='127.0.0.1::2525'/" \
        -e "s/^dc_readhost=.*/dc_readhost='bastion.example.org'/" "$root/etc/exim4/update-exim4.conf.conf"
    # A server on this machine is no mail loop here.
    printf 'REMOTE_SMTP_SMARTHOST_HOSTS_AVOID_TLS = *\n' >"$root/etc/exim4/exim4.conf.localmacros"
    sed -i 's/^  driver = manualroute$/&\n  self = send/' "$root/etc/exim4/exim4.conf.template"
    inside update-exim4.conf
    ;;
postfix)
    cp "$root/usr/share/postfix/main.cf.debian" "$root/etc/postfix/main.cf"
    inside postconf -e 'relayhost=[127.0.0.1]:2525' 'inet_interfaces=loopback-only' \
        'mydestination=localhost' 'smtp_host_lookup=native' 'compatibility_level=3.6'
    inside postfix start >"$work/daemon.log" 2>&1
    ;;
msmtp)
    printf 'account default\nhost 127.0.0.1\nport 2525\nfrom tcpw@example.org\n' >"$root/etc/msmtprc"
    ;;
*)
    echo "run.sh: no mail system $mailer" >&2
    exit 2
    ;;
esac

# The user that the units have, made as on any machine, with what it must read.
inside tcpw install-alert --force >"$work/install.log" 2>&1 || { cat "$work/install.log"; exit 2; }

# Runs a command under flags, in a mount namespace of its own, as systemd.exec(5) describes them.
try() {
    local trial=$1 flags=$2 key value umask=0022 private='' readonly='' writable='' proc='' devices=''
    local options=() unapplied='' result=0 user=root
    shift 2
    while IFS='=' read -r key value; do
        case $key=$value in
        User=*) user=$value ;;
        Group="$user") ;;
        NoNewPrivileges=yes) options+=(--no-new-privs) ;;
        CapabilityBoundingSet=*)
            options+=(--bounding-set="-all$(printf ',+%s' $value | sed 's/+CAP_/+/g; s/,+$//' | tr 'A-Z' 'a-z')")
            ;;
        ProtectSystem=yes) readonly+=' usr boot' ;;
        ProtectSystem=full) readonly+=' usr boot etc' ;;
        ProtectSystem=strict) readonly+=' .' ;;
        ReadWritePaths=*) writable+=" $value" ;;
        ProtectHome=read-only) readonly+=' home root' ;;
        ProtectHome=yes) private+=' home root' ;;
        PrivateTmp=yes) private+=' tmp var/tmp' ;;
        ProtectProc=invisible) proc+=',hidepid=invisible' ;;
        ProcSubset=pid) proc+=',subset=pid' ;;
        DevicePolicy=closed | PrivateDevices=yes) devices=closed ;;
        UMask=*) umask=$value ;;
        # A namespace of its own it has; here are no control groups, no keys and no IPC of others.
        PrivateMounts=yes | ProtectControlGroups=yes | KeyringMode=private | RemoveIPC=yes) ;;
        '='|Type=*|ExecStart=*|ExecStartPre=*|AmbientCapabilities=) ;;
        *) unapplied+=" $key" ;;
        esac
    done <"$flags"
    rm -f "$root"/inbox/*
    root=$root umask=$umask private=$private readonly=$readonly writable=$writable proc=$proc \
        devices=$devices user=$user unshare --mount bash -euc '
        for place in $readonly; do
            mount --rbind "$root/$place" "$root/$place"
            mount -o remount,bind,ro "$root/$place"
        done
        for place in $writable; do
            place=$root/${place#-}
            if [ -e "$place" ] && [ "$readonly" != "${readonly#* .}" ]; then
                mount --bind "$place" "$place"
                mount -o remount,bind,rw "$place"
            fi
        done
        if [ "$devices" ]; then
            mkdir -p "$root/run/dev"
            mount -t tmpfs -o mode=755 tmpfs "$root/run/dev"
            for name in null zero full random urandom tty; do
                touch "$root/run/dev/$name"
                mount --bind "$root/dev/$name" "$root/run/dev/$name"
            done
            ln -s /proc/self/fd "$root/run/dev/fd"
            mount --move "$root/run/dev" "$root/dev"
        fi
        for place in $private; do mount -t tmpfs -o mode=1777 tmpfs "$root/$place"; done
        if [ "$proc" ]; then mount -t proc -o "${proc#,}" proc "$root/proc"; fi
        umask "$umask"
        exec chroot "$root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/nonexistent \
            USER="$user" LOGNAME="$user" setpriv --reuid="$user" --regid="$user" --init-groups "$@"
    ' bash "${options[@]}" "$@" >"$work/said" 2>&1 || result=$?
    local arrived=no
    for _ in $(seq "${patience:-100}"); do
        if ls "$root/inbox" | grep -q '\.mail$'; then
            arrived=yes
            break
        fi
        [ "$result" -eq 0 ] || break
        sleep 0.2
    done
    printf '%s\n' "$trial.exit=$result" "$trial.arrived=$arrived" "$trial.unapplied=$unapplied"
    printf '%s\n' "$trial.user=$user"
    sed "s/^/$trial.said=/" "$work/said"
}

try chosen "$chosen" tcpw mail test
# What does not arrive in 6 s does not arrive: the same mailer has just done it.
patience=30 try alone "$hardened" timeout 20 sh -c "
    printf 'From: tcpw@example.org\nTo: admin@example.org\nSubject: x\n\nx\n' |
        sendmail -i -f tcpw@example.org -- admin@example.org"
try hardened "$hardened" tcpw mail test
for log in "$work"/daemon.log "$root"/var/log/exim4/*log; do
    if [ -s "$log" ]; then sed "s|^|$mailer: |" "$log"; fi
done
