//! Grants: permissions on a key that its policy does not show, made by whoever may create them.
//!
//! AWS's services make them all the time, for volumes, domains and databases; they are nobody's
//! drift. Neither are those to principals of the key's own account, which the key policy and IAM
//! answer for. A grant to a principal of another account lets that account use what is encrypted
//! under the key, whatever the key policy says.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::kind::{
    ScopeFacts,
    table::{Allowed, Check, Tree},
};

/// The row.
pub(crate) const FOREIGN_GRANTS: &str = "foreignGrants";
/// More than anybody wants to read in a manifest; KMS's quota of grants is 50,000 a key.
const MAX: usize = 100;

/// Who has a grant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Holder {
    /// A principal of the key's account, one that is gone, or a service of AWS.
    Usual,
    /// A role that only a service of AWS can assume, in another account; or a grant to a principal
    /// there that such a service retires, as those are that services make.
    ServiceElsewhere,
    /// A principal of another account.
    Foreign,
}

/// Who has a grant: its grantee, and who may retire it.
///
/// KMS shows a grantee as an ARN, as the principal of a service (`sagemaker.amazonaws.com`), or as
/// the unique id of a principal that is gone (KMS API reference, `GrantListEntry`). A volume's
/// grantee is a session of the role `aws:ec2-infrastructure`, in the account of its instance (KMS
/// developer guide, "How Amazon EBS uses AWS KMS").
pub(super) fn holder(account: &str, grantee: &str, retiring: Option<&str>) -> Holder {
    if account_of(grantee).is_none_or(|other| other == account) {
        return Holder::Usual;
    }
    let resource = grantee.splitn(6, ':').nth(5).unwrap_or_default();
    if resource.starts_with("assumed-role/aws:") {
        return Holder::Usual;
    }
    let of_service = resource.starts_with("role/aws-service-role/")
        || resource.starts_with("assumed-role/AWSServiceRoleFor");
    if of_service || retiring.is_some_and(is_service) {
        return Holder::ServiceElsewhere;
    }
    Holder::Foreign
}

/// The account of a principal: of its ARN, or its number itself.
fn account_of(principal: &str) -> Option<&str> {
    let account = match principal.strip_prefix("arn:") {
        Some(rest) => rest.split(':').nth(3).unwrap_or_default(),
        None => principal,
    };
    let is_account = account.len() == 12 && account.bytes().all(|b| b.is_ascii_digit());
    is_account.then_some(account)
}

fn is_service(principal: &str) -> bool {
    let name = principal.trim_end_matches(".cn");
    !principal.starts_with("arn:") && name.ends_with(".amazonaws.com")
}

/// A grant as a live state has it.
pub(super) fn entry(grantee: &str, operations: &BTreeSet<String>) -> Value {
    json!({"to": grantee, "operations": operations})
}

/// The form of the row.
pub(super) fn allowed() -> Allowed {
    Allowed {
        of: Check::Scoped(wrong),
        max: MAX,
        too_many: (
            "{count} principals; a manifest names at most {max}".into(),
            "name their accounts, or give them access in the key policy".into(),
        ),
        covers,
        shown,
        examples,
    }
}

/// An account allows all its principals, and a role the grants to its sessions.
fn covers(said: &str, grant: &Value) -> bool {
    let to = grant["to"].as_str().unwrap_or_default();
    let (account, resource) = match said.strip_prefix("arn:") {
        Some(rest) => (
            rest.split(':').nth(3).unwrap_or_default(),
            rest.splitn(5, ':').nth(4).unwrap_or_default(),
        ),
        None => (said, "root"),
    };
    if account_of(to) != Some(account) {
        return false;
    }
    let session = to.splitn(6, ':').nth(5).and_then(|it| it.strip_prefix("assumed-role/"));
    let name = session.and_then(|it| it.split('/').next());
    let role = resource.strip_prefix("role/").and_then(|it| it.rsplit('/').next());
    resource == "root" || said == to || (role.is_some() && role == name)
}

fn shown(id: &str, grant: &Value) -> String {
    let operations = grant["operations"].as_array().into_iter().flatten();
    let operations: Vec<_> = operations.filter_map(Value::as_str).collect();
    let (to, id) = (grant["to"].as_str().unwrap_or_default(), id.get(..12).unwrap_or(id));
    format!("{to} may {} (grant {id}…)", operations.join(", "))
}

fn wrong(scope: &ScopeFacts, said: &str) -> Option<(String, String)> {
    let help = "write an account's twelve digits, quoted, or the ARN of a role or user in another \
                account";
    let Some(account) = account_of(said) else {
        let why = format!("`{said}` is neither an account nor the ARN of a principal");
        return Some((why, help.to_owned()));
    };
    if scope.knows_account() && account == scope.account {
        let why = format!("`{said}` is in the key's own account, whose grants are not compared");
        return Some((why, "leave it out".to_owned()));
    }
    let parts: Vec<&str> = said.splitn(6, ':').collect();
    match parts[..] {
        [_] => None,
        ["arn", partition, ..] if scope.knows_account() && partition != scope.partition => {
            let why = format!("`{said}` is not in the partition {}", scope.partition);
            Some((why, help.to_owned()))
        }
        ["arn", _, "iam", "", _, resource]
            if resource == "root" || has_name(resource, "role/") || has_name(resource, "user/") =>
        {
            None
        }
        _ => Some((format!("`{said}` is not the ARN of a role or user"), help.to_owned())),
    }
}

fn has_name(resource: &str, kind: &str) -> bool {
    resource.strip_prefix(kind).is_some_and(|name| !name.is_empty() && !name.ends_with('/'))
}

fn examples() -> (Vec<&'static str>, Tree) {
    let grant = |id: &str, to: &str| {
        (id.to_owned(), entry(to, &["Decrypt", "DescribeKey"].map(str::to_owned).into()))
    };
    let said = vec![
        "444455556666",
        "arn:aws:iam::777788889999:root",
        "arn:aws:iam::123456789012:role/a/reader",
    ];
    let live = [
        grant("0a", "arn:aws:iam::444455556666:role/a"),
        grant("0b", "arn:aws:iam::777788889999:user/b"),
        grant("0c", "arn:aws:sts::123456789012:assumed-role/reader/session"),
        grant("0d", "arn:aws:iam::123456789012:role/writer"),
    ];
    (said, live.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: &str = "111122223333";

    #[test]
    fn only_what_a_person_gives_a_principal_of_another_account_is_foreign() {
        for (grantee, retiring, whose) in [
            ("arn:aws:iam::444455556666:role/x", None, Holder::Foreign),
            ("arn:aws:iam::444455556666:root", None, Holder::Foreign),
            ("444455556666", None, Holder::Foreign),
            ("arn:aws:sts::444455556666:assumed-role/x/session", None, Holder::Foreign),
            (
                "arn:aws:iam::444455556666:role/x",
                Some("arn:aws:iam::444455556666:role/y"),
                Holder::Foreign,
            ),
            ("arn:aws:iam::111122223333:role/x", None, Holder::Usual),
            ("sagemaker.amazonaws.com", Some("sagemaker.amazonaws.com"), Holder::Usual),
            ("rds.eu-west-1.amazonaws.com", None, Holder::Usual),
            // Somebody who is gone.
            ("AROAEXAMPLEEXAMPLE123", None, Holder::Usual),
            (
                "arn:aws:sts::444455556666:assumed-role/aws:ec2-infrastructure/i-0abc",
                None,
                Holder::Usual,
            ),
            (
                "arn:aws:iam::444455556666:role/aws-service-role/autoscaling.amazonaws.com/\
                 AWSServiceRoleForAutoScaling",
                None,
                Holder::ServiceElsewhere,
            ),
            (
                "arn:aws:iam::444455556666:role/x",
                Some("fsx.amazonaws.com"),
                Holder::ServiceElsewhere,
            ),
        ] {
            assert_eq!(holder(OWN, grantee, retiring), whose, "{grantee} {retiring:?}");
        }
    }

    #[test]
    fn an_account_allows_its_principals_and_a_role_its_sessions() {
        let grant = |to: &str| entry(to, &["Decrypt".to_owned()].into());
        let role = "arn:aws:iam::444455556666:role/team/reader";
        for (said, to, is) in [
            ("444455556666", role, true),
            ("arn:aws:iam::444455556666:root", role, true),
            (role, role, true),
            (role, "arn:aws:sts::444455556666:assumed-role/reader/me", true),
            (role, "arn:aws:sts::444455556666:assumed-role/readers/me", false),
            (role, "arn:aws:sts::777788889999:assumed-role/reader/me", false),
            (role, "arn:aws:iam::444455556666:root", false),
            ("arn:aws:iam::444455556666:user/reader", role, false),
            ("777788889999", role, false),
        ] {
            assert_eq!(covers(said, &grant(to)), is, "{said} {to}");
        }
    }
}
