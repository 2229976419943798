//! What the kinds of SageMaker notebooks share: names, and the scripts of lifecycle configurations.

use std::sync::LazyLock;

use regex::Regex;
use serde_json::json;

use crate::{
    kind::{
        Invalid, Refs, ScopeFacts,
        table::{Absent, Check, Form, Gives, How, Leaf, Null, RiskOf, Tree, get},
    },
    model::Risk,
};

/// What is wrong with a text, after the text itself, and the way out.
type Wrong = Option<(&'static str, &'static str)>;

/// The longest script: 16,384 characters in base64 (SageMaker API reference, `Content`).
const MAX_SCRIPT: usize = 12_288;

/// SageMaker API reference, the pattern of `NotebookInstanceName` and the like.
fn wrong_name(name: &str) -> Wrong {
    let is_name = (1..=63).contains(&name.len())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
        && !name.starts_with('-')
        && !name.ends_with('-');
    let help = "1 to 63 letters and digits, with hyphens between them";
    (!is_name).then_some(("is not a name in SageMaker", help))
}

/// The row of the name in AWS; by default that of the manifest ([`name_it`]).
pub(crate) fn name(path: &'static str, about: &'static str) -> Leaf {
    let fixed = How::Fixed("which is what SageMaker knows it by".into());
    let form = Form::Text(Check::Form(wrong_name));
    Leaf { absent: Absent::Derived, ..Leaf::harmless(path, about, form, fixed) }
}

/// Names a resource after its manifest where the manifest names no other name.
pub(crate) fn name_it(path: &str, want: &mut Tree, refs: &Refs<'_>, problems: &mut Vec<Invalid>) {
    if !get(want, path).is_null() {
        return;
    }
    let name = refs.name();
    if let Some((why, help)) = wrong_name(name) {
        problems.push(Invalid::new(path, format!("`{name}` {why}")).help(help));
    }
    want.insert(path.to_owned(), json!(name));
}

/// Names are the same in whatever case: ARNs have them in lower case.
pub(crate) fn natural_keys(path: &str, state: &Tree) -> Vec<String> {
    get(state, path).as_str().map(str::to_ascii_lowercase).into_iter().collect()
}

/// A script that runs as root with the instance's role, or in an app with the user's: what it lets
/// anybody do cannot be read here.
pub(crate) fn script(path: &'static str, about: &'static str, change: How) -> Leaf {
    let leaf = Leaf::harmless(path, about, Form::Script(wrong_script), change);
    let leaf = leaf.risking(RiskOf::Always(Risk::REPLACES), Gives::Something);
    Leaf { null: Null::None(json!("")), ..leaf }
}

fn wrong_script(script: &str) -> Wrong {
    if script.len() > MAX_SCRIPT {
        return Some((
            "is longer than the 12,288 bytes that SageMaker takes",
            "keep the script in S3 or in the image, and let a short one call it",
        ));
    }
    let is_binary = script.starts_with("base64:");
    is_binary.then_some(("is no script", "write the script itself, not its base64 form"))
}

/// What is wrong, and the way out.
type Said = Option<(String, String)>;

/// A role of the scope's own account: AWS lets a role be passed only within its account (IAM user
/// guide, "Grant a user permissions to pass a role").
pub(crate) fn own_role(facts: &ScopeFacts, text: &str) -> Said {
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    let fits = match parts[..] {
        ["arn", partition, "iam", "", account, role] => {
            let here = partition == facts.partition && account == facts.account;
            (here || !facts.knows_account())
                && role.strip_prefix("role/").is_some_and(|name| !name.is_empty())
                && !role.contains(['*', '?', ' '])
        }
        _ => false,
    };
    (!fits).then(|| {
        let ScopeFacts { partition, account, .. } = facts;
        let why = format!("`{text}` is not the ARN of a role of this account");
        (why, format!("write arn:{partition}:iam::{account}:role/name"))
    })
}

/// A key of the scope's own Region, where it is written as an ARN.
pub(crate) fn own_key(facts: &ScopeFacts, text: &str) -> Said {
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    let fits = match parts[..] {
        ["arn", partition, "kms", region, _, key] => {
            let here = partition == facts.partition && region == facts.region;
            (here || !facts.knows_account())
                && ["key/", "alias/"].iter().any(|kind| key.starts_with(kind))
        }
        ["arn", ..] => false,
        _ => true,
    };
    (!fits).then(|| {
        let why = format!("`{text}` is not the ARN of a KMS key of {}", facts.region);
        (why, "write {ref: name}, or the ARN of a key of the same Region".to_owned())
    })
}

/// What looks like a secret: an access key of AWS, a private key, or a literal that is given to
/// something named like one. What a script fetches, or takes from its environment, is none.
#[expect(clippy::expect_used, reason = "a constant")]
static SECRET: LazyLock<Regex> = LazyLock::new(|| {
    let named = r"(?i-u:password|passwd|secret|token|api_?key|credential)[A-Za-z0-9_-]*";
    let literal = r#"["']?[ \t]*[=:][ \t]*["']?[A-Za-z0-9/+_.~-]{8,}"#;
    let key = r"(?-u:\b)(?:AKIA|ASIA)[A-Z0-9]{16}(?-u:\b)";
    let private = "-----BEGIN [A-Z ]*PRIVATE KEY-----";
    Regex::new(&format!("{key}|{private}|{named}{literal}")).expect("a pattern")
});

/// The number of the first line that looks as if it had a secret in it.
pub(crate) fn secret_at(script: &str) -> Option<usize> {
    script.lines().position(|line| SECRET.is_match(line)).map(|index| index + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_and_a_key_are_of_the_scope() {
        let facts = ScopeFacts {
            name: "prod".into(),
            account: "111122223333".into(),
            region: "eu-west-1".into(),
            partition: "aws".into(),
        };
        let role = |arn: &str| own_role(&facts, arn).is_none();
        assert!(role("arn:aws:iam::111122223333:role/path/notebooks"));
        for wrong in [
            "notebooks",
            "arn:aws:iam::444455556666:role/notebooks",
            "arn:aws-cn:iam::111122223333:role/notebooks",
            "arn:aws:iam::111122223333:user/notebooks",
            "arn:aws:iam::111122223333:role/*",
        ] {
            assert!(!role(wrong), "{wrong}");
        }
        let key = |key: &str| own_key(&facts, key).is_none();
        assert!(key("alias/x") && key("arn:aws:kms:eu-west-1:444455556666:key/1"));
        assert!(!key("arn:aws:kms:us-east-1:111122223333:key/1"));
        assert!(!key("arn:aws:s3:eu-west-1:111122223333:key/1"));
    }

    #[test]
    fn a_secret_is_found_by_its_line_and_what_is_fetched_is_none() {
        let script = |line: &str| format!("#!/bin/bash\nset -e\n{line}\n");
        for line in [
            "export AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE",
            "-----BEGIN RSA PRIVATE KEY-----",
            "DB_PASSWORD='hunter2hunter2'",
            "apiKey: 0123456789abcdef",
        ] {
            assert_eq!(secret_at(&script(line)), Some(3), "{line}");
        }
        for line in [
            "TOKEN=$(aws secretsmanager get-secret-value --secret-id x)",
            "password=\"${PASSWORD}\"",
            "# where the token comes from: see the guide",
            "pip install --upgrade pip",
        ] {
            assert_eq!(secret_at(&script(line)), None, "{line}");
        }
    }
}
