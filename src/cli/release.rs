//! `release`: the way back from adopting.

use std::collections::BTreeSet;

use anyhow::{Context as _, bail};

use super::{Ended, leases, output, prompt, reach, session::connect_all};
use crate::{
    aws::{Brake, Connection, Guard},
    engine::{
        Outcome, Scopes, StepResult,
        release::{self, Found},
    },
    kinds,
    lease::{Leases, SystemClock, process_name},
    manifest::{Loader, Origin},
    model::Address,
    settings::{LeaseSettings, Mode, Overrides, Settings},
};

#[derive(Debug, clap::Args)]
#[command(
    after_help = "It removes palisade's three tags and changes nothing else: rules, policies \
                  and settings stay as they are, and\n\
                  nobody corrects them any more. Remove the manifest from the directory first: \
                  while it is there, palisade would\n\
                  adopt the resource again, or report a conflict.\n\n\
                  Exit code: 0 if nothing carries these claims any more, 1 if something failed."
)]
pub(super) struct Args {
    /// What to release
    #[arg(value_name = "SCOPE/KIND/NAME", required = true)]
    addresses: Vec<Address>,
    /// The directory in which the manifests were
    #[arg(long, value_name = "DIR", default_value = output::DEFAULT_DIR)]
    dir: std::path::PathBuf,
    /// Release although the manifest is still in the directory
    #[arg(long)]
    force: bool,
    /// Do not ask for confirmation
    #[arg(short, long)]
    yes: bool,
}

pub(super) async fn run(overrides: &Overrides, args: &Args) -> anyhow::Result<Ended> {
    let mut settings = Settings::load(overrides).context("settings")?;
    if settings.mode == Mode::Observe {
        bail!("the settings say `mode: observe`, so nothing is written");
    }
    let addresses: BTreeSet<Address> = args.addresses.iter().cloned().collect();
    let registry = kinds::registry();
    let levers = settings.levers.clone();
    let brake = Brake::with_lever(move || levers.halt());
    let _following = reach::obey(&settings, &brake).await;
    if let Some(LeaseSettings { terms, .. }) = &settings.leases {
        brake.share(Leases::new(process_name(), *terms, SystemClock));
    }
    let connection = Connection::ambient(Guard::writing(brake.clone())).await;
    let scopes = connect_all(&mut settings, &connection, &registry).await?;
    // Only now it is known which scopes a manifest of a set stands for.
    if !args.force {
        undeclared(&settings, &registry, args, &addresses)?;
    }
    let found = release::find(&scopes, &registry, &settings.owner, &addresses).await;
    told(&found)?;
    if found.releasable.is_empty() {
        return Ok(if found.unread.is_empty() { Ended::Done } else { Ended::Failed });
    }
    if !args.yes && !prompt::confirm("Remove palisade's tags from these?")? {
        output::note("nothing was changed");
        return Ok(Ended::Failed);
    }
    let at = found.releasable.iter().map(|it| it.address.scope.clone()).collect();
    let kept = leases::take(&settings, &brake, at).await?;
    let results = release::release(&scopes, &registry, &brake, &found.releasable).await;
    let given_back = leases::give_back(kept).await;
    for result in &results {
        output::print(&outcome(result))?;
    }
    given_back?;
    let done = release::is_done(&results) && results.len() == found.releasable.len();
    Ok(if done && found.unread.is_empty() { Ended::Done } else { Ended::Failed })
}

/// Fails if a manifest still declares one of the addresses.
fn undeclared(
    settings: &Settings,
    registry: &kinds::Registry,
    args: &Args,
    addresses: &BTreeSet<Address>,
) -> anyhow::Result<()> {
    if !args.dir.exists() {
        return Ok(());
    }
    let facts = Scopes::offline_facts(settings);
    let loader = Loader { registry, settings, facts: &facts };
    let snapshot = match loader.load(&args.dir) {
        Ok(snapshot) => snapshot,
        Err(problems) => {
            problems.iter().for_each(output::note);
            bail!(
                "{} has problems, so that it is not known what it declares; nothing was changed",
                args.dir.display()
            );
        }
    };
    let declared = |address: &Address| Some((address.clone(), snapshot.documents.get(address)?));
    let declared: Vec<_> = addresses.iter().filter_map(declared).collect();
    if declared.is_empty() {
        return Ok(());
    }
    for (address, document) in &declared {
        let Origin { file, line, .. } = &document.origin;
        output::note(format_args!(
            "{address} is still declared at {}:{line}; remove it there first",
            file.display()
        ));
    }
    bail!(
        "with its manifest in the directory a resource is adopted again, or in conflict; nothing \
         was changed (--force releases it all the same)"
    )
}

fn told(found: &Found) -> anyhow::Result<()> {
    for it in &found.releasable {
        output::print(&format!("{} ({}): tags are removed\n", it.address, it.id))?;
    }
    for address in &found.absent {
        output::print(&format!("{address}: nothing carries this claim\n"))?;
    }
    for address in &found.unclaimable {
        output::print(&format!(
            "{address}: it carries no claim; it belongs to nobody once its manifest is gone\n"
        ))?;
    }
    for (address, why) in &found.unread {
        output::note(format_args!("{address}: {why}"));
    }
    Ok(())
}

fn outcome(result: &StepResult) -> String {
    let StepResult { address, outcome, .. } = result;
    match outcome {
        Outcome::Done { id } => format!("{address}: {id} is released\n"),
        Outcome::Failed { message, .. } => format!("{address}: failed: {message}\n"),
        Outcome::Skipped { reason } => format!("{address}: not sent: {reason}\n"),
    }
}
