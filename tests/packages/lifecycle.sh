#!/usr/bin/env bash
# lifecycle.sh STAGE PACKAGE: installs the package on a system of its own, upgrades, removes and purges it, and
# installs it again, with rules that call its programs. Runs as root of its own mount, network and process
# namespaces; STAGE is an empty directory. Every line that starts with "package: " was checked.
set -eu
stage=$1
here=$(dirname "$(readlink -f "$0")")
. "$here/layer.sh"

make_system
cp "$2" "$root/tmp/new.deb"
# The same package as an older version of it.
dpkg-deb --raw-extract "$2" "$stage/old"
sed -i 's/^Version: .*/Version: 0.0.1/' "$stage/old/DEBIAN/control"
dpkg-deb --root-owner-group -Znone --build "$stage/old" "$root/tmp/old.deb" >/dev/null

status() { inside dpkg-query --show --showformat '${db:Status-Abbrev}${Version}' tcpw 2>/dev/null || true; }
modes() { (cd "$root" && stat -c '%a %U:%G %n' "$@" 2>/dev/null) || true; }
tables() { cat "$root/etc/hosts.allow" "$root/etc/hosts.deny"; }

# Apt knows whether all that it depends on is there.
expect 0 apt-get -qq -o APT::Sandbox::User=root install /tmp/old.deb
[ "$(status)" = 'ii 0.0.1' ] || fail "it is not installed: $(status)"
inside tcpw --version >/dev/null || fail "tcpw does not run"
owner=$(inside getent passwd tcpw | cut -d: -f6-)
[ "$owner" = /nonexistent:/usr/sbin/nologin ] || fail "the user tcpw is $owner"
wanted='600 root:root etc/tcpw.toml
755 root:root var/spool/tcpw
711 root:root var/lib/tcpw'
[ "$(modes etc/tcpw.toml var/spool/tcpw var/lib/tcpw)" = "$wanted" ] || fail "modes: $(modes etc/tcpw.toml var/spool/tcpw var/lib/tcpw)"
for directory in '2770 0:tcpw var/spool/tcpw/root' '3733 tcpw:tcpw var/spool/tcpw/drop' '750 tcpw:tcpw var/lib/tcpw/deliver'; do
    path=${directory##* }
    got=$(inside stat -c '%a %U:%G' "/$path" | sed 's/root:tcpw/0:tcpw/')
    [ "$got $path" = "$directory" ] || fail "$path is $got"
done
[ -z "$(find "$root/etc/systemd/system" -name 'tcpw*')" ] || fail "a unit is enabled"
[ "$(tables)" = $'# Who may connect.\n# Who may not.' ] || fail "the tables were changed"
say "package: installed: the user, the directories and the configuration (0600) are there, no unit is on, the tables are as they were"

expect 0 tcpw allow 10.0.0.0/8 --daemon sshd
expect 0 tcpw deny-all --force
expect 0 tcpw install-alert
printf '# mine\n' >>"$root/etc/tcpw.toml"
configuration=$(cat "$root/etc/tcpw.toml")
mode=$(inside stat -c '%a %U:%G' /etc/tcpw.toml)
rules=$(tables)
grep -q 'spawn /usr/sbin/tcpw-notify ' "$root/etc/hosts.deny" || fail "no rule calls the program"

expect 1 dpkg --remove tcpw
grep -q 'hosts.deny:' "$stage/said" || fail "it does not say which rule: $(cat "$stage/said")"
grep -q 'sudo tcpw uninstall' "$stage/said" || fail "it does not say what to type"
# Wanted to be removed, but installed.
[ "$(status)" = 'ri 0.0.1' ] || fail "it is not installed any more: $(status)"
[ -x "$root/usr/sbin/tcpw-notify" ] || fail "the program is gone"
expect 100 apt-get -qq -y -o APT::Sandbox::User=root purge tcpw
[ "$(status)" = 'ri 0.0.1' ] || fail "apt purged it: $(status)"
[ "$(tables)" = "$rules" ] || fail "the tables were changed"
say "package: neither remove nor purge leaves a rule that calls a program which is gone"

expect 0 dpkg --install /tmp/new.deb
case $(status) in
'ii 0.0.1') fail "it was not upgraded" ;;
'ii '*) ;;
*) fail "it is not installed: $(status)" ;;
esac
[ "$(tables)" = "$rules" ] || fail "the tables were changed"
[ "$(cat "$root/etc/tcpw.toml")" = "$configuration" ] || fail "the configuration was changed"
[ "$(inside stat -c '%a %U:%G' /etc/tcpw.toml)" = "$mode" ] || fail "its mode was changed"
command=$(sed -n 's/.*spawn \(.*%h\).*/\1/p' "$root/etc/hosts.deny" | sed -e 's/%a/192.0.2.66/' -e 's/%d/sshd/' -e 's/%s/10.0.0.1/' -e 's/%p/1/' -e 's/%h/192.0.2.66/')
expect 0 sh -c "$command"
for try in $(seq 100); do
    inside tcpw events --format json 2>/dev/null | grep -q 192.0.2.66 && break
    sleep 0.1
done
inside tcpw events --format json | grep -q 192.0.2.66 || fail "the alert is not in the journal"
say "package: upgraded under a rule: the rule, the configuration and its mode stay, and its alert is recorded"

expect 0 dpkg --install /tmp/new.deb
[ "$(tables)" = "$rules" ] || fail "the tables were changed"
[ "$(cat "$root/etc/tcpw.toml")" = "$configuration" ] || fail "the configuration was changed"
say "package: installed over itself: nothing changed"

expect 0 tcpw remove-alert
rules=$(tables)
expect 0 dpkg --remove tcpw
[ "$(status | cut -c1-2)" = rc ] || fail "it is not removed: $(status)"
[ ! -e "$root/usr/sbin/tcpw" ] || fail "the program is there"
[ "$(cat "$root/etc/tcpw.toml")" = "$configuration" ] || fail "the configuration was changed"
[ -d "$root/var/lib/tcpw/history" ] || fail "the history is gone"
[ "$(tables)" = "$rules" ] || fail "the tables were changed"
say "package: removed without a rule that calls it: the configuration and the history stay, and who may connect"

expect 0 dpkg --install /tmp/new.deb
[ "$(cat "$root/etc/tcpw.toml")" = "$configuration" ] || fail "the configuration was changed"
expect 0 tcpw undo
grep -q 'spawn /usr/sbin/tcpw-notify ' "$root/etc/hosts.deny" || fail "undo does not know what was before"
expect 0 tcpw redo
[ "$(tables)" = "$rules" ] || fail "redo does not know it"
say "package: installed again: the configuration and the history are those of before"

expect 0 dpkg --purge tcpw
[ -z "$(status)" ] || fail "dpkg knows it: $(status)"
[ "$(tables)" = "$rules" ] || fail "the tables were changed"
traces || fail "something is left"
diff "$stage/accounts" <(accounts) || fail "an account is left"
say "package: purged: nothing is left of it, no file and no account, and the tables stay as they were"
