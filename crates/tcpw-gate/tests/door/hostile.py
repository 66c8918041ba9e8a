"""Calls, descriptors and values that are not in order. Usage: hostile.py GATE PROBE"""

import os
import socket
import subprocess
import sys

import stage

GATE, PROBE = sys.argv[1:3]
EXEC = [GATE, "exec", "probe", "--", PROBE]


def expect(what, found, wanted):
    """Fails unless they are the same."""
    if found != wanted:
        stage.fail(f"{what}: {found!r}, not {wanted!r}")


def said():
    """The texts in the log since it was asked last."""
    return [text for *_, text in stage.log_lines()]


def run(words, **how):
    """Exit code and output of a process."""
    ended = subprocess.run(words, capture_output=True, timeout=stage.PATIENCE, check=False, **how)
    return ended.returncode, ended.stdout + ended.stderr


def descriptors():
    """Standard input is not a socket of the internet, or is closed."""
    stage.write_tables("ALL: ALL\n", "")
    here, there = socket.socketpair()
    with socket.socket() as alone, open("/dev/null", "rb") as null:
        for name, stdin in (("a file", null), ("a lonely socket", alone)):
            expect(name, run(EXEC, stdin=stdin), (0, b""))
            (line,) = said()
            if not line.startswith("warning: can't get client address: "):
                stage.fail(line)
    code, _ = run(EXEC, stdin=here)
    expect("a local socket", (code, said()), (0, ["connect from localhost (localhost)"]))
    there.close()
    expect("no descriptor", run(["sh", "-c", "exec \"$@\" <&-", "sh", *EXEC])[1], b"")
    said()


def packets():
    """A packet of a client without a connection is served, or eaten."""
    for deny, code, left in (("", 0, 1), ("ALL: ALL\n", 0, 0)):
        stage.write_tables("", deny)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
            server.bind(("127.0.0.1", 0))
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as caller:
                caller.bind(("127.0.0.5", 0))
                caller.sendto(b"hello", server.getsockname())
                expect("a packet", run(EXEC, stdin=server)[0], code)
            lines = said()
            word = "connect from" if left else "refused connect from"
            expect("its line", lines, [f"{word} 127.0.0.5 (127.0.0.5)"])
            server.setblocking(False)
            try:
                expect("what is left", (server.recv(10), left), (b"hello", 1))
            except BlockingIOError:
                expect("what is left", left, 0)


def calls():
    """Calls that are wrong."""
    for words in (
        ["exec"],
        ["exec", "probe", PROBE],
        ["exec", "probe", "--", "probe"],
        ["exec", "--nosuch", "x", "probe", "--", PROBE],
        ["pam", "x"],
        ["pam", "--unknown", "perhaps"],
        ["exec", "--help"],
        ["pam", "-h"],
    ):
        expect(f"{words}", run([GATE, *words]), (1, b""))
        lines = said()
        is_help = words[-1] in ("--help", "-h")
        if not is_help and (len(lines) != 1 or not lines[0].startswith("tcpw-gate: ")):
            stage.fail(f"{words}: {lines}")
    stage.write_tables("ALL: ALL\n", "")
    served = stage.serve([GATE, "exec", "probe", "--", "/nowhere/probe"], "127.0.0.5")
    expect("no program", (served.got, served.code), (b"", 0))
    expect(
        "its lines",
        [text for *_, text in served.lines],
        [
            "connect from 127.0.0.5 (127.0.0.5)",
            "error: cannot execute /nowhere/probe: No such file or directory",
        ],
    )


def tables():
    """Tables that cannot be read, and lists that make libwrap crash."""

    def served(words, why):
        outcome = stage.serve(words, "127.0.0.5")
        lines = [text for *_, text in outcome.lines]
        expect("the reason", lines[: len(why)], why)
        return b"argv" in outcome.got

    os.mkfifo("/run/pipe")
    os.symlink("/run/loop", "/run/loop")
    os.mkdir("/run/folder")
    stage.write_tables("", "")
    for path, why in (
        ("/run/pipe", "it is not a file"),
        ("/run/loop", "Too many levels of symbolic links"),
    ):
        lines = [f"warning: cannot open {path}: {why}"]
        call = [GATE, "exec", "--deny-file", path, "probe", "--", PROBE]
        expect(f"deny {path}", served(call, lines), False)
        call[2] = "--allow-file"
        expect(f"allow {path}", served(call, lines), True)
    call = [GATE, "exec", "--deny-file", "/run/folder", "probe", "--", PROBE]
    expect("a folder is an empty table", served(call, []), True)
    for list_file, text in (("/run/cycle", "/run/cycle\n"), ("/run/long", "x" * 9000 + "\n")):
        with open(list_file, "w", encoding="ascii") as file:
            file.write(text)
        stage.write_tables(f"ALL: {list_file}\nALL: ALL\n", "")
        expect(list_file, served(EXEC, []), False)
    long_table = "".join(f"ALL: 10.0.{n // 250}.{n % 250}\n" for n in range(20000))
    for deny, is_served in (("ALL: 127.0.0.5\n", False), ("ALL: .nowhere\n", True)):
        stage.write_tables(long_table, long_table + deny)
        expect(f"long, {deny}", served(EXEC, []), is_served)


def question(server):
    """What somebody asked a server of names, if anything."""
    try:
        return server.recv(1000)
    except BlockingIOError:
        return b""


def names():
    """A name service that does not answer costs no more than it may take."""
    with open("/etc/nsswitch.conf", "w", encoding="ascii") as file:
        file.write("passwd: files\ngroup: files\nhosts: dns\n")
    with open("/etc/resolv.conf", "w", encoding="ascii") as file:
        file.write("nameserver 127.0.0.53\noptions timeout:30 attempts:5\n")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.53", 53))
        stage.write_tables("ALL: UNKNOWN: twist echo %a\n", "ALL: ALL\n")
        call = [GATE, "exec", "--name-timeout", "1", "probe", "--", PROBE]
        served = stage.serve(call, "127.0.0.5")
        expect("who has no name in time", served.got, b"127.0.0.5\n")
        line = "warning: /etc/hosts.allow, line 1: can't look up 127.0.0.5: the name service took too long"
        expect("its line", served.lines[0][3], line)
        silent.setblocking(False)
        asked = 0
        while question(silent):
            asked += 1
        if not asked:
            stage.fail("nobody was asked")
        stage.write_tables("ALL: 127.0.0.5: twist echo %h\n", "")
        expect("no name is asked for", stage.serve(EXEC, "127.0.0.5").got, b"127.0.0.5\n")
        expect("who is asked", question(silent), b"")


def pam():
    """What PAM may say of a client."""
    stage.write_tables("sshd: 192.0.2.\nimap: ALL\n", "ALL: ALL\n")

    def ask(rhost, words=(), service="sshd", kind="auth"):
        items = {"PAM_RHOST": rhost, "PAM_SERVICE": service, "PAM_TYPE": kind}
        items = {name: value for name, value in items.items() if value is not None}
        code, out = run([GATE, "pam", *words], env=items, stdin=subprocess.DEVNULL)
        expect("its output", out, b"")
        return code, said()

    expect("a friend", ask("192.0.2.7"), (0, []))
    expect("mapped", ask("::ffff:192.0.2.7"), (0, []))
    refused = "refused connect from 198.51.100.7 (198.51.100.7)"
    expect("a stranger", ask("198.51.100.7"), (1, [refused]))
    expect("other service", ask("198.51.100.7", service="imap"), (0, []))
    expect("other daemon", ask("198.51.100.7", ["--daemon", "imap"]), (0, []))
    hostile = [None, "", "UNKNOWN", "pc.example.org", "192.0.2.7\n", "192.0.2.7 x", "$(id)", b"\xff", "x" * 9999]
    for rhost in hostile:
        for policy, code in (((), 1), (("--unknown", "deny"), 1), (("--unknown", "allow"), 0)):
            found, lines = ask(rhost, policy)
            expect(f"{rhost!r} {policy}", (found, len(lines)), (code, 1))
            if "PAM_RHOST is not" not in lines[0] or "\n" in lines[0]:
                stage.fail(lines[0])
    code, lines = ask("192.0.2.7", service=None)
    expect("no service", (code, len(lines)), (1, 1))
    os.mkdir("/run/out")
    stage.write_tables(
        "sshd: 192.0.2.: severity auth.notice: setenv X y: spawn echo $X %a >> /run/out/granted\n"
        "imap: ALL: aclexec cat: twist echo no\n",
        "ALL: ALL: spawn echo %h %d >> /run/out/refused\n",
    )
    expect("before the password", ask("192.0.2.7"), (0, []))
    expect("nothing is done of grants", os.listdir("/run/out"), [])
    expect("after it", ask("192.0.2.7", kind="account"), (0, []))
    with open("/run/out/granted", encoding="ascii") as file:
        expect("what was done", file.read(), "y 192.0.2.7\n")
    expect("refused", ask("198.51.100.7"), (1, [refused]))
    with open("/run/out/refused", encoding="ascii") as file:
        expect("what was done", file.read(), "198.51.100.7 sshd\n")
    code, lines = ask("198.51.100.7", service="imap")
    expect("twist", (code, lines[0]), (1, "warning: /etc/hosts.allow, line 2: twist is not possible within PAM"))


stage.open_log()
descriptors()
packets()
calls()
tables()
names()
pam()
print("door: what is not in order serves nobody")
