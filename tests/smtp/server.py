"""A real SMTP server (aiosmtpd) for tests. Prints its port, then writes each mail it takes into a
directory as NNN.mail: first lines `Tls:`, `User:`, `From:`, one `Rcpt:` each, an empty line, the
message as received."""

import argparse
import asyncio
import os
import ssl

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

parser = argparse.ArgumentParser()
parser.add_argument("--inbox", required=True)
parser.add_argument("--port", type=int, default=0)
parser.add_argument("--cert")
parser.add_argument("--key")
parser.add_argument("--tls", choices=["none", "starttls", "implicit"], default="none")
parser.add_argument("--user")
parser.add_argument("--password")
parser.add_argument("--mechanism", choices=["PLAIN", "LOGIN"])
parser.add_argument("--refuse-sender", action="store_true")
parser.add_argument("--refuse-recipient", action="append", default=[])
parser.add_argument("--defer-recipient", action="append", default=[])
parser.add_argument("--refuse-message", action="store_true")
options = parser.parse_args()


class Handler:
    count = 0

    async def handle_MAIL(self, server, session, envelope, address, mail_options):
        if options.refuse_sender:
            return "550 5.7.1 sender not wanted"
        envelope.mail_from = address
        return "250 sender ok"

    async def handle_RCPT(self, server, session, envelope, address, rcpt_options):
        if address in options.refuse_recipient:
            return "550 5.1.1 no such user"
        if address in options.defer_recipient:
            return "451 4.3.0 try again later"
        envelope.rcpt_tos.append(address)
        return "250 recipient ok"

    async def handle_DATA(self, server, session, envelope):
        if options.refuse_message:
            return "554 5.7.1 message not wanted"
        Handler.count += 1
        login = session.auth_data.login.decode() if session.auth_data else "-"
        head = ["Tls: %s" % (server.transport.get_extra_info("cipher") is not None),
                "User: " + login, "From: " + envelope.mail_from]
        head += ["Rcpt: " + address for address in envelope.rcpt_tos]
        name = os.path.join(options.inbox, "%03d" % Handler.count)
        with open(name + ".part", "wb") as mail:
            mail.write("\n".join(head).encode() + b"\n\n" + envelope.content)
        os.rename(name + ".part", name + ".mail")
        return "250 2.0.0 kept as %03d" % Handler.count


def check(server, session, envelope, mechanism, data):
    good = isinstance(data, LoginPassword) and (data.login, data.password) == (
        options.user.encode(), options.password.encode())
    return AuthResult(success=good, handled=False, auth_data=data)


def main():
    context = None
    if options.tls != "none":
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(options.cert, options.key)
    excluded = {"PLAIN": ["LOGIN"], "LOGIN": ["PLAIN"]}.get(options.mechanism)

    def protocol():
        return SMTP(Handler(), hostname="mail.example",
                    tls_context=context if options.tls == "starttls" else None,
                    require_starttls=options.tls == "starttls",
                    authenticator=check if options.user else None,
                    auth_required=bool(options.user),
                    auth_require_tls=options.tls == "starttls",
                    auth_exclude_mechanism=excluded, loop=loop)

    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    server = loop.run_until_complete(loop.create_server(
        protocol, "127.0.0.1", options.port, ssl=context if options.tls == "implicit" else None))
    print(server.sockets[0].getsockname()[1], flush=True)
    loop.run_forever()


main()
