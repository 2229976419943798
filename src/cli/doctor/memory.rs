//! Whether the memory can be reached.

use super::{Check, table::Purpose};
use crate::{
    aws::Connection,
    memory::{Home as _, InTable, Memory, MemoryError, Part, Recalled},
    model::Asked,
    settings::{MemoryHome, Settings},
};

const NAME: &str = "memory";
const TABLE: Purpose =
    Purpose { name: NAME, without: "without its memory at the start palisade only observes" };

/// The table of the memory, if it is one. A directory is locked by the process that uses it.
pub(super) async fn check(settings: &Settings, connection: &Connection) -> Option<Check> {
    let Some(MemoryHome::Table(table)) = &settings.memory else { return None };
    let connection = connection.clone().of(&settings.owner);
    let home = || InTable::new(connection.table(&table.name, &table.region), &settings.owner);
    let place = home().place();
    let read = home().read(Part::Brake).await;
    Some(match read {
        Ok(None) => {
            let found = format!("{place}: nothing is kept yet; whether it can be, `run` shows");
            Check::ok(NAME, found)
        }
        Ok(Some(_)) => kept(Memory::new(home(), &settings.owner), &place).await,
        Err(MemoryError::Aws(error)) => TABLE.refused(table, &place, &error),
        Err(error) => unusable(&place, &error),
    })
}

async fn kept(memory: Memory, place: &str) -> Check {
    match memory.recall::<Asked>(Part::Brake).await {
        Recalled::Lost(error) => unusable(place, &error),
        recalled => {
            let engaged = recalled.kept().and_then(|asked| asked.engaged);
            let state = engaged.map_or_else(|| "the brake is off".to_owned(), |it| it.to_string());
            Check::ok(NAME, format!("{place}: {state}"))
        }
    }
}

fn unusable(place: &str, error: &MemoryError) -> Check {
    let help = "nothing is written until somebody releases the brake: `palisade brake off`";
    Check::fail(NAME, format!("{place}: what is kept of the brake is lost: {error}"), help)
}
