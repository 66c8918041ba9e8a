//! What benchmarks demand of the two tables: as their scanners look for it, and as libwrap acts. Looks at
//! nothing itself.

mod audited;
mod check;
mod deadly_lists;
mod demand;
mod line_place;
mod literal;
mod pattern;
mod profiles;
mod ruling;
mod samples;
mod seen;
mod settled;
mod trees;
mod truth;

pub use audited::{Agreement, Audited, AuditedProfile, audit};
pub use check::{AllowedMode, PackageName, ScannerCheck};
pub use demand::{Aim, AuditProfile, Besides, Demand, DemandKind, OpensshRelease};
pub use line_place::{LineNature, LinePlace};
pub use literal::{Checked, Sight};
pub use pattern::LinePattern;
pub use profiles::{PROFILES, profile};
pub use ruling::Ruling;
pub use seen::{EntryKind, FileContent, PackageState, SeenEntry, SeenFile, SeenSystem};
pub use truth::{Case, Proof, Truth};
