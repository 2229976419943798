//! Types whose lists are of one parent each: the parents are those that manifests name.

use std::sync::PoisonError;

use futures::future::join_all;
use serde_json::json;

use super::{super::types::Type, Resources};
use crate::{
    kind::{
        Ask, CloudError, has_placeholder,
        table::{Found, Page},
    },
    model::PhysicalId,
};

/// How many resources are read at the same time.
const AT_ONCE: usize = 8;

impl Resources {
    /// Remembers the parents that manifests name. One that does not exist yet has nothing in it.
    pub(super) fn note_parents(&self, of: &Type, ask: &Ask) {
        if of.overlay.within.is_none() {
            return;
        }
        let keys = ask.natural_keys.iter().filter(|key| !has_placeholder(key));
        let named = keys.filter_map(|key| Some(key.split_once('|')?.0.to_owned()));
        *self.within.lock().unwrap_or_else(PoisonError::into_inner) = named.collect();
    }

    /// One page of what is in one parent, each read whole: no list says names. The token says the
    /// parent, and where its list is.
    pub(super) async fn below_parents(
        &self,
        of: &Type,
        token: Option<String>,
    ) -> Result<Page, CloudError> {
        let parents: Vec<String> =
            self.within.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect();
        let (turn, token) = match token.as_deref().and_then(|token| token.split_once(' ')) {
            Some((turn, token)) => (turn.parse().unwrap_or(parents.len()), Some(token.to_owned())),
            None => (0, None),
        };
        let (Some(within), Some(parent)) = (of.overlay.within, parents.get(turn)) else {
            return Ok(Page::default());
        };
        let narrowed = json!({within.parent: parent});
        let token = token.filter(|token| !token.is_empty());
        let (ids, next) = self.cloud_control.list(of.overlay.name, Some(&narrowed), token).await?;
        let mut found = Vec::new();
        for some in ids.chunks(AT_ONCE) {
            let reads = join_all(some.iter().map(|id| self.described(id))).await;
            for (id, read) in some.iter().zip(reads) {
                match read {
                    Ok(Some(live)) => found.push(self.found(live)),
                    Ok(None) => {}
                    // Asked again for its tags, which says that this one is unknown.
                    Err(_) => found.push(Found::of(PhysicalId(id.clone()))),
                }
            }
        }
        let next = match next {
            Some(next) => Some(format!("{turn} {next}")),
            None if turn + 1 < parents.len() => Some(format!("{} ", turn + 1)),
            None => None,
        };
        Ok(Page { found, next, ..Page::default() })
    }
}
