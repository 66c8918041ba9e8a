//! Where the database is: a URL as libpq reads it, but that TLS is verified unless it says otherwise.

use super::fault::FleetError;
use postgres::Config;
use postgres::config::{Host, SslMode};
use std::path::PathBuf;
use std::time::Duration;

/// How long a connection may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long what was sent may stay unacknowledged by the other machine.
const UNACKNOWLEDGED: Duration = Duration::from_secs(30);

/// Where the database is, and how the way to it is protected.
#[derive(Debug, Clone)]
pub struct Address {
    /// Host, port, user and name of the database.
    pub(super) config: Config,
    /// How TLS is spoken; nothing where it is not.
    pub(super) tls: Option<TlsFiles>,
}

/// The files that TLS needs.
#[derive(Debug, Clone, Default)]
pub(super) struct TlsFiles {
    /// Certificates of authorities; the system's where there is none.
    pub(super) authorities: Option<PathBuf>,
    /// The certificate of this machine, and its key.
    pub(super) own: Option<(PathBuf, PathBuf)>,
}

impl Address {
    /// Reads a URL, `postgres://USER@HOST:PORT/DATABASE?OPTIONS`. Beside the options of libpq that the
    /// library knows it takes `sslrootcert`, `sslcert` and `sslkey`; `sslmode` is `verify-full`, the
    /// default, or `disable`. A socket of this machine needs no TLS.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(url: &str) -> Result<Self, FleetError> {
        let (place, query) = url.split_once('?').unwrap_or((url, ""));
        let mut rest = Vec::new();
        let (mut files, mut key, mut certificate) = (TlsFiles::default(), None, None);
        let mut is_plain = false;
        for option in query.split('&').filter(|option| !option.is_empty()) {
            let (name, value) = option.split_once('=').unwrap_or((option, ""));
            match name {
                "sslmode" => is_plain = is_without_tls(value)?,
                "sslrootcert" => files.authorities = Some(decoded(value)?.into()),
                "sslcert" => certificate = Some(PathBuf::from(decoded(value)?)),
                "sslkey" => key = Some(PathBuf::from(decoded(value)?)),
                _ => rest.push(option),
            }
        }
        files.own = match (certificate, key) {
            (Some(certificate), Some(key)) => Some((certificate, key)),
            (None, None) => None,
            _ => return Err(FleetError::Url("sslcert and sslkey go together".to_owned())),
        };
        let url = if rest.is_empty() {
            place.to_owned()
        } else {
            format!("{place}?{}", rest.join("&"))
        };
        let mut config: Config = url
            .parse()
            .map_err(|error: postgres::Error| FleetError::Url(super::fault::words(&error)))?;
        let is_local = is_local(&config);
        if !is_local && !is_plain && is_nameless(&config) {
            return Err(FleetError::Url(
                "hostaddr has no host beside it, whose name the certificate must have".to_owned(),
            ));
        }
        let tls = (!is_local && !is_plain).then_some(files);
        config
            .ssl_mode(if tls.is_some() {
                SslMode::Require
            } else {
                SslMode::Disable
            })
            .tcp_user_timeout(UNACKNOWLEDGED)
            .keepalives_idle(UNACKNOWLEDGED)
            .application_name("tcpw-fleet");
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(PATIENCE);
        }
        Ok(Self { config, tls })
    }

    /// How long a connection may take.
    pub(super) fn patience(&self) -> Duration {
        self.config
            .get_connect_timeout()
            .copied()
            .unwrap_or(PATIENCE)
    }

    /// The user as whom to log in; nothing if the URL says none.
    pub fn user(&self) -> Option<&str> {
        self.config.get_user()
    }

    /// The name of the database; that of the user if the URL says none.
    pub fn database(&self) -> Option<&str> {
        self.config.get_dbname().or_else(|| self.config.get_user())
    }

    /// Hosts, ports and the name of the database, which tell one database from another.
    pub fn place(&self) -> String {
        let hosts = self.config.get_hosts().iter().map(|host| match host {
            Host::Tcp(name) => name.clone(),
            Host::Unix(path) => path.display().to_string(),
        });
        // Addresses in place of names; beside names they are where these are.
        let addresses = self.config.get_hostaddrs().iter().map(ToString::to_string);
        let hosts: Vec<String> = if self.config.get_hosts().is_empty() {
            addresses.collect()
        } else {
            hosts.collect()
        };
        let ports = self.config.get_ports().iter().map(ToString::to_string);
        let ports: Vec<String> = ports.collect();
        let database = self.database().unwrap_or_default();
        format!("{}:{}/{database}", hosts.join(","), ports.join(","))
    }

    /// Whether the URL has a password.
    pub fn has_password(&self) -> bool {
        self.config.get_password().is_some()
    }

    /// This address with a password to log in with.
    #[must_use]
    pub fn with_password(mut self, password: &str) -> Self {
        self.config.password(password);
        self
    }
}

/// Whether the database is reached by sockets of this machine alone.
fn is_local(config: &Config) -> bool {
    let hosts = config.get_hosts();
    let is_socket = |host: &Host| matches!(host, Host::Unix(_));
    config.get_hostaddrs().is_empty() && !hosts.is_empty() && hosts.iter().all(is_socket)
}

/// Whether an address that is connected to has not a name beside it.
fn is_nameless(config: &Config) -> bool {
    let hosts = config.get_hosts();
    let is_name = |host: &Host| matches!(host, Host::Tcp(_));
    !config.get_hostaddrs().is_empty() && (hosts.is_empty() || !hosts.iter().all(is_name))
}

/// Whether `sslmode` says that TLS is not spoken.
fn is_without_tls(mode: &str) -> Result<bool, FleetError> {
    match mode {
        "disable" => Ok(true),
        "verify-full" => Ok(false),
        other => Err(FleetError::Url(format!(
            "sslmode={other} does not verify who answers; verify-full, the default, does"
        ))),
    }
}

/// A value of a URL with its %XX replaced.
fn decoded(value: &str) -> Result<String, FleetError> {
    let wrong = || {
        FleetError::Url(format!(
            "{value:?} has a % that is not followed by two hex digits"
        ))
    };
    let mut bytes = Vec::new();
    let mut parts = value.split('%');
    bytes.extend(parts.next().unwrap_or_default().as_bytes());
    for part in parts {
        let (digits, rest) = part.split_at_checked(2).ok_or_else(wrong)?;
        bytes.push(u8::from_str_radix(digits, 16).map_err(|_| wrong())?);
        bytes.extend(rest.as_bytes());
    }
    String::from_utf8(bytes).map_err(|_| wrong())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tls_is_verified_unless_it_is_said_otherwise() {
        let tls = |url: &str| Address::parse(url).map(|it| it.tls.is_some());
        assert!(tls("postgres://web17@db.example/tcpw").unwrap());
        assert!(tls("postgres://web17@db.example/tcpw?sslmode=verify-full").unwrap());
        assert!(!tls("postgres://web17@127.0.0.1/tcpw?sslmode=disable").unwrap());
        assert!(!tls("postgres://web17@/tcpw?host=/run/postgresql").unwrap());
        for lax in ["allow", "prefer", "require", "verify-ca", ""] {
            let error = tls(&format!("postgres://db/tcpw?sslmode={lax}")).unwrap_err();
            assert!(error.to_string().contains("verify-full"), "{error}");
        }
    }

    #[test]
    fn an_address_needs_the_name_that_its_certificate_has() {
        for nameless in [
            "postgres://keeper:secret@/tcpw?hostaddr=127.0.0.1&port=5433",
            "postgres://a@/tcpw?host=/run/postgresql&hostaddr=127.0.0.1&sslmode=verify-full",
            "postgres://a@db.example,%2Frun%2Fpostgresql/tcpw?hostaddr=127.0.0.1,127.0.0.1",
        ] {
            let parsed = Address::parse(nameless);
            assert!(parsed.is_err(), "{nameless} {parsed:?}");
        }
        let named = "postgres://a@db.example/tcpw?hostaddr=127.0.0.1";
        let named = Address::parse(named).unwrap();
        assert!(named.tls.is_some());
        assert_eq!(named.place(), "db.example:5432/tcpw");
        let plain = "postgres://a@/tcpw?hostaddr=127.0.0.1&port=5433&sslmode=disable";
        let plain = Address::parse(plain).unwrap();
        assert!(plain.tls.is_none());
        assert_eq!(plain.place(), "127.0.0.1:5433/tcpw");
    }

    #[test]
    fn files_and_names_are_read() {
        let url = "postgres://web17@db.example:5433/events?sslrootcert=/etc/a%20b.pem&connect_timeout=3&sslcert=/c&sslkey=/k";
        let address = Address::parse(url).unwrap();
        assert_eq!(address.user(), Some("web17"));
        assert_eq!(address.database(), Some("events"));
        let files = address.tls.unwrap();
        assert_eq!(files.authorities, Some("/etc/a b.pem".into()));
        assert_eq!(files.own, Some(("/c".into(), "/k".into())));
        for bad in [
            "postgres://db/x?sslcert=/c",
            "postgres://db/x?sslrootcert=%zz",
            "postgres://db/x?what=ever",
            "db",
        ] {
            assert!(Address::parse(bad).is_err(), "{bad}");
        }
    }
}
