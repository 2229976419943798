//! The manifests of `examples/`, in the program: what `explain` and the schemas show.

use serde_json::Value;

use crate::manifest::documents_in;

/// Every file of manifests.
const FILES: [&str; 20] = [
    include_str!("../../examples/account-placement.yaml"),
    include_str!("../../examples/account-settings.yaml"),
    include_str!("../../examples/approval.yaml"),
    include_str!("../../examples/cloud-control.yaml"),
    include_str!("../../examples/kms-key.yaml"),
    include_str!("../../examples/network-acl.yaml"),
    include_str!("../../examples/network.yaml"),
    include_str!("../../examples/notebook-instance.yaml"),
    include_str!("../../examples/notebook-lifecycle-config.yaml"),
    include_str!("../../examples/organization-policies.yaml"),
    include_str!("../../examples/permission-set-assignment.yaml"),
    include_str!("../../examples/platform.yaml"),
    include_str!("../../examples/route-table.yaml"),
    include_str!("../../examples/sagemaker-domain.yaml"),
    include_str!("../../examples/security-group.yaml"),
    include_str!("../../examples/service-control-policy.yaml"),
    include_str!("../../examples/space.yaml"),
    include_str!("../../examples/studio-lifecycle-config.yaml"),
    include_str!("../../examples/user-profile.yaml"),
    include_str!("../../examples/vpc-endpoint.yaml"),
];

/// The settings.
const PALISADE_YAML: &str = include_str!("../../examples/palisade.yaml");

/// The examples of a kind.
pub(super) fn of(kind: &str) -> Vec<Value> {
    let all = FILES.iter().flat_map(|file| documents_in(file).unwrap_or_default());
    all.filter(|document| document["kind"] == kind).collect()
}

/// The first example of a kind as text, with its comments.
pub(super) fn text_of(kind: &str) -> Option<&'static str> {
    let documents = FILES.iter().flat_map(|file| file.split("\n---\n"));
    let is_of_kind = |text: &&str| {
        documents_in(text).is_ok_and(|found| found.iter().any(|it| it["kind"] == kind))
    };
    documents.map(|text| text.trim_matches('\n')).find(is_of_kind)
}

/// The example of palisade.yaml.
pub(super) fn settings() -> Value {
    documents_in(PALISADE_YAML).unwrap_or_default().into_iter().next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{kinds, manifest::APPROVAL};

    #[test]
    fn every_kind_has_an_example() {
        let registry = kinds::registry();
        for kind in registry.names().into_iter().chain([APPROVAL]) {
            assert!(!of(kind).is_empty(), "examples/ has no {kind}");
            assert!(text_of(kind).is_some_and(|text| text.contains(kind)), "{kind}");
        }
        assert!(settings()["owner"].is_string());
    }

    #[test]
    fn every_file_of_the_folder_is_known() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
        let names = std::fs::read_dir(folder).unwrap().map(|it| it.unwrap().path());
        let yaml = names.filter(|it| it.extension().is_some_and(|it| it == "yaml")).count();
        assert_eq!(yaml, FILES.len() + 1);
    }
}
