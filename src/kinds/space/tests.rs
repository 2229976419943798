//! The specification of spaces, in sentences.

use serde_json::{Value, json};

use super::{aws, table};
use crate::{
    kind::{
        Invalid, Known, KnownResource, Refs, ScopeFacts,
        erased::{Edit, ErasedKind as _},
        table::tree,
    },
    model::{Address, Risk},
};

fn resolve(spec: &Value) -> Result<Value, String> {
    let scope = ScopeFacts {
        name: "prod".into(),
        account: "111122223333".into(),
        region: "eu-west-1".into(),
        partition: "aws".into(),
    };
    let resource = |kind: &str, name: &str, id: &str| {
        let known = KnownResource { id: id.into(), arn: format!("arn:{id}") };
        (Address::new("prod", kind, name), known)
    };
    let resources =
        [resource("SageMakerDomain", "studio", "d-1"), resource("UserProfile", "ada", "d-1/ada")];
    let known = Known { resources: resources.into(), ..Known::default() };
    let mut refs = Refs::new(&scope, "lab", &known);
    let told = |problems: Vec<Invalid>| {
        let line = |Invalid { field, why, .. }: Invalid| format!("{field}: {why}");
        problems.into_iter().map(line).collect::<Vec<_>>().join("\n")
    };
    table().resolve(spec, &mut refs).map(|resolved| resolved.state).map_err(told)
}

fn want(spec: &Value) -> Value {
    resolve(spec).unwrap_or_else(|problems| panic!("{problems}"))
}

fn diff(want: &Value, have: &Value) -> Vec<Edit> {
    table().diff(want, have).expect("states")
}

fn private(owner: Value) -> Value {
    json!({
        "domain": {"ref": "studio"}, "owner": owner, "sharingType": "Private",
        "spaceSettings": {"appType": "JupyterLab"},
    })
}

#[test]
fn an_owner_is_the_same_by_reference_and_by_name() {
    for owner in [json!({"ref": "ada"}), json!("ada"), json!("Ada")] {
        let state = want(&private(owner));
        assert_eq!((&state["owner"], &state["spaceName"]), (&json!("d-1/ada"), &json!("lab")));
        assert_eq!(table().natural_keys(&state).expect("a state"), ["d-1/lab"]);
    }
    // What is not known yet stays what it is.
    let waiting = want(&private(json!({"ref": "eve"})));
    assert_eq!(waiting["owner"], "UserProfile/eve (known after apply)");
}

#[test]
fn everything_that_cannot_be_right_is_told_at_once() {
    let told = resolve(&json!({
        "domain": "d-1", "spaceName": "-", "owner": "ada", "displayName": " ",
        "spaceSettings": {
            "spaceStorageSettings": {"ebsStorageSettings": {"ebsVolumeSizeInGb": 4}},
            "customFileSystems": [{"efsFileSystem": {"fileSystemId": "efs-1"}}],
            "jupyterServerAppSettings": {"codeRepositories": [{"repositoryUrl": "https://x"}]},
        },
    }));
    let told = told.expect_err("refused");
    for says in [
        "spaceName: `-` is not a name of a space",
        "sharingType: is needed with `owner`",
        "displayName: ` ` cannot be shown as a name",
        "ebsVolumeSizeInGb: 4 is not within 5 and 16384 GB",
        "fileSystemId: `efs-1` is not a file system's id",
        "codeRepositories: AWS takes no repositories",
    ] {
        assert!(told.contains(says), "{says}\n{told}");
    }
    let bare = resolve(&json!({"domain": "d-1", "owner": "ada", "sharingType": "Private"}));
    assert!(bare.expect_err("refused").contains("spaceSettings: is needed for a private space"));
    assert!(resolve(&json!({"domain": "d-1", "sharingType": "Shared"})).is_err());
    assert!(resolve(&json!({"domain": "d-1"})).is_ok());
}

#[test]
fn what_is_fixed_is_shown_and_the_rest_goes_on() {
    let have = json!({
        "domain": "d-1", "spaceName": "lab", "owner": "d-1/eve", "sharingType": "Shared",
        "spaceSettings": {"appType": "CodeEditor", "remoteAccess": "ENABLED"},
    });
    let mut spec = private(json!("ada"));
    spec["spaceSettings"]["remoteAccess"] = json!("DISABLED");
    let edits = diff(&want(&spec), &have);
    let (impossible, made): (Vec<_>, Vec<_>) =
        edits.into_iter().partition(|edit| edit.risk.impossible);
    let keys: Vec<_> = impossible.iter().map(|edit| edit.key.as_str()).collect();
    assert_eq!(keys, ["owner", "sharingType", "spaceSettings.appType"]);
    assert_eq!(made.len(), 1);
    assert_eq!(made[0].risk, Risk::TIGHTENS);
}

#[test]
fn a_smaller_volume_is_a_loss_and_a_larger_one_is_none() {
    let of = |size: i64| {
        let storage = json!({"ebsStorageSettings": {"ebsVolumeSizeInGb": size}});
        json!({"domain": "d-1", "spaceName": "lab", "spaceSettings": {"spaceStorageSettings": storage}})
    };
    let risk = |old, new| diff(&of(new), &of(old))[0].risk;
    assert_eq!(risk(50, 20), Risk::NEUTRAL.stopping_work());
    assert_eq!(risk(20, 50), Risk::NEUTRAL);
}

#[test]
fn every_setting_is_a_member_of_the_sdks_shape() {
    let table = table();
    let settings = table
        .rows()
        .into_iter()
        .filter_map(|row| row.path.strip_prefix("spaceSettings.").map(str::to_owned));
    let settings: Vec<_> = settings.collect();
    assert!(settings.len() > 25, "{}", settings.len());
    let unknown: Vec<_> = settings.iter().filter(|path| !aws::knows(path)).collect();
    assert_eq!(unknown, Vec::<&String>::new());
}

#[test]
fn the_example_is_right_and_survives_the_way_through_the_sdk() {
    use serde::Deserialize as _;
    const EXAMPLE: &str = include_str!("../../../examples/space.yaml");
    let mut specs = 0;
    for document in serde_yaml::Deserializer::from_str(EXAMPLE) {
        let document = Value::deserialize(document).expect("YAML");
        let state = want(&document["spec"]);
        let back = aws::there_and_back(&state["spaceSettings"]).expect("it can be sent");
        assert_eq!(back, tree::canonical(without_null(&state["spaceSettings"])));
        specs += 1;
    }
    assert_eq!(specs, 2);
}

fn without_null(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let there = members.iter().filter(|(_, value)| !value.is_null());
            there.map(|(name, value)| (name.clone(), without_null(value))).collect()
        }
        other => other.clone(),
    }
}
