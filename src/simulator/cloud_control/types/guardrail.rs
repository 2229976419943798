//! AWS::Bedrock::Guardrail.

use super::held::{self, Calls, held};
use crate::simulator::cloud_control::{
    names::GUARDRAIL,
    resource_type::Type,
    schema::{FREE, Member, Shape, TAGS, TEXT, may, must},
};

static MESSAGE: Shape = Shape::Text(1, 500);

/// The service's operations.
static CALLS: Calls = Calls {
    service: "bedrock",
    create: "CreateGuardrail",
    read: "GetGuardrail",
    update: "UpdateGuardrail",
    delete: "DeleteGuardrail",
    list: "ListGuardrails",
    tags: ("TagResource", "UntagResource"),
};

static MEMBERS: &[Member] = &[
    may("AutomatedReasoningPolicyConfig", &FREE),
    must("BlockedInputMessaging", &MESSAGE),
    must("BlockedOutputsMessaging", &MESSAGE),
    may("ContentPolicyConfig", &FREE),
    may("ContextualGroundingPolicyConfig", &FREE),
    may("CreatedAt", &TEXT),
    may("CrossRegionConfig", &FREE),
    may("Description", &Shape::Text(1, 200)),
    may("FailureRecommendations", &FREE),
    may("GuardrailArn", &TEXT),
    may("GuardrailId", &TEXT),
    may("KmsKeyArn", &TEXT),
    must("Name", &Shape::Text(1, 50)),
    may("SensitiveInformationPolicyConfig", &FREE),
    may("Status", &TEXT),
    may("StatusReasons", &FREE),
    may("Tags", &TAGS),
    may("TopicPolicyConfig", &FREE),
    may("UpdatedAt", &TEXT),
    may("Version", &TEXT),
    may("WordPolicyConfig", &FREE),
];

pub(super) static TYPE: Type = held!(&CALLS; "Tags";
    name: GUARDRAIL,
    members: MEMBERS,
    identifier: "GuardrailArn",
    listed_in: None,
    read_only: &[
        "GuardrailArn",
        "GuardrailId",
        "CreatedAt",
        "UpdatedAt",
        "Status",
        "StatusReasons",
        "Version",
        "FailureRecommendations",
    ],
    create_only: &[],
    write_only: &[],
    rules: |_| Ok(()),
    named: |_| None,
);
