//! The root user: what guards it can only be changed by signing in as it.

use std::collections::HashMap;

use aws_sdk_iam::types::SummaryKeyType;
use futures::FutureExt as _;

use crate::{
    aws::classify,
    baseline::Severity,
    kind::{Audit, CloudError, Erased, LiveBreach, LiveRule, Look, Looked},
    operations::table::reads,
};

/// The audit of the root user.
pub(crate) static AUDIT: Audit = Audit {
    about: "the root user",
    rules: RULES,
    operations: &[
        reads("iam:GetAccountSummary").note("Audited: the root user's keys and second factor.")
    ],
    errors: &[],
    account_wide: true,
    look,
};

const SUBJECT: &str = "root user";
const ACCESS_KEYS: &str = "ROOT-01";
const MFA: &str = "ROOT-02";

const RULES: &[LiveRule] = &[
    LiveRule {
        id: ACCESS_KEYS,
        severity: Severity::Critical,
        title: "The root user has no access keys",
        why: "Its keys can do everything in the account, past every policy of the account, and \
              cannot be limited.",
        source: "AWS Security Hub IAM.4; CIS AWS Foundations Benchmark 1.4",
        help: "sign in as the root user and delete its access keys, or delete the root \
               credentials of the member account in IAM's central root access",
    },
    LiveRule {
        id: MFA,
        severity: Severity::Critical,
        title: "The root user has a second factor",
        why: "Without it, whoever has the password or the mailbox has the account.",
        source: "AWS Security Hub IAM.9; CIS AWS Foundations Benchmark 1.5",
        help: "sign in as the root user and register a hardware key or an authenticator; or delete \
               the root credentials of the member account in IAM's central root access",
    },
];

fn look<'a>(look: &'a Look<'a>) -> Erased<'a, Result<Looked, CloudError>> {
    async move {
        const OPERATION: &str = "iam:GetAccountSummary";
        let call = look.access.iam.get_account_summary().send().await;
        let summary = call.map_err(|error| classify(OPERATION, &error))?.summary_map;
        let breaches = breaches(&summary.unwrap_or_default());
        Ok(Looked { breaches, ..Looked::default() })
    }
    .boxed()
}

/// What is wrong according to IAM's summary (IAM API reference, `GetAccountSummary`). A count that
/// is missing says nothing, except that every root user that is not said to lack a password may
/// have one.
fn breaches(summary: &HashMap<SummaryKeyType, i32>) -> Vec<LiveBreach> {
    let count = |name: &str| summary.get(&SummaryKeyType::from(name)).copied();
    let breach = |rule, message: &str| LiveBreach {
        rule,
        subject: SUBJECT.to_owned(),
        message: message.to_owned(),
        by: None,
    };
    let keys = count("AccountAccessKeysPresent").is_some_and(|keys| keys > 0);
    let bare = count("AccountMFAEnabled") == Some(0) && count("AccountPasswordPresent") != Some(0);
    let found = [
        keys.then(|| breach(ACCESS_KEYS, "has access keys")),
        bare.then(|| breach(MFA, "has no second factor")),
    ];
    found.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(counts: &[(&str, i32)]) -> Vec<&'static str> {
        let summary = counts.iter().map(|(name, count)| (SummaryKeyType::from(*name), *count));
        breaches(&summary.collect()).iter().map(|breach| breach.rule).collect()
    }

    #[test]
    fn keys_and_a_missing_factor_are_findings_and_what_is_not_said_is_none() {
        const KEYS: &str = "AccountAccessKeysPresent";
        const FACTOR: &str = "AccountMFAEnabled";
        const PASSWORD: &str = "AccountPasswordPresent";
        assert_eq!(rules(&[(KEYS, 1), (FACTOR, 0)]), [ACCESS_KEYS, MFA]);
        assert_eq!(rules(&[(KEYS, 0), (FACTOR, 0), (PASSWORD, 1)]), [MFA]);
        assert_eq!(rules(&[(KEYS, 0), (FACTOR, 1), (PASSWORD, 1)]), [""; 0]);
        // Without a password nobody can sign in.
        assert_eq!(rules(&[(FACTOR, 0), (PASSWORD, 0)]), [""; 0]);
        assert_eq!(rules(&[]), [""; 0]);
    }
}
