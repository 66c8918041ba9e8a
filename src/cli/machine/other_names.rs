//! What the addresses of a host name are called, as libwrap would find out when one of them connects.

use crate::cli::base::Paths;
use crate::escape::visible;
use crate::lint::OtherNames;
use crate::system::{
    HAS_NAME_SERVICE, NameAnswer, Resolver as _, SystemResolver, addresses_in_hosts, name_in_hosts,
};
use std::net::IpAddr;
use std::path::Path;

/// As many addresses of a name are looked at.
const MOST: usize = 16;
/// As many are named.
const NAMED: usize = 3;

/// What the addresses of `name` are called, if none of them is called so. Nothing where that is not
/// known: the name has no address now, or the name service fails. Below `--root` only its
/// `/etc/hosts` is asked.
pub(crate) fn other_names(name: &str, paths: &Paths) -> Option<OtherNames> {
    let hosts = paths.inside(Path::new("/etc/hosts"));
    let is_elsewhere = paths.root.is_some();
    if !is_elsewhere && !HAS_NAME_SERVICE {
        return None;
    }
    let addresses = if is_elsewhere {
        addresses_in_hosts(&hosts, name)
    } else {
        SystemResolver.addresses_of(name).ok()?
    };
    let called = |address: IpAddr| -> Result<NameAnswer, String> {
        if !is_elsewhere {
            return SystemResolver.name_of(address);
        }
        let name = name_in_hosts(&hosts, address);
        Ok(name.map_or(NameAnswer::Nothing, NameAnswer::Name))
    };
    let mut found = Vec::new();
    for address in addresses.iter().take(MOST) {
        found.push(match called(*address).ok()? {
            NameAnswer::Name(is) if is.eq_ignore_ascii_case(name) => return None,
            NameAnswer::Name(is) => format!("{address} is called {}", visible(is.as_bytes())),
            NameAnswer::Nothing => format!("{address} has no name"),
            NameAnswer::Doubtful { name, why } => {
                let name = visible(name.as_bytes());
                format!("the name of {address}, {name}, {}", why.as_str())
            }
        });
    }
    let address = addresses.first()?.to_canonical().to_string();
    let more = found.len().saturating_sub(NAMED);
    found.truncate(NAMED);
    let mut why = found.join(", ");
    if more > 0 {
        why = format!("{why}, and {more} more addresses are called otherwise");
    }
    Some(OtherNames { address, why })
}
