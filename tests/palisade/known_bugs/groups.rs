//! Security groups, 36 to 41: none of these is out of the question here, because EC2's rules are edited
//! one call after the other.

use std::{collections::BTreeSet, time::Duration};

use palisade::{
    engine::{Engine, Report, pause},
    settings::Prune,
    simulator::{Deed, Effect, Fault, Owner, Paging},
};
use serde_json::json;
use tokio::time::Instant;

use crate::{
    campaign::{
        catalogue::{group, group_with, https, tcp},
        hands,
        prepare::{self, OWNER, Prepared},
        run::{Finished, Setup, run},
        scenario::{Place, Scenario},
    },
    world::{World, until_quiet},
};

/// A world with manifests of the catalogue. The gate holds nothing, so that nothing but the bug is looked at.
pub(super) fn world(manifests: &str) -> World {
    let mut world = World::with(manifests);
    world.settings = prepare::settings(Place::Both, Prune::Never, false);
    world
}

/// The same, applied, and the engine that did it.
pub(super) async fn applied(manifests: &str) -> (World, Engine) {
    let world = world(manifests);
    let mut engine = world.engine().await;
    until_quiet(&mut engine).await.in_order();
    world.writes();
    (world, engine)
}

/// What one of our resources really is.
pub(super) fn facts(world: &World, address: &str) -> BTreeSet<String> {
    let truth = world.simulator.with(|world| world.truth().by_address(&Owner::new(OWNER)));
    truth.get(address).cloned().unwrap_or_default()
}

/// Passes as the daemon makes them, for so long. More than a thousand an hour would be a hot loop.
pub(super) async fn passes(engine: &mut Engine, time: Duration) -> Vec<Report> {
    let end = Instant::now() + time;
    let mut reports = Vec::new();
    while Instant::now() < end {
        let report = engine.pass().await;
        let pause = pause(engine, &report);
        reports.push(report);
        assert!(reports.len() < 1000, "a hot loop");
        tokio::time::sleep(pause).await;
    }
    reports
}

/// Runs a scenario with faults: the monitors judge every call, and the end is that of a run without faults.
pub(super) async fn survives(prepared: &Prepared, faults: Vec<Fault>, lag: u64) -> Finished {
    let setup = Setup { faults, lag, ..Setup::default() };
    let finished = run(prepared, &setup).await;
    assert_eq!(finished.violations, [], "{:?}\n{}", setup.faults, finished.log);
    finished
}

pub(super) async fn prepared(scenario: Scenario) -> Prepared {
    Prepared::new(scenario).await.unwrap_or_else(|why| panic!("without any fault: {why}"))
}

const APPS: &str = "ml/SecurityGroup/apps";

/// 36. aws-controllers-k8s/community#2951: a rule that stayed was revoked and authorised again; the retries ran out in between.
#[tokio::test(start_paused = true)]
async fn bug_36_a_rule_in_both_old_and_new_is_never_missing() {
    let ssh = tcp(22, "from", "10.1.0.0/16");
    let (world, mut engine) = applied(&group("apps", &format!("{}, {ssh}", https()), "")).await;
    let kept = || world.rule(&world.group("apps"), false, 443);
    let id = kept();
    for call in ["AuthorizeSecurityGroupIngress", "UpdateSecurityGroupRuleDescriptionsIngress"] {
        world.simulator.inject(Fault::throttle(call));
    }
    // The same rule with another description, one rule gone and another come.
    let front = "{description: front, protocol: tcp, ports: 443, from: [10.0.0.0/16]}";
    let other = tcp(8443, "from", "10.2.0.0/16");
    world.write("main.yaml", group("apps", &format!("{front}, {other}"), ""));
    for _ in 0..20 {
        let _ = engine.pass().await;
        assert_eq!(kept(), id, "the very same rule");
        tokio::time::advance(Duration::from_secs(30)).await;
    }
    let calls = world.calls();
    let throttled = calls.iter().filter(|call| call.error.is_some()).count();
    assert!(throttled > 3, "it was tried: {calls:?}");
    world.simulator.clear_faults();
    let last = passes(&mut engine, Duration::from_mins(5)).await.pop().unwrap();
    assert!(last.is_converged(), "{:?}", last.plan.counts());
    assert_eq!(kept(), id);
    assert!(facts(&world, APPS).contains("described ingress tcp 443-443 10.0.0.0/16: front"));
    for call in world.calls().iter().chain(&calls).filter(|call| call.mutating) {
        assert!(!call.input.to_string().contains(&id), "{call:?}");
    }
}

/// 37. aws-controllers-k8s/community#2822: a rule that named the group itself was made again in every cycle.
#[tokio::test(start_paused = true)]
async fn bug_37_a_rule_for_the_group_itself_is_made_once() {
    let both = |peer: &str| group("apps", &tcp(8080, "from", peer), &tcp(8080, "to", peer));
    let (world, mut engine) = applied(&both("self")).await;
    let id = world.group("apps");
    let rules = || [false, true].map(|egress| world.rule(&id, egress, 8080));
    let before = rules();
    // EC2 shows the rule with the group's own id, which is as good a way to write it.
    for peer in ["self", &id] {
        world.write("main.yaml", both(peer));
        for _ in 0..5 {
            let report = engine.pass().await;
            assert!(report.is_converged(), "{peer}: {:?}", report.plan.counts());
        }
    }
    assert_eq!(world.writes(), [""; 0]);
    assert_eq!(rules(), before);
}

/// 38. aws-controllers-k8s/community#1766, #1783, ec2-controller#123: AWS's own egress rule was kept although it was not
/// wanted, or taken away although it was, or asked for a second time.
#[tokio::test(start_paused = true)]
async fn bug_38_the_egress_rule_that_aws_adds_goes_stays_or_is_the_wanted_one() {
    const OPEN: &str = "egress -1 all 0.0.0.0/0";
    let listed = "{protocol: all, to: [0.0.0.0/0]}";
    let absent = group("apps", &https(), "").replace(", egress: []", "");
    let additive = group_with("apps", "", &https(), "", ", rules: additive");
    for (text, open, revoked) in [
        (group("apps", &https(), ""), false, 1),
        (group("apps", &https(), &tcp(443, "to", "10.0.0.0/8")), false, 1),
        (group("apps", &https(), listed), true, 0),
        (absent, true, 0),
        (additive, true, 0),
    ] {
        let world = world(&text);
        let mut engine = world.engine().await;
        until_quiet(&mut engine).await.in_order();
        let writes = world.writes();
        // Revoked, or made into the wanted rule where that is narrower.
        let taken = |call: &&String| {
            ["RevokeSecurityGroupEgress", "ModifySecurityGroupRules"].contains(&call.as_str())
        };
        assert_eq!(facts(&world, APPS).contains(OPEN), open, "{text}\n{:?}", facts(&world, APPS));
        assert_eq!(writes.iter().filter(taken).count(), revoked, "{text}\n{writes:?}");
        assert!(!writes.contains(&"AuthorizeSecurityGroupEgress".to_owned()), "{text}");
        assert!(engine.pass().await.is_converged());
        assert_eq!(world.writes(), [""; 0], "{text}");
    }
}

/// 39. aws-controllers-k8s/community#2189, terraform-provider-aws#12670: one rule twice in the input made EC2 refuse the
/// call, after the old rules had gone.
#[tokio::test(start_paused = true)]
async fn bug_39_a_rule_that_stands_twice_never_empties_the_group() {
    let (apps, db) = (group("apps", &https(), ""), group("db", "", ""));
    let (world, mut engine) = applied(&format!("{apps}{db}")).await;
    let before = facts(&world, APPS);
    let spelled = "{protocol: 6, ports: 443-443, from: [10.0.0.0/16]}";
    let known_late = tcp(443, "from", &format!("{{ref: db}}, {}", world.group("db")));
    for twice in [
        format!("{}, {}", https(), https()),
        tcp(443, "from", "10.0.0.0/16, 10.0.0.0/16"),
        format!("{}, {spelled}", https()),
        known_late,
    ] {
        world.write("main.yaml", format!("{}{db}", group("apps", &twice, "")));
        let report = engine.pass().await;
        assert!(!report.is_converged(), "{twice}");
        let told = format!("{:?}{}", report.problems, palisade::plan::render::text(&report.plan));
        assert!(told.contains("already"), "{twice}: {told}");
        assert_eq!(facts(&world, APPS), before, "{twice}");
    }
    assert_eq!(world.writes(), [""; 0]);
}

/// 39, where it is somebody else who makes the second one, just before the call: EC2 refuses all of the call.
#[tokio::test(start_paused = true)]
async fn bug_39_a_rule_that_somebody_adds_meanwhile_does_not_keep_the_others_out() {
    let old = group("apps", &tcp(22, "from", "10.1.0.0/16"), "");
    let new = format!("{}, {}", https(), tcp(8443, "from", "10.2.0.0/16, 10.3.0.0/16"));
    let scenario = Scenario::new("bug-39", Place::Ml, 1).then(old).then(group("apps", &new, ""));
    let prepared = prepared(scenario).await;
    let meanwhile = Effect::Meanwhile(Deed::new(|world| {
        if let Some(group) = hands::id(world, "SecurityGroup", "apps") {
            let rule = json!({"GroupId": group, "IpPermissions": [{
                "IpProtocol": "tcp", "FromPort": "443", "ToPort": "443", "IpRanges": [{"CidrIp": "10.0.0.0/16"}]
            }]});
            let _ = hands::try_call(world, "ec2", "AuthorizeSecurityGroupIngress", &rule);
        }
    }));
    let fault = Fault::new("AuthorizeSecurityGroupIngress", meanwhile).nth(1);
    let finished = survives(&prepared, vec![fault], 2).await;
    assert!(finished.log.contains("InvalidPermission.Duplicate"), "{}", finished.log);
}

/// 40. terraform-provider-aws#66, #1885, #2382: all rules were revoked and then authorised; the quota, hit in between, left fewer.
#[tokio::test(start_paused = true)]
async fn bug_40_sixty_rules_become_sixty_others_with_no_room_left_and_none_missing() {
    let sixty = |from: u8| {
        let blocks: Vec<_> = (from..from + 60).map(|n| format!("10.1.{n}.0/24")).collect();
        group("apps", &tcp(443, "from", &blocks.join(", ")), "")
    };
    let scenario = Scenario::new("bug-40", Place::Ml, 1).then(sixty(0)).then(sixty(20));
    let prepared = prepared(scenario).await;
    let clean = survives(&prepared, Vec::new(), 0).await;
    assert!(!clean.log.contains("LimitExceeded"), "{}", clean.log);
    // And where EC2 counts otherwise than the manifest does. S4 is judged at every call.
    let full = |call: &str| {
        let message = "The maximum number of rules per security group has been reached.";
        Fault::reject(call, "RulesPerSecurityGroupLimitExceeded", message).nth(1).times(3)
    };
    for call in ["ModifySecurityGroupRules", "AuthorizeSecurityGroupIngress"] {
        survives(&prepared, vec![full(call)], 0).await;
    }
}

/// 41. kubernetes-sigs/aws-load-balancer-controller#3637: a rule that was still needed was revoked for a moment, because for
/// a moment what it was needed for could not be seen.
#[tokio::test(start_paused = true)]
async fn bug_41_a_rule_outlives_a_moment_in_which_its_peer_cannot_be_seen() {
    let before = tcp(5432, "from", "{ref: apps}");
    let after = format!("{before}, {}", tcp(5433, "from", "{ref: apps}"));
    let stage = |rules: &str| format!("{}{}", group("apps", &https(), ""), group("db", rules, ""));
    let scenario = Scenario::new("bug-41", Place::Ml, 1).then(stage(&before)).then(stage(&after));
    let prepared = prepared(scenario).await;
    for (nth, (operation, ..)) in (1..).zip(&prepared.reference.calls) {
        let mut effects =
            vec![Effect::Untagged { reads: 3 }, Effect::Stale { reads: 4, alternating: true }];
        if operation.starts_with("Describe") {
            effects.push(Effect::Paging(Paging::Broken));
            effects.push(Effect::Paging(Paging::EmptyFirst));
        }
        for effect in effects {
            let fault = Fault::new("*", effect).nth(nth);
            let finished = survives(&prepared, vec![fault.clone()], 10).await;
            assert!(!finished.log.contains(":Revoke"), "{fault:?}\n{}", finished.log);
        }
    }

    // And where the peer alone is hidden, because its claim is.
    let (world, mut engine) = applied(&stage(&before)).await;
    let kept = || world.rule(&world.group("db"), false, 5432);
    let (id, apps) = (kept(), world.group("apps"));
    let owner = json!([{"Key": "palisade:owner", "Value": OWNER}]);
    world.ec2("DeleteTags", &json!({"ResourceId": [apps], "Tag": owner}));
    for _ in 0..5 {
        assert!(!engine.pass().await.is_converged(), "it was not hidden");
        assert_eq!(kept(), id);
        tokio::time::advance(Duration::from_mins(1)).await;
    }
    world.ec2("CreateTags", &json!({"ResourceId": [apps], "Tag": owner}));
    until_quiet(&mut engine).await.in_order();
    assert_eq!((world.writes(), kept()), (Vec::new(), id));
}
