//! The engine decides as the installed libwrap does, by the same line. Needs libwrap0-dev.
//!
//! Input as for `index_linear`, without list files. Tables with options that change this process, or
//! that name files, are passed over.
#![no_main]

use libfuzzer_sys::fuzz_target;
use std::ffi::{CStr, CString, c_char, c_int};
use tcpw::engine::{Access, Bare, Cause, Fields, Host, Request, Table, TableName, Tables, decide};
use tcpw::syntax::parse;

unsafe extern "C" {
    fn libwrap_ask(
        allow: *mut c_char,
        deny: *mut c_char,
        field: *mut *mut c_char,
        place: *mut c_char,
        size: usize,
    ) -> c_int;
}

/// What libwrap must not do here.
const WORDS: [&str; 14] = [
    "aclexec",
    "spawn",
    "twist",
    "umask",
    "nice",
    "user",
    "group",
    "severity",
    "setenv",
    "linger",
    "rfc931",
    "banners",
    "keepalive",
    "%",
];

fn is_harmless(source: &[u8]) -> bool {
    let text: Vec<u8> = source
        .iter()
        .filter(|&&byte| !matches!(byte, b'\\' | b'\n'))
        .map(u8::to_ascii_lowercase)
        .collect();
    let is_path = |pair: &[u8]| pair[1] == b'/' && !matches!(pair[0], b'0'..=b'9' | b']' | b'/');
    !text.contains(&0)
        && !text.starts_with(b"/")
        && !text.windows(2).any(is_path)
        && !source
            .windows(2)
            .any(|pair| pair == b"\n/" || pair == b"@@")
        && !WORDS
            .iter()
            .any(|word| text.windows(word.len()).any(|part| part == word.as_bytes()))
}

fn library(paths: &[String; 2], fields: &[&[u8]; 7]) -> (bool, String) {
    let own = |text: &[u8]| CString::new(text).expect("no NUL").into_raw();
    let mut pointers = fields.map(own);
    let [allow, deny] = [&paths[0], &paths[1]].map(|path| own(path.as_bytes()));
    let mut place = [0_u8; 1200];
    // SAFETY: all pointers are to strings that end in NUL and outlive the call; `place` has the room
    // that is told.
    let granted = unsafe {
        let granted = libwrap_ask(
            allow,
            deny,
            pointers.as_mut_ptr(),
            place.as_mut_ptr().cast(),
            place.len(),
        );
        for text in pointers.into_iter().chain([allow, deny]) {
            drop(CString::from_raw(text));
        }
        granted
    };
    let place = CStr::from_bytes_until_nul(&place).expect("libwrap_ask ends it");
    (granted != 0, place.to_string_lossy().into_owned())
}

fuzz_target!(|input: &[u8]| {
    let Some(end) = input.iter().position(|&byte| byte == b'\n') else {
        return;
    };
    let (query, rest) = (&input[..end], &input[end + 1..]);
    let mut parts = rest.splitn(2, |&byte| byte == 0xff);
    let mut part = || parts.next().unwrap_or_default();
    let sources = [part(), part()];
    if query.contains(&0) || !sources.iter().all(|source| is_harmless(source)) {
        return;
    }
    let mut fields: [&[u8]; 7] = [b"sshd", b"", b"", b"", b"", b"", b""];
    for (field, text) in fields
        .iter_mut()
        .zip(query.split(|&byte| byte == b'\t'))
        .take(6)
    {
        *field = text;
    }
    let dir = std::env::temp_dir().join(format!("tcpw-fuzz.{}", std::process::id()));
    std::fs::create_dir_all(&dir).unwrap();
    let paths = ["allow", "deny"].map(|name| dir.join(name).display().to_string());
    for (path, source) in paths.iter().zip(sources) {
        std::fs::write(path, source).unwrap();
    }
    let mut request = Request::new("", Host::unknown());
    request.refill(&Fields {
        daemon: fields[0],
        address: fields[1],
        name: fields[2],
        user: fields[3],
        server_address: fields[4],
        server_name: fields[5],
        server_port: None,
    });
    let [allow, deny] = sources.map(parse);
    let tables = Tables {
        allow: Table::Read(&allow),
        deny: Table::Read(&deny),
    };
    let verdict = decide(&tables, &request, &Bare);
    let file = |table| &paths[usize::from(table == TableName::Deny)];
    let place = match verdict.cause {
        Cause::Rule { matched, .. } | Cause::EitherWay(matched) => {
            format!("{}:{}", file(matched.table), matched.number)
        }
        Cause::BrokenTable { table, number, .. } => format!("{}:{number}", file(table)),
        Cause::NoRule | Cause::Unreadable(_) | Cause::Undecided(_) => "default".to_owned(),
    };
    assert_eq!(
        library(&paths, &fields),
        (verdict.access == Access::Granted, place)
    );
});
