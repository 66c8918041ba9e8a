//! The daemons of Bacula: each asks about whoever connects, under the Name of its own resource.

use crate::doctor::setting::{Config, Scene, Setting, State};

/// What a configuration consists of.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    /// Text between the others, without quotes and without blanks at its ends.
    Word(String),
    Open,
    Close,
    Equals,
    /// The end of a directive.
    End,
}

/// `Name = ...` of the resource of one of these types, in the file that an argument names, else in
/// `usual`.
pub(super) fn bacula(scene: &Scene<'_>, usual: &str, resources: &[&str]) -> Setting {
    let file = match scene.value_of(&["-c"]) {
        Some(path) => scene.file(path),
        None => scene.root.join(usual),
    };
    let (path, text) = match scene.first(&[file]) {
        Config::Found(path, text) => (path, text),
        Config::Absent => {
            let evidence = format!("/{usual}, which has the name that it asks with, is not there");
            return Setting::new(State::Unknown, evidence);
        }
        Config::Closed(setting) => return setting,
    };
    let place = scene.shown(&path);
    let Some((line, name)) = own_name(&text, resources) else {
        let evidence = format!("{place} does not have the Name that it asks with");
        return Setting::new(State::Unknown, evidence);
    };
    let mut setting = Setting::new(State::On, format!("{place}:{line}: Name = {name}"));
    setting.name = Some(name);
    setting
}

/// The name of the first resource of one of these types, and its line, counted from 1.
fn own_name(text: &str, resources: &[&str]) -> Option<(usize, String)> {
    let mut depth = 0_usize;
    let mut is_own = false;
    let (mut before, mut key) = (String::new(), None);
    for (line, token) in tokens(text) {
        match token {
            Token::Word(word) if depth == 1 && is_own && key.as_deref() == Some("name") => {
                return Some((line, word));
            }
            Token::Word(word) => before = word,
            Token::Equals => key = Some(plain(&before)),
            Token::End => key = None,
            Token::Open => {
                if depth == 0 {
                    is_own = resources.contains(&plain(&before).as_str());
                }
                depth += 1;
                key = None;
            }
            Token::Close => {
                depth = depth.saturating_sub(1);
                key = None;
            }
        }
    }
    None
}

/// A keyword as Bacula compares it: without blanks, in small letters.
fn plain(word: &str) -> String {
    let letters = word.chars().filter(|c| !c.is_whitespace());
    letters.flat_map(char::to_lowercase).collect()
}

fn tokens(text: &str) -> Vec<(usize, Token)> {
    let mut found = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let mut word = String::new();
        let mut letters = line.chars();
        let mut end = |word: &mut String, token: Option<Token>| {
            let text = std::mem::take(word);
            let text = text.trim();
            let text = (!text.is_empty()).then(|| Token::Word(text.to_owned()));
            found.extend(text.into_iter().chain(token).map(|one| (number + 1, one)));
        };
        while let Some(letter) = letters.next() {
            match letter {
                '#' => break,
                '{' => end(&mut word, Some(Token::Open)),
                '}' => end(&mut word, Some(Token::Close)),
                '=' => end(&mut word, Some(Token::Equals)),
                ';' => end(&mut word, Some(Token::End)),
                '"' => {
                    end(&mut word, None);
                    word.extend(letters.by_ref().take_while(|letter| *letter != '"'));
                    end(&mut word, None);
                }
                _ => word.push(letter),
            }
        }
        end(&mut word, Some(Token::End));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn the_name_of_the_own_resource_counts_and_no_other() {
        const FD: &[&str] = &["filedaemon", "client"];
        for (text, name) in [
            (
                "Director {\n  Name = some-dir\n}\nFileDaemon { # me\n  Name = my-fd\n}\n",
                Some((5, "my-fd")),
            ),
            (
                "file daemon {\n Pid Directory = /run\n N a m e = \"my fd\"; FDport=1\n}\n",
                Some((3, "my fd")),
            ),
            (
                "Client { Include { Name = inner } ; Name = outer }",
                Some((1, "outer")),
            ),
            ("# FileDaemon { Name = x }\n", None),
            ("@/etc/bacula/own.conf\n", None),
            ("FileDaemon {\n Name\n = \n}", None),
        ] {
            let name = name.map(|(line, name)| (line, name.to_owned()));
            assert_eq!(own_name(text, FD), name, "{text}");
        }
    }

    #[test]
    fn a_configuration_that_is_not_there_leaves_it_open() {
        let stage = tempfile::tempdir().unwrap();
        let words = [
            "bacula-fd".to_owned(),
            "-c".to_owned(),
            "/fd.conf".to_owned(),
        ];
        let found = |text: Option<&str>| {
            if let Some(text) = text {
                fs::write(stage.path().join("fd.conf"), text).unwrap();
            }
            bacula(&Scene::new(stage.path(), None, &words), "none", &["client"])
        };
        assert_eq!(found(None).state, State::Unknown);
        assert_eq!(found(Some("")).state, State::Unknown);
        let named = found(Some("Client {\n Name = a\n}\n"));
        assert_eq!((named.state, named.name.as_deref()), (State::On, Some("a")));
        assert_eq!(named.evidence, ["/fd.conf:2: Name = a"]);
    }
}
