//! The contacts that AWS writes to in addition to the account's owner.

use aws_sdk_account::{
    operation::get_alternate_contact::GetAlternateContactError, types::AlternateContactType,
};
use futures::future::try_join_all;
use serde_json::{Value, json};

use crate::{
    aws::{Access, classify},
    kind::{
        CloudError,
        table::{LeafEdit, Tree},
    },
    kinds::account_settings::leaves::wide::{CONTACTS, DELETE_CONTACT, PUT_CONTACT},
};

/// The contacts of the scope's own account: requests without an account are about the caller's.
#[derive(Debug, Clone)]
pub(super) struct Contacts {
    client: aws_sdk_account::Client,
}

impl Contacts {
    pub(super) fn connect(access: &Access) -> Self {
        Self { client: access.account.clone() }
    }

    pub(super) async fn read(&self) -> Result<Value, CloudError> {
        let all = try_join_all(CONTACTS.map(|kind| self.one(kind))).await?;
        let existing = CONTACTS.iter().zip(all);
        let existing = existing.filter_map(|(kind, contact)| Some(((*kind).to_owned(), contact?)));
        Ok(Value::Object(existing.collect::<Tree>()))
    }

    async fn one(&self, kind: &str) -> Result<Option<Value>, CloudError> {
        let call = self.client.get_alternate_contact().alternate_contact_type(named(kind));
        match call.send().await {
            Ok(answer) => Ok(answer.alternate_contact.map(|contact| {
                json!({
                    "email": contact.email_address,
                    "name": contact.name,
                    "phone": contact.phone_number,
                    "title": contact.title,
                })
            })),
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(GetAlternateContactError::is_resource_not_found_exception) =>
            {
                Ok(None)
            }
            Err(error) => Err(classify("account:GetAlternateContact", &error)),
        }
    }

    /// A contact is written or removed by a call of its own.
    pub(super) async fn send(&self, edits: &[&LeafEdit]) -> Result<(), CloudError> {
        for edit in edits {
            let kind = named(&edit.entry);
            if edit.new.is_null() {
                let call = self.client.delete_alternate_contact().alternate_contact_type(kind);
                call.send().await.map_err(|error| classify(DELETE_CONTACT, &error))?;
                continue;
            }
            let text = |name: &str| edit.new[name].as_str().unwrap_or_default();
            let call = self.client.put_alternate_contact().alternate_contact_type(kind);
            let call = call.name(text("name")).title(text("title"));
            let call = call.email_address(text("email")).phone_number(text("phone"));
            call.send().await.map_err(|error| classify(PUT_CONTACT, &error))?;
        }
        Ok(())
    }
}

fn named(kind: &str) -> AlternateContactType {
    AlternateContactType::from(kind.to_uppercase().as_str())
}
