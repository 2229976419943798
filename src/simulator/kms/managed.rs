//! AWS managed keys: the predefined aliases are listed from the start, and the keys are created at
//! first use.

use std::collections::BTreeMap;

use serde_json::json;

use super::{
    key::{Alias, Key, KeyState, Rotation},
    policy,
    store::{Request, Store},
};
use crate::simulator::{
    json::Lagged,
    service::{ApiError, partition},
};

/// The predefined aliases that are listed in every account and region, used or not.
pub(super) const PREDEFINED: &[&str] = &[
    "alias/aws/acm",
    "alias/aws/dynamodb",
    "alias/aws/ebs",
    "alias/aws/elasticfilesystem",
    "alias/aws/es",
    "alias/aws/glue",
    "alias/aws/kinesis",
    "alias/aws/lambda",
    "alias/aws/rds",
    "alias/aws/redshift",
    "alias/aws/s3",
    "alias/aws/secretsmanager",
    "alias/aws/sns",
    "alias/aws/sqs",
    "alias/aws/ssm",
    "alias/aws/xray",
];

/// DescribeKey on a predefined alias without a key creates the key (DescribeKey in the KMS API
/// reference).
///
/// The key appears in all versions of the state that others may still read, because no write of a
/// caller created it.
pub(super) fn create_on_first_use(
    store: &mut Lagged<Store>,
    request: &mut Request<'_, '_>,
) -> Result<(), ApiError> {
    let text = request.name("KeyId", 2048)?;
    let own = request.arn("");
    let alias = text.strip_prefix(&own).unwrap_or(text).to_owned();
    if !PREDEFINED.contains(&alias.as_str()) || store.now().aliases.contains_key(&alias) {
        return Ok(());
    }
    let key = managed_key(&alias, request);
    let (now, elapsed) = (request.context.now, request.context.elapsed);
    store.settle(elapsed, |state| {
        let entry = Alias { target: key.id.clone(), created: now, updated: now };
        state.aliases.insert(alias.clone(), entry);
        state.keys.insert(key.id.clone(), key.clone());
    });
    Ok(())
}

fn managed_key(alias: &str, request: &mut Request<'_, '_>) -> Key {
    let service = alias.trim_start_matches("alias/aws/");
    let region = request.caller.region.clone();
    let id = request.context.ids.uuid();
    let root = format!("arn:{}:iam::{}:root", partition(&region), request.caller.account);
    let document = json!({
        "Version": "2012-10-17",
        "Id": format!("auto-{service}-2"),
        "Statement": [{
            "Sid": "Allow direct access to key metadata to the account",
            "Effect": "Allow",
            "Principal": { "AWS": root },
            "Action": ["kms:Describe*", "kms:Get*", "kms:List*", "kms:RevokeGrant"],
            "Resource": "*",
        }],
    });
    Key {
        arn: request.arn(&format!("key/{id}")),
        id,
        account: request.caller.account.clone(),
        region,
        created: request.context.now,
        description: format!(
            "Default key that protects my {service} data when no other key is defined"
        ),
        spec: "SYMMETRIC_DEFAULT".to_owned(),
        usage: "ENCRYPT_DECRYPT".to_owned(),
        origin: "AWS_KMS".to_owned(),
        family: None,
        aws_managed: true,
        state: KeyState::Enabled,
        material_until: None,
        policy: policy::print(&document),
        tags: BTreeMap::default(),
        rotation: Some(Rotation { period_days: 365, since: request.context.now }),
        on_demand: Vec::new(),
        grants: BTreeMap::default(),
    }
}
