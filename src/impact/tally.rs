//! What was found, counted by who does what: bounded, whatever is in the events.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use super::judge::{Effect, Verdict};

/// The most groups, and the most resources that are listed of each. What is beyond is counted.
const MOST_GROUPS: usize = 10_000;
const MOST_RESOURCES: usize = 20;
/// The most accounts that are listed one by one.
const MOST_ACCOUNTS: usize = 5_000;
/// How many events are named as examples.
const SAMPLES: usize = 3;

/// Who does what, and why it is decided as it is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    /// The number of the policy.
    pub(super) policy: usize,
    pub(super) effect: Effect,
    pub(super) principal: String,
    pub(super) action: String,
    /// Shared with the answers that are kept: most groups have the same few.
    pub(super) verdict: Arc<Verdict>,
}

/// The calls of a group.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Count {
    pub(super) count: u64,
    pub(super) accounts: BTreeSet<String>,
    /// The calls on each resource; those on the ones that are not listed.
    pub(super) resources: BTreeMap<String, u64>,
    pub(super) other_resources: u64,
    /// Times as CloudTrail writes them, which sort as texts.
    pub(super) first: String,
    pub(super) last: String,
    /// The earliest ones, by time and id.
    pub(super) samples: BTreeSet<(String, String)>,
}

/// One call, for counting.
pub(super) struct Counted<'a> {
    pub(super) principal: &'a str,
    pub(super) action: &'a str,
    pub(super) resource: &'a str,
    pub(super) account: &'a str,
    pub(super) time: &'a str,
    pub(super) id: &'a str,
}

/// The events of an account.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) events: u64,
    pub(super) first: String,
    pub(super) last: String,
}

/// What was found in some events.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    pub(super) groups: BTreeMap<Key, Count>,
    /// Calls of groups that are too many to list, by policy.
    pub(super) beyond: BTreeMap<(usize, Effect), u64>,
    /// Calls that the new policy would deny and that were denied anyway, by policy.
    pub(super) denied_anyway: BTreeMap<usize, u64>,
    /// Events that were looked at.
    pub(super) events: u64,
    pub(super) accounts: BTreeMap<String, Seen>,
    /// Events of accounts that are too many to list.
    pub(super) other_accounts: u64,
    pub(super) no_calls: u64,
    pub(super) older: u64,
    pub(super) duplicates: u64,
    pub(super) unreadable: u64,
    pub(super) evaluated: u64,
}

impl Tally {
    /// An event that is looked at.
    pub(super) fn see(&mut self, account: &str, time: &str) {
        self.events += 1;
        if !self.accounts.contains_key(account) {
            if self.accounts.len() >= MOST_ACCOUNTS {
                self.other_accounts += 1;
                return;
            }
            self.accounts.insert(account.to_owned(), Seen::default());
        }
        if let Some(seen) = self.accounts.get_mut(account) {
            seen.events += 1;
            widen(&mut seen.first, &mut seen.last, time, time);
        }
    }

    pub(super) fn add(&mut self, policy: usize, verdict: &Arc<Verdict>, call: &Counted<'_>) {
        let key = Key {
            policy,
            effect: verdict.effect,
            principal: call.principal.to_owned(),
            action: call.action.to_owned(),
            verdict: Arc::clone(verdict),
        };
        if let Some(known) = self.groups.get_mut(&key) {
            known.add(call);
        } else if self.groups.len() >= MOST_GROUPS {
            *self.beyond.entry((key.policy, key.effect)).or_default() += 1;
        } else {
            self.groups.entry(key).or_default().add(call);
        }
    }

    fn join(&mut self, key: Key, count: Count) {
        if !self.groups.contains_key(&key) && self.groups.len() >= MOST_GROUPS {
            *self.beyond.entry((key.policy, key.effect)).or_default() += count.count;
            return;
        }
        self.groups.entry(key).or_default().join(count);
    }

    /// What was found in these events and those.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        for (key, count) in other.groups {
            self.join(key, count);
        }
        for (key, count) in other.beyond {
            *self.beyond.entry(key).or_default() += count;
        }
        for (policy, count) in other.denied_anyway {
            *self.denied_anyway.entry(policy).or_default() += count;
        }
        for (account, seen) in other.accounts {
            let here = self.accounts.entry(account).or_default();
            here.events += seen.events;
            widen(&mut here.first, &mut here.last, &seen.first, &seen.last);
        }
        self.events += other.events;
        self.other_accounts += other.other_accounts;
        self.no_calls += other.no_calls;
        self.older += other.older;
        self.duplicates += other.duplicates;
        self.unreadable += other.unreadable;
        self.evaluated += other.evaluated;
        self
    }
}

impl Count {
    /// Counts one more call. Most groups have many: nothing is copied that they have already.
    fn add(&mut self, call: &Counted<'_>) {
        self.count += 1;
        if !self.accounts.contains(call.account) && self.accounts.len() < MOST_ACCOUNTS {
            self.accounts.insert(call.account.to_owned());
        }
        if let Some(known) = self.resources.get_mut(call.resource) {
            *known += 1;
        } else if self.resources.len() < MOST_RESOURCES {
            self.resources.insert(call.resource.to_owned(), 1);
        } else {
            self.other_resources += 1;
        }
        widen(&mut self.first, &mut self.last, call.time, call.time);
        let is_full = self.samples.len() >= SAMPLES;
        let latest = self.samples.last().filter(|_| is_full);
        if latest.is_none_or(|(time, id)| (call.time, call.id) < (&**time, &**id)) {
            self.samples.insert((call.time.to_owned(), call.id.to_owned()));
            while self.samples.len() > SAMPLES {
                self.samples.pop_last();
            }
        }
    }

    fn join(&mut self, other: Self) {
        self.count += other.count;
        if self.accounts.len() < MOST_ACCOUNTS {
            self.accounts.extend(other.accounts);
        }
        self.other_resources += other.other_resources;
        for (resource, count) in other.resources {
            if self.resources.contains_key(&resource) || self.resources.len() < MOST_RESOURCES {
                *self.resources.entry(resource).or_default() += count;
            } else {
                self.other_resources += count;
            }
        }
        widen(&mut self.first, &mut self.last, &other.first, &other.last);
        self.samples.extend(other.samples);
        while self.samples.len() > SAMPLES {
            self.samples.pop_last();
        }
    }
}

fn widen(first: &mut String, last: &mut String, from: &str, to: &str) {
    if first.is_empty() || *from < **first {
        *first = from.to_owned();
    }
    if *to > **last {
        *last = to.to_owned();
    }
}
