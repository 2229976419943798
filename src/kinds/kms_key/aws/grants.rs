//! Grants: the foreign ones of a key, and their end.

use std::collections::BTreeSet;

use aws_sdk_kms::types::GrantListEntry;
use serde_json::{Value, json};

use super::{Keys, call, next};
use crate::{
    aws::{classify, lookup::Pages},
    kind::{
        Class, CloudError,
        table::{LeafEdit, UNREAD},
    },
    kinds::kms_key::grants::{FOREIGN_GRANTS, Holder, entry, holder},
    model::Observed,
};

/// KMS API reference, ListGrants: 1 to 100.
const GRANTS_PER_PAGE: i32 = 100;

impl Keys {
    /// All grants of a key: one call for a hundred of them.
    pub(super) async fn grants(&self, id: &str) -> Result<Vec<GrantListEntry>, CloudError> {
        const OPERATION: &str = "kms:ListGrants";
        let (mut pages, mut marker, mut all) = (Pages::of(OPERATION), None, Vec::new());
        loop {
            let page = call!(
                self,
                "kms:ListGrants",
                list_grants().key_id(id).limit(GRANTS_PER_PAGE).set_marker(marker)
            )?;
            all.extend(page.grants.unwrap_or_default());
            marker = pages.next(next(OPERATION, page.truncated, page.next_marker)?)?;
            if marker.is_none() {
                return Ok(all);
            }
        }
    }

    /// Adds the foreign grants to the state of a key, or says that they are not known.
    pub(super) async fn add_grants(&self, seen: &mut Observed<Value>) {
        let read = self.grants(seen.id.as_str()).await;
        let Value::Object(state) = &mut seen.state else { return };
        match read {
            Ok(all) => {
                let all = all.iter().filter_map(|grant| self.foreign(grant));
                state.insert(FOREIGN_GRANTS.to_owned(), Value::Object(all.collect()));
            }
            Err(why) => {
                let unread = state.entry(UNREAD).or_insert_with(|| json!({}));
                unread[FOREIGN_GRANTS] = json!(why.to_string());
            }
        }
    }

    /// A grant to a principal of another account: its id, and what it is.
    fn foreign(&self, grant: &GrantListEntry) -> Option<(String, Value)> {
        let grantee = grant.grantee_principal()?;
        let is_foreign = self.holder(grant) == Holder::Foreign;
        let operations = grant.operations().iter().map(|it| it.as_str().to_owned());
        let operations: BTreeSet<String> = operations.collect();
        is_foreign.then_some(())?;
        Some((grant.grant_id()?.to_owned(), entry(grantee, &operations)))
    }

    pub(super) fn holder(&self, grant: &GrantListEntry) -> Holder {
        let grantee = grant.grantee_principal().unwrap_or_default();
        holder(&self.facts.account, grantee, grant.retiring_principal())
    }

    /// Ends a grant at once; one that is gone already is a success.
    pub(super) async fn revoke(&self, id: &str, edit: &LeafEdit) -> Result<(), CloudError> {
        let grant = edit.entry.as_str();
        match call!(self, "kms:RevokeGrant", revoke_grant().key_id(id).grant_id(grant)) {
            Ok(_) => Ok(()),
            Err(error) if error.class == Class::Missing => Ok(()),
            Err(error) => Err(error),
        }
    }
}
