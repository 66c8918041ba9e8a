//! `tcpw audit`, from the files to the verdicts.

use super::args::{AuditArgs, AuditFormat, LIST};
use super::evidence::Speaker;
use super::words::AS_COPIED;
use super::{fix, json, junit, look, text};
use crate::audit::{Audited, AuditedProfile, Ruling, audit, profile};
use crate::cli::base::{Context, Exit, Failure, locale};
use crate::cli::machine::surroundings::{Aclexec, Machine};
use crate::values::Language;
use serde_json::{Value, json};

pub(crate) fn run(args: &AuditArgs, context: &mut Context) -> Result<Exit, Failure> {
    if args.profile.iter().any(|id| id.eq_ignore_ascii_case(LIST)) {
        text::profiles(&mut context.out)?;
        return Ok(Exit::Done);
    }
    check(args)?;
    let is_text = args.format == AuditFormat::Text;
    let usual = if is_text { locale() } else { Language::English };
    let language = args.language.map_or(usual, Language::from);
    context.out.speak(language);
    let speaker = Speaker::new(&context.paths, language);
    let mut all = judge(args, context)?;
    if args.fix && fix::run(args, &all, context)? && !args.change.dry_run {
        all = judge(args, context)?;
        context.out.line("")?;
    }
    match args.format {
        AuditFormat::Text => {
            for (at, (profile, audited)) in all.iter().enumerate() {
                if at > 0 {
                    context.out.line("")?;
                }
                text::print(profile, audited, &speaker, &mut context.out)?;
            }
            if context.paths.root.is_some() {
                context.out.note(&speaker.say(AS_COPIED, &[]))?;
            }
        }
        AuditFormat::Json => {
            let profiles: Vec<Value> = all
                .iter()
                .map(|(profile, audited)| json::object(profile, audited, &speaker))
                .collect();
            context
                .out
                .data(json!({ "profiles": profiles }).to_string())?;
        }
        AuditFormat::Junit => junit::print(&all, &speaker, &mut context.out)?,
    }
    Ok(exit(&all))
}

/// Whether the options go together.
fn check(args: &AuditArgs) -> Result<(), Failure> {
    let changes = args.change.dry_run || args.change.confirm_within.is_some();
    if !args.fix && (changes || args.force.force || args.change.diff.whole_diff) {
        let what = "--dry-run, --confirm-within, --whole-diff and --force are about --fix";
        return Err(Failure::new(what).hint("without --fix nothing is changed: leave them out"));
    }
    if args.fix && args.format != AuditFormat::Text {
        return Err(Failure::new("--fix shows what it changes as text")
            .hint("leave --format out, and audit again for JSON or JUnit"));
    }
    Ok(())
}

fn judge(args: &AuditArgs, context: &Context) -> Result<Vec<AuditedProfile>, Failure> {
    let machine = Machine::new(&context.paths, Aclexec::Ask);
    let seen = look::look(&context.paths, args.sshd_version);
    let named = args.profile.iter().map(|id| {
        profile(id).ok_or_else(|| {
            Failure::new(format_args!("there is no profile {id}"))
                .hint("tcpw audit --profile list shows what there is")
        })
    });
    let profiles: Vec<_> = named.collect::<Result<_, Failure>>()?;
    Ok(audit(&profiles, &seen, &machine))
}

/// A failure comes before what cannot be told.
fn exit(all: &[AuditedProfile]) -> Exit {
    let audited = all.iter().flat_map(|(_, audited)| audited);
    match Ruling::all(audited.map(Audited::ruling)) {
        Ruling::Pass | Ruling::NotApplicable => Exit::Done,
        Ruling::Fail => Exit::Negative,
        Ruling::CannotTell => Exit::Failed,
    }
}
