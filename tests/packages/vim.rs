//! The syntax file for Vim, in Vim itself: a comment is what libwrap takes for one.

use super::programs::root;
use std::fs;
use std::process::Command;
use tempfile::TempDir;

/// Writes each line of the table with the names of the groups in it, as `Group:text|`.
const DUMP: &str = "syntax on
set filetype=hostsaccess
let out = []
for l in range(1, line('$'))
  let shown = ''
  let last = ''
  for c in range(1, len(getline(l)))
    let name = substitute(synIDattr(synID(l, c, 1), 'name'), 'hostsaccess', '', '')
    if name !=# last | let shown .= '|' . name . ':' | let last = name | endif
    let shown .= getline(l)[c - 1]
  endfor
  call add(out, shown)
endfor
call writefile(out, $OUT)
qa!
";

/// A table as Vim shows it.
fn shown(table: &str) -> Vec<String> {
    let folder = TempDir::new().unwrap();
    let (file, dump, out) = (
        folder.path().join("hosts.allow"),
        folder.path().join("dump.vim"),
        folder.path().join("out"),
    );
    fs::write(&file, table).unwrap();
    fs::write(&dump, DUMP).unwrap();
    let runtime = root().join("packaging/vim");
    let mut vim = Command::new("timeout");
    vim.args(["20", "vim", "-u", "NONE", "-N", "-es", "--cmd"]);
    vim.arg(format!("set runtimepath^={}", runtime.display()));
    let output = vim
        .arg("-S")
        .arg(&dump)
        .arg(&file)
        .env("OUT", &out)
        .output()
        .unwrap();
    assert!(out.exists(), "{output:?}");
    fs::read_to_string(out)
        .unwrap()
        .lines()
        .map(str::to_owned)
        .collect()
}

#[test]
fn only_a_line_whose_first_character_is_a_number_sign_is_a_comment() {
    let table = "# the office \\\nsshd: ALL\n#sshd: ALL\nsshd: 10.1.2.3 # ALL\n # sshd: ALL\nsshd: 10.0.0.1 \\\n# 10.0.0.2\n";
    assert_eq!(
        shown(table),
        [
            "|Comment:# the office \\",
            "|Comment:sshd: ALL",
            "|Comment:#sshd: ALL",
            "|Daemons:sshd|First::|Clients: |Network:10.1.2.3|Clients: |Trap:#|Clients: |Wild:ALL",
            "|Daemons: |Trap:#|Daemons: sshd|First::|Clients: |Wild:ALL",
            "|Daemons:sshd|First::|Clients: |Network:10.0.0.1|Clients: |Join:\\",
            "|Trap:#|Clients: |Network:10.0.0.2",
        ]
    );
}

#[test]
fn words_are_words_and_options_are_options() {
    let table = "ALL EXCEPT sshd: local.example.org LOCAL [2001:db8::]/32 /etc/list : spawn (echo %h) & : deny\n";
    assert_eq!(
        shown(table),
        [
            "|Wild:ALL|Daemons: |Except:EXCEPT|Daemons: sshd|First::|Clients: local.example.org |Wild:LOCAL\
          |Clients: |Network:[2001:db8::]/32|Clients: |List:/etc/list|Clients: |Second::|Options: \
          |Option:spawn|Options: (echo |Percent:%h|Options:) & |Second::|Options: |Option:deny"
        ]
    );
}
