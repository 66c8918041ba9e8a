//! Which findings count: `--select`, `--ignore` and `[lint]` of the configuration.

use super::args::LintArgs;
use super::placed::Linted;
use crate::cli::base::{Context, Failure};
use crate::cli::machine::settings;
use crate::config::LintCode;
use crate::engine::wildcard_matches;
use crate::lint::{CHECKS, Check};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

/// Codes, beginnings of codes, or names.
type Codes = Vec<String>;

/// Which findings count.
pub(super) struct Choice {
    select: Codes,
    ignore: Codes,
    per_path_ignore: Vec<(String, Codes)>,
}

impl Choice {
    /// The configuration, and the options, which go before it.
    pub(super) fn new(args: &LintArgs, context: &mut Context) -> Result<Self, Failure> {
        Self::of_options(&args.select, &args.ignore, context)
    }

    /// The same, with the codes of the options.
    pub(super) fn of_options(
        selected: &[String],
        ignored: &[String],
        context: &mut Context,
    ) -> Result<Self, Failure> {
        for code in selected.iter().chain(ignored) {
            if !is_known(code) {
                let code = code.escape_debug();
                let failure = Failure::new(format_args!("there is no code `{code}`"));
                return Err(failure.hint("`tcpw lint --list` lists all codes"));
            }
        }
        let lint = settings::load_lint(context)?;
        let read = |codes: &[LintCode]| -> Result<Codes, Failure> {
            let known = |code: &LintCode| {
                if is_known(&code.text) {
                    return Ok(code.text.clone());
                }
                let at = code.position;
                let file = context.paths.config.display();
                let text = code.text.escape_debug();
                let what = format!(
                    "{file}:{}:{}: there is no code `{text}`",
                    at.line, at.column
                );
                Err(Failure::new(what).hint("`tcpw lint --list` lists all codes"))
            };
            codes.iter().map(known).collect()
        };
        let mut ignore = read(&lint.ignore)?;
        ignore.extend(ignored.iter().cloned());
        Ok(Self {
            select: if selected.is_empty() {
                read(&lint.select)?
            } else {
                selected.to_vec()
            },
            ignore,
            per_path_ignore: lint
                .per_path_ignore
                .iter()
                .map(|(path, codes)| Ok((path.clone(), read(codes)?)))
                .collect::<Result<_, Failure>>()?,
        })
    }

    /// Removes what does not count.
    pub(super) fn apply(&self, linted: &mut Linted) {
        let wants = |code: &str, path: &Path| {
            let check = CHECKS.iter().find(|check| check.code == code);
            check.is_none_or(|check| self.wants(check, path))
        };
        let sources = &linted.sources;
        let report = &mut linted.report;
        report.findings.retain(|finding| {
            let source = sources.iter().find(|source| source.table == finding.table);
            source.is_none_or(|source| wants(finding.diagnostic.code, &source.file.path))
        });
        report
            .left_out
            .retain(|code, _| sources.iter().any(|source| wants(code, &source.file.path)));
    }

    fn wants(&self, check: &Check, path: &Path) -> bool {
        let any = |codes: &Codes| codes.iter().any(|code| means(code, check));
        let path = path.as_os_str().as_bytes();
        let is_ignored_there = self
            .per_path_ignore
            .iter()
            .any(|(pattern, codes)| wildcard_matches(pattern.as_bytes(), path) && any(codes));
        (self.select.is_empty() || any(&self.select)) && !any(&self.ignore) && !is_ignored_there
    }
}

/// Whether `code` is one, the beginning of one, or a name.
fn is_known(code: &str) -> bool {
    !code.is_empty() && CHECKS.iter().any(|check| means(code, check))
}

fn means(code: &str, check: &Check) -> bool {
    let head = check.code.get(..code.len());
    head.is_some_and(|head| head.eq_ignore_ascii_case(code))
        || check.name.eq_ignore_ascii_case(code)
}
