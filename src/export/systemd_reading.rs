//! Reads the drop-ins for units of systemd again.

use super::file::ExportedFile;
use super::installed::{Installed, Layer, Misread};
use super::intervals::{Interval, Kind, complement, union};
use super::served::is_unit;
use super::systemd::{DROP_IN, section};

/// Reads the drop-ins.
///
/// # Errors
/// At the first line that is not one of ours.
pub fn read_systemd(files: &[ExportedFile]) -> Result<Installed, Misread> {
    let mut installed = Installed::default();
    for file in files {
        let folder = file.path.strip_suffix(DROP_IN);
        let unit = folder.and_then(|folder| folder.strip_suffix(".d/"));
        let Some(unit) = unit.filter(|unit| is_unit(unit)) else {
            return Err(Misread::strange(1, &file.path).of(&file.path));
        };
        let layers = drop_in(unit, &file.text).map_err(|misread| misread.of(&file.path))?;
        installed.part(unit, layers, |_| true);
    }
    Ok(installed)
}

/// Whom the drop-in of a unit refuses.
fn drop_in(unit: &str, text: &str) -> Result<Vec<Layer>, Misread> {
    let mut is_there = false;
    let mut allowed: [Vec<Interval>; 2] = Default::default();
    let mut denied: [Vec<Interval>; 2] = Default::default();
    for (at, line) in text.lines().enumerate() {
        let strange = || Misread::strange(at + 1, line);
        let line = line.trim();
        if line.is_empty() || line.starts_with(['#', ';']) {
            continue;
        }
        if line == section(unit) && !is_there {
            is_there = true;
            continue;
        }
        let (key, words) = line.split_once('=').ok_or_else(strange)?;
        let list = match key {
            "IPAddressAllow" if is_there => &mut allowed,
            "IPAddressDeny" if is_there => &mut denied,
            _ => return Err(strange()),
        };
        // An empty list is more than nothing: it takes back what the unit itself has.
        if words.is_empty() {
            return Err(strange());
        }
        for word in words.split_ascii_whitespace() {
            let read = Kind::read(word).filter(|_| !word.contains('-'));
            let (kind, interval) = read.ok_or_else(strange)?;
            let [four, six] = &mut *list;
            match kind {
                Kind::Four => four.push(interval),
                Kind::Six => six.push(interval),
            }
        }
    }
    if !is_there {
        let what = format!("the section {} is not there", section(unit));
        return Err(Misread::new(text.lines().count(), what));
    }
    let sets = Kind::BOTH.into_iter().zip(allowed).zip(denied);
    let layers = sets.map(|((kind, mut passing), denied)| {
        passing.extend(complement(kind, &union(denied)));
        Layer {
            kind,
            intervals: complement(kind, &union(passing)),
            is_granted: false,
            ends: None,
        }
    });
    Ok(layers.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Installed, Misread> {
        read_systemd(&[ExportedFile {
            path: "ssh.service.d/50-tcpw.conf".to_owned(),
            text: text.to_owned(),
        }])
    }

    #[test]
    fn the_allowed_are_asked_before_the_denied() {
        let wanted =
            read("[Service]\nIPAddressAllow=10.0.0.0/8\nIPAddressDeny=0.0.0.0/0\n").unwrap();
        for same in [
            "# x\n\n[Service]\nIPAddressDeny=0.0.0.0/0\nIPAddressAllow=10.0.0.0/9\nIPAddressAllow=10.128.0.0/9\n",
            "[Service]\nIPAddressDeny=0.0.0.0/0 10.1.0.0/16\nIPAddressAllow=10.0.0.0/8\n",
            "[Service]\nIPAddressDeny=0.0.0.0/5 8.0.0.0/7 11.0.0.0/8 12.0.0.0/6 16.0.0.0/4 32.0.0.0/3 64.0.0.0/2 128.0.0.0/1\n",
        ] {
            assert_eq!(read(same).unwrap().mismatches(&wanted), [], "{same}");
        }
        for other in [
            "[Service]\n",
            "[Service]\nIPAddressAllow=10.0.0.0/8\n",
            "[Service]\nIPAddressAllow=10.0.0.0/9\nIPAddressDeny=0.0.0.0/0\n",
            "[Service]\nIPAddressAllow=10.0.0.0/8\nIPAddressDeny=0.0.0.0/0 ::/0\n",
        ] {
            assert_ne!(read(other).unwrap().mismatches(&wanted), [], "{other}");
        }
    }

    #[test]
    fn what_is_not_ours_is_not_read() {
        for text in [
            "",
            "IPAddressDeny=0.0.0.0/0\n",
            "[Socket]\nIPAddressDeny=0.0.0.0/0\n",
            "[Service]\nIPAddressDeny=\n",
            "[Service]\nIPAddressDeny=any\n",
            "[Service]\nIPAddressDeny=10.0.0.1/8\n",
            "[Service]\nIPAddressDeny=10.0.0.1-10.0.0.9\n",
            "[Service]\nIPAddressDeny=10.0.0.0/8 \\\n",
            "[Service]\nUser=root\n",
            "[Service]\n[Service]\n",
            "[Service]\nIPAddressDeny =10.0.0.0/8\n",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
