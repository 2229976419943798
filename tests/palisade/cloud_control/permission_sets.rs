//! Permission sets: identity, held like a role.

use palisade::{
    engine::Engine,
    settings::{Overrides, Settings},
    simulator::example,
};

use super::*;

const SET: &str = "org/AWS::SSO::PermissionSet/science";
const INSTANCE: &str = "arn:aws:sso:::instance/ssoins-7223aaaaaaaaaaaa";
const IDENTITY: &str =
    "identity: {path: /ml/, boundary: 'arn:aws:iam::${scope.account}:policy/ml-boundary'}\n";
const BOUNDARY: &str =
    "PermissionsBoundary: {CustomerManagedPolicyReference: {Name: ml-boundary, Path: /}}";

fn set(lifecycle: &str, more: &str) -> String {
    let spec = format!(
        "{{properties: {{InstanceArn: \"{INSTANCE}\", Name: science, ManagedPolicies: [], {more}}}}}"
    );
    manifest("AWS::SSO::PermissionSet", "science", lifecycle, &spec).replace("ml-prod", "org")
}

fn inline(action: &str) -> String {
    format!(
        "{BOUNDARY}, InlinePolicy: {{Version: \"2012-10-17\", Statement: [{{Effect: Allow, Action: \
         \"{action}\", Resource: \"*\"}}]}}"
    )
}

fn bounded(manifests: &str) -> World {
    let mut world = World::with(manifests);
    let text = format!("{}{IDENTITY}", example::SETTINGS);
    world.settings = Settings::parse(&text, &Overrides::default()).expect("settings");
    world
}

fn sso(world: &World, operation: &str, input: &Value) -> Value {
    let mut input = input.clone();
    input["InstanceArn"] = INSTANCE.into();
    Hands::identity_center(&world.simulator, "sso").call(operation, &input).expect("an answer")
}

fn sets(world: &World) -> Vec<String> {
    let answer = sso(world, "ListPermissionSets", &json!({}));
    let all = answer["PermissionSets"].as_array().into_iter().flatten();
    all.filter_map(Value::as_str).map(str::to_owned).collect()
}

/// Carries out what is held, with an approval of exactly that.
async fn approved(world: &World) -> Engine {
    let report = world.engine().await.pass().await;
    let digest = held(&report, SET).0.digest.clone();
    let mut engine = world.engine_approving(&[&digest]).await;
    in_the_end(&mut engine).await;
    engine
}

#[tokio::test(start_paused = true)]
async fn a_permission_set_is_held_like_a_role_and_put_back() {
    let world = bounded(&set("", &inline("s3:GetObject")));
    let mut engine = world.engine().await;
    let quiet = until_quiet(&mut engine).await;
    let (_, why) = held(quiet.last(), SET);
    assert!(why.contains("creates identity"), "{why}");
    assert!(sets(&world).is_empty());
    let mut engine = approved(&world).await;
    until_quiet(&mut engine).await.in_order();
    let all = sets(&world);
    assert_eq!(all.len(), 1);
    world.writes();
    // What somebody gives it is taken away without asking.
    let admin = "arn:aws:iam::aws:policy/AdministratorAccess";
    let more = json!({"PermissionSetArn": all[0], "ManagedPolicyArn": admin});
    sso(&world, "AttachManagedPolicyToPermissionSet", &more);
    let open = json!({
        "PermissionSetArn": all[0],
        "InlinePolicy": "{\"Version\": \"2012-10-17\", \"Statement\": [{\"Effect\": \"Allow\", \
                         \"Action\": \"*\", \"Resource\": \"*\"}]}",
    });
    sso(&world, "PutInlinePolicyToPermissionSet", &open);
    world.writes();
    in_the_end(&mut engine).await;
    assert_eq!(world.writes(), ["UpdateResource"]);
    let named = json!({"PermissionSetArn": all[0]});
    let policies = sso(&world, "ListManagedPoliciesInPermissionSet", &named);
    assert_eq!(policies["AttachedManagedPolicies"], json!([]));
    let policy = sso(&world, "GetInlinePolicyForPermissionSet", &named);
    assert!(string(&policy, "InlinePolicy").contains("s3:GetObject"), "{policy}");
    // A wider policy waits for an approval.
    world.write("main.yaml", set("", &inline("s3:*")));
    world.writes();
    let quiet = until_quiet(&mut engine).await;
    let (_, why) = held(quiet.last(), SET);
    assert!(why.contains("gives an identity more"), "{why}");
    assert_eq!(world.writes(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn a_permission_set_without_the_boundary_of_the_settings_is_refused() {
    for more in [
        "Description: none",
        "PermissionsBoundary: {CustomerManagedPolicyReference: {Name: other, Path: /}}",
        "PermissionsBoundary: {CustomerManagedPolicyReference: {Name: ml-boundary, Path: /x/}}",
        "PermissionsBoundary: {ManagedPolicyArn: \"arn:aws:iam::aws:policy/PowerUserAccess\"}",
    ] {
        let world = bounded(&set("", more));
        let problems = format!("{:?}", world.engine().await.pass().await.problems);
        assert!(problems.contains("boundary of the settings"), "{more}: {problems}");
        assert!(problems.contains("{Name: ml-boundary, Path: /}"), "{problems}");
    }
    let world = World::with(&set("", &inline("s3:GetObject")));
    let problems = format!("{:?}", world.engine().await.pass().await.problems);
    assert!(problems.contains("gives permissions"), "{problems}");
}
