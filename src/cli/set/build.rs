//! `tcpw set build`: reads lists, and writes one file or nothing.

use super::build_args::BuildArgs;
use super::former::Former;
use super::list::{Intake, ListFile, ListForm};
use super::outcome::{Outcome, show};
use crate::cli::base::progress::Progress;
use crate::cli::base::{Context, Exit, Failure};
use crate::cli::machine::set_file::SetFile;
use crate::system::{Clock as _, SystemClock};
use crate::values::counted;
use std::path::Path;
use tcpw_gate::set::{Builder, SetSource};

/// The most lists of one set.
const MOST_LISTS: usize = 1000;

/// Runs the command.
pub(crate) fn run(args: &BuildArgs, context: &mut Context) -> Result<Exit, Failure> {
    check_names(args)?;
    let former = Former::read(&args.out, args.force)?;
    if let Some(remark) = former.remark() {
        context.out.note(remark)?;
    }
    let progress = Progress::of(format!("building {}", args.out.display()));
    let mut file = SetFile::begin((!args.dry_run).then_some(&args.out))?;
    let mut scratch = file.scratch();
    let mut intake = Intake::new(Builder::new(&mut scratch));
    let mut sources = Vec::new();
    let mut forms = Vec::new();
    for path in &args.files {
        let (source, form) = read(path, args, &mut intake)?;
        sources.push(source);
        forms.push(form);
    }
    let (builder, told) = intake.end();
    told.check(&forms, context)?;
    if !args.force {
        former.check_sources(&sources)?;
    }
    let built = SystemClock.now();
    let summary = file.fill(builder, sources, built.timestamp())?;
    if !args.force {
        former.check_size(&summary)?;
    }
    file.commit()?;
    drop(progress);
    let outcome = Outcome {
        out: &args.out,
        is_written: !args.dry_run,
        summary: &summary,
        forms: &forms,
        warnings: &told.warnings,
    };
    show(&outcome, args.format, context)?;
    Ok(Exit::Done)
}

/// Whether each list is named once, and none of them is what shall be written.
fn check_names(args: &BuildArgs) -> Result<(), Failure> {
    if args.files.len() > MOST_LISTS {
        let most = counted(MOST_LISTS, "list");
        return Err(
            Failure::new(format_args!("a set is built from at most {most}"))
                .hint("put some of them into one: cat LIST... | tcpw set build OUT -"),
        );
    }
    let place = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let out = place(&args.out);
    let mut seen = Vec::new();
    for file in &args.files {
        let file_place = place(file);
        if file_place == out {
            return Err(
                Failure::new(format_args!("{} is both OUT and a list", file.display()))
                    .hint("the compiled set comes first: tcpw set build OUT FILE..."),
            );
        }
        if seen.contains(&file_place) {
            return Err(
                Failure::new(format_args!("{} is named twice", file.display()))
                    .hint("name each list once"),
            );
        }
        seen.push(file_place);
    }
    Ok(())
}

/// Reads one list.
fn read(
    path: &Path,
    args: &BuildArgs,
    intake: &mut Intake<'_>,
) -> Result<(SetSource, ListForm), Failure> {
    let mut list = ListFile::open(path)?;
    let form = match (args.form, &args.column) {
        (None, Some(_)) => ListForm::Csv,
        (Some(form), _) => form,
        (None, None) => list.detect()?,
    };
    intake.begin(list.name(), list.time_of_ends());
    list.read(form, args.column.as_ref(), intake)?;
    let mut source = SetSource::new(list.name());
    source.entries = intake.entries();
    source.date = list.date();
    source.digest = list.digest();
    Ok((source, form))
}
