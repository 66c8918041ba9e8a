//! How two sets of clients stand to each other.

use crate::engine::clients::answer::Answer;
use crate::engine::clients::cells::find;
use crate::engine::clients::group::ClientGroup;
use crate::engine::clients::set::ClientSet;

impl ClientSet<'_> {
    /// Whether every client of `other` is in this set.
    pub fn covers(&self, other: &ClientSet<'_>) -> Answer {
        if let (Some(own), Some(others)) = (self.groups(), other.groups())
            && others
                .iter()
                .all(|other| own.iter().any(|group| group.holds(other)))
        {
            return Answer::Yes;
        }
        !find(self, other, |is_in, is_other| is_other && !is_in).0
    }

    /// Whether some client is in both sets.
    pub fn meets(&self, other: &ClientSet<'_>) -> Answer {
        if let (Some(own), Some(others)) = (self.groups(), other.groups()) {
            let pairs = own
                .iter()
                .flat_map(|group| others.iter().map(|other| group.meets(other)));
            let found = Answer::any(pairs);
            if found != Answer::Unknown {
                return found;
            }
        }
        find(self, other, |is_in, is_other| is_in && is_other).0
    }

    /// Whether no client is in the set.
    pub fn is_empty(&self) -> Answer {
        if let Some(groups) = self.groups()
            && groups.iter().all(|group| *group == ClientGroup::Nobody)
        {
            return Answer::Yes;
        }
        !find(self, self, |is_in, _| is_in).0
    }
}
