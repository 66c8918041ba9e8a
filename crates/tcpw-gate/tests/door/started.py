"""The gate and tcpd as xinetd starts them, and as a socket unit of systemd with Accept=yes does.

Usage: started.py GATE PROBE
"""

import socket
import subprocess
import sys
import time

import stage

GATE, PROBE = sys.argv[1:3]
POLICIES = [
    ("ALL: ALL\n", ""),
    ("", "ALL: ALL\n"),
    ("ALL: 127.0.0.5: nice 3: setenv X %a: umask 027: keepalive: severity mail.info\n", "ALL: ALL\n"),
    ("ALL: ALL: twist echo %d refuses %a\n", ""),
    ("ALL: ALL: bogus\n", ""),
    ("ALL: 127.0.0.9\n", "ALL: ALL: spawn true\n"),
]
XINETD = """service probe{port}
{{
    flags = {flags}
    type = UNLISTED
    socket_type = stream
    protocol = tcp
    wait = no
    user = root
    bind = 127.0.0.1
    port = {port}
    server = {server}
    server_args = {arguments}
}}
"""


def connect(port):
    """What a client gets, once somebody listens."""
    end = time.monotonic() + stage.PATIENCE
    while True:
        caller = socket.socket()
        caller.bind(("127.0.0.5", 0))
        try:
            caller.connect(("127.0.0.1", port))
            break
        except ConnectionRefusedError:
            caller.close()
            if time.monotonic() > end:
                stage.fail(f"nobody listens on {port}")
            time.sleep(0.02)
    got = b""
    caller.settimeout(stage.PATIENCE)
    try:
        while piece := caller.recv(4096):
            got += piece
    except ConnectionResetError:
        pass
    caller.close()
    return got


def answer(port):
    """What the client gets, and what libwrap's part says in the log."""
    stage.log_lines()
    got = connect(port)
    lines, end = [], time.monotonic() + stage.PATIENCE
    while not any("connect from" in text or text.startswith("twist ") for *_, text in lines):
        lines += [line for line in stage.log_lines() if line[1] == "probe"]
        if time.monotonic() > end:
            stage.fail(f"nothing is logged on {port}: {got!r}")
        time.sleep(0.002)
    return got, [(priority, text) for priority, _, _, text in lines]


def compare(way, ports):
    """Both ports answer alike to every policy."""
    for allow, deny in POLICIES:
        stage.write_tables(allow, deny)
        theirs, ours = (answer(port) for port in ports)
        if theirs != ours:
            stage.fail(f"{way}: {allow!r} {deny!r}\n  tcpd {theirs}\n  gate {ours}")
    print(f"door: {way} starts tcpd and tcpw-gate exec, {len(POLICIES)} policies: 0 differences")


def by_xinetd():
    """xinetd, whose own libwrap is told to keep out."""
    text = ""
    # NAMEINARGS counts for the arguments that come after it.
    for port, server, arguments, flags in (
        (7001, stage.TCPD, PROBE, "NAMEINARGS NOLIBWRAP"),
        (7002, GATE, f"exec probe -- {PROBE}", "NOLIBWRAP"),
    ):
        text += XINETD.format(port=port, server=server, arguments=arguments, flags=flags)
    with open("/run/xinetd.conf", "w", encoding="ascii") as file:
        file.write(text)
    words = ["xinetd", "-dontfork", "-f", "/run/xinetd.conf", "-pidfile", "/run/xinetd.pid"]
    words += ["-filelog", "/run/xinetd.log"]
    xinetd = subprocess.Popen(words, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        compare("xinetd", (7001, 7002))
    finally:
        xinetd.kill()


def by_socket_unit():
    """systemd-socket-activate --accept --inetd, which does what such a unit does."""
    activate = ["systemd-socket-activate", "--accept", "--inetd"]
    started = [
        subprocess.Popen([*activate, "-l", f"127.0.0.1:{port}", *words], stderr=subprocess.DEVNULL)
        for port, words in (
            # tcpd is called by the name of the daemon.
            (7003, ["bash", "-c", f'exec -a "$0" {stage.TCPD}', PROBE]),
            (7004, [GATE, "exec", "probe", "--", PROBE]),
        )
    ]
    try:
        compare("a socket unit's way", (7003, 7004))
    finally:
        for process in started:
            process.kill()


stage.open_log()
by_xinetd()
by_socket_unit()
