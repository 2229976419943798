//! Views that are old, and processes that die between two calls: bugs 1 to 14.

use std::{collections::BTreeMap, time::Duration};

use palisade::{
    engine::Engine,
    simulator::{CallRecord, Deed, Effect, Fault, Owner},
};
use serde_json::{Value, json};

use super::{
    common::{
        CREATIONS, TOMB, crash_after, events, pruning, scenario, stale, survived, truth,
        usual_events, written,
    },
    groups::applied,
};
use crate::{
    campaign::{
        catalogue::{domain, group, group_with, guard, https, key, tcp},
        hands,
        prepare::{OWNER, Prepared},
    },
    safety::{claimed_group, foreign_group},
    world::{World, list, string, until_quiet},
};

/// A crash before, and one after, each call that may change something.
fn crashes(prepared: &Prepared) -> Vec<Fault> {
    let calls = (1..).zip(&prepared.reference.calls).filter(|(_, (_, _, writes))| *writes);
    let crash = |nth| Fault::new("*", Effect::Crash).nth(nth);
    calls.flat_map(|(nth, _)| [crash(nth), crash(nth).after()]).collect()
}

/// So many reads, beginning with those of a pass that is made here, show the world as it is now.
pub(super) async fn hold_the_view(world: &World, engine: &mut Engine, reads: u32) {
    world.simulator.inject(stale("GetCallerIdentity", reads));
    let _ = engine.pass().await;
    assert_eq!(world.writes(), [""; 0]);
    assert!(world.simulator.with(|world| world.distorts_reads()), "the view is held");
}

/// Makes passes until readers are told the truth again and nothing is left to do; and some more when what was deleted counts
/// no more, so that it is not the limit on deletions that keeps anything alive.
pub(super) async fn until_true(world: &World, engine: &mut Engine) {
    while world.simulator.with(|world| world.distorts_reads()) {
        let _ = engine.pass().await;
        tokio::time::advance(Duration::from_secs(1)).await;
    }
    until_quiet(engine).await;
    tokio::time::advance(Duration::from_hours(2)).await;
    until_quiet(engine).await;
}

/// What a member of the inputs of an operation says, call by call.
fn named(calls: &[CallRecord], operation: &str, member: &str) -> Vec<Value> {
    let of = calls.iter().filter(|call| call.operation == operation);
    of.map(|call| call.input[member].clone()).collect()
}

/// 1. instaclustr/cassandra-operator#402: the stale deletion mark of a former object deletes what belongs to the live one
/// of the same name.
#[tokio::test(start_paused = true)]
async fn bug_01_a_stale_deletion_mark_of_a_former_group_deletes_nothing_of_its_namesake() {
    let other = group("other", &https(), "");
    let marked = group_with("apps", "deletion: delete", &https(), "", "");
    let (world, mut engine) = pruning(&format!("{marked}{other}")).await;
    let former = world.group("apps");
    hold_the_view(&world, &mut engine, 60).await;
    // Meanwhile it was made anew, to be kept this time.
    world.ec2("DeleteSecurityGroup", &json!({"GroupId": former}));
    let live = claimed_group(&world, "apps", OWNER, "ml/SecurityGroup/apps");
    world.write("main.yaml", other);
    until_true(&world, &mut engine).await;
    let deleted = named(&written(&world), "DeleteSecurityGroup", "GroupId");
    assert!(!deleted.is_empty(), "the stale mark was seen");
    assert!(deleted.iter().all(|id| *id == json!(former)), "{deleted:?} and not {former}");
    assert_eq!(world.group("apps"), live);
}

/// 2. instaclustr/cassandra-operator#407: of a stale list of children, what belongs to the wrong one is deleted. An alias is
/// a child that is deleted by nothing but its name.
#[tokio::test(start_paused = true)]
async fn bug_02_an_alias_that_went_to_another_key_since_it_was_listed_is_not_deleted() {
    let studio = key("", "kms:Decrypt", ", aliases: [alias/studio]");
    let (world, mut engine) = applied(&studio).await;
    let theirs = string(&world.kms("CreateKey", &json!({}))["KeyMetadata"], "KeyId");
    let surplus = json!({"AliasName": "alias/tmp", "TargetKeyId": world.key("alias/studio")});
    world.kms("CreateAlias", &surplus);
    let target = theirs.clone();
    let moved = Deed::new(move |world| {
        let alias = json!({"AliasName": "alias/tmp", "TargetKeyId": target});
        hands::call(world, "kms", "UpdateAlias", &alias);
    });
    // After the aliases have been listed.
    world.simulator.inject(Fault::new("GetKeyPolicy", Effect::Meanwhile(moved)).nth(1));
    let report = engine.pass().await;
    assert!(report.results[0].done.iter().any(|done| done.contains("alias/tmp")), "it was planned");
    assert_eq!(world.writes(), [""; 0]);
    assert_eq!(world.key("alias/tmp"), theirs);
}

/// 3. datastax/cass-operator#412, k8ssandra/cass-operator#118: what is deleted is found by its name in a stale list.
#[tokio::test(start_paused = true)]
async fn bug_03_a_tombstone_under_a_stale_list_spares_a_strangers_group_of_that_name() {
    let (world, mut engine) = applied(&group("apps", &https(), "")).await;
    let ours = world.group("apps");
    hold_the_view(&world, &mut engine, 40).await;
    world.ec2("DeleteSecurityGroup", &json!({"GroupId": ours}));
    let theirs = foreign_group(&world, "apps", &[]);
    world.write("main.yaml", group_with("apps", TOMB, &https(), "", ""));
    until_true(&world, &mut engine).await;
    let deleted = named(&written(&world), "DeleteSecurityGroup", "GroupId");
    assert!(!deleted.is_empty() && deleted.iter().all(|id| *id == json!(ours)), "{deleted:?}");
    assert_eq!(world.group("apps"), theirs);
}

/// 4. pravega/zookeeper-operator#312: the same, found by name and place.
#[tokio::test(start_paused = true)]
async fn bug_04_a_tombstone_under_a_stale_list_spares_a_strangers_policy_of_that_name_and_target() {
    let (world, mut engine) = applied(&guard("", "s3:DeleteBucket", "root", "")).await;
    let ours = world.policy("guard").expect("it is there");
    hold_the_view(&world, &mut engine, 60).await;
    world.simulator.with(hands::detach_guard);
    world.organizations("DeletePolicy", &json!({"PolicyId": ours}));
    world.simulator.with(hands::foreign_policy);
    let theirs = world.policy("guard").expect("it is there");
    let attach = json!({"PolicyId": theirs, "TargetId": world.root()});
    world.organizations("AttachPolicy", &attach);
    let before = truth(&world.simulator).things[&theirs].clone();
    world.write("main.yaml", guard(TOMB, "s3:DeleteBucket", "root", ""));
    until_true(&world, &mut engine).await;
    let written = written(&world);
    assert!(written.iter().any(|call| call.operation == "DeletePolicy"), "the stale list was seen");
    assert!(written.iter().all(|call| call.input["PolicyId"] == json!(ours)), "{written:?}");
    assert_eq!(truth(&world.simulator).things[&theirs], before);
}

/// 5. pravega/zookeeper-operator#314: a stale status leads to a scale-down that deletes data. Here: a domain looks
/// uninhabited although somebody has moved in.
#[tokio::test(start_paused = true)]
async fn bug_05_a_domain_that_looks_empty_in_a_stale_view_keeps_its_people_and_files() {
    let with =
        |lifecycle| domain(lifecycle, "{ref: apps}", "DISABLED", "") + &group("apps", "", "");
    let (world, mut engine) = applied(&with("")).await;
    let id = world.domain();
    hold_the_view(&world, &mut engine, 40).await;
    let ada = json!({"DomainId": id, "UserProfileName": "ada"});
    world.sagemaker("CreateUserProfile", &ada);
    world.write("main.yaml", with(TOMB));
    until_true(&world, &mut engine).await;
    let written = written(&world);
    assert!(!written.is_empty(), "the stale view was acted on");
    for call in written {
        assert_eq!(call.operation, "DeleteDomain");
        assert_eq!(call.input["RetentionPolicy"]["HomeEfsFileSystem"], "Retain");
        assert!(call.error.is_some(), "AWS refuses while ada is there");
    }
    assert_eq!(world.domain(), id);
    assert_eq!(world.sagemaker("DescribeUserProfile", &ada)["UserProfileName"], "ada");
}

/// 6. rabbitmq/cluster-operator#648: under a stale view an object is deleted and created once too often.
#[tokio::test(start_paused = true)]
async fn bug_06_under_stale_views_nothing_is_created_or_deleted_more_often_than_without() {
    for (name, call) in [
        ("groups-create", "CreateSecurityGroup"),
        ("endpoint-create-gateway", "CreateVpcEndpoint"),
        ("key-create", "CreateKey"),
        ("policy-create", "CreatePolicy"),
        ("domain-create", "CreateDomain"),
        ("group-tombstone", "DeleteSecurityGroup"),
        ("policy-tombstone", "DeletePolicy"),
        ("key-tombstone", "ScheduleKeyDeletion"),
    ] {
        let prepared = scenario(name).await;
        let usual = usual_events(&prepared).await;
        for reads in [1, 3] {
            let finished = survived(&prepared, &[stale(call, reads)], reads.into()).await;
            assert_eq!(events(&finished), usual, "{name}, {reads} stale reads\n{}", finished.log);
        }
    }
}

/// 7. rabbitmq/cluster-operator#653: a stale view of a part makes the whole be deleted and created anew.
#[tokio::test(start_paused = true)]
async fn bug_07_a_stale_view_of_a_part_never_replaces_the_whole() {
    for name in
        ["group-swap-rules", "endpoint-policy", "key-policy", "policy-content", "domain-settings"]
    {
        let prepared = scenario(name).await;
        let calls = prepared.reference.calls.iter().zip(1..);
        for (_, nth) in calls.filter(|((_, _, writes), _)| *writes) {
            let old = Effect::Stale { reads: 3, alternating: true };
            let finished = survived(&prepared, &[Fault::new("*", old).nth(nth)], 6).await;
            assert_eq!(events(&finished), BTreeMap::new(), "{name}\n{}", finished.log);
        }
    }
}

/// 8. rabbitmq/cluster-operator#782: a crash between deletion and re-creation leaves the old size for ever.
#[tokio::test(start_paused = true)]
async fn bug_08_a_crash_anywhere_in_a_swap_of_rules_ends_with_the_new_rules_on_the_same_group() {
    let prepared = scenario("group-swap-rules").await;
    for fault in crashes(&prepared) {
        let finished = survived(&prepared, std::slice::from_ref(&fault), 0).await;
        assert_eq!(events(&finished), BTreeMap::new(), "{fault:?}");
        let ours = truth(&finished.simulator).by_address(&Owner::new(OWNER));
        let rules: Vec<_> = ours["ml/SecurityGroup/apps"]
            .iter()
            .filter(|fact| fact.starts_with("ingress") || fact.starts_with("egress"))
            .collect();
        assert_eq!(
            rules,
            [
                "egress tcp 53-53 10.0.0.2/32",
                "ingress tcp 22-22 10.2.0.0/16",
                "ingress tcp 22-22 10.3.0.0/16",
                "ingress tcp 443-443 10.0.0.0/16",
            ],
            "{fault:?}"
        );
    }
}

/// 9. Orange-OpenSource/casskop#316: a stale view deletes a volume; #321: another one creates a small object twice.
#[tokio::test(start_paused = true)]
async fn bug_09_a_stale_view_deletes_no_files_and_makes_no_alias_twice() {
    let gone = scenario("domain-tombstone").await;
    let made = scenario("key-create").await;
    for reads in 1..=4 {
        let finished = survived(&gone, &[stale("DeleteDomain", reads)], reads.into()).await;
        let calls = finished.simulator.calls();
        for policy in named(&calls, "DeleteDomain", "RetentionPolicy") {
            assert_eq!(policy["HomeEfsFileSystem"], "Retain");
        }
        assert_eq!(events(&finished).get("DeleteDomain"), Some(&1), "{}", finished.log);
        let finished = survived(&made, &[stale("CreateAlias", reads)], reads.into()).await;
        assert_eq!(events(&finished)["CreateAlias"], 1, "{}", finished.log);
    }
}

/// 10. Orange-OpenSource/casskop#370: a crash in the middle of a removal leaves the rest behind, to be done for ever.
#[tokio::test(start_paused = true)]
async fn bug_10_a_crash_anywhere_in_a_removal_leaves_nothing_behind_and_nothing_to_do() {
    for (name, gone) in [
        ("policy-tombstone", "ServiceControlPolicy/guard"),
        ("groups-tombstone-ring", "SecurityGroup/"),
    ] {
        let prepared = scenario(name).await;
        for fault in crashes(&prepared) {
            let finished = survived(&prepared, std::slice::from_ref(&fault), 0).await;
            let left = truth(&finished.simulator).by_address(&Owner::new(OWNER));
            let left: Vec<_> = left.keys().filter(|address| address.contains(gone)).collect();
            assert_eq!(left, Vec::<&String>::new(), "{name}, {fault:?}");
            let counts = finished.reference.counts.expect("it settled");
            assert_eq!(Some(counts), prepared.reference.counts, "{name}, {fault:?}");
        }
    }
}

/// 11. Orange-OpenSource/casskop#342: an event is missed, and there is one object too many for ever.
#[tokio::test(start_paused = true)]
async fn bug_11_a_tombstone_that_came_while_nobody_looked_is_followed_all_the_same() {
    let ssh = format!("{}, {}", https(), tcp(22, "from", "10.1.0.0/16"));
    let first = group("apps", &ssh, "") + &group("portal", &https(), "");
    let last = group("apps", &https(), "") + &group_with("portal", TOMB, &https(), "", "");
    for restart in [true, false] {
        let (world, mut engine) = applied(&first).await;
        world.write("main.yaml", &last);
        if restart {
            engine = world.engine().await;
        }
        until_quiet(&mut engine).await.in_order();
        assert_eq!(world.groups("portal").len(), 0);
        let rules = list(&world.groups("apps")[0], "ipPermissions");
        assert_eq!(rules.len(), 1, "{rules:?}");
    }
}

/// 12. rabbitmq/cluster-operator#758, instaclustr/cassandra-operator#398: after a missed event the end is a wrong one.
#[tokio::test(start_paused = true)]
async fn bug_12_of_three_wishes_and_two_edits_by_hand_only_the_last_wish_counts() {
    let wish = |action: &str, network: &str| {
        let rule = tcp(443, "from", network);
        group("apps", &rule, "") + &guard("", action, "root", "")
    };
    let (world, mut engine) = applied(&wish("s3:DeleteBucket", "10.0.0.0/16")).await;
    // Nobody looks while these happen.
    world.write("main.yaml", wish("s3:*", "10.1.0.0/16"));
    world.simulator.with(hands::open_ssh);
    world.simulator.with(hands::close_https);
    world.simulator.with(hands::detach_guard);
    world.write("main.yaml", wish("dynamodb:*", "10.2.0.0/16"));
    until_quiet(&mut engine).await.in_order();
    let (reference, _) = applied(&wish("dynamodb:*", "10.2.0.0/16")).await;
    assert_eq!(
        truth(&world.simulator).by_address(&Owner::new(OWNER)),
        truth(&reference.simulator).by_address(&Owner::new(OWNER))
    );
    assert!(!world.writes().contains(&"CreatePolicy".to_owned()));
}

/// 13. elastic/cloud-on-k8s#4956, #5249, #5274: after a restart, reads travel back in time.
#[tokio::test(start_paused = true)]
async fn bug_13_a_new_process_whose_reads_go_back_before_the_create_creates_nothing_again() {
    for (name, create, _) in CREATIONS {
        let prepared = scenario(name).await;
        let usual = usual_events(&prepared).await;
        // What has neither name nor token is protected for a settle window only: two reads are less, and a pass of its kind.
        let reads = if ["CreateKey", "CreateDomain"].contains(&create) { 2 } else { 6 };
        for alternating in [false, true] {
            let old = Fault::new(create, Effect::Stale { reads, alternating }).nth(1);
            let faults = [old, crash_after(&prepared, create)];
            let finished = survived(&prepared, &faults, 12).await;
            assert_eq!(events(&finished), usual, "{name}\n{}", finished.log);
        }
    }
}

/// 14. K8SPSMDB-578, K8SPSMDB-579, K8SPXC-896, K8SPXC-897: after a crash at the start, the first of several objects is
/// taken as the proof of all of them.
#[tokio::test(start_paused = true)]
async fn bug_14_a_crash_after_any_call_of_a_creation_leaves_no_part_of_it_out() {
    for (name, address, parts) in [
        ("key-create", "ml/KmsKey/studio", ["alias alias/studio", "rotation Some(365)"]),
        ("group-create", "ml/SecurityGroup/apps", ["ingress tcp 443-443 10.0.0.0/16", "name apps"]),
        (
            "policy-create-targets",
            "org/ServiceControlPolicy/guard",
            ["attached 111122223333", "attached ou-"],
        ),
    ] {
        let prepared = scenario(name).await;
        for fault in crashes(&prepared) {
            let finished = survived(&prepared, std::slice::from_ref(&fault), 0).await;
            let ours = truth(&finished.simulator).by_address(&Owner::new(OWNER));
            for part in parts {
                let there = ours[address].iter().any(|fact| fact.starts_with(part));
                assert!(there, "{name}, {fault:?}: no {part}");
            }
        }
    }
}
