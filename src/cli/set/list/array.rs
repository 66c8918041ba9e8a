//! Lists that are a JSON array of strings.

use super::feed::Leash;
use super::intake::Intake;
use super::place::Place;
use crate::cli::base::Failure;
use crate::escape::visible_short;
use serde::de::{DeserializeSeed, Error as _, SeqAccess, Visitor};
use serde_json::{Deserializer, Value};
use std::fmt;
use std::io::BufRead;

/// As much of an element as is shown.
const SHOWN: usize = 60;

/// Reads an array, of which one element at a time is in memory.
pub(super) fn read(
    input: &mut dyn BufRead,
    leash: &Leash,
    intake: &mut Intake<'_>,
) -> Result<(), Failure> {
    let mut failure = None;
    let mut json = Deserializer::from_reader(input);
    let elements = Elements {
        leash,
        intake: &mut *intake,
        failure: &mut failure,
    };
    let read = elements.deserialize(&mut json).and_then(|()| json.end());
    match (failure, read) {
        (Some(failure), _) => Err(failure),
        (None, Ok(())) => Ok(()),
        (None, Err(error)) => Err(intake
            .unreadable(&error)
            .hint("a list of JSON is an array of strings: [\"192.0.2.7\", \"198.51.100.0/24\"]")),
    }
}

/// What the elements are given to.
struct Elements<'e, 'b> {
    leash: &'e Leash,
    intake: &'e mut Intake<'b>,
    failure: &'e mut Option<Failure>,
}

impl<'de> DeserializeSeed<'de> for Elements<'_, '_> {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Elements<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of strings")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<(), A::Error> {
        let mut number = 0;
        while let Some(element) = elements.next_element::<Value>()? {
            self.leash.release();
            number += 1;
            let place = Place::Element(number);
            let Value::String(text) = &element else {
                let shown = visible_short(element.to_string().as_bytes(), SHOWN);
                self.intake
                    .fault(place, &format!("`{shown}` is not a string"));
                continue;
            };
            if let Err(failure) = self.intake.take(place, text.trim().as_bytes(), None) {
                *self.failure = Some(failure);
                return Err(A::Error::custom("it cannot be kept"));
            }
        }
        Ok(())
    }
}
