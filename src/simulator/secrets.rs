//! Secrets Manager (API version 2017-10-17), as far as secrets are read.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{
    api::{Api, Pages, Protocol, Refusal, Service},
    iam::{Call, Need},
    json::unknown_operation,
    service::{Answer, ApiError, Caller, Context, Options, partition},
};

/// The properties of Secrets Manager for the rest of the simulator.
pub(super) static API: Api = Api {
    name: "secretsmanager",
    protocol: Protocol::Json { target: "secretsmanager" },
    throttled: Refusal::new("ThrottlingException", "Rate exceeded"),
    pages: Pages::NEXT_TOKEN,
    tags: "Tags",
    replicated: false,
    extra_bucket: None,
    kinds: &[],
    taken: None,
};

/// All secrets, by ARN.
#[derive(Debug, Clone, Default)]
pub struct Secrets(BTreeMap<String, String>);

impl Secrets {
    /// Creates a secret, or gives it another value.
    pub fn put(&mut self, arn: &str, text: &str) {
        self.0.insert(arn.to_owned(), text.to_owned());
    }

    fn create(&mut self, caller: &Caller, input: &Value, context: &mut Context<'_>) -> Answer {
        let text = |member: &str| input[member].as_str().unwrap_or_default();
        let Caller { account, region, .. } = caller;
        let (name, random) = (text("Name"), context.ids.alphanumeric(6));
        let partition = partition(region);
        let arn =
            format!("arn:{partition}:secretsmanager:{region}:{account}:secret:{name}-{random}");
        self.put(&arn, text("SecretString"));
        Ok(json!({"ARN": arn, "Name": name, "VersionId": context.ids.uuid()}))
    }
}

impl Service for Secrets {
    fn begin(_options: &Options) -> Self {
        Self::default()
    }

    fn call(
        &mut self,
        caller: &Caller,
        operation: &str,
        input: &Value,
        context: &mut Context<'_>,
    ) -> Answer {
        match operation {
            "CreateSecret" => return self.create(caller, input, context),
            "GetSecretValue" => {}
            _ => return Err(unknown_operation("secretsmanager", operation)),
        }
        let arn = input["SecretId"].as_str().unwrap_or_default();
        // Each Region has secrets of its own.
        let here = arn.split(':').nth(3) == Some(caller.region.as_str());
        let found = self.0.get(arn).filter(|_| here);
        let text = found.ok_or_else(|| {
            let message = "Secrets Manager can't find the specified secret.";
            ApiError::new("ResourceNotFoundException", message)
        })?;
        Ok(json!({
            "ARN": arn,
            "Name": arn.rsplit(':').next(),
            "VersionId": context.ids.uuid(),
            "SecretString": text,
        }))
    }

    fn needs(&self, call: &Call<'_>) -> Vec<Need> {
        vec![call.need(call.text("SecretId"))]
    }
}
