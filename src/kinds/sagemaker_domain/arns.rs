//! ARNs in a domain that cannot be right: of another partition, Region or service, or not of one thing. AWS takes most of
//! them, and users see it when an app does not start.

use serde_json::Value;

use super::{rules::is_role_field, tree};
use crate::{
    kind::{Invalid, ScopeFacts, is_placeholder},
    settings::PARTITIONS,
};

/// Adds what is wrong with the ARNs of a wanted state.
pub fn check(facts: &ScopeFacts, written: &Value, problems: &mut Vec<Invalid>) {
    tree::leaves("", written, &mut |path, value| {
        let texts: Vec<(String, &str)> = match value {
            Value::String(text) => vec![(path.to_owned(), text)],
            Value::Array(items) => items
                .iter()
                .enumerate()
                .filter_map(|(index, item)| Some((format!("{path}[{index}]"), item.as_str()?)))
                .collect(),
            _ => Vec::new(),
        };
        for (field, text) in texts.into_iter().filter(|(_, text)| !is_placeholder(text)) {
            let wrong = match tree::last(path) {
                key if is_role_field(key) => role(facts, key, text),
                "kmsKey" | "s3KmsKeyId" => key(facts, tree::last(path), text),
                _ => None,
            };
            problems.extend(wrong.map(|(why, help)| Invalid::new(field, why).help(help)));
        }
    });
}

type Wrong = Option<(String, String)>;

fn role(facts: &ScopeFacts, field: &str, arn: &str) -> Wrong {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let ["arn", named, "iam", "", account, _] = parts[..] else { return None };
    // Another form is reported as such.
    if account.len() != 12 {
        return None;
    }
    let partition = partition(facts, named);
    // AWS lets a role be passed only within its account (IAM user guide, "Grant a user permissions to pass a role").
    let own = matches!(field, "executionRole" | "domainExecutionRoleArn");
    let elsewhere = own && facts.knows_account() && account != facts.account;
    if arn.contains(['*', '?']) {
        return Some(("stands for many roles".into(), "write the ARN of one role".into()));
    }
    partition.or_else(|| {
        elsewhere.then(|| {
            let why =
                format!("is a role of account {account}, and the domain is in {}", facts.account);
            (why, "write a role of the domain's own account".into())
        })
    })
}

fn key(facts: &ScopeFacts, field: &str, text: &str) -> Wrong {
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    let ["arn", named, service, region, _, resource] = parts[..] else {
        let why = "begins like an ARN and is none".to_owned();
        let help = "write it whole: arn:aws:kms:eu-west-1:111122223333:key/…".to_owned();
        return text.starts_with("arn:").then_some((why, help));
    };
    if service != "kms" || !["key/", "alias/"].iter().any(|kind| resource.starts_with(kind)) {
        let why = "is not the ARN of a KMS key or alias".to_owned();
        return Some((why, "write arn:aws:kms:REGION:ACCOUNT:key/…, or {ref: name}".into()));
    }
    // What lies in S3 may lie in another Region.
    let elsewhere = field == "kmsKey" && facts.knows_account() && region != facts.region;
    partition(facts, named).or_else(|| {
        elsewhere.then(|| {
            let why = format!("is a key of {region}, and the domain is in {}", facts.region);
            (why, "write a key of the domain's own Region".into())
        })
    })
}

fn partition(facts: &ScopeFacts, named: &str) -> Wrong {
    let known = PARTITIONS.contains(&named);
    if known && (named == facts.partition || !facts.knows_account()) {
        return None;
    }
    let why = format!("names partition `{named}`, and the domain is in {}", facts.partition);
    Some((why, format!("begin it with arn:{}:", facts.partition)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn said(value: Value, account: &str) -> Vec<String> {
        let facts = ScopeFacts {
            name: "prod".into(),
            account: account.into(),
            region: "eu-west-1".into(),
            partition: "aws".into(),
        };
        let mut problems = Vec::new();
        check(&facts, &value, &mut problems);
        assert!(problems.iter().all(|it| it.help.is_some()));
        problems.into_iter().map(|it| format!("{}: {}", it.field, it.why)).collect()
    }

    const ACCOUNT: &str = "111122223333";

    #[test]
    fn a_role_is_one_role_of_the_domains_account_and_partition() {
        let role = |arn: &str| {
            said(json!({"defaultUserSettings": {"executionRole": arn}}), ACCOUNT).join("; ")
        };
        assert_eq!(role("arn:aws:iam::111122223333:role/path/x"), "");
        assert!(role("arn:aws-cn:iam::111122223333:role/x").contains("partition `aws-cn`"));
        assert!(role("arn:awss:iam::111122223333:role/x").contains("partition `awss`"));
        assert!(
            role("arn:aws:iam::444455556666:role/x").contains("a role of account 444455556666")
        );
        assert!(role("arn:aws:iam::111122223333:role/*").contains("many roles"));
    }

    #[test]
    fn a_key_is_one_of_kms_in_the_domains_region() {
        let key = |arn: &str| said(json!({"kmsKey": arn}), ACCOUNT).join("; ");
        for right in [
            "alias/x",
            "arn:aws:kms:eu-west-1:444455556666:key/x",
            "1234abcd-12ab-34cd-56ef-1234567890ab",
        ] {
            assert_eq!(key(right), "", "{right}");
        }
        assert!(
            key("arn:aws:s3:eu-west-1:111122223333:key/x").contains("not the ARN of a KMS key")
        );
        assert!(
            key("arn:aws:kms:eu-west-1:111122223333:grant/x").contains("not the ARN of a KMS key")
        );
        assert!(key("arn:aws:kms:us-east-1:111122223333:key/x").contains("a key of us-east-1"));
        assert!(key("arn:aws-cn:kms:eu-west-1:111122223333:key/x").contains("partition `aws-cn`"));
        assert!(key("arn:aws:kms").contains("begins like an ARN"));
    }

    #[test]
    fn without_an_account_only_what_is_wrong_everywhere_is_said() {
        let value = json!({"kmsKey": "arn:aws-cn:kms:cn-north-1:444455556666:key/x",
            "defaultUserSettings": {"executionRole": "arn:aws-cn:iam::444455556666:role/x"}});
        assert_eq!(said(value, ScopeFacts::UNKNOWN_ACCOUNT), [""; 0]);
        let wrong =
            json!({"defaultUserSettings": {"executionRole": "arn:x:iam::444455556666:role/x"}});
        assert_eq!(said(wrong, ScopeFacts::UNKNOWN_ACCOUNT).len(), 1);
    }
}
