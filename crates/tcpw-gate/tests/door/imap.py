"""Logins at the real dovecot with the gate in its PAM, which asks tables elsewhere. Usage: imap.py GATE"""

import imaplib
import os
import subprocess
import time

import stage
from login_stage import FRIEND, GATE, PASSWORD, STRANGER, TABLES, USER, expect, expect_done, set_up

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


def pam_stack(call):
    """The PAM of dovecot, with the gate or without it."""
    lines = [f"{kind} {call}\n" for kind in ("auth requisite", "account required")] if call else []
    lines += [f"{kind} required pam_unix.so\n" for kind in ("auth", "account")]
    with open("/etc/pam.d/dovecot", "w", encoding="ascii") as file:
        file.write("".join(lines))


def log_in(client, password=PASSWORD):
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
        imap.login(USER, password)
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


def main():
    """One friend and one stranger."""
    set_up("imap", "/run/mail", (("/run/dovecot.conf", CONFIGURATION),))
    os.chmod("/run/mail", 0o777)
    pam_stack(f"pam_exec.so quiet {GATE} pam --daemon imap {TABLES}")
    dovecot = subprocess.Popen(["/usr/sbin/dovecot", "-F", "-c", "/run/dovecot.conf"], stdin=subprocess.DEVNULL)
    try:
        expect("a friend", log_in(FRIEND), True)
        expect("a friend with a wrong password", log_in(FRIEND, "wrong"), False)
        expect("a stranger", log_in(STRANGER), False)
        expect_done(f"{FRIEND} imap\n", f"{STRANGER} imap\n")
        pam_stack("")
        expect("a stranger without the gate", log_in(STRANGER), True)
    except SystemExit:
        with open("/run/dovecot.log", encoding="utf-8") as file:
            print(file.read())
        raise
    finally:
        dovecot.kill()
    print("door: dovecot with the gate in its PAM, tables elsewhere: admits the listed and no other client")


main()
