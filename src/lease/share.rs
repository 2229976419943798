//! Which leases a process takes: expired ones at once, free ones so that each process has about as
//! many as the others. Nothing here waits or looks at a clock.

use std::{
    collections::{BTreeMap, BTreeSet},
    hash::{DefaultHasher, Hash as _, Hasher as _},
};

use super::{
    state::{Lease, Moment, Watched},
    terms::Terms,
};

/// How many leases a process wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Appetite {
    /// Its share.
    Share,
    /// Every one that is free, at once: a command that was called for them.
    All,
}

/// What is known of all leases.
#[derive(Debug, Clone, Copy)]
pub struct Share<'a> {
    /// The leases, by scope.
    pub leases: &'a BTreeMap<String, Watched>,
    /// The process that asks.
    pub owner: &'a str,
    /// The times that leases keep to.
    pub terms: &'a Terms,
    /// Those that it wants.
    pub appetite: Appetite,
}

impl Share<'_> {
    /// The scopes whose leases this process takes now.
    ///
    /// What has expired is taken whatever the others have: a process that died must not leave
    /// anything behind because the rest looks balanced (zio-kinesis PR#1083). What is free for a
    /// whole duration is taken likewise, because those who should have taken it did not.
    pub fn wanted(&self, now: Moment) -> BTreeSet<String> {
        let own = self.terms.duration;
        let (mut wanted, mut free) = (BTreeSet::new(), Vec::new());
        for (scope, watched) in self.leases {
            match &watched.lease {
                Lease::Others { .. } if watched.is_expired(own, now) => {
                    wanted.insert(scope.clone());
                }
                Lease::Free { since, .. } if now >= *since + own => {
                    wanted.insert(scope.clone());
                }
                Lease::Free { .. } => free.push(scope),
                _ => {}
            }
        }
        let room = match self.appetite {
            Appetite::All => free.len(),
            // A few at a time, so that others that start now get their share.
            Appetite::Share => self.room(now).min(free.len().div_ceil(4)),
        };
        free.sort_by_key(|scope| self.place(scope));
        wanted.extend(free.into_iter().take(room).cloned());
        wanted
    }

    /// How many more this process may have for its share.
    fn room(&self, now: Moment) -> usize {
        let mut owners: BTreeSet<&str> = [self.owner].into();
        let mut ours = 0;
        for watched in self.leases.values() {
            match &watched.lease {
                Lease::Ours(_) => ours += 1,
                Lease::Others { record, .. } if !watched.is_expired(self.terms.duration, now) => {
                    owners.insert(&record.owner);
                }
                _ => {}
            }
        }
        self.leases.len().div_ceil(owners.len()).saturating_sub(ours)
    }

    /// An order of scopes that is another one for each process.
    fn place(&self, scope: &str) -> u64 {
        let mut hasher = DefaultHasher::new();
        (self.owner, scope).hash(&mut hasher);
        hasher.finish()
    }
}
