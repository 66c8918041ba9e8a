"""Has firewalld's own core load exports in a network namespace, and connects from another one.

firewalld never refuses what comes over the loopback interface, so that the clients are in a network of
their own, which is theirs with all its addresses, at the other end of a veth pair. Standard input is a plan
in JSON: a list of [folder, [[address, port, admitted], ...]], each folder a configuration of firewalld.
Prints one line for each thing that is not as it should be, and at last how many connections were made.
"""

import json
import os
import subprocess
import sys

from connect import SERVERS, connect, drain, listen

LINKS = {"vs": "02:00:00:00:00:01", "vc": "02:00:00:00:00:02"}
GATEWAYS = {4: "192.0.0.8", 6: "fe80::8"}


def ip(*words):
    subprocess.run(("ip",) + words, check=True)


def open_link(name):
    for place in ("all", name):
        with open("/proc/sys/net/ipv4/conf/%s/rp_filter" % place, "w") as file:
            file.write("0")
    ip("link", "set", "lo", "up")
    ip("link", "set", name, "address", LINKS[name])
    ip("link", "set", name, "up")


def clients():
    """Connects from whatever addresses it is given, line by line."""
    print("here", flush=True)
    sys.stdin.readline()
    open_link("vc")
    for version, server in SERVERS.items():
        flag = "-%d" % version
        ip(flag, "route", "add", server, "dev", "vc")
        ip(flag, "neigh", "add", server, "lladdr", LINKS["vs"], "dev", "vc", "nud", "permanent")
        # Whatever arrives is ours.
        ip(flag, "route", "add", "local", "default", "dev", "lo", "table", "100")
        ip(flag, "rule", "add", "iif", "vc", "lookup", "100", "pref", "10")
    for line in sys.stdin:
        asked = json.loads(line)
        print(json.dumps([connect(address, port) for address, port in asked]), flush=True)


def main():
    # Not before: firewalld's paths are set once, when it is first asked.
    import firewall.config
    from firewall.core.fw import Firewall

    plan = json.load(sys.stdin)
    words = ["unshare", "-n", sys.executable, os.path.abspath(__file__), "clients"]
    child = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    child.stdout.readline()
    ip("link", "add", "vs", "type", "veth", "peer", "name", "vc", "netns", str(child.pid))
    open_link("vs")
    for version, server in SERVERS.items():
        flag = "-%d" % version
        ip(flag, "addr", "add", server, "dev", "vs", *(["nodad"] if version == 6 else []))
        gateway = GATEWAYS[version]
        ip(flag, "neigh", "add", gateway, "lladdr", LINKS["vc"], "dev", "vs", "nud", "permanent")
        ip(flag, "route", "add", "default", "via", gateway, "dev", "vs", "onlink")
    child.stdin.write("go\n")
    child.stdin.flush()
    listeners = listen({port for _, asks in plan for _, port, _ in asks})
    count = 0
    for folder, asks in plan:
        firewall.config.set_system_config_paths(folder)
        running = Firewall()
        running.start()
        if running._state != "RUNNING" or "tcpw" not in running.policy.get_policies():
            print(folder, "is not loaded:", running._state)
        child.stdin.write(json.dumps([ask[:2] for ask in asks]) + "\n")
        child.stdin.flush()
        answers = json.loads(child.stdout.readline())
        drain(listeners)
        for (address, port, admitted), answer in zip(asks, answers, strict=True):
            count += 1
            if answer != admitted:
                print(folder, address, port, "is not", "admitted" if admitted else "refused")
        running.stop()
    child.stdin.close()
    child.wait()
    print("connections:", count)


if sys.argv[1:] == ["clients"]:
    clients()
else:
    main()
