//! The settings of EC2 in one Region.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use aws_sdk_ec2::types::{
    DefaultInstanceMetadataEndpointState, DefaultInstanceMetadataTagsState, HttpTokensState,
    ImageBlockPublicAccessEnabledState, InstanceMetadataDefaultsResponse as Defaults,
    InstanceMetadataEndpointState, InstanceMetadataTagsState, MetadataDefaultHttpTokensState,
    SnapshotBlockPublicAccessState,
};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::{defect, required};
use crate::{
    aws::{Access, classify},
    kind::{CloudError, table::LeafEdit},
    kinds::account_settings::leaves::{NO_PREFERENCE, UNBLOCKED},
};

/// How long EC2 may show the old setting of images after a change (EC2 API reference,
/// `EnableImageBlockPublicAccess` and `DisableImageBlockPublicAccess`).
const CHANGING: Duration = Duration::from_mins(10);

/// The settings of EC2.
#[derive(Debug, Clone)]
pub(super) struct Ec2 {
    ec2: aws_sdk_ec2::Client,
    /// What EC2 last accepted for images, and when.
    images: Arc<Mutex<Option<(Instant, String)>>>,
}

/// One call with its name.
macro_rules! call {
    ($port:expr, $operation:literal, $($builder:tt)+) => {
        $port.ec2.$($builder)+.send().await.map_err(|error| classify($operation, &error))
    };
}

impl Ec2 {
    pub(super) fn connect(access: &Access) -> Self {
        Self { ec2: access.ec2.clone(), images: Arc::default() }
    }

    pub(super) async fn ebs_encryption(&self) -> Result<Value, CloudError> {
        let operation = "ec2:GetEbsEncryptionByDefault";
        let answer = call!(self, "ec2:GetEbsEncryptionByDefault", get_ebs_encryption_by_default())?;
        required(operation, answer.ebs_encryption_by_default).map(Value::from)
    }

    pub(super) async fn ebs_key(&self) -> Result<Value, CloudError> {
        let operation = "ec2:GetEbsDefaultKmsKeyId";
        let answer = call!(self, "ec2:GetEbsDefaultKmsKeyId", get_ebs_default_kms_key_id())?;
        required(operation, answer.kms_key_id).map(Value::from)
    }

    pub(super) async fn snapshots(&self) -> Result<Value, CloudError> {
        let operation = "ec2:GetSnapshotBlockPublicAccessState";
        let answer = call!(
            self,
            "ec2:GetSnapshotBlockPublicAccessState",
            get_snapshot_block_public_access_state()
        )?;
        required(operation, answer.state).map(|state| Value::from(state.as_str()))
    }

    pub(super) async fn images(&self) -> Result<Value, CloudError> {
        let operation = "ec2:GetImageBlockPublicAccessState";
        let answer = call!(
            self,
            "ec2:GetImageBlockPublicAccessState",
            get_image_block_public_access_state()
        )?;
        let state = required(operation, answer.image_block_public_access_state)?;
        let accepted = self.images.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let under_way = accepted.filter(|(at, _)| at.elapsed() < CHANGING);
        Ok(json!(under_way.map_or(state, |(_, accepted)| accepted)))
    }

    pub(super) async fn serial_console(&self) -> Result<Value, CloudError> {
        let operation = "ec2:GetSerialConsoleAccessStatus";
        let answer =
            call!(self, "ec2:GetSerialConsoleAccessStatus", get_serial_console_access_status())?;
        required(operation, answer.serial_console_access_enabled).map(Value::from)
    }

    /// Tokens, hop limit, endpoint and tags. A member that the answer lacks is not set.
    pub(super) async fn metadata(&self) -> Result<[Value; 4], CloudError> {
        let answer =
            call!(self, "ec2:GetInstanceMetadataDefaults", get_instance_metadata_defaults())?;
        let all = answer.account_level;
        let all = all.as_ref();
        let tokens = all.and_then(Defaults::http_tokens).map(HttpTokensState::as_str);
        let endpoint = all.and_then(Defaults::http_endpoint);
        let endpoint = endpoint.map(InstanceMetadataEndpointState::as_str);
        let tags = all.and_then(Defaults::instance_metadata_tags);
        let tags = tags.map(InstanceMetadataTagsState::as_str);
        let hops = all.and_then(Defaults::http_put_response_hop_limit);
        Ok([
            json!(tokens.unwrap_or(NO_PREFERENCE)),
            json!(hops),
            json!(endpoint.unwrap_or(NO_PREFERENCE)),
            json!(tags.unwrap_or(NO_PREFERENCE)),
        ])
    }

    pub(super) async fn send(&self, edits: &[&LeafEdit]) -> Result<(), CloudError> {
        for edit in edits {
            self.send_one(edit).await?;
        }
        Ok(())
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
            "ec2:ModifyEbsDefaultKmsKeyId" => call!(
                self,
                "ec2:ModifyEbsDefaultKmsKeyId",
                modify_ebs_default_kms_key_id().kms_key_id(edit.text())
            )
            .map(drop),
            "ec2:ResetEbsDefaultKmsKeyId" => {
                call!(self, "ec2:ResetEbsDefaultKmsKeyId", reset_ebs_default_kms_key_id()).map(drop)
            }
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
            "ec2:EnableImageBlockPublicAccess" => self.block_images(edit.text()).await,
            "ec2:DisableImageBlockPublicAccess" => {
                call!(
                    self,
                    "ec2:DisableImageBlockPublicAccess",
                    disable_image_block_public_access()
                )?;
                self.accepted(UNBLOCKED);
                Ok(())
            }
            "ec2:EnableSerialConsoleAccess" => {
                call!(self, "ec2:EnableSerialConsoleAccess", enable_serial_console_access())
                    .map(drop)
            }
            "ec2:DisableSerialConsoleAccess" => {
                call!(self, "ec2:DisableSerialConsoleAccess", disable_serial_console_access())
                    .map(drop)
            }
            other => Err(defect(&format!("{other} is not a call of an account's settings"))),
        }
    }

    async fn block_images(&self, state: &str) -> Result<(), CloudError> {
        call!(
            self,
            "ec2:EnableImageBlockPublicAccess",
            enable_image_block_public_access()
                .image_block_public_access_state(ImageBlockPublicAccessEnabledState::from(state))
        )?;
        self.accepted(state);
        Ok(())
    }

    fn accepted(&self, state: &str) {
        let mut images = self.images.lock().unwrap_or_else(PoisonError::into_inner);
        *images = Some((Instant::now(), state.to_owned()));
    }

    /// One call for all defaults that change; it does not touch the others.
    pub(super) async fn set_metadata(&self, edits: &[&LeafEdit]) -> Result<(), CloudError> {
        let mut request = self.ec2.modify_instance_metadata_defaults();
        for edit in edits {
            let text = edit.text();
            request = match edit.path.as_str() {
                "instanceMetadataTokens" => {
                    request.http_tokens(MetadataDefaultHttpTokensState::from(text))
                }
                // -1: no preference (EC2 API reference, `ModifyInstanceMetadataDefaults`).
                "instanceMetadataHopLimit" if edit.new.is_null() => {
                    request.http_put_response_hop_limit(-1)
                }
                "instanceMetadataHopLimit" => request.set_http_put_response_hop_limit(
                    edit.new.as_i64().and_then(|n| n.try_into().ok()),
                ),
                "instanceMetadataEndpoint" => {
                    request.http_endpoint(DefaultInstanceMetadataEndpointState::from(text))
                }
                "instanceMetadataTags" => {
                    request.instance_metadata_tags(DefaultInstanceMetadataTagsState::from(text))
                }
                other => {
                    return Err(defect(&format!(
                        "{other} is not a default of the \
                                                          metadata"
                    )));
                }
            };
        }
        let answer = request.send().await;
        answer.map(drop).map_err(|error| classify("ec2:ModifyInstanceMetadataDefaults", &error))
    }
}
