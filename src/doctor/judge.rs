//! Judges a program: by its file or by what its process has loaded, by what is known of it, and by its
//! configuration.

use crate::doctor::asker::{Asking, asking};
use crate::doctor::catalogue::{AsksAs, Entry, Switch, entry, is_tool};
use crate::doctor::diagnosis::{Diagnosis, Standing};
use crate::doctor::libraries::{Libraries, Reach};
use crate::doctor::process::Process;
use crate::doctor::running::Running;
use crate::doctor::setting::{Scene, Service, Setting, State, shown};
use crate::doctor::sockets::Port;
use crate::doctor::subject::Subject;
use crate::doctor::switch::setting;
use crate::doctor::tables::check_tables;
use crate::doctor::unread::Unread;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What the time of a start and that of a file may differ by, since one has whole seconds.
const SLACK: Duration = Duration::from_secs(2);

/// Judges programs; each library is read once.
#[derive(Debug)]
pub(super) struct Judge {
    libraries: BTreeMap<PathBuf, Libraries>,
}

impl Judge {
    pub(super) fn new(root: &Path) -> Self {
        let own = (root.to_owned(), Libraries::of(root));
        Self {
            libraries: BTreeMap::from([own]),
        }
    }

    /// A program that runs.
    pub(super) fn running(&mut self, running: &Running, tables: [&Path; 2]) -> Vec<Diagnosis> {
        let process = &running.process;
        let subject = Subject {
            root: &process.root,
            program: &process.program,
            words: &process.words,
            process: Some(process),
            ports: running.ports.clone(),
        };
        let mut answers = self.program(&subject);
        for answer in &mut answers {
            if answer.standing == Standing::NotAsked {
                continue;
            }
            answer.problems.extend(restarts(process));
            if answer.standing == Standing::Asked {
                answer.problems.extend(check_tables(process, tables));
                answer.tell_of_proxies(running.proxy.as_deref());
            }
        }
        answers
    }

    /// Judges a program, and each of its services where they differ.
    pub(super) fn program(&mut self, subject: &Subject<'_>) -> Vec<Diagnosis> {
        let known = entry(subject.program);
        let mut answer = subject.answer();
        let reach = match asking(subject, known) {
            Asking::Itself => self.reach(subject, known),
            Asking::Other(path) => {
                let place = shown(subject.root, &path);
                answer.evidence.push(format!(
                    "{place} serves each connection and is judged in its place"
                ));
                let reach = self.libraries(subject.root).reach(&path, &[]);
                answer.evidence.push(evidence(subject.root, &place, &reach));
                answer.name_of_asker(known);
                answer.stand(&reach, Standing::Asked);
                return vec![answer];
            }
            Asking::Unseen(why) => {
                answer.evidence.push(why);
                answer.standing = Standing::CannotTell;
                return vec![answer];
            }
        };
        let shown = subject.program.display().to_string();
        answer.evidence.push(evidence(subject.root, &shown, &reach));
        let is_starter =
            known.is_some_and(|entry| matches!(entry.switch, Switch::Inetd | Switch::Xinetd));
        match reach {
            Reach::Itself | Reach::Through(_) | Reach::Inside => {
                self.decide(answer, subject, known, true)
            }
            // Whatever it is itself, what it starts may ask.
            Reach::Not | Reach::Idle | Reach::NotLoaded(_) | Reach::Unseen { .. } if is_starter => {
                self.decide(answer, subject, known, false)
            }
            Reach::Not | Reach::Idle | Reach::NotLoaded(_) | Reach::Unseen { .. } => {
                answer.stand(&reach, Standing::Asked);
                vec![answer]
            }
        }
    }

    fn reach(&mut self, subject: &Subject<'_>, known: Option<&'static Entry>) -> Reach {
        let plugins = match known.map(|entry| plugins(subject.root, entry)) {
            None => Vec::new(),
            Some(Ok(found)) => found,
            Some(Err(unseen)) => return unseen,
        };
        let file = subject.file();
        let libraries = self.libraries(subject.root);
        match subject.process.and_then(|process| process.loaded.as_ref()) {
            Some(loaded) => libraries.reach_of_process(&file, loaded, &plugins),
            None => libraries.reach(&file, &plugins),
        }
    }

    fn libraries(&mut self, root: &Path) -> &mut Libraries {
        let entry = self.libraries.entry(root.to_owned());
        entry.or_insert_with(|| Libraries::of(root))
    }

    /// Decides about a program that can ask, by what is known of it. `may_ask` is false for one that
    /// cannot, and starts others that can.
    fn decide(
        &mut self,
        mut answer: Diagnosis,
        subject: &Subject<'_>,
        known: Option<&'static Entry>,
        may_ask: bool,
    ) -> Vec<Diagnosis> {
        let Some(entry) = known else {
            answer.decide_unknown(subject);
            return vec![answer];
        };
        answer
            .notes
            .extend((!entry.note.is_empty()).then(|| entry.note.to_owned()));
        answer.names = match entry.asks_as {
            AsksAs::Name(name) => vec![name.to_owned()],
            AsksAs::ItsOwn => vec![subject.own_name()],
            AsksAs::Services => Vec::new(),
        };
        let folder = subject
            .process
            .and_then(|process| process.folder.as_deref());
        let mut scene = Scene::new(subject.root, folder, subject.words);
        let ports = subject.ports.iter();
        scene.waits = ports.map(|port| (port.number, port.protocol)).collect();
        scene.loaded = subject.process.and_then(Process::names_of_loaded);
        let Some(found) = setting(&scene, entry.switch) else {
            answer.standing = Standing::Asked;
            return vec![answer];
        };
        answer.notes.extend(remarks(subject, &scene.files_read()));
        answer.evidence.extend(found.evidence.iter().cloned());
        answer.problems.extend(found.problems.iter().cloned());
        if let Some(name) = &found.name {
            answer.names = vec![name.clone()];
        }
        if found.services.is_empty() {
            answer.standing = standing(if may_ask { found.state } else { State::Never });
            return vec![answer];
        }
        self.services(&answer, &found, subject, may_ask)
    }

    /// An answer for each service, with the ports that it has.
    fn services(
        &mut self,
        whole: &Diagnosis,
        found: &Setting,
        subject: &Subject<'_>,
        may_ask: bool,
    ) -> Vec<Diagnosis> {
        let mut left = whole.ports.clone();
        let mut answers = Vec::new();
        let have_ports = found.services.iter().any(|service| service.port.is_some());
        for service in &found.services {
            let mut answer = whole.clone();
            if have_ports {
                let is_own = |port: &Port| {
                    let is_meant = service.protocol.is_none_or(|own| own == port.protocol);
                    Some(port.number) == service.port && is_meant
                };
                answer.ports.retain(is_own);
                left.retain(|port| !is_own(port));
            } else {
                left.clear();
            }
            answers.extend(self.service(answer, service, subject, may_ask));
        }
        if !left.is_empty() {
            let mut answer = whole.clone();
            answer.ports = left;
            answer.standing = Standing::CannotTell;
            let why = "no service of its configuration has these ports";
            answer.evidence.push(why.to_owned());
            answers.push(answer);
        }
        answers
    }

    fn service(
        &mut self,
        mut answer: Diagnosis,
        service: &Service,
        subject: &Subject<'_>,
        may_ask: bool,
    ) -> Vec<Diagnosis> {
        let starter = subject.base_name();
        answer.evidence.push(service.evidence.clone());
        answer.names = vec![service.name.clone()];
        answer.standing = standing(if may_ask { service.state } else { State::Never });
        let Some((program, words)) = &service.starts else {
            if service.name != starter {
                answer.daemon = format!("{starter} [{}]", service.name);
            }
            return vec![answer];
        };
        if answer.standing == Standing::Asked {
            answer.program.clone_from(program);
            answer.daemon = format!("{} ({starter})", base(&service.name));
            return vec![answer];
        }
        // Nobody asks before it is started: what it does itself counts.
        let own = Subject::of_file(subject.root, program, words);
        let mut answers = self.program(&own);
        for own in &mut answers {
            own.daemon = format!("{} ({starter})", base(&service.name));
            own.ports.clone_from(&answer.ports);
            own.process = answer.process;
            own.evidence.splice(0..0, answer.evidence.iter().cloned());
            own.problems.splice(0..0, answer.problems.iter().cloned());
            own.notes.splice(0..0, answer.notes.iter().cloned());
            if own.standing == Standing::NotAsked && may_ask {
                own.standing = answer.standing;
            }
            if own.names.is_empty() {
                own.names.clone_from(&answer.names);
            }
        }
        answers
    }
}

impl Diagnosis {
    /// Says what the way to libwrap means for one that asks wherever it can.
    fn stand(&mut self, reach: &Reach, asking: Standing) {
        self.standing = match reach {
            Reach::Itself | Reach::Through(_) | Reach::Inside => asking,
            Reach::NotLoaded(_) => Standing::SwitchedOff,
            Reach::Idle | Reach::Not => Standing::NotAsked,
            Reach::Unseen { .. } => Standing::CannotTell,
        };
    }

    fn name_of_asker(&mut self, known: Option<&'static Entry>) {
        let asker = known.and_then(|entry| entry.asker);
        self.names.extend(asker.map(|asker| asker.name.to_owned()));
    }

    /// Of a program that calls libwrap nothing more is known.
    fn decide_unknown(&mut self, subject: &Subject<'_>) {
        if is_tool(subject.program) {
            let why = "it asks about no client of its own";
            self.evidence.push(why.to_owned());
            return;
        }
        self.standing = Standing::CannotTell;
        self.names.push(subject.own_name());
        let what = "under which name it asks, and whether it has a switch, is not known: try it with \
                    a client that no rule allows";
        self.notes.push(what.to_owned());
    }

    fn tell_of_proxies(&mut self, proxy: Option<&Path>) {
        if let Some(proxy) = proxy {
            let proxy = proxy.display();
            self.problems.push(format!(
                "clients come through {proxy}: libwrap sees its address, whoever they are"
            ));
        } else if !self.ports.is_empty() && self.ports.iter().all(|port| port.is_local) {
            let what = "only this machine reaches it: if something passes clients on to it, libwrap \
                        sees this machine's address, whoever they are";
            self.notes.push(what.to_owned());
        }
    }
}

/// The last part of a path.
fn base(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or_default()
}

fn standing(state: State) -> Standing {
    match state {
        State::On => Standing::Asked,
        State::Off => Standing::SwitchedOff,
        State::Never => Standing::NotAsked,
        State::Unknown => Standing::CannotTell,
    }
}

/// What has been replaced since a process was started.
fn restarts(process: &Process) -> Option<String> {
    if process.is_replaced {
        return Some("its file was replaced since it was started: restart it".to_owned());
    }
    let loaded = process.loaded.as_ref()?;
    let gone = loaded.iter().find(|library| {
        let name = library.path.file_name().unwrap_or_default();
        library.is_deleted && name.to_string_lossy().starts_with("libwrap.so")
    })?;
    let path = gone.path.display();
    Some(format!(
        "{path} was replaced since it was started: restart it"
    ))
}

/// What the configuration shows besides: that it may be newer than what runs, and that the arguments
/// of the process are hidden.
fn remarks(subject: &Subject<'_>, read: &[PathBuf]) -> Vec<String> {
    let Some(process) = subject.process else {
        return Vec::new();
    };
    let mut found: Vec<String> = read
        .iter()
        .filter(|path| {
            let changed = fs::metadata(path).and_then(|file| file.modified()).ok();
            changed
                .zip(process.started)
                .is_some_and(|(changed, started)| changed > started + SLACK)
        })
        .map(|path| {
            let place = shown(subject.root, path);
            format!("{place} was changed after it was started: it counts once it is reloaded")
        })
        .collect();
    if process.words.len() == 1 && process.words.iter().any(|word| word.contains(": ")) {
        let what = "its title hides its arguments: the usual configuration was read";
        found.push(what.to_owned());
    }
    found
}

/// The plugins of a daemon that may ask for it; a folder of them that cannot be read leaves the
/// question open.
fn plugins(root: &Path, entry: &Entry) -> Result<Vec<PathBuf>, Reach> {
    let mut unread = Unread::default();
    let mut found = Vec::new();
    for (folder, start) in entry.plugins {
        let mut files = unread.entries(&root.join(folder));
        // Some keep them in a folder of their version.
        let inside = files.iter().filter(|path| path.is_dir());
        let inside: Vec<PathBuf> = inside.flat_map(|path| unread.entries(path)).collect();
        files.extend(inside);
        found.extend(files.into_iter().filter(|path| {
            let name = path.file_name().and_then(|name| name.to_str());
            name.is_some_and(|name| name.starts_with(start))
        }));
    }
    match unread.causes().next() {
        Some((path, why)) => Err(Reach::Unseen { path, why }),
        None => Ok(found),
    }
}

fn evidence(root: &Path, file: &str, reach: &Reach) -> String {
    match reach {
        Reach::Itself => format!("{file} calls libwrap"),
        Reach::Through(library) => {
            format!("{file} calls libwrap through {}", shown(root, library))
        }
        Reach::Inside => format!("{file} has libwrap inside"),
        Reach::NotLoaded(plugin) => format!(
            "{file} could ask through {}, which is not loaded",
            shown(root, plugin)
        ),
        Reach::Idle => format!("{file} is linked with libwrap, and never asks it"),
        Reach::Not => format!("{file} does not call libwrap"),
        Reach::Unseen { path, why } => {
            format!("{} cannot be judged: {why}", shown(root, path))
        }
    }
}
