//! What a list of uses gives, and what is wrong with one.

use serde_json::json;

use super::{
    super::{Composition, Known, Layer, Use, asks_for_organization, compose},
    KNOWN, composed, uses,
};

fn one(block: &str, with: serde_json::Value) -> Use {
    Use { block: block.to_owned(), with: with.as_object().cloned().expect("an object") }
}

fn problems(layer: Layer, uses: &[Use]) -> Vec<String> {
    let wrong = compose(layer, uses, &KNOWN, false).expect_err("problems");
    let line = |it: crate::kind::Invalid| {
        format!("{}: {} ({})", it.field, it.why, it.help.unwrap_or_default())
    };
    wrong.into_iter().map(line).collect()
}

#[test]
fn the_order_of_the_list_and_of_values_means_nothing() {
    let mut all = uses(Layer::Scp);
    let forward = composed(Layer::Scp, &all, false);
    all.reverse();
    assert_eq!(composed(Layer::Scp, &all, false), forward);
    let roles = |names: &[&str]| {
        composed(Layer::Scp, &[one("scp/cloudtrail-keep", json!({"exempt": names}))], false)
    };
    assert_eq!(roles(&["b", "a"]), roles(&["a", "b"]));
}

#[test]
fn an_edit_of_one_block_leaves_the_statements_of_the_others_alone() {
    let all = uses(Layer::Scp);
    let before = compose(Layer::Scp, &all, &KNOWN, false).unwrap();
    let mut edited = all.clone();
    let at = edited.iter().position(|it| it.block == "scp/sm-remote").unwrap();
    edited[at].with.insert("exempt".to_owned(), json!(["debuggers"]));
    edited.rotate_left(1);
    let after = compose(Layer::Scp, &edited, &KNOWN, false).unwrap();
    let of_others = |composition: Composition| -> Vec<String> {
        let texts = composition.statements.into_iter().map(|it| it.statement.to_string());
        texts.filter(|text| !text.contains("\"SmRemote")).collect()
    };
    assert_eq!(before.statements.len(), after.statements.len());
    assert_ne!(before, after);
    assert_eq!(of_others(before), of_others(after));
}

#[test]
fn a_composition_is_written_in_one_way_without_white_space() {
    let document = composed(
        Layer::Scp,
        &[one("scp/kms-grants", json!({})), one("scp/org-stay", json!({}))],
        false,
    );
    insta::assert_snapshot!(document.to_string(), @r#"{"Version":"2012-10-17","Statement":[{"Action":"kms:CreateGrant","Condition":{"ArnNotLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/break-glass"},"Bool":{"aws:PrincipalIsAWSService":"false"},"BoolIfExists":{"kms:GrantIsForAWSResource":"false"}},"Effect":"Deny","Resource":"*","Sid":"KmsGrants1"},{"Action":["account:CloseAccount","organizations:AcceptHandshake","organizations:LeaveOrganization"],"Effect":"Deny","Resource":"*","Sid":"OrgStay1"}]}"#);
}

#[test]
fn statements_of_a_document_keep_their_places_before_those_of_blocks() {
    let composed = compose(Layer::Scp, &[one("scp/org-stay", json!({}))], &KNOWN, false).unwrap();
    let own = json!({"Sid": "Own", "Effect": "Deny", "Action": "s3:A", "Resource": "*"});
    for written in [json!({"Statement": own}), json!({"Statement": [own]})] {
        let document = composed.document(Some(&written));
        assert_eq!(document["Statement"][0], own);
        assert_eq!(document["Statement"][1]["Sid"], "OrgStay1");
    }
}

#[test]
fn merging_makes_the_text_shorter_and_names_nothing() {
    let all = uses(Layer::Scp);
    let (plain, merged) = (composed(Layer::Scp, &all, false), composed(Layer::Scp, &all, true));
    let count = |document: &serde_json::Value| document["Statement"].as_array().unwrap().len();
    assert!(count(&merged) < count(&plain));
    assert!(merged.to_string().len() * 10 < plain.to_string().len() * 9);
    assert!(!merged.to_string().contains("Sid"));
}

#[test]
fn what_is_wrong_is_said_at_its_place_with_a_way_out() {
    let wrong = problems(
        Layer::Scp,
        &[
            one("scp/region", json!({})),
            one("regions", json!({"regions": ["eu-west-1"]})),
            one("rcp/tls", json!({})),
            one("scp/regions", json!({})),
            one(
                "scp/regions",
                json!({"regions": ["eu-west-1", "Ireland"], "regoins": ["eu-west-1"], "exempt": ["*"]}),
            ),
            one("scp/sm-volume-keys", json!({"endpointNvme": "maybe", "nvme": []})),
            one("scp/kms-keep", json!({"minWindow": 3})),
            one("scp/org-stay", json!({"exempt": ["me"]})),
        ],
    );
    insta::assert_snapshot!(wrong.join("\n"));
}

#[test]
fn a_block_twice_is_refused_unless_it_says_something_else() {
    let same = problems(
        Layer::Key,
        &[
            one("key/grants", json!({"roles": ["ml-a"]})),
            one("key/grants", json!({"roles": ["ml-a"]})),
        ],
    );
    assert_eq!(same, ["[1]: `key/grants` is used twice with the same parameters (keep one)"]);
    let document = composed(
        Layer::Key,
        &[
            one("key/grants", json!({"roles": ["ml-b"]})),
            one("key/grants", json!({"roles": ["ml-a"]})),
        ],
        false,
    );
    let sids: Vec<_> = document["Statement"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["Sid"].as_str().unwrap())
        .collect();
    assert_eq!(sids, ["Grants1", "Grants2", "Grants1x2", "Grants2x2"]);
}

#[test]
fn exempt_roles_are_names_in_any_account_or_arns_and_no_patterns_of_everybody() {
    for right in [
        "break-glass",
        "team/lead",
        "aws-reserved/sso.amazonaws.com/*/AWSReservedSSO_A_*",
        "arn:aws:iam::111122223333:role/x",
    ] {
        let it = one("scp/cloudtrail-keep", json!({"exempt": [right]}));
        assert!(compose(Layer::Scp, &[it], &KNOWN, false).is_ok(), "{right}");
    }
    for wrong in [
        "",
        "*",
        "*admin*",
        "?",
        "a b",
        "a\"b",
        "arn:aws:iam::*:role/*",
        "arn:aws:iam::1:role/x",
        "arn:aws:iam::*:user/x",
        "{partition}",
    ] {
        let it = one("scp/cloudtrail-keep", json!({"exempt": [wrong]}));
        assert!(compose(Layer::Scp, &[it], &KNOWN, false).is_err(), "{wrong}");
    }
    // Any account of the world can make a role of that name.
    let it = one("rcp/network", json!({"exempt": ["arn:aws:iam::*:role/break-glass"]}));
    assert!(compose(Layer::Rcp, &[it], &KNOWN, false).is_err());
}

#[test]
fn what_is_not_known_yet_has_no_form_yet() {
    let later = "VpcEndpoint/studio (known after apply)";
    let document = composed(Layer::Scp, &[one("scp/sm-presign", json!({"vpces": [later]}))], false);
    assert!(document.to_string().contains(later));
}

#[test]
fn the_organization_is_asked_for_only_where_a_default_names_it() {
    assert!(asks_for_organization(&[one("rcp/identity", json!({}))]));
    assert!(asks_for_organization(&[one("scp/s3-guard", json!({}))]));
    assert!(!asks_for_organization(&[one(
        "rcp/identity",
        json!({"organization": "o-abcde12345"})
    )]));
    assert!(!asks_for_organization(&[one("scp/org-stay", json!({}))]));
    let elsewhere = Known { partition: "aws-cn", ..KNOWN };
    let text = compose(Layer::Scp, &[one("scp/root-none", json!({}))], &elsewhere, false).unwrap();
    assert!(text.document(None).to_string().contains("arn:aws-cn:iam::*:root"));
}
