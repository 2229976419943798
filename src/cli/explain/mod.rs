//! `explain`: what manifests, settings and palisade itself know, in the terminal, like `kubectl
//! explain`.

mod fields;
mod others;

use std::fmt::Write as _;

use anyhow::Context as _;
use serde_json::Value;

use self::fields::{page, resolve, tree};
use super::{
    Ended, examples,
    output::{self, HEADING},
    schema,
};
use crate::{
    kinds,
    manifest::{APPROVAL, APPROVAL_ABOUT, ApprovalSpec, Lifecycle, Metadata, did_you_mean},
};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A kind, or a field of it: `SecurityGroup`, `sg.ingress.ports`; `metadata`, `lifecycle`;
    /// `settings`, or a setting: `settings.gate`; a rule: `SG-01`; a guardrail block:
    /// `scp/regions`; a metric: `palisade_passes_total`; an exit code: `3`. `rules`, `guardrails`,
    /// `metrics` and `exit-codes` list them
    #[arg(value_name = "SUBJECT")]
    path: Option<String>,
    /// All fields below it, with their types
    #[arg(long)]
    recursive: bool,
}

pub(super) fn run(args: &Args) -> anyhow::Result<Ended> {
    let text = match &args.path {
        None => overview(),
        Some(path) => match others::page(path)? {
            Some(page) => page,
            None => field(path, args.recursive)?,
        },
    };
    output::print(&text)?;
    Ok(Ended::Done)
}

fn overview() -> String {
    let registry = kinds::registry();
    let mut out = format!("{HEADING}KINDS{HEADING:#}\n");
    for kind in registry.iter() {
        let profile = kind.profile();
        let _ = writeln!(out, "  {:<22} {:<5} {}", profile.name, profile.short, profile.about);
    }
    let about = "Approval of one held step of a plan";
    let _ = writeln!(out, "  {APPROVAL:<22} {:<5} {about}", "");
    let _ = writeln!(out, "\n{HEADING}MORE{HEADING:#}");
    for (subject, about) in [
        ("metadata, lifecycle", "what every manifest has"),
        ("settings", "palisade.yaml"),
        ("rules", "the rules of the secure baseline"),
        ("guardrails", "the blocks of policies"),
        ("metrics", "what /metrics says"),
        ("exit-codes", "how commands end"),
    ] {
        let _ = writeln!(out, "  palisade explain {subject:<22} {about}");
    }
    out
}

/// The page of a kind, or of a field below it.
fn field(path: &str, recursive: bool) -> anyhow::Result<String> {
    let registry = kinds::registry();
    let Subject { mut walked, about, root, rest } = subject(&registry, path)?;
    let kind = rest.is_empty().then(|| walked.clone());
    let mut at = &root;
    for part in rest {
        let fields = fields::fields(&root, at);
        at = fields.iter().find(|(name, _)| name == part).map(|(_, field)| *field).with_context(
            || {
                let names: Vec<&str> = fields.iter().map(|(name, _)| name.as_str()).collect();
                let near = did_you_mean(part, names.iter().copied());
                let near = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
                format!("{walked} has no field `{part}`{near}; fields: {}", names.join(", "))
            },
        )?;
        let _ = write!(walked, ".{part}");
    }
    if recursive {
        return Ok(tree(&walked, &root, resolve(&root, at)));
    }
    let mut out = page(&walked, about, &root, at);
    if let Some(example) = kind.and_then(|kind| examples::text_of(&kind)) {
        let _ = writeln!(out, "\n{HEADING}EXAMPLE{HEADING:#}");
        for line in example.lines() {
            let _ = writeln!(out, "{}", format!("  {line}").trim_end());
        }
    }
    Ok(out)
}

/// The subject of a path.
struct Subject<'a> {
    /// The part of the path that names it.
    walked: String,
    about: &'static str,
    root: Value,
    /// The fields below it.
    rest: Vec<&'a str>,
}

/// A kind, or what all manifests have in common: `metadata` and `lifecycle`, of a kind or by
/// themselves.
fn subject<'a>(registry: &kinds::Registry, path: &'a str) -> anyhow::Result<Subject<'a>> {
    // Problems use paths such as `ingress[0].from`; accept those as well.
    let names = path.split('.').map(|part| part.split('[').next().unwrap_or_default());
    let mut parts: Vec<&str> = names.collect();
    if parts.get(1) == Some(&"spec") {
        parts.remove(1);
    }
    if parts.len() > 1 && ["metadata", "lifecycle"].contains(&parts[1]) {
        if !parts[0].eq_ignore_ascii_case(APPROVAL) {
            schema::find(registry, parts[0])?;
        }
        parts.remove(0);
    }
    let first = parts.first().copied().unwrap_or_default();
    let common = match first.to_ascii_lowercase().as_str() {
        "metadata" => Some(("metadata", "What identifies a manifest.", schema::part::<Metadata>())),
        "lifecycle" => Some((
            "lifecycle",
            "How a resource lives; may be left out.",
            schema::part::<Lifecycle>(),
        )),
        schema::SETTINGS => Some((
            "settings",
            "palisade.yaml: the accounts that one installation may change, and its limits.",
            schema::settings(),
        )),
        "approval" => Some((APPROVAL, APPROVAL_ABOUT, schema::part::<ApprovalSpec>())),
        _ => None,
    };
    let (walked, about, root) = if let Some(found) = common {
        found
    } else {
        let kind = schema::find(registry, first)?;
        (kind.profile().name, kind.profile().about, kind.spec_schema().to_value())
    };
    Ok(Subject { walked: walked.to_owned(), about, root, rest: parts.split_off(1) })
}
