//! Public access to S3, for the whole account.

use aws_sdk_s3control::operation::get_public_access_block::GetPublicAccessBlockError;
use serde_json::{Value, json};

use super::{flag, required};
use crate::{
    aws::{Access, classify},
    kind::{CloudError, table::Tree},
    kinds::account_settings::leaves::wide::PUT_S3,
};

/// The settings of S3.
#[derive(Debug, Clone)]
pub(super) struct S3 {
    client: aws_sdk_s3control::Client,
    account: String,
}

impl S3 {
    pub(super) fn connect(access: &Access) -> Self {
        Self { client: access.s3control.clone(), account: access.facts.account.clone() }
    }

    /// An account without a configuration blocks nothing (`NoSuchPublicAccessBlockConfiguration`).
    pub(super) async fn read(&self) -> Result<Value, CloudError> {
        const OPERATION: &str = "s3control:GetPublicAccessBlock";
        let answer = self.client.get_public_access_block().account_id(&self.account).send().await;
        let blocks = match answer {
            Ok(answer) => required(OPERATION, answer.public_access_block_configuration)?,
            Err(error)
                if error.as_service_error().is_some_and(
                    GetPublicAccessBlockError::is_no_such_public_access_block_configuration,
                ) =>
            {
                aws_sdk_s3control::types::PublicAccessBlockConfiguration::builder().build()
            }
            Err(error) => return Err(classify(OPERATION, &error)),
        };
        Ok(json!({
            "blockPublicAcls": blocks.block_public_acls().unwrap_or_default(),
            "ignorePublicAcls": blocks.ignore_public_acls().unwrap_or_default(),
            "blockPublicPolicy": blocks.block_public_policy().unwrap_or_default(),
            "restrictPublicBuckets": blocks.restrict_public_buckets().unwrap_or_default(),
        }))
    }

    pub(super) async fn put(&self, all: &Tree) -> Result<(), CloudError> {
        let blocks = aws_sdk_s3control::types::PublicAccessBlockConfiguration::builder()
            .set_block_public_acls(flag(all, "blockPublicAcls"))
            .set_ignore_public_acls(flag(all, "ignorePublicAcls"))
            .set_block_public_policy(flag(all, "blockPublicPolicy"))
            .set_restrict_public_buckets(flag(all, "restrictPublicBuckets"))
            .build();
        let call = self.client.put_public_access_block().account_id(&self.account);
        let answer = call.public_access_block_configuration(blocks).send().await;
        answer.map(drop).map_err(|error| classify(PUT_S3, &error))
    }
}
