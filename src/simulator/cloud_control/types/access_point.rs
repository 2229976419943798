//! AWS::S3::AccessPoint, of a bucket of the same account.

use serde_json::{Value, json};

use super::{
    kept::{self, Calls, Kept, arn, refused},
    parts::{document, text},
};
use crate::simulator::cloud_control::{
    names::ACCESS_POINT,
    resource_type::{Type, Update},
    schema::{FLAG, Member, Model, Shape, TAGS, TEXT, may, must},
    site::{Failure, Site},
};

const FLAGS: [&str; 4] =
    ["BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"];
static BLOCK: Shape = Shape::Object(&[
    may(FLAGS[0], &FLAG),
    may(FLAGS[1], &FLAG),
    may(FLAGS[2], &FLAG),
    may(FLAGS[3], &FLAG),
]);
static VPC: Shape = Shape::Object(&[may("VpcId", &Shape::Text(1, 1024))]);

static MEMBERS: &[Member] = &[
    may("Alias", &TEXT),
    may("Arn", &TEXT),
    must("Bucket", &Shape::Text(3, 255)),
    may("BucketAccountId", &Shape::Text(12, 12)),
    may("Name", &Shape::Text(3, 50)),
    may("NetworkOrigin", &TEXT),
    may("Policy", &Shape::Document),
    may("PublicAccessBlockConfiguration", &BLOCK),
    may("Tags", &TAGS),
    may("VpcConfiguration", &VPC),
];

/// The longest policy (S3 user guide, restrictions of access points).
const MOST: usize = 20_480;

pub(super) static TYPE: Type = Type {
    name: ACCESS_POINT,
    listed_in: None,
    members: MEMBERS,
    identifier: "Name",
    read_only: &["Alias", "Arn", "NetworkOrigin"],
    create_only: &["Bucket", "BucketAccountId", "Name", "VpcConfiguration"],
    write_only: &[],
    rules,
    named: |model| text(model, "Name").map(str::to_owned),
    create,
    read,
    update,
    delete,
    list,
};

static KEPT: Kept = Kept {
    names: |site, model| {
        let name = text(model, "Name").unwrap_or_default().to_owned();
        let arn = arn(site, "s3", &format!("accesspoint/{name}"));
        (name, arn)
    },
    admit,
    fill: |site, model, own| {
        let name = own.rsplit('/').next().unwrap_or_default().to_owned();
        let origin = if model.contains_key("VpcConfiguration") { "VPC" } else { "Internet" };
        let account = site.caller.account.clone();
        model.insert("Arn".to_owned(), own.into());
        model.insert("NetworkOrigin".to_owned(), origin.into());
        model.insert("Alias".to_owned(), format!("{name}-s3alias").into());
        model.entry("BucketAccountId").or_insert_with(|| account.into());
        let block = model.entry("PublicAccessBlockConfiguration").or_insert_with(|| json!({}));
        if let Value::Object(block) = block {
            for flag in FLAGS {
                block.entry(flag).or_insert(true.into());
            }
        }
    },
    stays: |_, _| None,
    calls: Calls {
        create: &["s3:CreateAccessPoint+", "s3:TagResource+"],
        read: &["s3:GetAccessPoint*", "s3:GetAccessPointPolicy", "s3:ListTagsForResource"],
        change: &[
            ("Policy", "s3:PutAccessPointPolicy"),
            ("PublicAccessBlockConfiguration", "s3:PutAccessPointPublicAccessBlock*"),
        ],
        delete: &["s3:DeleteAccessPoint", "s3:DeleteAccessPointPolicy"],
        tag: "s3:TagResource",
        untag: "s3:UntagResource",
    },
    passes_to: "",
};

kept::handlers!(KEPT);

/// S3 user guide, naming of access points.
fn rules(model: &Model) -> Result<(), String> {
    let name = text(model, "Name").unwrap_or("aaa");
    let legal = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let taken = name.ends_with("-s3alias") || name.starts_with("xn--");
    if taken || !name.chars().all(legal) || name.starts_with('-') || name.ends_with('-') {
        return Err("#/Name: string does not match the pattern".to_owned());
    }
    Ok(())
}

fn admit(site: &mut Site<'_, '_>, old: Option<&Model>, new: &Model) -> Result<(), Failure> {
    let bucket = text(new, "Bucket").unwrap_or_default();
    let answer = site.peek("s3", "GetBucketPolicy", &json!({"Bucket": bucket}));
    if old.is_none() && answer.is_err_and(|error| error.code == "NoSuchBucket") {
        return refused(format!("{bucket} does not exist (InvalidRequest)"));
    }
    if old.is_none() && text(new, "Name").is_none() {
        return refused("Names are not invented here");
    }
    let Some(policy) = new.get("Policy").map(document) else { return Ok(()) };
    let all: Value = serde_json::from_str(&policy).unwrap_or_default();
    let statements = all["Statement"].as_array().cloned().unwrap_or_default();
    let name = format!("accesspoint/{}", text(new, "Name").unwrap_or_default());
    let own = |it: &Value| it["Resource"].to_string().contains(&name);
    if policy.len() > MOST || statements.is_empty() || !statements.iter().all(own) {
        return refused("Policy has invalid resource (MalformedPolicy)");
    }
    let blocks =
        new.get("PublicAccessBlockConfiguration").map(|it| it["BlockPublicPolicy"] != false);
    let opens = |it: &Value| {
        let everybody = it["Principal"] == "*" || it["Principal"]["AWS"] == "*";
        it["Effect"] == "Allow" && everybody && it["Condition"].is_null()
    };
    if blocks.unwrap_or(true) && statements.iter().any(opens) {
        let message = "public policies are blocked by BlockPublicPolicy (AccessDenied)";
        return Err(Failure::new("AccessDenied", message));
    }
    Ok(())
}
