//! The buckets of all accounts: their names are unique among all of them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::{
    bucket::{Bucket, check_name, check_policy, default_encryption, refused},
    changes,
};
use crate::simulator::{
    api::{Named, Place},
    aspects::{ASPECTS, Aspect},
    iam::{Call, Need},
    service::{Answer, ApiError, Caller, Context, partition},
    truth::{Thing, Truth},
};

/// Tags of a bucket (S3 user guide).
const MAX_TAGS: usize = 50;

/// Buckets by name.
#[derive(Debug, Clone, Default)]
pub(super) struct Buckets(BTreeMap<String, Bucket>);

/// The operations that are about no aspect, with the action that each needs.
const OTHERS: &[(&str, &str)] = &[
    ("CreateBucket", "s3:CreateBucket"),
    ("DeleteBucket", "s3:DeleteBucket"),
    ("DeleteBucketPolicy", "s3:DeleteBucketPolicy"),
    ("DeleteObject", "s3:DeleteObject"),
    ("GetBucketPolicy", "s3:GetBucketPolicy"),
    ("HeadBucket", "s3:ListBucket"),
    ("PutBucketPolicy", "s3:PutBucketPolicy"),
    ("PutObject", "s3:PutObject"),
];

/// The aspect of an operation, and which of its calls it is.
fn aspect(operation: &str) -> Option<(&'static Aspect, usize)> {
    ASPECTS.iter().find_map(|aspect| {
        let which = aspect.calls.iter().position(|call| *call == operation)?;
        Some((aspect, which))
    })
}

impl Buckets {
    /// Answers an operation on buckets; `None` for others. The operations on the public access
    /// block of an account have the names of those on a bucket's.
    pub(super) fn call(
        &mut self,
        caller: &Caller,
        operation: &str,
        input: &Value,
        context: &mut Context<'_>,
    ) -> Option<Answer> {
        if operation == "ListBuckets" {
            return Some(Ok(self.list(caller)));
        }
        let name = input["Bucket"].as_str()?;
        if operation == "CreateBucket" {
            return Some(self.create(caller, name, context));
        }
        if let Some((aspect, which)) = aspect(operation) {
            return Some(match (which, input.get(aspect.property)) {
                (0, _) => self.read(caller, name, aspect),
                (1, Some(value)) => self.set(caller, name, aspect, value),
                _ => self.remove(caller, name, aspect),
            });
        }
        let known = OTHERS.iter().any(|(other, _)| *other == operation);
        known.then(|| self.other(caller, operation, name, input))
    }

    pub(super) fn tag(&mut self, name: &str, key: &str, value: &str) {
        if let Some(bucket) = self.0.get_mut(name) {
            bucket.tags.insert(key.to_owned(), value.to_owned());
        }
    }

    fn create(&mut self, caller: &Caller, name: &str, context: &Context<'_>) -> Answer {
        check_name(name)?;
        if let Some(bucket) = self.0.get(name) {
            let (code, message) = if bucket.account == caller.account {
                ("BucketAlreadyOwnedByYou", "You already own the bucket with this name.")
            } else {
                ("BucketAlreadyExists", "The requested bucket name is not available.")
            };
            return Err(refused(code, message).status(409));
        }
        let bucket = Bucket::new(&caller.account, &caller.region, context.now);
        self.0.insert(name.to_owned(), bucket);
        Ok(json!({"Location": format!("/{name}")}))
    }

    fn list(&self, caller: &Caller) -> Value {
        let own = self.0.iter().filter(|(_, bucket)| bucket.account == caller.account);
        let shown = |(name, bucket): (&String, &Bucket)| {
            let region = &bucket.region;
            json!({"Name": name, "BucketRegion": region, "CreationDate": bucket.created})
        };
        json!({"Buckets": own.map(shown).collect::<Vec<_>>()})
    }

    /// A bucket of the caller, which is reached in its own Region only.
    fn own(&mut self, caller: &Caller, name: &str) -> Result<&mut Bucket, ApiError> {
        let missing = || refused("NoSuchBucket", "The specified bucket does not exist").status(404);
        let bucket = self.0.get_mut(name).ok_or_else(missing)?;
        if bucket.account != caller.account {
            return Err(refused("AccessDenied", "Access Denied").status(403));
        }
        if bucket.region != caller.region {
            let message = "The bucket you are attempting to access must be addressed using the \
                           specified endpoint.";
            return Err(refused("PermanentRedirect", message).status(301));
        }
        Ok(bucket)
    }

    fn read(&mut self, caller: &Caller, name: &str, aspect: &Aspect) -> Answer {
        let bucket = self.own(caller, name)?;
        let value = match aspect.property {
            "Tags" if bucket.tags.is_empty() => None,
            "Tags" => {
                let tags = bucket.tags.iter();
                Some(tags.map(|(key, value)| json!({"Key": key, "Value": value})).collect())
            }
            property => bucket.aspects.get(property).cloned(),
        };
        let mut answer = Map::new();
        answer.extend(value.map(|value| (aspect.property.to_owned(), value)));
        Ok(Value::Object(answer))
    }

    fn set(&mut self, caller: &Caller, name: &str, aspect: &Aspect, value: &Value) -> Answer {
        let names: BTreeSet<String> = self.0.keys().cloned().collect();
        let bucket = self.own(caller, name)?;
        if aspect.property == "Tags" {
            bucket.tags = tags(value, &bucket.tags)?;
            return Ok(Value::Null);
        }
        changes::check(aspect.property, value, name, bucket, |it| names.contains(it))?;
        bucket.aspects.insert(aspect.property.to_owned(), completed(aspect.property, value));
        Ok(Value::Null)
    }

    /// What cannot be removed has another value for "off".
    fn remove(&mut self, caller: &Caller, name: &str, aspect: &Aspect) -> Answer {
        let bucket = self.own(caller, name)?;
        let off = match aspect.property {
            "Tags" => {
                bucket.tags.retain(|key, _| key.starts_with("aws:"));
                return Ok(Value::Null);
            }
            "BucketEncryption" => Some(default_encryption()),
            _ => None,
        };
        match off {
            Some(value) => bucket.aspects.insert(aspect.property.to_owned(), value),
            None => bucket.aspects.remove(aspect.property),
        };
        Ok(Value::Null)
    }

    fn other(&mut self, caller: &Caller, operation: &str, name: &str, input: &Value) -> Answer {
        let bucket = self.own(caller, name)?;
        match operation {
            "DeleteBucket" => {
                if !bucket.objects.is_empty() {
                    let message = "The bucket you tried to delete is not empty";
                    return Err(refused("BucketNotEmpty", message).status(409));
                }
                self.0.remove(name);
            }
            "GetBucketPolicy" => {
                let missing = || refused("NoSuchBucketPolicy", "The bucket policy does not exist");
                let policy = bucket.policy.as_ref().ok_or_else(|| missing().status(404))?;
                return Ok(json!({"Policy": policy.to_string()}));
            }
            "PutBucketPolicy" => {
                let text = input["Policy"].as_str().unwrap_or_default();
                bucket.policy = Some(check_policy(name, bucket, text)?);
            }
            "DeleteBucketPolicy" => bucket.policy = None,
            "PutObject" => {
                bucket.objects.insert(input["Key"].as_str().unwrap_or_default().to_owned());
            }
            "DeleteObject" => {
                bucket.objects.remove(input["Key"].as_str().unwrap_or_default());
            }
            _ => {}
        }
        Ok(Value::Null)
    }

    /// The policy of a bucket is a resource of its own, which has no tags.
    pub(super) fn add_truth(&self, truth: &mut Truth) {
        for (name, bucket) in &self.0 {
            let account = &bucket.account;
            let mut add = |kind: &'static str, tags, facts| {
                let thing = Thing { kind, account: account.clone(), tags, facts };
                truth.things.insert(format!("{kind}/{account}/{name}"), thing);
            };
            add(crate::kinds::cloud_control::s3_bucket::NAME, bucket.tags.clone(), bucket.facts());
            if let Some(policy) = &bucket.policy {
                let facts = [format!("policy {policy}")].into();
                add(crate::kinds::cloud_control::s3_bucket_policy::NAME, BTreeMap::new(), facts);
            }
        }
    }

    pub(super) fn find(&self, account: &str, name: &str) -> Option<Named> {
        let name = name.rsplit(":::").next()?;
        let bucket = self.0.get(name).filter(|bucket| bucket.account == account)?;
        Some((arn(&bucket.region, name), bucket.tags.clone()))
    }

    /// Buckets are found by tags in their own Region.
    pub(super) fn tagged(&self, (account, region): Place<'_>) -> Vec<Named> {
        let here = self.0.iter().filter(|(_, it)| it.account == account && it.region == region);
        let tagged = here.filter(|(_, bucket)| !bucket.tags.is_empty());
        tagged.map(|(name, bucket)| (arn(region, name), bucket.tags.clone())).collect()
    }

    /// The permission of an operation on a bucket, on the bucket; `None` for other operations.
    pub(super) fn needs(&self, call: &Call<'_>) -> Option<Vec<Need>> {
        if call.operation == "ListBuckets" {
            return Some(vec![call.other("s3:ListAllMyBuckets", "*")]);
        }
        let name = call.input["Bucket"].as_str()?;
        let action = match aspect(call.operation) {
            Some((aspect, 0)) => aspect.actions[0],
            Some((aspect, _)) => aspect.actions[1],
            None => OTHERS.iter().find(|(other, _)| *other == call.operation)?.1,
        };
        let mut arn = arn(&call.caller.region, name);
        if action.ends_with("Object") {
            arn = format!("{arn}/{}", call.text("Key"));
        }
        let has = self.0.get(name).map(|bucket| bucket.tags.clone()).unwrap_or_default();
        let set = call.tags("Tags", "Key", "Value");
        Some(vec![call.other(action, &arn).of(&has).sets(&set)])
    }
}

fn arn(region: &str, name: &str) -> String {
    format!("arn:{}:s3:::{name}", partition(region))
}

/// What S3 adds to what was given.
fn completed(property: &str, value: &Value) -> Value {
    let mut value = value.clone();
    match property {
        // What is not in it is off.
        "PublicAccessBlockConfiguration" => {
            for member in [
                "BlockPublicAcls",
                "BlockPublicPolicy",
                "IgnorePublicAcls",
                "RestrictPublicBuckets",
            ] {
                if value.get(member).is_none() {
                    value[member] = false.into();
                }
            }
        }
        "BucketEncryption" => {
            let default = default_encryption();
            let default = &default["ServerSideEncryptionConfiguration"][0];
            for rule in
                value["ServerSideEncryptionConfiguration"].as_array_mut().into_iter().flatten()
            {
                for member in ["BucketKeyEnabled", "BlockedEncryptionTypes"] {
                    if rule.get(member).is_none() {
                        rule[member] = default[member].clone();
                    }
                }
            }
        }
        "LifecycleConfiguration" => {
            for (number, rule) in value["Rules"].as_array_mut().into_iter().flatten().enumerate() {
                if rule.get("Id").is_none() {
                    rule["Id"] = format!("rule-{number}").into();
                }
            }
        }
        _ => {}
    }
    value
}

/// The whole list of tags; those of AWS itself stay, and cannot be set.
fn tags(
    value: &Value,
    old: &BTreeMap<String, String>,
) -> Result<BTreeMap<String, String>, ApiError> {
    let mut tags: BTreeMap<String, String> = old.clone();
    tags.retain(|key, _| key.starts_with("aws:"));
    for tag in value.as_array().into_iter().flatten() {
        let key = tag["Key"].as_str().unwrap_or_default();
        let value = tag["Value"].as_str().unwrap_or_default();
        if key.to_lowercase().starts_with("aws:") {
            let message = "System tags cannot be added/updated by requester";
            return Err(refused("InvalidTag", message));
        }
        let long = key.chars().count() > 128 || value.chars().count() > 256;
        let twice = tags.insert(key.to_owned(), value.to_owned()).is_some();
        if key.is_empty() || long || twice {
            return Err(refused("InvalidTag", "The tag provided was not a valid tag"));
        }
    }
    if tags.len() > MAX_TAGS {
        return Err(refused("BadRequest", "Object tags cannot be greater than 50"));
    }
    Ok(tags)
}
