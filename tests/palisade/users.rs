//! User profiles and spaces of Studio: who may work in a domain, and where.

use std::time::Duration;

use palisade::plan::Cause;
use serde_json::{Value, json};

use crate::{
    iam,
    world::{World, conflict, held, list, steps, string, until_quiet, waiting},
};

const ADA: &str = "ml-prod/UserProfile/ada";
const LAB: &str = "ml-prod/Space/lab";
const ROLE: &str = "arn:aws:iam::111122223333:role/studio";
const GROUP: &str = "sg-0123456789abcdef0";

fn manifest(kind: &str, name: &str, lifecycle: &str, spec: &str) -> String {
    format!(
        "---\napiVersion: palisade.dev/v1alpha1\nkind: {kind}\nmetadata: {{name: {name}, scope: ml-prod}}\n\
         lifecycle: {{{lifecycle}}}\nspec: {{{spec}}}\n"
    )
}

fn domain() -> String {
    manifest(
        "SageMakerDomain",
        "studio",
        "",
        &format!(
            "authMode: IAM, vpc: {{lookup: {{tags: {{Name: ml}}}}}}, subnets: {{lookup: {{tags: {{tier: private}}}}}}, \
             appNetworkAccessType: VpcOnly, \
             defaultUserSettings: {{executionRole: \"{ROLE}\", securityGroups: [{GROUP}]}}"
        ),
    )
}

fn ada(lifecycle: &str, domain: &str, settings: &str) -> String {
    manifest(
        "UserProfile",
        "ada",
        lifecycle,
        &format!("domain: {domain}, userSettings: {{{settings}}}"),
    )
}

fn lab(lifecycle: &str, domain: &str, more: &str) -> String {
    manifest(
        "Space",
        "lab",
        lifecycle,
        &format!("domain: {domain}, owner: {{ref: ada}}, sharingType: Private, {more}"),
    )
}

const JUPYTER: &str = "spaceSettings: {appType: JupyterLab}";

/// A world with somebody's own domain, and its id.
fn studio() -> (World, String) {
    let world = World::empty();
    let made = world.sagemaker(
        "CreateDomain",
        &json!({
            "DomainName": "studio", "AuthMode": "IAM", "VpcId": world.vpc(),
            "SubnetIds": ["subnet-10000000"], "DefaultUserSettings": {"ExecutionRole": ROLE},
        }),
    );
    let id = string(&made, "DomainId");
    (world, id)
}

async fn a_moment() {
    tokio::time::advance(Duration::from_secs(2)).await;
}

fn profile(domain: &str) -> Value {
    json!({"DomainId": domain, "UserProfileName": "ada"})
}

fn with(mut input: Value, member: &str, value: &Value) -> Value {
    input[member] = value.clone();
    input
}

#[tokio::test(start_paused = true)]
async fn a_profile_waits_for_its_domain_and_a_space_for_both() {
    let world = World::with(&format!(
        "{}{}{}",
        domain(),
        ada("", "{ref: studio}", ""),
        lab("", "{ref: studio}", JUPYTER)
    ));
    let mut engine = world.engine().await;
    let report = engine.pass().await;
    assert!(waiting(&report, ADA).contains("SageMakerDomain/studio"), "{report:?}");
    assert!(waiting(&report, LAB).contains("UserProfile/ada"), "{report:?}");
    until_quiet(&mut engine).await.in_order();
    assert_eq!(world.writes(), ["CreateDomain", "CreateUserProfile", "CreateSpace"]);
    let id = world.domain();
    let space = world.sagemaker("DescribeSpace", &json!({"DomainId": id, "SpaceName": "lab"}));
    assert_eq!(space["OwnershipSettings"]["OwnerUserProfileName"], "ada");
    let tags = world.sagemaker("ListTags", &json!({"ResourceArn": space["SpaceArn"]}));
    assert!(list(&tags, "Tags").contains(&json!({"Key": "palisade:address", "Value": LAB})));
}

const SETTINGS: &str = "securityGroups: [sg-0123456789abcdef0], \
     executionRole: \"arn:aws:iam::111122223333:role/ada\", \
     sharingSettings: {notebookOutputOption: Disabled}, \
     jupyterLabAppSettings: {defaultResourceSpec: {instanceType: ml.t3.medium}, lifecycleConfigArns: []}, \
     kernelGatewayAppSettings: {customImages: [{imageName: torch, appImageConfigName: torch}]}, \
     studioWebPortal: ENABLED, defaultLandingUri: \"studio::\", \
     studioWebPortalSettings: {hiddenInstanceTypes: [ml.p5.48xlarge], executionRoleSessionNameMode: USER_IDENTITY}";

/// Each setting as somebody changes it.
fn drift() -> Vec<Value> {
    let script = "arn:aws:sagemaker:eu-west-1:111122223333:studio-lifecycle-config/x";
    vec![
        json!({"SecurityGroups": [GROUP, "sg-0123456789abcdef1"]}),
        json!({"ExecutionRole": "arn:aws:iam::111122223333:role/admin"}),
        json!({"SharingSettings": {"NotebookOutputOption": "Allowed"}}),
        json!({"JupyterLabAppSettings": {"DefaultResourceSpec": {"InstanceType": "ml.p4d.24xlarge"}}}),
        json!({"JupyterLabAppSettings": {"LifecycleConfigArns": [script]}}),
        json!({"KernelGatewayAppSettings": {"CustomImages": [{"ImageName": "own", "AppImageConfigName": "own"}]}}),
        json!({"StudioWebPortal": "DISABLED", "DefaultLandingUri": "app:JupyterServer:"}),
        json!({"StudioWebPortalSettings": {"HiddenInstanceTypes": []}}),
        json!({"StudioWebPortalSettings": {"ExecutionRoleSessionNameMode": "STATIC"}}),
    ]
}

#[tokio::test(start_paused = true)]
async fn every_setting_of_a_profile_that_somebody_changes_is_put_back_in_one_call() {
    let (world, id) = studio();
    world.write("main.yaml", ada("", &id, SETTINGS));
    a_moment().await;
    let mut engine = world.engine().await;
    until_quiet(&mut engine).await.in_order();
    assert_eq!(world.writes(), ["CreateUserProfile"]);
    let settings = || world.sagemaker("DescribeUserProfile", &profile(&id))["UserSettings"].clone();
    let wanted = settings();
    for change in drift() {
        tokio::time::sleep(Duration::from_mins(10)).await;
        world.sagemaker("UpdateUserProfile", &with(profile(&id), "UserSettings", &change));
        a_moment().await;
        assert_ne!(settings(), wanted, "{change}");
        let report = engine.pass().await;
        assert_eq!(world.writes(), ["UpdateUserProfile"], "{change}");
        assert!(steps(&report, ADA).iter().all(|step| step.cause == Cause::Drift));
        until_quiet(&mut engine).await.in_order();
        assert_eq!(world.writes(), [""; 0], "{change}");
        assert_eq!(settings(), wanted, "{change}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_update_has_what_changes_in_what_is_there_and_nothing_of_the_domain() {
    let (world, id) = studio();
    world.write("main.yaml", ada("", &id, "sharingSettings: {notebookOutputOption: Disabled}"));
    a_moment().await;
    let mut engine = world.engine().await;
    until_quiet(&mut engine).await.in_order();
    let own = json!({
        "SharingSettings": {"NotebookOutputOption": "Allowed", "S3OutputPath": "s3://shared/x"},
        "JupyterLabAppSettings": {"DefaultResourceSpec": {"InstanceType": "ml.t3.medium"}},
    });
    world.sagemaker("UpdateUserProfile", &with(profile(&id), "UserSettings", &own));
    a_moment().await;
    world.calls();
    engine.pass().await;
    let calls = world.calls();
    let sent = calls.iter().find(|call| call.mutating).expect("one write");
    // All of the member that is there, without what AWS adds by itself.
    let mut expected = with(profile(&id), "UserSettings", &own);
    expected["UserSettings"]["SharingSettings"]["NotebookOutputOption"] = json!("Disabled");
    assert_eq!(sent.input, expected);
}

#[tokio::test(start_paused = true)]
async fn every_setting_of_a_space_that_somebody_changes_is_put_back_in_one_call() {
    let (world, id) = studio();
    let settings = "displayName: Lab, spaceSettings: {appType: JupyterLab, remoteAccess: DISABLED, \
         spaceStorageSettings: {ebsStorageSettings: {ebsVolumeSizeInGb: 50}}, \
         jupyterLabAppSettings: {defaultResourceSpec: {instanceType: ml.t3.medium}, codeRepositories: null}}";
    world.write("main.yaml", format!("{}{}", ada("", &id, ""), lab("", &id, settings)));
    a_moment().await;
    let mut engine = world.engine().await;
    until_quiet(&mut engine).await.in_order();
    assert_eq!(world.writes(), ["CreateUserProfile", "CreateSpace"]);
    let space = json!({"DomainId": id, "SpaceName": "lab"});
    let own = |settings: Value| with(space.clone(), "SpaceSettings", &settings);
    let jupyter =
        |member: &str, value: Value| own(json!({"JupyterLabAppSettings": {member: value}}));
    for change in [
        with(space.clone(), "SpaceDisplayName", &json!("Mine")),
        own(json!({"RemoteAccess": "ENABLED"})),
        jupyter("DefaultResourceSpec", json!({"InstanceType": "ml.p4d.24xlarge"})),
        jupyter("CodeRepositories", json!([{"RepositoryUrl": "https://git.example.com/own"}])),
        own(json!({"SpaceStorageSettings": {"EbsStorageSettings": {"EbsVolumeSizeInGb": 20}}})),
    ] {
        tokio::time::sleep(Duration::from_mins(10)).await;
        world.sagemaker("UpdateSpace", &change);
        a_moment().await;
        engine.pass().await;
        assert_eq!(world.writes(), ["UpdateSpace"], "{change}");
        until_quiet(&mut engine).await.in_order();
        assert_eq!(world.writes(), [""; 0], "{change}");
    }
    // What is on a volume that somebody made larger would be lost.
    world.sagemaker(
        "UpdateSpace",
        &own(json!({"SpaceStorageSettings": {"EbsStorageSettings": {"EbsVolumeSizeInGb": 80}}})),
    );
    a_moment().await;
    let report = engine.pass().await;
    held(&report, LAB);
    assert_eq!(world.writes(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_deleted_while_apps_run_or_a_space_is_a_profiles_own() {
    let (world, id) = studio();
    world.write("main.yaml", format!("{}{}", ada("", &id, ""), lab("", &id, JUPYTER)));
    a_moment().await;
    let mut engine = world.engine().await;
    until_quiet(&mut engine).await.in_order();
    let in_space =
        json!({"DomainId": id, "SpaceName": "lab", "AppType": "JupyterLab", "AppName": "default"});
    let own = json!({"DomainId": id, "UserProfileName": "ada", "AppType": "JupyterServer", "AppName": "default"});
    for app in [&in_space, &own] {
        world.sagemaker("CreateApp", app);
    }
    world.writes();
    let gone = "state: absent";
    world.write("main.yaml", format!("{}{}", ada(gone, &id, ""), lab(gone, &id, JUPYTER)));
    let report = engine.pass().await;
    assert_eq!(world.writes(), [""; 0]);
    let why = waiting(&report, LAB);
    assert!(why.contains("app lab/JupyterLab/default (InService)"), "{why}");
    let why = waiting(&report, ADA);
    assert!(why.contains("app ada/JupyterServer/default (InService)"), "{why}");
    assert!(why.contains("space lab"), "{why}");
    for app in [&in_space, &own] {
        world.sagemaker("DeleteApp", app);
    }
    tokio::time::sleep(Duration::from_mins(30)).await;
    world.writes();
    until_quiet(&mut engine).await.in_order();
    assert_eq!(world.writes(), ["DeleteSpace", "DeleteUserProfile"]);
    assert_eq!(
        list(&world.sagemaker("ListUserProfiles", &json!({})), "UserProfiles"),
        [] as [Value; 0]
    );
}

#[tokio::test(start_paused = true)]
async fn without_its_manifest_a_profile_stays_whatever_pruning_says() {
    let (mut world, id) = studio();
    world.settings.prune = palisade::settings::Prune::Automatic;
    world.write("main.yaml", ada("deletion: retain", &id, ""));
    a_moment().await;
    let mut engine = world.engine().await;
    until_quiet(&mut engine).await.in_order();
    world.writes();
    world.write("main.yaml", manifest("UserProfile", "eve", "", &format!("domain: {id}")));
    until_quiet(&mut engine).await;
    assert_eq!(world.writes(), ["CreateUserProfile"]);
    let left = list(&world.sagemaker("ListUserProfiles", &json!({})), "UserProfiles");
    assert_eq!(left.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn somebodys_own_profile_of_that_name_is_a_conflict_until_it_is_adopted() {
    let (world, id) = studio();
    a_moment().await;
    world.sagemaker("CreateUserProfile", &json!({"DomainId": id, "UserProfileName": "Ada"}));
    a_moment().await;
    world.write("main.yaml", ada("", &id, "sharingSettings: {notebookOutputOption: Disabled}"));
    world.writes();
    let mut engine = world.engine().await;
    let report = engine.pass().await;
    assert!(!conflict(&report, ADA).is_empty());
    assert_eq!(world.writes(), [""; 0]);
    let adopted =
        ada(&format!("adopt: {id}/ada"), &id, "sharingSettings: {notebookOutputOption: Disabled}");
    world.write("main.yaml", adopted);
    until_quiet(&mut engine).await.in_order();
    assert_eq!(world.writes(), ["AddTags", "UpdateUserProfile"]);
}

/// The calls of a pass that changes nothing: a page of the list for 100 of them, the tags of what is
/// claimed, a description of what is ours; and every ten minutes the tags of everything.
#[tokio::test(start_paused = true)]
async fn tags_of_what_nobody_claims_are_read_now_and_then() {
    let (world, id) = studio();
    world.write("main.yaml", ada("", &id, ""));
    a_moment().await;
    for name in ["eve", "bob", "mia"] {
        world.sagemaker("CreateUserProfile", &json!({"DomainId": id, "UserProfileName": name}));
    }
    a_moment().await;
    let mut engine = world.engine().await;
    until_quiet(&mut engine).await.in_order();
    let reads = |world: &World| {
        let calls = world.calls();
        let count = |operation: &str| calls.iter().filter(|it| it.operation == operation).count();
        let tags = calls.iter().filter(|call| {
            let arn = call.input["ResourceArn"].as_str().unwrap_or_default();
            call.operation == "ListTags" && arn.contains(":user-profile/")
        });
        (count("ListUserProfiles"), tags.count(), count("DescribeUserProfile"))
    };
    world.calls();
    engine.pass().await;
    assert_eq!(reads(&world), (1, 1, 1));
    tokio::time::sleep(Duration::from_mins(11)).await;
    engine.pass().await;
    assert_eq!(reads(&world), (1, 4, 1));
    engine.pass().await;
    assert_eq!(reads(&world), (1, 1, 1));
}

/// Somebody takes the claim off, and claims for another installation what nobody had.
#[tokio::test(start_paused = true)]
async fn a_claim_is_read_in_the_pass_that_writes() {
    let (world, id) = studio();
    world.write("main.yaml", ada("", &id, "sharingSettings: {notebookOutputOption: Disabled}"));
    a_moment().await;
    world.sagemaker("CreateUserProfile", &json!({"DomainId": id, "UserProfileName": "eve"}));
    a_moment().await;
    let mut engine = world.engine().await;
    until_quiet(&mut engine).await.in_order();
    let arn =
        |name: &str| format!("arn:aws:sagemaker:eu-west-1:111122223333:user-profile/{id}/{name}");
    let theirs = json!([{"Key": "palisade:owner", "Value": "others"},
        {"Key": "palisade:address", "Value": "x/UserProfile/eve"}]);
    world.sagemaker("AddTags", &json!({"ResourceArn": arn("eve"), "Tags": theirs}));
    let eve = manifest("UserProfile", "eve", &format!("adopt: {id}/eve"), &format!("domain: {id}"));
    let keys = json!(["palisade:owner", "palisade:address", "palisade:deletion"]);
    world.sagemaker("DeleteTags", &json!({"ResourceArn": arn("ada"), "TagKeys": keys}));
    let open = json!({"SharingSettings": {"NotebookOutputOption": "Allowed"}});
    world.sagemaker("UpdateUserProfile", &with(profile(&id), "UserSettings", &open));
    a_moment().await;
    world.writes();
    world.write(
        "main.yaml",
        format!("{}{eve}", ada("", &id, "sharingSettings: {notebookOutputOption: Disabled}")),
    );
    engine.pass().await;
    engine.pass().await;
    assert_eq!(world.writes(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn under_exactly_the_printed_policies_nothing_is_denied() {
    let whole = |lifecycle: &str, word: &str| {
        let settings =
            format!("executionRole: \"{ROLE}\", sharingSettings: {{notebookOutputOption: {word}}}");
        let tags = format!("tags: {{team: {word}, old: null}}");
        format!(
            "{}{}{}",
            domain(),
            manifest(
                "UserProfile",
                "ada",
                lifecycle,
                &format!("domain: {{ref: studio}}, userSettings: {{{settings}}}, {tags}")
            ),
            lab(lifecycle, "{ref: studio}", &format!("{JUPYTER}, displayName: {word}, {tags}"))
        )
    };
    let world = World::with(&whole("", "Disabled"));
    iam::permit(&world, &iam::printed(world.dir(), &[]));
    let in_order = async |story: &str| {
        until_quiet(&mut world.engine().await).await.in_order();
        assert_eq!(iam::denied(&world), [].into(), "{story}");
    };
    in_order("created").await;
    world.write("main.yaml", whole("", "Allowed"));
    in_order("changed").await;
    let id = world.domain();
    for (sort, name) in [("user-profile", "ada"), ("space", "lab")] {
        let arn = format!("arn:aws:sagemaker:eu-west-1:111122223333:{sort}/{id}/{name}");
        let old = json!([{"Key": "old", "Value": "x"}]);
        world.sagemaker("AddTags", &json!({"ResourceArn": arn, "Tags": old}));
    }
    in_order("a tag is taken off").await;
    world.write("main.yaml", whole("state: absent", "Allowed"));
    in_order("deleted").await;
    let done = world.writes();
    for operation in
        ["CreateSpace", "UpdateSpace", "DeleteTags", "DeleteSpace", "DeleteUserProfile"]
    {
        assert!(done.iter().any(|it| it == operation), "{operation}: {done:?}");
    }
}
