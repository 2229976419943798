//! Notices for topics of SNS and buses of EventBridge.

use aws_config::Region;
use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use aws_sdk_sns::types::MessageAttributeValue;

use super::classify;
use crate::kind::{Class, CloudError};

/// The most entries of one call of PutEvents (API reference).
pub const MAX_ENTRIES: usize = 10;
/// The largest message of SNS, and all entries of one call of EventBridge together: 256 KB (API
/// references, Publish and PutEvents). This leaves room for what else counts.
pub const MAX_BYTES: usize = 250 * 1024;

/// Sends with the ambient credentials.
#[derive(Debug, Clone)]
pub struct Publisher {
    pub(super) sns: aws_sdk_sns::Client,
    pub(super) events: aws_sdk_eventbridge::Client,
}

/// An event for a bus.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BusEvent {
    /// What happened, for the rules of the bus.
    pub detail_type: String,
    /// The event, an object in JSON.
    pub detail: String,
    /// What it is about.
    pub resources: Vec<String>,
}

impl Publisher {
    /// Publishes one text to a standard topic.
    ///
    /// # Errors
    /// No permission, no such topic, or no answer.
    pub async fn publish(
        &self,
        topic_arn: &str,
        subject: &str,
        text: &str,
        attributes: &[(&str, &str)],
    ) -> Result<(), CloudError> {
        const OPERATION: &str = "sns:Publish";
        let mut call = self.sns.publish().topic_arn(topic_arn).subject(subject).message(text);
        for (name, value) in attributes {
            let value = MessageAttributeValue::builder().data_type("String").string_value(*value);
            let value = value.build().map_err(|error| rejected(OPERATION, &error))?;
            call = call.message_attributes(*name, value);
        }
        let there = aws_sdk_sns::config::Builder::new().region(region_of(topic_arn));
        let answer = call.customize().config_override(there).send().await;
        answer.map(|_| ()).map_err(|error| classify(OPERATION, &error))
    }

    /// Puts up to ten events on a bus; how many of them it did not take.
    ///
    /// # Errors
    /// None was taken: no permission, no such bus, or no answer.
    pub async fn put(&self, bus_arn: &str, events: &[BusEvent]) -> Result<usize, CloudError> {
        let entries = events.iter().map(|event| {
            PutEventsRequestEntry::builder()
                .event_bus_name(bus_arn)
                .source("palisade")
                .detail_type(&event.detail_type)
                .detail(&event.detail)
                .set_resources(Some(event.resources.clone()))
                .build()
        });
        let call = self.events.put_events().set_entries(Some(entries.collect()));
        let there = aws_sdk_eventbridge::config::Builder::new().region(region_of(bus_arn));
        let answer = call.customize().config_override(there).send().await;
        let answer = answer.map_err(|error| classify("events:PutEvents", &error))?;
        Ok(usize::try_from(answer.failed_entry_count).unwrap_or_default())
    }
}

fn rejected(operation: &'static str, error: &dyn std::error::Error) -> CloudError {
    CloudError::new(operation, Class::Rejected, error.to_string())
}

/// The Region in an ARN.
fn region_of(arn: &str) -> Region {
    Region::new(arn.split(':').nth(3).unwrap_or_default().to_owned())
}
