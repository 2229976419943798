//! Large incidents of others, and the rules that were drawn from them.
//!
//! | rule | where it is tested |
//! |---|---|
//! | typed ids | [`incident_an_id_of_another_kind_is_never_acted_upon`] |
//! | no default that deletes | [`incident_a_blank_never_means_delete`], [`incident_an_empty_search_is_not_a_search_for_everything`] |
//! | minimum-remaining guard | [`incident_the_last_of_everything_does_not_go_at_once`]; policies of a target: 48 |
//! | plan expiry | [`incident_a_plan_that_was_overtaken_is_not_carried_on`] |
//! | soft-delete first | keys only (30 days, 46): AWS has no other deletion that can be called back, so that all others need a tombstone or a claim that says so |
//! | a canary's verdict stops the push | cannot apply: there is no push to many places that could be stopped between two of them. One process has its scopes, and each is a deployment of its own; `mode: observe` and the brake are tested in `safety` |

use std::time::Duration;

use palisade::{
    engine::{Outcome, SkipReason},
    settings::GateLimits,
    simulator::{Effect, Fault},
};
use serde_json::json;

use super::{facts, groups, passes, prunable, prunables, pruning, shown};
use crate::{
    campaign::catalogue::{group, group_with, https, key, s3, tcp},
    known_bugs::groups::applied,
    world::{held, string, until_quiet},
};

const APPS: &str = "ml/SecurityGroup/apps";

/// AWS DynamoDB, October 2025: a plan that had been overtaken was carried on, and a clean-up removed what was in use.
#[tokio::test(start_paused = true)]
async fn incident_a_plan_that_was_overtaken_is_not_carried_on() {
    let old = tcp(22, "from", "10.1.0.0/16");
    let (world, mut engine) = applied(&group("apps", &old, "")).await;
    let generation = engine.generation();
    // Revoke, then authorise; in between, the directory changes.
    world.write("main.yaml", group("apps", &tcp(443, "from", "10.2.0.0/16"), ""));
    let overtaken =
        Effect::Meanwhile(palisade::simulator::Deed::new(move |_| generation.advance()));
    world.simulator.inject(Fault::new("RevokeSecurityGroupIngress", overtaken).nth(1));
    let report = engine.pass().await;
    assert_eq!(world.writes(), ["RevokeSecurityGroupIngress"]);
    let Outcome::Skipped { reason } = &report.results[0].outcome else { panic!("{report:?}") };
    assert_eq!(*reason, SkipReason::DirectoryChanged);
    // What is wanted meanwhile is what the next pass plans for.
    world.write("main.yaml", group("apps", &old, ""));
    until_quiet(&mut engine).await.in_order();
    assert_eq!(world.writes(), ["AuthorizeSecurityGroupIngress"]);
    assert!(facts(&world, APPS).contains("ingress tcp 22-22 10.1.0.0/16"));
}

/// Atlassian, April 2022: ids of sites where ids of apps were meant; both were accepted, and 883 sites were deleted for good.
#[tokio::test(start_paused = true)]
async fn incident_an_id_of_another_kind_is_never_acted_upon() {
    let endpoint = s3("", "s3:GetObject", "");
    let studio = key("", "kms:Decrypt", ", aliases: [alias/studio]");
    let (world, mut engine) = applied(&format!("{endpoint}{studio}{}", prunable("db"))).await;
    let truth = || world.simulator.with(|world| world.truth());
    let before = truth();
    let ids = [
        string(&world.endpoint("s3"), "vpcEndpointId"),
        world.key("alias/studio"),
        world.vpc(),
        "111122223333".to_owned(),
    ];
    for id in ids {
        for state in ["present", "absent"] {
            let wrong =
                group_with("apps", &format!("state: {state}, adopt: \"{id}\""), &https(), "", "");
            world.write("main.yaml", format!("{endpoint}{studio}{}{wrong}", prunable("db")));
            until_quiet(&mut engine).await;
            until_quiet(&mut world.engine().await).await;
            assert_eq!(world.writes(), [""; 0], "{state} {id}");
        }
    }
    assert_eq!(truth(), before);
}

/// AWS S3, February 2017: a tool took away more than could be spared. Google Compute Engine, 2016: a failed load was an
/// empty set.
#[tokio::test(start_paused = true)]
async fn incident_the_last_of_everything_does_not_go_at_once() {
    let (world, mut engine) = pruning(&prunables(5), GateLimits::default()).await;
    let tomb = |n: usize| group_with(&format!("g-{n:02}"), "state: absent", "", "", "");
    world.write("main.yaml", (0..5).map(tomb).collect::<String>());
    let reports = passes(&mut engine, Duration::from_mins(70)).await;
    let (_, why) = held(reports.last().unwrap(), "ml/SecurityGroup/g-04");
    assert!(why.contains("5 of 5"), "{why}");
    assert_eq!((world.writes(), groups(&world)), (Vec::new(), 5));

    // A listing that fails is no empty one: what is found by it stays as it is.
    let lists = "{protocol: tcp, ports: 443, from: [{lookup: {name: com.amazonaws.eu-west-1.s3}}]}";
    let (world, mut engine) = applied(&group("apps", lists, "")).await;
    let before = facts(&world, APPS);
    assert!(before.iter().any(|fact| fact.starts_with("ingress tcp 443-443 pl-")), "{before:?}");
    for fault in [
        Fault::server_error("DescribeManagedPrefixLists", 500),
        Fault::reject("DescribeManagedPrefixLists", "UnauthorizedOperation", "no"),
        Fault::garbage("DescribeManagedPrefixLists"),
    ] {
        world.simulator.inject(fault);
        for _ in 0..5 {
            assert!(!engine.pass().await.is_converged());
        }
        world.simulator.clear_faults();
    }
    assert_eq!((world.writes(), facts(&world, APPS)), (Vec::new(), before));
}

/// Google's disk eraser: an empty list of machines meant all of them.
#[tokio::test(start_paused = true)]
async fn incident_an_empty_search_is_not_a_search_for_everything() {
    let whole = s3("", "s3:GetObject", "");
    let (world, mut engine) = applied(&whole).await;
    let before = facts(&world, "ml/VpcEndpoint/s3");
    let search = "{lookup: {tags: {tier: private}}}";
    assert!(whole.contains(search));
    // Another table that a search for everything would find.
    world.ec2("CreateRouteTable", &json!({"VpcId": world.vpc()}));
    for empty in ["{lookup: {}}", "{lookup: {tags: {}}}", "{lookup: }", "{lookup: {tags: }}"] {
        world.write("main.yaml", whole.replace(search, empty));
        let report = engine.pass().await;
        assert!(!report.problems.is_empty(), "{empty}: {}", shown(&report));
        assert_eq!(world.writes(), [""; 0], "{empty}");
    }
    assert_eq!(facts(&world, "ml/VpcEndpoint/s3"), before);
}

/// UniSuper, 2024: a parameter that was left blank had a default, and the default was deletion.
#[tokio::test(start_paused = true)]
async fn incident_a_blank_never_means_delete() {
    let (world, mut engine) = pruning(&prunables(1), super::open()).await;
    let blanks = [
        "state: ",
        "state: \"\"",
        "state: null",
        "deletion: ",
        "deletion: \"\"",
        "adopt: ",
        "paused: , state: present",
        "",
    ];
    for blank in blanks {
        let text = group_with("g-00", blank, &https(), "", "");
        for text in [text.clone(), text.replace("lifecycle: {", "lifecycle: #{")] {
            world.write("main.yaml", text);
            passes(&mut engine, Duration::from_mins(2)).await;
            until_quiet(&mut world.engine().await).await;
            let calls = world.writes();
            assert!(!calls.iter().any(|call| call.starts_with("Delete")), "{blank}: {calls:?}");
        }
    }
    // And once the manifest that left it blank is gone, its group is an orphan that stays.
    world.write("main.yaml", prunable("other"));
    let reports = passes(&mut engine, Duration::from_mins(10)).await;
    let orphans = &reports.last().unwrap().plan.orphans;
    assert_eq!(orphans.len(), 1, "{}", shown(reports.last().unwrap()));
    assert_eq!(groups(&world), 2);
}
