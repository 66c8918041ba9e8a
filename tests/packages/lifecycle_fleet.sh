#!/usr/bin/env bash
# lifecycle_fleet.sh STAGE TOOLKIT FLEET: installs the packages tcpw and tcpw-fleet on a system of its own, runs what
# its units and its lines of cron run against the installed PostgreSQL, upgrades, removes and purges them. Runs as
# root of its own mount, network and process namespaces; STAGE is an empty directory. Every line that starts with
# "package tcpw-fleet: " was checked.
set -eu
stage=$1
here=$(dirname "$(readlink -f "$0")")
. "$here/layer.sh"

make_system
cp "$2" "$root/tmp/tcpw.deb"
cp "$3" "$root/tmp/fleet.deb"
# The same packages as older versions of them.
for package in tcpw fleet; do
    dpkg-deb --raw-extract "$root/tmp/$package.deb" "$stage/old"
    sed -i -e 's/^Version: .*/Version: 0.0.1/' -e 's/tcpw (= [^)]*)/tcpw (= 0.0.1)/' "$stage/old/DEBIAN/control"
    dpkg-deb --root-owner-group -Znone --build "$stage/old" "$root/tmp/old-$package.deb" >/dev/null
    rm -r "$stage/old"
done

status() { inside dpkg-query --show --showformat '${db:Status-Abbrev}${Version}' "$1" 2>/dev/null || true; }
apt() { expect "$1" apt-get -q -y --no-install-recommends -o APT::Sandbox::User=root "${@:2}"; }
state() { inside stat -c '%a %U:%G' /var/lib/tcpw-fleet; }

apt 0 install /tmp/old-tcpw.deb /tmp/old-fleet.deb
[ "$(status tcpw-fleet)" = 'ii 0.0.1' ] || fail "it is not installed: $(status tcpw-fleet)"
inside tcpw-fleet --version >/dev/null || fail "tcpw-fleet does not run"
owner=$(inside getent passwd tcpw-fleet | cut -d: -f6-)
[ "$owner" = /nonexistent:/usr/sbin/nologin ] || fail "the user tcpw-fleet is $owner"
[ "$(inside id -Gn tcpw-fleet)" = tcpw-fleet ] || fail "tcpw-fleet is in other groups"
[ "$(state)" = '755 tcpw-fleet:tcpw-fleet' ] || fail "the state is $(state)"
[ -z "$(find "$root/etc/systemd/system" -name 'tcpw*')" ] || fail "a unit is enabled"
units=$(cd "$root/usr/lib/systemd/system" && ls -d tcpw-fleet-*)
mount --rbind /sys "$root/sys"
# shellcheck disable=SC2086
inside sh -c 'cd /usr/lib/systemd/system && systemd-analyze verify --man=no "$@"' sh $units >"$stage/said" 2>&1 ||
    fail "systemd does not take the units: $(cat "$stage/said")"
if grep 'tcpw-' "$stage/said"; then fail "systemd complains about the units"; fi
say "package tcpw-fleet: installed: its user, its state, and $(wc -l <<<"$units") units that systemd reads and that are not on"

apt 100 install /tmp/fleet.deb
grep -q 'Depends: tcpw (= ' "$stage/said" || fail "it is not said why: $(cat "$stage/said")"
printf '1 0 0\n' >"$root/var/lib/tcpw-fleet/pushed"
printf 'MAIL_DATABASE=mine\n' >"$root/etc/tcpw-fleet.env"
apt 0 install /tmp/tcpw.deb /tmp/fleet.deb
case $(status tcpw-fleet) in
'ii 0.0.1') fail "it was not upgraded" ;;
'ii '*) ;;
*) fail "it is not installed: $(status tcpw-fleet)" ;;
esac
[ "$(cat "$root/var/lib/tcpw-fleet/pushed" "$root/etc/tcpw-fleet.env")" = $'1 0 0\nMAIL_DATABASE=mine' ] ||
    fail "the state or the environment was changed"
[ "$(state)" = '755 tcpw-fleet:tcpw-fleet' ] || fail "the state is $(state)"
say "package tcpw-fleet: upgraded with tcpw of the same version, and not without; its state stays"

# A database, one event in the journal, and settings as docs/fleet.md has them.
bin=$(dirname "$(ls -d /usr/lib/postgresql/*/bin/initdb | tail -n 1)")
as_postgres() { inside setpriv --reuid postgres --regid postgres --clear-groups "$@"; }
ask() { as_postgres psql -h /tmp/pg -d tcpw -tAqc "$1"; }
inside install -d -o postgres -g postgres /tmp/pg
as_postgres "$bin/initdb" -D /tmp/pg/data -A trust --no-sync >"$stage/initdb.log" 2>&1 || fail "initdb: $(cat "$stage/initdb.log")"
as_postgres "$bin/postgres" -D /tmp/pg/data -k /tmp/pg -h '' -c fsync=off >"$stage/postgres.log" 2>&1 &
for _ in $(seq 600); do
    as_postgres psql -h /tmp/pg -d postgres -c 'SELECT 1' >/dev/null 2>&1 && break
    sleep 0.1
done
as_postgres psql -h /tmp/pg -d postgres -qc 'CREATE ROLE keeper LOGIN CREATEROLE' -c 'CREATE DATABASE tcpw OWNER keeper' ||
    fail "PostgreSQL does not answer: $(cat "$stage/postgres.log")"
url() { printf 'postgres://%s@/tcpw?host=/tmp/pg' "$1"; }
expect 0 tcpw-fleet init "$(url keeper)"
expect 0 tcpw-fleet add-host web17 --database "$(url keeper)" --out /etc/tcpw-fleet.password
ask 'CREATE ROLE mailer LOGIN IN ROLE tcpw_mail'
inside chown tcpw-fleet: /etc/tcpw-fleet.password
printf '[fleet]\ndatabase = "%s"\npassword_file = "/etc/tcpw-fleet.password"\n' "$(url web17)" >"$root/etc/tcpw.toml"
inside chgrp tcpw /etc/tcpw.toml
chmod 640 "$root/etc/tcpw.toml"
printf 'MAIL_DATABASE=%s\nPRUNE_DATABASE=%s\n' "$(url mailer)" "$(url keeper)" >"$root/etc/tcpw-fleet.env"
for user in tcpw:mail tcpw-fleet:prune; do
    printf 'secret\n' >"$root/etc/tcpw-fleet-${user#*:}.password"
    inside chown "${user%:*}:" "/etc/tcpw-fleet-${user#*:}.password"
    chmod 400 "$root/etc/tcpw-fleet-${user#*:}.password"
done
expect 0 tcpw-notify --addr 192.0.2.66 --daemon sshd -- 192.0.2.66
for _ in $(seq 600); do
    inside tcpw events --format json 2>/dev/null | grep -q 192.0.2.66 && break
    sleep 0.1
done

# The lines of cron, each as cron runs it. What they log goes into a file.
printf '#!/bin/sh\ncat >>/tmp/logged\n' >"$root/usr/bin/logger.new"
chmod 755 "$root/usr/bin/logger.new"
logger=$stage/layer/upper/usr/bin/logger
mv "$root/usr/bin/logger.new" "$root/usr/bin/logger"
: >"$root/tmp/logged"
chmod 666 "$root/tmp/logged"
crontab=$root/usr/share/doc/tcpw-fleet/examples/cron
cron() {
    local line user
    line=$(sed -n 's/^#\([^ ]\{1,\} \{1,\}\)\{5\}//p' "$crontab" | grep "tcpw-fleet $1") || fail "cron has no line for $1"
    user=${line%% *}
    expect 0 setpriv --reuid="$user" --regid="$user" --init-groups env MAIL_DATABASE="$(url mailer)" \
        PRUNE_DATABASE="$(url keeper)" /bin/sh -c "${line#"$user"}"
}
for command in push mail prune sum; do cron "$command"; done
[ ! -s "$root/tmp/logged" ] || fail "cron: $(cat "$root/tmp/logged")"
[ "$(ask 'SELECT host, host(addr), daemon FROM tcpw.event')" = 'web17|192.0.2.66|sshd' ] ||
    fail "the database has $(ask 'SELECT * FROM tcpw.event')"
[ "$(inside stat -c '%U' /var/lib/tcpw-fleet/pushed)" = tcpw-fleet ] || fail "the state is of another user"
settings=$(cat "$root/etc/tcpw.toml")
sed -i 's|/tmp/pg|/tmp/away|' "$root/etc/tcpw.toml"
cron push
grep -q 'the events stay in the journal' "$root/tmp/logged" || fail "the log does not say that it failed: $(cat "$root/tmp/logged")"
printf '%s\n' "$settings" >"$root/etc/tcpw.toml"
say "package tcpw-fleet: its lines of cron send, mail and forget, as users of their own, and log what goes wrong"

# What the units run, as the users that they name, with the environment and the credentials that systemd gives.
unit() {
    local name=tcpw-fleet-$1.service file user groups line before
    file=$root/usr/lib/systemd/system/$name
    value() { sed -n "s/^$1=//p" "$file"; }
    user=$(value User) groups=$(value SupplementaryGroups) line=$(value ExecStart)
    before=$(value ExecStartPre)
    [ -z "$before" ] || expect 0 sh -c "${before#-+}"
    rm -rf "$root/run/credentials"
    inside install -d -m 700 -o "$user" /run/credentials
    while IFS=: read -r credential path; do
        inside install -m 400 -o "$user" "$path" "/run/credentials/$credential"
    done < <(value LoadCredential)
    expect 0 setpriv --reuid="$user" --regid="$user" --groups="${groups:-$user}" --no-new-privs \
        sh -c "set -a; . /etc/tcpw-fleet.env; CREDENTIALS_DIRECTORY=/run/credentials; unset PGPASSWORD; set +a; $line $2"
}
# As the line is read by systemd, `?` and `&` in a value are no words of a shell.
sed -i "s/=\(.*\)/='\1'/" "$root/etc/tcpw-fleet.env"
sed -i 's/\${\([A-Z_]*\)}/"${\1}"/g' "$root"/usr/lib/systemd/system/tcpw-fleet-*.service
chmod 400 "$root"/etc/tcpw-fleet-*.password
inside chown root: /etc/tcpw-fleet-mail.password /etc/tcpw-fleet-prune.password
unit push --now
unit mail --once
unit prune ''
grep -q '^dropped 0 partitions' "$stage/said" || fail "prune says $(cat "$stage/said")"
unit sum ''
grep -q '^summed ' "$stage/said" || fail "sum says $(cat "$stage/said")"
say "package tcpw-fleet: what its units run sends, mails and forgets, as the users that they name, with passwords that only root reads"

mkdir -p "$root/etc/systemd/system/"{timers,multi-user}.target.wants "$root/etc/systemd/system/tcpw-fleet-mail.service.d"
ln -s /usr/lib/systemd/system/tcpw-fleet-push.timer "$root/etc/systemd/system/timers.target.wants/"
ln -s /usr/lib/systemd/system/tcpw-fleet-mail.service "$root/etc/systemd/system/multi-user.target.wants/"
printf '[Service]\nNice=1\n' >"$root/etc/systemd/system/tcpw-fleet-mail.service.d/mine.conf"
expect 1 dpkg --remove tcpw
[ "$(status tcpw | cut -c2)" = i ] || fail "tcpw was removed under tcpw-fleet"
expect 0 dpkg --remove tcpw-fleet
[ "$(status tcpw-fleet | cut -c1-2)" = rc ] || [ -z "$(status tcpw-fleet)" ] || fail "it is not removed: $(status tcpw-fleet)"
[ ! -e "$root/usr/sbin/tcpw-fleet" ] || fail "the program is there"
[ -z "$(find "$root/etc/systemd/system" -name 'tcpw-fleet*' -type l)" ] || fail "a unit is enabled that is gone"
[ -e "$root/var/lib/tcpw-fleet/pushed" ] || fail "the state is gone"
[ -e "$root/etc/tcpw-fleet.password" ] || fail "the password is gone"
expect 2 tcpw report --from "$(url keeper)"
grep -q 'install tcpw-fleet' "$stage/said" || fail "tcpw does not say what is missing: $(cat "$stage/said")"
say "package tcpw-fleet: removed: its units are off, its state stays, and tcpw goes on and says what is missing"

rm -f "$logger"
expect 0 dpkg --purge tcpw-fleet
[ -z "$(status tcpw-fleet)" ] || fail "dpkg knows it: $(status tcpw-fleet)"
expect 0 dpkg --purge tcpw
traces || fail "something is left"
diff "$stage/accounts" <(accounts) || fail "an account is left"
[ "$(ask 'SELECT count(*) FROM tcpw.event')" = 1 ] || fail "the events are gone from the database"
say "package tcpw-fleet: purged: nothing is left of it, no file and no account; the database has its events"
