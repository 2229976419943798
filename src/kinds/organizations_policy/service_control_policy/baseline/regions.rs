//! Work happens in approved Regions only, and global services keep working.

use super::{
    super::State,
    probe::{Probe, Together, attached, denied, is, missing, regions_of},
};
use crate::baseline::{Breach, Facts, Wanted};

const REQUESTED: &str = "aws:requestedregion";

/// A Region that AWS has not opened: a list of forbidden Regions, instead of approved ones, allows
/// it.
const UNOPENED: &str = "zz-nowhere-9";

/// Regions all over the world. An installation may approve some in which palisade has no scope, but
/// not most of them.
const FAR: [&str; 12] = [
    "af-south-1",
    "ap-east-1",
    "ap-northeast-1",
    "ap-southeast-3",
    "ca-west-1",
    "eu-south-2",
    "il-central-1",
    "me-south-1",
    "mx-central-1",
    "sa-east-1",
    "us-east-2",
    "us-west-2",
];

/// Work that is bound to a Region. Not KMS, which AWS's own example excepts because of multi-Region
/// keys.
const WORK: [(&str, &str); 4] = [
    ("ec2", "RunInstances"),
    ("lambda", "CreateFunction"),
    ("s3", "CreateBucket"),
    ("sagemaker", "CreateTrainingJob"),
];

/// Services with one endpoint for all Regions, in us-east-1 (AWS General Reference, service
/// endpoints).
const GLOBAL: [(&str, &str); 5] = [
    ("cloudfront", "ListDistributions"),
    ("iam", "GetRole"),
    ("organizations", "DescribeOrganization"),
    ("route53", "ListHostedZones"),
    ("support", "DescribeCases"),
];

/// The Region of the global services of AWS's commercial partition.
const GLOBAL_REGION: &str = "us-east-1";

fn work_in(region: &str) -> Vec<Probe> {
    WORK.map(|(service, verb)| Probe::of(service, verb, &[is(REQUESTED, region)])).to_vec()
}

pub(super) fn approved(facts: &Facts<'_>) -> Vec<Breach> {
    let unopened = work_in(UNOPENED).into_iter();
    let unopened: Vec<_> =
        unopened.map(|probe| probe.called("in a Region that is on no list")).collect();
    let mut found = missing(facts, &unopened);
    for policies in attached(facts).into_values() {
        found.extend(nearly_all(facts, &policies));
        found.extend(policies.iter().filter_map(|policy| stops_global_services(facts, *policy)));
    }
    found
}

/// There is a list of approved Regions, and more than half of those in which palisade has no scope
/// are on it.
fn nearly_all(facts: &Facts<'_>, policies: &[Wanted<'_, State>]) -> Option<Breach> {
    let (all, unopened) = (Together::of(policies), work_in(UNOPENED));
    if !unopened.iter().all(|probe| all.deny(facts, probe)) {
        return None;
    }
    let near = policies
        .iter()
        .find(|policy| unopened.iter().any(|probe| denied(facts, &[**policy], probe)))?;
    let used = regions_of(facts);
    let far: Vec<_> = FAR.into_iter().filter(|region| !used.contains(region)).collect();
    let is_open = |region: &&str| work_in(region).iter().any(|probe| !all.deny(facts, probe));
    let open: Vec<_> = far.iter().copied().filter(is_open).collect();
    (2 * open.len() > far.len()).then(|| {
        let (open, regions) = (open.len(), open.join(", "));
        let why =
            format!("work is possible in {open} Regions in which palisade has no scope: {regions}");
        near.breach("content", why)
    })
}

/// A policy that denies a global service in the Region of its endpoint and not elsewhere is about
/// Regions, and omits the service.
fn stops_global_services(facts: &Facts<'_>, policy: Wanted<'_, State>) -> Option<Breach> {
    let scope = facts.scopes.get(&policy.address().scope)?;
    let alone = Together::of(&[policy]);
    if scope.partition != "aws" {
        return None;
    }
    let stopped: Vec<_> = GLOBAL
        .into_iter()
        .map(|(service, verb)| Probe::of(service, verb, &[]))
        .filter(|probe| {
            let stops = |region: &str| alone.deny_in(region, probe);
            stops(GLOBAL_REGION) && regions_of(facts).into_iter().any(|region| !stops(region))
        })
        .map(|probe| probe.action)
        .collect();
    (!stopped.is_empty()).then(|| {
        let why = format!(
            "denies global services, which answer in {GLOBAL_REGION} wherever the work is: {}",
            stopped.join(", ")
        );
        policy.breach("content", why)
    })
}
