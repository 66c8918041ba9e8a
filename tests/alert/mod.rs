//! From `tcpw notify` to a mail in a real inbox: the program as users run it, the real SQLite
//! journal, and Debian's aiosmtpd on the other side.

/// What a broken configuration says.
mod configuration;
/// Nothing is lost and nothing is doubled when many come at once or a process is killed.
mod crash;
/// Mails reach everybody they should, by every transport.
mod delivery;
/// Each way in which mail can fail, and its remedy.
mod failure;
/// Values that a stranger chose are recorded and never obeyed.
mod hostile;
/// What letters say, and how they are shown beforehand.
mod letter;
/// The manual page of the configuration.
mod manual;
/// Recording: fast, without a mail server, without a drop directory.
mod record;
/// A real SMTP server.
mod server;
/// A directory that plays the system, and tcpw run in it.
mod stage;
