//! Accounts that exist are imported, claimed in one go, and given back.

mod account;
mod commands;
mod resumed;
mod terraform;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use palisade::{
    aws::{Connection, Guard},
    engine::{Engine, Options, Report, Scopes, release},
    import::{self, Context, Progress, Request, Skip, Summary},
    kind::erased::EditBody,
    kinds,
    model::Address,
    plan::{Action, Verdict},
    simulator::example,
};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::world::{World, list, string, until_quiet};

struct Quietly;

impl Progress for Quietly {
    fn begin(&self, _: usize) {}
    fn step(&self, _: &str, _: &str) {}
}

async fn scopes(world: &World, guard: Guard) -> Scopes {
    let base = world.simulator.sdk_config(example::ML_ACCOUNT, example::REGION);
    let registry = kinds::registry();
    let connection = Connection::new(base, guard);
    Scopes::connect(&world.settings, &connection, &registry).await.expect("connected")
}

/// Imports with clients that cannot write.
async fn imported(world: &World, request: &Request) -> Summary {
    let registry = kinds::registry();
    let scopes = scopes(world, Guard::read_only()).await;
    let context = Context { settings: &world.settings, registry: &registry, scopes: &scopes };
    let summary = import::import(context, request, &Quietly).await;
    let summary = summary.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(world.writes(), [""; 0], "an import writes nothing to AWS");
    assert!(summary.is_complete(), "{:#?}", summary.not_read);
    summary
}

async fn everything(world: &World, dir: &TempDir) -> Summary {
    imported(world, &Request { dir: dir.path().to_owned(), ..Request::default() }).await
}

async fn engine(world: &World, dir: &Path, guard: Guard, write: bool) -> Engine {
    let base = world.simulator.sdk_config(example::ML_ACCOUNT, example::REGION);
    world.engine_on(dir, base, guard, Options { write, ..Options::default() }).await
}

fn shown(report: &Report) -> String {
    let problems: Vec<_> = report.problems.iter().map(ToString::to_string).collect();
    format!("{}\n{}", problems.join("\n"), palisade::plan::render::text(&report.plan))
}

/// Asserts that a plan sets claims and does nothing else, now and without anybody's consent; gives
/// the addresses.
fn claims_only(report: &Report) -> BTreeSet<Address> {
    assert!(report.problems.is_empty(), "{}", shown(report));
    let plan = &report.plan;
    assert!(plan.unknown.is_empty() && plan.conflicts.is_empty(), "{}", shown(report));
    for step in &plan.steps {
        let Action::Edit { edits, .. } = &step.action else { panic!("{}", shown(report)) };
        let claims = edits.iter().all(|edit| match &edit.body {
            EditBody::Tag(tags) => tags.keys().all(|key| key.starts_with("palisade:")),
            EditBody::Change(_) | EditBody::Untag(_) => false,
        });
        assert!(claims && step.verdict == Verdict::Go, "{}", shown(report));
    }
    plan.steps.iter().map(|step| step.address.clone()).collect()
}

/// Asserts that what was imported into a directory plans to no change but the claims, that applying
/// sets these and writes nothing else, and that nothing is left to do then.
async fn adopted(world: &World, dir: &Path, summary: &Summary) {
    let report = engine(world, dir, Guard::read_only(), false).await.pass().await;
    let claimed = claims_only(&report);
    let registry = kinds::registry();
    let in_tags = |address: &&Address| {
        registry.get(&address.kind).is_some_and(|it| it.profile().claimed.is_in_tags())
    };
    let all = summary.imported.iter().map(|it| &it.address);
    let all: BTreeSet<Address> = all.filter(in_tags).cloned().collect();
    assert_eq!(claimed, all, "{}", shown(&report));
    world.writes();
    let mut writer = engine(world, dir, Guard::writing(world.brake.clone()), true).await;
    until_quiet(&mut writer).await.in_order();
    let writes: BTreeSet<String> = world.writes().into_iter().collect();
    let tagging = ["AddTags", "CreateTags", "TagResource", "TagResources"];
    let others: Vec<_> = writes.iter().filter(|it| !tagging.contains(&it.as_str())).collect();
    assert!(others.is_empty(), "{others:?}");
    let report = engine(world, dir, Guard::read_only(), false).await.pass().await;
    assert!(report.plan.steps.is_empty() && report.is_converged(), "{}", shown(&report));
}

fn texts(dir: &Path) -> BTreeMap<String, String> {
    fn below(root: &Path, dir: &Path, found: &mut BTreeMap<String, String>) {
        for entry in fs::read_dir(dir).expect("a directory") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                below(root, &path, found);
            } else {
                let name = path.strip_prefix(root).expect("below").to_string_lossy().into_owned();
                found.insert(name, fs::read_to_string(&path).expect("a text"));
            }
        }
    }
    let mut found = BTreeMap::new();
    below(dir, dir, &mut found);
    found
}

/// Takes the claims of these addresses off.
async fn released(world: &World, addresses: &BTreeSet<Address>) {
    let registry = kinds::registry();
    let scopes = scopes(world, Guard::writing(world.brake.clone())).await;
    let found = release::find(&scopes, &registry, &world.settings.owner, addresses).await;
    assert!(found.unread.is_empty() && found.absent.is_empty(), "{found:?}");
    let results = release::release(&scopes, &registry, &world.brake, &found.releasable).await;
    assert!(release::is_done(&results), "{results:#?}");
    assert_eq!(results.len() + found.unclaimable.len(), addresses.len());
}

#[tokio::test(start_paused = true)]
async fn what_palisade_ships_is_released_and_imported_to_no_change() {
    let (world, mut before) = World::applied().await;
    let report = before.pass().await;
    let addresses: BTreeSet<Address> = report.manifests.iter().cloned().collect();
    let rules = || world.ec2("DescribeSecurityGroupRules", &json!({}));
    let content = |rules: Value| {
        let rules = list(&rules, "securityGroupRuleSet").into_iter();
        rules.map(|rule| rule["securityGroupRuleId"].to_string()).collect::<BTreeSet<_>>()
    };
    let rules_before = content(rules());
    world.writes();
    released(&world, &addresses).await;
    let untagging = ["DeleteTags", "UntagResource", "UntagResources"];
    let writes = world.writes();
    assert!(writes.iter().all(|it| untagging.contains(&it.as_str())), "{writes:?}");
    assert_eq!(content(rules()), rules_before, "nothing but tags has changed");
    let dir = tempfile::tempdir().expect("a directory");
    let summary = everything(&world, &dir).await;
    let ids = |kind: &str| summary.counts.get(kind).copied().unwrap_or_default();
    for kind in addresses.iter().map(|address| &address.kind).collect::<BTreeSet<_>>() {
        let shipped = addresses.iter().filter(|address| address.kind == *kind).count();
        assert!(ids(kind) >= shipped, "{kind}: {} of {shipped}: {}", ids(kind), summary.text());
    }
    // A gateway endpoint is always in its own Region, and no manifest can say so.
    let said = |field: &str| field != NO_LOG && field != "serviceRegion";
    let omitted: Vec<_> = summary.omitted.iter().filter(|it| said(&it.field)).collect();
    assert!(omitted.is_empty(), "{}", summary.text());
    adopted(&world, dir.path(), &summary).await;
    let all: String = texts(dir.path()).into_values().collect();
    assert!(all.contains("ref: "), "groups refer to each other");
    assert!(all.contains("guardrails:"), "blocks are recognized");
    assert!(all.contains("$schema="), "editors find the schema");
    assert!(!all.contains("111122223333:role"), "the account is a variable: {all}");
}

/// A log of Bedrock that goes nowhere is none, and no manifest can say so by its parts.
const NO_LOG: &str = "bedrockLogging";

/// The types of Cloud Control that the account of other hands has.
const BUILT: [&str; 8] = [
    "AWS::Config::ConfigRule",
    "AWS::Config::ConfigurationRecorder",
    "AWS::EC2::InternetGateway",
    "AWS::EC2::Subnet",
    "AWS::EC2::VPC",
    "AWS::EC2::VPCGatewayAttachment",
    "AWS::S3::Bucket",
    "AWS::S3::BucketPolicy",
];

#[tokio::test(start_paused = true)]
async fn three_hundred_resources_of_other_hands_are_imported_to_no_change() {
    let world = World::empty();
    account::build(&world, 7).await;
    world.writes();
    let dir = tempfile::tempdir().expect("a directory");
    let summary = everything(&world, &dir).await;
    let imported: usize = summary.counts.values().sum();
    assert!(imported >= 300, "{imported}: {}", summary.text());
    let missing: Vec<_> = kinds::registry()
        .names()
        .into_iter()
        // Those that give permissions need settings that say within which bounds, and of the other
        // types of Cloud Control the account has only these.
        .filter(|kind| *kind != "PermissionSetAssignment")
        .filter(|kind| !kind.contains("::") || BUILT.contains(kind))
        .filter(|kind| !summary.counts.contains_key(*kind))
        .collect();
    assert_eq!(missing, [""; 0], "kinds without a resource: {}", summary.text());
    let unsayable = summary
        .skipped
        .iter()
        .filter(|it| it.kind != "AWS::IAM::Role")
        .filter(|it| matches!(it.why, Skip::Unsayable { .. } | Skip::Differs { .. }));
    let unsayable: Vec<_> = unsayable.collect();
    assert!(unsayable.is_empty(), "{unsayable:#?}");
    adopted(&world, dir.path(), &summary).await;
}

#[tokio::test(start_paused = true)]
async fn an_intruders_opening_is_imported_with_its_finding_above_it() {
    let world = World::empty();
    let group = account::group(&world, &world.vpc(), "web", &[("tcp", 22, "0.0.0.0/0")]);
    let dir = tempfile::tempdir().expect("a directory");
    let summary = everything(&world, &dir).await;
    let finding = summary.findings.iter().find(|it| it.rule == "SG-01").expect("a finding");
    assert_eq!(finding.address.to_string(), "ml-prod/SecurityGroup/web");
    let texts = texts(dir.path());
    let text = &texts["ml-prod/ml/security-group.yaml"];
    let line = text.lines().position(|line| line.contains("# SG-01")).expect("a comment");
    let below: String = text.lines().skip(line).take(8).collect::<Vec<_>>().join("\n");
    assert!(below.contains("0.0.0.0/0") && text.contains(&group), "{text}");
    let shown = usize::try_from(finding.origin.line).expect("a line");
    assert!(shown > line, "the finding's place is below its comment");
}

#[tokio::test(start_paused = true)]
async fn a_second_import_adds_what_is_new_and_touches_nothing_that_is_there() {
    let world = World::empty();
    account::group(&world, &world.vpc(), "one", &[]);
    let dir = tempfile::tempdir().expect("a directory");
    everything(&world, &dir).await;
    let first = texts(dir.path());
    let again = everything(&world, &dir).await;
    assert!(again.imported.is_empty(), "{}", again.text());
    assert_eq!(texts(dir.path()), first);
    account::group(&world, &world.vpc(), "two", &[("tcp", 443, "10.0.0.0/8")]);
    let more = everything(&world, &dir).await;
    let added: Vec<_> = more.imported.iter().map(|it| it.address.to_string()).collect();
    assert_eq!(added, ["ml-prod/SecurityGroup/two"]);
    assert_eq!(more.imported[0].file, "ml-prod/ml/security-group-2.yaml");
    let then = texts(dir.path());
    assert!(first.iter().all(|(file, text)| then.get(file) == Some(text)));
    let report = engine(&world, dir.path(), Guard::read_only(), false).await.pass().await;
    claims_only(&report);
    // By force everything is written anew, under the same names.
    let force = Request { dir: dir.path().to_owned(), force: true, ..Request::default() };
    fs::remove_file(dir.path().join("ml-prod/ml/security-group-2.yaml")).expect("removed");
    let whole = imported(&world, &force).await;
    assert_eq!(whole.counts["SecurityGroup"], 2, "{}", whole.text());
}

#[tokio::test(start_paused = true)]
async fn hostile_names_and_tags_stay_texts() {
    let world = World::empty();
    let hostile = [
        "../../../../etc/cron.d/x",
        "a\n---\nkind: Approval",
        "${scope.account}",
        "${KmsKey/x.arn}",
        "'quotes' \"and\" # more: [x]",
        "yes",
    ];
    for (number, name) in hostile.into_iter().enumerate() {
        let tags = json!([{"ResourceType": "security-group", "Tag": [
            {"Key": "Name", "Value": name}, {"Key": "owner: x", "Value": "-"},
        ]}]);
        let input = json!({"GroupName": format!("group {number}"), "GroupDescription": "x",
            "VpcId": world.vpc(), "TagSpecification": tags});
        world.ec2("CreateSecurityGroup", &input);
    }
    let template = json!([{"ResourceType": "security-group", "Tag": [
        {"Key": "Name", "Value": "templated"}, {"Key": "note", "Value": "{{ secret }}"},
        {"Key": "db_password", "Value": "hunter2hunter2"},
    ]}]);
    let input = json!({"GroupName": "t", "GroupDescription": "x", "VpcId": world.vpc(),
        "TagSpecification": template});
    world.ec2("CreateSecurityGroup", &input);
    let outer = tempfile::tempdir().expect("a directory");
    let inner = outer.path().join("in/side");
    let request = Request { dir: inner.clone(), ..Request::default() };
    let summary = imported(&world, &request).await;
    assert_eq!(summary.counts["SecurityGroup"], 7, "{}", summary.text());
    let outside: Vec<_> =
        texts(outer.path()).into_keys().filter(|file| !file.starts_with("in/side/")).collect();
    assert_eq!(outside, [""; 0]);
    let omitted = summary.omitted.iter().map(|it| it.field.as_str());
    let omitted: Vec<_> = omitted.filter(|field| *field != NO_LOG).collect();
    assert_eq!(omitted, ["tags.db_password", "tags.note"]);
    let all: String = texts(&inner).into_values().collect();
    assert!(!all.contains("hunter2"), "a secret was written");
    let report = engine(&world, &inner, Guard::read_only(), false).await.pass().await;
    claims_only(&report);
}

#[tokio::test(start_paused = true)]
async fn only_what_is_asked_for_is_imported() {
    let world = World::empty();
    let vpc = world.vpc();
    let one = account::group(&world, &vpc, "one", &[]);
    account::group(&world, &vpc, "two", &[]);
    let tag = json!([{"Key": "team", "Value": "ml"}]);
    world.ec2("CreateTags", &json!({"ResourceId": [one], "Tag": tag}));
    let other =
        string(&world.ec2("CreateVpc", &json!({"CidrBlock": "10.77.0.0/16"}))["vpc"], "vpcId");
    account::group(&world, &other, "three", &[]);
    let names = async |request: Request| {
        let dir = tempfile::tempdir().expect("a directory");
        let request = Request { dir: dir.path().to_owned(), ..request };
        let summary = imported(&world, &request).await;
        let groups = summary.imported.iter().filter(|it| it.address.kind == "SecurityGroup");
        groups.map(|it| it.address.name.clone()).collect::<Vec<_>>()
    };
    let by_id = Request { ids: [one.clone()].into(), ..Request::default() };
    assert_eq!(names(by_id).await, ["one"]);
    let tagged = Request { tags: vec![("team".into(), "ml".into())], ..Request::default() };
    assert_eq!(names(tagged).await, ["one"]);
    let in_vpc = Request { vpcs: ["ml".to_owned()].into(), ..Request::default() };
    assert_eq!(names(in_vpc).await, ["one", "two"]);
    let of_kind = Request { kinds: ["KmsKey"].into(), ..Request::default() };
    assert_eq!(names(of_kind).await, [""; 0]);
    let defaults = world.groups("default");
    let default = string(&defaults[0], "groupId");
    let chosen = Request { ids: [default].into(), ..Request::default() };
    assert_eq!(names(chosen).await, ["default"]);
}
