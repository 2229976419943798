//! S3 control: what S3 allows of public access in an account (API version 2018-08-20).

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::simulator::{
    api::{Api, Protocol, Refusal},
    documents::{Documents, Sort, api, is_on, unknown},
    rest::Route,
    service::{Answer, ApiError, Caller},
};

const PATH: &str = "/v20180820/configuration/publicAccessBlock";
const MEMBERS: [&str; 4] =
    ["BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"];

/// The properties of S3 control for the rest of the simulator; it signs as S3.
pub(crate) static API: Api = api(
    "s3",
    Protocol::Rest {
        routes: &[
            Route::new("GET", PATH, "GetPublicAccessBlock"),
            Route::new("PUT", PATH, "PutPublicAccessBlock"),
            Route::new("DELETE", PATH, "DeletePublicAccessBlock"),
        ],
        xml: Some("http://awss3control.amazonaws.com/doc/2018-08-20/"),
    },
    Refusal { code: "SlowDown", message: "Please reduce your request rate.", status: 503 },
);

/// Public access blocks.
#[derive(Debug, Clone, Default)]
pub struct S3Control;

/// The public access blocks of all accounts.
pub type Blocks = Documents<S3Control>;

impl Sort for S3Control {
    const REGIONAL: bool = false;

    fn call(
        document: &mut Option<Value>,
        _caller: &Caller,
        operation: &str,
        input: &Value,
    ) -> Answer {
        match operation {
            "GetPublicAccessBlock" => match document {
                Some(blocks) => Ok(json!({"PublicAccessBlockConfiguration": blocks})),
                None => Err(ApiError::new(
                    "NoSuchPublicAccessBlockConfiguration",
                    "The public access block configuration was not found",
                )
                .status(404)),
            },
            // What is not in it is off.
            "PutPublicAccessBlock" => {
                let blocks = MEMBERS.map(|member| (member.to_owned(), is_on(input, member).into()));
                *document = Some(Value::Object(blocks.into_iter().collect()));
                Ok(Value::Null)
            }
            "DeletePublicAccessBlock" => {
                *document = None;
                Ok(Value::Null)
            }
            _ => Err(unknown(operation)),
        }
    }

    fn facts(document: Option<&Value>) -> BTreeSet<String> {
        let is = |member: &str| document.is_some_and(|blocks| is_on(blocks, member));
        MEMBERS.map(|member| format!("s3.{member} {}", is(member))).into()
    }

    fn action(operation: &str) -> &str {
        match operation {
            "GetPublicAccessBlock" => "GetAccountPublicAccessBlock",
            _ => "PutAccountPublicAccessBlock",
        }
    }
}
