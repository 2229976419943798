//! AWS::S3::Bucket.

use serde_json::{Map, Value, json};

use super::{
    bucket_shapes::{
        ACCELERATION, ACL, CONFIGURATIONS, CORS, ENCRYPTION, LIFECYCLE, LOCK, LOGGING, OWNERSHIP,
        PUBLIC, STATUS, SWITCH, WEBSITE,
    },
    parts::{column, invented, text},
};
use crate::simulator::{
    aspects::ASPECTS,
    cloud_control::{
        names::BUCKET,
        resource_type::{Type, Update},
        schema::{FLAG, FREE, Member, Model, Shape, TAGS, TEXT, may},
        site::{Failure, Site},
    },
    service::partition,
};

static NAMESPACE: Shape = Shape::OneOf(&["global", "account-regional"]);
static NAME: Shape = Shape::Text(3, 63);

static MEMBERS: &[Member] = &[
    may("AbacStatus", &SWITCH),
    may("AccelerateConfiguration", &ACCELERATION),
    may("AccessControl", &ACL),
    may("AnalyticsConfigurations", &CONFIGURATIONS),
    may("Arn", &TEXT),
    may("BucketEncryption", &ENCRYPTION),
    may("BucketName", &NAME),
    may("BucketNamePrefix", &TEXT),
    may("BucketNamespace", &NAMESPACE),
    may("CorsConfiguration", &CORS),
    may("DomainName", &TEXT),
    may("DualStackDomainName", &TEXT),
    may("IntelligentTieringConfigurations", &CONFIGURATIONS),
    may("InventoryConfigurations", &CONFIGURATIONS),
    may("LifecycleConfiguration", &LIFECYCLE),
    may("LoggingConfiguration", &LOGGING),
    may("MetadataConfiguration", &FREE),
    may("MetadataTableConfiguration", &FREE),
    may("MetricsConfigurations", &CONFIGURATIONS),
    may("NotificationConfiguration", &FREE),
    may("ObjectLockConfiguration", &LOCK),
    may("ObjectLockEnabled", &FLAG),
    may("OwnershipControls", &OWNERSHIP),
    may("PublicAccessBlockConfiguration", &PUBLIC),
    may("RegionalDomainName", &TEXT),
    may("ReplicationConfiguration", &FREE),
    may("Tags", &TAGS),
    may("VersioningConfiguration", &STATUS),
    may("WebsiteConfiguration", &WEBSITE),
    may("WebsiteURL", &TEXT),
];

pub(super) static TYPE: Type = Type {
    name: BUCKET,
    members: MEMBERS,
    identifier: "BucketName",
    listed_in: None,
    read_only: &["Arn", "DomainName", "DualStackDomainName", "RegionalDomainName", "WebsiteURL"],
    create_only: &["BucketName", "BucketNamePrefix", "BucketNamespace"],
    write_only: &[
        "AccessControl",
        "BucketNamePrefix",
        "BucketNamespace",
        "LifecycleConfiguration/Rules/*/ExpiredObjectDeleteMarker",
        "LifecycleConfiguration/Rules/*/NoncurrentVersionExpirationInDays",
        "LifecycleConfiguration/Rules/*/NoncurrentVersionTransition",
        "LifecycleConfiguration/Rules/*/Transition",
        "ReplicationConfiguration/Rules/*/Prefix",
    ],
    rules: |_| Ok(()),
    named: |model| text(model, "BucketName").map(str::to_owned),
    create,
    read,
    update,
    delete,
    list,
};

/// Of a name that is taken, S3 says so to everybody but its owner, to whom the handler does.
fn create(site: &mut Site<'_, '_>, model: &Model) -> Result<String, Failure> {
    let name = match text(model, "BucketName") {
        Some(name) => name.to_owned(),
        None => invented(site, text(model, "BucketNamePrefix").unwrap_or("stack-bucket")),
    };
    site.ask("s3", "CreateBucket", &json!({"Bucket": name}))?;
    // The claim comes before everything else, and versioning before what needs it.
    let first = ["Tags", "OwnershipControls", "PublicAccessBlockConfiguration"];
    let early = first.into_iter().chain(["VersioningConfiguration"]);
    let given = |property: &str| model.contains_key(property);
    let rest = ASPECTS.iter().map(|aspect| aspect.property).filter(|it| !early_has(it));
    let all: Vec<&str> = early.chain(rest).filter(|it| given(it)).collect();
    for property in all {
        set(site, &name, property, model)?;
    }
    Ok(name)
}

fn early_has(property: &str) -> bool {
    ["Tags", "OwnershipControls", "PublicAccessBlockConfiguration", "VersioningConfiguration"]
        .contains(&property)
}

/// Makes one aspect of a bucket that of the model; what the model does not have is removed, or
/// turned off where it cannot be removed.
fn set(site: &mut Site<'_, '_>, name: &str, property: &str, model: &Model) -> Result<(), Failure> {
    let Some(aspect) = ASPECTS.iter().find(|aspect| aspect.property == property) else {
        return Ok(());
    };
    let [_, put, delete] = aspect.calls;
    let off = match property {
        "VersioningConfiguration" => Some(json!({"Status": "Suspended"})),
        "AccelerateConfiguration" => Some(json!({"AccelerationStatus": "Suspended"})),
        "AbacStatus" => Some("Disabled".into()),
        _ => None,
    };
    match model.get(property).cloned().or(off) {
        Some(value) => site.ask("s3", put, &json!({"Bucket": name, property: value}))?,
        // Object lock stays, and an ACL that nobody names again is not changed.
        None if delete.is_empty() => return Ok(()),
        None => site.ask("s3", delete, &json!({"Bucket": name}))?,
    };
    Ok(())
}

fn read(site: &mut Site<'_, '_>, id: &str) -> Result<Model, Failure> {
    let mut model = Map::new();
    for aspect in ASPECTS {
        let answer = site.ask("s3", aspect.calls[0], &json!({"Bucket": id}))?;
        if let Some(value) = answer.get(aspect.property) {
            model.insert(aspect.property.to_owned(), value.clone());
        }
    }
    if let Some(lifecycle) = model.get_mut("LifecycleConfiguration") {
        modernize(lifecycle);
    }
    let region = site.caller.region.clone();
    let domain = if partition(&region) == "aws-cn" { "amazonaws.com.cn" } else { "amazonaws.com" };
    for (property, value) in [
        ("BucketName", id.to_owned()),
        ("Arn", format!("arn:{}:{}:::{id}", partition(&region), "s3")),
        ("DomainName", format!("{id}.s3.{domain}")),
        ("DualStackDomainName", format!("{id}.s3.dualstack.{region}.{domain}")),
        ("RegionalDomainName", format!("{id}.s3.{region}.{domain}")),
        ("WebsiteURL", format!("http://{id}.s3-website-{region}.{domain}")),
    ] {
        model.insert(property.to_owned(), value.into());
    }
    Ok(model)
}

/// What was given in an old spelling is read in the new one.
fn modernize(lifecycle: &mut Value) {
    for rule in lifecycle["Rules"].as_array_mut().into_iter().flatten() {
        let Value::Object(rule) = rule else { continue };
        for (old, new) in [
            ("Transition", "Transitions"),
            ("NoncurrentVersionTransition", "NoncurrentVersionTransitions"),
        ] {
            if let Some(one) = rule.remove(old) {
                rule.insert(new.to_owned(), json!([one]));
            }
        }
        if let Some(days) = rule.remove("NoncurrentVersionExpirationInDays") {
            let expiration = json!({"NoncurrentDays": days});
            rule.insert("NoncurrentVersionExpiration".to_owned(), expiration);
        }
    }
}

fn update(site: &mut Site<'_, '_>, update: &Update<'_>) -> Result<(), Failure> {
    for property in update.changed {
        set(site, update.id, property, update.new)?;
    }
    Ok(())
}

fn delete(site: &mut Site<'_, '_>, id: &str) -> Result<(), Failure> {
    site.ask("s3", "DeleteBucket", &json!({"Bucket": id}))?;
    Ok(())
}

/// S3 lists the buckets of all Regions.
fn list(site: &mut Site<'_, '_>) -> Result<Vec<String>, Failure> {
    let answer = site.ask("s3", "ListBuckets", &json!({}))?;
    Ok(column(&answer, "Buckets", "Name"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_aspect_is_a_property() {
        for aspect in ASPECTS {
            assert!(MEMBERS.iter().any(|it| it.name == aspect.property), "{}", aspect.property);
        }
    }
}
