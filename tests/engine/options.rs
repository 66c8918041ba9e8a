//! Generated option fields, valid and not (section 5 of the facts). Commands have no effect but
//! their exit status.

use super::random::Random;

const VALID: [&str; 40] = [
    "allow",
    "ALLOW",
    "deny",
    "deny",
    "allow",
    "\tallow\t",
    "allow=",
    " deny ",
    "severity info",
    "severity=auth.info",
    "severity = mail.warning",
    "SEVERITY local7.debug",
    "severity emerg",
    "umask 022",
    "umask 0",
    "umask=777",
    "umask +22",
    "user nobody",
    "user nobody.nogroup",
    "group nogroup",
    "nice",
    "nice 5",
    "nice +5",
    "nice 100",
    "rfc931",
    "rfc931 5",
    "linger 3",
    "linger 010",
    "keepalive",
    "setenv A b",
    "setenv A",
    "setenv A  b  c ",
    "setenv A = b",
    "setenv A a\\:b",
    "banners /nonexistent",
    "banners /",
    "spawn true",
    "spawn false",
    "spawn echo %a %d %h %c %s %p %% %u >/dev/null",
    "spawn (echo http\\://x >/dev/null) &",
];

const INVALID: [&str; 52] = [
    "",
    " ",
    "=x",
    "bogus",
    "(/bin/true) &",
    "/bin/true",
    "FAIL",
    "# note",
    "allow;deny",
    "umask",
    "umask =",
    "allow x",
    "keepalive=x",
    "severity==info",
    "severity",
    "severity mail",
    "severity authpriv.info",
    "severity auth",
    "severity ftp.info",
    "severity error",
    "severity warn",
    "severity panic",
    "severity none",
    "severity mail.*",
    "severity info.mail",
    "severity mail. info",
    "severity 6",
    "severity info # x",
    "umask 1000",
    "umask 999",
    "umask 8",
    "umask 0x1f",
    "umask -1",
    "umask 022x",
    "umask u=rwx",
    "nice 10x",
    "nice x",
    "nice 1.5",
    "rfc931 0",
    "rfc931 -1",
    "rfc931 5x",
    "linger -1",
    "linger x",
    "linger 1.5",
    "setenv A=b",
    "user nosuchuser",
    "user 0",
    "user NOBODY",
    "user nobody.",
    "group nosuch",
    "allow # x",
    "spawn echo http://x",
];

/// The text after the client list: none, or one to three fields with their colons.
pub(crate) fn fields(random: &mut Random) -> String {
    let mut text = String::new();
    if random.chance(55) {
        return text;
    }
    for _ in 0..=random.below(3) {
        text.push_str(random.pick(&[":", ": ", " : "]));
        text.push_str(match random.below(100) {
            0..68 => random.pick(&VALID),
            68..88 => random.pick(&INVALID),
            88..98 => aclexec(random),
            _ => "twist true",
        });
    }
    text
}

fn aclexec(random: &mut Random) -> &'static str {
    random.pick(&[
        "aclexec true",
        "aclexec false",
        "aclexec exit 3",
        "ACLEXEC=true",
        "aclexec false &",
    ])
}
