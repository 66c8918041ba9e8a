//! What a database says of an address.

use crate::country::Country;
use crate::label::Edition;

/// What a database says of an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Value {
    /// The country it is in.
    Country(Country),
    /// The autonomous system that its network belongs to.
    Asn(u32),
}

impl Value {
    /// The country in the text of a database; nothing where that says that it is not known.
    pub(crate) fn of_code(text: &str) -> Option<Self> {
        Country::of_data(text.as_bytes()).map(Self::Country)
    }

    /// The autonomous system in a text such as `AS64500 Example Networks`.
    pub(crate) fn of_owner(text: &str) -> Option<Self> {
        let digits = text.strip_prefix("AS")?;
        let end = digits
            .find(|letter: char| !letter.is_ascii_digit())
            .unwrap_or(digits.len());
        digits.get(..end)?.parse().ok().and_then(Self::of_number)
    }

    /// The autonomous system of a number; 0 stands for none.
    pub(crate) fn of_number(number: u32) -> Option<Self> {
        (number > 0).then_some(Self::Asn(number))
    }
}

/// Whether a database is about what is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fit {
    /// It is.
    Yes,
    /// It is about something else.
    No,
    /// Its name does not say; its records will.
    Unsure,
}

/// Words in the names of databases that know countries.
const COUNTRY_WORDS: [&str; 5] = ["country", "city", "enterprise", "location", "insights"];
/// Words in the names of databases that know autonomous systems.
const ASN_WORDS: [&str; 4] = ["asn", "isp", "enterprise", "insights"];
/// Words in the names of databases that know neither.
const OTHER_WORDS: [&str; 7] = [
    "domain",
    "connection",
    "anonymous",
    "privacy",
    "proxy",
    "carrier",
    "user-count",
];

impl Fit {
    /// Whether a database that calls itself `name` is about `edition`.
    pub(crate) fn of_name(name: &str, edition: Edition) -> Self {
        let name = name.to_ascii_lowercase();
        let has = |words: &[&str]| words.iter().any(|word| name.contains(word));
        let (own, other) = match edition {
            Edition::Country => (has(&COUNTRY_WORDS), has(&ASN_WORDS)),
            Edition::Asn => (has(&ASN_WORDS), has(&COUNTRY_WORDS)),
        };
        if own {
            Self::Yes
        } else if other || has(&OTHER_WORDS) {
            Self::No
        } else {
            Self::Unsure
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn owners_are_read_as_databases_write_them() {
        for (text, number) in [
            ("AS64500", Some(64_500)),
            ("AS15169 Google LLC", Some(15_169)),
            ("AS0", None),
            ("AS4294967296", None),
            ("AS", None),
            ("", None),
            ("64500", None),
        ] {
            assert_eq!(Value::of_owner(text), number.map(Value::Asn), "{text}");
        }
    }

    #[test]
    fn names_say_what_a_database_is_about() {
        use Fit::{No, Unsure, Yes};
        for (name, country, asn) in [
            ("GeoLite2-Country", Yes, No),
            ("GeoLite2-City", Yes, No),
            ("GeoLite2-ASN", No, Yes),
            ("GeoIP2-ISP", No, Yes),
            ("GeoIP2-Enterprise", Yes, Yes),
            ("DBIP-Country-Lite", Yes, No),
            ("DBIP-ASN-Lite (compat=GeoLite2-ASN)", No, Yes),
            ("ipinfo generic_country_asn_free.mmdb", Yes, Yes),
            ("ipinfo lite_v1.mmdb", Unsure, Unsure),
            ("GeoIP2-Domain", No, No),
            ("GeoIP2-Anonymous-IP", No, No),
            ("", Unsure, Unsure),
        ] {
            assert_eq!(Fit::of_name(name, Edition::Country), country, "{name}");
            assert_eq!(Fit::of_name(name, Edition::Asn), asn, "{name}");
        }
    }
}
