//! The content of a call: whole members, built from the live values and the changes.

use serde_json::json;

use crate::{
    kind::table::{LeafEdit, Tree, get},
    kinds::{
        sagemaker_domain::{
            APP_ACCESS, IDENTITY_CONFIG, RSTUDIO, RSTUDIO_ROLE, SUBNETS, UNIFIED_STUDIO,
        },
        studio::{
            aws::{after, changed, without_none},
            has,
        },
    },
};

/// Members and groups that are sent only when they change: AWS refuses them while apps run (the
/// identity configuration, RStudio) or writes them itself (Unified Studio), changed or not.
const ONLY_IF_CHANGED: [&str; 3] = [IDENTITY_CONFIG, RSTUDIO, UNIFIED_STUDIO];

/// The members that one `UpdateDomain` sends for these leaves.
pub(in crate::kinds::sagemaker_domain) fn members(have: &Tree, edits: &[LeafEdit]) -> Tree {
    let after = after(have, edits);
    let mut send = changed(have, edits, &ONLY_IF_CHANGED);
    // `SubnetIds` goes along with every update: unchanged it asks for nothing, and the guardrail
    // that AWS publishes (deny where `sagemaker:VpcSubnets` is null) refuses updates without it.
    let mut always = vec![SUBNETS];
    // AWS refuses `VpcOnly` without VPC and subnets in the same request. `AppNetworkAccessType`
    // itself is sent only when it changes; the port sends it unchanged if a guardrail requires it.
    if get(&send, APP_ACCESS) == "VpcOnly" {
        always.push("vpc");
    }
    for name in always.into_iter().filter(|name| has(&after, name)) {
        send.entry(name).or_insert_with(|| get(&after, name).clone());
    }
    send
}

/// Everything that a create sets: what the manifest says, and `VpcOnly` where it says nothing.
pub(super) fn creation(want: &Tree) -> Tree {
    let mut all = without_none(want);
    // AWS's own default is another network.
    all.entry(APP_ACCESS).or_insert_with(|| json!("VpcOnly"));
    // AWS requires the member even if nothing in it is managed.
    all.entry("defaultUserSettings").or_insert_with(|| json!({}));
    all
}

/// Whether the network may be repeated as it is: AWS refuses the type where RStudio is set up.
pub(super) fn repeats_network(have: &Tree) -> bool {
    get(have, APP_ACCESS) == "VpcOnly"
        && has(have, "vpc")
        && has(have, SUBNETS)
        && !has(have, RSTUDIO_ROLE)
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::kind::table::tree;

    fn state(value: Value) -> Tree {
        value.as_object().expect("members").clone()
    }

    #[test]
    fn a_create_sends_vpc_only_by_default() {
        assert_eq!(creation(&Tree::new())[APP_ACCESS], "VpcOnly");
        let public = state(json!({"appNetworkAccessType": "PublicInternetOnly"}));
        assert_eq!(creation(&public)[APP_ACCESS], "PublicInternetOnly");
        assert_eq!(creation(&state(json!({"appNetworkAccessType": null})))[APP_ACCESS], "VpcOnly");
    }

    #[test]
    fn a_create_leaves_out_what_is_none() {
        let want = state(json!({
            "kmsKey": null,
            "defaultUserSettings": {"sharingSettings": {"s3OutputPath": null}, "securityGroups": []},
            "domainSettings": {"dockerSettings": {"rootlessDocker": "ENABLED", "x": null}},
        }));
        let all = creation(&want);
        assert_eq!((all.get("kmsKey"), &all["defaultUserSettings"]), (None, &json!({})));
        let docker = json!({"dockerSettings": {"rootlessDocker": "ENABLED"}});
        assert_eq!(all["domainSettings"], docker);
    }

    #[test]
    fn the_network_is_repeated_only_if_it_is_vpc_only_and_without_rstudio() {
        let mut have = state(json!({"appNetworkAccessType": "VpcOnly", "vpc": "vpc-1"}));
        assert!(!repeats_network(&have));
        have.insert(SUBNETS.to_owned(), json!(["subnet-1"]));
        assert!(repeats_network(&have));
        tree::put(&mut have, RSTUDIO_ROLE, json!("arn:aws:iam::111122223333:role/r"));
        assert!(!repeats_network(&have));
    }
}
