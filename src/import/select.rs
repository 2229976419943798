//! Which resources are imported, under which names, into which files.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{
    Context, Request,
    directory::Directory,
    draft::Draft,
    namer::{Index, NAME_TAG},
    names,
    owners::{self, Skip},
    read::Scope,
    summary::{Skipped, Summary},
    terraform,
};
use crate::{
    kind::{Claimed, LookupKind, erased::ErasedKind},
    model::{Address, Observed, Ownership},
};

/// What is imported, and what else can be referred to.
#[derive(Debug, Default)]
pub struct Selected {
    /// A manifest for each resource.
    pub drafts: Vec<Draft>,
    /// Resources of manifests that are in the directory.
    pub known: Vec<(Address, Observed<Value>)>,
}

/// Chooses, and notes in the summary what is skipped.
pub fn select(
    context: Context<'_>,
    request: &Request,
    read: &[Scope],
    index: &Index,
    directory: &Directory,
    summary: &mut Summary,
) -> Selected {
    let mut selected = Selected::default();
    let domains = domains(context, read);
    for scope in read {
        let choice = Choice { context, request, index, directory, domains: &domains, scope };
        for (kind, population) in &scope.kinds {
            let (Some(kind), Ok(population)) = (context.registry.get(kind), population) else {
                continue;
            };
            let mut taken = BTreeSet::new();
            let mut live: Vec<_> = population.whole.iter().collect();
            live.sort_by(|a, b| a.id.cmp(&b.id));
            // Names in the directory, and those that claims give, are not for others.
            for one in &live {
                taken.extend(choice.own_name(kind, one));
            }
            taken.extend(directory.names(&scope.facts.name, kind.profile().name));
            for one in live {
                choice.one(kind, one, &mut taken, &mut selected, summary);
            }
            if request.is_whole() {
                let of_aws = population.others.iter().map(|id| Skipped {
                    scope: scope.facts.name.clone(),
                    kind: kind.profile().name.to_owned(),
                    id: id.clone(),
                    why: Skip::OfAws,
                });
                summary.skipped.extend(of_aws);
            }
        }
    }
    selected
}

/// The names of what has members (`domain/name`), by id.
fn domains(context: Context<'_>, read: &[Scope]) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for scope in read {
        for (kind, population) in &scope.kinds {
            let (Some(kind), Ok(population)) = (context.registry.get(kind), population) else {
                continue;
            };
            for live in &population.whole {
                if let Some(label) = kind.called(&live.state).as_deref().and_then(names::label) {
                    found.entry(live.id.to_string()).or_insert(label);
                }
            }
        }
    }
    found
}

struct Choice<'a> {
    context: Context<'a>,
    request: &'a Request,
    index: &'a Index,
    directory: &'a Directory,
    domains: &'a BTreeMap<String, String>,
    scope: &'a Scope,
}

impl Request {
    /// Whether everything is asked for, and not single resources.
    fn is_whole(&self) -> bool {
        self.ids.is_empty()
            && self.tags.is_empty()
            && self.vpcs.is_empty()
            && self.terraform.is_none()
    }
}

impl Choice<'_> {
    fn scope(&self) -> &str {
        &self.scope.facts.name
    }

    /// The name in the resource's own claim, or that of the manifest that is replaced.
    fn own_name(&self, kind: &dyn ErasedKind, live: &Observed<Value>) -> Option<String> {
        let profile = kind.profile();
        let adopted = self.directory.adopting(self.scope(), profile.name, &live.id);
        if let Some(address) = adopted {
            return Some(address.name.clone());
        }
        match Ownership::read(&live.tags, &self.context.settings.owner) {
            Ownership::Ours { address, .. }
                if address.scope == self.scope() && address.kind == profile.name =>
            {
                Some(address.name)
            }
            _ => None,
        }
    }

    fn one(
        &self,
        kind: &dyn ErasedKind,
        live: &Observed<Value>,
        taken: &mut BTreeSet<String>,
        selected: &mut Selected,
        summary: &mut Summary,
    ) {
        let profile = kind.profile();
        let own = self.own_name(kind, live);
        let own = own.map(|name| Address::new(self.scope(), profile.name, name));
        let file = self.file(kind, live);
        let is_replaced = self.request.force && self.directory.has_file(&file);
        let there = own.as_ref().and_then(|address| self.directory.file_of(address));
        if let (Some(address), Some(at)) = (&own, there)
            && !(is_replaced && at == file)
        {
            selected.known.push((address.clone(), live.clone()));
            if self.is_chosen(live) {
                let why = Skip::InDirectory { address: address.clone() };
                summary.skipped.push(self.skipped(profile.name, live, why));
            }
            return;
        }
        if !self.is_chosen(live) || !self.is_in_terraform(profile.name, live) {
            return;
        }
        let named = self.request.ids.contains(live.id.as_str());
        let owner = &self.context.settings.owner;
        if let Some(why) = owners::skip(kind, live, owner, self.scope(), named) {
            summary.skipped.push(self.skipped(profile.name, live, why));
            return;
        }
        let address = own.unwrap_or_else(|| self.address(kind, live, taken));
        selected.drafts.push(Draft::new(address, file, live.clone()));
    }

    fn skipped(&self, kind: &str, live: &Observed<Value>, why: Skip) -> Skipped {
        let (scope, kind) = (self.scope().to_owned(), kind.to_owned());
        Skipped { scope, kind, id: live.id.clone(), why }
    }

    /// Whether the filters choose it.
    fn is_chosen(&self, live: &Observed<Value>) -> bool {
        let Request { ids, tags, vpcs, .. } = self.request;
        let by_id = ids.is_empty() || ids.contains(live.id.as_str()) || ids.contains(&live.arn);
        let by_tags = tags.iter().all(|(key, value)| live.tags.get(key) == Some(value));
        let in_vpc = || {
            let vpc = live.state.get(VPC).and_then(Value::as_str).unwrap_or(live.id.as_str());
            vpcs.contains(vpc)
                || self.tag_of(LookupKind::Vpc, vpc).is_some_and(|name| vpcs.contains(name))
        };
        by_id && by_tags && (vpcs.is_empty() || in_vpc())
    }

    fn in_state(&self, kind: &str, live: &Observed<Value>) -> Option<&terraform::Entry> {
        self.request.terraform.as_ref()?.find(kind, live.id.as_str(), &live.arn)
    }

    fn is_in_terraform(&self, kind: &str, live: &Observed<Value>) -> bool {
        self.request.terraform.is_none() || self.in_state(kind, live).is_some()
    }

    fn tag_of(&self, kind: LookupKind, id: &str) -> Option<&str> {
        let items = self.index.lookups.get(&(self.scope().to_owned(), kind))?;
        let item = items.iter().find(|item| item.id == id)?;
        item.tags.get(NAME_TAG).map(String::as_str)
    }

    fn address(
        &self,
        kind: &dyn ErasedKind,
        live: &Observed<Value>,
        taken: &mut BTreeSet<String>,
    ) -> Address {
        let profile = kind.profile();
        let called = kind.called(&live.state).unwrap_or_default();
        let service = format!("com.amazonaws.{}.", self.scope.facts.region);
        let called = match called.strip_prefix("alias/") {
            Some(alias) => alias,
            None => {
                let last = called.rsplit('/').next().unwrap_or_default();
                last.strip_prefix(&service).unwrap_or(last)
            }
        };
        // What there is once is called after its kind.
        let file = names::file_name(profile.name);
        let called = if profile.claimed == Claimed::ByAdoption { file.as_str() } else { called };
        let id = live.id.as_str();
        let end = id.get(id.len().saturating_sub(8)..).unwrap_or(id);
        let otherwise = names::label(&format!("{}-{end}", profile.short));
        let otherwise = otherwise.unwrap_or_else(|| profile.short.to_owned());
        let in_state = self.in_state(profile.name, live).map(|entry| entry.name.as_str());
        let tag = live.tags.get(NAME_TAG).map(String::as_str);
        let texts = [in_state, tag, Some(called)].into_iter().flatten();
        Address::new(self.scope(), profile.name, names::unique(texts, &otherwise, taken))
    }

    /// The file, below the directory: one for each kind and group.
    fn file(&self, kind: &dyn ErasedKind, live: &Observed<Value>) -> String {
        let profile = kind.profile();
        let part = |text: &str| names::label(text).unwrap_or_else(|| "other".to_owned());
        let group = match self.in_state(profile.name, live) {
            Some(entry) => entry.module.iter().map(|name| part(name)).collect(),
            None => self.group(live).map(|name| part(&name)).into_iter().collect::<Vec<_>>(),
        };
        let mut file = part(self.scope());
        for name in group {
            file.push('/');
            file.push_str(&name);
        }
        format!("{file}/{}.yaml", names::file_name(profile.name))
    }

    /// The VPC or the domain that it is in.
    fn group(&self, live: &Observed<Value>) -> Option<String> {
        let member = |name: &str| live.state.get(name).and_then(Value::as_str);
        if let Some(vpc) = member(VPC).filter(|vpc| !vpc.is_empty()) {
            return Some(self.tag_of(LookupKind::Vpc, vpc).unwrap_or(vpc).to_owned());
        }
        let domain = member(DOMAIN).filter(|domain| !domain.is_empty())?;
        Some(self.domains.get(domain).map_or(domain, String::as_str).to_owned())
    }
}

/// The member of states with the VPC.
const VPC: &str = "vpc";
/// The member of states with the domain of Studio.
const DOMAIN: &str = "domain";
