//! Queues of events (SQS), and the records of CloudTrail itself.

use aws_config::{Region, retry::RetryConfig};
use aws_sdk_cloudtrail::types::{LookupAttribute, LookupAttributeKey};
use aws_sdk_sqs::types::{
    DeleteMessageBatchRequestEntry, MessageSystemAttributeName, QueueAttributeName,
};

use aws_smithy_types::DateTime;

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

    /// CloudTrail's own record with this id, of the Region whose events the queue carries.
    ///
    /// # Errors
    /// No permission, too many calls, or no answer.
    pub async fn record(&self, access: &Access, id: &str) -> Result<Option<String>, CloudError> {
        record(access, &self.region, id).await
    }

    /// How many messages wait, about.
    ///
    /// # Errors
    /// No permission, no such queue, or no answer.
    pub async fn waiting(&self) -> Result<u64, CloudError> {
        let count = QueueAttributeName::ApproximateNumberOfMessages;
        let call = self
            .sqs
            .get_queue_attributes()
            .queue_url(&self.url)
            .attribute_names(count.clone())
            .customize()
            .config_override(self.there());
        let answer =
            call.send().await.map_err(|error| classify("sqs:GetQueueAttributes", &error))?;
        let found = answer.attributes.and_then(|all| all.get(&count)?.parse().ok());
        Ok(found.unwrap_or_default())
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

/// The most pages of records that are read at once, of fifty records each.
const MAX_PAGES: usize = 4;

/// Asks CloudTrail itself for the records of a service's calls in a Region and a time, in seconds
/// since the epoch; the latest ones if there are very many.
///
/// # Errors
/// No permission, too many calls, or no answer.
pub async fn records(
    access: &Access,
    region: &str,
    service: &str,
    (since, until): (f64, f64),
) -> Result<Vec<String>, CloudError> {
    let source = format!("{service}.amazonaws.com");
    let wanted = attribute(LookupAttributeKey::EventSource, &source)?;
    let (mut found, mut token) = (Vec::new(), None);
    for _ in 0..MAX_PAGES {
        let call = access
            .cloudtrail
            .lookup_events()
            .lookup_attributes(wanted.clone())
            .start_time(DateTime::from_secs_f64(since))
            .end_time(DateTime::from_secs_f64(until))
            .set_next_token(token)
            .customize()
            .config_override(trail_in(region));
        let answer = call.send().await.map_err(|error| classify(LOOKUP, &error))?;
        let events = answer.events.unwrap_or_default();
        found.extend(events.into_iter().filter_map(|event| event.cloud_trail_event));
        token = answer.next_token;
        if token.is_none() {
            break;
        }
    }
    Ok(found)
}

const LOOKUP: &str = "cloudtrail:LookupEvents";

fn attribute(key: LookupAttributeKey, value: &str) -> Result<LookupAttribute, CloudError> {
    let attribute = LookupAttribute::builder().attribute_key(key).attribute_value(value).build();
    attribute
        .map_err(|error| CloudError::new(LOOKUP, crate::kind::Class::Rejected, error.to_string()))
}

fn trail_in(region: &str) -> aws_sdk_cloudtrail::config::Builder {
    aws_sdk_cloudtrail::config::Builder::new()
        .region(Region::new(region.to_owned()))
        .retry_config(RetryConfig::disabled())
}

/// Asks CloudTrail itself for the record with this id, in the Region whose events a queue carries.
/// It has records of 90 days, some minutes after the call.
///
/// # Errors
/// No permission, too many calls, or no answer.
async fn record(access: &Access, region: &str, id: &str) -> Result<Option<String>, CloudError> {
    let call = access
        .cloudtrail
        .lookup_events()
        .lookup_attributes(attribute(LookupAttributeKey::EventId, id)?)
        .max_results(1)
        .customize()
        .config_override(trail_in(region));
    let answer = call.send().await.map_err(|error| classify(LOOKUP, &error))?;
    let record = answer.events.unwrap_or_default().into_iter().next();
    Ok(record.and_then(|event| event.cloud_trail_event))
}
