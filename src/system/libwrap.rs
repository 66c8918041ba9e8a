//! The libwrap that is installed: whether it looks netgroups up.

use memchr::memmem;
use std::fs;
use std::path::{Path, PathBuf};

/// The library's name, as programs ask for it.
const NAME: &str = "libwrap.so.0";
/// Where the dynamic linker looks; on Debian in a folder of the architecture below it.
const FOLDERS: [&str; 5] = ["lib", "usr/lib", "lib64", "usr/lib64", "usr/local/lib"];
/// The function of the C library that looks a netgroup up, as the string table of a program that
/// imports it names it.
const IMPORT: &[u8] = b"innetgr\0";

/// Whether the libwrap installed below `root` imports `innetgr`; `None` where there is no library,
/// or none that can be read.
///
/// Debian's builds since 7.6.q-33 do not, and do not know netgroups; those before do. The name of
/// an import stands in the file as it is, closed by a NUL, in every architecture; libwrap has no
/// other use for it, so the symbol table itself need not be read.
pub fn imports_innetgr(root: Option<&Path>) -> Option<bool> {
    let root = root.unwrap_or(Path::new("/"));
    let library = FOLDERS
        .into_iter()
        .flat_map(|folder| places(&root.join(folder)))
        .find_map(|place| fs::read(place).ok())?;
    let is_elf = library.starts_with(b"\x7fELF");
    is_elf.then(|| memmem::find(&library, IMPORT).is_some())
}

/// Where the library may be in a folder: in the folders of architectures first.
fn places(folder: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .filter(|entry| entry.file_name().to_string_lossy().contains("-linux-"))
        .map(|entry| entry.path().join(NAME))
        .collect();
    found.sort();
    found.push(folder.join(NAME));
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_import_is_found_in_a_folder_of_an_architecture() {
        let root = tempfile::tempdir().unwrap();
        assert_eq!(imports_innetgr(Some(root.path())), None);
        let folder = root.path().join("usr/lib/x86_64-linux-gnu");
        fs::create_dir_all(&folder).unwrap();
        for (bytes, imports) in [
            (&b"\x7fELF\0hosts_ctl\0innetgr\0"[..], Some(true)),
            (b"\x7fELF\0hosts_ctl\0strtok\0", Some(false)),
            (b"text about innetgr\0", None),
        ] {
            fs::write(folder.join(NAME), bytes).unwrap();
            assert_eq!(imports_innetgr(Some(root.path())), imports);
        }
    }
}
