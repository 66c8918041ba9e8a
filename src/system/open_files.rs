//! Which processes have a file open, from proc(5).

use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

/// The processes, other than this one, that have the file with this device and inode number open
/// for writing, as far as this user may look; `proc` is `/proc`.
pub fn writers(proc: &Path, file: (u64, u64)) -> Vec<u32> {
    let own = std::process::id();
    let processes = std::fs::read_dir(proc).into_iter().flatten().flatten();
    processes
        .filter_map(|process| process.file_name().to_str()?.parse::<u32>().ok())
        .filter(|&process| process != own && holds(&proc.join(process.to_string()), file))
        .collect()
}

fn holds(process: &Path, file: (u64, u64)) -> bool {
    let descriptors = std::fs::read_dir(process.join("fd")).into_iter().flatten();
    descriptors.flatten().any(|descriptor| {
        // The link leads to the file itself, whatever it is called now.
        std::fs::metadata(descriptor.path()).is_ok_and(|found| (found.dev(), found.ino()) == file)
            && may_write(&process.join("fdinfo").join(descriptor.file_name()))
    })
}

/// Whether a descriptor is open for more than reading: the last octal digit of its flags.
fn may_write(information: &Path) -> bool {
    let text = std::fs::read_to_string(information).unwrap_or_default();
    let flags = text.lines().find_map(|line| line.strip_prefix("flags:"));
    flags.is_none_or(|flags| !flags.trim_end().ends_with(['0', '4']))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::{File, OpenOptions};
    use std::process::{Command, Stdio};

    #[test]
    fn a_process_with_the_file_open_is_found_until_it_ends() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let is = file.as_file().metadata().unwrap();
        let is = (is.dev(), is.ino());
        let proc = Path::new("/proc");
        assert!(writers(proc, is).is_empty());
        let sleeper = |file: File| {
            let mut command = Command::new("sleep");
            command.arg("60").stdin(Stdio::from(file)).spawn().unwrap()
        };
        let open = OpenOptions::new().append(true).open(file.path());
        let (mut reader, mut writer) = (
            sleeper(File::open(file.path()).unwrap()),
            sleeper(open.unwrap()),
        );
        // Its name is another one now, or none.
        drop(file);
        assert_eq!(writers(proc, is), [writer.id()]);
        for child in [&mut writer, &mut reader] {
            child.kill().unwrap();
            child.wait().unwrap();
        }
        assert!(writers(proc, is).is_empty());
    }
}
