//! AWS::Logs::LogGroup.

use serde_json::Value;

use super::{
    kept::{self, Calls, Kept, arn, refused},
    parts::{invented, text},
};
use crate::simulator::cloud_control::{
    names::LOG_GROUP,
    resource_type::{Type, Update},
    schema::{FLAG, FREE, Member, Model, Shape, TAGS, TEXT, may},
    site::{Failure, Site},
};

static CLASS: Shape = Shape::OneOf(&["DELIVERY", "INFREQUENT_ACCESS", "STANDARD"]);

static MEMBERS: &[Member] = &[
    may("Arn", &TEXT),
    may("BearerTokenAuthenticationEnabled", &FLAG),
    may("DataProtectionPolicy", &FREE),
    may("DeletionProtectionEnabled", &FLAG),
    may("FieldIndexPolicies", &FREE),
    may("KmsKeyId", &Shape::Text(1, 256)),
    may("LogGroupClass", &CLASS),
    may("LogGroupName", &Shape::Text(1, 512)),
    may("ResourcePolicyDocument", &Shape::Document),
    may("RetentionInDays", &Shape::Number(1, 3653)),
    may("Tags", &TAGS),
];

/// The days that Logs keeps events for (Logs API reference, PutRetentionPolicy).
const DAYS: [i64; 22] = [
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922,
    3288, 3653,
];

pub(super) static TYPE: Type = Type {
    name: LOG_GROUP,
    listed_in: None,
    members: MEMBERS,
    identifier: "LogGroupName",
    read_only: &["Arn"],
    create_only: &["LogGroupName"],
    write_only: &[],
    rules,
    named: |model| text(model, "LogGroupName").map(str::to_owned),
    create,
    read,
    update,
    delete,
    list,
};

static KEPT: Kept = Kept {
    names: |site, model| {
        let name = text(model, "LogGroupName").unwrap_or_default().to_owned();
        let arn = arn(site, "logs", &format!("log-group:{name}"));
        (name, arn)
    },
    admit,
    fill: |_, model, own| {
        model.insert("Arn".to_owned(), format!("{own}:*").into());
        model.entry("LogGroupClass").or_insert_with(|| "STANDARD".into());
        model.entry("DeletionProtectionEnabled").or_insert_with(|| false.into());
    },
    stays: |_, model| {
        let kept = model.get("DeletionProtectionEnabled") == Some(&Value::Bool(true));
        kept.then_some("The log group is protected against deletion (ValidationException)")
    },
    calls: Calls {
        create: &["logs:CreateLogGroup+", "logs:TagResource+"],
        read: &["logs:DescribeLogGroups*", "logs:ListTagsForResource"],
        change: &[
            ("RetentionInDays", "logs:PutRetentionPolicy"),
            ("DeletionProtectionEnabled", "logs:PutLogGroupDeletionProtection"),
        ],
        delete: &["logs:DeleteLogGroup"],
        tag: "logs:TagResource",
        untag: "logs:UntagResource",
    },
    passes_to: "",
};

kept::handlers!(KEPT);

fn rules(model: &Model) -> Result<(), String> {
    let days = model.get("RetentionInDays").and_then(Value::as_i64);
    if days.is_some_and(|days| !DAYS.contains(&days)) {
        return Err("#/RetentionInDays: is not a valid enum value".to_owned());
    }
    let name = text(model, "LogGroupName").unwrap_or("a");
    let legal = |c: char| c.is_ascii_alphanumeric() || "._-/#".contains(c);
    if !name.chars().all(legal) {
        return Err("#/LogGroupName: string does not match the pattern".to_owned());
    }
    let key = text(model, "KmsKeyId");
    if key.is_some_and(|key| !(key.starts_with("arn:") && key.contains(":kms:"))) {
        return Err("#/KmsKeyId: string does not match the pattern".to_owned());
    }
    Ok(())
}

/// The class of a group stays; its name is unique.
fn admit(site: &mut Site<'_, '_>, old: Option<&Model>, new: &Model) -> Result<(), Failure> {
    let class = |model: &Model| text(model, "LogGroupClass").unwrap_or("STANDARD").to_owned();
    if old.is_some_and(|old| class(old) != class(new)) {
        return refused("The class of a log group cannot be changed (InvalidParameterException)");
    }
    if old.is_none() && text(new, "LogGroupName").is_none() {
        let name = invented(site, "stack-loggroup");
        return refused(format!("The name {name} is not invented here"));
    }
    Ok(())
}
