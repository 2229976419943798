//! `status`, `get`, `diff`, `history`, `reconcile`: what the running palisade knows, and a pass
//! now.

use std::{fmt::Write as _, time::Duration};

use anyhow::{bail, ensure};
use serde_json::Value;
use tokio::time::Instant;

use super::{
    Ended,
    daemon::{Daemon, escaped},
    output::{self, Format},
};
use crate::{
    model::{Address, Pause, Stop, pause::moment},
    settings::{Overrides, parse_duration},
    status::socket,
};

/// A pass is looked for this often.
const LOOK_AGAIN: Duration = Duration::from_millis(300);

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Exit code: 0 if all is well, 1 if something failed or cannot be read, 3 if \
                  something needs a person or the brake is on."
)]
pub(super) struct Status {
    /// Output format
    #[arg(short, long, value_enum, default_value_t)]
    output: Format,
}

/// The format of `get`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
enum Columns {
    /// Address, condition, and why
    #[default]
    Text,
    /// And id, latest event, digest to approve
    Wide,
    /// Everything, with wanted and live state
    Yaml,
    /// The same as JSON
    Json,
}

#[derive(Debug, clap::Args)]
pub(super) struct Get {
    /// KIND, KIND/NAME or SCOPE/KIND/NAME [default: everything]
    what: Option<String>,
    /// Output format; yaml and json show live states and policies
    #[arg(short, long, value_enum, default_value_t)]
    output: Columns,
}

#[derive(Debug, clap::Args)]
pub(super) struct Diff {
    /// The manifest
    #[arg(value_name = "SCOPE/KIND/NAME")]
    address: Address,
}

#[derive(Debug, clap::Args)]
pub(super) struct History {
    /// Only what is about this manifest
    #[arg(value_name = "SCOPE/KIND/NAME")]
    address: Option<Address>,
    /// Output format
    #[arg(short, long, value_enum, default_value_t)]
    output: Format,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "A pass always looks at everything; ADDRESS only says whose condition is \
                  shown afterwards.")]
pub(super) struct Reconcile {
    /// Show the condition of this manifest after the pass
    #[arg(value_name = "SCOPE/KIND/NAME")]
    address: Option<Address>,
    /// Stop waiting for the pass after this time
    #[arg(long, value_name = "TIME", default_value = "5m", value_parser = parse_duration)]
    timeout: Duration,
}

pub(super) async fn status(overrides: &Overrides, args: &Status) -> anyhow::Result<Ended> {
    let view: Value = Daemon::of(overrides)?.get("/v1/status").await?;
    ensure!(!view.is_null(), "no pass is finished yet");
    output::data(args.output, &view, || status_text(&view))?;
    Ok(ended(&view))
}

/// Failures come first, then what needs a person.
fn ended(view: &Value) -> Ended {
    let some = |member: &str| view[member].as_array().is_some_and(|all| !all.is_empty());
    let failed = conditions(view).iter().any(|(name, count)| name == "failed" && *count > 0);
    let refused =
        view["scopes"].as_array().into_iter().flatten().any(|it| it["trouble"].is_string());
    let held = view["counts"]["held"].as_u64().unwrap_or_default() > 0;
    let forgotten = view["memory"]["troubles"].as_object().is_some_and(|it| !it.is_empty());
    if some("problems") || some("unknown") || failed || refused || forgotten {
        Ended::Failed
    } else if held || some("conflicts") || some("pauses") || view["stopped"].is_object() {
        Ended::NeedsPerson
    } else {
        Ended::Done
    }
}

/// Manifests by condition, over all kinds.
fn conditions(view: &Value) -> Vec<(String, u64)> {
    let mut all = std::collections::BTreeMap::new();
    for of_kind in view["conditions"].as_object().into_iter().flat_map(|kinds| kinds.values()) {
        for (condition, count) in of_kind.as_object().into_iter().flatten() {
            *all.entry(condition.clone()).or_default() += count.as_u64().unwrap_or_default();
        }
    }
    all.into_iter().collect()
}

/// A text in the answer.
fn text(value: &Value) -> String {
    value.as_str().unwrap_or("-").to_owned()
}

/// The items of a list in the answer.
fn items(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn status_text(view: &Value) -> String {
    let setup = &view["setup"];
    let writing = if setup["writing"] == true { "writes" } else { "writes nothing" };
    let counts = conditions(view).into_iter();
    let counts: Vec<_> =
        counts.map(|(name, count)| format!("{count} {}", name.replace('_', " "))).collect();
    let manifests = if counts.is_empty() { "none".to_owned() } else { counts.join(", ") };
    let began = seconds(view["startedAt"].as_f64().unwrap_or_default());
    let (version, owner) = (text(&setup["version"]), text(&setup["owner"]));
    let mut out = format!(
        "palisade {version}, owner {owner}: {writing}\nrevision   {}\npass       {} at {began}\n\
         manifests  {manifests}\n",
        text(&view["revision"]),
        view["pass"],
    );
    if let (true, Some(last)) = (view["revision"].is_null(), setup["accepted"].as_str()) {
        let _ = writeln!(out, "accepted   {last}, by an earlier process; nothing is in force now");
    }
    if let Some(place) = view["memory"]["place"].as_str() {
        let _ = writeln!(out, "memory     {place}");
    }
    stops(&mut out, view);
    troubles(&mut out, view);
    attention(&mut out, view);
    out
}

/// What is not written now.
fn stops(out: &mut String, view: &Value) {
    let red = output::ERROR;
    if let Some(stop) = stop_of(view) {
        let _ = writeln!(out, "{red}nothing is written{red:#}: {stop}");
    }
    for pause in items(&view["pauses"]) {
        if let Ok(pause) = serde_json::from_value::<Pause>(pause.clone()) {
            let since = moment(pause.since);
            let _ = writeln!(out, "{red}{}{red:#}: {pause} (since {since})", pause.extent);
        }
    }
}

/// What failed or cannot be read.
fn troubles(out: &mut String, view: &Value) {
    let red = output::ERROR;
    for (part, why) in view["memory"]["troubles"].as_object().into_iter().flatten() {
        let _ = writeln!(out, "{red}memory, {part}{red:#}: {}", text(why));
    }
    for problem in items(&view["problems"]) {
        let _ = writeln!(out, "{red}directory{red:#}: {}", text(problem).replace('\n', "\n  "));
    }
    for scope in items(&view["scopes"]).filter(|scope| scope["trouble"].is_string()) {
        let (name, why) = (text(&scope["name"]), text(&scope["trouble"]));
        let _ = writeln!(out, "{red}scope {name}{red:#}: {why}");
    }
    for unknown in items(&view["unknown"]) {
        let (scope, kind) = (text(&unknown["scope"]), text(&unknown["kind"]));
        let _ = writeln!(out, "{red}not read{red:#} {scope}/{kind}: {}", text(&unknown["why"]));
    }
    for result in items(&view["results"]).filter(|it| it["outcome"]["is"] == "failed") {
        let (address, why) = (text(&result["address"]), text(&result["outcome"]["message"]));
        let _ = writeln!(out, "{red}failed{red:#} {address}: {why}");
    }
}

/// What needs a person.
fn attention(out: &mut String, view: &Value) {
    for conflict in items(&view["conflicts"]) {
        let (address, why) = (text(&conflict["address"]), text(&conflict["why"]));
        let _ = writeln!(out, "conflict {address}: {why}");
    }
    for step in items(&view["steps"]).filter(|step| step["verdict"]["is"] == "held") {
        let (address, digest) = (text(&step["address"]), text(&step["digest"]));
        let hint = format!("`palisade diff {address}`, `palisade approve {digest}`");
        let _ = writeln!(out, "held {address}: {hint}");
    }
    for orphan in items(&view["orphans"]) {
        let (address, id) = (text(&orphan["address"]), text(&orphan["id"]));
        let _ = writeln!(out, "without a manifest: {address} ({id})");
    }
}

fn stop_of(view: &Value) -> Option<String> {
    let stop: Stop = serde_json::from_value(view["stopped"].clone()).ok()?;
    Some(stop.to_string())
}

/// Seconds since the epoch, for people.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a time of this process"
)]
fn seconds(at: f64) -> String {
    moment(at.max(0.0) as u64)
}

pub(super) async fn get(overrides: &Overrides, args: &Get) -> anyhow::Result<Ended> {
    let mut all: Vec<Value> = Daemon::of(overrides)?.get("/v1/resources").await?;
    if let Some(what) = &args.what {
        all.retain(|it| it["address"].as_str().is_some_and(|address| is_meant(address, what)));
        ensure!(!all.is_empty(), "{what}: no such manifest is in force");
    }
    match args.output {
        Columns::Yaml => output::data(Format::Yaml, &all, String::new)?,
        Columns::Json => output::data(Format::Json, &all, String::new)?,
        Columns::Text => output::print(&table(&all, false))?,
        Columns::Wide => output::print(&table(&all, true))?,
    }
    Ok(Ended::Done)
}

/// Whether KIND, KIND/NAME or SCOPE/KIND/NAME means this address.
fn is_meant(address: &str, what: &str) -> bool {
    let parts: Vec<&str> = address.splitn(3, '/').collect();
    let [_, kind, name] = parts[..] else { return false };
    match what.split_once('/') {
        None => kind == what,
        Some((of_kind, of_name)) => address == what || (kind == of_kind && name == of_name),
    }
}

fn table(all: &[Value], wide: bool) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let first = |value: &Value| value[0].as_str().unwrap_or_default().to_owned();
    let mut rows = vec![if wide {
        ["ADDRESS", "CONDITION", "ID", "LAST EVENT", "APPROVE", "WHY"].map(str::to_owned).to_vec()
    } else {
        ["ADDRESS", "CONDITION", "WHY"].map(str::to_owned).to_vec()
    }];
    for it in all {
        let mut row = vec![text(&it["address"]), text(&it["condition"])];
        if wide {
            let last = &it["lastChange"];
            let when = last["at"].as_f64().map(seconds);
            row.push(text(&it["id"]));
            row.push(when.map(|at| format!("{at} {}", text(&last["what"]))).unwrap_or_default());
            row.push(first(&it["held"]));
        }
        let why = first(&it["why"]);
        row.push(if why.is_empty() { first(&it["differences"]) } else { why });
        rows.push(row);
    }
    aligned(&rows)
}

/// Columns, each as wide as its longest cell.
fn aligned(rows: &[Vec<String>]) -> String {
    let columns = rows.first().map_or(0, Vec::len);
    let width = |column: usize| {
        rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max()
    };
    let widths: Vec<usize> = (0..columns).map(|column| width(column).unwrap_or_default()).collect();
    let mut out = String::new();
    for row in rows {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
        let line = cells.collect::<Vec<_>>().join("  ");
        let _ = writeln!(out, "{}", line.trim_end());
    }
    out
}

pub(super) async fn diff(overrides: &Overrides, args: &Diff) -> anyhow::Result<Ended> {
    let daemon = Daemon::of(overrides)?;
    let what = format!("/v1/diff?address={}", escaped(&args.address.to_string()));
    output::print(&daemon.text(&what).await?)?;
    Ok(Ended::Done)
}

pub(super) async fn history(overrides: &Overrides, args: &History) -> anyhow::Result<Ended> {
    let query = args.address.as_ref().map(|it| format!("?address={}", escaped(&it.to_string())));
    let what = format!("/v1/history{}", query.unwrap_or_default());
    let events: Vec<crate::engine::Event> = Daemon::of(overrides)?.get(&what).await?;
    output::data(args.output, &events, || {
        if events.is_empty() {
            return "nothing has happened\n".to_owned();
        }
        events.iter().map(event_text).collect()
    })?;
    Ok(Ended::Done)
}

/// An event for people: a line with its time, and what it says below it.
pub(super) fn event_text(event: &crate::engine::Event) -> String {
    let about = event.address.as_ref().map(|it| format!("  {it}")).unwrap_or_default();
    let mut out = format!("{}  {}{about}\n", seconds(event.at), event.what.as_str());
    for line in &event.lines {
        let _ = writeln!(out, "    {line}");
    }
    out
}

pub(super) async fn reconcile(overrides: &Overrides, args: &Reconcile) -> anyhow::Result<Ended> {
    let daemon = Daemon::of(overrides)?;
    let asked: socket::Asked = daemon.post("/v1/reconcile", &Value::Null).await?;
    let deadline = Instant::now() + args.timeout;
    let view = loop {
        let view: Value = daemon.get("/v1/status").await?;
        if view["startedAt"].as_f64().is_some_and(|began| began >= asked.at) {
            break view;
        }
        if Instant::now() >= deadline {
            bail!("the pass has not ended after {} s; it goes on", args.timeout.as_secs());
        }
        tokio::time::sleep(LOOK_AGAIN).await;
    };
    let Some(address) = &args.address else {
        output::print(&status_text(&view))?;
        return Ok(ended(&view));
    };
    let it = find(&daemon, address).await?;
    output::print(&table(std::slice::from_ref(&it), true))?;
    Ok(match it["condition"].as_str() {
        Some("failed" | "unknown") => Ended::Failed,
        Some("held" | "conflict") => Ended::NeedsPerson,
        _ => Ended::Done,
    })
}

async fn find(daemon: &Daemon, address: &Address) -> anyhow::Result<Value> {
    let all: Vec<Value> = daemon.get("/v1/resources").await?;
    let text = address.to_string();
    let found = all.into_iter().find(|it| it["address"] == text.as_str());
    match found {
        Some(found) => Ok(found),
        None => bail!("{address}: no such manifest is in force"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_kind_a_name_or_an_address_is_meant() {
        let address = "prod/Group/apps";
        for what in ["Group", "Group/apps", "prod/Group/apps"] {
            assert!(is_meant(address, what), "{what}");
        }
        for what in ["Grou", "apps", "prod", "Group/app", "test/Group/apps", "prod/Group"] {
            assert!(!is_meant(address, what), "{what}");
        }
    }

    #[test]
    fn failures_come_before_what_needs_a_person() {
        let exit = |view: Value| ended(&view);
        assert_eq!(exit(json!({})), Ended::Done);
        assert_eq!(exit(json!({"counts": {"held": 1}})), Ended::NeedsPerson);
        assert_eq!(exit(json!({"stopped": {"is": "brake"}})), Ended::NeedsPerson);
        assert_eq!(exit(json!({"counts": {"held": 1}, "problems": ["x"]})), Ended::Failed);
        let failed = json!({"conditions": {"Group": {"failed": 1, "in_sync": 2}}});
        assert_eq!(exit(failed), Ended::Failed);
        assert_eq!(exit(json!({"memory": {"troubles": {"brake": "lost"}}})), Ended::Failed);
    }
}
