//! AWS::SQS::Queue.

use serde_json::Value;

use super::{
    kept::{self, Calls, Kept, arn, refused},
    parts::{fifo_name, text},
};
use crate::simulator::cloud_control::{
    names::QUEUE,
    resource_type::{Type, Update},
    schema::{FLAG, Member, Model, Shape, TAGS, TEXT, may},
    site::{Failure, Site},
};

static MEMBERS: &[Member] = &[
    may("Arn", &TEXT),
    may("ContentBasedDeduplication", &FLAG),
    may("DeduplicationScope", &TEXT),
    may("DelaySeconds", &Shape::Number(0, 900)),
    may("FifoQueue", &FLAG),
    may("FifoThroughputLimit", &TEXT),
    may("KmsDataKeyReusePeriodSeconds", &Shape::Number(60, 86_400)),
    may("KmsMasterKeyId", &TEXT),
    may("MaximumMessageSize", &Shape::Number(1024, 1_048_576)),
    may("MessageRetentionPeriod", &Shape::Number(60, 1_209_600)),
    may("QueueName", &Shape::Text(1, 80)),
    may("QueueUrl", &TEXT),
    may("ReceiveMessageWaitTimeSeconds", &Shape::Number(0, 20)),
    may("RedriveAllowPolicy", &Shape::Document),
    may("RedrivePolicy", &Shape::Document),
    may("SqsManagedSseEnabled", &FLAG),
    may("Tags", &TAGS),
    may("VisibilityTimeout", &Shape::Number(0, 43_200)),
];

pub(super) static TYPE: Type = Type {
    name: QUEUE,
    listed_in: None,
    members: MEMBERS,
    identifier: "QueueUrl",
    read_only: &["Arn", "QueueUrl"],
    create_only: &["FifoQueue", "QueueName"],
    write_only: &[],
    rules,
    named: |_| None,
    create,
    read,
    update,
    delete,
    list,
};

static KEPT: Kept = Kept {
    names: |site, model| {
        let name = text(model, "QueueName").unwrap_or_default();
        (url(site, name), arn(site, "sqs", name))
    },
    admit,
    // SQS API reference, SetQueueAttributes: what a queue has without being asked.
    fill: |site, model, own| {
        model.insert("Arn".to_owned(), own.into());
        let name = own.rsplit(':').next().unwrap_or_default();
        model.insert("QueueUrl".to_owned(), url(site, name).into());
        model.insert("QueueName".to_owned(), name.into());
        let encrypted = model.contains_key("KmsMasterKeyId");
        model.entry("SqsManagedSseEnabled").or_insert_with(|| (!encrypted).into());
        for (property, value) in [
            ("DelaySeconds", 0),
            ("MaximumMessageSize", 1_048_576),
            ("MessageRetentionPeriod", 345_600),
            ("ReceiveMessageWaitTimeSeconds", 0),
            ("VisibilityTimeout", 30),
        ] {
            model.entry(property).or_insert_with(|| value.into());
        }
    },
    stays: |_, _| None,
    calls: Calls {
        create: &["sqs:CreateQueue+", "sqs:TagQueue+"],
        read: &["sqs:GetQueueAttributes", "sqs:ListQueueTags"],
        change: &[("", "sqs:SetQueueAttributes")],
        delete: &["sqs:DeleteQueue"],
        tag: "sqs:TagQueue",
        untag: "sqs:UntagQueue",
    },
    passes_to: "",
};

kept::handlers!(KEPT);

fn url(site: &Site<'_, '_>, name: &str) -> String {
    let (region, account) = (&site.caller.region, &site.caller.account);
    let suffix = if region.starts_with("cn-") { ".cn" } else { "" };
    format!("https://sqs.{region}.amazonaws.com{suffix}/{account}/{name}")
}

fn rules(model: &Model) -> Result<(), String> {
    fifo_name(model, "QueueName", "FifoQueue")
}

fn admit(_: &mut Site<'_, '_>, old: Option<&Model>, new: &Model) -> Result<(), Failure> {
    if old.is_none() && text(new, "QueueName").is_none() {
        return refused("Names are not invented here");
    }
    let both = new.get("SqsManagedSseEnabled") == Some(&Value::Bool(true));
    if both && new.contains_key("KmsMasterKeyId") {
        return refused("You can use one type of server-side encryption at one time");
    }
    Ok(())
}
