//! Queues of events (SQS), and the records of CloudTrail itself.

use aws_config::{Region, retry::RetryConfig};
use aws_sdk_cloudtrail::types::{LookupAttribute, LookupAttributeKey};
use aws_sdk_sqs::types::{DeleteMessageBatchRequestEntry, MessageSystemAttributeName};

use super::{Access, classify};
use crate::kind::CloudError;

/// How long SQS waits for a message, and the most that it returns at once (API reference,
/// ReceiveMessage).
const WAIT_SECONDS: i32 = 20;
const MOST: i32 = 10;

/// A queue, as one scope reads it.
#[derive(Debug, Clone)]
pub struct Queue {
    sqs: aws_sdk_sqs::Client,
    url: String,
    region: String,
}

/// A message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Its text.
    pub body: String,
    /// What deletes it.
    pub receipt: String,
    /// How many times it has been received.
    pub times: Option<u32>,
}

impl Queue {
    /// The queue at this URL, with the credentials of a scope.
    pub fn of(access: &Access, url: &str, region: &str) -> Self {
        Self { sqs: access.sqs.clone(), url: url.to_owned(), region: region.to_owned() }
    }

    fn there(&self) -> aws_sdk_sqs::config::Builder {
        // The loop that polls repeats it.
        aws_sdk_sqs::config::Builder::new()
            .region(Region::new(self.region.clone()))
            .retry_config(RetryConfig::disabled())
    }

    /// Waits for messages; none if none comes within 20 seconds.
    ///
    /// # Errors
    /// No permission, no such queue, or no answer.
    pub async fn receive(&self) -> Result<Vec<Message>, CloudError> {
        let call = self
            .sqs
            .receive_message()
            .queue_url(&self.url)
            .max_number_of_messages(MOST)
            .wait_time_seconds(WAIT_SECONDS)
            .message_system_attribute_names(MessageSystemAttributeName::ApproximateReceiveCount)
            .customize()
            .config_override(self.there());
        let answer = call.send().await.map_err(|error| classify("sqs:ReceiveMessage", &error))?;
        let messages = answer.messages.unwrap_or_default().into_iter().filter_map(|message| {
            let times = message.attributes.as_ref().and_then(|all| {
                all.get(&MessageSystemAttributeName::ApproximateReceiveCount)?.parse().ok()
            });
            Some(Message { body: message.body?, receipt: message.receipt_handle?, times })
        });
        Ok(messages.collect())
    }

    /// Deletes up to ten messages, and returns how many of them are still there: SQS answers for
    /// each by itself. Such a message comes again.
    ///
    /// # Errors
    /// None was deleted.
    pub async fn delete(&self, receipts: &[String]) -> Result<usize, CloudError> {
        const OPERATION: &str = "sqs:DeleteMessageBatch";
        let entries = receipts.iter().enumerate().map(|(number, receipt)| {
            DeleteMessageBatchRequestEntry::builder()
                .id(number.to_string())
                .receipt_handle(receipt)
                .build()
        });
        let entries: Result<Vec<_>, _> = entries.collect();
        let entries = entries.map_err(|error| {
            CloudError::new(OPERATION, crate::kind::Class::Rejected, error.to_string())
        })?;
        let call = self
            .sqs
            .delete_message_batch()
            .queue_url(&self.url)
            .set_entries(Some(entries))
            .customize()
            .config_override(self.there());
        let answer = call.send().await.map_err(|error| classify(OPERATION, &error))?;
        Ok(answer.failed.len())
    }
}

/// Asks CloudTrail itself for the record with this id, in the Region whose events a queue carries.
/// It has records of 90 days, some minutes after the call.
///
/// # Errors
/// No permission, too many calls, or no answer.
pub async fn record(access: &Access, region: &str, id: &str) -> Result<Option<String>, CloudError> {
    const OPERATION: &str = "cloudtrail:LookupEvents";
    let wanted = LookupAttribute::builder()
        .attribute_key(LookupAttributeKey::EventId)
        .attribute_value(id)
        .build()
        .map_err(|error| {
            CloudError::new(OPERATION, crate::kind::Class::Rejected, error.to_string())
        })?;
    let there = aws_sdk_cloudtrail::config::Builder::new()
        .region(Region::new(region.to_owned()))
        .retry_config(RetryConfig::disabled());
    let call = access
        .cloudtrail
        .lookup_events()
        .lookup_attributes(wanted)
        .max_results(1)
        .customize()
        .config_override(there);
    let answer = call.send().await.map_err(|error| classify(OPERATION, &error))?;
    let record = answer.events.unwrap_or_default().into_iter().next();
    Ok(record.and_then(|event| event.cloud_trail_event))
}
