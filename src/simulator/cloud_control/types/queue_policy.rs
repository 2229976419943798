//! AWS::SQS::QueueInlinePolicy: a part of a queue. A queue without one lets in its account only.

use serde_json::Value;

use super::{
    kept::{self, Calls, Kept, arn, refused},
    parts::{document, text},
};
use crate::simulator::cloud_control::{
    names::{QUEUE, QUEUE_POLICY},
    resource_type::{Type, Update},
    schema::{Member, Model, Shape, TEXT, must},
    site::{Failure, Site},
};

static MEMBERS: &[Member] = &[must("PolicyDocument", &Shape::Document), must("Queue", &TEXT)];

/// Statements of a policy (SQS developer guide, quotas).
const MOST: usize = 20;

pub(super) static TYPE: Type = Type {
    name: QUEUE_POLICY,
    listed_in: None,
    members: MEMBERS,
    identifier: "Queue",
    read_only: &[],
    create_only: &["Queue"],
    write_only: &[],
    rules: |_| Ok(()),
    named: |model| text(model, "Queue").map(str::to_owned),
    create,
    read,
    update,
    delete,
    list,
};

static KEPT: Kept = Kept {
    names: |site, model| {
        let url = text(model, "Queue").unwrap_or_default().to_owned();
        let arn = arn(site, "sqs", url.rsplit('/').next().unwrap_or_default());
        (url, arn)
    },
    admit,
    fill: |_, _, _| {},
    stays: |_, _| None,
    calls: Calls {
        create: &["sqs:SetQueueAttributes"],
        read: &["sqs:GetQueueAttributes"],
        change: &[("", "sqs:SetQueueAttributes")],
        delete: &["sqs:SetQueueAttributes"],
        tag: "",
        untag: "",
    },
    passes_to: "",
};

kept::handlers!(KEPT);

fn admit(site: &mut Site<'_, '_>, _: Option<&Model>, new: &Model) -> Result<(), Failure> {
    let queue = text(new, "Queue").unwrap_or_default();
    if !kept::exists(site, QUEUE, queue) {
        return Err(Failure::new(
            "NotFound",
            format!("{queue} does not exist (QueueDoesNotExist)"),
        ));
    }
    let policy = new.get("PolicyDocument").map(document).unwrap_or_default();
    let policy: Value = serde_json::from_str(&policy).unwrap_or_default();
    let statements = policy["Statement"].as_array().cloned().unwrap_or_default();
    if statements.is_empty() || statements.len() > MOST {
        return refused("Invalid value for the parameter Policy (InvalidAttributeValue)");
    }
    Ok(())
}
