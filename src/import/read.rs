//! One source, of one file or several, to rules.

use crate::import::form::{SourceForm, Terms};
use crate::import::intake::Intake;
use crate::import::notes::Notes;
use crate::import::order::pieces;
use crate::import::rule::{ImportedRule, rules};
use crate::import::{
    cpanel, denyhosts, fail2ban, firewalld, ipset, iptables, list, nft, sheet, sshd, ufw,
};
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};
use thiserror::Error;

/// What was found in a source.
#[derive(Debug)]
pub struct Imported {
    /// The rules; the order of those of one table matters.
    pub rules: Vec<ImportedRule>,
    /// What was not understood: without it the rules are not the whole source.
    pub faults: Notes,
    /// What is to be known besides.
    pub remarks: Notes,
}

/// Why a source cannot be read at all.
#[derive(Debug, Error)]
pub enum ImportError {
    /// A file cannot be read.
    #[error("cannot read {}: {error}", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why not.
        error: io::Error,
    },
    /// A file is not what it is said to be, or more than one thing could be meant.
    #[error("{}: {why}", .path.display())]
    Unfit {
        /// The file.
        path: PathBuf,
        /// What is wrong, in words.
        why: String,
    },
}

/// Reads the files of one source; `-` is standard input.
///
/// # Errors
/// When a file cannot be read, or is another kind of file.
pub fn import(paths: &[PathBuf], terms: &Terms) -> Result<Imported, ImportError> {
    let mut intake = Intake::new(terms);
    let mut sources = Sources::default();
    for path in paths {
        let shown = path.display().to_string();
        intake.begin(&shown);
        read(path, terms.form, &mut sources, &mut intake)?;
    }
    sources.firewalld.end(&mut intake);
    let (entries, mut found, mut faults, remarks) = intake.end();
    let pieces = pieces(entries, terms, &mut faults);
    found.extend(rules(pieces, &format!("import/{}", terms.form.name())));
    Ok(Imported {
        rules: found,
        faults,
        remarks,
    })
}

/// What is known from the files before.
#[derive(Debug, Default)]
struct Sources {
    firewalld: firewalld::Zones,
}

fn read(
    path: &Path,
    form: SourceForm,
    sources: &mut Sources,
    intake: &mut Intake<'_>,
) -> Result<(), ImportError> {
    let unreadable = |error: io::Error| ImportError::Unreadable {
        path: path.to_owned(),
        error,
    };
    let unfit = |why: String| ImportError::Unfit {
        path: path.to_owned(),
        why,
    };
    if form == SourceForm::Fail2ban {
        return fail2ban::read(path, intake).map_err(unfit);
    }
    let mut input = open(path).map_err(unreadable)?;
    let input = &mut *input;
    if input.fill_buf().map_err(unreadable)?.is_empty() {
        return Err(unfit("it is empty".to_owned()));
    }
    match form {
        SourceForm::Fail2ban => Ok(()),
        SourceForm::Denyhosts => denyhosts::read(input, intake).map_err(unreadable),
        SourceForm::Sshd => sshd::read(input, intake).map_err(unreadable),
        SourceForm::Nft => nft::read(input, intake).map_err(unreadable)?.map_err(unfit),
        SourceForm::Iptables => iptables::read(input, intake)
            .map_err(unreadable)?
            .map_err(unfit),
        SourceForm::Ipset => ipset::read(input, intake)
            .map_err(unreadable)?
            .map_err(unfit),
        SourceForm::Ufw => ufw::read(input, intake).map_err(unreadable)?.map_err(unfit),
        SourceForm::Firewalld => {
            let stem = path.file_stem().unwrap_or_default().to_string_lossy();
            let zones = &mut sources.firewalld;
            zones
                .read(&stem, input, intake)
                .map_err(unreadable)?
                .map_err(unfit)
        }
        SourceForm::Csv => sheet::read(input, intake)
            .map_err(unreadable)?
            .map_err(unfit),
        SourceForm::Cpanel => cpanel::read(input, intake).map_err(unreadable),
        SourceForm::Lines => list::read(input, intake).map_err(unreadable),
    }
}

fn open(path: &Path) -> io::Result<Box<dyn BufRead>> {
    if path == Path::new("-") {
        return Ok(Box::new(io::stdin().lock()));
    }
    let file = File::open(path)?;
    if file.metadata()?.is_dir() {
        return Err(io::Error::from(io::ErrorKind::IsADirectory));
    }
    Ok(Box::new(BufReader::with_capacity(1 << 16, file)))
}
