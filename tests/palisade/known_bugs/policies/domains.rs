//! Domains and endpoints, 50 to 54.

use std::{collections::BTreeSet, time::Duration};

use palisade::{
    model::Risk,
    simulator::{Effect, Fault},
};
use serde_json::{Value, json};

use super::{count, key_policy, last};
use crate::{
    campaign::catalogue::{domain, group, https, key, s3, sts},
    known_bugs::groups::{applied, facts, passes},
    world::{World, held, string, until_quiet, waiting},
};

const STUDIO: &str = "ml/SageMakerDomain/studio";

fn studio(lifecycle: &str, docker: &str, more: &str) -> String {
    format!("{}{}", group("apps", &https(), ""), domain(lifecycle, "{ref: apps}", docker, more))
}

fn described(world: &World) -> Value {
    world.sagemaker("DescribeDomain", &json!({"DomainId": world.domain()}))
}

/// 50. terraform-provider-aws#29331: an update became a replacement, and everybody's home directory was gone.
#[tokio::test(start_paused = true)]
async fn bug_50_a_domain_is_never_replaced_not_even_with_consent() {
    let (world, mut engine) = applied(&studio("", "DISABLED", "")).await;
    let home = |world: &World| string(&described(world), "HomeEfsFileSystemId");
    let before = (world.domain(), home(&world));
    let key =
        ", kmsKey: \"arn:aws:kms:eu-west-1:111122223333:key/00000000-0000-4000-8000-000000000000\"";
    let fixed = [
        studio("", "DISABLED", "").replace("authMode: IAM", "authMode: SSO"),
        studio("", "DISABLED", key),
        studio("", "DISABLED", ", domainName: other"),
    ];
    for text in fixed {
        world.write("main.yaml", &text);
        let report = engine.pass().await;
        let (step, _) = held(&report, STUDIO);
        assert_eq!(step.risk(), Risk::IMPOSSIBLE);
        let mut consenting = world.engine_approving(&[&step.digest]).await;
        until_quiet(&mut consenting).await;
        assert_eq!(world.writes(), [""; 0], "{text}");
    }
    world.write("main.yaml", studio("", "ENABLED", ""));
    until_quiet(&mut engine).await.in_order();
    assert_eq!(world.writes(), ["UpdateDomain"]);
    assert_eq!((world.domain(), home(&world)), before);
}

/// 51. terraform-provider-aws#31912, #35503: AWS said yes and changed nothing; the difference came back for ever.
#[tokio::test(start_paused = true)]
async fn bug_51_an_update_without_effect_is_seen_slowed_down_and_said() {
    let text = |docker: &str, uses: &str| {
        format!("{}{}", studio("", docker, ""), key("", uses, ", aliases: [alias/studio]"))
    };
    for (call, address, new) in [
        ("UpdateDomain", STUDIO, text("ENABLED", "kms:Decrypt")),
        ("PutKeyPolicy", "ml/KmsKey/studio", text("DISABLED", "kms:Encrypt")),
    ] {
        let (world, mut engine) = applied(&text("DISABLED", "kms:Decrypt")).await;
        let before = (facts(&world, address), key_policy(&world));
        world.simulator.inject(Fault::new(call, Effect::Ignore));
        world.write("main.yaml", new);
        let reports = passes(&mut engine, Duration::from_mins(30)).await;
        let why = waiting(last(&reports), address);
        assert!(
            why.contains("AWS accepted this") && why.contains("the resource is unchanged"),
            "{why}"
        );
        assert_eq!((facts(&world, address), key_policy(&world)), before, "it really is");
        let tries = count(&world.writes(), call);
        assert!((4..15).contains(&tries), "{call}: {tries} in half an hour");
        world.simulator.clear_faults();
        let reports = passes(&mut engine, Duration::from_mins(30)).await;
        assert!(last(&reports).is_converged());
        assert_eq!(world.writes(), [call]);
    }
}

/// 52. aws-cloudformation/cloudformation-coverage-roadmap#1085, #1754: a domain could not be deleted while apps ran, and
/// its file system stayed behind unsaid. Here it waits and names them, and keeps the files on purpose.
#[tokio::test(start_paused = true)]
async fn bug_52_a_domain_that_is_lived_in_waits_and_its_files_stay() {
    let (world, mut engine) = applied(&studio("", "DISABLED", "")).await;
    let domain = world.domain();
    let user = json!({"DomainId": domain, "UserProfileName": "ada"});
    world.sagemaker("CreateUserProfile", &user);
    let app = json!({"DomainId": domain, "UserProfileName": "ada", "AppType": "JupyterLab", "AppName": "lab"});
    world.sagemaker("CreateApp", &app);
    world.write("main.yaml", studio("state: absent", "DISABLED", ""));
    let reports = passes(&mut engine, Duration::from_mins(15)).await;
    let why = waiting(last(&reports), STUDIO);
    assert!(why.contains("ada"), "{why}");
    assert_eq!(world.writes(), [""; 0], "nobody's app is stopped, and AWS is not asked in vain");
    world.sagemaker("DeleteApp", &app);
    tokio::time::advance(Duration::from_mins(5)).await;
    world.sagemaker("DeleteUserProfile", &user);
    let _ = passes(&mut engine, Duration::from_mins(15)).await;
    let calls = world.calls();
    let wrote: Vec<_> = calls.iter().filter(|call| call.mutating).collect();
    assert_eq!(wrote.len(), 1, "{wrote:?}");
    assert_eq!(wrote[0].operation, "DeleteDomain");
    assert_eq!(wrote[0].input["RetentionPolicy"], json!({"HomeEfsFileSystem": "Retain"}));
}

fn members(world: &World, operation: &str) -> BTreeSet<String> {
    let calls = world.calls();
    let sent: Vec<_> = calls.iter().filter(|call| call.operation == operation).collect();
    assert_eq!(sent.len(), 1, "{operation}");
    sent[0].input.as_object().unwrap().keys().cloned().collect()
}

/// 53. terraform-provider-aws#39923: an update carried a member that AWS takes in another mode only, changed or not.
#[tokio::test(start_paused = true)]
async fn bug_53_an_update_carries_what_changes_and_nothing_of_another_mode() {
    let (door, gate) = (group("door", &https(), ""), group("gate", &https(), ""));
    let text = |docker: &str, action: &str, groups: &str| {
        let endpoints = format!("{}{}", s3("", action, ""), sts("", groups, "sts:*", ""));
        format!("{door}{gate}{}{endpoints}", studio("", docker, ""))
    };
    let (world, mut engine) = applied(&text("DISABLED", "s3:GetObject", "{ref: gate}")).await;
    let of = |names: &[&str]| -> BTreeSet<String> {
        names.iter().map(|&name| name.to_owned()).collect()
    };

    world.write("main.yaml", text("ENABLED", "s3:GetObject", "{ref: gate}"));
    until_quiet(&mut engine).await.in_order();
    // Subnets go along with every update: AWS's own guardrail asks for them.
    let wanted = of(&["DomainId", "DomainSettingsForUpdate", "SubnetIds"]);
    assert_eq!(members(&world, "UpdateDomain"), wanted);
    assert_eq!(
        described(&world)["DomainSettings"]["DockerSettings"]["EnableDockerAccess"],
        "ENABLED"
    );

    // A gateway endpoint knows neither groups nor subnets nor private DNS.
    world.write("main.yaml", text("ENABLED", "s3:PutObject", "{ref: gate}"));
    until_quiet(&mut engine).await.in_order();
    assert_eq!(members(&world, "ModifyVpcEndpoint"), of(&["VpcEndpointId", "PolicyDocument"]));

    // Nor is an interface endpoint's private DNS sent because its groups change.
    world.write("main.yaml", text("ENABLED", "s3:PutObject", "{ref: door}"));
    until_quiet(&mut engine).await.in_order();
    let wanted = of(&["VpcEndpointId", "AddSecurityGroupId", "RemoveSecurityGroupId"]);
    assert_eq!(members(&world, "ModifyVpcEndpoint"), wanted);
}

/// 54. terraform-provider-aws#495, #22137, #7645: an endpoint's default policy was a difference for ever.
#[tokio::test(start_paused = true)]
async fn bug_54_the_default_policy_of_an_endpoint_is_no_difference_however_it_is_written() {
    let restricted = s3("", "s3:GetObject", "");
    let policy =
        &restricted[restricted.find("policy: ").unwrap()..restricted.rfind("}\n---").unwrap()];
    for spelled in ["policy: default".to_owned(), policy.replace("s3:GetObject", "*")] {
        let (world, mut engine) = applied(&restricted.replace(policy, &spelled)).await;
        for _ in 0..5 {
            assert!(engine.pass().await.is_converged(), "{spelled}");
        }
        let id = world.endpoint("s3")["vpcEndpointId"].clone();
        world.ec2("ModifyVpcEndpoint", &json!({"VpcEndpointId": id, "ResetPolicy": "true"}));
        tokio::time::advance(Duration::from_secs(5)).await;
        assert!(engine.pass().await.is_converged(), "{spelled}");
        assert_eq!(world.writes(), [""; 0], "{spelled}");
    }
}

/// 54, the other half: terraform-provider-aws#40973, a policy taken out of the configuration stayed in force, unsaid.
#[tokio::test(start_paused = true)]
async fn bug_54_a_policy_that_is_left_out_is_refused_and_a_default_that_is_asked_for_is_written() {
    let restricted = s3("", "s3:GetObject", "");
    let policy =
        &restricted[restricted.find("policy: ").unwrap()..restricted.rfind("}\n---").unwrap()];
    let (world, mut engine) = applied(&restricted).await;
    let before = facts(&world, "ml/VpcEndpoint/s3");
    world.write("main.yaml", restricted.replace(&format!(", {policy}"), ""));
    let report = engine.pass().await;
    let told = format!("{:?}", report.problems);
    assert!(told.contains("policy") && told.contains("default"), "{told}");
    assert_eq!(facts(&world, "ml/VpcEndpoint/s3"), before);
    world.write("main.yaml", restricted.replace(policy, "policy: default"));
    until_quiet(&mut engine).await.in_order();
    assert_eq!(world.writes(), ["ModifyVpcEndpoint"]);
    let live: Value =
        serde_json::from_str(&string(&world.endpoint("s3"), "policyDocument")).unwrap();
    assert_eq!(live["Statement"][0]["Action"], "*");
}
