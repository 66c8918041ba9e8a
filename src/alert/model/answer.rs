//! What a mail server's refusal means: by its reply code, its enhanced status (RFC 3463) and, where
//! servers tell no other way, by the words that the large ones use.

use std::fmt;

/// An enhanced status code: class, subject and detail (RFC 3463).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Status {
    /// 2, 4 or 5.
    pub class: u16,
    /// What it is about: 1 addresses, 2 mailboxes, 3 the system, 4 the network, 5 the protocol, 6
    /// the content, 7 policy.
    pub subject: u16,
    /// Which problem.
    pub detail: u16,
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.class, self.subject, self.detail)
    }
}

/// What a refusal comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sense {
    /// 421: too many connections, or the server is going down.
    Busy,
    /// Greylisting: the first try is always put off.
    Greylisted,
    /// The name in EHLO.
    HelloName,
    /// STARTTLS is wanted first.
    NeedsTls,
    /// A login is wanted first.
    NeedsLogin,
    /// The login is right, but this way of logging in is switched off.
    LoginDisabled,
    /// A password made for programs is wanted.
    AppPassword,
    /// The name or the password is wrong.
    WrongLogin,
    /// The login may not send as this sender.
    SenderNotAllowed,
    /// The server sends nothing on to others for us.
    RelayDenied,
    /// The sender's domain, or this machine's address, is not trusted to send for it.
    Unauthenticated,
    /// Another rule of the server.
    Policy,
    /// The recipient does not exist.
    NoMailbox,
    /// The recipient's mailbox is full.
    Full,
    /// The mail is too large.
    TooLarge,
    /// A command that the server does not know or want.
    Protocol,
    /// Nothing more is known.
    Other,
}

/// A refusal of a mail server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answer {
    /// The reply code (RFC 5321).
    pub code: u16,
    /// The enhanced status, if the server gave one.
    pub status: Option<Status>,
    /// What it comes from.
    pub sense: Sense,
}

impl Answer {
    /// Reads a refusal; `text` is what stands after the code.
    pub(crate) fn of(code: u16, text: &str) -> Self {
        let status = status(text);
        Self {
            code,
            status,
            sense: sense(code, status, &without_addresses(text)),
        }
    }

    /// Whether it is about the way to the server and not about the mail: the mail is kept, and
    /// another server may take it.
    pub fn concerns_way(&self) -> bool {
        let by_sense = match self.sense {
            Sense::TooLarge | Sense::Full | Sense::NoMailbox => return false,
            Sense::HelloName
            | Sense::NeedsTls
            | Sense::NeedsLogin
            | Sense::LoginDisabled
            | Sense::AppPassword
            | Sense::WrongLogin
            | Sense::SenderNotAllowed
            | Sense::RelayDenied
            | Sense::Unauthenticated
            | Sense::Policy
            | Sense::Protocol => self.code >= 500,
            Sense::Busy | Sense::Greylisted | Sense::Other => false,
        };
        let by_code = matches!(self.code, 500..=504 | 521 | 530 | 534 | 535 | 538);
        let by_status = self
            .status
            .is_some_and(|status| status.class == 5 && matches!(status.subject, 3 | 5 | 7));
        by_sense || by_code || by_status
    }
}

/// The words in small letters, without what may be an address: its letters mean nothing.
fn without_addresses(text: &str) -> String {
    let words = text.split_whitespace();
    let plain = words.filter(|word| !word.contains(['@', '<', '>']));
    let plain: Vec<String> = plain.map(str::to_ascii_lowercase).collect();
    plain.join(" ")
}

/// The status at the beginning of `text`.
fn status(text: &str) -> Option<Status> {
    let word = text.split_whitespace().next()?;
    let mut parts = word.split('.').map(|part| {
        let is_number = (1..=3).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
        part.parse::<u16>().ok().filter(|_| is_number)
    });
    let status = Status {
        class: parts.next()??,
        subject: parts.next()??,
        detail: parts.next()??,
    };
    (parts.next().is_none() && matches!(status.class, 2 | 4 | 5)).then_some(status)
}

/// What is asked of a refusal.
struct Asked<'a> {
    code: u16,
    status: Option<Status>,
    /// In small letters.
    text: &'a str,
}

impl Asked<'_> {
    fn says(&self, words: &[&str]) -> bool {
        words.iter().any(|word| self.text.contains(word))
    }

    /// Whether the status is about `subject`, with one of `details`, or with any.
    fn is(&self, subject: u16, details: &[u16]) -> bool {
        self.status.is_some_and(|status| {
            status.subject == subject && (details.is_empty() || details.contains(&status.detail))
        })
    }
}

/// `text` is in small letters. The words are those of Postfix, exim, `OpenSMTPD`, Exchange and
/// Gmail.
fn sense(code: u16, status: Option<Status>, text: &str) -> Sense {
    let asked = Asked { code, status, text };
    if code == 421 {
        return Sense::Busy;
    }
    of_session(&asked)
        .or_else(|| of_mail(&asked))
        .unwrap_or(Sense::Other)
}

/// Refusals of who we are: the name, the protection, the login.
fn of_session(asked: &Asked<'_>) -> Option<Sense> {
    let code = asked.code;
    let is_permanent = (500..600).contains(&code);
    let found = [
        (
            asked.says(&["sendasdenied", "not owned by user", "as this sender"])
                || asked.is(7, &[60]),
            Sense::SenderNotAllowed,
        ),
        (
            asked.says(&["helo", "ehlo"])
                && (asked.says(&["reject", "invalid", "need", "name"]) || code == 504),
            Sense::HelloName,
        ),
        (
            code == 538 || (asked.says(&["starttls"]) && is_permanent),
            Sense::NeedsTls,
        ),
        (
            asked.says(&[
                "smtpclientauthentication is disabled",
                "basic authentication is",
            ]) || asked.is(7, &[139]),
            Sense::LoginDisabled,
        ),
        (
            asked.says(&["application-specific password", "app password"])
                || code == 534
                || asked.is(7, &[9]),
            Sense::AppPassword,
        ),
        (
            asked.says(&["authentication required", "authentication is required"])
                || code == 530
                || asked.is(7, &[57]),
            Sense::NeedsLogin,
        ),
        (code == 535 || asked.is(7, &[8]), Sense::WrongLogin),
    ];
    found
        .into_iter()
        .find_map(|(holds, sense)| holds.then_some(sense))
}

/// Refusals of a mail: its way, its recipient, its size.
fn of_mail(asked: &Asked<'_>) -> Option<Sense> {
    let code = asked.code;
    let is_transient = (400..500).contains(&code);
    let found = [
        (
            is_transient
                && (asked.says(&["greylist", "graylist", "grey list"])
                    || (code == 450 && asked.is(7, &[1]))),
            Sense::Greylisted,
        ),
        (asked.is(1, &[1, 2, 3, 6, 10]), Sense::NoMailbox),
        (asked.says(&["relay"]), Sense::RelayDenied),
        (
            asked.says(&["spf", "dmarc", "dkim"]) || asked.is(7, &[20, 21, 22, 23, 24, 25, 26, 27]),
            Sense::Unauthenticated,
        ),
        (
            asked.says(&["message size", "too large", "size limit"])
                || asked.is(3, &[4])
                || asked.is(2, &[3]),
            Sense::TooLarge,
        ),
        (code == 552 || asked.is(2, &[2]), Sense::Full),
        (
            (500..=504).contains(&code) || asked.is(5, &[]),
            Sense::Protocol,
        ),
        (asked.is(7, &[]), Sense::Policy),
    ];
    found
        .into_iter()
        .find_map(|(holds, sense)| holds.then_some(sense))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Code, text, what it comes from, and whether it is about the way.
    const REFUSALS: &[(u16, &str, Sense, bool)] = &[
        // Postfix.
        (
            504,
            "5.5.2 <bastion>: Helo command rejected: need fully-qualified hostname",
            Sense::HelloName,
            true,
        ),
        (
            450,
            "4.7.1 <bastion>: Helo command rejected: Host not found",
            Sense::HelloName,
            false,
        ),
        (
            530,
            "5.7.0 Must issue a STARTTLS command first",
            Sense::NeedsTls,
            true,
        ),
        (
            535,
            "5.7.8 Error: authentication failed: UGFzc3dvcmQ6",
            Sense::WrongLogin,
            true,
        ),
        (
            553,
            "5.7.1 <a@b>: Sender address rejected: not owned by user u",
            Sense::SenderNotAllowed,
            true,
        ),
        (
            554,
            "5.7.1 <a@b>: Relay access denied",
            Sense::RelayDenied,
            true,
        ),
        (
            450,
            "4.2.0 <a@b>: Recipient address rejected: Greylisted, see http://postgrey",
            Sense::Greylisted,
            false,
        ),
        (
            552,
            "5.3.4 Message size exceeds fixed limit",
            Sense::TooLarge,
            false,
        ),
        (
            550,
            "5.1.1 <a@b>: Recipient address rejected: User unknown",
            Sense::NoMailbox,
            false,
        ),
        // exim, which gives no status.
        (550, "relay not permitted", Sense::RelayDenied, true),
        (
            503,
            "AUTH command used when not advertised",
            Sense::Protocol,
            true,
        ),
        // Exchange and Microsoft 365.
        (
            535,
            "5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant.",
            Sense::LoginDisabled,
            true,
        ),
        (
            550,
            "5.7.60 SMTP; Client does not have permissions to send as this sender",
            Sense::SenderNotAllowed,
            true,
        ),
        (
            554,
            "5.2.252 SendAsDenied; a@b not allowed to send as c@d",
            Sense::SenderNotAllowed,
            true,
        ),
        (
            530,
            "5.7.57 Client not authenticated to send mail.",
            Sense::NeedsLogin,
            true,
        ),
        // Gmail.
        (
            534,
            "5.7.9 Application-specific password required.",
            Sense::AppPassword,
            true,
        ),
        (
            550,
            "5.7.26 This mail has been blocked because the sender is unauthenticated.",
            Sense::Unauthenticated,
            true,
        ),
        (421, "4.7.0 Try again later", Sense::Busy, false),
        (550, "no", Sense::Other, false),
        (550, "5.6.0 bad content", Sense::Other, false),
        (550, "5.7.1 message content rejected", Sense::Policy, true),
        (250, "2.0.0 ok", Sense::Other, false),
        // Words in addresses mean nothing.
        (
            550,
            "<relay@helo.example>: starttls@spf.example unknown",
            Sense::Other,
            false,
        ),
        (550, "5.1.1 relay unknown", Sense::NoMailbox, false),
    ];

    #[test]
    fn refusals_of_real_servers_are_understood() {
        for &(code, text, sense, is_way) in REFUSALS {
            let answer = Answer::of(code, text);
            assert_eq!(
                (answer.sense, answer.concerns_way()),
                (sense, is_way),
                "{code} {text}"
            );
        }
    }

    #[test]
    fn a_status_is_three_numbers_at_the_beginning() {
        let read = |text| status(text).map(|status| status.to_string());
        assert_eq!(read("5.7.139 no").as_deref(), Some("5.7.139"));
        for text in [
            "",
            "no 5.7.1",
            "5.7",
            "5.7.1.1",
            "6.0.0",
            "+5.7.1",
            "5.7.1234",
            "192.0.2.1",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
