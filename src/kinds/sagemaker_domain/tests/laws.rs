//! What must hold for every wanted and every live state.

use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::state;
use crate::{
    kind::Kind as _,
    kinds::sagemaker_domain::{Change, SageMakerDomain, State, tree},
};

/// Leaves with values that AWS could tell. Not every combination makes sense, which the laws do not
/// need.
fn leaves() -> Vec<(&'static str, Vec<Value>)> {
    let lists = [json!(["a"]), json!(["a", "b"]), json!(["b", "c"]), json!([])];
    let subnets = |range: std::ops::Range<u8>| -> Value {
        range.map(|n| json!(format!("subnet-{n}"))).collect()
    };
    let words = [json!("ENABLED"), json!("DISABLED")];
    vec![
        ("domainName", vec![json!("a"), json!("b")]),
        ("authMode", vec![json!("SSO"), json!("IAM")]),
        ("vpc", vec![json!("vpc-1"), json!("vpc-2")]),
        ("subnets", vec![subnets(0..2), subnets(1..4), subnets(2..16), subnets(8..24)]),
        ("appNetworkAccessType", vec![json!("VpcOnly"), json!("PublicInternetOnly")]),
        ("appSecurityGroupManagement", vec![json!("Service"), json!("Customer")]),
        ("kmsKey", vec![json!("arn:k"), json!("alias/k"), json!("alias/l")]),
        ("tagPropagation", words.to_vec()),
        ("homeEfsFileSystemCreation", vec![json!("Enabled"), json!("Disabled")]),
        ("defaultUserSettings.executionRole", vec![json!("r"), json!("s")]),
        ("defaultUserSettings.securityGroups", lists.to_vec()),
        ("defaultUserSettings.studioWebPortal", words.to_vec()),
        ("defaultUserSettings.jupyterServerAppSettings.lifecycleConfigArns", lists.to_vec()),
        (
            "defaultUserSettings.jupyterServerAppSettings.defaultResourceSpec.sageMakerImageArn",
            vec![json!("i"), json!("j")],
        ),
        (
            "defaultUserSettings.jupyterServerAppSettings.defaultResourceSpec.lifecycleConfigArn",
            vec![json!("l"), json!("m")],
        ),
        (
            "defaultUserSettings.codeEditorAppSettings.customImages",
            vec![
                json!([{"imageName": "a"}, {"imageName": "b", "imageVersionNumber": 1}]),
                json!([{"imageName": "a", "imageVersionNumber": 2}, {"imageName": "b"}]),
                json!([]),
            ],
        ),
        ("defaultSpaceSettings.securityGroups", lists.to_vec()),
        ("domainSettings.securityGroupIds", lists.to_vec()),
        (
            "domainSettings.executionRoleIdentityConfig",
            vec![json!("DISABLED"), json!("USER_PROFILE_NAME")],
        ),
        (
            "domainSettings.rStudioServerProDomainSettings.domainExecutionRoleArn",
            vec![json!("r"), json!("s")],
        ),
        ("domainSettings.dockerSettings.enableDockerAccess", words.to_vec()),
        ("domainSettings.dockerSettings.vpcOnlyTrustedAccounts", lists.to_vec()),
        ("domainSettings.unifiedStudioSettings.domainId", vec![json!("d")]),
    ]
}

/// For each leaf: left out, none (only if `wanted`), or one of its values.
fn domain(wanted: bool) -> impl Strategy<Value = State> {
    let choices: Vec<_> = leaves()
        .into_iter()
        .map(|(path, values)| {
            let mut choices = vec![None];
            choices.extend(values.into_iter().map(Some));
            if wanted && tree::member(path) != path {
                choices.push(Some(Value::Null));
            }
            proptest::sample::select(choices).prop_map(move |choice| (path, choice))
        })
        .collect();
    choices.prop_map(|leaves| {
        let mut members = json!({});
        for (path, value) in leaves.into_iter().filter_map(|(path, value)| Some((path, value?))) {
            match path.rsplit_once('.') {
                // `put` takes null for removal; a wanted none is written by hand.
                Some((group, key)) if value.is_null() => {
                    let mut whole = tree::get(&members, group).cloned().unwrap_or(json!({}));
                    whole[key] = Value::Null;
                    tree::put(&mut members, group, whole);
                }
                _ => tree::put(&mut members, path, value),
            }
        }
        state(members)
    })
}

/// Independent states, and wanted ones that are close to what is there.
fn pairs() -> impl Strategy<Value = (State, State)> {
    let close = (domain(false), domain(true), any::<proptest::sample::Index>()).prop_map(
        |(have, other, index)| {
            let mut want = have.clone();
            let named: Vec<_> = other.compared().map(|(member, _)| member.to_owned()).collect();
            if !named.is_empty() {
                let member = &named[index.index(named.len())];
                if let Some(value) = other.get(member) {
                    want.set(member, value.clone());
                }
            }
            (want, have)
        },
    );
    prop_oneof![(domain(true), domain(false)), close]
}

fn all_leaves(state: &State) -> BTreeSet<String> {
    let tree = state.tree();
    let mut paths = BTreeSet::new();
    tree::leaves("", &tree, &mut |path, _| {
        paths.insert(path.to_owned());
    });
    paths
}

fn set(value: Option<&Value>) -> BTreeSet<String> {
    match value {
        Some(Value::Array(items)) => items.iter().map(Value::to_string).collect(),
        Some(value) if !value.is_null() => BTreeSet::from([value.to_string()]),
        _ => BTreeSet::new(),
    }
}

proptest! {
    #[test]
    fn folding_the_edits_ends_at_the_wanted_state_and_no_state_between_is_outside_of_both(
        (want, have) in pairs()
    ) {
        let changes = SageMakerDomain::diff(&want, &have);
        let steps: Vec<_> = changes
            .iter()
            .scan(have.clone(), |now, change| {
                *now = SageMakerDomain::effect(now.clone(), change);
                Some(now.clone())
            })
            .collect();
        let end = steps.last().unwrap_or(&have);
        prop_assert_eq!(SageMakerDomain::diff(&want, end), vec![]);
        for step in &steps {
            for path in all_leaves(step).union(&all_leaves(&have)).filter(|path| !path.contains('[')) {
                let (old, new, now) =
                    (set(have.at(path)), set(end.at(path)), set(step.at(path)));
                let union: BTreeSet<_> = old.union(&new).cloned().collect();
                let common: BTreeSet<_> = old.intersection(&new).cloned().collect();
                prop_assert!(now.is_subset(&union) && now.is_superset(&common), "{}", path);
            }
        }
    }

    #[test]
    fn nothing_that_the_manifest_does_not_name_is_ever_changed((want, have) in pairs()) {
        for change in SageMakerDomain::diff(&want, &have) {
            let edit = match change {
                Change::Update(update) | Change::UpdateWithoutApps(update) => update.edit,
                Change::Impossible { edit, .. } => edit,
            };
            // A leaf may also be named by a group above it that is wanted as none.
            let above = edit.path.match_indices('.').any(|(end, _)| {
                want.at(&edit.path[..end]).is_some_and(Value::is_null)
            });
            prop_assert!(above || want.at(&edit.path).is_some(), "{}", edit.path);
        }
    }

    #[test]
    fn equal_states_have_no_difference_and_every_update_can_be_sent((want, have) in pairs()) {
        prop_assert_eq!(SageMakerDomain::diff(&have, &have), vec![]);
        let mut changes = SageMakerDomain::diff(&want, &have);
        changes.retain(|change| !matches!(change, Change::Impossible { .. }));
        for sent in super::calls(&changes, &have) {
            let members = sent.as_object().unwrap();
            prop_assert_eq!(super::super::aws::sendable(members), Ok(()));
        }
    }
}
