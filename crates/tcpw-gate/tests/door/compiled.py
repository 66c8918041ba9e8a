"""The gate decides through compiled tables as through the tables: compiled.py GATE PROBE TCPW."""

import re
import subprocess
import sys

import stage

GATE, PROBE, TCPW = sys.argv[1:]
RULES = 20000
LISTED = [f"127.{number >> 16 & 255 | 128}.{number >> 8 & 255}.{number & 255}" for number in range(RULES)]
CLIENTS = [LISTED[0], LISTED[7], LISTED[RULES // 2], LISTED[-1], "127.1.2.3", "127.0.0.1"]
#: As many bytes of the table may be read, of 400 kB.
MOST = 65536


def verdicts():
    """Who gets in, and where that is logged."""
    found = []
    for client in CLIENTS:
        served = stage.serve([GATE, "exec", "probe", "--", PROBE], client)
        found.append((bool(served.got), [text.split(" from ")[0] for *_, text in served.lines]))
    return found


def compile_tables():
    subprocess.run([TCPW, "compile"], check=True, stdout=subprocess.DEVNULL)


def bytes_read():
    """How much of the deny table one decision reads."""
    calls = "trace=read,pread64"
    words = ["strace", "-f", "-o", "/run/calls", "-e", calls, "-P", "/etc/hosts.deny"]
    stage.serve([*words, GATE, "exec", "probe", "--", PROBE], CLIENTS[2])
    with open("/run/calls", encoding="utf-8", errors="replace") as file:
        return sum(int(count) for count in re.findall(r"\) = (\d+)$", file.read(), re.M))


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
# A form of another state is not used.
stage.write_tables("", deny.replace(f"ALL: {LISTED[7]}\n", ""))
if [got for got, _ in verdicts()] != [False, True, False, False, True, True]:
    stage.fail("a form of another state was used")
print(f"door: {RULES} rules compiled: the same verdicts by {little} bytes of the table in place of {much}")
