//! The process itself, as the status page describes it.

use std::{collections::BTreeMap, path::Path};

use serde::Serialize;

use crate::{
    engine::Engine,
    settings::{Mode, Settings},
};

/// The setup of a process, as far as its operators need it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Setup {
    /// The running version.
    pub version: &'static str,
    /// This installation's name.
    pub owner: String,
    /// What the settings allow.
    pub mode: Mode,
    /// Whether it may write now: `false` in observe mode and while the brake is on.
    pub writing: bool,
    /// The watched directory, as given.
    pub directory: String,
    /// The Git revision that was accepted last, also by an earlier process with this memory.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accepted: Option<String>,
    /// The scopes in the settings, by name.
    pub places: BTreeMap<String, Place>,
}

/// The location of a scope.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Place {
    /// The account; `None` if the ambient credentials decide.
    pub account: Option<String>,
    /// The Region; `None` if the environment decides.
    pub region: Option<String>,
}

impl Setup {
    /// The present setup of an engine.
    pub fn of(engine: &Engine) -> Self {
        let accepted = engine.history().accepted().map(str::to_owned);
        Self { accepted, ..Self::new(engine.settings(), engine.dir(), engine.may_write()) }
    }

    /// Which revision was accepted last, for a directory that was never read without problems.
    pub(super) fn accepted_last(&self) -> String {
        let last = |revision| format!("; an earlier process accepted revision {revision} last");
        self.accepted.as_ref().map(last).unwrap_or_default()
    }

    /// The setup for settings, a directory, and whether the process may write now.
    pub fn new(settings: &Settings, directory: &Path, writing: bool) -> Self {
        let place = |scope: &crate::settings::Scope| Place {
            account: scope.account.clone(),
            region: scope.region.clone(),
        };
        Self {
            version: env!("CARGO_PKG_VERSION"),
            owner: settings.owner.clone(),
            mode: settings.mode,
            writing,
            directory: directory.display().to_string(),
            accepted: None,
            places: settings.scopes.iter().map(|(name, s)| (name.clone(), place(s))).collect(),
        }
    }
}
