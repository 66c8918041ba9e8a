//! Which programs of this machine ask libwrap, under which name and with which switch, as their
//! files and processes show it; nothing is run to find out.

mod asker;
mod bacula;
mod catalogue;
mod diagnosis;
mod elf;
mod examine;
mod judge;
mod libraries;
mod process;
mod proftpd;
mod pulseaudio;
mod running;
mod ser2net;
mod setting;
mod sockets;
mod stunnel;
mod subject;
mod superserver;
mod switch;
mod tables;
mod unit;
mod unread;

pub use catalogue::Known;
pub use diagnosis::{Diagnosis, Standing};
pub use examine::{Findings, Machine, examine, examine_installed};
pub use sockets::Port;
