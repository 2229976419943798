//! Permissions of EC2: changes are authorized for every resource that they name, and in a create
//! call once more for tags.

use crate::simulator::{
    iam::{Call, Need, roles, tags},
    service::partition,
};

/// The suffix of an association's id that stands for its route table.
pub(super) const TABLE_OF: &str = "/table";

pub(super) fn needs(call: &Call<'_>) -> Vec<Need> {
    match call.operation {
        "AllocateAddress" => create(call, "elastic-ip"),
        "CreateInternetGateway" => create(call, "internet-gateway"),
        "CreateSubnet" => create(call, "subnet"),
        "CreateVpc" => create(call, "vpc"),
        "CreateNatGateway" => {
            let mut needs = create(call, "natgateway");
            needs.extend(on(call, &["AllocationId"]));
            needs
        }
        "CreateFlowLogs" => {
            let mut needs = create(call, "vpc-flow-log");
            needs.extend(on(call, &["ResourceId"]));
            needs.push(call.other("logs:CreateLogDelivery", "*"));
            needs.extend(roles(call.input).into_iter().map(|role| {
                let need = call.other("iam:PassRole", role);
                need.with("iam:PassedToService", "vpc-flow-logs.amazonaws.com")
            }));
            needs
        }
        "ReleaseAddress" => on(call, &["AllocationId"]),
        "AssociateNatGatewayAddress" => on(call, &["NatGatewayId", "AllocationId"]),
        "DeleteNatGateway" | "DisassociateNatGatewayAddress" => on(call, &["NatGatewayId"]),
        "DeleteFlowLogs" => {
            let mut needs = on(call, &["FlowLogId"]);
            needs.push(call.other("logs:DeleteLogDelivery", "*"));
            needs
        }
        "DeleteInternetGateway" => on(call, &["InternetGatewayId"]),
        "AttachInternetGateway" | "DetachInternetGateway" => {
            on(call, &["InternetGatewayId", "VpcId"])
        }
        "DeleteSubnet" | "ModifySubnetAttribute" => on(call, &["SubnetId"]),
        "DeleteVpc" | "DescribeVpcAttribute" | "ModifyVpcAttribute" | "ModifyVpcTenancy" => {
            on(call, &["VpcId"])
        }
        "CreateSecurityGroup" => create(call, "security-group"),
        "CreateVpcEndpoint" => {
            let mut needs = create(call, "vpc-endpoint");
            needs.extend(zone(call));
            needs
        }
        "ModifyVpcEndpoint" => {
            let mut needs = on(call, &["VpcEndpointId"]);
            needs.extend(parts(call));
            needs.extend(zone(call));
            needs
        }
        "DeleteVpcEndpoints" => on(call, &["VpcEndpointId"]),
        "CreateRouteTable" => create(call, "route-table"),
        "CreateRoute" | "ReplaceRoute" | "DeleteRoute" | "DeleteRouteTable" => {
            on(call, &["RouteTableId"])
        }
        "EnableVgwRoutePropagation" | "DisableVgwRoutePropagation" => {
            on(call, &["RouteTableId", "GatewayId"])
        }
        "AssociateRouteTable" => on(call, &["RouteTableId", "SubnetId", "GatewayId"]),
        "DisassociateRouteTable" => {
            let mut needs = associated(call, TABLE_OF);
            needs.extend(associated(call, ""));
            needs
        }
        "CreateNetworkAcl" => create(call, "network-acl"),
        "CreateNetworkAclEntry"
        | "ReplaceNetworkAclEntry"
        | "DeleteNetworkAclEntry"
        | "DeleteNetworkAcl" => on(call, &["NetworkAclId"]),
        // The reference lists one table and one ACL, which are the new ones.
        "ReplaceRouteTableAssociation" | "ReplaceNetworkAclAssociation" => {
            let mut needs = on(call, &["RouteTableId", "NetworkAclId"]);
            needs.extend(associated(call, ""));
            needs
        }
        "AssociateSecurityGroupVpc" | "DisassociateSecurityGroupVpc" => {
            on(call, &["GroupId", "VpcId"])
        }
        "CreateTags" => {
            let set = call.tags("Tag", "Key", "Value");
            on(call, &["ResourceId"]).into_iter().map(|need| need.sets(&set)).collect()
        }
        "DeleteTags" => {
            let gone = call.tags("Tag", "Key", "Value");
            let keys: Vec<&str> = gone.keys().map(String::as_str).collect();
            on(call, &["ResourceId"]).into_iter().map(|need| need.names(&keys)).collect()
        }
        "ModifySecurityGroupRules" => {
            let mut needs = on(call, &["GroupId"]);
            let rules = call.input["SecurityGroupRule"].as_array().into_iter().flatten();
            let ids = rules.filter_map(|rule| rule["SecurityGroupRuleId"].as_str());
            needs.extend(ids.map(|id| resource(call, id)));
            needs
        }
        operation if operation.contains("Security") && !operation.starts_with("Describe") => {
            on(call, &["GroupId"])
        }
        _ => vec![call.need("*")],
    }
}

/// The permissions of a create call: for the new resource, whose id is not known yet, for the VPC
/// and the resources that it is put into, and for its tags.
fn create(call: &Call<'_>, kind: &str) -> Vec<Need> {
    let new = call.arn(&format!("{kind}/*"));
    let first = &call.input["TagSpecification"][0];
    let set = tags(&first["Tag"], "Key", "Value");
    let mut needs = vec![call.need(&new).sets(&set)];
    needs.extend(on(call, &["VpcId"]));
    needs.extend(parts(call));
    if !set.is_empty() {
        let tagging = call.other("ec2:CreateTags", &new).sets(&set);
        needs.push(tagging.with("ec2:CreateAction", call.operation));
    }
    needs
}

fn parts(call: &Call<'_>) -> Vec<Need> {
    let mut needs = Vec::new();
    for part in ["SubnetId", "SecurityGroupId", "RouteTableId"] {
        let members = [part.to_owned(), format!("Add{part}"), format!("Remove{part}")];
        needs.extend(on(call, &members.each_ref().map(String::as_str)));
    }
    needs
}

/// Private DNS names are in a hosted zone of AWS, which is associated with the VPC on behalf of the
/// caller.
fn zone(call: &Call<'_>) -> Option<Need> {
    let any = format!("arn:{}:route53:::hostedzone/*", partition(&call.caller.region));
    let asked = call.text("PrivateDnsEnabled") == "true";
    asked.then(|| call.other("route53:AssociateVPCWithHostedZone", &any))
}

/// The permission for each resource named in these members, one id or a list.
fn on(call: &Call<'_>, members: &[&str]) -> Vec<Need> {
    let ids = members.iter().flat_map(|member| {
        let mut ids = call.texts(member);
        ids.extend(call.input[*member].as_str());
        ids
    });
    ids.map(|id| resource(call, id)).collect()
}

/// The permission for the other side of the association in the request, if it exists.
fn associated(call: &Call<'_>, which: &str) -> Vec<Need> {
    let name = format!("{}{which}", call.text("AssociationId"));
    let found = call.find(call.service, &name);
    found.map(|(arn, has)| call.need(&arn).of(&has)).into_iter().collect()
}

fn resource(call: &Call<'_>, id: &str) -> Need {
    match call.find(call.service, id) {
        Some((arn, has)) => call.need(&arn).of(&has),
        None => call.need(&call.arn(&format!("*/{id}"))),
    }
}
