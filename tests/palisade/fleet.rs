//! Sets of scopes: one manifest stands for one resource in each account and Region of a set.

use std::{sync::Arc, time::Duration};

use palisade::{
    aws::{Connection, Guard},
    engine::{self, Engine, Options, Report, connect_all},
    kinds,
    plan::Verdict,
    settings::{Overrides, Settings},
    simulator::example,
};
use serde_json::{Value, json};
use tokio::{sync::Notify, time::sleep};
use tokio_util::sync::CancellationToken;

use crate::world::{World, conflict, string, until_quiet};

const OTHER: &str = "444455556666";
const IRELAND: &str = "eu-west-1";
const FRANKFURT: &str = "eu-central-1";

/// The settings of the example, and sets of accounts.
fn settings(sets: &str) -> Settings {
    let text = format!(
        "{}identity: {{path: /ml/, boundary: 'arn:aws:iam::${{scope.account}}:policy/ml'}}\n{sets}",
        example::SETTINGS
    );
    Settings::parse(&text, &Overrides::default()).expect("the settings are understood")
}

fn set(name: &str, accounts: &str) -> String {
    format!(
        "  {name}:\n    accounts: [{accounts}]\n    regions: [{IRELAND}, {FRANKFURT}]\n    homeRegion: {IRELAND}\n    \
         assumeRole: {{roleName: palisade, externalId: demo}}\n    vars: {{days: '365'}}\n    varsByAccount: {{'{OTHER}': \
         {{days: '180'}}}}\n"
    )
}

/// The other account, and a third one.
fn fleet() -> String {
    format!("scopeSets:\n{}", set("ml", &format!("'{OTHER}', '777788889999'")))
}

fn world(manifests: &str) -> World {
    let mut world = World::with(manifests);
    world.settings = settings(&fleet());
    world
}

fn key(metadata: &str, more: &str) -> String {
    format!(
        "---\napiVersion: palisade.dev/v1alpha1\nkind: KmsKey\nmetadata: {{name: data, {metadata}}}\nlifecycle: {{deletion: \
         delete}}\nspec:\n  aliases: [alias/data]\n  rotation: {{periodDays: \"${{var.days}}\"}}\n  policy: {{Version: \
         \"2012-10-17\", Statement: [{{Effect: Allow, Principal: {{AWS: \"arn:aws:iam::${{scope.account}}:root\"}}, Action: \
         \"kms:*\", Resource: \"*\"}}]}}\n{more}"
    )
}

fn ask(world: &World, account: &str, region: &str, operation: &str, input: &Value) -> Value {
    let answer = world.simulator.with(|world| world.act(account, region, "kms", operation, input));
    answer.expect("KMS answers")
}

fn days(world: &World, account: &str, region: &str) -> Value {
    let key = ask(world, account, region, "DescribeKey", &json!({"KeyId": "alias/data"}));
    let id = string(&key["KeyMetadata"], "KeyId");
    ask(world, account, region, "GetKeyRotationStatus", &json!({"KeyId": id}))["RotationPeriodInDays"].clone()
}

#[tokio::test(start_paused = true)]
async fn one_manifest_stands_for_a_resource_in_each_account_and_region_of_its_set() {
    let world = world(&key("scopeSet: ml", ""));
    let mut engine = world.engine().await;
    let quiet = until_quiet(&mut engine).await;
    let places: Vec<&String> = quiet.in_order().scopes.keys().collect();
    assert_eq!(
        places,
        [
            "444455556666.eu-central-1",
            "444455556666.eu-west-1",
            "777788889999.eu-central-1",
            "777788889999.eu-west-1",
        ]
    );
    for region in [IRELAND, FRANKFURT] {
        assert_eq!(days(&world, OTHER, region), 180, "the account's own value");
        assert_eq!(days(&world, "777788889999", region), 365, "the set's");
    }
    assert!(engine.pass().await.is_converged());
}

#[tokio::test(start_paused = true)]
async fn a_manifest_for_one_scope_holds_there_instead() {
    let own = key(&format!("scope: {OTHER}.{FRANKFURT}"), "").replace("\"${var.days}\"", "90");
    for manifests in [key("scopeSet: ml", "") + &own, own.clone() + &key("scopeSet: ml", "")] {
        let world = world(&manifests);
        let mut engine = world.engine().await;
        until_quiet(&mut engine).await.in_order();
        assert_eq!(days(&world, OTHER, FRANKFURT), 90);
        assert_eq!(days(&world, OTHER, IRELAND), 180);
    }
}

#[tokio::test(start_paused = true)]
async fn what_two_sets_declare_is_a_conflict_there_and_nowhere_else() {
    let mut world = World::with(&(key("scopeSet: ml", "") + &key("scopeSet: more", "")));
    let sets = format!("{}{}", fleet(), set("more", &format!("'{OTHER}'")));
    world.settings = settings(&sets);
    let mut engine = world.engine().await;
    let report = until_quiet(&mut engine).await;
    let why = conflict(report.last(), &format!("{OTHER}.{IRELAND}/KmsKey/data"));
    assert!(why.contains("another set of scopes declares it too"), "{why}");
    assert_eq!(report.last().plan.conflicts.len(), 2);
    assert_eq!(days(&world, "777788889999", IRELAND), 365);
    let none = ask(&world, OTHER, IRELAND, "ListAliases", &json!({}));
    assert!(!none.to_string().contains("alias/data"), "{none}");
}

#[tokio::test(start_paused = true)]
async fn an_account_that_leaves_its_set_is_left_as_it_is() {
    let mut world = world(&key("scopeSet: ml", ""));
    until_quiet(&mut world.engine().await).await.in_order();
    world.writes();
    let sets = format!("scopeSets:\n{}prune: automatic\n", set("ml", &format!("'{OTHER}'")));
    world.settings = settings(&sets);
    let mut engine = world.engine().await;
    let quiet = until_quiet(&mut engine).await;
    let left = |scope: &String| scope.starts_with("7777");
    assert!(!quiet.last().scopes.keys().any(left), "it is not even asked");
    assert_eq!(world.writes(), [""; 0]);
    assert_eq!(days(&world, "777788889999", IRELAND), 365);
}

#[tokio::test(start_paused = true)]
async fn what_exists_once_an_account_is_declared_in_its_home_region_and_referred_to_from_all() {
    let role = "---\napiVersion: palisade.dev/v1alpha1\nkind: AWS::IAM::Role\nmetadata: {name: jobs, scopeSet: ml}\nspec:\n  \
                properties:\n    RoleName: jobs\n    Path: /ml/\n    PermissionsBoundary: \
                arn:aws:iam::${scope.account}:policy/ml\n    AssumeRolePolicyDocument:\n      Version: \"2012-10-17\"\n      \
                Statement: [{Effect: Allow, Principal: {Service: sagemaker.amazonaws.com}, Action: sts:AssumeRole, Condition: \
                {StringEquals: {aws:SourceAccount: \"${scope.account}\"}}}]\n";
    let use_it = key("scopeSet: ml", "").replace(
        "Statement: [",
        "Statement: [{Effect: Allow, Principal: {AWS: \"${AWS::IAM::Role/jobs.Arn}\"}, Action: kms:Decrypt, Resource: \"*\"}, ",
    );
    let world = world(&format!("{role}{use_it}"));
    let all = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]});
    let boundary = json!({"PolicyName": "ml", "PolicyDocument": all.to_string()});
    for account in [OTHER, "777788889999"] {
        let made = world
            .simulator
            .with(|world| world.act(account, IRELAND, "iam", "CreatePolicy", &boundary));
        made.expect("IAM makes it");
    }
    let quiet = until_quiet(&mut world.engine().await).await;
    let held = quiet.last().plan.steps.iter().filter(|step| step.can_be_approved());
    let digests: Vec<String> = held.map(|step| step.digest.clone()).collect();
    assert_eq!(digests.len(), 2, "a role an account, which a person has to approve");
    let digests: Vec<&str> = digests.iter().map(String::as_str).collect();
    let mut engine = world.engine_approving(&digests).await;
    let quiet = until_quiet(&mut engine).await;
    quiet.in_order();
    let declared: Vec<String> = quiet.last().plan.in_sync.iter().map(ToString::to_string).collect();
    let roles: Vec<&String> = declared.iter().filter(|it| it.contains("Role")).collect();
    assert_eq!(
        roles,
        [
            "444455556666.eu-west-1/AWS::IAM::Role/jobs",
            "777788889999.eu-west-1/AWS::IAM::Role/jobs"
        ]
    );
    let held = quiet.last().plan.steps.iter().any(|step| !matches!(step.verdict, Verdict::Go));
    assert!(!held, "{}", palisade::plan::render::text(&quiet.last().plan));
    for region in [IRELAND, FRANKFURT] {
        let key = ask(&world, OTHER, region, "DescribeKey", &json!({"KeyId": "alias/data"}));
        let id = string(&key["KeyMetadata"], "KeyId");
        let policy = ask(&world, OTHER, region, "GetKeyPolicy", &json!({"KeyId": id}));
        assert!(policy.to_string().contains("arn:aws:iam::444455556666:role/ml/jobs"), "{policy}");
    }
}

/// Whether the key of the account in Frankfurt is enabled.
fn is_enabled(world: &World, account: &str) -> bool {
    let key = ask(world, account, FRANKFURT, "DescribeKey", &json!({"KeyId": "alias/data"}));
    key["KeyMetadata"]["Enabled"] == true
}

#[tokio::test(start_paused = true)]
async fn a_scope_that_joins_a_set_is_listened_to_and_one_that_leaves_it_is_not() {
    const MINUTE: Duration = Duration::from_mins(1);
    let account = example::ML_ACCOUNT;
    let mut world = World::with(&key("scopeSet: ml", ""));
    let url = "https://sqs.${scope.region}.amazonaws.com/${scope.account}/palisade-events";
    world.settings = settings(&format!("{}    events: {{queueUrl: '{url}'}}\n", organization()));
    (world.settings.interval, world.settings.event_interval) = (10 * MINUTE, 10 * MINUTE);
    let queue = world.simulator.with(|world| {
        world.options.events.on = true;
        world.sqs.create((account, FRANKFURT), "palisade-events")
    });
    let (unit, root) = (parent(&world, account), world.root());
    move_account(&world, account, &unit, &root);
    let guard = Guard::writing(world.brake.clone());
    let own = guard.own();
    let options = Options { write: true, ..Options::default() };
    let mut engine = world.engine_with(guard, options).await;
    let listener = engine.listen(own).expect("a set has queues");
    let (stop, poke) = (CancellationToken::new(), Notify::new());
    let people = async {
        sleep(MINUTE).await;
        move_account(&world, account, &root, &unit);
        // The next pass finds it, and makes its key.
        sleep(12 * MINUTE).await;
        let id = string(
            &ask(&world, account, FRANKFURT, "DescribeKey", &json!({"KeyId": "alias/data"}))["KeyMetadata"],
            "KeyId",
        );
        let disable = || ask(&world, account, FRANKFURT, "DisableKey", &json!({"KeyId": id}));
        disable();
        sleep(Duration::from_secs(5)).await;
        assert!(is_enabled(&world, account), "its event is noticed, though it joined late");

        move_account(&world, account, &unit, &root);
        sleep(25 * MINUTE).await;
        disable();
        sleep(15 * MINUTE).await;
        assert!(!is_enabled(&world, account), "it is left alone");
        let left = world.simulator.with(|world| world.sqs.depth(&queue));
        assert!(left.0 > 0, "its queue is read no more: {left:?}");
    };
    let brake = world.brake.clone();
    tokio::select! {
        () = engine::run(&mut engine, &brake, &stop, &poke, |_: &Engine, _: &Arc<Report>| {}) => {
            panic!("it ended")
        }
        () = listener.run() => panic!("the listener ended"),
        () = people => {}
    }
}

/// The accounts below a unit, in Frankfurt.
fn organization() -> String {
    format!(
        "scopeSets:\n  ml:\n    organization: {{scope: org, units: ['ou:/Workloads/ML']}}\n    regions: [{FRANKFURT}]\n    \
         assumeRole: {{roleName: palisade}}\n    vars: {{days: '365'}}\n"
    )
}

fn move_account(world: &World, account: &str, from: &str, to: &str) {
    let input = json!({"AccountId": account, "SourceParentId": from, "DestinationParentId": to});
    world.organizations("MoveAccount", &input);
}

fn parent(world: &World, child: &str) -> String {
    let parents = world.organizations("ListParents", &json!({"ChildId": child}));
    string(&parents["Parents"][0], "Id")
}

#[tokio::test(start_paused = true)]
async fn an_account_joins_with_its_unit_and_is_left_alone_once_it_has_left_it() {
    let mut world = World::with(&key("scopeSet: ml", ""));
    world.settings = settings(&format!("prune: automatic\n{}", organization()));
    let (unit, root) = (parent(&world, example::ML_ACCOUNT), world.root());
    move_account(&world, example::ML_ACCOUNT, &unit, &root);
    let mut engine = world.engine().await;
    let quiet = until_quiet(&mut engine).await;
    assert!(!quiet.last().scopes.keys().any(|scope| scope.ends_with(FRANKFURT)));

    move_account(&world, example::ML_ACCOUNT, &root, &unit);
    tokio::time::advance(Duration::from_mins(1)).await;
    until_quiet(&mut engine).await.in_order();
    assert_eq!(days(&world, example::ML_ACCOUNT, FRANKFURT), 365);

    move_account(&world, example::ML_ACCOUNT, &unit, &root);
    world.writes();
    for _ in 0..3 {
        tokio::time::advance(Duration::from_mins(1)).await;
        until_quiet(&mut engine).await;
    }
    let report = engine.pass().await;
    assert!(!report.scopes.keys().any(|scope| scope.ends_with(FRANKFURT)));
    assert_eq!(world.writes(), ["MoveAccount"; 0]);
    assert_eq!(days(&world, example::ML_ACCOUNT, FRANKFURT), 365, "what it holds stays");
}

#[tokio::test(start_paused = true)]
async fn a_unit_that_does_not_exist_is_reported_and_the_accounts_stay() {
    let mut world = World::with(&key("scopeSet: ml", ""));
    world.settings = settings(&organization());
    let mut engine = world.engine().await;
    until_quiet(&mut engine).await.in_order();
    let unit = parent(&world, example::ML_ACCOUNT);
    world.organizations(
        "UpdateOrganizationalUnit",
        &json!({"OrganizationalUnitId": unit, "Name": "Renamed"}),
    );
    tokio::time::advance(Duration::from_mins(1)).await;
    let report = engine.pass().await;
    let unknown: Vec<&str> = report.plan.unknown.iter().map(|it| it.why.as_str()).collect();
    assert!(unknown.iter().any(|why| why.contains("no unit /Workloads/ML")), "{unknown:?}");
    assert!(report.scopes.keys().any(|scope| scope.ends_with(FRANKFURT)), "it stays");
    assert!(!report.is_converged());
}

#[tokio::test]
async fn commands_without_passes_find_the_accounts_of_units_too() {
    let world = World::empty();
    let base = world.simulator.sdk_config(example::ML_ACCOUNT, example::REGION);
    let connection = Connection::new(base, Guard::read_only());
    let connected = async || {
        let (mut settings, registry) = (settings(&organization()), kinds::registry());
        let connected = connect_all(&mut settings, &connection, &registry).await;
        let (scopes, unknown) = connected.expect("every Region is known");
        (scopes.facts().keys().cloned().collect::<Vec<_>>(), unknown)
    };
    let scope = format!("{}.{FRANKFURT}", example::ML_ACCOUNT);
    let (scopes, unknown) = connected().await;
    assert!(scopes.contains(&scope) && unknown.is_empty(), "{scopes:?} {unknown:?}");
    let unit = parent(&world, example::ML_ACCOUNT);
    let renamed = json!({"OrganizationalUnitId": unit, "Name": "Renamed"});
    world.organizations("UpdateOrganizationalUnit", &renamed);
    let (scopes, unknown) = connected().await;
    assert!(!scopes.contains(&scope), "{scopes:?}");
    assert!(unknown["ml"].contains("no unit /Workloads/ML"), "{unknown:?}");
}
