//! Guardrails of Bedrock.

use serde_json::Value;

use super::{
    coverage,
    identifier::Identifier,
    overlay::{Overlay, Says},
    rows,
};
use crate::{
    model::{Risk, policy_document::Context, text},
    operations::{
        Grant, Named, OfKind, On, Operation, ResourceType, Resources,
        table::{CLAIMS, CLAIMS_UNCLAIMED, OURS, OURS_AFTER, OURS_WITHOUT, may},
    },
};

/// The kind's name in manifests.
pub const NAME: &str = "AWS::Bedrock::Guardrail";

pub(super) const OVERLAY: Overlay = Overlay {
    name: NAME,
    facts: include_str!("facts/bedrock-guardrail.json"),
    short: "guardrail",
    about: "A guardrail of Bedrock: what is blocked or masked on the way to a model and back. \
            Whoever calls a model names the guardrail and its version; the working draft is what \
            is compared here.",
    invented: true,
    arn: "arn:{partition}:bedrock:{region}:{account}:guardrail/{id}",
    identifier: Identifier::Arn,
    tags: Some(text::BEDROCK),
    always: &["GuardrailArn", "Name", "Status"],
    refused: &[(
        "KmsKeyArn",
        "with it palisade would need to decrypt with the key",
        "leave it out: AWS encrypts guardrails with a key of its own",
    )],
    words: &[
        ("BlockedInputMessaging", Says::Harmless),
        ("BlockedOutputsMessaging", Says::Harmless),
        ("Description", Says::Harmless),
        ("Name", Says::Harmless),
        ("ContentPolicyConfig/FiltersConfig", Says::Judged(filters)),
        ("ContextualGroundingPolicyConfig/FiltersConfig", Says::Judged(grounding)),
        ("SensitiveInformationPolicyConfig/PiiEntitiesConfig", Says::Judged(personal)),
        ("SensitiveInformationPolicyConfig/RegexesConfig", Says::Judged(patterns)),
        ("TopicPolicyConfig/TopicsConfig", Says::Judged(topics)),
        ("WordPolicyConfig/WordsConfig", Says::Judged(words)),
        ("WordPolicyConfig/ManagedWordListsConfig", Says::Judged(word_lists)),
    ],
    operations: OfKind { rows: ROWS, resource: Some(RESOURCE), ..OfKind::NONE },
    ..Overlay::PLAIN
};

/// How much is blocked, from nothing (Bedrock user guide, filter strength).
const STRENGTHS: &[&str] = &["NONE", "LOW", "MEDIUM", "HIGH"];
/// What happens to what is found (API reference, `GuardrailSensitiveInformationAction`).
const ACTIONS: &[&str] = &["NONE", "ANONYMIZE", "BLOCK"];

fn filters(old: &Value, new: &Value, _: &Context) -> Risk {
    const BOTH: [(&str, coverage::Strength<'_>); 2] = [
        ("OutputStrength", ("InputStrength", |it| coverage::rank(it, "InputStrength", STRENGTHS))),
        ("InputStrength", ("OutputStrength", |it| coverage::rank(it, "OutputStrength", STRENGTHS))),
    ];
    // Each of the two strengths is judged by itself.
    let judged = BOTH.map(|(other, strength)| {
        let [old, new] = [old, new].map(|list| {
            let items = list.as_array().into_iter().flatten();
            items.map(|item| coverage::without(item, other)).collect::<Value>()
        });
        coverage::change(&old, &new, "Type", strength)
    });
    judged.into_iter().collect()
}

fn grounding(old: &Value, new: &Value, _: &Context) -> Risk {
    // A higher threshold blocks more. Thresholds are below one, with two decimals.
    let strength = |item: &Value| {
        let threshold = item["Threshold"].as_f64().unwrap_or_default();
        (0..100_i32).rev().find(|step| f64::from(*step) / 100.0 <= threshold).map_or(-1, i64::from)
    };
    coverage::change(old, new, "Type", ("Threshold", strength))
}

fn personal(old: &Value, new: &Value, _: &Context) -> Risk {
    coverage::change(old, new, "Type", ("Action", |it| coverage::rank(it, "Action", ACTIONS)))
}

fn patterns(old: &Value, new: &Value, _: &Context) -> Risk {
    coverage::change(old, new, "Name", ("Action", |it| coverage::rank(it, "Action", ACTIONS)))
}

fn topics(old: &Value, new: &Value, _: &Context) -> Risk {
    coverage::change(old, new, "Name", coverage::UNRANKED)
}

fn words(old: &Value, new: &Value, _: &Context) -> Risk {
    coverage::change(old, new, "Text", coverage::UNRANKED)
}

fn word_lists(old: &Value, new: &Value, _: &Context) -> Risk {
    coverage::change(old, new, "Type", coverage::UNRANKED)
}

const RESOURCE: ResourceType = ResourceType::new(
    "guardrail",
    "arn:{partition}:bedrock:{region}:{account}:guardrail/{id}",
    "000000000000",
    Named::Never,
);

const GUARDRAILS: On = On::Of(&Resources { name: "Guardrails", types: &[RESOURCE] });
const SEEN: Grant = may("bedrock:GetGuardrail", GUARDRAILS, &[]);

const ROWS: &[Operation] = &[
    rows::UNDER_WAY,
    rows::STATUS,
    rows::INDEX,
    rows::gets(&[rows::GET, SEEN, may("bedrock:ListTagsForResource", GUARDRAILS, &[])]),
    rows::lists(&[rows::LIST, may("bedrock:ListGuardrails", On::Anything, &[])]),
    rows::creates(&[
        rows::CREATE,
        may("bedrock:CreateGuardrail", On::Anything, CLAIMS),
        may("bedrock:TagResource", GUARDRAILS, CLAIMS_UNCLAIMED),
    ]),
    rows::updates(&[rows::UPDATE, may("bedrock:UpdateGuardrail", GUARDRAILS, OURS)]),
    rows::tags(&[
        rows::TAG,
        may("bedrock:TagResource", GUARDRAILS, OURS_AFTER),
        may("bedrock:TagResource", On::Adopted(NAME), CLAIMS_UNCLAIMED),
    ]),
    rows::untags(&[rows::UNTAG, may("bedrock:UntagResource", GUARDRAILS, OURS_WITHOUT)]),
    rows::removes(&[rows::DELETE, may("bedrock:DeleteGuardrail", GUARDRAILS, OURS)]),
];

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn weaker_filters_loosen_and_stronger_ones_tighten() {
        let context = Context { partition: "aws".into(), account: "111122223333".into() };
        let filter = |input: &str, output: &str| {
            let strengths = json!({"InputStrength": input, "OutputStrength": output});
            let mut filter = json!({"Type": "HATE"});
            for member in ["InputStrength", "OutputStrength"] {
                filter[member] = strengths[member].clone();
            }
            json!([filter])
        };
        let judged = |old: Value, new: Value| filters(&old, &new, &context);
        let high = || filter("HIGH", "HIGH");
        assert_eq!(judged(high(), filter("HIGH", "LOW")), Risk::LOOSENS);
        assert_eq!(judged(filter("LOW", "LOW"), high()), Risk::TIGHTENS);
        assert_eq!(judged(high(), json!([])), Risk::LOOSENS);
        assert_eq!(
            judged(filter("LOW", "HIGH"), filter("HIGH", "LOW")),
            Risk::LOOSENS.and(Risk::TIGHTENS)
        );
    }

    #[test]
    fn what_was_blocked_and_is_masked_only_loosens() {
        let context = Context { partition: "aws".into(), account: "111122223333".into() };
        let entity = |action: &str| json!([{"Type": "EMAIL", "Action": action}]);
        assert_eq!(personal(&entity("BLOCK"), &entity("ANONYMIZE"), &context), Risk::LOOSENS);
        assert_eq!(personal(&entity("ANONYMIZE"), &entity("BLOCK"), &context), Risk::TIGHTENS);
        let ground = |threshold: f64| json!([{"Type": "GROUNDING", "Threshold": threshold}]);
        assert_eq!(grounding(&ground(0.7), &ground(0.9), &context), Risk::TIGHTENS);
        assert_eq!(grounding(&ground(0.7), &ground(0.3), &context), Risk::LOOSENS);
    }
}
