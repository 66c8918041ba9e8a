//! `ANY`, `FAIL` and the like are not words of libwrap but names of hosts (F-MAGIC-02).

use crate::lint::sink::Sink;
use crate::lint::view::ClientView;
use crate::lint::words::quote;

rows! {
    /// The word is not a special word.
    ///
    /// ANY and FAIL, and special words with a dot, are names of hosts here.
    ///
    /// Repair: --unsafe-fixes
    /// Facts: F-MAGIC-02
    CHECK = Row::new("TW314", "no-such-word", Error, Missed, Run::Client(check))
        .ends(Ends::Word, 10)
        .fixed(Repair::Word(|text| text.eq_ignore_ascii_case(b"ANY").then(|| b"ALL".to_vec())))
        .shown(claims::missed_by_word);
}

const WORDS: &[&str] = &["ANY", "ANYBODY", "EVERYBODY", "EVERYONE", "FAIL", "NONE"];

fn check(client: &ClientView<'_, '_>, sink: &mut Sink) {
    let is_word = |word: &&'static str| client.host.eq_ignore_ascii_case(word.as_bytes());
    if !WORDS.iter().any(is_word) {
        return;
    }
    sink.report(client.span, || {
        (
            format!(
                "{} is not a special word but the name of a host: it {}",
                quote(client.text),
                client.nobody()
            ),
            "the special words are ALL, LOCAL, KNOWN, UNKNOWN and PARANOID".to_owned(),
        )
    });
}
