//! What only a kind's service knows: a small trait on which [`Live`](super::Live) builds the rest.

use std::{collections::BTreeSet, future::ready};

use serde_json::Value;

use super::{LeafEdit, Text, Tree};
use crate::{
    aws::Access,
    kind::{Ask, Class, CloudError, Unread},
    model::{Observed, PhysicalId, Tags},
};

/// What a list says about one resource.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// Its id.
    pub id: PhysicalId,
    /// Its natural keys, as far as the list has them; a resource that is listed more than once has
    /// all of them.
    pub names: BTreeSet<String>,
    /// Its ARN, where the list says it.
    pub arn: Option<String>,
    /// Its tags, where they come with the list.
    pub tags: Option<Tags>,
    /// All of it, if it comes with the list: then nothing more is read.
    pub whole: Option<Observed<Value>>,
}

impl Found {
    /// A resource of which only the id is known.
    pub fn of(id: PhysicalId) -> Self {
        Self { id, names: BTreeSet::new(), arn: None, tags: None, whole: None }
    }
}

/// One page of a list.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Page {
    /// The resources on it.
    pub found: Vec<Found>,
    /// Ids of what cannot be managed, which later lists may contain again.
    pub others: BTreeSet<PhysicalId>,
    /// The token of the next page; none (or an empty one) after the last.
    pub next: Option<String>,
}

/// What [`Live`](super::Live) must know about a table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Shape {
    /// The kind's name in claims.
    pub kind: &'static str,
    /// Leaves whose entries can be taken over from other resources of ours, each with the member of
    /// a live state that lists them ([`Take::fact`](super::Take::fact)).
    pub takes: Vec<(Text, Text)>,
}

/// What only a kind's service knows. Nothing here waits for AWS to finish anything.
///
/// Every error is a failed call, as a [`CloudError`]. What AWS's own things, such as the settings
/// of an account, do not have (they are not created, tagged or deleted) needs no method of theirs.
pub trait Service: Send + Sync + Sized + 'static {
    /// The operations that list resources, the cheapest first. A later one is called only if the
    /// earlier ones do not contain everything that is wanted.
    const LISTS: &'static [&'static str];

    /// The service in one scope.
    fn connect(access: &Access) -> Self;

    /// One page of the list with this index.
    fn page(
        &self,
        list: usize,
        token: Option<String>,
    ) -> impl Future<Output = Result<Page, CloudError>> + Send;

    /// The tags of a resource that is listed without them; `None` if it cannot be managed, or is
    /// gone.
    fn tags(&self, found: &Found) -> impl Future<Output = Result<Option<Tags>, CloudError>> + Send;

    /// A resource that no list contains, by its id; `None` if it does not exist.
    fn find(
        &self,
        id: &PhysicalId,
    ) -> impl Future<Output = Result<Option<Found>, CloudError>> + Send;

    /// What is known to exist, or to come into being, and cannot be read yet. Called first in every
    /// observation, with what it looks for.
    fn under_way(
        &self,
        _ask: &Ask,
    ) -> impl Future<Output = Result<Vec<Unread>, CloudError>> + Send {
        ready(Ok(Vec::new()))
    }

    /// The ids that are looked for one by one, where no list has them: those that were ours before,
    /// and for a kind whose natural keys are its ids, those.
    fn looked_for(&self, ask: &Ask) -> BTreeSet<PhysicalId> {
        ask.remembered.clone()
    }

    /// A complete listed resource, with these tags; `None` if it is gone.
    fn read(
        &self,
        found: &Found,
        tags: &Tags,
    ) -> impl Future<Output = Result<Option<Observed<Value>>, CloudError>> + Send;

    /// Adds to a resource that is ours what is read only because its manifest names it: these are
    /// the fields that it names ([`Ask::named`]). What cannot be read is listed
    /// as [`UNREAD`](super::UNREAD), and the rest of the resource is not unknown because of it.
    fn more(
        &self,
        _seen: &mut Observed<Value>,
        _named: &BTreeSet<String>,
    ) -> impl Future<Output = ()> + Send {
        ready(())
    }

    /// The state of a resource that is not ours and has a wanted name, as far as the list has it,
    /// if that is enough to see the conflict; `None` if it has to be read.
    fn outline(&self, _found: &Found) -> Option<Value> {
        None
    }

    /// The ARN, if it follows from the id.
    fn arn(&self, _id: &PhysicalId) -> Option<String> {
        None
    }

    /// Sends the one create call, with the claim and tags in it, and with SDK retries off unless it
    /// has a client token.
    fn create(
        &self,
        _want: &Tree,
        _tags: &Tags,
        _token: &str,
    ) -> impl Future<Output = Result<PhysicalId, CloudError>> + Send {
        ready(Err(defect("it is never created")))
    }

    /// Makes the one call of these edits: a single one, or several that share it. Each has an
    /// operation.
    fn send(
        &self,
        have: &Observed<Value>,
        edits: &[LeafEdit],
    ) -> impl Future<Output = Result<(), CloudError>> + Send;

    /// Sets tags, overwriting values of the same keys.
    fn tag(
        &self,
        _have: &Observed<Value>,
        _set: &Tags,
    ) -> impl Future<Output = Result<(), CloudError>> + Send {
        ready(Err(defect("it has no tags")))
    }

    /// Removes tags by key.
    fn untag(
        &self,
        _have: &Observed<Value>,
        _keys: &[String],
    ) -> impl Future<Output = Result<(), CloudError>> + Send {
        ready(Err(defect("it has no tags")))
    }

    /// Deletes; a resource that is already gone is a success. `want` is the tombstone's spec, if it
    /// has one.
    fn delete(
        &self,
        _have: &Observed<Value>,
        _want: Option<&Tree>,
    ) -> impl Future<Output = Result<(), CloudError>> + Send {
        ready(Err(defect("it is never deleted")))
    }

    /// What prevents an edit that requires a check ([`Call::inspect`](super::Call::inspect)), or
    /// without an edit the deletion, described by name. An error of [`Class::Busy`] says that AWS
    /// is still at work on exactly this, and its message how AWS calls that.
    ///
    /// [`Class::Busy`]: crate::kind::Class::Busy
    fn obstacles(
        &self,
        _have: &Observed<Value>,
        _edit: Option<&LeafEdit>,
    ) -> impl Future<Output = Result<Vec<String>, CloudError>> + Send {
        ready(Ok(Vec::new()))
    }
}

/// Something was asked of a service that a plan never asks of it. Nothing was sent.
pub fn defect(why: &str) -> CloudError {
    CloudError::new("palisade:Change", Class::Rejected, why)
}
