//! What outlives the process: optional, and safe to lose.
//!
//! AWS stays the only place where ownership is recorded. The memory keeps what makes a restart less
//! of an interruption, and losing any part of it means doing less:
//!
//! | part | kept | lost |
//! |---|---|---|
//! | brake | whether the brake is on, and pauses of this process | nothing is written, and that is shown |
//! | wants | which wants were seen in force, as digests | holes opened before the start wait as any other change |
//! | approvals | which approvals were used | those in the directory at the start count as used |
//! | snapshot | the manifests of the last good reading | a bad directory at start means observing only |
//! | waves | how far changes have come in sets with waves | differences behind the first wave are held |
//! | history | what happened | the history begins anew |
//!
//! It is in a directory or in a table. A table is reached from other machines too: what they change
//! of the brake is noticed within seconds, and what two processes keep at once is merged. It does
//! not keep the snapshot: a bad directory at start means observing only.
//!
//! Each part is one text with a header (version, owner, digest of the rest). A part that is torn,
//! garbage, of another owner or of a newer version counts as lost. No part holds credentials.
//! Policies are only in the snapshot, as they are in Git, because without their text it could not
//! be enforced; everything else holds digests of them, or nothing.

mod brake;
mod directory;
mod envelope;
mod parts;
mod table;

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use futures::future::BoxFuture;
use serde::{Serialize, de::DeserializeOwned};

pub use self::{
    brake::{Kept, Lever},
    directory::{Directory, OpenError},
    parts::{
        Approvals, Before, KnownWants, LastSnapshot, Remembered, SpentApproval, WaveProgress, Waves,
    },
    table::InTable,
};
use crate::kind::CloudError;

/// A part of the memory, kept and lost on its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// The brake and the pauses of the process.
    Brake,
    /// Wants that were seen in force.
    Wants,
    /// Approvals that were used.
    Approvals,
    /// The manifests of the last good reading.
    Snapshot,
    /// How far changes have come in sets with waves, with the manifests that are in force where
    /// they have not come to.
    Waves,
    /// What happened.
    History,
}

impl Part {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Brake, Self::Wants, Self::Approvals, Self::Snapshot, Self::Waves, Self::History];

    /// Its name, also as a metric label.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Brake => "brake",
            Self::Wants => "wants",
            Self::Approvals => "approvals",
            Self::Snapshot => "snapshot",
            Self::Waves => "waves",
            Self::History => "history",
        }
    }

    /// The most bytes that are kept or read of it. The directory of manifests is limited to 32 MiB,
    /// and JSON may escape some of that.
    pub fn limit(self) -> usize {
        const MIB: usize = 1024 * 1024;
        match self {
            Self::Brake => MIB,
            Self::Approvals | Self::History => 4 * MIB,
            Self::Wants | Self::Snapshot | Self::Waves => 64 * MIB,
        }
    }
}

/// A place that keeps the parts, each as one text. Reading and writing have time limits of their
/// own: a pass waits for them.
pub trait Home: fmt::Debug + Send + Sync {
    /// Where it is, for people.
    fn place(&self) -> String;

    /// Whether others may change what it keeps while this process runs.
    fn is_shared(&self) -> bool {
        false
    }

    /// Whether it keeps this part at all.
    fn keeps(&self, _part: Part) -> bool {
        true
    }

    /// The text of a part; `None` if it was never kept.
    fn read(&self, part: Part) -> BoxFuture<'_, Result<Option<Vec<u8>>, MemoryError>>;

    /// Replaces the text of a part, wholly or not at all.
    fn write<'a>(&'a self, part: Part, text: &'a [u8]) -> BoxFuture<'a, Result<(), MemoryError>>;
}

/// Why a part could not be read or kept.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MemoryError {
    /// The home failed.
    #[error("{0}")]
    Home(#[from] std::io::Error),
    /// AWS refused, or did not answer.
    #[error("{0}")]
    Aws(#[from] CloudError),
    /// Somebody else may have written it since it was read; it is unchanged.
    #[error("another process has written it meanwhile")]
    Changed,
    /// It is larger than its limit.
    #[error("larger than {limit} bytes")]
    TooLarge {
        /// The limit.
        limit: usize,
    },
    /// It is cut off or changed: its digest is another one.
    #[error("not whole: what it holds is not what was written")]
    Torn,
    /// It does not begin with a header.
    #[error("not written by palisade")]
    Foreign,
    /// A newer palisade wrote it.
    #[error("written by a newer palisade (version {0} of its form)")]
    Newer(u32),
    /// It belongs to another installation.
    #[error("belongs to the owner `{0}`")]
    OtherOwner(String),
    /// Its content is not what this version keeps.
    #[error("its content is not understood")]
    Content,
}

impl MemoryError {
    /// Whether it is about the home, not about what is kept there.
    pub fn is_home(&self) -> bool {
        matches!(self, Self::Home(_) | Self::Aws(_))
    }
}

/// How often what others have kept meanwhile is merged before that is given up.
const MERGES: usize = 5;

/// What was kept of a part.
#[derive(Debug)]
pub enum Recalled<T> {
    /// Nothing yet.
    Nothing,
    /// This.
    Kept(T),
    /// Something that cannot be used.
    Lost(MemoryError),
}

impl<T> Recalled<T> {
    /// What was kept and can be used.
    pub fn kept(self) -> Option<T> {
        match self {
            Self::Kept(content) => Some(content),
            Self::Nothing | Self::Lost(_) => None,
        }
    }
}

/// The memory of one installation.
#[derive(Debug, Clone)]
pub struct Memory(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    home: Box<dyn Home>,
    owner: String,
    troubles: Mutex<BTreeMap<Part, String>>,
}

impl Memory {
    /// The memory of an owner in a home.
    pub fn new(home: impl Home + 'static, owner: &str) -> Self {
        let (home, owner) = (Box::new(home), owner.to_owned());
        Self(Arc::new(Inner { home, owner, troubles: Mutex::default() }))
    }

    /// Where it is, for people.
    pub fn place(&self) -> String {
        self.0.home.place()
    }

    /// What cannot be read or kept now, and why.
    pub fn troubles(&self) -> BTreeMap<Part, String> {
        self.0.troubles.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether others may change what it keeps while this process runs.
    pub fn is_shared(&self) -> bool {
        self.0.home.is_shared()
    }

    /// Whether it keeps this part at all. One that it does not is never there.
    pub fn keeps(&self, part: Part) -> bool {
        self.0.home.keeps(part)
    }

    async fn read<T: DeserializeOwned>(&self, part: Part) -> Result<Option<T>, MemoryError> {
        if !self.keeps(part) {
            return Ok(None);
        }
        match self.0.home.read(part).await? {
            Some(text) => envelope::open(&text, part, &self.0.owner).map(Some),
            None => Ok(None),
        }
    }

    /// Reads a part again that others may have changed; `None` if it is not there. While that
    /// fails, the last value counts, and a trouble says so.
    ///
    /// # Errors
    /// It cannot be read or used now.
    pub async fn look<T: DeserializeOwned>(
        &self,
        part: Part,
        limit: Duration,
    ) -> Result<Option<T>, MemoryError> {
        let late = |_| Err(MemoryError::Home(std::io::ErrorKind::TimedOut.into()));
        let content = tokio::time::timeout(limit, self.read(part)).await.unwrap_or_else(late);
        match &content {
            Ok(_) => self.well(part),
            Err(error) => self.trouble(part, "it cannot be read, so the last value counts", error),
        }
        content
    }

    /// Reads a part. What cannot be used is said once, and counts as lost.
    pub async fn recall<T: DeserializeOwned>(&self, part: Part) -> Recalled<T> {
        match self.read(part).await {
            Ok(None) => Recalled::Nothing,
            Ok(Some(content)) => Recalled::Kept(content),
            Err(error) => {
                self.trouble(part, "what it kept is lost", &error);
                Recalled::Lost(error)
            }
        }
    }

    /// Keeps a part, in place of what was kept before.
    ///
    /// # Errors
    /// It is too large, or the home failed; what was kept before stays.
    pub async fn keep<T: Serialize + Sync>(
        &self,
        part: Part,
        content: &T,
    ) -> Result<(), MemoryError> {
        if !self.keeps(part) {
            return Ok(());
        }
        let kept = match envelope::seal(content, part, &self.0.owner) {
            Ok(text) => self.0.home.write(part, &text).await,
            Err(error) => Err(error),
        };
        match &kept {
            Ok(()) => self.well(part),
            // The caller looks at what there is now.
            Err(MemoryError::Changed) => {}
            Err(error) => self.trouble(part, "it cannot be kept", error),
        }
        kept
    }

    /// Keeps a part in which `merge` puts what others have kept meanwhile.
    ///
    /// # Errors
    /// As [`Self::keep`], or others keep writing it.
    pub async fn keep_merged<T: Serialize + DeserializeOwned + Sync>(
        &self,
        part: Part,
        content: &mut T,
        mut merge: impl FnMut(&mut T, T),
    ) -> Result<(), MemoryError> {
        for _ in 0..MERGES {
            match self.keep(part, content).await {
                Err(MemoryError::Changed) => {}
                kept => return kept,
            }
            match self.read(part).await {
                Ok(Some(theirs)) => {
                    let (part, place) = (part.as_str(), self.place());
                    tracing::warn!(part, place, "memory, {part}: another process writes it, too");
                    merge(content, theirs);
                }
                Err(error) if error.is_home() => {
                    self.trouble(part, "it cannot be kept", &error);
                    return Err(error);
                }
                // What is lost is replaced, as at the start.
                Ok(None) | Err(_) => {}
            }
        }
        self.trouble(part, "it cannot be kept", &MemoryError::Changed);
        Err(MemoryError::Changed)
    }

    fn trouble(&self, part: Part, what: &str, error: &MemoryError) {
        let text = format!("{what}: {error}");
        let mut troubles = self.0.troubles.lock().unwrap_or_else(PoisonError::into_inner);
        if troubles.insert(part, text.clone()).as_ref() != Some(&text) {
            let (part, place) = (part.as_str(), self.place());
            tracing::error!(part, place, "memory, {part}: {text}");
        }
    }

    fn well(&self, part: Part) {
        self.0.troubles.lock().unwrap_or_else(PoisonError::into_inner).remove(&part);
    }
}
