//! One table of the configuration, read key by key with the place of every value.

use super::error::{ConfigError, ConfigProblem};
use super::lint_code::LintCode;
use super::mailbox::Mailbox;
use super::mute::canonical_network;
use crate::escape::visible;
use crate::span::{LineIndex, offset};
use crate::values::{TEN_YEARS, scaled, seconds};
use ipnet::IpNet;
use std::net::IpAddr;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::Duration;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// The file as a whole: to turn byte ranges into places.
pub(super) struct Source<'a> {
    /// Where it came from, for messages.
    pub(super) file: &'a Path,
    /// Its line starts.
    pub(super) lines: LineIndex,
}

impl Source<'_> {
    /// An error at the first byte of `at`.
    pub(super) fn error(&self, at: &Range<usize>, reason: ConfigProblem) -> ConfigError {
        ConfigError {
            file: self.file.to_owned(),
            position: Some(self.lines.position(offset(at.start))),
            reason,
        }
    }
}

/// One table and how it is called.
pub(super) struct Section<'a> {
    source: &'a Source<'a>,
    table: &'a DeTable<'a>,
    span: Range<usize>,
    name: &'static str,
}

type Value<'a> = Spanned<DeValue<'a>>;

const SIZES: [(&str, u64); 3] = [("K", 1 << 10), ("M", 1 << 20), ("G", 1 << 30)];

impl<'a> Section<'a> {
    /// Refuses keys that are not in `known`.
    pub(super) fn new(
        source: &'a Source<'a>,
        table: &'a DeTable<'a>,
        span: Range<usize>,
        name: &'static str,
        known: &[&str],
    ) -> Result<Self, ConfigError> {
        for (key, _) in table {
            if !known.contains(&key.get_ref().as_ref()) {
                let reason = ConfigProblem::UnknownKey {
                    key: visible(key.get_ref().as_bytes()),
                    table: match name {
                        "" => "the file".to_owned(),
                        name => format!("[{name}]"),
                    },
                    known: known.join(", "),
                };
                return Err(source.error(&key.span(), reason));
            }
        }
        Ok(Self {
            source,
            table,
            span,
            name,
        })
    }

    /// The table `key` below this one.
    pub(super) fn section(
        &self,
        key: &str,
        name: &'static str,
        known: &[&str],
    ) -> Result<Option<Self>, ConfigError> {
        let Some(value) = self.table.get(key) else {
            return Ok(None);
        };
        let DeValue::Table(table) = value.get_ref() else {
            return Err(self.wrong_type(key, value, "a table"));
        };
        Self::new(self.source, table, value.span(), name, known).map(Some)
    }

    /// The tables `key` below this one: one table, or an array of them.
    pub(super) fn sections(
        &self,
        key: &str,
        name: &'static str,
        known: &[&str],
    ) -> Result<Vec<Self>, ConfigError> {
        self.items(key)
            .map(|value| {
                let DeValue::Table(table) = value.get_ref() else {
                    return Err(self.wrong_type(key, value, "a table"));
                };
                Self::new(self.source, table, value.span(), name, known)
            })
            .collect()
    }

    /// An error about this table.
    pub(super) fn missing(&self, what: &'static str) -> ConfigError {
        self.source.error(&self.span, ConfigProblem::Missing(what))
    }

    /// An error about the value of `key`.
    pub(super) fn bad_value(&self, key: &str, problem: impl Into<String>) -> ConfigError {
        let span = self
            .table
            .get(key)
            .map_or_else(|| self.span.clone(), Spanned::span);
        self.source.error(
            &span,
            ConfigProblem::Value {
                key: self.full(key),
                problem: problem.into(),
            },
        )
    }

    /// Text that is not empty.
    pub(super) fn text(&self, key: &str) -> Result<Option<String>, ConfigError> {
        let Some(value) = self.table.get(key) else {
            return Ok(None);
        };
        self.string(key, value).map(Some)
    }

    /// Text of several lines.
    pub(super) fn text_of_lines(&self, key: &str) -> Result<Option<String>, ConfigError> {
        let Some(value) = self.table.get(key) else {
            return Ok(None);
        };
        let DeValue::String(text) = value.get_ref() else {
            return Err(self.wrong_type(key, value, "text"));
        };
        if text.trim().is_empty() {
            return Err(self.bad_value(key, "must not be empty"));
        }
        Ok(Some(text.to_string()))
    }

    /// A program and its arguments; the program by its absolute path, as `place` finds it.
    pub(super) fn program(
        &self,
        key: &str,
        place: &dyn Fn(&Path) -> PathBuf,
    ) -> Result<Option<Vec<String>>, ConfigError> {
        let mut argv = self.texts(key)?;
        let Some(program) = argv.first_mut() else {
            return Ok(None);
        };
        if !program.starts_with('/') {
            let problem = "must start with the absolute path of a program";
            return Err(self.bad_value(key, problem));
        }
        *program = place(Path::new(program)).display().to_string();
        Ok(Some(argv))
    }

    /// A table `key` whose keys are free and whose values are texts.
    pub(super) fn texts_by_name(
        &self,
        key: &str,
        name: &'static str,
    ) -> Result<Vec<(String, String)>, ConfigError> {
        let Some(section) = self.free_section(key, name)? else {
            return Ok(Vec::new());
        };
        let names = section.table.keys().map(|key| key.get_ref().to_string());
        names
            .map(|name| {
                let text = section.text(&name)?.unwrap_or_default();
                Ok((name, text))
            })
            .collect()
    }

    /// The table `key` below this one, whose keys are free.
    fn free_section(&self, key: &str, name: &'static str) -> Result<Option<Self>, ConfigError> {
        let Some(value) = self.table.get(key) else {
            return Ok(None);
        };
        let DeValue::Table(table) = value.get_ref() else {
            return Err(self.wrong_type(key, value, "a table"));
        };
        let names: Vec<&str> = table.keys().map(|key| key.get_ref().as_ref()).collect();
        Self::new(self.source, table, value.span(), name, &names).map(Some)
    }

    /// A whole number in `range`.
    pub(super) fn number(
        &self,
        key: &str,
        range: std::ops::RangeInclusive<u32>,
    ) -> Result<Option<u32>, ConfigError> {
        let Some(value) = self.table.get(key) else {
            return Ok(None);
        };
        let DeValue::Integer(integer) = value.get_ref() else {
            return Err(self.wrong_type(key, value, "a whole number"));
        };
        u32::from_str_radix(integer.as_str(), integer.radix())
            .ok()
            .filter(|number| range.contains(number))
            .map(Some)
            .ok_or_else(|| {
                let (low, high) = (range.start(), range.end());
                self.bad_value(key, format!("must be from {low} to {high}"))
            })
    }

    /// True or false.
    pub(super) fn flag(&self, key: &str) -> Result<Option<bool>, ConfigError> {
        let Some(value) = self.table.get(key) else {
            return Ok(None);
        };
        let DeValue::Boolean(flag) = value.get_ref() else {
            return Err(self.wrong_type(key, value, "true or false"));
        };
        Ok(Some(*flag))
    }

    /// A length of time such as `90m`, of at least `least` seconds and at most ten years.
    pub(super) fn duration(&self, key: &str, least: u64) -> Result<Option<Duration>, ConfigError> {
        let Some(text) = self.text(key)? else {
            return Ok(None);
        };
        let length = seconds(&text).filter(|length| (least..=TEN_YEARS).contains(length));
        length.map(|n| Some(Duration::from_secs(n))).ok_or_else(|| {
            self.bad_value(
                key,
                format!("must be a time of {least} seconds or more, such as \"90s\", \"30m\", \"24h\", \"7d\" or \"2w\""),
            )
        })
    }

    /// A number of bytes such as `500M`, at least `least`.
    pub(super) fn size(&self, key: &str, least: u64) -> Result<Option<u64>, ConfigError> {
        let Some(text) = self.text(key)? else {
            return Ok(None);
        };
        let bytes = scaled(&text, &SIZES).filter(|bytes| *bytes >= least);
        bytes.map(Some).ok_or_else(|| {
            let least = least / (1 << 20);
            self.bad_value(
                key,
                format!("must be a size of {least}M or more, such as \"500M\" or \"2G\""),
            )
        })
    }

    /// A network such as `10.0.0.0/8`, an address, or a list of them.
    pub(super) fn networks(&self, key: &str) -> Result<Vec<IpNet>, ConfigError> {
        self.items(key)
            .map(|value| {
                let text = self.string(key, value)?;
                let address = || text.parse::<IpAddr>().map(IpNet::from);
                let network = text.parse().or_else(|_| address());
                network.map(canonical_network).map_err(|_| {
                    let reason = ConfigProblem::Value {
                        key: self.full(key),
                        problem: "must be networks such as 192.0.2.0/24 or 2001:db8::/32"
                            .to_owned(),
                    };
                    self.source.error(&value.span(), reason)
                })
            })
            .collect()
    }

    /// One of the words in `choices`.
    pub(super) fn choice<T: Copy>(
        &self,
        key: &str,
        choices: &[(&str, T)],
    ) -> Result<Option<T>, ConfigError> {
        let Some(word) = self.text(key)? else {
            return Ok(None);
        };
        let found = choices.iter().find(|(name, _)| *name == word);
        found.map(|&(_, meaning)| Some(meaning)).ok_or_else(|| {
            let words: Vec<String> = choices
                .iter()
                .map(|(name, _)| format!("{name:?}"))
                .collect();
            self.bad_value(key, format!("must be one of {}", words.join(", ")))
        })
    }

    /// An absolute path, as written.
    pub(super) fn path(&self, key: &str) -> Result<Option<PathBuf>, ConfigError> {
        let Some(value) = self.table.get(key) else {
            return Ok(None);
        };
        self.absolute(key, value).map(Some)
    }

    /// A path or a list of paths.
    pub(super) fn paths(&self, key: &str) -> Result<Vec<PathBuf>, ConfigError> {
        self.items(key)
            .map(|value| self.absolute(key, value))
            .collect()
    }

    /// A text or a list of texts.
    pub(super) fn texts(&self, key: &str) -> Result<Vec<String>, ConfigError> {
        self.items(key)
            .map(|value| self.string(key, value))
            .collect()
    }

    /// A code of the linter or a list of them.
    pub(super) fn codes(&self, key: &str) -> Result<Vec<LintCode>, ConfigError> {
        self.items(key)
            .map(|value| {
                let text = self.string(key, value)?;
                let position = self.source.lines.position(offset(value.span().start));
                Ok(LintCode { text, position })
            })
            .collect()
    }

    /// A table `key` whose keys are free and whose values are codes of the linter.
    pub(super) fn codes_by_name(
        &self,
        key: &str,
        name: &'static str,
    ) -> Result<Vec<(String, Vec<LintCode>)>, ConfigError> {
        let Some(section) = self.free_section(key, name)? else {
            return Ok(Vec::new());
        };
        let names = section.table.keys().map(|key| key.get_ref().to_string());
        names
            .map(|name| {
                let codes = section.codes(&name)?;
                Ok((name, codes))
            })
            .collect()
    }

    /// A mail address or a list of them; commas in one text separate them too.
    pub(super) fn mailboxes(&self, key: &str) -> Result<Vec<Mailbox>, ConfigError> {
        let mut all = Vec::new();
        for value in self.items(key) {
            let mailboxes = Mailbox::parse_list(&self.string(key, value)?).map_err(|cause| {
                let key = self.full(key);
                self.source
                    .error(&value.span(), ConfigProblem::Address { key, cause })
            })?;
            all.extend(mailboxes);
        }
        Ok(all)
    }

    /// An address of a host or a list of them.
    pub(super) fn addresses(&self, key: &str) -> Result<Vec<IpAddr>, ConfigError> {
        self.items(key)
            .map(|value| {
                let text = self.string(key, value)?;
                text.parse().map_err(|_| {
                    let problem = "must be addresses such as 192.0.2.7, not names or networks";
                    let reason = ConfigProblem::Value {
                        key: self.full(key),
                        problem: problem.to_owned(),
                    };
                    self.source.error(&value.span(), reason)
                })
            })
            .collect()
    }

    fn items(&self, key: &str) -> impl Iterator<Item = &'a Value<'a>> {
        let value = self.table.get(key);
        let (one, many) = match value.map(Spanned::get_ref) {
            Some(DeValue::Array(array)) => (None, Some(array.iter())),
            _ => (value, None),
        };
        one.into_iter().chain(many.into_iter().flatten())
    }

    fn string(&self, key: &str, value: &Value<'_>) -> Result<String, ConfigError> {
        let DeValue::String(text) = value.get_ref() else {
            return Err(self.wrong_type(key, value, "text"));
        };
        if text.trim().is_empty() || text.chars().any(char::is_control) {
            let reason = ConfigProblem::Value {
                key: self.full(key),
                problem: "must not be empty or hold control characters".to_owned(),
            };
            return Err(self.source.error(&value.span(), reason));
        }
        Ok(text.to_string())
    }

    fn absolute(&self, key: &str, value: &Value<'_>) -> Result<PathBuf, ConfigError> {
        let path = PathBuf::from(self.string(key, value)?);
        if path.is_absolute() {
            return Ok(path);
        }
        let reason = ConfigProblem::Value {
            key: self.full(key),
            problem: format!(
                "must be an absolute path, not {:?}",
                path.display().to_string()
            ),
        };
        Err(self.source.error(&value.span(), reason))
    }

    fn wrong_type(&self, key: &str, value: &Value<'_>, wanted: &'static str) -> ConfigError {
        let reason = ConfigProblem::Type {
            key: self.full(key),
            wanted,
            found: value.get_ref().type_str(),
        };
        self.source.error(&value.span(), reason)
    }

    fn full(&self, key: &str) -> String {
        match self.name {
            "" => visible(key.as_bytes()),
            name => format!("{name}.{}", visible(key.as_bytes())),
        }
    }
}
