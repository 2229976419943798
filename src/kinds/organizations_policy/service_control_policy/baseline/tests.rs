//! What the rules detect: policies that look right and can be evaded.

use std::{collections::BTreeSet, fs, path::Path};

use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    blinding::{RECORDER, WATCHERS},
    open_claim_tags,
};
use crate::{
    baseline::{guardrails, tests::report},
    kinds::instance_storage::LOCAL_DISKS,
    model::{
        claim::{ADDRESS_TAG, DELETION_TAG, OWNER_TAG},
        policy_document::{Dialect, PolicyDocument},
    },
};

/// The one finding of a rule about a policy with these statements.
fn finding(rule: &str, statements: &Value) -> Option<String> {
    let manifest = json!({
        "apiVersion": "palisade.dev/v1alpha1", "kind": "ServiceControlPolicy",
        "metadata": {"name": "this", "scope": "org"},
        "spec": {"content": {"Version": "2012-10-17", "Statement": statements}, "targets": ["root"]},
    });
    let findings = report(&manifest.to_string()).findings;
    let mut messages = findings.into_iter().filter(|it| it.rule == rule).map(|it| it.message);
    let first = messages.next();
    assert_eq!(messages.next(), None, "{rule} is found twice");
    first
}

fn deny(actions: &Value, condition: &Value) -> Value {
    json!({"Effect": "Deny", "Action": actions, "Resource": "*", "Condition": condition})
}

fn everything(actions: &Value) -> Value {
    json!({"Effect": "Deny", "Action": actions, "Resource": "*"})
}

fn shipped(file: &str) -> String {
    let home = Path::new(env!("CARGO_MANIFEST_DIR"));
    fs::read_to_string(home.join("desired-state/organization").join(file)).unwrap()
}

#[test]
fn a_policy_that_only_denies_deleting_a_detector_lets_it_be_suspended() {
    let deletions: Vec<String> = WATCHERS
        .iter()
        .flat_map(|watcher| {
            watcher.deletes.iter().map(|verb| format!("{}:{verb}", watcher.service))
        })
        .collect();
    let found = finding("SCP-13", &json!([everything(&json!(deletions))])).unwrap();
    for action in [
        "guardduty:UpdateDetector",
        "guardduty:StopMonitoringMembers",
        "config:PutConfigurationRecorder",
        "macie2:UpdateMacieSession",
        "securityhub:BatchDisableStandards",
    ] {
        assert!(found.contains(action), "{action}: {found}");
    }
    assert!(!found.contains("guardduty:DeleteDetector"), "{found}");
    let trails = finding("SCP-01", &json!([everything(&json!(deletions))])).unwrap();
    assert!(trails.contains("cloudtrail:PutEventConfiguration"), "{trails}");
}

#[test]
fn each_way_to_blind_a_service_is_asked_for_by_itself() {
    let all: Vec<(&str, &str, String)> = WATCHERS
        .iter()
        .flat_map(|watcher| {
            let rule = if watcher.service == RECORDER { "SCP-01" } else { "SCP-13" };
            let blinds =
                watcher.deletes.iter().chain(watcher.suspends).map(move |verb| (rule, *verb));
            let hides = watcher.hides.iter().map(|verb| ("SCP-23", *verb));
            blinds
                .chain(hides)
                .map(|(rule, verb)| (rule, verb, format!("{}:{verb}", watcher.service)))
        })
        .collect();
    let unique: BTreeSet<_> = all.iter().map(|(_, _, action)| action).collect();
    assert_eq!(unique.len(), all.len(), "no action twice");
    for rule in ["SCP-01", "SCP-13", "SCP-23"] {
        let actions: Vec<_> =
            all.iter().filter(|row| row.0 == rule).map(|(_, _, action)| action).collect();
        assert_eq!(finding(rule, &json!([everything(&json!(actions))])), None, "{rule}");
        // Every second one is omitted, and then the others.
        for parity in [0, 1] {
            let half = |wanted: usize| {
                let halves = actions.iter().enumerate();
                halves
                    .filter(move |(index, _)| index % 2 == wanted)
                    .map(|(_, action)| action.as_str())
            };
            let kept: Vec<_> = half(parity).collect();
            let left_out: BTreeSet<_> = half(1 - parity).collect();
            let found = finding(rule, &json!([everything(&json!(kept))])).unwrap();
            let (_, named) = found.split_once(" denies this: ").unwrap();
            assert_eq!(named.split(", ").collect::<BTreeSet<_>>(), left_out, "{rule}");
        }
    }
}

#[test]
fn a_list_of_forbidden_regions_is_not_a_list_of_approved_ones() {
    let work = json!(["ec2:*", "lambda:*", "s3:*", "sagemaker:*"]);
    let only = |regions: &Value| {
        deny(&work, &json!({"StringNotEquals": {"aws:RequestedRegion": regions}}))
    };
    assert_eq!(finding("SCP-02", &json!([only(&json!(["eu-west-1", "us-east-1"]))])), None);
    assert_eq!(finding("SCP-02", &json!([only(&json!("eu-west-1"))])), None);
    // Some Regions without a scope may be approved, even by pattern.
    let europe =
        deny(&work, &json!({"StringNotLike": {"aws:RequestedRegion": ["eu-*", "us-east-1"]}}));
    assert_eq!(finding("SCP-02", &json!([europe])), None);

    let far = ["af-south-1", "ap-southeast-3", "me-south-1", "sa-east-1"];
    let forbidden = deny(&work, &json!({"StringEquals": {"aws:RequestedRegion": far}}));
    let found = finding("SCP-02", &json!([forbidden])).unwrap();
    assert!(found.contains("ec2:RunInstances in a Region that is on no list"), "{found}");

    let nearly_all = [
        "af-south-1",
        "ap-east-1",
        "ap-northeast-1",
        "ap-southeast-3",
        "ca-west-1",
        "eu-west-1",
        "eu-south-2",
        "us-east-1",
        "us-east-2",
        "us-west-2",
    ];
    let found = finding("SCP-02", &json!([only(&json!(nearly_all))])).unwrap();
    assert!(found.contains("Regions in which palisade has no scope: af-south-1"), "{found}");

    // A single service is as bad as none.
    let one =
        deny(&json!("ec2:*"), &json!({"StringNotEquals": {"aws:RequestedRegion": "eu-west-1"}}));
    assert!(finding("SCP-02", &json!([one])).unwrap().contains("s3:CreateBucket"));
}

#[test]
fn a_region_policy_that_forgets_the_global_services_is_found() {
    let outside = json!({"StringNotEquals": {"aws:RequestedRegion": "eu-west-1"}});
    let found = finding("SCP-02", &json!([deny(&json!("*"), &outside)])).unwrap();
    assert!(found.contains("global services") && found.contains("iam:GetRole"), "{found}");
    let mut but_global = deny(&json!("*"), &outside);
    let statement = but_global.as_object_mut().unwrap();
    statement.remove("Action");
    let global = ["cloudfront:*", "iam:*", "organizations:*", "route53:*", "support:*"];
    statement.insert("NotAction".to_owned(), json!(global));
    assert_eq!(finding("SCP-02", &json!([but_global])), None);
}

#[test]
fn a_presigned_url_through_just_any_endpoint_is_found() {
    let urls = json!("sagemaker:Create*Url*");
    let found = |condition: Value| finding("SCP-12", &json!([deny(&urls, &condition)]));
    assert_eq!(
        found(json!({"StringNotEquals": {"aws:SourceVpce": ["vpce-0aaaaaaaaaaaaaaaa"]}})),
        None
    );
    assert_eq!(found(json!({"StringNotEquals": {"aws:SourceVpc": "vpc-0aaaaaaaaaaaaaaaa"}})), None);
    for loose in [
        json!({"Null": {"aws:SourceVpce": "true"}}),
        json!({"Null": {"aws:SourceVpc": "true"}}),
        json!({"StringNotLike": {"aws:SourceVpce": "vpce-*"}}),
        json!({"NotIpAddress": {"aws:VpcSourceIp": "10.0.0.0/8"}}),
    ] {
        let message = found(loose.clone()).unwrap();
        assert!(message.contains("through somebody else's endpoint"), "{loose}: {message}");
    }
    let two = json!([
        "sagemaker:CreatePresignedDomainUrl",
        "sagemaker:CreatePresignedNotebookInstanceUrl"
    ]);
    let condition = json!({"StringNotEquals": {"aws:SourceVpce": "vpce-0aaaaaaaaaaaaaaaa"}});
    let message = finding("SCP-12", &json!([deny(&two, &condition)])).unwrap();
    assert!(message.contains("CreatePresignedMlflowAppUrl"), "{message}");
}

#[test]
fn a_vpc_that_may_be_made_with_a_gateway_or_peered_is_found() {
    let gateways = json!(["ec2:CreateInternetGateway", "ec2:AttachInternetGateway"]);
    let found = finding("SCP-19", &json!([everything(&gateways)])).unwrap();
    for action in ["ec2:CreateDefaultVpc", "ec2:AcceptVpcPeeringConnection"] {
        assert!(found.contains(action), "{found}");
    }
}

#[test]
fn families_whose_key_is_refused_are_named_by_the_policy_that_asks_for_it() {
    let asks = |local: &Value| {
        deny(
            &json!("sagemaker:CreateTrainingJob"),
            &json!({
                "Null": {"sagemaker:VolumeKmsKey": "true", "sagemaker:VolumeKmsKeyArn": "true"},
                "ForAnyValue:StringNotLike": {"sagemaker:InstanceTypes": local},
            }),
        )
    };
    let patterns = |families: &[&str]| -> Vec<String> {
        families.iter().map(|family| format!("ml.{family}.*")).collect()
    };
    assert_eq!(finding("SCP-22", &json!([asks(&json!(patterns(LOCAL_DISKS)))])), None);
    let found = finding("SCP-22", &json!([asks(&json!(patterns(&LOCAL_DISKS[2..])))])).unwrap();
    assert!(found.ends_with(": ml.c5d, ml.c6gd"), "{found}");
    // A policy that forbids such instances altogether does not ask for a key.
    let none = deny(
        &json!("sagemaker:CreateTrainingJob"),
        &json!({
            "ForAnyValue:StringLike": {"sagemaker:InstanceTypes": "ml.p*"}
        }),
    );
    assert_eq!(finding("SCP-22", &json!([none])), None);
}

#[test]
fn the_shipped_policy_lets_exactly_the_families_of_the_table_go_without_a_key() {
    let block = guardrails::find("scp/sm-volume-keys").unwrap();
    let listed = block.parameter("nvme").unwrap().default.clone();
    let families: Vec<_> = LOCAL_DISKS.iter().map(|family| format!("ml.{family}.*")).collect();
    assert_eq!(listed, Some(json!(families)));
    // The manifest writes the same list out, so that its reader can change it.
    let text = shipped("sagemaker-customer-keys.yaml");
    let manifest = serde_yaml::Deserializer::from_str(&text).next().unwrap();
    let manifest = Value::deserialize(manifest).unwrap();
    let written = manifest["spec"]["guardrails"][0]["with"]["nvme"].clone();
    assert_eq!(Some(written), listed);
}

/// The shipped policy about the claim tags, and the same policy without the statements with these
/// ids.
fn integrity_without(sids: &[&str]) -> PolicyDocument {
    let text = shipped("organization-integrity.yaml");
    let manifest = serde_yaml::Deserializer::from_str(&text).next().unwrap();
    let uses = Value::deserialize(manifest).unwrap()["spec"]["guardrails"].take();
    let uses: Vec<guardrails::Use> = serde_json::from_value(uses).unwrap();
    let known = guardrails::Known {
        partition: "aws",
        account: "999988887777",
        region: "us-east-1",
        organization: "o-abcde12345",
    };
    let composed = guardrails::compose(guardrails::Layer::Scp, &uses, &known, false).unwrap();
    let mut content = composed.document(None);
    let statements = content["Statement"].as_array_mut().unwrap();
    statements.retain(|statement| !sids.iter().any(|sid| statement["Sid"] == *sid));
    PolicyDocument::from_value(&content, Dialect::ServiceControlPolicy).unwrap()
}

#[test]
fn the_shipped_policy_protects_the_claim_tags_and_each_of_its_statements_counts() {
    let whole = integrity_without(&[]);
    for region in ["eu-west-1", "us-east-1"] {
        assert_eq!(open_claim_tags(&[&whole], region), BTreeSet::new());
    }
    let open = open_claim_tags(&[&integrity_without(&["TagsClaim2"])], "eu-west-1");
    let all = "ec2:DeleteTags without a list, which removes all tags".to_owned();
    assert_eq!(open, BTreeSet::from([all]));
    let open = open_claim_tags(
        // Nor the tags of sessions, which another block protects as well.
        &[&integrity_without(&["TagsClaim1", "TagsClaim4", "ExemptRoles2"])],
        "eu-west-1",
    );
    for action in
        ["ec2:DeleteTags", "kms:UntagResource", "organizations:TagResource", "sagemaker:AddTags"]
    {
        for tag in [OWNER_TAG, ADDRESS_TAG, DELETION_TAG] {
            assert!(open.contains(&format!("{action} of {tag}")), "{action} {tag}: {open:?}");
        }
    }
    assert_eq!(open_claim_tags(&[], "eu-west-1").len(), 61, "nothing protects anything");
}

#[test]
fn a_claim_tag_that_can_be_removed_together_with_another_is_open() {
    let policy = |condition: Value| {
        let mut condition = condition;
        condition["ArnNotLike"] = json!({"aws:PrincipalArn": "arn:aws:iam::*:role/palisade"});
        let all = json!({"Version": "2012-10-17", "Statement": [deny(&json!("*"), &condition)]});
        PolicyDocument::from_value(&all, Dialect::ServiceControlPolicy).unwrap()
    };
    let open = |condition| open_claim_tags(&[&policy(condition)], "eu-west-1");
    let any = open(json!({"ForAnyValue:StringLike": {"aws:TagKeys": "palisade:*"}}));
    assert_eq!(any.len(), 1, "all but the removal of all tags: {any:?}");
    let all = open(json!({
        "ForAllValues:StringLike": {"aws:TagKeys": "palisade:*"}, "Null": {"aws:TagKeys": "false"}
    }));
    assert!(all.contains("ec2:DeleteTags of palisade:owner together with other tags"), "{all:?}");
    assert!(!all.contains("ec2:DeleteTags of palisade:owner"), "{all:?}");
    // An exemption of somebody else does not help a principal without one.
    let owner = open(json!({"ForAnyValue:StringEquals": {"aws:TagKeys": "palisade:owner"}}));
    assert!(owner.contains("kms:TagResource of palisade:address"), "{owner:?}");
}

#[test]
fn a_perimeter_that_only_excludes_outsiders_is_not_a_guardrail() {
    let all = json!("*");
    for perimeter in [
        json!({"StringNotEqualsIfExists": {"aws:ResourceOrgID": "o-abc1234567"},
            "BoolIfExists": {"aws:PrincipalIsAWSService": "false"}}),
        json!({"NotIpAddressIfExists": {"aws:SourceIp": "203.0.113.0/24"},
            "StringNotEqualsIfExists": {"aws:SourceVpc": "vpc-0aaaaaaaaaaaaaaaa"}}),
        json!({"StringNotEquals": {"aws:PrincipalOrgID": "o-abc1234567"}}),
        json!({"StringNotEquals": {"aws:PrincipalAccount": "123412341234"}}),
    ] {
        for rule in ["SCP-01", "SCP-13"] {
            assert!(
                finding(rule, &json!([deny(&all, &perimeter)])).is_some(),
                "{rule} {perimeter}"
            );
        }
    }
}
