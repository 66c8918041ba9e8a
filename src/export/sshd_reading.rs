//! Reads the file for `sshd_config.d` again.

use super::installed::{Installed, Layer, Misread};
use super::intervals::{Kind, union};
use super::link_local::{PATTERNS, elsewhere};

/// Reads the file.
///
/// # Errors
/// At the first line that is not one of ours.
pub fn read_sshd(text: &str) -> Result<Installed, Misread> {
    let mut installed = Installed::default();
    let mut list: Option<(usize, &str)> = None;
    let mut refuses = false;
    let mut is_closed = false;
    for (at, line) in text.lines().enumerate() {
        let line = line.trim();
        let words: Vec<&str> = line.split_ascii_whitespace().collect();
        match *words.as_slice() {
            [] => {}
            [first, ..] if first.starts_with('#') => {}
            ["PerSourcePenaltyExemptList", _] if list.is_none() => installed.line(line),
            ["Match", "Address", addresses] if list.is_none() => list = Some((at + 1, addresses)),
            ["RefuseConnection", "yes"] if list.is_some() && !is_closed => installed.line(line),
            ["DenyUsers", "*"] if list.is_some() && !is_closed => refuses = true,
            ["Match", "all"] if list.is_some() && refuses => is_closed = true,
            _ => return Err(Misread::strange(at + 1, line)),
        }
    }
    if list.is_some() && !is_closed {
        let what = "the block after Match Address does not refuse and end";
        return Err(Misread::new(text.lines().count(), what));
    }
    let (layers, rest) = match list {
        None => (Vec::new(), true),
        Some((line, list)) => addresses(line, list)?,
    };
    installed.part("sshd", layers, |_| rest);
    Ok(installed)
}

/// The addresses of a list, and whether whoever is on none of them is admitted.
fn addresses(line: usize, list: &str) -> Result<(Vec<Layer>, bool), Misread> {
    let strange = |word| Misread::strange(line, word);
    let mut words = list.split(',').peekable();
    let is_all = words.next_if_eq(&"*").is_some();
    let mut intervals = [Vec::new(), Vec::new()];
    let mut link_local = Vec::new();
    for word in words {
        let entry = match word.strip_prefix('!') {
            Some(entry) if is_all => entry,
            None if !is_all => word,
            Some(_) | None => return Err(strange(word)),
        };
        if let Some((_, interval)) = PATTERNS.iter().find(|(pattern, _)| *pattern == entry) {
            link_local.push(*interval);
            continue;
        }
        let (kind, interval) = Kind::read(entry)
            .filter(|_| !entry.contains('-'))
            .ok_or_else(|| strange(word))?;
        let [four, six] = &mut intervals;
        match kind {
            Kind::Four => four.push(interval),
            Kind::Six => six.push(interval),
        }
    }
    let [four, six] = intervals;
    // Link-local clients have a zone, and no network matches them.
    link_local.extend(elsewhere(&union(six)));
    let intervals = [four, link_local];
    let layers = Kind::BOTH.into_iter().zip(intervals);
    let layers = layers.map(|(kind, intervals)| Layer {
        kind,
        intervals,
        is_granted: is_all,
        ends: None,
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
            "*!10.0.0.0/8",
            "*,",
            "*,,!10.0.0.0/8",
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

    #[test]
    fn a_list_of_the_admitted_and_one_of_the_refused_can_say_the_same() {
        let read = |list: &str| {
            read_sshd(&format!("Match Address {list}\n\tDenyUsers *\nMatch all\n")).unwrap()
        };
        let admitted = read("*,!128.0.0.0/1,!::/0,!fe8?:*,!fe9?:*,!fea?:*,!feb?:*");
        assert_eq!(read("0.0.0.0/1").mismatches(&admitted), []);
        let found = read("0.0.0.0/2").mismatches(&admitted);
        assert_eq!(found.len(), 1, "{found:?}");
    }

    #[test]
    fn networks_do_not_match_clients_with_a_zone() {
        let read = |list: &str| {
            read_sshd(&format!("Match Address {list}\n\tDenyUsers *\nMatch all\n")).unwrap()
        };
        let admitted = read("*,!::/0,!fe8?:*,!fe9?:*,!fea?:*,!feb?:*");
        assert_eq!(read("*,!::/0").mismatches(&admitted).len(), 1);
        assert_eq!(read("*,!::/0,!fe8?:*").mismatches(&admitted).len(), 1);
        let refused = read("::1,fe8?:*,fe9?:*,fea?:*,feb?:*");
        assert_eq!(read("::1,fe80::/10").mismatches(&refused).len(), 1);
    }
}
