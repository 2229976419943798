//! Rules for buckets and their policies.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{
    baseline::{Declared, all, at, document, each},
    s3_bucket, s3_bucket_policy,
};
use crate::{
    baseline::{Breach, Facts, Reach, Rule, Severity, Wanted, statement},
    model::policy_document::{AttachedTo, Who},
};

const BLOCK: &str = "PublicAccessBlockConfiguration";
const BLOCKS: [&str; 4] =
    ["BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"];
/// What a policy has to deny without TLS: reading and writing.
const OBJECTS: [&str; 2] = ["s3:GetObject", "s3:PutObject"];

pub(super) const BUCKETS: &[Rule] = &[
    Rule {
        id: "S3-01",
        severity: Severity::High,
        kind: s3_bucket::NAME,
        title: "A bucket blocks public access in all four ways",
        why: "Otherwise one policy or ACL that somebody writes by mistake makes it public.",
        source: "Security Hub S3.8; Config S3_BUCKET_LEVEL_PUBLIC_ACCESS_PROHIBITED; checkov \
                 CKV_AWS_53, CKV_AWS_54, CKV_AWS_55, CKV_AWS_56",
        help: "write all four members of `PublicAccessBlockConfiguration` as true",
        reach: Reach::Manifest,
        check: |facts| {
            let closed =
                |it: &Declared| BLOCKS.iter().all(|name| it.properties[BLOCK][*name] == true);
            let open = buckets(facts).filter(|it| !closed(it.state));
            open.map(|it| at(it, BLOCK, "it can be made public")).collect()
        },
    },
    Rule {
        id: "S3-03",
        severity: Severity::Medium,
        kind: s3_bucket::NAME,
        title: "What is in a bucket is encrypted with a key of KMS",
        why: "Whoever may read the bucket reads it otherwise; a key is a second permission, and \
              says in CloudTrail who used it. S3 delivers access logs to buckets without one only.",
        source: "Security Hub S3.17; Config S3_DEFAULT_ENCRYPTION_KMS; checkov CKV_AWS_145",
        help: "write `BucketEncryption` with `SSEAlgorithm: aws:kms` and `KMSMasterKeyID`",
        reach: Reach::Manifest,
        check: |facts| {
            let logs = log_buckets(facts);
            let open =
                buckets(facts).filter(|it| !is_one_of(&logs, facts, it) && !has_key(it.state));
            open.map(|it| at(it, "BucketEncryption", "it has no key of KMS")).collect()
        },
    },
    Rule {
        id: "S3-05",
        severity: Severity::Medium,
        kind: s3_bucket::NAME,
        title: "A bucket takes TLS 1.2 or newer only",
        why: "What is read or written in plain text, or with an old version of TLS, can be read \
              on the way.",
        source: "Security Hub S3.5; Config S3_BUCKET_SSL_REQUESTS_ONLY; Amazon S3 user guide, \
                 s3:TlsVersion",
        help: "declare an AWS::S3::BucketPolicy that denies `aws:SecureTransport: false` and \
               `s3:TlsVersion` below 1.2: `palisade guardrails bucket/tls` prints it",
        reach: Reach::Manifest,
        check: plain,
    },
    Rule {
        id: "S3-06",
        severity: Severity::Low,
        kind: s3_bucket::NAME,
        title: "A bucket keeps versions",
        why: "What is overwritten or deleted by mistake or by an attacker is gone otherwise.",
        source: "Security Hub S3.14; AWS Control Tower AWS-GR_S3_VERSIONING_ENABLED; checkov \
                 CKV_AWS_21",
        help: "write `VersioningConfiguration: {Status: Enabled}`",
        reach: Reach::Manifest,
        check: |facts| {
            let name = "VersioningConfiguration";
            let open = buckets(facts).filter(|it| it.state.properties[name]["Status"] != "Enabled");
            open.map(|it| at(it, name, "it keeps no versions")).collect()
        },
    },
    Rule {
        id: "S3-07",
        severity: Severity::Medium,
        kind: s3_bucket::NAME,
        title: "Who used a bucket is logged",
        why: "Who took data cannot be found out later. The bucket in which the logs are needs \
              none: it would log itself without end.",
        source: "Security Hub S3.9; checkov CKV_AWS_18",
        help: "write `LoggingConfiguration` with a bucket for access logs",
        reach: Reach::Manifest,
        check: |facts| {
            let logs = log_buckets(facts);
            let open = buckets(facts)
                .filter(|it| !is_one_of(&logs, facts, it) && destination(it.state).is_none());
            open.map(|it| at(it, "LoggingConfiguration", "it writes no access logs")).collect()
        },
    },
];

pub(super) const POLICIES: &[Rule] = &[Rule {
    id: "S3-02",
    severity: Severity::Critical,
    kind: s3_bucket_policy::NAME,
    title: "No bucket policy lets everybody in",
    why: "`Principal: \"*\"` is every account of AWS and whoever has none, unless a condition \
          names who is meant.",
    source: "Security Hub S3.2, S3.3; AWS Control Tower AWS-GR_S3_BUCKET_PUBLIC_READ_PROHIBITED; \
             checkov CKV_AWS_70",
    help: "name the principals, or add a condition on aws:PrincipalOrgID or aws:SourceAccount with \
           fixed values",
    reach: Reach::Manifest,
    check: everybody,
}];

fn buckets<'f>(facts: &'f Facts<'_>) -> impl Iterator<Item = Wanted<'f, Declared>> {
    all(facts, s3_bucket::NAME)
}

/// The bucket that gets its access logs.
fn destination(bucket: &Declared) -> Option<&str> {
    bucket.properties["LoggingConfiguration"]["DestinationBucketName"].as_str()
}

/// The buckets in which access logs are.
fn log_buckets(facts: &Facts<'_>) -> BTreeSet<String> {
    buckets(facts).filter_map(|it| destination(it.state).map(str::to_owned)).collect()
}

/// Others refer to a bucket, or write its name.
fn is_one_of(names: &BTreeSet<String>, facts: &Facts<'_>, bucket: &Wanted<'_, Declared>) -> bool {
    let name = bucket.state.properties["BucketName"].as_str();
    [facts.id_of(bucket.address()), name].into_iter().flatten().any(|it| names.contains(it))
}

fn has_key(bucket: &Declared) -> bool {
    each(&bucket.properties["BucketEncryption"]["ServerSideEncryptionConfiguration"]).any(|rule| {
        let by = &rule["ServerSideEncryptionByDefault"];
        let algorithm = by["SSEAlgorithm"].as_str().unwrap_or_default();
        algorithm.starts_with("aws:kms") && by["KMSMasterKeyID"].is_string()
    })
}

fn plain(facts: &Facts<'_>) -> Vec<Breach> {
    let of = |bucket: &Wanted<'_, Declared>| {
        let named = bucket.state.properties["BucketName"].as_str();
        let name: BTreeSet<&str> =
            [facts.id_of(bucket.address()), named].into_iter().flatten().collect();
        let policies = all(facts, s3_bucket_policy::NAME);
        policies
            .filter(|it| it.state.properties["Bucket"].as_str().is_some_and(|it| name.contains(it)))
            .flat_map(|it| denied_without_tls(&it.state.properties["PolicyDocument"]))
            .collect::<BTreeSet<_>>()
    };
    let open = buckets(facts).filter(|bucket| of(bucket).len() < 2);
    open.map(|it| at(it, "BucketName", "no policy of it denies what comes without TLS 1.2"))
        .collect()
}

/// Which of the two a policy denies to everybody: requests without TLS, and with an older version.
fn denied_without_tls(policy: &Value) -> BTreeSet<&'static str> {
    let Some(document) = document(policy) else { return BTreeSet::new() };
    let statements = statement::statements(&document);
    let of_all = statements.iter().filter(|it| {
        let everybody = it.aws.iter().any(|principal| principal == "*");
        !it.allows && everybody && OBJECTS.iter().all(|action| it.is_about(action))
    });
    let tests = of_all.filter_map(|it| match &it.conditions[..] {
        [only] => Some(only),
        _ => None,
    });
    tests
        .filter_map(|test| match (test.operator.as_str(), test.key.as_str()) {
            ("bool", "aws:securetransport") => {
                test.values.iter().any(|it| it == "false").then_some("plain")
            }
            ("numericlessthan", "s3:tlsversion") => {
                let enough = |it: &String| it.parse::<f64>().is_ok_and(|it| it >= 1.2);
                test.values.iter().any(enough).then_some("old")
            }
            _ => None,
        })
        .collect()
}

fn everybody(facts: &Facts<'_>) -> Vec<Breach> {
    let mut found = Vec::new();
    for policy in all(facts, s3_bucket_policy::NAME) {
        let Some(document) = document(&policy.state.properties["PolicyDocument"]) else { continue };
        for (statement, admission) in statement::admitted(&document, AttachedTo::Key) {
            if statement.allows && admission.identities == Who::Everybody {
                let why = statement::explained("allows everybody", &admission.untied);
                found.push(at(policy, &format!("PolicyDocument.{}", statement.field), &why));
            }
        }
    }
    found
}
