//! What can never happen, whatever goes wrong.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use palisade::{
    aws::{Brake, CallOutcome, Guard, Meter},
    engine::{Options, Outcome, Report, SkipReason},
    model::Risk,
    plan::{self, Action, Cause, Verdict},
    settings::{GateLimits, Mode, Prune},
    simulator::{self, Fault, example::tagged},
};
use serde_json::{Value, json};

use crate::world::{
    World, conflict, held, in_a_day, list, steps, string, until_quiet, waiting, written,
};

const APPS: &str = "ml-prod/SecurityGroup/apps";
const KEY: &str = "ml-prod/KmsKey/studio";

/// A security group's manifest with a lifecycle.
fn group(name: &str, lifecycle: &str) -> String {
    format!(
        "---\napiVersion: palisade.dev/v1alpha1\nkind: SecurityGroup\nmetadata: {{name: {name}}}\nlifecycle: {{{lifecycle}}}\n\
         spec:\n  description: Apps\n  vpc: {{lookup: {{tags: {{Name: ml}}}}}}\n  \
         ingress: [{{protocol: tcp, ports: 443, from: [10.20.0.0/16]}}]\n  egress: []\n"
    )
}

/// A key's manifest with a lifecycle.
fn key(lifecycle: &str) -> String {
    format!(
        "---\napiVersion: palisade.dev/v1alpha1\nkind: KmsKey\nmetadata: {{name: studio}}\nlifecycle: {{{lifecycle}}}\n\
         spec:\n  aliases: [alias/ml/studio]\n  policy:\n    Version: \"2012-10-17\"\n    Statement:\n      \
         - {{Effect: Allow, Principal: {{AWS: \"arn:aws:iam::${{scope.account}}:root\"}}, Action: \"kms:*\", Resource: \"*\"}}\n"
    )
}

fn shown(report: &Report) -> String {
    plan::render::text(&report.plan)
}

/// A group made by somebody else.
pub fn foreign_group(world: &World, name: &str, tags: &[(&str, &str)]) -> String {
    let mut input = json!({"GroupName": name, "GroupDescription": "Apps", "VpcId": world.vpc()});
    if !tags.is_empty() {
        input["TagSpecification"] = tagged("security-group", tags);
    }
    string(&world.ec2("CreateSecurityGroup", &input), "groupId")
}

fn claim(owner: &str, address: &str) -> [(String, String); 3] {
    [
        ("palisade:owner".into(), owner.into()),
        ("palisade:address".into(), address.into()),
        ("palisade:deletion".into(), "retain".into()),
    ]
}

pub fn claimed_group(world: &World, name: &str, owner: &str, address: &str) -> String {
    let claim = claim(owner, address);
    let tags: Vec<_> = claim.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    foreign_group(world, name, &tags)
}

#[tokio::test(start_paused = true)]
async fn a_name_that_somebody_elses_resource_has_is_a_conflict_and_nothing_is_written() {
    let world = World::with(&group("apps", ""));
    let id = foreign_group(&world, "apps", &[]);
    let mut engine = world.engine().await;
    let quiet = until_quiet(&mut engine).await;
    assert_eq!(world.writes(), [""; 0]);
    let why = conflict(quiet.last(), APPS);
    assert!(why.contains(&id) && why.contains("carries no claim"), "{why}");
}

#[tokio::test(start_paused = true)]
async fn the_same_holds_for_aliases_policies_and_domains() {
    let world = World::baseline();
    let stranger = string(&world.kms("CreateKey", &json!({}))["KeyMetadata"], "KeyId");
    let alias = json!({"AliasName": "alias/ml/studio", "TargetKeyId": stranger});
    world.kms("CreateAlias", &alias);
    let content = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "x:Y", "Resource": "*"}]});
    let policy = json!({
        "Name": "protect-s3", "Description": "", "Type": "SERVICE_CONTROL_POLICY", "Content": content.to_string()
    });
    world.organizations("CreatePolicy", &policy);
    let mut engine = world.engine().await;
    let quiet = until_quiet(&mut engine).await;
    for address in ["ml-prod/KmsKey/studio", "org/ServiceControlPolicy/protect-s3"] {
        let why = conflict(quiet.last(), address);
        assert!(why.contains("carries no claim"), "{why}");
    }
    // The other key, and nothing for the domain, which needs the key that cannot be had.
    assert_eq!(world.keys(), 2);
    assert_eq!(list(&world.sagemaker("ListDomains", &json!({})), "Domains").len(), 0);
    assert!(waiting(quiet.last(), "ml-prod/SageMakerDomain/ml-studio").contains("studio"));
}

#[tokio::test(start_paused = true)]
async fn adoption_by_exact_id_writes_the_claim_and_corrects() {
    let world = World::empty();
    let id = foreign_group(&world, "apps", &[]);
    world.write("main.yaml", group("apps", &format!("adopt: {id}")));
    let mut engine = world.engine().await;
    let first = engine.pass().await;
    assert_eq!(steps(&first, APPS)[0].cause, Cause::Adoption);
    let writes = world.writes();
    assert_eq!(writes[0], "CreateTags", "the claim comes first: {writes:?}");
    assert!(!writes.contains(&"CreateSecurityGroup".to_owned()));
    until_quiet(&mut engine).await.in_order();
    let tags = list(&world.groups("apps")[0], "tagSet");
    assert!(tags.contains(&json!({"key": "palisade:address", "value": APPS})), "{tags:?}");
}

#[tokio::test(start_paused = true)]
async fn what_another_installation_claims_can_be_neither_taken_by_name_nor_adopted() {
    let world = World::empty();
    let id = claimed_group(&world, "apps", "other-team", APPS);
    for lifecycle in [String::new(), format!("adopt: {id}")] {
        world.write("main.yaml", group("apps", &lifecycle));
        let quiet = until_quiet(&mut world.engine().await).await;
        assert_eq!(world.writes(), [""; 0]);
        let why = conflict(quiet.last(), APPS);
        assert!(why.contains("claimed by other-team"), "{why}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_id_to_adopt_that_is_not_there_waits_and_is_never_created() {
    let world = World::with(&group("apps", "adopt: sg-0123456789abcdef0"));
    let quiet = until_quiet(&mut world.engine().await).await;
    assert_eq!(world.writes(), [""; 0]);
    assert!(waiting(quiet.last(), APPS).contains("does not exist"));
}

#[tokio::test(start_paused = true)]
async fn of_two_live_resources_with_one_address_neither_is_touched() {
    let world = World::with(&group("apps", ""));
    let mut engine = world.engine().await;
    until_quiet(&mut engine).await.in_order();
    world.writes();
    let second = claimed_group(&world, "apps-copy", "palisade-demo", APPS);
    // Both have drifted too.
    let all = json!([{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]);
    for id in [world.group("apps"), second.clone()] {
        world.ec2("AuthorizeSecurityGroupIngress", &json!({"GroupId": id, "IpPermissions": all}));
    }
    let quiet = until_quiet(&mut engine).await;
    assert_eq!(world.writes(), [""; 0]);
    assert!(conflict(quiet.last(), APPS).contains("2 live resources"));
    // Nor by a tombstone.
    world.write("main.yaml", group("apps", "state: absent"));
    until_quiet(&mut engine).await;
    assert_eq!(world.writes(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn credentials_of_another_account_make_the_scope_unknown_and_nothing_is_written() {
    let mut world = World::baseline();
    // A settings file that names two accounts is refused; a role can still lead somewhere else than it says.
    let scope = world.settings.scopes.get_mut("ml-prod").expect("the scope");
    scope.account = Some("444455556666".to_owned());
    let quiet = until_quiet(&mut world.engine().await).await;
    let last = quiet.last();
    let unknown: BTreeSet<_> = last.plan.unknown.iter().map(|it| it.scope.as_str()).collect();
    assert_eq!(unknown, ["ml-prod"].into());
    let why = &last.plan.unknown[0].why;
    assert!(why.contains("111122223333") && why.contains("444455556666"), "{why}");
    // The other scope goes on. Its policies are held: whether they would lock palisade out of the account
    // whose caller is unknown cannot be told, and unknown means held.
    let held: BTreeSet<_> = last
        .plan
        .steps
        .iter()
        .filter(|step| matches!(step.verdict, Verdict::Held(_)))
        .map(|step| step.address.clone())
        .collect();
    // The one that names endpoints of that account waits for them.
    assert!(waiting(last, "org/ServiceControlPolicy/sagemaker-urls").contains("ml-prod"));
    assert_eq!(held.union(&last.plan.in_sync).count(), 8, "{}", shown(last));
    let calls = world.calls();
    assert!(calls.iter().filter(|call| call.mutating).all(|call| call.service == "organizations"));
}

#[tokio::test(start_paused = true)]
async fn a_kind_that_may_not_be_read_is_unknown_and_the_others_go_on() {
    let world = World::baseline();
    let denied = Fault::reject("DescribeVpcEndpoints", "UnauthorizedOperation", "not you");
    world.simulator.inject(denied);
    let mut engine = world.engine().await;
    let quiet = until_quiet(&mut engine).await;
    let unknown = &quiet.last().plan.unknown;
    assert_eq!(unknown.len(), 1, "{}", shown(quiet.last()));
    assert_eq!((unknown[0].kind.as_str(), unknown[0].scope.as_str()), ("VpcEndpoint", "ml-prod"));
    let writes = world.writes();
    assert!(!writes.iter().any(|call| call.contains("VpcEndpoint")), "{writes:?}");
    // The endpoints, and the policy that names two of them.
    assert_eq!(quiet.last().plan.in_sync.len(), 26 - 9 - 1);
    world.simulator.clear_faults();
    until_quiet(&mut engine).await.in_order();
}

#[tokio::test(start_paused = true)]
async fn a_failed_page_is_not_an_empty_page() {
    let world = World::baseline();
    let content = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "x:Y", "Resource": "*"}]});
    for number in 0..30 {
        world.organizations(
            "CreatePolicy",
            &json!({
                "Name": format!("theirs-{number}"), "Description": "", "Type": "SERVICE_CONTROL_POLICY",
                "Content": content.to_string()
            }),
        );
    }
    let mut engine = world.engine().await;
    until_quiet(&mut engine).await.in_order();
    world.writes();
    world.simulator.inject(Fault::reject("ListPolicies", "ServiceException", "broken").nth(2));
    let report = engine.pass().await;
    let unknown: Vec<_> = report.plan.unknown.iter().map(|it| it.kind.as_str()).collect();
    // The SDK repeats a read that failed on the server's side; one failure is bridged, a lasting one is not.
    if unknown.is_empty() {
        assert!(report.is_converged());
        world.simulator.clear_faults();
        let reject = |nth| Fault::reject("ListPolicies", "AccessDeniedException", "no").nth(nth);
        world.simulator.inject(reject(2));
        let report = engine.pass().await;
        assert_eq!(report.plan.unknown[0].kind, "ServiceControlPolicy");
    } else {
        assert_eq!(unknown, ["ServiceControlPolicy"]);
    }
    assert_eq!(world.writes(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_to_create_key_never_makes_a_second_key() {
    let world = World::with(&key(""));
    world.simulator.inject(Fault::lose_answer("CreateKey").nth(1));
    let mut engine = world.engine().await;
    for _ in 0..200 {
        let _ = engine.pass().await;
        tokio::time::advance(Duration::from_secs(10)).await;
    }
    let last = engine.pass().await;
    assert!(last.is_converged(), "{}", shown(&last));
    assert_eq!(world.keys(), 1);
    let creates = world.writes().into_iter().filter(|call| call == "CreateKey").count();
    assert_eq!(creates, 1);
}

#[tokio::test(start_paused = true)]
async fn not_even_if_the_lists_hide_the_key_and_the_process_starts_anew_meanwhile() {
    for restart in [false, true] {
        let mut world = World::over(simulator::Options {
            read_lag: Duration::from_secs(10),
            ..simulator::Options::default()
        });
        tokio::time::advance(Duration::from_mins(1)).await;
        world.settings.settle_window = Duration::from_secs(15);
        world.write("main.yaml", key(""));
        world.simulator.inject(Fault::lose_answer("CreateKey").nth(1));
        let mut engine = world.engine().await;
        for _ in 0..600 {
            let report = engine.pass().await;
            if restart && report.failures().next().is_some() {
                engine = world.engine().await;
            }
            tokio::time::advance(Duration::from_secs(3)).await;
        }
        assert_eq!(world.keys(), 1, "restart: {restart}");
        assert!(engine.pass().await.is_converged());
    }
}

#[tokio::test(start_paused = true)]
async fn lost_answers_to_every_create_call_leave_one_of_everything() {
    for call in
        ["CreateSecurityGroup", "CreateVpcEndpoint", "CreatePolicy", "CreateDomain", "CreateKey"]
    {
        let world = World::baseline();
        world.simulator.inject(Fault::lose_answer(call).nth(1));
        let mut engine = world.engine().await;
        let mut last = engine.pass().await;
        for _ in 0..150 {
            if last.is_converged() {
                break;
            }
            tokio::time::advance(Duration::from_secs(10)).await;
            last = engine.pass().await;
        }
        assert!(last.is_converged(), "{call}: {}", shown(&last));
        assert_eq!(world.keys(), 2, "{call}");
        assert_eq!(
            list(&world.ec2("DescribeSecurityGroups", &json!({})), "securityGroupInfo").len(),
            6
        );
        assert_eq!(list(&world.ec2("DescribeVpcEndpoints", &json!({})), "vpcEndpointSet").len(), 9);
        assert_eq!(list(&world.sagemaker("ListDomains", &json!({})), "Domains").len(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_tombstone_deletes_a_group_once_nothing_uses_it_and_names_what_does() {
    let world = World::with(&group("apps", ""));
    let mut engine = world.engine().await;
    until_quiet(&mut engine).await.in_order();
    world.writes();
    let subnets = list(&world.ec2("DescribeSubnets", &json!({})), "subnetSet");
    let interface = json!({
        "SubnetId": subnets[0]["subnetId"], "SecurityGroupId": [world.group("apps")], "Description": "EFS mount target"
    });
    let interface = world.ec2("CreateNetworkInterface", &interface);
    let interface = string(&interface["networkInterface"], "networkInterfaceId");
    world.write("main.yaml", group("apps", "state: absent"));
    let report = engine.pass().await;
    assert_eq!(world.writes(), [""; 0]);
    let why = waiting(&report, APPS);
    assert!(why.contains(&interface), "{why}");

    world.ec2("DeleteNetworkInterface", &json!({"NetworkInterfaceId": interface}));
    until_quiet(&mut engine).await.in_order();
    assert_eq!(world.writes(), ["DeleteSecurityGroup"]);
    // The tombstone may stay.
    assert!(engine.pass().await.is_converged());
    assert_eq!(world.writes(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn a_tombstone_gives_a_key_thirty_days_unless_it_says_otherwise() {
    for (days, spec) in [(30, None), (7, Some("  deletionWindowDays: 7\n"))] {
        let world = World::with(&key(""));
        let mut engine = world.engine().await;
        until_quiet(&mut engine).await.in_order();
        world.writes();
        let manifest = match spec {
            // A tombstone needs no spec.
            None => key("state: absent").split("spec:").next().expect("a head").to_owned(),
            Some(more) => key("state: absent").replace("spec:\n", &format!("spec:\n{more}")),
        };
        world.write("main.yaml", manifest);
        until_quiet(&mut engine).await.in_order();
        let calls = world.calls();
        let calls: Vec<_> = calls.iter().filter(|call| call.mutating).collect();
        assert_eq!(calls.len(), 1, "{calls:?}");
        assert_eq!(calls[0].operation, "ScheduleKeyDeletion");
        assert_eq!(calls[0].input["PendingWindowInDays"], days);
        assert_eq!(world.keys(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_tombstone_detaches_a_policy_and_then_deletes_it() {
    let (world, mut engine) = World::applied().await;
    world.edit(
        "organization/protect-cloudtrail.yaml",
        "  scope: org\n",
        "  scope: org\nlifecycle: {state: absent}\n",
    );
    until_quiet(&mut engine).await.in_order();
    assert_eq!(world.writes(), ["DetachPolicy", "DeletePolicy"]);
    assert_eq!(world.policy("protect-cloudtrail"), None);
}

#[tokio::test(start_paused = true)]
async fn a_tombstone_deletes_a_domain_once_nobody_lives_in_it_and_keeps_the_files() {
    let (world, mut engine) = World::applied().await;
    let domain = world.domain();
    let user = json!({
        "DomainId": domain, "UserProfileName": "ada", "SingleSignOnUserIdentifier": "UserName",
        "SingleSignOnUserValue": "ada"
    });
    world.sagemaker("CreateUserProfile", &user);
    world.edit(
        "ml-prod/studio.yaml",
        "lifecycle:\n  waive:\n",
        "lifecycle:\n  state: absent\n  waive:\n",
    );
    let report = engine.pass().await;
    assert_eq!(world.writes(), [""; 0]);
    assert!(waiting(&report, "ml-prod/SageMakerDomain/ml-studio").contains("ada"));
    world.sagemaker("DeleteUserProfile", &json!({"DomainId": domain, "UserProfileName": "ada"}));
    until_quiet(&mut engine).await.in_order();
    let calls = world.calls();
    let calls: Vec<_> = calls.iter().filter(|call| call.mutating).collect();
    assert_eq!(calls.len(), 1, "{calls:?}");
    assert_eq!(calls[0].operation, "DeleteDomain");
    assert_eq!(calls[0].input["RetentionPolicy"]["HomeEfsFileSystem"], "Retain");
}

/// Two groups with `deletion: delete` in their claims, and then one manifest less.
async fn orphaned(prune: Prune) -> (World, Report) {
    let mut world = World::empty();
    world.settings.prune = prune;
    world.write("a.yaml", group("apps", "deletion: delete"));
    world.write("b.yaml", group("other", ""));
    let mut engine = world.engine().await;
    until_quiet(&mut engine).await.in_order();
    world.writes();
    world.remove("a.yaml");
    let mut quiet = until_quiet(&mut engine).await;
    (world, quiet.reports.remove(0))
}

#[tokio::test(start_paused = true)]
async fn a_removed_manifest_makes_an_orphan_that_is_reported_and_not_deleted() {
    let (world, report) = orphaned(Prune::Never).await;
    assert_eq!(world.writes(), [""; 0]);
    let orphans: Vec<_> = report.plan.orphans.iter().map(|it| it.address.to_string()).collect();
    assert_eq!(orphans, [APPS]);
    assert_eq!(report.plan.steps.len(), 0);
}

#[tokio::test(start_paused = true)]
async fn prune_held_asks_and_the_digest_releases_exactly_that_deletion() {
    let (world, report) = orphaned(Prune::Held).await;
    assert_eq!(world.writes(), [""; 0]);
    let (step, _) = held(&report, APPS);
    assert_eq!(step.cause, Cause::Prune);
    until_quiet(&mut world.engine_approving(&[&step.digest]).await).await;
    assert_eq!(world.writes(), ["DeleteSecurityGroup"]);
}

#[tokio::test(start_paused = true)]
async fn prune_automatic_deletes_what_the_claim_allows_and_nothing_else() {
    let (world, _) = orphaned(Prune::Automatic).await;
    assert_eq!(world.writes(), ["DeleteSecurityGroup"]);
    assert_eq!(world.groups("other").len(), 1);
    // The other one's claim says retain, and so does this directory's emptiness.
    world.remove("b.yaml");
    until_quiet(&mut world.engine().await).await;
    assert_eq!(world.writes(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn a_manifest_that_is_away_for_a_moment_costs_nothing_even_where_pruning_is_automatic() {
    let mut world = World::empty();
    world.settings.prune = Prune::Automatic;
    world.write("a.yaml", group("apps", "deletion: delete"));
    world.write("b.yaml", group("other", ""));
    let mut engine = world.engine().await;
    until_quiet(&mut engine).await.in_order();
    world.writes();
    let window = world.settings.settle_window;
    let second = Duration::from_secs(1);

    world.remove("a.yaml");
    let report = engine.pass().await;
    assert!(
        waiting(&report, APPS).contains("read again after the settle window"),
        "{:?}",
        report.plan.steps
    );
    tokio::time::advance(window / 2).await;
    engine.pass().await;
    // It is back, and a reading that failed is none.
    world.write("a.yaml", group("apps", "deletion: delete"));
    assert_eq!(engine.pass().await.plan.steps.len(), 0);
    world.remove("a.yaml");
    engine.pass().await;
    world.write("c.yaml", "kind: [");
    tokio::time::advance(window + second).await;
    assert_eq!(engine.pass().await.problems.len(), 1);
    assert_eq!(world.writes(), [""; 0]);

    world.remove("c.yaml");
    until_quiet(&mut engine).await;
    assert_eq!(world.writes(), ["DeleteSecurityGroup"]);
}

#[tokio::test(start_paused = true)]
async fn keys_are_never_pruned() {
    let mut world = World::empty();
    world.settings.prune = Prune::Automatic;
    world.write("a.yaml", key("deletion: delete"));
    world.write("b.yaml", group("other", ""));
    let mut engine = world.engine().await;
    until_quiet(&mut engine).await.in_order();
    world.writes();
    world.remove("a.yaml");
    let quiet = until_quiet(&mut engine).await;
    assert_eq!(world.writes(), [""; 0]);
    assert_eq!(quiet.last().plan.orphans.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_empty_or_missing_directory_deletes_nothing() {
    let mut world = World::empty();
    world.settings.prune = Prune::Automatic;
    world.settings.gate = GateLimits { deletes_percent: 100, ..GateLimits::default() };
    world.write("a.yaml", group("apps", "deletion: delete"));
    let mut engine = world.engine().await;
    until_quiet(&mut engine).await.in_order();
    world.writes();
    world.remove("a.yaml");
    until_quiet(&mut engine).await;
    assert_eq!(world.writes(), [""; 0]);
    until_quiet(&mut world.engine().await).await;
    assert_eq!(world.writes(), [""; 0]);
    std::fs::remove_dir(world.dir()).expect("removed");
    let quiet = until_quiet(&mut engine).await;
    assert_eq!(quiet.last().problems.len(), 1);
    assert_eq!(world.writes(), [""; 0]);
    assert_eq!(world.groups("apps").len(), 1);
    std::fs::create_dir(world.dir()).expect("made again for its owner to remove");
}

fn many(count: usize, lifecycle: &str) -> String {
    (0..count).map(|number| group(&format!("apps-{number:02}"), lifecycle)).collect()
}

fn open_all(world: &World, count: usize) {
    let all = json!([{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]);
    for number in 0..count {
        let id = world.group(&format!("apps-{number:02}"));
        world.ec2("AuthorizeSecurityGroupIngress", &json!({"GroupId": id, "IpPermissions": all}));
    }
}

#[tokio::test(start_paused = true)]
async fn ten_resources_edited_by_the_directory_go_through_and_eleven_are_held() {
    for (count, writes) in [(10, 10), (11, 0)] {
        let world = World::with(&many(12, ""));
        let mut engine = world.engine().await;
        until_quiet(&mut engine).await.in_order();
        world.writes();
        // From here on they are wanted in another way.
        let (changed, same) = (many(count, ""), many(12, ""));
        let changed = changed.replace("10.20.0.0/16", "10.21.0.0/16");
        world.write("main.yaml", changed + &same[many(count, "").len()..]);
        let report = engine.pass().await;
        assert_eq!(world.writes().len(), writes, "{count}: {}", shown(&report));
        if writes == 0 {
            let (_, why) = held(&report, "ml-prod/SecurityGroup/apps-03");
            assert!(why.contains("11 of 12"), "{why}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_somebody_opens_is_closed_however_many_resources_it_is() {
    let world = World::with(&many(12, ""));
    let mut engine = world.engine().await;
    until_quiet(&mut engine).await.in_order();
    world.writes();
    open_all(&world, 12);
    let report = engine.pass().await;
    assert_eq!(world.writes().len(), 12, "{}", shown(&report));
    // A process that has not seen them in order does not know whose doing it is: all limits hold.
    open_all(&world, 11);
    let report = world.engine().await.pass().await;
    assert_eq!(world.writes(), [""; 0]);
    let (_, why) = held(&report, "ml-prod/SecurityGroup/apps-03");
    assert!(why.contains("11 of 12"), "{why}");
}

#[tokio::test(start_paused = true)]
async fn more_deletions_than_a_tenth_are_held_and_an_approval_in_the_directory_releases_one() {
    let world = World::with(&many(3, ""));
    let mut engine = world.engine().await;
    until_quiet(&mut engine).await.in_order();
    world.writes();
    world.write("main.yaml", many(3, "state: absent"));
    let report = engine.pass().await;
    assert_eq!(world.writes(), [""; 0]);
    let (step, why) = held(&report, "ml-prod/SecurityGroup/apps-01");
    assert!(why.contains("3 of 3"), "{why}");
    let approval = |expires: &str| {
        format!(
            "apiVersion: palisade.dev/v1alpha1\nkind: Approval\nmetadata: {{name: one}}\nspec: {{digest: \"{}\", expires: \"{expires}\"}}\n",
            step.digest
        )
    };
    world.write("approval.yaml", approval("2020-01-01T00:00:00Z"));
    let _ = engine.pass().await;
    assert_eq!(world.writes(), [""; 0], "an approval that is over counts no more");
    world.write("approval.yaml", approval(&in_a_day()));
    let _ = engine.pass().await;
    assert_eq!(world.writes(), ["DeleteSecurityGroup"]);
    assert_eq!(world.groups("apps-01").len(), 0);
}

#[tokio::test(start_paused = true)]
async fn an_immutable_field_is_shown_held_and_cannot_be_approved() {
    let world = World::with(&group("apps", ""));
    let mut engine = world.engine().await;
    until_quiet(&mut engine).await.in_order();
    world.writes();
    world.edit("main.yaml", "description: Apps", "description: Other");
    let report = engine.pass().await;
    let (step, _) = held(&report, APPS);
    assert_eq!(step.risk(), Risk::IMPOSSIBLE);
    let report = world.engine_approving(&[&step.digest]).await.pass().await;
    held(&report, APPS);
    assert_eq!(world.writes(), [""; 0]);
}

/// A group whose drift takes two calls.
async fn two_calls_away() -> (World, String) {
    let world = World::with(&group("apps", ""));
    until_quiet(&mut world.engine().await).await.in_order();
    let id = world.group("apps");
    let rule = world.rule(&id, false, 443);
    let all = json!([{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]);
    world.ec2("RevokeSecurityGroupIngress", &json!({"GroupId": id, "SecurityGroupRuleId": [rule]}));
    world.ec2("AuthorizeSecurityGroupEgress", &json!({"GroupId": id, "IpPermissions": all}));
    world.writes();
    (world, id)
}

#[tokio::test(start_paused = true)]
async fn observe_mode_and_paused_manifests_are_reported_and_not_written() {
    let (mut world, _) = two_calls_away().await;
    let reported = |report: &Report| {
        let steps = steps(report, APPS);
        assert!(matches!(steps[0].verdict, Verdict::Reported(_)), "{}", shown(report));
    };
    for lifecycle in ["paused: true", "mode: observe"] {
        world.write("main.yaml", group("apps", lifecycle));
        reported(until_quiet(&mut world.engine().await).await.last());
        assert_eq!(world.writes(), [""; 0], "{lifecycle}");
    }
    world.write("main.yaml", group("apps", ""));
    world.settings.mode = Mode::Observe;
    reported(until_quiet(&mut world.engine().await).await.last());
    assert_eq!(world.writes(), [""; 0]);
    world.settings.mode = Mode::Enforce;
    until_quiet(&mut world.engine().await).await.in_order();
    assert_eq!(world.writes(), ["RevokeSecurityGroupEgress", "AuthorizeSecurityGroupIngress"]);
}

/// Engages the brake as soon as one mutating call was made.
#[derive(Debug)]
struct BrakeAfterOne(Brake);

impl Meter for BrakeAfterOne {
    fn attempt(&self, service: &str, operation: &str, _outcome: CallOutcome) {
        if palisade::operations::is_mutating(service, operation) {
            self.0.engage();
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_brake_stops_before_the_next_call_and_released_the_rest_is_done() {
    let (world, _) = two_calls_away().await;
    let meter = Arc::new(BrakeAfterOne(world.brake.clone()));
    let guard = Guard::writing(world.brake.clone()).metered(meter);
    let options = Options { write: true, ..Options::default() };
    let mut engine = world.engine_with(guard, options).await;
    let report = engine.pass().await;
    assert_eq!(world.writes(), ["RevokeSecurityGroupEgress"]);
    assert!(matches!(
        &report.results[0].outcome,
        Outcome::Skipped { reason: SkipReason::Brake { .. } }
    ));
    let _ = engine.pass().await;
    assert_eq!(world.writes(), [""; 0]);
    world.brake.release();
    let _ = engine.pass().await;
    assert_eq!(world.writes(), ["AuthorizeSecurityGroupIngress"]);
}

#[tokio::test(start_paused = true)]
async fn a_plan_makes_no_mutating_call_even_if_it_is_told_to_write() {
    let (world, _) = two_calls_away().await;
    let report = world.reader().await.pass().await;
    let Action::Edit { edits, .. } = &steps(&report, APPS)[0].action else { panic!("no edit") };
    assert_eq!(edits.len(), 2);
    assert!(report.results.is_empty());
    // The second line of defence: clients that refuse.
    let options = Options { write: true, ..Options::default() };
    let report = world.engine_with(Guard::read_only(), options).await.pass().await;
    assert!(matches!(report.results[0].outcome, Outcome::Skipped { .. }), "{:?}", report.results);
    assert_eq!(world.writes(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn a_directory_that_changes_while_a_plan_is_carried_out_ends_that_plan() {
    let (world, _) = two_calls_away().await;
    #[derive(Debug)]
    struct Push(std::sync::Mutex<Option<palisade::engine::apply::Generation>>);
    impl Meter for Push {
        fn attempt(&self, service: &str, operation: &str, _outcome: CallOutcome) {
            if palisade::operations::is_mutating(service, operation)
                && let Some(generation) = self.0.lock().expect("no panic before").take()
            {
                generation.advance();
            }
        }
    }
    let push = Arc::new(Push(std::sync::Mutex::new(None)));
    let guard = Guard::writing(world.brake.clone()).metered(Arc::clone(&push) as Arc<dyn Meter>);
    let options = Options { write: true, ..Options::default() };
    let mut engine = world.engine_with(guard, options).await;
    *push.0.lock().expect("no panic before") = Some(engine.generation());
    let _ = engine.pass().await;
    assert_eq!(world.writes(), ["RevokeSecurityGroupEgress"]);
    let report = engine.pass().await;
    assert_eq!(world.writes(), ["AuthorizeSecurityGroupIngress"]);
    assert_eq!(written(&report), [APPS.to_owned()].into());
}

#[tokio::test(start_paused = true)]
async fn throttling_and_server_faults_end_and_everything_becomes_true_without_duplicates() {
    let world = World::baseline();
    for (nth, call) in [
        (1, "CreateSecurityGroup"),
        (2, "CreateVpcEndpoint"),
        (1, "AttachPolicy"),
        (1, "DescribeVpcs"),
    ] {
        world.simulator.inject(Fault::throttle(call).nth(nth));
    }
    let mut engine = world.engine().await;
    for _ in 0..60 {
        let _ = engine.pass().await;
        tokio::time::advance(Duration::from_secs(5)).await;
    }
    let last = engine.pass().await;
    assert!(last.is_converged(), "{}", shown(&last));
    let groups: Vec<Value> =
        list(&world.ec2("DescribeSecurityGroups", &json!({})), "securityGroupInfo");
    assert_eq!(groups.len(), 6);
}

#[tokio::test(start_paused = true)]
async fn a_key_is_created_only_after_two_observations_a_settle_window_apart() {
    let mut world = World::with(&key(""));
    world.settings.settle_window = Duration::from_secs(15);
    let mut engine = world.engine().await;
    let first = engine.pass().await;
    assert!(waiting(&first, KEY).contains("settle window"), "{}", shown(&first));
    tokio::time::advance(Duration::from_secs(14)).await;
    let _ = engine.pass().await;
    assert_eq!(world.writes(), [""; 0]);
    tokio::time::advance(Duration::from_secs(1)).await;
    let _ = engine.pass().await;
    assert_eq!(world.writes(), ["CreateKey"]);
}
