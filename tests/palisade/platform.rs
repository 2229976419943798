//! The directory that palisade ships is a whole platform: an organization with nothing in it becomes that in one run, with what
//! a person approves before.

use std::collections::BTreeSet;

use palisade::{
    aws::Guard,
    engine::{Options, Report},
    plan::{Offered, Plan, Verdict},
    simulator::example::PLATFORM_SETTINGS,
};
use serde_json::Value;

use crate::{
    iam::{permit, printed_under, refused},
    world::{Quiet, World, until_quiet},
};

/// IAM user guide, "IAM and AWS STS quotas": characters of a managed policy, without white space.
const POLICY: usize = 6144;
/// Managed policies that a role can have, unless the quota is raised.
const POLICIES: usize = 10;

/// Passes until nothing is left to do, as `apply --yes --approve-all FILE` makes them for this plan: what it holds is
/// approved, and what waits in it once it is held for nothing but what the plan says.
async fn applied(world: &World, plan: &Plan) -> Quiet {
    let mut offered = Offered::of(plan);
    let approve = offered.held.clone();
    let options = Options { approve, write: true, ..Options::default() };
    let mut engine = world.engine_with(Guard::writing(world.brake.clone()), options).await;
    loop {
        let quiet = until_quiet(&mut engine).await;
        let foreseen: Vec<_> = offered.foreseen(&quiet.last().plan).map(str::to_owned).collect();
        if foreseen.is_empty() {
            return quiet;
        }
        offered.waiting.retain(|digest| !foreseen.contains(digest));
        engine.approve(foreseen);
    }
}

/// The kinds of what the first plan holds.
fn held(report: &Report) -> BTreeSet<&str> {
    let steps = report.plan.steps.iter();
    let held = steps.filter(|step| matches!(step.verdict, Verdict::Held(_)));
    held.map(|step| step.address.kind.as_str()).collect()
}

#[tokio::test(start_paused = true)]
async fn an_empty_organization_becomes_the_platform_in_one_run_under_exactly_the_printed_policies()
{
    let world = World::platform();
    let printed = printed_under(PLATFORM_SETTINGS, world.dir(), &[]);
    for (account, policies) in &printed {
        let size = |policy: &Value| policy.to_string().len();
        assert!(policies.values().map(size).all(|it| it <= POLICY), "{account}");
        assert!(policies.len() <= POLICIES, "{account}: {}", policies.len());
    }
    permit(&world, &printed);
    let plan = world.reader().await.pass().await;
    assert_eq!(refused(&world, &printed), BTreeSet::new());
    assert!(plan.problems.is_empty() && plan.plan.unknown.is_empty(), "{:?}", plan.plan.unknown);
    // Permissions, and what cuts off whoever uses what is public: a person looks at these.
    let expected =
        ["AWS::IAM::ManagedPolicy", "AWS::IAM::Role", "AWS::SSO::PermissionSet", "AccountSettings"];
    assert_eq!(held(&plan), BTreeSet::from(expected));
    let quiet = applied(&world, &plan.plan).await;
    assert_eq!(refused(&world, &printed), BTreeSet::new());
    // AWS is busy at first: a recorder waits for its channel, a sort of policies for being enabled.
    let last = quiet.last();
    assert!(last.is_converged(), "{}", palisade::plan::render::text(&last.plan));
    assert_eq!(last.plan.in_sync.len(), last.manifests.len());
    world.calls();
    // Another process finds everything as it is.
    assert!(world.engine().await.pass().await.is_converged());
    assert_eq!(world.writes(), [""; 0]);
    assert_eq!(refused(&world, &printed), BTreeSet::new());
}
