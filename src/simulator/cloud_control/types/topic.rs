//! AWS::SNS::Topic. Subscriptions are not modeled.

use serde_json::Value;

use super::{
    kept::{self, Calls, Kept, arn, refused},
    parts::{fifo_name, text},
};
use crate::simulator::cloud_control::{
    names::TOPIC,
    resource_type::{Type, Update},
    schema::{FLAG, FREE, Member, Model, Shape, TAGS, TEXT, may},
    site::{Failure, Site},
};

static MEMBERS: &[Member] = &[
    may("ArchivePolicy", &Shape::Document),
    may("ContentBasedDeduplication", &FLAG),
    may("DataProtectionPolicy", &Shape::Document),
    may("DeliveryStatusLogging", &FREE),
    may("DisplayName", &Shape::Text(0, 100)),
    may("FifoThroughputScope", &TEXT),
    may("FifoTopic", &FLAG),
    may("KmsMasterKeyId", &TEXT),
    may("MaximumMessageSize", &Shape::Number(1024, 1_048_576)),
    may("SignatureVersion", &Shape::OneOf(&["1", "2"])),
    may("Subscription", &FREE),
    may("Tags", &TAGS),
    may("TopicArn", &TEXT),
    may("TopicName", &Shape::Text(1, 256)),
    may("TracingConfig", &Shape::OneOf(&["Active", "PassThrough"])),
];

pub(super) static TYPE: Type = Type {
    name: TOPIC,
    listed_in: None,
    members: MEMBERS,
    identifier: "TopicArn",
    read_only: &["TopicArn"],
    create_only: &["FifoTopic", "TopicName"],
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
        let arn = arn(site, "sns", text(model, "TopicName").unwrap_or_default());
        (arn.clone(), arn)
    },
    admit,
    fill: |_, model, own| {
        model.insert("TopicArn".to_owned(), own.into());
        model.insert("Subscription".to_owned(), Value::Array(Vec::new()));
    },
    stays: |_, _| None,
    calls: Calls {
        create: &["sns:CreateTopic+", "sns:TagResource+"],
        read: &["sns:GetTopicAttributes", "sns:ListTagsForResource"],
        change: &[("", "sns:SetTopicAttributes")],
        delete: &["sns:DeleteTopic"],
        tag: "sns:TagResource",
        untag: "sns:UntagResource",
    },
    passes_to: "",
};

kept::handlers!(KEPT);

fn rules(model: &Model) -> Result<(), String> {
    fifo_name(model, "TopicName", "FifoTopic")
}

fn admit(_: &mut Site<'_, '_>, old: Option<&Model>, new: &Model) -> Result<(), Failure> {
    if old.is_none() && text(new, "TopicName").is_none() {
        return refused("Names are not invented here");
    }
    let fifo = new.get("FifoTopic") == Some(&Value::Bool(true));
    let of_fifo = ["ArchivePolicy", "ContentBasedDeduplication", "FifoThroughputScope"];
    if !fifo && of_fifo.iter().any(|name| new.get(*name).is_some_and(|it| *it != false)) {
        return refused("The attribute is of FIFO topics only (InvalidParameter)");
    }
    Ok(())
}
