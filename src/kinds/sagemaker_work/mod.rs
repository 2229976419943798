//! What people do with SageMaker and no manifest declares: training and processing jobs, models and
//! endpoints. Jobs never change, so that a kind for them could correct nothing; they are audited
//! wherever a manifest of SageMaker is, and what is wrong with them is a live finding. It is no
//! kind itself.

pub(super) mod aws;
mod operations;
mod rules;
#[cfg(test)]
mod tests;

use super::instance_storage::LOCAL_DISKS;
use crate::kind::{Audit, Doctor, LiveBreach};

/// The audit of all that is made with SageMaker.
pub(crate) static AUDIT: Audit = Audit {
    about: "jobs, models and endpoints of SageMaker",
    rules: rules::RULES,
    operations: operations::ROWS,
    errors: operations::ERRORS,
    account_wide: false,
    look: aws::look,
};

/// What a kind of SageMaker that `doctor` asks nothing of says: its scopes are audited.
pub(crate) const DOCTOR: Doctor = Doctor { audit: Some(&AUDIT), ..Doctor::NONE };

/// What is known of one job, model, endpoint or configuration of endpoints.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Work {
    /// Its sort and name, as people read them.
    subject: String,
    /// More about it that helps to find who made it, such as its role.
    note: Option<String>,
    /// What made it, where AWS says so.
    by: Option<String>,
    /// Whether it is in a VPC; `None` where there is no such choice.
    in_vpc: Option<bool>,
    /// Whether its containers are cut off from the network; `None` where there is no such choice.
    isolated: Option<bool>,
    /// Whether the traffic between its containers is encrypted; `None` if there is none.
    encrypts_traffic: Option<bool>,
    /// What it stores without a key of the customer.
    without_key: Vec<&'static str>,
}

impl Work {
    /// What is wrong with it.
    fn breaches(&self) -> Vec<LiveBreach> {
        let breach = |rule, message: String| LiveBreach {
            rule,
            subject: self.subject.clone(),
            message: match &self.note {
                Some(note) => format!("{message} ({note})"),
                None => message,
            },
            by: self.by.clone(),
        };
        let is_off = |choice: Option<bool>| choice == Some(false);
        let keyless = self.without_key.join(", ");
        let found = [
            is_off(self.isolated)
                .then(|| breach(rules::ISOLATION, "has no network isolation".to_owned())),
            is_off(self.encrypts_traffic).then(|| {
                let message = "does not encrypt the traffic between its containers".to_owned();
                breach(rules::TRAFFIC, message)
            }),
            is_off(self.in_vpc).then(|| breach(rules::VPC, "is not in a VPC".to_owned())),
            (!keyless.is_empty())
                .then(|| breach(rules::KEYS, format!("has no key of the customer for {keyless}"))),
        ];
        found.into_iter().flatten().collect()
    }
}

/// Whether a request names a key of the customer: neither nothing nor one of the keys that AWS
/// manages (`alias/aws/…`). What a bare key id stands for is not known, and counts as one.
fn is_customers(key: Option<&str>) -> bool {
    key.is_some_and(|key| {
        !key.is_empty() && !key.starts_with("alias/aws/") && !key.contains(":alias/aws/")
    })
}

/// Whether the volumes of these instances can have a key: SageMaker refuses one for instances with
/// local disks, also if only some are such (see [`LOCAL_DISKS`]). Without instances there are no
/// volumes.
fn takes_volume_key<'i>(instances: impl IntoIterator<Item = &'i str>) -> bool {
    let mut all = instances.into_iter().peekable();
    all.peek().is_some()
        && all.all(|instance| {
            let family = instance.strip_prefix("ml.").unwrap_or(instance).split('.').next();
            !family.is_some_and(|family| LOCAL_DISKS.contains(&family))
        })
}
