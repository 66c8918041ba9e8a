//! What to do when a mail or a note does not get out: by the kind of failure, and where nothing
//! more is known by the step at which it came.

use crate::alert::transport::{Answer, Cause, CertificateFault, Fault, Sense, Step};

/// What to do about a failure of a mail at `step`.
pub(crate) fn remedy(step: Step, fault: &Fault) -> &'static str {
    by_cause(fault.cause).unwrap_or_else(|| by_step(step))
}

fn by_cause(cause: Cause) -> Option<&'static str> {
    Some(match cause {
        Cause::Other | Cause::Silent => return None,
        Cause::Refused(answer) => return by_answer(answer),
        Cause::NobodyListens => {
            "nothing listens there: check mail.smtp.host and port, and that the server runs"
        }
        Cause::NoStartTls => {
            "use tls = \"implicit\" (port 465) if the server has it, or another server: mail is sent only after TLS"
        }
        Cause::SpeaksPlainly => {
            "set mail.smtp.tls = \"starttls\" for this port (587), or use the port for TLS (465)"
        }
        Cause::SpeaksTls => "set mail.smtp.tls = \"implicit\" for this port",
        Cause::Injected => {
            "do not trust this network; use tls = \"implicit\" (port 465) if the server has it"
        }
        Cause::Certificate(fault) => by_certificate(fault),
        Cause::NoCommonTls => {
            "the server's TLS is too old or too restricted: ask its administrator for TLS 1.2 or 1.3"
        }
        Cause::NoCommonLogin => {
            "set mail.smtp.auth to what the server offers, or ask its administrator"
        }
        Cause::NoProtection => "set mail.smtp.tls = \"starttls\" or \"implicit\"",
        Cause::Surroundings => {
            "repair what is named, or let a process that has it deliver: tcpw install-alert --systemd installs units"
        }
    })
}

fn by_certificate(fault: CertificateFault) -> &'static str {
    match fault {
        CertificateFault::Untrusted => "set mail.smtp.ca_file to the certificate of its authority",
        CertificateFault::SelfSigned => {
            "if the server signed it itself: set mail.smtp.ca_file to that certificate, or mail.smtp.fingerprint to its fingerprint"
        }
        CertificateFault::OtherName => {
            "write one of its names in mail.smtp.host, if that is the server you mean"
        }
        CertificateFault::NoName => {
            "ask for a certificate with a subjectAltName; if the server signed it itself, set mail.smtp.fingerprint to its fingerprint"
        }
        CertificateFault::Expired | CertificateFault::NotYet => {
            "renew the server's certificate; if it is still valid, this machine's clock is wrong (date -u)"
        }
        CertificateFault::OtherFingerprint => {
            "if the server has a new certificate, set mail.smtp.fingerprint to its fingerprint; else do not trust this network"
        }
        CertificateFault::Unusable => "check the server's certificate (openssl s_client)",
    }
}

fn by_answer(answer: Answer) -> Option<&'static str> {
    Some(match answer.sense {
        Sense::Busy => {
            "the server is busy or limits connections; an alert is tried again by itself"
        }
        Sense::Greylisted => {
            "the server delays first attempts (greylisting); an alert is tried again by itself, repeat the test in a few minutes"
        }
        Sense::HelloName => {
            "the server wants the full name of this machine: set mail.smtp.hello = \"host.example.org\""
        }
        Sense::NeedsTls => "the server wants TLS first: set mail.smtp.tls = \"starttls\"",
        Sense::NeedsLogin => "the server wants a login: set mail.smtp.username and password_file",
        Sense::LoginDisabled => {
            "the server does not let this account log in by password: have its administrator allow authenticated SMTP, or use auth = \"xoauth2\""
        }
        Sense::AppPassword => "the provider requires an app password instead of your own",
        Sense::WrongLogin => {
            "check mail.smtp.username and the password; some providers want an app password"
        }
        Sense::SenderNotAllowed => {
            "this login may not send as mail.from: set mail.from to the address of the login"
        }
        Sense::RelayDenied => {
            "the server does not relay mail for us: log in (mail.smtp.username), or use your provider's server"
        }
        Sense::Unauthenticated => {
            "the server does not trust mail.from from here (SPF, DKIM, DMARC): send through the mail server of its domain"
        }
        Sense::NoMailbox => "there is no such mailbox: check mail.to, cc and bcc",
        Sense::Full => "the recipient's mailbox is full: an administrator there must make room",
        Sense::TooLarge => "the mail is too large for the server: attach less (mail.attachments)",
        Sense::Policy | Sense::Protocol | Sense::Other => return None,
    })
}

fn by_step(step: Step) -> &'static str {
    match step {
        Step::Prepare => "repair the file or program that is named; nothing was sent",
        Step::Resolve => {
            "check the spelling of mail.smtp.host and this machine's DNS (getent hosts NAME)"
        }
        Step::Connect => "the server cannot be reached: check host, port, routes and firewalls",
        Step::Greeting => {
            "something answered, but not as this kind of server: check mail.smtp.port and tls (port 465 needs \"implicit\", 587 \"starttls\")"
        }
        Step::Hello => {
            "something answered, but not as a mail server: check mail.smtp.host and port"
        }
        Step::StartTls => {
            "use tls = \"implicit\" (port 465) if the server has it, or another server: mail is sent only after TLS"
        }
        Step::Tls => "check the server's certificate, mail.smtp.host, ca_file and port",
        Step::Auth => {
            "check mail.smtp.username and the password; some providers want an app password"
        }
        Step::Sender => "the server does not send for this address: check mail.from",
        Step::Recipient => {
            "the server does not take mail for this address: check mail.to, cc and bcc"
        }
        Step::Message => "the server refused this mail: its answer says why",
        Step::Receipt => {
            "the mail may have arrived: look into the inbox; a server that is this slow needs a longer mail.smtp.timeout"
        }
        Step::Conversation => "the server stopped in the middle: try again, or look into its log",
        Step::Post => "the service's answer says why: check url, headers and body of the webhook",
        Step::Program => "check the program that is named, and the log of the local mail system",
        Step::File => "check mail.file_dir and its permissions",
    }
}

/// What to do about a channel that failed at `step`.
pub(crate) fn channel_remedy(step: Step) -> &'static str {
    match step {
        Step::Prepare => "repair what is named; nothing was sent",
        Step::Resolve => "check the host in url and this machine's DNS (getent hosts NAME)",
        Step::Connect => "the service cannot be reached: check url, routes and firewalls",
        Step::Tls => "check the service's certificate, and ca_file if it is signed by one of yours",
        Step::Auth => {
            "the service does not know the secret: check it, and where it stands in url and headers"
        }
        Step::Program => "run the program by hand with a JSON object on its standard input",
        Step::Greeting
        | Step::Hello
        | Step::StartTls
        | Step::Sender
        | Step::Recipient
        | Step::Message
        | Step::Receipt
        | Step::Conversation
        | Step::Post
        | Step::File => "the service's answer says why: check url, headers and body",
    }
}
