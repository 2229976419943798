//! Studio over the AWS SDK: what is read and sent alike for domains, user profiles and spaces.

mod members;
mod request;
mod shapes;
mod wire;

use aws_sdk_sagemaker::{
    Client,
    config::{Builder, retry::RetryConfig},
    types::{AppDetails, AppStatus},
};
use serde_json::{Value, json};

pub use self::{
    members::{At, Member, Members, Names, Told},
    request::{after, changed, without_none},
    wire::{Malformed, Wire, member},
};
use super::settings::CLEAR;
use crate::{
    kind::{
        Class, CloudError, ScopeFacts,
        table::{ACCOUNT, FAILURE, PARTITION, Tree, keys, tree},
    },
    model::Phase,
};

pub(in crate::kinds) use crate::aws::sagemaker::{PAGE, gone};

/// Every page of a list operation: the call, its items, its token.
macro_rules! every_page {
    ($operation:literal, $call:expr, $items:ident) => {{
        let mut pages = $crate::aws::lookup::Pages::of($operation);
        let (mut token, mut all) = (None, Vec::new());
        loop {
            let call = $call.set_next_token(token);
            let page =
                call.send().await.map_err(|error| $crate::aws::classify($operation, &error))?;
            all.extend(page.$items.unwrap_or_default());
            token = pages.next(page.next_token)?;
            if token.is_none() {
                break all;
            }
        }
    }};
}
pub(in crate::kinds) use every_page;

/// No create call of Studio has a client token: a second attempt could make a second resource.
pub fn once() -> Builder {
    Builder::new().retry_config(RetryConfig::disabled())
}

/// A member of what a call sends.
pub fn send<T: Wire>(call: &'static str, all: &Tree, name: &str) -> Result<Option<T>, CloudError> {
    member(all, name).map_err(|why| CloudError::new(call, Class::Rejected, why.to_string()))
}

/// Whose apps are asked for: the member of a domain, or everybody's.
#[derive(Debug, Clone, Copy)]
pub enum Whose<'a> {
    /// Everybody's in the domain.
    All,
    /// One user's.
    User(&'a str),
    /// One space's.
    Space(&'a str),
}

/// The apps that are pending, in service or being deleted, each as `user/appType/appName`. Deleted
/// ones stay in the list for a while, and failed ones hold nothing up; a state that is not told, or
/// new, counts: unknown is not stopped.
pub async fn apps(
    client: &Client,
    domain: &str,
    whose: Whose<'_>,
) -> Result<Vec<String>, CloudError> {
    let list = || {
        let list = client.list_apps().domain_id_equals(domain).max_results(PAGE);
        match whose {
            Whose::All => list,
            Whose::User(name) => list.user_profile_name_equals(name),
            Whose::Space(name) => list.space_name_equals(name),
        }
    };
    let apps = every_page!("sagemaker:ListApps", list(), apps);
    let over =
        |app: &AppDetails| matches!(app.status, Some(AppStatus::Deleted | AppStatus::Failed));
    Ok(apps.iter().filter(|app| !over(app)).map(app_name).collect())
}

fn app_name(app: &AppDetails) -> String {
    let user = app.user_profile_name().or(app.space_name()).unwrap_or("?");
    let kind = app.app_type().map_or("?", |kind| kind.as_str());
    let status = app.status().map_or("?", |status| status.as_str());
    format!("app {user}/{kind}/{} ({status})", app.app_name().unwrap_or("?"))
}

/// The phase that a status of domains, user profiles and spaces stands for, and why the last update
/// could not be carried out. `Update_Failed` is ready: the resource serves with its old settings,
/// and the difference is tried again.
pub fn phase(status: Option<&str>, reason: Option<String>) -> (Phase, Option<String>) {
    let word = status.unwrap_or("unknown").to_owned();
    match word.as_str() {
        "InService" => (Phase::Ready, None),
        "Update_Failed" => (Phase::Ready, reason),
        "Failed" | "Delete_Failed" => {
            let why = reason.map_or(word.clone(), |why| format!("{word}: {why}"));
            (Phase::Failed(why), None)
        }
        _ => (Phase::Settling(word), None),
    }
}

/// A live state of these members, without those that are not there.
pub fn state<const N: usize>(
    facts: &ScopeFacts,
    failure: &Option<String>,
    members: [(&str, Option<Value>); N],
) -> Tree {
    let own = [
        (FAILURE, plain(failure)),
        (PARTITION, Some(json!(facts.partition))),
        (ACCOUNT, Some(json!(facts.account))),
    ];
    let told = members.into_iter().chain(own).filter_map(|(member, value)| {
        let value = tree::canonical(without_clear(value?, facts));
        let is_there = value.as_object().is_none_or(|map| !map.is_empty());
        is_there.then(|| (member.to_owned(), value))
    });
    told.collect()
}

/// Settings without the word that stands for a cleared ARN, and with keys as ARNs.
fn without_clear(value: Value, facts: &ScopeFacts) -> Value {
    match value {
        Value::Object(members) => {
            let kept = members.into_iter().filter(|(_, value)| *value != CLEAR);
            let told = kept.map(|(name, value)| match (name.as_str(), &value) {
                ("s3KmsKeyId", Value::String(key)) => {
                    let key = keys::arn(key, facts);
                    (name, json!(key))
                }
                _ => (name, without_clear(value, facts)),
            });
            Value::Object(told.collect())
        }
        Value::Array(items) => items.into_iter().map(|value| without_clear(value, facts)).collect(),
        plain => plain,
    }
}

/// The plain form of what AWS tells.
pub fn plain<T: Wire>(value: &Option<T>) -> Option<Value> {
    value.as_ref().map(T::write)
}

/// A value as the SDK's shape and back.
#[cfg(test)]
pub fn there_and_back<T: Wire>(value: &Value) -> Result<Value, String> {
    let back = T::read(value).map(|shape| shape.write());
    back.map(tree::canonical).map_err(|why| why.to_string())
}

/// Whether a shape of the SDK has a member at a path.
#[cfg(test)]
pub fn knows<T: Wire>(path: &str) -> bool {
    // A member of the wrong type is known, one that is not known is refused by its name.
    let value = path.rsplit('.').fold(Value::Bool(true), |inner, name| {
        Value::Object(Tree::from_iter([(name.to_owned(), inner)]))
    });
    T::read(&value).is_err_and(|why| !why.to_string().contains("no member"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_update_leaves_the_resource_ready_and_a_failed_creation_does_not() {
        let told = |status| phase(Some(status), Some("why".to_owned()));
        assert_eq!(told("InService"), (Phase::Ready, None));
        assert_eq!(told("Update_Failed"), (Phase::Ready, Some("why".to_owned())));
        assert_eq!(told("Failed"), (Phase::Failed("Failed: why".into()), None));
        assert_eq!(told("Updating"), (Phase::Settling("Updating".into()), None));
        assert_eq!(told("Migrating"), (Phase::Settling("Migrating".into()), None));
    }
}
