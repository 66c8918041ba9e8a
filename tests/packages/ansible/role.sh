#!/usr/bin/env bash
# role.sh STAGE PACKAGE COLLECTIONS: the role tcpw.tcpw.server on a system that has never had tcpw. Runs as root of its
# own mount, network and process namespaces; STAGE is an empty directory. Prints a log to read; every line that
# starts with "ansible: " was checked.
set -eu
stage=$1
package=$2
collections=$3
own=$(dirname "$(readlink -f "$0")")
. "$own/../layer.sh"

make_system
cp "$package" "$root/run/tcpw.deb"
cp -r "$collections" "$root/run/collections"
cp "$own/role.yml" "$root/run/role.yml"
play() {
    expect "$1" HOME=/run/home NO_COLOR=1 PYTHONDONTWRITEBYTECODE=1 ANSIBLE_REMOTE_TMP=/run/remote \
        ANSIBLE_COLLECTIONS_PATH=/run/collections ANSIBLE_PYTHON_INTERPRETER=/usr/bin/python3 \
        ansible-playbook -i localhost, /run/role.yml "${@:2}"
    grep -v '^$' "$stage/said"
}
play 0
for file in usr/sbin/tcpw etc/cron.d/tcpw etc/tcpw.toml; do
    [ -e "$root/$file" ] || fail "there is no $file"
done
[ "$(stat -c %a "$root/etc/tcpw.toml")" = 640 ] || fail "others read the settings"
grep -q '^sshd: 192.0.2.7$' "$root/etc/hosts.allow" || fail "the office is not let in"
grep -q '^ALL: ALL : spawn /usr/sbin/tcpw-notify ' "$root/etc/hosts.deny" || fail "there is no alert"
expect 2 tcpw confirm
grep -q 'no change waits to be confirmed' "$stage/said" || fail "a change was not confirmed"
tables=$(cat "$root"/etc/hosts.{allow,deny})
play 0
grep -q 'changed=0 ' "$stage/said" || fail "the second run changed something"
play 0 --check
grep -q 'changed=0 ' "$stage/said" || fail "check mode after it shows a change"
[ "$tables" = "$(cat "$root"/etc/hosts.{allow,deny})" ] || fail "the tables are others"
say "ansible: the role installs the package, settings, rules and schedule, and a second run changes nothing"
