//! From one wish to the next, and out of trouble: bugs 15 to 18.

use std::{collections::BTreeSet, time::Duration};

use palisade::{engine::Engine, plan::Verdict, simulator::Fault};
use serde_json::json;

use super::groups::{applied, facts, passes};
use crate::{
    campaign::{
        catalogue::{group, group_with, guard, https, key, s3, tcp},
        hands,
        prepare::OWNER,
    },
    world::{World, held, until_quiet},
};

const APPS: &str = "ml/SecurityGroup/apps";
const KEY: &str = "ml/KmsKey/studio";
const GUARD: &str = "org/ServiceControlPolicy/guard";

/// 15. rabbitmq/cluster-operator#1324: a bad value was accepted, and drove a healthy system into the ground.
#[tokio::test(start_paused = true)]
async fn bug_15_a_bad_value_leaves_a_healthy_system_as_it_is_and_looked_after() {
    let good =
        group("apps", &https(), "") + &key("", "kms:Decrypt", "") + &guard("", "s3:*", "root", "");
    let (world, mut engine) = applied(&good).await;
    let before = [APPS, KEY, GUARD].map(|address| facts(&world, address));
    for (from, to) in [
        ("10.0.0.0/16", "10.0.0.0/33"),
        ("ports: 443", "ports: 70000"),
        ("protocol: tcp", "protocol: tpc"),
        ("ingress: [", "ingres: ["),
        ("Effect: Deny", "Effect: Refuse"),
        ("targets: [root]", "targets: [r00t]"),
        ("name: apps", "name: Apps/../apps"),
    ] {
        assert!(good.contains(from), "{from}");
        world.write("main.yaml", good.replace(from, to));
        tokio::time::advance(Duration::from_mins(11)).await;
        // What others do meanwhile is put right by the last good state.
        world.simulator.with(hands::open_ssh);
        until_quiet(&mut engine).await;
        let report = engine.pass().await;
        assert!(!report.problems.is_empty(), "{to} is refused");
        assert_eq!(world.writes(), ["RevokeSecurityGroupIngress"], "{to}");
        assert_eq!([APPS, KEY, GUARD].map(|address| facts(&world, address)), before, "{to}");
    }
}

/// 15, with values that are well-formed and would take palisade's own access away.
#[tokio::test(start_paused = true)]
async fn bug_15_a_value_that_would_lock_palisade_out_is_refused_or_held() {
    let good = key("", "kms:Decrypt", "") + &guard("", "s3:*", "root", "");
    let (world, mut engine) = applied(&good).await;
    world.write("main.yaml", good.replace("s3:*", "kms:PutKeyPolicy"));
    let report = engine.pass().await;
    let (_, why) = held(&report, GUARD);
    assert!(why.contains("palisade's own role"), "{why}");
    for to in ["kms:*", "*"] {
        world.write("main.yaml", good.replace("s3:*", to));
        let report = engine.pass().await;
        assert!(report.plan.go().next().is_none(), "{to}: {:?}", report.plan.counts());
        let refused = !report.problems.is_empty();
        let held = report.plan.steps.iter().any(|step| matches!(step.verdict, Verdict::Held(_)));
        assert!(refused || held, "{to}: {:?}", report.plan.counts());
    }
    let denied = good.replace("Sid: Admin, Effect: Allow", "Sid: Admin, Effect: Deny");
    world.write("main.yaml", denied);
    let last = engine.pass().await;
    assert!(!last.problems.is_empty(), "{:?}", last.plan.counts());
    assert_eq!(world.writes(), [""; 0]);
}

/// 16. xlab-uiuc/acto#89, open-telemetry/opentelemetry-operator#2795: entries that were taken out of a map or list stayed, because
/// what was wanted was only ever merged into what was there.
#[tokio::test(start_paused = true)]
async fn bug_16_what_is_taken_out_of_a_list_goes() {
    let more = format!("{}, {}", https(), tcp(22, "from", "10.1.0.0/16"));
    let with = |rules: &str, tags: &str, aliases: &str, targets: &str| {
        group_with("apps", "", rules, "", &format!(", tags: {{{tags}}}"))
            + &key("", "kms:Decrypt", &format!(", aliases: [{aliases}]"))
            + &guard("", "s3:*", targets, "")
    };
    let full = with(&more, "team: a, old: x", "alias/studio, alias/old", "root, \"ou:/Workloads\"");
    let (world, mut engine) = applied(&full).await;
    world.write("main.yaml", with(&https(), "team: a, old: null", "alias/studio", "root"));
    until_quiet(&mut engine).await.in_order();
    let mut writes = world.writes();
    writes.sort();
    assert_eq!(writes, ["DeleteAlias", "DeleteTags", "DetachPolicy", "RevokeSecurityGroupIngress"]);
    let count = |address, word: &str| {
        facts(&world, address).iter().filter(|fact| fact.starts_with(word)).count()
    };
    assert_eq!((count(APPS, "ingress"), count(KEY, "alias"), count(GUARD, "attached")), (1, 1, 1));
}

/// 16, for the statements of policies, which are replaced as a whole.
#[tokio::test(start_paused = true)]
async fn bug_16_a_statement_that_is_taken_out_of_a_policy_goes() {
    let extra = ", {Sid: More, Effect: Allow, Principal: {AWS: \"arn:aws:iam::444455556666:root\"}, Action: \"kms:Decrypt\", Resource: \"*\"}]}";
    let fewer = key("", "kms:Decrypt", "");
    let (world, mut engine) = applied(&fewer.replacen("]}", extra, 1)).await;
    let policy = || facts(&world, KEY).into_iter().find(|fact| fact.starts_with("policy")).unwrap();
    assert!(policy().contains("444455556666"), "{}", policy());
    world.write("main.yaml", fewer);
    until_quiet(&mut engine).await.in_order();
    assert_eq!(world.writes(), ["PutKeyPolicy"]);
    assert!(!policy().contains("444455556666"), "{}", policy());
}

/// Another tool's mark on each of our resources.
fn mark(world: &World) {
    let truth = world.simulator.with(|world| world.truth());
    for (id, thing) in &truth.things {
        let Some(address) = thing.address(OWNER) else { continue };
        let (key, value) = ("inventory/seen", "yes");
        match address.kind.as_str() {
            "KmsKey" => {
                let tags = json!([{"TagKey": key, "TagValue": value}]);
                world.kms("TagResource", &json!({"KeyId": id, "Tags": tags}));
            }
            "ServiceControlPolicy" => {
                let tags = json!([{"Key": key, "Value": value}]);
                world.organizations("TagResource", &json!({"ResourceId": id, "Tags": tags}));
            }
            _ => {
                let tags = json!([{"Key": key, "Value": value}]);
                world.ec2("CreateTags", &json!({"ResourceId": [id], "Tag": tags}));
            }
        }
    }
}

/// 17. grafana/grafana-operator#127: two controllers fought over labels that only one of them knew.
#[tokio::test(start_paused = true)]
async fn bug_17_tags_of_other_tools_are_left_alone() {
    let tagged = ", tags: {team: a}";
    let all = group_with("apps", "", &https(), "", tagged)
        + &s3("", "s3:GetObject", tagged)
        + &key("", "kms:Decrypt", tagged)
        + &guard("", "s3:*", "root", tagged);
    let (world, mut engine) = applied(&all).await;
    mark(&world);
    let things = || world.simulator.with(|world| world.truth()).things;
    let before = things();
    let marked = before.values().filter(|thing| thing.tags.contains_key("inventory/seen"));
    assert_eq!(marked.count(), 4);
    for report in passes(&mut engine, Duration::from_mins(10)).await {
        assert!(report.is_converged(), "{:?}", report.plan.counts());
    }
    // Nor do they go when our own tags change.
    world.write("main.yaml", all.replace("team: a", "team: b"));
    until_quiet(&mut engine).await.in_order();
    let marked = things().into_values().filter(|thing| thing.tags.contains_key("inventory/seen"));
    assert_eq!(marked.count(), 4);
    let untag: BTreeSet<_> = ["DeleteTags", "UntagResource"].into();
    assert!(world.writes().iter().all(|call| !untag.contains(call.as_str())));
}

/// 17. FoundationDB/fdb-kubernetes-operator#458: over one label, two of them fought for ever.
#[tokio::test(start_paused = true)]
async fn bug_17_a_tag_that_another_tool_sets_back_each_time_is_written_three_times_and_then_left() {
    let all = group_with("apps", "", &https(), "", ", tags: {team: ours}");
    let (world, mut engine) = applied(&all).await;
    let group = world.group("apps");
    for _ in 0..50 {
        let tag = json!([{"Key": "team", "Value": "theirs"}]);
        world.ec2("CreateTags", &json!({"ResourceId": [group], "Tag": tag}));
        let _ = engine.pass().await;
        tokio::time::advance(Duration::from_secs(5)).await;
        // It must be seen in order in between to be somebody else's doing.
        let _ = engine.pass().await;
        tokio::time::advance(Duration::from_secs(5)).await;
    }
    assert_eq!(world.writes(), ["CreateTags"; 3]);
}

/// A group with a rule that AWS refuses for good.
fn with_bad_rule(more: &str) -> String {
    let bad = tcp(5432, "from", "sg-00000000000000bad");
    group("apps", &format!("{}, {bad}{more}", https()), "")
}

/// A rule of `apps` is refused, for the reason that AWS gives where it cannot be made right by waiting.
async fn stuck() -> (World, Engine) {
    let other = group("portal", &https(), "");
    let (world, mut engine) = applied(&(group("apps", &https(), "") + &other)).await;
    let bad = Fault::reject("AuthorizeSecurityGroupIngress", "InvalidParameterValue", "no");
    world.simulator.inject(bad);
    world.write("main.yaml", with_bad_rule("") + &other);
    let report = engine.pass().await;
    assert_eq!(report.failures().count(), 1);
    world.writes();
    (world, engine)
}

/// 18. rabbitmq/cluster-operator#2023: one bad part blocked every later change.
#[tokio::test(start_paused = true)]
async fn bug_18_one_bad_rule_does_not_keep_other_resources_from_changing() {
    let (world, mut engine) = stuck().await;
    world.simulator.clear_faults();
    let bad = Fault::reject("AuthorizeSecurityGroupIngress", "InvalidParameterValue", "no").nth(1);
    world.simulator.inject(bad);
    let portal = group("portal", "", "");
    world.write("main.yaml", with_bad_rule("") + &portal + &group("third", "", ""));
    until_quiet(&mut engine).await;
    let writes = world.writes();
    for call in ["RevokeSecurityGroupIngress", "CreateSecurityGroup", "RevokeSecurityGroupEgress"] {
        assert!(writes.contains(&call.to_owned()), "{writes:?}");
    }
    assert_eq!(facts(&world, "ml/SecurityGroup/portal").len(), 3);
    assert_eq!(world.groups("third").len(), 1);
}

/// 18, within one resource: what tightens does not wait for what AWS refuses, nor does a corrected wish.
#[tokio::test(start_paused = true)]
async fn bug_18_one_bad_rule_does_not_keep_its_own_group_from_being_tightened() {
    let (world, mut engine) = stuck().await;
    world.simulator.with(hands::open_ssh);
    let report = engine.pass().await;
    let held_off = report.plan.steps.iter().any(|step| matches!(step.verdict, Verdict::Waiting(_)));
    assert!(held_off, "the bad rule waits");
    assert_eq!(world.writes(), ["RevokeSecurityGroupIngress"]);
    world.simulator.clear_faults();
    world.write("main.yaml", group("apps", &tcp(8443, "from", "10.0.0.0/16"), ""));
    let _ = engine.pass().await;
    let rules = facts(&world, APPS);
    assert!(rules.contains("ingress tcp 8443-8443 10.0.0.0/16"), "{rules:?}");
}
