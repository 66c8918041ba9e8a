//! From `tcpw notify` to a mail in a real inbox: the program as users run it, the real SQLite
//! journal, and Debian's aiosmtpd on the other side.

/// A test message that has no more than an alert has.
mod arrival;
mod as_alert;
/// An hour in which a local user attacks what root reports.
mod attack;
/// Every fault of every system call from notify to the mail.
mod campaign;
/// What a broken configuration says.
mod configuration;
/// The deliverer as a user of its own, and what it cannot do.
mod confined;
/// Nothing is lost and nothing is doubled when many come at once or a process is killed.
mod crash;
/// Mails reach everybody they should, by every transport.
mod delivery;
/// The user as which alerts are delivered, and what it is given.
mod delivery_user;
/// Each way in which mail can fail, and its remedy.
mod failure;
/// What keeps an event out of the drop directory, each for real.
mod fault;
/// Alerts that are left to the mail of all servers.
mod fleet;
/// Values that a stranger chose are recorded and never obeyed.
mod hostile;
/// An HTTPS service.
mod https;
/// What letters say, and how they are shown beforehand.
mod letter;
/// An acknowledged event outlives read errors, a locked database and a journal that is replaced.
mod loss;
/// Debian's mail systems under the flags of the units.
mod mailers;
/// The manual page of the configuration.
mod manual;
/// What messages say is true, and their commands do something.
mod message;
/// The journal goes into the directory of the deliverer, and nothing of it is lost.
mod moved;
/// Notes in which everything is hostile.
mod note;
/// What root obeys, and where it writes.
mod obedience;
/// A machine on which something is missing or wrong.
mod odd_machine;
/// A server that is down while a thousand clients knock and deliverers are killed.
mod outage;
/// Several mail servers, and the ways to log in.
mod preference;
/// Programs that are told.
mod program;
/// The queue as an operator sees it.
mod queue;
/// Recording: fast, without a mail server, without a drop directory.
mod record;
/// Every step up to the mail itself, and no mail.
mod rehearsal;
/// Which answers of a mail server are a yes.
mod reply_codes;
/// A local user against what root has reported.
mod reporters;
/// A mail server that misbehaves.
mod rogue;
/// Nothing that a terminal would obey comes out.
mod safe_output;
/// A damaged journal stops no mail, and what waited in it arrives.
mod salvage;
/// What daemons with a sandbox or odd limits report is mailed, or waits and is told.
mod sandboxed;
/// Units and lines of cron for what no alert starts.
mod schedule;
/// A real SMTP server.
mod server;
/// A directory that plays the system, and tcpw run in it.
mod stage;
/// What is said about servers that refuse and about TLS that fails, and what helps.
mod trouble;
/// What waits outside the journal is never passed over.
mod waiting;
/// Two ways in: nobody forges, delays or starves what root's daemons report.
mod ways;
/// HTTPS services that are told.
mod webhook;
/// What is said about mail servers that misbehave on the wire.
mod wire;
