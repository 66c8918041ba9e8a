"""Logins at the real dovecot with the gate in its PAM, which asks tables elsewhere. Usage: imap.py GATE"""

import imaplib
import os
import shutil
import subprocess
import sys
import threading
import time

import stage

GATE = "/usr/local/sbin/tcpw-gate"
FRIEND, STRANGER = "127.0.0.5", "127.0.0.7"
PORT = 2143
CONFIGURATION = f"""protocols = imap
listen = 127.0.0.1
base_dir = /run/dovecot
state_dir = /run/dovecot-state
log_path = /run/dovecot.log
ssl = no
disable_plaintext_auth = no
mail_location = maildir:/run/mail/%u
first_valid_uid = 1
auth_failure_delay = 0
service imap-login {{
  inet_listener imap {{
    port = {PORT}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
passdb {{
  driver = pam
  args = dovecot
}}
userdb {{
  driver = passwd
}}
"""


def listen():
    """Reads the log for as long as the test lasts: whoever finds it full waits."""
    while True:
        stage.LOG.recv(65536)


def pam_stack(call):
    """The PAM of dovecot, with the gate or without it."""
    lines = [f"{kind} {call}\n" for kind in ("auth requisite", "account required")] if call else []
    lines += [f"{kind} required pam_unix.so\n" for kind in ("auth", "account")]
    with open("/etc/pam.d/dovecot", "w", encoding="ascii") as file:
        file.write("".join(lines))


def log_in(client, password="secret"):
    """Whether a login from this address ends well."""
    end = time.monotonic() + stage.PATIENCE
    while True:
        try:
            imap = Imap(client)
            break
        except ConnectionRefusedError:
            if time.monotonic() > end:
                stage.fail("dovecot does not listen")
            time.sleep(0.02)
    try:
        imap.login("alice", password)
        return True
    except imaplib.IMAP4.error as answer:
        if b"AUTHENTICATIONFAILED" not in answer.args[0]:
            stage.fail(f"{client}: {answer}")
        return False
    finally:
        imap.shutdown()


class Imap(imaplib.IMAP4):
    """A connection from one address."""

    def __init__(self, client):
        self.client = client
        super().__init__("127.0.0.1", PORT)

    def _create_socket(self, timeout):
        return stage.socket.create_connection(
            (self.host, self.port), stage.PATIENCE, source_address=(self.client, 0)
        )


def expect(what, found, wanted):
    """Fails unless they are the same."""
    if found != wanted:
        with open("/run/dovecot.log", encoding="utf-8") as file:
            print(file.read())
        stage.fail(f"{what}: {found!r}, not {wanted!r}")


def main():
    """One friend and one stranger."""
    stage.open_log()
    os.chmod("/dev/log", 0o666)
    stage.LOG.setblocking(True)
    threading.Thread(target=listen, daemon=True).start()
    shutil.copy(sys.argv[1], GATE)
    os.mkdir("/run/mail")
    os.chmod("/run/mail", 0o777)
    secret = subprocess.run(["openssl", "passwd", "-6", "secret"], capture_output=True, check=True, text=True)
    words = ["useradd", "--no-create-home", "--home-dir", "/run/mail", "--password", secret.stdout.strip()]
    subprocess.run([*words, "alice"], check=True)
    for name, text in (
        ("/etc/elsewhere.allow", f"imap: {FRIEND}: spawn echo %a %d >>/run/granted\n"),
        ("/etc/elsewhere.deny", "ALL: ALL: spawn echo %a %d >>/run/refused\n"),
        ("/run/dovecot.conf", CONFIGURATION),
    ):
        with open(name, "w", encoding="ascii") as file:
            file.write(text)
    tables = "--daemon imap --allow-file /etc/elsewhere.allow --deny-file /etc/elsewhere.deny"
    pam_stack(f"pam_exec.so quiet {GATE} pam {tables}")
    dovecot = subprocess.Popen(["/usr/sbin/dovecot", "-F", "-c", "/run/dovecot.conf"], stdin=subprocess.DEVNULL)
    try:
        expect("a friend", log_in(FRIEND), True)
        expect("a friend with a wrong password", log_in(FRIEND, "wrong"), False)
        expect("a stranger", log_in(STRANGER), False)
        with open("/run/granted", encoding="ascii") as file:
            expect("what is done for clients that are let in", file.read(), f"{FRIEND} imap\n")
        with open("/run/refused", encoding="ascii") as file:
            expect("what is done for others", file.read(), f"{STRANGER} imap\n")
        pam_stack("")
        expect("a stranger without the gate", log_in(STRANGER), True)
    finally:
        dovecot.kill()
    print("door: dovecot with the gate in its PAM, tables elsewhere: admits the listed and no other client")


main()
