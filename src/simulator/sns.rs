//! Topics (API version 2010-03-31), as far as something is published to them.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{
    api::{Api, Pages, Protocol, Refusal, Service},
    iam::{Call, Need},
    json::unknown_operation,
    service::{Answer, ApiError, Caller, Context, Options},
};

/// The properties of SNS for the rest of the simulator.
pub(super) static API: Api = Api {
    name: "sns",
    protocol: Protocol::Query {
        version: "2010-03-31",
        namespace: "http://sns.amazonaws.com/doc/2010-03-31/",
    },
    throttled: Refusal::new("Throttled", "Rate exceeded"),
    pages: Pages::NEXT_TOKEN,
    tags: "Tags",
    replicated: false,
    extra_bucket: None,
    kinds: &[],
    taken: None,
};

/// The largest message with its attributes (API reference, Publish).
const MAX_MESSAGE_BYTES: usize = 256 * 1024;

/// All topics, by ARN, with what was published to them.
#[derive(Debug, Clone, Default)]
pub struct Topics(BTreeMap<String, Vec<Value>>);

impl Topics {
    /// Creates a topic that things can be published to.
    pub fn create(&mut self, arn: &str) {
        self.0.entry(arn.to_owned()).or_default();
    }

    /// What was published to a topic: the members of each request.
    pub fn published(&self, arn: &str) -> Vec<Value> {
        self.0.get(arn).cloned().unwrap_or_default()
    }
}

impl Service for Topics {
    fn begin(_options: &Options) -> Self {
        Self::default()
    }

    fn call(
        &mut self,
        _caller: &Caller,
        operation: &str,
        input: &Value,
        context: &mut Context<'_>,
    ) -> Answer {
        if operation != "Publish" {
            return Err(unknown_operation("sns", operation));
        }
        let text = |member: &str| input[member].as_str().unwrap_or_default();
        let topic = self.0.get_mut(text("TopicArn"));
        let topic =
            topic.ok_or_else(|| ApiError::new("NotFound", "Topic does not exist").status(404))?;
        let subject = text("Subject");
        let plain = subject.bytes().all(|b| (b' '..=b'~').contains(&b));
        if subject.len() > 100 || !plain {
            return Err(ApiError::new("InvalidParameter", "Invalid parameter: Subject"));
        }
        if text("Message").is_empty() || text("Message").len() > MAX_MESSAGE_BYTES {
            return Err(ApiError::new("InvalidParameter", "Invalid parameter: Message"));
        }
        topic.push(input.clone());
        Ok(json!({"MessageId": context.ids.uuid()}))
    }

    fn needs(&self, call: &Call<'_>) -> Vec<Need> {
        vec![call.need(call.text("TopicArn"))]
    }
}
