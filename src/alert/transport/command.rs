//! A program that is notified: the note as one JSON object on its standard input.

use crate::alert::model::channel_note::ChannelNote;
use crate::alert::model::outcome::{Outcome, Step};
use crate::alert::transport::channel::Channel;
use crate::alert::transport::program::{Surroundings, run_limited};
use crate::config::CommandChannel;
use crate::escape::visible_short;
use std::path::Path;

/// How much of its answer is kept.
const MOST_SAID: usize = 300;

/// A program.
#[derive(Debug)]
pub(super) struct CommandWay {
    settings: CommandChannel,
}

impl CommandWay {
    pub(super) fn new(settings: &CommandChannel) -> Self {
        Self {
            settings: settings.clone(),
        }
    }
}

impl Channel for CommandWay {
    /// Exit code 0 is success; whatever else may be repaired, so that it is tried again.
    fn send(&self, note: &ChannelNote) -> Outcome {
        let Some((program, args)) = self.settings.argv.split_first() else {
            return Outcome::Transient(Step::Prepare, "argv is empty".into());
        };
        let mut json = match serde_json::to_vec(&note.clone().made_safe()) {
            Ok(json) => json,
            Err(error) => return Outcome::Transient(Step::Prepare, error.to_string().into()),
        };
        json.push(b'\n');
        let path = Path::new(program);
        let timeout = self.settings.timeout;
        match run_limited(path, args, &json, timeout, Surroundings::Bare) {
            Ok(ended) if ended.code == Some(0) => Outcome::Delivered {
                answer: match ended.stdout.trim_ascii() {
                    [] => format!("taken by {program}"),
                    said => visible_short(said, MOST_SAID),
                },
            },
            Ok(ended) => {
                Outcome::Transient(Step::Program, format!("{program}: {}", ended.said()).into())
            }
            Err(cause) => Outcome::Transient(Step::Program, format!("{program}: {cause}").into()),
        }
    }

    fn describe(&self) -> String {
        let CommandChannel { name, argv, .. } = &self.settings;
        let program = argv.first().map(String::as_str).unwrap_or_default();
        format!("command {name}, through {program}")
    }
}
