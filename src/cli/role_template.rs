//! The role that palisade assumes, as a CloudFormation template with exactly the permissions that
//! the manifests need.

use serde_json::{Map, Value, json};

use crate::{
    kinds::cloud_control::{iam_managed_policy, iam_role},
    operations::policy::Policies,
};

/// The role.
#[derive(Debug, Clone, Copy)]
pub(super) struct Role<'a> {
    /// Its name, with its path if it has one.
    pub(super) name: &'a str,
    /// What the caller must send to assume it.
    pub(super) external_id: Option<&'a str>,
}

/// The policies of a role, in the order in which they are attached: without the permissions to
/// delete unless `deletes`.
pub(super) fn documents(policies: &Policies, deletes: bool) -> impl Iterator<Item = Value> {
    let destroy = policies.destroy.iter().filter(move |_| deletes);
    policies.observe.iter().chain(&policies.apply).chain(destroy).map(|document| json!(document))
}

/// The template.
pub(super) fn template(role: Role<'_>, documents: impl IntoIterator<Item = Value>) -> Value {
    let (path, name) = role.name.rsplit_once('/').map_or((None, role.name), |(path, name)| {
        (Some(format!("/{}/", path.trim_matches('/'))), name)
    });
    let mut assume = json!({
        "Effect": "Allow",
        "Principal": {"AWS": {"Ref": "DaemonRoleArn"}},
        "Action": "sts:AssumeRole",
    });
    if let Some(id) = role.external_id {
        assume["Condition"] = json!({"StringEquals": {"sts:ExternalId": id}});
    }
    let mut properties = json!({
        "RoleName": name,
        "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [assume]}
    });
    if let Some(path) = path {
        properties["Path"] = json!(path);
    }
    let mut resources = Map::new();
    resources.insert("Role".to_owned(), json!({"Type": iam_role::NAME, "Properties": properties}));
    for (index, document) in documents.into_iter().enumerate() {
        resources.insert(
            format!("Policy{}", index + 1),
            json!({
                "Type": iam_managed_policy::NAME,
                "Properties": {"PolicyDocument": document, "Roles": [{"Ref": "Role"}]}
            }),
        );
    }
    json!({
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": "The role with which palisade reads and changes this account",
        "Parameters": {
            "DaemonRoleArn": {
                "Type": "String",
                "Description": "The ARN of the role that palisade runs with",
                "AllowedPattern": "^arn:aws[a-z-]*:iam::[0-9]{12}:role/.+$"
            }
        },
        "Resources": resources,
        "Outputs": {"RoleArn": {"Value": {"Fn::GetAtt": ["Role", "Arn"]}}}
    })
}

/// A document with the account that the stack is in where `account` is: the same in every account
/// of a stack set.
pub(super) fn in_any_account(document: &Value, account: &str) -> Value {
    match document {
        // Variables of IAM must not be taken for those of the template.
        Value::String(text) if text.contains(account) => {
            let text = text.replace("${", "${!").replace(account, "${AWS::AccountId}");
            json!({"Fn::Sub": text})
        }
        Value::Array(items) => items.iter().map(|item| in_any_account(item, account)).collect(),
        Value::Object(members) => {
            let members = members.iter();
            Value::Object(members.map(|(k, v)| (k.clone(), in_any_account(v, account))).collect())
        }
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_account_becomes_that_of_the_stack_and_variables_of_iam_stay() {
        let document = json!({"Statement": [{
            "Action": "kms:*",
            "Resource": ["arn:aws:kms:*:111122223333:key/${aws:PrincipalTag/team}", "*"],
        }]});
        assert_eq!(
            in_any_account(&document, "111122223333")["Statement"][0]["Resource"],
            json!([
                {"Fn::Sub": "arn:aws:kms:*:${AWS::AccountId}:key/${!aws:PrincipalTag/team}"},
                "*"
            ])
        );
    }

    #[test]
    fn a_path_in_the_name_is_the_path_of_the_role() {
        let role = Role { name: "platform/palisade", external_id: None };
        let properties = template(role, [])["Resources"]["Role"]["Properties"].clone();
        assert_eq!(
            (&properties["Path"], &properties["RoleName"]),
            (&json!("/platform/"), &json!("palisade"))
        );
        let assume = &properties["AssumeRolePolicyDocument"]["Statement"][0];
        assert!(assume.get("Condition").is_none(), "{assume}");
    }
}
