//! Condition keys of services, from the parameters of the request: a member that was not sent is
//! not logged, and its key is absent for the authorization too.
//!
//! SageMaker's paths are those of its API model, with the first letter in lower case as CloudTrail
//! writes it.

use std::collections::BTreeSet;

use serde_json::Value;

use super::context::Fact;

/// What the parameters say of a key of a service, in lower case.
pub(super) fn fact(action: &str, key: &str, sent: &Value) -> Fact {
    if key == "aws:tagkeys" || key.starts_with("aws:requesttag/") {
        return tag_fact(key, sent);
    }
    if let Some(header) = key.strip_prefix("s3:").filter(|it| it.starts_with("x-amz-")) {
        return text(&sent[header]).map_or(Fact::Absent, |value| Fact::Is(vec![value]));
    }
    if let Some(pair) = key.strip_prefix("kms:encryptioncontext:") {
        return encryption_context(pair, sent);
    }
    if key.starts_with("sagemaker:") {
        return of_sagemaker(action, key, sent);
    }
    let of_call = |row: &&Member| row.key == key && row.actions.contains(&action);
    let Some(Member { name, absent, .. }) = MEMBERS.iter().find(of_call) else {
        return Fact::Unknown;
    };
    match (text(&sent[*name]), absent) {
        (Some(value), _) => Fact::Is(vec![value]),
        (None, Some(default)) => Fact::Is(vec![(*default).to_owned()]),
        (None, None) => Fact::Absent,
    }
}

/// A key that is a member of the request, in the calls where it is: of other calls the key is a
/// property of the resource.
struct Member {
    key: &'static str,
    name: &'static str,
    actions: &'static [&'static str],
    /// What a missing member stands for.
    absent: Option<&'static str>,
}

const fn member(
    key: &'static str,
    name: &'static str,
    actions: &'static [&'static str],
    absent: Option<&'static str>,
) -> Member {
    Member { key, name, actions, absent }
}

static MEMBERS: &[Member] = &[
    member(
        "iam:permissionsboundary",
        "permissionsBoundary",
        &[
            "iam:CreateRole",
            "iam:CreateUser",
            "iam:PutRolePermissionsBoundary",
            "iam:PutUserPermissionsBoundary",
        ],
        None,
    ),
    member(
        "iam:policyarn",
        "policyArn",
        &[
            "iam:AttachGroupPolicy",
            "iam:AttachRolePolicy",
            "iam:AttachUserPolicy",
            "iam:DetachGroupPolicy",
            "iam:DetachRolePolicy",
            "iam:DetachUserPolicy",
        ],
        None,
    ),
    member("iam:awsservicename", "aWSServiceName", &["iam:CreateServiceLinkedRole"], None),
    member(
        "kms:bypasspolicylockoutsafetycheck",
        "bypassPolicyLockoutSafetyCheck",
        &["kms:CreateKey", "kms:PutKeyPolicy"],
        Some("false"),
    ),
    member(
        "kms:schedulekeydeletionpendingwindowindays",
        "pendingWindowInDays",
        &["kms:ScheduleKeyDeletion"],
        Some("30"),
    ),
    member("sts:externalid", "externalId", &["sts:AssumeRole"], None),
    member("sts:rolesessionname", "roleSessionName", &["sts:AssumeRole"], None),
];

/// A value as text.
pub(super) fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(truth) => Some(truth.to_string()),
        _ => None,
    }
}

fn encryption_context(pair: &str, sent: &Value) -> Fact {
    let Some(context) = sent["encryptionContext"].as_object() else {
        return if sent["encryptionContext"].is_null() { Fact::Absent } else { Fact::Unknown };
    };
    let found = context.iter().find(|(name, _)| name.eq_ignore_ascii_case(pair));
    let value = found.and_then(|(_, value)| text(value));
    value.map_or(Fact::Absent, |value| Fact::Is(vec![value]))
}

/// The tags of a request, wherever they are; unknown if there is something like a tag that is not
/// understood.
pub(super) fn tag_fact(key: &str, sent: &Value) -> Fact {
    let mut tags = Tags::default();
    tags.gather(sent, 0);
    if tags.is_odd {
        return Fact::Unknown;
    }
    let Some(wanted) = key.strip_prefix("aws:requesttag/") else {
        let keys: BTreeSet<String> = tags.found.into_iter().map(|(key, _)| key).collect();
        return if keys.is_empty() { Fact::Absent } else { Fact::Is(keys.into_iter().collect()) };
    };
    let mut values = tags.found.into_iter().filter(|(it, _)| it.eq_ignore_ascii_case(wanted));
    match (values.next(), values.next()) {
        (None, _) => Fact::Absent,
        (Some((_, Some(value))), None) => Fact::Is(vec![value]),
        _ => Fact::Unknown,
    }
}

/// What the key of a tag is called in a list of pairs.
const PAIR: [&str; 3] = ["key", "Key", "tagKey"];

#[derive(Default)]
struct Tags {
    found: Vec<(String, Option<String>)>,
    is_odd: bool,
}

impl Tags {
    fn gather(&mut self, value: &Value, depth: usize) {
        const DEEPEST: usize = 12;
        if depth > DEEPEST {
            self.is_odd = true;
            return;
        }
        match value {
            Value::Object(members) => {
                for (name, member) in members {
                    let named = name.to_ascii_lowercase();
                    match &*named {
                        "tagkeys" | "tagkeylist" => self.keys(member),
                        _ if named.contains("tag") => self.list(member, depth + 1),
                        _ => self.gather(member, depth + 1),
                    }
                }
            }
            Value::Array(all) => all.iter().for_each(|it| self.gather(it, depth + 1)),
            _ => {}
        }
    }

    fn keys(&mut self, value: &Value) {
        match value {
            Value::Array(all) if all.iter().all(Value::is_string) => {
                self.found.extend(all.iter().filter_map(|it| Some((text(it)?, None))));
            }
            Value::Null => {}
            _ => self.is_odd = true,
        }
    }

    /// What is named like tags: a list of pairs, a map, or something around them.
    fn list(&mut self, value: &Value, depth: usize) {
        match value {
            Value::Array(all) => all.iter().for_each(|it| self.pair(it, depth)),
            Value::Object(members) if members.contains_key("items") => {
                self.list(&members["items"], depth + 1);
            }
            // One pair, or a map with a tag of that name.
            Value::Object(members) if PAIR.iter().any(|name| members.contains_key(*name)) => {
                self.is_odd = true;
            }
            Value::Object(members) if members.values().all(Value::is_string) => {
                self.found.extend(members.iter().map(|(key, value)| (key.clone(), text(value))));
            }
            Value::Object(_) => self.pair(value, depth),
            Value::Null => {}
            // A switch such as `copyTagsToSnapshots`.
            Value::Bool(_) => {}
            _ => self.is_odd = true,
        }
    }

    fn pair(&mut self, value: &Value, depth: usize) {
        let of = |names: [&str; 3]| names.iter().find_map(|name| text(&value[*name]));
        match of(PAIR) {
            Some(key) => self.found.push((key, of(["value", "Value", "tagValue"]))),
            // `{resourceType, tags}`.
            None if value.is_object() => self.gather(value, depth),
            None => self.is_odd = true,
        }
    }
}

/// A key of SageMaker, with the paths of its values: `[]` goes into each of a list. Calls that are
/// not listed do not tell (or are not known to).
struct Row {
    key: &'static str,
    calls: &'static [&'static str],
    paths: &'static [&'static str],
}

const fn row(
    key: &'static str,
    calls: &'static [&'static str],
    paths: &'static [&'static str],
) -> Row {
    Row { key, calls, paths }
}

const DEFINITIONS: &[&str] = &[
    "CreateDataQualityJobDefinition",
    "CreateModelBiasJobDefinition",
    "CreateModelExplainabilityJobDefinition",
    "CreateModelQualityJobDefinition",
];
const IN_VPC: &[&str] = &["CreateTrainingJob", "CreateModel", "CreateEndpointConfig"];

static SAGEMAKER: &[Row] = &[
    row("vpcsubnets", IN_VPC, &["vpcConfig/subnets[]"]),
    row("vpcsubnets", &["CreateProcessingJob"], &["networkConfig/vpcConfig/subnets[]"]),
    row("vpcsubnets", DEFINITIONS, &["networkConfig/vpcConfig/subnets[]"]),
    row(
        "vpcsubnets",
        &["CreateAutoMLJob"],
        &["autoMLJobConfig/securityConfig/vpcConfig/subnets[]"],
    ),
    row("vpcsubnets", &["CreateAutoMLJobV2"], &["securityConfig/vpcConfig/subnets[]"]),
    row("vpcsubnets", &["CreateDomain"], &["subnetIds[]"]),
    row("vpcsubnets", &["CreateNotebookInstance"], &["subnetId"]),
    row("vpcsecuritygroupids", IN_VPC, &["vpcConfig/securityGroupIds[]"]),
    row(
        "vpcsecuritygroupids",
        &["CreateProcessingJob"],
        &["networkConfig/vpcConfig/securityGroupIds[]"],
    ),
    row("vpcsecuritygroupids", DEFINITIONS, &["networkConfig/vpcConfig/securityGroupIds[]"]),
    row("vpcsecuritygroupids", &["CreateNotebookInstance"], &["securityGroupIds[]"]),
    row("volumekmskey", &["CreateTrainingJob"], &["resourceConfig/volumeKmsKeyId"]),
    row(
        "volumekmskey",
        &["CreateProcessingJob"],
        &["processingResources/clusterConfig/volumeKmsKeyId"],
    ),
    row("volumekmskey", &["CreateTransformJob"], &["transformResources/volumeKmsKeyId"]),
    row("volumekmskey", DEFINITIONS, &["jobResources/clusterConfig/volumeKmsKeyId"]),
    row(
        "volumekmskey",
        &["CreateDomain", "CreateEndpointConfig", "CreateNotebookInstance"],
        &["kmsKeyId"],
    ),
    row("outputkmskey", &["CreateTrainingJob", "CreateAutoMLJob"], &["outputDataConfig/kmsKeyId"]),
    row("outputkmskey", &["CreateProcessingJob"], &["processingOutputConfig/kmsKeyId"]),
    row("outputkmskey", &["CreateTransformJob"], &["transformOutput/kmsKeyId"]),
    row("networkisolation", &["CreateTrainingJob", "CreateModel"], &["enableNetworkIsolation"]),
    row("networkisolation", &["CreateProcessingJob"], &["networkConfig/enableNetworkIsolation"]),
    row("networkisolation", DEFINITIONS, &["networkConfig/enableNetworkIsolation"]),
    row(
        "intercontainertrafficencryption",
        &["CreateTrainingJob"],
        &["enableInterContainerTrafficEncryption"],
    ),
    row(
        "intercontainertrafficencryption",
        &["CreateProcessingJob"],
        &["networkConfig/enableInterContainerTrafficEncryption"],
    ),
    row(
        "intercontainertrafficencryption",
        DEFINITIONS,
        &["networkConfig/enableInterContainerTrafficEncryption"],
    ),
    row("instancetypes", &["CreateNotebookInstance"], &["instanceType"]),
    row("instancetypes", &["CreateApp"], &["resourceSpec/instanceType"]),
    row("instancetypes", &["CreateEndpointConfig"], &["productionVariants[]/instanceType"]),
    row("directinternetaccess", &["CreateNotebookInstance"], &["directInternetAccess"]),
    row("rootaccess", &["CreateNotebookInstance"], &["rootAccess"]),
    row("appnetworkaccesstype", &["CreateDomain"], &["appNetworkAccessType"]),
];

fn of_sagemaker(action: &str, key: &str, sent: &Value) -> Fact {
    let call = action.strip_prefix("sagemaker:").unwrap_or_default();
    // `VolumeKmsKey` and `VolumeKmsKeyArn` are the name of one key, by age of the reference.
    let name = key.strip_prefix("sagemaker:").unwrap_or_default();
    let name = name.strip_suffix("arn").unwrap_or(name);
    let Some(row) = SAGEMAKER.iter().find(|row| row.key == name && row.calls.contains(&call))
    else {
        return Fact::Unknown;
    };
    let mut values = Vec::new();
    row.paths.iter().for_each(|path| at(sent, path, &mut values));
    let is_switch = matches!(row.key, "networkisolation" | "intercontainertrafficencryption");
    match &values[..] {
        // Whether SageMaker fills in what was not sent is not documented.
        [] if is_switch => Fact::AbsentOr("false".to_owned()),
        [] if matches!(row.key, "directinternetaccess" | "rootaccess" | "appnetworkaccesstype") => {
            Fact::Unknown
        }
        [] => Fact::Absent,
        // An id or an alias: the key in the request is an ARN.
        [only] if row.key.ends_with("kmskey") && !only.starts_with("arn:") => Fact::Unknown,
        _ => Fact::Is(values),
    }
}

fn at(value: &Value, path: &str, found: &mut Vec<String>) {
    let (first, rest) = path.split_once('/').unwrap_or((path, ""));
    let (name, is_list) = match first.strip_suffix("[]") {
        Some(name) => (name, true),
        None => (first, false),
    };
    let member = &value[name];
    let each: Vec<&Value> = match member.as_array() {
        Some(all) if is_list => all.iter().collect(),
        _ => vec![member],
    };
    for one in each {
        if rest.is_empty() { found.extend(text(one)) } else { at(one, rest, found) }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn is(values: &[&str]) -> Fact {
        Fact::Is(values.iter().map(|&value| value.to_owned()).collect())
    }

    #[test]
    fn sagemakers_keys_are_found_at_the_path_of_each_call() {
        let job = json!({"vpcConfig": {"subnets": ["subnet-1", "subnet-2"]},
            "resourceConfig": {"volumeKmsKeyId": "arn:aws:kms:eu-west-1:1:key/k"},
            "outputDataConfig": {"kmsKeyId": "alias/out"}, "enableNetworkIsolation": true});
        let of = |key: &str, sent: &Value| fact("sagemaker:CreateTrainingJob", key, sent);
        assert_eq!(of("sagemaker:vpcsubnets", &job), is(&["subnet-1", "subnet-2"]));
        assert_eq!(of("sagemaker:volumekmskey", &job), is(&["arn:aws:kms:eu-west-1:1:key/k"]));
        assert_eq!(of("sagemaker:outputkmskey", &job), Fact::Unknown, "an alias");
        assert_eq!(of("sagemaker:networkisolation", &job), is(&["true"]));
        assert_eq!(of("sagemaker:vpcsubnets", &json!({})), Fact::Absent);
        let switch = of("sagemaker:networkisolation", &json!({}));
        assert_eq!(switch, Fact::AbsentOr("false".into()));
        assert_eq!(of("sagemaker:instancetypes", &job), Fact::Unknown, "which count is unknown");
        let processing = json!({"networkConfig": {"vpcConfig": {"subnets": ["subnet-3"]}}});
        let found = fact("sagemaker:CreateProcessingJob", "sagemaker:vpcsubnets", &processing);
        assert_eq!(found, is(&["subnet-3"]));
    }

    #[test]
    fn tags_are_found_in_every_form_and_what_is_not_understood_is_unknown() {
        for sent in [
            json!({"tags": [{"key": "team", "value": "a"}]}),
            json!({"tags": [{"tagKey": "team", "tagValue": "a"}]}),
            json!({"tags": {"team": "a"}}),
            json!({"tagSet": {"items": [{"key": "team", "value": "a"}]}}),
            json!({"tagSpecificationSet": {"items": [
                {"resourceType": "instance", "tags": [{"key": "team", "value": "a"}]}]}}),
        ] {
            assert_eq!(tag_fact("aws:requesttag/team", &sent), is(&["a"]), "{sent}");
            assert_eq!(tag_fact("aws:requesttag/other", &sent), Fact::Absent, "{sent}");
            assert_eq!(tag_fact("aws:tagkeys", &sent), is(&["team"]), "{sent}");
        }
        assert_eq!(tag_fact("aws:tagkeys", &json!({"name": "x"})), Fact::Absent);
        assert_eq!(tag_fact("aws:tagkeys", &json!({"tagKeys": ["a", "b"]})), is(&["a", "b"]));
        let pair = json!({"tags": {"key": "team", "value": "a"}});
        for odd in [json!({"tagging": "a=b"}), json!({"tags": [7]}), pair] {
            assert_eq!(tag_fact("aws:tagkeys", &odd), Fact::Unknown, "{odd}");
        }
    }

    #[test]
    fn headers_contexts_and_members_are_read() {
        let sent = json!({"x-amz-acl": "private", "encryptionContext": {"App": "x"},
            "roleSessionName": "s"});
        assert_eq!(fact("s3:PutObject", "s3:x-amz-acl", &sent), is(&["private"]));
        let header = "s3:x-amz-server-side-encryption";
        assert_eq!(fact("s3:PutObject", header, &sent), Fact::Absent);
        assert_eq!(fact("kms:Decrypt", "kms:encryptioncontext:app", &sent), is(&["x"]));
        assert_eq!(fact("sts:AssumeRole", "sts:rolesessionname", &sent), is(&["s"]));
        assert_eq!(fact("sts:AssumeRole", "sts:externalid", &sent), Fact::Absent);
        assert_eq!(fact("s3:PutObject", "s3:signatureversion", &sent), Fact::Unknown);
    }
}
