//! Manual changes in the demo: one for every kind, each of them a real mistake or attack.

use anyhow::Context as _;
use serde_json::{Value, json};

use crate::simulator::{
    Simulator,
    example::{Hands, text},
};

/// One manual change.
pub(super) struct Drift {
    /// The description on the screen.
    pub(super) story: &'static str,
    /// Makes the change.
    pub(super) inject: fn(&Simulator) -> anyhow::Result<()>,
}

/// One change for every kind.
pub(super) const DRIFTS: [Drift; 5] = [
    Drift {
        story: "somebody opens SSH on the Studio apps' security group to the world",
        inject: open_ssh,
    },
    Drift {
        story: "somebody replaces the policy of the SageMaker API endpoint by \"allow everything\"",
        inject: widen_endpoint,
    },
    Drift {
        story: "somebody switches key rotation off and gives another account the Studio key",
        inject: weaken_key,
    },
    Drift {
        story: "somebody detaches the policy that protects CloudTrail from the root",
        inject: detach_policy,
    },
    Drift { story: "somebody lets Studio apps run Docker", inject: allow_docker },
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

fn widen_endpoint(simulator: &Simulator) -> anyhow::Result<()> {
    let ec2 = Hands::ec2(simulator);
    let filter =
        json!([{"Name": "service-name", "Value": ["com.amazonaws.eu-west-1.sagemaker.api"]}]);
    let endpoints = ec2.call("DescribeVpcEndpoints", &json!({"Filter": filter}))?;
    let endpoint = text(&endpoints, "/vpcEndpointSet/0/vpcEndpointId")?;
    let statement = json!({"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"});
    let all = json!({"Statement": [statement]});
    ec2.call(
        "ModifyVpcEndpoint",
        &json!({"VpcEndpointId": endpoint, "PolicyDocument": all.to_string()}),
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
