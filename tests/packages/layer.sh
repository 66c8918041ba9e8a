#!/usr/bin/env bash
# What the scripts about packages share: a system of its own in $root, which is this machine's with a layer
# above it that is thrown away, and what is left in that layer. Sourced with `stage` set, an empty directory, by
# root of its own mount namespace.
root=$stage/layer/root

say() { printf '%s\n' "$*"; }
fail() {
    say "FAILED: $*"
    exit 1
}
inside() { chroot "$root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive HOME=/root "$@"; }
# Runs a command in the system, which must end with the exit code $1; its output is in $stage/said.
expect() {
    local wanted=$1 code=0
    shift
    inside "$@" >"$stage/said" 2>&1 </dev/null || code=$?
    [ "$code" = "$wanted" ] || {
        cat "$stage/said"
        fail "$* ended with $code, not $wanted"
    }
}
make_system() {
    mkdir "$stage/layer"
    mount -t tmpfs -o mode=755 none "$stage/layer"
    mkdir "$stage/layer/"{upper,work,root}
    chmod 755 "$stage/layer/"*
    mount -t overlay -o "lowerdir=/,upperdir=$stage/layer/upper,workdir=$stage/layer/work" none "$root"
    mount -t proc none "$root/proc"
    mount --rbind /dev "$root/dev"
    mount -t tmpfs -o mode=755 none "$root/run"
    mount -t tmpfs -o mode=1777 none "$root/tmp"
    ip link set lo up
    # As a machine on which tcpw never was, whatever this one is.
    inside dpkg --purge --force-all tcpw-fleet tcpw >/dev/null 2>&1 || true
    rm -rf "$root/etc/tcpw.toml" "$root/var/lib/"tcpw* "$root/var/spool/tcpw" "$root"/usr/local/sbin/tcpw*
    for user in tcpw tcpw-fleet; do
        if inside getent passwd "$user" >/dev/null; then inside userdel "$user"; fi
    done
    printf '# Who may connect.\n' >"$root/etc/hosts.allow"
    printf '# Who may not.\n' >"$root/etc/hosts.deny"
    chmod 644 "$root"/etc/hosts.{allow,deny}
    accounts >"$stage/accounts"
    # A layer holds what was looked up while it was made, too.
    changed >"$stage/before"
}
accounts() { cat "$root/etc/passwd" "$root/etc/group"; }
# What differs from this machine, but for the books of dpkg and apt, and the caches of others.
changed() {
    (cd "$stage/layer/upper" && find . ! -type d -printf '%P\n') | sort |
        grep -v -E -e '^var/(lib/(dpkg|apt|systemd|ucf)|cache|log)/' -e '^etc/(passwd|group|shadow|gshadow|subuid|subgid)-?$' \
            -e '^etc/(\.pwd\.lock|ld\.so\.cache)$' -e '^dev/' || true
}
# What the layer has that it had not, or the other way round.
traces() { diff "$stage/before" <(changed); }
