//! Permissions of Organizations: calls are authorized for the policies, roots, units and accounts
//! that they name.

use super::tree::Organization;
use crate::simulator::iam::{Call, Need};

const POLICY_TYPE: &str = "organizations:PolicyType";

pub(super) fn needs(state: &Organization, call: &Call<'_>) -> Vec<Need> {
    let set = call.tags("Tags", "Key", "Value");
    let named = [
        "PolicyId",
        "TargetId",
        "ResourceId",
        "ParentId",
        "RootId",
        "AccountId",
        "ChildId",
        "SourceParentId",
        "DestinationParentId",
        "OrganizationalUnitId",
    ];
    let mut needs: Vec<Need> =
        named.iter().filter_map(|member| resource(call, call.text(member))).collect();
    if needs.is_empty() {
        needs.push(call.need("*"));
    }
    let asked = ["Type", "Filter", "PolicyType"].map(|member| call.text(member));
    let asked = asked.into_iter().find(|text| !text.is_empty());
    // AttachPolicy and DetachPolicy do not carry the type, so it is looked up.
    let of_policy =
        state.policies.get(call.text("PolicyId")).map(|policy| policy.policy_type.as_str());
    let policy_type = asked.or(of_policy).map(str::to_owned);
    let keys = call.texts("TagKeys");
    let mut needs: Vec<Need> = needs
        .into_iter()
        .map(|need| match &policy_type {
            Some(policy_type) => need.with(POLICY_TYPE, policy_type),
            None => need,
        })
        .map(|need| if set.is_empty() { need.names(&keys) } else { need.sets(&set) })
        .collect();
    if call.operation == "CreatePolicy" && !set.is_empty() {
        // The new policy has no id yet.
        let kind = call.text("Type").to_ascii_lowercase();
        let new =
            format!("arn:aws:organizations::{}:policy/{}/{kind}/*", state.management, state.id);
        needs.push(call.other("organizations:TagResource", &new).sets(&set));
    }
    if call.operation == "CreateOrganizationalUnit" && !set.is_empty() {
        let new = format!("arn:aws:organizations::{}:ou/{}/*", state.management, state.id);
        needs.push(call.other("organizations:TagResource", &new).sets(&set));
    }
    needs
}

/// The permission for the resource with this id, if it exists.
fn resource(call: &Call<'_>, id: &str) -> Option<Need> {
    let (arn, tags) = call.find(call.service, id)?;
    Some(call.need(&arn).of(&tags))
}
