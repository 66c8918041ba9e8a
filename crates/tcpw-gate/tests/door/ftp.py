"""Logins at the real vsftpd, whose own tables (libwrap's) are not asked: a socket starts the gate, which
asks other ones and becomes vsftpd. Usage: ftp.py GATE

Not through PAM: vsftpd takes the end of any child, so that of pam_exec's, for the end of the session's
process, and waits for that before it answers a login that failed: for ever.
"""

import ftplib
import os
import re
import subprocess
import time

import stage
from login_stage import FRIEND, GATE, PASSWORD, SAID, STRANGER, TABLES, USER, expect, expect_done, set_up

PORT = 2121
CONFIGURATION = """listen=NO
local_enable=YES
anonymous_enable=NO
tcp_wrappers=NO
pam_service_name=vsftpd
secure_chroot_dir=/run/vsftpd
xferlog_enable=NO
"""


def start(*words):
    """Starts vsftpd for each connection, as a socket unit with Accept=yes does."""
    activate = ["systemd-socket-activate", "--accept", "--inetd", "-l", f"127.0.0.1:{PORT}"]
    vsftpd = ["/usr/sbin/vsftpd", "/run/vsftpd.conf"]
    return subprocess.Popen([*activate, *words, *vsftpd], stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def log_in(client, password=PASSWORD):
    """Whether a login from this address ends well; nothing if it is closed without a word."""
    end = time.monotonic() + stage.PATIENCE
    while True:
        try:
            with ftplib.FTP(source_address=(client, 0), timeout=stage.PATIENCE) as ftp:
                ftp.connect("127.0.0.1", PORT)
                ftp.login(USER, password)
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


def main():
    """One friend and one stranger."""
    os.makedirs("/run/vsftpd/empty")
    set_up("vsftpd", "/run/home", (("/run/vsftpd.conf", CONFIGURATION), ("/etc/pam.d/vsftpd", PAM)))
    socket_unit = start(GATE, "exec", *TABLES.split(), "vsftpd", "--")
    try:
        expect("a friend", log_in(FRIEND), True)
        expect("a friend with a wrong password", log_in(FRIEND, "wrong"), False)
        expect("a stranger", log_in(STRANGER), None)
    finally:
        socket_unit.kill()
        socket_unit.wait()
    expect_done(f"{FRIEND} vsftpd\n" * 2, f"{STRANGER} vsftpd\n")
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
