//! SecurityGroup: which traffic they allow in a VPC.
//!
//! Rules are compared as sets of atomic rules in one canonical form (`rule`, `traffic`), because
//! AWS merges, reorders and rewrites what it receives. Equal rules are never touched; `diff`
//! explains the order of the edits.

mod associations;
pub mod aws;
pub(crate) mod baseline;
mod change;
mod diff;
mod errors;
mod operations;
mod peer;
mod peers;
mod quota;
mod records;
mod resolve;
mod rule;
mod spec;
mod state;
#[cfg(test)]
mod tests;
mod text;
mod traffic;
mod written;

pub(crate) use self::operations::RESOURCE;
use std::collections::BTreeSet;

pub use self::{
    change::{Change, Pair, Redescription},
    peer::{OtherGroup, Peer, PeerType, Pending, PendingKind},
    rule::{Direction, Entry, Rule},
    spec::{Mode, Spec},
    state::{Rules, State},
    traffic::{Messages, Ports, Traffic},
};
use crate::{
    baseline::Baseline,
    kind::{
        Claimed, Creation, Doctor, Invalid, Kind, Meaning, Naming, Profile, Refs, Removal, TagSpec,
        Writers, Written,
    },
    model::Risk,
    operations::OfKind,
};

/// The kind.
#[derive(Debug)]
pub struct SecurityGroup;

/// The group that every VPC has: it can be neither created nor deleted.
pub const DEFAULT_GROUP: &str = "default";

/// Its name in manifests.
pub const NAME: &str = "SecurityGroup";

impl Kind for SecurityGroup {
    const HIDDEN: &'static [&'static str] = &["prefixListWeights", "unseenGroups", "ruleQuota"];
    const FACTS: &'static [&'static str] = &["prefixListWeights", "unseenGroups"];
    const PROFILE: Profile = Profile {
        name: NAME,
        short: "sg",
        about: "A VPC security group and its rules: which traffic they allow.",
        claimed: Claimed::ByTags,
        creation: Creation::UniqueName,
        removal: Removal::Prunable,
        writers: Writers::Many,
        sweep: true,
        global: false,
    };
    const OPERATIONS: OfKind = operations::OPERATIONS;
    const ERRORS: &'static [Meaning] = errors::ERRORS;
    const DOCTOR: Doctor = aws::rehearsal::DOCTOR;
    const BASELINE: Baseline = baseline::BASELINE;
    type Spec = Spec;
    type State = State;
    type Change = Change;

    fn tags(spec: &Spec) -> TagSpec {
        spec.tags.clone()
    }

    fn resolve(spec: Spec, refs: &mut Refs<'_>) -> Result<State, Vec<Invalid>> {
        resolve::resolve(spec, refs)
    }

    fn diff(want: &State, have: &State) -> Vec<Change> {
        diff::edits(want, have)
    }

    /// AWS gives a new group a rule that allows all egress, which stays if `egress` is not managed.
    fn risk_of_creating(want: &State) -> Risk {
        let closed = |rules: Option<&Rules>| rules.is_some_and(|rules| rules.0.is_empty());
        let no_ingress = want.ingress.as_ref().is_none_or(|rules| rules.0.is_empty());
        let own_vpc_only = want.associated_vpcs.as_ref().is_none_or(BTreeSet::is_empty);
        let is_closed = no_ingress && closed(want.egress.as_ref()) && own_vpc_only;
        if is_closed { Risk::NEUTRAL } else { Risk::LOOSENS }
    }

    fn unread(want: &State, have: &State) -> Vec<(String, String)> {
        associations::unread(want, have)
    }

    fn notes(have: &State) -> Vec<String> {
        associations::notes(have)
    }

    fn otherwise(change: &Change) -> Vec<Change> {
        change.in_two_calls()
    }

    fn effect(mut have: State, change: &Change) -> State {
        change.apply(&mut have);
        have
    }

    fn written(have: &State, by: &dyn Naming) -> Written {
        written::written(have, by)
    }

    fn called(have: &State) -> Option<String> {
        have.group_name.clone()
    }

    /// The name in its VPC, in lower case: EC2 refuses a second group whose name differs in case
    /// only.
    fn natural_keys(state: &State) -> Vec<String> {
        match (&state.vpc, &state.group_name) {
            (Some(vpc), Some(name)) => vec![format!("{vpc}/{}", name.to_lowercase())],
            _ => Vec::new(),
        }
    }
}
