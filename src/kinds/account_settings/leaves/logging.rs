//! Bedrock's log of model invocations in the Region.

use serde_json::{Value, json};

use super::{switched, wide::group};
use crate::{
    kind::{
        Invalid,
        table::{Call, Check, Form, Gives, How, Leaf, Null, RiskOf, Tree, get, tree},
    },
    model::{Risk, text::Length},
};

/// The call that replaces the whole configuration.
pub(in super::super) const PUT_LOGGING: &str = "bedrock:PutModelInvocationLoggingConfiguration";
/// The call that removes it.
pub(in super::super) const DELETE_LOGGING: &str =
    "bedrock:DeleteModelInvocationLoggingConfiguration";
/// The row of all of it.
const LOGGING: &str = "bedrockLogging";
/// The leaves that say where logs go. Bedrock takes no configuration without one of them.
const DESTINATIONS: [&str; 2] = ["bedrockLogging.s3Bucket", "bedrockLogging.logGroup"];
/// A log group is written with a role, and each is sent with the other.
const GROUP_AND_ROLE: [&str; 2] = ["bedrockLogging.logGroup", "bedrockLogging.role"];
/// The longest name or ARN here (Bedrock API reference, `CloudWatchConfig`: 512 and 2048).
const MAX_TEXT: usize = 2048;

/// Bedrock API reference, `LoggingConfig`. What is not sent is removed, so everything is sent, with
/// its live or wanted value. Others may be able to read the logs at their destination. Without a
/// destination the call is refused: while there is none yet, all is sent in one call or nothing is.
pub(super) fn logging() -> Leaf {
    let place = || {
        let form = Form::Text(Check::Length(Length::new("Bedrock", MAX_TEXT)));
        let leaf = Leaf { null: Null::None(Value::Null), ..Leaf::setting(form) };
        leaf.risking(RiskOf::Always(Risk::REPLACES), Gives::Something)
    };
    let data = || switched(true, Risk::TIGHTENS);
    let rows = vec![
        place().named("s3Bucket", &["The bucket for the logs. Its policy must let Bedrock write."]),
        place().named("s3Prefix", &["The prefix of the objects' names."]),
        place().named("logGroup", &["The CloudWatch log group for the logs; needs `role` too."]),
        place().named("role", &["The role with which Bedrock writes to the log group: its ARN."]),
        data().named("text", &["Whether the logs contain texts."]),
        data().named("images", &["Whether they contain images."]),
        data().named("embeddings", &["Whether they contain embeddings."]),
        data().named("video", &["Whether they contain videos."]),
        data().named("audio", &["Whether they contain sound."]),
    ];
    let change = |path: &str| {
        let call = Call::new(PUT_LOGGING, "set {path} to {item}").shared();
        let call = match GROUP_AND_ROLE {
            [group, role] if path == group => call.with(&[role]),
            [group, role] if path == role => call.with(&[group]),
            _ => call,
        };
        let none = Call::new(DELETE_LOGGING, "remove {path}").shared();
        How::Whole { call, none, given: DESTINATIONS.map(Into::into).into() }
    };
    let group = group("BedrockLogging", "What Bedrock logs.", rows);
    Leaf { null: Null::None(nothing()), ..group }
        .named(
            LOGGING,
            &[
                "What Bedrock logs of the invocations of models in the Region: a bucket, a log",
                "group or both must be named. What is left out is not managed and stays as it is.",
                "`null`: nothing is logged, which is AWS's default.",
            ],
        )
        .changed(&change)
}

/// What nothing is, in every row.
fn nothing() -> Value {
    json!({
        "audio": false, "embeddings": false, "images": false, "logGroup": null, "role": null,
        "s3Bucket": null, "s3Prefix": null, "text": false, "video": false,
    })
}

/// What Bedrock refuses: no destination, a log group without a role, and a prefix without a bucket.
pub(in super::super) fn settle(want: &Tree, problems: &mut Vec<Invalid>) {
    let all = get(want, LOGGING);
    if all.is_null() || *all == nothing() {
        return;
    }
    let is_given = |path: &&str| !tree::is_none(get(want, path));
    if !DESTINATIONS.iter().any(is_given) {
        let why = "says what is logged and not where, which Bedrock refuses";
        let help =
            "name s3Bucket, or logGroup and role; or write `bedrockLogging: null` for no log";
        problems.push(Invalid::new(LOGGING, why).help(help));
        return;
    }
    let pairs = [
        (GROUP_AND_ROLE, "add the role with which Bedrock writes to the log group"),
        (["bedrockLogging.role", "bedrockLogging.logGroup"], "add the log group, or leave it out"),
        (["bedrockLogging.s3Prefix", "bedrockLogging.s3Bucket"], "add the bucket, or leave it out"),
    ];
    for ([one, other], help) in pairs {
        if is_given(&one) && !is_given(&other) {
            let name = other.rsplit('.').next().unwrap_or_default();
            problems.push(Invalid::new(one, format!("needs `{name}`")).help(help));
        }
    }
}
