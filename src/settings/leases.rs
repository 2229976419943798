//! How several processes share the scopes.

use std::{collections::BTreeMap, time::Duration};

use schemars::JsonSchema;
use serde::Deserialize;

use super::{
    Scope, ScopeSet, Settings, SettingsError,
    error::value,
    file::duration,
    memory::{FileTable, MemoryTable},
};
use crate::lease::Terms;

/// The default duration. A process that dies is replaced within two of them.
const DURATION: Duration = Duration::from_mins(1);
/// The default time between renewals: three may fail before the time of a lease is over.
const RENEW: Duration = Duration::from_secs(15);
/// The longest duration: nobody writes for that long after a process died.
const LONGEST: Duration = Duration::from_mins(10);

/// How processes share the scopes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeaseSettings {
    /// The table of the leases.
    pub table: MemoryTable,
    /// The times that they keep to.
    pub terms: Terms,
}

/// Several processes share the scopes: each writes where it holds the lease, and observes the rest.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "Leases")]
pub(super) struct FileLeases {
    /// The DynamoDB table of the leases, made by deploy/memory; the memory may be in the same one.
    dynamodb: FileTable,
    /// How long a lease lasts without a renewal.
    #[serde(default, deserialize_with = "duration")]
    #[schemars(with = "Option<String>", extend("default" = "60s", "examples" = ["60s"]))]
    duration: Option<Duration>,
    /// Time between renewals.
    #[serde(default, deserialize_with = "duration")]
    #[schemars(with = "Option<String>", extend("default" = "15s", "examples" = ["15s"]))]
    renew: Option<Duration>,
}

impl Settings {
    /// The table of the leases, if processes share the scopes.
    pub(super) fn lease_table(&self) -> Option<MemoryTable> {
        self.leases.as_ref().map(|leases| leases.table.clone())
    }
}

/// The intervals are those between passes, without and with events.
pub(super) fn check(
    file: Option<FileLeases>,
    (scopes, sets): (&BTreeMap<String, Scope>, &BTreeMap<String, ScopeSet>),
    (interval, event_interval): (Duration, Duration),
) -> Result<Option<LeaseSettings>, SettingsError> {
    let Some(FileLeases { dynamodb, duration, renew }) = file else { return Ok(None) };
    let (duration, renew) = (duration.unwrap_or(DURATION), renew.unwrap_or(RENEW));
    if renew < Duration::from_secs(1) {
        let help = "renew not more often than once a second";
        return Err(value("leases.renew", "shorter than 1s", help));
    }
    // A call, or a renewal, that takes as long as it may must end before somebody else writes.
    let least = Terms::least_duration(duration, renew);
    if duration <= least || duration > LONGEST {
        let why = format!(
            "{} s is not more than {} s (renewal, the longest call to the table, the longest call \
             to AWS and safety) and at most {} s",
            duration.as_secs(),
            least.as_secs(),
            LONGEST.as_secs()
        );
        return Err(value("leases.duration", why, "the defaults are 60s, and 15s to renew"));
    }
    let table = dynamodb.check("leases.dynamodb")?;
    let listens = scopes.values().any(|scope| scope.events.is_some())
        || sets.values().any(|set| set.listens().0);
    let interval = if listens { event_interval } else { interval };
    Ok(Some(LeaseSettings { table, terms: Terms::new(duration, renew, interval) }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Overrides;

    fn of(leases: &str) -> Result<Option<LeaseSettings>, String> {
        let settings = Settings::parse(&format!("owner: x\n{leases}\n"), &Overrides::default());
        settings.map(|it| it.leases).map_err(|error| error.field)
    }

    const TABLE: &str = "dynamodb: {table: palisade, region: eu-west-1}";

    #[test]
    fn without_the_setting_there_is_one_process_and_with_it_the_times_have_defaults() {
        assert_eq!(of(""), Ok(None));
        let leases = of(&format!("leases: {{{TABLE}}}")).unwrap().unwrap();
        let seconds = Duration::from_secs;
        let Terms { duration, renew, needed, patience } = leases.terms;
        assert_eq!((duration, renew, needed), (seconds(60), seconds(15), seconds(25)));
        assert!(patience > Duration::from_mins(15), "a slow pass is no standstill");
        assert_eq!(leases.table.name, "palisade");
    }

    #[test]
    fn a_lease_outlasts_a_renewal_and_the_longest_calls() {
        for (times, field) in [
            ("duration: 30s, renew: 15s", Some("leases.duration")),
            ("duration: 42s, renew: 15s", Some("leases.duration")),
            ("duration: 43s, renew: 15s", None),
            ("duration: 60s, renew: 30s", Some("leases.duration")),
            ("duration: 30s, renew: 4s", None),
            ("duration: 11m", Some("leases.duration")),
            ("renew: 500ms", Some("leases.renew")),
        ] {
            let found = of(&format!("leases: {{{TABLE}, {times}}}"));
            assert_eq!(found.err().as_deref(), field, "{times}");
        }
        let wrong = "leases: {dynamodb: {table: ab, region: eu-west-1}}";
        assert_eq!(of(wrong), Err("leases.dynamodb.table".to_owned()));
    }
}
