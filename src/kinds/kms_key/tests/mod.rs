//! The specification of KMS keys, in sentences.

mod grants;
mod origins;
#[cfg(feature = "simulator")]
mod port;

use serde_json::{Value, json};

use super::{NAME, Rotation, State, table};
use crate::{
    kind::{
        Invalid, Known, Refs, ScopeFacts,
        erased::{Edit, EditBody, ErasedKind as _},
    },
    model::{
        Risk,
        policy_document::{Dialect, PolicyDocument},
    },
};

const ROOT: &str = "arn:aws:iam::111122223333:root";

fn scope() -> ScopeFacts {
    ScopeFacts {
        name: "prod".into(),
        account: "111122223333".into(),
        region: "eu-west-1".into(),
        partition: "aws".into(),
    }
}

fn resolve(spec: Value) -> Result<State, Vec<Invalid>> {
    let (scope, known, mut spec) = (scope(), Known::default(), spec);
    let mut refs = Refs::new(&scope, "studio", &known);
    refs.interpolate(&mut spec, &crate::kinds::registry().names())?;
    let resolved = table().resolve(&spec, &mut refs)?;
    Ok(serde_json::from_value(resolved.state).expect("a state"))
}

fn diff(want: &State, have: &State) -> Vec<Edit> {
    table().diff(&json!(want), &json!(have)).expect("states")
}

fn effect(have: &State, edits: &[Edit]) -> State {
    let mut states = table().states(&json!(have), edits).expect("a state");
    serde_json::from_value(states.pop().expect("an edit")).expect("a state")
}

fn natural_keys(state: &State) -> Vec<String> {
    table().natural_keys(&json!(state)).expect("a state")
}

fn is_gone(state: &State) -> bool {
    table().is_gone(&json!(state)).expect("a state")
}

/// The calls of the edits, without the service.
fn operations(edits: &[Edit]) -> Vec<String> {
    let operation = |edit: &Edit| match &edit.body {
        EditBody::Change(body) => {
            body["operation"].as_str().unwrap_or("kms:(none)").trim_start_matches("kms:").to_owned()
        }
        other => panic!("{other:?}"),
    };
    edits.iter().map(operation).collect()
}

/// `spec` with a good policy unless it has one.
fn with_policy(mut spec: Value) -> Value {
    if spec.get("policy").is_none() {
        spec["policy"] = policy_of(&[]);
    }
    spec
}

fn good(spec: Value) -> State {
    resolve(with_policy(spec)).expect("valid")
}

/// Everything that is wrong, as people see it.
fn problems(spec: Value) -> String {
    let problems = resolve(spec).expect_err("refused");
    let lines = problems.into_iter().map(|problem| match &problem.help {
        Some(help) => format!("{problem}\n  help: {help}"),
        None => problem.to_string(),
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn administrators() -> Value {
    json!({"Sid": "Administer", "Effect": "Allow", "Principal": {"AWS": ROOT}, "Action": "kms:*", "Resource": "*"})
}

/// The administrators' statement and these.
fn policy_of(statements: &[Value]) -> Value {
    let mut all = vec![administrators()];
    all.extend_from_slice(statements);
    json!({"Version": "2012-10-17", "Statement": all})
}

fn statement(sid: &str, role: &str) -> Value {
    json!({
        "Sid": sid, "Effect": "Allow", "Action": ["kms:Decrypt", "kms:GenerateDataKey"], "Resource": "*",
        "Principal": {"AWS": format!("arn:aws:iam::111122223333:role/{role}")}
    })
}

fn document(value: &Value) -> PolicyDocument {
    PolicyDocument::from_value(value, Dialect::KeyPolicy).expect("a policy")
}

/// A live key that is as `want` says, with KMS's defaults for what `want` does not manage.
fn live(want: &State) -> State {
    let rotation = want.rotation.unwrap_or(Rotation { enabled: false, period_days: None });
    let period_days = rotation.enabled.then(|| rotation.period_days.unwrap_or(365));
    State {
        aliases: want.aliases.clone().or_else(|| Some([].into())),
        description: want.description.clone().or_else(|| Some(String::new())),
        rotation: Some(Rotation { period_days, ..rotation }),
        multi_region: want.multi_region.or(Some(false)),
        foreign_grants: None,
        deletion_window_days: None,
        ..want.clone()
    }
}

/// The changes as a plan shows them.
fn plan(want: &State, have: &State) -> String {
    let mut text = String::new();
    for Edit { summary, risk, lines, .. } in diff(want, have) {
        text.push_str(&format!("{summary} [{risk}]\n"));
        for line in lines {
            text.push_str(&format!("  {} {}\n", line.sign.as_char(), line.text));
        }
    }
    text
}

#[test]
fn fields_that_a_manifest_omits_are_not_managed_or_have_the_default() {
    let state = good(json!({}));
    assert_eq!((&state.aliases, &state.description, &state.rotation), (&None, &None, &None));
    assert_eq!(state.enabled, Some(true));
    assert_eq!(state.key_spec.as_deref(), Some("SYMMETRIC_DEFAULT"));
    assert_eq!(state.key_usage.as_deref(), Some("ENCRYPT_DECRYPT"));
    assert_eq!(state.multi_region, None);
    assert_eq!(state.deletion_window_days, Some(30));
    assert!(natural_keys(&state).is_empty());
}

#[test]
fn null_and_empty_mean_none() {
    for spec in [
        json!({"aliases": null, "description": null, "rotation": null}),
        json!({"aliases": [], "description": "", "rotation": {"enabled": false}}),
    ] {
        let state = good(spec);
        assert_eq!(state.aliases, Some([].into()));
        assert_eq!(state.description.as_deref(), Some(""));
        assert_eq!(state.rotation, Some(Rotation { enabled: false, period_days: None }));
    }
}

#[test]
fn an_alias_that_another_manifest_wants_is_left_to_that_manifest() {
    let want = json!(good(json!({"aliases": []})));
    let mut have = json!(good(json!({"aliases": ["alias/shared"]})));
    let edits = |have: &Value| table().diff(&want, have).expect("states").len();
    assert_eq!(edits(&have), 1, "nobody wants it");
    have["requested"] = json!(["alias/shared"]);
    assert_eq!(edits(&have), 0);
}

#[test]
fn the_natural_keys_are_the_aliases() {
    let state = good(json!({"aliases": ["alias/b", "alias/a"]}));
    assert_eq!(natural_keys(&state), ["alias/a", "alias/b"]);
}

#[test]
fn a_state_reads_back_what_it_writes_and_shows_its_policy_as_a_document() {
    let state = good(json!({"aliases": ["alias/a"], "rotation": {"periodDays": 100}}));
    let value = serde_json::to_value(&state).expect("plain data");
    assert!(value["policy"]["Statement"].is_array());
    assert_eq!(serde_json::from_value::<State>(value).expect("a state"), state);
}

#[test]
fn every_invalid_value_is_reported_with_its_field() {
    let spec = json!({
        "aliases": ["studio", "alias/aws/ebs", "alias/", "alias/a \
                                                          b", "alias/x", "alias/x", format!("alias/{}", "n".repeat(251))],
        "description": "d".repeat(8193),
        "rotation": {"periodDays": 89},
        "deletionWindowDays": 31,
        "keySpec": "RSA_2048",
        "tags": {"aws:x": "1", "palisade:owner": "me", "ok": "v".repeat(257)}
    });
    insta::assert_snapshot!(problems(spec).replace(&"n".repeat(251), "n…"), @r#"
    aliases[0]: `studio` does not start with `alias/`
      help: write alias/ and a name, e.g. alias/ml/studio
    aliases[1]: `alias/aws/ebs` is reserved for keys that AWS manages
      help: use a name that does not start with aws/
    aliases[2]: `alias/` is not an alias
      help: after alias/ use letters, digits, `/`, `_` and `-`
    aliases[3]: `alias/a b` is not an alias
      help: after alias/ use letters, digits, `/`, `_` and `-`
    aliases[5]: `alias/x` occurs twice
      help: keep one
    aliases[6]: `alias/n…` is longer than 256 characters
      help: use a shorter name
    description: 8193 characters long
      help: KMS allows at most 8192
    policy: is required: with AWS's default policy, any IAM policy in the account can allow the use of the key
      help: begin with a statement that allows kms:* on "*" to the account's root or to an administrators' role, and give users of the key only what they need
    rotation.periodDays: 89 is not within 90 and 2560 days
      help: 365 is usual
    rotation: KMS does not rotate RSA_2048 keys by itself
      help: leave rotation out: only SYMMETRIC_DEFAULT keys have it
    keyUsage: is required for RSA_2048 keys
      help: write ENCRYPT_DECRYPT or SIGN_VERIFY
    deletionWindowDays: 31 is not within 7 and 30 days
      help: leave it out for 30 days, the longest time to notice a mistake
    tags.aws:x: keys that start with `aws:` are reserved for AWS
      help: use another key
    tags.ok: the value has 257 characters
      help: KMS allows at most 256
    tags.palisade:owner: keys that start with `palisade:` are reserved for palisade
      help: use another key
    "#);
}

#[test]
fn a_key_usage_must_fit_the_key_spec() {
    insta::assert_snapshot!(problems(with_policy(json!({"keySpec": "HMAC_256", "keyUsage": "SIGN_VERIFY"}))), @r#"
    keyUsage: HMAC_256 keys are not for SIGN_VERIFY
      help: write GENERATE_VERIFY_MAC
    "#);
    insta::assert_snapshot!(problems(with_policy(json!({"keySpec": "SM2", "keyUsage": "SIGN_VERIFY"}))), @r"
    keySpec: SM2 keys exist in China Regions only
      help: leave keySpec out for SYMMETRIC_DEFAULT
    ");
    let state = good(json!({"keySpec": "ECC_NIST_P256", "keyUsage": "KEY_AGREEMENT"}));
    assert_eq!(state.key_usage.as_deref(), Some("KEY_AGREEMENT"));
}

#[test]
fn only_symmetric_encryption_keys_rotate() {
    let spec = json!({"keySpec": "RSA_4096", "keyUsage": "SIGN_VERIFY", "rotation": {}});
    insta::assert_snapshot!(problems(with_policy(spec)), @r#"
    rotation: KMS does not rotate RSA_4096 keys by itself
      help: leave rotation out: only SYMMETRIC_DEFAULT keys have it
    "#);
    let off =
        json!({"keySpec": "RSA_4096", "keyUsage": "SIGN_VERIFY", "rotation": {"enabled": false}});
    assert!(resolve(with_policy(off)).is_ok());
}

#[test]
fn a_key_without_a_policy_is_refused() {
    insta::assert_snapshot!(problems(json!({})), @r#"
    policy: is required: with AWS's default policy, any IAM policy in the account can allow the use of the key
      help: begin with a statement that allows kms:* on "*" to the account's root or to an administrators' role, and give users of the key only what they need
    "#);
    assert_eq!(problems(json!({"policy": null})), problems(json!({})));
}

#[test]
fn a_policy_without_effect_or_open_to_the_world_is_refused() {
    let spec = json!({"policy": policy_of(&[
        json!({"Effect": "Allow", "Principal": {"AWS": ROOT}, "Action": "kms:Decrypt"}),
        json!({"Effect": "Allow", "Principal": {"AWS": ROOT}, "Resource": "*"}),
        json!({"Effect": "Allow", "Principal": "*", "Action": "kms:Decrypt", "Resource": "*"}),
        json!({"Effect": "Allow", "Principal": {"AWS": "AROAEXAMPLEEXAMPLE123"}, "Action": "kms:Decrypt", "Resource": "*"}),
    ])});
    insta::assert_snapshot!(problems(spec), @r#"
    policy.Statement[1].Resource: no resource is listed, so the statement has no effect
      help: write "*" or the ARNs
    policy.Statement[2].Action: no action is listed, so the statement has no effect
      help: list the actions
    policy.Statement[3].Principal: allows every AWS account
      help: name the principals or add a condition
    policy.Statement[4].Principal.AWS: the unique id of a deleted principal
      help: name its ARN if it exists again, or remove it
    "#);
}

#[test]
fn everyone_under_a_condition_is_not_the_world() {
    let spec = json!({"policy": policy_of(&[json!({
        "Effect": "Allow", "Principal": "*", "Action": "kms:Decrypt", "Resource": "*",
        "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-abc1234567"}}
    })])});
    assert!(resolve(spec).is_ok());
}

#[test]
fn a_policy_under_which_nobody_keeps_control_is_refused() {
    let only =
        |statement: Value| json!({"policy": {"Version": "2012-10-17", "Statement": [statement]}});
    insta::assert_snapshot!(problems(only(statement("Use", "studio"))), @r#"
    policy: locks everybody out: neither the account's root nor a role or user of the account is surely allowed kms:PutKeyPolicy, so that nobody could ever change this policy or delete the key
      help: begin with a statement that allows kms:* on "*" to the account's root or to an administrators' role, and give users of the key only what they need
    "#);
    for (name, change) in [
        (
            "under a condition",
            json!({"Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}),
        ),
        ("another account", json!({"Principal": {"AWS": "arn:aws:iam::999988887777:root"}})),
        ("its user", json!({"Principal": {"AWS": "arn:aws:iam::999988887777:user/Alice"}})),
        ("a service", json!({"Principal": {"Service": "ec2.amazonaws.com"}})),
        ("without PutKeyPolicy", json!({"Action": ["kms:Describe*", "kms:List*"]})),
        ("another key", json!({"Resource": "arn:aws:kms:eu-west-1:111122223333:key/abc"})),
    ] {
        let mut statement = administrators();
        for (field, value) in change.as_object().expect("fields") {
            statement[field] = value.clone();
        }
        let problems = problems(only(statement));
        assert!(problems.contains("locks everybody out"), "{name}: {problems}");
    }
    let denied = json!({"Effect": "Deny", "Principal": "*", "Action": "kms:Put*", "Resource": "*"});
    assert!(problems(json!({"policy": policy_of(&[denied])})).contains("locks everybody out"));
}

#[test]
fn root_by_account_id_or_an_administrators_role_or_user_keeps_control() {
    for principal in [
        json!({"AWS": "111122223333"}),
        json!({"AWS": ["arn:aws:iam::111122223333:role/admin"]}),
        json!({"AWS": "arn:aws:iam::111122223333:user/staff/Alice"}),
    ] {
        let mut statement = administrators();
        statement["Principal"] = principal.clone();
        let spec = json!({"policy": {"Statement": [statement]}});
        assert!(resolve(spec).is_ok(), "{principal}");
    }
    // Denied to everybody but administrators, who are allowed it through the account's root.
    for pattern in ["arn:aws:iam::111122223333:role/admin", "arn:aws:iam::*:role/admin-*"] {
        let guard = json!({
            "Effect": "Deny", "Principal": "*", "Action": "kms:PutKeyPolicy", "Resource": "*",
            "Condition": {"ArnNotLike": {"aws:PrincipalArn": pattern}}
        });
        assert!(resolve(json!({"policy": policy_of(&[guard])})).is_ok(), "{pattern}");
    }
    // A denial of everybody outside of the organization does not affect those inside.
    let perimeter = json!({
        "Effect": "Deny", "Principal": "*", "Action": "kms:*", "Resource": "*",
        "Condition": {"StringNotEquals": {"aws:PrincipalOrgID": "o-abc1234567"}}
    });
    assert!(resolve(json!({"policy": policy_of(&[perimeter])})).is_ok());
}

#[test]
fn principals_that_kms_never_accepts_are_refused_with_their_place() {
    for (principal, place) in [
        (json!({"AWS": "arn:aws:iam::111122223333:role/studio-*"}), "Principal.AWS"),
        (json!({"AWS": [ROOT, "arn:aws::111122223333:root"]}), "Principal.AWS[1]"),
        (json!({"AWS": "arn:aws:iam::11112222333:root"}), "Principal.AWS"),
        (json!({"AWS": "arn:aws-cn:iam::111122223333:root"}), "Principal.AWS"),
        (json!({"AWS": "arn:aws:iam::*:root"}), "Principal.AWS"),
        (json!("arn:aws:iam::111122223333:role/studio"), "Principal"),
        (json!({"Service": "sagemaker"}), "Principal.Service"),
        (json!({"AWS": "arn:aws:iam::111122223333:group/admins"}), "Principal.AWS"),
    ] {
        let statement = json!({"Effect": "Allow", "Principal": principal, "Action": "kms:Decrypt", "Resource": "*"});
        let wrong = resolve(json!({"policy": policy_of(&[statement])})).unwrap_err();
        let [one] = &wrong[..] else { panic!("{principal}: {wrong:?}") };
        assert_eq!(one.field, format!("policy.Statement[1].{place}"));
        assert!(one.help.is_some(), "{principal}");
    }
}

#[test]
fn a_policy_over_32_kib_is_refused_before_aws_sees_it() {
    let roles: Vec<_> = (0..800).map(|n| statement(&format!("s{n}"), &format!("r{n}"))).collect();
    let problems = problems(json!({"policy": policy_of(&roles)}));
    assert!(problems.contains("more than the 32768 AWS takes"), "{problems}");
}

#[test]
fn references_in_the_policy_are_filled_in_and_invalid_ones_are_reported() {
    let (scope, known) = (scope(), Known::default());
    let mut use_it = statement("Use", "studio");
    use_it["Condition"] =
        json!({"StringEquals": {"kms:EncryptionContext:k": "${KmsKey/other.arn}"}});
    let mut spec = json!({"policy": policy_of(&[use_it.clone()])});
    let mut refs = Refs::new(&scope, "studio", &known);
    refs.interpolate(&mut spec, &crate::kinds::registry().names()).expect("references");
    let state = table().resolve(&spec, &mut refs).expect("valid while recording").state;
    assert!(state["policy"].to_string().contains("KmsKey/other.arn (known after apply)"));
    assert_eq!(refs.finish().hard.len(), 1);

    use_it["Condition"] = json!({"StringEquals": {"kms:EncryptionContext:k": "${Key/other}"}});
    let problems = problems(json!({"policy": policy_of(&[use_it])}));
    assert!(problems.starts_with("policy.Statement[1].Condition.StringEquals"), "{problems}");
}

#[test]
fn kms_spelling_of_the_same_policy_is_not_a_difference() {
    let want = good(json!({"policy": policy_of(&[statement("Use", "studio")])}));
    let mut have = live(&want);
    have.policy = Some(document(&json!({
        "Statement": [
            {
                "Principal": {"AWS": "arn:aws:iam::111122223333:role/studio"}, "Resource": ["*"], "Sid": "Use",
                "Effect": "Allow", "Action": ["kms:GenerateDataKey", "kms:Decrypt"]
            },
            {"Sid": "Administer", "Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": ["kms:*"], "Resource": "*"}
        ],
        "Version": "2012-10-17"
    })));
    assert_eq!(diff(&want, &have), []);
}

#[test]
fn a_plan_shows_every_difference_and_its_risk() {
    let want = good(json!({
        "aliases": ["alias/ml/new", "alias/ml/moved"], "description": "Studio", "rotation": {"periodDays": 180},
        "policy": policy_of(&[statement("Use", "studio")])
    }));
    let mut have = live(&good(json!({"aliases": ["alias/ml/old"], "enabled": false})));
    have.elsewhere = [("alias/ml/moved".to_owned(), "1234".to_owned())].into();
    insta::assert_snapshot!(plan(&want, &have), @r#"
    delete alias/ml/old [disrupts]
      - aliases: alias/ml/old
    put the key policy [loosens]
      + statement "Use" (Allow): widens access
      +   Action: kms:Decrypt
      +   Action: kms:GenerateDataKey
      +   Principal AWS: arn:aws:iam::111122223333:role/studio
      +   Resource: *
    update the description [neutral]
      ~ description: "" -> "Studio"
    enable the key [loosens]
      ~ enabled: false -> true
    rotate the key material every 180 days [tightens]
      ~ rotation: off -> every 180 days
    move alias/ml/moved from key 1234 [loosens, disrupts]
      ~ alias/ml/moved: key 1234 -> this key
    create alias/ml/new [loosens]
      + aliases: alias/ml/new
    "#);
}

#[test]
fn a_policy_that_narrows_access_comes_first_and_tightens() {
    let want = good(json!({"aliases": [], "enabled": false}));
    let mut have = live(&good(
        json!({"aliases": ["alias/a"], "policy": policy_of(&[statement("Use", "studio")])}),
    ));
    have.rotation = Some(Rotation { enabled: true, period_days: Some(365) });
    insta::assert_snapshot!(plan(&want, &have), @r#"
    put the key policy [tightens]
      - statement "Use" (Allow): narrows access
      -   Action: kms:Decrypt
      -   Action: kms:GenerateDataKey
      -   Principal AWS: arn:aws:iam::111122223333:role/studio
      -   Resource: *
    disable the key [tightens, disrupts]
      ~ enabled: true -> false
      - everything encrypted under the key is unreadable until it is enabled again
    delete alias/a [disrupts]
      - aliases: alias/a
    "#);
}

#[test]
fn a_key_is_disabled_before_its_policy_is_widened() {
    let want = good(json!({"enabled": false, "policy": policy_of(&[statement("Use", "studio")])}));
    let edits = diff(&want, &live(&good(json!({}))));
    assert_eq!(operations(&edits), ["DisableKey", "PutKeyPolicy"]);
    assert_eq!(edits[1].risk, Risk::LOOSENS);
}

#[test]
fn a_deleted_principal_in_the_live_policy_is_drift() {
    let want = good(json!({"policy": policy_of(&[statement("Use", "studio")])}));
    let mut have = live(&want);
    let mut orphan = statement("Use", "studio");
    orphan["Principal"] = json!({"AWS": "AROAEXAMPLEEXAMPLE123"});
    have.policy = Some(document(&policy_of(&[orphan])));
    insta::assert_snapshot!(plan(&want, &have), @r#"
    put the key policy [loosens]
      ~ statement "Use" (Allow): widens and narrows access
      -   Principal AWS: AROAEXAMPLEEXAMPLE123
      +   Principal AWS: arn:aws:iam::111122223333:role/studio
      ~ orphaned principal: the live policy names a deleted role or user by its unique id -> the wanted policy; KMS refuses it until every role it names exists
    "#);
}

#[test]
fn a_live_policy_that_cannot_be_read_is_replaced_and_counts_as_loosening() {
    let want = good(json!({}));
    let have = State { policy: None, ..live(&want) };
    insta::assert_snapshot!(plan(&want, &have), @r#"
    put the key policy [loosens]
      ~ policy: (not a policy document palisade can read) -> as wanted
    "#);
}

#[test]
fn the_deletion_of_a_key_is_cancelled_and_the_next_pass_enables_it() {
    let want = good(json!({"aliases": ["alias/a"], "rotation": {"periodDays": 90}}));
    let pending = State {
        pending_deletion: true,
        enabled: Some(false),
        rotation: None,
        aliases: Some([].into()),
        ..live(&want)
    };
    assert!(is_gone(&pending));
    insta::assert_snapshot!(plan(&want, &pending), @r#"
    cancel the key's deletion [neutral]
      ~ state: pending deletion -> disabled
    "#);
    let next = effect(&pending, &diff(&want, &pending));
    assert!(!is_gone(&next));
    insta::assert_snapshot!(plan(&want, &next), @r#"
    enable the key [loosens]
      ~ enabled: false -> true
    create alias/a [loosens]
      + aliases: alias/a
    "#);
}

#[test]
fn rotation_is_left_alone_if_nothing_differs_or_nothing_can_be_done() {
    let rotate = |days: Option<u16>| good(json!({"rotation": {"periodDays": days}}));
    let have = |rotation| State { rotation, ..live(&good(json!({}))) };
    let every = |days| Some(Rotation { enabled: true, period_days: Some(days) });
    assert_eq!(diff(&rotate(None), &have(every(700))), []);
    assert_eq!(diff(&rotate(Some(700)), &have(every(700))), []);
    assert_eq!(diff(&rotate(Some(700)), &have(None)), []);
    let disabled = good(json!({"rotation": {"periodDays": 90}, "enabled": false}));
    let have_disabled = State { enabled: Some(false), ..have(every(700)) };
    assert_eq!(diff(&disabled, &have_disabled), []);
}

#[test]
fn rotating_less_often_or_not_at_all_loosens() {
    let every = |days| Some(Rotation { enabled: true, period_days: Some(days) });
    let risk = |spec: Value, rotation| {
        let want = good(json!({"rotation": spec}));
        let edits = diff(&want, &State { rotation, ..live(&want) });
        edits.iter().map(|edit| edit.risk).collect::<Vec<_>>()
    };
    let off = Some(Rotation { enabled: false, period_days: None });
    assert_eq!(risk(json!({"periodDays": 400}), every(365)), [Risk::LOOSENS]);
    assert_eq!(risk(json!({"periodDays": 90}), every(365)), [Risk::TIGHTENS]);
    assert_eq!(risk(json!({}), off), [Risk::TIGHTENS]);
    assert_eq!(risk(Value::Null, every(365)), [Risk::LOOSENS]);
}

#[test]
fn a_change_of_what_kms_fixes_at_creation_is_impossible_and_never_a_replacement() {
    let want = good(json!({"multiRegion": true}));
    let have = State {
        key_spec: Some("RSA_2048".into()),
        key_usage: Some("SIGN_VERIFY".into()),
        origin: Some("EXTERNAL".into()),
        multi_region: Some(false),
        ..live(&want)
    };
    insta::assert_snapshot!(plan(&want, &have), @r#"
    change keySpec, which KMS fixes when a key is created [impossible]
      ~ keySpec: RSA_2048 -> SYMMETRIC_DEFAULT
    change keyUsage, which KMS fixes when a key is created [impossible]
      ~ keyUsage: SIGN_VERIFY -> ENCRYPT_DECRYPT
    change origin, which KMS fixes when a key is created [impossible]
      ~ origin: EXTERNAL -> AWS_KMS
    change multiRegion, which KMS fixes when a key is created [impossible]
      ~ multiRegion: false -> true
    "#);
    let edits = diff(&want, &have);
    assert!(edits.iter().all(|edit| edit.risk == Risk::IMPOSSIBLE));
    assert_eq!(operations(&edits), ["(none)"; 4]);
    let unsaid = good(json!({}));
    let multi = State { multi_region: Some(true), ..live(&unsaid) };
    assert_eq!(diff(&unsaid, &multi), []);
    let single = good(json!({"multiRegion": false}));
    assert_eq!(effect(&multi, &diff(&single, &multi)).multi_region, Some(false));
}

#[test]
fn the_schema_explains_every_field() {
    let registry = crate::kinds::registry();
    let schema = registry.get(NAME).expect("registered").spec_schema();
    // A policy is required, and may be made of blocks.
    assert_eq!(schema.get("required"), None);
    let fields = schema.get("properties").and_then(Value::as_object).expect("fields");
    assert_eq!(fields.len(), 14);
    for (name, field) in fields {
        assert!(field["description"].is_string(), "{name}: {field}");
    }
    assert_eq!(fields["policy"]["type"], "object");
    for cleared_by_null in ["aliases", "description", "rotation"] {
        assert_eq!(fields[cleared_by_null].get("default"), None, "{cleared_by_null}");
    }
}

#[test]
fn a_policy_of_blocks_is_a_policy_and_needs_one_who_keeps_control() {
    let blocks = json!([
        {"use": "key/admin", "with": {"admins": ["palisade", "break-glass"]}},
        {"use": "key/grants", "with": {"roles": ["ml-*"]}},
    ]);
    let state = resolve(json!({"policyBlocks": blocks})).expect("valid");
    let sids = |state: &State| -> Vec<Value> {
        let document = json!(state)["policy"]["Statement"].clone();
        document.as_array().expect("statements").iter().map(|it| it["Sid"].clone()).collect()
    };
    assert_eq!(sids(&state), ["Admin1", "Grants1", "Grants2"]);
    // Next to statements that are written out, which come first.
    let both = resolve(json!({"policy": policy_of(&[]), "policyBlocks": blocks})).expect("valid");
    assert_eq!(sids(&both), ["Administer", "Admin1", "Grants1", "Grants2"]);
    assert_eq!(diff(&both, &live(&both)), []);
    let nobody = problems(json!({"policyBlocks": [blocks[1]]}));
    assert!(nobody.contains("kms:PutKeyPolicy"), "{nobody}");
    let wrong = problems(json!({"policyBlocks": [{"use": "key/admin", "with": {"admin": []}}]}));
    assert!(wrong.contains("policyBlocks[0].with.admin: `key/admin` has no parameter"), "{wrong}");
    assert!(wrong.contains("did you mean `admins`?"), "{wrong}");
    assert!(problems(json!({"policyBlocks": []})).starts_with("policyBlocks: is empty"));
}

#[test]
fn the_example_is_valid() {
    let text = include_str!("../../../../examples/kms-key.yaml")
        .replace("${scope.partition}", "aws")
        .replace("${scope.account}", "111122223333")
        .replace("${scope.region}", "eu-west-1");
    let mut keys = 0;
    for manifest in text.split("\n---\n") {
        let manifest: Value = serde_yaml::from_str(manifest).expect("YAML");
        let state = resolve(manifest["spec"].clone()).expect("valid");
        assert_eq!(diff(&state, &live(&state)), []);
        keys += 1;
    }
    assert_eq!(keys, 3);
}
