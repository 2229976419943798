//! Types whose lists are of one parent each: the parents are those that manifests name.

use std::sync::PoisonError;

use serde_json::json;

use super::{super::types::Type, Resources};
use crate::{
    aws::resource_control::LIST,
    kind::{Ask, Class, CloudError, has_placeholder, table::Page},
};

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
        let (turn, token) = place_of(token.as_deref())?;
        let (Some(within), Some(parent)) = (of.overlay.within, parents.get(turn)) else {
            return Ok(Page::default());
        };
        let narrowed = json!({within.parent: parent});
        let token = token.filter(|token| !token.is_empty());
        let (ids, next) = self.cloud_control.list(of.overlay.name, Some(&narrowed), token).await?;
        let found = self.read_each(&ids).await;
        let next = match next {
            Some(next) => Some(format!("{turn} {next}")),
            None if turn + 1 < parents.len() => Some(format!("{} ", turn + 1)),
            None => None,
        };
        Ok(Page { found, next, ..Page::default() })
    }
}

/// The turn of a parent and the token of its list, in a token of this file. With another one the
/// list would end early, and what is not in it would be absent.
fn place_of(token: Option<&str>) -> Result<(usize, Option<String>), CloudError> {
    let Some(token) = token else { return Ok((0, None)) };
    let place = token
        .split_once(' ')
        .and_then(|(turn, token)| Some((turn.parse().ok()?, Some(token.to_owned()))));
    let why = "the token of the list names no parent";
    place.ok_or_else(|| CloudError::new(LIST, Class::Unknown, why))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_that_names_no_parent_makes_the_list_incomplete() {
        assert_eq!(place_of(None).expect("the beginning"), (0, None));
        assert_eq!(place_of(Some("2 abc")).expect("a place"), (2, Some("abc".to_owned())));
        for token in ["abc", "x abc", "-1 ", ""] {
            assert!(place_of(Some(token)).is_err(), "{token}");
        }
    }
}
