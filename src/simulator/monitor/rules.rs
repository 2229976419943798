//! The rules, one function each.

use std::{collections::BTreeSet, time::Duration};

use serde_json::Value;

use super::{
    expect::{Violation, short},
    lockout::lost,
    seen::Seen,
};
use crate::{
    model::claim::ADDRESS_TAG,
    simulator::{
        api::{Kind, Repeated},
        services::kinds,
        truth::{Owner, Thing, Truth},
        witness::Witnessed,
    },
};

/// The longest time that a plan may be carried out, including the last call in progress.
const MAX_PASS_TIME: Duration = Duration::from_mins(3);
/// Successful writes with one content within [`LATELY`].
const REPETITIONS: usize = 8;
/// The same for writes that close what somebody opened: they are never given up, but paced. At 0,
/// 1, 2, 4, 8, 16 and then every 30 seconds there are 6 in the first half minute and 19 in the
/// rest; some more if a pass is late.
const PACED: usize = 28;
const LATELY: Duration = Duration::from_mins(10);
/// Mutating calls in one pass. The largest scenario makes less than a third of them in its first
/// pass.
const FORCE: u64 = 150;
/// The wait after an unclear create, for kinds with neither token nor unique name and for kinds
/// with a unique name.
const UNCLEAR_UNNAMED: Duration = Duration::from_mins(10);

impl Seen {
    pub(super) fn witness(&mut self, call: &Witnessed<'_>) {
        let Some((before, after)) = call.truth else { return self.read(call) };
        self.mutations += 1;
        self.in_pass += 1;
        if self.blind {
            self.broken("S6", call, "a write by a process that has not read any valid input");
        }
        self.place(call);
        self.freshness(call);
        self.force(call, before, after);
        self.lockout(call, before, after);
        if let Some(kind) =
            kinds().find(|kind| kind.create == call.operation && is_about(call, kind))
        {
            self.completeness(call, kind);
            self.creation(call, kind);
        }
        let deleted = |kind: &&Kind| {
            kind.delete == call.operation && is_about(call, kind) && is_on(call, kind, before)
        };
        if let Some(kind) = kinds().find(deleted) {
            self.completeness(call, kind);
            self.waiting_period(call);
        }
        for (id, thing) in &after.things {
            match before.things.get(id) {
                None if comes_with_vpc(thing, after, before) => {}
                None => self.new_claim(call, id, thing),
                Some(earlier) if earlier != thing => {
                    self.ownership(call, id, earlier, thing);
                    self.midway(call, id, earlier, thing, before, after);
                }
                Some(_) => {}
            }
        }
        for (id, thing) in &before.things {
            if !after.things.contains_key(id) && !comes_with_vpc(thing, before, after) {
                self.deletion(call, id, thing);
            }
        }
        self.duplicates(call, before, after);
    }

    fn broken(&mut self, rule: &'static str, call: &Witnessed<'_>, what: &str) {
        let what = format!(
            "{what} ({}:{} in {} at {:.3} s)",
            call.service,
            call.operation,
            call.caller.account,
            call.at.as_secs_f64()
        );
        self.violations.push(Violation { rule, what });
    }

    /// What a read shows, as far as writes depend on it.
    fn read(&mut self, call: &Witnessed<'_>) {
        let account = call.caller.account.clone();
        // A request for certain ids or with a filter is not a listing of the kind.
        let narrow =
            |kind: &&Kind| kind.narrowed_by.iter().any(|member| call.input.get(*member).is_some());
        if let Some(kind) = kinds()
            .find(|kind| kind.list == call.operation && is_about(call, kind))
            .filter(|kind| !narrow(kind))
        {
            let key = (account.clone(), kind.name);
            if call.shown.is_some() {
                self.unlisted.insert(key);
            } else {
                self.unlisted.remove(&key);
            }
        }
        if call.operation == "ListTargetsForPolicy" {
            self.places(call);
        }
        if call.operation == "GetCallerIdentity" {
            let named = call.delivered.as_ref().ok().and_then(|answer| answer["Account"].as_str());
            if named.is_some_and(|named| named != account) {
                self.impostors.insert(account);
            } else {
                self.impostors.remove(&account);
            }
        }
    }

    /// The places at which a caller sees that a policy is attached; pages after the first add to
    /// them.
    fn places(&mut self, call: &Witnessed<'_>) {
        let id = call.input["PolicyId"].as_str().unwrap_or_default();
        let shown = self.shown_at.entry(id.to_owned()).or_default();
        if call.input.get("NextToken").is_none() {
            shown.clear();
        }
        let targets = call.delivered.as_ref().ok().and_then(|answer| answer["Targets"].as_array());
        let ids = targets.into_iter().flatten().filter_map(|target| target["TargetId"].as_str());
        shown.extend(ids.map(str::to_owned));
    }

    /// S2.
    fn place(&mut self, call: &Witnessed<'_>) {
        let account = &call.caller.account;
        if !self.expect.accounts.contains(account) {
            self.broken("S2", call, "a write in an account without a scope");
        }
        if self.impostors.contains(account) {
            self.broken("S2", call, "a write although the caller identity was another account's");
        }
    }

    /// S8 and S14.
    fn freshness(&mut self, call: &Witnessed<'_>) {
        if self.braked {
            self.broken("S14", call, "a write after the brake");
        }
        match self.pass {
            None => self.broken("S8", call, "a write outside of any pass"),
            Some(began) if call.at.saturating_sub(began) > MAX_PASS_TIME => {
                self.broken("S8", call, "a write long after its pass began");
            }
            Some(_) => {}
        }
    }

    /// S10.
    fn force(&mut self, call: &Witnessed<'_>, before: &Truth, after: &Truth) {
        if self.in_pass == FORCE {
            self.broken("S10", call, "too many writes in one pass");
        }
        if call.answer.is_err() {
            return;
        }
        let what = format!("{} {}", call.operation, call.input);
        self.lately.retain(|(at, _)| *at + LATELY > call.at);
        self.lately.push((call.at, what.clone()));
        let same = self.lately.iter().filter(|(_, other)| *other == what).count();
        if same == PACED || same == REPETITIONS && !self.closes(before, after) {
            self.broken("S10", call, "the same write succeeds too often");
        }
    }

    /// S12.
    fn lockout(&mut self, call: &Witnessed<'_>, before: &Truth, after: &Truth) {
        if call.input.get("BypassPolicyLockoutSafetyCheck") == Some(&Value::Bool(true)) {
            self.broken("S12", call, "the lockout check is bypassed");
        }
        for what in lost(call.service, before, after) {
            self.broken("S12", call, &what);
        }
    }

    /// S7.
    fn completeness(&mut self, call: &Witnessed<'_>, kind: &'static Kind) {
        // With two writers it is unknown whose listing failed.
        if self.expect.two_writers {
            return;
        }
        if self.unlisted.contains(&(call.caller.account.clone(), kind.name)) {
            self.broken("S7", call, "the kind's last listing in this pass failed");
        }
    }

    /// S3, before the call.
    fn creation(&mut self, call: &Witnessed<'_>, kind: &'static Kind) {
        let address = claimed_address(call.input).unwrap_or_default();
        let another = kind.repeated == Repeated::Another;
        if another && call.at < self.started + self.expect.settle_window {
            self.broken("S3", call, "a create without token or unique name soon after the start");
        }
        if let Some(at) = self.unclear.get(&address).copied() {
            let named = self.expect.settle_window;
            let window = if another { UNCLEAR_UNNAMED } else { named };
            // A client token makes the second create equal to the first.
            let other = self.expect.two_writers;
            if kind.repeated != Repeated::Token && !other && call.at < at + window {
                self.broken("S3", call, &format!("a create of {address} while one is unclear"));
            }
        }
        let unclear = matches!(
            call.shown,
            Some("(no answer)" | "InternalError" | "InternalFailure" | "InjectedFault")
        );
        if unclear {
            self.unclear.insert(address, call.at);
        } else if call.shown.is_none() {
            self.unclear.remove(&address);
        }
    }

    /// S5: a key's waiting period.
    fn waiting_period(&mut self, call: &Witnessed<'_>) {
        if call.operation != "ScheduleKeyDeletion" {
            return;
        }
        let days = call.input.get("PendingWindowInDays").and_then(Value::as_i64);
        if days.unwrap_or(30) != self.expect.key_window_days {
            let what = format!("a key with {days:?} days instead of those wanted");
            self.broken("S5", call, &what);
        }
    }

    /// S1 for new resources.
    fn new_claim(&mut self, call: &Witnessed<'_>, id: &str, thing: &Thing) {
        match self.expect.owner.address(id, thing) {
            None => self.broken("S1", call, &format!("{id} is created without our claim")),
            Some(address) if !self.expect.present.contains(&address.to_string()) => {
                self.broken(
                    "S1",
                    call,
                    &format!("{id} is created for {address}, which is not declared"),
                );
            }
            Some(_) => {}
        }
    }

    /// S1 for existing resources.
    fn ownership(&mut self, call: &Witnessed<'_>, id: &str, before: &Thing, after: &Thing) {
        let Some(address) = self.expect.owner.address(id, before) else {
            if !self.expect.adoptable.contains(id) {
                self.broken("S1", call, &format!("{id} is changed and does not carry our claim"));
            }
            return;
        };
        let text = address.to_string();
        if !self.expect.present.contains(&text) && !self.expect.deletable.contains(&text) {
            self.broken("S1", call, &format!("{id} of {address} is changed but not declared"));
        }
        if self.expect.owner.address(id, after) != Some(address) {
            self.broken("S1", call, &format!("{id} loses its claim"));
        }
    }

    /// S4: nothing appears that is neither old nor wanted, and nothing is lost that is both.
    fn midway(
        &mut self,
        call: &Witnessed<'_>,
        id: &str,
        old: &Thing,
        new: &Thing,
        before: &Truth,
        after: &Truth,
    ) {
        let owner = self.expect.owner.clone();
        let address = owner.address(id, new).or_else(|| owner.address(id, old));
        let Some(address) = address else { return };
        let address = address.to_string();
        let deletable = self.expect.deletable.contains(&address);
        let Some(wanted) = self.expect.wanted.get(&address).cloned() else {
            if !deletable && new.facts_of("state").any(|state| state == "PendingDeletion") {
                self.broken("S5", call, &format!("{id} is scheduled for deletion"));
            }
            return;
        };
        let (old, new) = (before.named(&old.facts, &owner), after.named(&new.facts, &owner));
        let recovering = old.contains("state PendingDeletion");
        for fact in new.difference(&old).filter(|fact| !wanted.contains(*fact)) {
            // Cancelling a deletion leaves the key disabled.
            if recovering && fact == "state Disabled" || deletable {
                continue;
            }
            self.broken("S4", call, &format!("{address}: neither old nor wanted: {}", short(fact)));
        }
        for fact in old.intersection(&wanted).filter(|fact| !new.contains(*fact)) {
            if !deletable {
                self.broken(
                    "S4",
                    call,
                    &format!("{address}: old and wanted, lost: {}", short(fact)),
                );
            }
        }
        if call.operation == "DetachPolicy" && !deletable {
            // A foreign change between the last read and the call cannot be known.
            let shown = self.shown_at.get(id).cloned().unwrap_or_default();
            let open = wanted.difference(&old).find(|fact| {
                fact.strip_prefix("attached ").is_some_and(|target| !shown.contains(target))
            });
            if let Some(open) = open {
                self.broken("S4", call, &format!("{address} is detached before it is {open}"));
            }
        }
    }

    /// S5 and S1 for deleted resources.
    fn deletion(&mut self, call: &Witnessed<'_>, id: &str, thing: &Thing) {
        match self.expect.owner.address(id, thing) {
            None => self.broken("S1", call, &format!("{id}, which is not ours, is deleted")),
            Some(address) if !self.expect.deletable.contains(&address.to_string()) => {
                self.broken("S5", call, &format!("{id} of {address} is deleted without approval"));
            }
            Some(address)
                if self.expect.undeclared.contains(&address.to_string())
                    && call.at < self.started + self.expect.settle_window =>
            {
                self.broken(
                    "S5",
                    call,
                    &format!("{id} of {address} is pruned within the settle window"),
                );
            }
            Some(_) => {}
        }
    }

    /// S3, after the call.
    fn duplicates(&mut self, call: &Witnessed<'_>, before: &Truth, after: &Truth) {
        let mut once = BTreeSet::new();
        for (id, thing) in &after.things {
            let Some(address) = self.expect.owner.address(id, thing) else { continue };
            let unnamed =
                |kind: &Kind| kind.name == thing.kind && kind.repeated == Repeated::Another;
            let tolerated = self.expect.two_writers && kinds().any(unnamed);
            let made = || adds_resource(before, after, &address.to_string(), &self.expect.owner);
            if !once.insert(address.clone()) && !tolerated && made() {
                self.broken("S3", call, &format!("{address} has two resources"));
            }
        }
    }
}

/// Whether a request of an operation that kinds may share is about this one.
fn is_about(call: &Witnessed<'_>, kind: &Kind) -> bool {
    kind.told_by.iter().all(|(member, value)| {
        call.input.get(*member).is_none_or(|said| said.as_str() == Some(*value))
    })
}

/// Whether a request of an operation that kinds may share names a resource of this one.
fn is_on(call: &Witnessed<'_>, kind: &Kind, before: &Truth) -> bool {
    let named = call.input.as_object().into_iter().flatten().filter_map(|(_, id)| id.as_str());
    let mut things = named.filter_map(|id| before.things.get(id)).peekable();
    kind.told_by.is_empty() || things.peek().is_none() || things.any(|it| it.kind == kind.name)
}

/// Whether it is one of what AWS makes with every VPC, and its VPC is in one truth but not in the
/// other: they come and go together.
fn comes_with_vpc(thing: &Thing, with: &Truth, without: &Truth) -> bool {
    let alone = |vpc: &str| with.things.contains_key(vpc) && !without.things.contains_key(vpc);
    thing.facts_of("vpc").any(alone)
}

/// Whether this call added a resource to the address.
fn adds_resource(before: &Truth, after: &Truth, address: &str, owner: &Owner) -> bool {
    let count = |truth: &Truth| {
        let of = |(id, thing): &(&String, &Thing)| {
            owner.address(id, thing).is_some_and(|a| a.to_string() == address)
        };
        truth.things.iter().filter(of).count()
    };
    count(after) > count(before)
}

/// The address in the claim of a create call, wherever the service has its tags.
fn claimed_address(input: &Value) -> Option<String> {
    match input {
        Value::Object(members) => {
            let named = members.values().any(|member| member == ADDRESS_TAG);
            let value = ["Value", "TagValue"].iter().find_map(|name| members.get(*name)?.as_str());
            match value {
                Some(value) if named => Some(value.to_owned()),
                _ => members.values().find_map(claimed_address),
            }
        }
        Value::Array(entries) => entries.iter().find_map(claimed_address),
        _ => None,
    }
}
