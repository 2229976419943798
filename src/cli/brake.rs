//! `brake`: stops writing in whole or in part, for a while and without Git, during an incident.
//!
//! A running palisade that has a memory is asked over its socket, and keeps it there. Where none
//! listens and the memory is a table, it is written to the table, which a running palisade looks at
//! all the time, wherever it runs. Otherwise the brake file that the settings name is written,
//! which needs no connection to a running palisade: every process with these settings checks the
//! file before each call that writes. What is off is off in both.

use std::fmt::Write as _;

use anyhow::{Context as _, bail, ensure};
use rustix::process::getuid;
use serde::Serialize;

use super::{
    Ended,
    output::{self, Format},
    reach::Reached,
};
use crate::{
    kinds,
    model::{
        Address, Extent, Halt, Pause, Stop,
        pause::{OPEN_END, moment},
    },
    settings::{Overrides, Settings, brake_file, now, parse_duration},
    status::socket::{MAX_REASON_BYTES, Pull},
};

/// Longer pauses belong in Git: `lifecycle: {paused: true}`.
const MAX_DURATION: std::time::Duration = std::time::Duration::from_hours(7 * 24);

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Stop writing, until somebody ends it or for a while
    On(On),
    /// End a pause early
    Off(Off),
    /// Show what is paused or stopped
    Status(StatusArgs),
}

#[derive(Debug, clap::Args)]
struct What {
    /// Everything in this scope; may be repeated [default: everything]
    #[arg(long = "scope", value_name = "SCOPE")]
    scopes: Vec<String>,
    /// The resource of this manifest; may be repeated
    #[arg(long = "address", value_name = "SCOPE/KIND/NAME")]
    addresses: Vec<Address>,
}

#[derive(Debug, clap::Args)]
struct On {
    #[command(flatten)]
    what: What,
    /// How long, e.g. 30m or 2h; at most 168h [default: until `palisade brake off`]
    #[arg(long = "for", value_name = "TIME", value_parser = parse_duration)]
    time: Option<std::time::Duration>,
    /// The reason, which is shown in the plan, on the page and in the audit log
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

#[derive(Debug, clap::Args)]
struct Off {
    #[command(flatten)]
    what: What,
    /// End every pause
    #[arg(long, conflicts_with_all = ["scopes", "addresses"])]
    all: bool,
}

#[derive(Debug, clap::Args)]
struct StatusArgs {
    /// Output format
    #[arg(short, long, value_enum, default_value_t)]
    output: Format,
}

pub(super) async fn run(overrides: &Overrides, args: &Args) -> anyhow::Result<Ended> {
    let settings = Settings::load(overrides).context("settings")?;
    let reached = Reached::of(&settings).await;
    match &args.action {
        Action::On(on) => begin(&settings, on, reached.as_ref()).await?,
        Action::Off(off) => end(&settings, off, reached.as_ref()).await?,
        Action::Status(args) => status(&settings, args.output, reached.as_ref()).await?,
    }
    Ok(Ended::Done)
}

async fn begin(settings: &Settings, on: &On, reached: Option<&Reached>) -> anyhow::Result<()> {
    ensure!(on.time.is_none_or(|time| !time.is_zero()), "--for: must be longer than 0");
    ensure!(
        on.time.is_none_or(|time| time <= MAX_DURATION),
        "--for: at most {} h; for a longer pause set `lifecycle: {{paused: true}}` in the manifest",
        MAX_DURATION.as_secs() / 3600
    );
    let reason = on.reason.trim();
    ensure!(!reason.is_empty(), "--reason: must not be empty; say why");
    ensure!(
        reason.len() <= MAX_REASON_BYTES && !reason.chars().any(char::is_control),
        "--reason: must be one line of at most {MAX_REASON_BYTES} bytes"
    );
    let since = now();
    let until = on.time.map(|time| since.saturating_add(time.as_secs().max(1)));
    let extents = extents(settings, &on.what)?;
    let pull = Pull { on: true, extents, until, reason: reason.to_owned(), by: user() };
    let state = match reached {
        Some(reached) => Some(reached.state().await?),
        None => None,
    };
    if let Some(reached) = reached.filter(|_| state.as_ref().is_some_and(|state| state.keeps)) {
        return ask(reached, &pull).await;
    }
    match (begin_in_file(settings, &pull, since), reached) {
        (Err(error), Some(reached)) => {
            // Better for this life of the process than not at all.
            output::note(format_args!("{error:#}"));
            ask(reached, &pull).await
        }
        (done, _) => done,
    }
}

async fn ask(reached: &Reached, pull: &Pull) -> anyhow::Result<()> {
    let done = reached.pull(pull).await?;
    for line in &done.done {
        output::print(&format!("{line}\n"))?;
    }
    if done.kept != "yes" {
        output::note(done.note);
    }
    Ok(())
}

fn begin_in_file(settings: &Settings, pull: &Pull, since: u64) -> anyhow::Result<()> {
    let pause = |extent: &Extent| Pause {
        extent: extent.clone(),
        until: pull.until.unwrap_or(OPEN_END),
        reason: pull.reason.clone(),
        by: pull.by.clone(),
        since,
    };
    let pauses: Vec<_> = pull.extents.iter().map(pause).collect();
    brake_file::begin(&settings.levers.brake_file, &pauses, since)?;
    for pause in &pauses {
        audit("pause_begun", pause, &pause.by);
        output::print(&format!("{}: {pause}\n", pause.extent))?;
    }
    Ok(())
}

/// Ends it in the running palisade and in the brake file, wherever it is.
async fn end(settings: &Settings, off: &Off, reached: Option<&Reached>) -> anyhow::Result<()> {
    let in_file = settings.levers.halt();
    let mut ended = false;
    if let Some(reached) = reached {
        let state = reached.state().await?;
        let mut wanted: Vec<Extent> = if off.all {
            state.own_pauses.iter().map(|pause| pause.extent.clone()).collect()
        } else {
            extents(settings, &off.what)?
        };
        if off.all {
            wanted.push(Extent::Everything);
        }
        let own = |extent: &Extent| {
            state.own_pauses.iter().any(|pause| pause.extent == *extent)
                || *extent == Extent::Everything && state.engaged.is_some()
        };
        wanted.retain(own);
        if !wanted.is_empty() {
            let (reason, by) = (String::new(), user());
            let pull = Pull { on: false, extents: wanted.clone(), until: None, reason, by };
            ask(reached, &pull).await?;
            ended = true;
        }
        let given = extents(settings, &off.what)?;
        let elsewhere = in_file.pauses.iter().any(|pause| given.contains(&pause.extent));
        let closed = matches!(in_file.stop, Some(Stop::BrakeFile { .. }));
        let everything = given.contains(&Extent::Everything);
        let left = elsewhere || off.all && !in_file.pauses.is_empty() || everything && closed;
        if ended && !left {
            let missing = given.iter().find(|extent| !wanted.contains(extent));
            if let Some(extent) = missing.filter(|_| !off.all) {
                bail!("{extent}: not paused{}", others(&state.pauses));
            }
            return Ok(());
        }
        if !ended && !left && !state.pauses.is_empty() {
            bail!("{}: not paused{}", given[0], others(&state.pauses));
        }
    }
    end_in_file(settings, off, &in_file, ended)
}

fn end_in_file(settings: &Settings, off: &Off, halt: &Halt, ended: bool) -> anyhow::Result<()> {
    let path = &settings.levers.brake_file;
    let by = user();
    let given = !off.what.scopes.is_empty() || !off.what.addresses.is_empty();
    if let Some(Stop::BrakeFile { why, .. }) = &halt.stop {
        ensure!(
            !given,
            "{} {why}: all writing is stopped; `palisade brake off` removes it",
            path.display()
        );
        brake_file::remove(path)?;
        tracing::warn!(
            target: "palisade::audit",
            event = "resumed",
            by,
            "{by} removed {}",
            path.display()
        );
        return output::print(&format!("removed {}: writing is possible again\n", path.display()));
    }
    let pauses = &halt.pauses;
    let mut extents = if off.all {
        pauses.iter().map(|pause| pause.extent.clone()).collect()
    } else {
        extents(settings, &off.what)?
    };
    if ended {
        extents.retain(|extent| pauses.iter().any(|pause| pause.extent == *extent));
    }
    for extent in &extents {
        if !pauses.iter().any(|pause| pause.extent == *extent) {
            bail!("{extent}: not paused{}", others(pauses));
        }
    }
    ensure!(!extents.is_empty(), "nothing is paused");
    for pause in brake_file::end(path, &extents, &by, now())? {
        audit("pause_released", &pause, &by);
        output::print(&format!("{}: the pause has ended\n", pause.extent))?;
    }
    Ok(())
}

/// The pauses that could have been meant.
fn others(pauses: &[Pause]) -> String {
    if pauses.is_empty() {
        return "; nothing is paused".to_owned();
    }
    let names: Vec<_> = pauses.iter().map(|pause| pause.extent.to_string()).collect();
    format!("; paused: {} (`--all` ends every pause)", names.join(", "))
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    schema_version: u32,
    brake_file: String,
    /// The table that was asked, if it was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    table: Option<String>,
    stopped: Option<Stop>,
    pauses: Vec<Pause>,
    /// Whether the brake file exists and stops nothing.
    idle: bool,
}

async fn status(
    settings: &Settings,
    format: Format,
    reached: Option<&Reached>,
) -> anyhow::Result<()> {
    let (stopped, pauses) = if let Some(reached) = reached {
        // It knows of the brake file, too.
        let state = reached.state().await?;
        (state.stopped, state.pauses)
    } else {
        let halt = settings.levers.halt();
        (halt.stop, halt.pauses)
    };
    let document = Document {
        schema_version: 1,
        brake_file: settings.levers.brake_file.display().to_string(),
        table: reached.and_then(Reached::table),
        stopped,
        pauses,
        idle: settings.levers.idle(),
    };
    output::data(format, &document, || text(&document))
}

fn text(document: &Document) -> String {
    let red = output::ERROR;
    let mut out = String::new();
    if let Some(stop) = &document.stopped {
        let _ = writeln!(out, "{red}nothing is written{red:#}: {stop}");
    }
    for pause in &document.pauses {
        let _ =
            writeln!(out, "{red}{}{red:#}: {pause} (since {})", pause.extent, moment(pause.since));
    }
    if out.is_empty() {
        let place = document.table.as_ref().unwrap_or(&document.brake_file);
        let _ = writeln!(out, "nothing is paused ({place})");
    }
    if document.idle {
        let _ = writeln!(
            out,
            "{file} exists and stops nothing, because its pauses are over. To stop all writing: `: \
             > {file}`",
            file = document.brake_file
        );
    }
    out
}

fn extents(settings: &Settings, what: &What) -> anyhow::Result<Vec<Extent>> {
    let known = |scope: &str| {
        let names: Vec<_> = settings.scopes.keys().map(String::as_str).collect();
        ensure!(
            settings.scopes.contains_key(scope),
            "the settings have no scope `{scope}`; they have {}",
            names.join(", ")
        );
        Ok(())
    };
    let registry = kinds::registry();
    let mut extents = Vec::new();
    for scope in &what.scopes {
        known(scope)?;
        extents.push(Extent::Scope(scope.clone()));
    }
    for address in &what.addresses {
        known(&address.scope)?;
        ensure!(
            registry.get(&address.kind).is_some(),
            "unknown kind `{}`; known kinds: {}",
            address.kind,
            registry.names().join(", ")
        );
        extents.push(Extent::Address(address.clone()));
    }
    if extents.is_empty() {
        extents.push(Extent::Everything);
    }
    Ok(extents)
}

fn audit(event: &str, pause: &Pause, by: &str) {
    tracing::warn!(
        target: "palisade::audit",
        event,
        extent = pause.extent.to_string(),
        by,
        reason = pause.reason,
        until = moment(pause.until),
        "{}: {event}: {pause}", pause.extent
    );
}

/// The user of the operating system; the reason must name the person who uses a shared login.
fn user() -> String {
    let uid = getuid().as_raw();
    let passwd = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let name = name_in(&passwd, uid);
    let user = name.map_or_else(|| format!("uid {uid}"), |name| format!("{name} (uid {uid})"));
    match std::env::var("SUDO_USER") {
        Ok(sudo) if uid == 0 && !sudo.is_empty() && !sudo.chars().any(char::is_control) => {
            format!("{sudo} as {user}")
        }
        _ => user,
    }
}

/// The name of a user in the text of `/etc/passwd`.
fn name_in(passwd: &str, uid: u32) -> Option<&str> {
    passwd.lines().find_map(|line| {
        let mut fields = line.split(':');
        let (name, _password, id) = (fields.next()?, fields.next()?, fields.next()?);
        (id.parse() == Ok(uid)).then_some(name)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_is_named_as_the_system_names_them() {
        let passwd = "root:x:0:0:root:/root:/bin/sh\n\nann:x:1000:1000::/home/ann:/bin/sh\n";
        assert_eq!(name_in(passwd, 1000), Some("ann"));
        assert_eq!(name_in(passwd, 0), Some("root"));
        assert_eq!(name_in(passwd, 10), None);
    }
}
