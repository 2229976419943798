//! Rules for types of Cloud Control, and what the rules across kinds see of them.

use serde::Deserialize;
use serde_json::Value;

use super::{
    cloudtrail_trail, ec2_flow_log, ec2_subnet, ec2_transit_gateway, ec2_vpc, ecr_repository,
    logs_log_group, s3_access_point, sns_topic,
};
use crate::{
    baseline::{Baseline, Breach, Facts, Reach, Rule, Severity, Wanted},
    model::policy_document::{Dialect, PolicyDocument},
};

/// What a manifest of a type says.
#[derive(Debug, Deserialize)]
pub(crate) struct Declared {
    #[serde(rename = "type")]
    kind: String,
    pub(super) properties: Value,
}

impl Declared {
    /// A property; null where the manifest says nothing of it.
    pub(crate) fn property(&self, name: &str) -> &Value {
        &self.properties[name]
    }
}

/// The baseline of a type with these rules.
pub(super) const fn of(rules: &'static [Rule]) -> Baseline {
    Baseline::of::<Declared>(rules)
}

/// The manifests of a type.
pub(crate) fn all<'f>(
    facts: &'f Facts<'_>,
    kind: &'static str,
) -> impl Iterator<Item = Wanted<'f, Declared>> {
    facts.of::<Declared>().filter(move |it| it.state.kind == kind)
}

/// A breach at a property.
pub(super) fn at(wanted: Wanted<'_, Declared>, property: &str, why: &str) -> Breach {
    wanted.breach(format!("properties.{property}"), why)
}

/// The policy in a property of a wanted state; `None` where there is none.
pub(super) fn document(value: &Value) -> Option<PolicyDocument> {
    let any = [Dialect::BucketPolicy, Dialect::TrustPolicy, Dialect::IdentityPolicy];
    any.into_iter().find_map(|dialect| PolicyDocument::from_value(value, dialect).ok())
}

/// The rule that a property is the one value that is safe; without it AWS has the other.
fn is_true(facts: &Facts<'_>, kind: &'static str, property: &str, why: &str) -> Vec<Breach> {
    let open = all(facts, kind).filter(|it| it.state.properties[property] != true);
    open.map(|it| at(it, property, why)).collect()
}

/// Rules for subnets.
pub(super) const SUBNETS: &[Rule] = &[Rule {
    id: "NET-03",
    severity: Severity::Medium,
    kind: ec2_subnet::NAME,
    title: "What starts in a subnet gets no public address by itself",
    why: "An instance or interface that nobody meant to be public is one, as soon as the subnet \
          has a route to an internet gateway.",
    source: "Security Hub EC2.15; checkov CKV_AWS_130",
    help: "write `MapPublicIpOnLaunch: false`; give addresses to what needs them",
    reach: Reach::Manifest,
    check: |facts| {
        let open = all(facts, ec2_subnet::NAME)
            .filter(|it| it.state.properties["MapPublicIpOnLaunch"] == true);
        open.map(|it| at(it, "MapPublicIpOnLaunch", "new interfaces get public addresses"))
            .collect()
    },
}];

/// Rules for transit gateways.
pub(super) const TRANSIT_GATEWAYS: &[Rule] = &[Rule {
    id: "TGW-01",
    severity: Severity::High,
    kind: ec2_transit_gateway::NAME,
    title: "A transit gateway takes no attachment without being asked",
    why: "Whoever the gateway is shared with joins the network by itself otherwise.",
    source: "Security Hub EC2.23; checkov CKV_AWS_331",
    help: "write `AutoAcceptSharedAttachments: disable`, or leave it out",
    reach: Reach::Manifest,
    check: |facts| {
        let open = all(facts, ec2_transit_gateway::NAME)
            .filter(|it| it.state.properties["AutoAcceptSharedAttachments"] == "enable");
        let why = "attachments of other accounts are accepted without being asked";
        open.map(|it| at(it, "AutoAcceptSharedAttachments", why)).collect()
    },
}];

/// Rules for repositories.
pub(super) const REPOSITORIES: &[Rule] = &[
    Rule {
        id: "ECR-01",
        severity: Severity::Medium,
        kind: ecr_repository::NAME,
        title: "Nobody moves a tag of an image",
        why: "Jobs run whatever image has the tag: whoever pushes replaces what was reviewed.",
        source: "Security Hub ECR.2; checkov CKV_AWS_51",
        help: "write `ImageTagMutability: IMMUTABLE`, or name what may move with \
               `IMMUTABLE_WITH_EXCLUSION`",
        reach: Reach::Manifest,
        check: |facts| {
            let fixed = |it: &Value| it.as_str().is_some_and(|it| it.starts_with("IMMUTABLE"));
            let open = all(facts, ecr_repository::NAME)
                .filter(|it| !fixed(&it.state.properties["ImageTagMutability"]));
            open.map(|it| at(it, "ImageTagMutability", "whoever pushes moves tags")).collect()
        },
    },
    Rule {
        id: "ECR-02",
        severity: Severity::Medium,
        kind: ecr_repository::NAME,
        title: "Images are scanned when they are pushed",
        why: "Known vulnerabilities run unnoticed otherwise.",
        source: "Security Hub ECR.1; checkov CKV_AWS_163",
        help: "write `ImageScanningConfiguration: {ScanOnPush: true}`",
        reach: Reach::Manifest,
        check: |facts| {
            let open = all(facts, ecr_repository::NAME).filter(|it| {
                it.state.properties["ImageScanningConfiguration"]["ScanOnPush"] != true
            });
            let at = |it| at(it, "ImageScanningConfiguration", "nothing is scanned on push");
            open.map(at).collect()
        },
    },
];

/// Rules for access points.
pub(super) const ACCESS_POINTS: &[Rule] = &[Rule {
    id: "EP-08",
    severity: Severity::Medium,
    kind: s3_access_point::NAME,
    title: "An access point is bound to a VPC and blocks public access",
    why: "Whoever its policy lets in reaches the objects from anywhere otherwise.",
    source: "checkov CKV_AWS_392; Security Hub S3.19",
    help: "write `VpcConfiguration: {VpcId: …}`, and all four of `PublicAccessBlockConfiguration` \
           true or leave it out",
    reach: Reach::Manifest,
    check: |facts| all(facts, s3_access_point::NAME).filter_map(reached).collect(),
}];

/// AWS blocks public access through a new access point unless a manifest says otherwise (S3 user
/// guide, "Managing public access to access points").
fn reached(point: Wanted<'_, Declared>) -> Option<Breach> {
    let said = &point.state.properties;
    if said["VpcConfiguration"]["VpcId"].as_str().is_none() {
        return Some(at(point, "VpcConfiguration", "it is reached from the internet too"));
    }
    let block = said["PublicAccessBlockConfiguration"].as_object();
    let open = block.is_some_and(|block| block.values().any(|it| *it == false || *it == "false"));
    open.then(|| at(point, "PublicAccessBlockConfiguration", "public access is not blocked"))
}

/// Rules for VPCs.
pub(super) const NETWORKS: &[Rule] = &[Rule {
    id: "NET-04",
    severity: Severity::Medium,
    kind: ec2_vpc::NAME,
    title: "A VPC has a flow log",
    why: "Who talked to whom cannot be found out afterwards.",
    source: "Security Hub EC2.6; Amazon VPC user guide, \"Logging IP traffic using VPC Flow Logs\"",
    help: "declare an AWS::EC2::FlowLog of the VPC",
    reach: Reach::Manifest,
    check: unlogged,
}];

fn unlogged(facts: &Facts<'_>) -> Vec<Breach> {
    // Of what is refused at least; a log of what is accepted alone shows no attempt.
    let logged = |id: &str| {
        let logs = all(facts, ec2_flow_log::NAME).map(|it| &it.state.properties);
        let mut of = logs.filter(|it| it["ResourceId"] == id);
        of.any(|it| it["TrafficType"] != "ACCEPT")
    };
    let of = all(facts, ec2_vpc::NAME)
        .filter(|vpc| facts.id_of(vpc.address()).is_some_and(|id| !logged(id)));
    of.map(|vpc| vpc.breach("properties", "no manifest declares a flow log of it")).collect()
}

/// What a trail of data events covers of a machine-learning platform: the start of the types of
/// resources (CloudTrail user guide, "Logging data events"), and what they are.
const COVERED: [(&str, &str); 3] = [
    ("AWS::S3::Object", "objects of S3"),
    ("AWS::SageMaker::", "endpoints or features of SageMaker"),
    ("AWS::Bedrock::", "models or agents of Bedrock"),
];

/// Rules for trails.
pub(super) const TRAILS: &[Rule] = &[
    Rule {
        id: "CT-01",
        severity: Severity::High,
        kind: cloudtrail_trail::NAME,
        title: "A trail of the scope records the management events of all Regions",
        why: "What goes unrecorded cannot be found out later, and whoever hides works in a Region \
              that nobody uses.",
        source: "Security Hub CloudTrail.1; AWS Config MULTI_REGION_CLOUD_TRAIL_ENABLED",
        help: "write `IsMultiRegionTrail: true` and, among advanced selectors, one with \
               `eventCategory` Management",
        reach: Reach::Scope,
        check: unrecorded,
    },
    Rule {
        id: "CT-02",
        severity: Severity::Medium,
        kind: cloudtrail_trail::NAME,
        title: "The files of a trail are encrypted with a key of the account",
        why: "Whoever may read the bucket reads every call otherwise.",
        source: "Security Hub CloudTrail.2; checkov CKV_AWS_35",
        help: "write `KMSKeyId`, the ARN of a key that lets CloudTrail encrypt with it",
        reach: Reach::Manifest,
        check: |facts| {
            let open = all(facts, cloudtrail_trail::NAME)
                .filter(|it| it.state.properties["KMSKeyId"].as_str().is_none());
            open.map(|it| at(it, "KMSKeyId", "its files have no key of the account")).collect()
        },
    },
    Rule {
        id: "CT-03",
        severity: Severity::Medium,
        kind: cloudtrail_trail::NAME,
        title: "A trail says whether its files have been changed",
        why: "Somebody who can write to the bucket removes himself from the record otherwise.",
        source: "Security Hub CloudTrail.4; checkov CKV_AWS_36",
        help: "write `EnableLogFileValidation: true`",
        reach: Reach::Manifest,
        check: |facts| {
            let why = "nobody would see that its files have been changed";
            is_true(facts, cloudtrail_trail::NAME, "EnableLogFileValidation", why)
        },
    },
    Rule {
        id: "CT-07",
        severity: Severity::Medium,
        kind: cloudtrail_trail::NAME,
        title: "The trails of a scope record the data events of S3, SageMaker and Bedrock",
        why: "Trails record management events by default: who read training data or called a \
              model is not among them.",
        source: "Security Hub S3.22, S3.23; CloudTrail user guide, \"Logging data events\"",
        help: "add advanced selectors with `eventCategory` Data, and `resources.type` of each",
        reach: Reach::Scope,
        check: uncovered,
    },
];

/// The entries of a list.
pub(super) fn each(list: &Value) -> impl Iterator<Item = &Value> {
    list.as_array().into_iter().flatten()
}

/// Whether a trail logs who manages what in every Region. Without selectors it does (CloudTrail API
/// reference, PutEventSelectors).
fn records_management(trail: &Declared) -> bool {
    let all = &trail.properties;
    let basic: Vec<&Value> = each(&all["EventSelectors"]).collect();
    let advanced: Vec<&Value> = each(&all["AdvancedEventSelectors"]).collect();
    let reads_and_writes =
        |it: &Value| it["ReadWriteType"].is_null() || it["ReadWriteType"] == "All";
    let field =
        |it: &Value, name: &str| each(&it["FieldSelectors"]).find(|f| f["Field"] == name).cloned();
    let of_management = |it: &&Value| {
        let category = field(it, "eventCategory").unwrap_or_default();
        each(&category["Equals"]).any(|it| it == "Management") && field(it, "readOnly").is_none()
    };
    let selected = (basic.is_empty() && advanced.is_empty())
        || basic.iter().any(|it| it["IncludeManagementEvents"] != false && reads_and_writes(it))
        || advanced.iter().any(of_management);
    all["IsLogging"] == true && all["IsMultiRegionTrail"] == true && selected
}

fn unrecorded(facts: &Facts<'_>) -> Vec<Breach> {
    let trails = || all(facts, cloudtrail_trail::NAME);
    let of_scope = |trail: &Wanted<'_, Declared>| {
        trails()
            .any(|it| it.address().scope == trail.address().scope && records_management(it.state))
    };
    let without = trails().filter(|trail| !of_scope(trail));
    let why = "no trail of the scope records the management events of all Regions";
    without.map(|trail| at(trail, "IsMultiRegionTrail", why)).collect()
}

/// The types of resources whose data events a trail records.
fn recorded(trail: &Declared) -> Vec<&str> {
    let advanced = each(&trail.properties["AdvancedEventSelectors"]);
    let fields = advanced.flat_map(|it| each(&it["FieldSelectors"]));
    let types = fields.filter(|field| field["Field"] == "resources.type");
    let types = types.flat_map(|field| each(&field["Equals"])).filter_map(Value::as_str);
    let basic = each(&trail.properties["EventSelectors"]);
    let resources = basic.flat_map(|it| each(&it["DataResources"]));
    types.chain(resources.filter_map(|it| it["Type"].as_str())).collect()
}

fn uncovered(facts: &Facts<'_>) -> Vec<Breach> {
    let mut found = Vec::new();
    for trail in all(facts, cloudtrail_trail::NAME) {
        let here = all(facts, cloudtrail_trail::NAME)
            .filter(|it| it.address().scope == trail.address().scope);
        let logging = here.filter(|it| it.state.properties["IsLogging"] == true);
        let types: Vec<&str> = logging.flat_map(|it| recorded(it.state)).collect();
        let missing =
            COVERED.iter().filter(|(start, _)| !types.iter().any(|it| it.starts_with(start)));
        let missing: Vec<&str> = missing.map(|(_, what)| *what).collect();
        if !missing.is_empty() {
            let why = format!("no trail records what happens to {}", missing.join(", "));
            found.push(at(trail, "AdvancedEventSelectors", &why));
        }
    }
    found
}

/// Rules for topics.
pub(super) const TOPICS: &[Rule] = &[Rule {
    id: "SNS-01",
    severity: Severity::Medium,
    kind: sns_topic::NAME,
    title: "A topic is encrypted with a key",
    why: "Alerts say what is wrong where.",
    source: "Security Hub SNS.1; checkov CKV_AWS_26",
    help: "write `KmsMasterKeyId`, a key that lets the services that publish use it",
    reach: Reach::Manifest,
    check: |facts| {
        let open = all(facts, sns_topic::NAME)
            .filter(|it| it.state.properties["KmsMasterKeyId"].as_str().is_none());
        open.map(|it| at(it, "KmsMasterKeyId", "its messages have no key")).collect()
    },
}];

/// The shortest time for which events are kept, in days (Security Hub CloudWatch.16).
const DAYS: i64 = 365;

/// Rules for log groups.
pub(super) const LOGS: &[Rule] = &[Rule {
    id: "LOG-01",
    severity: Severity::Medium,
    kind: logs_log_group::NAME,
    title: "The events of a log group are kept for a year",
    why: "An intrusion is often found months later.",
    source: "Security Hub CloudWatch.16; checkov CKV_AWS_338",
    help: "write `RetentionInDays: 365` or more",
    reach: Reach::Manifest,
    check: |facts| {
        let short = all(facts, logs_log_group::NAME).filter(|it| {
            it.state.properties["RetentionInDays"].as_i64().is_some_and(|it| it < DAYS)
        });
        short.map(|it| at(it, "RetentionInDays", "events are deleted within a year")).collect()
    },
}];
