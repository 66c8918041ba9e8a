//! What a table means: rules with daemon and client patterns, exceptions and options.
//!
//! Everything here is a view on the syntax tree, made when it is asked for: a table of a million
//! rules costs no memory beyond its tree. Nothing here asks the machine anything.

mod address;
mod dialect;
mod networks;
mod number;
mod option;
mod pattern;
mod problem;
mod rule;
mod style;
mod template;

pub use address::{Zoned6, any_quad, dotted_quad, ipv6, plain_quad};
pub use dialect::{
    CLASSIC, DEBIAN_12, DEBIAN_13, DIALECTS, Dialect, FREEBSD, ILLUMOS, Ipv6, Mapped, Masks,
    NETBSD, Zones,
};
pub use networks::{Network, mask4, mask6, networks};
pub use number::{c_decimal, c_decimal_prefix, c_octal};
pub(crate) use option::setenv;
pub use option::{Argument, OPTIONS, OptionKind, OptionSpec, RuleOption};
pub use pattern::{
    ClientPattern, DaemonPattern, HostPattern, NetworkProblem, Process, TextPattern,
};
pub use problem::OptionProblem;
pub use rule::{Element, List, Rule, rules};
pub(crate) use style::is_same_line;
pub use style::{WIDTH, formatted, is_crlf, means_the_same, restyled};
pub use template::{End, Expansion, Part, parts, parts_in};
