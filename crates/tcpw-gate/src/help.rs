//! What the program says of itself on a terminal.

use crate::door::DOOR_HELP;

/// The help.
pub const HELP: &str = "\
Decide whether a client may come in; a rule of hosts.allow asks through aclexec

Usage: tcpw-gate [OPTIONS] -- ADDRESS

  sshd: ALL: aclexec exec /usr/sbin/tcpw-gate --country KR,JP -- %a

Conditions, of which one must hold; lists have commas, options may be repeated:
      --country CC,...      Admit addresses of these countries
      --asn N,...           Admit addresses of these autonomous systems
      --in FILE             Admit addresses of this set (tcpw set build)
      --except WHAT,...     Admit none of these, and everybody else where no condition is given:
                            networks, countries, AS numbers with AS, sets by their whole path

Policies:
      --unknown POLICY      Whom no database knows: allow or deny [default: deny]
      --broken POLICY       What is broken or missing: allow or deny [default: deny]
      --max-age TIME        Older databases count as broken, as in 60d
      --strict              Private networks, loopback, this machine's own addresses and keep_in
                            must meet the conditions too

Instead of the configuration:
      --database FILE       Ask this database
      --keep NETWORK,...    Admit these before any condition; none: nobody

  -h, --help                Print this help, on a terminal only; see also
                            tcpw-gate exec --help and tcpw-gate pam --help, which decide by the tables
  -V, --version             Print the version, on a terminal only

Exit codes:
  0  the client is admitted
  1  the client is refused, and after --help and --version

Called by a rule, it prints nothing and reads no standard input. What is broken is in the system log.
";

/// What is printed for `words`, if they ask for nothing but help or the version.
pub fn help_of<W: AsRef<[u8]>>(words: &[W]) -> Option<String> {
    let word = match words {
        [word] => word,
        [first, word] if matches!(first.as_ref(), b"exec" | b"pam") => {
            let is_help = matches!(word.as_ref(), b"-h" | b"--help");
            return is_help.then(|| DOOR_HELP.to_owned());
        }
        _ => return None,
    };
    match word.as_ref() {
        b"-h" | b"--help" => Some(HELP.to_owned()),
        b"-V" | b"--version" => Some(format!("tcpw-gate {}\n", env!("CARGO_PKG_VERSION"))),
        _ => None,
    }
}
