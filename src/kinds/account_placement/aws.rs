//! The places of accounts over the AWS SDK.
//!
//! A pass lists the accounts of the organization: one call for twenty of them, whatever the number
//! of manifests. In a partition whose list lacks the paths it costs one call more for each account
//! that a manifest adopts.

use aws_sdk_organizations::types::Account;
use serde_json::{Value, json};

use super::{MOVE, UNIT};
use crate::{
    aws::{Access, classify, lookup},
    kind::{
        CloudError, ScopeFacts,
        table::{ACCOUNT, Found, LeafEdit, NOTES, PARTITION, Page, Service, Tree},
    },
    model::{Observed, Phase, PhysicalId, Tags},
};

/// The largest page of ListAccounts (Organizations API reference).
const PAGE: i32 = 20;

/// The accounts of the organization of one scope.
#[derive(Debug, Clone)]
pub struct Accounts {
    access: Access,
    facts: ScopeFacts,
}

impl Accounts {
    fn found(&self, account: &Account) -> Option<Found> {
        let id = PhysicalId(account.id.clone()?);
        let whole =
            parent_in(account).map(|parent| self.observed(&id, account.arn(), &parent, account));
        Some(Found { arn: account.arn.clone(), tags: Some(Tags::new()), whole, ..Found::of(id) })
    }

    fn observed(
        &self,
        id: &PhysicalId,
        arn: Option<&str>,
        parent: &str,
        account: &Account,
    ) -> Observed<Value> {
        let mut state = Tree::new();
        state.insert(UNIT.to_owned(), json!(parent));
        if lookup::is_closed(account) {
            let note = "AWS has closed or suspended the account, or is closing it";
            state.insert(NOTES.to_owned(), json!([note]));
        }
        state.insert(PARTITION.to_owned(), json!(self.facts.partition));
        state.insert(ACCOUNT.to_owned(), json!(self.facts.account));
        Observed {
            id: id.clone(),
            arn: arn.unwrap_or_default().to_owned(),
            tags: Tags::new(),
            phase: Phase::Ready,
            state: Value::Object(state),
        }
    }
}

/// The root or unit that an account is in directly, if the list says its path:
/// `o-…/r-…/ou-…/ACCOUNT/`.
fn parent_in(account: &Account) -> Option<String> {
    let [path] = account.paths() else { return None };
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    let above = parts.iter().rfind(|part| part.starts_with("ou-") || part.starts_with("r-"))?;
    Some((*above).to_owned())
}

impl Service for Accounts {
    const LISTS: &'static [&'static str] = &["organizations:ListAccounts"];

    fn connect(access: &Access) -> Self {
        Self { access: access.clone(), facts: access.facts.clone() }
    }

    async fn page(&self, _list: usize, token: Option<String>) -> Result<Page, CloudError> {
        let page = self
            .access
            .organizations
            .list_accounts()
            .max_results(PAGE)
            .set_next_token(token)
            .send()
            .await
            .map_err(|error| classify(Self::LISTS[0], &error))?;
        let accounts = page.accounts.unwrap_or_default();
        Ok(Page {
            found: accounts.iter().filter_map(|account| self.found(account)).collect(),
            next: page.next_token,
            ..Page::default()
        })
    }

    async fn tags(&self, _found: &Found) -> Result<Option<Tags>, CloudError> {
        Ok(Some(Tags::new()))
    }

    /// The list has every account of the organization.
    async fn find(&self, _id: &PhysicalId) -> Result<Option<Found>, CloudError> {
        Ok(None)
    }

    async fn read(
        &self,
        found: &Found,
        _tags: &Tags,
    ) -> Result<Option<Observed<Value>>, CloudError> {
        let parent = lookup::parent(&self.access, found.id.as_str()).await?;
        let Some(parent) = parent else { return Ok(None) };
        let account = Account::builder().build();
        Ok(Some(self.observed(&found.id, found.arn.as_deref(), &parent, &account)))
    }

    /// From where it was seen: if somebody has moved it since, Organizations refuses.
    async fn send(&self, have: &Observed<Value>, edits: &[LeafEdit]) -> Result<(), CloudError> {
        for edit in edits {
            let moved = self
                .access
                .organizations
                .move_account()
                .account_id(have.id.as_str())
                .source_parent_id(edit.old.as_str().unwrap_or_default())
                .destination_parent_id(edit.text())
                .send()
                .await
                .map_err(|error| classify(MOVE, &error));
            match moved {
                Ok(_) => {}
                // It is there already.
                Err(error) if error.is_code("DuplicateAccountException") => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_unit_of_the_path_is_where_the_account_is() {
        let parent = |paths: &[&str]| {
            let account = Account::builder().id("111122223333");
            let paths = paths.iter().map(|path| (*path).to_owned()).collect();
            parent_in(&account.set_paths(Some(paths)).build())
        };
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(
            parent(&["o-a/r-ab12/ou-ab12-11111111/ou-ab12-22222222/111122223333/"]),
            some("ou-ab12-22222222")
        );
        assert_eq!(parent(&["o-a/r-ab12/111122223333/"]), some("r-ab12"));
        assert_eq!(parent(&[]), None);
        assert_eq!(parent(&["o-a/"]), None);
    }
}
