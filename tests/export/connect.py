"""Loads exports into nftables of a network namespace of its own and connects from any address.

Standard input is a plan in JSON: a list of steps. `load` gives a script to `nft -f`, after `nft -c -f`;
`ask` is a list of [address, port, admitted] and connects from each address; `until` asks the same of one
of them again and again, for at most a minute; `list` writes what `nft list table` prints to a file;
`same` demands that a table of somebody else is as it was; `gone` that ours is not there.
Prints one line for each thing that is not as it should be, and at last how many connections were made.
"""

import json
import socket
import subprocess
import sys
import time

SERVERS = {4: "198.51.100.1", 6: "2001:db8:ffff::1"}
OTHER = "table inet other {\n\tset x {\n\t\ttype ipv4_addr\n\t\telements = { 192.0.2.1 }\n\t}\n}\n"


def run(*words, text=None):
    done = subprocess.run(words, input=text, capture_output=True, text=True)
    if done.returncode != 0:
        print(" ".join(words), "failed:", done.stderr.strip()[:500])
    return done


def family(address):
    return 6 if ":" in address else 4


def listen(ports):
    """Sockets that listen on these ports of both families."""
    listeners = []
    for port in sorted(ports):
        for version in (4, 6):
            server = socket.socket(socket.AF_INET6 if version == 6 else socket.AF_INET, socket.SOCK_STREAM)
            if version == 6:
                server.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            server.bind(("", port))
            server.listen(4096)
            server.setblocking(False)
            listeners.append(server)
    return listeners


def drain(listeners):
    """Closes the connections that wait."""
    for server in listeners:
        try:
            while True:
                server.accept()[0].close()
        except BlockingIOError:
            pass


def connect(address, port):
    """True if the server accepts, False if it refuses."""
    version = family(address)
    with socket.socket(socket.AF_INET6 if version == 6 else socket.AF_INET, socket.SOCK_STREAM) as client:
        # TRANSPARENT: any address is ours.
        client.setsockopt(41 if version == 6 else 0, 75 if version == 6 else 19, 1)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        client.settimeout(60)
        client.bind((address, 0))
        try:
            client.connect((SERVERS[version], port))
        except ConnectionRefusedError:
            return False
    return True


def main():
    plan = json.load(sys.stdin)
    run("ip", "link", "set", "lo", "up")
    run("ip", "route", "add", "local", "default", "dev", "lo")
    run("ip", "-6", "route", "add", "local", "default", "dev", "lo")
    run("nft", "-f", "-", text=OTHER)
    other = run("nft", "list", "table", "inet", "other").stdout
    ports = {port for step in plan for _, port, _ in step.get("ask", []) + step.get("until", [])}
    listeners = listen(ports)
    count = 0
    for step in plan:
        if "load" in step:
            run("nft", "-c", "-f", step["load"])
            run("nft", "-f", step["load"])
        for address, port, admitted in step.get("ask", []):
            count += 1
            if connect(address, port) != admitted:
                print(step["load"], address, port, "is not", "admitted" if admitted else "refused")
            drain(listeners)
        for address, port, admitted in step.get("until", []):
            end = time.monotonic() + 60
            while connect(address, port) != admitted:
                if time.monotonic() > end:
                    print(step["load"], address, port, "stays as it was")
                    break
                time.sleep(0.05)
        if "list" in step:
            listed = run("nft", "list", "table", "inet", "tcpw")
            with open(step["list"], "w") as file:
                file.write(listed.stdout)
        if step.get("same") and run("nft", "list", "table", "inet", "other").stdout != other:
            print("a table of somebody else was touched")
        if step.get("gone"):
            tables = run("nft", "list", "tables").stdout
            if "table inet tcpw\n" in tables:
                print("our table is still there")
    print("connections:", count)


if __name__ == "__main__":
    main()
