//! The lifecycle of a resource, in the world's time.

use std::time::Duration;

/// The names of a resource's states.
#[derive(Debug, Clone, Copy)]
pub(crate) struct States {
    /// Being created.
    pub creating: &'static str,
    /// Being updated.
    pub updating: &'static str,
    /// Being deleted.
    pub deleting: &'static str,
    /// Nothing in progress.
    pub settled: &'static str,
    /// Its creation failed; `None` if creations do not fail later.
    pub failed: Option<&'static str>,
    /// Its update failed.
    pub update_failed: Option<&'static str>,
}

impl States {
    /// A type that is created, changed and deleted at once.
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
    /// On its way to another state in which it stays: the name meanwhile.
    Turning(&'static str),
}

/// The last operation on a resource, when it is complete, and why it fails then, if it does.
#[derive(Debug, Clone)]
pub(crate) struct Lifecycle {
    phase: Phase,
    until: Duration,
    failure: Option<String>,
    /// The state in which it stays, if that is not the one of its type.
    stays: Option<&'static str>,
}

impl Lifecycle {
    /// In creation until this time, when it fails if there is a reason.
    pub(crate) fn creating(until: Duration, failure: Option<String>) -> Self {
        Self { phase: Phase::Creating, until, failure, stays: None }
    }

    /// In update until this time.
    pub(crate) fn updating(until: Duration, failure: Option<String>) -> Self {
        Self { phase: Phase::Updating, until, failure, stays: None }
    }

    /// In deletion until this time.
    pub(crate) fn deleting(until: Duration) -> Self {
        Self { phase: Phase::Deleting, until, failure: None, stays: None }
    }

    /// On its way to another state until this time, with a name meanwhile.
    pub(crate) fn turning(
        until: Duration,
        meanwhile: &'static str,
        stays: &'static str,
        failure: Option<String>,
    ) -> Self {
        Self { phase: Phase::Turning(meanwhile), until, failure, stays: Some(stays) }
    }

    /// The same, with the state in which another one stays.
    pub(crate) fn staying_as(self, other: &Self) -> Self {
        Self { stays: other.stays, ..self }
    }

    /// The state in which it stays, if that is not the one of its type.
    pub(crate) fn stays_as(&self) -> Option<&'static str> {
        self.stays
    }

    /// Whether the last operation fails, or has failed once it is over.
    pub(crate) fn fails(&self) -> bool {
        self.failure.is_some()
    }

    /// The state and, after a failure, the reason.
    pub(crate) fn state(&self, states: &States, elapsed: Duration) -> (&'static str, Option<&str>) {
        let over = elapsed >= self.until;
        let (under_way, failed) = match self.phase {
            Phase::Creating => (states.creating, states.failed),
            Phase::Updating => (states.updating, states.update_failed),
            Phase::Turning(meanwhile) => (meanwhile, states.failed),
            Phase::Deleting => return (states.deleting, None),
        };
        match (&self.failure, failed) {
            _ if !over => (under_way, None),
            (Some(reason), Some(failed)) => (failed, Some(reason)),
            _ => (self.stays.unwrap_or(states.settled), None),
        }
    }

    /// Whether no operation is in progress.
    pub(crate) fn is_settled(&self, elapsed: Duration) -> bool {
        elapsed >= self.until && self.phase != Phase::Deleting
    }

    /// Whether it stays, that is, is not in deletion.
    pub(crate) fn stays(&self) -> bool {
        self.phase != Phase::Deleting
    }

    /// Whether its deletion is complete.
    pub(crate) fn is_gone(&self, elapsed: Duration) -> bool {
        self.phase == Phase::Deleting && elapsed >= self.until
    }
}
