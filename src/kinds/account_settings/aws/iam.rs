//! The passwords of an account's IAM users.

use aws_sdk_iam::operation::get_account_password_policy::GetAccountPasswordPolicyError;
use serde_json::{Value, json};

use super::{flag, number, required};
use crate::{
    aws::{Access, classify},
    kind::{CloudError, table::Tree},
    kinds::account_settings::leaves::wide::PUT_PASSWORDS,
};

/// The shortest password in an account without a policy (IAM user guide, "Default password
/// policy").
const DEFAULT_LENGTH: i32 = 8;

/// The password policy.
#[derive(Debug, Clone)]
pub(super) struct Iam {
    client: aws_sdk_iam::Client,
}

impl Iam {
    pub(super) fn connect(access: &Access) -> Self {
        Self { client: access.iam.clone() }
    }

    /// An account without a policy (`NoSuchEntity`) has the default one.
    pub(super) async fn read(&self) -> Result<Value, CloudError> {
        const OPERATION: &str = "iam:GetAccountPasswordPolicy";
        let policy = match self.client.get_account_password_policy().send().await {
            Ok(answer) => required(OPERATION, answer.password_policy)?,
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(GetAccountPasswordPolicyError::is_no_such_entity_exception) =>
            {
                aws_sdk_iam::types::PasswordPolicy::builder()
                    .minimum_password_length(DEFAULT_LENGTH)
                    .build()
            }
            Err(error) => return Err(classify(OPERATION, &error)),
        };
        Ok(json!({
            "minimumLength": policy.minimum_password_length(),
            "requireSymbols": policy.require_symbols(),
            "requireNumbers": policy.require_numbers(),
            "requireUppercase": policy.require_uppercase_characters(),
            "requireLowercase": policy.require_lowercase_characters(),
            "usersCanChange": policy.allow_users_to_change_password(),
            "maxAgeDays": policy.max_password_age().filter(|days| *days > 0),
            "reusePrevention": policy.password_reuse_prevention().filter(|count| *count > 0),
            "hardExpiry": policy.hard_expiry().unwrap_or_default(),
        }))
    }

    pub(super) async fn put(&self, all: &Tree) -> Result<(), CloudError> {
        let answer = self
            .client
            .update_account_password_policy()
            .set_minimum_password_length(number(all, "minimumLength"))
            .set_require_symbols(flag(all, "requireSymbols"))
            .set_require_numbers(flag(all, "requireNumbers"))
            .set_require_uppercase_characters(flag(all, "requireUppercase"))
            .set_require_lowercase_characters(flag(all, "requireLowercase"))
            .set_allow_users_to_change_password(flag(all, "usersCanChange"))
            .set_max_password_age(number(all, "maxAgeDays"))
            .set_password_reuse_prevention(number(all, "reusePrevention"))
            .set_hard_expiry(flag(all, "hardExpiry"))
            .send()
            .await;
        answer.map(drop).map_err(|error| classify(PUT_PASSWORDS, &error))
    }
}
