//! `palisade iam-policy`: what palisade's roles have to be allowed, and no more.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use serde_json::Value;

use super::{
    Ended,
    output::{self, Format},
};
use crate::{
    engine::Scopes,
    kind::{LookupKind, ScopeFacts, erased::Registry},
    kinds,
    manifest::{Document, Loader},
    operations::{
        Need,
        policy::{Policies, Usage},
    },
    settings::{Overrides, Scope, Settings, partition},
};

/// What a key gets unless its manifest says otherwise.
const WINDOW_DAYS: u16 = 30;
/// What stands for an account or a Region that only the credentials tell.
const ANY: &str = "*";

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Directory of manifests; without it the policies are for all kinds
    #[arg(value_name = "DIR")]
    dir: Option<PathBuf>,
    /// Only the policies for reporting drift
    #[arg(long)]
    observe_only: bool,
    /// Only this scope
    #[arg(long, value_name = "SCOPE")]
    scope: Option<String>,
    /// Form of the answer
    #[arg(short, long, value_enum, default_value_t)]
    output: Form,
}

/// A policy has no other form than that of a document.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
enum Form {
    /// JSON: an object of scopes, in each the policies `observe`, `apply` and `destroy`
    #[default]
    Json,
    /// The same as YAML
    Yaml,
}

pub(super) fn run(overrides: &Overrides, args: &Args) -> anyhow::Result<Ended> {
    let settings = Settings::load(overrides).context("settings")?;
    if let Some(scope) = &args.scope
        && !settings.scopes.contains_key(scope)
    {
        let names: Vec<_> = settings.scopes.keys().map(String::as_str).collect();
        anyhow::bail!("there is no scope `{scope}`; scopes: {}", names.join(", "));
    }
    let registry = kinds::registry();
    let documents = args.dir.as_deref().map(|dir| load(&registry, &settings, dir)).transpose()?;
    let wanted = |name: &&String| args.scope.as_ref().is_none_or(|scope| scope == *name);
    let mut all = BTreeMap::new();
    for name in settings.scopes.keys().filter(wanted) {
        let usage = match &documents {
            None => everything(&registry),
            Some(documents) => {
                of(&registry, documents.iter().filter(|one| one.address.scope == *name))
            }
        };
        let facts = facts(name, &settings.scopes[name]);
        let mut policies = Policies::new(&facts, &settings.owner, &usage);
        if args.observe_only {
            policies = Policies { apply: None, destroy: None, ..policies };
        }
        all.insert(name, policies);
    }
    let form = match args.output {
        Form::Json => Format::Json,
        Form::Yaml => Format::Yaml,
    };
    output::data(form, &all, String::new)?;
    Ok(Ended::Done)
}

fn load(registry: &Registry, settings: &Settings, dir: &Path) -> anyhow::Result<Vec<Document>> {
    let facts = Scopes::offline_facts(settings);
    match (Loader { registry, settings, facts: &facts }).load(dir) {
        Ok(snapshot) => Ok(snapshot.documents.into_values().collect()),
        Err(problems) => {
            let first = problems.first().map(ToString::to_string).unwrap_or_default();
            let count = problems.len();
            anyhow::bail!("{count} problems in {}, the first: {first}", dir.display())
        }
    }
}

fn facts(name: &str, scope: &Scope) -> ScopeFacts {
    let or_any = |known: Option<&String>| known.map_or(ANY, String::as_str).to_owned();
    ScopeFacts {
        name: name.to_owned(),
        account: or_any(scope.account.as_ref()),
        region: or_any(scope.region.as_ref()),
        partition: scope.region.as_deref().map_or("aws", partition).to_owned(),
    }
}

fn swept(registry: &Registry) -> BTreeSet<String> {
    let swept = registry.iter().filter(|kind| kind.profile().sweep);
    swept.map(|kind| kind.profile().name.to_owned()).collect()
}

fn everything(registry: &Registry) -> Usage {
    Usage {
        kinds: registry.names().into_iter().map(str::to_owned).collect(),
        swept: swept(registry),
        window_days: WINDOW_DAYS,
        needs: [
            Need::OrganizationId,
            Need::UnknownServices,
            Need::UnrotatedKeys,
            Need::DisabledKeys,
            Need::MultiRegionKeys,
        ]
        .into(),
        ..Usage::default()
    }
}

fn of<'a>(registry: &Registry, documents: impl Iterator<Item = &'a Document>) -> Usage {
    let mut roles = BTreeSet::new();
    let mut usage = Usage { swept: swept(registry), window_days: WINDOW_DAYS, ..Usage::default() };
    for document in documents {
        let kind = &document.address.kind;
        usage.kinds.insert(kind.clone());
        if let Some(id) = &document.lifecycle.adopt {
            usage.adopted.entry(kind.clone()).or_default().insert(id.as_str().to_owned());
        }
        if document.recorded.organization {
            usage.needs.insert(Need::OrganizationId);
        }
        let services = |(kind, _): &(LookupKind, _)| *kind == LookupKind::EndpointService;
        if document.recorded.lookups.iter().any(services) {
            usage.needs.insert(Need::UnknownServices);
        }
        let Some(spec) = &document.spec else { continue };
        match kind.as_str() {
            "SageMakerDomain" => role_arns(spec, &mut roles),
            "KmsKey" => key(spec, &mut usage),
            _ => {}
        }
    }
    usage.execution_roles = Some(roles);
    usage
}

/// What only some keys need.
fn key(spec: &Value, usage: &mut Usage) {
    if let Some(days) = spec["deletionWindowDays"].as_u64() {
        let days = u16::try_from(days).unwrap_or(WINDOW_DAYS);
        usage.window_days = usage.window_days.min(days);
    }
    let rotation = spec.get("rotation");
    for (needed, need) in [
        (spec["enabled"] == false, Need::DisabledKeys),
        (spec["multiRegion"] == true, Need::MultiRegionKeys),
        (rotation.is_some_and(|it| it.is_null() || it["enabled"] == false), Need::UnrotatedKeys),
    ] {
        if needed {
            usage.needs.insert(need);
        }
    }
}

/// Every role that the settings of a domain name, wherever that is.
fn role_arns(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::String(text) if text.starts_with("arn:") && text.contains(":role/") => {
            found.insert(text.clone());
        }
        Value::Array(items) => items.iter().for_each(|item| role_arns(item, found)),
        Value::Object(members) => members.values().for_each(|member| role_arns(member, found)),
        _ => {}
    }
}
