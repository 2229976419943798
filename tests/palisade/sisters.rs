//! The policies of Organizations of every type: made, attached, and put back leaf by leaf.

use std::time::Duration;

use palisade::{
    engine::{Engine, Report},
    plan::Cause,
    simulator::example,
};
use serde_json::{Value, json};

use crate::world::{Quiet, World, held, list, steps, string, until_quiet, waiting};

/// A type of policies: its kind, its name in the API, the content that is wanted, and another one.
struct Sister {
    kind: &'static str,
    api: &'static str,
    content: Value,
    other: Value,
}

impl Sister {
    fn address(&self) -> String {
        format!("org/{}/guard", self.kind)
    }

    fn manifest(&self, targets: &str) -> String {
        format!(
            "---\napiVersion: palisade.dev/v1alpha1\nkind: {}\nmetadata: {{name: guard, scope: org}}\nspec:\n  \
             description: keeps watch\n  content: {}\n  targets: [{targets}]\n  tags: {{team: security}}\n",
            self.kind, self.content
        )
    }
}

fn sisters() -> [Sister; 6] {
    let denies = |principal: Value, action: &str| {
        let mut statement =
            json!({"Sid": "No", "Effect": "Deny", "Action": [action], "Resource": "*"});
        statement.as_object_mut().unwrap().extend(principal.as_object().unwrap().clone());
        json!({"Version": "2012-10-17", "Statement": [statement]})
    };
    let console = |status: &str| json!({"ec2_attributes": {"serial_console_access": {"status": {"@@assign": status}}}});
    let opt =
        |value: &str| json!({"services": {"default": {"opt_out_policy": {"@@assign": value}}}});
    let tag = |values: Value| json!({"tags": {"team": {"tag_key": {"@@assign": "team"}, "tag_value": {"@@assign": values}}}});
    let backup = |region: &str| json!({"plans": {"all": {"regions": {"@@append": [region]}}}});
    let (all, star) = (json!({}), json!({"Principal": "*"}));
    let sister = |kind, api, content, other| Sister { kind, api, content, other };
    [
        sister(
            "ServiceControlPolicy",
            "SERVICE_CONTROL_POLICY",
            denies(all.clone(), "s3:PutObject"),
            denies(all, "s3:GetObject"),
        ),
        sister(
            "ResourceControlPolicy",
            "RESOURCE_CONTROL_POLICY",
            denies(star.clone(), "s3:PutObject"),
            denies(star, "s3:GetObject"),
        ),
        sister(
            "DeclarativePolicyEC2",
            "DECLARATIVE_POLICY_EC2",
            console("disabled"),
            console("enabled"),
        ),
        sister("AIServicesOptOutPolicy", "AISERVICES_OPT_OUT_POLICY", opt("optOut"), opt("optIn")),
        sister("TagPolicy", "TAG_POLICY", tag(json!(["a", "b"])), tag(json!(["a", "c"]))),
        sister("BackupPolicy", "BACKUP_POLICY", backup("eu-west-1"), backup("eu-west-2")),
    ]
}

/// Passes until everything is as wanted. A type that is off is enabled on the way: the first attachment fails.
async fn settled(engine: &mut Engine) -> Quiet {
    let mut reports = Vec::new();
    for _ in 0..4 {
        reports.extend(until_quiet(engine).await.reports);
        if reports.last().is_some_and(Report::is_converged) {
            return Quiet { reports };
        }
        // What failed is tried again after a pause.
        tokio::time::advance(Duration::from_secs(30)).await;
    }
    let quiet = until_quiet(engine).await;
    panic!("{}", palisade::plan::render::text(&quiet.last().plan));
}

async fn applied(sister: &Sister) -> (World, Engine) {
    let world = World::with(&sister.manifest("root"));
    let mut engine = world.engine().await;
    settled(&mut engine).await;
    (world, engine)
}

fn attached(world: &World, target: &str, api: &str) -> Vec<String> {
    let input = json!({"TargetId": target, "Filter": api});
    let policies = list(&world.organizations("ListPoliciesForTarget", &input), "Policies");
    policies.iter().map(|policy| string(policy, "Name")).collect()
}

#[tokio::test(start_paused = true)]
async fn a_policy_is_made_its_type_enabled_where_it_is_off_and_then_it_is_attached() {
    for sister in sisters() {
        let world = World::with(&sister.manifest("root"));
        let mut engine = world.engine().await;
        let quiet = settled(&mut engine).await;
        let writes = world.writes();
        let expected: &[&str] = if sister.api == "SERVICE_CONTROL_POLICY" {
            &["CreatePolicy", "AttachPolicy"]
        } else {
            &["CreatePolicy", "AttachPolicy", "EnablePolicyType", "AttachPolicy"]
        };
        assert_eq!(writes, expected, "{}", sister.kind);
        assert!(attached(&world, &world.root(), sister.api).contains(&"guard".to_owned()));
        let said: Vec<_> = quiet.reports.iter().flat_map(|it| &it.results).collect();
        let told =
            said.iter().any(|it| format!("{it:?}").contains("were off and are being enabled"));
        assert_eq!(told, expected.len() == 4, "{}: {said:?}", sister.kind);
    }
}

/// What somebody does to the policy, and the call that puts it back.
fn drift(sister: &Sister, world: &World) -> [(&'static str, Value, &'static str); 6] {
    let id = world.policy_of(sister.api, "guard").expect("the policy");
    let update = |member: &str, value: &str| {
        ("UpdatePolicy", json!({"PolicyId": id, member: value}), "UpdatePolicy")
    };
    let tags = json!([{"Key": "team", "Value": "somebody"}]);
    [
        update("Content", &sister.other.to_string()),
        update("Description", "by hand"),
        ("TagResource", json!({"ResourceId": id, "Tags": tags}), "TagResource"),
        ("AttachPolicy", json!({"PolicyId": id, "TargetId": example::ML_ACCOUNT}), "DetachPolicy"),
        ("DetachPolicy", json!({"PolicyId": id, "TargetId": world.root()}), "AttachPolicy"),
        update("Name", "renamed"),
    ]
}

#[tokio::test(start_paused = true)]
async fn what_somebody_changes_is_put_back_by_one_call_for_each_leaf() {
    for sister in sisters() {
        let (world, mut engine) = applied(&sister).await;
        world.writes();
        for (changed, how, put_back) in drift(&sister, &world) {
            tokio::time::sleep(Duration::from_mins(10)).await;
            world.organizations(changed, &how);
            let report = engine.pass().await;
            assert_eq!(world.writes(), [put_back], "{}: {changed} {how}", sister.kind);
            let steps = steps(&report, &sister.address());
            assert!(!steps.is_empty() && steps.iter().all(|step| step.cause == Cause::Drift));
            until_quiet(&mut engine).await.in_order();
            assert_eq!(world.writes(), [""; 0], "{}: {changed}", sister.kind);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_management_policy_that_the_console_writes_in_another_order_stays_as_it_is() {
    let [.., tag, _] = sisters();
    let (world, mut engine) = applied(&tag).await;
    world.writes();
    let id = world.policy_of(tag.api, "guard").expect("the policy");
    let turned = r#"{ "tags": { "team": { "tag_value": { "@@assign": [ "b", "a" ] }, "tag_key": { "@@assign": "team" } } } }"#;
    world.organizations("UpdatePolicy", &json!({"PolicyId": id, "Content": turned}));
    until_quiet(&mut engine).await.in_order();
    assert_eq!(world.writes(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn a_pass_without_a_change_lists_each_type_once_and_reads_each_policy_with_three_calls() {
    let sisters = sisters();
    let all: String = sisters.iter().map(|sister| sister.manifest("root")).collect();
    let world = World::with(&all);
    let mut engine = world.engine().await;
    settled(&mut engine).await;
    world.calls();
    engine.pass().await;
    let reads = world.reads();
    let of = |operation: &str| {
        reads.get(&format!("organizations:{operation}")).copied().unwrap_or_default()
    };
    for operation in
        ["ListPolicies", "ListTagsForResource", "DescribePolicy", "ListTargetsForPolicy"]
    {
        assert_eq!(of(operation), sisters.len(), "{operation}: {reads:?}");
    }
    assert_eq!(of("ListRoots"), 1, "one lookup serves all of them");
    assert_eq!(of("ListPoliciesForTarget"), 0);
}

#[tokio::test(start_paused = true)]
async fn a_full_target_takes_no_more_and_awss_own_policy_is_counted_and_stays() {
    let [_, rcp, ..] = sisters();
    let (world, _) = applied(&rcp).await;
    let account = example::ML_ACCOUNT;
    for n in 0..4 {
        let content = rcp.content.to_string();
        let made = world.organizations(
            "CreatePolicy",
            &json!({"Name": format!("theirs-{n}"), "Description": "", "Type": rcp.api, "Content": content}),
        );
        let id = string(&made["Policy"]["PolicySummary"], "Id");
        world.organizations("AttachPolicy", &json!({"PolicyId": id, "TargetId": account}));
    }
    world.writes();
    world.write("main.yaml", rcp.manifest(&format!("root, '{account}'")));
    let mut engine = world.engine().await;
    engine.pass().await;
    let why = waiting(&engine.pass().await, &rcp.address());
    assert!(
        why.contains("5 resource control policies") && why.contains("RCPFullAWSAccess"),
        "{why}"
    );
    assert_eq!(world.writes(), [""; 0]);
    assert!(attached(&world, account, rcp.api).contains(&"RCPFullAWSAccess".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn a_policy_that_is_removed_by_hand_is_made_and_attached_again() {
    for sister in sisters() {
        let (world, mut engine) = applied(&sister).await;
        let id = world.policy_of(sister.api, "guard").expect("the policy");
        let root = world.root();
        world.organizations("DetachPolicy", &json!({"PolicyId": id, "TargetId": root}));
        world.organizations("DeletePolicy", &json!({"PolicyId": id}));
        world.writes();
        until_quiet(&mut engine).await.in_order();
        assert_eq!(world.writes(), ["CreatePolicy", "AttachPolicy"], "{}", sister.kind);
        assert_ne!(world.policy_of(sister.api, "guard"), Some(id));
    }
}

#[tokio::test(start_paused = true)]
async fn a_tombstone_detaches_and_deletes_and_a_removed_manifest_does_neither() {
    for sister in sisters() {
        let (world, mut engine) = applied(&sister).await;
        world.writes();
        world.remove("main.yaml");
        until_quiet(&mut engine).await;
        assert_eq!(world.writes(), [""; 0], "{}", sister.kind);
        let tomb = sister.manifest("root").replace("spec:", "lifecycle: {state: absent}\nspec:");
        world.write("main.yaml", &tomb);
        // How many accounts are below the root decides whether somebody must consent.
        let report = world.reader().await.pass().await;
        let digests: Vec<_> =
            steps(&report, &sister.address()).iter().map(|step| step.digest.clone()).collect();
        let digests: Vec<&str> = digests.iter().map(String::as_str).collect();
        until_quiet(&mut world.engine_approving(&digests).await).await.in_order();
        assert_eq!(world.writes(), ["DetachPolicy", "DeletePolicy"], "{}", sister.kind);
        assert_eq!(world.policy_of(sister.api, "guard"), None);
    }
}

fn rcp(action: &str, condition: &str) -> String {
    format!(
        "---
apiVersion: palisade.dev/v1alpha1
kind: KmsKey
metadata: {{name: k, scope: ml-prod}}
spec:
  policy:
    Version: '2012-10-17'
    Statement:
      - {{Effect: Allow, Principal: {{AWS: 'arn:aws:iam::111122223333:root'}}, Action: 'kms:*', Resource: '*'}}
---
apiVersion: palisade.dev/v1alpha1
kind: ResourceControlPolicy
metadata: {{name: guard, scope: org}}
spec:
  content:
    Version: '2012-10-17'
    Statement: [{{Effect: Deny, Principal: '*', Action: '{action}', Resource: '*'{condition}}}]
  targets: ['111122223333']
"
    )
}

const RCP: &str = "org/ResourceControlPolicy/guard";

#[tokio::test(start_paused = true)]
async fn a_resource_control_policy_that_locks_palisade_out_is_held_before_anything_is_sent() {
    let foreign = ", Condition: {StringNotEquals: {'aws:PrincipalOrgID': 'o-somewhere0'}}";
    let admins = ", Condition: {ArnNotLike: {'aws:PrincipalArn': 'arn:aws:iam::*:role/admin'}}";
    for (action, condition, loses) in [
        ("kms:PutKeyPolicy", "", "would be denied kms:PutKeyPolicy"),
        // The organization's id is asked for before one of its policies changes.
        ("kms:*", foreign, "would be denied kms:"),
        ("kms:*", admins, "would be denied kms:"),
        ("sts:AssumeRole", "", "would be denied sts:AssumeRole"),
        ("sts:AssumeRole", admins, "may be denied"),
    ] {
        let world = World::with(&rcp(action, condition));
        let report = world.engine().await.pass().await;
        let (_, why) = held(&report, RCP);
        assert!(why.contains(loses), "{action}{condition}: {why}");
        let made = world.writes().into_iter().any(|write| write == "CreatePolicy");
        assert!(!made, "{action}{condition}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_perimeter_that_lets_palisade_through_is_made() {
    let own = ", Condition: {StringNotEquals: {'aws:PrincipalOrgID': '${organization.id}'}, \
               BoolIfExists: {'aws:PrincipalIsAWSService': 'false'}}";
    for action in ["kms:*", "s3:*", "sts:AssumeRole"] {
        let world = World::with(&rcp(action, own));
        let mut engine = world.engine().await;
        settled(&mut engine).await;
        assert!(world.policy_of("RESOURCE_CONTROL_POLICY", "guard").is_some(), "{action}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_type_that_cannot_be_enabled_says_why_and_nothing_else_is_tried() {
    let [_, _, declarative, ..] = sisters();
    let world = World::with(&declarative.manifest("root"));
    world.simulator.with(|world| {
        let without = &mut world.organizations.behavior.without_service_access;
        without.insert("DECLARATIVE_POLICY_EC2".to_owned());
    });
    let mut engine = world.engine().await;
    let mut said = String::new();
    for _ in 0..3 {
        let report = engine.pass().await;
        said.extend(report.results.iter().map(|result| format!("{result:?}")));
        tokio::time::sleep(Duration::from_secs(2)).await;
    }
    assert!(said.contains("SERVICE_ACCESS_NOT_ENABLED"), "{said}");
    let others = ["CreatePolicy", "AttachPolicy", "EnablePolicyType"];
    assert!(world.writes().iter().all(|write| others.contains(&write.as_str())));
}
