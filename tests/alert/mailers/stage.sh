# stage.sh: a root of its own for one of Debian's mail systems, with tcpw, and a mail server on port
# 2525 of this machine that keeps what it gets in /inbox. To be read by a script that has set mailer,
# debs, work and tcpw; it gives root and the functions inside and wait_for.
server=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../../smtp/server.py
root=$work/root

mount --make-rprivate /
mount -t tmpfs tmpfs "$work"
mkdir "$work/upper" "$work/work" "$root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$work/upper,workdir=$work/work" "$root"
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
mount -t tmpfs tmpfs "$root/run"
ip link set lo up
hostname bastion.example.org
mkdir -p "$root/debs" "$root/inbox"
cp "$debs"/*.deb "$root/debs"
cp "$tcpw" "$root/usr/sbin/tcpw"
cp "$server" "$root/server.py"
printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
chmod 755 "$root/usr/sbin/policy-rc.d"
printf '127.0.0.1 localhost\n127.0.1.1 bastion.example.org bastion\n' >"$root/etc/hosts"
printf 'bastion.example.org\n' >"$root/etc/mailname"
printf '[mail]\ntransport = "sendmail"\nfrom = "tcpw@example.org"\nto = "admin@example.org"\n' \
    >"$root/etc/tcpw.toml"
chmod 600 "$root/etc/tcpw.toml"

inside() { chroot "$root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin "$@"; }

# Waits, up to ten seconds, until a command succeeds.
wait_for() {
    for _ in $(seq 50); do
        if "$@" >/dev/null 2>&1; then return; fi
        sleep 0.2
    done
    echo "run.sh: $mailer does not start" >&2
    cat "$work/daemon.log" >&2
    exit 2
}

if ! inside DEBIAN_FRONTEND=noninteractive sh -c 'dpkg --force-depends --force-conflicts --force-overwrite --force-confold --no-triggers --install /debs/*.deb' \
    >"$work/dpkg.log" 2>&1; then
    sed 's/^/dpkg: /' "$work/dpkg.log"
    exit 2
fi

inside /usr/bin/python3 /server.py --inbox /inbox --port 2525 >"$work/port" 2>"$work/daemon.log" &
wait_for test -s "$work/port"
