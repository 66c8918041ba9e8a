"""What the tests of logins at servers share: a user, tables elsewhere, a log that is read all the time."""

import os
import shutil
import subprocess
import sys
import threading

import stage

GATE = "/usr/local/sbin/tcpw-gate"
FRIEND, STRANGER = "127.0.0.5", "127.0.0.7"
USER, PASSWORD = "alice", "secret"
TABLES = "--allow-file /etc/elsewhere.allow --deny-file /etc/elsewhere.deny"
#: What was logged. Whoever finds the log full waits until it is read.
SAID = []


def listen():
    """Reads the log for as long as the test lasts."""
    while True:
        SAID.append(stage.LOG.recv(65536).decode(errors="replace"))


def set_up(daemon, home, files):
    """The gate, the user, and tables elsewhere that admit the friend to the daemon; and these files."""
    stage.open_log()
    os.chmod("/dev/log", 0o666)
    stage.LOG.setblocking(True)
    threading.Thread(target=listen, daemon=True).start()
    shutil.copy(sys.argv[1], GATE)
    os.mkdir(home)
    secret = subprocess.run(["openssl", "passwd", "-6", PASSWORD], capture_output=True, check=True, text=True)
    words = ["useradd", "--no-create-home", "--home-dir", home, "--shell", "/bin/bash"]
    subprocess.run([*words, "--password", secret.stdout.strip(), USER], check=True)
    for name, text in (
        ("/etc/elsewhere.allow", f"{daemon}: {FRIEND}: spawn echo %a %d >>/run/granted\n"),
        ("/etc/elsewhere.deny", "ALL: ALL: spawn echo %a %d >>/run/refused\n"),
        *files,
    ):
        with open(name, "w", encoding="ascii") as file:
            file.write(text)


def expect(what, found, wanted):
    """Fails unless they are the same."""
    if found != wanted:
        stage.fail(f"{what}: {found!r}, not {wanted!r}")


def expect_done(granted, refused):
    """Compares what the rules have done with what they had to do."""
    for name, wanted in (("granted", granted), ("refused", refused)):
        with open(f"/run/{name}", encoding="ascii") as file:
            expect(f"what is done for those that are {name}", file.read(), wanted)
