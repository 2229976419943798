//! What several of these tests need: scenarios by name, what they usually create and delete, and what is really there.

use std::collections::{BTreeMap, BTreeSet};

use palisade::{
    engine::Engine,
    settings::Prune,
    simulator::{CallRecord, Effect, Fault, Simulator, Truth},
};

use super::groups::{applied, prepared, survives};
use crate::{
    campaign::{
        prepare::Prepared,
        run::{Finished, Setup, run},
        scenarios,
    },
    world::World,
};

pub(super) const TOMB: &str = "state: absent";

/// The scenario of a name, ready to be run.
pub(super) async fn scenario(name: &str) -> Prepared {
    let scenario = scenarios::all().into_iter().find(|scenario| scenario.name == name);
    prepared(scenario.expect("a scenario's name")).await
}

/// Runs a scenario with faults, all of which strike: no monitor objects, and it ends as without them.
pub(super) async fn survived(prepared: &Prepared, faults: &[Fault], lag: u64) -> Finished {
    let finished = survives(prepared, faults.to_vec(), lag).await;
    assert!(finished.strikes >= faults.len() as u64, "{faults:?} did not strike");
    finished
}

/// The manifests applied by a process that may prune.
pub(super) async fn pruning(manifests: &str) -> (World, Engine) {
    let (mut world, _) = applied(manifests).await;
    world.settings.prune = Prune::Automatic;
    let engine = world.engine().await;
    (world, engine)
}

/// How often AWS carried out each call that creates or deletes something. With the client token of an earlier one, a create
/// is that one.
pub(super) fn events(finished: &Finished) -> BTreeMap<String, usize> {
    let (mut counts, mut tokens) = (BTreeMap::new(), BTreeSet::new());
    let events = ["Create", "Delete", "Schedule"];
    for call in finished.simulator.calls().into_iter().filter(|call| call.error.is_none()) {
        let token = call.input["ClientToken"].as_str();
        let again = token.is_some_and(|token| !tokens.insert(token.to_owned()));
        if events.iter().any(|event| call.operation.starts_with(event)) && !again {
            *counts.entry(call.operation).or_default() += 1;
        }
    }
    counts
}

/// The events of the scenario without any fault.
pub(super) async fn usual_events(prepared: &Prepared) -> BTreeMap<String, usize> {
    events(&run(prepared, &Setup::default()).await)
}

/// Readers see for a while what was there before the first call of this operation.
pub(super) fn stale(operation: &str, reads: u32) -> Fault {
    Fault::new(operation, Effect::Stale { reads, alternating: false }).nth(1)
}

/// The process dies with the first call of this operation.
pub(super) fn crash(operation: &str) -> Fault {
    Fault::new(operation, Effect::Crash).nth(1)
}

pub(super) fn truth(simulator: &Simulator) -> Truth {
    simulator.with(|world| world.truth())
}

/// The mutating calls since the last time, with their inputs.
pub(super) fn written(world: &World) -> Vec<CallRecord> {
    world.calls().into_iter().filter(|call| call.mutating).collect()
}

/// The process dies with the call after the first one of this operation.
pub(super) fn crash_after(prepared: &Prepared, operation: &str) -> Fault {
    let calls = &mut prepared.reference.calls.iter();
    let before = calls.take_while(|(name, ..)| name != operation).count() as u64;
    Fault::new("*", Effect::Crash).nth(before + 2)
}

/// The scenarios that create something, the call that does, and the one that follows it.
pub(super) const CREATIONS: [(&str, &str, &str); 5] = [
    ("group-create", "CreateSecurityGroup", "AuthorizeSecurityGroupIngress"),
    ("endpoint-create-gateway", "CreateVpcEndpoint", "DescribeVpcEndpoints"),
    ("key-create", "CreateKey", "CreateAlias"),
    ("policy-create", "CreatePolicy", "AttachPolicy"),
    ("domain-create", "CreateDomain", "DescribeDomain"),
];
