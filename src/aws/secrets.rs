//! Secrets of AWS Secrets Manager, for what the process itself sends.

use aws_config::{Region, timeout::TimeoutConfig};

use super::{Connection, classify};
use crate::kind::{Class, CloudError};

const OPERATION: &str = "secretsmanager:GetSecretValue";
/// The time limit of reading one, with repetitions: whoever needs it tries again.
const TIME_LIMIT: std::time::Duration = std::time::Duration::from_secs(8);

/// Reads secrets with the ambient credentials.
#[derive(Debug, Clone)]
pub struct Vault {
    client: aws_sdk_secretsmanager::Client,
}

impl Connection {
    /// The client of Secrets Manager, with the ambient credentials.
    pub fn vault(&self) -> Vault {
        let limits = TimeoutConfig::builder().operation_timeout(TIME_LIMIT);
        // Each call names its Region.
        let config = aws_sdk_secretsmanager::config::Builder::from(&self.own_config(""))
            .timeout_config(limits.build())
            .interceptor(self.guard.clone());
        Vault { client: aws_sdk_secretsmanager::Client::from_conf(config.build()) }
    }
}

impl Vault {
    /// The current text of a secret.
    ///
    /// # Errors
    /// No permission (also for its key), no such secret, one that is not a text, or no answer.
    /// No error holds anything of the secret.
    pub async fn read(&self, arn: &str) -> Result<String, CloudError> {
        let region = arn.split(':').nth(3).unwrap_or_default().to_owned();
        let there = aws_sdk_secretsmanager::config::Builder::new().region(Region::new(region));
        let call = self.client.get_secret_value().secret_id(arn);
        let answer = call.customize().config_override(there).send().await;
        let answer = answer.map_err(|error| classify(OPERATION, &error))?;
        answer
            .secret_string
            .ok_or_else(|| CloudError::new(OPERATION, Class::Rejected, "the secret is not a text"))
    }
}
