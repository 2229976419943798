//! Roles of IAM, within the bounds that the settings give identity.
//!
//! The resource groups tagging API does not know roles: their tags are set by IAM's own calls, and
//! those whose manifest is gone are found by listing what is below the path of the settings
//! (`aws/roles.rs`).

use serde_json::Value;

use super::{
    baseline_identity,
    overlay::{Overlay, Says},
    risks::limited,
};
use crate::{
    kind::{
        Claimed, Identity, Removal,
        table::{ACCOUNT, PARTITION, PROPERTIES, Tree, get},
    },
    model::{
        Risk,
        policy_document::{Context, Dialect, PolicyDocument, diff},
        text,
    },
    operations::{
        Named, OfKind, On, Operation, ResourceType, Resources, When,
        table::{CLAIMS_UNCLAIMED, deletes, may, reads, writes},
    },
};

/// The kind's name in manifests.
pub const NAME: &str = "AWS::IAM::Role";

/// The calls that IAM itself is asked for.
pub(super) const LIST: &str = "iam:ListRoles";
/// Sets tags.
pub(super) const TAG: &str = "iam:TagRole";
/// Removes tags.
pub(super) const UNTAG: &str = "iam:UntagRole";

pub(super) const OVERLAY: Overlay = Overlay {
    name: NAME,
    facts: include_str!("facts/iam-role.json"),
    short: "role",
    about: "A role of IAM. The settings say where roles may be written (`identity`): each has that \
            path or one below it, and that permissions boundary. What a manifest does not name is \
            not compared: write `Policies: []` and `ManagedPolicyArns: []` where there must be \
            none.",
    claimed: Claimed::ByTags,
    // Whatever runs with it stops, and its name may be in policies elsewhere.
    removal: Removal::TombstoneOnly,
    invented: false,
    // It has the path in it.
    arn: "",
    tags: Some(text::IAM),
    always: &["Arn", "AssumeRolePolicyDocument", "MaxSessionDuration", "Path", "RoleName"],
    refused: &[],
    words: &[
        ("Description", Says::Harmless),
        ("MaxSessionDuration", Says::Judged(longer)),
        ("ManagedPolicyArns", Says::Judged(attached)),
        ("PermissionsBoundary", Says::Judged(limited)),
        ("Policies", Says::Judged(inline)),
    ],
    ordered: &[],
    documents: &[],
    policies: &[
        ("AssumeRolePolicyDocument", Dialect::TrustPolicy),
        ("Policies/*/PolicyDocument", Dialect::IdentityPolicy),
    ],
    reach: None,
    blind: &[],
    rules: baseline_identity::ROLES,
    operations: OfKind {
        rows: ROWS,
        resource: Some(ROLE),
        identity: Some(Identity {
            path: Some("properties.Path"),
            boundary: Some("properties.PermissionsBoundary"),
            arn: Some(arn),
            ..Identity::PLAIN
        }),
        ..OfKind::NONE
    },
    ..Overlay::PLAIN
};

/// Roles, with their path in the id.
const ROLE: ResourceType = ResourceType::new(
    "role",
    "arn:{partition}:iam::{account}:role/{id}",
    "palisade-000000000000",
    Named::Never,
);

/// The ARN of a wanted role.
fn arn(want: &Tree) -> Option<String> {
    let said = |name| get(want, name).as_str();
    let properties = get(want, PROPERTIES);
    let path = properties["Path"].as_str().unwrap_or("/");
    let name = properties["RoleName"].as_str()?;
    Some(format!("arn:{}:iam::{}:role{path}{name}", said(PARTITION)?, said(ACCOUNT)?))
}

/// Longer sessions outlive longer what is taken away.
fn longer(old: &Value, new: &Value, _: &Context) -> Risk {
    // AWS's default (IAM API reference, `MaxSessionDuration`).
    let seconds = |value: &Value| match value {
        Value::Null => Some(3600),
        Value::String(text) => text.parse().ok(),
        other => other.as_i64(),
    };
    match (seconds(old), seconds(new)) {
        (Some(old), Some(new)) if new <= old => Risk::TIGHTENS,
        _ => Risk::LOOSENS,
    }
}

/// AWS's own policies that deny something (AWS managed policy reference): without them more is
/// allowed.
const DENYING: [&str; 2] = [":aws:policy/AWSDenyAll", ":aws:policy/AWSCompromisedKeyQuarantine"];

/// What an attached policy says is not read: one that comes may allow anything, and one of the
/// account that goes may have denied something.
pub(super) fn attached(old: &Value, new: &Value, _: &Context) -> Risk {
    let [old, new] = [old, new].map(|list| list.as_array().map_or(&[][..], Vec::as_slice));
    let come = new.iter().any(|arn| !old.contains(arn)).then_some(Risk::LOOSENS);
    let gone = old.iter().filter(|arn| !new.contains(arn)).filter_map(Value::as_str);
    let gone = gone.map(|arn| {
        let allows =
            arn.contains(":iam::aws:policy/") && !DENYING.iter().any(|it| arn.contains(it));
        if allows { Risk::TIGHTENS } else { Risk::REPLACES }
    });
    come.into_iter().chain(gone).collect()
}

/// The inline policies of a role apply together, whatever the name of each: they are compared as
/// one document.
fn inline(old: &Value, new: &Value, context: &Context) -> Risk {
    match (together(old), together(new)) {
        (Some(old), Some(new)) => diff(&old, &new, context).widening.risk(),
        _ => Risk::REPLACES,
    }
}

/// All statements of several policies in one document; none if one cannot be read, or if they are
/// of different versions of the language.
fn together(list: &Value) -> Option<PolicyDocument> {
    let (mut statements, mut versions) = (Vec::new(), Vec::new());
    for policy in list.as_array().into_iter().flatten() {
        let document = match &policy["PolicyDocument"] {
            Value::String(text) => serde_json::from_str(text).ok()?,
            document => document.clone(),
        };
        // Refused by itself.
        PolicyDocument::from_value(&document, Dialect::IdentityPolicy).ok()?;
        versions.extend(document.get("Version").cloned());
        match document["Statement"].clone() {
            Value::Array(all) => statements.extend(all),
            one => statements.push(one),
        }
    }
    let version = Value::from("2012-10-17");
    if versions.iter().any(|it| *it != version) {
        return None;
    }
    for statement in statements.iter_mut().filter_map(Value::as_object_mut) {
        // Two policies may use one.
        statement.shift_remove("Sid");
    }
    let all = serde_json::json!({"Version": version, "Statement": statements});
    PolicyDocument::from_value(&all, Dialect::IdentityPolicy).ok()
}

/// Roles below the path of the settings.
const ROLES: On = On::Bounded(&Resources { name: "Roles", types: &[ROLE] });
/// Roles of the account.
const ANY_ROLE: On = On::Of(&Resources { name: "Roles", types: &[ROLE] });
/// The request makes a role that is ours, with the boundary of the settings.
const NEW: &[When] = &[When::Claims, When::Bounded];
/// The role is ours, and has the boundary of the settings or gets it.
const OURS_BOUNDED: &[When] = &[When::Owned, When::Bounded];
const NOTE: &str =
    "Roles are changed below the path of the settings only, and with their boundary.";

const ROWS: &[Operation] = &[
    reads("cloudcontrol:ListResourceRequests").only_needs(&[may(
        "cloudformation:ListResourceRequests",
        On::Anything,
        &[],
    )]),
    reads("cloudcontrol:GetResourceRequestStatus").only_needs(&[may(
        "cloudformation:GetResourceRequestStatus",
        On::Anything,
        &[],
    )]),
    reads("cloudcontrol:GetResource").only_needs(&[
        may("cloudformation:GetResource", On::Anything, &[]),
        may("iam:GetRole", ANY_ROLE, &[]),
        may("iam:GetRolePolicy", ANY_ROLE, &[]),
        may("iam:ListAttachedRolePolicies", ANY_ROLE, &[]),
        may("iam:ListRolePolicies", ANY_ROLE, &[]),
    ]),
    reads(LIST),
    writes("cloudcontrol:CreateResource", On::Anything, &[])
        .only_needs(&[
            may("cloudformation:CreateResource", On::Anything, &[]),
            may("iam:CreateRole", ROLES, NEW),
            may(TAG, ROLES, CLAIMS_UNCLAIMED),
            may("iam:AttachRolePolicy", ROLES, OURS_BOUNDED),
            may("iam:PutRolePolicy", ROLES, OURS_BOUNDED),
        ])
        .note(NOTE),
    writes("cloudcontrol:UpdateResource", On::Anything, &[])
        .only_needs(&[
            may("cloudformation:UpdateResource", On::Anything, &[]),
            may("iam:AttachRolePolicy", ROLES, OURS_BOUNDED),
            may("iam:DeleteRolePolicy", ROLES, OURS_BOUNDED),
            may("iam:DetachRolePolicy", ROLES, OURS_BOUNDED),
            may("iam:PutRolePermissionsBoundary", ROLES, OURS_BOUNDED),
            may("iam:PutRolePolicy", ROLES, OURS_BOUNDED),
            may("iam:UpdateAssumeRolePolicy", ROLES, OURS_BOUNDED),
            may("iam:UpdateRole", ROLES, OURS_BOUNDED),
            may("iam:UpdateRoleDescription", ROLES, OURS_BOUNDED),
        ])
        .note(NOTE),
    writes(TAG, ROLES, &[When::Owned, When::StaysOurs]).and(&[may(
        "iam:TagRole",
        ROLES,
        CLAIMS_UNCLAIMED,
    )]),
    writes(UNTAG, ROLES, &[When::Owned, When::KeepsOwner]),
    deletes("cloudcontrol:DeleteResource", On::Anything, &[])
        .only_needs(&[
            may("cloudformation:DeleteResource", On::Anything, &[]),
            may("iam:DeleteRole", ROLES, OURS_BOUNDED),
            may("iam:DeleteRolePolicy", ROLES, OURS_BOUNDED),
            may("iam:DetachRolePolicy", ROLES, OURS_BOUNDED),
        ])
        .note(NOTE),
];

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn context() -> Context {
        Context { partition: "aws".into(), account: "111122223333".into() }
    }

    fn policy(name: &str, effect: &str, action: &str) -> Value {
        let statement = json!({"Sid": "One", "Effect": effect, "Action": action, "Resource": "*"});
        let document = json!({"Version": "2012-10-17", "Statement": [statement]});
        json!({"PolicyName": name, "PolicyDocument": document})
    }

    #[test]
    fn inline_policies_are_judged_together_whatever_their_names() {
        let read = || policy("read", "Allow", "s3:GetObject");
        let deny = || policy("deny", "Deny", "s3:DeleteObject");
        for (old, new, risk) in [
            (json!(null), json!([read()]), Risk::LOOSENS),
            (json!([read()]), json!([]), Risk::TIGHTENS),
            (json!([read()]), json!([read(), deny()]), Risk::TIGHTENS),
            (json!([read(), deny()]), json!([read()]), Risk::LOOSENS),
            (json!([read()]), json!([policy("other", "Allow", "s3:GetObject")]), Risk::NEUTRAL),
            (json!([policy("all", "Allow", "s3:*")]), json!([read()]), Risk::TIGHTENS),
            (json!([read()]), json!([policy("read", "Allow", "s3:*")]), Risk::LOOSENS),
        ] {
            assert_eq!(inline(&old, &new, &context()), risk, "{old} {new}");
        }
        let text = |policy: Value| {
            let document = policy["PolicyDocument"].to_string();
            json!({"PolicyName": "p", "PolicyDocument": document})
        };
        assert_eq!(inline(&json!([text(read())]), &json!([read()]), &context()), Risk::NEUTRAL);
        let mut older = read();
        older["PolicyDocument"]["Version"] = "2008-10-17".into();
        assert_eq!(inline(&json!([older]), &json!([read()]), &context()), Risk::REPLACES);
    }

    #[test]
    fn what_comes_may_allow_anything_and_what_goes_may_have_denied_something() {
        let (reads, denies) =
            ("arn:aws:iam::aws:policy/ReadOnlyAccess", "arn:aws:iam::aws:policy/AWSDenyAll");
        let own = "arn:aws:iam::111122223333:policy/own";
        for (old, new, risk) in [
            (json!(null), json!([reads]), Risk::LOOSENS),
            (json!([reads]), json!([]), Risk::TIGHTENS),
            (json!([own]), json!([]), Risk::REPLACES),
            (json!([denies]), json!([]), Risk::REPLACES),
            (json!([own]), json!([reads]), Risk::REPLACES),
            (json!([own, reads]), json!([reads, own]), Risk::NEUTRAL),
        ] {
            assert_eq!(attached(&old, &new, &context()), risk, "{old} {new}");
        }
    }

    #[test]
    fn a_boundary_that_comes_tightens_and_one_that_goes_loosens() {
        let (one, other) = (json!("arn:aws:iam::1:policy/a"), json!("arn:aws:iam::1:policy/b"));
        assert_eq!(limited(&Value::Null, &one, &context()), Risk::TIGHTENS);
        assert_eq!(limited(&one, &Value::Null, &context()), Risk::LOOSENS);
        assert_eq!(limited(&one, &other, &context()), Risk::REPLACES);
    }

    #[test]
    fn longer_sessions_loosen() {
        assert_eq!(longer(&json!(3600), &json!(7200), &context()), Risk::LOOSENS);
        assert_eq!(longer(&json!(7200), &json!("3600"), &context()), Risk::TIGHTENS);
        assert_eq!(longer(&Value::Null, &json!(3600), &context()), Risk::TIGHTENS);
    }

    #[test]
    fn the_arn_of_a_role_has_its_path_in_it() {
        let want = json!({
            "partition": "aws", "account": "111122223333",
            "properties": {"RoleName": "jobs", "Path": "/ml/"},
        });
        let want = want.as_object().expect("an object");
        assert_eq!(arn(want).as_deref(), Some("arn:aws:iam::111122223333:role/ml/jobs"));
    }
}
