//! `--scope`, `--kind` and `--name`: a part of the directory.

use anyhow::Context as _;

use super::schema;
use crate::{engine::Report, kinds, manifest::did_you_mean, plan::Focus, settings::Settings};

/// The part of the directory that `plan` and `apply` are about.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Filters")]
pub(super) struct Filters {
    /// Only manifests of this scope, or of the scopes of this set. As for the other filters: `*`
    /// and `?` stand for any text and any character, it may be repeated, and the rest is not
    /// shown, counted or changed
    #[arg(long, value_name = "SCOPE")]
    scope: Vec<String>,
    /// Only manifests of this kind, by its name or short name
    #[arg(long, value_name = "KIND")]
    kind: Vec<String>,
    /// Only manifests of this name
    #[arg(long, value_name = "NAME")]
    name: Vec<String>,
}

impl Filters {
    /// What they stand for; `None` if there are none. A scope or a kind that does not exist is an
    /// error.
    pub(super) fn focus(&self, settings: &Settings) -> anyhow::Result<Option<Focus>> {
        let mut scopes = Vec::new();
        for pattern in &self.scope {
            if is_pattern(pattern) || settings.scopes.contains_key(pattern) {
                scopes.push(pattern.clone());
            } else if let Some(set) = settings.sets.get(pattern) {
                scopes.extend(set.scopes.iter().cloned());
            } else {
                let names = settings.scopes.keys().chain(settings.sets.keys());
                let names: Vec<&str> = names.map(String::as_str).collect();
                match did_you_mean(pattern, names.iter().copied()) {
                    Some(near) => {
                        anyhow::bail!("unknown scope `{pattern}`; did you mean `{near}`?")
                    }
                    None => {
                        anyhow::bail!("unknown scope `{pattern}`; scopes: {}", names.join(", "))
                    }
                }
            }
        }
        let registry = kinds::registry();
        let kinds = self.kind.iter().map(|pattern| {
            if is_pattern(pattern) {
                return Ok(pattern.clone());
            }
            schema::find(&registry, pattern).map(|kind| kind.profile().name.to_owned())
        });
        let focus = Focus {
            scopes,
            kinds: kinds.collect::<anyhow::Result<_>>().context("--kind")?,
            names: self.name.clone(),
        };
        Ok((!focus.is_everything()).then_some(focus))
    }
}

fn is_pattern(text: &str) -> bool {
    text.contains(['*', '?'])
}

/// Filters that leave nothing are a mistake: "in sync" would be said of nothing.
pub(super) fn must_match(focus: Option<&Focus>, report: &Report) -> anyhow::Result<()> {
    let Some(focus) = focus else { return Ok(()) };
    let removed = report.comparison.iter().flat_map(|it| &it.manifests.removed);
    if report.manifests.iter().chain(removed).any(|address| focus.has(address))
        || !report.plan.orphans.is_empty()
    {
        return Ok(());
    }
    let names = || report.manifests.iter().map(|address| address.name.as_str());
    let near = match &focus.names[..] {
        [only] if !is_pattern(only) => did_you_mean(only, names()),
        _ => None,
    };
    match near {
        Some(near) => anyhow::bail!("no manifest matches the filters; did you mean `{near}`?"),
        None => anyhow::bail!(
            "no manifest matches the filters, of {} in the directory",
            report.manifests.len()
        ),
    }
}
