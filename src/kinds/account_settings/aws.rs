//! The settings of an account over the AWS SDK.

use aws_sdk_ec2::types::SnapshotBlockPublicAccessState;
use futures::future::try_join;
use serde_json::{Value, json};

use super::ID;
use crate::{
    aws::{Access, classify},
    kind::{
        Class, CloudError, ScopeFacts,
        table::{ACCOUNT, Found, LeafEdit, PARTITION, Page, Service, Tree},
    },
    model::{Observed, Phase, PhysicalId, Tags},
};

/// The settings of one scope's account in its Region.
#[derive(Debug, Clone)]
pub struct Settings {
    ec2: aws_sdk_ec2::Client,
    facts: ScopeFacts,
}

/// One call with its name.
macro_rules! call {
    ($port:expr, $operation:literal, $($builder:tt)+) => {
        $port.ec2.$($builder)+.send().await.map_err(|error| classify($operation, &error))
    };
}

impl Settings {
    fn found() -> Found {
        Found {
            names: (super::table().natural_keys)(&Tree::new()).into_iter().collect(),
            tags: Some(Tags::new()),
            ..Found::of(PhysicalId(ID.to_owned()))
        }
    }

    async fn ebs_encryption(&self) -> Result<Value, CloudError> {
        const OPERATION: &str = "ec2:GetEbsEncryptionByDefault";
        let answer = call!(self, "ec2:GetEbsEncryptionByDefault", get_ebs_encryption_by_default())?;
        let unsaid =
            || CloudError::new(OPERATION, Class::Unknown, "the answer says neither yes nor no");
        answer.ebs_encryption_by_default.map(Value::from).ok_or_else(unsaid)
    }

    async fn snapshots(&self) -> Result<Value, CloudError> {
        const OPERATION: &str = "ec2:GetSnapshotBlockPublicAccessState";
        let answer = call!(
            self,
            "ec2:GetSnapshotBlockPublicAccessState",
            get_snapshot_block_public_access_state()
        )?;
        let unsaid = || CloudError::new(OPERATION, Class::Unknown, "the answer names no state");
        answer.state.map(|state| Value::from(state.as_str())).ok_or_else(unsaid)
    }

    async fn send_one(&self, edit: &LeafEdit) -> Result<(), CloudError> {
        match edit.operation.as_deref().unwrap_or_default() {
            "ec2:EnableEbsEncryptionByDefault" => {
                call!(self, "ec2:EnableEbsEncryptionByDefault", enable_ebs_encryption_by_default())
                    .map(drop)
            }
            "ec2:DisableEbsEncryptionByDefault" => call!(
                self,
                "ec2:DisableEbsEncryptionByDefault",
                disable_ebs_encryption_by_default()
            )
            .map(drop),
            "ec2:EnableSnapshotBlockPublicAccess" => call!(
                self,
                "ec2:EnableSnapshotBlockPublicAccess",
                enable_snapshot_block_public_access()
                    .state(SnapshotBlockPublicAccessState::from(edit.text()))
            )
            .map(drop),
            "ec2:DisableSnapshotBlockPublicAccess" => call!(
                self,
                "ec2:DisableSnapshotBlockPublicAccess",
                disable_snapshot_block_public_access()
            )
            .map(drop),
            other => Err(never(&format!("{other} is not a call of an account's settings"))),
        }
    }
}

impl Service for Settings {
    const LISTS: &'static [&'static str] = &["ec2:GetEbsEncryptionByDefault"];

    fn connect(access: &Access) -> Self {
        Self { ec2: access.ec2.clone(), facts: access.facts.clone() }
    }

    /// Every account has them: nothing needs to be asked.
    async fn page(&self, _list: usize, _token: Option<String>) -> Result<Page, CloudError> {
        Ok(Page { found: vec![Self::found()], ..Page::default() })
    }

    async fn tags(&self, _found: &Found) -> Result<Option<Tags>, CloudError> {
        Ok(Some(Tags::new()))
    }

    async fn find(&self, id: &PhysicalId) -> Result<Option<Found>, CloudError> {
        Ok((id.as_str() == ID).then(Self::found))
    }

    async fn read(
        &self,
        found: &Found,
        tags: &Tags,
    ) -> Result<Option<Observed<Value>>, CloudError> {
        let (ebs, snapshots) = try_join(self.ebs_encryption(), self.snapshots()).await?;
        let ScopeFacts { partition, account, .. } = &self.facts;
        Ok(Some(Observed {
            id: found.id.clone(),
            arn: String::new(),
            tags: tags.clone(),
            phase: Phase::Ready,
            state: json!({
                "ebsEncryptionByDefault": ebs,
                "snapshotPublicAccess": snapshots,
                PARTITION: partition,
                ACCOUNT: account,
            }),
        }))
    }

    fn arn(&self, _id: &PhysicalId) -> Option<String> {
        None
    }

    async fn create(
        &self,
        _want: &Tree,
        _tags: &Tags,
        _token: &str,
    ) -> Result<PhysicalId, CloudError> {
        Err(never("the settings of an account are never created"))
    }

    async fn send(&self, _have: &Observed<Value>, edits: &[LeafEdit]) -> Result<(), CloudError> {
        for edit in edits {
            self.send_one(edit).await?;
        }
        Ok(())
    }

    async fn tag(&self, _have: &Observed<Value>, _set: &Tags) -> Result<(), CloudError> {
        Err(never("the settings of an account have no tags"))
    }

    async fn untag(&self, _have: &Observed<Value>, _keys: &[String]) -> Result<(), CloudError> {
        Err(never("the settings of an account have no tags"))
    }

    async fn delete(
        &self,
        _have: &Observed<Value>,
        _want: Option<&Tree>,
    ) -> Result<(), CloudError> {
        Err(never("the settings of an account are never deleted"))
    }
}

/// A defect in palisade: nothing was sent.
fn never(why: &str) -> CloudError {
    CloudError::new("palisade:Change", Class::Rejected, why)
}
