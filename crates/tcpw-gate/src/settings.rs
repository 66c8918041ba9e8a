//! What the gate knows of this machine: databases, who is kept in, own addresses.

use crate::call::Call;
use crate::fault::Fault;
use crate::label::Edition;
use crate::network::Network;
use crate::own::OwnAddresses;
use hosts_access::escape::visible;
use std::io;
use std::path::{Path, PathBuf};
use tcpw_event::in_root::{place_below, place_of_entry_in_root};
use tcpw_event::places::CONFIGURATION;
use tcpw_event::regular::read_regular;
use tcpw_event::trust::check_for_root;
use toml::de::{DeTable, DeValue};

/// A configuration is not longer than this, in bytes.
const MOST_BYTES: u64 = 4 * 1024 * 1024;
/// Where databases usually are: what downloads them, then packages.
const FOLDERS: [&str; 3] = [
    "/var/lib/GeoIP",
    "/usr/share/GeoIP",
    "/usr/local/share/GeoIP",
];
/// The names of databases of countries, the best first; those of one line are asked together.
const COUNTRY: [&[&str]; 7] = [
    &["GeoIP2-Country.mmdb"],
    &["GeoLite2-Country.mmdb"],
    &["dbip-country-lite.mmdb"],
    &["ipinfo_lite.mmdb"],
    &["GeoIP2-City.mmdb"],
    &["GeoLite2-City.mmdb"],
    &["GeoIP.dat", "GeoIPv6.dat"],
];
/// The names of databases of networks and their owners.
const ASN: [&[&str]; 5] = [
    &["GeoIP2-ISP.mmdb"],
    &["GeoLite2-ASN.mmdb"],
    &["dbip-asn-lite.mmdb"],
    &["ipinfo_lite.mmdb"],
    &["GeoIPASNum.dat", "GeoIPASNumv6.dat"],
];

/// What the gate knows of this machine.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Settings {
    /// The databases of countries, in the order in which they are asked.
    pub country: Vec<PathBuf>,
    /// The databases of networks and their owners, in the order in which they are asked.
    pub asn: Vec<PathBuf>,
    /// Who is kept in (`keep_in`).
    pub keep_in: Vec<Network>,
    /// Where this machine's own addresses are found.
    pub own: OwnAddresses,
    /// Why the configuration could not be read: what it would say is then not known.
    pub fault: Option<Fault>,
}

impl Settings {
    /// The settings of this machine, or of the one whose files are below `root`: the tables `[geo]` and
    /// `[guard]` of its configuration, and where that names no databases, those in the usual places.
    /// Below another root this machine's own addresses mean nothing.
    pub fn read(root: Option<&Path>) -> Self {
        Self::read_of(root, |_| true)
    }

    /// The settings of this machine that `call` needs: databases that it does not ask are not looked
    /// for, which would be most of the work of a call that asks a set.
    pub fn read_for(call: &Call) -> Self {
        Self::read_of(None, |edition| call.asks(edition))
    }

    fn read_of(root: Option<&Path>, needs: impl Fn(Edition) -> bool) -> Self {
        let mut settings = Self::default();
        let read = place_below(root, Path::new(CONFIGURATION))
            .map_err(|error| error.to_string())
            .and_then(|place| settings.configure(&place));
        if let Err(cause) = read {
            settings = Self {
                fault: Some(Fault::Configuration {
                    path: CONFIGURATION.into(),
                    cause,
                }),
                ..Self::default()
            };
        } else {
            if settings.country.is_empty() && needs(Edition::Country) {
                settings.country = usual(root, &COUNTRY);
            }
            if settings.asn.is_empty() && needs(Edition::Asn) {
                settings.asn = usual(root, &ASN);
            }
        }
        if root.is_none_or(|root| root == Path::new("/")) {
            settings.own = OwnAddresses::Kernel("/proc/net".into());
        }
        settings
    }

    /// Reads what concerns the gate in the configuration at `path`, or why that cannot be.
    fn configure(&mut self, path: &Path) -> Result<(), String> {
        check_for_root(path).map_err(|distrust| visible(distrust.to_string().as_bytes()))?;
        let bytes = match read_regular(path, MOST_BYTES) {
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(()),
            bytes => bytes.map_err(|cause| cause.to_string())?,
        };
        let text = String::from_utf8(bytes).map_err(|_| "it is not UTF-8".to_owned())?;
        let document = DeTable::parse(&text);
        let document = document.map_err(|error| visible(error.message().as_bytes()))?;
        let top = document.get_ref();
        let path = |text: &str| {
            let path = PathBuf::from(text);
            path.is_absolute().then_some(path).ok_or("be whole paths")
        };
        self.country = values(top, "geo", "country", &path)?;
        self.asn = values(top, "geo", "asn", &path)?;
        self.keep_in = values(top, "guard", "keep_in", &|text| {
            text.parse().map_err(|_| "be addresses")
        })?;
        Ok(())
    }
}

/// The value of a key, a text or a list of texts, each read by `read`, which says what it must be.
fn values<T>(
    top: &DeTable<'_>,
    table: &str,
    key: &str,
    read: &dyn Fn(&str) -> Result<T, &'static str>,
) -> Result<Vec<T>, String> {
    let must = |what: &str| format!("{table}.{key} must {what}");
    let Some(section) = top.get(table) else {
        return Ok(Vec::new());
    };
    let DeValue::Table(section) = section.get_ref() else {
        return Err(format!("{table} must be a table"));
    };
    let Some(value) = section.get(key) else {
        return Ok(Vec::new());
    };
    let one = |value: &DeValue<'_>| match value {
        DeValue::String(text) => read(text).map_err(must),
        DeValue::Integer(_)
        | DeValue::Float(_)
        | DeValue::Boolean(_)
        | DeValue::Datetime(_)
        | DeValue::Array(_)
        | DeValue::Table(_) => Err(must("be text")),
    };
    if let DeValue::Array(many) = value.get_ref() {
        many.iter().map(|value| one(value.get_ref())).collect()
    } else {
        Ok(vec![one(value.get_ref())?])
    }
}

/// The first of `names` that are in a usual place, those of one line together.
fn usual(root: Option<&Path>, names: &[&[&str]]) -> Vec<PathBuf> {
    let is_there = |path: &PathBuf| {
        let place = match root {
            Some(root) => place_of_entry_in_root(root, path),
            None => Ok(path.clone()),
        };
        place.is_ok_and(|place| place.symlink_metadata().is_ok())
    };
    for line in names {
        for folder in FOLDERS {
            let paths = line.iter().map(|name| Path::new(folder).join(name));
            let found: Vec<PathBuf> = paths.filter(is_there).collect();
            if !found.is_empty() {
                return found;
            }
        }
    }
    Vec::new()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    /// The links of a copy of a server mean its own files.
    #[test]
    fn links_below_a_root_stay_in_it() {
        let root = tempfile::tempdir().unwrap();
        let outside = tempfile::NamedTempFile::new().unwrap();
        fs::write(outside.path(), "[geo]\ncountry = '/of/this/machine'\n").unwrap();
        let inside = root.path().join(outside.path().strip_prefix("/").unwrap());
        fs::create_dir_all(inside.parent().unwrap()).unwrap();
        fs::create_dir(root.path().join("etc")).unwrap();
        fs::write(inside, "[geo]\ncountry = '/of/the/copy'\n").unwrap();
        std::os::unix::fs::symlink(outside.path(), root.path().join("etc/tcpw.toml")).unwrap();
        let settings = Settings::read(Some(root.path()));
        assert_eq!(settings.fault, None);
        assert_eq!(settings.country, [PathBuf::from("/of/the/copy")]);
    }

    fn settings(text: &str, files: &[&str]) -> Settings {
        let root = tempfile::tempdir().unwrap();
        for path in files.iter().copied().chain(["/etc/x"]) {
            let path = place_below(Some(root.path()), Path::new(path)).unwrap();
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        if !text.is_empty() {
            fs::write(root.path().join("etc/tcpw.toml"), text).unwrap();
        }
        Settings::read(Some(root.path()))
    }

    #[test]
    fn the_configuration_says_which_databases_are_asked_and_who_is_kept_in() {
        let text = "[mail]\nto = 'a@example.org'\n[geo]\ncountry = ['/a.mmdb', '/b.dat']\nasn = '/c.mmdb'\n\
                    [guard]\nkeep_in = ['192.0.2.7', '2001:db8::1']\n";
        let found = settings(text, &["/usr/share/GeoIP/GeoIP.dat"]);
        assert_eq!(found.country, [PathBuf::from("/a.mmdb"), "/b.dat".into()]);
        assert_eq!(found.asn, [PathBuf::from("/c.mmdb")]);
        assert_eq!(found.keep_in.len(), 2);
        assert_eq!(found.fault, None);
    }

    #[test]
    fn without_a_word_of_it_the_usual_places_are_looked_into() {
        let files = [
            "/usr/share/GeoIP/GeoIP.dat",
            "/usr/share/GeoIP/GeoIPv6.dat",
            "/var/lib/GeoIP/GeoLite2-ASN.mmdb",
        ];
        let found = settings("", &files);
        assert_eq!(found.country, [PathBuf::from(files[0]), files[1].into()]);
        assert_eq!(found.asn, [PathBuf::from(files[2])]);
        let better = [files[0], "/var/lib/GeoIP/GeoLite2-Country.mmdb"];
        assert_eq!(settings("", &better).country, [PathBuf::from(better[1])]);
        assert_eq!(settings("", &[]), Settings::default());
    }

    #[test]
    fn what_cannot_be_read_is_not_empty() {
        for (text, cause) in [
            ("[geo", "unclosed table, expected `]`"),
            ("geo = 1", "geo must be a table"),
            ("[geo]\ncountry = 1", "geo.country must be text"),
            ("[geo]\ncountry = 'x'", "geo.country must be whole paths"),
            (
                "[guard]\nkeep_in = ['host.example']",
                "guard.keep_in must be addresses",
            ),
        ] {
            let found = settings(text, &["/usr/share/GeoIP/GeoIP.dat"]);
            let Some(Fault::Configuration { cause: said, .. }) = found.fault else {
                panic!("{text}");
            };
            assert_eq!(said, cause, "{text}");
            assert!(found.country.is_empty());
        }
    }
}
