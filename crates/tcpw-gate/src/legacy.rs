//! Databases in the legacy format of MaxMind (`GeoIP.dat`, `GeoIPv6.dat`, `GeoIPASNum.dat`).
//!
//! The file begins with a tree of pairs of three-byte numbers, lowest byte first; a number that is not
//! below the count of pairs is a leaf. At the end stand three zero bytes, a text about the database,
//! three bytes `ff`, the number of the edition and, for owners of networks, the count of pairs.

use crate::country::Country;
use crate::label::{Edition, Label};
use crate::map::Map;
use crate::network::Network;
use crate::value::{Fit, Value};
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::Path;

/// The codes of countries by their numbers, without blanks between them (libGeoIP 1.6.12).
const CODES: &[u8] = b"\
--APEUADAEAFAGAIALAMCWAOAQARASATAUAWAZBABBBDBEBFBGBHBIBJBMBNBOBRBSBTBVBWBYBZ\
CACCCDCFCGCHCICKCLCMCNCOCRCUCVCXCYCZDEDJDKDMDODZECEEEGEHERESETFIFJFKFMFOFRSX\
GAGBGDGEGFGHGIGLGMGNGPGQGRGSGTGUGWGYHKHMHNHRHTHUIDIEILINIOIQIRISITJMJOJP\
KEKGKHKIKMKNKPKRKWKYKZLALBLCLILKLRLSLTLULVLYMAMCMDMGMHMKMLMMMNMOMPMQMRMSMTMUMVMWMXMYMZ\
NANCNENFNGNINLNONPNRNUNZOMPAPEPFPGPHPKPLPMPNPRPSPTPWPYQARERORURW\
SASBSCSDSESGSHSISJSKSLSMSNSOSRSTSVSYSZTCTDTFTGTHTJTKTMTNTOTLTRTTTVTWTZ\
UAUGUMUSUYUZVAVCVEVGVIVNVUWFWSYEYTRSZAZMMEZWA1A2O1AXGGIMJEBLMFBQSSO1";
/// The number from which on leaves are countries.
const FIRST_COUNTRY: u32 = 16_776_960;
/// How far from the end the number of the edition is looked for, in bytes.
const STRUCTURE: usize = 20;
/// How far before that the text is looked for.
const TEXT: usize = 100;
/// The bytes of a pair.
const PAIR: usize = 6;
/// Where the names of owners begin, in bytes after the leaf's number, for each pair.
const TO_NAMES: usize = 5;
/// The longest name of an owner that is read, in bytes.
const NAME: usize = 300;
/// How many networks a tree may have for each of its pairs; more is a circle.
const NETWORKS_PER_PAIR: u64 = 16;

/// An open database.
#[derive(Debug)]
pub(crate) struct Legacy {
    map: Map,
    edition: Edition,
    is_v6: bool,
    /// Numbers from this on are leaves.
    leaves: u32,
    label: Label,
}

/// Where the end of the tree is described.
struct Structure {
    /// The place of the bytes `ff`.
    at: usize,
    /// The number of the edition.
    edition: u8,
}

impl Legacy {
    /// Whether the bytes end as such a database does.
    pub(crate) fn is_one(bytes: &[u8]) -> bool {
        Structure::find(bytes).is_some()
    }

    /// Opens the database in `map`, which was found at `path`.
    pub(crate) fn open(map: Map, path: &Path) -> Result<Self, String> {
        let bytes = map.as_ref();
        let found = Structure::find(bytes).ok_or("it is not a database")?;
        let (edition, is_v6) = match found.edition {
            1 => (Edition::Country, false),
            12 => (Edition::Country, true),
            9 => (Edition::Asn, false),
            21 => (Edition::Asn, true),
            other => {
                return Err(format!(
                    "it is a legacy database of edition {other}, which has no countries and no AS numbers"
                ));
            }
        };
        let leaves = match edition {
            Edition::Country => FIRST_COUNTRY,
            Edition::Asn => number(bytes, found.at + 4).ok_or("it ends too early")?,
        };
        let text = text(bytes, found.at);
        let label = Label {
            path: path.to_owned(),
            built: built(&text),
            name: text.split(' ').next().unwrap_or_default().to_owned(),
        };
        Ok(Self {
            map,
            edition,
            is_v6,
            leaves,
            label,
        })
    }

    /// How it is called.
    pub(crate) fn label(&self) -> &Label {
        &self.label
    }

    /// Whether it is about `edition`.
    pub(crate) fn fit(&self, edition: Edition) -> Fit {
        if self.edition == edition {
            Fit::Yes
        } else {
            Fit::No
        }
    }

    /// Whether it has addresses of IPv6, or else of IPv4.
    pub(crate) fn has_family(&self, is_v6: bool) -> bool {
        self.is_v6 == is_v6
    }

    /// What it says of an address of its own family.
    pub(crate) fn find(&self, address: IpAddr) -> Result<Option<Value>, String> {
        let (bits, length) = match address {
            IpAddr::V4(address) => (u128::from(address.to_bits()) << 96, 32),
            IpAddr::V6(address) => (address.to_bits(), 128),
        };
        let mut pair = 0;
        for depth in 0..length {
            let is_right = bits << depth >> 127 == 1;
            let next = self.child(pair, is_right)?;
            if next >= self.leaves {
                return self.leaf(next);
            }
            pair = next;
        }
        Err("its tree is deeper than addresses are long".to_owned())
    }

    fn child(&self, pair: u32, is_right: bool) -> Result<u32, String> {
        let at = usize::try_from(pair)
            .ok()
            .and_then(|pair| pair.checked_mul(PAIR));
        let at = at.and_then(|at| at.checked_add(if is_right { PAIR / 2 } else { 0 }));
        at.and_then(|at| number(self.map.as_ref(), at))
            .ok_or_else(|| "its tree points beyond its end".to_owned())
    }

    fn leaf(&self, leaf: u32) -> Result<Option<Value>, String> {
        let place = usize::try_from(leaf - self.leaves).unwrap_or(usize::MAX);
        match self.edition {
            Edition::Country => {
                let code = CODES.chunks_exact(2).nth(place);
                let code = code.ok_or("it has a country of no known number")?;
                Ok(Country::of_data(code).map(Value::Country))
            }
            Edition::Asn if place == 0 => Ok(None),
            Edition::Asn => {
                let pairs = usize::try_from(self.leaves).unwrap_or(usize::MAX);
                let leaf = usize::try_from(leaf).unwrap_or(usize::MAX);
                let start = pairs.saturating_mul(TO_NAMES).saturating_add(leaf);
                let rest = self.map.as_ref().get(start..).unwrap_or_default();
                let rest = rest.get(..NAME).unwrap_or(rest);
                let end = rest.iter().position(|&byte| byte == 0);
                let name = end.and_then(|end| rest.get(..end));
                let name = name.ok_or("it has an owner whose name does not end")?;
                let start = name.get(..name.len().min(12)).unwrap_or_default();
                Ok(Value::of_owner(&String::from_utf8_lossy(start)))
            }
        }
    }

    /// Goes through all networks, in order, with what is said of each.
    pub(crate) fn each(
        &self,
        is_v6: bool,
        visit: &mut dyn FnMut(Network, Option<Value>),
    ) -> Result<(), String> {
        if is_v6 != self.is_v6 {
            return Ok(());
        }
        let length: u8 = if is_v6 { 128 } else { 32 };
        let pairs = u64::try_from(self.map.as_ref().len() / PAIR).unwrap_or(u64::MAX);
        let most = pairs.saturating_mul(NETWORKS_PER_PAIR);
        let mut seen: u64 = 0;
        let mut left = vec![(0_u32, 0_u128, 0_u8)];
        while let Some((next, bits, depth)) = left.pop() {
            if next < self.leaves {
                if depth >= length {
                    return Err("its tree is deeper than addresses are long".to_owned());
                }
                // The left half is visited first.
                let right = bits | 1 << (127 - depth);
                left.push((self.child(next, true)?, right, depth + 1));
                left.push((self.child(next, false)?, bits, depth + 1));
                continue;
            }
            seen += 1;
            if seen > most {
                return Err("its tree has a circle".to_owned());
            }
            let address = if is_v6 {
                IpAddr::V6(Ipv6Addr::from_bits(bits))
            } else {
                let bits = u32::try_from(bits >> 96).unwrap_or_default();
                IpAddr::V4(Ipv4Addr::from_bits(bits))
            };
            if let Some(network) = Network::of_prefix(address, depth) {
                visit(network, self.leaf(next)?);
            }
        }
        Ok(())
    }
}

impl Structure {
    fn find(bytes: &[u8]) -> Option<Self> {
        (0..STRUCTURE).find_map(|back| {
            let at = bytes.len().checked_sub(3 + back)?;
            let is_mark = bytes.get(at..at + 3)? == [0xff; 3];
            let edition = bytes.get(at + 3).filter(|_| is_mark)?;
            // Older databases count from 106.
            let edition = edition.checked_sub(105).unwrap_or(*edition);
            Some(Self { at, edition })
        })
    }
}

/// The three bytes at a place, as a number.
fn number(bytes: &[u8], at: usize) -> Option<u32> {
    match bytes.get(at..at.checked_add(3)?)? {
        &[low, middle, high] => Some(u32::from_le_bytes([low, middle, high, 0])),
        _ => None,
    }
}

/// The text about the database that ends at `end`.
fn text(bytes: &[u8], end: usize) -> String {
    let near = bytes.get(end.saturating_sub(TEXT)..end).unwrap_or_default();
    let zeros = near.windows(3).rposition(|three| three == [0; 3]);
    let text = zeros.and_then(|at| near.get(at + 3..)).unwrap_or_default();
    String::from_utf8_lossy(text).trim().to_owned()
}

/// The day in a text such as `GEO-106FREE 20180605 Build 1 Copyright (c) 2018 MaxMind Inc`. What
/// Debian builds has the day of its package there and nothing after `Build`: the day of the data, which
/// may be years older, stands nowhere.
fn built(text: &str) -> Option<DateTime<Utc>> {
    if text.ends_with("Build") {
        return None;
    }
    let is_day = |word: &&str| word.len() == 8 && word.bytes().all(|byte| byte.is_ascii_digit());
    let day = text.split_ascii_whitespace().find(is_day)?;
    let day = NaiveDate::parse_from_str(day, "%Y%m%d").ok()?;
    Some(day.and_time(NaiveTime::MIN).and_utc())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_has_a_code_for_every_number_and_the_last_one_too() {
        assert_eq!(CODES.len(), 2 * 256);
        let at = |number: usize| std::str::from_utf8(&CODES[2 * number..2 * number + 2]).unwrap();
        assert_eq!(
            (at(0), at(1), at(119), at(225), at(255)),
            ("--", "AP", "KR", "US", "O1")
        );
    }

    #[test]
    fn the_day_in_the_text_is_the_day_of_the_data_or_none() {
        let day = |text| built(text).map(|day| day.format("%Y-%m-%d").to_string());
        let text =
            "GEO-106FREE 20180605 Build 1 Copyright (c) 2018 MaxMind Inc All Rights Reserved";
        assert_eq!(day(text).unwrap(), "2018-06-05");
        assert_eq!(day("GEO-117 20191313 Build 1"), None);
        assert_eq!(day("GEO-106FREE 20260704 Build"), None);
        assert_eq!(day(""), None);
    }
}
