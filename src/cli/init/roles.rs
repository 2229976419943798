//! The roles that palisade assumes in every account.

use std::collections::BTreeMap;

use super::{
    answers::{Answers, Place},
    files::NewFile,
};
use crate::{
    cli::{
        output,
        role_template::{Role, documents, in_any_account, template},
    },
    engine::Scopes,
    kind::ScopeFacts,
    kinds,
    manifest::{Document, Loader, SourceFile},
    operations::{Usage, policy::Policies},
    settings::Settings,
};

/// A template for every account; one for all accounts of a set.
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
        let usage = Usage::of(&registry, here).listing_accounts(settings.lists_accounts(scope));
        let policies = Policies::new(facts, &settings.owner, &usage);
        accounts.entry(facts.account.as_str()).or_default().push(policies);
    }
    let role = Role { name: &answers.role, external_id: Some(&answers.owner) };
    let template = |(account, policies): (&str, Vec<Policies>)| {
        // Nothing of it needs to be deleted yet.
        let documents = policies.iter().flat_map(|policies| documents(policies, false));
        let set = answers.places.iter().find_map(|place| match place {
            Place::Set { name, .. } if account == ScopeFacts::UNKNOWN_ACCOUNT => Some(name),
            _ => None,
        });
        let Some(set) = set else {
            let text = output::yaml(&template(role, documents))?;
            let path = format!("roles/{account}.cfn.yaml");
            let head = format!("# palisade's role in account {account}.\n");
            return Ok(NewFile { path, text: head + &text });
        };
        // The same in every account, so that one of its documents is enough for all Regions.
        let mut every = Vec::new();
        for document in documents.map(|document| in_any_account(&document, account)) {
            if !every.contains(&document) {
                every.push(document);
            }
        }
        let text = output::yaml(&template(role, every))?;
        let head = format!(
            "# palisade's role in every account of the set {set}: for a stack set that deploys to\n\
             # its unit, in one Region.\n"
        );
        Ok(NewFile { path: format!("roles/{set}.cfn.yaml"), text: head + &text })
    };
    accounts.into_iter().map(template).collect()
}
