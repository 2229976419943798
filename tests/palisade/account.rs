//! The settings of an account cannot carry a claim: they are managed only once a manifest adopts them, corrected like everything
//! else then, and left as they are when the manifest goes.

use std::time::Duration;

use palisade::{
    plan::{Cause, Verdict, WaitReason},
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
