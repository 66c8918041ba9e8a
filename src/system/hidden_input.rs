//! A line that is typed on a terminal and not shown there.

use nix::libc;
use nix::sys::termios::{InputFlags, LocalFlags, SetArg, Termios, tcgetattr, tcsetattr};
use std::io::{self, Read, Stdin};

/// Keys of a terminal, as bytes: ^C, ^D, backspace twice, and ^U, which deletes the line.
const INTERRUPT: u8 = 3;
const END: u8 = 4;
const BACKSPACE: u8 = 8;
const DELETE: u8 = 127;
const KILL: u8 = 21;
/// A longer line is not a password.
const MOST_BYTES: usize = 4096;

/// What was typed.
#[derive(Clone, PartialEq, Eq)]
pub enum HiddenLine {
    /// A line, without its end.
    Typed(Vec<u8>),
    /// The end of input.
    Ended,
    /// ^C: whoever typed wants nothing more of this.
    Interrupted,
}

/// The terminal on standard input while it shows nothing of what is typed; it shows again when this is
/// dropped. ^C comes as a key meanwhile, since the program must not end so.
pub struct HiddenTerminal {
    stdin: Stdin,
    before: Termios,
}

impl HiddenTerminal {
    /// From now on nothing is shown; a question is printed after this, so that an early answer is
    /// hidden too.
    ///
    /// # Errors
    /// When standard input is not a terminal.
    pub fn new() -> io::Result<Self> {
        let stdin = io::stdin();
        let before = tcgetattr(&stdin)?;
        let mut now = before.clone();
        now.local_flags
            .remove(LocalFlags::ECHO | LocalFlags::ICANON | LocalFlags::ISIG | LocalFlags::IEXTEN);
        now.input_flags.insert(InputFlags::ICRNL);
        // A key at a time, however long it takes.
        for (place, value) in [(libc::VMIN, 1), (libc::VTIME, 0)] {
            if let Some(place) = now.control_chars.get_mut(place) {
                *place = value;
            }
        }
        // What was typed ahead is kept.
        tcsetattr(&stdin, SetArg::TCSADRAIN, &now)?;
        Ok(Self { stdin, before })
    }

    /// Reads a line.
    ///
    /// # Errors
    /// When standard input cannot be read.
    pub fn read_line(&self) -> io::Result<HiddenLine> {
        read(&mut self.stdin.lock())
    }
}

impl Drop for HiddenTerminal {
    fn drop(&mut self) {
        forgive(tcsetattr(&self.stdin, SetArg::TCSADRAIN, &self.before));
    }
}

/// A terminal that is gone shows nothing to anybody.
fn forgive(_: nix::Result<()>) {}

/// Reads a line key by key.
fn read(input: &mut dyn Read) -> io::Result<HiddenLine> {
    let mut line = Vec::new();
    let mut key = [0];
    loop {
        match input.read(&mut key) {
            Ok(0) => return Ok(HiddenLine::Ended),
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        }
        let [byte] = key;
        match byte {
            b'\n' | b'\r' => return Ok(HiddenLine::Typed(line)),
            INTERRUPT => return Ok(HiddenLine::Interrupted),
            END if line.is_empty() => return Ok(HiddenLine::Ended),
            BACKSPACE | DELETE => remove_last(&mut line),
            KILL => line.clear(),
            byte if byte >= b' ' && line.len() < MOST_BYTES => line.push(byte),
            _ => {}
        }
    }
}

/// Removes the last character, which may be of several bytes.
fn remove_last(line: &mut Vec<u8>) {
    while let Some(byte) = line.pop() {
        if byte & 0xc0 != 0x80 {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_do_what_they_do_on_a_terminal() {
        for (keys, line) in [
            (&b"geheim\n"[..], Some(&b"geheim"[..])),
            (b"ge\x7fx\x08heim\rmore", Some(b"gheim")),
            ("한글\u{7f}!\n".as_bytes(), Some("한!".as_bytes())),
            (b"wrong\x15right\n", Some(b"right")),
            (b"\x7f\x1b\x01a b\n", Some(b"a b")),
            (b"x\x04y\n", Some(b"xy")),
            (b"\n", Some(b"")),
        ] {
            let read = read(&mut &*keys).unwrap();
            assert!(
                read == HiddenLine::Typed(line.unwrap_or_default().to_vec()),
                "{}",
                keys.escape_ascii()
            );
        }
        assert!(read(&mut &b"ab\x03"[..]).unwrap() == HiddenLine::Interrupted);
        assert!(read(&mut &b"\x04"[..]).unwrap() == HiddenLine::Ended);
        assert!(read(&mut &b"half a"[..]).unwrap() == HiddenLine::Ended);
    }
}
