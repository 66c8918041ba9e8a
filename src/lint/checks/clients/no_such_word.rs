//! `ANY`, `FAIL` and the like are no words of libwrap but names of hosts (F-MAGIC-02).

use crate::lint::sink::Sink;
use crate::lint::view::ClientView;
use crate::lint::words::quote;

const WORDS: &[&str] = &["ANY", "ANYBODY", "EVERYBODY", "EVERYONE", "FAIL", "NONE"];

pub(in crate::lint) fn check(client: &ClientView<'_, '_>, sink: &mut Sink) {
    let is_word = |word: &&'static str| client.host.eq_ignore_ascii_case(word.as_bytes());
    if !WORDS.iter().any(is_word) {
        return;
    }
    sink.report(client.span, || {
        (
            format!(
                "{} is no special word but the name of a host: it {}",
                quote(client.text),
                client.nobody()
            ),
            "the special words are ALL, LOCAL, KNOWN, UNKNOWN and PARANOID".to_owned(),
        )
    });
}
