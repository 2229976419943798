//! An account that people have built by hand, through AWS's own calls: some three hundred resources
//! of every kind, always the same for a seed.

use std::time::Duration;

use palisade::simulator::example::{Hands, ML_ACCOUNT, REGION, tagged};
use serde_json::{Value, json};

use crate::world::{World, list, string};

/// A generator of numbers that are the same for a seed (xorshift).
pub struct Dice(u64);

impl Dice {
    fn below(&mut self, most: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % most
    }

    fn one<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        let most = u64::try_from(of.len()).expect("a length");
        &of[usize::try_from(self.below(most)).expect("an index")]
    }
}

/// A security group with rules into it; its id.
pub fn group(world: &World, vpc: &str, name: &str, rules: &[(&str, u16, &str)]) -> String {
    let input =
        json!({"GroupName": name, "GroupDescription": format!("{name} by hand"), "VpcId": vpc});
    let id = string(&world.ec2("CreateSecurityGroup", &input), "groupId");
    for (protocol, port, block) in rules {
        let permission = json!([{
            "IpProtocol": protocol, "FromPort": port.to_string(), "ToPort": port.to_string(),
            "IpRanges": [{"CidrIp": block, "Description": "by hand"}],
        }]);
        let input = json!({"GroupId": id, "IpPermissions": permission});
        world.ec2("AuthorizeSecurityGroupIngress", &input);
    }
    id
}

/// What the rest of the account is built in.
struct Network {
    vpc: String,
    subnets: Vec<String>,
    groups: Vec<String>,
}

/// Builds the account.
pub async fn build(world: &World, seed: u64) {
    let mut dice = Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
    let mut networks = Vec::new();
    for number in 0..4 {
        networks.push(network(world, number, &mut dice));
    }
    let keys = keys(world, &mut dice);
    endpoints(world, &networks, &mut dice);
    let scripts = scripts(world);
    studio(world, &networks[0], &keys, &scripts, &mut dice).await;
    notebooks(world, &networks, &keys, &mut dice).await;
    organization(world, &mut dice).await;
    registry_types(world, &keys, &mut dice).await;
}

fn network(world: &World, number: u8, dice: &mut Dice) -> Network {
    let name = format!("net {number}");
    let vpc = json!({"CidrBlock": format!("10.{}.0.0/16", 100 + number),
        "TagSpecification": tagged("vpc", &[("Name", &name), ("env", "prod")])});
    let vpc = string(&world.ec2("CreateVpc", &vpc)["vpc"], "vpcId");
    for attribute in ["EnableDnsSupport", "EnableDnsHostnames"] {
        let set = json!({"VpcId": vpc, attribute: {"Value": "true"}});
        world.ec2("ModifyVpcAttribute", &set);
    }
    let gateway = world.ec2("CreateInternetGateway", &json!({}));
    let gateway = string(&gateway["internetGateway"], "internetGatewayId");
    world.ec2("AttachInternetGateway", &json!({"InternetGatewayId": gateway, "VpcId": vpc}));
    let mut subnets = Vec::new();
    for (index, zone) in (0..4).zip(["a", "b", "a", "b"]) {
        let block = format!("10.{}.{}.0/24", 100 + number, index);
        let tags = tagged("subnet", &[("Name", &format!("{name} {zone} {index}"))]);
        let subnet = json!({"VpcId": vpc, "CidrBlock": block, "TagSpecification": tags,
            "AvailabilityZone": format!("{REGION}{zone}")});
        subnets.push(string(&world.ec2("CreateSubnet", &subnet)["subnet"], "subnetId"));
    }
    for (index, subnet) in subnets.iter().enumerate() {
        let tags = tagged("route-table", &[("Name", &format!("{name} table {index}"))]);
        let table = json!({"VpcId": vpc, "TagSpecification": tags});
        let table = string(&world.ec2("CreateRouteTable", &table)["routeTable"], "routeTableId");
        if index % 2 == 0 {
            let route = json!({"RouteTableId": table, "DestinationCidrBlock": "0.0.0.0/0",
                "GatewayId": gateway});
            world.ec2("CreateRoute", &route);
        }
        let use_it = json!({"RouteTableId": table, "SubnetId": subnet});
        world.ec2("AssociateRouteTable", &use_it);
    }
    acls(world, &vpc, dice);
    let groups = groups(world, &vpc, number, dice);
    Network { vpc, subnets, groups }
}

fn acls(world: &World, vpc: &str, dice: &mut Dice) {
    for number in 0..3_u64 {
        let tags = tagged("network-acl", &[("Name", &format!("acl {number}"))]);
        let acl = json!({"VpcId": vpc, "TagSpecification": tags});
        let acl = string(&world.ec2("CreateNetworkAcl", &acl)["networkAcl"], "networkAclId");
        for rule in 1..=1 + dice.below(4) {
            let port = (1000 + dice.below(9000)).to_string();
            let entry = json!({
                "NetworkAclId": acl, "RuleNumber": (rule * 100).to_string(),
                "Egress": if rule % 2 == 0 { "true" } else { "false" }, "Protocol": "6",
                "RuleAction": if dice.below(3) == 0 { "deny" } else { "allow" },
                "CidrBlock": format!("10.{}.0.0/16", dice.below(200)),
                "PortRange": {"From": port, "To": port},
            });
            world.ec2("CreateNetworkAclEntry", &entry);
        }
    }
}

fn groups(world: &World, vpc: &str, network: u8, dice: &mut Dice) -> Vec<String> {
    let mut groups: Vec<String> = Vec::new();
    for number in 0..22 {
        let name = format!("Group_{network} {number}");
        let mut rules = Vec::new();
        let blocks = ["10.0.0.0/8", "192.168.7.0/24", "0.0.0.0/0"];
        for _ in 0..dice.below(4) {
            let port = u16::try_from(1 + dice.below(60_000)).expect("a port");
            let protocol = if dice.below(2) == 0 { "tcp" } else { "udp" };
            let rule = (protocol, port, *dice.one(&blocks));
            if !rules.contains(&rule) {
                rules.push(rule);
            }
        }
        let id = group(world, vpc, &name, &rules);
        if let Some(other) = groups.last() {
            let permission = json!([{"IpProtocol": "tcp", "FromPort": "443", "ToPort": "443",
                "Groups": [{"GroupId": other}, {"GroupId": id}]}]);
            let input = json!({"GroupId": id, "IpPermissions": permission});
            world.ec2("AuthorizeSecurityGroupIngress", &input);
        }
        if dice.below(3) == 0 {
            let all = json!([{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]);
            let input = json!({"GroupId": id, "IpPermissions": all});
            world.ec2("RevokeSecurityGroupEgress", &input);
            let ping = json!([{"IpProtocol": "icmp", "FromPort": "8", "ToPort": "-1",
                "IpRanges": [{"CidrIp": "10.0.0.0/8"}]}]);
            let input = json!({"GroupId": id, "IpPermissions": ping});
            world.ec2("AuthorizeSecurityGroupEgress", &input);
        }
        groups.push(id);
    }
    // Two that name each other.
    let permission = json!([{"IpProtocol": "tcp", "FromPort": "5432", "ToPort": "5432",
        "Groups": [{"GroupId": groups[1]}]}]);
    let input = json!({"GroupId": groups[0], "IpPermissions": permission});
    world.ec2("AuthorizeSecurityGroupIngress", &input);
    groups
}

fn keys(world: &World, dice: &mut Dice) -> Vec<String> {
    let mut keys = Vec::new();
    for number in 0..30 {
        let policy = json!({"Version": "2012-10-17", "Statement": [
            {"Sid": "root", "Effect": "Allow", "Action": "kms:*", "Resource": "*",
             "Principal": {"AWS": format!("arn:aws:iam::{ML_ACCOUNT}:root")}},
            {"Effect": "Allow", "Action": ["kms:Decrypt", "kms:GenerateDataKey"], "Resource": "*",
             "Principal": {"AWS": "*"}, "Condition": {"StringEquals": {
                 "kms:CallerAccount": ML_ACCOUNT, "kms:ViaService": format!("s3.{REGION}.amazonaws.com")}}},
        ]});
        let key = json!({"Description": format!("key {number} of {ML_ACCOUNT}"),
            "Policy": policy.to_string(), "Tags": [{"TagKey": "team", "TagValue": "ml"}]});
        let key = string(&world.kms("CreateKey", &key)["KeyMetadata"], "KeyId");
        for alias in 0..dice.below(3) {
            let alias = format!("alias/hand/{number}-{alias}");
            world.kms("CreateAlias", &json!({"AliasName": alias, "TargetKeyId": key}));
        }
        if dice.below(2) == 0 {
            world.kms("EnableKeyRotation", &json!({"KeyId": key}));
        }
        if number == 29 {
            world.kms("DisableKey", &json!({"KeyId": key}));
        }
        keys.push(key);
    }
    keys
}

fn endpoints(world: &World, networks: &[Network], dice: &mut Dice) {
    for network in networks {
        let services = ["logs", "sts", "kms", "monitoring", "ecr.api", "ecr.dkr"];
        for service in services {
            let narrow = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
                "Principal": "*", "Action": "*", "Resource": "*", "Condition": {"StringEquals":
                {"aws:PrincipalAccount": ML_ACCOUNT}}}]});
            let mut endpoint = json!({
                "VpcId": network.vpc, "ServiceName": format!("com.amazonaws.{REGION}.{service}"),
                "VpcEndpointType": "Interface", "SubnetId": [network.subnets[0], network.subnets[1]],
                "SecurityGroupId": [dice.one(&network.groups)], "PrivateDnsEnabled": "true",
                "TagSpecification": tagged("vpc-endpoint", &[("Name", service)]),
            });
            if dice.below(2) == 0 {
                endpoint["PolicyDocument"] = json!(narrow.to_string());
            }
            world.ec2("CreateVpcEndpoint", &endpoint);
        }
        let gateway = json!({"VpcId": network.vpc, "VpcEndpointType": "Gateway",
            "ServiceName": format!("com.amazonaws.{REGION}.s3")});
        world.ec2("CreateVpcEndpoint", &gateway);
    }
}

fn encoded(script: &str) -> String {
    aws_smithy_types::base64::encode(script)
}

/// Lifecycle configurations; the ARNs of Studio's.
fn scripts(world: &World) -> Vec<String> {
    let script = "#!/bin/bash\nset -eu\nexport HOME=${HOME:-/root}\necho \"ready: $1\"\n";
    for number in 0..5 {
        let config = json!({"NotebookInstanceLifecycleConfigName": format!("setup-{number}"),
            "OnStart": [{"Content": encoded(script)}]});
        world.sagemaker("CreateNotebookInstanceLifecycleConfig", &config);
    }
    let mut arns = Vec::new();
    for number in 0..4 {
        let config = json!({"StudioLifecycleConfigName": format!("Lab-{number}"),
            "StudioLifecycleConfigAppType": "JupyterLab",
            "StudioLifecycleConfigContent": encoded(&format!("{script}# {number}\n"))});
        let made = world.sagemaker("CreateStudioLifecycleConfig", &config);
        arns.push(string(&made, "StudioLifecycleConfigArn"));
    }
    arns
}

async fn studio(
    world: &World,
    network: &Network,
    keys: &[String],
    scripts: &[String],
    dice: &mut Dice,
) {
    let role = format!("arn:aws:iam::{ML_ACCOUNT}:role/studio");
    let mut ids = Vec::new();
    for number in 0..2 {
        let domain = json!({
            "DomainName": format!("Studio-{number}"), "AuthMode": "IAM", "VpcId": network.vpc,
            "SubnetIds": [network.subnets[0], network.subnets[1]],
            "AppNetworkAccessType": "VpcOnly", "KmsKeyId": keys[number],
            "DefaultUserSettings": {
                "ExecutionRole": role, "SecurityGroups": [network.groups[number]],
                "JupyterLabAppSettings": {"LifecycleConfigArns": [scripts[number]]},
            },
        });
        let made = world.sagemaker("CreateDomain", &domain);
        let arn = string(&made, "DomainArn");
        ids.push(arn.rsplit('/').next().expect("an id").to_owned());
    }
    tokio::time::advance(Duration::from_hours(1)).await;
    for domain in &ids {
        for number in 0..16 {
            let user = json!({"DomainId": domain, "UserProfileName": format!("user-{number}"),
                "UserSettings": {"ExecutionRole": role,
                    "SecurityGroups": [dice.one(&network.groups)]}});
            world.sagemaker("CreateUserProfile", &user);
        }
    }
    tokio::time::advance(Duration::from_hours(1)).await;
    for number in 0..8 {
        let space = json!({"DomainId": ids[0], "SpaceName": format!("Space-{number}"),
            "SpaceDisplayName": format!("Space {number}"),
            "OwnershipSettings": {"OwnerUserProfileName": format!("user-{number}")},
            "SpaceSharingSettings": {"SharingType": "Private"},
            "SpaceSettings": {"AppType": "JupyterLab"}});
        world.sagemaker("CreateSpace", &space);
    }
    tokio::time::advance(Duration::from_hours(1)).await;
}

async fn notebooks(world: &World, networks: &[Network], keys: &[String], dice: &mut Dice) {
    for number in 0..8 {
        let network = dice.one(networks);
        let instance = json!({
            "NotebookInstanceName": format!("Research-{number}"), "InstanceType": "ml.t3.medium",
            "RoleArn": format!("arn:aws:iam::{ML_ACCOUNT}:role/notebooks"),
            "SubnetId": network.subnets[0], "SecurityGroupIds": [network.groups[0]],
            "DirectInternetAccess": "Disabled", "RootAccess": "Disabled", "KmsKeyId": keys[0],
            "LifecycleConfigName": format!("setup-{}", number % 5),
        });
        world.sagemaker("CreateNotebookInstance", &instance);
    }
    tokio::time::advance(Duration::from_hours(1)).await;
}

async fn organization(world: &World, dice: &mut Dice) {
    let backup = json!({"plans": {"daily": {
        "regions": {"@@append": [REGION]},
        "rules": {"daily": {
            "schedule_expression": {"@@assign": "cron(0 5 ? * * *)"},
            "target_backup_vault_name": {"@@assign": "platform"},
            "lifecycle": {"delete_after_days": {"@@assign": "35"}},
        }},
        "selections": {"tags": {"kept": {
            "iam_role_arn": {"@@assign": "arn:aws:iam::$account:role/backup"},
            "tag_key": {"@@assign": "backup"}, "tag_value": {"@@assign": ["daily"]},
        }}},
    }}});
    let regions = json!({"StringNotEquals": {"aws:RequestedRegion": [REGION, "us-east-1"]}});
    let types: [(&str, Value); 6] = [
        (
            "SERVICE_CONTROL_POLICY",
            json!({"Version": "2012-10-17", "Statement": [
                {"Sid": "NoTrails", "Effect": "Deny", "Action": "cloudtrail:StopLogging", "Resource": "*"},
                {"Effect": "Deny", "Action": "ec2:*", "Resource": "*", "Condition": regions},
            ]}),
        ),
        (
            "RESOURCE_CONTROL_POLICY",
            json!({"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Principal": "*",
                "Action": "s3:DeleteBucket", "Resource": "*"}]}),
        ),
        (
            "DECLARATIVE_POLICY_EC2",
            json!({"ec2_attributes": {"serial_console_access": {"status": {"@@assign": "disabled"}}}}),
        ),
        ("TAG_POLICY", json!({"tags": {"team": {"tag_key": {"@@assign": "team"}}}})),
        (
            "AISERVICES_OPT_OUT_POLICY",
            json!({"services": {"default": {"opt_out_policy": {"@@assign": "optOut"}}}}),
        ),
        ("BACKUP_POLICY", backup),
    ];
    let root = world.root();
    for (policy_type, _) in &types {
        let enable = json!({"RootId": root, "PolicyType": policy_type});
        // It may be enabled already.
        let _ = Hands::organizations(&world.simulator).call("EnablePolicyType", &enable);
    }
    tokio::time::advance(Duration::from_mins(10)).await;
    for (policy_type, content) in types {
        for number in 0..4 {
            let policy = json!({"Name": format!("By hand {number}"), "Type": policy_type,
                "Description": "made by hand", "Content": content.to_string(),
                "Tags": [{"Key": "team", "Value": "security"}]});
            let made = world.organizations("CreatePolicy", &policy);
            let id = string(&made["Policy"]["PolicySummary"], "Id");
            if number == 0 || dice.below(3) == 0 {
                let target = if number == 0 { root.clone() } else { ML_ACCOUNT.to_owned() };
                world.organizations("AttachPolicy", &json!({"PolicyId": id, "TargetId": target}));
            }
        }
    }
}

/// Types of the registry, through Cloud Control.
async fn registry_types(world: &World, keys: &[String], dice: &mut Dice) {
    let made = |kind: &str, desired: &Value| {
        let create = json!({"TypeName": kind, "DesiredState": desired.to_string()});
        world.aws("cloudcontrolapi", "CreateResource", &create);
    };
    let blocked = json!({"BlockPublicAcls": true, "BlockPublicPolicy": true,
        "IgnorePublicAcls": true, "RestrictPublicBuckets": true});
    for number in 0..20 {
        let key = format!("arn:aws:kms:{REGION}:{ML_ACCOUNT}:key/{}", dice.one(keys));
        let bucket = json!({"BucketName": format!("acme-{ML_ACCOUNT}-{number}"),
            "PublicAccessBlockConfiguration": blocked,
            "BucketEncryption": {"ServerSideEncryptionConfiguration": [{"BucketKeyEnabled": true,
                "ServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}}]},
            "Tags": [{"Key": "team", "Value": "ml"}]});
        made("AWS::S3::Bucket", &bucket);
    }
    tokio::time::advance(Duration::from_mins(15)).await;
    for number in 0..10 {
        let name = format!("acme-{ML_ACCOUNT}-{number}");
        let policy = json!({"Version": "2012-10-17", "Statement": [{"Sid": "tls", "Effect": "Deny",
            "Principal": "*", "Action": "s3:*", "Resource": [format!("arn:aws:s3:::{name}"),
            format!("arn:aws:s3:::{name}/*")], "Condition": {"Bool": {"aws:SecureTransport": "false"}}}]});
        made("AWS::S3::BucketPolicy", &json!({"Bucket": name, "PolicyDocument": policy}));
    }
    let trust = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
        "Principal": {"Service": "config.amazonaws.com"}, "Action": "sts:AssumeRole"}]});
    made("AWS::IAM::Role", &json!({"RoleName": "config", "AssumeRolePolicyDocument": trust}));
    tokio::time::advance(Duration::from_mins(15)).await;
    let recorder =
        json!({"Name": "default", "RoleARN": format!("arn:aws:iam::{ML_ACCOUNT}:role/config")});
    made("AWS::Config::ConfigurationRecorder", &recorder);
    tokio::time::advance(Duration::from_mins(15)).await;
    for number in 0..12 {
        let rule = json!({"ConfigRuleName": format!("rule-{number}"), "Description": "by hand",
            "Source": {"Owner": "AWS", "SourceIdentifier": "ENCRYPTED_VOLUMES"}});
        made("AWS::Config::ConfigRule", &rule);
    }
    tokio::time::advance(Duration::from_mins(15)).await;
    let rules = list(
        &world.aws(
            "cloudcontrolapi",
            "ListResources",
            &json!({"TypeName": "AWS::Config::ConfigRule"}),
        ),
        "ResourceDescriptions",
    );
    assert_eq!(rules.len(), 12, "the requests are finished");
}
