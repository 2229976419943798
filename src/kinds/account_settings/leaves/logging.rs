//! Bedrock's log of model invocations in the Region.

use super::{never, switched, wide::group};
use crate::{
    kind::table::{Call, Check, Form, Gives, How, Leaf, RiskOf},
    model::{Risk, text::Length},
};

/// The call that replaces the whole configuration.
pub(in super::super) const PUT_LOGGING: &str = "bedrock:PutModelInvocationLoggingConfiguration";
/// The longest name or ARN here (Bedrock API reference, `CloudWatchConfig`: 512 and 2048).
const MAX_TEXT: usize = 2048;

/// Bedrock API reference, `LoggingConfig`. What is not sent is removed, so everything is sent, with
/// its live or wanted value. Others may be able to read the logs at their destination.
pub(super) fn logging() -> Leaf {
    let place = || {
        let form = Form::Text(Check::Length(Length::new("Bedrock", MAX_TEXT)));
        let leaf = Leaf { null: never(), ..Leaf::setting(form) };
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
    let change = |_: &str| How::By(Call::new(PUT_LOGGING, "set {path} to {item}").shared());
    group("BedrockLogging", "What Bedrock logs.", rows)
        .named(
            "bedrockLogging",
            &[
                "What Bedrock logs of the invocations of models in the Region. What is left out is",
                "not managed and stays as it is. AWS's default: nothing is logged.",
            ],
        )
        .changed(&change)
}
