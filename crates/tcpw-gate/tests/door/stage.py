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


def serve(words, client, family=socket.AF_INET, executable=None, stderr=None, sends=b""):
    """Connects from `client` to a socket that becomes descriptor 0 and 1 of a process."""
    server = socket.socket(family)
    server.bind(("127.0.0.1" if family == socket.AF_INET else "::1", 0))
    server.listen(1)
    caller = socket.socket(family)
    caller.bind((client, 0))
    caller.connect(server.getsockname()[:2])
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
    lines, was_ended = [], False
    end = time.monotonic() + PATIENCE
    while process.poll() is None:
        lines += log_lines()
        if any(LAST.search(text) for *_, text in lines):
            was_ended = executable == TCPD
            if was_ended:
                process.kill()
            break
        if time.monotonic() > end:
            raise SystemExit(f"{words} does not end")
        time.sleep(0.002)
    code = process.wait(PATIENCE)
    lines += log_lines()
    got = b""
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
