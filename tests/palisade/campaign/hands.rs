//! The hands of people: the world before palisade comes, and what they do to it meanwhile.

use super::prepare::declared;
use palisade::simulator::{Effect, Fault, World};
use serde_json::{Value, json};

pub const ML: &str = "111122223333";
pub const ORG: &str = "999988887777";
pub const REGION: &str = "eu-west-1";

/// An administrator's call that must succeed.
pub fn call(world: &mut World, service: &str, operation: &str, input: &Value) -> Value {
    try_call(world, service, operation, input)
        .unwrap_or_else(|error| panic!("{service}:{operation}: {error}"))
}

/// An administrator's call that may come too early or too late.
pub fn try_call(
    world: &mut World,
    service: &str,
    operation: &str,
    input: &Value,
) -> palisade::simulator::Answer {
    let (account, region) =
        if service == "organizations" { (ORG, "us-east-1") } else { (ML, REGION) };
    world.act(account, region, service, operation, input)
}

fn text(answer: &Value, path: &str) -> String {
    let found = answer.pointer(path).and_then(Value::as_str);
    found.unwrap_or_else(|| panic!("{path} in {answer}")).to_owned()
}

fn tagged(resource: &str, key: &str, value: &str) -> Value {
    json!([{"ResourceType": resource, "Tag": [{"Key": key, "Value": value}]}])
}

/// The id of the platform's account settings.
pub fn settings() -> String {
    format!("settings/{ML}/{REGION}")
}

/// New volumes are not encrypted any more, and snapshots can be shared with everybody.
pub fn open_settings(world: &mut World) {
    call(world, "ec2", "DisableEbsEncryptionByDefault", &json!({}));
    call(world, "ec2", "DisableSnapshotBlockPublicAccess", &json!({}));
}

/// What holds for the account in all Regions is opened, and its log is turned off.
pub fn open_account(world: &mut World) {
    call(world, "s3", "DeletePublicAccessBlock", &json!({}));
    let weak = json!({"AllowUsersToChangePassword": "true"});
    call(world, "iam", "UpdateAccountPasswordPolicy", &weak);
    call(world, "bedrock", "DeleteModelInvocationLoggingConfiguration", &json!({}));
    let contact = json!({
        "AlternateContactType": "SECURITY", "Name": "Somebody", "Title": "Else",
        "EmailAddress": "somebody@example.org", "PhoneNumber": "2",
    });
    call(world, "account", "PutAlternateContact", &contact);
}

/// The route tables of palisade.
fn own_tables(world: &World) -> Vec<String> {
    let truth = world.truth();
    let ours = truth.things.iter().filter(|(_, thing)| {
        thing.kind == "RouteTable" && thing.tags.contains_key("palisade:owner")
    });
    ours.map(|(id, _)| id.clone()).collect()
}

/// A route to the internet in every route table of palisade.
pub fn lead_out(world: &mut World) {
    let made = call(world, "ec2", "CreateInternetGateway", &json!({}));
    let gateway = text(&made, "/internetGateway/internetGatewayId");
    let attach = json!({"InternetGatewayId": gateway, "VpcId": vpc(world)});
    call(world, "ec2", "AttachInternetGateway", &attach);
    for table in own_tables(world) {
        let to = "0.0.0.0/0";
        let route =
            json!({"RouteTableId": table, "DestinationCidrBlock": to, "GatewayId": gateway});
        let _ = try_call(world, "ec2", "CreateRoute", &route);
    }
}

/// What went to the transit gateway goes to another one.
pub fn lead_elsewhere(world: &mut World) {
    for table in own_tables(world) {
        let (to, via) = ("10.0.0.0/8", "tgw-0b");
        let route =
            json!({"RouteTableId": table, "DestinationCidrBlock": to, "TransitGatewayId": via});
        let _ = try_call(world, "ec2", "ReplaceRoute", &route);
    }
}

/// An organisation with Workloads/ML, a VPC `ml` with two private subnets and their route table.
pub fn build(world: &mut World) {
    let root = root(world);
    let unit = json!({"ParentId": root, "Name": "Workloads"});
    let workloads = call(world, "organizations", "CreateOrganizationalUnit", &unit);
    let unit = json!({"ParentId": text(&workloads, "/OrganizationalUnit/Id"), "Name": "ML"});
    call(world, "organizations", "CreateOrganizationalUnit", &unit);
    let tags = tagged("vpc", "Name", "ml");
    let vpc = json!({"CidrBlock": "10.20.0.0/16", "TagSpecification": tags});
    let vpc = text(&call(world, "ec2", "CreateVpc", &vpc), "/vpc/vpcId");
    let dns = json!({"VpcId": vpc, "EnableDnsHostnames": {"Value": "true"}});
    call(world, "ec2", "ModifyVpcAttribute", &dns);
    let tags = tagged("route-table", "tier", "private");
    let table = json!({"VpcId": vpc, "TagSpecification": tags});
    call(world, "ec2", "CreateRouteTable", &table);
    for (zone, block) in [("a", "10.20.0.0/20"), ("b", "10.20.16.0/20")] {
        let subnet = json!({
            "VpcId": vpc, "CidrBlock": block, "AvailabilityZone": format!("{REGION}{zone}"),
            "TagSpecification": tagged("subnet", "tier", "private"),
        });
        call(world, "ec2", "CreateSubnet", &subnet);
    }
}

pub fn root(world: &mut World) -> String {
    text(&call(world, "organizations", "ListRoots", &json!({})), "/Roots/0/Id")
}

pub fn vpc(world: &mut World) -> String {
    text(&call(world, "ec2", "DescribeVpcs", &json!({})), "/vpcSet/0/vpcId")
}

/// The id of the live resource of a kind that has this name: a group's, policy's or domain's own, a key's alias, an endpoint's
/// service.
pub fn id(world: &World, kind: &str, name: &str) -> Option<String> {
    let truth = world.truth();
    let words = [format!("name {name}"), format!("alias alias/{name}")];
    let service = format!(".{name}");
    let named = truth.things.iter().find(|(_, thing)| {
        thing.kind == kind
            && (words.iter().any(|word| thing.facts.contains(word))
                || thing.facts_of("service").any(|fact| fact.ends_with(&service)))
    });
    named.map(|(id, _)| id.clone())
}

fn ssh() -> Value {
    json!([{"IpProtocol": "tcp", "FromPort": "22", "ToPort": "22", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}])
}

/// Opens SSH on the group `apps` to the world; nothing if it is not there or open already.
pub fn open_ssh(world: &mut World) {
    if let Some(group) = id(world, "SecurityGroup", "apps") {
        let rule = json!({"GroupId": group, "IpPermissions": ssh()});
        let _ = try_call(world, "ec2", "AuthorizeSecurityGroupIngress", &rule);
    }
}

/// Takes the rule for HTTPS from the network off the group `apps`.
pub fn close_https(world: &mut World) {
    if let Some(group) = id(world, "SecurityGroup", "apps") {
        let https = json!([{"IpProtocol": "tcp", "FromPort": "443", "ToPort": "443", "IpRanges": [{"CidrIp": "10.0.0.0/16"}]}]);
        let rule = json!({"GroupId": group, "IpPermissions": https});
        let _ = try_call(world, "ec2", "RevokeSecurityGroupIngress", &rule);
    }
}

/// Somebody's own group `apps`, with SSH open.
pub fn foreign_group(world: &mut World) {
    let vpc = vpc(world);
    let group = json!({"GroupName": "apps", "GroupDescription": "by hand", "VpcId": vpc});
    call(world, "ec2", "CreateSecurityGroup", &group);
    open_ssh(world);
}

/// Everything through the endpoint of S3.
pub fn widen_endpoint(world: &mut World) {
    if let Some(endpoint) = id(world, "VpcEndpoint", "s3") {
        let all = json!({"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}]});
        let change = json!({"VpcEndpointId": endpoint, "PolicyDocument": all.to_string()});
        let _ = try_call(world, "ec2", "ModifyVpcEndpoint", &change);
    }
}

/// Somebody's own gateway endpoint of S3, without routes.
pub fn foreign_endpoint(world: &mut World) {
    let vpc = vpc(world);
    let service = "com.amazonaws.eu-west-1.s3";
    let endpoint = json!({"VpcId": vpc, "ServiceName": service, "VpcEndpointType": "Gateway"});
    call(world, "ec2", "CreateVpcEndpoint", &endpoint);
}

/// A key of somebody's own with the alias `studio`.
pub fn foreign_key(world: &mut World) {
    let key = call(world, "kms", "CreateKey", &json!({"Description": "by hand"}));
    let key = text(&key, "/KeyMetadata/KeyId");
    let alias = json!({"AliasName": "alias/studio", "TargetKeyId": key});
    call(world, "kms", "CreateAlias", &alias);
}

fn on_key(world: &mut World, operation: &str) {
    if let Some(key) = id(world, "KmsKey", "studio") {
        let _ = try_call(world, "kms", operation, &json!({"KeyId": key}));
    }
}

/// Switches the rotation of the key `studio` off.
pub fn stop_rotation(world: &mut World) {
    on_key(world, "DisableKeyRotation");
}

/// Schedules the key `studio` for deletion.
pub fn doom_key(world: &mut World) {
    on_key(world, "ScheduleKeyDeletion");
}

/// A policy of somebody's own named `guard`, attached to nothing.
pub fn foreign_policy(world: &mut World) {
    let content = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "s3:*", "Resource": "*"}]});
    let policy = json!({
        "Name": "guard", "Description": "by hand", "Type": "SERVICE_CONTROL_POLICY",
        "Content": content.to_string(),
    });
    call(world, "organizations", "CreatePolicy", &policy);
}

/// Detaches the policy `guard` from the root.
pub fn detach_guard(world: &mut World) {
    if let Some(policy) = id(world, "ServiceControlPolicy", "guard") {
        let target = root(world);
        let pair = json!({"PolicyId": policy, "TargetId": target});
        let _ = try_call(world, "organizations", "DetachPolicy", &pair);
    }
}

/// Lets users of the domain `studio` run Docker.
pub fn allow_docker(world: &mut World) {
    if let Some(domain) = id(world, "SageMakerDomain", "studio") {
        let docker = json!({"DockerSettings": {"EnableDockerAccess": "ENABLED"}});
        let change = json!({"DomainId": domain, "DomainSettingsForUpdate": docker});
        let _ = try_call(world, "sagemaker", "UpdateDomain", &change);
    }
}

fn everything() -> String {
    let all = json!({"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}]});
    all.to_string()
}

/// Everything through the endpoint of S3, and from the VPC's main route table too.
pub fn open_gateway(world: &mut World) {
    widen_endpoint(world);
    let tables = call(world, "ec2", "DescribeRouteTables", &json!({}));
    let tables = tables["routeTableSet"].as_array().cloned().unwrap_or_default();
    let private = |table: &Value| table["tagSet"].as_array().is_some_and(|tags| !tags.is_empty());
    let other = tables.iter().find(|table| !private(table)).expect("the main route table");
    let id = id(world, "VpcEndpoint", "s3").expect("the endpoint");
    let change = json!({"VpcEndpointId": id, "AddRouteTableId": [other["routeTableId"]]});
    call(world, "ec2", "ModifyVpcEndpoint", &change);
}

/// Everything through the endpoint of STS, through a further group and from a further subnet.
pub fn open_interface(world: &mut World) {
    let vpc = vpc(world);
    let subnet = json!({
        "VpcId": vpc, "CidrBlock": "10.20.32.0/20", "AvailabilityZone": format!("{REGION}c"),
    });
    let subnet = text(&call(world, "ec2", "CreateSubnet", &subnet), "/subnet/subnetId");
    let door = id(world, "SecurityGroup", "door").expect("the group");
    let id = id(world, "VpcEndpoint", "sts").expect("the endpoint");
    let change = json!({
        "VpcEndpointId": id, "PolicyDocument": everything(),
        "AddSecurityGroupId": [door], "AddSubnetId": [subnet],
    });
    call(world, "ec2", "ModifyVpcEndpoint", &change);
}

fn widen_key(world: &mut World, name: &str) {
    let key = id(world, "KmsKey", name).expect("the key");
    let policy = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": format!("arn:aws:iam::{ML}:root")}, "Action": "kms:*", "Resource": "*"},
        {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "kms:Decrypt", "Resource": "*"},
    ]});
    let put = json!({"KeyId": key, "PolicyName": "default", "Policy": policy.to_string()});
    call(world, "kms", "PutKeyPolicy", &put);
}

/// Switches the key `studio` on and lets everybody decrypt with it.
pub fn open_key(world: &mut World) {
    on_key(world, "EnableKey");
    widen_key(world, "studio");
}

/// Lets everybody decrypt with two keys; one of them, now and then the other, may not be read for a while.
pub fn open_keys_and_hide_one(world: &mut World) {
    for name in ["studio", "volumes"] {
        widen_key(world, name);
    }
    for nth in [1, 3, 5] {
        world.inject(Fault::new("GetKeyPolicy", Effect::Deny).nth(nth));
    }
}

/// Opens SSH to the world on every group that is somebody's.
pub fn open_all_groups(world: &mut World) {
    let truth = world.truth();
    let groups = truth.things.iter().filter(|(_, thing)| thing.kind == "SecurityGroup");
    for (group, _) in groups.filter(|(_, thing)| !thing.tags.is_empty()) {
        let rule = json!({"GroupId": group, "IpPermissions": ssh()});
        let _ = try_call(world, "ec2", "AuthorizeSecurityGroupIngress", &rule);
    }
}

/// Opens SSH on the group `apps`, and makes a second VPC with the tags of the first.
pub fn open_ssh_and_confuse(world: &mut World) {
    open_ssh(world);
    let tags = tagged("vpc", "Name", "ml");
    let vpc = json!({"CidrBlock": "10.30.0.0/16", "TagSpecification": tags});
    call(world, "ec2", "CreateVpc", &vpc);
}

/// Opens another port on the group `apps` than [`open_ssh`] does.
pub fn open_rdp(world: &mut World) {
    if let Some(group) = id(world, "SecurityGroup", "apps") {
        let rdp = json!([{"IpProtocol": "tcp", "FromPort": "3389", "ToPort": "3389", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]);
        let rule = json!({"GroupId": group, "IpPermissions": rdp});
        let _ = try_call(world, "ec2", "AuthorizeSecurityGroupIngress", &rule);
    }
}

fn app(world: &World) -> Value {
    let domain = id(world, "SageMakerDomain", "studio").expect("the domain");
    json!({"DomainId": domain, "UserProfileName": "ada", "AppType": "JupyterLab", "AppName": "lab"})
}

/// Opens the domain `studio` to the internet and to Docker, and works in it.
pub fn open_domain_and_work(world: &mut World) {
    let app = app(world);
    let user = json!({"DomainId": app["DomainId"], "UserProfileName": "ada"});
    let _ = try_call(world, "sagemaker", "CreateUserProfile", &user);
    let open = json!({
        "DomainId": app["DomainId"], "AppNetworkAccessType": "PublicInternetOnly",
        "DomainSettingsForUpdate": {"DockerSettings": {"EnableDockerAccess": "ENABLED"}},
    });
    let _ = try_call(world, "sagemaker", "UpdateDomain", &open);
    let _ = try_call(world, "sagemaker", "CreateApp", &app);
}

/// Works in the domain `studio`.
pub fn work(world: &mut World) {
    let app = app(world);
    let _ = try_call(world, "sagemaker", "CreateApp", &app);
}

/// Ends the work in the domain `studio`.
pub fn stop_work(world: &mut World) {
    let app = app(world);
    let _ = try_call(world, "sagemaker", "DeleteApp", &app);
}

/// All of the above that somebody can do at any time.
pub const MEANWHILE: [fn(&mut World); 6] =
    [open_ssh, close_https, widen_endpoint, stop_rotation, detach_guard, allow_docker];
/// Those that somebody can do to what these manifests declare.
pub fn edits_of(manifests: &str) -> Vec<fn(&mut World)> {
    let declared = declared(manifests);
    let edited = MEANWHILE.into_iter().zip(EDITED);
    let ours = edited.filter(|(_, whose)| declared.contains(*whose));
    let tombstones = manifests.contains("state: absent");
    ours.map(|(deed, _)| deed).filter(|_| !tombstones).collect()
}

/// Whose resource each of them edits: where it is not declared, nobody puts it right.
pub const EDITED: [&str; 6] = [
    "ml/SecurityGroup/apps",
    "ml/SecurityGroup/apps",
    "ml/VpcEndpoint/s3",
    "ml/KmsKey/studio",
    "org/ServiceControlPolicy/guard",
    "ml/SageMakerDomain/studio",
];
