//! The database: where it is, how it is connected to, which tables it has, who may log in.

mod address;
mod connect;
mod fault;
mod forget;
mod hosts;
mod patience;
mod schema;
mod secret;
mod sessions;
mod sums;
mod tls;

pub use address::Address;
pub use connect::{connect, connect_within};
pub use fault::FleetError;
pub use forget::forget;
pub use hosts::{Login, add_host, remove_host, rotate, set_mail};
pub use schema::{Migrated, VERSION, become_owner, check, init};
pub use secret::{keep, new_password, new_token, random_below};
pub use sessions::Sessions;
pub use sums::{Summed, sum_up};
