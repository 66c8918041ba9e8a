//! A face, the `mod.rs` of a folder, is its table of contents: it says what is inside and defines
//! nothing itself.

use super::tree::{Crate, crates};

/// The definitions that stand in faces. `main.rs` is the program, not a face.
fn defining_faces(of: &Crate) -> Vec<String> {
    of.files
        .values()
        .filter(|file| file.path.ends_with("mod.rs") || file.path.ends_with("lib.rs"))
        .flat_map(|file| {
            let path = file.path.display();
            file.definitions
                .iter()
                .map(move |name| format!("{path}: defines {name}"))
        })
        .collect()
}

#[test]
fn faces_define_nothing() {
    let found: Vec<_> = crates()
        .iter()
        .flat_map(|(_, files)| defining_faces(files))
        .collect();
    super::assert_none(&found);
}

#[cfg(test)]
mod tests {
    use super::super::tree::snippets;
    use super::*;

    #[test]
    fn a_face_that_defines_is_seen() {
        let count = |text: &str| defining_faces(&snippets(&[("src/a/mod.rs", text)])).len();
        assert_eq!(count("//! A.\nmod b;\npub use b::B;\n"), 0);
        assert_eq!(count("#[cfg(test)]\nmod tests { fn f() {} }"), 0);
        for text in [
            "fn f() {}",
            "pub struct A;",
            "enum A {}",
            "pub const A: u8 = 1;",
            "impl A {}",
            "type A = u8;",
            "trait A {}",
            "mod b { }",
            "macro_rules! m { () => {} }",
        ] {
            assert_eq!(count(text), 1, "{text}");
        }
    }
}
