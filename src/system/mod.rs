//! The outside world behind small traits, so that everything above can be tested without it.

mod accounts;
mod boot;
mod clock;
mod connections;
mod descriptors;
mod detach;
mod host_name;
mod login;
mod netgroup;
mod open_files;
mod operator;
mod random;
mod resolver;
mod session;
mod shell;
mod signals;
mod syslog;

pub use accounts::{has_group, has_user, is_root};
pub use boot::Moment;
pub use clock::{Clock, SystemClock, local_time};
pub use connections::sshd_connections;
pub use descriptors::close_inherited;
pub use detach::{leave_session, replace_by, start_detached, start_unwatched};
pub use host_name::host_name;
pub use login::login_start;
pub use netgroup::Netgroups;
pub use open_files::writers;
pub use operator::operator;
pub use random::random_u64;
pub use resolver::{Doubt, Found, Resolver, SystemResolver};
pub use session::{ProcessTable, Processes, Session};
pub use shell::{run_in_foreground, run_shell};
pub use signals::survive_size_limit;
pub use syslog::{DEV_LOG, Severity, syslog};
