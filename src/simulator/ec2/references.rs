//! `DescribeSecurityGroupReferences`: the VPCs at the far side of a peering that refer to a group.

use super::state::{Call, State};
use crate::simulator::{query::missing, service::Answer};
use serde_json::{Value, json};

pub(super) fn describe(state: &mut State, call: &mut Call<'_, '_>) -> Answer {
    let ids = call.input.texts("GroupId");
    if ids.is_empty() {
        return Err(missing("GroupId"));
    }
    let mut references: Vec<Value> = Vec::new();
    for id in ids {
        state.group(id)?;
        let named = call.far.named_by.iter().filter(|(group, _, _)| group == id);
        references.extend(named.map(|(group, vpc, peering)| {
            json!({
                "groupId": group,
                "referencingVpcId": vpc,
                "vpcPeeringConnectionId": peering,
            })
        }));
    }
    Ok(json!({"securityGroupReferenceSet": references}))
}
