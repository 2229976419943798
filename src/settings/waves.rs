//! Waves: the order in which a change reaches the accounts of a set.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use schemars::JsonSchema;
use serde::Deserialize;

use super::{SettingsError, check::is_account, error::value, file::duration};

/// Accounts that a change of a set's manifests reaches together, once the wave before has been as
/// wanted for a while.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wave {
    reach: Reach,
    /// For how long the wave must be as its manifests say before the next one begins.
    pub soak: Duration,
    /// The number of its scopes that may fail to become as wanted without stopping the rollout.
    pub failures: usize,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Reach {
    /// These accounts.
    Accounts(BTreeSet<String>),
    /// This share of the set's accounts, with those of the waves before.
    Percent(u32),
}

/// One wave: accounts, or a share of them.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "Wave")]
pub(super) struct FileWave {
    /// The ids of its accounts.
    #[schemars(extend("examples" = [["111122223333"]]))]
    accounts: Option<BTreeSet<String>>,
    /// In place of `accounts`: the share of the set's accounts, in percent, that has been reached
    /// with this wave. Those of earlier waves count; the others are taken in the order of their
    /// ids.
    #[schemars(range(min = 1, max = 100))]
    percent: Option<u32>,
    /// For how long everything that was reached must be in sync before the next wave begins, such
    /// as `30m`.
    #[serde(default, deserialize_with = "duration")]
    #[schemars(with = "Option<String>", extend("examples" = ["30m"]))]
    soak: Option<Duration>,
    /// The number of scopes that may fail to become as wanted without stopping the rollout.
    #[serde(default)]
    failures: usize,
}

/// The waves of a set, in order. `members` are its accounts, if the settings list them.
///
/// # Errors
/// A wave is wrong, or some accounts would never be reached.
pub(super) fn check(
    waves: Vec<FileWave>,
    members: Option<&BTreeSet<String>>,
    field: &impl Fn(&str) -> String,
) -> Result<Vec<Wave>, SettingsError> {
    let (mut listed, mut percent) = (BTreeSet::new(), 0);
    let mut checked = Vec::new();
    for (index, wave) in waves.into_iter().enumerate() {
        let at = |part: &str| field(&format!("waves[{index}]{part}"));
        let reach = match (wave.accounts, wave.percent) {
            (Some(accounts), None) => {
                check_accounts(&accounts, members, &listed, &at(".accounts"))?;
                listed.extend(accounts.iter().cloned());
                Reach::Accounts(accounts)
            }
            (None, Some(share)) => {
                if share > 100 || share <= percent {
                    let why = format!("{share} does not follow {percent}");
                    let help = "each share counts the accounts of the waves before: write larger \
                                ones, up to 100";
                    return Err(value(at(".percent"), why, help));
                }
                percent = share;
                Reach::Percent(share)
            }
            _ => {
                let why = "names either `accounts` or `percent`";
                return Err(value(at(""), why, "write one of both, such as {percent: 10}"));
            }
        };
        if percent == 100 && (wave.soak.is_some() || wave.failures > 0) {
            let why = "is the last wave: nothing comes after it";
            return Err(value(at(""), why, "remove `soak` and `failures`"));
        }
        let soak = wave.soak.unwrap_or_default();
        checked.push(Wave { reach, soak, failures: wave.failures });
    }
    let ends = checked.last().is_none_or(|wave| wave.reach == Reach::Percent(100));
    if !ends {
        let why = "do not end with all accounts";
        return Err(value(field("waves"), why, "add {percent: 100} at the end"));
    }
    Ok(checked)
}

fn check_accounts(
    accounts: &BTreeSet<String>,
    members: Option<&BTreeSet<String>>,
    listed: &BTreeSet<String>,
    field: &str,
) -> Result<(), SettingsError> {
    if accounts.is_empty() {
        return Err(value(field, "is empty", "name at least one account, or remove the wave"));
    }
    for account in accounts {
        if !is_account(account) {
            let why = format!("`{account}` is not an account id");
            return Err(value(field, why, "write all twelve digits, in quotes"));
        }
        if members.is_some_and(|members| !members.contains(account)) {
            let why = format!("{account} is not an account of the set");
            return Err(value(field, why, "add it to `accounts` of the set, or remove it"));
        }
        if listed.contains(account) {
            let why = format!("{account} is in an earlier wave already");
            return Err(value(field, why, "remove it from one of them"));
        }
    }
    Ok(())
}

/// The wave of each account, counted from 0.
pub(super) fn order<'a>(waves: &[Wave], accounts: &BTreeSet<&'a str>) -> BTreeMap<&'a str, usize> {
    let mut order = BTreeMap::new();
    for (index, wave) in waves.iter().enumerate() {
        if let Reach::Accounts(listed) = &wave.reach {
            let found = accounts.iter().copied().filter(|account| listed.contains(*account));
            order.extend(found.map(|account| (account, index)));
        }
    }
    for (index, wave) in waves.iter().enumerate() {
        let Reach::Percent(share) = wave.reach else { continue };
        let reached = order.values().filter(|wave| **wave <= index).count();
        let wanted = (accounts.len() * share as usize).div_ceil(100);
        let mut rest = accounts.iter().copied().filter(|account| !order.contains_key(account));
        let next: Vec<&str> = rest.by_ref().take(wanted.saturating_sub(reached)).collect();
        order.extend(next.into_iter().map(|account| (account, index)));
    }
    order
}

#[cfg(test)]
mod tests {
    use super::{
        super::{Overrides, Settings},
        *,
    };

    fn parsed(waves: &str) -> Result<Settings, String> {
        let text = format!(
            "owner: a
scopeSets:
  ml:
    accounts: ['000000000001', '000000000002', '000000000003', '000000000004', '000000000005']
    regions: [eu-west-1]
    assumeRole: {{roleName: palisade}}
    waves: {waves}
"
        );
        Settings::parse(&text, &Overrides::default()).map_err(|error| error.to_string())
    }

    fn waves_of(waves: &str) -> Vec<usize> {
        let settings = parsed(waves).unwrap();
        settings.sets["ml"].order().into_values().collect()
    }

    #[test]
    fn the_accounts_that_a_wave_names_come_first_and_shares_count_them() {
        let waves = "[{accounts: ['000000000004'], soak: 30m}, {percent: 40}, {percent: 100}]";
        assert_eq!(waves_of(waves), [1, 2, 2, 0, 2]);
        let waves = "[{percent: 1}, {percent: 50}, {accounts: ['000000000001']}, {percent: 100}]";
        assert_eq!(waves_of(waves), [2, 0, 1, 1, 3]);
        assert_eq!(waves_of("[]"), [0; 5], "without waves all are reached at once");
    }

    #[test]
    fn a_soak_and_failures_are_those_of_the_wave_before_the_next() {
        let settings = parsed("[{percent: 20, soak: 1h, failures: 1}, {percent: 100}]").unwrap();
        let waves = &settings.sets["ml"].waves;
        assert_eq!((waves[0].soak, waves[0].failures), (Duration::from_hours(1), 1));
        assert_eq!((waves[1].soak, waves[1].failures), (Duration::ZERO, 0));
    }

    #[test]
    fn waves_that_leave_accounts_out_or_contradict_each_other_are_refused() {
        for (waves, says) in [
            ("[{percent: 10}]", "scopeSets.ml.waves: do not end with all accounts"),
            ("[{percent: 100, soak: 1m}]", "waves[0]: is the last wave"),
            ("[{percent: 50}, {percent: 50}]", "waves[1].percent: 50 does not follow 50"),
            ("[{percent: 101}]", "waves[0].percent: 101 does not follow 0"),
            ("[{soak: 1m}, {percent: 100}]", "waves[0]: names either `accounts` or `percent`"),
            ("[{accounts: []}, {percent: 100}]", "waves[0].accounts: is empty"),
            ("[{accounts: ['7']}, {percent: 100}]", "`7` is not an account id"),
            ("[{accounts: ['000000000009']}, {percent: 100}]", "is not an account of the set"),
            (
                "[{accounts: ['000000000001']}, {accounts: ['000000000001']}, {percent: 100}]",
                "000000000001 is in an earlier wave already",
            ),
        ] {
            let error = parsed(waves).unwrap_err();
            assert!(error.contains(says), "{waves}: {error}");
        }
    }
}
