//! The behavior of KMS that the rest of the program depends on.

use serde_json::{Value, json};

use super::Kms;
use crate::simulator::{
    api::Service,
    json::testing::{ACCOUNT, Bench, code, column},
    service::Answer,
};

const DAY: u64 = 86_400;

/// KMS for a role session in one account and region.
#[derive(Default)]
struct TestClient {
    kms: Kms,
    bench: Bench,
}

impl TestClient {
    fn call(&mut self, operation: &str, input: Value) -> Answer {
        self.call_as("operator", operation, input)
    }

    fn call_as(&mut self, role: &str, operation: &str, input: Value) -> Answer {
        let caller = self.bench.caller(role);
        self.kms.call(&caller, operation, &input, &mut self.bench.context())
    }

    fn ok(&mut self, operation: &str, input: Value) -> Value {
        self.call(operation, input)
            .unwrap_or_else(|error| panic!("{operation}: {} {}", error.code, error.message))
    }

    fn refused(&mut self, operation: &str, input: Value) -> String {
        code(self.call(operation, input))
    }

    fn key(&mut self, input: Value) -> String {
        self.ok("CreateKey", input)["KeyMetadata"]["KeyId"].as_str().unwrap().to_owned()
    }

    fn metadata(&mut self, id: &str) -> Value {
        self.ok("DescribeKey", json!({ "KeyId": id }))["KeyMetadata"].clone()
    }

    fn policy(&mut self, id: &str) -> String {
        self.ok("GetKeyPolicy", json!({ "KeyId": id, "PolicyName": "default" }))["Policy"]
            .as_str()
            .unwrap()
            .to_owned()
    }

    fn put(&mut self, id: &str, policy: &Value) -> Answer {
        self.call(
            "PutKeyPolicy",
            json!({ "KeyId": id, "PolicyName": "default", "Policy": policy.to_string() }),
        )
    }

    fn disabled_key(&mut self) -> String {
        let id = self.key(json!({}));
        self.ok("DisableKey", json!({ "KeyId": id }));
        id
    }

    fn dying_key(&mut self) -> String {
        let id = self.key(json!({}));
        self.ok("ScheduleKeyDeletion", json!({ "KeyId": id, "PendingWindowInDays": 7 }));
        id
    }
}

fn root() -> String {
    format!("arn:aws:iam::{ACCOUNT}:root")
}

fn statement(principal: Value) -> Value {
    json!({ "Effect": "Allow", "Principal": principal, "Action": "kms:*", "Resource": "*" })
}

fn document(statements: Value) -> Value {
    json!({ "Version": "2012-10-17", "Statement": statements })
}

#[test]
fn a_key_created_without_a_policy_gives_the_account_every_right_and_is_printed_as_kms_prints() {
    let mut client = TestClient::default();
    let id = client.key(json!({}));
    let expected = r#"{
  "Version" : "2012-10-17",
  "Id" : "key-default-1",
  "Statement" : [ {
    "Sid" : "Enable IAM User Permissions",
    "Effect" : "Allow",
    "Principal" : {
      "AWS" : "arn:aws:iam::111122223333:root"
    },
    "Action" : "kms:*",
    "Resource" : "*"
  } ]
}"#;
    assert_eq!(client.policy(&id), expected);
    assert_eq!(
        client.ok("ListKeyPolicies", json!({ "KeyId": id }))["PolicyNames"],
        json!(["default"])
    );
}

#[test]
fn describe_answers_the_complete_metadata() {
    let mut client = TestClient::default();
    let created =
        client.ok("CreateKey", json!({ "Description": "notebooks" }))["KeyMetadata"].clone();
    let id = created["KeyId"].as_str().unwrap();
    let arn = format!("arn:aws:kms:eu-west-1:{ACCOUNT}:key/{id}");
    assert_eq!(
        created,
        json!({
            "AWSAccountId": ACCOUNT, "KeyId": id, "Arn": arn, "CreationDate": 1_790_000_000.0, "Enabled": true,
            "Description": "notebooks", "KeyUsage": "ENCRYPT_DECRYPT", "KeyState": "Enabled", "Origin": "AWS_KMS",
            "KeyManager": "CUSTOMER", "CustomerMasterKeySpec": "SYMMETRIC_DEFAULT", "KeySpec": "SYMMETRIC_DEFAULT",
            "EncryptionAlgorithms": ["SYMMETRIC_DEFAULT"], "MultiRegion": false,
        })
    );
    client.ok("CreateAlias", json!({ "AliasName": "alias/ml/notebooks", "TargetKeyId": arn }));
    let alias_arn = format!("arn:aws:kms:eu-west-1:{ACCOUNT}:alias/ml/notebooks");
    for name in [id, &arn, "alias/ml/notebooks", &alias_arn] {
        assert_eq!(client.metadata(name), created);
    }
}

#[test]
fn a_multi_region_key_has_an_mrk_id_and_is_its_own_primary() {
    let mut client = TestClient::default();
    let id = client.key(json!({ "MultiRegion": true }));
    assert!(id.starts_with("mrk-") && id.len() == 36, "{id}");
    assert_eq!(client.metadata(&id)["MultiRegionConfiguration"]["MultiRegionKeyType"], "PRIMARY");
}

#[test]
fn key_spec_and_usage_must_fit_together() {
    let mut client = TestClient::default();
    let id = client.key(json!({ "KeySpec": "HMAC_256", "KeyUsage": "GENERATE_VERIFY_MAC" }));
    assert_eq!(client.metadata(&id)["MacAlgorithms"], json!(["HMAC_SHA_256"]));
    assert_eq!(
        client.refused("CreateKey", json!({ "KeySpec": "RSA_2048" })),
        "ValidationException"
    );
    assert_eq!(
        client.refused("CreateKey", json!({ "KeyUsage": "SIGN_VERIFY" })),
        "ValidationException"
    );
    assert_eq!(
        client.refused("CreateKey", json!({ "KeySpec": "SM2", "KeyUsage": "SIGN_VERIFY" })),
        "UnsupportedOperationException"
    );
}

#[test]
fn the_stored_policy_has_root_arns_bare_singletons_and_strings_in_conditions() {
    let mut client = TestClient::default();
    let id = client.key(json!({}));
    let mut wanted = statement(json!({ "AWS": [ACCOUNT] }));
    wanted["Action"] = json!(["kms:*"]);
    wanted["Condition"] = json!({ "Bool": { "aws:SecureTransport": [true] } });
    client.put(&id, &document(wanted)).unwrap();
    let stored: Value = serde_json::from_str(&client.policy(&id)).unwrap();
    assert_eq!(stored["Statement"][0]["Principal"], json!({ "AWS": root() }));
    assert_eq!(stored["Statement"][0]["Action"], "kms:*");
    assert_eq!(stored["Statement"][0]["Condition"]["Bool"]["aws:SecureTransport"], "true");
}

#[test]
fn principals_change_their_order_with_each_write() {
    let mut client = TestClient::default();
    let id = client.key(json!({}));
    let names: Vec<String> = (0..6).map(|n| format!("arn:aws:iam::{ACCOUNT}:role/r{n}")).collect();
    let wanted =
        document(json!([statement(json!({ "AWS": root() })), statement(json!({ "AWS": names }))]));
    let mut orders = std::collections::BTreeSet::new();
    for _ in 0..5 {
        client.put(&id, &wanted).unwrap();
        let stored: Value = serde_json::from_str(&client.policy(&id)).unwrap();
        let order: Vec<String> =
            serde_json::from_value(stored["Statement"][1]["Principal"]["AWS"].clone()).unwrap();
        let mut sorted = order.clone();
        sorted.sort();
        assert_eq!(sorted, names);
        orders.insert(order);
    }
    assert!(orders.len() > 1);
}

#[test]
fn a_policy_that_locks_its_writer_out_is_refused_and_the_old_one_stays() {
    let mut client = TestClient::default();
    let id = client.key(json!({}));
    let before = client.policy(&id);
    let role = |name: &str| json!({ "AWS": format!("arn:aws:iam::{ACCOUNT}:role/{name}") });
    let mut no_effect = statement(json!({ "AWS": root() }));
    no_effect.as_object_mut().unwrap().remove("Resource");
    let mut reading = statement(json!({ "AWS": root() }));
    reading["Action"] = json!(["kms:Get*", "kms:Describe*"]);
    let deny = json!({ "Effect": "Deny", "Principal": "*", "Action": "kms:Put*", "Resource": "*" });
    for locked in [
        json!([statement(role("other"))]),
        json!([no_effect]),
        json!([reading]),
        json!([statement(json!("*")), deny]),
    ] {
        assert_eq!(code(client.put(&id, &document(locked))), "MalformedPolicyDocumentException");
    }
    assert_eq!(client.policy(&id), before);
    let locked = document(json!([statement(role("other"))])).to_string();
    client.ok(
        "PutKeyPolicy",
        json!({ "KeyId": id, "Policy": locked, "BypassPolicyLockoutSafetyCheck": true }),
    );
    assert_eq!(
        client.refused("CreateKey", json!({ "Policy": locked })),
        "MalformedPolicyDocumentException"
    );
}

#[test]
fn a_policy_that_names_the_callers_role_or_exempts_it_from_a_deny_passes_the_safety_check() {
    let mut client = TestClient::default();
    let id = client.key(json!({}));
    let operator = format!("arn:aws:iam::{ACCOUNT}:role/platform/operator");
    client.put(&id, &document(json!([statement(json!({ "AWS": operator }))]))).unwrap();
    let exempt = json!({ "ArnNotLike": { "aws:PrincipalArn": format!("arn:aws:iam::{ACCOUNT}:role/operator") } });
    let deny = json!({ "Effect": "Deny", "Principal": "*", "Action": "kms:PutKeyPolicy", "Resource": "*", "Condition": exempt });
    client.put(&id, &document(json!([statement(json!({ "AWS": root() })), deny]))).unwrap();
}

#[test]
fn invalid_key_policies_are_malformed() {
    let mut client = TestClient::default();
    let id = client.key(json!({}));
    let mut with = |edit: &dyn Fn(&mut Value)| {
        let mut policy = document(json!([statement(json!({ "AWS": root() }))]));
        edit(&mut policy);
        client.put(&id, &policy).err().map(|error| error.code)
    };
    let malformed = Some("MalformedPolicyDocumentException".to_owned());
    assert_eq!(with(&|_| ()), None);
    assert_eq!(with(&|policy| policy["Version"] = json!("2020-01-01")), malformed);
    assert_eq!(with(&|policy| policy["Statement"] = json!([])), malformed);
    assert_eq!(with(&|policy| policy["Statement"][0]["Effect"] = json!("allow")), malformed);
    assert_eq!(with(&|policy| policy["Statement"][0]["NotAction"] = json!("kms:Get*")), malformed);
    assert_eq!(with(&|policy| policy["Statement"][0]["Color"] = json!("blue")), malformed);
    assert_eq!(
        with(&|policy| policy["Statement"][0]["Principal"] = json!({ "AWS": [] })),
        malformed
    );
    assert_eq!(
        client.refused("PutKeyPolicy", json!({ "KeyId": id, "Policy": "{" })),
        "MalformedPolicyDocumentException"
    );
}

#[test]
fn impossible_principals_are_refused() {
    let mut client = TestClient::default();
    let id = client.key(json!({}));
    for wrong in [
        "AROAEXAMPLEEXAMPLE123",
        "arn:aws:iam::111122223333:role/*",
        "arn:aws:iam::1111:role/x",
        "arn:aws-cn:iam::111122223333:root",
        "arn:aws:iam::111122223333:group/x",
        "operator",
    ] {
        let policy = document(json!([
            statement(json!({ "AWS": root() })),
            statement(json!({ "AWS": wrong }))
        ]));
        assert_eq!(code(client.put(&id, &policy)), "MalformedPolicyDocumentException", "{wrong}");
    }
    let policy = document(json!([statement(
        json!({ "AWS": root(), "Service": "logs.eu-west-1.amazonaws.com" })
    )]));
    client.put(&id, &policy).unwrap();
}

#[test]
fn a_deleted_role_shows_its_unique_id_and_cannot_be_named_again() {
    let mut client = TestClient::default();
    let id = client.key(json!({}));
    let role = format!("arn:aws:iam::{ACCOUNT}:role/trainer");
    let policy = document(json!([statement(json!({ "AWS": [root(), role] }))]));
    client.put(&id, &policy).unwrap();
    client.kms.delete_principal(&role);
    let stored = client.policy(&id);
    assert!(stored.contains("\"AROA") && !stored.contains(&role), "{stored}");
    assert_eq!(code(client.put(&id, &policy)), "MalformedPolicyDocumentException");
}

#[test]
fn a_policy_above_32_kib_exceeds_the_quota() {
    let mut client = TestClient::default();
    let id = client.key(json!({}));
    let mut long = statement(json!({ "AWS": root() }));
    long["Sid"] = json!("a".repeat(32_768));
    assert_eq!(code(client.put(&id, &document(json!([long])))), "LimitExceededException");
    assert_eq!(
        client.refused("PutKeyPolicy", json!({ "KeyId": id, "Policy": "{\"Id\": \"\u{2713}\"}" })),
        "ValidationException"
    );
}

#[test]
fn a_key_pending_deletion_accepts_only_the_calls_in_the_state_table() {
    let mut client = TestClient::default();
    let id = client.dying_key();
    let policy = document(json!([statement(json!({ "AWS": root() }))]));
    client.put(&id, &policy).unwrap();
    for operation in [
        "DescribeKey",
        "GetKeyPolicy",
        "ListAliases",
        "ListResourceTags",
        "ListGrants",
        "GetKeyRotationStatus",
    ] {
        client.ok(operation, json!({ "KeyId": id }));
    }
    let key = |more: Value| {
        let mut input = json!({ "KeyId": id });
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        input
    };
    let grant = json!({ "GranteePrincipal": root(), "Operations": ["Decrypt"] });
    for (operation, input) in [
        ("TagResource", key(json!({ "Tags": [{ "TagKey": "a", "TagValue": "b" }] }))),
        ("UntagResource", key(json!({ "TagKeys": ["a"] }))),
        ("UpdateKeyDescription", key(json!({ "Description": "x" }))),
        ("CreateAlias", json!({ "AliasName": "alias/x", "TargetKeyId": id })),
        ("EnableKey", key(json!({}))),
        ("DisableKey", key(json!({}))),
        ("ScheduleKeyDeletion", key(json!({}))),
        ("EnableKeyRotation", key(json!({}))),
        ("DisableKeyRotation", key(json!({}))),
        ("CreateGrant", key(grant)),
    ] {
        assert_eq!(client.refused(operation, input), "KMSInvalidStateException", "{operation}");
    }
}

#[test]
fn a_disabled_key_refuses_rotation_and_grants_and_accepts_the_rest() {
    let mut client = TestClient::default();
    let id = client.disabled_key();
    assert_eq!(client.refused("EnableKeyRotation", json!({ "KeyId": id })), "DisabledException");
    assert_eq!(client.refused("DisableKeyRotation", json!({ "KeyId": id })), "DisabledException");
    let grant = json!({ "KeyId": id, "GranteePrincipal": root(), "Operations": ["Decrypt"] });
    assert_eq!(client.refused("CreateGrant", grant), "DisabledException");
    assert_eq!(
        client.refused("CancelKeyDeletion", json!({ "KeyId": id })),
        "KMSInvalidStateException"
    );
    client.ok("TagResource", json!({ "KeyId": id, "Tags": [{ "TagKey": "a", "TagValue": "" }] }));
    client.ok("CreateAlias", json!({ "AliasName": "alias/x", "TargetKeyId": id }));
    client.ok("EnableKey", json!({ "KeyId": id }));
    assert_eq!(client.metadata(&id)["KeyState"], "Enabled");
}

#[test]
fn cancelled_deletion_leaves_the_key_disabled_and_restores_its_rotation() {
    let mut client = TestClient::default();
    let id = client.key(json!({}));
    client.ok("EnableKeyRotation", json!({ "KeyId": id, "RotationPeriodInDays": 90 }));
    client.ok("ScheduleKeyDeletion", json!({ "KeyId": id }));
    assert_eq!(
        client.ok("GetKeyRotationStatus", json!({ "KeyId": id }))["KeyRotationEnabled"],
        false
    );
    client.ok("CancelKeyDeletion", json!({ "KeyId": id }));
    assert_eq!(client.metadata(&id)["KeyState"], "Disabled");
    let status = client.ok("GetKeyRotationStatus", json!({ "KeyId": id }));
    assert_eq!(
        (&status["KeyRotationEnabled"], &status["RotationPeriodInDays"]),
        (&json!(true), &json!(90))
    );
    assert_eq!(status["NextRotationDate"], 1_790_000_000.0 + 90.0 * 86_400.0);
}

#[test]
fn a_rotation_on_demand_goes_on_for_a_while_and_there_are_25_in_a_life() {
    let mut client = TestClient::default();
    let id = client.key(json!({}));
    client.ok("RotateKeyOnDemand", json!({ "KeyId": id }));
    assert_eq!(client.refused("RotateKeyOnDemand", json!({ "KeyId": id })), "ConflictException");
    let status = client.ok("GetKeyRotationStatus", json!({ "KeyId": id }));
    assert_eq!(status["KeyRotationEnabled"], false, "the automatic one is another matter");
    assert!(status["OnDemandRotationStartDate"].is_number(), "{status}");
    for _ in 1..25 {
        client.bench.pass(DAY);
        client.ok("RotateKeyOnDemand", json!({ "KeyId": id }));
    }
    client.bench.pass(DAY);
    let status = client.ok("GetKeyRotationStatus", json!({ "KeyId": id }));
    assert!(status["OnDemandRotationStartDate"].is_null(), "{status}");
    assert_eq!(
        client.refused("RotateKeyOnDemand", json!({ "KeyId": id })),
        "LimitExceededException"
    );
}

#[test]
fn enabling_rotation_again_moves_the_next_rotation() {
    let mut client = TestClient::default();
    let id = client.key(json!({}));
    client.ok("EnableKeyRotation", json!({ "KeyId": id }));
    let first = client.ok("GetKeyRotationStatus", json!({ "KeyId": id }))["NextRotationDate"]
        .as_f64()
        .unwrap();
    client.bench.pass(10 * DAY);
    client.ok("EnableKeyRotation", json!({ "KeyId": id }));
    let second = client.ok("GetKeyRotationStatus", json!({ "KeyId": id }))["NextRotationDate"]
        .as_f64()
        .unwrap();
    assert_eq!(second - first, 864_000.0);
    assert_eq!(
        client.refused("EnableKeyRotation", json!({ "KeyId": id, "RotationPeriodInDays": 89 })),
        "ValidationException"
    );
    let signing = client.key(json!({ "KeySpec": "RSA_2048", "KeyUsage": "SIGN_VERIFY" }));
    assert_eq!(
        client.refused("EnableKeyRotation", json!({ "KeyId": signing })),
        "UnsupportedOperationException"
    );
}

#[test]
fn a_key_is_gone_with_its_aliases_when_its_waiting_period_ends() {
    let mut client = TestClient::default();
    let id = client.key(json!({}));
    client.ok("CreateAlias", json!({ "AliasName": "alias/x", "TargetKeyId": id }));
    client.ok("ScheduleKeyDeletion", json!({ "KeyId": id, "PendingWindowInDays": 7 }));
    client.bench.pass(7 * DAY - 1);
    assert_eq!(client.metadata("alias/x")["KeyState"], "PendingDeletion");
    client.bench.pass(1);
    assert_eq!(client.refused("DescribeKey", json!({ "KeyId": id })), "NotFoundException");
    assert_eq!(client.refused("DescribeKey", json!({ "KeyId": "alias/x" })), "NotFoundException");
    let other = client.key(json!({}));
    assert_eq!(
        client.refused("ScheduleKeyDeletion", json!({ "KeyId": other, "PendingWindowInDays": 6 })),
        "ValidationException"
    );
}

#[test]
fn an_alias_is_created_once_and_moves_only_within_its_kind_of_key() {
    let mut client = TestClient::default();
    let (first, second) = (client.key(json!({})), client.key(json!({})));
    let signing = client.key(json!({ "KeySpec": "RSA_2048", "KeyUsage": "SIGN_VERIFY" }));
    let dying = client.dying_key();
    let alias = |target: &str| json!({ "AliasName": "alias/x", "TargetKeyId": target });
    assert_eq!(client.refused("UpdateAlias", alias(&first)), "NotFoundException");
    client.ok("CreateAlias", alias(&first));
    assert_eq!(client.refused("CreateAlias", alias(&second)), "AlreadyExistsException");
    assert_eq!(client.refused("UpdateAlias", alias(&signing)), "ValidationException");
    assert_eq!(client.refused("UpdateAlias", alias(&dying)), "KMSInvalidStateException");
    client.ok("ScheduleKeyDeletion", json!({ "KeyId": first }));
    client.ok("UpdateAlias", alias(&second));
    let listed = client.ok("ListAliases", json!({ "KeyId": second }));
    assert_eq!(column(&listed, "Aliases", "AliasName"), ["alias/x"]);
    client.ok("DeleteAlias", json!({ "AliasName": "alias/x" }));
    assert_eq!(
        client.refused("DeleteAlias", json!({ "AliasName": "alias/x" })),
        "NotFoundException"
    );
}

#[test]
fn alias_names_follow_the_rules() {
    let mut client = TestClient::default();
    let id = client.key(json!({}));
    let mut create = |name: &str, target: &str| {
        client.refused("CreateAlias", json!({ "AliasName": name, "TargetKeyId": target }))
    };
    assert_eq!(create("x", &id), "ValidationException");
    assert_eq!(create("alias/a b", &id), "ValidationException");
    assert_eq!(create("alias/a:b", &id), "InvalidAliasNameException");
    assert_eq!(create("alias/aws/s3", &id), "NotAuthorizedException");
    assert_eq!(create("alias/x", "alias/aws/s3"), "ValidationException");
    assert_eq!(create("alias/x", "1234abcd-12ab-34cd-56ef-1234567890ab"), "NotFoundException");
    for n in 0..50 {
        client.ok("CreateAlias", json!({ "AliasName": format!("alias/n{n}"), "TargetKeyId": id }));
    }
    assert_eq!(
        client.refused("CreateAlias", json!({ "AliasName": "alias/n50", "TargetKeyId": id })),
        "LimitExceededException"
    );
}

#[test]
fn aliases_are_paged_and_unused_aws_aliases_have_no_target() {
    let mut client = TestClient::default();
    let id = client.key(json!({}));
    client.ok("CreateAlias", json!({ "AliasName": "alias/zoo", "TargetKeyId": id }));
    let first = client.ok("ListAliases", json!({ "Limit": 10 }));
    assert_eq!(first["Truncated"], true);
    assert!(first["Aliases"][0].get("TargetKeyId").is_none());
    let last = client.ok("ListAliases", json!({ "Limit": 10, "Marker": first["NextMarker"] }));
    assert_eq!(last["Truncated"], false);
    assert!(column(&last, "Aliases", "AliasName").contains(&"alias/zoo".to_owned()));
    assert_eq!(client.refused("ListAliases", json!({ "Limit": 101 })), "ValidationException");
    assert_eq!(client.refused("ListAliases", json!({ "Marker": "?" })), "InvalidMarkerException");
}

#[test]
fn describing_a_predefined_alias_creates_its_aws_managed_key_once() {
    let mut client = TestClient::default();
    let first = client.metadata("alias/aws/ebs");
    assert_eq!(first["KeyManager"], "AWS");
    assert_eq!(client.metadata("alias/aws/ebs"), first);
    let id = first["KeyId"].as_str().unwrap().to_owned();
    assert_eq!(
        client.refused("ScheduleKeyDeletion", json!({ "KeyId": id })),
        "AccessDeniedException"
    );
    assert_eq!(column(&client.ok("ListKeys", json!({})), "Keys", "KeyId"), [id]);
}

#[test]
fn tags_are_added_overwritten_removed_and_paged() {
    let mut client = TestClient::default();
    let tag = |key: &str, value: &str| json!({ "TagKey": key, "TagValue": value });
    let id = client.key(json!({ "Tags": [tag("a", "1")] }));
    client.ok("TagResource", json!({ "KeyId": id, "Tags": [tag("a", "2"), tag("b", "")] }));
    client.ok("UntagResource", json!({ "KeyId": id, "TagKeys": ["b", "never"] }));
    assert_eq!(
        client.ok("ListResourceTags", json!({ "KeyId": id }))["Tags"],
        json!([tag("a", "2")])
    );
    assert_eq!(
        client.refused("TagResource", json!({ "KeyId": id, "Tags": [tag("aws:x", "1")] })),
        "TagException"
    );
    assert_eq!(
        client.refused("CreateKey", json!({ "Tags": [tag("a", "1"), tag("a", "2")] })),
        "TagException"
    );
    let many: Vec<Value> = (0..51).map(|n| tag(&n.to_string(), "")).collect();
    assert_eq!(client.refused("CreateKey", json!({ "Tags": many })), "LimitExceededException");
}

#[test]
fn a_repeated_grant_is_the_same_with_a_name_and_another_without() {
    let mut client = TestClient::default();
    let id = client.key(json!({}));
    let named = json!({ "KeyId": id, "Name": "train", "GranteePrincipal": root(), "Operations": ["Decrypt"] });
    let unnamed = json!({ "KeyId": id, "GranteePrincipal": root(), "Operations": ["Decrypt"] });
    let first = client.ok("CreateGrant", named.clone());
    assert_eq!(client.ok("CreateGrant", named), first);
    client.ok("CreateGrant", unnamed.clone());
    client.ok("CreateGrant", unnamed);
    assert_eq!(
        client.ok("ListGrants", json!({ "KeyId": id }))["Grants"].as_array().unwrap().len(),
        3
    );
    let grant = json!({ "KeyId": id, "GrantId": first["GrantId"] });
    assert_eq!(client.ok("ListGrants", grant.clone())["Grants"][0]["Name"], "train");
    client.ok("RevokeGrant", grant.clone());
    assert_eq!(client.refused("RevokeGrant", grant), "NotFoundException");
    let dry = json!({ "KeyId": id, "GranteePrincipal": root(), "Operations": ["Decrypt"], "DryRun": true });
    assert_eq!(client.refused("CreateGrant", dry), "DryRunOperationException");
}

#[test]
fn keys_of_other_accounts_and_regions_are_not_reachable() {
    let mut client = TestClient::default();
    let id = client.key(json!({}));
    let arn = |region: &str, account: &str| json!({ "KeyId": format!("arn:aws:kms:{region}:{account}:key/{id}") });
    assert_eq!(client.refused("DescribeKey", arn("us-east-1", ACCOUNT)), "NotFoundException");
    assert_eq!(
        client.refused("DescribeKey", arn("eu-west-1", "444455556666")),
        "AccessDeniedException"
    );
    assert_eq!(
        client.refused("DescribeKey", json!({ "KeyId": "arn:aws:s3:::bucket" })),
        "InvalidArnException"
    );
    assert_eq!(
        client.refused("GetKeyPolicy", json!({ "KeyId": "alias/aws/s3" })),
        "NotFoundException"
    );
    assert_eq!(client.refused("DescribeKey", json!({})), "ValidationException");
    assert_eq!(client.refused("Encrypt", json!({})), "UnknownOperationException");
}

#[test]
fn an_external_key_waits_for_its_material() {
    let mut client = TestClient::default();
    let id = client.key(json!({ "Origin": "EXTERNAL" }));
    assert_eq!(client.metadata(&id)["KeyState"], "PendingImport");
    assert_eq!(client.refused("EnableKey", json!({ "KeyId": id })), "KMSInvalidStateException");
    assert_eq!(
        client.refused("EnableKeyRotation", json!({ "KeyId": id })),
        "UnsupportedOperationException"
    );
    let custom = json!({ "Origin": "AWS_CLOUDHSM", "CustomKeyStoreId": "cks-1" });
    assert_eq!(client.refused("CreateKey", custom), "CustomKeyStoreNotFoundException");
}

#[test]
fn with_a_read_lag_other_callers_miss_a_new_key_for_a_while() {
    let mut client = TestClient::default();
    client.bench.options.read_lag = std::time::Duration::from_secs(3);
    let id = client.key(json!({}));
    client.metadata(&id);
    assert_eq!(
        code(client.call_as("other", "DescribeKey", json!({ "KeyId": id }))),
        "NotFoundException"
    );
    client.bench.pass(3);
    assert!(client.call_as("other", "DescribeKey", json!({ "KeyId": id })).is_ok());
}

impl TestClient {
    fn in_region(&mut self, region: &str, operation: &str, input: &Value) -> Answer {
        let mut caller = self.bench.caller("operator");
        caller.region = region.to_owned();
        self.kms.call(&caller, operation, input, &mut self.bench.context())
    }
}

#[test]
fn a_replica_shares_the_id_of_its_primary_key_which_waits_for_its_deletion() {
    const THERE: &str = "eu-central-1";
    let mut client = TestClient::default();
    let (id, plain) = (client.key(json!({ "MultiRegion": true })), client.key(json!({})));
    let policy = document(json!([statement(json!({ "AWS": root() }))])).to_string();
    let of =
        |id: &str, region: &str| json!({ "KeyId": id, "ReplicaRegion": region, "Policy": policy });
    assert_eq!(client.refused("ReplicateKey", of(&plain, THERE)), "UnsupportedOperationException");
    let made = client.ok("ReplicateKey", of(&id, THERE));
    assert_eq!(made["ReplicaKeyMetadata"]["KeyId"], id.as_str());
    assert_eq!(client.refused("ReplicateKey", of(&id, THERE)), "AlreadyExistsException");
    let key = json!({ "KeyId": id });
    let replica = client.in_region(THERE, "DescribeKey", &key).unwrap();
    let family = &replica["KeyMetadata"]["MultiRegionConfiguration"];
    assert_eq!(family["MultiRegionKeyType"], "REPLICA");
    assert_eq!(family["PrimaryKey"]["Region"], "eu-west-1");
    assert_eq!(client.metadata(&id)["MultiRegionConfiguration"]["ReplicaKeys"][0]["Region"], THERE);
    let again = client.in_region(THERE, "ReplicateKey", &of(&id, "eu-west-2"));
    assert_eq!(code(again), "UnsupportedOperationException");
    let rotating = client.in_region(THERE, "EnableKeyRotation", &key);
    assert_eq!(code(rotating), "UnsupportedOperationException");

    let asked = client.ok("ScheduleKeyDeletion", json!({ "KeyId": id, "PendingWindowInDays": 7 }));
    assert_eq!(asked["KeyState"], "PendingReplicaDeletion");
    client.bench.pass(60 * DAY);
    assert_eq!(client.metadata(&id)["KeyState"], "PendingReplicaDeletion");
    let window = json!({ "KeyId": id, "PendingWindowInDays": 7 });
    client.in_region(THERE, "ScheduleKeyDeletion", &window).unwrap();
    client.bench.pass(8 * DAY);
    assert_eq!(code(client.in_region(THERE, "DescribeKey", &key)), "NotFoundException");
    assert_eq!(client.metadata(&id)["KeyState"], "PendingDeletion");
    client.bench.pass(8 * DAY);
    assert_eq!(client.refused("DescribeKey", key), "NotFoundException");
}

#[test]
fn imported_material_expires_at_its_time_and_the_key_waits_for_it_again() {
    let mut client = TestClient::default();
    let id = client.key(json!({ "Origin": "EXTERNAL" }));
    assert_eq!(client.metadata(&id)["KeyState"], "PendingImport");
    let now = client.metadata(&id)["CreationDate"].as_f64().unwrap();
    client.ok("SimulatorImportMaterial", json!({ "KeyId": id, "ValidTo": now + 60.0 }));
    assert_eq!(client.metadata(&id)["KeyState"], "Enabled");
    assert_eq!(client.metadata(&id)["ExpirationModel"], "KEY_MATERIAL_EXPIRES");
    client.bench.pass(61);
    assert_eq!(client.metadata(&id)["KeyState"], "PendingImport");
    let own = client.key(json!({}));
    let import = json!({ "KeyId": own });
    assert_eq!(client.refused("SimulatorImportMaterial", import), "UnsupportedOperationException");
}
