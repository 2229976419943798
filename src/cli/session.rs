//! What `plan`, `apply` and `run` have in common: settings, connection, scopes, engine.

use std::{path::Path, sync::Arc};

use anyhow::Context as _;

use super::output;
use crate::{
    aws::{Brake, Connection, Guard, Meter},
    engine::{self, Engine, Options, Scopes},
    events::Own,
    kind::erased::Registry,
    kinds,
    settings::{Mode, Overrides, Settings},
};

/// Whether this process may write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    /// The clients refuse every mutating call.
    Read,
    /// The clients may write, unless the settings' mode is observe.
    Write,
}

/// An engine, and its brake.
pub(super) struct Session {
    pub(super) engine: Engine,
    pub(super) brake: Brake,
    /// What this process has written.
    pub(super) own: Own,
}

/// Connects every scope, and those of the accounts that sets find in the organization now, which
/// are in the settings then. A note names the sets whose accounts are not known.
pub(super) async fn connect_all(
    settings: &mut Settings,
    connection: &Connection,
    registry: &Registry,
) -> anyhow::Result<Scopes> {
    let (scopes, unknown) = engine::connect_all(settings, connection, registry).await?;
    for (set, why) in unknown {
        output::note(format_args!("scopeSets.{set}: its accounts are not known: {why}"));
    }
    Ok(scopes)
}

impl Session {
    /// Reads the settings and connects to AWS with the ambient configuration.
    pub(super) async fn open(
        overrides: &Overrides,
        dir: &Path,
        access: Access,
        options: Options,
        meter: Option<Arc<dyn Meter>>,
    ) -> anyhow::Result<Self> {
        let settings = Settings::load(overrides).context("settings")?;
        // If the file says observe, the brake stops every write until it says otherwise. A flag is
        // final.
        let writes = access == Access::Write
            && (settings.mode == Mode::Enforce || settings.levers.mode_may_change());
        let levers = settings.levers.clone();
        let brake = Brake::with_lever(move || levers.halt());
        let guard = if writes { Guard::writing(brake.clone()) } else { Guard::read_only() };
        let guard = match meter {
            Some(meter) => guard.metered(meter),
            None => guard,
        };
        let connection = Connection::ambient(guard).await;
        Self::over(settings, &connection, dir, options, brake).await
    }

    /// Uses an existing connection (the simulator).
    pub(super) async fn over(
        settings: Settings,
        connection: &Connection,
        dir: &Path,
        options: Options,
        brake: Brake,
    ) -> anyhow::Result<Self> {
        let registry = Arc::new(kinds::registry());
        let scopes = Scopes::connect(&settings, connection, &registry).await?;
        let options = Options { write: connection.may_write(), ..options };
        let engine = Engine::new(settings, registry, scopes, dir, options, brake.clone());
        Ok(Self { engine, brake, own: connection.own() })
    }
}
