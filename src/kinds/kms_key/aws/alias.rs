//! Aliases: names that anybody with permission can point to another key at any time, by calls that
//! accept no condition.

use super::{Keys, call};
use crate::{
    aws::classify,
    kind::{Class, CloudError, table::LeafEdit},
};

impl Keys {
    pub(super) async fn create_alias(&self, id: &str, alias: &str) -> Result<(), CloudError> {
        let created =
            call!(self, "kms:CreateAlias", create_alias().alias_name(alias).target_key_id(id));
        match created {
            Ok(_) => Ok(()),
            // A repeated call whose first answer was lost, or somebody else created it first.
            Err(error) if error.is_code("AlreadyExistsException") => {
                match self.alias_target(alias).await? {
                    Some(target) if target == id => Ok(()),
                    Some(target) => Err(CloudError {
                        message: format!("{alias} points to key {target}, which is not this one"),
                        ..error
                    }),
                    None => Err(error),
                }
            }
            Err(error) => Err(error),
        }
    }

    /// UpdateAlias accepts no condition: the alias is read once more, so that one that now points
    /// to a key that is not ours stays there.
    pub(super) async fn move_alias(&self, id: &str, edit: &LeafEdit) -> Result<(), CloudError> {
        const OPERATION: &str = "kms:UpdateAlias";
        let alias = edit.text();
        match self.alias_target(alias).await? {
            Some(target) if target == id => Ok(()),
            Some(target) if edit.old == *target => {
                call!(self, "kms:UpdateAlias", update_alias().alias_name(alias).target_key_id(id))
                    .map(drop)
            }
            Some(target) => Err(CloudError::new(
                OPERATION,
                Class::Busy,
                format!("{alias} now points to key {target}: somebody else moved it"),
            )),
            None => Err(CloudError::new(
                OPERATION,
                Class::Busy,
                format!("{alias} no longer exists: the next pass creates it"),
            )),
        }
    }

    /// DeleteAlias accepts no condition either, and an alias must be deleted only from its own key.
    pub(super) async fn delete_alias(&self, id: &str, alias: &str) -> Result<(), CloudError> {
        if self.alias_target(alias).await?.as_deref() != Some(id) {
            return Ok(());
        }
        match call!(self, "kms:DeleteAlias", delete_alias().alias_name(alias)) {
            Ok(_) => Ok(()),
            Err(error) if error.class == Class::Missing => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// The id of the key that an alias points to now; `None` if the alias does not exist.
    async fn alias_target(&self, alias: &str) -> Result<Option<String>, CloudError> {
        match self.describe(alias).await {
            Ok(key) => Ok(Some(key.key_id)),
            Err(error) if error.class == Class::Missing => Ok(None),
            Err(error) => Err(error),
        }
    }
}
