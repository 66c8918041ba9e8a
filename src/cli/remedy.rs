//! What to do when a mail or a note does not get out.

use crate::alert::transport::Step;

/// What to do about a failure at `step`.
pub(super) fn remedy(step: Step, text: &str) -> &'static str {
    match step {
        Step::Prepare => "repair the file or program that is named; nothing was sent",
        Step::Resolve => {
            "check the spelling of mail.smtp.host and this machine's DNS (getent hosts NAME)"
        }
        Step::Connect if text.contains("refused") => {
            "nothing listens there: check mail.smtp.host and port, and that the server runs"
        }
        Step::Connect => "no way to the server: check host, port, routes and firewalls",
        Step::Greeting => {
            "something answered, but not as this kind of server: check mail.smtp.port and tls (port 465 needs \"implicit\", 587 \"starttls\")"
        }
        Step::Hello => {
            "something answered, but not as a mail server: check mail.smtp.host and port"
        }
        Step::StartTls if text.contains("listening in") => {
            "do not trust this network; use tls = \"implicit\" (port 465) if the server has it"
        }
        Step::StartTls => {
            "use tls = \"implicit\" (port 465) if the server has it; \"none\" sends everything readable"
        }
        Step::Tls if text.contains("UnknownIssuer") || text.contains("BadSignature") => {
            "the certificate is signed by nobody we trust: give its authority in mail.smtp.ca_file"
        }
        Step::Tls if text.contains("not valid for name") => {
            "the certificate is for another name: write that name in mail.smtp.host"
        }
        Step::Tls if text.contains("xpired") => {
            "the server's certificate is out of date, or this machine's clock is wrong (date -u)"
        }
        Step::Tls => "check the server's certificate, mail.smtp.host, ca_file and port",
        Step::Auth if text.contains("offers") => {
            "set mail.smtp.auth to what the server offers, or ask its administrator"
        }
        Step::Auth => {
            "check mail.smtp.username and the password; some providers want an app password"
        }
        Step::Sender => "the server does not send for this address: check mail.from",
        Step::Recipient => {
            "the server does not take mail for this address: check mail.to, cc and bcc"
        }
        Step::Message => "the server refused the mail itself: its answer says why",
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
pub(super) fn channel_remedy(step: Step) -> &'static str {
    match step {
        Step::Prepare => "repair what is named; nothing was sent",
        Step::Resolve => "check the host in url and this machine's DNS (getent hosts NAME)",
        Step::Connect => "no way to the service: check url, routes and firewalls",
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
