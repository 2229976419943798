//! Manual changes in the demo: one for every group of what the directory declares, each of them a
//! real mistake or attack.

use std::time::Duration;

use anyhow::Context as _;
use serde_json::{Value, json};

use crate::{
    kinds::cloud_control::{cloudtrail_trail, guardduty_detector, s3_bucket},
    simulator::{
        Simulator,
        example::{Hands, ML_ACCOUNT, text},
    },
};

/// The longest that the simulated AWS works on a change.
pub(super) const TAKES: Duration = Duration::from_millis(1100);

/// One manual change.
pub(super) struct Drift {
    /// The description on the screen.
    pub(super) story: &'static str,
    /// Makes the change.
    pub(super) inject: fn(&Simulator) -> anyhow::Result<()>,
}

/// The changes.
pub(super) const DRIFTS: [Drift; 8] = [
    Drift {
        story: "network: somebody opens SSH on the Studio apps' security group to the world",
        inject: open_ssh,
    },
    Drift {
        story: "identity: somebody makes the role of training jobs an administrator",
        inject: make_administrator,
    },
    Drift {
        story: "keys: somebody switches key rotation off and gives another account the Studio key",
        inject: weaken_key,
    },
    Drift { story: "Studio: somebody lets apps run Docker", inject: allow_docker },
    Drift {
        story: "data: somebody opens the bucket of training data to the public",
        inject: publish_data,
    },
    Drift { story: "detection: somebody suspends GuardDuty", inject: suspend_detector },
    Drift { story: "logging: somebody stops the organization's trail", inject: stop_trail },
    Drift {
        story: "organization: somebody detaches the policy that protects CloudTrail from the root",
        inject: detach_policy,
    },
];

fn open_ssh(simulator: &Simulator) -> anyhow::Result<()> {
    let ec2 = Hands::ec2(simulator);
    let filter = json!([{"Name": "group-name", "Value": ["studio-apps"]}]);
    let groups = ec2.call("DescribeSecurityGroups", &json!({"Filter": filter}))?;
    let group = text(&groups, "/securityGroupInfo/0/groupId")?;
    let everywhere = json!([{"CidrIp": "0.0.0.0/0"}]);
    let permission =
        json!({"IpProtocol": "tcp", "FromPort": "22", "ToPort": "22", "IpRanges": everywhere});
    ec2.call(
        "AuthorizeSecurityGroupIngress",
        &json!({"GroupId": group, "IpPermissions": [permission]}),
    )?;
    Ok(())
}

fn weaken_key(simulator: &Simulator) -> anyhow::Result<()> {
    let kms = Hands::kms(simulator);
    let key = kms.call("DescribeKey", &json!({"KeyId": "alias/ml/studio"}))?;
    let key = text(&key, "/KeyMetadata/KeyId")?;
    kms.call("DisableKeyRotation", &json!({"KeyId": key}))?;
    let policy = kms.call("GetKeyPolicy", &json!({"KeyId": key, "PolicyName": "default"}))?;
    let mut policy: Value = serde_json::from_str(text(&policy, "/Policy")?)?;
    policy["Statement"].as_array_mut().context("the key policy has no statements")?.push(json!({
        "Sid": "JustForATest", "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::444455556666:root"},
        "Action": "kms:Decrypt", "Resource": "*"
    }));
    kms.call(
        "PutKeyPolicy",
        &json!({"KeyId": key, "PolicyName": "default", "Policy": policy.to_string()}),
    )?;
    Ok(())
}

fn detach_policy(simulator: &Simulator) -> anyhow::Result<()> {
    let organizations = Hands::organizations(simulator);
    let roots = organizations.call("ListRoots", &json!({}))?;
    let root = text(&roots, "/Roots/0/Id")?;
    let attached = organizations.call(
        "ListPoliciesForTarget",
        &json!({"TargetId": root, "Filter": "SERVICE_CONTROL_POLICY"}),
    )?;
    let policies = attached["Policies"].as_array().map_or(&[][..], Vec::as_slice);
    let policy = policies
        .iter()
        .find(|policy| policy["Name"].as_str().is_some_and(|name| name.contains("cloudtrail")))
        .context("no CloudTrail policy is attached to the root")?;
    organizations
        .call("DetachPolicy", &json!({"PolicyId": text(policy, "/Id")?, "TargetId": root}))?;
    Ok(())
}

fn allow_docker(simulator: &Simulator) -> anyhow::Result<()> {
    let sagemaker = Hands::sagemaker(simulator);
    let domains = sagemaker.call("ListDomains", &json!({}))?;
    let domain = text(&domains, "/Domains/0/DomainId")?;
    let settings = json!({"DockerSettings": {"EnableDockerAccess": "ENABLED"}});
    sagemaker
        .call("UpdateDomain", &json!({"DomainId": domain, "DomainSettingsForUpdate": settings}))?;
    Ok(())
}

fn make_administrator(simulator: &Simulator) -> anyhow::Result<()> {
    Hands::of(simulator, "iam").call(
        "AttachRolePolicy",
        &json!({
            "RoleName": "ml-training",
            "PolicyArn": "arn:aws:iam::aws:policy/AdministratorAccess",
        }),
    )?;
    Ok(())
}

fn publish_data(simulator: &Simulator) -> anyhow::Result<()> {
    let bucket = format!("ml-{ML_ACCOUNT}-data");
    let cloud_control = Hands::of(simulator, "cloudcontrolapi");
    let open = json!({"BlockPublicAcls": false, "BlockPublicPolicy": false});
    set(&cloud_control, s3_bucket::NAME, &bucket, ("PublicAccessBlockConfiguration", &open))
}

fn suspend_detector(simulator: &Simulator) -> anyhow::Result<()> {
    let cloud_control = Hands::of(simulator, "cloudcontrolapi");
    let kind = guardduty_detector::NAME;
    let all = cloud_control.call("ListResources", &json!({"TypeName": kind}))?;
    let detector = text(&all, "/ResourceDescriptions/0/Identifier")?;
    set(&cloud_control, kind, detector, ("Enable", &json!(false)))
}

fn stop_trail(simulator: &Simulator) -> anyhow::Result<()> {
    let cloud_control = Hands::identity_center(simulator, "cloudcontrolapi");
    set(&cloud_control, cloudtrail_trail::NAME, "organization", ("IsLogging", &json!(false)))
}

/// Sets a property of a resource.
fn set(
    cloud_control: &Hands<'_>,
    kind: &str,
    id: &str,
    (property, value): (&str, &Value),
) -> anyhow::Result<()> {
    let patch = json!([{"op": "add", "path": format!("/{property}"), "value": value}]);
    cloud_control.call(
        "UpdateResource",
        &json!({"TypeName": kind, "Identifier": id, "PatchDocument": patch.to_string()}),
    )?;
    Ok(())
}
