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
    let of_organization = ["organizations", "sso", "identitystore"].contains(&service);
    let (account, region) = if of_organization { (ORG, "us-east-1") } else { (ML, REGION) };
    world.act(account, region, service, operation, input)
}

fn text(answer: &Value, path: &str) -> String {
    let found = answer.pointer(path).and_then(Value::as_str);
    found.unwrap_or_else(|| panic!("{path} in {answer}")).to_owned()
}

fn tagged(resource: &str, key: &str, value: &str) -> Value {
    json!([{"ResourceType": resource, "Tag": [{"Key": key, "Value": value}]}])
}

/// The kind of accounts' places.
pub const PLACEMENT: &str = "AccountPlacement";

/// A grant on every key of palisade, to somebody of another account.
pub fn grant_abroad(world: &mut World) {
    for key in own(world, "KmsKey") {
        let grant = json!({
            "KeyId": key, "GranteePrincipal": "arn:aws:iam::666677778888:role/reader",
            "Operations": ["Decrypt", "DescribeKey"],
        });
        let _ = try_call(world, "kms", "CreateGrant", &grant);
    }
}

/// A grant on every key of palisade for an account that its manifest allows, and one for a volume.
pub fn grant_as_usual(world: &mut World) {
    for key in own(world, "KmsKey") {
        for to in [
            "arn:aws:iam::444455556666:role/partner",
            "arn:aws:sts::666677778888:assumed-role/aws:ec2-infrastructure/i-0abc",
        ] {
            let grant = json!({"KeyId": key, "GranteePrincipal": to, "Operations": ["Decrypt"]});
            let _ = try_call(world, "kms", "CreateGrant", &grant);
        }
    }
}

/// The unit with this name below the root, and the one below that.
fn unit(world: &mut World, path: &[&str]) -> String {
    let mut id = root(world);
    for name in path {
        let units = call(
            world,
            "organizations",
            "ListOrganizationalUnitsForParent",
            &json!({"ParentId": id}),
        );
        let units = units["OrganizationalUnits"].as_array().cloned().unwrap_or_default();
        let found = units.iter().find(|unit| unit["Name"] == **name).expect("the unit");
        id = text(found, "/Id");
    }
    id
}

fn move_account(world: &mut World, path: &[&str]) {
    let parents = call(world, "organizations", "ListParents", &json!({"ChildId": ML}));
    let moving = json!({
        "AccountId": ML, "SourceParentId": text(&parents, "/Parents/0/Id"),
        "DestinationParentId": unit(world, path),
    });
    let _ = try_call(world, "organizations", "MoveAccount", &moving);
}

/// Moves the platform's account to the root.
pub fn move_to_root(world: &mut World) {
    move_account(world, &[]);
}

/// Moves the platform's account to the unit `Workloads`.
pub fn move_to_workloads(world: &mut World) {
    move_account(world, &["Workloads"]);
}

/// The id of the platform's account settings.
pub fn settings() -> String {
    format!("settings/{ML}/{REGION}")
}

/// The id of who has what in the platform's account.
pub fn assignments() -> String {
    format!("assignments/{ML}")
}

/// An operation of Identity Center on its instance.
fn center(world: &mut World, operation: &str, input: &Value) -> palisade::simulator::Answer {
    let instances = try_call(world, "sso", "ListInstances", &json!({}))?;
    let mut input = input.clone();
    input["InstanceArn"] = instances["Instances"][0]["InstanceArn"].clone();
    input["IdentityStoreId"] = instances["Instances"][0]["IdentityStoreId"].clone();
    let is_of_store = ["User", "Group"].iter().any(|it| operation.contains(it));
    try_call(world, if is_of_store { "identitystore" } else { "sso" }, operation, &input)
}

fn set(world: &mut World, name: &str) -> Option<String> {
    let all = center(world, "ListPermissionSets", &json!({})).ok()?;
    let all = all["PermissionSets"].as_array()?.iter().filter_map(Value::as_str);
    let all: Vec<_> = all.map(str::to_owned).collect();
    all.into_iter().find(|arn| {
        let set = center(world, "DescribePermissionSet", &json!({"PermissionSetArn": arn}));
        set.is_ok_and(|set| set["PermissionSet"]["Name"] == name)
    })
}

fn group_of_people(world: &mut World, name: &str) -> Option<String> {
    let by = json!({"UniqueAttribute": {"AttributePath": "displayName", "AttributeValue": name}});
    let found = center(world, "GetGroupId", &json!({"AlternateIdentifier": by})).ok()?;
    Some(text(&found, "/GroupId"))
}

/// Gives a permission set in the platform's account to a group, or takes it away, which is done at once. Nothing if it is
/// so already.
fn assign(world: &mut World, operation: &str, name: &str, group: &str) {
    let (Some(set), Some(group)) = (set(world, name), group_of_people(world, group)) else {
        return;
    };
    let usual = std::mem::take(&mut world.options.assignment_working);
    let input = json!({
        "TargetId": ML, "TargetType": "AWS_ACCOUNT", "PermissionSetArn": set,
        "PrincipalType": "GROUP", "PrincipalId": group,
    });
    let _ = center(world, operation, &input);
    world.options.assignment_working = usual;
}

/// Everybody becomes administrator of the platform's account.
pub fn foreign_assignment(world: &mut World) {
    assign(world, "CreateAccountAssignment", "Administrator", "everybody");
}

/// The team can do nothing there any more.
pub fn take_assignment(world: &mut World) {
    assign(world, "DeleteAccountAssignment", "Scientist", "team");
}

/// The group `helpers` is deleted, and everybody becomes administrator.
pub fn lose_group(world: &mut World) {
    if let Some(group) = group_of_people(world, "helpers") {
        let _ = center(world, "DeleteGroup", &json!({"GroupId": group}));
    }
    foreign_assignment(world);
}

/// The permission set `Visitor`, which nobody has, is deleted, and everybody becomes administrator.
pub fn lose_set(world: &mut World) {
    if let Some(set) = set(world, "Visitor") {
        let _ = center(world, "DeletePermissionSet", &json!({"PermissionSetArn": set}));
    }
    foreign_assignment(world);
}

/// Permission sets and groups of Identity Center.
fn people(world: &mut World) {
    for name in ["Scientist", "Operator", "Visitor", "Administrator"] {
        center(world, "CreatePermissionSet", &json!({"Name": name})).expect("a permission set");
    }
    let administrator = json!({
        "PermissionSetArn": set(world, "Administrator"),
        "ManagedPolicyArn": "arn:aws:iam::aws:policy/AdministratorAccess",
    });
    center(world, "AttachManagedPolicyToPermissionSet", &administrator).expect("attached");
    for name in ["team", "helpers", "everybody"] {
        center(world, "CreateGroup", &json!({"DisplayName": name})).expect("a group");
    }
    center(world, "CreateUser", &json!({"UserName": "jane@example.com"})).expect("a user");
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

/// The resources of palisade of a kind.
fn own(world: &World, kind: &str) -> Vec<String> {
    let truth = world.truth();
    let ours = truth
        .things
        .iter()
        .filter(|(_, thing)| thing.kind == kind && thing.tags.contains_key("palisade:owner"));
    ours.map(|(id, _)| id.clone()).collect()
}

/// The route tables of palisade.
fn own_tables(world: &World) -> Vec<String> {
    own(world, "RouteTable")
}

/// Everything may enter, by an entry before all others in every ACL of palisade.
pub fn let_all_in(world: &mut World) {
    for acl in own(world, "NetworkAcl") {
        let entry = json!({
            "NetworkAclId": acl, "RuleNumber": "1", "Egress": "false", "Protocol": "-1",
            "RuleAction": "allow", "CidrBlock": "0.0.0.0/0",
        });
        let _ = try_call(world, "ec2", "CreateNetworkAclEntry", &entry);
    }
}

/// SSH may enter: what denied it goes, and what allowed HTTPS allows every port.
pub fn let_ssh_in(world: &mut World) {
    for acl in own(world, "NetworkAcl") {
        let deny = json!({"NetworkAclId": acl, "RuleNumber": "100", "Egress": "false"});
        let _ = try_call(world, "ec2", "DeleteNetworkAclEntry", &deny);
        let allow = json!({
            "NetworkAclId": acl, "RuleNumber": "200", "Egress": "false", "Protocol": "-1",
            "RuleAction": "allow", "CidrBlock": "10.0.0.0/8",
        });
        let _ = try_call(world, "ec2", "ReplaceNetworkAclEntry", &allow);
    }
}

/// Every subnet is filtered by the default ACL of its VPC.
pub fn filter_by_default(world: &mut World) {
    let all = call(world, "ec2", "DescribeNetworkAcls", &json!({}));
    let all = all["networkAclSet"].as_array().cloned().unwrap_or_default();
    let default = all.iter().find(|acl| acl["default"] == true).expect("a default ACL");
    let associations = all.iter().filter_map(|acl| acl["associationSet"].as_array()).flatten();
    for association in associations {
        let moving = json!({
            "AssociationId": association["networkAclAssociationId"],
            "NetworkAclId": default["networkAclId"],
        });
        let _ = try_call(world, "ec2", "ReplaceNetworkAclAssociation", &moving);
    }
}

/// A virtual private gateway puts routes in every route table of palisade.
pub fn let_private_gateway_in(world: &mut World) {
    let made = call(world, "ec2", "CreateVpnGateway", &json!({"Type": "ipsec.1"}));
    let gateway = text(&made, "/vpnGateway/vpnGatewayId");
    let attach = json!({"VpnGatewayId": gateway, "VpcId": vpc(world)});
    call(world, "ec2", "AttachVpnGateway", &attach);
    for table in own_tables(world) {
        let open = json!({"RouteTableId": table, "GatewayId": gateway});
        let _ = try_call(world, "ec2", "EnableVgwRoutePropagation", &open);
    }
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
        let (to, via) = ("10.0.0.0/8", "tgw-0b000000");
        let route =
            json!({"RouteTableId": table, "DestinationCidrBlock": to, "TransitGatewayId": via});
        let _ = try_call(world, "ec2", "ReplaceRoute", &route);
    }
}

/// Somebody's own notebook instance `research`.
pub fn foreign_notebook(world: &mut World) {
    let instance = json!({
        "NotebookInstanceName": "research", "InstanceType": "ml.t3.medium",
        "RoleArn": "arn:aws:iam::111122223333:role/notebooks",
    });
    call(world, "sagemaker", "CreateNotebookInstance", &instance);
}

/// Users of the instance `research` become root and IMDSv1 answers; nothing while it runs.
pub fn open_notebook(world: &mut World) {
    let metadata = json!({"MinimumInstanceMetadataServiceVersion": "1"});
    let change = json!({
        "NotebookInstanceName": "research", "RootAccess": "Enabled",
        "InstanceMetadataServiceConfiguration": metadata,
    });
    let _ = try_call(world, "sagemaker", "UpdateNotebookInstance", &change);
}

fn on_notebook(world: &mut World, operation: &str) {
    let _ = try_call(world, "sagemaker", operation, &json!({"NotebookInstanceName": "research"}));
}

/// Starts the instance `research`.
pub fn start_notebook(world: &mut World) {
    on_notebook(world, "StartNotebookInstance");
}

/// Stops the instance `research`.
pub fn stop_notebook(world: &mut World) {
    on_notebook(world, "StopNotebookInstance");
}

/// Somebody's own lifecycle configuration `setup` of notebook instances.
pub fn foreign_scripts(world: &mut World) {
    let named = json!({"NotebookInstanceLifecycleConfigName": "setup"});
    call(world, "sagemaker", "CreateNotebookInstanceLifecycleConfig", &named);
}

/// The script of the configuration `setup` becomes another one; nothing if it is not there.
pub fn change_script(world: &mut World) {
    let script = json!([{"Content": "Y3VybCBldmls"}]);
    let change = json!({"NotebookInstanceLifecycleConfigName": "setup", "OnStart": script});
    let _ = try_call(world, "sagemaker", "UpdateNotebookInstanceLifecycleConfig", &change);
}

/// An organisation with Workloads/ML, a VPC `ml` with two private subnets and their route table.
pub fn build(world: &mut World) {
    let all = json!({"Effect": "Allow", "Action": "s3:*", "Resource": "*"});
    let all = json!({"Version": "2012-10-17", "Statement": [all]});
    let boundary = json!({"PolicyName": "ml-boundary", "PolicyDocument": all.to_string()});
    call(world, "iam", "CreatePolicy", &boundary);
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
    people(world);
}

pub fn root(world: &mut World) -> String {
    text(&call(world, "organizations", "ListRoots", &json!({})), "/Roots/0/Id")
}

pub fn vpc(world: &mut World) -> String {
    text(&call(world, "ec2", "DescribeVpcs", &json!({})), "/vpcSet/0/vpcId")
}

/// The id of the live resource of a kind that has this name: a group's, policy's or domain's own, a key's alias, an endpoint's
/// service, a network's block, `default` for a default ACL.
pub fn id(world: &World, kind: &str, name: &str) -> Option<String> {
    let truth = world.truth();
    let words = [
        format!("name {name}"),
        format!("alias alias/{name}"),
        format!("{name} true"),
        format!("cidr {name}"),
    ];
    let (service, named_so) = (format!(".{name}"), format!("Name \"{name}\""));
    let named = truth.things.iter().find(|(_, thing)| {
        thing.kind == kind
            && (words.iter().any(|word| thing.facts.contains(word))
                || thing.facts.iter().any(|fact| fact.ends_with(&named_so))
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

/// A second VPC, `batch`.
pub fn second_vpc(world: &mut World) {
    let vpc =
        json!({"CidrBlock": "10.77.0.0/16", "TagSpecification": tagged("vpc", "Name", "batch")});
    call(world, "ec2", "CreateVpc", &vpc);
}

/// Lets the group `apps` be used in the VPC `batch`; nothing if it is not there or used there already.
pub fn share_apps(world: &mut World) {
    let filter = json!({"Filter": [{"Name": "tag:Name", "Value": ["batch"]}]});
    let found = call(world, "ec2", "DescribeVpcs", &filter);
    let batch = text(&found, "/vpcSet/0/vpcId");
    if let Some(group) = id(world, "SecurityGroup", "apps") {
        let association = json!({"GroupId": group, "VpcId": batch});
        let _ = try_call(world, "ec2", "AssociateSecurityGroupVpc", &association);
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

/// The kinds of policies of the organisation.
pub const POLICIES: [&str; 6] = [
    "ServiceControlPolicy",
    "ResourceControlPolicy",
    "DeclarativePolicyEC2",
    "AIServicesOptOutPolicy",
    "TagPolicy",
    "BackupPolicy",
];

/// Detaches the sister policy `watch` from the root, whatever its type.
pub fn detach_watch(world: &mut World) {
    for kind in POLICIES {
        if let Some(policy) = id(world, kind, "watch") {
            let pair = json!({"PolicyId": policy, "TargetId": root(world)});
            let _ = try_call(world, "organizations", "DetachPolicy", &pair);
        }
    }
}

/// Gives the sister policy `watch` a text that watches nothing of what it did.
pub fn blind_watch(world: &mut World) {
    let denies = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Deny", "Principal": "*", "Action": "dynamodb:DeleteTable", "Resource": "*"}]});
    let console =
        json!({"ec2_attributes": {"serial_console_access": {"status": {"@@assign": "enabled"}}}});
    let opt_in = json!({"services": {"default": {"opt_out_policy": {"@@assign": "optIn"}}}});
    for (kind, content) in [
        ("ResourceControlPolicy", denies),
        ("DeclarativePolicyEC2", console),
        ("AIServicesOptOutPolicy", opt_in),
    ] {
        if let Some(policy) = id(world, kind, "watch") {
            let change = json!({"PolicyId": policy, "Content": content.to_string()});
            let _ = try_call(world, "organizations", "UpdatePolicy", &change);
        }
    }
}

/// A resource control policy of somebody's own named `watch`, attached to nothing.
pub fn foreign_watch(world: &mut World) {
    let content = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*"}]});
    let policy = json!({
        "Name": "watch", "Description": "by hand", "Type": "RESOURCE_CONTROL_POLICY",
        "Content": content.to_string(),
    });
    call(world, "organizations", "CreatePolicy", &policy);
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

/// Somebody's own domain `studio`.
pub fn foreign_domain(world: &mut World) {
    let domain = json!({
        "DomainName": "studio", "AuthMode": "IAM", "VpcId": vpc(world), "SubnetIds": ["subnet-10000000"],
        "DefaultUserSettings": {"ExecutionRole": format!("arn:aws:iam::{ML}:role/studio")},
    });
    call(world, "sagemaker", "CreateDomain", &domain);
}

/// The domain, and the names in it.
fn in_domain(world: &World, member: &str, name: &str) -> Option<Value> {
    let domain = id(world, "SageMakerDomain", "studio")?;
    Some(json!({"DomainId": domain, member: name}))
}

/// Somebody's own user `ada` in the domain `studio`.
pub fn foreign_user(world: &mut World) {
    let ada = in_domain(world, "UserProfileName", "ada").expect("the domain");
    call(world, "sagemaker", "CreateUserProfile", &ada);
}

/// Lets the user `ada` share what notebooks show.
pub fn share_output(world: &mut World) {
    if let Some(mut ada) = in_domain(world, "UserProfileName", "ada") {
        ada["UserSettings"] = json!({"SharingSettings": {"NotebookOutputOption": "Allowed"}});
        let _ = try_call(world, "sagemaker", "UpdateUserProfile", &ada);
    }
}

/// Puts the user `ada` into another group.
pub fn add_group(world: &mut World) {
    if let Some(mut ada) = in_domain(world, "UserProfileName", "ada") {
        ada["UserSettings"] =
            json!({"SecurityGroups": ["sg-0123456789abcdef0", "sg-0123456789abcdef9"]});
        let _ = try_call(world, "sagemaker", "UpdateUserProfile", &ada);
    }
}

/// Opens the space `lab` to editors outside of Studio.
pub fn open_space(world: &mut World) {
    if let Some(mut lab) = in_domain(world, "SpaceName", "lab") {
        lab["SpaceSettings"] = json!({"RemoteAccess": "ENABLED"});
        let _ = try_call(world, "sagemaker", "UpdateSpace", &lab);
    }
}

/// The names of palisade's own resources of a type of Cloud Control.
fn own_names(world: &World, kind: &str) -> Vec<String> {
    let ids = own(world, kind).into_iter();
    ids.filter_map(|id| id.rsplit('/').next().map(str::to_owned)).collect()
}

/// The names of all resources of a type of Cloud Control that has no tags.
fn all_names(world: &World, kind: &str) -> Vec<String> {
    let things = world.truth().things;
    let of_kind = things.iter().filter(|(_, thing)| thing.kind == kind);
    of_kind.filter_map(|(id, _)| id.rsplit('/').next().map(str::to_owned)).collect()
}

/// Every bucket of palisade may be opened to everybody.
pub fn open_buckets(world: &mut World) {
    for bucket in own_names(world, "AWS::S3::Bucket") {
        let _ = try_call(world, "s3", "DeletePublicAccessBlock", &json!({"Bucket": bucket}));
    }
}

/// Another account may do everything with every bucket of palisade that has a policy.
pub fn replace_bucket_policies(world: &mut World) {
    for bucket in all_names(world, "AWS::S3::BucketPolicy") {
        let all = json!({"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::666677778888:root"},
            "Action": "s3:*", "Resource": format!("arn:aws:s3:::{bucket}/*"),
        }]});
        let put = json!({"Bucket": bucket, "Policy": all.to_string()});
        let _ = try_call(world, "s3", "PutBucketPolicy", &put);
    }
}

/// Nothing in the VPCs of palisade finds names.
pub fn switch_dns_off(world: &mut World) {
    for vpc in own(world, "AWS::EC2::VPC") {
        for attribute in ["EnableDnsHostnames", "EnableDnsSupport"] {
            let off = json!({"VpcId": vpc, attribute: {"Value": "false"}});
            let _ = try_call(world, "ec2", "ModifyVpcAttribute", &off);
        }
    }
}

/// Another account may assume every role of palisade, too.
pub fn widen_trust(world: &mut World) {
    for role in own_names(world, "AWS::IAM::Role") {
        let trust = json!({"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::666677778888:root"},
            "Action": "sts:AssumeRole",
        }]});
        let change = json!({"RoleName": role, "PolicyDocument": trust.to_string()});
        let _ = try_call(world, "iam", "UpdateAssumeRolePolicy", &change);
    }
}

/// No rule of Config is left.
pub fn delete_rules(world: &mut World) {
    for rule in all_names(world, "AWS::Config::ConfigRule") {
        let _ = try_call(world, "config", "DeleteConfigRule", &json!({"ConfigRuleName": rule}));
    }
}

/// Config records nothing any more.
pub fn stop_recorders(world: &mut World) {
    for name in all_names(world, "AWS::Config::ConfigurationRecorder") {
        let named = json!({"ConfigurationRecorderName": name});
        let _ = try_call(world, "config", "StopConfigurationRecorder", &named);
    }
}

/// What starts in the subnets of palisade has public addresses.
pub fn publish_subnets(world: &mut World) {
    for subnet in own(world, "AWS::EC2::Subnet") {
        let public = json!({"SubnetId": subnet, "MapPublicIpOnLaunch": {"Value": "true"}});
        let _ = try_call(world, "ec2", "ModifySubnetAttribute", &public);
    }
}

/// The trails of palisade record nothing more.
pub fn stop_trails(world: &mut World) {
    const KIND: &str = "AWS::CloudTrail::Trail";
    for trail in own_names(world, KIND) {
        let named = json!({"Kind": KIND, "Id": trail});
        let Ok(mut kept) = try_call(world, "models", "GetModel", &named) else { continue };
        kept["Kind"] = KIND.into();
        kept["Id"] = trail.into();
        kept["Model"]["IsLogging"] = false.into();
        let _ = try_call(world, "models", "PutModel", &kept);
    }
}

/// GuardDuty looks for nothing any more.
pub fn suspend_detectors(world: &mut World) {
    let all = call(world, "guardduty", "ListDetectors", &json!({}));
    for id in all["Ids"].as_array().into_iter().flatten() {
        let off = json!({"Id": id, "Properties": {"Enable": false}});
        let _ = try_call(world, "guardduty", "UpdateDetector", &off);
    }
}

/// A change by hand.
pub type Hand = fn(&mut World);

/// What somebody can do at any time to resources of these kinds.
pub const TO_KINDS: [(&str, Hand); 9] = [
    ("AWS::EC2::Subnet", publish_subnets),
    ("AWS::CloudTrail::Trail", stop_trails),
    ("AWS::S3::Bucket", open_buckets),
    ("AWS::S3::BucketPolicy", replace_bucket_policies),
    ("AWS::EC2::VPC", switch_dns_off),
    ("AWS::IAM::Role", widen_trust),
    ("AWS::Config::ConfigRule", delete_rules),
    ("AWS::Config::ConfigurationRecorder", stop_recorders),
    ("AWS::GuardDuty::Detector", suspend_detectors),
];

/// All of the above that somebody can do at any time.
pub const MEANWHILE: [fn(&mut World); 9] = [
    open_ssh,
    close_https,
    widen_endpoint,
    stop_rotation,
    detach_guard,
    allow_docker,
    share_output,
    open_space,
    foreign_assignment,
];
/// Those that somebody can do to what these manifests declare.
pub fn edits_of(manifests: &str) -> Vec<Hand> {
    let declared = declared(manifests);
    let edited = MEANWHILE.into_iter().zip(EDITED);
    let ours = edited.filter(|(_, whose)| declared.contains(*whose));
    let tombstones = manifests.contains("state: absent");
    let of_kind = |kind: &str| declared.iter().any(|it| it.contains(&format!("/{kind}/")));
    let to_kinds = TO_KINDS.into_iter().filter(|(kind, _)| of_kind(kind)).map(|(_, deed)| deed);
    let all = ours.map(|(deed, _)| deed).chain(to_kinds);
    all.filter(|_| !tombstones).collect()
}

/// Whose resource each of them edits: where it is not declared, nobody puts it right.
pub const EDITED: [&str; 9] = [
    "ml/SecurityGroup/apps",
    "ml/SecurityGroup/apps",
    "ml/VpcEndpoint/s3",
    "ml/KmsKey/studio",
    "org/ServiceControlPolicy/guard",
    "ml/SageMakerDomain/studio",
    "ml/UserProfile/ada",
    "ml/Space/lab",
    "org/PermissionSetAssignment/ml",
];
