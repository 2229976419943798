//! Whether service control policies prevent others from removing palisade's claim from a resource,
//! or from adding it to one. palisade may change claimed resources, so whoever can write the tags
//! decides what it changes.

use std::sync::Arc;

use super::{NAME, State, baseline};
use crate::{
    kind::{Doctor, Known, Opinion, Refs, ScopeFacts, erased::Registry},
    kinds,
    manifest::{Document, Presence, Snapshot},
    model::policy_document::PolicyDocument,
};

pub(super) const DOCTOR: Doctor = Doctor { judge: Some(judge), ..Doctor::NONE };

const ABOUT: &str = "claim tags";
const HELP: &str = "deny everything where `ForAnyValue:StringLike` finds `palisade:*` in \
                    aws:TagKeys, and ec2:DeleteTags without aws:TagKeys, to everybody except \
                    palisade's role; nothing to do if a policy outside of this directory does that";

/// Judges what the manifests attach. Which accounts are below those targets is live data, and is
/// not judged here. `None` for the account that manages the organization's policies: they apply to
/// all accounts except this one.
fn judge(facts: &ScopeFacts, snapshot: &Snapshot) -> Option<Opinion> {
    let policies = || snapshot.documents.values().filter(|it| it.address.kind == NAME);
    if policies().any(|it| it.address.scope == facts.name) {
        return None;
    }
    let registry = kinds::registry();
    let attached = |policy: &Arc<Document>| attached(policy, facts, &registry);
    let documents: Vec<PolicyDocument> = policies().filter_map(attached).collect();
    let in_force: Vec<&PolicyDocument> = documents.iter().collect();
    let open = baseline::open_claim_tags(&in_force, &facts.region);
    let Some(first) = open.first() else {
        let found = "protected by service control policies of the manifests".to_owned();
        return Some(Opinion { about: ABOUT, found, help: None });
    };
    let found = match open.len() {
        _ if documents.is_empty() => {
            "no service control policy in the manifests protects them".to_owned()
        }
        1 => format!("the service control policies in the manifests still allow {first}"),
        count => format!(
            "the service control policies in the manifests still allow {first}, and {} more",
            count - 1
        ),
    };
    Some(Opinion { about: ABOUT, found, help: Some(HELP) })
}

/// The policy of a manifest, if the manifest attaches it anywhere. Blocks are composed for the
/// partition of `facts`: nothing else of a scope matters to the tags.
fn attached(
    document: &Document,
    facts: &ScopeFacts,
    registry: &Registry,
) -> Option<PolicyDocument> {
    let spec = document.spec.as_ref()?;
    let somewhere = spec["targets"].as_array().is_some_and(|targets| !targets.is_empty());
    if !somewhere || document.lifecycle.state != Presence::Present {
        return None;
    }
    let facts = ScopeFacts { name: document.address.scope.clone(), ..facts.clone() };
    let known = Known::default();
    let mut refs = Refs::new(&facts, &document.address.name, &known);
    let state = registry.resolve(NAME, spec, &mut refs).ok()?.state;
    serde_json::from_value::<State>(state).ok()?.content?.document().cloned()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::{
        engine::Scopes,
        manifest::Loader,
        settings::{Overrides, Settings},
        simulator::example::SETTINGS,
    };

    fn judged(statements: &[String]) -> BTreeMap<String, Option<Opinion>> {
        let dir = tempfile::tempdir().unwrap();
        let text = format!(
            "apiVersion: palisade.dev/v1alpha1\nkind: ServiceControlPolicy\nmetadata: {{name: \
             tags, scope: org}}\nspec:\n  \
             targets: [root]\n  content:\n    Version: \"2012-10-17\"\n    Statement: [{}]\n",
            statements.join(", ")
        );
        std::fs::write(dir.path().join("a.yaml"), text).unwrap();
        let settings = Settings::parse(SETTINGS, &Overrides::default()).unwrap();
        let (registry, facts) = (kinds::registry(), Scopes::offline_facts(&settings));
        let loader = Loader { registry: &registry, settings: &settings, facts: &facts };
        let snapshot = loader.load(dir.path()).unwrap();
        facts.values().map(|it| (it.name.clone(), judge(it, &snapshot))).collect()
    }

    fn deny(actions: &str, condition: &str) -> String {
        format!("{{Effect: Deny, Action: {actions}, Resource: \"*\", Condition: {condition}}}")
    }

    const OTHERS: &str = "ArnNotLike: {\"aws:PrincipalArn\": \"arn:aws:iam::*:role/palisade\"}";

    #[test]
    fn claim_tags_are_protected_where_nobody_else_can_set_or_remove_any_of_them() {
        let any = format!(
            "{{\"ForAnyValue:StringLike\": {{\"aws:TagKeys\": \"palisade:*\"}}, {OTHERS}}}"
        );
        let owned =
            "\"Null\": {\"aws:TagKeys\": \"true\", \"aws:ResourceTag/palisade:owner\": \"false\"}";
        let without_list = deny("\"ec2:DeleteTags\"", &format!("{{{owned}, {OTHERS}}}"));
        let checks = judged(&[deny("\"*\"", &any), without_list.clone()]);
        let prod = checks["ml-prod"].as_ref().unwrap();
        assert_eq!(prod.help, None, "{prod:?}");
        assert_eq!(
            checks["org"], None,
            "no service control policy applies to the account that manages them"
        );
        let all = any.replace("ForAnyValue:StringLike", "ForAllValues:StringLike");
        let one = any.replace("palisade:*", "palisade:owner");
        for (statements, open) in [
            (
                vec![deny("\"ec2:CreateTags\"", &any), without_list.clone()],
                "ec2:DeleteTags of palisade:address",
            ),
            (
                vec![deny("\"*\"", &all), without_list.clone()],
                "ec2:CreateTags of palisade:address together with other tags",
            ),
            (vec![deny("\"*\"", &one), without_list], "ec2:CreateTags of palisade:address"),
            (vec![deny("\"*\"", &any)], "ec2:DeleteTags without a list"),
        ] {
            let checks = judged(&statements);
            let prod = checks["ml-prod"].as_ref().unwrap();
            assert!(prod.found.contains(open), "{prod:?}");
            assert!(prod.help.is_some_and(|help| help.contains("aws:TagKeys")));
        }
    }
}
