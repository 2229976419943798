//! Policies, keys and service control policies, 42 to 49; domains and endpoints are in [`domains`].

mod domains;

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use palisade::{engine::Report, simulator::Fault};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::groups::{applied, facts, passes, world};
use crate::{
    campaign::catalogue::{group, guard, https, key, manifest, s3},
    world::{World, list, string, until_quiet, waiting},
};

const ADMIN: &str = "{Sid: Admin, Effect: Allow, Principal: {AWS: \"111122223333\"}, Action: \"kms:*\", Resource: \"*\"}";

/// The key `studio` with these statements.
fn key_with(statements: &str) -> String {
    let policy = format!("{{Version: \"2012-10-17\", Statement: [{statements}]}}");
    manifest(
        "ml",
        "KmsKey",
        "studio",
        "",
        &format!("{{policy: {policy}, aliases: [alias/studio]}}"),
    )
}

fn use_by(sid: &str, action: &str) -> String {
    let role = "arn:aws:iam::111122223333:role/studio";
    format!(
        "{{Sid: {sid}, Effect: Allow, Principal: {{AWS: \"{role}\"}}, Action: \"{action}\", Resource: \"*\"}}"
    )
}

/// The text of the key's policy as KMS shows it.
fn key_policy(world: &World) -> String {
    let input = json!({"KeyId": world.key("alias/studio"), "PolicyName": "default"});
    string(&world.kms("GetKeyPolicy", &input), "Policy")
}

fn put_key_policy(world: &World, policy: &Value) {
    let key = world.key("alias/studio");
    let input = json!({"KeyId": key, "PolicyName": "default", "Policy": policy.to_string()});
    world.kms("PutKeyPolicy", &input);
}

/// A policy that denies next to nothing, at these targets.
fn policy(name: &str, targets: &str) -> String {
    let spec = format!(
        "{{content: {{Version: \"2012-10-17\", Statement: [{{Effect: Deny, Action: \"s3:DeleteBucket\", Resource: \"*\"}}]}}, targets: [{targets}]}}"
    );
    manifest("org", "ServiceControlPolicy", name, "", &spec)
}

/// A policy of somebody else's at the root.
fn foreign_policy(world: &World, name: &str) -> String {
    let content = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "x:Y", "Resource": "*"}]});
    let input = json!({
        "Name": name, "Description": "", "Type": "SERVICE_CONTROL_POLICY", "Content": content.to_string()
    });
    let made = world.organizations("CreatePolicy", &input);
    let id = string(&made["Policy"]["PolicySummary"], "Id");
    attach(world, "AttachPolicy", &id, &world.root());
    id
}

fn attach(world: &World, operation: &str, policy: &str, target: &str) {
    world.organizations(operation, &json!({"PolicyId": policy, "TargetId": target}));
}

const FULL_ACCESS: &str = "p-FullAWSAccess";

fn workloads(world: &World) -> String {
    let root = json!({"ParentId": world.root()});
    let units = world.organizations("ListOrganizationalUnitsForParent", &root);
    string(&list(&units, "OrganizationalUnits")[0], "Id")
}

fn last(reports: &[Report]) -> &Report {
    reports.last().unwrap()
}

fn count(writes: &[String], call: &str) -> usize {
    writes.iter().filter(|write| *write == call).count()
}

/// 42. aws-controllers-k8s/community#1967, #2875, iam-controller#182, ec2-controller#343, sqs-controller#108: policies were
/// compared as texts, and the one that the service had rewritten was sent again and again.
#[tokio::test(start_paused = true)]
async fn bug_42_a_policy_that_aws_spells_otherwise_is_not_written_again() {
    let roles =
        ["zeta", "alpha", "mid"].map(|name| format!("\"arn:aws:iam::111122223333:role/{name}\""));
    let odd = format!(
        "{{Sid: Use, Effect: Allow, Principal: {{AWS: [{}]}}, Action: [kms:GenerateDataKey, kms:Decrypt], Resource: [\"*\"], \
         Condition: {{Bool: {{\"aws:SecureTransport\": true}}}}}}",
        roles.join(", ")
    );
    let endpoint =
        s3("", "s3:GetObject", "").replace("\"s3:GetObject\"", "[s3:PutObject, s3:GetObject]");
    let text =
        format!("{}{endpoint}{}", key_with(&format!("{ADMIN}, {odd}")), policy("tidy", "root"));
    let (world, mut engine) = applied(&text).await;
    assert!(key_policy(&world).contains(":root"), "KMS has rewritten it");

    // Somebody writes the same in yet other words: that is no drift either.
    let root = "arn:aws:iam::111122223333:root";
    let role = |name: &str| format!("arn:aws:iam::111122223333:role/{name}");
    let condition = json!({"Bool": {"aws:SecureTransport": ["true"]}});
    put_key_policy(
        &world,
        &json!({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Sid": "Use", "Resource": "*", "Principal": {"AWS": [role("mid"), role("zeta"), role("alpha")]},
             "Action": ["kms:Decrypt", "kms:GenerateDataKey", "kms:Decrypt"], "Condition": condition},
            {"Resource": ["*"], "Action": ["kms:*"], "Principal": {"AWS": [root]}, "Effect": "Allow", "Sid": "Admin"},
        ]}),
    );
    let same = json!({"Version": "2012-10-17", "Statement": {
        "Resource": ["*"], "Principal": {"AWS": "*"}, "Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"]
    }});
    let id = world.endpoint("s3")["vpcEndpointId"].clone();
    world.ec2(
        "ModifyVpcEndpoint",
        &json!({"VpcEndpointId": id, "PolicyDocument": same.to_string()}),
    );
    let pretty = "{\n  \"Statement\": [ {\"Resource\": \"*\", \"Effect\": \"Deny\",\n \"Action\": \"s3:DeleteBucket\"} ], \"Version\": \"2012-10-17\" }";
    world.organizations(
        "UpdatePolicy",
        &json!({"PolicyId": world.policy("tidy"), "Content": pretty}),
    );
    tokio::time::advance(Duration::from_secs(5)).await;
    for _ in 0..5 {
        let report = engine.pass().await;
        assert!(report.is_converged(), "{}", palisade::plan::render::text(&report.plan));
    }
    assert_eq!(world.writes(), [""; 0]);
}

/// 43. go-to-k/cdk-real-drift#180: the difference named the third statement of the sorted document, and the third one as it
/// stood was overwritten.
#[tokio::test(start_paused = true)]
async fn bug_43_correcting_one_statement_leaves_each_of_the_others_what_it_is() {
    let statements = [("Zulu", "kms:Decrypt"), ("Alpha", "kms:Encrypt"), ("Mike", "kms:Sign")];
    let text = statements.map(|(sid, action)| use_by(sid, action)).join(", ");
    let (world, mut engine) = applied(&key_with(&format!("{ADMIN}, {text}"))).await;
    for tampered in ["Zulu", "Alpha", "Mike"] {
        let mut live: Value = serde_json::from_str(&key_policy(&world)).unwrap();
        let all = live["Statement"].as_array_mut().unwrap();
        all.reverse();
        all.iter_mut().find(|it| it["Sid"] == tampered).unwrap()["Action"] =
            json!("kms:ReEncrypt*");
        put_key_policy(&world, &live);
        until_quiet(&mut engine).await.in_order();
        assert_eq!(world.writes(), ["PutKeyPolicy"], "{tampered}");
        let live: Value = serde_json::from_str(&key_policy(&world)).unwrap();
        let found: BTreeMap<_, _> = list(&live, "Statement")
            .iter()
            .map(|it| (string(it, "Sid"), string(it, "Action")))
            .collect();
        let wanted = statements.iter().chain(&[("Admin", "kms:*")]);
        let wanted = wanted.map(|(sid, action)| ((*sid).to_owned(), (*action).to_owned()));
        assert_eq!(found, wanted.collect(), "{tampered}");
    }
}

/// 44. terraform-provider-aws#27422, #27641, #28390, #20588: after the write it was waited for the very text that had been
/// sent, which KMS never shows.
#[tokio::test(start_paused = true)]
async fn bug_44_nothing_waits_for_a_key_policy_to_come_back_as_it_was_sent() {
    let (world, mut engine) = applied(&key_with(ADMIN)).await;
    world.write("main.yaml", key_with(&format!("{ADMIN}, {}", use_by("Use", "kms:Decrypt"))));
    let begun = Instant::now();
    let _ = engine.pass().await;
    let put = world.calls().into_iter().find(|call| call.operation == "PutKeyPolicy").unwrap();
    assert_ne!(string(&put.input, "Policy"), key_policy(&world), "KMS shows another text");
    let report = engine.pass().await;
    assert!(report.is_converged(), "{}", palisade::plan::render::text(&report.plan));
    assert_eq!(world.reads()["kms:GetKeyPolicy"], 1, "looked at once, not until it fits");
    assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
}

/// 45. hashicorp/terraform#8562: a role that was just made is not yet visible to KMS, which calls the policy malformed.
#[tokio::test(start_paused = true)]
async fn bug_45_a_principal_that_kms_cannot_see_yet_is_waited_for_ever_more_slowly() {
    let world = world(&format!("{}{}", group("apps", &https(), ""), key("", "kms:Decrypt", "")));
    let message = "Policy contains a statement with one or more invalid principals.";
    let fault = |call: &str| Fault::reject(call, "MalformedPolicyDocumentException", message);
    world.simulator.inject(fault("CreateKey").nth(1).times(4));
    let mut engine = world.engine().await;
    let reports = passes(&mut engine, Duration::from_mins(20)).await;
    assert!(
        last(&reports).is_converged(),
        "{}",
        palisade::plan::render::text(&last(&reports).plan)
    );
    let told = reports.iter().find_map(|report| report.failures().next());
    let told = format!("{:?}", told.unwrap().outcome);
    assert!(told.contains("new ones for some seconds"), "{told}");
    assert_eq!(world.keys(), 1);
    let calls = world.calls();
    let at = |call: &str| -> Vec<Duration> {
        calls.iter().filter(|it| it.operation == call).map(|it| it.at).collect()
    };
    let tries = at("CreateKey");
    assert_eq!(tries.len(), 5, "four refused, one taken");
    let pauses: Vec<_> =
        tries.windows(2).map(|pair| pair[1].checked_sub(pair[0]).unwrap()).collect();
    assert!(pauses.is_sorted() && pauses[0] >= Duration::from_secs(30), "{pauses:?}");
    assert!(
        at("CreateSecurityGroup")[0] < tries[1],
        "what does not need the key does not wait for it"
    );

    world.simulator.inject(fault("PutKeyPolicy").nth(1).times(2));
    world.write("main.yaml", key("", "kms:Encrypt", ""));
    let reports = passes(&mut engine, Duration::from_mins(10)).await;
    assert!(reports.len() < 20, "{} passes", reports.len());
    assert_eq!(world.writes(), ["PutKeyPolicy"; 3]);
}

/// 46. crossplane-contrib/provider-aws#849, aws-controllers-k8s/community#1787: a key that was pending deletion could neither
/// be finished nor made anew, and was asked about without end.
#[tokio::test(start_paused = true)]
async fn bug_46_a_key_that_is_pending_deletion_is_calm_and_is_called_back_not_twinned() {
    let present = key("", "kms:Decrypt", ", aliases: [alias/studio]");
    let absent = key("state: absent", "kms:Decrypt", ", aliases: [alias/studio]");
    let gate = group("gate", &https(), "");
    let (world, mut engine) = applied(&format!("{gate}{present}")).await;
    world.write("main.yaml", format!("{gate}{absent}"));
    until_quiet(&mut engine).await.in_order();
    assert_eq!(world.writes(), ["ScheduleKeyDeletion"]);
    let reports = passes(&mut engine, Duration::from_mins(15)).await;
    assert!(reports.iter().all(Report::is_converged));
    assert!(reports.len() <= 16, "one look an interval: {}", reports.len());
    let calls = world.calls();
    let of_kms = calls.iter().filter(|call| call.service == "kms").count();
    assert!(of_kms <= 5 * reports.len(), "{of_kms} calls in {} passes", reports.len());
    assert!(calls.iter().all(|call| !call.mutating));

    world.write("main.yaml", format!("{gate}{present}"));
    until_quiet(&mut engine).await.in_order();
    assert_eq!(world.writes(), ["CancelKeyDeletion", "EnableKey"]);
    assert_eq!(world.keys(), 1);

    // Deleted after all, and gone at the end of its days: the tombstone has nothing left to do.
    world.write("main.yaml", format!("{gate}{absent}"));
    until_quiet(&mut engine).await.in_order();
    tokio::time::advance(Duration::from_hours(31 * 24)).await;
    assert_eq!(world.writes(), ["ScheduleKeyDeletion"]);
    let reports = passes(&mut engine, Duration::from_mins(10)).await;
    assert!(last(&reports).is_converged());
    assert_eq!((world.keys(), world.writes()), (0, Vec::new()));
}

/// 47. terraform-provider-aws#5073: two changes at once in one organisation, of which Organizations refuses one.
#[tokio::test(start_paused = true)]
async fn bug_47_changes_of_one_organisation_come_one_after_the_other_and_a_refused_one_again() {
    let text = format!("{}{}", policy("one", "root"), policy("two", "root"));
    let world = world(&text);
    let slow = palisade::simulator::Effect::Delay(Duration::from_secs(5));
    world.simulator.inject(Fault::new("CreatePolicy", slow));
    for code in ["ConcurrentModificationException", "PolicyChangesInProgressException"] {
        let fault = Fault::reject("AttachPolicy", code, "AWS Organizations is busy.");
        world.simulator.inject(fault.nth(1).times(6));
    }
    let mut engine = world.engine().await;
    let reports = passes(&mut engine, Duration::from_mins(15)).await;
    assert!(
        last(&reports).is_converged(),
        "{}",
        palisade::plan::render::text(&last(&reports).plan)
    );
    let calls = world.calls();
    let made: Vec<_> = calls.iter().filter(|call| call.operation == "CreatePolicy").collect();
    assert_eq!(made.len(), 2, "each once");
    let apart = made[1].at.checked_sub(made[0].at).unwrap();
    assert!(apart >= Duration::from_secs(5), "the second one waits for the first: {apart:?}");
    assert!(calls.iter().any(|call| call.error.is_some()), "it was refused meanwhile");
}

/// 47, the other half: terraform-provider-aws#41493, a target takes only so many policies.
#[tokio::test(start_paused = true)]
async fn bug_47_a_target_that_is_full_is_named_and_nothing_is_forced() {
    let world = world(&policy("guard", "root"));
    let theirs: Vec<_> = (0..9).map(|n| foreign_policy(&world, &format!("theirs-{n}"))).collect();
    let mut engine = world.engine().await;
    let reports = passes(&mut engine, Duration::from_mins(15)).await;
    let why = waiting(last(&reports), "org/ServiceControlPolicy/guard");
    assert!(why.contains("has 10 service control policies") && why.contains("theirs-4"), "{why}");
    assert_eq!(count(&world.writes(), "AttachPolicy"), 0);
    attach(&world, "DetachPolicy", &theirs[4], &world.root());
    assert!(last(&passes(&mut engine, Duration::from_mins(15)).await).is_converged());
    assert_eq!(world.writes(), ["AttachPolicy"]);
}

/// 48. terraform-provider-aws#26797: the last policy of a target cannot be detached, and it was tried for ever.
#[tokio::test(start_paused = true)]
async fn bug_48_the_last_policy_of_a_target_waits_for_another_one() {
    let at = |lifecycle: &str| guard(lifecycle, "s3:DeleteBucket", "\"ou:/Workloads\"", "");
    let (world, mut engine) = applied(&at("")).await;
    let unit = workloads(&world);
    attach(&world, "DetachPolicy", FULL_ACCESS, &unit);
    world.write("main.yaml", at("state: absent"));
    let reports = passes(&mut engine, Duration::from_mins(15)).await;
    let why = waiting(last(&reports), "org/ServiceControlPolicy/guard");
    assert!(why.contains("the last service control policy of"), "{why}");
    assert_eq!(world.writes(), [""; 0], "AWS is not even asked");
    attach(&world, "AttachPolicy", FULL_ACCESS, &unit);
    assert!(last(&passes(&mut engine, Duration::from_mins(15)).await).is_converged());
    assert_eq!(world.writes(), ["DetachPolicy", "DeletePolicy"]);
}

/// 49. terraform-provider-aws#26352: FullAWSAccess, which AWS attaches by itself, was forgotten when counting.
#[tokio::test(start_paused = true)]
async fn bug_49_full_aws_access_is_counted_and_never_touched() {
    let some = |n: usize| (0..n).map(|n| policy(&format!("p-{n}"), "root")).collect::<String>();
    let (world, mut engine) = applied(&some(9)).await;
    let root = world.root();
    let attached = |target: &str| -> BTreeSet<String> {
        let filter = json!({"TargetId": target, "Filter": "SERVICE_CONTROL_POLICY"});
        let policies = world.organizations("ListPoliciesForTarget", &filter);
        list(&policies, "Policies").iter().map(|policy| string(policy, "Name")).collect()
    };
    assert_eq!(attached(&root).len(), 10);
    // A new unit has it too, and that is nobody's drift.
    let unit = json!({"ParentId": root, "Name": "New"});
    let unit = world.organizations("CreateOrganizationalUnit", &unit);
    assert_eq!(
        attached(&string(&unit["OrganizationalUnit"], "Id")),
        ["FullAWSAccess".to_owned()].into()
    );
    assert!(engine.pass().await.is_converged());
    // The tenth of ours is the eleventh of the target's: it is refused before anything is sent.
    world.write("main.yaml", some(10));
    let reports = passes(&mut engine, Duration::from_mins(10)).await;
    let why = format!("{:?}", last(&reports).problems);
    assert!(why.contains("AWS allows 9 besides FullAWSAccess"), "{why}");
    let calls = world.calls();
    let touched =
        calls.iter().filter(|call| call.mutating && call.input["PolicyId"] == FULL_ACCESS);
    assert_eq!(touched.count(), 0);
    assert!(calls.iter().all(|call| call.operation != "DetachPolicy"));
    assert!(attached(&root).contains("FullAWSAccess"));
    assert!(
        facts(&world, "org/ServiceControlPolicy/p-9")
            .iter()
            .all(|fact| !fact.starts_with("attached"))
    );
}
