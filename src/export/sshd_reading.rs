//! Reads the file for `sshd_config.d` again.

use super::installed::{Installed, Layer, Misread};
use super::intervals::Kind;
use crate::escape::visible_short;

/// As much of a line as is shown.
const SHOWN: usize = 80;

/// Reads the file.
///
/// # Errors
/// At the first line that is not one of ours.
pub fn read_sshd(text: &str) -> Result<Installed, Misread> {
    let mut installed = Installed::default();
    let mut list: Option<&str> = None;
    let mut refuses = false;
    let mut is_closed = false;
    for (at, line) in text.lines().enumerate() {
        let line = line.trim();
        let words: Vec<&str> = line.split_ascii_whitespace().collect();
        match *words.as_slice() {
            [] => {}
            [first, ..] if first.starts_with('#') => {}
            ["PerSourcePenaltyExemptList", _] if list.is_none() => installed.line(line),
            ["Match", "Address", addresses] if list.is_none() => list = Some(addresses),
            ["RefuseConnection", "yes"] if list.is_some() && !is_closed => installed.line(line),
            ["DenyUsers", "*"] if list.is_some() && !is_closed => refuses = true,
            ["Match", "all"] if list.is_some() && refuses => is_closed = true,
            _ => return Err(misread(at + 1, line)),
        }
    }
    if list.is_some() && !is_closed {
        let what = "the block after Match Address does not refuse and end".to_owned();
        let line = text.lines().count();
        return Err(Misread { line, what });
    }
    let (layers, rest) = match list {
        None => (Vec::new(), true),
        Some(list) => addresses(list)?,
    };
    installed.part("sshd", layers, |_| rest);
    Ok(installed)
}

fn misread(line: usize, text: &str) -> Misread {
    let shown = visible_short(text.as_bytes(), SHOWN);
    let what = format!("`{shown}` is not written by tcpw export");
    Misread { line, what }
}

/// The addresses of a list, and whether whoever is on none of them is admitted.
fn addresses(list: &str) -> Result<(Vec<Layer>, bool), Misread> {
    let (is_all, list) = match list.strip_prefix('*') {
        Some(rest) => (true, rest.strip_prefix(',').unwrap_or(rest)),
        None => (false, list),
    };
    let mut intervals = [Vec::new(), Vec::new()];
    for word in list.split(',').filter(|word| !word.is_empty()) {
        let entry = match word.strip_prefix('!') {
            Some(entry) if is_all => entry,
            None if !is_all => word,
            Some(_) | None => return Err(misread(1, word)),
        };
        let (kind, interval) = Kind::read(entry)
            .filter(|_| !entry.contains('-'))
            .ok_or_else(|| misread(1, word))?;
        let [four, six] = &mut intervals;
        match kind {
            Kind::Four => four.push(interval),
            Kind::Six => six.push(interval),
        }
    }
    let layers = Kind::BOTH.into_iter().zip(intervals);
    let layers = layers.map(|(kind, intervals)| Layer {
        kind,
        intervals,
        is_granted: is_all,
    });
    Ok((layers.collect(), !is_all))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_that_open_or_mean_nothing_are_not_ours() {
        let block = |list: &str| format!("Match Address {list}\n\tDenyUsers *\nMatch all\n");
        let wanted = read_sshd(&block("*,!10.0.0.0/8")).unwrap();
        for list in ["*,!10.0.0.0/9,!10.128.0.0/9", "*,!10.128.0.0/9,!10.0.0.0/9"] {
            assert_eq!(
                read_sshd(&block(list)).unwrap().mismatches(&wanted),
                [],
                "{list}"
            );
        }
        for list in [
            "!10.0.0.0/8",
            "*,10.0.0.0/8",
            "*,!10.0.0.1/8",
            "0.0.0.0/0,!10.0.0.0/8",
            "*,!10.0.0.0/9",
            "*",
            "*,!10.0.0.0/8,!::/0",
            "0.0.0.0/5,8.0.0.0/7,11.0.0.0/8,12.0.0.0/6,16.0.0.0/4,32.0.0.0/3,64.0.0.0/2,128.0.0.0/1",
        ] {
            let found = read_sshd(&block(list)).map(|read| read.mismatches(&wanted));
            assert_ne!(found, Ok(Vec::new()), "{list}");
        }
        for text in [
            "Match Address *,!10.0.0.0/8\n",
            "Match Address *,!10.0.0.0/8\n\tDenyUsers *\n",
            "Match Address *,!10.0.0.0/8\n\tDenyUsers bob\nMatch all\n",
            "Match Address *,!10.0.0.0/8\n\tDenyUsers *\nMatch all\nPort 23\n",
            "PermitRootLogin yes\n",
        ] {
            assert!(read_sshd(text).is_err(), "{text}");
        }
        assert_ne!(read_sshd("").unwrap().mismatches(&wanted), []);
    }
}
