//! Reverse DNS, asked when a letter is written and not while a client waits, within a short time.

use crate::system::{Doubt, NameAnswer, Resolver};
use std::net::IpAddr;
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};

/// How long all questions of one letter may take together.
pub(in crate::alert) const PATIENCE: Duration = Duration::from_secs(3);

/// What the name service says about an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::alert) enum Reverse {
    /// It was not asked.
    NotAsked,
    /// It did not answer in time, or not at all.
    NoAnswer,
    /// There is no name.
    Nothing,
    /// A name that leads back to the address.
    Name(String),
    /// A name that does not.
    Doubtful(String, Doubt),
}

/// Asks for the names of all addresses at once, and gives the answers that are there after
/// `patience`. Questions that are still open then are left to themselves.
pub(in crate::alert) fn look_up(
    resolver: &Arc<dyn Resolver + Send + Sync>,
    addresses: &[IpAddr],
    patience: Duration,
) -> Vec<Reverse> {
    let mut answers = vec![Reverse::NoAnswer; addresses.len()];
    let (sender, receiver) = mpsc::channel();
    for (at, address) in addresses.iter().copied().enumerate() {
        let (sender, resolver) = (sender.clone(), Arc::clone(resolver));
        let ask = move || {
            // Nobody listens any more when the time is over.
            drop(sender.send((at, reverse(resolver.name_of(address)))));
        };
        // Without a thread there is no answer, which is what the letter then says.
        drop(thread::Builder::new().spawn(ask));
    }
    drop(sender);
    let begin = Instant::now();
    while let Some(left) = patience.checked_sub(begin.elapsed()) {
        let Ok((at, answer)) = receiver.recv_timeout(left) else {
            break;
        };
        if let Some(place) = answers.get_mut(at) {
            *place = answer;
        }
    }
    answers
}

fn reverse(answer: Result<NameAnswer, String>) -> Reverse {
    match answer {
        Ok(NameAnswer::Name(name)) => Reverse::Name(name),
        Ok(NameAnswer::Nothing) => Reverse::Nothing,
        Ok(NameAnswer::Doubtful { name, why }) => Reverse::Doubtful(name, why),
        Err(_) => Reverse::NoAnswer,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Slow;

    impl Resolver for Slow {
        fn name_of(&self, address: IpAddr) -> Result<NameAnswer, String> {
            match address.to_string().as_str() {
                "192.0.2.1" => Ok(NameAnswer::Name("a.example".to_owned())),
                "192.0.2.2" => Ok(NameAnswer::Nothing),
                "192.0.2.3" => Err("refused".to_owned()),
                "192.0.2.4" => Ok(NameAnswer::Doubtful {
                    name: "b.example".to_owned(),
                    why: Doubt::OtherAddress,
                }),
                _ => {
                    thread::sleep(Duration::from_secs(5));
                    Ok(NameAnswer::Nothing)
                }
            }
        }

        fn addresses_of(&self, _: &str) -> Result<Vec<IpAddr>, String> {
            Err("not asked".to_owned())
        }
    }

    #[test]
    fn answers_come_together_and_nobody_waits_for_the_last() {
        let resolver: Arc<dyn Resolver + Send + Sync> = Arc::new(Slow);
        let addresses: Vec<IpAddr> = (1..=6)
            .map(|last| IpAddr::from([192, 0, 2, last]))
            .collect();
        let begin = Instant::now();
        let answers = look_up(&resolver, &addresses, Duration::from_millis(300));
        assert!(begin.elapsed() < Duration::from_secs(2));
        assert_eq!(
            answers,
            [
                Reverse::Name("a.example".to_owned()),
                Reverse::Nothing,
                Reverse::NoAnswer,
                Reverse::Doubtful("b.example".to_owned(), Doubt::OtherAddress),
                Reverse::NoAnswer,
                Reverse::NoAnswer,
            ]
        );
    }
}
