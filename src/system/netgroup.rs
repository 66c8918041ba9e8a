//! Netgroups from `/etc/netgroup`, the files backend of netgroup(5).

use super::program::{Ended, read_program};
use std::collections::{HashMap, HashSet};
use std::time::Duration;

/// A server of netgroups that takes longer is taken for out of reach.
const PATIENCE: Duration = Duration::from_secs(3);
/// What getent(1) exits with for a name that its database does not have.
const NOT_FOUND: i32 = 2;

/// Whether the name service of this machine, whatever its sources are, has a netgroup: as getent(1)
/// finds it with setnetgrent(3); `None` if it cannot be asked.
pub fn has_netgroup(group: &[u8]) -> Option<bool> {
    let group = str::from_utf8(group).ok()?;
    if group.is_empty() || group.starts_with('-') || group.contains('\0') {
        return Some(false);
    }
    let args = ["netgroup".to_owned(), group.to_owned()];
    match read_program("getent", &args, PATIENCE, &mut |_| {}).ok()? {
        Ended::Exited(status, _) => match status.code()? {
            0 => Some(true),
            NOT_FOUND => Some(false),
            _ => None,
        },
        Ended::TooLong => None,
    }
}

/// The groups of one file.
#[derive(Debug, Clone, Default)]
pub struct Netgroups {
    groups: HashMap<Vec<u8>, Vec<Member>>,
}

#[derive(Debug, Clone)]
enum Member {
    /// `(host,user,domain)`; an empty host stands for every host.
    Host(Vec<u8>),
    Group(Vec<u8>),
}

impl Netgroups {
    /// Reads the file's bytes; what is not a group or triple is left out.
    pub fn parse(source: &[u8]) -> Self {
        let joined =
            source
                .split(|&byte| byte == b'\n')
                .fold(vec![Vec::new()], |mut lines, line| {
                    let (text, goes_on) = line
                        .strip_suffix(b"\\")
                        .map_or((line, false), |text| (text, true));
                    if let Some(last) = lines.last_mut() {
                        last.extend_from_slice(text);
                        last.push(b' ');
                    }
                    if !goes_on {
                        lines.push(Vec::new());
                    }
                    lines
                });
        let mut groups: HashMap<_, Vec<_>> = HashMap::new();
        for line in joined.iter().filter(|line| line.first() != Some(&b'#')) {
            let line = line.trim_ascii();
            let end = line
                .iter()
                .position(u8::is_ascii_whitespace)
                .unwrap_or(line.len());
            let (name, rest) = line.split_at_checked(end).unwrap_or((line, &[]));
            groups
                .entry(name.to_vec())
                .or_default()
                .extend(members(rest));
        }
        Self { groups }
    }

    /// Whether there is a group of this name.
    pub fn contains(&self, group: &[u8]) -> bool {
        self.groups.contains_key(group)
    }

    /// Whether a triple of `group`, or of a group in it, names `host`; ASCII case does not matter.
    pub fn contains_host(&self, group: &[u8], host: &[u8]) -> bool {
        let mut seen = HashSet::new();
        let mut open = vec![group];
        while let Some(group) = open.pop() {
            if !seen.insert(group) {
                continue;
            }
            for member in self.groups.get(group).into_iter().flatten() {
                match member {
                    Member::Host(name) if name.is_empty() || name.eq_ignore_ascii_case(host) => {
                        return true;
                    }
                    Member::Host(_) => {}
                    Member::Group(name) => open.push(name),
                }
            }
        }
        false
    }
}

fn members(mut rest: &[u8]) -> Vec<Member> {
    let mut members = Vec::new();
    loop {
        rest = rest.trim_ascii_start();
        let Some(first) = rest.first() else {
            return members;
        };
        if *first == b'(' {
            let Some(end) = rest.iter().position(|&byte| byte == b')') else {
                return members;
            };
            let triple = rest.get(1..end).unwrap_or_default();
            if triple.iter().filter(|&&byte| byte == b',').count() == 2 {
                let host = triple
                    .split(|&byte| byte == b',')
                    .next()
                    .unwrap_or_default();
                members.push(Member::Host(host.trim_ascii().to_vec()));
            }
            rest = rest.get(end + 1..).unwrap_or_default();
        } else {
            let ends = |byte: &u8| byte.is_ascii_whitespace() || *byte == b'(';
            let end = rest.iter().position(ends).unwrap_or(rest.len());
            members.push(Member::Group(rest.get(..end).unwrap_or_default().to_vec()));
            rest = rest.get(end..).unwrap_or_default();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn f_netgr_02_triples_nest_and_an_empty_host_is_everybody() {
        let file =
            b"# c\nweb (a.foo.com,,) \\\n (b.foo.com,-,)\nall web x\nx (c,,) all\nany (,,)\n";
        let groups = Netgroups::parse(file);
        assert!(groups.contains_host(b"web", b"A.FOO.COM"));
        assert!(groups.contains_host(b"all", b"b.foo.com"));
        assert!(groups.contains_host(b"all", b"c"));
        assert!(!groups.contains_host(b"web", b"c"));
        assert!(groups.contains_host(b"any", b"unknown"));
        assert!(!groups.contains_host(b"nosuch", b"a.foo.com"));
        assert!(groups.contains(b"all") && !groups.contains(b"nosuch"));
    }

    #[test]
    fn the_name_service_has_no_group_that_nobody_defined() {
        assert_eq!(has_netgroup(b"tcpw-has-no-such-group"), Some(false));
        assert_eq!(has_netgroup(b"-x"), Some(false));
    }
}
