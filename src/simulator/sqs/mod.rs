//! Queues (API version 2012-11-05): sending, long polls, visibility, deletion. A message is
//! received again when it was not deleted in time, and never in order for sure.

use std::{collections::BTreeMap, time::Duration};

use serde_json::{Value, json};

use super::{
    api::{Api, Pages, Protocol, Refusal, Service},
    iam::{Call, Need},
    json::unknown_operation,
    service::{Answer, ApiError, Caller, Context, Options},
};

/// The properties of SQS for the rest of the simulator.
pub(super) static API: Api = Api {
    name: "sqs",
    protocol: Protocol::Json10 { target: "AmazonSQS" },
    throttled: Refusal::new("RequestThrottled", "Request is throttled"),
    pages: Pages::NEXT_TOKEN,
    tags: "Tags",
    replicated: false,
    extra_bucket: None,
    kinds: &[],
    taken: None,
};

/// How long a received message is hidden.
const VISIBILITY: Duration = Duration::from_mins(1);
/// A message that was received more often is put aside.
const MAX_RECEIVES: u32 = 5;

/// All queues.
#[derive(Debug, Clone, Default)]
pub struct Queues {
    queues: BTreeMap<String, Queue>,
    /// Whether the next deletion of several messages fails for the first of them.
    pub fail_delete: bool,
}

#[derive(Debug, Clone, Default)]
struct Queue {
    account: String,
    region: String,
    messages: Vec<Message>,
    /// Those that were received too often.
    aside: usize,
    sent: u64,
}

#[derive(Debug, Clone)]
struct Message {
    id: u64,
    body: String,
    from: Duration,
    receives: u32,
}

impl Queues {
    /// A new queue; its URL.
    pub fn create(&mut self, (account, region): (&str, &str), name: &str) -> String {
        let url = format!("https://sqs.{region}.amazonaws.com/{account}/{name}");
        let queue =
            Queue { account: account.to_owned(), region: region.to_owned(), ..Queue::default() };
        self.queues.entry(url.clone()).or_insert(queue);
        url
    }

    /// Removes a queue.
    pub fn remove(&mut self, url: &str) {
        self.queues.remove(url);
    }

    /// Sends a message that can be received from then on, in the world's time since its start.
    pub fn send(&mut self, url: &str, body: &str, from: Duration) {
        if let Some(queue) = self.queues.get_mut(url) {
            queue.sent += 1;
            let id = queue.sent;
            queue.messages.push(Message { id, body: body.to_owned(), from, receives: 0 });
        }
    }

    /// The queues of an account and Region.
    pub(crate) fn of(&self, account: &str, region: &str) -> Vec<String> {
        let here =
            self.queues.iter().filter(|(_, it)| it.account == account && it.region == region);
        here.map(|(url, _)| url.clone()).collect()
    }

    /// How many messages a queue holds, and how many were put aside.
    pub fn depth(&self, url: &str) -> (usize, usize) {
        self.queues.get(url).map_or((0, 0), |queue| (queue.messages.len(), queue.aside))
    }

    /// When a message can be received, if that is not now.
    pub(crate) fn next(&self, now: Duration) -> Option<Duration> {
        let all = self.queues.values().flat_map(|queue| &queue.messages);
        all.map(|message| message.from).filter(|from| *from > now).min()
    }

    fn queue(&mut self, input: &Value) -> Result<&mut Queue, ApiError> {
        let url = input["QueueUrl"].as_str().unwrap_or_default();
        self.queues.get_mut(url).ok_or_else(|| {
            ApiError::new("QueueDoesNotExist", "The specified queue does not exist.")
        })
    }
}

impl Queue {
    fn receive(&mut self, most: usize, reversed: bool, now: Duration) -> Value {
        let before = self.messages.len();
        self.messages.retain(|message| message.from > now || message.receives < MAX_RECEIVES);
        self.aside += before - self.messages.len();
        let mut ready: Vec<&mut Message> =
            self.messages.iter_mut().filter(|message| message.from <= now).collect();
        if reversed {
            ready.reverse();
        }
        let mut received = Vec::new();
        for message in ready.into_iter().take(most) {
            message.receives += 1;
            message.from = now + VISIBILITY;
            received.push(json!({
                "MessageId": format!("m-{}", message.id),
                "ReceiptHandle": format!("{}", message.id),
                "Body": message.body,
                "Attributes": {"ApproximateReceiveCount": message.receives.to_string()},
            }));
        }
        if received.is_empty() { json!({}) } else { json!({"Messages": received}) }
    }

    /// Whether the receipt is one that was ever given.
    fn delete(&mut self, receipt: &Value) -> bool {
        let id = receipt.as_str().and_then(|it| it.parse::<u64>().ok());
        self.messages.retain(|message| Some(message.id) != id);
        id.is_some_and(|id| id <= self.sent)
    }
}

impl Service for Queues {
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
        let fails = operation == "DeleteMessageBatch" && std::mem::take(&mut self.fail_delete);
        if operation == "CreateQueue" {
            let name = input["QueueName"].as_str().unwrap_or_default();
            return Ok(json!({"QueueUrl": self.create((&caller.account, &caller.region), name)}));
        }
        let queue = self.queue(input)?;
        match operation {
            "SendMessage" => {
                let body = input["MessageBody"].as_str().unwrap_or_default().to_owned();
                queue.sent += 1;
                let id = queue.sent;
                queue.messages.push(Message { id, body, from: context.elapsed, receives: 0 });
                Ok(json!({"MessageId": format!("m-{id}")}))
            }
            "ReceiveMessage" => {
                let most = input["MaxNumberOfMessages"].as_u64().unwrap_or(1);
                let most = usize::try_from(most.clamp(1, 10)).unwrap_or(1);
                Ok(queue.receive(most, context.options.events.reversed, context.elapsed))
            }
            "DeleteMessageBatch" => {
                let (mut done, mut failed) = (Vec::new(), Vec::new());
                for (index, entry) in input["Entries"].as_array().into_iter().flatten().enumerate()
                {
                    if fails && index == 0 {
                        failed.push(json!({"Id": entry["Id"], "SenderFault": false,
                            "Code": "InternalError", "Message": "try again"}));
                        continue;
                    }
                    if queue.delete(&entry["ReceiptHandle"]) {
                        done.push(json!({"Id": entry["Id"]}));
                    } else {
                        failed.push(json!({"Id": entry["Id"], "SenderFault": true,
                            "Code": "ReceiptHandleIsInvalid", "Message": "not a receipt"}));
                    }
                }
                Ok(json!({"Successful": done, "Failed": failed}))
            }
            "GetQueueAttributes" => {
                let count = queue.messages.len().to_string();
                Ok(json!({"Attributes": {"ApproximateNumberOfMessages": count}}))
            }
            _ => Err(unknown_operation("sqs", operation)),
        }
    }

    fn needs(&self, call: &Call<'_>) -> Vec<Need> {
        let name = call.text("QueueUrl").rsplit('/').next().unwrap_or_default().to_owned();
        let action = call.operation.trim_end_matches("Batch");
        let arn = call.caller.arn_of("sqs", &name);
        vec![call.other(&format!("sqs:{action}"), &arn)]
    }
}
