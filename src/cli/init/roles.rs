//! The roles that palisade assumes in every account.

use std::collections::BTreeMap;

use super::{answers::Answers, files::NewFile};
use crate::{
    cli::{
        output,
        role_template::{Role, documents, template},
    },
    engine::Scopes,
    kinds,
    manifest::{Document, Loader, SourceFile},
    operations::{Usage, policy::Policies},
    settings::Settings,
};

/// A template for every account.
pub(super) fn templates(
    answers: &Answers,
    settings: &Settings,
    files: &[NewFile],
) -> anyhow::Result<Vec<NewFile>> {
    let registry = kinds::registry();
    let facts = Scopes::offline_facts(settings);
    let loader = Loader { registry: &registry, settings, facts: &facts };
    let manifests = files.iter().filter(|file| file.path.starts_with("desired-state/"));
    let manifests = manifests.map(|file| SourceFile {
        shown: file.path.clone().into(),
        text: file.text.as_str().into(),
    });
    let loaded = loader.read_files("desired-state".as_ref(), manifests.collect(), Vec::new());
    let snapshot = loaded.snapshot.map_err(|problems| {
        let first = problems.first().map(ToString::to_string).unwrap_or_default();
        anyhow::anyhow!("the manifests are not valid with these answers: {first}")
    })?;
    let mut accounts: BTreeMap<&str, Vec<Policies>> = BTreeMap::new();
    for (scope, facts) in &facts {
        let all = snapshot.documents.values().map(AsRef::as_ref);
        let here = all.filter(|it: &&Document| it.address.scope == *scope);
        let policies = Policies::new(facts, &settings.owner, &Usage::of(&registry, here));
        accounts.entry(facts.account.as_str()).or_default().push(policies);
    }
    let role = Role { name: &answers.role, external_id: Some(&answers.owner) };
    let template = |(account, policies): (&str, Vec<Policies>)| {
        // Nothing of it needs to be deleted yet.
        let documents = policies.iter().flat_map(|policies| documents(policies, false));
        let text = output::yaml(&template(role, documents))?;
        let path = format!("roles/{account}.cfn.yaml");
        Ok(NewFile { path, text: format!("# palisade's role in account {account}.\n{text}") })
    };
    accounts.into_iter().map(template).collect()
}
