//! `DescribeSecurityGroupReferences`: which VPCs at the far side of a peering refer to a group.

use super::super::query::missing;
use super::super::service::Answer;
use super::{Call, State};
use serde_json::json;

/// There are no peerings and no transit gateways here, so nothing refers to a group from another VPC; the groups have to exist.
pub(super) fn describe(state: &mut State, call: &mut Call<'_, '_>) -> Answer {
    let ids = call.input.texts("GroupId");
    if ids.is_empty() {
        return Err(missing("GroupId"));
    }
    for id in ids {
        state.group(id)?;
    }
    Ok(json!({"securityGroupReferenceSet": []}))
}
