//! What has become of the requests that were sent.

use std::sync::PoisonError;

use super::{
    super::types::Type,
    Resources,
    requests::{Entry, VISIBLE_WITHIN, pending_id},
};
use crate::{
    aws::resource_control::{Operation, Progress, Request},
    kind::{Ask, Class, CloudError, Unread},
    model::PhysicalId,
};

impl Resources {
    /// Follows what this process has sent: a finished request is forgotten, the failure of one is
    /// kept for the next call, and what is being created is unknown.
    pub(super) async fn follow(&self, under_way: &[Request]) -> Result<Vec<Unread>, CloudError> {
        let mut unread = Vec::new();
        for (key, entry) in self.sent.all() {
            let progress = if under_way.iter().any(|request| request.token == entry.request) {
                Progress::UnderWay
            } else if let Some(why) = &entry.failure {
                Progress::Failed(why.clone())
            } else {
                let found = self.cloud_control.status(&entry.request).await?;
                if self.is_to_appear(&key, &entry, found.as_ref()).await? {
                    unread.push(coming(
                        &entry,
                        busy("AWS has created it, and it cannot be read yet"),
                    ));
                    continue;
                }
                if let (
                    Operation::Create,
                    Some(Request { progress: Progress::Done, id: Some(id), .. }),
                ) = (entry.operation, &found)
                {
                    self.sent.made(id);
                }
                // After seven days AWS has forgotten it.
                found.map_or(Progress::Done, |request| request.progress)
            };
            match progress {
                Progress::Done => self.sent.forget(&key),
                Progress::UnderWay if entry.operation == Operation::Create => {
                    unread.push(coming(&entry, busy("AWS is creating it")));
                }
                Progress::UnderWay => {
                    // AWS says of a pending request neither what it is about nor anything else.
                    let mut busy = self.busy.lock().unwrap_or_else(PoisonError::into_inner);
                    busy.extend(entry.id.map(|id| (id, entry.operation)));
                }
                Progress::Failed(why) => {
                    // The next pass reports it, unless the resource exists all the same.
                    if entry.operation == Operation::Create && entry.failure.is_none() {
                        let shown = busy(&format!("its creation failed: {why}"));
                        unread.push(coming(&entry, shown));
                    }
                    self.sent.failed(&key, why);
                }
            }
        }
        Ok(unread)
    }

    /// Whether a resource that AWS says it has created is not found yet: reads may be older.
    async fn is_to_appear(
        &self,
        key: &str,
        entry: &Entry,
        found: Option<&Request>,
    ) -> Result<bool, CloudError> {
        let Some(Request { progress: Progress::Done, id, .. }) = found else { return Ok(false) };
        let id = id.as_ref().or(entry.id.as_ref());
        let (Operation::Create, Some(id)) = (entry.operation, id) else { return Ok(false) };
        Ok(self.is_gone(id).await? && self.sent.finished(key) < VISIBLE_WITHIN)
    }

    /// A create that this life of the process has not sent, and that may be of any manifest.
    pub(super) fn is_unknown_create(&self, of: &Type, ask: &Ask, request: &Request) -> bool {
        let is_create = request.operation == Some(Operation::Create);
        let is_own = self.sent.all().iter().any(|(_, entry)| entry.request == request.token);
        let may_be_wanted = match request.id.as_deref().filter(|_| !of.overlay.invented) {
            Some(id) => {
                let key = of.key_of(id, &self.facts);
                key.is_some_and(|key| ask.natural_keys.contains(&key))
                    || ask.adopt.contains(&PhysicalId(id.to_owned()))
            }
            None => true,
        };
        is_create && !is_own && may_be_wanted
    }
}

/// A resource that comes into being.
fn coming(entry: &Entry, why: CloudError) -> Unread {
    let id = entry.id.clone().map_or_else(|| pending_id(&entry.request), PhysicalId);
    let tags = (!entry.tags.is_empty()).then(|| entry.tags.clone());
    Unread { id, arn: None, tags, why }
}

pub(super) fn busy(why: &str) -> CloudError {
    CloudError::new("cloudcontrol:CreateResource", Class::Busy, why)
}
