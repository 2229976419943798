//! The settings of an account for a whole Region.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use serde_json::{Value, json};

use super::state::{Call, Handler, State};
use crate::{
    kinds::account_settings,
    model::Tags,
    simulator::{
        query::{Input, invalid},
        service::{Answer, ApiError},
        table::Setting,
        truth::Thing,
    },
};

/// The key that EBS uses by default.
const AWS_KEY: &str = "alias/aws/ebs";

/// EC2 API reference: the operations named here. In a new account everything is off, and the
/// defaults for instance metadata are not set.
static SETTINGS: [Setting; 6] = [
    Setting {
        read: "GetEbsEncryptionByDefault",
        changes: &[
            ("EnableEbsEncryptionByDefault", |_, _| Ok(true.into())),
            ("DisableEbsEncryptionByDefault", |_, _| Ok(false.into())),
        ],
        member: "ebsEncryptionByDefault",
        default: || false.into(),
        lag: Duration::ZERO,
    },
    Setting {
        read: "GetEbsDefaultKmsKeyId",
        changes: &[
            ("ModifyEbsDefaultKmsKeyId", |_, input| {
                Ok(Input::new(input).required("KmsKeyId")?.into())
            }),
            ("ResetEbsDefaultKmsKeyId", |_, _| Ok(AWS_KEY.into())),
        ],
        member: "kmsKeyId",
        default: || AWS_KEY.into(),
        lag: Duration::ZERO,
    },
    Setting {
        read: "GetSnapshotBlockPublicAccessState",
        changes: &[
            ("EnableSnapshotBlockPublicAccess", |_, input| {
                one_of(input, "State", &["block-all-sharing", "block-new-sharing"])
            }),
            ("DisableSnapshotBlockPublicAccess", |_, _| Ok("unblocked".into())),
        ],
        member: "state",
        default: || "unblocked".into(),
        lag: Duration::ZERO,
    },
    Setting {
        read: "GetImageBlockPublicAccessState",
        changes: &[
            ("EnableImageBlockPublicAccess", |_, input| {
                one_of(input, "ImageBlockPublicAccessState", &["block-new-sharing"])
            }),
            ("DisableImageBlockPublicAccess", |_, _| Ok("unblocked".into())),
        ],
        member: "imageBlockPublicAccessState",
        default: || "unblocked".into(),
        // EC2 API reference, EnableImageBlockPublicAccess and DisableImageBlockPublicAccess: it
        // takes up to 10 minutes, during which reads still return the earlier state.
        lag: Duration::from_mins(9),
    },
    Setting {
        read: "GetSerialConsoleAccessStatus",
        changes: &[
            ("EnableSerialConsoleAccess", |_, _| Ok(true.into())),
            ("DisableSerialConsoleAccess", |_, _| Ok(false.into())),
        ],
        member: "serialConsoleAccessEnabled",
        default: || false.into(),
        lag: Duration::ZERO,
    },
    Setting {
        read: "GetInstanceMetadataDefaults",
        changes: &[("ModifyInstanceMetadataDefaults", metadata)],
        member: "accountLevel",
        default: || json!({}),
        lag: Duration::ZERO,
    },
];

fn one_of(input: &Value, member: &str, words: &[&str]) -> Result<Value, ApiError> {
    let word = Input::new(input).required(member)?;
    if words.contains(&word) {
        return Ok(word.into());
    }
    Err(invalid(format!("Invalid value '{word}' for {member}")))
}

/// Members of the request replace earlier values, `no-preference` and -1 remove them, and the other
/// members stay.
fn metadata(now: &Value, input: &Value) -> Result<Value, ApiError> {
    const TOKENS: &[&str] = &["optional", "required", "no-preference"];
    const SWITCH: &[&str] = &["enabled", "disabled", "no-preference"];
    let mut all = now.clone();
    let asked = Input::new(input);
    for (member, shown, words) in [
        ("HttpTokens", "httpTokens", TOKENS),
        ("HttpEndpoint", "httpEndpoint", SWITCH),
        ("InstanceMetadataTags", "instanceMetadataTags", SWITCH),
    ] {
        if asked.text(member).is_some() {
            all[shown] = one_of(input, member, words)?;
        }
    }
    if let Some(hops) = asked.text("HttpPutResponseHopLimit") {
        let number = hops.parse::<i64>().ok().filter(|n| *n == -1 || (1..=64).contains(n));
        let wrong = || invalid(format!("Invalid value '{hops}' for HttpPutResponseHopLimit"));
        all["httpPutResponseHopLimit"] = number.ok_or_else(wrong)?.into();
    }
    let is_said = |value: &Value| *value != "no-preference" && *value != -1;
    let members = all.as_object().into_iter().flatten();
    let said = members.filter(|(_, value)| is_said(value));
    Ok(said.map(|(name, value)| (name.clone(), value.clone())).collect())
}

/// The handler of an operation on a setting.
pub(super) fn handler(operation: &str) -> Option<Handler> {
    SETTINGS.iter().any(|setting| setting.has(operation)).then_some(answer)
}

impl State {
    /// Adds the settings of an account in a Region, which always exist.
    pub(super) fn add_settings(
        &self,
        account: &str,
        region: &str,
        things: &mut BTreeMap<String, Thing>,
    ) {
        let mut facts = BTreeSet::new();
        for setting in &SETTINGS {
            setting.add_fact(&self.settings, &mut facts);
        }
        let kind = account_settings::NAME;
        let thing = Thing { kind, account: account.to_owned(), tags: Tags::new(), facts };
        things.insert(format!("settings/{account}/{region}"), thing);
    }
}

fn answer(state: &mut State, call: &mut Call<'_, '_>) -> Answer {
    let (settings, input) = (&mut state.settings, call.input.value());
    let elapsed = call.context.elapsed;
    let mut answers = SETTINGS.iter();
    let found =
        answers.find_map(|setting| setting.answer(settings, call.operation, input, elapsed));
    found.unwrap_or_else(|| Err(invalid(format!("There is no setting {}", call.operation))))
}
