//! Rules for KMS keys.

use std::collections::{BTreeMap, BTreeSet};

use super::{NAME as KIND, State, rules::AWS_KMS};
use crate::{
    baseline::{
        Baseline, Breach, Facts, Reach, Rule, Severity, Wanted,
        documents::{self, Documented},
        statement::{self, Statement},
    },
    kind::ScopeFacts,
    model::policy_document::{Admission, AttachedTo, Decision, PolicyDocument, Request, Who},
};

/// KMS API reference, ScheduleKeyDeletion: the longest waiting period.
const MAX_WINDOW_DAYS: u16 = 30;
/// Cryptographic use of a symmetric key.
const USE_ACTIONS: [&str; 4] =
    ["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey", "kms:ReEncryptFrom"];
/// The actions of an administrator of a key.
const ADMIN_ACTIONS: [&str; 3] = ["kms:PutKeyPolicy", "kms:ScheduleKeyDeletion", "kms:DisableKey"];
/// Condition keys that restrict a use of the key to a service or to what is encrypted.
const USE_CONDITIONS: [&str; 3] =
    ["kms:viaservice", "kms:encryptioncontext:*", "kms:encryptioncontextkeys"];
/// Condition keys that restrict a grant to a service or to what is encrypted.
const GRANT_CONDITIONS: [&str; 5] = [
    "kms:grantisforawsresource",
    "kms:viaservice",
    "kms:grantconstrainttype",
    "kms:encryptioncontext:*",
    "kms:granteeprincipal",
];

/// The baseline of keys.
pub(super) const BASELINE: Baseline = Baseline::of::<State>(RULES);

const RULES: &[Rule] = &[
    Rule {
        id: "KMS-01",
        severity: Severity::Medium,
        kind: KIND,
        title: "The key material of symmetric keys is rotated",
        why: "Rotation limits what one key material protects; it costs users nothing.",
        source: "Security Hub KMS.4; Config CMK_BACKING_KEY_ROTATION_ENABLED; checkov CKV_AWS_7",
        help: "write `rotation: {enabled: true, periodDays: 365}`",
        reach: Reach::Manifest,
        check: rotation,
    },
    Rule {
        id: "KMS-02",
        severity: Severity::Critical,
        kind: KIND,
        title: "The key policy admits known callers only",
        why: "`Principal: \"*\"` is every account of AWS. A condition on the service \
              (kms:ViaService) does not change that: others use the same services. Nor does one \
              whose values fit others too: a pattern such as `o-*`, a policy variable that the \
              request fills in, a test that also holds without the key.",
        source: "Security Hub KMS.5; Config KMS_KEY_POLICY_NO_PUBLIC_ACCESS; checkov CKV_AWS_33; \
                 KMS developer guide, \"Key policies\"",
        help: "name the roles, or add a condition on kms:CallerAccount, aws:PrincipalOrgID or \
               aws:SourceAccount with fixed values",
        reach: Reach::Manifest,
        check: known_callers,
    },
    Rule {
        id: "KMS-03",
        severity: Severity::Critical,
        kind: KIND,
        title: "A key that is to be deleted waits 30 days",
        why: "What is encrypted under a key is lost with it; the waiting time is the only time to \
              notice.",
        source: "Security Hub KMS.3; KMS developer guide, \"Deleting AWS KMS keys\"",
        help: "leave out `deletionWindowDays`, or write 30",
        reach: Reach::Manifest,
        check: deletion_window,
    },
    Rule {
        id: "KMS-04",
        severity: Severity::High,
        kind: KIND,
        title: "The key is enabled",
        why: "What is encrypted under a disabled key cannot be read, and its material is not \
              rotated.",
        source: "checkov CKV_AWS_227",
        help: "write `enabled: true`, or ask for the key's deletion with `lifecycle.state: absent`",
        reach: Reach::Manifest,
        check: enabled,
    },
    Rule {
        id: "KMS-05",
        severity: Severity::Medium,
        kind: KIND,
        title: "Roles use the key through services only, and grant it to AWS resources only",
        why: "A stolen session that may decrypt directly needs nothing else; one that must go \
              through a service also needs that service's permissions.",
        source: "KMS developer guide, kms:ViaService, kms:EncryptionContext and \
                 kms:GrantIsForAWSResource; AWS Prescriptive Guidance, \"AWS KMS best practices\"",
        help: "add a condition on kms:ViaService (use) and kms:GrantIsForAWSResource \
               (CreateGrant); for service principals on aws:SourceAccount",
        reach: Reach::Manifest,
        check: through_services,
    },
    Rule {
        id: "KMS-06",
        severity: Severity::High,
        kind: KIND,
        title: "Who administers the key does not use it, and the account's root keeps control",
        why: "One set of credentials should not both read the data and change who may read it; a \
              key without the account's root in its policy can be locked for good by deleting a \
              role.",
        source: "KMS developer guide, \"Key policies\" (key administrators and key users; default \
                 key policy); AWS Prescriptive Guidance, \"AWS KMS best practices\" (separation of \
                 duties)",
        help: "give administration and use to different roles, and let the account's root do kms:*",
        reach: Reach::Manifest,
        check: duties,
    },
    Rule {
        id: "KMS-07",
        severity: Severity::Low,
        kind: KIND,
        title: "The key has an alias",
        why: "People who cannot find a key by its purpose create another one.",
        source: "KMS developer guide, \"Aliases\"; AWS Prescriptive Guidance, \"AWS KMS best \
                 practices\"",
        help: "add `aliases`, one for each purpose",
        reach: Reach::Manifest,
        check: alias,
    },
    documents::actions::<State>("KMS-ACT", KIND, "Actions of key policies exist"),
    documents::conditions::<State>("KMS-CON", KIND, "Conditions of key policies can hold and fail"),
    documents::statements::<State>(
        "KMS-STM",
        KIND,
        "Statements of key policies mean what they look like",
    ),
    documents::everything::<State>("KMS-ALL", KIND, "No key policy denies everything to everybody"),
];

impl Documented for State {
    const FIELD: &'static str = "policy";

    fn document(&self) -> Option<&PolicyDocument> {
        self.policy.as_ref()
    }
}

/// AWS creates symmetric keys by default.
fn is_symmetric(state: &State) -> bool {
    state.key_spec.as_deref().is_none_or(|spec| spec == "SYMMETRIC_DEFAULT")
}

fn rotation(facts: &Facts<'_>) -> Vec<Breach> {
    facts
        .of::<State>()
        .filter(|key| can_rotate(key.state) && !key.state.rotation.is_some_and(|r| r.enabled))
        .map(|key| {
            let why = match key.state.rotation {
                Some(_) => "the key material is not rotated",
                None => "rotation is not managed, and AWS does not rotate by itself",
            };
            key.breach("rotation", why)
        })
        .collect()
}

/// KMS rotates material of its own by itself, and that of a replica with its primary key's.
fn can_rotate(key: &State) -> bool {
    let own = key.origin.as_deref().is_none_or(|origin| origin == AWS_KMS);
    is_symmetric(key) && own && key.replica_of.is_none()
}

fn deletion_window(facts: &Facts<'_>) -> Vec<Breach> {
    let days = |key: &Wanted<'_, State>| key.state.deletion_window_days.unwrap_or(MAX_WINDOW_DAYS);
    facts
        .with_tombstones()
        .filter(|key| days(key) < MAX_WINDOW_DAYS)
        .map(|key| {
            key.breach(
                "deletionWindowDays",
                format!(
                    "it would be deleted after {} \
                                                      days",
                    days(&key)
                ),
            )
        })
        .collect()
}

fn enabled(facts: &Facts<'_>) -> Vec<Breach> {
    facts
        .of::<State>()
        .filter(|key| key.state.enabled == Some(false))
        .map(|key| key.breach("enabled", "the key is disabled"))
        .collect()
}

fn alias(facts: &Facts<'_>) -> Vec<Breach> {
    facts
        .of::<State>()
        .filter(|key| key.state.aliases.as_ref().is_none_or(BTreeSet::is_empty))
        .map(|key| key.breach("aliases", "it has no alias, or none that is managed"))
        .collect()
}

fn each_statement(
    facts: &Facts<'_>,
    wrong: impl Fn(&Wanted<'_, State>, &Statement, &Admission) -> Option<String>,
) -> Vec<Breach> {
    documents::each_statement(facts, |_| AttachedTo::Key, wrong)
}

fn known_callers(facts: &Facts<'_>) -> Vec<Breach> {
    each_statement(facts, |_, statement, admission| {
        if !statement.allows || admission.identities != Who::Everybody {
            return None;
        }
        let wrong = if statement.all_principals_but {
            "allows everybody who is not listed, in every account"
        } else {
            "allows callers of every account"
        };
        Some(statement::explained(wrong, &admission.untied))
    })
}

/// Whether it is the account itself, which only delegates to its IAM policies.
fn is_own_root(principal: &str, state: &State) -> bool {
    if is_account_unknown(state) {
        // Without settings every account's root may be the own one.
        return principal.ends_with(":root") || principal.bytes().all(|b| b.is_ascii_digit());
    }
    principal == state.account || principal == root(state)
}

fn is_account_unknown(state: &State) -> bool {
    state.account == ScopeFacts::UNKNOWN_ACCOUNT
}

fn root(state: &State) -> String {
    format!("arn:{}:iam::{}:root", state.partition, state.account)
}

fn through_services(facts: &Facts<'_>) -> Vec<Breach> {
    each_statement(facts, |key, statement, admission| {
        let state = key.state;
        if !statement.allows || !is_symmetric(state) {
            return None;
        }
        let named = statement.all_principals_but
            || statement.aws.iter().any(|principal| !is_own_root(principal, state));
        let roles = named && !admission.identities.is_nobody();
        let uses = USE_ACTIONS.iter().any(|action| statement.is_about(action));
        let wrong = if roles && uses && !statement.is_bound_by(&USE_CONDITIONS) {
            "lets roles use the key directly, not through a service"
        } else if roles
            && statement.is_about("kms:CreateGrant")
            && !statement.is_bound_by(&GRANT_CONDITIONS)
        {
            "lets roles grant the key to anybody"
        } else if admission.services == Who::Everybody && admission.identities != Who::Everybody {
            "lets a service use the key on behalf of every account"
        } else {
            return None;
        };
        Some(wrong.to_owned())
    })
}

fn duties(facts: &Facts<'_>) -> Vec<Breach> {
    let mut found = Vec::new();
    for key in facts.of::<State>() {
        let Some(document) = &key.state.policy else { continue };
        let mut request = Request::new(&root(key.state), "kms:PutKeyPolicy", "*");
        // The root user is not a service; its organization may not be known here, and is not
        // somebody else's.
        request.context.insert("aws:principalisawsservice".to_owned(), vec!["false".to_owned()]);
        let loses = matches!(document.evaluate(&request), Decision::Deny | Decision::NoMatch);
        if !is_account_unknown(key.state) && loses {
            found.push(key.breach("policy", "the account's root does not keep control of the key"));
        }
        let mut duties: BTreeMap<String, (bool, bool)> = BTreeMap::new();
        for statement in statement::statements(document).iter().filter(|s| s.allows) {
            let administers = ADMIN_ACTIONS.iter().any(|action| statement.is_about(action));
            let uses = USE_ACTIONS.iter().any(|action| statement.is_about(action));
            for principal in statement.aws.iter().filter(|name| !is_own_root(name, key.state)) {
                let (admin, user) = duties.entry(principal.clone()).or_default();
                *admin |= administers;
                *user |= uses;
            }
        }
        for (principal, _) in duties.iter().filter(|(_, (admin, user))| *admin && *user) {
            let name = principal.rsplit(':').next().unwrap_or(principal);
            found.push(key.breach("policy", format!("{name} both administers and uses the key")));
        }
    }
    found
}
