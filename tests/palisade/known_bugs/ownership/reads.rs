//! What is read only in part, too late, or of others: bugs 31 to 35.

use std::{collections::BTreeSet, time::Duration};

use palisade::simulator::{Effect, Fault, Paging, Thing};
use serde_json::json;

use super::{APPS, names, one_of_each};
use crate::{
    campaign::{
        catalogue::{group, group_with, guard, https, key},
        hands,
        prepare::OWNER,
    },
    known_bugs::{
        common::{
            CREATIONS, TOMB, events, pruning, scenario, survived, truth, usual_events, written,
        },
        groups::{applied, facts, passes},
    },
    safety::{claimed_group, foreign_group},
    world::{World, conflict, until_quiet},
};

/// 31. hashicorp/terraform#29949, terraform-provider-aws#12829, #11891: NotFound right after the create was taken for gone, and
/// the next run clashed with it.
#[tokio::test(start_paused = true)]
async fn bug_31_what_lists_do_not_show_yet_is_not_gone() {
    for (name, create, _) in CREATIONS {
        let prepared = scenario(name).await;
        let usual = usual_events(&prepared).await;
        for reads in [1, 2, 5] {
            let unlisted = Fault::new(create, Effect::Unlisted { reads }).nth(1);
            let finished = survived(&prepared, &[unlisted], reads.into()).await;
            assert_eq!(events(&finished), usual, "{name}, {reads}\n{}", finished.log);
            let attempts = finished.simulator.calls().into_iter().filter(|c| c.operation == create);
            assert_eq!(attempts.count(), 1, "{name}, {reads}: no clash\n{}", finished.log);
        }
    }
}

/// 32. kubernetes/kubernetes#62204, #84256: security groups of others were deleted.
#[tokio::test(start_paused = true)]
async fn bug_32_groups_of_others_outlive_everything_that_ours_go_through() {
    let gone = |lifecycle| group_with("apps", lifecycle, &https(), "", "");
    let (world, mut engine) = pruning(&(gone("deletion: delete") + &group("db", "", ""))).await;
    for (name, tags) in [
        ("apps-2", &[][..]),
        ("nobody", &[("palisade:address", APPS), ("palisade:deletion", "delete")][..]),
        ("nowhere", &[("palisade:owner", OWNER), ("palisade:deletion", "delete")][..]),
        ("garbled", &[("palisade:owner", OWNER), ("palisade:address", "apps")][..]),
        ("labelled", &[("kubernetes.io/cluster/palisade", "owned"), ("Name", "apps")][..]),
    ] {
        foreign_group(&world, name, tags);
    }
    claimed_group(&world, "rival", "other-team", APPS);
    let ours = |thing: &Thing| thing.address(OWNER).is_some();
    let strangers = || {
        let mut things = truth(&world.simulator).things;
        // Settings are there from the first look at an account on, and who may do what there.
        const ALWAYS_THERE: [&str; 3] =
            ["AccountSettings", "AccountPlacement", "PermissionSetAssignment"];
        things.retain(|_, thing| !ours(thing) && !ALWAYS_THERE.contains(&thing.kind));
        things
    };
    let before = strangers();
    // Those, the VPC and its own: a group, a network ACL, the main route table and another one,
    // and its subnets.
    assert_eq!(before.len(), 15);
    for stage in [gone(TOMB) + &group("db", "", ""), group("db", "", ""), group("portal", "", "")] {
        world.write("main.yaml", stage);
        passes(&mut engine, Duration::from_mins(10)).await;
    }
    let deleted: Vec<_> = written(&world)
        .into_iter()
        .filter(|call| call.operation == "DeleteSecurityGroup")
        .collect();
    assert_eq!(deleted.len(), 1, "ours went: {deleted:?}");
    assert_eq!(strangers(), before);
}

/// 33. kubernetes/kubernetes#81007: a group without the tag was edited, and could not be cleaned up.
#[tokio::test(start_paused = true)]
async fn bug_33_a_group_that_lost_its_claim_is_not_edited_any_more_until_it_is_adopted() {
    let (world, mut engine) = applied(&group("apps", &https(), "")).await;
    let id = world.group("apps");
    let tags: Vec<_> = ["owner", "address", "deletion"]
        .map(|word| json!({"Key": format!("palisade:{word}")}))
        .into();
    world.ec2("DeleteTags", &json!({"ResourceId": [id], "Tag": tags}));
    world.simulator.with(hands::open_ssh);
    let reports = passes(&mut engine, Duration::from_mins(30)).await;
    let why = conflict(reports.last().expect("a pass"), APPS);
    assert!(why.contains(&id) && why.contains("has lost its claim tags"), "{why}");
    world.write("main.yaml", group_with("apps", TOMB, &https(), "", ""));
    passes(&mut engine, Duration::from_mins(30)).await;
    assert_eq!(world.writes(), [""; 0]);
    world.write("main.yaml", group_with("apps", &format!("adopt: {id}"), &https(), "", ""));
    until_quiet(&mut engine).await.in_order();
    assert_eq!(world.writes(), ["CreateTags", "RevokeSecurityGroupIngress"]);
    assert!(facts(&world, APPS).contains("ingress tcp 443-443 10.0.0.0/16"));
}

/// 34. openshift/installer#1039: a listing was read to the end of its first page.
#[tokio::test(start_paused = true)]
async fn bug_34_what_stands_on_the_second_page_is_found() {
    let all = group("apps", &https(), "")
        + &guard("", "s3:*", "root", "")
        + &key("", "kms:Decrypt", ", aliases: [alias/studio]");
    let (world, engine) = applied(&all).await;
    drop(engine);
    // One page has 20 policies, 100 aliases, 1000 groups.
    let content = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "x:Y", "Resource": "*"}]});
    let vpc = world.vpc();
    for number in 0..1005 {
        if number < 25 {
            let policy = json!({
                "Name": format!("theirs-{number}"), "Description": "", "Type": "SERVICE_CONTROL_POLICY",
                "Content": content.to_string(),
            });
            world.organizations("CreatePolicy", &policy);
        }
        let group =
            json!({"GroupName": format!("theirs-{number}"), "GroupDescription": "x", "VpcId": vpc});
        world.ec2("CreateSecurityGroup", &group);
    }
    // A key has 50 of them at most.
    for letter in ["a", "b", "c"] {
        let theirs = world.kms("CreateKey", &json!({}))["KeyMetadata"]["KeyId"].clone();
        for number in 0..40 {
            let alias = format!("alias/{letter}-{number}");
            world.kms("CreateAlias", &json!({"AliasName": alias, "TargetKeyId": theirs}));
        }
    }
    let mut engine = world.engine().await;
    let report = engine.pass().await;
    assert!(report.is_converged(), "{:?}", report.plan.counts());
    let calls = world.calls();
    for listing in ["ListPolicies", "ListAliases", "DescribeSecurityGroups"] {
        let pages = calls.iter().filter(|call| call.operation == listing).count();
        assert!(pages > 1, "{listing} has one page only");
    }
    assert!(calls.iter().all(|call| !call.mutating));
    // And drift there is seen.
    world.simulator.with(hands::open_ssh);
    let ours = world.group("apps");
    until_quiet(&mut engine).await.in_order();
    let written = written(&world);
    assert_eq!(written.len(), 1);
    assert_eq!(written[0].operation, "RevokeSecurityGroupIngress");
    assert!(names(&written, &[&ours]));
}

/// The listings of a quiet pass.
fn listings(world: &World) -> BTreeSet<String> {
    let reads = world.calls().into_iter().filter(|call| !call.mutating && call.service != "sts");
    let reads = reads.map(|call| call.operation);
    reads.filter(|read| read.ends_with('s') || read.starts_with("List")).collect()
}

/// 34, where the first page of a listing is an empty one.
#[tokio::test(start_paused = true)]
async fn bug_34_an_empty_first_page_is_not_the_end() {
    let (world, mut engine) = applied(&one_of_each()).await;
    let _ = engine.pass().await;
    let listings = listings(&world);
    assert!(listings.len() > 10, "{listings:?}");
    for listing in listings {
        let empty = Effect::Paging(Paging::EmptyFirst);
        world.simulator.inject(Fault::new(&listing, empty).nth(1));
        let report = engine.pass().await;
        assert!(report.is_converged(), "{listing}: {:?}", report.plan.counts());
        assert_eq!(world.writes(), [""; 0], "{listing}");
        // A lie that was not read to its end must not be told to the next.
        let _ = engine.pass().await;
    }
}

/// 35. go-to-k/cdk-real-drift#729: readers without paging gave a part of the live state, which was taken for all of it.
#[tokio::test(start_paused = true)]
async fn bug_35_half_a_listing_is_no_listing_nothing_is_created_corrected_or_pruned_by_it() {
    let (world, mut engine) = pruning(&one_of_each()).await;
    let _ = engine.pass().await;
    let mut unread = BTreeSet::new();
    for listing in listings(&world) {
        for how in [Paging::Broken, Paging::Looping] {
            world.simulator.inject(Fault::new(&listing, Effect::Paging(how)).nth(1));
            let report = engine.pass().await;
            assert_eq!(world.writes(), [""; 0], "{listing}, {how:?}");
            if !report.is_converged() {
                unread.extend(report.plan.unknown.iter().map(|unknown| unknown.kind.clone()));
                assert!(report.plan.orphans.is_empty(), "{listing}");
            }
            world.simulator.clear_faults();
            until_quiet(&mut engine).await.in_order();
            assert_eq!(world.writes(), [""; 0], "{listing}, {how:?}");
        }
    }
    let kinds =
        ["KmsKey", "SageMakerDomain", "SecurityGroup", "ServiceControlPolicy", "VpcEndpoint"];
    assert_eq!(unread, kinds.map(str::to_owned).into());
}
