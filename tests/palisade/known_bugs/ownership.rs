//! Whose something is, and what a create leaves behind: bugs 19 to 30.
//!
//! | Bug | Issue | Why it is out of the question here |
//! |---|---|---|
//! | 26, in one process | aws-controllers-k8s/community#2088: a changed map of accounts did not reach those who used it | account, role and clients of a scope are made once, from the settings file, and no code changes them: a changed file takes effect with the next process, all of it at once |

use std::{collections::BTreeSet, time::Duration};

use palisade::{
    engine::Engine,
    settings::{Overrides, Prune, Settings},
    simulator::{CallRecord, Effect, Fault, example::tagged},
};
use serde_json::json;

use super::{
    common::{
        CREATIONS, TOMB, crash, crash_after, events, pruning, scenario, survived, truth,
        usual_events, written,
    },
    groups::{applied, facts, passes, world},
};
use crate::{
    campaign::{
        catalogue::{domain, group, group_with, guard, https, key, s3, tcp},
        hands,
        prepare::OWNER,
        run::{Setup, run},
    },
    safety::foreign_group,
    world::{World, list, string, until_quiet},
};

mod reads;

const APPS: &str = "ml/SecurityGroup/apps";

/// Whether any of the calls names any of the ids.
fn names(calls: &[CallRecord], ids: &[&str]) -> bool {
    calls.iter().any(|call| ids.iter().any(|id| call.input.to_string().contains(id)))
}

/// 19. aws-controllers-k8s/community#2102: after a clash of names the manifest was renamed, and somebody else's role was deleted.
#[tokio::test(start_paused = true)]
async fn bug_19_after_a_clash_of_names_neither_renaming_nor_removing_touches_the_strangers() {
    let mut world = world("");
    world.settings.prune = Prune::Automatic;
    world.simulator.with(hands::foreign_group);
    world.simulator.with(hands::foreign_policy);
    let strangers = truth(&world.simulator);
    // A new group names its VPC.
    let others = strangers.things.iter().filter(|(_, thing)| thing.kind != "AWS::EC2::VPC");
    let ids: Vec<&str> = others.map(|(id, _)| id.as_str()).collect();
    let policy =
        |lifecycle, name: &str| guard(lifecycle, "s3:*", "root", &format!(", policyName: {name}"));
    let delete = "deletion: delete";
    let stages = [
        // The clash; the way out of it; the end of all that is ours.
        group_with("apps", delete, &https(), "", "") + &policy(delete, "guard"),
        group_with("portal", delete, &https(), "", "") + &policy(delete, "sentinel"),
        group_with("apps", TOMB, &https(), "", "") + &policy(delete, "guard"),
        group_with("apps", TOMB, &https(), "", "") + &policy(TOMB, "guard"),
    ];
    let mut engine = world.engine().await;
    let (mut made, mut gone) = (0, 0);
    for stage in stages {
        world.write("main.yaml", stage);
        until_quiet(&mut engine).await;
        let written = written(&world);
        assert!(!names(&written, &ids), "{written:?}");
        made += written.iter().filter(|call| call.operation.starts_with("Create")).count();
        gone += written.iter().filter(|call| call.operation.starts_with("Delete")).count();
    }
    assert_eq!((made, gone), (2, 2), "ours came and went");
    assert_eq!(truth(&world.simulator).things, strangers.things);
}

/// 20. aws-controllers-k8s/community#2267: what was created could not be noted down, and was created again.
#[tokio::test(start_paused = true)]
async fn bug_20_a_create_whose_answer_cannot_be_read_is_not_repeated() {
    for (name, create, _) in CREATIONS {
        let prepared = scenario(name).await;
        let usual = usual_events(&prepared).await;
        for fault in [Fault::garbage(create).nth(1).after(), Fault::lose_answer(create).nth(1)] {
            let finished = survived(&prepared, &[fault], 0).await;
            assert_eq!(events(&finished), usual, "{name}\n{}", finished.log);
        }
    }
}

/// 21. aws-controllers-k8s/community#2066: an interruption between the create and the note of it made a second VPC.
#[tokio::test(start_paused = true)]
async fn bug_21_a_process_that_dies_with_the_answer_to_a_create_leaves_it_to_the_next_to_find() {
    for (name, create, next) in CREATIONS {
        let prepared = scenario(name).await;
        let usual = usual_events(&prepared).await;
        // It dies with the answer, and the next one dies when it goes on.
        let finished = survived(&prepared, &[crash(create).after(), crash(next)], 1).await;
        assert_eq!(events(&finished), usual, "{name}\n{}", finished.log);
    }
}

/// 22. aws-controllers-k8s/community#2849: a missing permission for a later call orphaned the group that had been created.
#[tokio::test(start_paused = true)]
async fn bug_22_what_may_be_created_but_not_finished_is_finished_once_it_may_be() {
    for (name, _, next) in
        CREATIONS.into_iter().filter(|(_, _, next)| !next.starts_with("Describe"))
    {
        let prepared = scenario(name).await;
        let usual = usual_events(&prepared).await;
        let denied = Fault::new(next, Effect::Deny).nth(1).times(4);
        let finished = survived(&prepared, std::slice::from_ref(&denied), 4).await;
        assert_eq!(events(&finished), usual, "{name}\n{}", finished.log);
        // The same where the process that created it is not the one that finishes it.
        let restart = Fault::new("GetCallerIdentity", Effect::Crash).nth(4);
        let finished = survived(&prepared, &[denied, restart], 4).await;
        assert_eq!(events(&finished), usual, "{name}\n{}", finished.log);
    }
}

/// 23. aws-controllers-k8s/community#746: what was adopted did not carry the mark of protection, and was cleaned up.
#[tokio::test(start_paused = true)]
async fn bug_23_what_is_adopted_is_marked_first_and_stays_when_its_manifest_goes() {
    let other = group("other", "", "");
    let (world, mut engine) = pruning(&other).await;
    let id = foreign_group(&world, "apps", &[]);
    let adopt = group_with("apps", &format!("adopt: {id}"), &https(), "", ", description: Apps");
    world.write("main.yaml", format!("{other}{adopt}"));
    // Nothing but the mark gets through at first.
    let first = written_after_one_refusal(&world, &mut engine).await;
    assert_eq!(first[0].operation, "CreateTags");
    let mark = &truth(&world.simulator).things[&id].tags["palisade:deletion"];
    assert_eq!(mark, "retain");
    world.write("main.yaml", other);
    for report in passes(&mut engine, Duration::from_mins(30)).await {
        assert_eq!(report.plan.orphans.len(), 1);
    }
    assert_eq!(world.writes(), [""; 0]);
    assert_eq!(world.group("apps"), id);
}

/// The calls of a pass in which every rule is refused.
async fn written_after_one_refusal(world: &World, engine: &mut Engine) -> Vec<CallRecord> {
    for call in ["RevokeSecurityGroupEgress", "AuthorizeSecurityGroupIngress"] {
        world.simulator.inject(Fault::new(call, Effect::Deny));
    }
    let _ = engine.pass().await;
    world.simulator.clear_faults();
    written(world)
}

/// 24. aws-controllers-k8s/community#2944: reconciliations of one object overlapped while it was created.
#[tokio::test(start_paused = true)]
async fn bug_24_two_processes_at_once_or_a_slow_create_make_one_of_everything_that_has_a_name() {
    for (name, create, _) in CREATIONS {
        let prepared = scenario(name).await;
        let usual = usual_events(&prepared).await;
        let slow = Fault::new(create, Effect::Delay(Duration::from_secs(10))).nth(1);
        let finished = survived(&prepared, &[slow], 0).await;
        let attempts = finished.simulator.calls().into_iter().filter(|c| c.operation == create);
        assert_eq!(attempts.count(), 1, "{name}\n{}", finished.log);
        assert_eq!(events(&finished), usual, "{name}\n{}", finished.log);
        // A key and a domain have neither name nor token: for them one process is the deployment's part.
        if ["key-create", "domain-create"].contains(&name) {
            continue;
        }
        let latency = Duration::from_millis(300);
        let two = Setup { engines: 2, latency, ..Setup::default() };
        let finished = run(&prepared, &two).await;
        assert_eq!(finished.violations, [], "{name}\n{}", finished.log);
        let ours = truth(&finished.simulator);
        let ours = ours.things.values().filter(|thing| thing.address(OWNER).is_some());
        assert_eq!(ours.count(), 1, "{name}\n{}", finished.log);
    }
}

/// 25. aws-controllers-k8s/community#2011: the map of accounts was read late, and the wrong account's role was used.
#[tokio::test(start_paused = true)]
async fn bug_25_before_a_role_is_had_nothing_is_done_with_any_other_credentials() {
    let world = world(&(group("apps", &https(), "") + &guard("", "s3:*", "root", "")));
    world.simulator.inject(Fault::reject("AssumeRole", "AccessDenied", "not yet"));
    let mut engine = world.engine().await;
    passes(&mut engine, Duration::from_mins(5)).await;
    let calls = world.calls();
    assert!(!calls.is_empty() && calls.iter().all(|call| call.service == "sts"), "{calls:?}");
    // The role is had, and leads elsewhere.
    world.simulator.clear_faults();
    let elsewhere = Effect::Impostor("444455556666".into());
    world.simulator.inject(Fault::new("GetCallerIdentity", elsewhere));
    passes(&mut engine, Duration::from_mins(15)).await;
    let calls = world.calls();
    assert!(calls.iter().any(|call| call.operation == "GetCallerIdentity"), "{calls:?}");
    assert!(calls.iter().all(|call| call.service == "sts"), "{calls:?}");
    world.simulator.clear_faults();
    let last = passes(&mut engine, Duration::from_mins(15)).await.pop().expect("a pass");
    assert!(last.is_converged(), "{:?}", last.plan.counts());
    // Orphans are looked for in every account; nothing is written but where its manifest says.
    let writes: Vec<_> = world.calls().into_iter().filter(|call| call.mutating).collect();
    assert!(!writes.is_empty());
    for call in writes {
        let account = if call.service == "organizations" { hands::ORG } else { hands::ML };
        assert_eq!(call.account, account, "{call:?}");
    }
}

/// 26. aws-controllers-k8s/community#2088: the map of accounts changed, and the old role was still used.
#[tokio::test(start_paused = true)]
async fn bug_26_a_process_with_changed_settings_uses_nothing_of_the_old_account() {
    const NEW: &str = "444455556666";
    let (mut world, engine) =
        applied(&key("", "kms:Decrypt", "").replace(hands::ML, "${scope.account}")).await;
    drop(engine);
    let before = truth(&world.simulator).things;
    let role = format!("arn:aws:iam::{NEW}:role/palisade");
    let text = format!(
        "owner: {OWNER}\nscopes: {{ml: {{account: \"{NEW}\", region: eu-west-1, assumeRole: {{roleArn: \"{role}\"}}}}}}"
    );
    world.settings = Settings::parse(&text, &Overrides::default()).expect("settings");
    let mut engine = world.engine().await;
    let last = passes(&mut engine, Duration::from_mins(5)).await.pop().expect("a pass");
    assert!(last.is_converged(), "{:?}", last.plan.counts());
    let calls = world.calls();
    let roles = calls.iter().filter(|call| call.operation == "AssumeRole");
    let roles: BTreeSet<_> = roles.map(|call| string(&call.input, "RoleArn")).collect();
    assert_eq!(roles, [role].into());
    let created = calls.iter().filter(|call| call.operation == "CreateKey").count();
    assert_eq!(created, 1);
    let others = calls.iter().filter(|call| call.service != "sts" && call.account != NEW);
    assert_eq!(others.count(), 0);
    let after = truth(&world.simulator).things;
    assert!(before.iter().all(|(id, thing)| after.get(id) == Some(thing)), "{after:?}");
}

/// 27. crossplane/crossplane#3037, upjet#681: what may have been created, and was not, waited for a person for ever.
#[tokio::test(start_paused = true)]
async fn bug_27_what_may_have_been_created_and_was_not_is_created_without_a_person() {
    for (name, create, _) in CREATIONS {
        let prepared = scenario(name).await;
        let usual = usual_events(&prepared).await;
        for fault in [Fault::hang(create).nth(1), Fault::server_error(create, 500).nth(1)] {
            let finished = survived(&prepared, &[fault], 0).await;
            assert_eq!(events(&finished), usual, "{name}\n{}", finished.log);
            let calls = finished.simulator.calls();
            let of = |done: bool| {
                let found =
                    calls.iter().find(|c| c.operation == create && c.error.is_none() == done);
                found.expect("one without effect, and one with").at
            };
            let (tried, made) = (of(false), of(true));
            assert!(made <= tried + Duration::from_mins(15), "{name}: {tried:?}, {made:?}");
        }
    }
}

/// 28. crossplane-contrib/provider-upjet-aws#1018, provider-jet-aws#220: the second run made a second VPC.
#[tokio::test(start_paused = true)]
async fn bug_28_a_second_run_that_is_not_shown_what_the_first_made_makes_no_second_one() {
    for (name, create, _) in CREATIONS {
        let prepared = scenario(name).await;
        let usual = usual_events(&prepared).await;
        for reads in [1, 3] {
            let unlisted = Fault::new(create, Effect::Unlisted { reads }).nth(1);
            let faults = [unlisted, crash_after(&prepared, create)];
            let finished = survived(&prepared, &faults, u64::from(reads) + 2).await;
            assert_eq!(events(&finished), usual, "{name}, {reads}\n{}", finished.log);
        }
    }
}

/// One resource of each kind.
fn one_of_each() -> String {
    group("apps", &https(), "")
        + &s3("", "s3:GetObject", "")
        + &key("", "kms:Decrypt", ", aliases: [alias/studio]")
        + &guard("", "s3:*", "root", "")
        + &domain("", "{ref: apps}", "DISABLED", "")
}

/// 29. crossplane-contrib/provider-upjet-aws#1482: what exists was forgotten, and then was in its own way.
#[tokio::test(start_paused = true)]
async fn bug_29_what_loses_its_tags_for_a_moment_is_neither_made_again_nor_in_conflict_for_long() {
    let (world, mut engine) = applied(&one_of_each()).await;
    for read in [
        "DescribeSecurityGroups",
        "DescribeVpcEndpoints",
        "ListResourceTags",
        "ListTagsForResource",
        "ListTags",
    ] {
        world.simulator.inject(Fault::new(read, Effect::Untagged { reads: 1 }).nth(1));
        let report = engine.pass().await;
        assert!(!report.is_converged(), "{read} showed no tags");
        tokio::time::advance(Duration::from_secs(2)).await;
        let report = engine.pass().await;
        assert!(report.is_converged(), "{read}: {:?}", report.plan.counts());
        assert_eq!(world.writes(), [""; 0], "{read}");
        // Nor does a process that has never seen anything else.
        world.simulator.inject(Fault::new(read, Effect::Untagged { reads: 1 }).nth(1));
        engine = world.engine().await;
        let _ = engine.pass().await;
        assert_eq!(world.writes(), [""; 0], "{read}");
        until_quiet(&mut engine).await.in_order();
    }
}

/// 30. crossplane-contrib/provider-aws#1483: a group was named where the API wants its id.
#[tokio::test(start_paused = true)]
async fn bug_30_a_group_is_meant_by_its_id_also_where_another_vpc_has_one_of_that_name() {
    let db = |port| group("db", &tcp(port, "from", "{ref: apps}"), "");
    let world = world(&(group("apps", &https(), "") + &db(5432)));
    let vpc = world.ec2("CreateVpc", &json!({"CidrBlock": "10.99.0.0/16"}));
    let namesake = json!({
        "GroupName": "apps", "GroupDescription": "of others", "VpcId": vpc["vpc"]["vpcId"],
        "TagSpecification": tagged("security-group", &[("team", "others")]),
    });
    let theirs = string(&world.ec2("CreateSecurityGroup", &namesake), "groupId");
    let mut engine = world.engine().await;
    until_quiet(&mut engine).await.in_order();
    world.write("main.yaml", group("apps", "", "") + &db(5433));
    until_quiet(&mut engine).await.in_order();
    let written = written(&world);
    assert!(!names(&written, &[&theirs]), "{written:?}");
    let by_name: Vec<_> = written
        .iter()
        .filter(|call| {
            call.operation != "CreateSecurityGroup" && call.input.to_string().contains("GroupName")
        })
        .collect();
    assert!(by_name.is_empty(), "{by_name:?}");
    let apps = facts(&world, APPS);
    assert!(!apps.is_empty());
    let db = facts(&world, "ml/SecurityGroup/db");
    assert!(db.contains(&format!("ingress tcp 5433-5433 <{APPS}>")), "{db:?}");
    assert_eq!(
        list(
            &world.ec2("DescribeSecurityGroups", &json!({"GroupId": [theirs]})),
            "securityGroupInfo"
        )
        .len(),
        1
    );
}
