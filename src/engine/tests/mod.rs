//! The loop on a simulated AWS, with a clock that only advances while something waits.

use std::{fs, path::Path, sync::Arc, time::Duration};

use serde_json::{Value, json};
use tokio::{sync::Notify, time::Instant};
use tokio_util::sync::CancellationToken;

use super::{
    Engine, Options, Outcome, Report, Scopes, SkipReason,
    fresh::{Fresh, Generation},
};
use crate::{
    aws::{Brake, Connection, Guard},
    kind::erased::Registry,
    kinds,
    model::Address,
    plan::{UnusedReason, Verdict, WaitReason},
    settings::{Overrides, Settings},
    simulator::{self, Fault, Simulator, example},
};

mod budget;
mod domains;
mod fragile;
mod silence;

const ACCOUNT: &str = "111122223333";
const SETTINGS: &str = "\
owner: test
scopes:
  prod: {account: '111122223333', region: eu-west-1, assumeRole: {roleArn: 'arn:aws:iam::111122223333:role/palisade'}}
";

struct World {
    simulator: Simulator,
    dir: tempfile::TempDir,
    brake: Brake,
    engine: Engine,
}

impl World {
    async fn new() -> Self {
        Self::with(SETTINGS, kinds::registry()).await
    }

    async fn with(settings: &str, registry: Registry) -> Self {
        let simulator = Simulator::new(simulator::Options::default());
        let vpc = Self::vpc(&simulator);
        let dir = tempfile::tempdir().unwrap();
        let brake = Brake::default();
        let settings =
            Settings::parse(&format!("{settings}vars: {{vpc: {vpc}}}\n"), &Overrides::default())
                .unwrap();
        let engine = engine(&simulator, settings, registry, dir.path(), &brake).await;
        Self { simulator, dir, brake, engine }
    }

    fn vpc(simulator: &Simulator) -> String {
        let vpc = simulator
            .act(ACCOUNT, "eu-west-1", "ec2", "CreateVpc", &json!({"CidrBlock": "10.0.0.0/16"}))
            .unwrap();
        vpc["vpc"]["vpcId"].as_str().unwrap().to_owned()
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.dir.path().join(name), text).unwrap();
    }

    fn group(&self, name: &str, more: &str) {
        self.write(
            &format!("{name}.yaml"),
            &format!(
                "apiVersion: palisade.dev/v1alpha1\nkind: SecurityGroup\nmetadata: {{name: \
             {name}}}\n{more}\
             spec: {{description: test, vpc: '${{var.vpc}}', ingress: [], egress: []}}\n"
            ),
        );
    }

    /// Passes until nothing changes and nothing will move by itself.
    async fn settle(&mut self) -> Report {
        for _ in 0..50 {
            let report = self.engine.pass().await;
            if report.changed() == super::Changed::No && !report.will_move() {
                return report;
            }
            tokio::time::sleep(Duration::from_secs(2)).await;
        }
        panic!("never quiet");
    }

    fn ec2(&self, operation: &str, input: &Value) -> Value {
        self.simulator.act(ACCOUNT, "eu-west-1", "ec2", operation, input).unwrap()
    }

    fn group_id(&self, name: &str) -> String {
        let filter = json!([{"Name": "group-name", "Value": [name]}]);
        let found = self.ec2("DescribeSecurityGroups", &json!({"Filter": filter}));
        found["securityGroupInfo"][0]["groupId"].as_str().unwrap().to_owned()
    }

    fn open_ssh(&self, group: &str) {
        let permission = json!({"IpProtocol": "tcp", "FromPort": "22", "ToPort": "22", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]});
        self.ec2(
            "AuthorizeSecurityGroupIngress",
            &json!({"GroupId": group, "IpPermissions": [permission]}),
        );
    }

    fn writes(&self) -> Vec<String> {
        let calls = self.simulator.calls();
        calls.into_iter().filter(|call| call.mutating).map(|call| call.operation).collect()
    }
}

/// An RFC 3339 time a day ahead: approvals may not end later than in a week.
fn in_a_day() -> String {
    use aws_smithy_types::date_time::{DateTime, Format};
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let then = i64::try_from(now.as_secs()).unwrap() + 24 * 3600;
    DateTime::from_secs(then).fmt(Format::DateTime).unwrap()
}

async fn engine(
    simulator: &Simulator,
    settings: Settings,
    registry: Registry,
    dir: &Path,
    brake: &Brake,
) -> Engine {
    let guard = Guard::writing(brake.clone());
    let connection = Connection::new(simulator.sdk_config(ACCOUNT, "eu-west-1"), guard);
    engine_over(&connection, settings, registry, dir, brake).await
}

async fn engine_over(
    connection: &Connection,
    settings: Settings,
    registry: Registry,
    dir: &Path,
    brake: &Brake,
) -> Engine {
    let registry = Arc::new(registry);
    let scopes = Scopes::connect(&settings, connection, &registry).await.unwrap();
    let options = Options { write: true, ..Options::default() };
    Engine::new(settings, registry, scopes, dir, options, brake.clone())
}

fn held(report: &Report) -> Vec<String> {
    let reasons = report.plan.steps.iter().filter_map(|step| match &step.verdict {
        Verdict::Held(why) => {
            Some(why.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
        }
        _ => None,
    });
    reasons.collect()
}

#[tokio::test(start_paused = true)]
async fn who_opens_the_same_hole_without_end_finds_it_closed_each_time_only_paced() {
    let mut world = World::new().await;
    world.group("web", "");
    let _ = world.settle().await;
    let group = world.group_id("web");
    let mut waited = Vec::new();
    for _ in 0..8 {
        world.open_ssh(&group);
        let opened = Instant::now();
        let report = world.settle().await;
        assert!(report.is_converged() && report.plan.frozen.is_empty(), "{:?}", report.plan);
        waited.push((Instant::now() - opened).as_secs());
    }
    assert!(waited.iter().all(|seconds| *seconds <= 31), "{waited:?}");
    assert!(waited[7] >= 30, "{waited:?}");
    let report = world.engine.pass().await;
    assert_eq!(report.plan.contested.values().collect::<Vec<_>>(), [&8]);
}

#[tokio::test(start_paused = true)]
async fn a_failure_before_what_closes_a_hole_brings_the_next_pass_at_once() {
    let mut world = World::new().await;
    world.group("a", "");
    let _ = world.settle().await;
    world.open_ssh(&world.group_id("a"));
    let text = fs::read_to_string(world.dir.path().join("a.yaml")).unwrap();
    world.write("a.yaml", &text.replace("spec: {", "spec: {tags: {team: ml}, "));
    world.simulator.inject(Fault::reject("CreateTags", "InvalidParameterValue", "no"));
    world.simulator.clear_calls();
    let report = world.engine.pass().await;
    assert_eq!(report.failures().count(), 1);
    assert!(report.will_move(), "the hole is still open");
    let report = world.engine.pass().await;
    assert_eq!(world.writes(), ["CreateTags", "RevokeSecurityGroupIngress"]);
    assert_eq!(report.failures().count(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_hole_that_is_opened_together_with_new_ones_is_recognized() {
    let mut world = World::new().await;
    world.group("a", "");
    let _ = world.settle().await;
    let group = world.group_id("a");
    let mut contested = 0;
    for round in 0..4 {
        world.open_ssh(&group);
        let port = (1000 + round).to_string();
        let permission = json!({"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]});
        let other = json!({"GroupId": group, "IpPermissions": [permission]});
        world.ec2("AuthorizeSecurityGroupIngress", &other);
        let report = world.settle().await;
        contested = contested.max(report.plan.contested.len());
    }
    assert_eq!(contested, 1);
}

#[tokio::test(start_paused = true)]
async fn a_rule_that_cannot_be_changed_in_place_is_replaced_by_another_one() {
    let mut world = World::new().await;
    let spec = "spec: {description: test, vpc: '${var.vpc}', egress: [], ingress: [\
                {protocol: tcp, ports: 443, from: ['2001:db8::/32']}]}";
    world.write("a.yaml", &format!(
        "apiVersion: palisade.dev/v1alpha1\nkind: SecurityGroup\nmetadata: {{name: a}}\n{spec}\n"
    ));
    let _ = world.settle().await;
    let group = world.group_id("a");
    let all = world.ec2(
        "DescribeSecurityGroupRules",
        &json!({"Filter": [{"Name": "group-id", "Value": [group]}]}),
    );
    let rule = all["securityGroupRuleSet"]
        .as_array()
        .unwrap()
        .iter()
        .find(|it| it["isEgress"] == "false" || it["isEgress"] == false)
        .unwrap();
    let wide = json!({"SecurityGroupRuleId": rule["securityGroupRuleId"], "SecurityGroupRule":
        {"IpProtocol": "tcp", "FromPort": "443", "ToPort": "443", "CidrIpv6": "::/0"}});
    world.ec2("ModifySecurityGroupRules", &json!({"GroupId": group, "SecurityGroupRule": [wide]}));
    world.simulator.inject(
        Fault::reject("ModifySecurityGroupRules", "InvalidParameterValue", "no").times(100),
    );
    world.simulator.clear_calls();
    for _ in 0..3 {
        let _ = world.engine.pass().await;
    }
    let writes = world.writes();
    assert_eq!(
        writes,
        ["ModifySecurityGroupRules", "AuthorizeSecurityGroupIngress", "RevokeSecurityGroupIngress"]
    );
}

#[tokio::test(start_paused = true)]
async fn a_revocation_that_aws_refuses_waits_for_its_next_try_and_for_no_reference() {
    let mut world = World::new().await;
    let name = json!([{"Key": "Name", "Value": "ml"}]);
    let spec =
        "spec: {description: test, vpc: {lookup: {tags: {Name: ml}}}, ingress: [], egress: []}";
    world.write("a.yaml", &format!(
        "apiVersion: palisade.dev/v1alpha1\nkind: SecurityGroup\nmetadata: {{name: a}}\n{spec}\n"
    ));
    let vpc = world.ec2("DescribeVpcs", &json!({}))["vpcSet"][0]["vpcId"].clone();
    world.ec2("CreateTags", &json!({"ResourceId": [vpc], "Tag": name}));
    let _ = world.settle().await;
    let second =
        world.ec2("CreateVpc", &json!({"CidrBlock": "10.1.0.0/16"}))["vpc"]["vpcId"].clone();
    world.ec2("CreateTags", &json!({"ResourceId": [second], "Tag": name}));
    world.open_ssh(&world.group_id("a"));
    let refusal = Fault::reject("RevokeSecurityGroupIngress", "UnauthorizedOperation", "no");
    world.simulator.inject(refusal.times(2));
    assert_eq!(world.engine.pass().await.failures().count(), 1);
    let report = world.engine.pass().await;
    let step = report.plan.steps.iter().find(|step| !step.action.edits().is_empty()).unwrap();
    let Verdict::Waiting(why) = &step.verdict else { panic!("{step:?}") };
    assert!(why.iter().all(|wait| matches!(wait.reason, WaitReason::Failed { .. })), "{why:?}");
}

#[tokio::test(start_paused = true)]
async fn another_hole_each_time_is_closed_each_time() {
    let mut world = World::new().await;
    world.group("web", "");
    let _ = world.settle().await;
    let group = world.group_id("web");
    for port in ["22", "23", "24", "25", "26"] {
        let permission = json!({"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]});
        world.ec2(
            "AuthorizeSecurityGroupIngress",
            &json!({"GroupId": group, "IpPermissions": [permission]}),
        );
        assert!(world.settle().await.is_converged());
    }
}

#[tokio::test(start_paused = true)]
async fn two_live_resources_with_one_address_freeze_it() {
    let mut world = World::new().await;
    world.group("web", "");
    let _ = world.settle().await;
    let vpc = world.engine.settings().vars["vpc"].clone();
    let tags = json!([{"ResourceType": "security-group", "Tag": [
        {"Key": "palisade:owner", "Value": "test"},
        {"Key": "palisade:address", "Value": "prod/SecurityGroup/web"},
        {"Key": "palisade:deletion", "Value": "delete"}]}]);
    world.ec2(
        "CreateSecurityGroup",
        &json!({"GroupName": "copy", "GroupDescription": "x", "VpcId": vpc, "TagSpecification": tags}),
    );
    world.open_ssh(&world.group_id("web"));
    world.simulator.clear_calls();
    let report = world.engine.pass().await;
    assert_eq!(report.plan.conflicts.len(), 1, "{:?}", report.plan);
    assert_eq!(report.plan.conflicts[0].ids.len(), 2);
    assert_eq!(world.writes(), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn an_approval_counts_until_it_expires_and_one_without_a_held_step_is_shown() {
    let mut world = World::new().await;
    for name in ["a", "b"] {
        world.group(name, "");
    }
    let _ = world.settle().await;
    for name in ["a", "b"] {
        world.group(name, "lifecycle: {state: absent}\n");
    }
    let report = world.settle().await;
    assert_eq!(held(&report).len(), 2, "two of two are more than one");
    let digest = report.plan.steps[0].digest.clone();
    let dir = world.dir.path().to_owned();
    let approval =
        |name: &str, digest: &str, expires: &str| {
            fs::write(dir.join(name), format!(
            "apiVersion: palisade.dev/v1alpha1\nkind: Approval\nmetadata: {{name: x}}\nspec: \
             {{digest: '{digest}', expires: '{expires}'}}\n"
        ))
        .unwrap();
        };
    approval("old.yaml", &digest, "2020-01-01T00:00:00Z");
    approval("stray.yaml", "0123456789ab", &in_a_day());
    approval("careless.yaml", &digest, "2999-01-01T00:00:00Z");
    let report = world.engine.pass().await;
    assert_eq!(held(&report).len(), 2);
    let why: Vec<_> = report.plan.unused_approvals.iter().map(|unused| unused.why).collect();
    let expected = [UnusedReason::TooFarAhead, UnusedReason::Expired, UnusedReason::NoSuchStep];
    assert_eq!(why, expected);
    fs::remove_file(dir.join("careless.yaml")).unwrap();
    approval("old.yaml", &digest, &in_a_day());
    world.simulator.clear_calls();
    let report = world.engine.pass().await;
    assert_eq!((held(&report).len(), report.plan.unused_approvals.len()), (1, 1));
    assert_eq!(world.writes(), ["DeleteSecurityGroup"]);
    // The other one does not slip through as the only one that is left, and consent is for once.
    let report = world.settle().await;
    assert_eq!(held(&report).len(), 1);
    let why: Vec<_> = report.plan.unused_approvals.iter().map(|unused| unused.why).collect();
    assert_eq!(why, [UnusedReason::Spent, UnusedReason::NoSuchStep]);
}

#[tokio::test(start_paused = true)]
async fn a_plan_is_not_carried_out_when_it_is_old_superseded_or_braked() {
    let (brake, generation) = (Brake::default(), Generation::default());
    let fresh = |generation: &Generation| Fresh {
        brake: brake.clone(),
        generation: generation.clone(),
        planned: generation.current(),
        observed: Instant::now(),
        read: Instant::now(),
        readings: Arc::new([("late".to_owned(), (Instant::now(), Instant::now()))].into()),
    };
    let anything = Address::new("prod", "SecurityGroup", "web");
    let plan = fresh(&generation);
    assert_eq!(plan.check(&anything), Ok(()));
    let later = Instant::now() + Duration::from_mins(1);
    let newer = Fresh { observed: later, read: later, ..plan.clone() };
    tokio::time::advance(Duration::from_secs(121)).await;
    assert_eq!(plan.check(&anything), Err(SkipReason::PlanTooOld));
    assert_eq!(newer.check(&anything), Ok(()));
    // What was read before the pass began is as old as its reading.
    let late = Address::new("late", "SecurityGroup", "web");
    assert_eq!(newer.check(&late), Err(SkipReason::PlanTooOld));
    // Reading may take longer than that, but not without end.
    for (minutes, may) in [(14, Ok(())), (16, Err(SkipReason::PlanTooOld))] {
        let plan = fresh(&generation);
        tokio::time::advance(Duration::from_mins(minutes)).await;
        let plan = Fresh { read: Instant::now(), ..plan };
        assert_eq!((plan.check(&anything), plan.check(&late)), (may.clone(), may), "{minutes}");
        tokio::time::advance(Duration::from_secs(121)).await;
        assert_eq!(plan.check(&anything), Err(SkipReason::PlanTooOld));
    }
    let plan = fresh(&generation);
    generation.advance();
    assert_eq!(plan.check(&anything), Err(SkipReason::DirectoryChanged));
    let plan = fresh(&generation);
    brake.engage();
    assert!(matches!(plan.check(&anything), Err(SkipReason::Brake { .. })));
}

#[tokio::test(start_paused = true)]
async fn a_plan_on_what_was_observed_before_its_lease_was_taken_is_not_carried_out() {
    let brake = Brake::default();
    let before = Instant::now();
    tokio::time::advance(Duration::from_secs(1)).await;
    let (leases, hand) = crate::lease::tests::holding(&["prod"]);
    brake.share(leases);
    let fresh = |began: Instant| Fresh {
        brake: brake.clone(),
        generation: Generation::default(),
        planned: Generation::default().current(),
        observed: Instant::now(),
        read: Instant::now(),
        readings: Arc::new([("prod".to_owned(), (began, Instant::now()))].into()),
    };
    let ours = Address::new("prod", "SecurityGroup", "web");
    assert_eq!(fresh(before).check(&ours), Err(SkipReason::PlanTooOld));
    assert_eq!(fresh(Instant::now()).check(&ours), Ok(()));
    let others = Address::new("others", "SecurityGroup", "web");
    let held = fresh(Instant::now()).check(&others);
    assert!(matches!(held, Err(SkipReason::Lease { .. })), "{held:?}");
    hand.advance(50);
    let late = fresh(Instant::now()).check(&ours);
    assert!(matches!(late, Err(SkipReason::Lease { .. })), "{late:?}");
}

#[tokio::test(start_paused = true)]
async fn under_the_brake_everything_is_reported_and_nothing_written() {
    let mut world = World::new().await;
    world.group("web", "");
    world.brake.engage();
    let report = world.settle().await;
    assert_eq!(report.plan.counts().reported, 1);
    assert_eq!(world.writes(), Vec::<String>::new());
    world.brake.release();
    assert!(world.settle().await.is_converged());
}

#[tokio::test(start_paused = true)]
async fn an_empty_directory_that_had_manifests_is_a_problem_and_the_last_good_one_stays() {
    let mut world = World::new().await;
    world.group("web", "");
    let _ = world.settle().await;
    fs::remove_file(world.dir.path().join("web.yaml")).unwrap();
    world.open_ssh(&world.group_id("web"));
    let report = world.settle().await;
    assert!(report.problems[0].message.contains("no manifest"), "{:?}", report.problems);
    assert_eq!(report.manifests.len(), 1);
    assert!(report.plan.steps.is_empty(), "drift is still corrected");
    assert!(!world.writes().contains(&"DeleteSecurityGroup".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn a_call_without_answer_ends_and_makes_only_its_kind_unknown() {
    let mut world = World::new().await;
    world.group("web", "");
    let _ = world.settle().await;
    world.simulator.inject(Fault::hang("DescribeSecurityGroups"));
    let begun = Instant::now();
    let report = world.engine.pass().await;
    assert!(begun.elapsed() <= Duration::from_mins(1), "{:?}", begun.elapsed());
    assert_eq!(report.plan.unknown.len(), 1);
    assert!(report.plan.steps.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_stop_ends_the_loop_within_five_seconds_and_no_write_begins_after_it() {
    for hanging in ["GetCallerIdentity", "DescribeSecurityGroups", "CreateSecurityGroup"] {
        let mut world = World::new().await;
        for name in ["a", "b", "c", "d", "e", "f", "g", "h"] {
            world.group(name, "");
        }
        world.simulator.inject(Fault::hang(hanging));
        let (stop, poke) = (CancellationToken::new(), Notify::new());
        let (simulator, brake) = (world.simulator.clone(), world.brake.clone());
        let signal = async {
            tokio::time::sleep(Duration::from_secs(3)).await;
            stop.cancel();
            (Instant::now(), simulator.calls().len())
        };
        let looping = async {
            super::run(&mut world.engine, &brake, &stop, &poke, |_: &Engine, _: &Arc<Report>| {})
                .await;
            Instant::now()
        };
        let (ended, (signalled, calls)) = tokio::join!(looping, signal);
        // A pass that only reads is dropped at once.
        let most = Duration::from_secs(if hanging.starts_with("Create") { 5 } else { 0 });
        assert!(ended - signalled <= most, "{hanging}: {:?}", ended - signalled);
        let after: Vec<_> =
            simulator.calls()[calls..].iter().filter(|c| c.mutating).cloned().collect();
        assert!(after.is_empty(), "{hanging}: {after:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_panic_in_one_kind_does_not_keep_the_others_from_their_work() {
    for place in ["resolve", "observe", "create"] {
        let registry = kinds::registry().with::<fragile::Fragile, fragile::Panics>();
        let mut world = World::with(SETTINGS, registry).await;
        world.group("web", "");
        world.write(
            "fragile.yaml",
            &format!(
                "apiVersion: palisade.dev/v1alpha1\nkind: Fragile\nmetadata: {{name: f}}\nspec: \
             {{panics: {place}}}\n"
            ),
        );
        let report = world.engine.pass().await;
        if place == "resolve" {
            // Loading resolves too: then the directory cannot be used, and says so.
            assert!(
                report.problems[0].message.contains("palisade failed while checking"),
                "{report:?}"
            );
            continue;
        }
        let done = report.results.iter().any(|result| {
            result.address.name == "web" && matches!(result.outcome, Outcome::Done { .. })
        });
        assert!(done, "{place}: {:?}", report.results);
        let reported = report.plan.unknown.iter().any(|unknown| unknown.kind == "Fragile")
            || report.failures().any(|result| result.address.kind == "Fragile");
        assert!(reported, "{place}: {report:?}");
    }
}

/// The shipped directory, in accounts whose roles have the name that its exemptions expect, or
/// another one.
async fn shipped(role: &str) -> Report {
    let simulator = Simulator::new(example::organization_options());
    example::accounts(&simulator).unwrap();
    let text = example::PLATFORM_SETTINGS.replace(":role/palisade", &format!(":role/{role}"));
    let settings = Settings::parse(&text, &Overrides::default()).unwrap();
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("desired-state");
    let brake = Brake::default();
    let mut engine = engine(&simulator, settings, kinds::registry(), &dir, &brake).await;
    engine.pass().await
}

/// The reasons that are lock-outs.
fn lockouts(report: &Report) -> Vec<String> {
    held(report).into_iter().filter(|why| why.contains("palisade's own role")).collect()
}

#[tokio::test(start_paused = true)]
async fn the_shipped_directory_is_let_through_for_the_role_that_it_exempts() {
    let report = shipped("palisade").await;
    assert_eq!(lockouts(&report), Vec::<String>::new());
    assert!(report.plan.counts().create >= 5, "{:?}", report.plan.counts());
}

#[tokio::test(start_paused = true)]
async fn the_shipped_directory_is_held_and_explained_for_another_role() {
    let reasons = lockouts(&shipped("deployer").await).join("\n");
    let expected = "palisade's own role arn:aws:iam::111122223333:role/deployer";
    assert!(
        reasons.contains(expected) && reasons.contains("s3:PutBucketPublicAccessBlock"),
        "{reasons}"
    );
    assert!(reasons.contains("exempt it in the policy, or approve"), "{reasons}");
}

#[tokio::test(start_paused = true)]
async fn a_directory_that_goes_back_to_an_older_commit_is_followed() {
    let mut world = World::new().await;
    world.group("web", "");
    let old = fs::read_to_string(world.dir.path().join("web.yaml")).unwrap();
    let _ = world.settle().await;
    world.write(
        "web.yaml",
        &old.replace("ingress: []", "ingress: [{protocol: tcp, ports: 443, from: [10.0.0.0/16]}]"),
    );
    assert!(world.settle().await.is_converged());
    world.write("web.yaml", &old);
    let report = world.settle().await;
    assert!(report.is_converged());
    let found = world.ec2("DescribeSecurityGroups", &json!({"GroupId": [world.group_id("web")]}));
    assert_eq!(found["securityGroupInfo"][0]["ipPermissions"], json!([]), "{found}");
}
