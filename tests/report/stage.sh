#!/usr/bin/env bash
# What the scripts that run logs and daemons share: a /dev, a /run and an /etc of their own, and a
# network of their own. Sourced with `stage` set, an empty directory.
client=127.0.0.9

fail() {
    printf 'FAILED: %s\n' "$*"
    exit 1
}
# Waits up to $1 seconds for the command after it to succeed.
await() {
    local tries=$(($1 * 10))
    shift
    until "$@" >/dev/null 2>&1; do
        tries=$((tries - 1))
        [ "$tries" -gt 0 ] || return 1
        sleep 0.1
    done
}
private_machine() {
    chmod 755 "$stage"
    mkdir "$stage/etc" "$stage/dev" "$stage/log"
    chmod 777 "$stage/log"
    cp -a /etc/. "$stage/etc/"
    mount --bind "$stage/etc" /etc
    mount -t tmpfs -o mode=755 none /run
    mount -t tmpfs -o mode=755 none /var/lib
    mount --rbind /dev "$stage/dev"
    mount -t tmpfs -o mode=755 none /dev
    for device in null zero urandom random full tty; do
        touch "/dev/$device"
        mount --bind "$stage/dev/$device" "/dev/$device"
    done
    ip link set lo up
}
