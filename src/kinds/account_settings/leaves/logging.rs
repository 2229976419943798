//! What Bedrock logs of the invocations of models in the Region.

use super::{never, switched, wide::group};
use crate::{
    kind::table::{Call, Check, Form, Gives, How, Leaf, RiskOf},
    model::{Risk, text::Length},
};

/// The call that replaces the whole configuration.
pub(in super::super) const PUT_LOGGING: &str = "bedrock:PutModelInvocationLoggingConfiguration";
/// The longest name or ARN here (Bedrock API reference, `CloudWatchConfig`: 512 and 2048).
const MAX_TEXT: usize = 2048;

/// Bedrock API reference, `LoggingConfig`. What is not sent is removed, so that everything is sent,
/// as it is or as it is wanted. Where logs go to, others may read them.
pub(super) fn logging() -> Leaf {
    let place = || {
        let form = Form::Text(Check::Length(Length::new("Bedrock", MAX_TEXT)));
        let leaf = Leaf { null: never(), ..Leaf::setting(form) };
        leaf.risking(RiskOf::Always(Risk::REPLACES), Gives::Something)
    };
    let data = || switched(true, Risk::TIGHTENS);
    let rows = vec![
        place()
            .named("s3Bucket", &["The bucket that logs go to. Its policy must let Bedrock write."]),
        place().named("s3Prefix", &["What the names of the objects begin with."]),
        place().named("logGroup", &["The CloudWatch log group that logs go to; needs `role` too."]),
        place().named("role", &["The role with which Bedrock writes to the log group: its ARN."]),
        data().named("text", &["Whether texts are in the logs."]),
        data().named("images", &["Whether images are."]),
        data().named("embeddings", &["Whether embeddings are."]),
        data().named("video", &["Whether videos are."]),
        data().named("audio", &["Whether sound is."]),
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
