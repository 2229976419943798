//! Where the memory is.

use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Overrides, SettingsError, error::value, file::is_region, partition};

/// The place of what outlives a restart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MemoryHome {
    /// A directory of this machine.
    Directory(PathBuf),
    /// A table, which other machines reach too.
    Table(MemoryTable),
}

/// A DynamoDB table in the account of the process's own credentials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemoryTable {
    /// Its name.
    pub name: String,
    /// Its Region.
    pub region: String,
}

impl MemoryTable {
    /// Its ARN in an account.
    pub fn arn(&self, account: &str) -> String {
        let Self { name, region } = self;
        format!("arn:{}:dynamodb:{region}:{account}:table/{name}", partition(region))
    }
}

impl MemoryHome {
    /// The directory, if it is one.
    pub fn directory(&self) -> Option<&Path> {
        match self {
            Self::Directory(path) => Some(path),
            Self::Table(_) => None,
        }
    }

    /// The table, if it is one.
    pub fn table(&self) -> Option<&MemoryTable> {
        match self {
            Self::Directory(_) => None,
            Self::Table(table) => Some(table),
        }
    }

    /// A relative directory is below this one.
    pub(super) fn resolve(&mut self, folder: &Path) {
        if let Self::Directory(path) = self {
            *path = folder.join(&*path);
        }
    }
}

/// What outlives a restart: brake and pauses, history, used approvals, what was in force. It is in
/// one place: a directory or a table.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[schemars(rename = "Memory")]
pub(super) struct FileMemory {
    /// Its directory. palisade creates it; nobody else may write it.
    #[schemars(extend("examples" = ["/var/lib/palisade/memory"]))]
    dir: Option<PathBuf>,
    /// Its DynamoDB table, made by deploy/memory. Other machines reach it, so that `palisade brake`
    /// works from there.
    dynamodb: Option<FileTable>,
}

/// A DynamoDB table in the account of the process's own credentials, with the keys `key` and
/// `item`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "MemoryTable")]
pub(super) struct FileTable {
    /// Its name.
    #[schemars(regex(pattern = r"^[A-Za-z0-9_.-]{3,255}$"), extend("examples" = ["palisade"]))]
    table: String,
    /// Its Region.
    #[schemars(extend("examples" = ["eu-west-1"]))]
    region: String,
}

/// The home of the memory: a flag comes before the file.
pub(super) fn home(
    flags: &Overrides,
    file: FileMemory,
) -> Result<Option<MemoryHome>, SettingsError> {
    if let Some(dir) = &flags.memory_dir {
        return Ok(Some(MemoryHome::Directory(dir.clone())));
    }
    if let Some(given) = &flags.memory_table {
        let (region, table) = given.split_once('/').ok_or_else(|| {
            let why = format!("`{given}` is not REGION/TABLE");
            value("memory.dynamodb", why, "write the Region first, such as eu-west-1/palisade")
        })?;
        let table = FileTable { table: table.to_owned(), region: region.to_owned() };
        return Ok(Some(MemoryHome::Table(table.check("memory.dynamodb")?)));
    }
    match (file.dir, file.dynamodb) {
        (None, None) => Ok(None),
        (Some(dir), None) => Ok(Some(MemoryHome::Directory(dir))),
        (None, Some(table)) => table.check("memory.dynamodb").map(MemoryHome::Table).map(Some),
        (Some(_), Some(_)) => Err(value(
            "memory.dynamodb",
            "there is a directory, too, and the memory is in one place",
            "remove `dir` or `dynamodb`",
        )),
    }
}

impl FileTable {
    /// The characters of a table's name and its length are DynamoDB's (developer guide, Naming
    /// rules).
    pub(super) fn check(self, field: &str) -> Result<MemoryTable, SettingsError> {
        let Self { table: name, region } = self;
        let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
        if !(3..=255).contains(&name.len()) || !name.bytes().all(plain) {
            return Err(value(
                format!("{field}.table"),
                format!("`{name}` is not the name of a table"),
                "write its name, not its ARN: 3 to 255 letters, digits, `-`, `_` or `.`",
            ));
        }
        if !is_region(&region) {
            return Err(value(
                format!("{field}.region"),
                format!("`{region}` is not a Region"),
                "write its code, such as eu-west-1",
            ));
        }
        Ok(MemoryTable { name, region })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Settings;

    fn home_of(memory: &str, flags: &Overrides) -> Result<Option<MemoryHome>, String> {
        let settings = Settings::parse(&format!("owner: x\nmemory: {memory}\n"), flags);
        settings.map(|it| it.memory).map_err(|error| error.field)
    }

    #[test]
    fn it_is_in_a_directory_or_in_a_table_and_a_flag_comes_first() {
        let none = Overrides::default();
        let directory = |path: &str| Ok(Some(MemoryHome::Directory(path.into())));
        assert_eq!(home_of("{}", &none), Ok(None));
        assert_eq!(home_of("{dir: /m}", &none), directory("/m"));
        let table = "{dynamodb: {table: palisade, region: eu-west-1}}";
        let found = home_of(table, &none).unwrap().unwrap();
        let arn = found.table().unwrap().arn("111122223333");
        assert_eq!(arn, "arn:aws:dynamodb:eu-west-1:111122223333:table/palisade");
        assert_eq!(found.directory(), None);
        let flags = Overrides { memory_dir: Some("/f".into()), ..Overrides::default() };
        assert_eq!(home_of(table, &flags), directory("/f"));
        let of_flag = |text: &str| {
            let memory_table = Some(text.to_owned());
            home_of("{dir: /m}", &Overrides { memory_table, ..Overrides::default() })
        };
        assert_eq!(of_flag("eu-west-1/palisade"), Ok(Some(found)));
        assert_eq!(of_flag("palisade"), Err("memory.dynamodb".to_owned()));
    }

    #[test]
    fn two_places_and_what_is_no_table_or_no_region_are_refused() {
        for (memory, field) in [
            ("{dir: /m, dynamodb: {table: abc, region: eu-west-1}}", "memory.dynamodb"),
            (
                "{dynamodb: {table: 'arn:aws:dynamodb:x', region: eu-west-1}}",
                "memory.dynamodb.table",
            ),
            ("{dynamodb: {table: ab, region: eu-west-1}}", "memory.dynamodb.table"),
            ("{dynamodb: {table: abc, region: Ireland}}", "memory.dynamodb.region"),
        ] {
            assert_eq!(home_of(memory, &Overrides::default()), Err(field.to_owned()), "{memory}");
        }
    }
}
