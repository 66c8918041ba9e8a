"""Calls, descriptors and values that are not in order. Usage: hostile.py GATE PROBE"""

import os
import shutil
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
                server.setblocking(not left)
                expect("a packet", run(EXEC, stdin=server)[0], code)
            lines = said()
            word = "connect from" if left else "refused connect from"
            expect("its line", lines, [f"{word} 127.0.0.5 (127.0.0.5)"])
            # The socket is inetd's, too, and stays as inetd has set it.
            expect("it waits or not", os.get_blocking(server.fileno()), not left)
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
    # One that is named must be there, whatever the other one says.
    for path, why in (
        ("/run/pipe", "it is not a file"),
        ("/run/loop", "Too many levels of symbolic links"),
        ("/run/folder", "is a directory"),
        ("/etc/hosts.dney", "No such file or directory"),
        ("/etc/hosts.allow/x", "Not a directory"),
    ):
        refused = "refused connect from 127.0.0.5 (127.0.0.5)"
        lines = [f"error: cannot read the table {path}: {why}; the client is refused", refused]
        for option in ("--deny-file", "--allow-file"):
            stage.write_tables("ALL: ALL\n", "")
            call = [GATE, "exec", option, path, "probe", "--", PROBE]
            expect(f"{option} {path}", served(call, lines), False)
            items = {"PAM_RHOST": "127.0.0.5", "PAM_SERVICE": "sshd"}
            code, _ = run([GATE, "pam", option, path], env=items, stdin=subprocess.DEVNULL)
            expect(f"pam {option} {path}", (code, said()), (1, lines))
    call = [GATE, "exec", "--deny-file", "/dev/null", "probe", "--", PROBE]
    expect("nothing is an empty table", served(call, []), True)
    # The usual ones are as for libwrap: an allow table that cannot be read grants nobody, a deny table
    # that cannot be read refuses everybody, and a folder is no table.
    for name, is_served in (("allow", True), ("deny", False)):
        stage.write_tables("", "")
        os.remove(f"/etc/hosts.{name}")
        os.symlink("/run/loop", f"/etc/hosts.{name}")
        why = [f"warning: cannot open /etc/hosts.{name}: Too many levels of symbolic links"]
        expect(f"{name} is a loop", served(EXEC, why), is_served)
        os.remove(f"/etc/hosts.{name}")
        os.mkdir(f"/etc/hosts.{name}")
        expect(f"{name} is a folder", served(EXEC, []), True)
        os.rmdir(f"/etc/hosts.{name}")
    # A list that cannot be read matches nobody, in a deny table, too.
    stage.write_tables("", "ALL: /run/loop\n")
    why = ["warning: /etc/hosts.deny, line 1: open /run/loop: Too many levels of symbolic links"]
    expect("deny by a list that is a loop", served(EXEC, why), True)
    for list_file, text in (("/run/cycle", "/run/cycle\n"), ("/run/long", "x" * 9000 + "\n")):
        with open(list_file, "w", encoding="ascii") as file:
            file.write(text)
        stage.write_tables(f"ALL: {list_file}\nALL: ALL\n", "")
        expect(list_file, served(EXEC, []), False)
    long_table = "".join(f"ALL: 10.0.{n // 250}.{n % 250}\n" for n in range(20000))
    for deny, is_served in (("ALL: 127.0.0.5\n", False), ("ALL: .nowhere\n", True)):
        stage.write_tables(long_table, long_table + deny)
        expect(f"long, {deny}", served(EXEC, []), is_served)


def banners():
    """A banner is a regular file in its folder, of any size."""
    os.mkdir("/run/b")
    with open("/run/secret", "w", encoding="ascii") as file:
        file.write("SECRET\n")
    os.mkfifo("/run/b/pipe")
    os.symlink("/dev/zero", "/run/b/endless")
    stage.write_tables("ALL: ALL: banners /run/b\n", "")

    def sent(daemon):
        return stage.serve([GATE, "exec", daemon, "--", "/bin/echo", "served"], "127.0.0.5").got

    for daemon in ("/run/secret", "../secret", "..", ".", "pipe", "endless", "absent"):
        expect(f"the banner of {daemon}", sent(daemon), b"served\n")
    size = 1 << 26
    with open("/run/b/large", "wb") as file:
        file.truncate(size)
    # An address space of no more than that.
    words = ["prlimit", f"--as={size}", GATE, "exec", "large", "--", "/bin/echo", "served"]
    got = stage.serve(words, "127.0.0.5").got
    expect("a large banner", (len(got), got[-8:]), (size + 7, b"\0served\n"))


def alpine():
    """A getent(1) that knows neither options nor netgroups, as Alpine's."""
    with open("/run/getent", "w", encoding="ascii") as file:
        file.write(
            "#!/bin/sh\n"
            'database=$1\ncase $database in\n'
            'hosts | ahosts | passwd | group) shift; exec /run/getent.real "$database" -- "$@" ;;\n'
            '*) echo "Unknown database" >&2; exit 1 ;;\nesac\n'
        )
    os.chmod("/run/getent", 0o755)
    place = os.path.realpath(shutil.which("getent"))
    shutil.copy(place, "/run/getent.real")
    subprocess.run(["mount", "--bind", "/run/getent", place], check=True)
    with open("/etc/hosts", "w", encoding="ascii") as file:
        file.write("127.0.0.1 localhost\n127.0.0.5 pc.friend.example\n127.0.0.6 -s.friend.example\n")
    with open("/etc/nsswitch.conf", "w", encoding="ascii") as file:
        file.write("passwd: files\ngroup: files\nhosts: files\n")
    for allow, client, lines in (
        ("ALL: .friend.example\n", "127.0.0.5", ["connect from pc.friend.example (127.0.0.5)"]),
        ("ALL: ALL: user nobody.nogroup\n", "127.0.0.5", ["connect from 127.0.0.5 (127.0.0.5)"]),
        (
            "ALL: @friends\n",
            "127.0.0.5",
            [
                "warning: /etc/hosts.allow, line 1: can't look up friends: getent(1) does not have this database",
                "refused connect from pc.friend.example (127.0.0.5)",
            ],
        ),
        (
            "ALL: .friend.example\n",
            "127.0.0.6",
            [
                "warning: /etc/hosts.allow, line 1: can't look up -s.friend.example: "
                "what begins with a minus sign is not looked up",
                "refused connect from 127.0.0.6 (127.0.0.6)",
            ],
        ),
    ):
        stage.write_tables(allow, "ALL: ALL\n")
        outcome = stage.serve(EXEC, client)
        expect(f"{allow!r} {client}", [text for *_, text in outcome.lines], lines)
    subprocess.run(["umount", place], check=True)


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


def within_pam():
    """Options do within PAM what decides, in their order, and what is logged is one facility's."""
    os.makedirs("/run/mark")

    def ask(allow, deny="ALL: ALL\n", kind="auth"):
        for name in os.listdir("/run/mark"):
            os.remove(f"/run/mark/{name}")
        stage.write_tables(allow, deny)
        items = {"PAM_RHOST": "127.0.0.5", "PAM_SERVICE": "sshd", "PAM_TYPE": kind}
        code, _ = run([GATE, "pam"], env=items, stdin=subprocess.DEVNULL)
        return code, [priority for priority, *_ in stage.log_lines()], sorted(os.listdir("/run/mark"))

    for kind in ("auth", "account"):
        for allow, code in (
            ('ALL: ALL: setenv X y: aclexec test -z "$X"\n', 1),
            ('ALL: ALL: setenv X y: aclexec test "$X" = y\n', 0),
            ("ALL: ALL: spawn touch /run/mark/a: aclexec test -e /run/mark/a\n", 0),
            ('ALL: ALL: spawn touch "/run/mark/a$X": setenv X y: aclexec test -e /run/mark/a\n', 0),
        ):
            expect(f"{kind} {allow!r}", ask(allow, kind=kind)[0], code)
    # In front of a command that decides it runs; other ones wait for the verdict, with what was set.
    rule = "ALL: ALL: spawn touch /run/mark/a: aclexec true: spawn touch /run/mark/b$X: setenv X y\n"
    expect("auth", ask(rule), (0, [], ["a"]))
    expect("account", ask(rule, kind="account"), (0, [], ["a", "b"]))
    for deny, priorities in (
        ("ALL: ALL\n", [36]),
        ("ALL: ALL: severity notice\n", [37]),
        ("ALL: ALL: severity mail.info\n", [22]),
        ("ALL: ALL: bogus\n", [35, 36]),
        ("no colon\nALL: ALL\n", [35, 36]),
    ):
        expect(f"{deny!r}", ask("", deny)[:2], (1, priorities))
    expect("a command failed", ask("ALL: ALL: aclexec false\n")[1], [38, 36])
    # A link that is not here has no names.
    items = {"PAM_RHOST": "fe80::1%nowhere", "PAM_SERVICE": "sshd"}
    for deny, code in (("ALL: KNOWN\n", 0), ("ALL: [fe80::]/10\n", 0), ("ALL: UNKNOWN\n", 1)):
        stage.write_tables("", deny)
        expect(deny, run([GATE, "pam"], env=items, stdin=subprocess.DEVNULL)[0], code)


stage.open_log()
descriptors()
packets()
calls()
tables()
banners()
names()
alpine()
pam()
within_pam()
print("door: what is not in order serves nobody")
