//! The specification of user profiles, in sentences.

use serde_json::{Value, json};

use super::{aws, table};
use crate::{
    kind::{
        Invalid, Known, KnownResource, Refs, Resolution, ScopeFacts,
        erased::{Edit, ErasedKind as _},
        table::{Tree, tree},
    },
    model::{Address, Risk},
};

fn resolve(spec: &Value) -> (Result<Value, String>, Resolution) {
    let scope = ScopeFacts {
        name: "prod".into(),
        account: "111122223333".into(),
        region: "eu-west-1".into(),
        partition: "aws".into(),
    };
    let domain = KnownResource { id: "d-1".into(), arn: "arn:d-1".into() };
    let address = Address::new("prod", "SageMakerDomain", "studio");
    let known = Known { resources: [(address, domain)].into(), ..Known::default() };
    let mut refs = Refs::new(&scope, "ada", &known);
    let resolved = table().resolve(spec, &mut refs).map(|resolved| resolved.state);
    let told = |problems: Vec<Invalid>| {
        let line = |Invalid { field, why, .. }: Invalid| format!("{field}: {why}");
        problems.into_iter().map(line).collect::<Vec<_>>().join("\n")
    };
    (resolved.map_err(told), refs.finish())
}

fn want(spec: &Value) -> Value {
    resolve(spec).0.unwrap_or_else(|problems| panic!("{problems}"))
}

fn problems(spec: &Value) -> String {
    resolve(spec).0.expect_err("refused")
}

fn diff(want: &Value, have: &Value) -> Vec<Edit> {
    table().diff(want, have).expect("states")
}

#[test]
fn a_profile_has_its_manifests_name_and_is_known_by_its_domain_and_that() {
    let state = want(&json!({"domain": {"ref": "studio"}}));
    assert_eq!((&state["domain"], &state["userProfileName"]), (&json!("d-1"), &json!("ada")));
    assert_eq!(table().natural_keys(&state).expect("a state"), ["d-1/ada"]);
    let (state, resolution) = resolve(&json!({"domain": {"ref": "elsewhere"}}));
    let state = state.expect("it waits");
    assert_eq!(state["domain"], "SageMakerDomain/elsewhere (known after apply)");
    assert_eq!(resolution.waiting().len(), 1);
}

#[test]
fn everything_that_cannot_be_right_is_told_at_once() {
    let told = problems(&json!({
        "domain": "domain-1", "userProfileName": "Ada", "singleSignOnUserIdentifier": "UserName",
        "userSettings": {
            "executionRole": null,
            "studioWebPortal": "DISABLED",
            "kernelGatewayAppSettings": {"customImages": [
                {"imageName": "a"}, {"imageName": "b"}, {"imageName": "c"}, {"imageName": "d"},
                {"imageName": "e"}, {"imageName": "f"}]},
            "jupyterServerAppSettings": {"lifecycleConfigArns": ["arn:x"]},
        },
    }));
    for says in [
        "domain: `domain-1` is not an id of the form `d-…`",
        "userProfileName: `Ada` has capital letters, which AWS ignores",
        "singleSignOnUserIdentifier: says of what kind a name is that is not there",
        "userSettings.executionRole: cannot be none",
        "userSettings.defaultLandingUri: must lead elsewhere",
        "userSettings.kernelGatewayAppSettings.customImages: 6 entries, at most 5 are possible",
        "userSettings.jupyterServerAppSettings.defaultResourceSpec: is required with",
    ] {
        assert!(told.contains(says), "{says}\n{told}");
    }
    assert!(problems(&json!({})).contains("domain: is required"));
}

#[test]
fn a_user_of_the_directory_is_named_by_user_name_and_is_so_for_ever() {
    let state = want(&json!({"domain": "d-1", "singleSignOnUserValue": "ada@example.com"}));
    assert_eq!(state["singleSignOnUserIdentifier"], "UserName");
    let other = want(&json!({"domain": "d-1", "singleSignOnUserValue": "eve@example.com"}));
    let edits = diff(&other, &state);
    assert_eq!(edits.len(), 1);
    assert!(edits[0].risk.impossible, "{edits:#?}");
}

#[test]
fn only_what_the_manifest_names_is_compared() {
    let have = json!({
        "domain": "d-1", "userProfileName": "ada",
        "userSettings": {
            "executionRole": "arn:aws:iam::111122223333:role/own",
            "jupyterLabAppSettings": {"defaultResourceSpec": {"sageMakerImageArn": "arn:echo"}}},
    });
    assert_eq!(diff(&want(&json!({"domain": "d-1"})), &have), []);
    let groups =
        want(&json!({"domain": "d-1", "userSettings": {"securityGroups": ["sg-10000000"]}}));
    let edits = diff(&groups, &have);
    assert_eq!((edits.len(), edits[0].risk), (1, Risk::LOOSENS));
}

/// Behind an absent value stands the domain's, which is not known here.
#[test]
fn a_list_stands_instead_of_the_domains_and_an_empty_one_for_it() {
    let risk = |path: &str, old: Value, new: Value| {
        let [have, want] = [old, new].map(|value| {
            let mut state = Tree::new();
            tree::put(&mut state, &format!("userSettings.{path}"), value);
            Value::Object(state)
        });
        diff(&want, &have).iter().map(|edit| edit.risk).collect::<Risk>()
    };
    let hidden = "studioWebPortalSettings.hiddenInstanceTypes";
    assert_eq!(risk(hidden, json!([]), json!(["ml.p5.48xlarge"])), Risk::REPLACES);
    assert_eq!(risk(hidden, json!(["ml.p5.48xlarge"]), json!([])), Risk::REPLACES);
    let roles = "jupyterLabAppSettings.emrSettings.assumableRoleArns";
    assert_eq!(risk(roles, json!(["arn:a"]), json!([])), Risk::REPLACES);
    let mounts = "customFileSystemConfigs";
    let one = json!([{"s3FileSystemConfig": {"mountPath": "/x", "s3Uri": "s3://b"}}]);
    assert_eq!(risk(mounts, json!([]), one), Risk::REPLACES.stopping_work());
    assert_eq!(risk("securityGroups", json!(["sg-10000000"]), json!([])), Risk::TIGHTENS);
    let home = |new: &str| risk("autoMountHomeEFS", json!("Enabled"), json!(new));
    assert_eq!(home("DefaultAsDomain"), Risk::REPLACES.stopping_work());
    let sharing = "sharingSettings.notebookOutputOption";
    assert_eq!(risk(sharing, json!("Allowed"), json!("Disabled")), Risk::TIGHTENS);
}

#[test]
fn every_setting_is_a_member_of_the_sdks_shape() {
    let table = table();
    let settings = table
        .rows()
        .into_iter()
        .filter_map(|row| row.path.strip_prefix("userSettings.").map(str::to_owned));
    let settings: Vec<_> = settings.collect();
    assert!(settings.len() > 80, "{}", settings.len());
    let unknown: Vec<_> = settings.iter().filter(|path| !aws::knows(path)).collect();
    assert_eq!(unknown, Vec::<&String>::new());
}

#[test]
fn the_example_is_right_and_survives_the_way_through_the_sdk() {
    use serde::Deserialize as _;
    const EXAMPLE: &str = include_str!("../../../examples/user-profile.yaml");
    let mut specs = 0;
    for document in serde_yaml::Deserializer::from_str(EXAMPLE) {
        let document = Value::deserialize(document).expect("YAML");
        let state = want(&document["spec"]);
        let settings = &state["userSettings"];
        if settings.is_null() {
            continue;
        }
        let back = aws::there_and_back(settings).expect("it can be sent");
        assert_eq!(back, tree::canonical(settings.clone()));
        specs += 1;
    }
    assert!(specs > 0, "the example has settings");
}
