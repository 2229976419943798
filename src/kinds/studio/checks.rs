//! Texts that cannot be right in Studio. AWS takes many of them, and users see it when an app
//! does not start. Forms are those of the SageMaker API reference.

use crate::{kind::ScopeFacts, settings::PARTITIONS};

/// What is wrong with a text (to be read after the text itself), and how to fix it.
type Wrong = Option<(&'static str, &'static str)>;
/// What is wrong, and how to fix it.
type Problem = Option<(String, String)>;

pub(super) fn any(_: &str) -> Wrong {
    None
}

/// What a name must be like.
const NAME: &str = "1 to 63 letters and digits, with hyphens between them";

fn is_name(name: &str) -> bool {
    (1..=63).contains(&name.len())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
        && !name.starts_with('-')
        && !name.ends_with('-')
}

pub(in crate::kinds) fn domain_name(name: &str) -> Wrong {
    (!is_name(name)).then_some(("is not a domain name", NAME))
}

pub(in crate::kinds) fn space_name(name: &str) -> Wrong {
    (!is_name(name)).then_some(("is not a name of a space", NAME))
}

/// SageMaker API reference, `SingleSignOnUserIdentifier`: there is one.
pub(in crate::kinds) fn directory_identifier(word: &str) -> Wrong {
    (word != "UserName").then_some(("is not what users are named by", "write UserName"))
}

/// SageMaker API reference, `SingleSignOnUserValue`.
pub(in crate::kinds) fn directory_user(name: &str) -> Wrong {
    let fits = (1..=256).contains(&name.chars().count());
    (!fits).then_some(("is not a user's name", "1 to 256 characters"))
}

/// SageMaker API reference, `SpaceDisplayName`.
pub(in crate::kinds) fn display_name(name: &str) -> Wrong {
    let fits = !name.trim().is_empty() && name.chars().count() <= 64;
    (!fits).then_some(("cannot be shown as a name", "1 to 64 characters, not only spaces"))
}

/// AWS does not tell names of users apart by case (API reference of `CreateUserProfile`).
pub(in crate::kinds) fn user_name(name: &str) -> Wrong {
    if !is_name(name) {
        return Some(("is not a name of a user profile", NAME));
    }
    let is_small = !name.chars().any(|c| c.is_ascii_uppercase());
    (!is_small).then_some(("has capital letters, which AWS ignores", "write small letters"))
}

pub(super) fn arn(text: &str) -> Wrong {
    (!text.starts_with("arn:")).then_some(("is not an ARN", "write it whole, from `arn:` on"))
}

pub(super) fn s3_location(text: &str) -> Wrong {
    let is_location = ["s3://", "https://"].iter().any(|scheme| is_after(scheme, text));
    (!is_location).then_some(("is not a location in S3", "write s3://bucket/prefix"))
}

pub(super) fn account(text: &str) -> Wrong {
    let is_account = text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit());
    (!is_account).then_some(("is not an account id of 12 digits", "write it in quotes"))
}

pub(super) fn instance_type(text: &str) -> Wrong {
    let is_type = text == "system" || is_after("ml.", text);
    (!is_type).then_some(("is not an instance type of SageMaker", "ml.t3.medium, or system"))
}

pub(super) fn landing(text: &str) -> Wrong {
    (!matches!(text, "studio::" | "app:JupyterServer:"))
        .then_some(("is not a landing page", "write `studio::` or `app:JupyterServer:`"))
}

pub(super) fn file_system(text: &str) -> Wrong {
    let digits = |id: &str| !id.is_empty() && id.bytes().all(|b| b.is_ascii_alphanumeric());
    let is_id = text.strip_prefix("fs-").is_some_and(digits);
    (!is_id).then_some(("is not a file system's id", "write fs-…"))
}

fn is_after(prefix: &str, text: &str) -> bool {
    text.strip_prefix(prefix).is_some_and(|rest| !rest.is_empty() && !rest.contains(' '))
}

/// A role of the domain's own account: AWS lets a role be passed only within its account (IAM user
/// guide, "Grant a user permissions to pass a role").
pub(super) fn own_role(facts: &ScopeFacts, text: &str) -> Problem {
    role(facts, text).or_else(|| {
        let account = text.split(':').nth(4)?;
        (facts.knows_account() && account != facts.account).then(|| {
            let why =
                format!("is a role of account {account}, and the domain is in {}", facts.account);
            (why, "write a role of the domain's own account".into())
        })
    })
}

/// A role of any account.
pub(super) fn role(facts: &ScopeFacts, text: &str) -> Problem {
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    let named = match parts[..] {
        ["arn", named, "iam", "", account, role]
            if account.len() == 12
                && account.bytes().all(|b| b.is_ascii_digit())
                && is_after("role/", role) =>
        {
            named
        }
        _ => {
            let help = "write arn:aws:iam::111122223333:role/name";
            return Some((format!("`{text}` is not a role's ARN"), help.into()));
        }
    };
    if text.contains(['*', '?']) {
        return Some(("stands for many roles".into(), "write the ARN of one role".into()));
    }
    partition(facts, named)
}

/// A key of the domain's own Region.
pub(in crate::kinds) fn own_key(facts: &ScopeFacts, text: &str) -> Problem {
    key(facts, text).or_else(|| {
        let region = text.strip_prefix("arn:")?.split(':').nth(2)?;
        (facts.knows_account() && region != facts.region).then(|| {
            let why = format!("is a key of {region}, and the domain is in {}", facts.region);
            (why, "write a key of the domain's own Region".into())
        })
    })
}

/// A key of any Region.
pub(super) fn key(facts: &ScopeFacts, text: &str) -> Problem {
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    let ["arn", named, service, _, _, resource] = parts[..] else {
        let why = "begins like an ARN but is not one".to_owned();
        let help = "write it whole: arn:aws:kms:eu-west-1:111122223333:key/…".to_owned();
        return text.starts_with("arn:").then_some((why, help));
    };
    if service != "kms" || !["key/", "alias/"].iter().any(|kind| resource.starts_with(kind)) {
        let why = "is not the ARN of a KMS key or alias".to_owned();
        return Some((why, "write arn:aws:kms:REGION:ACCOUNT:key/…, or {ref: name}".into()));
    }
    partition(facts, named)
}

fn partition(facts: &ScopeFacts, named: &str) -> Problem {
    let known = PARTITIONS.contains(&named);
    if known && (named == facts.partition || !facts.knows_account()) {
        return None;
    }
    let why = format!("names partition `{named}`, and the domain is in {}", facts.partition);
    Some((why, format!("begin it with arn:{}:", facts.partition)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(account: &str) -> ScopeFacts {
        ScopeFacts {
            name: "prod".into(),
            account: account.into(),
            region: "eu-west-1".into(),
            partition: "aws".into(),
        }
    }

    fn why(said: Problem) -> String {
        said.map(|(why, _)| why).unwrap_or_default()
    }

    const ACCOUNT: &str = "111122223333";

    #[test]
    fn a_role_is_one_role_of_the_domains_account_and_partition() {
        let role = |arn: &str| why(own_role(&facts(ACCOUNT), arn));
        assert_eq!(role("arn:aws:iam::111122223333:role/path/x"), "");
        assert!(role("arn:aws-cn:iam::111122223333:role/x").contains("partition `aws-cn`"));
        assert!(role("arn:awss:iam::111122223333:role/x").contains("partition `awss`"));
        assert!(
            role("arn:aws:iam::444455556666:role/x").contains("a role of account 444455556666")
        );
        assert!(role("arn:aws:iam::111122223333:role/*").contains("many roles"));
        for wrong in ["", "x", "arn:aws:iam::1111:role/x", "arn:aws:iam::111122223333:user/x"] {
            assert!(role(wrong).contains("is not a role's ARN"), "{wrong}");
        }
    }

    #[test]
    fn a_key_is_one_of_kms_in_the_domains_region() {
        let of = |arn: &str| why(own_key(&facts(ACCOUNT), arn));
        for right in [
            "alias/x",
            "arn:aws:kms:eu-west-1:444455556666:key/x",
            "1234abcd-12ab-34cd-56ef-1234567890ab",
        ] {
            assert_eq!(of(right), "", "{right}");
        }
        assert!(of("arn:aws:s3:eu-west-1:111122223333:key/x").contains("not the ARN of a KMS key"));
        assert!(
            of("arn:aws:kms:eu-west-1:111122223333:grant/x").contains("not the ARN of a KMS key")
        );
        assert!(of("arn:aws:kms:us-east-1:111122223333:key/x").contains("a key of us-east-1"));
        assert_eq!(why(key(&facts(ACCOUNT), "arn:aws:kms:us-east-1:111122223333:key/x")), "");
        assert!(of("arn:aws-cn:kms:eu-west-1:111122223333:key/x").contains("partition `aws-cn`"));
        assert!(of("arn:aws:kms").contains("begins like an ARN"));
    }

    #[test]
    fn without_an_account_only_what_is_invalid_in_every_account_is_reported() {
        let facts = facts(ScopeFacts::UNKNOWN_ACCOUNT);
        assert_eq!(own_key(&facts, "arn:aws-cn:kms:cn-north-1:444455556666:key/x"), None);
        assert_eq!(own_role(&facts, "arn:aws-cn:iam::444455556666:role/x"), None);
        assert!(own_role(&facts, "arn:x:iam::444455556666:role/x").is_some());
    }
}
