//! The script, the hook of pre-commit and the action that judge the tables of a repository, each run on one.

use super::programs::{outcome, root, run, succeeded};
use crate::{proof, sandbox};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// A repository with two folders of tables, and tcpw in its own `PATH`.
struct Repository {
    folder: TempDir,
}

impl Repository {
    fn new() -> Self {
        let repository = Self {
            folder: TempDir::new().unwrap(),
        };
        fs::create_dir(repository.path("bin")).unwrap();
        sandbox::copy_program(sandbox::program(), &repository.path("bin/tcpw"));
        // Everybody gets in, which the linter reports at the deny table's side of it, too.
        repository.write("work/web/hosts.allow", "sshd: 10.0.5.1/24\n");
        repository.write("work/web/hosts.deny", "ALL: ALL\n");
        repository.write("work/hosts.allow", "sshd: 10.1.2.3\n");
        repository.write("work/hosts.deny", "ALL: ALL\n");
        repository.write("work/notes.txt", "not a table\n");
        repository.git(&["init", "--quiet"]);
        repository.git(&["add", "--all"]);
        repository
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// A command in the work tree, with tcpw in `PATH` and settings of nobody.
    fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        let path = format!(
            "{}:/usr/sbin:/usr/bin:/sbin:/bin",
            self.path("bin").display()
        );
        command.current_dir(self.path("work")).env_clear();
        command.env("PATH", path).env("HOME", self.folder.path());
        command
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("LC_ALL", "C.UTF-8");
        for role in ["AUTHOR", "COMMITTER"] {
            command
                .env(format!("GIT_{role}_NAME"), "t")
                .env(format!("GIT_{role}_EMAIL"), "t@example.org");
        }
        command
    }

    fn git(&self, args: &[&str]) {
        run(self
            .command("git")
            .args(["-c", "safe.directory=*"])
            .args(args));
    }

    fn lint_tables(&self, args: &[&str]) -> (Option<i32>, String) {
        outcome(
            self.command(root().join("packaging/ci/lint-tables"))
                .args(args),
        )
    }
}

const FINDING: &str = "::error file=web/hosts.allow,line=1";

#[test]
fn the_script_judges_the_tables_of_a_folder_together() {
    let repository = Repository::new();
    let (code, said) = repository.lint_tables(&[]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains(FINDING), "{said}");
    // One table that is named brings the other one along.
    assert_eq!(repository.lint_tables(&["web/hosts.deny"]), (code, said));
    let (code, said) = repository.lint_tables(&["hosts.allow", "notes.txt"]);
    assert_eq!(code, Some(0), "{said}");

    let (code, said) = repository.lint_tables(&["--format", "sarif", "--output", "found"]);
    assert_eq!((code, &*said), (Some(1), ""));
    let text = fs::read_to_string(repository.path("work/found/web.sarif")).unwrap();
    let sarif: serde_json::Value = serde_json::from_str(&text).unwrap();
    let place = &sarif["runs"][0]["results"][0]["locations"][0]["physicalLocation"];
    assert_eq!(
        place["artifactLocation"]["uri"], "web/hosts.allow",
        "{sarif}"
    );
    assert!(repository.path("work/found/-.sarif").exists());
}

#[test]
fn the_script_never_says_that_all_is_well_without_having_looked() {
    let repository = Repository::new();
    let (code, said) = repository.lint_tables(&["notes.txt"]);
    assert_eq!(code, Some(2), "{said}");
    let mut command = repository.command(root().join("packaging/ci/lint-tables"));
    let (code, said) = outcome(command.env("TCPW", "tcpw-of-nobody"));
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("install tcpw"), "{said}");
    let (code, said) = repository.lint_tables(&["--wrong"]);
    assert_eq!(code, Some(2), "{said}");
}

/// The repository of the hook as pre-commit clones it: what of this tree the hook needs.
fn hook_repository(repository: &Repository) -> PathBuf {
    let hook = repository.path("hook");
    fs::create_dir_all(hook.join("packaging/ci")).unwrap();
    for file in [".pre-commit-hooks.yaml", "packaging/ci/lint-tables"] {
        run(Command::new("cp")
            .arg(root().join(file))
            .arg(hook.join(file)));
    }
    for args in [
        &["init", "--quiet", "--initial-branch", "main"][..],
        &["add", "--all"],
        &["commit", "--quiet", "--message", "hook"],
    ] {
        run(repository.command("git").args(args).current_dir(&hook));
    }
    hook
}

#[test]
fn the_hook_stops_a_commit_that_has_a_mistake() {
    let repository = Repository::new();
    let hook = hook_repository(&repository);
    // As the README has it, with the repository in another place.
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let (_, rest) = readme.split_once("```yaml\nrepos:").unwrap();
    let config = format!("repos:{}", rest.split("```").next().unwrap());
    let config = config.replace("https://github.com/tcpw/tcpw", hook.to_str().unwrap());
    repository.write("work/.pre-commit-config.yaml", &config);
    run(repository.command("pre-commit").arg("install"));
    repository.git(&["add", "--all"]);
    let commit = ["commit", "--message", "tables"];
    let (code, said) = outcome(repository.command("git").args(commit));
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("web/hosts.allow:1:7: error[TW301]"), "{said}");
    repository.write("work/web/hosts.allow", "sshd: 10.0.5.0/24\n");
    repository.git(&["add", "--all"]);
    let (code, said) = outcome(repository.command("git").args(commit));
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("Passed"), "{said}");
    proof::say(
        "pre-commit: the hook stops a commit with a mistake, and lets the mended one through",
    );
}

/// Runs the steps of `action.yml` as a runner does: inputs are put in, then each script is given to bash.
const RUNNER: &str = "
import json, os, re, subprocess, sys, yaml
action, inputs = yaml.safe_load(open(sys.argv[1])), json.loads(sys.argv[2])
values = {name: str(inputs.get(name, what.get('default', ''))) for name, what in action['inputs'].items()}
assert set(inputs) <= set(values), inputs
assert action['runs']['using'] == 'composite'
fill = lambda text: re.sub(r'[$]{{ *inputs[.](\\w+) *}}', lambda found: values[found[1]], text)
for step in action['runs']['steps']:
    assert step['shell'] == 'bash' and '${{' not in step['run'], step
    extra = {name: fill(text) for name, text in step.get('env', {}).items()}
    code = subprocess.run(['bash', '--noprofile', '--norc', '-e', '-o', 'pipefail', '-c', step['run']],
                          env={**os.environ, **extra}).returncode
    if code: sys.exit(code)
";

#[test]
fn the_action_annotates_a_mistake_and_fails_the_job() {
    let repository = Repository::new();
    let act = |inputs: &str| {
        let mut python = repository.command("/usr/bin/python3");
        python
            .args(["-c", RUNNER])
            .arg(root().join("action.yml"))
            .arg(inputs);
        python
            .env("GITHUB_ACTION_PATH", root())
            .env("RUNNER_TEMP", repository.folder.path());
        outcome(&mut python)
    };
    let (code, said) = act("{}");
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains(FINDING), "{said}");
    let (code, said) = act(r#"{"files": "hosts.allow\nhosts.deny\n"}"#);
    assert_eq!((code, &*said), (Some(0), ""));
    let (code, said) = act(r#"{"format": "sarif", "output": "found"}"#);
    assert_eq!((code, &*said), (Some(1), ""));
    assert!(repository.path("work/found/web.sarif").exists());
    proof::say("action: its steps, run by bash, annotate a mistake and write SARIF");
}

/// The workflow that is shipped as an example names the action, and the inputs that it has.
#[test]
fn the_example_of_a_workflow_uses_the_action() {
    let read = "import sys, yaml; workflow = yaml.safe_load(open(sys.argv[1])); \
                print([step['uses'] for step in workflow['jobs']['lint']['steps']])";
    let example: &Path = &root().join("packaging/examples/github.yml");
    let output = Command::new("/usr/bin/python3")
        .args(["-c", read])
        .arg(example)
        .output()
        .unwrap();
    assert!(succeeded(&output).contains("'tcpw/tcpw@main'"));
}
