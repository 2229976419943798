//! IAM: the password policies of accounts (API version 2010-05-08).

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::simulator::{
    api::{Api, Protocol, Refusal},
    documents::{Documents, Sort, api, is_on},
    query::Input,
    service::{Answer, ApiError, Caller},
    truth,
};

/// The properties of IAM for the rest of the simulator.
pub(crate) static API: Api = api(
    "iam",
    Protocol::Query {
        version: "2010-05-08",
        namespace: "https://iam.amazonaws.com/doc/2010-05-08/",
    },
    Refusal::new("Throttling", "Rate exceeded"),
);

/// Password policies.
#[derive(Debug, Clone, Default)]
pub struct PasswordPolicy;

/// The password policies of all accounts.
pub type Passwords = Documents<PasswordPolicy>;

impl Sort for PasswordPolicy {
    const REGIONAL: bool = false;

    fn call(
        document: &mut Option<Value>,
        caller: &Caller,
        operation: &str,
        input: &Value,
    ) -> Answer {
        let missing = || {
            let account = &caller.account;
            let message =
                format!("The Password Policy with domain name {account} cannot be found.");
            ApiError::new("NoSuchEntity", message).status(404)
        };
        match operation {
            "GetAccountPasswordPolicy" => {
                let policy = document.as_ref().ok_or_else(missing)?;
                Ok(json!({"PasswordPolicy": policy}))
            }
            "UpdateAccountPasswordPolicy" => {
                *document = Some(policy(Input::new(input), input)?);
                Ok(Value::Null)
            }
            "DeleteAccountPasswordPolicy" => {
                document.take().ok_or_else(missing)?;
                Ok(Value::Null)
            }
            _ => Err(ApiError::new(
                "InvalidAction",
                format!("Could not find operation {operation} for version 2010-05-08"),
            )),
        }
    }

    /// Without a policy IAM's default one applies: eight characters (IAM user guide).
    fn facts(document: Option<&Value>) -> BTreeSet<String> {
        let mut facts = BTreeSet::new();
        let default = json!({"MinimumPasswordLength": "8"});
        let own = policy(Input::new(&default), &default).unwrap_or_default();
        truth::leaves("passwords", document.unwrap_or(&own), &mut facts);
        facts
    }
}

/// The policy of a request: what is not in it gets IAM's default (IAM API reference).
fn policy(input: Input<'_>, whole: &Value) -> Result<Value, ApiError> {
    let within = |member: &str, min: i64, max: i64| {
        let number = input.integer(member)?;
        match number.filter(|number| !(min..=max).contains(number)) {
            Some(number) => Err(ApiError::new(
                "ValidationError",
                format!("Value '{number}' at '{member}' must be from {min} to {max}"),
            )),
            None => Ok(number),
        }
    };
    let age = within("MaxPasswordAge", 1, 1095)?;
    Ok(json!({
        "MinimumPasswordLength": within("MinimumPasswordLength", 6, 128)?.unwrap_or(6),
        "RequireSymbols": is_on(whole, "RequireSymbols"),
        "RequireNumbers": is_on(whole, "RequireNumbers"),
        "RequireUppercaseCharacters": is_on(whole, "RequireUppercaseCharacters"),
        "RequireLowercaseCharacters": is_on(whole, "RequireLowercaseCharacters"),
        "AllowUsersToChangePassword": is_on(whole, "AllowUsersToChangePassword"),
        "ExpirePasswords": age.is_some(),
        "MaxPasswordAge": age,
        "PasswordReusePrevention": within("PasswordReusePrevention", 1, 24)?,
        "HardExpiry": is_on(whole, "HardExpiry"),
    }))
}
