//! Reading whole files, of which some have a million lines.

use nix::libc::c_void;
use nix::sys::mman::{MmapAdvise, madvise};
use std::fs::File;
use std::io::{self, Read as _};
use std::ptr::NonNull;

/// The size of a large page on x86 and 64-bit ARM (Linux, admin-guide/mm/transhuge.rst).
const LARGE_PAGE: usize = 2 << 20;

/// What is left of an open file, which has at most `most` bytes, in memory that the kernel may make of
/// large pages: to make one small page after the other takes longer than to read what they hold.
///
/// # Errors
/// When it has more bytes, cannot be read, or there is no memory for it.
pub fn read_whole(file: &mut File, most: u64) -> io::Result<Vec<u8>> {
    let too_large = |_| io::Error::from(io::ErrorKind::FileTooLarge);
    let length = file.metadata()?.len().min(most);
    let mut bytes = Vec::new();
    // A byte more, with which the end is found.
    bytes.try_reserve_exact(usize::try_from(length.saturating_add(1)).map_err(too_large)?)?;
    wish_large_pages(&mut bytes);
    file.take(most.saturating_add(1)).read_to_end(&mut bytes)?;
    let read = u64::try_from(bytes.len()).map_err(too_large)?;
    if read > most {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    Ok(bytes)
}

/// Asks the kernel to make the whole large pages that lie in the room of `bytes` as such. A kernel that
/// has none, or does not want to, makes small ones.
fn wish_large_pages(bytes: &mut Vec<u8>) {
    let room = bytes.spare_capacity_mut();
    let start = room.as_ptr().align_offset(LARGE_PAGE);
    let whole = room.len().saturating_sub(start) / LARGE_PAGE * LARGE_PAGE;
    let Some(pages) = room
        .get_mut(start..start + whole)
        .filter(|pages| !pages.is_empty())
    else {
        return;
    };
    let address = NonNull::from(pages).cast::<c_void>();
    #[expect(
        unsafe_code,
        reason = "the compiler cannot know which advice changes what memory holds"
    )]
    // SAFETY: the range is memory of the vector; this advice changes neither it nor what it holds.
    let advised = unsafe { madvise(address, whole, MmapAdvise::MADV_HUGEPAGE) };
    drop(advised.map_err(io::Error::from));
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;

    #[test]
    fn files_of_all_sizes_are_read_whole_or_not_at_all() {
        for length in [0, 1, LARGE_PAGE - 1, 3 * LARGE_PAGE + 17] {
            let written: Vec<u8> = (0..length)
                .map(|at| u8::try_from(at % 251).unwrap())
                .collect();
            let read = |most: usize| {
                let mut file = tempfile::tempfile().unwrap();
                file.write_all(&written).unwrap();
                io::Seek::rewind(&mut file).unwrap();
                read_whole(&mut file, u64::try_from(most).unwrap())
            };
            assert_eq!(read(length).unwrap(), written);
            assert_eq!(read(usize::MAX).unwrap(), written);
            if length > 0 {
                let kind = read(length - 1).unwrap_err().kind();
                assert_eq!(kind, io::ErrorKind::FileTooLarge);
            }
        }
    }

    /// Files of /proc have no length.
    #[test]
    fn a_file_that_has_more_than_it_says_is_read_whole() {
        let mut file = File::open("/proc/self/maps").unwrap();
        assert!(!read_whole(&mut file, u64::MAX).unwrap().is_empty());
    }
}
