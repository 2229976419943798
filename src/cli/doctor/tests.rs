use std::{path::PathBuf, sync::OnceLock};

use super::{Check, Status, clock, examine, text};
use crate::{
    aws::{Brake, Budget, Connection, Guard},
    cli::init,
    memory::{InTable, Lever, Memory},
    model::Means,
    settings::{Overrides, Settings},
    simulator::{
        Effect, Fault, Options, Simulator,
        example::{self, ML_ACCOUNT, REGION, SETTINGS},
    },
};

/// The manifests that `init` writes for the example.
fn baseline() -> PathBuf {
    static WRITTEN: OnceLock<tempfile::TempDir> = OnceLock::new();
    let place = WRITTEN.get_or_init(|| {
        let place = tempfile::tempdir().unwrap();
        init::of_the_example(place.path());
        place
    });
    place.path().join("desired-state")
}

fn overrides() -> Overrides {
    Overrides { listen: Some("127.0.0.1:0".to_owned()), ..Overrides::default() }
}

fn world() -> Simulator {
    let simulator = Simulator::default();
    example::build(&simulator).unwrap();
    simulator
}

async fn doctor(simulator: &Simulator, settings: &str, overrides: &Overrides) -> Vec<Check> {
    let connection = Connection::new(simulator.sdk_config(ML_ACCOUNT, REGION), Guard::rehearsing())
        .within(Budget::unlimited());
    examine(Settings::parse(settings, overrides), &connection, &baseline()).await
}

fn check<'a>(checks: &'a [Check], name: &str) -> &'a Check {
    let found = checks.iter().find(|check| check.name == name);
    found.unwrap_or_else(|| panic!("no check {name}:\n{}", text(checks)))
}

fn failed(checks: &[Check]) -> Vec<&str> {
    let failed = checks.iter().filter(|check| check.status == Status::Fail);
    failed.map(|check| check.name.as_str()).collect()
}

fn help(check: &Check) -> &str {
    check.help.as_deref().unwrap_or_default()
}

#[tokio::test]
async fn where_everything_is_right_nothing_fails_and_nothing_is_written() {
    let simulator = world();
    let checks = doctor(&simulator, SETTINGS, &overrides()).await;
    assert!(checks.iter().all(|check| check.status == Status::Ok), "{}", text(&checks));
    for name in [
        "settings",
        "listen",
        "directory",
        "ml-prod: identity",
        "org: identity",
        "ml-prod: organization",
        "ml-prod: claim tags",
        "ml-prod: read KmsKey",
        "ml-prod: read SageMakerDomain",
        "ml-prod: read SecurityGroup",
        "ml-prod: read VpcEndpoint",
        "org: read ServiceControlPolicy",
        "ml-prod: rehearse ec2:CreateSecurityGroup",
        "ml-prod: rehearse ec2:CreateVpcEndpoint",
    ] {
        check(&checks, name);
    }
    let writes: Vec<_> = simulator.calls().into_iter().filter(|call| call.mutating).collect();
    assert!(!writes.is_empty());
    for write in writes {
        assert_eq!(write.error.as_deref(), Some("DryRunOperation"), "{write:?}");
    }
}

#[tokio::test]
async fn a_denied_read_names_the_action_and_who_needs_it_and_the_rest_is_examined_all_the_same() {
    let simulator = world();
    let fault = Fault::reject("DescribeSecurityGroups", "UnauthorizedOperation", "not you");
    simulator.inject(fault);
    let checks = doctor(&simulator, SETTINGS, &overrides()).await;
    assert_eq!(failed(&checks), ["ml-prod: read SecurityGroup"], "{}", text(&checks));
    let help = help(check(&checks, "ml-prod: read SecurityGroup"));
    assert!(
        help.contains("allow ec2:DescribeSecurityGroups to arn:aws:sts::111122223333"),
        "{help}"
    );
    assert_eq!(check(&checks, "ml-prod: read VpcEndpoint").status, Status::Ok);
}

#[tokio::test]
async fn a_denied_write_is_known_before_it_is_needed() {
    let simulator = world();
    simulator.inject(Fault::reject("CreateVpcEndpoint", "UnauthorizedOperation", "not you"));
    // The rehearsal uses made-up values; an answer about them says nothing about the
    // permission.
    simulator.inject(Fault::reject("CreateSecurityGroup", "InvalidParameterValue", "no"));
    let checks = doctor(&simulator, SETTINGS, &overrides()).await;
    assert_eq!(failed(&checks), ["ml-prod: rehearse ec2:CreateVpcEndpoint"], "{}", text(&checks));
    let unclear = check(&checks, "ml-prod: rehearse ec2:CreateSecurityGroup");
    assert_eq!(unclear.status, Status::Warn, "{unclear:?}");
}

#[tokio::test]
async fn who_only_observes_needs_no_writes() {
    let simulator = world();
    let settings = format!("{SETTINGS}mode: observe\n");
    let checks = doctor(&simulator, &settings, &overrides()).await;
    assert_eq!(failed(&checks), [""; 0]);
    assert!(simulator.calls().iter().all(|call| !call.mutating));
}

#[tokio::test]
async fn in_a_wrong_account_nothing_else_is_asked() {
    let simulator = world();
    let settings = SETTINGS.replace(
        "assumeRole: {roleArn: \"arn:aws:iam::999988887777:role/palisade\", externalId: demo}",
        "",
    );
    let checks = doctor(&simulator, &settings, &overrides()).await;
    assert_eq!(failed(&checks), ["org: identity"], "{}", text(&checks));
    let identity = check(&checks, "org: identity");
    assert!(identity.found.contains(ML_ACCOUNT) && identity.found.contains("999988887777"));
    assert!(help(identity).contains("scopes.org.account"), "{identity:?}");
    let elsewhere = simulator.calls().into_iter().filter(|call| call.service == "organizations");
    let asked: Vec<_> = elsewhere.map(|call| call.operation).collect();
    assert!(!asked.contains(&"ListPolicies".to_owned()), "{asked:?}");
}

#[tokio::test]
async fn a_role_that_cannot_be_assumed_leads_to_its_trust_policy() {
    let known = "arn:aws:iam::111122223333:role/palisade".to_owned();
    let roles = [(known, Some("demo".to_owned()))].into();
    let simulator = Simulator::new(Options { roles, ..Options::default() });
    example::build(&simulator).unwrap();
    let checks = doctor(&simulator, SETTINGS, &overrides()).await;
    assert_eq!(failed(&checks), ["org: identity"], "{}", text(&checks));
    let help = help(check(&checks, "org: identity"));
    assert!(help.contains("trust policy of arn:aws:iam::999988887777:role/palisade"), "{help}");
    assert!(help.contains("external id"), "{help}");
}

#[tokio::test]
async fn a_service_that_does_not_answer_leads_to_the_network() {
    let simulator = world();
    simulator.inject(Fault::lose_answer("ListKeys"));
    simulator.inject(Fault::lose_answer("ListAliases"));
    let checks = doctor(&simulator, SETTINGS, &overrides()).await;
    assert_eq!(failed(&checks), ["ml-prod: read KmsKey"], "{}", text(&checks));
    let help = help(check(&checks, "ml-prod: read KmsKey"));
    assert!(help.starts_with("kms in eu-west-1 is not reachable from here"), "{help}");
}

#[tokio::test]
async fn throttling_is_not_a_failure() {
    let simulator = world();
    simulator.inject(Fault::throttle("ListDomains"));
    let checks = doctor(&simulator, SETTINGS, &overrides()).await;
    assert_eq!(failed(&checks), [""; 0], "{}", text(&checks));
    assert_eq!(check(&checks, "ml-prod: read SageMakerDomain").status, Status::Warn);
}

#[tokio::test]
async fn settings_that_cannot_be_used_end_the_examination() {
    let checks = doctor(&world(), "owner: a b", &overrides()).await;
    assert_eq!(failed(&checks), ["settings"]);
    assert_eq!(checks.len(), 1);
}

#[tokio::test]
async fn a_bad_directory_fails_and_the_identities_are_still_examined() {
    let simulator = world();
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("a.yaml"), "kind: X\n---\nkind: Y\n").unwrap();
    let connection = Connection::new(simulator.sdk_config(ML_ACCOUNT, REGION), Guard::rehearsing())
        .within(Budget::unlimited());
    let settings = Settings::parse(SETTINGS, &overrides());
    let checks = examine(settings, &connection, dir.path()).await;
    assert_eq!(failed(&checks), ["directory"], "{}", text(&checks));
    let directory = check(&checks, "directory");
    assert!(directory.found.contains("problems, the first: "), "{directory:?}");
    assert!(directory.found.contains("a.yaml:1:1"), "{directory:?}");
    assert!(help(directory).contains("palisade validate"), "{directory:?}");
    assert_eq!(check(&checks, "ml-prod: identity").status, Status::Ok);
}

#[tokio::test]
async fn an_address_that_is_taken_by_something_else_fails() {
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let listen = silent.local_addr().unwrap().to_string();
    let overrides = Overrides { listen: Some(listen), ..Overrides::default() };
    // Takes the connection and closes it: not palisade.
    let answering = async { drop(silent.accept().await.unwrap()) };
    let world = world();
    let (checks, ()) = futures::join!(doctor(&world, SETTINGS, &overrides), answering);
    assert_eq!(failed(&checks), ["listen"], "{}", text(&checks));
}

#[test]
fn a_clock_that_is_wrong_by_minutes_fails_before_aws_refuses_the_signatures() {
    for (skew, status) in [
        (0, Status::Ok),
        (-60, Status::Ok),
        (61, Status::Warn),
        (-300, Status::Warn),
        (301, Status::Fail),
        (-4000, Status::Fail),
    ] {
        let check = clock(skew);
        assert_eq!(check.status, status, "{check:?}");
    }
    assert!(clock(400).found.contains("400 s ahead of AWS"));
    assert!(clock(-400).found.contains("400 s behind AWS"));
}

#[test]
fn the_text_has_a_line_a_check_what_to_do_and_the_counts() {
    let checks = [
        Check::ok("settings", "fine"),
        Check::warn("clock", "70 s behind AWS", "set it"),
        Check::fail("listen", "taken", "choose another"),
    ];
    let shown = anstream::adapter::strip_str(&text(&checks)).to_string();
    assert_eq!(
        shown,
        "ok    settings: fine\n\
         warn  clock: 70 s behind AWS\n      do: set it\n\
         FAIL  listen: taken\n      do: choose another\n\
         1 ok, 1 warning, 1 failed\n"
    );
}

#[tokio::test]
async fn a_region_that_there_is_not_is_named_with_the_one_that_was_meant() {
    let settings = SETTINGS.replace("region: eu-west-1", "region: eu-wets-1");
    let simulator = world();
    // Somebody else's endpoint answers for every Region, which shows nothing.
    let config = simulator.sdk_config(ML_ACCOUNT, REGION);
    let config = config.into_builder().endpoint_url("http://localhost:4566").build();
    let connection = Connection::new(config, Guard::rehearsing());
    let checks = examine(Settings::parse(&settings, &overrides()), &connection, &baseline()).await;
    let region = check(&checks, "ml-prod: region");
    assert_eq!(region.status, Status::Fail, "{}", text(&checks));
    assert!(region.found.contains("eu-wets-1"), "{region:?}");
    assert!(
        help(region).contains("did you mean `eu-west-1`? Correct scopes.ml-prod.region"),
        "{region:?}"
    );
    // AWS's own endpoint of the Region is proof of it: this palisade is older than the Region.
    let checks = doctor(&simulator, &settings, &overrides()).await;
    assert_eq!(check(&checks, "ml-prod: region").status, Status::Warn, "{}", text(&checks));
    let checks = doctor(&simulator, SETTINGS, &overrides()).await;
    assert!(checks.iter().all(|check| check.name != "ml-prod: region"));
}

#[tokio::test]
async fn two_scopes_of_one_account_and_region_are_noticed() {
    let role =
        "assumeRole: {roleArn: \"arn:aws:iam::111122223333:role/palisade\", externalId: demo}";
    let second =
        format!("  second: {{account: \"111122223333\", region: eu-west-1, {role}}}\ninterval:");
    let settings = SETTINGS.replace("interval:", &second);
    let checks = doctor(&world(), &settings, &overrides()).await;
    let found = checks.iter().find(|check| check.found.contains("scopes ml-prod and second"));
    assert_eq!(found.map(|check| check.status), Some(Status::Warn), "{}", text(&checks));
}

#[tokio::test]
async fn a_service_and_a_unit_that_nobody_has_are_named() {
    let simulator = world();
    let dir = tempfile::tempdir().unwrap();
    let manifest = "apiVersion: palisade.dev/v1alpha1\nkind: VpcEndpoint\nmetadata: {name: \
        e}\nspec:\n  \
                    type: Interface\n  service: secretmanager\n  vpc: {lookup: {tags: {Name: \
                    ml}}}\n  \
                    subnets: {lookup: {tags: {tier: private}}}\n  securityGroups: \
                    [sg-0123456789abcdef0]\n  \
                    policy: default\n---\n\
                    apiVersion: palisade.dev/v1alpha1\nkind: ServiceControlPolicy\nmetadata: \
                    {name: p, scope: org}\n\
                    spec:\n  targets: [\"ou:/Workload\"]\n  content: {Version: \"2012-10-17\", \
                    Statement: \
                    [{Effect: Deny, Action: \"organizations:LeaveOrganization\", Resource: \
                    \"*\"}]}\n";
    std::fs::write(dir.path().join("a.yaml"), manifest).unwrap();
    let connection = Connection::new(simulator.sdk_config(ML_ACCOUNT, REGION), Guard::rehearsing())
        .within(Budget::unlimited());
    let settings = Settings::parse(SETTINGS, &overrides());
    let checks = examine(settings, &connection, dir.path()).await;
    let service = check(&checks, "ml-prod: look up endpoint services");
    assert_eq!(service.status, Status::Warn, "{}", text(&checks));
    assert!(service.found.contains("com.amazonaws.eu-west-1.secretmanager"), "{service:?}");
    let unit = check(&checks, "org: look up organizational units");
    assert!(unit.status == Status::Warn && unit.found.contains("/Workload"), "{unit:?}");
    let directory = check(&checks, "directory");
    assert!(help(directory).contains("did you mean `secretsmanager`?"), "{directory:?}");
}

#[tokio::test(start_paused = true)]
async fn the_queue_of_events_is_looked_at_and_nothing_is_taken_from_it() {
    let simulator = world();
    let url = simulator.with(|world| {
        let url = world.sqs.create((ML_ACCOUNT, REGION), "palisade-events");
        world.post(&url, "{}");
        url
    });
    let events = format!("events: {{queueUrl: \"{url}\"}}\n    assumeRole:");
    let settings = SETTINGS.replacen("assumeRole:", &events, 1);
    let checks = doctor(&simulator, &settings, &overrides()).await;
    assert_eq!(failed(&checks), [""; 0]);
    let found = &check(&checks, "ml-prod: events").found;
    assert!(found.contains("/palisade-events: 1 waiting"), "{found}");
    let trail = check(&checks, "ml-prod: trail");
    assert_eq!(trail.status, Status::Warn, "{trail:?}");
    assert!(trail.found.contains("no trail records what changes in eu-west-1"), "{trail:?}");
    simulator.with(|world| world.options.events.on = true);
    let again = doctor(&simulator, &settings, &overrides()).await;
    let trail = check(&again, "ml-prod: trail");
    assert_eq!(trail.status, Status::Ok, "{trail:?}");
    simulator.with(|world| world.sqs.remove(&url));
    let checks = doctor(&simulator, &settings, &overrides()).await;
    assert_eq!(failed(&checks), ["ml-prod: events"]);
}

#[tokio::test(start_paused = true)]
async fn the_table_of_the_memory_is_looked_at_and_not_written() {
    let simulator = world();
    let memory = |table: &str| {
        format!("{SETTINGS}memory: {{dynamodb: {{table: {table}, region: {REGION}}}}}\n")
    };
    let checks = doctor(&simulator, &memory(example::MEMORY_TABLE), &overrides()).await;
    assert_eq!(failed(&checks), [""; 0]);
    assert!(check(&checks, "memory").found.contains("nothing is kept yet"));
    let (place, owner) = ((ML_ACCOUNT, REGION), "palisade-demo");
    let config = simulator.sdk_config(ML_ACCOUNT, REGION);
    let connection = Connection::new(config, Guard::keeping());
    let home = InTable::new(connection.table(example::MEMORY_TABLE, REGION), owner);
    let lever = Lever::recall(Brake::default(), Some(Memory::new(home, owner))).await;
    lever.engage(Means::Remote, "ann", "INC-7").await;
    simulator.clear_calls();
    let checks = doctor(&simulator, &memory(example::MEMORY_TABLE), &overrides()).await;
    let found = &check(&checks, "memory").found;
    assert!(found.contains("engaged by ann: INC-7"), "{found}");
    let calls = simulator.calls();
    let mut of_table = calls.iter().filter(|call| call.service == "dynamodb");
    assert!(of_table.all(|call| call.operation == "GetItem"));

    let checks = doctor(&simulator, &memory("missing"), &overrides()).await;
    assert_eq!(failed(&checks), ["memory"]);
    let advice = help(check(&checks, "memory"));
    assert!(
        advice.contains("deploy/memory/memory.cfn.yaml") && advice.contains("TableName=missing")
    );
    simulator.with(|world| world.dynamodb.create(place, "other", &["id"]));
    let checks = doctor(&simulator, &memory("other"), &overrides()).await;
    assert!(help(check(&checks, "memory")).contains("the partition key `key`"));
    simulator.inject(Fault::new("GetItem", Effect::Deny));
    let checks = doctor(&simulator, &memory(example::MEMORY_TABLE), &overrides()).await;
    assert!(help(check(&checks, "memory")).contains("palisade iam-policy"));
}
