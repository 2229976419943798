//! Account Management: whom AWS writes to in addition to the owner (API version 2021-02-01).

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{
    api::{Api, Protocol, Refusal},
    documents::{Documents, Sort, api, unknown},
    rest::Route,
    service::{Answer, ApiError, Caller},
    truth,
};

/// The properties of Account Management for the rest of the simulator.
pub(super) static API: Api = api(
    "account",
    Protocol::Rest {
        routes: &[
            Route::new("POST", "/getAlternateContact", "GetAlternateContact"),
            Route::new("POST", "/putAlternateContact", "PutAlternateContact"),
            Route::new("POST", "/deleteAlternateContact", "DeleteAlternateContact"),
        ],
        xml: None,
    },
    Refusal { code: "TooManyRequestsException", message: "Too Many Requests", status: 429 },
);

const MEMBERS: [(&str, usize); 4] =
    [("Name", 64), ("Title", 50), ("EmailAddress", 254), ("PhoneNumber", 25)];

/// Alternate contacts, by type.
#[derive(Debug, Clone, Default)]
pub struct Contact;

/// The alternate contacts of all accounts.
pub type Contacts = Documents<Contact>;

impl Sort for Contact {
    const REGIONAL: bool = false;

    fn call(
        document: &mut Option<Value>,
        _caller: &Caller,
        operation: &str,
        input: &Value,
    ) -> Answer {
        let kind = input["AlternateContactType"].as_str().unwrap_or_default();
        if !["BILLING", "OPERATIONS", "SECURITY"].contains(&kind) {
            return Err(invalid("AlternateContactType"));
        }
        let missing = || {
            let message = "No contact of the inputted alternate contact type found.";
            ApiError::new("ResourceNotFoundException", message).status(404)
        };
        let all = document.get_or_insert_with(|| json!({}));
        match operation {
            "GetAlternateContact" => {
                let contact = all.get(kind).ok_or_else(missing)?;
                Ok(json!({"AlternateContact": contact}))
            }
            "PutAlternateContact" => {
                let mut contact = json!({"AlternateContactType": kind});
                for (member, max) in MEMBERS {
                    let text = input[member].as_str().unwrap_or_default();
                    if text.is_empty() || text.chars().count() > max {
                        return Err(invalid(member));
                    }
                    contact[member] = text.into();
                }
                all[kind] = contact;
                Ok(Value::Null)
            }
            "DeleteAlternateContact" => {
                let gone = all.as_object_mut().and_then(|all| all.shift_remove(kind));
                gone.map(|_| Value::Null).ok_or_else(missing)
            }
            _ => Err(unknown(operation)),
        }
    }

    fn facts(document: Option<&Value>) -> BTreeSet<String> {
        let mut facts = BTreeSet::new();
        truth::leaves("contacts", document.unwrap_or(&Value::Null), &mut facts);
        facts
    }
}

fn invalid(member: &str) -> ApiError {
    ApiError::new("ValidationException", format!("The value of {member} is not valid"))
}
