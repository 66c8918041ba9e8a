//! The outside world, reached by small traits, so that everything above can be tested without it.

mod accounts;
mod as_owner;
mod at_end;
mod bogons;
mod boot;
mod cgroup;
mod clock;
mod confinement;
mod connections;
mod deliverer_account;
mod disk;
mod dns_client;
mod dns_message;
mod dns_servers;
mod hand_over;
mod hidden_file;
mod hidden_input;
mod host_name;
mod installed;
mod journald;
mod libwrap;
mod login;
mod name_service;
mod namespaces;
mod netgroup;
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
mod no_syscalls;
mod open_files;
mod operator;
mod privileges;
mod program;
mod reader;
mod resolver;
mod service_account;
mod session;
mod shell;
mod socket_end;
mod standby;
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
mod syscalls;
mod timer;
mod unfollowed;
mod write_guard;

pub use accounts::{group_number, has_group, has_user, is_root, own_uid};
pub use as_owner::AsOwner;
pub use at_end::at_end;
pub use bogons::bogon;
pub use boot::Moment;
pub use cgroup::leave_cgroup;
pub use clock::{Clock, SystemClock, local_time, time_of_local};
pub use confinement::{is_confined, keep_privileges_as_they_are};
pub use connections::{Connections, SshLogin, sshd_connections};
pub use deliverer_account::{
    DelivererAccount, PASSWD, deliverer_account, deliverer_group, find_deliverer, is_deliverer,
    is_for_group,
};
pub use disk::free_space;
pub use dns_client::{DnsLookup, look_up, look_up_exchanges};
pub use dns_message::{
    AddressFamily, DnsAnswer, DnsFault, DnsQuestion, DnsRecord, DnsReply, MailExchange,
};
pub use dns_servers::{DnsServers, addresses_in_hosts, name_in_hosts};
pub use hand_over::{Ownership, give_file, settle_directory};
pub use hidden_file::is_unopenable;
pub use hidden_input::{HiddenLine, HiddenTerminal};
pub use host_name::{full_host_name, host_name};
pub use installed::{SAFE_PATH, find_program};
pub use journald::{EVENT_MESSAGE_ID, JOURNAL_SOCKET, LogSockets, SystemLog};
pub use libwrap::imports_innetgr;
pub use login::{daemon_names, login_start};
pub use name_service::HAS_NAME_SERVICE;
pub use namespaces::foreign_surroundings;
pub use netgroup::{Netgroups, has_netgroup};
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
pub use no_syscalls::restrict_system_calls;
pub use open_files::writers;
pub use operator::operator;
pub use privileges::{become_user, make_private_files, silence};
pub use program::{Ended, ask_program, each_line, read_program};
pub use reader::wait_for_hang_up;
pub use resolver::{Doubt, NameAnswer, Resolver, SystemResolver};
pub use service_account::{DELIVERY_USER, ServiceAccount, service_account};
pub use session::{ProcessTable, Processes, Session};
pub use shell::{run_in_foreground, run_shell, run_system_program};
pub use socket_end::socket_end;
pub use standby::{Standby, StandbyHandle, Wake, start_standby};
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
pub use syscalls::restrict_system_calls;
pub use tcpw_event::descriptors::close_inherited;
pub use tcpw_event::detach::{
    Relay, default_signals, leave_session, set_environment, start_bare, start_detached,
};
pub use tcpw_event::in_root::{place_below, place_in_root, place_of_entry_in_root};
pub use tcpw_event::limits::widen_limits;
pub use tcpw_event::now::now;
pub use tcpw_event::ownership::{give_to_directory, make_for_directory};
pub use tcpw_event::random::random_u64;
pub use tcpw_event::regular::{open_regular, read_regular};
pub use tcpw_event::secrecy::keep_secrets;
pub use tcpw_event::signals::survive_size_limit;
pub use tcpw_event::syslog::{DEV_LOG, Severity, syslog};
pub use tcpw_event::trust::{Distrust, check_for_root, check_trust, stay_bound};
pub use tcpw_event::whole::read_whole;
pub use timer::{is_run_by_systemd, start_timer};
pub use unfollowed::{open_directory, open_unfollowed};
pub use write_guard::{Company, WriteGuard, guard_writing};
