//! Managed policies and instance profiles: within the bounds of the settings, as roles.

use super::*;

const POLICY: &str = "ml-prod/AWS::IAM::ManagedPolicy/read";
const ARN: &str = "arn:aws:iam::111122223333:policy/ml/read";

fn read(action: &str) -> Value {
    document(&json!({"Effect": "Allow", "Action": action, "Resource": "*"}))
}

fn policy(lifecycle: &str, path: &str, action: &str) -> String {
    let properties =
        json!({"ManagedPolicyName": "read", "Path": path, "PolicyDocument": read(action)});
    format!(
        "---\napiVersion: palisade.dev/v1alpha1\nkind: AWS::IAM::ManagedPolicy\n\
         metadata: {{name: read, scope: ml-prod}}\n\
         lifecycle: {{adopt: \"{ARN}\"{lifecycle}}}\nspec: {{properties: {properties}}}\n"
    )
}

/// What the policy allows.
fn allows(world: &World) -> String {
    let policy = world.aws("iam", "GetPolicy", &json!({"PolicyArn": ARN}))["Policy"].clone();
    let version = json!({"PolicyArn": ARN, "VersionId": policy["DefaultVersionId"]});
    let version = world.aws("iam", "GetPolicyVersion", &version)["PolicyVersion"].clone();
    let document: Value = serde_json::from_str(&string(&version, "Document")).expect("JSON");
    document["Statement"].to_string()
}

#[tokio::test(start_paused = true)]
async fn a_policy_is_written_below_the_path_only() {
    let open = World::with(&policy("", "/ml/", "s3:GetObject"));
    assert!(problems(&open).await.contains("gives permissions"));
    let world = world(&policy("", "/", "s3:GetObject"));
    let found = problems(&world).await;
    assert!(found.contains("not below the path that the settings give identity"), "{found}");
    assert_eq!(world.writes(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn a_policy_is_made_and_widened_with_an_approval_and_narrowed_without() {
    let world = world(&policy("", "/ml/", "s3:GetObject"));
    let mut engine = world.engine().await;
    let quiet = until_quiet(&mut engine).await;
    held(quiet.last(), POLICY);
    assert_eq!(world.writes(), [""; 0]);
    approved(&world, POLICY).await;
    assert_eq!(world.writes(), ["CreateResource"]);
    assert!(allows(&world).contains("s3:GetObject"));
    until_quiet(&mut world.engine().await).await.in_order();

    world.write("main.yaml", policy("", "/ml/", "s3:*"));
    let quiet = until_quiet(&mut world.engine().await).await;
    held(quiet.last(), POLICY);
    assert_eq!(world.writes(), [""; 0], "it would give more");
    approved(&world, POLICY).await;
    assert_eq!(world.writes(), ["UpdateResource"]);

    world.write("main.yaml", policy("", "/ml/", "s3:GetObject"));
    until_quiet(&mut world.engine().await).await;
    assert_eq!(world.writes(), ["UpdateResource"], "it takes away");
    assert!(!allows(&world).contains("s3:*"));
}

#[tokio::test(start_paused = true)]
async fn what_somebody_adds_to_a_policy_is_taken_away_without_asking() {
    let world = world(&policy("", "/ml/", "s3:GetObject"));
    let mut engine = approved(&world, POLICY).await;
    world.writes();
    let wider = json!({
        "PolicyArn": ARN, "PolicyDocument": read("*").to_string(), "SetAsDefault": "true"
    });
    world.aws("iam", "CreatePolicyVersion", &wider);
    assert!(allows(&world).contains("\"*\""));
    world.calls();
    until_quiet(&mut engine).await;
    assert_eq!(world.writes(), ["UpdateResource"]);
    assert!(allows(&world).contains("s3:GetObject"));
}

#[tokio::test(start_paused = true)]
async fn a_policy_that_nobody_has_is_deleted_by_a_tombstone() {
    let world = world(&policy("", "/ml/", "s3:GetObject"));
    approved(&world, POLICY).await;
    world.write("main.yaml", policy(", state: absent", "/ml/", "s3:GetObject"));
    let mut engine = world.engine().await;
    in_the_end(&mut engine).await;
    let all = world.aws("iam", "ListPolicies", &json!({"Scope": "Local"}));
    let names: Vec<String> =
        list(&all, "Policies").iter().map(|it| string(it, "PolicyName")).collect();
    assert_eq!(names, ["ml-boundary"]);
}

#[tokio::test(start_paused = true)]
async fn no_instance_profile_hands_on_the_role_as_which_palisade_acts() {
    let world = world(&role("", &json!({})));
    for role in ["palisade", "PALISADE"] {
        world.write(
            "profile.yaml",
            format!(
                "apiVersion: palisade.dev/v1alpha1\nkind: AWS::IAM::InstanceProfile\n\
             metadata: {{name: jobs, scope: ml-prod}}\nlifecycle: {{adopt: jobs}}\n\
             spec: {{properties: {{InstanceProfileName: jobs, Path: /ml/, Roles: [{role}]}}}}\n"
            ),
        );
        let found = problems(&world).await;
        assert!(found.contains("as which palisade"), "{found}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_instance_profile_gets_its_role_with_an_approval() {
    let profile = "---\napiVersion: palisade.dev/v1alpha1\nkind: AWS::IAM::InstanceProfile\n\
         metadata: {name: jobs, scope: ml-prod}\nlifecycle: {adopt: jobs}\n\
         spec: {properties: {InstanceProfileName: jobs, Path: /ml/, Roles: [jobs]}}\n";
    let address = "ml-prod/AWS::IAM::InstanceProfile/jobs";
    let world = world(&role("", &json!({})));
    approved(&world, JOBS).await;
    world.write("profile.yaml", profile);
    let quiet = until_quiet(&mut world.engine().await).await;
    held(quiet.last(), address);
    world.calls();
    approved(&world, address).await;
    assert_eq!(world.writes(), ["CreateResource"]);
    let live = world.aws("iam", "GetInstanceProfile", &json!({"InstanceProfileName": "jobs"}));
    assert_eq!(live["InstanceProfile"]["Roles"][0]["RoleName"], "jobs");
    until_quiet(&mut world.engine().await).await.in_order();
}
