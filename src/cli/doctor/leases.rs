//! Whether the table of the leases can be reached, and who holds what.

use std::collections::BTreeSet;

use super::{Check, table::Purpose};
use crate::{
    aws::Connection,
    lease::{Home as _, InTable},
    settings::{LeaseSettings, Settings},
};

const NAME: &str = "leases";
const TABLE: Purpose = Purpose { name: NAME, without: "without its leases palisade only observes" };

/// The table of the leases, if processes share the scopes.
pub(super) async fn check(settings: &Settings, connection: &Connection) -> Option<Check> {
    let LeaseSettings { table, .. } = settings.leases.as_ref()?;
    let connection = connection.clone().of(&settings.owner);
    let home = InTable::new(connection.table(&table.name, &table.region), &settings.owner);
    let place = home.place();
    Some(match home.list().await {
        Ok(found) if found.is_empty() => {
            let found = format!("{place}: no lease was taken yet; whether one can be, `run` shows");
            Check::ok(NAME, found)
        }
        Ok(found) => {
            // Whether the holder is alive only time tells, so nothing is said about that.
            let held = found.values().filter(|record| !record.released);
            let owners: BTreeSet<&str> = held.clone().map(|record| record.owner.as_str()).collect();
            let owners: Vec<&str> = owners.into_iter().collect();
            let by = if owners.is_empty() { String::new() } else { " by ".to_owned() };
            let count = held.count();
            let text =
                format!("{place}: {count} of {} taken{by}{}", found.len(), owners.join(", "));
            Check::ok(NAME, text)
        }
        Err(error) => TABLE.refused(table, &place, &error),
    })
}
