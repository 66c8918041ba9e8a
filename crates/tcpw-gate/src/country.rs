//! Codes of countries: those of ISO 3166-1, and those that databases use beside them.

use std::fmt;

/// The codes of ISO 3166-1 alpha-2, without blanks between them.
const ISO: &[u8] = b"\
ADAEAFAGAIALAMAOAQARASATAUAWAXAZBABBBDBEBFBGBHBIBJBLBMBNBOBQBRBSBTBVBWBYBZ\
CACCCDCFCGCHCICKCLCMCNCOCRCUCVCWCXCYCZDEDJDKDMDODZECEEEGEHERESETFIFJFKFMFOFR\
GAGBGDGEGFGGGHGIGLGMGNGPGQGRGSGTGUGWGYHKHMHNHRHTHUIDIEILIMINIOIQIRISITJEJMJOJP\
KEKGKHKIKMKNKPKRKWKYKZLALBLCLILKLRLSLTLULVLYMAMCMDMEMFMGMHMKMLMMMNMOMPMQMRMSMTMUMVMWMXMYMZ\
NANCNENFNGNINLNONPNRNUNZOMPAPEPFPGPHPKPLPMPNPRPSPTPWPYQARERORSRURW\
SASBSCSDSESGSHSISJSKSLSMSNSOSRSSSTSVSXSYSZTCTDTFTGTHTJTKTLTMTNTOTRTTTVTWTZ\
UAUGUMUSUYUZVAVCVEVGVIVNVUWFWSYEYTZAZMZW";
/// Codes of databases that ISO 3166-1 does not have: Europe and Asia and the Pacific where no country
/// is known, Kosovo, anonymous proxies, satellites, others, the former Netherlands Antilles and
/// metropolitan France. Most of them stand in legacy databases only.
const BESIDE: &[u8] = b"EUAPXKA1A2O1ANFX";
/// What databases say of addresses whose country they do not know.
const UNKNOWN: &[u8] = b"--ZZXX";

/// A code of two letters (or a letter and a digit) that databases have for a country.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Country([u8; 2]);

impl Country {
    /// The country that an option names, in capitals or small letters; nothing where no such code is.
    pub fn of_option(word: &[u8]) -> Option<Self> {
        let code = Self(
            <[u8; 2]>::try_from(word)
                .ok()?
                .map(|byte| byte.to_ascii_uppercase()),
        );
        (code.is_iso() || holds(BESIDE, code.0)).then_some(code)
    }

    /// The country that a database has for an address; nothing where that says that it is not known.
    pub fn of_data(word: &[u8]) -> Option<Self> {
        let code = <[u8; 2]>::try_from(word).ok()?;
        let is_code = code.iter().all(u8::is_ascii_alphanumeric) && !holds(UNKNOWN, code);
        is_code.then(|| Self(code.map(|byte| byte.to_ascii_uppercase())))
    }

    /// Whether ISO 3166-1 has the code; others are found in few databases.
    pub fn is_iso(self) -> bool {
        holds(ISO, self.0)
    }
}

/// Whether `codes`, which follow each other without blanks, have `code`.
fn holds(codes: &[u8], code: [u8; 2]) -> bool {
    codes.chunks_exact(2).any(|one| one == code)
}

impl fmt::Display for Country {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [first, second] = self.0;
        write!(out, "{}{}", char::from(first), char::from(second))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_codes_of_countries_are_taken() {
        assert_eq!(ISO.len(), 2 * 249);
        let mut sorted: Vec<_> = ISO.chunks_exact(2).collect();
        sorted.sort_unstable();
        sorted.dedup();
        assert_eq!(sorted.concat(), ISO);
        for word in ["KR", "kr", "XK", "EU", "A1"] {
            let country = Country::of_option(word.as_bytes()).unwrap();
            assert_eq!(country.to_string(), word.to_ascii_uppercase());
        }
        for word in ["", "K", "KOR", "UK", "XX", "ZZ", "--", "K R", "\u{e9}"] {
            assert_eq!(Country::of_option(word.as_bytes()), None, "{word}");
        }
        assert!(!Country::of_option(b"EU").unwrap().is_iso());
        assert!(Country::of_option(b"GB").unwrap().is_iso());
    }

    #[test]
    fn a_database_may_know_a_country_that_options_do_not_take() {
        assert_eq!(Country::of_data(b"Q7").unwrap().to_string(), "Q7");
        for word in ["", "--", "ZZ", "XX", "\x1b[", "KOR"] {
            assert_eq!(Country::of_data(word.as_bytes()), None);
        }
    }
}
