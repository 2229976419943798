//! Where leases are kept: the port, and the DynamoDB table.

use std::{collections::BTreeMap, fmt, time::Duration};

use futures::{FutureExt as _, future::BoxFuture};

use super::state::Record;
use crate::{
    aws::items::{Change, Expected, Item, Key, Put, Table, Value},
    kind::CloudError,
};

/// The attributes of an item, besides its key and its version.
const OWNER: &str = "owner";
const FENCE: &str = "fence";
const DURATION: &str = "durationMs";
const RELEASED: &str = "released";
const SINCE: &str = "since";
/// palisade's version, for people.
const PROGRAM: &str = "program";

/// What came of a write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Written {
    /// The item as it is now.
    Done(Record),
    /// The item was not as expected, and is unchanged. Nothing is known of it.
    Refused,
}

/// Where leases are kept. Each write demands what its writer has seen; an error says that it may
/// have been made.
pub trait Home: fmt::Debug + Send + Sync {
    /// Where it is, for people.
    fn place(&self) -> String;

    /// All items, as they are now.
    fn list(&self) -> BoxFuture<'_, Result<BTreeMap<String, Record>, CloudError>>;

    /// Makes the item of a lease that has none.
    fn create<'a>(
        &'a self,
        scope: &'a str,
        new: &'a Record,
    ) -> BoxFuture<'a, Result<Written, CloudError>>;

    /// Takes a lease whose item still has the version that was seen; the fence is counted up there.
    fn take<'a>(
        &'a self,
        scope: &'a str,
        seen: &'a str,
        new: &'a Record,
    ) -> BoxFuture<'a, Result<Written, CloudError>>;

    /// Gives an own lease a new version, or gives it back.
    fn renew<'a>(
        &'a self,
        scope: &'a str,
        held: &'a Record,
        version: &'a str,
        released: bool,
    ) -> BoxFuture<'a, Result<Written, CloudError>>;
}

/// The leases of one installation in a table: the items of the partition `leases/OWNER`, each with
/// its scope as the sort key. The memory may be in the same table: its partitions have other names.
#[derive(Debug)]
pub struct InTable {
    table: Table,
    partition: String,
}

impl InTable {
    /// The leases of the installation with this name.
    pub fn new(table: Table, owner: &str) -> Self {
        Self { table, partition: format!("leases/{owner}") }
    }

    fn key(&self, scope: &str) -> Key {
        Key { key: self.partition.clone(), sort: scope.to_owned() }
    }

    async fn all(&self) -> Result<BTreeMap<String, Record>, CloudError> {
        let items = self.table.list(&self.partition, None).await?;
        // An item that is no lease is nobody's: a lease is made of it once nobody has changed it
        // for a duration.
        Ok(items.into_iter().map(|item| (item.key.sort.clone(), read(&item))).collect())
    }

    async fn new_item(&self, scope: &str, new: &Record) -> Result<Written, CloudError> {
        let mut members = members(new);
        members.insert(FENCE.to_owned(), Value::Number(new.fence));
        let (key, version) = (self.key(scope), Some(new.version.clone()));
        let item = Item { key, version, members };
        Ok(match self.table.put(&item, &Expected::NoVersion).await? {
            Put::Done => Written::Done(new.clone()),
            Put::Refused => Written::Refused,
        })
    }

    async fn change(&self, scope: &str, change: Change) -> Result<Written, CloudError> {
        let changed = self.table.update(&self.key(scope), &change).await?;
        Ok(changed.map_or(Written::Refused, |item| Written::Done(read(&item))))
    }
}

fn members(record: &Record) -> BTreeMap<String, Value> {
    let duration = u64::try_from(record.duration.as_millis()).unwrap_or(u64::MAX);
    [
        (OWNER, Value::Text(record.owner.clone())),
        (DURATION, Value::Number(duration)),
        (RELEASED, Value::Number(u64::from(record.released))),
        (SINCE, Value::Text(record.since.clone())),
        (PROGRAM, Value::Text(env!("CARGO_PKG_VERSION").to_owned())),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into()
}

/// What is missing in an item reads as what makes others wait.
fn read(item: &Item) -> Record {
    let text = |name: &str| match item.members.get(name) {
        Some(Value::Text(text)) => text.clone(),
        _ => String::new(),
    };
    let number = |name: &str| match item.members.get(name) {
        Some(Value::Number(number)) => Some(*number),
        _ => None,
    };
    Record {
        owner: text(OWNER),
        fence: number(FENCE).unwrap_or_default(),
        version: item.version.clone().unwrap_or_default(),
        duration: Duration::from_millis(number(DURATION).unwrap_or_default()),
        released: number(RELEASED) == Some(1),
        since: text(SINCE),
    }
}

impl Home for InTable {
    fn place(&self) -> String {
        self.table.place()
    }

    fn list(&self) -> BoxFuture<'_, Result<BTreeMap<String, Record>, CloudError>> {
        self.all().boxed()
    }

    fn create<'a>(
        &'a self,
        scope: &'a str,
        new: &'a Record,
    ) -> BoxFuture<'a, Result<Written, CloudError>> {
        self.new_item(scope, new).boxed()
    }

    fn take<'a>(
        &'a self,
        scope: &'a str,
        seen: &'a str,
        new: &'a Record,
    ) -> BoxFuture<'a, Result<Written, CloudError>> {
        let change = Change {
            expected: seen.to_owned(),
            demands: BTreeMap::new(),
            version: new.version.clone(),
            sets: members(new),
            counts: Some(FENCE.to_owned()),
        };
        self.change(scope, change).boxed()
    }

    fn renew<'a>(
        &'a self,
        scope: &'a str,
        held: &'a Record,
        version: &'a str,
        released: bool,
    ) -> BoxFuture<'a, Result<Written, CloudError>> {
        let demands = [
            (OWNER.to_owned(), Value::Text(held.owner.clone())),
            (FENCE.to_owned(), Value::Number(held.fence)),
        ];
        let sets = released.then(|| (RELEASED.to_owned(), Value::Number(1)));
        let change = Change {
            expected: held.version.clone(),
            demands: demands.into(),
            version: version.to_owned(),
            sets: sets.into_iter().collect(),
            counts: None,
        };
        self.change(scope, change).boxed()
    }
}
