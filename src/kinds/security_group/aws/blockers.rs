//! What prevents a group from being deleted.

use aws_sdk_ec2::Client;

use super::{read, wire};
use crate::{kind::CloudError, model::claim::OWNER_TAG};

pub(super) use super::read::interfaces;

/// The groups whose rules name a group, except the group itself and groups of the owner `spared`.
pub(super) async fn referrers(
    ec2: &Client,
    group: &str,
    spared: Option<&str>,
) -> Result<Vec<String>, CloudError> {
    let mut names = Vec::new();
    for (filter, direction) in
        [("ip-permission.group-id", "ingress"), ("egress.ip-permission.group-id", "egress")]
    {
        for other in read::groups(ec2, &[(filter, group)]).await? {
            let id = other.group_id().unwrap_or_default();
            let tags = wire::tags(other.tags());
            let is_spared = spared.is_some() && tags.get(OWNER_TAG).map(String::as_str) == spared;
            if id != group && !is_spared {
                let name = other.group_name().unwrap_or_default();
                names.push(format!("{id} {name:?} names it in an {direction} rule"));
            }
        }
    }
    Ok(names)
}
