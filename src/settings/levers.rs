//! What stops writing from outside of the process: the brake file and the settings file's `mode`.
//! Both can be reached without Git and AWS, and both are read again before every call that writes.

use std::{
    path::{Path, PathBuf},
    time::{SystemTime, UNIX_EPOCH},
};

use super::{
    Mode, SettingsError,
    brake_file::{self, Found},
    file::read,
};
use crate::model::{Halt, Stop};

/// What stops writing from outside of the process.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Levers {
    /// The brake file: what it names is not written; if it cannot be read or names nothing, nothing
    /// is.
    pub brake_file: PathBuf,
    /// The settings file, unless a flag or variable sets the mode.
    pub(super) settings_file: Option<PathBuf>,
}

impl Levers {
    /// Resolves relative paths against the settings file's folder.
    pub(super) fn resolve_paths(&mut self, settings: Option<&Path>, given: Option<Mode>) {
        if let Some(folder) = settings.and_then(Path::parent) {
            self.brake_file = folder.join(&self.brake_file);
        }
        self.settings_file = settings.filter(|_| given.is_none()).map(Path::to_owned);
    }

    /// Whether the mode can change while the process runs.
    pub fn mode_may_change(&self) -> bool {
        self.settings_file.is_some()
    }

    /// What must not be written now. Expired pauses do not count.
    pub fn halt(&self) -> Halt {
        let mut halt = Halt::default();
        match brake_file::look(&self.brake_file) {
            Found::Nothing => {}
            Found::Entries(entries) => {
                let now = now();
                halt.pauses = entries.pauses;
                halt.pauses.retain(|pause| !pause.is_over(now));
                halt.released = entries.released;
            }
            Found::Closed(why) => {
                let path = self.brake_file.display().to_string();
                halt.stop = Some(Stop::BrakeFile { path, why: why.to_string() });
                return halt;
            }
        }
        halt.stop = match self.mode() {
            None | Some(Ok(Mode::Enforce)) => None,
            Some(Ok(Mode::Observe)) => Some(Stop::Observe),
            Some(Err(error)) => Some(Stop::Settings { why: error.line() }),
        };
        halt
    }

    /// Whether there is a brake file that stops nothing because its pauses are over.
    pub fn idle(&self) -> bool {
        let now = now();
        matches!(brake_file::look(&self.brake_file), Found::Entries(entries)
            if entries.pauses.iter().all(|pause| pause.is_over(now)))
    }

    /// The mode in the settings file now; `None` without a file, or if it does not decide.
    pub(super) fn mode(&self) -> Option<Result<Mode, SettingsError>> {
        let file = self.settings_file.as_deref().map(read)?;
        Some(file.map(|file| file.mode.unwrap_or_default()))
    }
}

/// Seconds since the epoch; 0 if the clock is before it, so that no pause is over then.
pub(crate) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
