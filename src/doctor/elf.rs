//! What a program or a library asks of others, read from its ELF file and never by running it.

use memchr::memmem;
use object::elf::{self, DT_NEEDED, DT_RPATH, DT_RUNPATH, DT_STRSZ, DT_STRTAB, PT_LOAD};
use object::read::elf::{Dyn as _, FileHeader, ProgramHeader as _, Sym as _};
use object::read::{ReadCache, ReadRef, StringTable};
use object::{Endianness, FileKind};
use std::cell::Cell;
use std::fs::File;
use std::io::{self, Read, Seek as _, SeekFrom};
use std::ops::Range;

/// As many bytes of a file's tables are read, and kept, at most.
const MOST_BYTES: u64 = 64 * 1024 * 1024;
/// As many libraries, and folders of libraries, one file can name.
const MOST_NAMES: usize = 4096;
/// The functions by which a program asks libwrap (`hosts_access(3)`).
const ASKING: [&[u8]; 3] = [b"hosts_access", b"hosts_ctl", b"hosts_access_verbose"];
/// What a program holds that has libwrap inside: the paths of both tables, and a message of its.
const MARKS: [&[u8]; 3] = [
    b"/etc/hosts.allow\0",
    b"/etc/hosts.deny\0",
    b"missing newline or line too long",
];
/// A file is searched in pieces of this size.
const PIECE: u64 = 1 << 20;

/// What an ELF file asks of others.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Linkage {
    /// The names of the libraries it needs, in their order.
    pub(super) needed: Vec<String>,
    /// Where it wants them looked for (`RUNPATH` and `RPATH`), as it says so.
    pub(super) run_paths: Vec<String>,
    /// Whether it calls a function that asks libwrap.
    pub(super) calls_libwrap: bool,
}

/// Reads a file; nothing if it is not an ELF file.
///
/// # Errors
/// When it cannot be read, is a damaged ELF file, or has larger tables than any program.
pub(super) fn linkage(file: &File) -> io::Result<Option<Linkage>> {
    if !file.metadata()?.is_file() {
        return Ok(None);
    }
    let cache = ReadCache::new(file.try_clone()?);
    linkage_of(&cache)
}

fn linkage_of<'d, R: ReadRef<'d>>(data: R) -> io::Result<Option<Linkage>> {
    let left = Cell::new(MOST_BYTES);
    let data = Limited { data, left: &left };
    let found = match FileKind::parse(data) {
        Ok(FileKind::Elf32) => read::<elf::FileHeader32<Endianness>, _>(data),
        Ok(FileKind::Elf64) => read::<elf::FileHeader64<Endianness>, _>(data),
        Ok(_) | Err(_) => return Ok(None),
    };
    found
        .map(Some)
        .map_err(|cause| io::Error::new(io::ErrorKind::InvalidData, cause))
}

/// Data of which no more than so many bytes are read.
#[derive(Debug, Clone, Copy)]
struct Limited<'l, R> {
    data: R,
    left: &'l Cell<u64>,
}

impl<R> Limited<'_, R> {
    fn take(&self, size: u64) -> Result<(), ()> {
        self.left.set(self.left.get().checked_sub(size).ok_or(())?);
        Ok(())
    }
}

impl<'d, R: ReadRef<'d>> ReadRef<'d> for Limited<'_, R> {
    fn len(self) -> Result<u64, ()> {
        self.data.len()
    }

    fn read_bytes_at(self, offset: u64, size: u64) -> Result<&'d [u8], ()> {
        self.take(size)?;
        self.data.read_bytes_at(offset, size)
    }

    fn read_bytes_at_until(self, range: Range<u64>, delimiter: u8) -> Result<&'d [u8], ()> {
        let found = self.data.read_bytes_at_until(range, delimiter)?;
        self.take(u64::try_from(found.len()).map_err(drop)?)?;
        Ok(found)
    }
}

/// Reads what the dynamic linker would read, and where there is one the table of symbols.
fn read<'d, Elf, R>(data: R) -> object::read::Result<Linkage>
where
    Elf: FileHeader<Endian = Endianness>,
    R: ReadRef<'d>,
{
    let header = Elf::parse(data)?;
    let endian = header.endian()?;
    let segments = header.program_headers(endian, data)?;
    let mut found = Linkage::default();
    let mut dynamic: &[Elf::Dyn] = &[];
    for segment in segments {
        if let Some(entries) = segment.dynamic(endian, data)? {
            dynamic = entries;
        }
    }
    let value = |tag: elf::DynamicTag| {
        let mut entries = dynamic.iter();
        entries
            .find(|entry| entry.d_tag(endian) == tag)
            .map(|entry| entry.d_val(endian).into())
    };
    let (Some(address), Some(size)) = (value(DT_STRTAB), value(DT_STRSZ)) else {
        return Ok(found);
    };
    let Some(place) = place::<Elf>(segments, endian, address) else {
        return Ok(found);
    };
    let end = place.saturating_add(size);
    let strings = StringTable::new(data, place, end);
    for entry in dynamic {
        let tag = entry.d_tag(endian);
        let is_needed = tag == DT_NEEDED;
        if !is_needed && tag != DT_RUNPATH && tag != DT_RPATH {
            continue;
        }
        let offset = u32::try_from(entry.d_val(endian).into()).ok();
        let bytes = offset.and_then(|offset| strings.get(offset).ok());
        let text = String::from_utf8_lossy(bytes.unwrap_or_default()).into_owned();
        if is_needed {
            found.needed.push(text);
        } else {
            found.run_paths.extend(text.split(':').map(str::to_owned));
        }
        if found.needed.len().max(found.run_paths.len()) > MOST_NAMES {
            break;
        }
    }
    found.calls_libwrap = calls::<Elf, R>(header, endian, data, place..end);
    Ok(found)
}

/// Where in the file the bytes are that are loaded at `address`.
fn place<Elf: FileHeader>(
    segments: &[Elf::ProgramHeader],
    endian: Elf::Endian,
    address: u64,
) -> Option<u64> {
    segments.iter().find_map(|segment| {
        let start: u64 = segment.p_vaddr(endian).into();
        let size: u64 = segment.p_filesz(endian).into();
        let inside = address.checked_sub(start).filter(|inside| *inside < size)?;
        let offset: u64 = segment.p_offset(endian).into();
        (segment.p_type(endian) == PT_LOAD).then(|| offset.checked_add(inside))?
    })
}

/// Whether a function that asks libwrap is among the symbols that others have to define. Where a file
/// has no table of its sections, as after sstrip, whether the name of one is among its names.
fn calls<'d, Elf, R>(header: &Elf, endian: Elf::Endian, data: R, names: Range<u64>) -> bool
where
    Elf: FileHeader<Endian = Endianness>,
    R: ReadRef<'d>,
{
    let symbols = header
        .sections(endian, data)
        .and_then(|sections| sections.symbols(endian, data, elf::SHT_DYNSYM));
    if let Ok(symbols) = symbols
        && !symbols.is_empty()
    {
        return symbols
            .iter()
            .filter(|symbol| symbol.is_undefined(endian))
            .any(|symbol| {
                let name = symbol.name(endian, symbols.strings());
                name.is_ok_and(|name| ASKING.contains(&name))
            });
    }
    let size = names.end.saturating_sub(names.start);
    let bytes = data.read_bytes_at(names.start, size).unwrap_or_default();
    bytes
        .split(|byte| *byte == 0)
        .any(|name| ASKING.contains(&name))
}

/// Whether a file has libwrap itself inside, as a program has that was linked with the archive of it.
///
/// # Errors
/// When it cannot be read.
pub(super) fn holds_libwrap(file: &File) -> io::Result<bool> {
    let found = found_in(file, &MARKS)?;
    Ok(found.into_iter().all(|is_there| is_there))
}

/// Which of these byte strings a file holds.
///
/// # Errors
/// When it cannot be read.
pub(super) fn found_in(mut file: &File, marks: &[&[u8]]) -> io::Result<Vec<bool>> {
    file.seek(SeekFrom::Start(0))?;
    let longest = marks.iter().map(|mark| mark.len()).max().unwrap_or(0);
    let mut found = vec![false; marks.len()];
    let mut piece = Vec::new();
    while Read::take(&mut file, PIECE).read_to_end(&mut piece)? > 0 {
        for (mark, is_there) in marks.iter().zip(&mut found) {
            *is_there |= memmem::find(&piece, mark).is_some();
        }
        // One may begin in this piece and end in the next one.
        piece.drain(..piece.len().saturating_sub(longest));
    }
    Ok(found)
}

/// The first absolute path in a file that ends with `end` and a zero byte.
///
/// # Errors
/// When it cannot be read.
pub(super) fn path_in(mut file: &File, end: &[u8]) -> io::Result<Option<Vec<u8>>> {
    file.seek(SeekFrom::Start(0))?;
    let mut piece = Vec::new();
    let end: Vec<u8> = end.iter().copied().chain([0]).collect();
    while Read::take(&mut file, PIECE).read_to_end(&mut piece)? > 0 {
        for at in memmem::find_iter(&piece, &end) {
            let before = piece.get(..at).unwrap_or_default();
            let start = before
                .iter()
                .rposition(|byte| *byte == 0)
                .map_or(0, |at| at + 1);
            let path = piece.get(start..at + end.len() - 1).unwrap_or_default();
            if path.starts_with(b"/") {
                return Ok(Some(path.to_vec()));
            }
        }
        piece.drain(..piece.len().saturating_sub(LONGEST_PATH));
    }
    Ok(None)
}

/// Longer paths in a file are not looked for.
const LONGEST_PATH: usize = 512;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::io::Write as _;
    use std::path::Path;

    /// Programs that call libwrap, and one that does not; all are installed for other tests.
    const CALLERS: [&str; 3] = ["/usr/sbin/tcpd", "/usr/sbin/sshd", "/usr/sbin/rpcbind"];

    fn bytes_of(path: &str) -> Vec<u8> {
        std::fs::read(path).unwrap()
    }

    fn file_of(bytes: &[u8]) -> File {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        file
    }

    #[test]
    fn programs_that_call_libwrap_and_one_that_does_not() {
        for path in CALLERS {
            let found = linkage(&File::open(path).unwrap()).unwrap().unwrap();
            assert!(found.calls_libwrap, "{path}");
            assert!(found.needed.contains(&"libwrap.so.0".to_owned()), "{path}");
        }
        let found = linkage(&File::open("/bin/true").unwrap()).unwrap().unwrap();
        assert!(!found.calls_libwrap && found.needed.contains(&"libc.so.6".to_owned()));
        assert_eq!(linkage(&file_of(b"#!/bin/sh\n")).unwrap(), None);
    }

    #[test]
    fn a_file_without_sections_is_judged_by_its_names() {
        let mut bytes = bytes_of("/usr/sbin/tcpd");
        // e_shoff, e_shnum and e_shstrndx of elf(5).
        bytes[0x28..0x30].fill(0);
        bytes[0x3c..0x40].fill(0);
        let found = linkage(&file_of(&bytes)).unwrap().unwrap();
        assert!(found.calls_libwrap && found.needed.contains(&"libwrap.so.0".to_owned()));
    }

    #[test]
    fn libwrap_inside_is_found_across_pieces() {
        let mut bytes = vec![b'x'; usize::try_from(PIECE).unwrap() - 5];
        for mark in MARKS {
            bytes.extend(mark);
        }
        assert!(holds_libwrap(&file_of(&bytes)).unwrap());
        bytes.truncate(bytes.len() - 1);
        assert!(!holds_libwrap(&file_of(&bytes)).unwrap());
    }

    #[test]
    fn a_path_is_found_by_its_end() {
        let file = file_of(b"..\0/no-sshd-sessions\0x/sshd-session\0/usr/lib/sshd-session\0");
        let found = path_in(&file, b"/sshd-session").unwrap();
        assert_eq!(found.as_deref(), Some(&b"/usr/lib/sshd-session"[..]));
        let found = path_in(&file_of(b"x/sshd-session"), b"/sshd-session").unwrap();
        assert_eq!(found, None);
    }

    /// A table that says it is huge costs an error and no memory.
    #[test]
    fn what_claims_to_be_huge_is_refused() {
        let file = file_of(&bytes_of("/usr/sbin/tcpd"));
        file.set_len(8 << 30).unwrap();
        let mut bytes = [0; 64];
        (&file).seek(SeekFrom::Start(0)).unwrap();
        (&file).read_exact(&mut bytes).unwrap();
        // The program headers: 65535 of them, far behind.
        bytes[0x20..0x28].copy_from_slice(&(1_u64 << 30).to_le_bytes());
        bytes[0x38..0x3a].copy_from_slice(&u16::MAX.to_le_bytes());
        (&file).seek(SeekFrom::Start(0)).unwrap();
        (&file).write_all(&bytes).unwrap();
        drop(linkage(&file));
        let left = Cell::new(10);
        let data = Limited {
            data: &b"0123456789abcdef"[..],
            left: &left,
        };
        assert_eq!(data.read_bytes_at(0, 8), Ok(&b"01234567"[..]));
        assert_eq!(data.read_bytes_at(0, 8), Err(()));
    }

    proptest! {
        /// Bytes that are changed at random in the headers and tables of a program, or cut off, lead to
        /// an answer or an error.
        #[test]
        fn damaged_programs_are_judged_or_refused(
            changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..40),
            spread in prop::sample::select(vec![64_usize, 1024, 8192, 1 << 20]),
            cut in any::<prop::sample::Index>(),
            is_cut in any::<bool>(),
        ) {
            let mut bytes = bytes_of("/usr/sbin/tcpd");
            let reach = spread.min(bytes.len());
            for (at, byte) in changes {
                let at = at.index(reach);
                bytes[at] = byte;
            }
            if is_cut {
                bytes.truncate(cut.index(bytes.len()));
            }
            if let Ok(Some(found)) = linkage_of(bytes.as_slice()) {
                prop_assert!(found.needed.len() <= MOST_NAMES + 1);
            }
        }

        /// So do bytes of any kind after an ELF file's first ones.
        #[test]
        fn any_bytes_are_judged_or_refused(tail in prop::collection::vec(any::<u8>(), 0..600), class in 1_u8..3) {
            let mut bytes = vec![0x7f, b'E', b'L', b'F', class, 1, 1];
            bytes.extend(tail);
            drop(linkage_of(bytes.as_slice()));
            let file = file_of(&bytes);
            drop(linkage(&file));
            prop_assert!(!holds_libwrap(&file).unwrap());
        }
    }

    #[test]
    fn what_is_not_a_file_is_not_judged() {
        assert_eq!(
            linkage(&File::open(Path::new("/tmp")).unwrap()).unwrap(),
            None
        );
    }
}
