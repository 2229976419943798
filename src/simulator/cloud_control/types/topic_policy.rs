//! AWS::SNS::TopicInlinePolicy: a part of a topic. A topic without one has SNS's own, which lets in
//! its owner only.

use super::{
    kept::{self, Calls, Kept, refused},
    parts::{document, text},
};
use crate::simulator::cloud_control::{
    names::{TOPIC, TOPIC_POLICY},
    resource_type::{Type, Update},
    schema::{Member, Model, Shape, TEXT, must},
    site::{Failure, Site},
};

/// The longest policy, in bytes (SNS quotas).
const MOST: usize = 30_720;

static MEMBERS: &[Member] = &[must("PolicyDocument", &Shape::Document), must("TopicArn", &TEXT)];

pub(super) static TYPE: Type = Type {
    name: TOPIC_POLICY,
    listed_in: None,
    members: MEMBERS,
    identifier: "TopicArn",
    read_only: &[],
    create_only: &["TopicArn"],
    write_only: &[],
    rules: |_| Ok(()),
    named: |model| text(model, "TopicArn").map(str::to_owned),
    create,
    read,
    update,
    delete,
    list,
};

static KEPT: Kept = Kept {
    names: |_, model| {
        let topic = text(model, "TopicArn").unwrap_or_default().to_owned();
        (topic.clone(), topic)
    },
    admit,
    fill: |_, _, _| {},
    stays: |_, _| None,
    calls: Calls {
        create: &["sns:SetTopicAttributes"],
        read: &["sns:GetTopicAttributes"],
        change: &[("", "sns:SetTopicAttributes")],
        delete: &["sns:SetTopicAttributes"],
        tag: "",
        untag: "",
    },
    passes_to: "",
};

kept::handlers!(KEPT);

fn admit(site: &mut Site<'_, '_>, _: Option<&Model>, new: &Model) -> Result<(), Failure> {
    let topic = text(new, "TopicArn").unwrap_or_default();
    if !kept::exists(site, TOPIC, topic) {
        return Err(Failure::new("NotFound", format!("Topic {topic} does not exist (NotFound)")));
    }
    let policy = new.get("PolicyDocument").map(document).unwrap_or_default();
    if policy.len() > MOST || !policy.contains("\"Statement\"") {
        return refused("Policy statement action out of service scope (InvalidParameter)");
    }
    Ok(())
}
