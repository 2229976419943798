//! The specification of account settings, in sentences.

use serde_json::{Value, json};

use super::{ID, table};
use crate::{
    kind::{
        Known, Refs, ScopeFacts,
        erased::{Edit, EditBody, ErasedKind as _},
    },
    model::Risk,
};

fn resolve(spec: &Value) -> Result<Value, String> {
    let scope = ScopeFacts {
        name: "prod".into(),
        account: "111122223333".into(),
        region: "eu-west-1".into(),
        partition: "aws".into(),
    };
    let known = Known::default();
    let resolved = table().resolve(spec, &mut Refs::new(&scope, "defaults", &known));
    resolved.map(|resolved| resolved.state).map_err(|problems| problems[0].to_string())
}

fn edits(spec: &Value, ebs: bool, snapshots: &str) -> Vec<Edit> {
    let have = json!({"ebsEncryptionByDefault": ebs, "snapshotPublicAccess": snapshots});
    table().diff(&resolve(spec).expect("valid"), &have).expect("states")
}

/// Operation, risk and summary of each edit.
fn shown(edits: &[Edit]) -> Vec<(String, Risk, &str)> {
    let operation = |edit: &Edit| match &edit.body {
        EditBody::Change(body) => body["operation"].as_str().unwrap_or_default().to_owned(),
        other => panic!("{other:?}"),
    };
    edits.iter().map(|edit| (operation(edit), edit.risk, edit.summary.as_str())).collect()
}

#[test]
fn each_setting_is_turned_on_and_off_by_its_own_call() {
    let safe = json!({"ebsEncryptionByDefault": true, "snapshotPublicAccess": "block-new-sharing"});
    assert_eq!(
        shown(&edits(&safe, false, "unblocked")),
        [
            (
                "ec2:EnableEbsEncryptionByDefault".into(),
                Risk::TIGHTENS,
                "encrypt new EBS volumes by default"
            ),
            (
                "ec2:EnableSnapshotBlockPublicAccess".into(),
                Risk::TIGHTENS,
                "set public sharing of snapshots to block-new-sharing"
            ),
        ]
    );
    let open = json!({"ebsEncryptionByDefault": false, "snapshotPublicAccess": "unblocked"});
    assert_eq!(
        shown(&edits(&open, true, "block-all-sharing")),
        [
            (
                "ec2:DisableEbsEncryptionByDefault".into(),
                Risk::LOOSENS,
                "stop encrypting new EBS volumes by default"
            ),
            (
                "ec2:DisableSnapshotBlockPublicAccess".into(),
                Risk::LOOSENS,
                "let snapshots be shared with everybody"
            ),
        ]
    );
    assert!(edits(&safe, true, "block-new-sharing").is_empty());
}

#[test]
fn only_blocking_all_sharing_cuts_users_of_shared_snapshots() {
    let risk = |from: &str, to: &str| {
        let edits = edits(&json!({"snapshotPublicAccess": to}), false, from);
        edits[0].risk
    };
    assert_eq!(risk("unblocked", "block-new-sharing"), Risk::TIGHTENS);
    assert_eq!(risk("unblocked", "block-all-sharing"), Risk::TIGHTENS.cutting_connections());
    assert_eq!(risk("block-all-sharing", "block-new-sharing"), Risk::LOOSENS);
}

#[test]
fn only_what_a_manifest_names_is_managed_and_there_are_no_tags() {
    assert!(edits(&json!({}), false, "unblocked").is_empty());
    assert!(resolve(&json!({"tags": {}})).is_err_and(|why| why.contains("unknown field `tags`")));
    assert_eq!(ID, "account");
}

/// The risk of changing the live value to the wanted one.
fn risk(setting: &str, from: &Value, to: &Value) -> Risk {
    let mut have = json!({
        "ebsEncryptionByDefault": true, "snapshotPublicAccess": "unblocked",
        "imagePublicAccess": "unblocked", "serialConsoleAccess": false,
    });
    have[setting] = from.clone();
    let want = resolve(&json!({ setting: to })).expect("valid");
    table().diff(&want, &have).expect("states")[0].risk
}

#[test]
fn a_rule_for_passwords_where_there_was_none_tightens() {
    let risk = |from: Value, to: Value| risk("passwordPolicy", &from, &to);
    for (rule, less, more) in [("maxAgeDays", 90, 365), ("reusePrevention", 24, 5)] {
        assert_eq!(risk(json!({ rule: null }), json!({ rule: less })), Risk::TIGHTENS, "{rule}");
        assert_eq!(risk(json!({ rule: more }), json!({ rule: less })), Risk::TIGHTENS, "{rule}");
        assert_eq!(risk(json!({ rule: less }), json!({ rule: more })), Risk::LOOSENS, "{rule}");
    }
}

#[test]
fn weaker_metadata_defaults_loosen() {
    for (setting, from, to, is) in [
        ("instanceMetadataTokens", json!("optional"), json!("required"), Risk::TIGHTENS),
        ("instanceMetadataTokens", json!("no-preference"), json!("required"), Risk::TIGHTENS),
        ("instanceMetadataTokens", json!("no-preference"), json!("optional"), Risk::LOOSENS),
        ("instanceMetadataHopLimit", json!(2), json!(1), Risk::TIGHTENS),
        ("instanceMetadataHopLimit", json!(1), json!(2), Risk::LOOSENS),
        ("instanceMetadataHopLimit", Value::Null, json!(1), Risk::TIGHTENS),
        ("instanceMetadataHopLimit", Value::Null, json!(2), Risk::REPLACES),
        ("instanceMetadataEndpoint", json!("enabled"), json!("disabled"), Risk::TIGHTENS),
        ("instanceMetadataTags", json!("disabled"), json!("enabled"), Risk::LOOSENS),
        ("imagePublicAccess", json!("unblocked"), json!("block-new-sharing"), Risk::TIGHTENS),
        ("serialConsoleAccess", json!(true), json!(false), Risk::TIGHTENS),
        ("serialConsoleAccess", json!(false), json!(true), Risk::LOOSENS),
        (
            "ebsDefaultKmsKey",
            json!("alias/aws/ebs"),
            json!("arn:aws:kms:eu-west-1:1:key/k"),
            Risk::REPLACES,
        ),
    ] {
        assert_eq!(risk(setting, &from, &to), is, "{setting}: {from} -> {to}");
    }
}

#[test]
fn only_the_metadata_defaults_share_a_call() {
    let want = json!({
        "serialConsoleAccess": false, "instanceMetadataTokens": "required",
        "instanceMetadataHopLimit": 1, "instanceMetadataTags": "disabled",
    });
    let have = json!({
        "serialConsoleAccess": true, "instanceMetadataTokens": "optional",
        "instanceMetadataHopLimit": 3, "instanceMetadataTags": "enabled",
    });
    let edits = table().diff(&resolve(&want).expect("valid"), &have).expect("states");
    let calls = table().calls(&edits).expect("edits");
    assert_eq!(calls.iter().map(|call| call.len()).collect::<Vec<_>>(), [1, 3]);
}

/// The content of the example.
fn example() -> Value {
    let text = include_str!("../../../examples/account-settings.yaml");
    let manifest = crate::manifest::documents_in(text).expect("YAML").remove(0);
    let text = manifest["spec"].to_string().replace("${scope.account}", "111122223333");
    serde_json::from_str(&text).expect("JSON")
}

#[test]
fn a_first_log_is_one_call_and_so_is_its_end() {
    let log = |edits: &[Edit], operation: &str| {
        let calls = table().calls(edits).expect("edits").into_iter();
        let of = calls.filter(|call| shown(call).iter().any(|(it, ..)| it == operation));
        of.map(<[Edit]>::len).collect::<Vec<_>>()
    };
    let none = json!({"bedrockLogging": {
        "audio": false, "embeddings": false, "images": false, "logGroup": null, "role": null,
        "s3Bucket": null, "s3Prefix": null, "text": false, "video": false,
    }});
    let want = resolve(&example()).expect("valid");
    let first = table().diff(&want, &none).expect("states");
    assert_eq!(log(&first, super::leaves::logging::PUT_LOGGING), [9], "{:?}", shown(&first));
    let want = resolve(&json!({"bedrockLogging": null})).expect("valid");
    let live = resolve(&example()).expect("valid");
    let last = table().diff(&want, &live).expect("states");
    assert_eq!(log(&last, super::leaves::logging::DELETE_LOGGING), [9], "{:?}", shown(&last));
}

#[test]
fn a_log_moves_in_one_call_and_what_it_contains_waits_for_nothing() {
    let place = |log: Value| json!({"bedrockLogging": log});
    let live = place(json!({"s3Bucket": "old", "images": false}));
    let want = json!({"s3Bucket": null, "logGroup": "new", "role": "writer", "images": true});
    let edits = table().diff(&place(want), &live).expect("states");
    let needs = |path: &str| {
        let of = edits.iter().find(|edit| edit.key == format!("bedrockLogging.{path}"));
        of.unwrap_or_else(|| panic!("{path}: {edits:?}")).needs.clone()
    };
    assert_eq!(needs("s3Bucket"), ["bedrockLogging.logGroup"]);
    assert_eq!(needs("logGroup"), ["bedrockLogging.s3Bucket"]);
    assert_eq!(needs("images"), [""; 0]);
    assert_eq!(table().calls(&edits).expect("edits").len(), 1);
}

#[test]
fn every_field_of_the_example_is_right_and_no_field_is_missing_there() {
    let text = include_str!("../../../examples/account-settings.yaml");
    crate::kind::table::tests::examples::names_every_field(&table(), text);
}
