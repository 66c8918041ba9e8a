//! A shell command taken apart for advice: its words and operators, and which colons and percent
//! signs stand where its author did not mean them for libwrap.
//!
//! Quotes, escapes and nested commands are understood as POSIX sh understands them. libwrap itself
//! knows none of them (F-OPT-07): what is found here is what was meant, not what happens.

/// A piece of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Piece<'c> {
    /// A word, with its quotes.
    Word(Word<'c>),
    /// `;`, `|`, `&`, a parenthesis or the like: another command begins.
    Operator(&'c [u8]),
}

/// A word of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Word<'c> {
    /// Where it begins in the command.
    pub(super) start: usize,
    /// Its text, with its quotes.
    pub(super) text: &'c [u8],
    /// Whether it names a file to read or write: `> file`.
    pub(super) is_target: bool,
}

impl<'c> Word<'c> {
    /// The text without the quotes at its beginning.
    pub(super) fn bare(&self) -> &'c [u8] {
        let quotes = self.text.iter().take_while(|byte| b"\"'".contains(byte));
        self.text.get(quotes.count()..).unwrap_or_default()
    }
}

/// What encloses the text at some place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Open {
    Single,
    Double,
    /// A backquote.
    Back,
    /// `(` and `$(`.
    Paren,
    /// `${`.
    Brace,
}

/// One step through a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Event {
    /// Something is opened by so many bytes.
    Opens(Open, usize),
    /// What was opened last is closed.
    Closes(Open),
    /// A byte and its escape.
    Escaped,
    /// A byte that is only itself.
    Byte(u8),
}

impl Event {
    fn length(self, left: usize) -> usize {
        let length = match self {
            Self::Opens(_, length) => length,
            Self::Escaped => 2,
            Self::Closes(_) | Self::Byte(_) => 1,
        };
        length.min(left)
    }
}

/// A walk through a command, which remembers what is open.
struct Walk<'c> {
    text: &'c [u8],
    at: usize,
    open: Vec<Open>,
}

impl<'c> Walk<'c> {
    fn new(text: &'c [u8]) -> Self {
        Self {
            text,
            at: 0,
            open: Vec::new(),
        }
    }

    /// The next event and its place.
    fn step(&mut self) -> Option<(usize, Event)> {
        let rest = self.text.get(self.at..).filter(|rest| !rest.is_empty())?;
        let at = self.at;
        let event = event(rest, self.open.last().copied());
        match event {
            Event::Opens(open, _) => self.open.push(open),
            Event::Closes(_) => drop(self.open.pop()),
            Event::Escaped | Event::Byte(_) => {}
        }
        self.at += event.length(rest.len());
        Some((at, event))
    }

    /// Whether the text at this place is quoted: spaces do not end a word there.
    fn is_quoted(&self) -> bool {
        let last = self.open.last();
        last.is_some_and(|open| !matches!(open, Open::Paren | Open::Back))
    }
}

fn event(rest: &[u8], open: Option<Open>) -> Event {
    let byte = rest.first().copied().unwrap_or_default();
    if open == Some(Open::Single) {
        return if byte == b'\'' {
            Event::Closes(Open::Single)
        } else {
            Event::Byte(byte)
        };
    }
    let is_double = open == Some(Open::Double);
    match (byte, rest.get(1)) {
        (b'\\', Some(_)) => Event::Escaped,
        (b'"', _) if is_double => Event::Closes(Open::Double),
        (b'"', _) => Event::Opens(Open::Double, 1),
        (b'\'', _) if !is_double => Event::Opens(Open::Single, 1),
        (b'`', _) if open == Some(Open::Back) => Event::Closes(Open::Back),
        (b'`', _) => Event::Opens(Open::Back, 1),
        (b'$', Some(b'(')) => Event::Opens(Open::Paren, 2),
        (b'$', Some(b'{')) => Event::Opens(Open::Brace, 2),
        (b'(', _) if !is_double => Event::Opens(Open::Paren, 1),
        (b')', _) if open == Some(Open::Paren) => Event::Closes(Open::Paren),
        (b'}', _) if open == Some(Open::Brace) => Event::Closes(Open::Brace),
        _ => Event::Byte(byte),
    }
}

/// The words and operators of a command, those of nested commands among them.
pub(super) fn pieces(text: &[u8]) -> Vec<Piece<'_>> {
    let mut cut = Cutter {
        text,
        found: Vec::new(),
        word: None,
        is_target: false,
    };
    let mut walk = Walk::new(text);
    while let Some((at, event)) = walk.step() {
        let end = walk.at;
        match event {
            Event::Opens(Open::Paren | Open::Back, _) | Event::Closes(Open::Paren | Open::Back) => {
                cut.operator(at, end);
            }
            Event::Byte(byte) if !walk.is_quoted() && b";|&<>\n".contains(&byte) => {
                cut.operator(at, end);
            }
            Event::Byte(byte) if !walk.is_quoted() && byte.is_ascii_whitespace() => {
                cut.end_word(at);
            }
            // A quote that closes belongs to the word that it opened.
            Event::Closes(_) | Event::Opens(..) | Event::Escaped | Event::Byte(_) => {
                cut.word.get_or_insert(at);
            }
        }
    }
    cut.end_word(text.len());
    cut.found
}

struct Cutter<'c> {
    text: &'c [u8],
    found: Vec<Piece<'c>>,
    /// Where the present word began.
    word: Option<usize>,
    /// Whether the next word is a file to read or write.
    is_target: bool,
}

impl Cutter<'_> {
    fn end_word(&mut self, end: usize) {
        let Some(start) = self.word.take() else {
            return;
        };
        self.found.push(Piece::Word(Word {
            start,
            text: self.text.get(start..end).unwrap_or_default(),
            is_target: std::mem::take(&mut self.is_target),
        }));
    }

    fn operator(&mut self, at: usize, end: usize) {
        self.end_word(at);
        let text = self.text.get(at..end).unwrap_or_default();
        if matches!(text, b"<" | b">") {
            self.is_target = true;
            return;
        }
        // `>&1` and `&>file` are no new command.
        let is_duplicate =
            text == b"&" && (self.is_target || matches!(self.text.get(end), Some(b'>')));
        if is_duplicate {
            return;
        }
        self.is_target = false;
        self.found.push(Piece::Operator(text));
    }
}

/// The simple commands of a command: the words of each, the program first.
pub(super) fn commands(text: &[u8]) -> Vec<Vec<Word<'_>>> {
    let mut found = vec![Vec::new()];
    for piece in pieces(text) {
        match (piece, found.last_mut()) {
            (Piece::Word(word), Some(last)) => last.push(word),
            (Piece::Word(_), None) | (Piece::Operator(_), _) => found.push(Vec::new()),
        }
    }
    found.retain(|words| !words.is_empty());
    found
}

/// The name of a program without its path.
pub(super) fn base_name(program: &[u8]) -> &[u8] {
    let name = program.rsplit(|&byte| byte == b'/').next();
    name.unwrap_or(program)
}

/// Whether everything that the command opens is closed.
pub(super) fn is_whole(text: &[u8]) -> bool {
    let mut walk = Walk::new(text);
    while walk.step().is_some() {}
    walk.open.is_empty()
}

/// Whether the shell does not wait for the command: it ends in `&`.
pub(super) fn is_in_background(text: &[u8]) -> bool {
    let pieces = pieces(text);
    let last = pieces
        .iter()
        .rposition(|piece| !matches!(piece, Piece::Operator(b")" | b"\n")));
    let Some(last) = last else {
        return false;
    };
    let is_and =
        |at: Option<usize>| at.and_then(|at| pieces.get(at)) == Some(&Piece::Operator(b"&"));
    is_and(Some(last)) && !is_and(last.checked_sub(1))
}

/// The places of the colons inside of quotes, parentheses and the like that are closed again: who
/// writes them there means them for the command.
pub(super) fn inner_colons(text: &[u8]) -> Vec<usize> {
    let mut walk = Walk::new(text);
    let mut found = Vec::new();
    // Of each thing that is open, how many colons were found before it.
    let mut waiting: Vec<(bool, usize)> = Vec::new();
    let mut colons = Vec::new();
    while let Some((at, event)) = walk.step() {
        match event {
            Event::Opens(..) => {
                // The apostrophe of `don't` opens nothing that anybody means.
                let before = at.checked_sub(1).and_then(|at| text.get(at));
                let is_meant = !before.is_some_and(u8::is_ascii_alphanumeric);
                waiting.push((is_meant, colons.len()));
            }
            Event::Closes(_) => {
                if let Some((true, from)) = waiting.pop() {
                    found.extend(colons.drain(from..));
                }
            }
            Event::Byte(b':') if !waiting.is_empty() => colons.push(at),
            Event::Escaped | Event::Byte(_) => {}
        }
    }
    found.sort_unstable();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Vec<String> {
        let pieces = pieces(text.as_bytes());
        let show = |piece: &Piece<'_>| match piece {
            Piece::Word(word) if word.is_target => {
                format!(">{}", String::from_utf8_lossy(word.text))
            }
            Piece::Word(word) => String::from_utf8_lossy(word.text).into_owned(),
            Piece::Operator(text) => format!("[{}]", String::from_utf8_lossy(text)),
        };
        pieces.iter().map(show).collect()
    }

    #[test]
    fn words_keep_their_quotes_and_operators_separate() {
        for (text, expected) in [
            ("a  b\tc", &["a", "b", "c"][..]),
            ("a \"b c: %h\" 'd; e'", &["a", "\"b c: %h\"", "'d; e'"]),
            ("(a|b) &", &["[(]", "a", "[|]", "b", "[)]", "[&]"]),
            ("a\\ b \\\"c", &["a\\ b", "\\\"c"]),
            ("a >> f 2>&1 &", &["a", ">f", "2", ">1", "[&]"]),
            ("a < /dev/null", &["a", ">/dev/null"]),
            (
                "a \"$(date +%Y)\"",
                &["a", "\"", "[$(]", "date", "+%Y", "[)]", "\""],
            ),
            ("a `b c`", &["a", "[`]", "b", "c", "[`]"]),
        ] {
            assert_eq!(shown(text), expected, "{text}");
        }
    }

    #[test]
    fn only_an_ampersand_outside_of_quotes_is_the_background() {
        for (text, is) in [
            ("a &", true),
            ("(a; b) &", true),
            ("(a &)", true),
            ("a", false),
            ("a &&", false),
            ("echo 'a &'", false),
            ("echo \"a &\"", false),
            ("a \\&", false),
            ("a 2>&1", false),
            ("", false),
        ] {
            assert_eq!(is_in_background(text.as_bytes()), is, "{text}");
        }
    }

    #[test]
    fn a_colon_is_inside_if_what_is_around_it_is_closed() {
        for (text, colons) in [
            ("(mail -s \"alert: %h\" root) & : deny", &[15][..]),
            ("echo \"a: b\" : deny", &[7]),
            ("echo a\\: \"b\\: c: d\"", &[15]),
            ("echo `date +%H:%M`", &[14]),
            ("echo ${x:-1} (a:b)", &[8, 15]),
            ("echo a: b", &[]),
            ("echo don't : spawn echo can't", &[]),
            ("echo \"a: b : deny", &[]),
        ] {
            assert_eq!(inner_colons(text.as_bytes()), colons, "{text}");
        }
    }
}
