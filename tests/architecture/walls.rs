//! The walls: which room uses which, and inside a room, which wing uses which.

use super::plan::{EVERY_ROOM, PLAIN, RESERVED, ROOMS, Room, WINGS, Wings};
use super::tree::{Crate, SourceFile, crates, repository};
use std::path::Path;

/// The rooms that a file uses and may not.
fn room_breaks(of: &Crate, file: &SourceFile, rooms: &[Room]) -> Vec<String> {
    let Some(room) = file.room() else {
        return Vec::new();
    };
    let place = file.path.display();
    let Some((_, allowed)) = rooms.iter().find(|(name, _)| *name == room) else {
        return vec![format!("{place}: the plan has no room {room}")];
    };
    of.used_by(file)
        .into_iter()
        .filter_map(|module| module.first())
        .filter(|used| *used != room && !PLAIN.contains(&used.as_str()))
        .filter(|used| *allowed != EVERY_ROOM && !allowed.contains(&used.as_str()))
        .map(|used| format!("{place}: {room} may not use {used}"))
        .collect()
}

/// The place of a wing in its row: the number of its group, if the plan has it.
fn group(wings: &Wings, wing: &str) -> Option<usize> {
    wings.1.iter().position(|group| group.contains(&wing))
}

/// The wings of a folder that a file in it uses and may not. `folder` is a path of modules.
fn wing_breaks(of: &Crate, wings: &Wings) -> Vec<String> {
    let folder: Vec<&str> = wings.0.split('/').collect();
    let inside = |module: &[String]| -> Option<String> {
        let (start, rest) = module.split_at_checked(folder.len())?;
        let wing = rest.first()?;
        start.iter().eq(folder.iter()).then(|| wing.clone())
    };
    let mut found = Vec::new();
    for file in of.files.values() {
        let Some(wing) = inside(&file.module) else {
            continue;
        };
        let place = file.path.display();
        let Some(at) = group(wings, &wing) else {
            found.push(format!("{place}: the plan has no wing {wing}"));
            continue;
        };
        for used in of.used_by(file).into_iter().filter_map(|used| inside(used)) {
            if used != wing && group(wings, &used).is_none_or(|other| other >= at) {
                found.push(format!("{place}: {wing} may not use {used}"));
            }
        }
    }
    found
}

/// Whether a file uses the module `reserved` and lies in none of `folders`.
fn reserved_break(of: &Crate, file: &SourceFile, reserved: &str, folders: &[&str]) -> bool {
    let own = file.module.join("/");
    let is_inside = |folder: &&str| own.starts_with(&format!("{folder}/"));
    let uses = || {
        of.used_by(file)
            .iter()
            .any(|module| module.join("/") == reserved)
    };
    !folders.iter().any(is_inside) && uses()
}

#[test]
fn reserved_files_are_used_by_their_owners_only() {
    let (_, program) = &crates()[0];
    let mut found = Vec::new();
    for (reserved, folders) in RESERVED {
        let is_there = |file: &SourceFile| file.module.join("/") == *reserved;
        assert!(program.files.values().any(is_there), "{reserved}");
        let breaks = program
            .files
            .values()
            .filter(|file| reserved_break(program, file, reserved, folders))
            .map(|file| format!("{} may not use {reserved}", file.path.display()));
        found.extend(breaks);
    }
    super::assert_none(&found);
}

#[test]
fn rooms_use_only_what_the_plan_allows() {
    let (_, program) = &crates()[0];
    let found: Vec<_> = program
        .files
        .values()
        .flat_map(|file| room_breaks(program, file, &ROOMS))
        .collect();
    super::assert_none(&found);
}

#[test]
fn wings_use_only_wings_to_their_left() {
    let mut found = Vec::new();
    for wings in WINGS {
        let is_inside = |root: &Path| wings.0.starts_with(root.to_str().unwrap());
        let (root, of) = crates().iter().find(|(root, _)| is_inside(root)).unwrap();
        let folder = Path::new(wings.0).strip_prefix(root).unwrap();
        assert!(repository().join(wings.0).is_dir(), "{}", wings.0);
        found.extend(wing_breaks(of, &(folder.to_str().unwrap(), wings.1)));
    }
    super::assert_none(&found);
}

#[cfg(test)]
mod tests {
    use super::super::tree::snippets;
    use super::*;

    #[test]
    fn an_arrow_that_points_back_is_seen() {
        let rooms: [Room; 4] = [
            ("diagnostic", &[]),
            ("a", &[]),
            ("b", &["a"]),
            ("cli", EVERY_ROOM),
        ];
        let breaks = |path: &str, text: &str| {
            let of = snippets(&[
                ("src/diagnostic.rs", ""),
                ("src/a/x.rs", "pub struct X;"),
                ("src/a/mod.rs", "mod x; pub use x::X;"),
                ("src/b.rs", ""),
                ("src/cli.rs", ""),
                (path, text),
            ]);
            let of_path = |file: &&SourceFile| file.path == Path::new(path);
            let file = of.files.values().find(of_path).unwrap();
            room_breaks(&of, file, &rooms)
        };
        assert_eq!(breaks("src/a/y.rs", "use crate::b::Rule;").len(), 1);
        assert_eq!(breaks("src/a/y.rs", "use super::super::b::Rule;").len(), 1);
        assert_eq!(breaks("src/a/y.rs", "fn f() { crate::b::run() }").len(), 1);
        assert_eq!(
            breaks("src/a/y.rs", "use crate::{b::{x, y}, cli};").len(),
            2
        );
        assert_eq!(breaks("src/odd.rs", "").len(), 1);
        for (path, text) in [
            ("src/b.rs", "use crate::a::X; use crate::diagnostic::D;"),
            ("src/b.rs", "// crate::cli"),
            ("src/b.rs", "#[cfg(test)]\nmod tests { use crate::cli; }"),
            ("src/a/y.rs", "use super::x::X; use other::b::X;"),
            ("src/cli.rs", "use crate::{a, b};"),
        ] {
            assert_eq!(breaks(path, text), [""; 0], "{text}");
        }
    }

    #[test]
    fn a_reserved_file_in_the_wrong_hands_is_seen() {
        let breaks = |path: &str, text: &str| {
            let of = snippets(&[
                ("src/a/mod.rs", "mod terms; pub use terms::Terms; mod run;"),
                ("src/a/terms.rs", "pub struct Terms;"),
                ("src/a/run/mod.rs", ""),
                (path, text),
            ]);
            let of_path = |file: &&SourceFile| file.path == Path::new(path);
            let file = of.files.values().find(of_path).unwrap();
            reserved_break(&of, file, "a/terms", &["a/run"])
        };
        assert!(breaks("src/a/other.rs", "use crate::a::terms::Terms;"));
        assert!(breaks("src/b.rs", "use crate::a::Terms;"));
        assert!(!breaks("src/a/run/x.rs", "use crate::a::terms::Terms;"));
        assert!(!breaks("src/a/other.rs", "use crate::a::run;"));
    }

    #[test]
    fn a_wing_that_looks_right_or_aside_is_seen() {
        let wings: Wings = ("a", &[&["left"], &["one", "other"], &["right"]]);
        let breaks = |path: &str, text: &str| {
            let of = snippets(&[
                (
                    "src/a/mod.rs",
                    "mod left; mod one; mod other; mod right; pub use one::One;",
                ),
                ("src/a/left.rs", ""),
                ("src/a/one/mod.rs", "mod deep; pub use deep::One;"),
                ("src/a/one/deep.rs", "pub struct One;"),
                ("src/a/other.rs", ""),
                ("src/a/right/mod.rs", "mod deep;"),
                ("src/a/right/deep.rs", ""),
                (path, text),
            ]);
            wing_breaks(&of, &wings).len()
        };
        assert_eq!(breaks("src/a/left.rs", "use super::one::One;"), 1);
        assert_eq!(
            breaks("src/a/left.rs", "use super::One;"),
            1,
            "through the face"
        );
        assert_eq!(breaks("src/a/other.rs", "use crate::a::one::One;"), 1);
        assert_eq!(
            breaks("src/a/one/deep.rs", "use super::super::right::X;"),
            1
        );
        assert_eq!(breaks("src/a/stray.rs", ""), 1);
        assert_eq!(
            breaks("src/a/right/deep.rs", "use super::super::{one::One, left};"),
            0
        );
        assert_eq!(breaks("src/b.rs", "use crate::a::right;"), 0);
    }
}
