//! `guardrails`: the blocks of the library, and their distribution over several policies.

use std::{fmt::Write as _, fs, path::PathBuf};

use anyhow::{Context as _, bail};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::{
    Ended,
    output::{self, Format, HEADING},
};
use crate::kinds::organizations_policy::{resource_control_policy, service_control_policy};
use crate::{
    baseline::guardrails::{
        self, Block, Known, Layer, Packed, Parameter, Template, Use, all, compose, find, pack,
    },
    kind::Invalid,
    kinds::{kms_key, vpc_endpoint},
    manifest::{self, did_you_mean},
};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A block: its parameters, its text and an example; without one, all blocks
    #[arg(value_name = "NAME", conflicts_with = "compose")]
    name: Option<String>,
    /// Distribute the blocks of a file over policies within AWS's limits: its manifests keep what
    /// fits into them, and the blocks of a document with `guardrails` alone are added
    #[arg(long, value_name = "FILE")]
    compose: Option<PathBuf>,
    /// How the names of further policies begin
    #[arg(long, value_name = "NAME", default_value = "guardrails", requires = "compose")]
    prefix: String,
    /// Output format
    #[arg(short, long, value_enum, default_value_t)]
    output: Format,
}

pub(super) fn run(args: &Args) -> anyhow::Result<Ended> {
    match (&args.name, &args.compose) {
        (Some(name), _) => {
            let block = block(name)?;
            let page = Page::of(block)?;
            output::data(args.output, &page, || page.text())?;
        }
        (None, Some(file)) => {
            let text = fs::read_to_string(file)
                .with_context(|| format!("cannot read {}", file.display()))?;
            let packed = distribute(&text, &args.prefix)
                .with_context(|| format!("cannot distribute the blocks of {}", file.display()))?;
            output::data(args.output, &packed, || shares(&packed))?;
        }
        (None, None) => output::data(args.output, &Listed::all(), list)?,
    }
    Ok(Ended::Done)
}

/// What stands for a value that is only known later; no value in AWS ends like that.
const LATER: &str = " (known after apply)";

/// The facts that examples and sizes are computed with: as long as real ones.
const SOMEWHERE: Known<'static> = Known {
    partition: "aws",
    account: "111122223333",
    region: "eu-west-1",
    organization: "o-abcde12345",
};

fn block(name: &str) -> anyhow::Result<&'static Block> {
    find(name).with_context(|| {
        let names = all().iter().map(|block| block.name.as_str());
        match did_you_mean(name, names) {
            Some(near) => format!("there is no block `{name}`; did you mean `{near}`?"),
            None => format!("there is no block `{name}`; `palisade guardrails` lists them"),
        }
    })
}

/// Where manifests name blocks of a layer.
fn field(layer: Layer) -> Option<(&'static str, &'static str)> {
    match layer {
        Layer::Scp => Some((service_control_policy::NAME, "guardrails")),
        Layer::Rcp => Some((resource_control_policy::NAME, "guardrails")),
        Layer::Endpoint => Some((vpc_endpoint::NAME, "policyBlocks")),
        Layer::Key => Some((kms_key::NAME, "policyBlocks")),
        Layer::Bucket | Layer::Trust | Layer::Boundary => None,
    }
}

/// A block in the list.
#[derive(Serialize)]
struct Listed {
    name: &'static str,
    title: &'static str,
    stops: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<&'static str>,
    parameters: Vec<&'static str>,
}

impl Listed {
    fn all() -> Vec<Self> {
        let listed = |block: &'static Block| Self {
            name: &block.name,
            title: &block.title,
            stops: &block.stops,
            kind: block.layer().and_then(field).map(|(kind, _)| kind),
            parameters: block.parameters.iter().map(|it| it.name.as_str()).collect(),
        };
        all().iter().map(listed).collect()
    }
}

/// All blocks, a line each.
pub(super) fn list() -> String {
    let mut out = String::new();
    for layer in Layer::ALL {
        let place = match field(layer) {
            Some((kind, field)) => format!("`{field}` of {kind}"),
            None => "for kinds to come".to_owned(),
        };
        let gap = if out.is_empty() { "" } else { "\n" };
        let _ = writeln!(out, "{gap}{HEADING}{}{HEADING:#}  {place}", layer.title().to_uppercase());
        for block in all().iter().filter(|block| block.layer() == Some(layer)) {
            let _ = writeln!(out, "  {:<26} {}", block.name, block.title);
        }
    }
    out.push_str("\n`palisade guardrails NAME` shows parameters, text and an example.\n");
    out
}

/// Everything about the block of this name.
pub(super) fn page(name: &str) -> anyhow::Result<String> {
    Ok(Page::of(block(name)?)?.text())
}

/// Everything about a block.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Page {
    #[serde(flatten)]
    block: &'static Block,
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<&'static str>,
    example: Use,
    /// The statements of the example.
    composed: Value,
    /// The characters of a policy that has only these.
    size: usize,
}

impl Page {
    fn of(block: &'static Block) -> anyhow::Result<Self> {
        let layer = block.layer().context("a block of no layer")?;
        let required = block.parameters.iter().filter(|it| it.is_required());
        let with: Map<String, Value> =
            required.map(|it| (it.name.clone(), it.example.clone().unwrap_or_default())).collect();
        let example = Use { block: block.name.clone(), with };
        let composition =
            compose(layer, &[later(&example)], &SOMEWHERE, false).map_err(|wrong| told(&wrong))?;
        let document = composition.document(None);
        let size = document.to_string().replace(LATER, "").len();
        let statements = now(&document["Statement"]);
        let kind = field(layer).map(|(kind, _)| kind);
        Ok(Self { block, kind, example, composed: statements, size })
    }

    fn text(&self) -> String {
        let Self { block, example, composed, size, .. } = self;
        let layer = block.layer();
        let mut out = format!(
            "{HEADING}{}{HEADING:#}  <{}>\n  {}\n\n{HEADING}STOPS{HEADING:#}\n  {}\n\n\
             {HEADING}BREAKS{HEADING:#}\n  {}\n",
            block.name,
            layer.map_or("", Layer::title),
            block.title,
            block.stops,
            block.breaks
        );
        if !block.parameters.is_empty() {
            let _ = writeln!(out, "\n{HEADING}PARAMETERS{HEADING:#}");
        }
        for parameter in &block.parameters {
            parameter_text(&mut out, parameter);
        }
        let _ = writeln!(out, "\n{HEADING}EXAMPLE{HEADING:#}");
        match layer.and_then(field) {
            Some((kind, field)) => {
                let _ = writeln!(out, "  kind: {kind}\n  spec:\n    {field}:");
            }
            None => {
                let _ = writeln!(out, "  (no kind takes it yet)");
            }
        }
        let _ = writeln!(out, "      - use: {}", example.block);
        if !example.with.is_empty() {
            let _ = writeln!(out, "        with:");
        }
        for (name, value) in &example.with {
            let _ = writeln!(out, "          {name}: {value}");
        }
        let _ = writeln!(
            out,
            "\n{HEADING}STATEMENTS{HEADING:#}  of the example: a policy of {size} characters"
        );
        for statement in composed.as_array().into_iter().flatten() {
            for line in format!("{statement:#}").lines() {
                let _ = writeln!(out, "  {line}");
            }
        }
        let left_out: Vec<&str> =
            block.statements.iter().filter_map(|it: &Template| it.when.as_deref()).collect();
        if !left_out.is_empty() {
            let _ = writeln!(out, "\n  Some statements depend on: {}", left_out.join(", "));
        }
        out
    }
}

fn parameter_text(out: &mut String, parameter: &Parameter) {
    let list = if parameter.list { "[]" } else { "" };
    let need = if parameter.is_required() { ", required" } else { "" };
    let _ = writeln!(
        out,
        "  {HEADING}{}{HEADING:#}  <{list}{}{need}>\n      {}",
        parameter.name,
        parameter.says(),
        parameter.about
    );
    match &parameter.default {
        None => {}
        Some(Value::Null) => {
            let _ = writeln!(out, "      Default: none");
        }
        Some(default) => {
            const SHORT: usize = 300;
            let text = default.to_string();
            match default.as_array() {
                Some(all) if text.len() > SHORT => {
                    let _ = writeln!(out, "      Default: the {} in the statements", all.len());
                }
                _ => {
                    let _ = writeln!(out, "      Default: {text}");
                }
            }
        }
    }
}

/// A use whose references to manifests count as known later.
fn later(it: &Use) -> Use {
    let with = it.with.iter().map(|(name, value)| (name.clone(), each(value, &refers)));
    Use { block: it.block.clone(), with: with.collect() }
}

fn refers(text: &str) -> String {
    let own = text.contains("${") && !text.ends_with(LATER);
    if own { format!("{text}{LATER}") } else { text.to_owned() }
}

/// The same with its references as they are written.
fn now(value: &Value) -> Value {
    each(value, &|text: &str| text.replace(LATER, ""))
}

fn each(value: &Value, change: &dyn Fn(&str) -> String) -> Value {
    match value {
        Value::String(text) => json!(change(text)),
        Value::Array(items) => items.iter().map(|item| each(item, change)).collect(),
        Value::Object(members) => {
            let members = members.iter().map(|(key, inner)| (key.clone(), each(inner, change)));
            members.collect::<Map<_, _>>().into()
        }
        other => other.clone(),
    }
}

fn told(wrong: &[Invalid]) -> anyhow::Error {
    let lines = wrong.iter().map(|it| match &it.help {
        Some(help) => format!("{it}\n  help: {help}"),
        None => it.to_string(),
    });
    anyhow::anyhow!(lines.collect::<Vec<_>>().join("\n"))
}

/// Distributes the blocks of a file's documents.
fn distribute(text: &str, prefix: &str) -> anyhow::Result<Packed> {
    let (mut policies, mut new) = (Vec::new(), Vec::new());
    for document in manifest::documents_in(text).map_err(anyhow::Error::msg)? {
        let spec = document.get("spec").unwrap_or(&document);
        let Some(list) = spec.get("guardrails") else { continue };
        let uses: Vec<Use> =
            serde_json::from_value(list.clone()).context("`guardrails` is not a list of blocks")?;
        let uses = uses.iter().map(later).collect::<Vec<_>>();
        match document["metadata"]["name"].as_str() {
            Some(name) => {
                let own = spec["content"]["Statement"].as_array().into_iter().flatten();
                let own = own.map(|statement| statement.to_string().len() + 1).sum();
                policies.push(guardrails::Policy::new(name, uses, own));
            }
            None => new.extend(uses),
        }
    }
    let named = policies.iter().flat_map(|it| &it.guardrails).chain(&new).next();
    let Some(first) = named else { bail!("no document has `guardrails`") };
    let layer = block(&first.block)?.layer().context("a block of no layer")?;
    let packed = pack(layer, policies, new, &SOMEWHERE, prefix).map_err(|wrong| told(&wrong))?;
    let policies = packed.policies.into_iter().map(|policy| {
        let guardrails = policy.guardrails.iter().map(|it| Use {
            block: it.block.clone(),
            with: it.with.iter().map(|(name, value)| (name.clone(), now(value))).collect(),
        });
        guardrails::Policy { guardrails: guardrails.collect(), ..policy }
    });
    Ok(Packed { policies: policies.collect(), moves: packed.moves })
}

fn shares(packed: &Packed) -> String {
    let mut out = String::new();
    for policy in &packed.policies {
        let layer = policy.guardrails.first().and_then(|it| find(&it.block)?.layer());
        let limit = layer.map_or(0, Layer::max_size);
        let _ = writeln!(
            out,
            "{HEADING}{}{HEADING:#}  {} of {limit} characters",
            policy.name, policy.size
        );
        for it in &policy.guardrails {
            let moved = packed
                .moves
                .iter()
                .find(|moved| moved.block == it.block && moved.to == policy.name);
            let mark = match moved.map(|moved| moved.from.as_deref()) {
                Some(Some(from)) => format!("  (from {from}: attach this policy first)"),
                Some(None) => "  (new)".to_owned(),
                None => String::new(),
            };
            let _ = writeln!(out, "  {}{mark}", it.block);
        }
    }
    out.push_str(
        "\nSizes are those with an account, a Region and an organization id of the usual length.\n",
    );
    out
}

#[cfg(test)]
mod tests {
    use super::{Page, all, block, distribute, list, shares};

    fn plain(text: &str) -> String {
        anstream::adapter::strip_str(text).to_string()
    }

    #[test]
    fn the_list_names_every_block_by_the_kind_that_takes_it() {
        let text = plain(&list());
        for block in all() {
            assert!(text.contains(&format!("\n  {} ", block.name)), "{}", block.name);
        }
        insta::assert_snapshot!(text);
    }

    #[test]
    fn every_block_has_a_page_with_an_example_that_composes() {
        for block in all() {
            let page = Page::of(block).expect("an example");
            let text = plain(&page.text());
            for parameter in &block.parameters {
                assert!(text.contains(&format!("\n  {}  <", parameter.name)), "{}", block.name);
            }
            assert!(!text.contains("known after apply"), "{text}");
            let json = serde_json::to_value(&page).expect("JSON");
            assert_eq!(json["example"]["use"], json["name"]);
            assert!(json["composed"][0]["Effect"].is_string(), "{json}");
            assert!(json["parameters"].is_array() && json["stops"].is_string(), "{json}");
        }
    }

    #[test]
    fn a_page_reads_as_it_did() {
        let page = |name| plain(&Page::of(block(name).expect("known")).expect("a page").text());
        insta::assert_snapshot!(page("scp/sm-presign"));
    }

    #[test]
    fn an_unknown_block_is_answered_with_the_nearest() {
        let error = block("scp/region").expect_err("unknown").to_string();
        assert_eq!(error, "there is no block `scp/region`; did you mean `scp/regions`?");
    }

    #[test]
    fn blocks_of_a_file_are_distributed_and_stay_where_they_are() {
        let file = "
kind: ServiceControlPolicy
metadata: {name: base}
spec:
  guardrails:
    - use: scp/org-stay
    - {use: scp/sm-presign, with: {vpces: ['${VpcEndpoint/api}']}}
---
guardrails:
  - {use: scp/cloudtrail-keep}
";
        let packed = distribute(file, "more").expect("they fit");
        insta::assert_snapshot!(plain(&shares(&packed)));
        let again = distribute("guardrails: [{use: scp/nope}]", "more").expect_err("no such block");
        assert!(format!("{again:#}").contains("scp/nope"));
    }
}
