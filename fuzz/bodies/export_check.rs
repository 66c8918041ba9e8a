//! Whatever stands where an export was installed, its reader has an answer, and what it has read is as it
//! is itself: whoever is compared with it is as different from it as it is from them.
//!
//! Input: a byte that picks the program, and its file; for firewalld the policy object, then the byte 0xff
//! and an ipset.

use tcpw::export::{
    ExportedFile, Installed, Misread, read_firewalld, read_nftables, read_sshd, read_systemd,
};

const NFTABLES: &str = include_str!("../seeds/export_check/nftables");
const FIREWALLD: &[u8] = include_bytes!("../seeds/export_check/firewalld");
const SYSTEMD: &str = include_str!("../seeds/export_check/systemd");
const SSHD: &str = include_str!("../seeds/export_check/sshd");

/// Panics where that does not hold.
pub(crate) fn run(bytes: &[u8]) {
    let [program, text @ ..] = bytes else {
        return;
    };
    let seed = [
        NFTABLES.as_bytes(),
        FIREWALLD,
        SYSTEMD.as_bytes(),
        SSHD.as_bytes(),
    ];
    let program = usize::from(*program) % seed.len();
    let Ok(found) = read(program, text) else {
        return;
    };
    assert_eq!(found.mismatches(&found), []);
    let wanted = read(program, &seed[program][1..]).unwrap();
    let [there, back] = [found.mismatches(&wanted), wanted.mismatches(&found)];
    assert_eq!(there.len(), back.len(), "{there:?} {back:?}");
}

fn read(program: usize, bytes: &[u8]) -> Result<Installed, Misread> {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let file = |path: &str, bytes: &[u8]| ExportedFile {
        path: path.to_owned(),
        text: text(bytes),
    };
    match program {
        0 => read_nftables(&text(bytes), 0),
        1 => {
            let paths = ["policies/tcpw.xml", "ipsets/tcpw-tcp22-granted4.xml"];
            let parts = bytes.splitn(2, |byte| *byte == 0xff);
            let files: Vec<ExportedFile> = paths
                .into_iter()
                .zip(parts)
                .map(|(path, bytes)| file(path, bytes))
                .collect();
            read_firewalld(&files)
        }
        2 => read_systemd(&[file("ssh.service.d/50-tcpw.conf", bytes)]),
        _ => read_sshd(&text(bytes)),
    }
}
