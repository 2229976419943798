//! A made-up platform of any size: its manifests, and the network that they stand on.

use std::{fs, io, path::Path};

use palisade::simulator::{
    ApiError, Simulator,
    example::{self, Hands, tagged, text},
};
use serde_json::json;

/// Resources of one cell: a network with the apps, keys and users of one team.
pub const CELL: usize = 100;
/// 2,500 groups in a Region, with the default groups of the networks (VPC quotas).
const GROUPS: usize = 22;
const KEYS: usize = 42;
const ENDPOINTS: [&str; 8] = [
    "sagemaker.api",
    "sagemaker.runtime",
    "sts",
    "logs",
    "kms",
    "ecr.api",
    "ecr.dkr",
    "secretsmanager",
];
const PROFILES: usize = 24;
/// Organizations gives two DescribePolicy calls a second: more policies would measure only that.
const POLICIES: usize = 10;
/// Manifests in one file.
const PER_FILE: usize = 10;

/// The settings of the world.
pub const SETTINGS: &str = "\
owner: bench
defaultScope: ml-prod
scopes:
  ml-prod: {account: \"111122223333\", region: eu-west-1}
  org:
    account: \"999988887777\"
    region: us-east-1
    assumeRole: {roleArn: \"arn:aws:iam::999988887777:role/palisade\", externalId: bench}
settleWindow: 1s
interval: 1h
";

/// Writes the manifests of this many resources, and the settings beside the directory.
pub fn write(root: &Path, resources: usize) -> io::Result<()> {
    let dir = root.join("desired-state");
    fs::create_dir_all(&dir)?;
    fs::write(root.join("palisade.yaml"), SETTINGS)?;
    let all: Vec<String> = (0..resources.div_ceil(CELL)).flat_map(cell).take(resources).collect();
    for (n, some) in all.chunks(PER_FILE).enumerate() {
        let folder = dir.join(format!("{:03}", n * PER_FILE / CELL));
        fs::create_dir_all(&folder)?;
        fs::write(folder.join(format!("{n:05}.yaml")), some.join("---\n"))?;
    }
    Ok(())
}

fn document(kind: &str, scope: &str, name: &str, spec: &str) -> String {
    let spec: String = spec.lines().map(|line| format!("  {line}\n")).collect();
    format!(
        "apiVersion: palisade.dev/v1alpha1\nkind: {kind}\n\
         metadata: {{name: {name}, scope: {scope}}}\nspec:\n{spec}"
    )
}

/// The manifests of one cell: what the others refer to comes first.
fn cell(n: usize) -> Vec<String> {
    let here = |kind, name: String, spec: String| document(kind, "ml-prod", &name, &spec);
    let vpc = format!("vpc: {{lookup: {{tags: {{Name: cell-{n}}}}}}}");
    let subnets = format!("subnets: {{lookup: {{tags: {{cell: c{n}}}}}}}");
    let mut all = vec![here("SageMakerDomain", format!("studio-{n}"), domain(n, &vpc, &subnets))];
    all.extend((0..GROUPS).map(|g| here("SecurityGroup", group(n, g), rules(n, g, &vpc))));
    let services = ENDPOINTS.iter().map(|service| {
        let name = format!("{}-{n}", service.replace('.', "-"));
        here("VpcEndpoint", name, endpoint(service, n, &vpc, &subnets))
    });
    all.extend(services);
    all.extend((0..PROFILES).map(|p| {
        let spec = format!("domain: {{ref: studio-{n}}}\ntags: {{team: t{n}}}\n");
        here("UserProfile", format!("user-{n}-{p}"), spec)
    }));
    all.extend((0..KEYS).map(|k| here("KmsKey", format!("key-{n}-{k}"), key(n, k))));
    let script = "appType: JupyterLab\ncontent: |\n  set -euo pipefail\n";
    all.push(here("StudioLifecycleConfig", format!("idle-{n}"), script.to_owned()));
    let script = "onStart: |\n  set -euo pipefail\n";
    all.push(here("NotebookLifecycleConfig", format!("setup-{n}"), script.to_owned()));
    all.push(if n < POLICIES {
        document("ServiceControlPolicy", "org", &format!("policy-{n}"), &policy(n))
    } else {
        here("KmsKey", format!("key-{n}-{KEYS}"), key(n, KEYS))
    });
    all
}

/// The first two groups are those of the apps and of the endpoints.
fn group(n: usize, g: usize) -> String {
    match g {
        0 => format!("apps-{n}"),
        1 => format!("endpoints-{n}"),
        _ => format!("group-{n}-{g}"),
    }
}

fn rules(n: usize, g: usize, vpc: &str) -> String {
    match g {
        0 => format!(
            "{vpc}\ningress:\n\
             - {{description: app to app, protocol: tcp, ports: 8192-65535, from: [self]}}\n\
             - {{description: home, protocol: tcp, ports: 2049, from: [self]}}\n\
             egress:\n\
             - {{description: app to app, protocol: tcp, ports: 8192-65535, to: [self]}}\n\
             - {{description: home, protocol: tcp, ports: 2049, to: [self]}}\n\
             - {{description: out, protocol: tcp, ports: 443, to: [{{ref: endpoints-{n}}}]}}\n"
        ),
        1 => format!(
            "{vpc}\ningress:\n\
             - {{description: apps, protocol: tcp, ports: 443, from: [{{ref: apps-{n}}}]}}\n\
             egress: []\n"
        ),
        _ => format!(
            "{vpc}\ningress:\n\
             - {{description: before, protocol: tcp, ports: [443, 8443], \
             from: [{{ref: {}}}, 10.0.{g}.0/24]}}\n\
             egress: []\ntags: {{team: t{n}}}\n",
            group(n, g - 1)
        ),
    }
}

fn endpoint(service: &str, n: usize, vpc: &str, subnets: &str) -> String {
    let action = service.split('.').next().unwrap_or_default();
    format!(
        "type: Interface\nservice: {service}\n{vpc}\n{subnets}\n\
         securityGroups: [{{ref: endpoints-{n}}}]\nprivateDns: true\n\
         policy:\n  Version: \"2012-10-17\"\n  Statement:\n  - Sid: OnlyOurAccount\n    \
         Effect: Allow\n    Principal: \"*\"\n    Action: \"{action}:*\"\n    Resource: \"*\"\n    \
         Condition:\n      StringEquals: {{\"aws:PrincipalAccount\": \"${{scope.account}}\"}}\n"
    )
}

fn domain(n: usize, vpc: &str, subnets: &str) -> String {
    format!(
        "authMode: IAM\n{vpc}\n{subnets}\nappNetworkAccessType: VpcOnly\nkmsKey: {{ref: key-{n}-0}}\n\
         defaultUserSettings:\n  \
         executionRole: \"arn:${{scope.partition}}:iam::${{scope.account}}:role/ml-studio\"\n  \
         securityGroups: [{{ref: apps-{n}}}]\n  \
         sharingSettings: {{notebookOutputOption: Disabled}}\n\
         tagPropagation: DISABLED\nefsRetention: Retain\n"
    )
}

fn key(n: usize, k: usize) -> String {
    format!(
        "description: Key {k} of cell {n}\naliases: [alias/cell-{n}/key-{k}]\n\
         policy:\n  Version: \"2012-10-17\"\n  Statement:\n  - Sid: Administration\n    \
         Effect: Allow\n    \
         Principal: {{AWS: \"arn:${{scope.partition}}:iam::${{scope.account}}:root\"}}\n    \
         Action: kms:*\n    Resource: \"*\"\n  - Sid: Use\n    Effect: Allow\n    \
         Principal: {{AWS: \"*\"}}\n    \
         Action: [kms:Decrypt, kms:DescribeKey, kms:Encrypt, \"kms:GenerateDataKey*\"]\n    \
         Resource: \"*\"\n    Condition:\n      StringEquals:\n        \
         kms:CallerAccount: \"${{scope.account}}\"\n        \
         kms:ViaService: [\"sagemaker.${{scope.region}}.amazonaws.com\"]\n\
         tags: {{team: t{n}}}\n"
    )
}

fn policy(n: usize) -> String {
    format!(
        "policyName: policy-{n}\ncontent:\n  Version: \"2012-10-17\"\n  Statement:\n  \
         - Sid: Stay\n    Effect: Deny\n    \
         Action: [account:CloseAccount, organizations:LeaveOrganization]\n    Resource: \"*\"\n\
         targets: []\n"
    )
}

/// Creates what the manifests of this many resources look up: a VPC with two subnets a cell.
pub fn build(simulator: &Simulator, resources: usize) -> Result<(), ApiError> {
    example::build(simulator)?;
    let ec2 = Hands::ec2(simulator);
    for n in 0..resources.div_ceil(CELL) {
        let name = format!("cell-{n}");
        let (tags, second) = (tagged("vpc", &[("Name", &name)]), n + 30);
        let block = format!("10.{second}.0.0/16");
        let vpc = ec2.call("CreateVpc", &json!({"CidrBlock": block, "TagSpecification": tags}))?;
        let vpc = text(&vpc, "/vpc/vpcId")?.to_owned();
        for attribute in ["EnableDnsSupport", "EnableDnsHostnames"] {
            let on = json!({"VpcId": vpc, attribute: {"Value": "true"}});
            ec2.call("ModifyVpcAttribute", &on)?;
        }
        for (zone, third) in [("a", 0), ("b", 16)] {
            let block = format!("10.{second}.{third}.0/20");
            let tags = tagged("subnet", &[("cell", &format!("c{n}"))]);
            let zone = format!("{}{zone}", example::REGION);
            ec2.call(
                "CreateSubnet",
                &json!({
                    "VpcId": vpc, "CidrBlock": block,
                    "AvailabilityZone": zone, "TagSpecification": tags
                }),
            )?;
        }
    }
    Ok(())
}
