//! What was found, as people and programs read it.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::{
    judge::{Effect, Verdict},
    policy::Policy,
    tally::{Count, Key, Tally},
};
use crate::model::Address;

/// Below this, the events miss the end of a month.
const SHORT_DAYS: u64 = 35;

/// What a change of policies would have done.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Impact {
    /// The version of this format.
    pub schema_version: u32,
    /// What the events are.
    pub covered: Covered,
    /// Each policy that changes, in the order of the addresses.
    pub policies: Vec<OfPolicy>,
    /// Manifests whose policies cannot be judged, with the reason.
    pub untold: BTreeMap<String, String>,
    /// What limits all of this.
    pub notes: Vec<String>,
}

/// The events that were looked at.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Covered {
    /// Calls that were looked at.
    pub events: u64,
    /// The time of the first of them, as CloudTrail writes it.
    pub first: String,
    /// The time of the last of them.
    pub last: String,
    /// The calls by account of the caller.
    pub accounts: BTreeMap<String, u64>,
    /// Events that are no calls of an API, such as sign-ins.
    pub no_calls: u64,
    /// Events from before the time that was asked for.
    pub older: u64,
    /// Events that were there twice.
    pub duplicates: u64,
    /// Records that were not understood.
    pub unreadable: u64,
}

/// What the change of one policy would have done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OfPolicy {
    /// The manifest.
    pub address: Address,
    /// Calls that succeeded and that the new policy denies.
    pub newly_denied: u64,
    /// Calls of which it cannot be told.
    pub undecided: u64,
    /// Calls that the old policy denied and the new one does not.
    pub newly_allowed: u64,
    /// Calls that the new policy denies and that something denied anyway.
    pub denied_anyway: u64,
    /// Who did what, the most frequent first.
    pub groups: Vec<Group>,
    /// Calls in groups that are too many to list; they are counted above.
    pub not_listed: u64,
}

/// Calls that are decided alike, of one caller.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Group {
    /// What the change means for them.
    pub effect: Effect,
    /// The caller: the role, not its session.
    pub principal: String,
    /// The action; `*` for what is not known of it.
    pub action: String,
    /// The statements that decide, by name or number.
    pub statements: BTreeSet<String>,
    /// What would have to be known, if it cannot be told: condition keys, mostly.
    pub missing: BTreeSet<String>,
    /// How many calls.
    pub count: u64,
    /// The accounts whose trails have them.
    pub accounts: BTreeSet<String>,
    /// The first of them, as CloudTrail writes times.
    pub first: String,
    /// The last of them.
    pub last: String,
    /// On what, with `*` for what is not known; the most frequent first.
    pub resources: Vec<OnResource>,
    /// Calls on resources that are too many to list.
    pub other_resources: u64,
    /// CloudTrail's ids of the first of them.
    pub events: Vec<String>,
}

/// Calls on one resource.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OnResource {
    /// The resource.
    pub resource: String,
    /// How many calls.
    pub count: u64,
}

impl Impact {
    /// The report of what was found for these policies.
    pub fn of(
        policies: &[Policy],
        tally: &Tally,
        untold: BTreeMap<Address, String>,
        notes: Vec<String>,
    ) -> Self {
        let covered = Covered::of(tally);
        let mut all_notes = notes;
        if !policies.is_empty() {
            all_notes.extend(covered.notes());
        }
        let found = policies.iter().enumerate();
        Self {
            schema_version: 1,
            policies: found.map(|(number, it)| OfPolicy::of(number, it, tally)).collect(),
            covered,
            untold: untold.into_iter().map(|(it, why)| (it.to_string(), why)).collect(),
            notes: all_notes,
        }
    }

    /// Whether a call would have been decided otherwise.
    pub fn has_changes(&self) -> bool {
        self.policies.iter().any(|it| it.newly_denied + it.newly_allowed > 0)
    }

    /// Whether something cannot be told: of some call, or because there are no calls to judge by.
    pub fn is_undecided(&self) -> bool {
        let has_no_events = !self.policies.is_empty() && self.covered.events == 0;
        has_no_events
            || !self.untold.is_empty()
            || self.covered.unreadable > 0
            || self.policies.iter().any(|it| it.undecided > 0)
    }
}

impl Covered {
    fn of(tally: &Tally) -> Self {
        let seen = || tally.accounts.values();
        Self {
            events: tally.events,
            first: seen().map(|it| it.first.clone()).min().unwrap_or_default(),
            last: seen().map(|it| it.last.clone()).max().unwrap_or_default(),
            accounts: tally.accounts.iter().map(|(id, it)| (id.clone(), it.events)).collect(),
            no_calls: tally.no_calls,
            older: tally.older,
            duplicates: tally.duplicates,
            unreadable: tally.unreadable,
        }
    }

    /// The days that the events span, at most.
    pub fn days(&self) -> u64 {
        let day = |time: &str| {
            let mut parts = time.get(..10)?.split('-').map(str::parse::<u64>);
            let (year, month, day) =
                (parts.next()?.ok()?, parts.next()?.ok()?, parts.next()?.ok()?);
            // Years of 372 days: only differences of some months matter, rounded up.
            Some(year * 372 + month * 31 + day)
        };
        match (day(&self.first), day(&self.last)) {
            (Some(first), Some(last)) => last.saturating_sub(first) + 1,
            _ => 0,
        }
    }

    fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        if self.events == 0 {
            notes.push("there are no calls to judge by, so nothing can be told".to_owned());
        } else if self.days() < SHORT_DAYS {
            notes.push(format!(
                "the calls are of {} days: what is done once a month, a quarter or in an \
                 emergency may be missing",
                self.days()
            ));
        }
        if self.unreadable > 0 {
            notes.push(format!("{} records were not understood", self.unreadable));
        }
        notes.push(
            "data events (objects of S3, invocations) are judged only where a trail records them"
                .to_owned(),
        );
        notes
    }
}

impl OfPolicy {
    fn of(number: usize, policy: &Policy, tally: &Tally) -> Self {
        let here = tally.groups.iter().filter(|(key, _)| key.policy == number);
        let beyond = |effect| tally.beyond.get(&(number, effect)).copied().unwrap_or_default();
        let count = |effect| {
            let listed = here.clone().filter(|(key, _)| key.effect == effect);
            listed.map(|(_, count)| count.count).sum::<u64>() + beyond(effect)
        };
        let mut groups: Vec<Group> = here.clone().map(|(key, it)| Group::of(key, it)).collect();
        groups.sort_by(|a, b| {
            let order = |it: &Group| (it.effect, u64::MAX - it.count);
            order(a)
                .cmp(&order(b))
                .then_with(|| (&a.principal, &a.action).cmp(&(&b.principal, &b.action)))
        });
        let effects = [Effect::NewlyDenied, Effect::Undecided, Effect::NewlyAllowed];
        let [newly_denied, undecided, newly_allowed] = effects.map(count);
        Self {
            address: policy.address.clone(),
            newly_denied,
            undecided,
            newly_allowed,
            denied_anyway: tally.denied_anyway.get(&number).copied().unwrap_or_default(),
            groups,
            not_listed: effects.map(beyond).iter().sum(),
        }
    }
}

impl Group {
    fn of(key: &Key, count: &Count) -> Self {
        let Key { effect, principal, action, verdict, .. } = key.clone();
        let Verdict { by, missing, .. } = Verdict::clone(&verdict);
        let mut resources: Vec<OnResource> = count
            .resources
            .iter()
            .map(|(resource, count)| OnResource { resource: resource.clone(), count: *count })
            .collect();
        resources.sort_by(|a, b| b.count.cmp(&a.count).then(a.resource.cmp(&b.resource)));
        Self {
            effect,
            principal,
            action,
            statements: by,
            missing,
            count: count.count,
            accounts: count.accounts.clone(),
            first: count.first.clone(),
            last: count.last.clone(),
            resources,
            other_resources: count.other_resources,
            events: count.samples.iter().map(|(_, id)| id.clone()).collect(),
        }
    }
}
