//! The directory that palisade ships is a whole platform: an organization with nothing in it becomes that in one run, with what
//! a person approves before.

use std::collections::BTreeSet;

use palisade::{engine::Report, plan::Verdict, simulator::example::PLATFORM_SETTINGS};
use serde_json::Value;

use crate::{
    iam::printed_under,
    world::{World, until_quiet},
};

/// IAM user guide, "IAM and AWS STS quotas": characters of a managed policy, without white space.
const POLICY: usize = 6144;
/// Managed policies that a role can have (the quota can be raised to this).
const POLICIES: usize = 20;

/// The digests of what is held, and of what waits and may be held then: whoever has read the plan approves them.
fn approvals(report: &Report) -> Vec<String> {
    let steps = report.plan.steps.iter();
    let open = steps.filter(|it| matches!(it.verdict, Verdict::Held(_) | Verdict::Waiting(_)));
    open.map(|step| step.digest.clone()).collect()
}

/// The kinds of what the first plan holds.
fn held(report: &Report) -> BTreeSet<&str> {
    let steps = report.plan.steps.iter();
    let held = steps.filter(|step| matches!(step.verdict, Verdict::Held(_)));
    held.map(|step| step.address.kind.as_str()).collect()
}

#[tokio::test(start_paused = true)]
async fn an_empty_organization_becomes_the_platform_in_one_run_and_the_permissions_fit_into_policies()
 {
    let world = World::platform();
    let printed = printed_under(PLATFORM_SETTINGS, world.dir(), &[]);
    for (account, policies) in &printed {
        let size = |policy: &Value| policy.to_string().len();
        assert!(policies.values().map(size).all(|it| it <= POLICY), "{account}");
        assert!(policies.len() <= POLICIES, "{account}: {}", policies.len());
    }
    let plan = world.reader().await.pass().await;
    assert!(plan.problems.is_empty() && plan.plan.unknown.is_empty(), "{:?}", plan.plan.unknown);
    // Permissions, and what deletes objects or cuts off whoever uses what is public: a person looks at these.
    let expected = [
        "AWS::IAM::ManagedPolicy",
        "AWS::IAM::Role",
        "AWS::S3::Bucket",
        "AWS::SSO::PermissionSet",
        "AccountSettings",
    ];
    assert_eq!(held(&plan), BTreeSet::from(expected));
    let approvals = approvals(&plan);
    let digests: Vec<&str> = approvals.iter().map(String::as_str).collect();
    let mut engine = world.engine_approving(&digests).await;
    let quiet = until_quiet(&mut engine).await;
    // AWS is busy at first: a recorder waits for its channel, a sort of policies for being enabled.
    let last = quiet.last();
    assert!(last.is_converged(), "{}", palisade::plan::render::text(&last.plan));
    assert_eq!(last.plan.in_sync.len(), last.manifests.len());
    world.calls();
    // Another process finds everything as it is.
    assert!(world.engine().await.pass().await.is_converged());
    assert_eq!(world.writes(), [""; 0]);
}
