//! The words of a language, and values put into their sentences.

use crate::alert::letter::words::table::{Counted, Words};
use crate::alert::letter::words::{english, korean};
use crate::values::Language;

impl Counted {
    /// The form for `count`, with the number in it.
    pub(crate) fn of(self, count: u64) -> String {
        let form = if count == 1 { self.one } else { self.many };
        fill(form, &[("count", &number(count))])
    }
}

/// The words of `language`.
pub(crate) fn words(language: Language) -> &'static Words {
    match language {
        Language::English => &english::WORDS,
        Language::Korean => &korean::WORDS,
    }
}

/// Puts the values into `{...}`, in one pass: a value that holds `{...}` stays as it is.
pub(crate) fn fill(template: &str, values: &[(&str, &str)]) -> String {
    let mut out = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let (name, behind) = after.split_once('}').unwrap_or((after, ""));
        if let Some((_, value)) = values.iter().find(|(known, _)| *known == name) {
            out.push_str(value);
            rest = behind;
        } else {
            out.push('{');
            rest = after;
        }
    }
    out.push_str(rest);
    out
}

/// A number with a comma between thousands.
pub(crate) fn number(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    /// Every text of a language with its place.
    fn texts(value: &Value, place: &str, found: &mut Vec<(String, String)>) {
        match value {
            Value::String(text) => found.push((place.to_owned(), text.clone())),
            Value::Object(fields) => {
                for (name, value) in fields {
                    texts(value, &format!("{place}.{name}"), found);
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => {
                panic!("{place} is not text: {value}")
            }
        }
    }

    fn all(language: Language) -> Vec<(String, String)> {
        let mut found = Vec::new();
        let value = serde_json::to_value(words(language)).unwrap();
        texts(&value, "", &mut found);
        found
    }

    fn places(text: &str) -> Vec<&str> {
        let mut names: Vec<&str> = text
            .split('{')
            .skip(1)
            .filter_map(|rest| rest.split_once('}').map(|(name, _)| name))
            .collect();
        names.sort_unstable();
        names
    }

    /// Hangul syllables.
    fn is_korean(text: &str) -> bool {
        text.chars().any(|c| ('\u{ac00}'..='\u{d7a3}').contains(&c))
    }

    #[test]
    fn every_text_is_there_in_both_languages() {
        let (english, korean) = (all(Language::English), all(Language::Korean));
        assert!(english.len() > 120, "{}", english.len());
        for ((place, english), (other, korean)) in english.iter().zip(&korean) {
            assert_eq!(place, other);
            assert!(!english.trim().is_empty() && english.is_ascii(), "{place}");
            if place == ".tag" {
                continue;
            }
            assert!(is_korean(korean), "{place} is not translated: {korean}");
            // What counts one may leave the number out.
            let values = |text| -> Vec<String> {
                let names = places(text).into_iter().map(str::to_owned);
                names
                    .filter(|name| name != "count" || !place.ends_with("one"))
                    .collect()
            };
            assert_eq!(values(english), values(korean), "{place}");
        }
    }

    #[test]
    fn numbers_and_values_go_where_they_belong() {
        assert_eq!(number(0), "0");
        assert_eq!(number(999), "999");
        assert_eq!(number(1_234_567), "1,234,567");
        let values = [("a", "{b}"), ("b", "x")];
        assert_eq!(fill("{a} {b} {c} {", &values), "{b} x {c} {");
    }
}
