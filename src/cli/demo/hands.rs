//! The hands of the people in the demo: those who built the accounts, and those who change things by hand.

use anyhow::{Context as _, anyhow};
use serde_json::{Value, json};

use super::world::{MANAGEMENT_ACCOUNT, ML_ACCOUNT, REGION};
use crate::simulator::Simulator;

/// An administrator of one service in one account.
pub(super) struct Hands<'a> {
    simulator: &'a Simulator,
    account: &'static str,
    region: &'static str,
    service: &'static str,
}

impl<'a> Hands<'a> {
    pub(super) fn ec2(simulator: &'a Simulator) -> Self {
        Self { simulator, account: ML_ACCOUNT, region: REGION, service: "ec2" }
    }

    pub(super) fn kms(simulator: &'a Simulator) -> Self {
        Self { simulator, account: ML_ACCOUNT, region: REGION, service: "kms" }
    }

    pub(super) fn sagemaker(simulator: &'a Simulator) -> Self {
        Self { simulator, account: ML_ACCOUNT, region: REGION, service: "sagemaker" }
    }

    pub(super) fn organizations(simulator: &'a Simulator) -> Self {
        Self {
            simulator,
            account: MANAGEMENT_ACCOUNT,
            region: "us-east-1",
            service: "organizations",
        }
    }

    /// Carries out one operation.
    pub(super) fn call(&self, operation: &str, input: &Value) -> anyhow::Result<Value> {
        self.simulator
            .act(self.account, self.region, self.service, operation, input)
            .map_err(|error| anyhow!("{}: {}", error.code, error.message))
            .with_context(|| format!("{}:{operation}", self.service))
    }
}

/// The text at a path of an answer.
pub(super) fn text<'v>(answer: &'v Value, path: &str) -> anyhow::Result<&'v str> {
    answer
        .pointer(path)
        .and_then(Value::as_str)
        .with_context(|| format!("the answer has no text at {path}"))
}

/// EC2's form of tags in a create call.
pub(super) fn tagged(resource: &str, tags: &[(&str, &str)]) -> Value {
    let tags: Vec<_> =
        tags.iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect();
    json!([{"ResourceType": resource, "Tag": tags}])
}
