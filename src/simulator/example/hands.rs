//! The people in the example: those who created the accounts, and those who make changes by hand.

use serde_json::{Value, json};

use super::{MANAGEMENT_ACCOUNT, ML_ACCOUNT, REGION};
use crate::simulator::{Answer, ApiError, Simulator};

/// An administrator of one service in one account.
#[derive(Debug)]
pub struct Hands<'a> {
    simulator: &'a Simulator,
    account: &'static str,
    region: &'static str,
    service: &'static str,
}

impl<'a> Hands<'a> {
    /// EC2 in the platform's account and Region.
    pub fn ec2(simulator: &'a Simulator) -> Self {
        Self { simulator, account: ML_ACCOUNT, region: REGION, service: "ec2" }
    }

    /// KMS in the platform's account and Region.
    pub fn kms(simulator: &'a Simulator) -> Self {
        Self { simulator, account: ML_ACCOUNT, region: REGION, service: "kms" }
    }

    /// SageMaker in the platform's account and Region.
    pub fn sagemaker(simulator: &'a Simulator) -> Self {
        Self { simulator, account: ML_ACCOUNT, region: REGION, service: "sagemaker" }
    }

    /// Another service, by its name, in the platform's account and Region.
    pub fn of(simulator: &'a Simulator, service: &'static str) -> Self {
        Self { simulator, account: ML_ACCOUNT, region: REGION, service }
    }

    /// Organizations in the management account.
    pub fn organizations(simulator: &'a Simulator) -> Self {
        Self {
            simulator,
            account: MANAGEMENT_ACCOUNT,
            region: "us-east-1",
            service: "organizations",
        }
    }

    /// Identity Center, or its identity store, in the management account.
    pub fn identity_center(simulator: &'a Simulator, service: &'static str) -> Self {
        Self { service, ..Self::organizations(simulator) }
    }

    /// Carries out one operation; see [`Simulator::act`].
    ///
    /// # Errors
    /// The service's own, with the operation in its message.
    pub fn call(&self, operation: &str, input: &Value) -> Answer {
        let answer = self.simulator.act(self.account, self.region, self.service, operation, input);
        answer.map_err(|error| {
            let message = format!("{}:{operation}: {}", self.service, error.message);
            ApiError { message, ..error }
        })
    }
}

/// The text at a path (a JSON pointer) of an answer.
///
/// # Errors
/// `NoSuchText`: there is none.
pub fn text<'v>(answer: &'v Value, path: &str) -> Result<&'v str, ApiError> {
    answer
        .pointer(path)
        .and_then(Value::as_str)
        .ok_or_else(|| ApiError::new("NoSuchText", format!("the answer has no text at {path}")))
}

/// Tags in a create call of EC2.
pub fn tagged(resource: &str, tags: &[(&str, &str)]) -> Value {
    let tags: Vec<_> =
        tags.iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect();
    json!([{"ResourceType": resource, "Tag": tags}])
}
