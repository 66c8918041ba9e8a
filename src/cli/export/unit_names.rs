//! Under which names systemd looks for the files of a unit (systemd.unit(5), systemd.slice(5)).

use super::unit_files::entries;
use crate::cli::base::{Failure, Paths};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Where units of the system come from: by administrators, `systemctl set-property`, programs,
/// generators and packages.
const PLACES: [&str; 13] = [
    "/etc/systemd/system.control",
    "/run/systemd/system.control",
    "/run/systemd/transient",
    "/run/systemd/generator.early",
    "/etc/systemd/system",
    "/etc/systemd/system.attached",
    "/run/systemd/system",
    "/run/systemd/system.attached",
    "/run/systemd/generator",
    "/usr/local/lib/systemd/system",
    "/usr/lib/systemd/system",
    "/lib/systemd/system",
    "/run/systemd/generator.late",
];

/// The folders with units, and the links in them by which units have other names.
pub(super) struct UnitFolders {
    pub(super) places: Vec<PathBuf>,
    /// The name of each link, and that of the file to which it leads.
    links: Vec<(String, String)>,
}

impl UnitFolders {
    /// Those of the system, and one more if given.
    ///
    /// # Errors
    /// If one of them cannot be read.
    pub(super) fn read(more: Option<&Path>, paths: &Paths) -> Result<Self, Failure> {
        let mut places: Vec<PathBuf> = Vec::new();
        let mut seen = BTreeSet::new();
        let all = PLACES.iter().map(|place| paths.inside(Path::new(place)));
        for place in all.chain(more.map(Path::to_owned)) {
            // /lib may be a link to /usr/lib.
            let real = fs::canonicalize(&place).unwrap_or_else(|_| place.clone());
            if seen.insert(real) {
                places.push(place);
            }
        }
        let mut links = Vec::new();
        for place in &places {
            for path in entries(place)? {
                let Ok(target) = fs::read_link(&path) else {
                    continue;
                };
                let names = [path.file_name(), target.file_name()];
                if let [Some(name), Some(target)] =
                    names.map(|name| name.and_then(|name| name.to_str()))
                {
                    links.push((name.to_owned(), target.to_owned()));
                }
            }
        }
        Ok(Self { places, links })
    }

    /// All names of a unit: its own, those of its template, and those that links give it.
    pub(super) fn names(&self, unit: &str) -> BTreeSet<String> {
        let mut names = BTreeSet::from([unit.to_owned()]);
        names.extend(template(unit));
        let mut before = 0;
        while before != names.len() {
            before = names.len();
            for (link, target) in &self.links {
                let are_alike = kind(link) == kind(unit) && kind(target) == kind(unit);
                if are_alike && (names.contains(link) || names.contains(target)) {
                    names.extend([link.clone(), target.clone()]);
                }
            }
        }
        // A link to the template is one for each of its instances.
        let instance = unit
            .split_once('@')
            .and_then(|(_, rest)| rest.rsplit_once('.'));
        let instances: Vec<String> = names
            .iter()
            .filter_map(|name| {
                let (stem, kind) = name.split_once("@.")?;
                let (instance, _) = instance?;
                Some(format!("{stem}@{instance}.{kind}"))
            })
            .collect();
        names.extend(instances);
        names
    }
}

/// What kind of unit it is: `service`.
pub(super) fn kind(unit: &str) -> &str {
    unit.rsplit('.').next().unwrap_or_default()
}

/// The template of an instance.
fn template(unit: &str) -> Option<String> {
    let (stem, _) = unit.split_once('@')?;
    Some(format!("{stem}@.{}", kind(unit)))
}

/// The names for which a unit of this name has folders with drop-ins: also of its template, of what comes
/// before each dash in it, and of its kind.
pub(super) fn drop_in_names(unit: &str, found: &mut BTreeSet<String>) {
    if !found.insert(unit.to_owned()) {
        return;
    }
    let Some((stem, kind)) = unit.rsplit_once('.') else {
        return;
    };
    found.insert(kind.to_owned());
    if let Some(template) = template(unit) {
        drop_in_names(&template, found);
    }
    let (prefix, instance) = match stem.split_once('@') {
        Some((prefix, instance)) => (prefix, Some(instance)),
        None => (stem, None),
    };
    // `foo-bar` is of `foo-`, and so is `foo-bar-`.
    let bare = prefix.strip_suffix('-').unwrap_or(prefix);
    let shorter = bare.rfind('-').filter(|at| *at > 0);
    if let Some(shorter) = shorter.and_then(|at| prefix.get(..=at)) {
        // A template is of `foo-.service`, too, and with it its instances.
        if let Some(instance) = instance.filter(|instance| !instance.is_empty()) {
            drop_in_names(&format!("{shorter}@{instance}.{kind}"), found);
        } else {
            drop_in_names(&format!("{shorter}.{kind}"), found);
        }
    }
}

/// The slice that a unit is in unless its files say otherwise; of a slice the one that it is a part of.
pub(super) fn slice(unit: &str) -> Option<String> {
    if let Some(stem) = unit.strip_suffix(".slice") {
        return match stem.rsplit_once('-') {
            _ if stem == "-" => None,
            Some((outer, _)) => Some(format!("{outer}.slice")),
            None => Some("-.slice".to_owned()),
        };
    }
    Some(match unit.split_once('@') {
        Some((prefix, _)) => {
            let prefix = prefix.replace('\\', "\\x5c").replace('-', "\\x2d");
            format!("system-{prefix}.slice")
        }
        None => "system.slice".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drop_ins_are_for_each_part_of_a_name() {
        let names = |unit: &str| {
            let mut found = BTreeSet::new();
            drop_in_names(unit, &mut found);
            found.into_iter().collect::<Vec<_>>().join(" ")
        };
        assert_eq!(
            names("foo-bar-baz.service"),
            "foo-.service foo-bar-.service foo-bar-baz.service service"
        );
        assert_eq!(
            names("foo-bar@x.socket"),
            "foo-.socket foo-@.socket foo-@x.socket foo-bar@.socket foo-bar@x.socket socket"
        );
        assert_eq!(names("foo-.slice"), "foo-.slice slice");
        assert_eq!(names("-.slice"), "-.slice slice");
    }

    #[test]
    fn slices_are_in_each_other() {
        for (unit, wanted) in [
            ("ssh.service", Some("system.slice")),
            ("ssh@1.service", Some("system-ssh.slice")),
            ("my-ssh@.service", Some("system-my\\x2dssh.slice")),
            ("a-b-c.slice", Some("a-b.slice")),
            ("a.slice", Some("-.slice")),
            ("-.slice", None),
        ] {
            assert_eq!(slice(unit).as_deref(), wanted, "{unit}");
        }
    }
}
