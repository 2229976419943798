//! Roles: written only within the bounds of the settings, created and widened only with an approval.

mod policies;

use std::{collections::BTreeSet, fs, time::Duration};

use palisade::{
    engine::{Engine, Report},
    settings::{Overrides, Settings},
    simulator::{Effect, Fault, Lie, example},
};
use serde_json::{Value, json};

use crate::{
    cli::palisade,
    iam::{denied, permit},
    world::{World, conflict, held, list, steps, string, until_quiet},
};

const JOBS: &str = "ml-prod/AWS::IAM::Role/jobs";
const BOUNDARY: &str = "arn:aws:iam::111122223333:policy/ml-boundary";
const READ_ONLY: &str = "arn:aws:iam::aws:policy/ReadOnlyAccess";
const ADMINISTRATOR: &str = "arn:aws:iam::aws:policy/AdministratorAccess";
const IDENTITY: &str =
    "identity: {path: /ml/, boundary: 'arn:aws:iam::${scope.account}:policy/ml-boundary'}\n";

fn document(statement: &Value) -> Value {
    json!({"Version": "2012-10-17", "Statement": [statement]})
}

fn trust(service: &str) -> Value {
    document(&json!({
        "Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"
    }))
}

fn inline(action: &str) -> Value {
    let statement = json!({"Effect": "Allow", "Action": action, "Resource": "*"});
    json!([{"PolicyName": "own", "PolicyDocument": document(&statement)}])
}

/// What the manifest of the role `jobs` says, as far as a test does not say it otherwise.
fn properties(more: &Value) -> Value {
    let mut properties = json!({
        "RoleName": "jobs", "Path": "/ml/", "PermissionsBoundary": BOUNDARY,
        "AssumeRolePolicyDocument": trust("sagemaker.amazonaws.com"),
        "ManagedPolicyArns": [READ_ONLY], "Policies": inline("s3:GetObject"),
    });
    for (name, value) in more.as_object().expect("properties") {
        properties[name] = value.clone();
    }
    properties
}

fn manifest(lifecycle: &str, spec: &Value) -> String {
    format!(
        "---\napiVersion: palisade.dev/v1alpha1\nkind: AWS::IAM::Role\n\
         metadata: {{name: jobs, scope: ml-prod}}\nlifecycle: {{{lifecycle}}}\nspec: {spec}\n"
    )
}

fn role(lifecycle: &str, more: &Value) -> String {
    manifest(lifecycle, &json!({"tags": {"team": "ml"}, "properties": properties(more)}))
}

/// A world whose settings give identity bounds, and that has the boundary.
fn world(manifests: &str) -> World {
    let mut world = World::with(manifests);
    let text = format!("{}{IDENTITY}", example::SETTINGS);
    world.settings = Settings::parse(&text, &Overrides::default()).expect("settings");
    let all = document(&json!({"Effect": "Allow", "Action": "s3:*", "Resource": "*"}));
    let boundary = json!({"PolicyName": "ml-boundary", "PolicyDocument": all.to_string()});
    world.aws("iam", "CreatePolicy", &boundary);
    world.calls();
    world
}

/// Carries out what is held for an address, with an approval of exactly that.
async fn approved(world: &World, address: &str) -> Engine {
    let report = world.engine().await.pass().await;
    let digest = held(&report, address).0.digest.clone();
    let mut engine = world.engine_approving(&[&digest]).await;
    in_the_end(&mut engine).await;
    engine
}

/// The role, made with an approval, and the process that made it.
async fn made(more: &Value) -> (World, Engine) {
    let world = world(&role("", more));
    let mut engine = approved(&world, JOBS).await;
    until_quiet(&mut engine).await.in_order();
    world.calls();
    (world, engine)
}

/// As [`until_quiet`], through the pauses after failures.
async fn in_the_end(engine: &mut Engine) -> Vec<Report> {
    let mut reports = Vec::new();
    for _ in 0..4 {
        reports.extend(until_quiet(engine).await.reports);
        a_while(901).await;
    }
    reports
}

async fn a_while(seconds: u64) {
    tokio::time::advance(Duration::from_secs(seconds)).await;
}

fn live(world: &World) -> Value {
    world.aws("iam", "GetRole", &json!({"RoleName": "jobs"}))["Role"].clone()
}

fn attached(world: &World) -> BTreeSet<String> {
    let answer = world.aws("iam", "ListAttachedRolePolicies", &json!({"RoleName": "jobs"}));
    list(&answer, "AttachedPolicies").iter().map(|it| string(it, "PolicyArn")).collect()
}

async fn problems(world: &World) -> String {
    format!("{:?}", world.engine().await.pass().await.problems)
}

#[tokio::test(start_paused = true)]
async fn without_the_setting_no_role_is_written_and_one_that_only_observes_is_reported() {
    let world = World::with(&role("", &json!({})));
    let found = problems(&world).await;
    assert!(found.contains("path: \"kind\"") && found.contains("mode: observe"), "{found}");
    world.write("main.yaml", role("state: absent", &json!({})));
    assert!(problems(&world).await.contains("gives permissions"), "nor is one deleted");
    world.write(
        "main.yaml",
        role("mode: observe", &json!({"Path": "/", "PermissionsBoundary": null})),
    );
    let mut engine = world.engine().await;
    let report = until_quiet(&mut engine).await.last().clone();
    assert!(report.problems.is_empty(), "{:?}", report.problems);
    assert_eq!(steps(&report, JOBS).len(), 1);
    assert_eq!(world.writes(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn a_role_outside_of_the_bounds_is_refused_with_every_place() {
    let world = world(&role("", &json!({"Path": "/", "PermissionsBoundary": READ_ONLY})));
    let found = problems(&world).await;
    for place in ["spec.properties.Path", "spec.properties.PermissionsBoundary"] {
        assert!(found.contains(place), "{place}: {found}");
    }
    assert!(found.contains("write /ml/ or a path below it"), "{found}");
    let mut spec = properties(&json!({}));
    let members = spec.as_object_mut().expect("properties");
    members.remove("Path");
    members.remove("PermissionsBoundary");
    world.write("main.yaml", manifest("", &json!({"properties": spec})));
    assert_eq!(problems(&world).await.matches("is missing").count(), 2);
    world.write("main.yaml", role("", &json!({"Path": "/ml/jobs/"})));
    assert_eq!(problems(&world).await, "[]");
}

#[tokio::test(start_paused = true)]
async fn no_manifest_names_a_role_that_palisade_assumes() {
    for name in ["palisade", "Palisade"] {
        let world = world(&role("", &json!({"RoleName": name})));
        let found = problems(&world).await;
        assert!(found.contains("palisade itself"), "{found}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_role_is_made_once_and_only_with_an_approval() {
    let world = world(&role("", &json!({})));
    let mut engine = world.engine().await;
    let quiet = until_quiet(&mut engine).await;
    let (_, why) = held(quiet.last(), JOBS);
    assert!(why.contains("creates identity"), "{why}");
    assert_eq!(world.writes(), [""; 0]);
    let mut engine = approved(&world, JOBS).await;
    until_quiet(&mut engine).await.in_order();
    assert_eq!(world.writes(), ["CreateResource"]);
    let role = live(&world);
    assert_eq!(role["Arn"], "arn:aws:iam::111122223333:role/ml/jobs");
    assert_eq!(role["PermissionsBoundary"]["PermissionsBoundaryArn"], BOUNDARY);
    let tags = role["Tags"].to_string();
    assert!(tags.contains(JOBS) && tags.contains("team"), "{tags}");
    let mut another = world.engine().await;
    until_quiet(&mut another).await.in_order();
    assert_eq!(world.writes(), [""; 0], "another process finds it");
}

#[tokio::test(start_paused = true)]
async fn what_somebody_gives_a_role_is_taken_away_without_asking() {
    let (world, mut engine) = made(&json!({})).await;
    for attack in [
        ("AttachRolePolicy", json!({"RoleName": "jobs", "PolicyArn": ADMINISTRATOR})),
        (
            "UpdateAssumeRolePolicy",
            json!({
                "RoleName": "jobs",
                "PolicyDocument": document(&json!({
                    "Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"
                })).to_string()
            }),
        ),
        (
            "PutRolePolicy",
            json!({
                "RoleName": "jobs", "PolicyName": "more",
                "PolicyDocument": inline("*")[0]["PolicyDocument"].to_string()
            }),
        ),
        ("DeleteRolePermissionsBoundary", json!({"RoleName": "jobs"})),
    ] {
        let before = live(&world);
        world.aws("iam", attack.0, &attack.1);
        world.calls();
        until_quiet(&mut engine).await.in_order();
        assert_eq!(world.writes(), ["UpdateResource"], "{}", attack.0);
        assert_eq!(live(&world), before, "{}", attack.0);
        assert_eq!(attached(&world), BTreeSet::from([READ_ONLY.to_owned()]));
        a_while(3600).await;
    }
}

#[tokio::test(start_paused = true)]
async fn what_somebody_takes_from_a_role_is_given_back_with_an_approval_only() {
    let (world, mut engine) = made(&json!({})).await;
    world.aws("iam", "DetachRolePolicy", &json!({"RoleName": "jobs", "PolicyArn": READ_ONLY}));
    world.calls();
    let quiet = until_quiet(&mut engine).await;
    let (_, why) = held(quiet.last(), JOBS);
    assert!(why.contains("gives an identity more"), "{why}");
    assert_eq!(world.writes(), [""; 0]);
    approved(&world, JOBS).await;
    assert_eq!(attached(&world), BTreeSet::from([READ_ONLY.to_owned()]));
}

#[tokio::test(start_paused = true)]
async fn what_tightens_goes_and_what_loosens_beside_it_is_held() {
    let (world, _) = made(&json!({"MaxSessionDuration": 7200})).await;
    let changed =
        json!({"MaxSessionDuration": 3600, "ManagedPolicyArns": [READ_ONLY, ADMINISTRATOR]});
    world.write("main.yaml", role("", &changed));
    let mut engine = world.engine().await;
    let quiet = until_quiet(&mut engine).await;
    held(quiet.last(), JOBS);
    assert_eq!(world.writes(), ["UpdateResource"]);
    assert_eq!(live(&world)["MaxSessionDuration"], 3600);
    assert_eq!(attached(&world).len(), 1);
    approved(&world, JOBS).await;
    assert_eq!(attached(&world).len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_role_that_is_adopted_from_outside_of_the_path_is_never_changed() {
    let world = world(&role("adopt: jobs", &json!({})));
    let theirs = json!({"RoleName": "jobs", "AssumeRolePolicyDocument": trust("ec2.amazonaws.com").to_string()});
    world.aws("iam", "CreateRole", &theirs);
    world.calls();
    let report = world.engine().await.pass().await;
    let digests: Vec<String> =
        steps(&report, JOBS).iter().map(|step| step.digest.clone()).collect();
    assert!(!digests.is_empty());
    let digests: Vec<&str> = digests.iter().map(String::as_str).collect();
    let mut engine = world.engine_approving(&digests).await;
    let quiet = until_quiet(&mut engine).await;
    let (step, why) = held(quiet.last(), JOBS);
    assert!(!step.can_be_approved(), "{why}");
    assert_eq!(world.writes(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn a_role_is_adopted_and_gets_the_boundary_before_anything_else() {
    let world = world(&role("adopt: jobs", &json!({})));
    let theirs = json!({
        "RoleName": "jobs", "Path": "/ml/",
        "AssumeRolePolicyDocument": trust("sagemaker.amazonaws.com").to_string()
    });
    world.aws("iam", "CreateRole", &theirs);
    world.calls();
    let mut engine = world.engine().await;
    let quiet = until_quiet(&mut engine).await;
    held(quiet.last(), JOBS);
    let role = live(&world);
    assert_eq!(role["PermissionsBoundary"]["PermissionsBoundaryArn"], BOUNDARY);
    assert!(role["Tags"].to_string().contains(JOBS));
    assert!(attached(&world).is_empty(), "what it is to be allowed needs an approval");
}

#[tokio::test(start_paused = true)]
async fn tags_of_a_role_are_changed_by_iam_and_those_of_others_stay() {
    let (world, _) = made(&json!({})).await;
    let theirs = json!([{"Key": "cost", "Value": "7"}]);
    world.aws("iam", "TagRole", &json!({"RoleName": "jobs", "Tags": theirs}));
    world.edit("main.yaml", "\"team\":\"ml\"", "\"team\":null,\"unit\":\"data\"");
    world.calls();
    let mut engine = world.engine().await;
    until_quiet(&mut engine).await.in_order();
    assert_eq!(world.writes(), ["TagRole", "UntagRole"]);
    let tags = live(&world)["Tags"].to_string();
    assert!(tags.contains("cost") && tags.contains("unit") && !tags.contains("team"), "{tags}");
}

#[tokio::test(start_paused = true)]
async fn a_role_whose_manifest_is_gone_is_an_orphan_for_every_later_process() {
    let (world, _) = made(&json!({})).await;
    let other = properties(&json!({"RoleName": "other"}));
    let other = manifest("", &json!({"properties": other})).replace("name: jobs", "name: other");
    world.write("main.yaml", other);
    let report = world.engine().await.pass().await;
    let orphans: Vec<_> = report.plan.orphans.iter().map(|it| it.address.to_string()).collect();
    assert_eq!(orphans, [JOBS]);
}

#[tokio::test(start_paused = true)]
async fn a_tombstone_deletes_a_role_and_an_instance_that_uses_it_keeps_it() {
    let (world, _) = made(&json!({})).await;
    let profile = json!({"InstanceProfileName": "machines"});
    world.aws("iam", "CreateInstanceProfile", &profile);
    let uses = json!({"InstanceProfileName": "machines", "RoleName": "jobs"});
    world.aws("iam", "AddRoleToInstanceProfile", &uses);
    world.write("main.yaml", role("state: absent", &json!({})));
    let mut engine = world.engine().await;
    let quiet = until_quiet(&mut engine).await;
    assert!(!quiet.last().is_converged());
    assert_eq!(live(&world)["RoleName"], "jobs");
    world.aws("iam", "RemoveRoleFromInstanceProfile", &uses);
    in_the_end(&mut engine).await;
    assert_eq!(list(&world.aws("iam", "ListRoles", &json!({})), "Roles").len(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_role_of_somebody_else_is_a_conflict_whatever_a_failed_create_says() {
    let world = world(&role("", &json!({})));
    let theirs = json!({"RoleName": "jobs", "AssumeRolePolicyDocument": trust("ec2.amazonaws.com").to_string()});
    world.aws("iam", "CreateRole", &theirs);
    world.calls();
    let mut engine = world.engine().await;
    let quiet = until_quiet(&mut engine).await;
    let why = conflict(quiet.last(), JOBS);
    assert!(why.contains("carries no claim"), "{why}");
    assert_eq!(world.writes(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn whatever_aws_says_of_a_create_there_is_one_role_and_it_is_as_wanted() {
    for effect in [
        Effect::LoseAnswer,
        Effect::Lie(Lie::Fails("Throttling")),
        Effect::Lie(Lie::FailsThough("AlreadyExists")),
        Effect::Lie(Lie::FailsThough("AccessDenied")),
        Effect::Lie(Lie::FailsHalfway("InternalFailure")),
        Effect::Lie(Lie::NamesAnother),
        Effect::Lie(Lie::Hides(Duration::from_mins(1))),
    ] {
        let said = format!("{effect:?}");
        let world = world(&role("", &json!({})));
        let report = world.engine().await.pass().await;
        let digest = held(&report, JOBS).0.digest.clone();
        world.simulator.inject(Fault::new("CreateResource", effect).nth(1));
        let mut engine = world.engine_approving(&[&digest]).await;
        in_the_end(&mut engine).await;
        // What was made by half is completed with further approvals.
        for _ in 0..2 {
            let report = engine.pass().await;
            let rest: Vec<_> = steps(&report, JOBS).iter().map(|it| it.digest.clone()).collect();
            let rest: Vec<&str> = rest.iter().map(String::as_str).collect();
            if rest.is_empty() {
                break;
            }
            engine = world.engine_approving(&rest).await;
            in_the_end(&mut engine).await;
        }
        until_quiet(&mut engine).await.in_order();
        let roles = list(&world.aws("iam", "ListRoles", &json!({})), "Roles");
        assert_eq!(roles.len(), 1, "{said}");
        assert_eq!(attached(&world), BTreeSet::from([READ_ONLY.to_owned()]), "{said}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_domain_and_a_text_refer_to_a_role_by_its_arn_with_its_path() {
    let domain = "---\napiVersion: palisade.dev/v1alpha1\nkind: SageMakerDomain\n\
         metadata: {name: studio, scope: ml-prod}\n\
         spec: {authMode: IAM, vpc: {lookup: {tags: {Name: ml}}}, subnets: {lookup: {tags: {tier: private}}}, \
         appNetworkAccessType: PublicInternetOnly, \
         defaultUserSettings: {executionRole: {ref: jobs}}}\n\
         ---\napiVersion: palisade.dev/v1alpha1\nkind: SecurityGroup\n\
         metadata: {name: apps, scope: ml-prod}\n\
         spec: {description: apps, vpc: {lookup: {tags: {Name: ml}}}, \
         tags: {role: \"${AWS::IAM::Role/jobs.Arn}\"}}\n";
    let (world, _) = made(&json!({})).await;
    world.write("main.yaml", format!("{}{domain}", role("", &json!({}))));
    let mut engine = world.engine().await;
    until_quiet(&mut engine).await.in_order();
    let made = world.sagemaker("DescribeDomain", &json!({"DomainId": world.domain()}));
    let arn = "arn:aws:iam::111122223333:role/ml/jobs";
    assert_eq!(made["DefaultUserSettings"]["ExecutionRole"], arn);
    let group = &world.groups("apps")[0];
    assert!(group.to_string().contains(arn), "{group}");
}

/// What the program prints for the account of machine learning.
fn printed(world: &World) -> Value {
    let place = tempfile::tempdir().expect("a directory");
    let settings = place.path().join("palisade.yaml");
    fs::write(&settings, format!("{}{IDENTITY}", example::SETTINGS)).expect("written");
    let mut command = palisade();
    command.arg("--settings").arg(&settings).arg("iam-policy").arg(world.dir());
    let output = command.output().expect("it runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice::<Value>(&output.stdout).expect("JSON")["ml-prod"].clone()
}

#[tokio::test(start_paused = true)]
async fn iam_policy_lets_palisade_write_roles_below_the_path_and_with_the_boundary_only() {
    let world = world(&role("", &json!({})));
    let printed = printed(&world);
    let all = printed.as_object().expect("documents").values();
    let statements: Vec<&Value> =
        all.flat_map(|it| it["Statement"].as_array().expect("statements")).collect();
    let writes = ["Create", "Put", "Attach", "Update", "Delete", "Detach", "Tag", "Untag"];
    let mut seen = 0;
    for statement in statements {
        let actions = statement["Action"].as_array().expect("actions").iter();
        let mut actions = actions.filter_map(|action| action.as_str()?.strip_prefix("iam:"));
        if !actions.any(|it| writes.iter().any(|verb| it.starts_with(verb))) {
            continue;
        }
        seen += 1;
        assert_eq!(statement["Resource"], "arn:aws:iam::111122223333:role/ml/*");
        let tags = statement["Action"].to_string().contains("agRole");
        let boundary = &statement["Condition"]["StringEquals"]["iam:PermissionsBoundary"];
        assert!(tags || *boundary == BOUNDARY, "{statement:#}");
    }
    assert!(seen > 1, "{printed:#}");
}

#[tokio::test(start_paused = true)]
async fn the_life_of_a_role_needs_no_more_than_what_is_printed() {
    let world = world(&role("", &json!({})));
    let policies = serde_json::from_value(printed(&world)).expect("policies");
    permit(&world, &[(example::ML_ACCOUNT.to_owned(), policies)].into());
    let mut engine = approved(&world, JOBS).await;
    until_quiet(&mut engine).await.in_order();
    world.aws("iam", "AttachRolePolicy", &json!({"RoleName": "jobs", "PolicyArn": ADMINISTRATOR}));
    world.aws("iam", "DeleteRolePermissionsBoundary", &json!({"RoleName": "jobs"}));
    let theirs = json!([{"Key": "team", "Value": "x"}]);
    world.aws("iam", "TagRole", &json!({"RoleName": "jobs", "Tags": theirs}));
    until_quiet(&mut engine).await.in_order();
    let other = json!({
        "Description": "d", "MaxSessionDuration": 3600, "Policies": [], "ManagedPolicyArns": [],
        "AssumeRolePolicyDocument": trust("glue.amazonaws.com"),
    });
    world.write("main.yaml", role("", &other));
    approved(&world, JOBS).await;
    world.write("main.yaml", role("state: absent", &json!({})));
    until_quiet(&mut world.engine().await).await.in_order();
    assert_eq!(list(&world.aws("iam", "ListRoles", &json!({})), "Roles").len(), 0);
    assert_eq!(denied(&world), BTreeSet::new());
}
