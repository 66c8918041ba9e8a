"""A mail server for one test: STARTTLS and AUTH required, one file a mail.

mailbox.py PORT CERTIFICATE KEY USER PASSWORD INBOX

Each file in INBOX starts with how the mail came (TLS version, user, envelope), then a blank line,
then the mail as received.
"""

import os
import ssl
import sys
import time

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult

port, certificate, key, user, password, inbox = sys.argv[1:]
tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
tls.load_cert_chain(certificate, key)


class Inbox:
    count = 0

    async def handle_DATA(self, server, session, envelope):
        Inbox.count += 1
        secured = session.ssl.get("cipher") if isinstance(session.ssl, dict) else session.ssl
        version = server.transport.get_extra_info("ssl_object").version()
        name = os.path.join(inbox, "%03d.mail" % Inbox.count)
        with open(name + ".part", "wb") as mail:
            mail.write(("Came-Over: %s\n" % (version if secured is not None else "clear text")).encode())
            mail.write(("Came-From: %s as %s\n" % (envelope.mail_from, session.auth_data.login.decode())).encode())
            mail.write(("Came-For: %s\n\n" % " ".join(envelope.rcpt_tos)).encode())
            mail.write(envelope.content)
        os.rename(name + ".part", name)
        return "250 kept"


def check(server, session, envelope, mechanism, data):
    good = data.login == user.encode() and data.password == password.encode()
    return AuthResult(success=good, auth_data=data)


class Server(Controller):
    def factory(self):
        return SMTP(self.handler, hostname="mail.example", tls_context=tls, require_starttls=True,
                    auth_required=True, auth_require_tls=True, authenticator=check, enable_SMTPUTF8=True)


server = Server(Inbox(), hostname="127.0.0.1", port=int(port))
server.start()
while True:
    time.sleep(3600)
