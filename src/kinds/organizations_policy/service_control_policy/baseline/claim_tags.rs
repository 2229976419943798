//! Whether somebody else can remove or forge palisade's claim.

use std::collections::BTreeSet;

use super::probe::{Probe, Together, absent, is, missing};
use crate::{
    baseline::{Breach, Facts},
    model::{
        claim::{ADDRESS_TAG, DELETION_TAG, OWNER_TAG},
        policy_document::PolicyDocument,
    },
    operations::{self, Operation, When},
};

const TAG_KEYS: &str = "aws:tagkeys";

/// The actions that set and remove tags on the kinds of resources that palisade manages, by service
/// and operation. Tags that are set on creation are authorized as these actions too.
fn tagging() -> BTreeSet<(&'static str, &'static str)> {
    let sets_tags = |row: &&Operation| {
        let own = row.own.map_or(&[][..], |grant| grant.when);
        own.iter().any(|when| matches!(when, When::StaysOurs | When::KeepsOwner))
    };
    operations::all().filter(sets_tags).map(|row| (row.service, row.name)).collect()
}

/// Every way to set or remove a claim tag.
fn probes() -> Vec<Probe> {
    let mut probes = Vec::new();
    for (service, verb) in tagging() {
        for tag in [OWNER_TAG, ADDRESS_TAG, DELETION_TAG] {
            let alone = Probe::of(service, verb, &[]).carrying(TAG_KEYS, &[tag]);
            probes.push(alone.called(&format!("of {tag}")));
            // One more key defeats a condition that all keys of the request are claim tags.
            let among = Probe::of(service, verb, &[]).carrying(TAG_KEYS, &[tag, "team"]);
            probes.push(among.called(&format!("of {tag} together with other tags")));
        }
    }
    // EC2 API reference, DeleteTags: without a list of tags all of them are deleted, and the
    // request carries no tag keys.
    let owned = is("aws:resourcetag/palisade:owner", "palisade");
    let all = Probe::of("ec2", "DeleteTags", &[absent(TAG_KEYS), owned]);
    probes.push(all.called("without a list, which removes all tags"));
    probes
}

pub(super) fn guarded(facts: &Facts<'_>) -> Vec<Breach> {
    missing(facts, &probes())
}

/// What a principal other than palisade can still do to claim tags under these service control
/// policies, which are all that are in force for the account, from the root of the organization
/// down. Empty: the claim tags are protected.
///
/// Each entry is an action with what it would do, for people. Only what is certainly denied in the
/// Region, to a role without exemptions, counts as protected.
pub(in crate::kinds::organizations_policy) fn open_claim_tags(
    documents: &[&PolicyDocument],
    region: &str,
) -> BTreeSet<String> {
    let in_force = Together::new(documents.iter().copied());
    probes()
        .iter()
        .filter(|probe| !in_force.deny_in(region, probe))
        .map(|probe| probe.label().to_owned())
        .collect()
}
