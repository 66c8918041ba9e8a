//! Writing settings into the text of a configuration: what is not asked for stays byte for byte,
//! comments too.

use std::fmt;
use thiserror::Error;
use toml_edit::{Array, DocumentMut, Item, TableLike, Value, value};

/// How a new configuration begins.
pub(super) const HEADER: &str =
    "# The configuration of tcpw; tcpw.toml(5) describes every key.\n\n";
/// Where passwords come from: one of them only.
const PASSWORDS: [&str; 4] = [
    "password_file",
    "password_command",
    "password_credential",
    "password",
];
/// What must not be shown: passwords, secrets, and the addresses and header fields of webhooks,
/// which may be secrets as a whole.
const SECRETS: [&str; 4] = ["password", "secret", "url", "headers"];
/// In place of it.
const HIDDEN: &str = "(not shown)";

/// The value of a setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Setting {
    /// A text.
    Text(String),
    /// A text, or a list of several.
    Texts(Vec<String>),
    /// A whole number.
    Number(u16),
    /// Nothing: the key is left out, and its default counts.
    Absent,
}

/// A setting that is asked for: the name of its table, such as `mail.smtp`, its key and its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// The table.
    pub table: &'static str,
    /// The key.
    pub key: &'static str,
    /// The value.
    pub value: Setting,
}

/// Why a configuration was not revised.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ReviseError {
    /// The text is not TOML.
    #[error("{0}")]
    Syntax(String),
    /// There are several of the table, or it is something else.
    #[error("{0} is not a single table, so tcpw cannot tell which one to change")]
    NotOne(&'static str),
    /// It says something else already.
    #[error("it says {table}.{key} = {is} already, which is not {wanted}")]
    Differs {
        /// The table.
        table: &'static str,
        /// The key.
        key: String,
        /// What it says.
        is: String,
        /// What was asked for.
        wanted: String,
    },
}

/// The text of a configuration with these settings; `None` is one that does not exist yet. What is
/// there already and differs is written again only `to_overwrite`.
///
/// # Errors
/// When the text is not TOML, or says something else already.
pub fn revise(
    text: Option<&str>,
    wanted: &[Wanted],
    to_overwrite: bool,
) -> Result<String, ReviseError> {
    let mut document = read(text.unwrap_or_default())?;
    let comments = text.filter(|text| document.is_empty() && !text.trim().is_empty());
    if comments.is_some() {
        // They would go to the end, after what is new.
        document = DocumentMut::new();
    }
    for setting in wanted {
        let mut table: &mut dyn TableLike = document.as_table_mut();
        if setting.value == Setting::Absent {
            leave_out(table, setting, to_overwrite)?;
            continue;
        }
        for name in setting.table.split('.') {
            let below = table.entry(name).or_insert_with(toml_edit::table);
            table = below
                .as_table_like_mut()
                .ok_or(ReviseError::NotOne(setting.table))?;
        }
        set(table, setting, to_overwrite)?;
    }
    let text_before = match comments {
        Some(comments) => format!("{}\n\n", comments.trim_end()),
        None if text.is_none() => HEADER.to_owned(),
        None => String::new(),
    };
    Ok(format!("{text_before}{document}"))
}

/// The text of a key of the one table `[mail.smtp]`.
pub fn smtp_says(text: &str, key: &str) -> Option<String> {
    let document = read(text).ok()?;
    let mail = document.get("mail")?.as_table_like()?;
    let server = mail.get("smtp")?.as_table_like()?;
    server.get(key)?.as_str().map(str::to_owned)
}

/// Whether a configuration has a key in one of its tables.
pub fn says(text: &str, table: &str, key: &str) -> bool {
    read(text).is_ok_and(|document| {
        let table = document.get(table).and_then(Item::as_table_like);
        table.is_some_and(|table| table.contains_key(key))
    })
}

/// The text with everything replaced that must not be shown.
pub fn without_passwords(text: &str) -> String {
    let Ok(mut document) = read(text) else {
        return HIDDEN.to_owned();
    };
    hide(document.as_item_mut(), false);
    document.to_string()
}

/// Replaces the values of [`SECRETS`] at and below `item`, or every value.
fn hide(item: &mut Item, is_secret: bool) {
    if let Some(tables) = item.as_array_of_tables_mut() {
        for table in tables.iter_mut() {
            hide_below(table, is_secret);
        }
    } else if let Some(table) = item.as_table_like_mut() {
        hide_below(table, is_secret);
    } else if let Some(value) = item.as_value_mut() {
        hide_value(value, is_secret);
    }
}

fn hide_below(table: &mut dyn TableLike, is_secret: bool) {
    for (key, item) in table.iter_mut() {
        hide(item, is_secret || SECRETS.contains(&key.get()));
    }
}

fn hide_value(value: &mut Value, is_secret: bool) {
    if let Some(table) = value.as_inline_table_mut() {
        hide_below(table, is_secret);
    } else if is_secret {
        let decor = value.decor().clone();
        *value = Value::from(HIDDEN);
        *value.decor_mut() = decor;
    } else if let Some(array) = value.as_array_mut() {
        array.iter_mut().for_each(|value| hide_value(value, false));
    }
}

fn read(text: &str) -> Result<DocumentMut, ReviseError> {
    text.parse().map_err(|error: toml_edit::TomlError| {
        ReviseError::Syntax(error.message().trim().replace('\n', ", "))
    })
}

/// Removes a key, if its table is there.
fn leave_out(
    mut table: &mut dyn TableLike,
    setting: &Wanted,
    to_overwrite: bool,
) -> Result<(), ReviseError> {
    for name in setting.table.split('.') {
        let Some(below) = table.get_mut(name) else {
            return Ok(());
        };
        table = below
            .as_table_like_mut()
            .ok_or(ReviseError::NotOne(setting.table))?;
    }
    let Some(item) = table.get(setting.key) else {
        return Ok(());
    };
    if !to_overwrite {
        let is_secret = SECRETS.contains(&setting.key);
        return Err(ReviseError::Differs {
            table: setting.table,
            key: setting.key.to_owned(),
            is: if is_secret {
                HIDDEN.to_owned()
            } else {
                bare(item)
            },
            wanted: setting.value.to_string(),
        });
    }
    table.remove(setting.key);
    Ok(())
}

fn set(table: &mut dyn TableLike, wanted: &Wanted, to_overwrite: bool) -> Result<(), ReviseError> {
    let differs = |key: &str, is: String| {
        if to_overwrite {
            return Ok(());
        }
        Err(ReviseError::Differs {
            table: wanted.table,
            key: key.to_owned(),
            is,
            wanted: wanted.value.to_string(),
        })
    };
    if PASSWORDS.contains(&wanted.key) {
        for other in PASSWORDS.into_iter().filter(|other| *other != wanted.key) {
            if table.contains_key(other) {
                differs(other, HIDDEN.to_owned())?;
                table.remove(other);
            }
        }
    }
    match table.get_mut(wanted.key) {
        Some(item) if wanted.value.is(item) => {}
        Some(item) => {
            differs(wanted.key, bare(item))?;
            let mut new = wanted.value.value();
            if let Some(old) = item.as_value() {
                *new.decor_mut() = old.decor().clone();
            }
            *item = Item::Value(new);
        }
        None => {
            table.insert(wanted.key, value(wanted.value.value()));
        }
    }
    Ok(())
}

/// A value without the comment after it.
fn bare(item: &Item) -> String {
    let mut bare = item.clone();
    if let Some(value) = bare.as_value_mut() {
        value.decor_mut().clear();
    }
    bare.to_string().trim().to_owned()
}

impl Setting {
    fn value(&self) -> Value {
        match self {
            Self::Absent => "".into(),
            Self::Text(text) => text.as_str().into(),
            Self::Texts(texts) => match texts.as_slice() {
                [only] => only.as_str().into(),
                texts => Value::Array(texts.iter().map(String::as_str).collect::<Array>()),
            },
            Self::Number(number) => i64::from(*number).into(),
        }
    }

    /// Whether a value says the same.
    fn is(&self, item: &Item) -> bool {
        match self {
            Self::Absent => item.is_none(),
            Self::Text(text) => item.as_str() == Some(text),
            Self::Number(number) => item.as_integer() == Some(i64::from(*number)),
            Self::Texts(texts) => match item.as_array() {
                Some(array) => array
                    .iter()
                    .map(Value::as_str)
                    .eq(texts.iter().map(|t| Some(t.as_str()))),
                None => item.as_str().is_some_and(|text| *texts == [text]),
            },
        }
    }
}

impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent => f.write_str("left out"),
            Self::Text(_) | Self::Texts(_) | Self::Number(_) => self.value().fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(table: &'static str, key: &'static str, text: &str) -> Wanted {
        Wanted {
            table,
            key,
            value: Setting::Text(text.to_owned()),
        }
    }

    #[test]
    fn a_new_one_says_what_was_asked_for() {
        let to = Wanted {
            table: "mail",
            key: "to",
            value: Setting::Texts(vec!["a@b".to_owned(), "c@d".to_owned()]),
        };
        let port = Wanted {
            table: "mail.smtp",
            key: "port",
            value: Setting::Number(25),
        };
        let wanted = [to, text("mail.smtp", "host", "h"), port];
        let new = revise(None, &wanted, false).unwrap();
        assert_eq!(
            new,
            "# The configuration of tcpw; tcpw.toml(5) describes every key.\n\n\
             [mail]\nto = [\"a@b\", \"c@d\"]\n\n[mail.smtp]\nhost = \"h\"\nport = 25\n"
        );
        assert_eq!(revise(Some(&new), &wanted, false), Ok(new));
    }

    #[test]
    fn comments_alone_stay_above_what_is_new() {
        let wanted = [text("mail", "to", "a@b")];
        let new = revise(Some("# mine\n\n#[mail]\n\n"), &wanted, false).unwrap();
        assert_eq!(new, "# mine\n\n#[mail]\n\n[mail]\nto = \"a@b\"\n");
        assert_eq!(revise(Some(&new), &wanted, false), Ok(new));
        // What is empty gets no header, as before.
        assert_eq!(
            revise(Some("\n"), &wanted, false).unwrap(),
            "[mail]\nto = \"a@b\"\n\n"
        );
    }

    #[test]
    fn what_is_there_stays_byte_for_byte() {
        let old = "# mine\n[mail]   # here\nto = 'x@y' # me\n\n[guard]\nkeep_in=[ \"10.0.0.1\" ]";
        let wanted = [text("mail", "language", "ko")];
        let new = revise(Some(old), &wanted, false).unwrap();
        assert_eq!(
            new.replace("language = \"ko\"\n", "").trim_end(),
            old,
            "{new}"
        );
        let wanted = [text("mail", "to", "z@y")];
        let error = revise(Some(old), &wanted, false).unwrap_err();
        assert_eq!(
            error.to_string(),
            "it says mail.to = 'x@y' already, which is not \"z@y\""
        );
        let new = revise(Some(old), &wanted, true).unwrap();
        assert!(new.contains("to = \"z@y\" # me\n"), "{new}");
    }

    #[test]
    fn passwords_are_neither_doubled_nor_shown() {
        let old = "[mail.smtp]\nhost = \"h\"\npassword = \"geheim\" # x\n";
        let wanted = [text("mail.smtp", "password_file", "/p")];
        let error = revise(Some(old), &wanted, false).unwrap_err().to_string();
        assert!(
            error.contains("(not shown)") && !error.contains("geheim"),
            "{error}"
        );
        let new = revise(Some(old), &wanted, true).unwrap();
        assert!(
            !new.contains("geheim") && new.contains("password_file"),
            "{new}"
        );
        assert_eq!(without_passwords(old), old.replace("geheim", HIDDEN));
        let inline = "mail.smtp = { password = 'geheim' }\n";
        assert!(!without_passwords(inline).contains("geheim"));
    }

    #[test]
    fn secrets_of_several_servers_and_of_channels_are_not_shown() {
        let all = "[[mail.smtp]]\nhost = 'h1'\npassword = 'geheim1' # x\n\
                   [[mail.smtp]]\nhost = 'h2'\npassword = 'geheim2'\n\
                   [[alert.webhook]]\nname = 'n'\nurl = 'https://h/geheim3'\nsecret = 'geheim4'\n\
                   [alert.webhook.headers]\nAuthorization = 'geheim5'\n";
        let inline = "mail.smtp = [{ host = 'h1', password = 'geheim1' }]\n\
                      [alert]\nwebhook = [{ headers = { A = 'geheim2' }, url = 'geheim3' }]\n";
        for text in [all, inline] {
            let shown = without_passwords(text);
            assert!(
                !shown.contains("geheim") && shown.contains("'h1'"),
                "{shown}"
            );
            assert_eq!(shown.lines().count(), text.lines().count());
        }
        let wanted = [text("mail.smtp", "host", "h3")];
        for to_overwrite in [false, true] {
            let error = revise(Some(all), &wanted, to_overwrite);
            assert_eq!(error, Err(ReviseError::NotOne("mail.smtp")));
        }
        let wanted = [text("mail", "language", "ko")];
        assert!(revise(Some(all), &wanted, false).is_ok_and(|new| new.contains(all)));
    }
}
