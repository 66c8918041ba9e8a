"""tcpd and `tcpw-gate exec` side by side: the same tables, the same clients, real connections.

Usage: side_by_side.py GATE PROBE COUNT SEED
"""

import os
import random
import re
import shutil
import socket
import sys
import threading

import stage

GATE, PROBE, COUNT, SEED = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
OUT = "/run/out"
BANNERS = "/run/banners"
DICE = random.Random(SEED)

HOSTS = """127.0.0.1 localhost
127.0.0.5 friend.example alias.example
127.0.0.6 pc.other.example
127.0.0.7 short
127.0.0.8 target.example
127.0.0.9 target.example
127.0.0.13 10.9.8.7
::1 six.example
"""
CLIENTS = ["127.0.0.1", "127.0.0.5", "127.0.0.6", "127.0.0.7", "127.0.0.8", "127.0.0.13", "127.0.0.44"]
DAEMONS = ["probe"] * 8 + ["ALL"] * 6 + ["pro*", "other", "probe@127.0.0.1", "probe@LOCAL", "probe@.example"]
PATTERNS = (
    ["ALL"] * 6
    + CLIENTS
    + [
        "127.0.0.",
        "127.",
        "127.0.0.0/8",
        "127.0.0.4/30",
        "127.0.0.0/255.255.255.0",
        "10.0.0.0/8",
        "10.1.2.3",
        ".example",
        "friend.example",
        "*.example",
        "KNOWN",
        "UNKNOWN",
        "LOCAL",
        "PARANOID",
        "[::1]",
        "[::]/0",
        "@friends",
        "/run/list",
        "/run/absent",
        "/run/loop",
        "127.*",
        "nobody@127.",
        "UNKNOWN@ALL",
        "bob@ALL",
        "b*@127.",
    ]
)
VALUES = "%a %h %c %d %s %A %n %H %% %u x%z"
GOOD = [
    "spawn echo {v} >> /run/out/spawned",
    "spawn echo {v} >> /run/out/spawned",
    "spawn (umask; nice; echo $X $Y; readlink /proc/self/fd/0 /proc/self/fd/1; pwd) >> /run/out/spawned",
    "spawn grep -E '^(SigIgn|SigBlk)' /proc/self/status >> /run/out/spawned",
    "spawn exit 3",
    "spawn kill -9 $$",
    "setenv X {v}",
    "setenv Y one two",
    "severity info",
    "severity local3.crit",
    "SEVERITY mail.notice",
    "banners /run/banners",
    "banners /run/nowhere",
    "nice",
    "nice 3",
    "umask 027",
    "umask 0077",
    "keepalive",
    "linger 3",
    "linger 0",
    "rfc931 1",
    "user nobody",
    "user nobody.nogroup",
    "group nogroup",
    "aclexec true",
    "aclexec false",
    "aclexec exit 3",
    "aclexec kill -9 $$",
    "aclexec echo asked",
    "aclexec test -n %n",
]
BAD = [
    "bogus",
    "",
    "severity mail.warn",
    "severity nosuch.info",
    "umask 8",
    "umask",
    "nice x",
    "rfc931 0",
    "linger -1",
    "user nosuch",
    "user nobody.nosuch",
    "group nosuch",
    "setenv A=b",
    "allow x",
    "deny: spawn true",
    "keepalive=x",
    "spawn {long}",
]
LAST = ["allow", "deny", "twist echo {v}", "twist cat /run/banners/probe; exit 3"]
ODD = ["# a comment", "", "no colon here", "other: ALL", "probe:", "# joined \\", "\tspace: 10.1.2.3"]


def value():
    """Some letters."""
    letters = VALUES.split(" ")
    return " ".join(DICE.choice(letters) for _ in range(DICE.randint(1, 4)))


def option(choices):
    """An option with its letters."""
    return DICE.choice(choices).replace("{v}", value()).replace("{long}", "%a" * 950)


def rule():
    """A rule, most often a good one."""
    daemons = DICE.choice(DAEMONS)
    clients = " ".join(DICE.choice(PATTERNS) for _ in range(DICE.randint(1, 2)))
    if DICE.random() < 0.15:
        clients += " EXCEPT " + DICE.choice(PATTERNS)
    options = [option(GOOD) for _ in range(DICE.choice([0, 0, 1, 1, 2, 3, 4]))]
    if DICE.random() < 0.15:
        options.append(option(BAD))
    if DICE.random() < 0.3:
        options.append(option(LAST))
    return ": ".join([daemons, clients, *options])


def table():
    """A table, which may end badly."""
    lines = []
    for _ in range(DICE.choice([0, 1, 1, 2, 3])):
        if DICE.random() < 0.2:
            lines.append(DICE.choice(ODD))
        lines.append(rule())
    text = "".join(line + "\n" for line in lines)
    if text and DICE.random() < 0.08:
        text = text[:-1]
    return text


def effects():
    """What the commands of rules have left."""
    try:
        with open(f"{OUT}/spawned", encoding="latin-1") as file:
            text = file.read()
    except FileNotFoundError:
        return ""
    # 32 and 33 are signals of the C library's own, which its posix_spawn(3) leaves ignored.
    return re.sub(r"SigIgn:\t[0-9a-f]{16}", lambda found: f"SigIgn: {int(found[0][8:], 16) & 0x7FFFFFFF:x}", text)


def answer_for_users():
    """Knows one user, of whom libwrap asks."""
    server = socket.socket()
    server.bind(("127.0.0.6", 113))
    server.listen(8)
    while True:
        caller, _ = server.accept()
        ports = caller.recv(100).decode("ascii").strip()
        caller.sendall(f"{ports} : USERID : UNIX :bob;x\r\n".encode("ascii"))
        caller.close()


def check_numbers():
    """Letters that differ from process to process."""
    for words, executable in (
        (["/run/probe"], stage.TCPD),
        ([GATE, "exec", "probe", "--", "/run/probe"], None),
    ):
        stage.write_tables("ALL: ALL: twist echo %p %r %R\n", "")
        served = stage.serve(words, "127.0.0.5", executable=executable)
        wanted = f"{served.process} {served.ports[0]} {served.ports[1]}\n"
        if served.got.decode("ascii") != wanted:
            stage.fail(f"{words}: {served.got!r}, not {wanted!r}")


def one(words, executable, client):
    """One connection, as what can be compared."""
    shutil.rmtree(OUT, ignore_errors=True)
    os.mkdir(OUT)
    family = socket.AF_INET6 if ":" in client else socket.AF_INET
    served = stage.serve(words, client, family, executable)
    lines, lists = [], 0
    for priority, tag, process, text in served.lines:
        if process != served.process:
            stage.fail(f"a line of process {process}, not {served.process}: {text}")
        text = re.sub(r"process \d+", "process", text)
        # Our line does not repeat what was too long.
        text = re.sub(r"(expansion too long)(: .*)?$", r"\1", text)
        # The gate reads a list file once.
        if text.split(": ")[-2:-1] != ["open /run/loop"] or not lists:
            lines.append((priority, tag, text))
        lists += "open /run/loop" in text
    return {
        "client got": served.got,
        "log": lines,
        "commands": effects(),
        "exit code": None if served.was_ended else served.code,
    }


def main():
    """Compares COUNT random policies."""
    stage.open_log()
    with open("/etc/hosts", "w", encoding="ascii") as file:
        file.write(HOSTS)
    with open("/etc/nsswitch.conf", "w", encoding="ascii") as file:
        file.write("passwd: files\ngroup: files\nhosts: files\nnetgroup: files\n")
    with open("/etc/netgroup", "w", encoding="ascii") as file:
        file.write("friends (friend.example,,)\n")
    os.mkdir(BANNERS)
    with open(f"{BANNERS}/probe", "wb") as file:
        file.write(b"\0hello %a of %h\nopen [ bracket\nplain\r\n%z last %%")
    with open("/run/list", "w", encoding="ascii") as file:
        file.write("127.0.0.6 10.0.0.0/8\n.example\n")
    os.symlink(PROBE, "/run/probe")
    os.symlink("/run/loop", "/run/loop")
    threading.Thread(target=answer_for_users, daemon=True).start()
    check_numbers()
    counts = {}
    for number in range(COUNT):
        allow, deny = table(), table()
        if DICE.random() < 0.3:
            deny += "ALL: ALL\n"
        client = DICE.choice(CLIENTS + ["::1"])
        stage.write_tables(allow, deny)
        theirs = one(["/run/probe", "-l", "a b"], stage.TCPD, client)
        ours = one([GATE, "exec", "probe", "--", "/run/probe", "-l", "a b"], None, client)
        if theirs["exit code"] is None:
            ours["exit code"] = None
        if theirs != ours:
            for what in theirs:
                if theirs[what] != ours[what]:
                    print(f"{what}:\n  tcpd {theirs[what]!r}\n  gate {ours[what]!r}")
            stage.fail(f"policy {number} of seed {SEED}, client {client}:\n{allow!r}\n{deny!r}")
        kind = "refused"
        for word, name in (("connect from", "served"), ("twist ", "twisted")):
            if any(text.startswith(word) for *_, text in ours["log"]):
                kind = name
        counts[kind] = counts.get(kind, 0) + 1
        if ours["commands"]:
            counts["ran commands"] = counts.get("ran commands", 0) + 1
    for kind in ("served", "refused", "twisted", "ran commands"):
        if not counts.get(kind):
            stage.fail(f"none {kind}: the policies are too alike")
    print(f"door: tcpd and tcpw-gate exec, {COUNT} random policies with options, {counts}: 0 differences")


main()
