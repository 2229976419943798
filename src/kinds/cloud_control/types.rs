//! The types of this build.

use std::{collections::BTreeMap, sync::LazyLock};

use serde_json::Value;

use super::{
    cloudtrail_trail, cloudwatch_alarm, config_config_rule, config_configuration_recorder, ec2_eip,
    ec2_flow_log, ec2_internet_gateway, ec2_nat_gateway, ec2_subnet, ec2_vpc,
    ec2_vpc_gateway_attachment, events_rule, facts::Facts, iam_instance_profile,
    iam_managed_policy, iam_role, logs_log_group, logs_metric_filter, overlay::Overlay, s3_bucket,
    s3_bucket_policy, sns_topic, sns_topic_inline_policy, sqs_queue, table, unreviewed,
};
use crate::kind::{ScopeFacts, erased::Registry, table::Properties};

/// Every type that is managed.
const OVERLAYS: &[&Overlay] = &[
    &cloudtrail_trail::OVERLAY,
    &cloudwatch_alarm::OVERLAY,
    &config_config_rule::OVERLAY,
    &config_configuration_recorder::OVERLAY,
    &ec2_eip::OVERLAY,
    &ec2_flow_log::OVERLAY,
    &ec2_internet_gateway::OVERLAY,
    &ec2_nat_gateway::OVERLAY,
    &ec2_subnet::OVERLAY,
    &ec2_vpc::OVERLAY,
    &ec2_vpc_gateway_attachment::OVERLAY,
    &events_rule::OVERLAY,
    &iam_instance_profile::OVERLAY,
    &iam_managed_policy::OVERLAY,
    &iam_role::OVERLAY,
    &logs_log_group::OVERLAY,
    &logs_metric_filter::OVERLAY,
    &s3_bucket::OVERLAY,
    &s3_bucket_policy::OVERLAY,
    &sns_topic::OVERLAY,
    &sns_topic_inline_policy::OVERLAY,
    &sqs_queue::OVERLAY,
];

/// A type: its facts and what people say about it.
#[derive(Debug)]
pub(super) struct Type {
    /// What people say.
    pub(super) overlay: &'static Overlay,
    /// What the registry says.
    pub(super) facts: Facts,
    /// Its properties.
    pub(super) properties: Properties,
}

/// A file that cannot be read is a defect that a test finds: the type is then no kind.
static TYPES: LazyLock<BTreeMap<&'static str, Type>> = LazyLock::new(|| {
    let all = OVERLAYS.iter().filter_map(|overlay| {
        let facts: Facts = serde_json::from_str(overlay.facts).ok()?;
        let properties = facts.tree(overlay);
        Some((overlay.name, Type { overlay, facts, properties }))
    });
    all.collect()
});

/// Every type.
pub(super) fn all() -> impl Iterator<Item = &'static Type> {
    TYPES.values()
}

/// The type of this name.
pub(super) fn get(name: &str) -> Option<&'static Type> {
    TYPES.get(name)
}

/// Adds every type to the kinds: those that are managed, and those that are only observed.
pub fn register(registry: Registry) -> Registry {
    let reviewed = all().fold(registry, |registry, of| registry.table(table::table(of)));
    reviewed.others(unreviewed::OTHERS)
}

/// The place of a resource, as identifiers and ARNs say it.
fn filled(template: &str, facts: &ScopeFacts) -> String {
    let ScopeFacts { partition, region, account, .. } = facts;
    let suffix = if partition == "aws-cn" { "amazonaws.com.cn" } else { "amazonaws.com" };
    template
        .replace("{partition}", partition)
        .replace("{region}", region)
        .replace("{account}", account)
        .replace("{suffix}", suffix)
}

/// What stands in the place of the hole of a template.
fn hole<'t>(template: &str, hole: &str, text: &'t str) -> Option<&'t str> {
    let (before, after) = template.split_once(hole)?;
    text.strip_prefix(before)?.strip_suffix(after).filter(|it| !it.is_empty())
}

impl Type {
    /// What names a resource with these properties: the identifier, or what that is made of.
    pub(super) fn name(&self, properties: &Value) -> Option<String> {
        match self.overlay.made {
            Some(made) => (made.name)(properties),
            None => self.identifier(properties),
        }
    }

    /// The identifier of the resource with this name.
    pub(super) fn id_of(&self, name: &str, facts: &ScopeFacts) -> String {
        // What is adopted by its name is named by the whole identifier.
        let made = self.overlay.made.filter(|_| !name.starts_with("arn:"));
        made.map_or_else(|| name.to_owned(), |made| filled(made.id, facts).replace("{name}", name))
    }

    /// The name in an identifier.
    pub(super) fn name_of<'i>(&self, id: &'i str, facts: &ScopeFacts) -> &'i str {
        let made = self.overlay.made;
        made.and_then(|made| hole(&filled(made.id, facts), "{name}", id)).unwrap_or(id)
    }

    /// The ARN of the resource with this identifier, where it follows from that.
    pub(super) fn arn_of(&self, id: &str, facts: &ScopeFacts) -> Option<String> {
        let template = filled(self.overlay.arn, facts);
        let last = id.rsplit('|').next().unwrap_or(id);
        let arn = template
            .replace("{id}", id)
            .replace("{name}", self.name_of(id, facts))
            .replace("{last}", last);
        (!template.is_empty()).then_some(arn)
    }

    /// The identifier in an ARN of the type.
    pub(super) fn id_in(&self, arn: &str, facts: &ScopeFacts) -> Option<String> {
        let template = filled(self.overlay.arn, facts);
        let found = |name: &str| hole(&template, name, arn);
        let name = found("{id}").or_else(|| found("{name}"))?;
        let is_name = !name.contains(':') && (self.overlay.slashes || !name.contains('/'));
        is_name.then(|| self.id_of(name, facts))
    }

    /// The identifier of a resource with these properties; none if one of its parts is not there.
    fn identifier(&self, properties: &Value) -> Option<String> {
        let parts = self.facts.identifier.iter().map(|path| {
            let pointer = format!("/{path}");
            Some(properties.pointer(&pointer)?.as_str()?).filter(|part| !part.is_empty())
        });
        Some(parts.collect::<Option<Vec<_>>>()?.join("|"))
    }
}
