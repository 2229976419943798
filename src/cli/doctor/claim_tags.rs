//! Whether service control policies keep everybody else from taking palisade's claim off a resource, or from putting it on one.
//! What carries the claim is palisade's to change: who may write the tags decides what it changes.

use std::collections::BTreeSet;

use super::Check;
use crate::{
    kind::ScopeFacts,
    manifest::{Document, Presence, Snapshot},
    model::{
        claim::{ADDRESS_TAG, DELETION_TAG, OWNER_TAG},
        policy_document::{Decision, Dialect, PolicyDocument, Request},
    },
};

const KIND: &str = "ServiceControlPolicy";

/// What sets and removes tags of what member accounts hold (service authorization reference).
const TAGGING: [&str; 6] = [
    "ec2:CreateTags",
    "ec2:DeleteTags",
    "kms:TagResource",
    "kms:UntagResource",
    "sagemaker:AddTags",
    "sagemaker:DeleteTags",
];

/// Judges what the manifests attach somewhere. Which accounts are below those places is live data, and is not judged here.
/// `None` for the account that keeps the organisation's policies: they hold for everybody but it.
pub(super) fn check(facts: &ScopeFacts, snapshot: &Snapshot) -> Option<Check> {
    let policies = || snapshot.documents.values().filter(|it| it.address.kind == KIND);
    if policies().any(|it| it.address.scope == facts.name) {
        return None;
    }
    let name = format!("{}: claim tags", facts.name);
    let documents: Vec<PolicyDocument> = policies().filter_map(attached).collect();
    let open = open(&documents, facts);
    let Some(first) = open.first() else {
        return Some(Check::ok(name, "protected by service control policies of the manifests"));
    };
    let found = match open.len() {
        _ if documents.is_empty() => {
            "no service control policy of the manifests protects them".to_owned()
        }
        1 => format!("the service control policies of the manifests leave open: {first}"),
        count => format!(
            "the service control policies of the manifests leave open: {first}, and {} more",
            count - 1
        ),
    };
    let help = "deny setting and removing tags where aws:TagKeys is palisade:*, to everybody but palisade's role; nothing \
                to do where a policy outside of this directory does that";
    Some(Check::warn(name, found, help))
}

/// The policy of a manifest, if the manifest attaches it somewhere.
fn attached(document: &Document) -> Option<PolicyDocument> {
    let spec = document.spec.as_ref()?;
    let somewhere = spec["targets"].as_array().is_some_and(|targets| !targets.is_empty());
    if !somewhere || document.lifecycle.state != Presence::Present {
        return None;
    }
    PolicyDocument::from_value(&spec["content"], Dialect::ServiceControlPolicy).ok()
}

/// What a role that nobody exempts can do to claim tags. Only what is certainly denied is not open.
fn open(documents: &[PolicyDocument], facts: &ScopeFacts) -> BTreeSet<String> {
    let ScopeFacts { account, region, partition, .. } = facts;
    let somebody = format!("arn:{partition}:iam::{account}:role/palisade-doctor-probe");
    let mut open = BTreeSet::new();
    for action in TAGGING {
        for tag in [OWNER_TAG, ADDRESS_TAG, DELETION_TAG] {
            // Alone, and among others: a condition that all keys are claim tags would let the second pass.
            for keys in [&[tag][..], &[tag, "team"]] {
                let mut request = Request::new(&somebody, action, "*");
                let keys = keys.iter().map(|key| (*key).to_owned()).collect();
                request.context.insert("aws:tagkeys".to_owned(), keys);
                request.context.insert("aws:requestedregion".to_owned(), vec![region.clone()]);
                if !documents.iter().any(|it| it.evaluate(&request) == Decision::Deny) {
                    open.insert(format!("{action} of {tag}"));
                }
            }
        }
    }
    open
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::{
        engine::Scopes,
        kinds,
        manifest::Loader,
        settings::{Overrides, Settings},
        simulator::example::SETTINGS,
    };

    fn judged(statement: &str) -> BTreeMap<String, Option<Check>> {
        let dir = tempfile::tempdir().unwrap();
        let text = format!(
            "apiVersion: palisade.dev/v1alpha1\nkind: ServiceControlPolicy\nmetadata: {{name: tags, scope: org}}\nspec:\n  \
             targets: [root]\n  content:\n    Version: \"2012-10-17\"\n    Statement:\n      - {statement}\n"
        );
        std::fs::write(dir.path().join("a.yaml"), text).unwrap();
        let settings = Settings::parse(SETTINGS, &Overrides::default()).unwrap();
        let (registry, facts) = (kinds::registry(), Scopes::offline_facts(&settings));
        let loader = Loader { registry: &registry, settings: &settings, facts: &facts };
        let snapshot = loader.load(dir.path()).unwrap();
        facts.values().map(|it| (it.name.clone(), check(it, &snapshot))).collect()
    }

    fn deny(actions: &str, condition: &str) -> String {
        format!("{{Effect: Deny, Action: {actions}, Resource: \"*\", Condition: {condition}}}")
    }

    const ALL: &str = "[\"ec2:CreateTags\", \"ec2:DeleteTags\", \"kms:TagResource\", \"kms:UntagResource\", \"sagemaker:AddTags\", \"sagemaker:DeleteTags\"]";
    const OTHERS: &str = "ArnNotLike: {\"aws:PrincipalArn\": \"arn:aws:iam::*:role/palisade\"}";

    #[test]
    fn claim_tags_are_protected_where_nobody_else_can_set_or_remove_any_of_them() {
        let any = format!(
            "{{\"ForAnyValue:StringLike\": {{\"aws:TagKeys\": \"palisade:*\"}}, {OTHERS}}}"
        );
        let checks = judged(&deny(ALL, &any));
        let prod = checks["ml-prod"].as_ref().unwrap();
        assert_eq!(prod.status, super::super::Status::Ok, "{prod:?}");
        assert_eq!(
            checks["org"], None,
            "no service control policy holds for the account that keeps them"
        );
        let all = any.replace("ForAnyValue:StringLike", "ForAllValues:StringLike");
        let one = any.replace("palisade:*", "palisade:owner");
        for (actions, condition, open) in [
            ("[\"ec2:CreateTags\"]", &any, "ec2:DeleteTags of palisade:address"),
            (ALL, &all, "ec2:CreateTags of palisade:address"),
            (ALL, &one, "ec2:CreateTags of palisade:address"),
        ] {
            let checks = judged(&deny(actions, condition));
            let prod = checks["ml-prod"].as_ref().unwrap();
            assert!(prod.found.contains(open), "{prod:?}");
            assert!(prod.help.as_deref().is_some_and(|help| help.contains("aws:TagKeys")));
        }
    }
}
