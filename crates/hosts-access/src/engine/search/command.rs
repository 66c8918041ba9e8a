//! What is certain about a command of `aclexec` before anybody runs it: that it succeeds.
//!
//! libwrap hands the command to `/bin/sh -c` and asks for the shell's exit status alone (F-ACL-04).

/// Whether `/bin/sh -c COMMAND` exits with 0 whatever the programs in it do: its last part runs in
/// the background, or is `true`, or follows `||` and is `true`. Yes only where that is certain.
pub fn always_succeeds(command: &[u8]) -> bool {
    tokens(command).is_some_and(|tokens| exits_with_zero(&tokens))
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Word(Vec<u8>),
    /// `;`, `&`, `&&`, `||` or `|`.
    Operator(&'static str),
    /// `<` or `>` in any form, whose next token is its file, or the descriptor that it copies.
    Redirection {
        is_copy: bool,
    },
}

/// Words that begin a compound command, and commands that end or change the shell itself.
const UNCERTAIN: [&[u8]; 33] = [
    b"!",
    b".",
    b"[[",
    b"alias",
    b"break",
    b"builtin",
    b"case",
    b"command",
    b"continue",
    b"do",
    b"done",
    b"elif",
    b"else",
    b"esac",
    b"eval",
    b"exec",
    b"exit",
    b"export",
    b"fi",
    b"for",
    b"function",
    b"if",
    b"kill",
    b"readonly",
    b"return",
    b"set",
    b"shift",
    b"source",
    b"then",
    b"trap",
    b"unset",
    b"until",
    b"while",
];

/// The tokens of a command of one line without expansions, groups and escapes; else nothing.
fn tokens(command: &[u8]) -> Option<Vec<Token>> {
    let mut tokens = Vec::new();
    let mut rest = command;
    while let Some((&first, tail)) = rest.split_first() {
        rest = match first {
            b' ' | b'\t' => tail,
            b';' => operator(&mut tokens, ";", tail),
            b'&' if tail.starts_with(b"&") => operator(&mut tokens, "&&", tail.get(1..)?),
            b'&' if tail.starts_with(b">") => return None,
            b'&' => operator(&mut tokens, "&", tail),
            b'|' if tail.starts_with(b"|") => operator(&mut tokens, "||", tail.get(1..)?),
            b'|' => operator(&mut tokens, "|", tail),
            b'<' | b'>' => {
                let is_copy = tail.starts_with(b"&");
                tokens.push(Token::Redirection { is_copy });
                redirection(first, tail)?
            }
            b'#' => break,
            _ => {
                let (word, length) = word(rest)?;
                // The number of a descriptor belongs to what follows.
                let is_number = word.iter().all(u8::is_ascii_digit);
                let rest = rest.get(length..)?;
                if !(is_number && rest.first().is_some_and(|next| b"<>".contains(next))) {
                    tokens.push(Token::Word(word));
                }
                rest
            }
        };
    }
    Some(tokens)
}

fn operator<'c>(tokens: &mut Vec<Token>, operator: &'static str, rest: &'c [u8]) -> &'c [u8] {
    tokens.push(Token::Operator(operator));
    rest
}

/// What follows `>>`, `>|`, `>&` and the like; a here document is not followed.
fn redirection(first: u8, tail: &[u8]) -> Option<&[u8]> {
    match (first, tail.first()) {
        (b'>', Some(b'>' | b'|' | b'&')) | (b'<', Some(b'&' | b'>')) => tail.get(1..),
        (b'<', Some(b'<')) => None,
        _ => Some(tail),
    }
}

/// The first word, quotes removed, and its length in the text.
fn word(text: &[u8]) -> Option<(Vec<u8>, usize)> {
    let mut word = Vec::new();
    let mut at = 0;
    while let Some(&byte) = text.get(at) {
        match byte {
            b' ' | b'\t' | b';' | b'&' | b'|' | b'<' | b'>' => break,
            b'\'' | b'"' => {
                let inside = text.get(at + 1..)?;
                let length = memchr::memchr(byte, inside)?;
                let quoted = inside.get(..length)?;
                if byte == b'"' && quoted.iter().any(|byte| b"$`\\".contains(byte)) {
                    return None;
                }
                word.extend_from_slice(quoted);
                at += length + 2;
            }
            b'$' | b'`' | b'\\' | b'(' | b')' | b'{' | b'}' | b'\n' | b'\r' | 0 => return None,
            _ => {
                word.push(byte);
                at += 1;
            }
        }
    }
    Some((word, at))
}

/// Whether a list of commands ends with the status 0 for certain.
fn exits_with_zero(tokens: &[Token]) -> bool {
    let mut last = None;
    let mut rest = tokens;
    while !rest.is_empty() {
        let is_end = |token: &Token| matches!(token, Token::Operator(";" | "&"));
        let length = rest.iter().position(is_end).unwrap_or(rest.len());
        let (part, tail) = rest.split_at_checked(length).unwrap_or((rest, &[]));
        let is_background = matches!(tail.first(), Some(Token::Operator("&")));
        let Some(succeeds) = chain(part, is_background) else {
            return false;
        };
        last = Some(succeeds || is_background);
        rest = tail.get(1..).unwrap_or_default();
    }
    last == Some(true)
}

/// Whether pipelines joined by `&&` and `||` succeed for certain; nothing if the shell might not
/// take them, or might not get to what follows.
fn chain(tokens: &[Token], is_background: bool) -> Option<bool> {
    let mut state: Option<bool> = None;
    let mut rest = tokens;
    let mut joint = "";
    loop {
        let is_joint = |token: &Token| matches!(token, Token::Operator("&&" | "||"));
        let length = rest.iter().position(is_joint).unwrap_or(rest.len());
        let (part, tail) = rest.split_at_checked(length)?;
        let mut succeeds = false;
        for command in part.split(|token| *token == Token::Operator("|")) {
            succeeds = simple(command, is_background)?;
        }
        state = Some(match (state, joint) {
            (Some(before), "||") => before || succeeds,
            (Some(before), _) => before && succeeds,
            (None, _) => succeeds,
        });
        let Some((Token::Operator(next), behind)) = tail.split_first() else {
            return state;
        };
        joint = next;
        rest = behind;
    }
}

/// Whether a simple command succeeds for certain; nothing if it is none, or may end the shell.
fn simple(tokens: &[Token], is_background: bool) -> Option<bool> {
    let mut words = Vec::new();
    let mut may_fail = false;
    let mut tokens = tokens.iter();
    while let Some(token) = tokens.next() {
        match token {
            Token::Word(word) => words.push(word.as_slice()),
            Token::Redirection { is_copy } => match tokens.next()? {
                Token::Word(file) => may_fail |= !is_opened(file, *is_copy),
                Token::Operator(_) | Token::Redirection { .. } => return None,
            },
            Token::Operator(_) => return None,
        }
    }
    let (&name, arguments) = words.split_first()?;
    // A redirection that fails ends the shell where the command is a special one (POSIX 2.8.1).
    let is_special: [&[u8]; 2] = [b":", b"exit"];
    if may_fail && is_special.contains(&name) && !is_background {
        return None;
    }
    if name == b"exit" && arguments == [&b"0"[..]] {
        return Some(true);
    }
    // In the background `exit` ends a shell of its own.
    let is_uncertain = UNCERTAIN.contains(&name) && !(is_background && name == b"exit");
    if is_uncertain || name.contains(&b'=') {
        return None;
    }
    let is_true: [&[u8]; 4] = [b"true", b":", b"/bin/true", b"/usr/bin/true"];
    Some(is_true.contains(&name) && arguments.is_empty() && !may_fail)
}

/// Whether a redirection works for certain: to the null device, or from one of the descriptors that
/// libwrap opens for the command.
fn is_opened(file: &[u8], is_copy: bool) -> bool {
    if is_copy {
        matches!(file, b"0" | b"1" | b"2")
    } else {
        file == b"/dev/null"
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    /// Commands that succeed whatever their programs do.
    const CERTAIN: [&str; 23] = [
        "false &",
        "false & # a comment; false",
        "nonexistent-program 192.0.2.7 &",
        "nonexistent-program '192.0.2.7; x' \"a b\" >/dev/null 2>&1 &",
        "exit 3 &",
        "false && false &",
        "false | false &",
        "false & false &",
        "false; false &",
        "false || true",
        "false; true",
        "false | true",
        "false || :",
        "false; exit 0",
        "false || exit 0",
        "true",
        "false > /dev/null || true",
        "false 2>/dev/null; true;",
        "true && true",
        "nonexistent-program --name=x || true",
        "true < x || true",
        ": < x &",
        "true >/dev/null 2>&1",
    ];

    /// Commands of which that is not known, or not true.
    const OPEN: [&str; 33] = [
        "false",
        "true && false",
        "exit 1; false &",
        "false &&",
        "& false",
        "&",
        "",
        "false &&&",
        "false > &",
        "false >&",
        "echo '&",
        "echo \"&",
        "false \\&",
        "if true &",
        "false; exit 1 ; true",
        "set -e; false; true",
        ". /nonexistent; true",
        "false # &",
        "true; false",
        "true || true; false",
        "false |& true",
        "(false) &",
        "$(false) &",
        "`false` &",
        "true | false",
        "! true &",
        "A=b; true",
        ": < x",
        ": < x || true",
        ": < x; true",
        "true < x",
        "true >&7",
        "false || true > x",
    ];

    #[test]
    fn what_always_succeeds_does_so_in_the_shell() {
        for command in CERTAIN {
            assert!(always_succeeds(command.as_bytes()), "{command}");
            let status = Command::new("/bin/sh").args(["-c", command]).output();
            assert!(status.unwrap().status.success(), "{command}");
        }
        for command in OPEN {
            assert!(!always_succeeds(command.as_bytes()), "{command}");
        }
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig::with_cases(1000))]

        /// No command is called certain that the shell ends with a failure.
        #[test]
        fn nothing_that_fails_is_called_certain(words in proptest::collection::vec(
            proptest::sample::select(vec![
                "false", "true", ":", "exit 1", "exit 0", "&", "&&", "||", "|", ";", "'a b'", "\"x\"",
                ">/dev/null", "2>&1", "!", "x", "(", ")", "{", "}", "if", "then", "fi", "#", "\\",
                "<", ">", "'", "\"",
            ]), 0..7)) {
            let command = words.join(" ");
            if always_succeeds(command.as_bytes()) {
                let place = tempfile::tempdir().unwrap();
                let shell = &mut Command::new("/bin/sh");
                let output = shell.args(["-c", &command]).current_dir(place.path()).output();
                assert!(output.unwrap().status.success(), "{command}");
            }
        }
    }
}
