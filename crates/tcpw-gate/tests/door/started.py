"""The gate and tcpd as xinetd starts them, and as a socket unit of systemd with Accept=yes does.

Usage: started.py GATE PROBE COUNT SEED
"""

import os
import re
import shutil
import socket
import subprocess
import sys
import time

import policies
import stage

GATE, PROBE, COUNT, SEED = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
#: Once one of these is logged nothing more happens before the end; tcpd puts that off for five seconds.
REFUSED = re.compile(r"refused connect from|expansion too long|twist_option: ")
#: What is logged of everybody else.
SERVED = re.compile(r"connect from|twist ")
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
    instances = UNLIMITED
    per_source = UNLIMITED
    cps = 100000 1
    port = {port}
    server = {server}
    server_args = {arguments}
}}
"""


def connect(port, client):
    """A connection, once somebody listens."""
    end = time.monotonic() + stage.PATIENCE
    while True:
        caller = socket.socket()
        caller.bind((client, 0))
        try:
            caller.connect(("127.0.0.1", port))
            return caller
        except ConnectionRefusedError:
            caller.close()
            if time.monotonic() > end:
                stage.fail(f"nobody listens on {port}")
            time.sleep(0.02)


def answer(port, client, is_long):
    """What the client gets, what libwrap's part says in the log, and what commands have left."""
    shutil.rmtree(policies.OUT, ignore_errors=True)
    os.mkdir(policies.OUT)
    stage.log_lines()
    caller = connect(port, client)
    caller.setblocking(False)
    got, lines, is_closed = b"", [], False
    end = time.monotonic() + stage.PATIENCE
    while True:
        new = [line for line in stage.log_lines() if line[1] == "probe"]
        lines += new
        is_refused = any(REFUSED.search(text) for *_, text in lines)
        is_said = is_refused or any(SERVED.match(text) for *_, text in lines)
        try:
            while piece := caller.recv(65536):
                got += piece
            is_closed = True
        except BlockingIOError:
            pass
        except ConnectionResetError:
            is_closed = True
        if is_said and (is_refused or is_closed) and not new:
            break
        if time.monotonic() > end:
            stage.fail(f"nothing is logged on {port}: {got!r} {lines}")
        time.sleep(0.002)
    caller.close()
    return got, policies.logged(lines, is_long), policies.effects()


def compare(way, ports):
    """Both ports answer alike to every policy."""
    policies.DICE.seed(SEED)
    tried = POLICIES + [policies.both() for _ in range(COUNT)]
    clients = policies.CLIENTS + policies.LONG_NAMED
    for allow, deny in tried:
        stage.write_tables(allow, deny)
        client, is_long = policies.DICE.choice(clients), policies.MANY in allow + deny
        theirs, ours = (answer(port, client, is_long) for port in ports)
        if theirs != ours:
            stage.fail(f"{way}: {client} {allow!r} {deny!r}\n  tcpd {theirs}\n  gate {ours}")
    print(f"door: {way} starts tcpd and tcpw-gate exec, {len(tried)} policies: 0 differences")


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
policies.prepare(PROBE)
by_xinetd()
by_socket_unit()
