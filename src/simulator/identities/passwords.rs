//! IAM: the password policies and root users of accounts (API version 2010-05-08).

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

/// The part of a document with the password policy; none or `null` without one.
const POLICY: &str = "policy";
/// The part of a document with what guards the root user.
const ROOT: &str = "root";
/// What people do as the root user, for tests and rehearsals: `keys`, the number of access keys,
/// and `factor`, whether there is a second factor.
const GUARD_ROOT: &str = "SimulatorGuardRoot";

fn policy_of(document: Option<&Value>) -> Option<&Value> {
    document?.get(POLICY).filter(|policy| !policy.is_null())
}

/// The part of the summary that is about the root user; that of a new account has a password and
/// nothing else (IAM API reference, `GetAccountSummary`).
fn summary(root: &Value) -> Value {
    let keys = root["keys"].as_str().unwrap_or("0");
    let factor = if is_on(root, "factor") { "1" } else { "0" };
    json!({"SummaryMap": [
        {"key": "AccountAccessKeysPresent", "value": keys},
        {"key": "AccountMFAEnabled", "value": factor},
        {"key": "AccountPasswordPresent", "value": "1"},
        {"key": "AccountSigningCertificatesPresent", "value": "0"},
        {"key": "Users", "value": "0"},
    ]})
}

/// Password policies and root users.
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
                let policy = policy_of(document.as_ref()).ok_or_else(missing)?;
                Ok(json!({"PasswordPolicy": policy}))
            }
            "UpdateAccountPasswordPolicy" => {
                let policy = policy(Input::new(input), input)?;
                document.get_or_insert_with(|| json!({}))[POLICY] = policy;
                Ok(Value::Null)
            }
            "DeleteAccountPasswordPolicy" => {
                policy_of(document.as_ref()).ok_or_else(missing)?;
                document.get_or_insert_with(|| json!({}))[POLICY] = Value::Null;
                Ok(Value::Null)
            }
            "GetAccountSummary" => {
                let root = document.as_ref().map(|it| &it[ROOT]);
                Ok(summary(root.unwrap_or(&Value::Null)))
            }
            // Nobody can call this at AWS: the root user signs in and does it.
            GUARD_ROOT => {
                document.get_or_insert_with(|| json!({}))[ROOT] = input.clone();
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
        truth::leaves("passwords", policy_of(document).unwrap_or(&own), &mut facts);
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
