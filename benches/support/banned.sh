#!/usr/bin/env bash
# banned.sh STAGE TCPW GATE COUNT ROUNDS: from connect to banner at Debian's sshd with COUNT banned addresses, in each
# form that a ban can have. Runs as root of its own mount, network and process namespaces; STAGE is an empty
# directory. Prints a line for each form: its name, the median and the 95th percentile in milliseconds.
set -eu
stage=$1
tcpw=$2
gate=$3
count=$4
rounds=$5
here=$(dirname "$(readlink -f "$0")")/../../tests/sshd
friend=127.0.0.2
stranger=127.0.0.3
. "$here/stage.sh"

private_files
install -m 755 "$gate" /usr/local/bin/tcpw-gate
mkdir /etc/forms
$python - "$count" /etc/banned /etc/forms <<-'END'
	import random, socket, struct, sys
	count, banned, forms = int(sys.argv[1]), sys.argv[2], sys.argv[3]
	chosen = random.Random(7).sample(range(0x0B000000, 0x7F000000), count)
	names = [socket.inet_ntoa(struct.pack(">I", address)) for address in chosen]
	with open(banned, "w") as file:
	    file.writelines(name + "\n" for name in names)
	with open(f"{forms}/rules.deny", "w") as file:
	    file.writelines(f"ALL: {name}\n" for name in names)
	with open(f"{forms}/lines.deny", "w") as file:
	    line = "ALL:"
	    for name in names:
	        if len(line) + 1 + len(name) > 2046:
	            file.write(line + "\n")
	            line = "ALL:"
	        line += " " + name
	    file.write(line + "\n")
	with open(f"{forms}/file.deny", "w") as file:
	    file.write(f"ALL: {banned}\n")
	END
/usr/local/bin/tcpw set build /etc/banned.set /etc/banned >"$stage/set.log" 2>&1 || fail "$(cat "$stage/set.log")"
# The visitor is of this machine, and is looked up like anybody.
echo "sshd: ALL: aclexec exec /usr/local/bin/tcpw-gate --strict --except /etc/banned.set -- %a" >/etc/forms/gate.allow
# What the shell costs that libwrap starts for any command.
echo 'sshd: ALL: aclexec true' >/etc/forms/shell.allow
# What any program costs that the shell starts.
echo 'sshd: ALL: aclexec /bin/true' >/etc/forms/process.allow
forms="none rules lines file shell process gate"
if command -v geoiplookup >/dev/null; then
    printf '#!/bin/sh\ncase $(geoiplookup "$1" | awk -F "[ ,]" "{print \\$4; exit}") in KR) exit 1 ;; esac\n' >/etc/country
    chmod 755 /etc/country
    echo 'sshd: ALL: aclexec /etc/country %a' >/etc/forms/script.allow
    forms="$forms script"
fi

start_sshd 'MaxStartups 100'
$python - $friend $ssh_port "$rounds" /etc/forms $forms <<-'END'
	import os, socket, statistics, sys, time
	source, port, rounds, folder = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
	forms = sys.argv[5:]
	open(f"{folder}/empty", "w").close()
	times = {form: [] for form in forms}
	for _ in range(rounds):
	    for form in forms:
	        for table in ("allow", "deny"):
	            made = f"{folder}/{form}.{table}"
	            os.symlink(made if os.path.exists(made) else f"{folder}/empty", "/etc/new")
	            os.rename("/etc/new", f"/etc/hosts.{table}")
	        visit = socket.socket()
	        visit.settimeout(60)
	        visit.bind((source, 0))
	        begin = time.monotonic()
	        visit.connect(("127.0.0.1", port))
	        assert visit.recv(200).startswith(b"SSH-2.0"), form
	        times[form].append((time.monotonic() - begin) * 1000)
	        visit.close()
	        time.sleep(0.02)
	for form, taken in times.items():
	    late = sorted(taken)[int(len(taken) * 0.95)]
	    print("form", form, "%.3f" % statistics.median(taken), "%.3f" % late)
	END
