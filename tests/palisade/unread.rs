//! Unknown is not absent, and not contagious: one resource that cannot be read is left alone, and nothing of its kind is
//! created, adopted or deleted; what was read is put in order all the same.

use palisade::{
    engine::Report,
    plan::{self, Cause, Verdict},
    simulator::{Effect, Fault},
};
use serde_json::json;

use crate::world::{World, list, steps, string, until_quiet, waiting};

fn key(name: &str, lifecycle: &str) -> String {
    format!(
        "---\napiVersion: palisade.dev/v1alpha1\nkind: KmsKey\nmetadata: {{name: {name}}}\nlifecycle: {{{lifecycle}}}\n\
         spec:\n  aliases: [alias/ml/{name}]\n  description: As wanted\n  policy:\n    Version: \"2012-10-17\"\n    Statement:\n      \
         - {{Effect: Allow, Principal: {{AWS: \"arn:aws:iam::${{scope.account}}:root\"}}, Action: \"kms:*\", Resource: \"*\"}}\n"
    )
}

fn policy(name: &str) -> String {
    format!(
        "---\napiVersion: palisade.dev/v1alpha1\nkind: ServiceControlPolicy\nmetadata: {{name: {name}, scope: org}}\nspec:\n  \
         description: As wanted\n  content:\n    Version: \"2012-10-17\"\n    Statement:\n      \
         - {{Sid: No, Effect: Deny, Action: \"cloudtrail:StopLogging\", Resource: \"*\"}}\n  targets: [\"ou:/Workloads\"]\n"
    )
}

fn shown(report: &Report) -> String {
    anstream::adapter::strip_str(&plan::render::text(&report.plan)).to_string()
}

/// The one resource that the plan says could not be read.
fn unread(report: &Report) -> String {
    let [unknown] = &report.plan.unknown[..] else { panic!("{}", shown(report)) };
    let id = unknown.id.as_ref().expect("a single resource").to_string();
    let text = shown(report);
    let heading = format!("! {}/{} {id}  could not be read", unknown.scope, unknown.kind);
    assert!(text.contains(&heading), "{heading}\n{text}");
    id
}

#[tokio::test(start_paused = true)]
async fn a_key_that_denies_one_of_its_reads_freezes_itself_and_what_must_see_all_keys() {
    let there = ["a", "b", "old"].map(|name| key(name, "")).concat();
    for operation in ["GetKeyPolicy", "ListResourceTags", "GetKeyRotationStatus", "DescribeKey"] {
        let world = World::with(&there);
        let mut engine = world.engine().await;
        until_quiet(&mut engine).await.in_order();
        for name in ["a", "b", "old"] {
            let id = world.key(&format!("alias/ml/{name}"));
            world.kms("UpdateKeyDescription", &json!({"KeyId": id, "Description": "Changed"}));
        }
        let next = [key("a", ""), key("b", ""), key("old", "state: absent"), key("new", "")];
        world.write("main.yaml", next.concat());
        world.writes();
        world.simulator.inject(Fault::new(operation, Effect::Deny).nth(1));
        let report = engine.pass().await;
        let id = unread(&report);
        let own = |name: &str| world.key(&format!("alias/ml/{name}")) == id;
        let others = ["a", "b"].iter().filter(|name| !own(name)).count();
        let written = world.writes();
        assert_eq!(
            written,
            vec!["UpdateKeyDescription"; others],
            "{operation}: {}",
            shown(&report)
        );
        assert!(waiting(&report, "ml-prod/KmsKey/new").contains(&id), "{operation}");
        if !own("old") {
            assert!(waiting(&report, "ml-prod/KmsKey/old").contains(&id), "{operation}");
        }
        world.simulator.clear_faults();
        let quiet = until_quiet(&mut engine).await;
        quiet.in_order();
        // What was in order before it could not be read is drift afterwards, too.
        for address in ["ml-prod/KmsKey/a", "ml-prod/KmsKey/b"] {
            let causes = steps(&quiet.reports[0], address).into_iter().map(|step| step.cause);
            assert!(causes.into_iter().all(|cause| cause == Cause::Drift), "{address}");
        }
        let written = world.writes();
        let count = |operation: &str| written.iter().filter(|it| *it == operation).count();
        assert_eq!(count("UpdateKeyDescription"), 2 - others, "{written:?}");
        assert_eq!((count("CreateKey"), count("ScheduleKeyDeletion")), (1, 1), "{written:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_key_that_stays_unreadable_is_never_made_a_second_time() {
    let world = World::with(&key("a", ""));
    until_quiet(&mut world.engine().await).await.in_order();
    let before = world.keys();
    // It denies its tags to the next process too, which has no memory of it.
    world.simulator.inject(Fault::new("ListResourceTags", Effect::Deny));
    let mut engine = world.engine().await;
    world.writes();
    for _ in 0..20 {
        let report = engine.pass().await;
        unread(&report);
        assert!(steps(&report, "ml-prod/KmsKey/a").iter().all(|step| !step.verdict.goes()));
        tokio::time::advance(std::time::Duration::from_mins(1)).await;
    }
    assert_eq!((world.writes().len(), world.keys()), (0, before));
}

#[tokio::test(start_paused = true)]
async fn a_policy_that_cannot_be_read_freezes_itself_and_what_must_see_all_policies() {
    for operation in ["DescribePolicy", "ListTargetsForPolicy", "ListTagsForResource"] {
        let world = World::with(&[policy("a"), policy("b")].concat());
        let mut engine = world.engine().await;
        until_quiet(&mut engine).await.in_order();
        for name in ["a", "b"] {
            let id = world.policy(name).unwrap();
            let changed = json!({"PolicyId": id, "Description": "Changed"});
            world.organizations("UpdatePolicy", &changed);
        }
        world.write("main.yaml", [policy("a"), policy("b"), policy("new")].concat());
        world.writes();
        world.simulator.inject(Fault::new(operation, Effect::Deny).nth(1));
        let report = engine.pass().await;
        let id = unread(&report);
        assert!(
            world.policy("a").as_deref() == Some(&id) || world.policy("b").as_deref() == Some(&id)
        );
        assert_eq!(world.writes(), ["UpdatePolicy"], "{operation}: {}", shown(&report));
        assert!(waiting(&report, "org/ServiceControlPolicy/new").contains(&id), "{operation}");
        world.simulator.clear_faults();
        until_quiet(&mut engine).await.in_order();
        let mut first: Vec<String> = world.writes()[..2].to_vec();
        first.sort();
        assert_eq!(first, ["CreatePolicy", "UpdatePolicy"]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_domain_that_cannot_be_read_is_not_made_again_and_its_neighbours_are_put_in_order() {
    for operation in ["DescribeDomain", "ListTags"] {
        let (world, mut engine) = World::applied().await;
        let group = world.group("studio-apps");
        let all = json!([{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]);
        world
            .ec2("AuthorizeSecurityGroupIngress", &json!({"GroupId": group, "IpPermissions": all}));
        world.writes();
        world.simulator.inject(Fault::new(operation, Effect::Deny));
        let quiet = until_quiet(&mut engine).await;
        assert_eq!(unread(quiet.last()), world.domain());
        assert_eq!(world.writes(), ["RevokeSecurityGroupIngress"], "{operation}");
        // A new process does not know it from before.
        let mut other = world.engine().await;
        let quiet = until_quiet(&mut other).await;
        let domain = quiet.last().plan.steps.iter().find(|it| it.address.kind == "SageMakerDomain");
        assert!(domain.is_none_or(|step| !step.verdict.goes()), "{}", shown(quiet.last()));
        assert_eq!(world.writes(), [""; 0], "{operation}");
        assert_eq!(list(&world.sagemaker("ListDomains", &json!({})), "Domains").len(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn an_unclaimed_key_is_not_adopted_while_another_cannot_be_read() {
    let world = World::with(&key("a", ""));
    let mut engine = world.engine().await;
    until_quiet(&mut engine).await.in_order();
    let stray = string(&world.kms("CreateKey", &json!({}))["KeyMetadata"], "KeyId");
    world.write("main.yaml", key("a", "") + &key("b", &format!("adopt: {stray}")));
    world.writes();
    world.simulator.inject(Fault::new("GetKeyPolicy", Effect::Deny).nth(1));
    let report = engine.pass().await;
    unread(&report);
    assert_eq!(world.writes(), [""; 0], "{}", shown(&report));
    for step in steps(&report, "ml-prod/KmsKey/b") {
        assert!(matches!(step.verdict, Verdict::Waiting(_)), "{step:?}");
    }
    world.simulator.clear_faults();
    until_quiet(&mut engine).await;
    assert!(world.writes().contains(&"TagResource".to_owned()));
}
