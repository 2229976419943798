//! Who has which permission set of Identity Center in an account: what is foreign is taken away at once, what is given needs an
//! approval, and what AWS works on is followed over passes.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use palisade::{
    engine::{Engine, Report},
    kinds,
    plan::{Cause, HoldReason, Verdict, WaitReason},
    settings::{Overrides, Settings},
    simulator::{
        Effect, Fault,
        example::{self, Hands, ML_ACCOUNT},
    },
};
use serde_json::{Value, json};

use crate::{
    cli::palisade,
    iam::{denied, permit},
    world::{World, held, list, steps, string, until_quiet, waiting},
};

const ADDRESS: &str = "org/PermissionSetAssignment/ml";
const IDENTITY: &str =
    "identity: {path: /ml/, boundary: 'arn:aws:iam::${scope.account}:policy/ml-boundary'}\n";
const CREATE: &str = "CreateAccountAssignment";
const DELETE: &str = "DeleteAccountAssignment";
/// Longer than AWS works on a request here.
const DONE: Duration = Duration::from_secs(5);

const TEAM: &str = "{permissionSet: Scientist, group: ml team}";
const JANE: &str = "{permissionSet: Operator, user: jane@example.com}";

fn manifest(account: &str, lifecycle: &str, assignments: &str) -> String {
    format!(
        "apiVersion: palisade.dev/v1alpha1\nkind: PermissionSetAssignment\nmetadata: {{name: ml, scope: org}}\n\
         lifecycle: {{{lifecycle}}}\nspec: {{accountId: \"{account}\", assignments: {assignments}}}\n"
    )
}

fn assigned(assignments: &str) -> String {
    manifest(ML_ACCOUNT, "adopt: \"111122223333\"", assignments)
}

/// An operation of Identity Center by an administrator of it.
fn center(world: &World, operation: &str, input: &Value) -> Value {
    let of_store = ["User", "Group"].iter().any(|it| operation.contains(it));
    let service = if of_store { "identitystore" } else { "sso" };
    let hands = Hands::identity_center(&world.simulator, "sso");
    let instances = hands.call("ListInstances", &json!({})).expect("instances");
    let mut input = input.clone();
    input["InstanceArn"] = instances["Instances"][0]["InstanceArn"].clone();
    input["IdentityStoreId"] = instances["Instances"][0]["IdentityStoreId"].clone();
    let hands = Hands::identity_center(&world.simulator, service);
    hands.call(operation, &input).expect("Identity Center answers")
}

/// Permission sets, users and groups by name, as their ids.
struct People(BTreeMap<String, String>);

impl People {
    fn of(&self, name: &str) -> &str {
        &self.0[name]
    }

    /// Gives or takes by hand, and waits until that is done.
    async fn assign(&self, world: &World, operation: &str, (set, who): (&str, &str)) {
        let sort = if who.contains('@') { "USER" } else { "GROUP" };
        let input = json!({
            "TargetId": ML_ACCOUNT, "TargetType": "AWS_ACCOUNT", "PermissionSetArn": self.of(set),
            "PrincipalType": sort, "PrincipalId": self.of(who),
        });
        center(world, operation, &input);
        tokio::time::advance(DONE).await;
    }
}

/// A world whose settings give identity bounds, with these manifests, and who is in it.
fn world(manifests: &str) -> (World, People) {
    let mut world = World::with(manifests);
    let text = format!("{}{IDENTITY}", example::SETTINGS);
    world.settings = Settings::parse(&text, &Overrides::default()).expect("settings");
    let mut people = BTreeMap::new();
    for name in ["Scientist", "Operator", "Administrator"] {
        let set = center(&world, "CreatePermissionSet", &json!({"Name": name}));
        people.insert(name.to_owned(), string(&set["PermissionSet"], "PermissionSetArn"));
    }
    let policy = json!({
        "PermissionSetArn": people["Administrator"],
        "ManagedPolicyArn": "arn:aws:iam::aws:policy/AdministratorAccess",
    });
    center(&world, "AttachManagedPolicyToPermissionSet", &policy);
    for name in ["ml team", "everybody"] {
        let group = center(&world, "CreateGroup", &json!({"DisplayName": name}));
        people.insert(name.to_owned(), string(&group, "GroupId"));
    }
    for name in ["jane@example.com", "mallory@example.com"] {
        let user = center(&world, "CreateUser", &json!({"UserName": name}));
        people.insert(name.to_owned(), string(&user, "UserId"));
    }
    world.calls();
    (world, People(people))
}

/// Makes what is held for the address with an approval of exactly that, until nothing moves.
async fn approved(world: &World) -> Engine {
    let report = world.engine().await.pass().await;
    let digest = held(&report, ADDRESS).0.digest.clone();
    let mut engine = world.engine_approving(&[&digest]).await;
    in_order(&mut engine).await;
    engine
}

async fn in_order(engine: &mut Engine) {
    for _ in 0..4 {
        engine.pass().await;
        tokio::time::advance(Duration::from_secs(31)).await;
    }
    until_quiet(engine).await.in_order();
}

/// The world in which the team and Jane have what they are to have, and the process that gave it to them.
async fn given() -> (World, People, Engine) {
    let (world, people) = world(&assigned(&format!("[{TEAM}, {JANE}]")));
    let engine = approved(&world).await;
    assert_eq!(world.writes(), [CREATE, CREATE]);
    (world, people, engine)
}

/// Who has what in the platform's account, by name.
fn live(world: &World, people: &People) -> Vec<String> {
    let name = |id: &str| {
        let found = people.0.iter().find(|(_, other)| *other == id);
        found.map_or_else(|| id.to_owned(), |(name, _)| name.clone())
    };
    let account = json!({"AccountId": ML_ACCOUNT});
    let sets =
        list(&center(world, "ListPermissionSetsProvisionedToAccount", &account), "PermissionSets");
    let of = |set: &Value| {
        let input = json!({"AccountId": ML_ACCOUNT, "PermissionSetArn": set});
        let all = list(&center(world, "ListAccountAssignments", &input), "AccountAssignments");
        let shown = |it: &Value| {
            format!(
                "{}: {}",
                name(&string(it, "PermissionSetArn")),
                name(&string(it, "PrincipalId"))
            )
        };
        all.iter().map(shown).collect::<Vec<_>>()
    };
    let mut all: Vec<_> = sets.iter().flat_map(of).collect();
    all.sort();
    all
}

#[tokio::test(start_paused = true)]
async fn what_is_given_needs_an_approval_and_says_who_becomes_an_administrator() {
    let (world, people) = world(&assigned("[{permissionSet: Administrator, group: ml team}]"));
    let report = world.engine().await.pass().await;
    let (step, why) = held(&report, ADDRESS);
    assert!(why.contains("always needs approval"), "{why}");
    let text = palisade::plan::render::text(&report.plan);
    assert!(text.contains("who can then do everything there"), "{text}");
    assert_eq!(step.action.edits()[0].summary, "give Administrator to group ml team");
    assert_eq!(world.writes(), [""; 0]);
    approved(&world).await;
    assert_eq!(world.writes(), [CREATE]);
    assert_eq!(live(&world, &people), ["Administrator: ml team"]);
}

/// Every row of the table that can differ from what a manifest says: of the account nothing can.
#[tokio::test(start_paused = true)]
async fn what_is_foreign_goes_at_once_and_what_was_taken_comes_back_with_an_approval() {
    let registry = kinds::registry();
    let table = registry.get("PermissionSetAssignment").and_then(|kind| kind.table());
    let rows: Vec<_> = table.expect("a table").rows().iter().map(|row| row.path.clone()).collect();
    assert_eq!(rows, ["accountId", "assignments"]);
    let (world, people, mut engine) = given().await;
    for foreign in [
        ("Administrator", "mallory@example.com"),
        ("Administrator", "everybody"),
        ("Scientist", "mallory@example.com"),
        ("Operator", "everybody"),
    ] {
        people.assign(&world, CREATE, foreign).await;
        world.writes();
        tokio::time::advance(Duration::from_mins(10)).await;
        let report = engine.pass().await;
        assert_eq!(world.writes(), [DELETE], "{foreign:?}");
        assert!(steps(&report, ADDRESS).iter().all(|step| step.cause == Cause::Drift));
        tokio::time::advance(DONE).await;
        until_quiet(&mut engine).await.in_order();
        assert_eq!(world.writes(), [""; 0], "{foreign:?}");
        assert_eq!(live(&world, &people), ["Operator: jane@example.com", "Scientist: ml team"]);
    }
    for taken in [("Scientist", "ml team"), ("Operator", "jane@example.com")] {
        people.assign(&world, DELETE, taken).await;
        world.writes();
        let report = engine.pass().await;
        let (_, why) = held(&report, ADDRESS);
        assert!(why.contains("always needs approval"), "{why}");
        assert_eq!(world.writes(), [""; 0], "{taken:?}");
        engine = approved(&world).await;
        assert_eq!(world.writes(), [CREATE], "{taken:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_is_read_or_written_twice_where_nothing_is_different() {
    let (world, _, mut engine) = given().await;
    world.calls();
    until_quiet(&mut engine).await.in_order();
    let mut reads = world.reads();
    reads.remove("sts:GetCallerIdentity");
    let expected = [
        // One each for the kind and for what is looked up by name: permission sets, a group and a user.
        ("sso:ListInstances", 4),
        ("sso:ListPermissionSets", 1),
        ("sso:ListPermissionSetsProvisionedToAccount", 1),
        ("sso:ListAccountAssignments", 2),
        ("identitystore:GetGroupId", 1),
        ("identitystore:GetUserId", 1),
    ];
    let expected = expected.map(|(call, count)| (call.to_owned(), count)).into();
    // What permission sets may do is read again only now and then.
    reads.remove("sso:ListManagedPoliciesInPermissionSet");
    assert_eq!(reads, expected);
}

#[tokio::test(start_paused = true)]
async fn a_request_that_takes_its_time_is_sent_once_and_others_do_not_wait_for_it() {
    let (world, people, mut engine) = given().await;
    people.assign(&world, CREATE, ("Administrator", "everybody")).await;
    world.writes();
    world.simulator.inject(Fault::new(DELETE, Effect::Stall(Duration::from_mins(30))).nth(1));
    engine.pass().await;
    assert_eq!(world.writes(), [DELETE]);
    tokio::time::advance(Duration::from_mins(2)).await;
    let report = engine.pass().await;
    assert_eq!(world.writes(), [""; 0]);
    let why = waiting(&report, ADDRESS);
    assert!(why.contains("still working on it (IN_PROGRESS)"), "{why}");
    // A new process asks AWS what it is at work on.
    let mut other = world.engine().await;
    let report = other.pass().await;
    assert!(waiting(&report, ADDRESS).contains("IN_PROGRESS"));
    assert_eq!(world.writes(), [""; 0]);
    people.assign(&world, CREATE, ("Operator", "everybody")).await;
    world.writes();
    engine.pass().await;
    assert_eq!(world.writes(), [DELETE], "the other one");
    tokio::time::advance(Duration::from_mins(31)).await;
    in_order(&mut engine).await;
    assert_eq!(live(&world, &people), ["Operator: jane@example.com", "Scientist: ml team"]);
}

#[tokio::test(start_paused = true)]
async fn a_request_that_fails_in_the_end_is_reported_with_awss_reason_and_made_again() {
    let (world, people, mut engine) = given().await;
    people.assign(&world, CREATE, ("Administrator", "everybody")).await;
    world.writes();
    world.simulator.inject(Fault::new(DELETE, Effect::FailLater).nth(1));
    engine.pass().await;
    tokio::time::advance(Duration::from_mins(1)).await;
    let mut failures = Vec::new();
    for _ in 0..6 {
        let report: Report = engine.pass().await;
        failures.extend(report.failures().map(|failure| format!("{failure:?}")));
        tokio::time::advance(Duration::from_mins(10)).await;
    }
    assert_eq!(failures.len(), 1, "{failures:?}");
    assert!(failures[0].contains("An internal error occurred"), "{failures:?}");
    assert_eq!(world.writes(), [DELETE, DELETE]);
    until_quiet(&mut engine).await.in_order();
    assert_eq!(live(&world, &people), ["Operator: jane@example.com", "Scientist: ml team"]);
}

#[tokio::test(start_paused = true)]
async fn whatever_becomes_of_the_answer_an_assignment_is_given_or_taken_once() {
    for effect in [Effect::LoseAnswer, Effect::Hang, Effect::Garbage] {
        let (world, people, mut engine) = given().await;
        people.assign(&world, CREATE, ("Administrator", "everybody")).await;
        world.writes();
        world.simulator.inject(Fault::new(DELETE, effect.clone()).nth(1).after());
        engine.pass().await;
        tokio::time::advance(Duration::from_mins(20)).await;
        in_order(&mut engine).await;
        assert_eq!(live(&world, &people), ["Operator: jane@example.com", "Scientist: ml team"]);
        let writes = world.writes();
        assert!(writes.len() <= 3 && writes.iter().all(|it| it == DELETE), "{effect:?} {writes:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_group_or_permission_set_that_is_gone_waits_with_its_name_and_what_is_foreign_goes() {
    let (world, people, mut engine) = given().await;
    center(&world, "DeleteGroup", &json!({"GroupId": people.of("ml team")}));
    people.assign(&world, CREATE, ("Administrator", "everybody")).await;
    world.writes();
    let report = engine.pass().await;
    assert_eq!(world.writes(), [DELETE]);
    let why = waiting(&report, ADDRESS);
    assert!(why.contains("no Identity Center group matches name ml team"), "{why}");
    tokio::time::advance(DONE).await;
    until_quiet(&mut engine).await;
    // The assignment of the group that is gone may be the one that is not found.
    let left = live(&world, &people);
    assert_eq!(left, ["Operator: jane@example.com", "Scientist: ml team"]);
    let visitor = "[{permissionSet: Visitor, user: jane@example.com}]";
    let (world, _) = self::world(&assigned(visitor));
    let report = world.engine().await.pass().await;
    let why = waiting(&report, ADDRESS);
    assert!(why.contains("no permission set matches name Visitor"), "{why}");
}

/// Adds a break-glass role of Identity Center for a permission set to the settings.
fn break_glass(world: &mut World, set: &str) {
    let role = format!(
        "arn:aws:iam::{ML_ACCOUNT}:role/aws-reserved/sso.amazonaws.com/eu-west-1/\
         AWSReservedSSO_{set}_0123456789abcdef"
    );
    let text = format!("{}{IDENTITY}breakGlassRoles: [\"{role}\"]\n", example::SETTINGS);
    world.settings = Settings::parse(&text, &Overrides::default()).expect("settings");
}

#[tokio::test(start_paused = true)]
async fn the_last_assignment_of_the_break_glass_permission_set_is_not_taken_away_silently() {
    let (mut world, people, _) = given().await;
    break_glass(&mut world, "Scientist");
    world.write("main.yaml", assigned(&format!("[{JANE}]")));
    let report = world.engine().await.pass().await;
    assert_eq!(world.writes(), [""; 0]);
    let (step, why) = held(&report, ADDRESS);
    assert!(why.contains("the break-glass role") && why.contains("would be gone"), "{why}");
    let Verdict::Held(reasons) = &step.verdict else { panic!("{:?}", step.verdict) };
    assert!(matches!(reasons[..], [HoldReason::Lockout { .. }]), "{reasons:?}");
    // While somebody else has it the role stays, and one of them can go.
    people.assign(&world, CREATE, ("Scientist", "everybody")).await;
    world.write("main.yaml", assigned(&format!("[{TEAM}, {JANE}]")));
    world.writes();
    let mut engine = world.engine().await;
    in_order(&mut engine).await;
    assert_eq!(world.writes(), [DELETE]);
    // Another permission set is not protected.
    world.write("main.yaml", assigned(&format!("[{TEAM}]")));
    in_order(&mut engine).await;
    assert_eq!(world.writes(), [DELETE]);
    assert_eq!(live(&world, &people), ["Scientist: ml team"]);
}

#[tokio::test(start_paused = true)]
async fn a_delegated_administrator_is_told_that_the_management_account_is_not_its() {
    let text = manifest("999988887777", "adopt: \"999988887777\"", &format!("[{TEAM}]"));
    let (mut world, people) = world(&text);
    let settings = format!("{}{IDENTITY}", example::SETTINGS).replace(
        "  org:\n    account: \"999988887777\"\n    region: us-east-1\n    \
         assumeRole: {roleArn: \"arn:aws:iam::999988887777:role/palisade\"",
        "  org:\n    account: \"111122223333\"\n    region: us-east-1\n    \
         assumeRole: {roleArn: \"arn:aws:iam::111122223333:role/palisade\"",
    );
    world.settings = Settings::parse(&settings, &Overrides::default()).expect("settings");
    world.simulator.with(|aws| aws.sso.delegated.insert(ML_ACCOUNT.to_owned()));
    let report = world.engine().await.pass().await;
    let digest = held(&report, ADDRESS).0.digest.clone();
    let mut engine = world.engine_approving(&[&digest]).await;
    let report = engine.pass().await;
    let why = waiting(&report, ADDRESS);
    assert!(why.contains("a delegated administrator cannot change"), "{why}");
    let waits = steps(&report, ADDRESS).iter().any(|step| match &step.verdict {
        Verdict::Waiting(waits) => {
            waits.iter().any(|wait| matches!(wait.reason, WaitReason::Obstacles { .. }))
        }
        _ => false,
    });
    assert!(waits);
    assert_eq!(world.writes(), [""; 0]);
    // In other accounts it does what it is asked to.
    world.write("main.yaml", assigned(&format!("[{TEAM}]")));
    approved(&world).await;
    assert_eq!(live(&world, &people), ["Scientist: ml team"]);
}

#[tokio::test(start_paused = true)]
async fn without_the_setting_or_without_adopting_nothing_is_written() {
    let (mut world, _) = world(&assigned(&format!("[{TEAM}]")));
    for (settings, text, expected) in [
        (String::new(), assigned(&format!("[{TEAM}]")), "gives permissions"),
        (IDENTITY.to_owned(), manifest(ML_ACCOUNT, "", &format!("[{TEAM}]")), "must adopt it"),
        (
            IDENTITY.to_owned(),
            manifest(ML_ACCOUNT, "adopt: \"111122223333\", state: absent", "[]"),
            "cannot be deleted",
        ),
    ] {
        let settings = format!("{}{settings}", example::SETTINGS);
        world.settings = Settings::parse(&settings, &Overrides::default()).expect("settings");
        world.write("main.yaml", text);
        let report = world.engine().await.pass().await;
        let problems = format!("{:?}", report.problems);
        assert!(problems.contains(expected), "{problems}");
        assert_eq!(world.writes(), [""; 0]);
    }
    // Another account than the adopted one is never changed, and one that does not exist is waited for.
    world.write("main.yaml", manifest("999988887777", "adopt: \"111122223333\"", "null"));
    let report = world.engine().await.pass().await;
    assert!(matches!(steps(&report, ADDRESS)[0].verdict, Verdict::Held(_)));
    world.write("main.yaml", manifest("444455556666", "adopt: \"444455556666\"", "null"));
    let report = world.engine().await.pass().await;
    assert!(waiting(&report, ADDRESS).contains("444455556666"));
    assert_eq!(world.writes(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn lists_are_read_to_their_end() {
    let (world, people) = world(&assigned("null"));
    world.simulator.with(|aws| aws.options.assignment_working = Duration::ZERO);
    for number in 0..120 {
        let group = center(&world, "CreateGroup", &json!({"DisplayName": format!("g{number}")}));
        let input = json!({
            "TargetId": ML_ACCOUNT, "TargetType": "AWS_ACCOUNT", "PermissionSetArn": people.of("Scientist"),
            "PrincipalType": "GROUP", "PrincipalId": string(&group, "GroupId"),
        });
        center(&world, CREATE, &input);
    }
    world.calls();
    let report = world.reader().await.pass().await;
    let edits: usize = steps(&report, ADDRESS).iter().map(|step| step.action.edits().len()).sum();
    assert_eq!(edits, 120);
    assert_eq!(world.reads()["sso:ListAccountAssignments"], 2);
}

#[tokio::test(start_paused = true)]
async fn without_its_manifest_everything_stays_as_it_is() {
    let (world, people, mut engine) = given().await;
    world.remove("main.yaml");
    let report = until_quiet(&mut engine).await.reports.pop().expect("a pass");
    assert!(report.plan.steps.is_empty(), "{:?}", report.plan.steps);
    assert_eq!(world.writes(), [""; 0]);
    assert_eq!(live(&world, &people), ["Operator: jane@example.com", "Scientist: ml team"]);
}

/// What the program prints for the account that administers Identity Center.
fn printed(world: &World) -> BTreeMap<String, Value> {
    let place = tempfile::tempdir().expect("a directory");
    let settings = place.path().join("palisade.yaml");
    std::fs::write(&settings, format!("{}{IDENTITY}", example::SETTINGS)).expect("written");
    let mut command = palisade();
    command.arg("--settings").arg(&settings).arg("iam-policy").arg(world.dir());
    let output = command.output().expect("it runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let printed = serde_json::from_slice::<Value>(&output.stdout).expect("JSON");
    serde_json::from_value(printed["org"].clone()).expect("policies")
}

#[tokio::test(start_paused = true)]
async fn the_life_of_assignments_needs_no_more_than_what_is_printed_and_only_in_adopted_accounts() {
    let (world, people) = world(&assigned(&format!("[{TEAM}, {JANE}]")));
    let policies = printed(&world);
    let text = json!(policies).to_string();
    assert!(text.contains("arn:aws:sso:::account/111122223333"), "{text}");
    assert!(!text.contains("arn:aws:sso:::account/*"), "{text}");
    permit(&world, &[(example::MANAGEMENT_ACCOUNT.to_owned(), policies)].into());
    let mut engine = approved(&world).await;
    people.assign(&world, CREATE, ("Administrator", "everybody")).await;
    in_order(&mut engine).await;
    assert_eq!(live(&world, &people), ["Operator: jane@example.com", "Scientist: ml team"]);
    assert_eq!(denied(&world), BTreeSet::new());
}
