//! `tcpw parse`: every file comes out as it went in, and the tree says what libwrap reads.

use crate::sandbox::Sandbox;
use std::path::{Path, PathBuf};

fn fixtures() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/syntax");
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    assert!(files.len() > 10, "the fixtures are gone");
    files
}

/// Raw bytes are not text: compared here rather than by the sandbox.
fn source_of(path: &Path) -> Vec<u8> {
    let run = std::process::Command::new(crate::sandbox::program())
        .args(["parse", "--emit", "source"])
        .arg(path)
        .output()
        .unwrap();
    assert!(run.status.success(), "{}: {run:?}", path.display());
    assert!(run.stderr.is_empty(), "{}: {run:?}", path.display());
    run.stdout
}

#[test]
fn every_fixture_comes_out_as_it_went_in() {
    for path in fixtures() {
        assert!(
            source_of(&path) == std::fs::read(&path).unwrap(),
            "{}",
            path.display()
        );
    }
}

#[test]
fn ten_thousand_files_of_random_bytes_come_out_as_they_went_in() {
    // One process a file would take a minute: the library does what the command prints.
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    for _ in 0..10_000 {
        let length = next() % 6000;
        let bytes: Vec<u8> = (0..length)
            .map(|_| match next() % 8 {
                0 => b"\n\\\0:,[]# "[usize::try_from(next() % 9).unwrap()],
                _ => next().to_le_bytes()[0],
            })
            .collect();
        assert!(tcpw::syntax::parse(&bytes).print() == bytes, "{bytes:?}");
    }
    let sandbox = Sandbox::new();
    for seed in 0..50_u8 {
        let bytes: Vec<u8> = (0..3000).map(|_| next().to_le_bytes()[0] ^ seed).collect();
        let path = sandbox.path().join("random");
        std::fs::write(&path, &bytes).unwrap();
        assert!(source_of(&path) == bytes, "{bytes:?}");
    }
}

#[test]
fn the_tree_shows_lines_tokens_and_what_is_never_read() {
    let table = "# c\nss\\\nhd: 1.2. EXCEPT x : spawn = a\\:b\nnone\nlast: ALL";
    Sandbox::new()
        .file("t", table)
        .run(&["parse", "[ROOT]/t"])
        .stdout(
            "1 comment\n\
             \x20 1:1 comment `# c`\n\
             \x20 1:4 newline `\\n`\n\
             2-3 rule\n\
             \x20 2:1 item `ss\\\\nhd`\n\
             \x20 3:3 colon `:`\n\
             \x20 3:4 separator ` `\n\
             \x20 3:5 item `1.2.`\n\
             \x20 3:9 separator ` `\n\
             \x20 3:10 except `EXCEPT`\n\
             \x20 3:16 separator ` `\n\
             \x20 3:17 item `x`\n\
             \x20 3:18 separator ` `\n\
             \x20 3:19 colon `:`\n\
             \x20 3:20 white ` `\n\
             \x20 3:21 option_name `spawn`\n\
             \x20 3:26 assign ` = `\n\
             \x20 3:29 option_value `a\\:b`\n\
             \x20 3:33 newline `\\n`\n\
             4 malformed: no colon, skipped by libwrap\n\
             \x20 4:1 garbage `none`\n\
             \x20 4:5 newline `\\n`\n\
             5 malformed: no newline at the end: libwrap stops here\n\
             \x20 5:1 garbage `last: ALL`\n",
        )
        .done();
}

#[test]
fn json_has_lines_and_tokens_with_offsets() {
    Sandbox::new()
        .file("t", "a: b\n")
        .run(&["parse", "--emit", "json", "[ROOT]/t"])
        .stdout(concat!(
            r#"{"lines":[{"end":5,"kind":"rule","number":1,"read":true,"start":0,"tokens":["#,
            r#"{"end":1,"kind":"item","start":0,"text":"a"},"#,
            r#"{"end":2,"kind":"colon","start":1,"text":":"},"#,
            r#"{"end":3,"kind":"separator","start":2,"text":" "},"#,
            r#"{"end":4,"kind":"item","start":3,"text":"b"},"#,
            r#"{"end":5,"kind":"newline","start":4,"text":"\\n"}]}]}"#,
            "\n"
        ))
        .done();
}

#[test]
fn a_missing_table_and_a_directory_are_errors() {
    let stage = Sandbox::new()
        .run(&["parse", "[ROOT]/none"])
        .code(2)
        .stderr("tcpw: there is no table [ROOT]/none\n  help: name /dev/null for an empty table\n")
        .done();
    stage
        .file("dir/x", "")
        .run(&["parse", "[ROOT]/dir"])
        .code(2)
        .stderr(
            "tcpw: cannot read the table [ROOT]/dir: is a directory\n  \
             help: libwrap takes a directory for an empty table; put a file in its place\n",
        )
        .leaves("dir/x", "")
        .done();
}
