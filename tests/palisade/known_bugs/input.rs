//! The directory, what AWS says of it, and the limits: 55 to 61, 65, 66 and the incidents; the watcher (62 to 64) and the
//! clock (67) are in submodules.

mod clock;
mod incidents;
mod watching;

use std::{fs, os::unix::fs::symlink, path::Path, time::Duration};

use palisade::{
    aws::Guard,
    engine::{Engine, Options, Report},
    settings::{GateLimits, Overrides, Prune, Settings},
    simulator::{Effect, Fault, example, example::tagged},
};
use serde_json::json;

use super::groups::{applied, facts, passes, world};
use crate::{
    campaign::catalogue::{group, group_with, https, s3, sts},
    world::{World, conflict, held, in_a_day, list, string, until_quiet},
};

/// A group that may be pruned.
fn prunable(name: &str) -> String {
    group_with(name, "deletion: delete", &https(), "", "")
}

fn prunables(count: usize) -> String {
    (0..count).map(|n| prunable(&format!("g-{n:02}"))).collect()
}

/// A world, applied, in which orphans are deleted where their claim allows it, and the engine that did it.
async fn pruning(manifests: &str, gate: GateLimits) -> (World, Engine) {
    let mut world = world(manifests);
    world.settings.prune = Prune::Automatic;
    world.settings.gate = gate;
    let mut engine = world.engine().await;
    passes(&mut engine, Duration::from_mins(5)).await;
    let report = engine.pass().await;
    assert!(report.is_converged(), "{}", shown(&report));
    world.writes();
    (world, engine)
}

/// A new process that looks for orphans of every kind in every pass, which takes others an hour to come to.
async fn sweeping(world: &World) -> Engine {
    let options = Options { write: true, sweep: true, ..Options::default() };
    world.engine_with(Guard::writing(world.brake.clone()), options).await
}

/// A gate through which everything may go: what keeps things then is not the gate.
fn open() -> GateLimits {
    GateLimits {
        deletes_percent: 100,
        changes_percent: 100,
        accounts_percent: 100,
        hold_risks: [].into(),
    }
}

fn shown(report: &Report) -> String {
    palisade::plan::render::text(&report.plan)
}

fn groups(world: &World) -> usize {
    let all = list(&world.ec2("DescribeSecurityGroups", &json!({})), "securityGroupInfo");
    all.iter().filter(|group| group["groupName"] != "default").count()
}

/// 55. argoproj/argo-cd#23645: the guard against emptiness looked for any object at all, and an unrelated one was enough.
#[tokio::test(start_paused = true)]
async fn bug_55_an_unrelated_object_does_not_pass_for_a_full_directory() {
    // What is no manifest of a resource does not count.
    let (world, mut engine) = pruning(&prunables(3), open()).await;
    world.write("approval.yaml", approval("0000"));
    world.remove("main.yaml");
    for _ in 0..10 {
        let report = engine.pass().await;
        assert!(report.problems[0].message.contains("no manifest"), "{:?}", report.problems);
        tokio::time::advance(Duration::from_mins(1)).await;
    }
    assert_eq!((world.writes(), groups(&world)), (Vec::new(), 3));

    // A resource of another kind, and one of the same kind, do; then it is the limit that holds.
    for unrelated in [s3("deletion: delete", "s3:GetObject", ""), prunable("other")] {
        let (world, engine) =
            pruning(&format!("{}{unrelated}", prunables(3)), GateLimits::default()).await;
        world.write("main.yaml", &unrelated);
        for mut engine in [engine, sweeping(&world).await] {
            let reports = passes(&mut engine, Duration::from_mins(10)).await;
            let (_, why) = held(reports.last().unwrap(), "ml/SecurityGroup/g-01");
            assert!(why.contains("3 of ") && why.contains("would be deleted"), "{why}");
            assert_eq!(world.writes(), [""; 0]);
        }
    }
}

fn approval(digest: &str) -> String {
    format!(
        "apiVersion: palisade.dev/v1alpha1\nkind: Approval\nmetadata: {{name: a-{digest}}}\n\
         spec: {{digest: \"{digest}\", expires: \"{}\"}}\n---\n",
        in_a_day()
    )
}

/// 56. argoproj/argo-cd#2573, #15058, #24408: trouble with the source of the manifests looked like fewer manifests.
#[tokio::test(start_paused = true)]
async fn bug_56_trouble_with_the_directory_prunes_nothing_before_or_after_a_restart() {
    type Trouble = (&'static str, fn(&Path));
    let troubles: [Trouble; 5] = [
        ("a link whose target is gone", |dir| {
            fs::remove_file(dir.join("main.yaml")).unwrap();
            symlink("gone.yaml", dir.join("main.yaml")).unwrap();
        }),
        ("a file cut off within a character", |dir| {
            fs::write(dir.join("main.yaml"), b"apiVersion: \xe2\x82").unwrap();
        }),
        ("a file cut off within a list", |dir| {
            fs::write(dir.join("main.yaml"), format!("{}kind: [", prunable("g-00"))).unwrap();
        }),
        ("a second file that is broken", |dir| {
            fs::write(dir.join("other.yaml"), "kind: SecurityGroup\n").unwrap();
            fs::write(dir.join("main.yaml"), prunable("g-00")).unwrap();
        }),
        ("no directory at all", |dir| fs::remove_dir_all(dir).unwrap()),
    ];
    for (what, trouble) in troubles {
        let (world, mut engine) = pruning(&prunables(3), open()).await;
        trouble(world.dir());
        let mut restarted = sweeping(&world).await;
        for _ in 0..5 {
            for engine in [&mut engine, &mut restarted] {
                let report = engine.pass().await;
                assert!(!report.problems.is_empty(), "{what}");
                assert!(report.plan.steps.is_empty(), "{what}: {}", shown(&report));
            }
            tokio::time::advance(Duration::from_mins(1)).await;
        }
        assert_eq!((world.writes(), groups(&world)), (Vec::new(), 3), "{what}");
        // Mended, it is as before.
        fs::create_dir_all(world.dir()).unwrap();
        let _ = fs::remove_file(world.dir().join("other.yaml"));
        let _ = fs::remove_file(world.dir().join("main.yaml"));
        world.write("main.yaml", prunables(3));
        assert!(engine.pass().await.is_converged(), "{what}");
        assert!(restarted.pass().await.is_converged(), "{what}");
        assert_eq!(world.writes(), [""; 0], "{what}");
    }
}

/// 57. argoproj/argo-cd#10987, fluxcd/kustomize-controller#187: where emptiness is refused, there must be a way to mean it.
#[tokio::test(start_paused = true)]
async fn bug_57_everything_can_be_given_up_on_purpose_by_tombstones_and_consent() {
    let (world, mut engine) = pruning(&prunables(4), GateLimits::default()).await;
    let tombs: String =
        (0..4).map(|n| group_with(&format!("g-{n:02}"), "state: absent", "", "", "")).collect();
    world.write("main.yaml", &tombs);
    let report = engine.pass().await;
    let digests: Vec<_> = report.plan.steps.iter().map(|step| step.digest.clone()).collect();
    assert_eq!((digests.len(), world.writes()), (4, Vec::new()), "{}", shown(&report));
    world.write("consent.yaml", digests.iter().map(|it| approval(it)).collect::<String>());
    until_quiet(&mut engine).await;
    assert_eq!((world.writes().len(), groups(&world)), (4, 0));
    // Then the directory may be empty too; a new process takes that for what it says.
    world.remove("consent.yaml");
    world.write("main.yaml", "");
    let report = world.engine().await.pass().await;
    assert!(report.is_converged() && report.manifests.is_empty(), "{:?}", report.problems);
}

/// 57, and what an empty directory means to a process that never saw another one: nobody asked for any deletion.
#[tokio::test(start_paused = true)]
async fn bug_57_an_empty_directory_after_a_restart_deletes_nothing() {
    for gate in [GateLimits::default(), open()] {
        let (world, _) = pruning(&prunables(3), gate).await;
        world.write("main.yaml", "");
        let mut restarted = sweeping(&world).await;
        let reports = passes(&mut restarted, Duration::from_mins(10)).await;
        assert_eq!(reports.last().unwrap().plan.orphans.len(), 3, "they are seen");
        assert_eq!((world.writes(), groups(&world)), (Vec::new(), 3));
    }
}

/// 58. fluxcd/flux2#1462, #3949: another name in the manifests, and what had that name before was taken over and later deleted.
#[tokio::test(start_paused = true)]
async fn bug_58_a_name_given_to_something_that_was_there_before_takes_nothing_over() {
    let (world, mut engine) = pruning(&prunable("apps"), open()).await;
    let input = json!({"GroupName": "shared", "GroupDescription": "theirs", "VpcId": world.vpc()});
    let theirs = string(&world.ec2("CreateSecurityGroup", &input), "groupId");
    let ours = world.group("apps");
    let named = group_with("apps", "deletion: delete", &https(), "", ", groupName: shared");
    // A name override, a renamed manifest, and then neither of them any more.
    world.write("main.yaml", named);
    let report = engine.pass().await;
    held(&report, "ml/SecurityGroup/apps");
    until_quiet(&mut engine).await;
    assert_eq!(world.writes(), [""; 0]);
    assert_eq!(world.group("apps"), ours);
    world.write("main.yaml", format!("{}{}", prunable("shared"), prunable("apps")));
    let quiet = until_quiet(&mut engine).await;
    assert!(conflict(quiet.last(), "ml/SecurityGroup/shared").contains(&theirs));
    world.write("main.yaml", prunable("apps"));
    until_quiet(&mut engine).await.in_order();
    assert_eq!(world.writes(), [""; 0]);
    assert_eq!(world.group("shared"), theirs);
    assert_eq!(world.groups("shared")[0]["groupDescription"], "theirs");
}

/// 59. kubernetes-sigs/external-dns#1238, #3841: the source answered with less than there was, and what it left out was deleted.
#[tokio::test(start_paused = true)]
async fn bug_59_half_a_directory_and_a_search_that_finds_nothing_delete_nothing() {
    let (world, mut engine) = pruning(&prunables(12), GateLimits::default()).await;
    world.write("main.yaml", prunables(6));
    // Longer than the hour for which deletions are counted.
    let reports = passes(&mut engine, Duration::from_mins(70)).await;
    let (_, why) = held(reports.last().unwrap(), "ml/SecurityGroup/g-11");
    assert!(why.contains("6 of 12"), "{why}");
    assert_eq!((world.writes(), groups(&world)), (Vec::new(), 12));

    // The other source is AWS: subnets, tables and networks that a search finds no more.
    let gate = group("gate", &https(), "");
    let text =
        format!("{gate}{}{}", s3("", "s3:GetObject", ""), sts("", "{ref: gate}", "sts:*", ""));
    for kind in ["DescribeSubnets", "DescribeRouteTables", "DescribeVpcs"] {
        let (world, mut engine) = applied(&text).await;
        let (s3, sts) = ("ml/VpcEndpoint/s3", "ml/VpcEndpoint/sts");
        let before = (facts(&world, s3), facts(&world, sts));
        world.simulator.inject(Fault::new(kind, Effect::Untagged { reads: 1 }));
        for _ in 0..5 {
            let report = engine.pass().await;
            assert!(!report.is_converged(), "{kind}: nothing was hidden");
        }
        assert_eq!(world.writes(), [""; 0], "{kind}");
        assert_eq!((facts(&world, s3), facts(&world, sts)), before, "{kind}");
        world.simulator.clear_faults();
        until_quiet(&mut engine).await.in_order();
        assert_eq!(world.writes(), [""; 0], "{kind}");
    }
}

/// 60. kubernetes-sigs/external-dns#6718, #6617, #2310: an ownership mark that could not be read back made a second one, and
/// one clash kept everything else from being done.
#[tokio::test(start_paused = true)]
async fn bug_60_a_mark_that_cannot_be_read_is_nobodys_and_stops_nothing_else() {
    let marks: [&[(&str, &str)]; 4] = [
        &[("palisade:owner", "campaign"), ("palisade:address", "not an address")],
        &[("palisade:owner", "campaign")],
        &[("palisade:address", "ml/SecurityGroup/apps")],
        &[],
    ];
    for mark in marks {
        let world = world(&format!("{}{}", prunable("apps"), prunable("db")));
        let mut input = json!({"GroupName": "apps", "GroupDescription": "x", "VpcId": world.vpc()});
        if !mark.is_empty() {
            input["TagSpecification"] = tagged("security-group", mark);
        }
        let theirs = string(&world.ec2("CreateSecurityGroup", &input), "groupId");
        let before = world.groups("apps");
        let mut engine = world.engine().await;
        let first = engine.pass().await;
        assert!(conflict(&first, "ml/SecurityGroup/apps").contains(&theirs), "{mark:?}");
        until_quiet(&mut engine).await;
        assert_eq!(world.groups("apps"), before, "{mark:?}");
        assert!(facts(&world, "ml/SecurityGroup/db").contains("ingress tcp 443-443 10.0.0.0/16"));
    }
    // A mark of our own that AWS does not show for a while: neither a second one nor a deletion.
    let (world, mut engine) = pruning(&prunables(2), open()).await;
    world.simulator.inject(Fault::new("DescribeSecurityGroups", Effect::Untagged { reads: 1 }));
    passes(&mut engine, Duration::from_mins(20)).await;
    world.simulator.clear_faults();
    assert!(engine.pass().await.is_converged());
    assert_eq!((world.writes(), groups(&world)), (Vec::new(), 2));
}

/// 61. cloud-custodian/cloud-custodian#3477, #2902: the limit was not looked at on one path, and on another it was a share of
/// everything there was instead of what could be meant.
#[tokio::test(start_paused = true)]
async fn bug_61_the_limit_is_a_share_of_what_is_ours_and_alive_on_every_path() {
    // Forty groups of other people, and three of ours: all of ours are a hundred percent.
    let (world, mut engine) = pruning(&prunables(3), GateLimits::default()).await;
    for n in 0..40 {
        let input = json!({"GroupName": format!("theirs-{n}"), "GroupDescription": "x", "VpcId": world.vpc()});
        world.ec2("CreateSecurityGroup", &input);
    }
    let tombs = |all: usize, gone: std::ops::Range<usize>| -> String {
        let one = |n: usize| {
            let lifecycle = if gone.contains(&n) { "state: absent" } else { "deletion: delete" };
            group_with(&format!("g-{n:02}"), lifecycle, &https(), "", "")
        };
        (0..all).map(one).collect()
    };
    world.write("main.yaml", tombs(3, 0..3));
    let report = engine.pass().await;
    let (_, why) = held(&report, "ml/SecurityGroup/g-00");
    assert!(why.contains("3 of 3"), "{why}");
    assert_eq!(world.writes(), [""; 0]);

    // A tenth of twenty may go; the next two of the same hour may not, by tombstone or by pruning.
    for pruned in [false, true] {
        let (world, mut engine) = pruning(&prunables(20), GateLimits::default()).await;
        world.write("main.yaml", tombs(20, 0..2));
        until_quiet(&mut engine).await.in_order();
        assert_eq!(world.writes(), ["DeleteSecurityGroup"; 2]);
        let more = if pruned {
            (4..20).map(|n| prunable(&format!("g-{n:02}"))).collect()
        } else {
            tombs(20, 0..4)
        };
        world.write("main.yaml", more);
        let reports = passes(&mut engine, Duration::from_mins(50)).await;
        let (_, why) = held(reports.last().unwrap(), "ml/SecurityGroup/g-03");
        assert!(
            why.contains("2 more of 20") && why.contains("after 2 within the last hour"),
            "{why}"
        );
        assert_eq!(world.writes(), [""; 0]);
    }
}

/// 65. kubernetes/kubernetes#93686: a link could be seen before the file that it pointed to.
#[tokio::test(start_paused = true)]
async fn bug_65_a_link_that_comes_before_its_file_is_a_moments_problem() {
    let (world, mut engine) = pruning(&prunable("apps"), open()).await;
    world.remove("main.yaml");
    symlink("..data/main.yaml", world.dir().join("main.yaml")).unwrap();
    let report = engine.pass().await;
    assert!(report.problems[0].message.contains("cannot be read"), "{:?}", report.problems);
    assert_eq!(report.manifests.len(), 1, "the last good one is in force");
    fs::create_dir(world.dir().join("..v1")).unwrap();
    symlink("..v1", world.dir().join("..data")).unwrap();
    assert_eq!(engine.pass().await.problems.len(), 1);
    world.write("..v1/main.yaml", format!("{}{}", prunable("apps"), prunable("db")));
    until_quiet(&mut engine).await.in_order();
    assert!(!world.writes().iter().any(|call| call.starts_with("Delete")));
    assert_eq!(groups(&world), 2);
}

/// 66. saphyr-rs/saphyr#109, dtolnay/serde-yaml#53: a kilobyte of aliases became gigabytes. Here an anchor is refused
/// where it stands, in manifests; settings are of the operator, and have a budget.
#[tokio::test(start_paused = true)]
async fn bug_66_alias_bombs_are_refused_before_they_are_unfolded() {
    let mut laughs = "a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]\n".to_owned();
    for n in 1..12 {
        let nine = vec![format!("*a{}", n - 1); 9].join(", ");
        laughs.push_str(&format!("a{n}: &a{n} [{nine}]\n"));
    }
    let quadratic =
        format!("a: &a {}\nb: [{}]\n", "x".repeat(50_000), vec!["*a"; 50_000].join(", "));
    let itself = "a: &a [*a]\n".to_owned();
    let merged = "a: {<<: {b: c}}\n".to_owned();
    let (world, mut engine) = pruning(&prunable("apps"), open()).await;
    for bomb in [&laughs, &quadratic, &itself, &merged] {
        world.write("bomb.yaml", bomb);
        let report = engine.pass().await;
        let problem = &report.problems[0];
        let start: String = bomb.chars().take(40).collect();
        assert_eq!(problem.message, "anchors, aliases and merge keys are not allowed", "{start}");
        assert_eq!(problem.origin.line, 1, "{start}");
        assert_eq!(report.manifests.len(), 1, "{start}");
    }
    assert_eq!(world.writes(), [""; 0]);
    for bomb in [&laughs, &quadratic, &itself] {
        let text = format!("{}vars: {{x: y}}\n{bomb}", example::SETTINGS);
        assert!(Settings::parse(&text, &Overrides::default()).is_err());
    }
}
