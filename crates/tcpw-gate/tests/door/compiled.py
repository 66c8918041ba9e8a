"""The gate decides through compiled tables as through the tables: compiled.py GATE PROBE TCPW."""

import os
import re
import subprocess
import sys

import policies
import stage

GATE, PROBE, TCPW = sys.argv[1:]
EXEC = [GATE, "exec", "probe", "--", PROBE]
RULES = 20000
LISTED = [f"127.{number >> 16 & 255 | 128}.{number >> 8 & 255}.{number & 255}" for number in range(RULES)]
CLIENTS = [LISTED[0], LISTED[7], LISTED[RULES // 2], LISTED[-1], "127.1.2.3", "127.0.0.1"]
#: As many bytes of the table may be read, of 400 kB.
MOST = 65536


def verdicts():
    """Who gets in, and where that is logged."""
    found = []
    for client in CLIENTS:
        served = stage.serve(EXEC, client)
        found.append((bool(served.got), [text.split(" from ")[0] for *_, text in served.lines]))
    return found


def compile_tables():
    subprocess.run([TCPW, "compile"], check=True, stdout=subprocess.DEVNULL)


def bytes_read(client=CLIENTS[2]):
    """How much of the deny table one decision reads."""
    calls = "trace=read,pread64"
    words = ["strace", "-f", "-o", "/run/calls", "-e", calls, "-P", "/etc/hosts.deny"]
    stage.serve([*words, *EXEC], client)
    with open("/run/calls", encoding="utf-8", errors="replace") as file:
        return sum(int(count) for count in re.findall(r"\) = (\d+)$", file.read(), re.M))


def forget():
    subprocess.run([TCPW, "compile", "--remove"], check=True, stdout=subprocess.DEVNULL)


#: What is said of the names of clients: their first bytes may be all that counts.
NAMED = [
    ".evil.example",
    "pc.evil.example",
    "pc.",
    "PC.Evil.Example EXCEPT 1.2.3.4",
    "KNOWN",
    "UNKNOWN",
    "PARANOID",
    "*.evil.example",
    "ALL EXCEPT .evil.example",
    "[::1]",
    "nobody@.evil.example",
    ".trusted.example",
    policies.long_name(127),
]


def admitted(words, client, executable=None):
    """Whether a client is served, and in which words that is logged."""
    served = stage.serve(words, client, executable)
    return bool(served.got), policies.logged(served.lines, True)


def let_in(client):
    """What the gate within PAM says."""
    items = {"PAM_RHOST": client, "PAM_SERVICE": "probe", "PAM_TYPE": "auth"}
    code = subprocess.run([GATE, "pam"], env=items, stdin=subprocess.DEVNULL, check=False).returncode
    return code == 0


def names():
    """Rules about names decide as tcpd decides by them, compiled and not."""
    with open("/etc/hosts", "a", encoding="ascii") as file:
        file.write("127.0.0.31 pc.evil.example\n127.0.0.32 pc^1.evil.example\n")
    clients = ["127.0.0.31", "127.0.0.44", *policies.LONG_NAMED]
    compared = 0
    for daemons in ("ALL", "probe", "ALL EXCEPT other", "other"):
        for pattern in NAMED:
            rule = f"{daemons}: {pattern}\n"
            for tables in ((policies.MANY + rule, "ALL: ALL\n"), ("", policies.MANY + rule)):
                stage.write_tables(*tables)
                client = clients[compared % len(clients)]
                theirs = admitted(["/run/probe"], client, stage.TCPD)
                whole = admitted(EXEC, client), let_in(client)
                compile_tables()
                compiled = admitted(EXEC, client), let_in(client)
                forget()
                if not theirs == whole[0] == compiled[0] or not theirs[0] == whole[1] == compiled[1]:
                    stage.fail(f"{rule!r} {client}\n  tcpd {theirs}\n  {whole}\n  compiled {compiled}")
                compared += 1
    # What an option did to the name is what the next table is asked about.
    stage.write_tables("ALL: KNOWN: aclexec test -z %n\n", policies.MANY + "ALL: pc_1.evil.example\n")
    theirs = admitted(["/run/probe"], "127.0.0.32", stage.TCPD)
    compile_tables()
    found, read = admitted(EXEC, "127.0.0.32"), bytes_read("127.0.0.32")
    if found != theirs or theirs[0] or not 0 < read < MOST:
        stage.fail(f"tcpd {theirs}\n  gate {found}, {read} bytes read")
    forget()
    # What `tcpw match --dns` says is what happens.
    stage.write_tables("ALL: KNOWN\n", "ALL: ALL\n")
    for client in [*policies.LONG_NAMED, stage.link()]:
        words = [TCPW, "match", "probe", client, "--dns"]
        said = subprocess.run(words, stdout=subprocess.DEVNULL, check=False).returncode == 0
        happens, _ = admitted(EXEC, client)
        if said != happens:
            stage.fail(f"match says {said} of {client}")
    return compared


stage.open_log()
deny = "".join(f"ALL: {client}\n" for client in LISTED)
stage.write_tables("", deny)
whole, much = verdicts(), bytes_read()
if [got for got, _ in whole] != [False] * 4 + [True] * 2:
    stage.fail(f"the table decides otherwise: {whole}")
compile_tables()
compiled, little = verdicts(), bytes_read()
if compiled != whole:
    stage.fail(f"{compiled}\n  in place of {whole}")
if not 0 < little < MOST < much:
    stage.fail(f"{little} and {much} bytes were read")
# Commands that decide cost no more than what they do: neither a word in a table nor one that ran and
# failed makes the gate read the other table.
for allow in ("# aclexec\\\n\nother: ALL: aclexec false\n", "probe: ALL: aclexec false\n"):
    stage.write_tables(allow, deny)
    compile_tables()
    found = verdicts(), bytes_read()
    if [got for got, _ in found[0]] != [got for got, _ in whole] or not 0 < found[1] < MOST:
        stage.fail(f"{allow!r}: {found}")
stage.write_tables("", deny)
compile_tables()
# A form of another state is not used.
stage.write_tables("", deny.replace(f"ALL: {LISTED[7]}\n", ""))
if [got for got, _ in verdicts()] != [False, True, False, False, True, True]:
    stage.fail("a form of another state was used")
print(f"door: {RULES} rules compiled: the same verdicts by {little} bytes of the table in place of {much}")
forget()
os.remove("/etc/hosts")
policies.prepare(PROBE)
print(f"door: {names()} tables with rules about names, compiled and not: tcpd's verdicts and lines")
