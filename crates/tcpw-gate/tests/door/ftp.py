"""Logins at the real vsftpd, whose own tables (libwrap's) are not asked: a socket starts the gate, which
asks other ones and becomes vsftpd. Usage: ftp.py GATE

Not through PAM: vsftpd takes the end of any child, so that of pam_exec's, for the end of the session's
process, and waits for that before it answers a login that failed: for ever.
"""

import ftplib
import os
import re
import shutil
import subprocess
import sys
import threading
import time

import stage

GATE = "/usr/local/sbin/tcpw-gate"
FRIEND, STRANGER = "127.0.0.5", "127.0.0.7"
PORT = 2121
CONFIGURATION = """listen=NO
local_enable=YES
anonymous_enable=NO
tcp_wrappers=NO
pam_service_name=vsftpd
secure_chroot_dir=/run/vsftpd
xferlog_enable=NO
"""


#: What was logged. Whoever finds the log full waits until it is read.
SAID = []


def listen():
    """Reads the log for as long as the test lasts."""
    while True:
        SAID.append(stage.LOG.recv(65536).decode(errors="replace"))


def start(*words):
    """Starts vsftpd for each connection, as a socket unit with Accept=yes does."""
    activate = ["systemd-socket-activate", "--accept", "--inetd", "-l", f"127.0.0.1:{PORT}"]
    vsftpd = ["/usr/sbin/vsftpd", "/run/vsftpd.conf"]
    return subprocess.Popen([*activate, *words, *vsftpd], stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def log_in(client, password="secret"):
    """Whether a login from this address ends well; nothing if it is closed without a word."""
    end = time.monotonic() + stage.PATIENCE
    while True:
        try:
            with ftplib.FTP(source_address=(client, 0), timeout=stage.PATIENCE) as ftp:
                ftp.connect("127.0.0.1", PORT)
                ftp.login("alice", password)
                ftp.voidcmd("NOOP")
                return True
        except ConnectionRefusedError:
            if time.monotonic() > end:
                stage.fail("vsftpd does not listen")
            time.sleep(0.02)
        except ftplib.error_perm as answer:
            if not str(answer).startswith("530"):
                stage.fail(f"{client}: {answer}")
            return False
        except EOFError:
            return None


PAM = """auth required pam_unix.so
account required pam_unix.so
session required pam_permit.so
"""


def expect(what, found, wanted):
    """Fails unless they are the same."""
    if found != wanted:
        stage.fail(f"{what}: {found!r}, not {wanted!r}")


def main():
    """One friend and one stranger."""
    stage.open_log()
    os.chmod("/dev/log", 0o666)
    stage.LOG.setblocking(True)
    threading.Thread(target=listen, daemon=True).start()
    shutil.copy(sys.argv[1], GATE)
    os.makedirs("/run/vsftpd/empty")
    os.mkdir("/run/home")
    secret = subprocess.run(["openssl", "passwd", "-6", "secret"], capture_output=True, check=True, text=True)
    words = ["useradd", "--no-create-home", "--home-dir", "/run/home", "--shell", "/bin/bash"]
    subprocess.run([*words, "--password", secret.stdout.strip(), "alice"], check=True)
    for name, text in (
        ("/etc/elsewhere.allow", f"vsftpd: {FRIEND}: spawn echo %a %d >>/run/granted\n"),
        ("/etc/elsewhere.deny", "ALL: ALL: spawn echo %a %d >>/run/refused\n"),
        ("/run/vsftpd.conf", CONFIGURATION),
        ("/etc/pam.d/vsftpd", PAM),
    ):
        with open(name, "w", encoding="ascii") as file:
            file.write(text)
    tables = ["--allow-file", "/etc/elsewhere.allow", "--deny-file", "/etc/elsewhere.deny"]
    socket_unit = start(GATE, "exec", *tables, "vsftpd", "--")
    try:
        expect("a friend", log_in(FRIEND), True)
        expect("a friend with a wrong password", log_in(FRIEND, "wrong"), False)
        expect("a stranger", log_in(STRANGER), None)
    finally:
        socket_unit.kill()
        socket_unit.wait()
    with open("/run/granted", encoding="ascii") as file:
        expect("what is done for clients that are let in", file.read(), f"{FRIEND} vsftpd\n" * 2)
    with open("/run/refused", encoding="ascii") as file:
        expect("what is done for others", file.read(), f"{STRANGER} vsftpd\n")
    for priority, what, client, count in ((30, "connect", FRIEND, 2), (28, "refused connect", STRANGER, 1)):
        line = re.compile(rf"<{priority}>vsftpd\[\d+\]: {what} from {client} \({client}\)")
        expect(f"lines of {client}", len([said for said in SAID if line.fullmatch(said)]), count)
    socket_unit = start()
    try:
        expect("a stranger without the gate", log_in(STRANGER), True)
    finally:
        socket_unit.kill()
    print("door: vsftpd started by the gate, tables elsewhere: serves the listed and no other client")


main()
