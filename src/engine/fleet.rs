//! The accounts of sets that come from the organization: found anew again and again.
//!
//! An account joins after one reading. It leaves after two, a settle window apart, and then nothing
//! is asked or written there any more. A list that cannot be read, or that shrinks by more than the
//! gate allows at once, is no news: the last good one stays.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use tokio::time::Instant;

use super::{
    scopes::{ConnectError, Scopes},
    setup::Setup,
};
use crate::{
    aws::{Connection, lookup},
    kind::erased::Registry,
    plan::Unknown,
    settings::{FromOrganization, Settings},
};

/// Organizations allows few calls, which everything in the organization shares.
const READ_EVERY: Duration = Duration::from_mins(1);

/// What was found of the organization's accounts. It may be lost at any time.
#[derive(Debug, Default)]
pub(super) struct Fleet {
    read: Option<Instant>,
    accounts: BTreeMap<String, BTreeSet<String>>,
    /// Accounts that were missing in the last reading, by set: since when.
    missing: BTreeMap<(String, String), Instant>,
    /// Why the list of a set is not as it is now.
    troubles: BTreeMap<String, String>,
}

impl Fleet {
    /// Reads the accounts, if that is due, and takes what is news into the settings. Whether scopes
    /// came or went.
    pub(super) async fn follow(&mut self, setup: &mut Setup) -> bool {
        let sets = setup.settings.sets.iter();
        let sets: Vec<(String, FromOrganization)> = sets
            .filter_map(|(name, set)| Some((name.clone(), set.organization.clone()?)))
            .collect();
        let now = Instant::now();
        if sets.is_empty() || !self.is_due(now, setup.settings.settle_window) {
            return false;
        }
        self.read = Some(now);
        let before = self.accounts.clone();
        for (name, from) in sets {
            match found(&from, &setup.scopes).await {
                Ok(found) => {
                    let limit = setup.settings.gate.deletes_percent;
                    self.take(&name, found, limit, setup.settings.settle_window);
                }
                Err(why) => {
                    self.troubles.insert(name, why);
                }
            }
        }
        self.accounts != before && self.apply(setup, before).await
    }

    fn is_due(&self, now: Instant, settle: Duration) -> bool {
        let missing = self.missing.values().map(|since| *since + settle);
        let next = self.read.map(|read| read + READ_EVERY);
        next.is_none_or(|next| missing.chain([next]).any(|due| due <= now))
    }

    /// Takes a list of a set's accounts.
    fn take(&mut self, set: &str, found: BTreeSet<String>, percent: u32, settle: Duration) {
        let now = Instant::now();
        self.troubles.remove(set);
        let known = self.accounts.entry(set.to_owned()).or_default();
        let gone: Vec<String> = known.difference(&found).cloned().collect();
        let allowed = (known.len() * percent as usize / 100).max(1);
        self.missing.retain(|(of, account), _| of != set || gone.contains(account));
        if gone.len() > allowed {
            self.missing.retain(|(of, _), _| of != set);
            let why = format!(
                "{} of {} accounts are not below its units any more, and {allowed} may leave at \
                 once: the accounts stay as they were",
                gone.len(),
                known.len()
            );
            self.troubles.insert(set.to_owned(), why);
        } else {
            for account in gone {
                let key = (set.to_owned(), account);
                let since = *self.missing.entry(key.clone()).or_insert(now);
                if now >= since + settle && since < now {
                    self.missing.remove(&key);
                    known.remove(&key.1);
                }
            }
        }
        known.extend(found);
    }

    /// Takes the accounts into the settings, and connects to them.
    async fn apply(
        &mut self,
        setup: &mut Setup,
        before: BTreeMap<String, BTreeSet<String>>,
    ) -> bool {
        let mut settings = setup.settings.clone();
        let followed = settings.follow(&self.accounts).map_err(|error| error.to_string());
        let followed = match followed {
            Ok(()) => setup.scopes.follow(&settings, &setup.registry).await.map_err(|error| {
                // What was connected of it is not in the settings, and is not used.
                error.to_string()
            }),
            Err(why) => Err(why),
        };
        if let Err(why) = followed {
            let changed = self.accounts.iter().filter(|(set, now)| before.get(*set) != Some(*now));
            self.troubles.extend(changed.map(|(set, _)| (set.clone(), why.clone())));
            self.accounts = before;
            return false;
        }
        setup.settings = settings;
        true
    }

    /// What is not as it is now, for people.
    pub(super) fn unknown(&self, setup: &Setup) -> impl Iterator<Item = Unknown> {
        let sets = self.troubles.iter();
        let unknown = sets.filter_map(|(name, why)| {
            let from = setup.settings.sets.get(name)?.organization.as_ref()?;
            Some(Unknown::kind(&from.scope, &format!("scopeSets.{name}"), why))
        });
        unknown.collect::<Vec<_>>().into_iter()
    }
}

/// Connects every scope, and those of the accounts that sets find in the organization now; they are
/// in the settings then. The sets whose accounts are not known, each with the reason, are without
/// scopes.
///
/// # Errors
/// As [`Scopes::connect`].
pub async fn connect_all(
    settings: &mut Settings,
    connection: &Connection,
    registry: &Registry,
) -> Result<(Scopes, BTreeMap<String, String>), ConnectError> {
    let mut scopes = Scopes::connect(settings, connection, registry).await?;
    let (mut accounts, mut troubles) = (BTreeMap::new(), BTreeMap::new());
    for (name, set) in &settings.sets {
        let Some(from) = &set.organization else { continue };
        match found(from, &scopes).await {
            Ok(found) => drop(accounts.insert(name.clone(), found)),
            Err(why) => drop(troubles.insert(name.clone(), why)),
        }
    }
    if let Err(error) = settings.follow(&accounts) {
        troubles.extend(accounts.into_keys().map(|name| (name, error.to_string())));
    }
    scopes.follow(settings, registry).await?;
    Ok((scopes, troubles))
}

/// The accounts of a set, as the organization has them now.
async fn found(from: &FromOrganization, scopes: &Scopes) -> Result<BTreeSet<String>, String> {
    let Some(connected) = scopes.get(&from.scope) else {
        return Err(format!("scope {} is not connected", from.scope));
    };
    let found = lookup::members(&connected.access, &from.units).await;
    let found = found.map_err(|error| error.to_string())?;
    Ok(found.difference(&from.exclude).cloned().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SETTLE: Duration = Duration::from_secs(15);

    fn accounts(numbers: std::ops::Range<u32>) -> BTreeSet<String> {
        numbers.map(|number| format!("{number:012}")).collect()
    }

    fn fleet(numbers: std::ops::Range<u32>) -> Fleet {
        let mut fleet = Fleet::default();
        fleet.take("ml", accounts(numbers), 10, SETTLE);
        fleet
    }

    #[tokio::test(start_paused = true)]
    async fn an_account_joins_after_one_reading_and_leaves_after_two() {
        let mut fleet = fleet(0..2);
        fleet.take("ml", accounts(0..3), 10, SETTLE);
        assert_eq!(fleet.accounts["ml"], accounts(0..3));
        fleet.take("ml", accounts(0..2), 10, SETTLE);
        assert_eq!(fleet.accounts["ml"], accounts(0..3), "one reading may be incomplete");
        tokio::time::advance(SETTLE).await;
        fleet.take("ml", accounts(0..2), 10, SETTLE);
        assert_eq!(fleet.accounts["ml"], accounts(0..2));
        assert!(fleet.missing.is_empty() && fleet.troubles.is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn an_account_that_comes_back_has_not_left() {
        let mut fleet = fleet(0..3);
        fleet.take("ml", accounts(0..2), 10, SETTLE);
        fleet.take("ml", accounts(0..3), 10, SETTLE);
        tokio::time::advance(SETTLE).await;
        fleet.take("ml", accounts(0..2), 10, SETTLE);
        assert_eq!(fleet.accounts["ml"], accounts(0..3), "missing again for the first time");
    }

    #[tokio::test(start_paused = true)]
    async fn a_list_that_shrinks_too_much_is_no_news() {
        let mut fleet = fleet(0..40);
        for _ in 0..3 {
            fleet.take("ml", accounts(5..41), 10, SETTLE);
            tokio::time::advance(SETTLE).await;
        }
        assert_eq!(fleet.accounts["ml"], accounts(0..41), "what is new joins");
        assert!(fleet.troubles["ml"].contains("5 of 41 accounts"), "{:?}", fleet.troubles);
        fleet.take("ml", accounts(0..41), 10, SETTLE);
        assert!(fleet.troubles.is_empty());
        fleet.take("ml", BTreeSet::new(), 10, SETTLE);
        assert_eq!(fleet.accounts["ml"].len(), 41);
    }
}
