//! AWS::CloudTrail::Trail.

use serde_json::{Value, json};

use super::{
    kept::{self, Calls, Kept, arn, key_arn, refused},
    parts::text,
};
use crate::simulator::cloud_control::{
    names::{LOG_GROUP, TRAIL},
    resource_type::{Type, Update},
    schema::{FLAG, FREE, Member, Model, Shape, TAGS, TEXT, TEXTS, may, must},
    site::{Failure, Site},
};

static CONDITION: Shape = Shape::List { of: &TEXT, count: (1, 500), ordered: false };
static FIELD: Shape = Shape::Object(&[
    may("EndsWith", &CONDITION),
    may("Equals", &CONDITION),
    must("Field", &Shape::Text(1, 1000)),
    may("NotEndsWith", &CONDITION),
    may("NotEquals", &CONDITION),
    may("NotStartsWith", &CONDITION),
    may("StartsWith", &CONDITION),
]);
static FIELDS: Shape = Shape::List { of: &FIELD, count: (1, 100), ordered: false };
static ADVANCED: Shape =
    Shape::Object(&[must("FieldSelectors", &FIELDS), may("Name", &Shape::Text(1, 1000))]);
static RESOURCE: Shape = Shape::Object(&[must("Type", &TEXT), may("Values", &TEXTS)]);
static RESOURCES: Shape = Shape::List { of: &RESOURCE, count: (0, 250), ordered: false };
static BASIC: Shape = Shape::Object(&[
    may("DataResources", &RESOURCES),
    may("ExcludeManagementEventSources", &TEXTS),
    may("IncludeManagementEvents", &FLAG),
    may("ReadWriteType", &Shape::OneOf(&["All", "ReadOnly", "WriteOnly"])),
]);

static MEMBERS: &[Member] = &[
    may("AdvancedEventSelectors", &Shape::List { of: &ADVANCED, count: (0, 500), ordered: false }),
    may("AggregationConfigurations", &FREE),
    may("Arn", &TEXT),
    may("CloudWatchLogsLogGroupArn", &TEXT),
    may("CloudWatchLogsRoleArn", &TEXT),
    may("EnableLogFileValidation", &FLAG),
    may("EventSelectors", &Shape::List { of: &BASIC, count: (0, 5), ordered: false }),
    may("IncludeGlobalServiceEvents", &FLAG),
    may("InsightSelectors", &FREE),
    must("IsLogging", &FLAG),
    may("IsMultiRegionTrail", &FLAG),
    may("IsOrganizationTrail", &FLAG),
    may("KMSKeyId", &TEXT),
    must("S3BucketName", &TEXT),
    may("S3KeyPrefix", &Shape::Text(0, 200)),
    may("SnsTopicArn", &TEXT),
    may("SnsTopicName", &Shape::Text(0, 256)),
    may("Tags", &TAGS),
    may("TrailName", &Shape::Text(3, 128)),
];

/// Trails of a Region (CloudTrail user guide, quotas).
const MOST: usize = 5;
/// What a trail without selectors records.
const DEFAULT: (&str, &str) = ("EventSelectors", "AdvancedEventSelectors");

pub(super) static TYPE: Type = Type {
    name: TRAIL,
    listed_in: None,
    members: MEMBERS,
    identifier: "TrailName",
    read_only: &["Arn", "SnsTopicArn"],
    create_only: &["TrailName"],
    write_only: &[],
    rules,
    named: |model| text(model, "TrailName").map(str::to_owned),
    create,
    read,
    update,
    delete,
    list,
};

static KEPT: Kept = Kept {
    names: |site, model| {
        let name = text(model, "TrailName").unwrap_or_default().to_owned();
        let arn = arn(site, "cloudtrail", &format!("trail/{name}"));
        (name, arn)
    },
    admit,
    fill: |site, model, own| {
        model.insert("Arn".to_owned(), own.into());
        if let Some(key) = text(model, "KMSKeyId").map(|key| key_arn(site, key)) {
            model.insert("KMSKeyId".to_owned(), key.into());
        }
        for (name, on) in [
            ("EnableLogFileValidation", false),
            ("IncludeGlobalServiceEvents", true),
            ("IsMultiRegionTrail", false),
            ("IsOrganizationTrail", false),
        ] {
            model.entry(name).or_insert_with(|| on.into());
        }
        if !model.contains_key(DEFAULT.0) && !model.contains_key(DEFAULT.1) {
            let all = json!([{
                "DataResources": [], "ExcludeManagementEventSources": [],
                "IncludeManagementEvents": true, "ReadWriteType": "All"
            }]);
            model.insert(DEFAULT.0.to_owned(), all);
        }
    },
    stays: |_, _| None,
    calls: Calls {
        create: &["cloudtrail:CreateTrail+", "cloudtrail:AddTags+"],
        read: &[
            "cloudtrail:DescribeTrails*",
            "cloudtrail:GetEventSelectors",
            "cloudtrail:GetTrail",
            "cloudtrail:GetTrailStatus",
            "cloudtrail:ListTags",
        ],
        change: &[
            ("AdvancedEventSelectors", "cloudtrail:PutEventSelectors"),
            ("EventSelectors", "cloudtrail:PutEventSelectors"),
            ("InsightSelectors", "cloudtrail:PutInsightSelectors"),
            ("IsLogging", "cloudtrail:StartLogging"),
            ("IsOrganizationTrail", "organizations:DescribeOrganization*"),
            ("IsOrganizationTrail", "organizations:ListAWSServiceAccessForOrganization*"),
            ("", "cloudtrail:UpdateTrail"),
        ],
        delete: &["cloudtrail:DeleteTrail"],
        tag: "cloudtrail:AddTags",
        untag: "cloudtrail:RemoveTags",
    },
    passes_to: "cloudtrail.amazonaws.com",
};

kept::handlers!(KEPT);

/// CloudTrail API reference: PutEventSelectors, AdvancedFieldSelector, CreateTrail.
fn rules(model: &Model) -> Result<(), String> {
    let selectors = |name: &str| model.get(name).and_then(Value::as_array);
    let some = |name: &str| selectors(name).is_some_and(|all| !all.is_empty());
    if some(DEFAULT.0) && some(DEFAULT.1) {
        return Err("#: event selectors are basic ones or advanced ones".to_owned());
    }
    for selector in selectors(DEFAULT.1).into_iter().flatten() {
        let fields = selector["FieldSelectors"].as_array().cloned().unwrap_or_default();
        let equals = |field: &str| {
            let found = fields.iter().find(|it| it["Field"] == field);
            found.and_then(|it| it["Equals"][0].as_str().map(str::to_owned))
        };
        let Some(category) = equals("eventCategory") else {
            return Err("#: an advanced selector says the eventCategory".to_owned());
        };
        if category == "Data" && equals("resources.type").is_none() {
            return Err("#: a selector of data events says the resources.type".to_owned());
        }
    }
    Ok(())
}

fn admit(site: &mut Site<'_, '_>, old: Option<&Model>, new: &Model) -> Result<(), Failure> {
    if old.is_none() && kept::list(site, &TYPE).is_ok_and(|all| all.len() >= MOST) {
        let message = "User already has 5 trails (MaximumNumberOfTrailsExceededException)";
        return Err(Failure::new("ServiceLimitExceeded", message));
    }
    let multi = new.get("IsMultiRegionTrail") == Some(&Value::Bool(true));
    if multi && new.get("IncludeGlobalServiceEvents") == Some(&Value::Bool(false)) {
        return refused(
            "A multi-Region trail has global events (InvalidParameterCombinationException)",
        );
    }
    let (group, role) =
        (text(new, "CloudWatchLogsLogGroupArn"), text(new, "CloudWatchLogsRoleArn"));
    if group.is_some() != role.is_some() {
        return refused("A log group and a role need each other (InvalidParameterCombination)");
    }
    if let Some(group) = group {
        let name = group.split(":log-group:").nth(1).unwrap_or_default().trim_end_matches(":*");
        if !kept::exists(site, LOG_GROUP, name) {
            return refused(
                "Access denied. Check the permissions for your role \
                 (InvalidCloudWatchLogsLogGroupArnException)",
            );
        }
    }
    if new.get("IsOrganizationTrail") == Some(&Value::Bool(true)) {
        let organization = site.peek("organizations", "DescribeOrganization", &json!({}));
        let manager = organization.map(|it| it["Organization"]["MasterAccountId"].clone());
        if !manager.is_ok_and(|it| it == site.caller.account.as_str()) {
            return refused(
                "Only the management account or a delegated administrator has a trail of the \
                 organization (NotOrganizationMasterAccountException)",
            );
        }
    }
    bucket(site, text(new, "S3BucketName").unwrap_or_default())
}

/// CloudTrail looks at the bucket, and at who may write to it. A bucket of another account is not
/// looked at here.
fn bucket(site: &mut Site<'_, '_>, name: &str) -> Result<(), Failure> {
    let answer = site.peek("s3", "GetBucketPolicy", &json!({"Bucket": name}));
    match answer {
        Ok(policy) => {
            let text = policy.to_string();
            if text.contains("cloudtrail.amazonaws.com") {
                return Ok(());
            }
            let message = "Incorrect S3 bucket policy is detected for bucket";
            refused(format!("{message}: {name} (InsufficientS3BucketPolicyException)"))
        }
        Err(error) if error.code == "NoSuchBucketPolicy" => {
            let message = "Incorrect S3 bucket policy is detected for bucket";
            refused(format!("{message}: {name} (InsufficientS3BucketPolicyException)"))
        }
        Err(error) if error.code == "NoSuchBucket" => {
            let message = format!("S3 bucket {name} does not exist!");
            refused(format!("{message} (S3BucketDoesNotExistException)"))
        }
        Err(_) => Ok(()),
    }
}
