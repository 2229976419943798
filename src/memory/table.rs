//! The memory in a DynamoDB table, which other machines reach too.
//!
//! A part is the item `head` of the partition `memory/OWNER/PART`. What fits stands in it as text;
//! what is larger is packed and split over items of its own, and the head says which. There are two
//! places for those, used in turns, so that what a head names stays until the next head is written:
//! nothing is ever deleted, and the permission for it is not needed.
//!
//! A write names the version that was read or written last. If somebody else has written
//! meanwhile, or it could not be read at all, it is refused ([`MemoryError::Changed`]), until the
//! part is read again.

use std::{
    collections::BTreeMap,
    hash::{BuildHasher as _, RandomState},
    io,
    sync::{Mutex, PoisonError},
};

use futures::{
    FutureExt as _,
    future::{self, BoxFuture},
};
use miniz_oxide::{deflate::compress_to_vec_zlib, inflate::decompress_to_vec_zlib_with_limit};

use super::{Home, MemoryError, Part};
use crate::aws::items::{Expected, Item, Key, MAX_ITEM_BYTES, Put, Table, Value};

/// The most items of a part besides its head. Together they are 8 MiB, packed.
const MAX_PIECES: usize = 24;
/// The zlib level: the fastest that still finds repetitions, of which parts are full.
const LEVEL: u8 = 3;
/// The sort key of a head.
const HEAD: &str = "head";
/// The attributes of a head: the text, or the place and the number of the pieces.
const TEXT: &str = "text";
const PLACE: &str = "place";
const PIECES: &str = "pieces";
/// The attribute of a piece.
const BYTES: &str = "bytes";
/// The two places of pieces.
const PLACES: [&str; 2] = ["a", "b"];

/// The memory of one owner in a table.
#[derive(Debug)]
pub struct InTable {
    table: Table,
    owner: String,
    seen: Mutex<BTreeMap<Part, Head>>,
}

/// What is known of a head.
#[derive(Debug, Clone, Default)]
struct Head {
    /// `None` if there is none, or none of ours.
    version: Option<String>,
    /// The place of its pieces.
    place: Option<String>,
}

impl InTable {
    /// The memory of this owner.
    pub fn new(table: Table, owner: &str) -> Self {
        let owner = owner.to_owned();
        Self { table, owner, seen: Mutex::default() }
    }

    fn partition(&self, part: Part) -> String {
        format!("memory/{}/{}", self.owner, part.as_str())
    }

    fn key(&self, part: Part, sort: &str) -> Key {
        Key { key: self.partition(part), sort: sort.to_owned() }
    }

    fn note(&self, part: Part, head: Head) {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).insert(part, head);
    }

    fn known(&self, part: Part) -> Option<Head> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).get(&part).cloned()
    }

    async fn head(&self, part: Part) -> Result<Option<Item>, MemoryError> {
        let item = self.table.get(&self.key(part, HEAD)).await?;
        let head = item.as_ref().map_or_else(Head::default, |item| Head {
            version: item.version.clone(),
            place: text_of(item, PLACE).map(str::to_owned),
        });
        self.note(part, head);
        Ok(item)
    }

    async fn text(&self, part: Part) -> Result<Option<Vec<u8>>, MemoryError> {
        let Some(head) = self.head(part).await? else { return Ok(None) };
        if let Some(text) = text_of(&head, TEXT) {
            return Ok(Some(text.as_bytes().to_vec()));
        }
        let place = text_of(&head, PLACE).ok_or(MemoryError::Foreign)?;
        let Some(Value::Number(count)) = head.members.get(PIECES) else {
            return Err(MemoryError::Foreign);
        };
        let count = usize::try_from(*count).unwrap_or(usize::MAX);
        let pieces = self.table.list(&self.partition(part), Some(&format!("{place}/"))).await?;
        let mut packed = Vec::new();
        // Others may be left behind by a longer text.
        for piece in pieces.iter().take(count) {
            match piece.members.get(BYTES) {
                Some(Value::Bytes(bytes)) => packed.extend(bytes),
                _ => return Err(MemoryError::Torn),
            }
        }
        // What belongs to another text does not unpack, or is noticed by the digest of the whole.
        let whole = decompress_to_vec_zlib_with_limit(&packed, part.limit());
        whole.map(Some).map_err(|_| MemoryError::Torn)
    }

    async fn replace(&self, part: Part, text: &[u8]) -> Result<(), MemoryError> {
        // What could not be read until now is read first.
        let known = self.known(part).ok_or(MemoryError::Changed)?;
        let version = new_version(text);
        let (members, place) = match std::str::from_utf8(text) {
            Ok(plain) if text.len() <= MAX_ITEM_BYTES => {
                ([(TEXT.to_owned(), Value::Text(plain.to_owned()))].into(), None)
            }
            _ => self.split(part, text, &known, &version).await?,
        };
        let key = self.key(part, HEAD);
        let item = Item { key, version: Some(version.clone()), members };
        let expected = known.version.map_or(Expected::NoVersion, Expected::Version);
        match self.table.put(&item, &expected).await? {
            Put::Done => {
                self.note(part, Head { version: Some(version), place });
                Ok(())
            }
            Put::Refused => Err(MemoryError::Changed),
        }
    }

    /// Writes the pieces of a text to the place that no head names; the attributes of its head.
    async fn split(
        &self,
        part: Part,
        text: &[u8],
        known: &Head,
        version: &str,
    ) -> Result<(BTreeMap<String, Value>, Option<String>), MemoryError> {
        let packed = compress_to_vec_zlib(text, LEVEL);
        let pieces: Vec<&[u8]> = packed.chunks(MAX_ITEM_BYTES).collect();
        if pieces.len() > MAX_PIECES {
            return Err(MemoryError::TooLarge { limit: MAX_PIECES * MAX_ITEM_BYTES });
        }
        let place = if known.place.as_deref() == Some(PLACES[0]) { PLACES[1] } else { PLACES[0] };
        for (number, bytes) in pieces.iter().enumerate() {
            let item = Item {
                key: self.key(part, &format!("{place}/{number:04}")),
                version: Some(version.to_owned()),
                members: [(BYTES.to_owned(), Value::Bytes(bytes.to_vec()))].into(),
            };
            self.table.put(&item, &Expected::Anything).await?;
        }
        let count = u64::try_from(pieces.len()).unwrap_or(u64::MAX);
        let members = [
            (PLACE.to_owned(), Value::Text(place.to_owned())),
            (PIECES.to_owned(), Value::Number(count)),
        ];
        Ok((members.into(), Some(place.to_owned())))
    }
}

/// A version that nobody else has written: the keys of the hashers are random.
fn new_version(text: &[u8]) -> String {
    let random = || RandomState::new().hash_one(text);
    format!("{:016x}{:016x}", random(), random())
}

fn text_of<'a>(item: &'a Item, name: &str) -> Option<&'a str> {
    match item.members.get(name) {
        Some(Value::Text(text)) => Some(text),
        _ => None,
    }
}

impl Home for InTable {
    fn place(&self) -> String {
        self.table.place()
    }

    fn is_shared(&self) -> bool {
        true
    }

    /// The manifests are in Git, and too large for a table.
    fn keeps(&self, part: Part) -> bool {
        !matches!(part, Part::Snapshot | Part::Waves)
    }

    fn read(&self, part: Part) -> BoxFuture<'_, Result<Option<Vec<u8>>, MemoryError>> {
        self.text(part).boxed()
    }

    fn write<'a>(&'a self, part: Part, text: &'a [u8]) -> BoxFuture<'a, Result<(), MemoryError>> {
        if self.keeps(part) {
            self.replace(part, text).boxed()
        } else {
            future::ready(Err(io::Error::from(io::ErrorKind::Unsupported).into())).boxed()
        }
    }
}
