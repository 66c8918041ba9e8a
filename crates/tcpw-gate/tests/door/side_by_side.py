"""tcpd and `tcpw-gate exec` side by side: the same tables, the same clients, real connections.

Usage: side_by_side.py GATE PROBE COUNT SEED
"""

import os
import shutil
import socket
import sys
import threading

import policies
import stage

GATE, PROBE, COUNT, SEED = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])


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


def one(words, executable, client, is_long):
    """One connection, as what can be compared."""
    shutil.rmtree(policies.OUT, ignore_errors=True)
    os.mkdir(policies.OUT)
    served = stage.serve(words, client, executable)
    for *_, process, text in served.lines:
        if process != served.process:
            stage.fail(f"a line of process {process}, not {served.process}: {text}")
    return {
        "client got": served.got,
        "log": policies.logged(served.lines, is_long),
        "commands": policies.effects(),
        "exit code": None if served.was_ended else served.code,
    }


def main():
    """Compares COUNT random policies."""
    stage.open_log()
    policies.DICE.seed(SEED)
    policies.prepare(PROBE)
    of_link = stage.link()
    # Many of each kind.
    others = {
        "mapped": [f"::ffff:{client}" for client in policies.CLIENTS],
        "on a link": [of_link],
        "long names": policies.LONG_NAMED,
    }
    clients = policies.CLIENTS + ["::1"]
    threading.Thread(target=answer_for_users, daemon=True).start()
    check_numbers()
    counts = {}

    def count(kind):
        counts[kind] = counts.get(kind, 0) + 1

    for number in range(COUNT):
        allow, deny = policies.both()
        client = policies.DICE.choice(clients)
        if policies.DICE.random() < 0.4:
            kind = policies.DICE.choice(list(others))
            client = policies.DICE.choice(others[kind])
            count(kind)
        is_long = policies.MANY in allow + deny
        if is_long:
            count("long tables")
        stage.write_tables(allow, deny)
        theirs = one(["/run/probe", "-l", "a b"], stage.TCPD, client, is_long)
        ours = one([GATE, "exec", "probe", "--", "/run/probe", "-l", "a b"], None, client, is_long)
        if theirs["exit code"] is None:
            ours["exit code"] = None
        if theirs != ours:
            for what in theirs:
                if theirs[what] != ours[what]:
                    print(f"{what}:\n  tcpd {theirs[what]!r}\n  gate {ours[what]!r}")
            shown = [text.replace(policies.MANY, "[many]\n") for text in (allow, deny)]
            stage.fail(f"policy {number} of seed {SEED}, client {client}:\n{shown[0]!r}\n{shown[1]!r}")
        kind = "refused"
        for word, name in (("connect from", "served"), ("twist ", "twisted")):
            if any(text.startswith(word) for *_, text in ours["log"]):
                kind = name
        count(kind)
        if ours["commands"]:
            count("ran commands")
    for kind in ("served", "refused", "twisted", "ran commands", "long tables", *others):
        if not counts.get(kind):
            stage.fail(f"none {kind}: the policies are too alike")
    print(f"door: tcpd and tcpw-gate exec, {COUNT} random policies with options, {counts}: 0 differences")


main()
