//! The numbers of many servers, which `tcpw-fleet read` takes from their database.

mod gather;
mod part;
mod stream;

pub use gather::FleetReader;
pub use part::{FleetPart, HostRow, SpreadRow};
pub use stream::{
    FleetEvent, FleetHost, FleetLine, FleetQuery, FleetSource, FleetTotals, FleetWanted,
};
