//! Attaches and detaches policies.

use std::collections::BTreeSet;

use aws_sdk_organizations::types::PolicyTypeStatus;

use super::{Live, api_type, error::explain, read::Pages};
use crate::{
    kind::{Class, CloudError},
    kinds::organizations_policy::{DefaultPolicy, Sister},
};

/// The largest page size of Organizations (API reference).
const PAGE_SIZE: i32 = 20;

impl<S: Sister> Live<S> {
    /// Attaches a policy. One that is already attached is a success. If the organization does not
    /// use policies of the type yet, they are enabled, and the next pass attaches the policy.
    pub(super) async fn attach(&self, id: &str, target: &str) -> Result<(), CloudError> {
        const OPERATION: &str = "organizations:AttachPolicy";
        let sent = self.client.attach_policy().policy_id(id).target_id(target).send().await;
        let Err(error) = sent else { return Ok(()) };
        let error = explain(OPERATION, &error);
        if error.is_code("DuplicatePolicyAttachmentException") {
            return Ok(());
        }
        if error.is_code("PolicyTypeNotEnabledException") {
            return Err(self.enable_policy_type().await?);
        }
        Err(error)
    }

    /// Fails unless the policy is attached to all of these. AWS has said so for each, but a policy
    /// that moves must never be missing from both its old place and its new one.
    async fn is_at(&self, id: &str, targets: &BTreeSet<String>) -> Result<(), CloudError> {
        if targets.is_empty() {
            return Ok(());
        }
        let live = self.targets_of(id).await?;
        let missing: Vec<_> = targets.difference(&live).map(String::as_str).collect();
        if missing.is_empty() {
            return Ok(());
        }
        let why = format!("it stays until AWS shows it attached to {}", missing.join(", "));
        Err(CloudError::new("organizations:DetachPolicy", Class::Busy, why))
    }

    /// Detaches a policy from a target, but never the last one of the target, and not before it is
    /// attached to all the targets that it moves to: that is checked last, because others may make
    /// changes meanwhile. If it is not attached, or the target is gone, that is a success.
    pub(super) async fn detach(
        &self,
        id: &str,
        target: &str,
        after: &BTreeSet<String>,
    ) -> Result<(), CloudError> {
        const OPERATION: &str = "organizations:DetachPolicy";
        let target_id = target.to_owned();
        let blocked = self.last_at(id, std::slice::from_ref(&target_id)).await?;
        if !blocked.is_empty() {
            return Err(CloudError::blocked(OPERATION, &blocked));
        }
        self.is_at(id, after).await?;
        match self.client.detach_policy().policy_id(id).target_id(target).send().await {
            Ok(_) => Ok(()),
            Err(error) => match explain(OPERATION, &error) {
                done if is_off(&done) => Ok(()),
                other => Err(other),
            },
        }
    }

    /// Descriptions of those of `targets` that would be left without any policy of the type
    /// although they need one. A target without any service control policy allows nothing at all,
    /// and AWS refuses to create one. Targets do not need one of a type whose AWS policy always
    /// stays, or that has no AWS policy.
    pub(super) async fn last_at(
        &self,
        id: &str,
        targets: &[String],
    ) -> Result<Vec<String>, CloudError> {
        let DefaultPolicy::Replaceable(own) = S::TYPE.default else { return Ok(Vec::new()) };
        let mut last = Vec::new();
        for target in targets {
            let attached = self.policies_at(target).await?;
            let ours = attached.iter().any(|(policy, _)| policy == id);
            if ours && attached.len() == 1 {
                last.push(format!(
                    "it is the last {} of {target}: attach another one ({own}) there first",
                    S::TYPE.one
                ));
            }
        }
        Ok(last)
    }

    /// A description of what is attached to a target that has no room for another policy.
    pub(super) async fn full(&self, id: &str, target: &str) -> Result<Vec<String>, CloudError> {
        let attached = self.policies_at(target).await?;
        let most = S::TYPE.max_per_target;
        if attached.len() < most || attached.iter().any(|(policy, _)| policy == id) {
            return Ok(Vec::new());
        }
        let names: Vec<_> = attached.into_iter().map(|(_, name)| name).collect();
        Ok(vec![format!(
            "{target} has {} {}, and AWS attaches {most}: {}",
            names.len(),
            S::TYPE.many,
            names.join(", ")
        )])
    }

    /// Ids and names of the policies attached directly to a target; none if the target is gone.
    async fn policies_at(&self, target: &str) -> Result<Vec<(String, String)>, CloudError> {
        const OPERATION: &str = "organizations:ListPoliciesForTarget";
        let mut pages = Pages::new(OPERATION);
        let mut attached = Vec::new();
        let mut token = None;
        loop {
            let page = self
                .client
                .list_policies_for_target()
                .target_id(target)
                .filter(api_type::<S>())
                .max_results(PAGE_SIZE)
                .set_next_token(token)
                .send()
                .await;
            let page = match page {
                Ok(page) => page,
                Err(error) => match explain(OPERATION, &error) {
                    gone if gone.is_code("TargetNotFoundException") => return Ok(Vec::new()),
                    other => return Err(other),
                },
            };
            attached.extend(page.policies().iter().map(|policy| {
                let text = |field: Option<&str>| field.unwrap_or_default().to_owned();
                (text(policy.id()), text(policy.name()))
            }));
            token = pages.after(page.next_token())?;
            if token.is_none() {
                return Ok(attached);
            }
        }
    }

    /// Enables policies of the type in the organization's root unless they are enabled or being
    /// enabled. Returns the error to report for the call that found them disabled, which can soon
    /// be repeated.
    async fn enable_policy_type(&self) -> Result<CloudError, CloudError> {
        const OPERATION: &str = "organizations:EnablePolicyType";
        let soon = |what: &str| {
            CloudError::new(OPERATION, Class::Busy, format!("{} {what}", S::TYPE.many))
        };
        let (root, status) = self.root().await?;
        match status {
            Some(PolicyTypeStatus::Enabled) => return Ok(soon("were just enabled")),
            Some(PolicyTypeStatus::PendingEnable) => return Ok(soon("are being enabled")),
            _ => {}
        }
        let sent = self
            .client
            .enable_policy_type()
            .root_id(root)
            .policy_type(api_type::<S>())
            .send()
            .await;
        match sent {
            Ok(_) => Ok(soon("were off and are being enabled")),
            Err(error) => match explain(OPERATION, &error) {
                done if done.is_code("PolicyTypeAlreadyEnabledException") => {
                    Ok(soon("were just enabled"))
                }
                other => Err(other),
            },
        }
    }

    /// The organization's one root, and the status of policies of the type in it.
    async fn root(&self) -> Result<(String, Option<PolicyTypeStatus>), CloudError> {
        const OPERATION: &str = "organizations:ListRoots";
        let mut pages = Pages::new(OPERATION);
        let mut token = None;
        loop {
            let page = self
                .client
                .list_roots()
                .max_results(PAGE_SIZE)
                .set_next_token(token)
                .send()
                .await
                .map_err(|error| explain(OPERATION, &error))?;
            let found = page.roots().iter().find_map(|root| {
                let status = root
                    .policy_types()
                    .iter()
                    .find(|kind| kind.r#type() == Some(&api_type::<S>()))
                    .and_then(|kind| kind.status().cloned());
                Some((root.id()?.to_owned(), status))
            });
            if let Some(found) = found {
                return Ok(found);
            }
            token = pages.after(page.next_token())?;
            if token.is_none() {
                return Err(CloudError::new(
                    OPERATION,
                    Class::Unknown,
                    "the organization has no root",
                ));
            }
        }
    }
}

/// Whether an answer to a detachment says that there is nothing to detach.
fn is_off(error: &CloudError) -> bool {
    ["PolicyNotAttachedException", "PolicyNotFoundException", "TargetNotFoundException"]
        .iter()
        .any(|code| error.is_code(code))
}
