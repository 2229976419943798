//! Where a resource is in its life, in the world's time.

use std::time::Duration;

/// What a resource's states are called.
#[derive(Debug, Clone, Copy)]
pub(crate) struct States {
    /// Being created.
    pub creating: &'static str,
    /// Being updated.
    pub updating: &'static str,
    /// Being deleted.
    pub deleting: &'static str,
    /// There, with nothing under way.
    pub settled: &'static str,
    /// Its creation failed; `None` where nothing fails later.
    pub failed: Option<&'static str>,
    /// Its update failed.
    pub update_failed: Option<&'static str>,
}

impl States {
    /// A type that is there at once, changes at once and is gone at once.
    pub(crate) const fn settled(name: &'static str) -> Self {
        Self {
            creating: name,
            updating: name,
            deleting: name,
            settled: name,
            failed: None,
            update_failed: None,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Creating,
    Updating,
    Deleting,
}

/// What happened to a resource last, until when it takes, and why it fails then if it does.
#[derive(Debug, Clone)]
pub(crate) struct Life {
    phase: Phase,
    until: Duration,
    failure: Option<String>,
}

impl Life {
    /// Being created until then, in vain for this reason if there is one.
    pub(crate) fn creating(until: Duration, failure: Option<String>) -> Self {
        Self { phase: Phase::Creating, until, failure }
    }

    /// Being updated until then.
    pub(crate) fn updating(until: Duration, failure: Option<String>) -> Self {
        Self { phase: Phase::Updating, until, failure }
    }

    /// Being deleted until then.
    pub(crate) fn deleting(until: Duration) -> Self {
        Self { phase: Phase::Deleting, until, failure: None }
    }

    /// The state and, where something failed, why.
    pub(crate) fn state(&self, states: &States, elapsed: Duration) -> (&'static str, Option<&str>) {
        let over = elapsed >= self.until;
        let (under_way, failed) = match self.phase {
            Phase::Creating => (states.creating, states.failed),
            Phase::Updating => (states.updating, states.update_failed),
            Phase::Deleting => return (states.deleting, None),
        };
        match (&self.failure, failed) {
            _ if !over => (under_way, None),
            (Some(reason), Some(failed)) => (failed, Some(reason)),
            _ => (states.settled, None),
        }
    }

    /// Whether nothing is under way.
    pub(crate) fn is_settled(&self, elapsed: Duration) -> bool {
        elapsed >= self.until && self.phase != Phase::Deleting
    }

    /// Whether it stays: it is not being deleted.
    pub(crate) fn stays(&self) -> bool {
        self.phase != Phase::Deleting
    }

    /// Whether its deletion is complete.
    pub(crate) fn is_gone(&self, elapsed: Duration) -> bool {
        self.phase == Phase::Deleting && elapsed >= self.until
    }
}
