//! The settings of an account cannot carry a claim: they are managed only once a manifest adopts them, corrected like everything
//! else then, and left as they are when the manifest goes.

use std::time::Duration;

use palisade::{
    aws::Guard,
    engine::Options,
    plan::{Cause, Only, UnusedReason, Verdict, WaitReason},
    simulator::{Effect, Fault},
};
use serde_json::{Value, json};

use crate::world::{World, held, steps, until_quiet};

const ADDRESS: &str = "ml-prod/AccountSettings/defaults";

fn manifest(lifecycle: &str, spec: &str) -> String {
    format!(
        "apiVersion: palisade.dev/v1alpha1\nkind: AccountSettings\nmetadata: {{name: defaults, scope: ml-prod}}\n\
         lifecycle: {{{lifecycle}}}\nspec: {{{spec}}}\n"
    )
}

const KEY: &str = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";

/// The cutting ones first need approval, so that they are not among these.
fn safe() -> String {
    format!(
        "ebsEncryptionByDefault: true, ebsDefaultKmsKey: \"{KEY}\", snapshotPublicAccess: block-new-sharing, \
         imagePublicAccess: block-new-sharing, serialConsoleAccess: false, instanceMetadataTokens: required, \
         instanceMetadataHopLimit: 1, instanceMetadataEndpoint: enabled, instanceMetadataTags: disabled, {LOGGING}, \
         s3PublicAccess: {{blockPublicAcls: true, blockPublicPolicy: true}}, {PASSWORDS}, {CONTACTS}"
    )
}

const LOGGING: &str = "bedrockLogging: {s3Bucket: acme-logs, s3Prefix: bedrock, logGroup: /bedrock, \
    role: \"arn:aws:iam::111122223333:role/bedrock-logs\", text: true, images: true, embeddings: true, \
    video: true, audio: true}";
const PASSWORDS: &str = "passwordPolicy: {minimumLength: 14, requireSymbols: true, requireNumbers: true, \
    requireUppercase: true, requireLowercase: true, usersCanChange: false, maxAgeDays: 90, \
    reusePrevention: 24, hardExpiry: false}";
const CONTACTS: &str = "alternateContacts: [{type: security, name: Security, title: On call, \
    email: security@example.com, phone: \"+44 20 7946 0000\"}]";

/// The calls that make a new account as [`safe`] says: nobody has turned its serial consoles on.
const FIRST: [&str; 9] = [
    "EnableEbsEncryptionByDefault",
    "EnableSnapshotBlockPublicAccess",
    "EnableImageBlockPublicAccess",
    "PutPublicAccessBlock",
    "UpdateAccountPasswordPolicy",
    "PutModelInvocationLoggingConfiguration",
    "ModifyInstanceMetadataDefaults",
    "ModifyEbsDefaultKmsKeyId",
    "PutAlternateContact",
];

/// A change that somebody makes (service, operation and request), and the call that puts it back.
type Drift = (&'static str, &'static str, Value, &'static str);

/// Every setting as somebody changes it.
fn drift() -> Vec<Drift> {
    let metadata = |member: &str, value: &str| {
        const CALL: &str = "ModifyInstanceMetadataDefaults";
        ("ec2", CALL, json!({ member: value }), CALL)
    };
    let mut all = vec![
        ("ec2", "DisableEbsEncryptionByDefault", json!({}), "EnableEbsEncryptionByDefault"),
        ("ec2", "ResetEbsDefaultKmsKeyId", json!({}), "ModifyEbsDefaultKmsKeyId"),
        ("ec2", "DisableSnapshotBlockPublicAccess", json!({}), "EnableSnapshotBlockPublicAccess"),
        ("ec2", "DisableImageBlockPublicAccess", json!({}), "EnableImageBlockPublicAccess"),
        ("ec2", "EnableSerialConsoleAccess", json!({}), "DisableSerialConsoleAccess"),
        metadata("HttpTokens", "optional"),
        metadata("HttpPutResponseHopLimit", "2"),
        metadata("HttpEndpoint", "no-preference"),
        metadata("InstanceMetadataTags", "enabled"),
    ];
    all.extend(drift_of_s3());
    all.extend(drift_of_passwords());
    all.extend(drift_of_logging());
    all.extend(drift_of_contacts());
    all
}

fn drift_of_s3() -> Vec<Drift> {
    let put = |off: &str| {
        let mut blocks = json!({"BlockPublicAcls": true, "BlockPublicPolicy": true});
        blocks[off] = false.into();
        ("s3", "PutPublicAccessBlock", blocks, "PutPublicAccessBlock")
    };
    let gone = ("s3", "DeletePublicAccessBlock", json!({}), "PutPublicAccessBlock");
    vec![put("BlockPublicAcls"), put("BlockPublicPolicy"), gone]
}

fn drift_of_passwords() -> Vec<Drift> {
    const UPDATE: &str = "UpdateAccountPasswordPolicy";
    let whole = json!({
        "MinimumPasswordLength": "14", "RequireSymbols": "true", "RequireNumbers": "true",
        "RequireUppercaseCharacters": "true", "RequireLowercaseCharacters": "true",
        "MaxPasswordAge": "90", "PasswordReusePrevention": "24",
    });
    let with = |member: &str, value: Value| {
        let mut policy = whole.clone();
        policy[member] = value;
        ("iam", UPDATE, policy, UPDATE)
    };
    vec![
        with("MinimumPasswordLength", json!("6")),
        with("RequireSymbols", json!("false")),
        with("RequireNumbers", json!("false")),
        with("RequireUppercaseCharacters", json!("false")),
        with("RequireLowercaseCharacters", json!("false")),
        with("AllowUsersToChangePassword", json!("true")),
        with("MaxPasswordAge", json!("365")),
        with("PasswordReusePrevention", Value::Null),
        with("HardExpiry", json!("true")),
        ("iam", "DeleteAccountPasswordPolicy", json!({}), UPDATE),
    ]
}

fn drift_of_logging() -> Vec<Drift> {
    const PUT: &str = "PutModelInvocationLoggingConfiguration";
    let logs = json!({
        "logGroupName": "/bedrock", "roleArn": "arn:aws:iam::111122223333:role/bedrock-logs",
    });
    let whole = json!({
        "s3Config": {"bucketName": "acme-logs", "keyPrefix": "bedrock"}, "cloudWatchConfig": logs,
        "textDataDeliveryEnabled": true, "imageDataDeliveryEnabled": true,
        "embeddingDataDeliveryEnabled": true, "videoDataDeliveryEnabled": true,
        "audioDataDeliveryEnabled": true,
    });
    let with = |place: &str, value: Value| {
        let mut config = whole.clone();
        *config.pointer_mut(place).expect("a member") = value;
        ("bedrock", PUT, json!({"loggingConfig": config}), PUT)
    };
    vec![
        with("/s3Config/bucketName", json!("elsewhere")),
        with("/s3Config/keyPrefix", json!("other")),
        with("/cloudWatchConfig/logGroupName", json!("/other")),
        with("/cloudWatchConfig/roleArn", json!("arn:aws:iam::111122223333:role/other")),
        with("/textDataDeliveryEnabled", json!(false)),
        with("/imageDataDeliveryEnabled", json!(false)),
        with("/embeddingDataDeliveryEnabled", json!(false)),
        with("/videoDataDeliveryEnabled", json!(false)),
        with("/audioDataDeliveryEnabled", Value::Null),
        ("bedrock", "DeleteModelInvocationLoggingConfiguration", json!({}), PUT),
    ]
}

fn drift_of_contacts() -> Vec<Drift> {
    let contact = |kind: &str| {
        json!({
            "AlternateContactType": kind, "Name": "Somebody", "Title": "Else",
            "EmailAddress": "somebody@example.org", "PhoneNumber": "1",
        })
    };
    let gone = json!({"AlternateContactType": "SECURITY"});
    vec![
        ("account", "PutAlternateContact", contact("SECURITY"), "PutAlternateContact"),
        ("account", "PutAlternateContact", contact("BILLING"), "DeleteAlternateContact"),
        ("account", "DeleteAlternateContact", gone, "PutAlternateContact"),
    ]
}

#[tokio::test(start_paused = true)]
async fn what_a_manifest_adopts_is_set_and_put_back_by_one_call_for_each_setting() {
    let world = World::with(&manifest("adopt: account", &safe()));
    let mut engine = world.engine().await;
    until_quiet(&mut engine).await.in_order();
    assert_eq!(world.writes(), FIRST);
    for (service, changed, how, put_back) in drift() {
        tokio::time::sleep(Duration::from_mins(10)).await;
        world.aws(service, changed, &how);
        if changed == "DisableImageBlockPublicAccess" {
            // EC2 shows the earlier state for minutes.
            tokio::time::sleep(Duration::from_mins(10)).await;
        }
        let report = engine.pass().await;
        assert_eq!(world.writes(), [put_back], "{changed} {how}");
        assert!(steps(&report, ADDRESS).iter().all(|step| step.cause == Cause::Drift));
        until_quiet(&mut engine).await.in_order();
        assert_eq!(world.writes(), [""; 0], "{changed} {how}");
    }
}

/// A denied read keeps nothing open but what it is about.
#[tokio::test(start_paused = true)]
async fn a_setting_that_cannot_be_read_is_left_alone_and_the_others_are_corrected() {
    let world = World::with(&manifest("adopt: account", &safe()));
    let mut engine = world.engine().await;
    until_quiet(&mut engine).await.in_order();
    world.writes();
    world.aws("iam", "DeleteAccountPasswordPolicy", &json!({}));
    world.ec2("EnableSerialConsoleAccess", &json!({}));
    world.simulator.inject(Fault::new("GetAccountPasswordPolicy", Effect::Deny));
    let report = engine.pass().await;
    assert_eq!(world.writes(), ["DisableSerialConsoleAccess"]);
    let waits: Vec<_> = steps(&report, ADDRESS)
        .into_iter()
        .filter_map(|step| match &step.verdict {
            Verdict::Waiting(waits) => Some(waits.clone()),
            _ => None,
        })
        .flatten()
        .collect();
    let [wait] = &waits[..] else { panic!("{waits:?}") };
    assert!(
        matches!(&wait.reason, WaitReason::PartUnread { part, .. } if part == "passwordPolicy"),
        "{wait:?}"
    );
    world.simulator.clear_faults();
    until_quiet(&mut engine).await.in_order();
    assert_eq!(world.writes(), ["UpdateAccountPasswordPolicy"]);
    // What no manifest manages may stay unread.
    let world = World::with(&manifest("adopt: account", "serialConsoleAccess: false"));
    let mut engine = world.engine().await;
    world.simulator.inject(Fault::new("GetAccountPasswordPolicy", Effect::Deny));
    until_quiet(&mut engine).await.in_order();
}

#[tokio::test(start_paused = true)]
async fn blocking_what_is_shared_already_is_held_at_first_and_put_back_without_asking() {
    let world = World::with(&manifest("adopt: account", "snapshotPublicAccess: block-all-sharing"));
    let mut engine = world.engine().await;
    let report = engine.pass().await;
    let (step, _) = held(&report, ADDRESS);
    assert_eq!(world.writes(), [""; 0]);
    let mut engine = world.engine_approving(&[&step.digest]).await;
    until_quiet(&mut engine).await.in_order();
    assert_eq!(world.writes(), ["EnableSnapshotBlockPublicAccess"]);
    world.ec2("DisableSnapshotBlockPublicAccess", &json!({}));
    engine.pass().await;
    assert_eq!(world.writes(), ["EnableSnapshotBlockPublicAccess"]);
}

#[tokio::test(start_paused = true)]
async fn without_its_manifest_everything_stays_as_it_is_and_nothing_is_an_orphan() {
    let world = World::with(&manifest("adopt: account", &safe()));
    let mut engine = world.engine().await;
    until_quiet(&mut engine).await.in_order();
    world.writes();
    world.remove("main.yaml");
    let report = until_quiet(&mut engine).await.reports.pop().expect("a pass");
    assert_eq!(world.writes(), [""; 0]);
    assert!(report.plan.steps.is_empty(), "{:?}", report.plan.steps);
    let shown = world.ec2("GetEbsEncryptionByDefault", &json!({}));
    assert_eq!(shown["ebsEncryptionByDefault"], json!(true));
}

#[tokio::test(start_paused = true)]
async fn a_manifest_that_does_not_adopt_them_or_wants_them_gone_is_refused() {
    for lifecycle in ["", "adopt: account, state: absent"] {
        let world = World::with(&manifest(lifecycle, &safe()));
        let mut engine = world.engine().await;
        let report = engine.pass().await;
        assert_eq!(world.writes(), [""; 0]);
        assert!(!report.problems.is_empty(), "{lifecycle}");
    }
    let world = World::with(&manifest("adopt: accounts", &safe()));
    let report = world.engine().await.pass().await;
    assert_eq!(world.writes(), [""; 0]);
    assert!(matches!(steps(&report, ADDRESS)[0].verdict, Verdict::Waiting(_)));
}

/// EC2 says for minutes that images can be shared although it is blocking that.
#[tokio::test(start_paused = true)]
async fn blocking_images_is_asked_for_once_although_ec2_takes_its_time() {
    let world = World::with(&manifest("adopt: account", "imagePublicAccess: block-new-sharing"));
    let mut engine = world.engine().await;
    engine.pass().await;
    assert_eq!(world.writes(), ["EnableImageBlockPublicAccess"]);
    for _ in 0..12 {
        tokio::time::sleep(Duration::from_mins(1)).await;
        let report = engine.pass().await;
        assert!(report.plan.steps.is_empty(), "{:?}", report.plan.steps);
    }
    assert_eq!(world.writes(), [""; 0]);
    // Whether it ever was blocked is looked at again after that.
    world.ec2("DisableImageBlockPublicAccess", &json!({}));
    tokio::time::sleep(Duration::from_mins(10)).await;
    engine.pass().await;
    assert_eq!(world.writes(), ["EnableImageBlockPublicAccess"]);
}

#[tokio::test(start_paused = true)]
async fn scopes_of_one_account_cannot_want_different_values_of_what_holds_in_all_its_regions() {
    let wants = |length: u8, console: bool| {
        format!("passwordPolicy: {{minimumLength: {length}}}, serialConsoleAccess: {console}")
    };
    for (other, is_fine) in [(wants(14, true), true), (wants(8, false), false)] {
        let mut world = World::empty();
        let mut scope = world.settings.scopes["ml-prod"].clone();
        scope.region = Some("eu-central-1".to_owned());
        world.settings.scopes.insert("ml-second".to_owned(), scope);
        world.write("main.yaml", manifest("adopt: account", &wants(14, false)));
        let second = manifest("adopt: account", &other).replace("ml-prod", "ml-second");
        world.write("second.yaml", second);
        let report = world.engine().await.pass().await;
        let said: Vec<_> = report.problems.iter().map(ToString::to_string).collect();
        let expected = "spec.passwordPolicy.minimumLength: \
                        ml-prod/AccountSettings/defaults wants another value of this";
        assert_eq!(said.iter().any(|problem| problem.contains(expected)), !is_fine, "{said:?}");
        assert_eq!(said.is_empty(), is_fine, "{said:?}");
    }
}

/// Bedrock takes no part of a first configuration: which logs, and where they go, is one call, whatever else is held.
#[tokio::test(start_paused = true)]
async fn the_example_waits_for_one_consent_without_a_failure_and_is_then_in_force() {
    let world = World::with(include_str!("../../examples/account-settings.yaml"));
    let mut engine = world.engine().await;
    let quiet = until_quiet(&mut engine).await;
    let failures: Vec<_> =
        quiet.reports.iter().flat_map(palisade::engine::Report::failures).collect();
    assert!(failures.is_empty(), "{failures:#?}");
    let writes = world.writes();
    assert!(!writes.contains(&"PutModelInvocationLoggingConfiguration".to_owned()), "{writes:?}");
    assert!(
        writes.contains(&"EnableEbsEncryptionByDefault".to_owned()),
        "what closes goes: {writes:?}"
    );
    let (step, _) = held(quiet.last(), ADDRESS);
    let mut engine = world.engine_approving(&[&step.digest]).await;
    let quiet = until_quiet(&mut engine).await;
    quiet.in_order();
    assert_eq!(quiet.reports.iter().flat_map(palisade::engine::Report::failures).count(), 0);
    let puts = world.writes().into_iter().filter(|it| it.starts_with("PutModelInvocation"));
    assert_eq!(puts.count(), 1);
}

/// A call that was refused as a whole is repeated as a whole: no part of it could ever be accepted.
#[tokio::test(start_paused = true)]
async fn a_first_log_that_is_refused_is_tried_again_in_one_call() {
    let world = World::with(&manifest("adopt: account", LOGGING));
    let refusal = Effect::Reject {
        code: "ValidationException".to_owned(),
        message: "Failed to validate permissions for log group".to_owned(),
        status: 400,
    };
    let put = "PutModelInvocationLoggingConfiguration";
    world.simulator.inject(Fault::new(put, refusal));
    let mut engine = world.engine().await;
    for _ in 0..6 {
        engine.pass().await;
        tokio::time::advance(Duration::from_mins(10)).await;
    }
    let calls = world.calls().into_iter().filter(|call| call.operation == put);
    let configs: Vec<_> = calls.map(|call| call.input["loggingConfig"].clone()).collect();
    assert!(configs.len() > 1, "{configs:?}");
    assert!(configs.iter().all(|it| *it == configs[0]), "{configs:#?}");
    world.simulator.clear_faults();
    tokio::time::advance(Duration::from_hours(2)).await;
    until_quiet(&mut engine).await.last();
    let live = world.aws("bedrock", "GetModelInvocationLoggingConfiguration", &json!({}));
    assert_eq!(live["loggingConfig"]["s3Config"]["bucketName"], "acme-logs");
}

#[tokio::test(start_paused = true)]
async fn a_group_and_its_role_are_added_together_to_a_log_that_goes_to_a_bucket() {
    let to_bucket = "bedrockLogging: {s3Bucket: acme-logs, text: true}";
    let world = World::with(&manifest("adopt: account", to_bucket));
    let mut engine = world.engine().await;
    until_quiet(&mut engine).await.in_order();
    world.write("main.yaml", manifest("adopt: account", LOGGING));
    until_quiet(&mut engine).await.in_order();
    let live = world.aws("bedrock", "GetModelInvocationLoggingConfiguration", &json!({}));
    assert_eq!(live["loggingConfig"]["cloudWatchConfig"]["logGroupName"], "/bedrock");
}

#[tokio::test(start_paused = true)]
async fn what_is_null_is_removed_where_aws_can_have_none() {
    let world = World::with(&manifest("adopt: account", &safe()));
    let mut engine = world.engine().await;
    until_quiet(&mut engine).await.in_order();
    world.writes();
    let none = "ebsDefaultKmsKey: null, instanceMetadataTokens: null, instanceMetadataHopLimit: null, \
        instanceMetadataEndpoint: null, instanceMetadataTags: null, bedrockLogging: null, \
        s3PublicAccess: null, passwordPolicy: {maxAgeDays: null, reusePrevention: null}, \
        alternateContacts: null";
    world.write("main.yaml", manifest("adopt: account", none));
    until_quiet(&mut engine).await.in_order();
    let mut writes = world.writes();
    writes.sort();
    assert_eq!(
        writes,
        [
            "DeleteAlternateContact",
            "DeleteModelInvocationLoggingConfiguration",
            "ModifyInstanceMetadataDefaults",
            "PutPublicAccessBlock",
            "ResetEbsDefaultKmsKeyId",
            "UpdateAccountPasswordPolicy",
        ]
    );
    let live = world.aws("bedrock", "GetModelInvocationLoggingConfiguration", &json!({}));
    assert_eq!(live, json!({}));
    // A log that somebody turns on is removed again.
    let config = json!({"s3Config": {"bucketName": "evil"}, "textDataDeliveryEnabled": true});
    world.aws(
        "bedrock",
        "PutModelInvocationLoggingConfiguration",
        &json!({"loggingConfig": config}),
    );
    engine.pass().await;
    assert_eq!(world.writes(), ["DeleteModelInvocationLoggingConfiguration"]);
}

#[tokio::test(start_paused = true)]
async fn what_aws_would_refuse_or_always_has_is_refused_with_a_way_out() {
    let role = "role: \"arn:aws:iam::111122223333:role/bedrock-logs\"";
    for (spec, why) in [
        (
            "bedrockLogging: {text: true}".to_owned(),
            "bedrockLogging: says what is logged and not where",
        ),
        (
            format!("bedrockLogging: {{{role}}}"),
            "bedrockLogging: says what is logged and not where",
        ),
        (
            "bedrockLogging: {logGroup: /bedrock}".to_owned(),
            "bedrockLogging.logGroup: needs `role`",
        ),
        (
            format!("bedrockLogging: {{s3Bucket: null, s3Prefix: x, logGroup: /bedrock, {role}}}"),
            "bedrockLogging.s3Prefix: needs `s3Bucket`",
        ),
        ("ebsEncryptionByDefault: null".to_owned(), "ebsEncryptionByDefault: cannot be none"),
        ("snapshotPublicAccess: null".to_owned(), "snapshotPublicAccess: cannot be none"),
        (
            "passwordPolicy: null".to_owned(),
            "passwordPolicy: cannot be none: without a policy AWS has rules",
        ),
        (
            "passwordPolicy: {minimumLength: null}".to_owned(),
            "passwordPolicy.minimumLength: cannot be none",
        ),
    ] {
        let world = World::with(&manifest("adopt: account", &spec));
        let report = world.engine().await.pass().await;
        let said: Vec<_> = report.problems.iter().map(ToString::to_string).collect();
        assert!(said.iter().any(|problem| problem.contains(why)), "{spec}: {said:?}");
        assert_eq!(world.writes(), [""; 0]);
    }
}

/// What opens waits for what closes: an approval of the one alone releases nothing, and says so.
#[tokio::test(start_paused = true)]
async fn an_approval_behind_changes_that_are_left_out_makes_nothing_and_tells_why() {
    let world = World::with(include_str!("../../examples/account-settings.yaml"));
    let report = world.reader().await.pass().await;
    let digest = held(&report, ADDRESS).0.digest.clone();
    let options = Options {
        approve: [digest.clone()].into(),
        only: Some(Only::Approved),
        write: true,
        ..Options::default()
    };
    let mut engine = world.engine_with(Guard::writing(world.brake.clone()), options).await;
    let report = engine.pass().await;
    assert_eq!(world.writes(), [""; 0]);
    let unused: Vec<_> =
        report.plan.unused_approvals.iter().map(|it| (it.digest.clone(), it.why)).collect();
    assert_eq!(unused, [(digest, UnusedReason::Behind)]);
    assert!(palisade::plan::render::text(&report.plan).contains("or add --all"));
}
