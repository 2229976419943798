//! Whether the resources of a statement have a known owner.

use super::{Condition, Key, Reading, Side, Untied, Why, keys};
use crate::model::policy_document::canonical::{Body, Selection, is_account_id};

impl Reading {
    /// Empty if all resources of a statement have a known owner; otherwise its resources, and the
    /// conditions that do not change that.
    pub(super) fn open_resources(self, body: &Body, conditions: &[Condition<'_>]) -> Vec<Untied> {
        let of_element = |value: &str| Untied {
            operator: "Resource".to_owned(),
            key: "Resource".to_owned(),
            why: Why::Unowned(value.to_owned()),
        };
        let mut open: Vec<Untied> = match &body.resource {
            Some(Selection::Only(resources)) => resources
                .iter()
                .filter(|arn| !is_known(arn.shown()))
                .map(|arn| of_element(arn.shown()))
                .collect(),
            Some(Selection::AllBut(_)) | None => vec![of_element("*")],
        };
        for condition in conditions {
            match self.ties_resources(condition, conditions) {
                Some(Ok(())) => return Vec::new(),
                Some(Err(why)) => open.push(condition.untied(why)),
                None => {}
            }
        }
        open
    }

    /// Whether it only holds for resources with a known owner; `None` if it does not test an owner.
    /// Accounts outside of organizations have no aws:ResourceOrgID, so a test that also holds
    /// without the key includes their resources.
    fn ties_resources(
        self,
        condition: &Condition<'_>,
        all: &[Condition<'_>],
    ) -> Option<Result<(), Why>> {
        let Some(Key::Names(Side::Resource, names)) = keys::key(condition.key.key()) else {
            return None;
        };
        let carried =
            all.iter().any(|other| other.key == condition.key && other.asks_for_its_key());
        Some(
            condition
                .is_a_tie(carried)
                .and_then(|()| self.parties(condition, Side::Resource, names).map(|_| ())),
        )
    }
}

/// Whether an ARN can only name resources of one owner.
fn is_known(resource: &str) -> bool {
    let parts: Vec<&str> = resource.splitn(6, ':').collect();
    let ["arn", partition, service, region, account, name] = parts[..] else { return false };
    let open = |text: &str| text.contains(['*', '?']) || text.contains("${");
    // A wildcard also matches colons.
    if [partition, service, account].into_iter().any(open) || region.contains("${") {
        return false;
    }
    if is_account_id(account) || account == "aws" {
        return true;
    }
    let first = name.split('/').next().unwrap_or_default();
    match service {
        // Bucket names belong to whoever creates them first, so anybody can create one that matches
        // a pattern (S3 user guide, bucket naming rules).
        "s3" => region.is_empty() && !first.is_empty() && !first.contains(['*', '?', '$']),
        // A resource without an account in its ARN belongs to AWS, such as public images and
        // foundation models.
        _ => account.is_empty() && name.chars().any(|c| !matches!(c, '*' | '?' | '/')),
    }
}
