//! The Resource Groups Tagging API: an index of the tags of many services, which lags behind them
//! (API version 2017-01-26).

mod arns;
mod errors;
mod search;
#[cfg(test)]
mod tests;

use std::{collections::VecDeque, time::Duration};

use serde_json::{Map, Value, json};

use self::errors::invalid;
use super::{
    api::{Api, Named, Others, Pages, Protocol, Refusal, Service, Through},
    iam::{Call, Need},
    json::{Flaw, Input, Trouble, unknown_operation},
    service::{Answer, ApiError, Caller, Context, Options},
};

/// The properties of the tagging API for the rest of the simulator.
pub(super) static API: Api = Api {
    name: "tagging",
    protocol: Protocol::Json { target: "ResourceGroupsTaggingAPI_20170126" },
    throttled: Refusal::new("ThrottledException", "Rate exceeded"),
    pages: Pages { token: "PaginationToken", next: "PaginationToken", more: None },
    tags: "Tags",
    replicated: true,
    extra_bucket: None,
    kinds: &[],
    taken: None,
};

/// What the index still shows after a write.
#[derive(Debug, Clone, Default)]
pub struct TagIndex {
    /// What there was before recent writes, oldest first.
    past: VecDeque<Past>,
}

/// What an account and Region had before a write.
#[derive(Debug, Clone)]
struct Past {
    place: (String, String),
    until: Duration,
    resources: Vec<Named>,
}

impl Service for TagIndex {
    fn begin(_options: &Options) -> Self {
        Self::default()
    }

    /// Tagging also needs the permission of the resource's service, which is asked for by it.
    fn needs(&self, call: &Call<'_>) -> Vec<Need> {
        vec![call.other(&format!("tag:{}", call.operation), "*")]
    }
}

impl Through for TagIndex {
    fn answer(
        &mut self,
        others: &mut dyn Others,
        caller: &Caller,
        operation: &str,
        input: &Value,
        context: &mut Context<'_>,
    ) -> Answer {
        let input = Input::new(input, refused);
        match operation {
            "GetResources" => {
                let place = (caller.account.clone(), caller.region.clone());
                self.past.retain(|past| past.until > context.elapsed);
                let old = self.past.iter().find(|past| past.place == place);
                match old {
                    Some(past) => search::answer(&past.resources, &input),
                    None => search::answer(&others.tagged((&place.0, &place.1)), &input),
                }
            }
            "TagResources" => {
                let tags = input.object("Tags")?.cloned().unwrap_or_default();
                if !(1..=50).contains(&tags.len()) {
                    return Err(input.refusal("Tags", None, Trouble::TooLarge(50)));
                }
                each(&input, |arn| arns::tag(others, caller, context, arn, &tags))
            }
            "UntagResources" => {
                let keys = input.required_texts("TagKeys", 1..=50)?;
                each(&input, |arn| arns::untag(others, caller, context, arn, &keys))
            }
            _ => Err(unknown_operation("tagging API", operation)),
        }
    }

    fn before_write(&mut self, others: &dyn Others, caller: &Caller, context: &Context<'_>) {
        self.past.retain(|past| past.until > context.elapsed);
        self.past.push_back(Past {
            place: (caller.account.clone(), caller.region.clone()),
            until: context.elapsed + context.options.read_lag,
            resources: others.tagged((&caller.account, &caller.region)),
        });
    }
}

/// Does something with each resource of the request, and reports those with which it failed.
fn each(input: &Input<'_>, mut act: impl FnMut(&str) -> Result<(), ApiError>) -> Answer {
    let mut failed = Map::new();
    for arn in input.required_texts("ResourceARNList", 1..=20)? {
        if let Err(error) = act(&arn) {
            let info = json!({
                "StatusCode": error.status,
                "ErrorCode": error.code,
                "ErrorMessage": error.message,
            });
            failed.insert(arn, info);
        }
    }
    Ok(json!({"FailedResourcesMap": failed}))
}

fn refused(flaw: Flaw<'_>) -> ApiError {
    invalid(format!("{} is invalid: {:?}", flaw.member, flaw.trouble))
}
