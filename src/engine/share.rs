//! Scopes that several processes share: which leases this one wants, and what it holds.
//!
//! A process observes and plans every scope, whoever holds its lease: references between scopes
//! stay resolved, the page shows everything, and a lease that is taken over finds a process that
//! knows the scope. It writes only where it holds the lease.

use std::time::Duration;

use super::{observe::Callers, pass::Engine};
use crate::lease::{Leases, Untenured};

/// The time between looks at who holds a scope.
const LOOK: Duration = Duration::from_secs(1);

/// Does this again and again, as long as this process holds the lease of a scope; always, if
/// processes share nothing.
pub(super) async fn while_held<F: Future<Output = ()>>(
    leases: Option<&Leases>,
    scope: &str,
    work: impl Fn() -> F,
) {
    let Some(leases) = leases else { return work().await };
    loop {
        let lost = async {
            while holds(leases, scope) {
                tokio::time::sleep(LOOK).await;
            }
        };
        if holds(leases, scope) {
            tokio::select! {
                () = work() => {}
                () = lost => {}
            }
        }
        tokio::time::sleep(LOOK).await;
    }
}

fn holds(leases: &Leases, scope: &str) -> bool {
    matches!(leases.allow(scope), Ok(_) | Err(Untenured::TimeShort))
}

impl Engine {
    /// Whether this process may write in a scope, as far as leases are concerned.
    pub(super) fn is_ours(&self, scope: &str) -> bool {
        self.control.brake.leases().is_none_or(|leases| holds(leases, scope))
    }

    /// Follows the scopes of the settings, and begins anew where a lease was taken.
    pub(super) fn share(&mut self) {
        let Some(leases) = self.control.brake.leases() else { return };
        leases.follow(self.setup.settings.scopes.keys());
        for (scope, since) in leases.all_acquired() {
            self.learnt.pace.begins_anew(&scope, since);
        }
    }

    /// Returns when a pass is due because a lease was taken, lost, or renewed late.
    pub(super) async fn shares_change(&self) {
        match self.control.brake.leases() {
            Some(leases) => leases.news().notified().await,
            None => std::future::pending().await,
        }
    }

    /// Notes where something moves: every scope that was reached, and those of which nothing is
    /// asked.
    pub(super) fn note_progress(&self, callers: &Callers) {
        let Some(leases) = self.control.brake.leases() else { return };
        for scope in self.setup.settings.scopes.keys() {
            if !matches!(callers.get(scope), Some(Err(_))) {
                leases.progresses(scope);
            }
        }
    }
}
