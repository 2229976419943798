//! The audit of keys: what their manifests do not compare, on the keys of others too.
//!
//! For a scope it costs a listing of aliases and one of keys, and for each customer managed key one
//! DescribeKey and one ListGrants for a hundred grants; once an hour.

use std::collections::BTreeSet;

use aws_sdk_kms::types::{ExpirationModelType, KeyManagerType, KeyMetadata, KeyState};
use aws_smithy_types::date_time::Format;
use futures::{FutureExt as _, future::join_all};
use serde_json::Value;

use super::Keys;
use crate::{
    aws::lookup::Pages,
    baseline::Severity,
    kind::{
        Audit, Class, CloudError, Erased, LiveBreach, LiveRule, Look, Looked,
        table::{Found, Service as _},
    },
    kinds::kms_key::{
        NAME,
        grants::{FOREIGN_GRANTS, Holder},
    },
    model::{Ownership, PhysicalId},
};

/// The audit of keys.
pub(crate) static AUDIT: Audit = Audit {
    about: "grants and key material",
    rules: RULES,
    operations: &[],
    errors: &[],
    account_wide: false,
    look,
};

/// How many keys are read at the same time, far below what KMS allows.
const AT_ONCE: usize = 8;
const FOREIGN: &str = "KEY-01";
const UNREAD: &str = "KEY-02";
const EXPIRES: &str = "KEY-03";
const GONE: &str = "KEY-04";
const SERVICE: &str = "KEY-05";

const RULES: &[LiveRule] = &[
    LiveRule {
        id: FOREIGN,
        severity: Severity::High,
        title: "No principal of another account has a grant on a key without being named",
        why: "A grant lets it use what is encrypted under the key, and neither the key policy nor \
              IAM shows it.",
        source: "KMS developer guide, \"Grants in AWS KMS\"; AWS Security Hub KMS.1 is about \
                 policies only",
        help: "revoke the grant, or name its holder in `foreignGrants` of the key's manifest",
    },
    LiveRule {
        id: SERVICE,
        severity: Severity::Low,
        title: "Grants that services use or retire in another account are known",
        why: "Such a grant is needed by what runs there, and is never revoked by palisade; \
              somebody may have made it by hand.",
        source: "KMS developer guide, \"Grants in AWS KMS\"",
        help: "revoke the grant if nothing in that account uses the key any more",
    },
    LiveRule {
        id: UNREAD,
        severity: Severity::Low,
        title: "The grants of every key can be read",
        why: "Who else may use the key is not known otherwise.",
        source: "KMS developer guide, \"Grants in AWS KMS\"",
        help: "let palisade's role list the key's grants in the key policy",
    },
    LiveRule {
        id: EXPIRES,
        severity: Severity::Medium,
        title: "Imported key material does not expire unnoticed",
        why: "KMS deletes the material at that time, and what is encrypted under the key cannot be \
              read until the same material is imported again.",
        source: "KMS developer guide, \"Importing key material\"",
        help: "import the material again before that, with a later time or none",
    },
    LiveRule {
        id: GONE,
        severity: Severity::Critical,
        title: "Every key has its key material",
        why: "Whatever is encrypted under the key cannot be read.",
        source: "KMS developer guide, \"Key states of AWS KMS keys\"",
        help: "import the key's own material again, or connect its key store",
    },
];

/// Whether a manifest compares by itself what a rule found on its key.
pub(crate) fn compares(spec: &Value, rule: &str) -> bool {
    rule == FOREIGN && spec.get(FOREIGN_GRANTS).is_some()
}

fn look<'a>(look: &'a Look<'a>) -> Erased<'a, Result<Looked, CloudError>> {
    async move {
        let access = look.access;
        let keys = Keys::connect(access);
        let all = keys.customers().await?;
        let mut found = Vec::new();
        for some in all.chunks(AT_ONCE) {
            let judged = join_all(some.iter().map(|id| keys.judge(id, &access.owner))).await;
            found.extend(judged.into_iter().collect::<Result<Vec<_>, _>>()?.into_iter().flatten());
        }
        Ok(Looked { breaches: found, ..Looked::default() })
    }
    .boxed()
}

impl Keys {
    /// The ids of all keys that are not known to be AWS's own.
    async fn customers(&self) -> Result<Vec<String>, CloudError> {
        let (mut of_aws, mut all) = (BTreeSet::new(), BTreeSet::new());
        for (list, name) in Self::LISTS.iter().enumerate() {
            let (mut pages, mut token) = (Pages::of(name), None);
            loop {
                let page = self.page(list, token).await?;
                of_aws.extend(page.others);
                all.extend(page.found.into_iter().map(|found| found.id));
                token = pages.next(page.next)?;
                if token.is_none() {
                    break;
                }
            }
        }
        let ids = all.difference(&of_aws).map(|id| id.as_str().to_owned());
        Ok(ids.collect())
    }

    /// What is wrong with a key. One that cannot be read is a finding itself, and the others are
    /// judged.
    async fn judge(&self, id: &str, owner: &str) -> Result<Vec<LiveBreach>, CloudError> {
        let key = match self.describe(id).await {
            Ok(key) => key,
            Err(error) => return self.unread(id, error),
        };
        if key.key_manager == Some(KeyManagerType::Aws) {
            return Ok(Vec::new());
        }
        let mut wrong = of_material(&key);
        match self.grants(id).await {
            Ok(grants) => {
                wrong.extend(grants.iter().filter_map(|grant| {
                    let rule = match self.holder(grant) {
                        Holder::Usual => return None,
                        Holder::ServiceElsewhere => SERVICE,
                        Holder::Foreign => FOREIGN,
                    };
                    let to = grant.grantee_principal().unwrap_or("somebody");
                    let operations: Vec<_> = grant
                        .operations()
                        .iter()
                        .map(aws_sdk_kms::types::GrantOperation::as_str)
                        .collect();
                    let grant_id = grant.grant_id().unwrap_or_default();
                    let may = operations.join(", ");
                    Some((rule, format!("{to} may {may} under grant {grant_id}")))
                }));
            }
            Err(error) if error.class == Class::Denied => {
                wrong.push((UNREAD, "its grants cannot be read".to_owned()));
            }
            Err(error) => return self.unread(id, error),
        }
        if wrong.is_empty() {
            return Ok(Vec::new());
        }
        let subject = self.subject(id, owner).await;
        let breach =
            |(rule, message)| LiveBreach { rule, subject: subject.clone(), message, by: None };
        Ok(wrong.into_iter().map(breach).collect())
    }

    /// A failure that another key has too, such as throttling, leaves the whole audit unknown.
    fn unread(&self, id: &str, error: CloudError) -> Result<Vec<LiveBreach>, CloudError> {
        match error.class {
            Class::Denied => Ok(vec![LiveBreach {
                rule: UNREAD,
                subject: self.named(id),
                message: "its grants cannot be read".to_owned(),
                by: None,
            }]),
            Class::Missing => Ok(Vec::new()),
            _ => Err(error),
        }
    }

    /// The manifest that has the key, as far as its claim says; otherwise its ARN.
    async fn subject(&self, id: &str, owner: &str) -> String {
        let found = Found::of(PhysicalId(id.to_owned()));
        let tags = self.tags(&found).await.ok().flatten().unwrap_or_default();
        match Ownership::read(&tags, owner) {
            Ownership::Ours { address, .. }
                if address.kind == NAME && address.scope == self.facts.name =>
            {
                address.to_string()
            }
            _ => self.named(id),
        }
    }

    fn named(&self, id: &str) -> String {
        self.arn(&PhysicalId(id.to_owned())).unwrap_or_else(|| id.to_owned())
    }
}

fn of_material(key: &KeyMetadata) -> Vec<(&'static str, String)> {
    let state = match &key.key_state {
        Some(state @ (KeyState::PendingImport | KeyState::Unavailable)) => {
            Some((GONE, format!("it has no key material that can be used: {state}")))
        }
        _ => None,
    };
    let expires = key.expiration_model == Some(ExpirationModelType::KeyMaterialExpires);
    let at = key.valid_to.as_ref().and_then(|at| at.fmt(Format::DateTime).ok());
    let at = at.unwrap_or_else(|| "a time that KMS does not say".to_owned());
    let expires =
        expires.then(|| (EXPIRES, format!("its imported key material is deleted at {at}")));
    state.into_iter().chain(expires).collect()
}
