//! Items of one DynamoDB table that several processes may write.
//!
//! Every item has a partition key, a sort key and a version, which each write replaces; a write can
//! demand the version that its writer has seen. So no writer overwrites what it has not seen. Reads
//! are strongly consistent: a default read may show an older state (DynamoDB developer guide, Read
//! consistency).

use std::{
    collections::{BTreeMap, HashMap},
    time::Duration,
};

use aws_config::{Region, SdkConfig, timeout::TimeoutConfig};
use aws_sdk_dynamodb::{
    operation::{
        get_item::GetItemError, put_item::PutItemError, query::QueryError,
        update_item::UpdateItemError,
    },
    types::{AttributeValue, ReturnValue},
};
use aws_smithy_runtime_api::client::{orchestrator::HttpResponse, result::SdkError};
use aws_smithy_types::Blob;

use super::{Guard, classify};
use crate::{kind::CloudError, lease::TABLE_CALL};

/// The attribute of the partition key, a text.
pub const KEY: &str = "key";
/// The attribute of the sort key, a text.
pub const SORT: &str = "item";
/// The attribute of the version, a text.
pub const VERSION: &str = "version";

/// The time limit of one attempt: a table answers within milliseconds, or not at all.
const ATTEMPT: Duration = Duration::from_secs(2);
/// The time limit of a call with its repetitions.
const CALL: Duration = TABLE_CALL;
/// An item has at most 400 KB, names included (DynamoDB developer guide, Quotas); this leaves room
/// for them.
pub const MAX_ITEM_BYTES: usize = 350 * 1024;

/// A table.
#[derive(Debug, Clone)]
pub struct Table {
    client: aws_sdk_dynamodb::Client,
    name: String,
    region: String,
}

/// The key of an item.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    /// The partition key.
    pub key: String,
    /// The sort key.
    pub sort: String,
}

/// The value of an attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// A text.
    Text(String),
    /// A whole number.
    Number(u64),
    /// Bytes.
    Bytes(Vec<u8>),
}

/// An item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Its key.
    pub key: Key,
    /// Its version; `None` if it was not written by this client.
    pub version: Option<String>,
    /// Its other attributes. Those of other types are left out.
    pub members: BTreeMap<String, Value>,
}

/// What a write demands of the item that it replaces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expected {
    /// Nothing: only its writer has this key.
    Anything,
    /// It has no version: it does not exist, or nobody who keeps to this form has written it.
    NoVersion,
    /// It has this version.
    Version(String),
}

/// A change of some attributes of an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The version that the item must have.
    pub expected: String,
    /// Other attributes that it must have.
    pub demands: BTreeMap<String, Value>,
    /// Its new version, which nobody has used before.
    pub version: String,
    /// Attributes that it gets.
    pub sets: BTreeMap<String, Value>,
    /// A number that is counted up by one.
    pub counts: Option<String>,
}

/// The outcome of a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Put {
    /// The item is replaced.
    Done,
    /// It is not what was expected, and unchanged.
    Refused,
}

impl Table {
    /// A table of this name, over a configuration that has the Region's clients pass the guard.
    pub(super) fn new(config: &SdkConfig, guard: &Guard, name: &str, region: &str) -> Self {
        let limits =
            TimeoutConfig::builder().operation_attempt_timeout(ATTEMPT).operation_timeout(CALL);
        let config = aws_sdk_dynamodb::config::Builder::from(config)
            .region(Region::new(region.to_owned()))
            .timeout_config(limits.build())
            .interceptor(guard.clone());
        let client = aws_sdk_dynamodb::Client::from_conf(config.build());
        Self { client, name: name.to_owned(), region: region.to_owned() }
    }

    /// Its name and Region, for people.
    pub fn place(&self) -> String {
        format!("DynamoDB table {} in {}", self.name, self.region)
    }

    /// An item as it is now.
    ///
    /// # Errors
    /// No permission, no such table, too many calls, or no answer.
    pub async fn get(&self, key: &Key) -> Result<Option<Item>, CloudError> {
        let call = self
            .client
            .get_item()
            .table_name(&self.name)
            .key(KEY, AttributeValue::S(key.key.clone()))
            .key(SORT, AttributeValue::S(key.sort.clone()))
            .consistent_read(true);
        let answer = call.send().await.map_err(|error| classify::<GetItemError>(GET, &error))?;
        Ok(answer.item.and_then(read))
    }

    /// All items of a partition, or those whose sort keys begin with a text, as they are now.
    ///
    /// # Errors
    /// As [`Self::get`].
    pub async fn list(&self, key: &str, start: Option<&str>) -> Result<Vec<Item>, CloudError> {
        let (mut found, mut from) = (Vec::new(), None);
        loop {
            let call = self
                .client
                .query()
                .table_name(&self.name)
                .expression_attribute_names("#key", KEY)
                .expression_attribute_values(":key", AttributeValue::S(key.to_owned()))
                .set_exclusive_start_key(from)
                .consistent_read(true);
            let call = match start {
                None => call.key_condition_expression("#key = :key"),
                Some(start) => call
                    .key_condition_expression("#key = :key AND begins_with(#sort, :start)")
                    .expression_attribute_names("#sort", SORT)
                    .expression_attribute_values(":start", AttributeValue::S(start.to_owned())),
            };
            let answer =
                call.send().await.map_err(|error| classify::<QueryError>(QUERY, &error))?;
            found.extend(answer.items.unwrap_or_default().into_iter().filter_map(read));
            from = answer.last_evaluated_key.filter(|last| !last.is_empty());
            if from.is_none() {
                return Ok(found);
            }
        }
    }

    /// Writes an item as a whole.
    ///
    /// A write whose answer was lost is sent again by the SDK, and then finds its own version: that
    /// is success. So each write needs a version that nobody has used before.
    ///
    /// # Errors
    /// As [`Self::get`], and an item that is too large. It may have been written if there was no
    /// answer.
    pub async fn put(&self, item: &Item, expected: &Expected) -> Result<Put, CloudError> {
        let call = self.client.put_item().table_name(&self.name).set_item(Some(written(item)));
        let call = match expected {
            Expected::Anything => call,
            Expected::NoVersion => call
                .condition_expression("attribute_not_exists(#version)")
                .expression_attribute_names("#version", VERSION),
            Expected::Version(version) => call
                .condition_expression("#version = :version")
                .expression_attribute_names("#version", VERSION)
                .expression_attribute_values(":version", AttributeValue::S(version.clone())),
        };
        match call.send().await {
            Ok(_) => Ok(Put::Done),
            Err(error) if is_refused(&error) => {
                let found = self.get(&item.key).await?;
                let own = found.is_some_and(|it| it.version == item.version);
                Ok(if own { Put::Done } else { Put::Refused })
            }
            Err(error) => Err(classify::<PutItemError>(PUT, &error)),
        }
    }

    /// Changes an item, if it is as expected; the whole item as it is then. `None` if it is not as
    /// expected; then it is unchanged.
    ///
    /// As for [`Self::put`], a change that the SDK has sent twice finds its own version.
    ///
    /// # Errors
    /// As [`Self::put`].
    pub async fn update(&self, key: &Key, change: &Change) -> Result<Option<Item>, CloudError> {
        let mut call = self
            .client
            .update_item()
            .table_name(&self.name)
            .key(KEY, AttributeValue::S(key.key.clone()))
            .key(SORT, AttributeValue::S(key.sort.clone()))
            .expression_attribute_names("#version", VERSION)
            .expression_attribute_values(":seen", AttributeValue::S(change.expected.clone()))
            .expression_attribute_values(":new", AttributeValue::S(change.version.clone()))
            .return_values(ReturnValue::AllNew);
        let mut condition = "#version = :seen".to_owned();
        for (number, (name, value)) in change.demands.iter().enumerate() {
            condition += &format!(" AND #d{number} = :d{number}");
            call = call
                .expression_attribute_names(format!("#d{number}"), name)
                .expression_attribute_values(format!(":d{number}"), attribute(value));
        }
        let mut update = "SET #version = :new".to_owned();
        for (number, (name, value)) in change.sets.iter().enumerate() {
            update += &format!(", #s{number} = :s{number}");
            call = call
                .expression_attribute_names(format!("#s{number}"), name)
                .expression_attribute_values(format!(":s{number}"), attribute(value));
        }
        if let Some(name) = &change.counts {
            update += " ADD #count :one";
            call = call
                .expression_attribute_names("#count", name)
                .expression_attribute_values(":one", AttributeValue::N("1".to_owned()));
        }
        let call = call.condition_expression(condition).update_expression(update);
        match call.send().await {
            Ok(answer) => Ok(answer.attributes.and_then(read)),
            Err(error) if was_refused(&error) => {
                let found = self.get(key).await?;
                Ok(found.filter(|it| it.version.as_ref() == Some(&change.version)))
            }
            Err(error) => Err(classify::<UpdateItemError>(UPDATE, &error)),
        }
    }
}

const GET: &str = "dynamodb:GetItem";
const PUT: &str = "dynamodb:PutItem";
const QUERY: &str = "dynamodb:Query";
const UPDATE: &str = "dynamodb:UpdateItem";

fn is_refused(error: &SdkError<PutItemError, HttpResponse>) -> bool {
    let answer = error.as_service_error();
    answer.is_some_and(PutItemError::is_conditional_check_failed_exception)
}

fn was_refused(error: &SdkError<UpdateItemError, HttpResponse>) -> bool {
    let answer = error.as_service_error();
    answer.is_some_and(UpdateItemError::is_conditional_check_failed_exception)
}

fn read(mut attributes: HashMap<String, AttributeValue>) -> Option<Item> {
    let mut text = |name: &str| match attributes.remove(name) {
        Some(AttributeValue::S(text)) => Some(text),
        _ => None,
    };
    let key = Key { key: text(KEY)?, sort: text(SORT)? };
    let version = text(VERSION);
    let value = |value: AttributeValue| match value {
        AttributeValue::S(text) => Some(Value::Text(text)),
        AttributeValue::N(number) => number.parse().ok().map(Value::Number),
        AttributeValue::B(bytes) => Some(Value::Bytes(bytes.into_inner())),
        _ => None,
    };
    let members = attributes.into_iter().filter_map(|(name, it)| Some((name, value(it)?)));
    Some(Item { key, version, members: members.collect() })
}

fn written(item: &Item) -> HashMap<String, AttributeValue> {
    let text = |text: &String| AttributeValue::S(text.clone());
    let keys = [(KEY.to_owned(), text(&item.key.key)), (SORT.to_owned(), text(&item.key.sort))];
    let version = item.version.iter().map(|version| (VERSION.to_owned(), text(version)));
    let members = item.members.iter().map(|(name, value)| (name.clone(), attribute(value)));
    keys.into_iter().chain(version).chain(members).collect()
}

fn attribute(value: &Value) -> AttributeValue {
    match value {
        Value::Text(text) => AttributeValue::S(text.clone()),
        Value::Number(number) => AttributeValue::N(number.to_string()),
        Value::Bytes(bytes) => AttributeValue::B(Blob::new(bytes.clone())),
    }
}
