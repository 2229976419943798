//! The audit over the AWS SDK. With `n` resources of a sort in the window, of which `m` were not
//! seen before, a look at the sort makes `⌊n/100⌋ + 1` calls that list, at most [`MAX_PAGES`], and
//! `m` that describe (`2m` for endpoints, whose configuration says what they are); all sorts
//! together at most [`MAX_READ`] resources at a time, the newest of each sort first, and one after
//! another, so that they leave the account's budget to those who are in a hurry.

mod describe;
mod list;

use std::{collections::BTreeSet, time::SystemTime};

use aws_smithy_types::DateTime;
use futures::FutureExt as _;

use self::list::Listed;
use crate::{
    aws::sagemaker::gone,
    kind::{CloudError, Erased, Look, Looked, Unjudged, UnjudgedReason},
};

/// The pages of a list of one sort, at most.
const MAX_PAGES: usize = 20;
/// The resources that one look describes, at most.
const MAX_READ: usize = 300;

/// After this many failures the others of a sort would most likely fail too, and are left.
const MAX_FAILURES: usize = 3;

/// What is audited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sort {
    Training,
    Processing,
    Model,
    Endpoint,
    Config,
}

impl Sort {
    const ALL: [Self; 5] =
        [Self::Training, Self::Processing, Self::Model, Self::Endpoint, Self::Config];

    /// One of them, for people.
    fn one(self) -> &'static str {
        match self {
            Self::Training => "training job",
            Self::Processing => "processing job",
            Self::Model => "model",
            Self::Endpoint => "endpoint",
            Self::Config => "endpoint configuration",
        }
    }

    /// Whether a key is one of its own.
    fn has(self, key: &str) -> bool {
        key.split_once(": ").is_some_and(|(sort, _)| sort == self.one())
    }

    /// All of them, for people.
    fn all(self) -> &'static str {
        match self {
            Self::Training => "training jobs of SageMaker",
            Self::Processing => "processing jobs of SageMaker",
            Self::Model => "models of SageMaker",
            Self::Endpoint => "endpoints of SageMaker",
            Self::Config => "endpoint configurations of SageMaker",
        }
    }
}

/// Lists what was made within the window, describes what was not seen before, and judges it. A sort
/// that cannot be listed, or a resource that cannot be described, hides nothing of the others.
pub(super) fn look<'a>(look: &'a Look<'a>) -> Erased<'a, Result<Looked, CloudError>> {
    async move {
        let now = look.access.clock.now();
        let since = now.checked_sub(look.window).unwrap_or(SystemTime::UNIX_EPOCH);
        let since = DateTime::from(since);
        let mut looking = Looking {
            look,
            looked: Looked::default(),
            keys: BTreeSet::new(),
            unlisted: Vec::new(),
            read: 0,
        };
        for sort in Sort::ALL {
            looking.at(sort, &since).await;
        }
        let Looking { keys, unlisted, looked, .. } = looking;
        let is_unlisted = |key: &str| unlisted.iter().any(|sort: &Sort| sort.has(key));
        look.seen.keep_only(|key| keys.contains(key) || is_unlisted(key));
        Ok(looked)
    }
    .boxed()
}

/// A look under way.
struct Looking<'a> {
    look: &'a Look<'a>,
    looked: Looked,
    /// The keys of what exists, or may exist, within the window.
    keys: BTreeSet<String>,
    /// What could not be listed to the end: nothing of it is forgotten.
    unlisted: Vec<Sort>,
    /// How many were described.
    read: usize,
}

impl Looking<'_> {
    async fn at(&mut self, sort: Sort, since: &DateTime) {
        let Look { access, seen, .. } = self.look;
        let listing = list::since(access, sort, since).await;
        if let Some(why) = listing.incomplete {
            if matches!(why, UnjudgedReason::Failed(_)) {
                self.unlisted.push(sort);
            }
            self.unread(sort, why);
        }
        let (mut left, mut failed) = (0, Vec::new());
        for listed in listing.found {
            let key = listed.key(sort);
            // What is made meanwhile pushes others to the next page once more.
            if !self.keys.insert(key.clone()) {
                continue;
            }
            if let Some(breaches) = seen.of(&key) {
                self.looked.breaches.extend(breaches);
                continue;
            }
            if self.read == MAX_READ || failed.len() == MAX_FAILURES {
                left += 1;
                continue;
            }
            self.read += 1;
            match gone(describe::work(access, sort, &listed.name).await) {
                Ok(Some(work)) => {
                    let breaches = work.breaches();
                    seen.keep(key, breaches.clone());
                    self.looked.breaches.extend(breaches);
                }
                Ok(None) => {}
                Err(error) => failed.push(error),
            }
        }
        if let Some(error) = failed.pop() {
            self.unread(sort, UnjudgedReason::Failed(error));
        }
        if left > 0 {
            self.unread(sort, UnjudgedReason::Left(left));
        }
    }

    fn unread(&mut self, sort: Sort, why: UnjudgedReason) {
        self.looked.unjudged.push(Unjudged { what: sort.all(), why });
    }
}

impl Listed {
    /// Names it and no later one of the same name. Only endpoints change; they are then another
    /// one.
    fn key(&self, sort: Sort) -> String {
        let Self { name, created, modified } = self;
        let time = |time: &DateTime| time.as_nanos();
        let changed = modified.as_ref().filter(|_| sort == Sort::Endpoint).map(time);
        format!("{}: {name} {} {}", sort.one(), time(created), changed.unwrap_or_default())
    }
}
