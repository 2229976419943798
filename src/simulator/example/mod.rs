//! An example world: the accounts of a platform before palisade is used, created with ordinary API
//! calls. The demo and the whole-program tests run in it.

mod hands;

use serde_json::{Value, json};

pub use self::hands::{Hands, tagged, text};
use super::{ApiError, Options, Simulator};

/// The account of the platform.
pub const ML_ACCOUNT: &str = "111122223333";
/// The organization's management account.
pub const MANAGEMENT_ACCOUNT: &str = "999988887777";
/// The account that keeps what all others record.
pub const LOG_ARCHIVE_ACCOUNT: &str = "222233334444";
/// The Region of the platform.
pub const REGION: &str = "eu-west-1";

/// The table for a memory, in the account and the Region of the platform.
pub const MEMORY_TABLE: &str = "palisade";

/// Settings (the text of a `palisade.yaml`) for this world: two scopes, and no wait longer than a
/// demo.
pub const SETTINGS: &str = "\
owner: palisade-demo
defaultScope: ml-prod
scopes:
  ml-prod:
    account: \"111122223333\"
    region: eu-west-1
    assumeRole: {roleArn: \"arn:aws:iam::111122223333:role/palisade\", externalId: demo}
  org:
    account: \"999988887777\"
    region: us-east-1
    assumeRole: {roleArn: \"arn:aws:iam::999988887777:role/palisade\", externalId: demo}
interval: 2s
settleWindow: 1s
";

/// Settings for the world of [`accounts`]: those that `desired-state/` is shipped with.
pub const PLATFORM_SETTINGS: &str = include_str!("../../../examples/palisade.yaml");

/// The simulated AWS that `desired-state/` is for: an organization with these accounts.
pub fn organization_options() -> Options {
    let accounts = [ML_ACCOUNT, LOG_ARCHIVE_ACCOUNT].map(str::to_owned).to_vec();
    Options { accounts, ..Options::default() }
}

/// Creates what people create before palisade starts, and what palisade never does: the permissions
/// boundary in each account, and groups and a user in Identity Center. The accounts are in the root
/// of the organization, and nothing else is anywhere.
///
/// # Errors
/// The simulated services' own: the world has been built already, or has other accounts.
pub fn accounts(simulator: &Simulator) -> Result<(), ApiError> {
    let allowed = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "*", "Resource": "*"},
        {"Effect": "Deny", "Action": ["iam:*", "organizations:*", "account:*"], "Resource": "*"},
        {"Effect": "Allow", "Action": "iam:PassRole", "Resource": "*"},
    ]});
    let boundary = json!({"PolicyName": "ml-boundary", "PolicyDocument": allowed.to_string()});
    for account in [ML_ACCOUNT, LOG_ARCHIVE_ACCOUNT, MANAGEMENT_ACCOUNT] {
        simulator.act(account, REGION, "iam", "CreatePolicy", &boundary)?;
    }
    let center = Hands::identity_center(simulator, "sso").call("ListInstances", &json!({}))?;
    let store = text(&center, "/Instances/0/IdentityStoreId")?;
    let people = Hands::identity_center(simulator, "identitystore");
    for group in ["ml-data-engineers", "ml-data-scientists", "ml-devops"] {
        people.call("CreateGroup", &json!({"IdentityStoreId": store, "DisplayName": group}))?;
    }
    people.call("CreateUser", &json!({"IdentityStoreId": store, "UserName": "ada@example.com"}))?;
    Ok(())
}

/// Creates the OUs Workloads and Workloads/ML with the account in it, the VPC `ml`, two private
/// subnets and their route table, and the table for a memory.
///
/// # Errors
/// The simulated services' own: the world has been built already, or does not allow it any
/// more.
pub fn build(simulator: &Simulator) -> Result<(), ApiError> {
    organization(simulator)?;
    simulator.with(|world| {
        world.dynamodb.create((ML_ACCOUNT, REGION), MEMORY_TABLE, &["key", "item"]);
    });
    network(simulator)
}

fn organization(simulator: &Simulator) -> Result<(), ApiError> {
    let organizations = Hands::organizations(simulator);
    let roots = organizations.call("ListRoots", &json!({}))?;
    let root = text(&roots, "/Roots/0/Id")?;
    let workloads = organizations
        .call("CreateOrganizationalUnit", &json!({"ParentId": root, "Name": "Workloads"}))?;
    let workloads = text(&workloads, "/OrganizationalUnit/Id")?;
    let ml = organizations
        .call("CreateOrganizationalUnit", &json!({"ParentId": workloads, "Name": "ML"}))?;
    let ml = text(&ml, "/OrganizationalUnit/Id")?;
    organizations.call(
        "MoveAccount",
        &json!({"AccountId": ML_ACCOUNT, "SourceParentId": root, "DestinationParentId": ml}),
    )?;
    Ok(())
}

fn network(simulator: &Simulator) -> Result<(), ApiError> {
    let ec2 = Hands::ec2(simulator);
    let vpc = ec2.call(
        "CreateVpc",
        &json!({"CidrBlock": "10.20.0.0/16", "TagSpecification": tagged("vpc", &[("Name", "ml")])}),
    )?;
    let vpc = text(&vpc, "/vpc/vpcId")?.to_owned();
    for attribute in ["EnableDnsSupport", "EnableDnsHostnames"] {
        ec2.call("ModifyVpcAttribute", &json!({"VpcId": vpc, attribute: {"Value": "true"}}))?;
    }
    let table = ec2.call(
        "CreateRouteTable",
        &json!({"VpcId": vpc, "TagSpecification": tagged("route-table", &[("tier", "private")])}),
    )?;
    let table = text(&table, "/routeTable/routeTableId")?;
    for (zone, block) in [("a", "10.20.0.0/20"), ("b", "10.20.16.0/20")] {
        let tags =
            tagged("subnet", &[("tier", "private"), ("Name", &format!("ml-private-{zone}"))]);
        let subnet: Value = ec2.call(
            "CreateSubnet",
            &json!({
                "VpcId": vpc, "CidrBlock": block,
                "AvailabilityZone": format!("{REGION}{zone}"), "TagSpecification": tags
            }),
        )?;
        let subnet = text(&subnet, "/subnet/subnetId")?;
        ec2.call("AssociateRouteTable", &json!({"RouteTableId": table, "SubnetId": subnet}))?;
    }
    Ok(())
}
