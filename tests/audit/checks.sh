# The literal checks of the benchmarks, as they are published, on the files below $1: a line for each requirement.
# Nothing of tcpw is used here.
A=$1/etc/hosts.allow
D=$1/etc/hosts.deny
answer() {
    name=$1
    shift
    if "$@" >/dev/null 2>&1; then echo "$name pass"; else echo "$name fail"; fi
}
both_there() { ls -la "$A" && ls -la "$D"; }
not_empty() { [ "$(ls -ald "$1" | awk '{ print $5 }')" -gt 0 ]; }
both_filled() { not_empty "$A" && not_empty "$D"; }
either() { "$@" "$D" || "$@" "$A"; }
default() { grep "ALL: ALL" "$D"; }
installed() { dpkg --admindir="$1/var/lib/dpkg" -s tcpd | grep -E '^Status: .* installed$'; }
listed644() { [ "$(ls -ld "$1" | cut -c1-10)" = "-rw-r--r--" ]; }
stat644() { [ "$(stat -c '%a %u %g' "$1")" = "644 0 0" ]; }
at_most644() {
    [ "$(stat -c '%u %g' "$1")" = "0 0" ] && [ $((0$(stat -c '%a' "$1") & ~0644 & 07777)) -eq 0 ]
}
gen006620() { both_there && default; }
hpux() {
    both_there && cat "$D" | tr '\011' ' ' | tr -s ' ' | sed -e 's/^[ \t]*//' | grep -v "^#" | egrep "ALL: ALL"
}
sol10() { { ls "$D" || ls "$A"; } && either grep -E '^[^#:]*(ALL|sshd)'; }
aix() { both_there && grep -E "ALL:[[:blank:]]*ALL" "$D"; }
anycase() { cat "$D" | grep -i sshd || cat "$A" | grep -i sshd; }

for profile in cis-debian-8 cis-debian-9 cis-ubuntu-18.04; do
    answer "$profile 3.3.1" installed "$1"
    answer "$profile 3.3.2" cat "$A"
    answer "$profile 3.3.3" default
    answer "$profile 3.3.4" stat644 "$A"
    answer "$profile 3.3.5" stat644 "$D"
done
answer "cis-ubuntu-16.04 3.4.1" installed "$1"
answer "cis-ubuntu-16.04 3.4.2" cat "$A"
answer "cis-ubuntu-16.04 3.4.3" default
answer "cis-ubuntu-16.04 3.4.4" stat644 "$A"
answer "cis-ubuntu-16.04 3.4.5" stat644 "$D"
answer "cis-rhel-7-v2 3.4.2" cat "$A"
answer "cis-rhel-7-v2 3.4.3" default
answer "cis-rhel-7-v2 3.4.4" stat644 "$A"
answer "cis-rhel-7-v2 3.4.5" stat644 "$D"
answer "cis-rhel-6-v3 3.4.2" cat "$A"
answer "cis-rhel-6-v3 3.4.3" default
answer "cis-rhel-6-v3 3.4.4" at_most644 "$A"
answer "cis-rhel-6-v3 3.4.5" at_most644 "$D"
for profile in cis-rhel-6 cis-rhel-7; do
    answer "$profile 4.5.2" cat "$A"
    answer "$profile 4.5.3" listed644 "$A"
    answer "$profile 4.5.4" default
    answer "$profile 4.5.5" listed644 "$D"
done
for profile in cis-debian-7 cis-ubuntu-12.04; do
    answer "$profile 7.4.1" installed "$1"
    answer "$profile 7.4.2" cat "$A"
    answer "$profile 7.4.3" listed644 "$A"
    answer "$profile 7.4.4" default
    answer "$profile 7.4.5" listed644 "$D"
done
answer "GEN005540 GEN005540" either grep sshd
answer "GEN005540-solaris GEN005540" sol10
answer "GEN005540-hpux GEN005540" anycase
answer "GEN006620 GEN006620" gen006620
answer "GEN006620-hpux GEN006620" hpux
answer "SOL-11.1-030050 SOL-11.1-030050" both_there
answer "SOL-11.1-050140 SOL-11.1-050140" both_there
answer "AIX7-00-002112 AIX7-00-002112" either grep sshd
answer "AIX7-00-003124 AIX7-00-003124" aix
answer "RHEL-07-040810 RHEL-07-040810" both_filled
answer "OL07-00-040810 OL07-00-040810" both_filled
