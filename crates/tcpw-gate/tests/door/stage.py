"""What the tests of the door share: a system log that they read, real connections, and the probe.

Run in namespaces of its own (mounts, network, processes), with a private /etc and /dev.
"""

import os
import re
import socket
import subprocess
import sys
import time

LOG = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
#: What everybody waits for at most, in seconds: a busy machine is slow, a test that hangs must end.
PATIENCE = 60
TCPD = "/usr/sbin/tcpd"


def open_log():
    """Takes the place of the system log."""
    if os.path.exists("/dev/log"):
        os.unlink("/dev/log")
    LOG.bind("/dev/log")
    LOG.setblocking(False)


def log_lines():
    """The lines that came since: priority, tag, process and text."""
    lines = []
    while True:
        try:
            line = LOG.recv(65536).decode(errors="surrogateescape")
        except BlockingIOError:
            return lines
        found = re.fullmatch(
            r"<(\d+)>(?:[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d )?([^\[]*)\[(\d+)\]: (.*)", line, re.S
        )
        if not found:
            raise SystemExit(f"a line of no form: {line!r}")
        priority, tag, process, text = found.groups()
        lines.append((int(priority), tag, int(process), text))


def write_tables(allow, deny):
    """Puts both tables where libwrap reads them."""
    for name, text in (("allow", allow), ("deny", deny)):
        with open(f"/etc/hosts.{name}", "wb") as file:
            file.write(text.encode("latin-1"))


class Served:
    """What came of one connection."""

    def __init__(self, got, code, lines, process, ports, was_ended):
        self.got = got
        self.code = code
        self.lines = lines
        self.process = process
        self.ports = ports
        self.was_ended = was_ended


#: After these lines tcpd does nothing but sleep for five seconds.
LAST = re.compile(
    r"refused connect from|cannot execute|expansion too long|twist_option: |^getpeername: "
)


def link():
    """Makes a link of this machine to itself, and gives the address of a client on it."""
    for words in (
        "link add va type veth peer name vb",
        "link set va up",
        "link set vb up",
        "address add fe80::5/64 dev va nodad",
    ):
        subprocess.run(["ip", *words.split()], check=True)
    return "fe80::5%va"


def connected(client):
    """A connection from `client`, and the socket that waits for it: a mapped one is one of IPv4 to a
    server of IPv6."""
    is_mapped = client.startswith("::ffff:")
    server = socket.socket(socket.AF_INET6 if ":" in client else socket.AF_INET)
    if is_mapped:
        server.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    here = client if "%" in client else "::" if is_mapped else "::1" if ":" in client else "127.0.0.1"
    server.bind(socket.getaddrinfo(here, 0)[0][4])
    server.listen(1)
    target = "127.0.0.1" if is_mapped else here
    caller = socket.socket(socket.AF_INET if is_mapped else server.family)
    caller.bind(socket.getaddrinfo(client.removeprefix("::ffff:"), 0)[0][4])
    caller.connect(socket.getaddrinfo(target, server.getsockname()[1])[0][4])
    return caller, server


def serve(words, client, executable=None, stderr=None, sends=b""):
    """Connects from `client` to a socket that becomes descriptor 0 and 1 of a process."""
    caller, server = connected(client)
    ports = caller.getsockname()[1], caller.getpeername()[1]
    here, _ = server.accept()
    server.close()
    log_lines()
    if sends:
        caller.sendall(sends)
    process = subprocess.Popen(
        words,
        executable=executable,
        stdin=here,
        stdout=here,
        stderr=stderr or here,
        env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"},
        cwd="/usr",
    )
    here.close()
    lines, was_ended, got = [], False, b""
    end = time.monotonic() + PATIENCE
    caller.setblocking(False)
    while process.poll() is None:
        lines += log_lines()
        if any(LAST.search(text) for *_, text in lines):
            was_ended = executable == TCPD
            if was_ended:
                process.kill()
            break
        if time.monotonic() > end:
            raise SystemExit(f"{words} does not end")
        try:
            got += caller.recv(1 << 20)
        except (BlockingIOError, ConnectionResetError):
            time.sleep(0.002)
    code = process.wait(PATIENCE)
    lines += log_lines()
    caller.settimeout(PATIENCE)
    while True:
        try:
            piece = caller.recv(65536)
        except ConnectionResetError:
            break
        if not piece:
            break
        got += piece
    caller.close()
    return Served(got, code, lines, process.pid, ports, was_ended)


def fail(text):
    """Ends the test."""
    print(f"FAILED: {text}")
    sys.exit(1)
