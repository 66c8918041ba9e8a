//! The source tree as facts: what each file uses, hands on and defines, read from its syntax tree.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use syn::visit::{self, Visit};
use syn::{Attribute, Item, UseTree, Visibility};

/// A path in code, by its segments, the first of them as it is written (`crate`, `super`, `nom`).
pub(super) type Segments = Vec<String>;

/// What the checks know of one source file. Unit tests are left out: they may use anything.
#[derive(Debug, Clone, Default)]
pub(super) struct SourceFile {
    /// Relative to the repository.
    pub(super) path: PathBuf,
    /// The module, from the root of its crate: `src/engine/list.rs` is `[engine, list]`.
    pub(super) module: Segments,
    /// A `mod.rs` or `lib.rs`.
    pub(super) is_face: bool,
    /// The number of lines, unit tests included.
    pub(super) lines: usize,
    /// The lines that are code: neither blank, nor comment, nor unit test.
    pub(super) code_lines: usize,
    /// Every path that is used, but for those that are handed on.
    pub(super) uses: BTreeSet<Segments>,
    /// The names that `pub use` hands on, each with the path after it.
    pub(super) exports: Vec<(String, Segments)>,
    /// Everything that is defined: functions, types, implementations, constants, macros.
    pub(super) definitions: Vec<String>,
    /// The types and traits that are public.
    pub(super) public_types: Vec<String>,
    /// The submodules that exist in unit tests only.
    test_modules: BTreeSet<String>,
}

impl SourceFile {
    /// Reads the facts of `source`, which stands at `path` in the source folder `root`.
    pub(super) fn read(path: &Path, root: &Path, source: &str) -> Self {
        let inside = path.strip_prefix(root).unwrap().with_extension("");
        let mut module: Segments = inside
            .iter()
            .map(|part| part.to_str().unwrap().to_owned())
            .collect();
        let is_face = matches!(module.last().map(String::as_str), Some("mod" | "lib"));
        if is_face {
            module.pop();
        }
        let mut file = Self {
            path: path.to_owned(),
            module,
            is_face,
            lines: source.lines().count(),
            code_lines: code_lines(source),
            ..Self::default()
        };
        let tree = syn::parse_file(source);
        let tree = tree.unwrap_or_else(|error| unreadable(path, &error));
        file.visit_file(&tree);
        for item in &tree.items {
            file.define(item);
        }
        file
    }

    /// The first folder or file of the crate that this file belongs to; none for `lib.rs`.
    pub(super) fn room(&self) -> Option<&str> {
        self.module.first().map(String::as_str)
    }

    fn define(&mut self, item: &Item) {
        if attributes(item).iter().any(is_test) {
            return;
        }
        let (name, visibility) = match item {
            Item::Use(_) | Item::ExternCrate(_) => return,
            Item::Mod(module) if module.content.is_none() => return,
            Item::Mod(module) => (module.ident.to_string(), None),
            Item::Struct(item) => (item.ident.to_string(), Some(&item.vis)),
            Item::Enum(item) => (item.ident.to_string(), Some(&item.vis)),
            Item::Union(item) => (item.ident.to_string(), Some(&item.vis)),
            Item::Trait(item) => (item.ident.to_string(), Some(&item.vis)),
            Item::Type(item) => (item.ident.to_string(), Some(&item.vis)),
            Item::Fn(item) => (item.sig.ident.to_string(), None),
            Item::Const(item) => (item.ident.to_string(), None),
            Item::Static(item) => (item.ident.to_string(), None),
            Item::Impl(_) => ("an implementation".to_owned(), None),
            Item::Macro(_) | Item::ForeignMod(_) | Item::TraitAlias(_) | Item::Verbatim(_) | _ => {
                ("a macro".to_owned(), None)
            }
        };
        if matches!(visibility, Some(Visibility::Public(_))) {
            self.public_types.push(name.clone());
        }
        self.definitions.push(name);
    }

    fn flatten(&mut self, tree: &UseTree, before: &[String], hands_on: bool) {
        let with = |name: String| {
            let mut path = before.to_vec();
            path.push(name);
            path
        };
        match tree {
            UseTree::Path(path) => {
                self.flatten(&path.tree, &with(path.ident.to_string()), hands_on);
            }
            UseTree::Group(group) => {
                for tree in &group.items {
                    self.flatten(tree, before, hands_on);
                }
            }
            UseTree::Glob(_) => self.leaf("*".to_owned(), with("*".to_owned()), hands_on),
            UseTree::Name(name) if name.ident == "self" => {
                let name = before.last().cloned().unwrap_or_default();
                self.leaf(name, before.to_vec(), hands_on);
            }
            UseTree::Name(name) => {
                self.leaf(
                    name.ident.to_string(),
                    with(name.ident.to_string()),
                    hands_on,
                );
            }
            UseTree::Rename(rename) => {
                let path = if rename.ident == "self" {
                    before.to_vec()
                } else {
                    with(rename.ident.to_string())
                };
                self.leaf(rename.rename.to_string(), path, hands_on);
            }
        }
    }

    fn leaf(&mut self, name: String, path: Segments, hands_on: bool) {
        if hands_on {
            self.exports.push((name, path));
        } else {
            self.uses.insert(path);
        }
    }
}

impl<'a> Visit<'a> for SourceFile {
    fn visit_item(&mut self, item: &'a Item) {
        if !attributes(item).iter().any(is_test) {
            visit::visit_item(self, item);
        } else if let Item::Mod(module) = item {
            self.test_modules.insert(module.ident.to_string());
        }
    }

    fn visit_item_use(&mut self, item: &'a syn::ItemUse) {
        let hands_on = self.is_face && !matches!(item.vis, Visibility::Inherited);
        self.flatten(&item.tree, &[], hands_on);
    }

    fn visit_path(&mut self, path: &'a syn::Path) {
        if path.segments.len() > 1 {
            let segments = path.segments.iter().map(|part| part.ident.to_string());
            self.uses.insert(segments.collect());
        }
        visit::visit_path(self, path);
    }

    /// What a macro is given is not parsed, but paths in it are seen.
    fn visit_macro(&mut self, found: &'a syn::Macro) {
        let text = found.tokens.to_string();
        let words: Vec<&str> = text
            .split(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':'))
            .filter(|word| !word.is_empty())
            .collect();
        let mut at = 0;
        while at < words.len() {
            let mut path = vec![words[at].to_owned()];
            while words.get(at + 1) == Some(&"::") && at + 2 < words.len() {
                path.push(words[at + 2].to_owned());
                at += 2;
            }
            if path.len() > 1 {
                self.uses.insert(path);
            }
            at += 1;
        }
        visit::visit_macro(self, found);
    }
}

#[expect(
    clippy::panic,
    reason = "a file that cannot be read must not count as one without faults"
)]
fn unreadable(path: &Path, error: &syn::Error) -> syn::File {
    panic!("{}: is not Rust: {error}", path.display());
}

/// Whether an attribute is `#[cfg(test)]`.
fn is_test(attribute: &Attribute) -> bool {
    attribute.path().is_ident("cfg")
        && attribute
            .parse_args::<syn::Ident>()
            .is_ok_and(|name| name == "test")
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Union(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        Item::ExternCrate(item) => &item.attrs,
        Item::ForeignMod(item) => &item.attrs,
        Item::TraitAlias(item) => &item.attrs,
        Item::Verbatim(_) | _ => &[],
    }
}

/// The lines of a file that are neither blank, nor comment, nor unit test.
fn code_lines(source: &str) -> usize {
    let shipped = source
        .split("\n#[cfg(test)]\nmod tests {")
        .next()
        .unwrap_or_default();
    let is_code = |line: &&str| !line.trim().is_empty() && !line.trim_start().starts_with("//");
    shipped.lines().filter(is_code).count()
}

/// The files of one crate by their modules.
#[derive(Debug, Default)]
pub(super) struct Crate {
    /// All of them that are shipped.
    pub(super) files: BTreeMap<Segments, SourceFile>,
}

impl Crate {
    /// The crate of these files; files of unit tests are left out.
    pub(super) fn new(files: Vec<SourceFile>) -> Self {
        let mut tests = BTreeSet::new();
        for file in &files {
            for name in &file.test_modules {
                let mut module = file.module.clone();
                module.push(name.clone());
                tests.insert(module);
            }
        }
        let is_shipped = |file: &SourceFile| {
            (1..=file.module.len()).all(|length| !tests.contains(&file.module[..length]))
        };
        let files = files.into_iter().filter(is_shipped);
        Self {
            files: files.map(|file| (file.module.clone(), file)).collect(),
        }
    }

    /// The other files of this crate that `file` uses. A name that a face hands on counts as a use
    /// of the file that defines it.
    pub(super) fn used_by(&self, file: &SourceFile) -> BTreeSet<&Segments> {
        file.uses
            .iter()
            .filter_map(|path| self.find(file, path, 0))
            .filter(|found| **found != file.module)
            .collect()
    }

    /// The file after a path that stands in `file`, if it is one of this crate.
    fn find(&self, file: &SourceFile, path: &[String], depth: usize) -> Option<&Segments> {
        let mut base = file.module.clone();
        let mut rest = path;
        match rest.first()?.as_str() {
            "crate" => base.clear(),
            "self" => {}
            // A module's own submodule may be named without `self`.
            name => {
                if name != "super" {
                    let mut inside = base.clone();
                    inside.push(name.to_owned());
                    if !(file.is_face && self.files.contains_key(&inside)) {
                        return None;
                    }
                    base = inside;
                }
            }
        }
        if matches!(rest[0].as_str(), "crate" | "self") || !matches!(rest[0].as_str(), "super") {
            rest = &rest[1..];
        }
        while rest.first().is_some_and(|part| part == "super") {
            base.pop();
            rest = &rest[1..];
        }
        while let Some(name) = rest.first() {
            base.push(name.clone());
            if !self.files.contains_key(&base) {
                base.pop();
                break;
            }
            rest = &rest[1..];
        }
        let (module, found) = self.files.get_key_value(&base)?;
        let Some(name) = rest.first().filter(|_| found.is_face && depth < 8) else {
            return Some(module);
        };
        let mut handed_on = found.exports.iter().filter(|(known, _)| known == name);
        match handed_on.next() {
            Some((_, path)) => self.find(found, path, depth + 1).or(Some(module)),
            None => Some(module),
        }
    }
}

/// Where the repository is.
pub(super) fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// All files below `folder`, relative to the repository, in order; none if there is no such folder.
pub(super) fn files(folder: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut waiting = vec![repository().join(folder)];
    while let Some(place) = waiting.pop() {
        for entry in fs::read_dir(place).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                if !path.ends_with("target") {
                    waiting.push(path);
                }
            } else {
                found.push(path.strip_prefix(repository()).unwrap().to_owned());
            }
        }
    }
    found.sort();
    found
}

/// The Rust files below `folders` with their texts.
pub(super) fn rust_files(folders: &[&str]) -> Vec<(PathBuf, String)> {
    let all = folders.iter().flat_map(|folder| files(folder));
    all.filter(|path| path.extension().is_some_and(|end| end == "rs"))
        .map(|path| {
            let text = fs::read_to_string(repository().join(&path)).unwrap();
            (path, text)
        })
        .collect()
}

/// The source folders of all packages: `src`, and `src` of each folder in `crates`.
pub(super) fn roots() -> Vec<PathBuf> {
    let mut roots = vec![PathBuf::from("src")];
    let crates = fs::read_dir(repository().join("crates"));
    let mut members: Vec<_> = crates
        .into_iter()
        .flatten()
        .map(|entry| Path::new("crates").join(entry.unwrap().file_name()))
        .map(|member| member.join("src"))
        .collect();
    members.sort();
    roots.append(&mut members);
    roots
}

/// Every package of the repository.
pub(super) fn crates() -> &'static [(PathBuf, Crate)] {
    static CRATES: OnceLock<Vec<(PathBuf, Crate)>> = OnceLock::new();
    CRATES.get_or_init(|| {
        let read = |root: PathBuf| {
            let files = rust_files(&[root.to_str().unwrap()]);
            assert!(!files.is_empty(), "{} was not found", root.display());
            let files = files
                .iter()
                .map(|(path, text)| SourceFile::read(path, &root, text));
            (root.clone(), Crate::new(files.collect()))
        };
        roots().into_iter().map(read).collect()
    })
}

/// A crate of snippets, each a path in `src` and its text.
#[cfg(test)]
pub(super) fn snippets(files: &[(&str, &str)]) -> Crate {
    let read =
        |(path, text): &(&str, &str)| SourceFile::read(Path::new(path), Path::new("src"), text);
    Crate::new(files.iter().map(read).collect())
}
