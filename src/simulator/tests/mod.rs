//! The simulator through the AWS SDK for Rust.

mod acls;
mod endpoints;
mod faults;
mod json_services;
mod network_access;
mod networks;
mod policies;
mod routes;
mod rules;
mod security_groups;
mod settings;
mod sts;
mod tables;
mod wire;

use super::{Options, Simulator};
use aws_sdk_ec2::Client;
use aws_sdk_ec2::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_ec2::types::{IpPermission, IpRange, VpcEndpointType};
use std::fmt::Debug;
use std::time::Duration;

const ACCOUNT: &str = "111122223333";
const REGION: &str = "eu-west-1";

fn ec2(simulator: &Simulator) -> Client {
    Client::new(&simulator.sdk_config(ACCOUNT, REGION))
}

/// The error code of an answer.
fn code<T: Debug, E: ProvideErrorMetadata, R>(result: Result<T, SdkError<E, R>>) -> String {
    let error = result.map_err(|error| error.code().map(str::to_owned));
    error.expect_err("the call should have been refused").expect("the error should have a code")
}

async fn vpc(ec2: &Client) -> String {
    let answer = ec2.create_vpc().cidr_block("10.0.0.0/16").send().await;
    let vpc = answer.expect("a VPC").vpc.expect("the VPC");
    vpc.vpc_id.expect("its id")
}

/// A VPC in which private DNS is possible.
async fn dns_vpc(ec2: &Client) -> String {
    let id = vpc(ec2).await;
    let on = aws_sdk_ec2::types::AttributeBooleanValue::builder().value(true).build();
    let call = ec2.modify_vpc_attribute().vpc_id(&id).enable_dns_hostnames(on);
    call.send().await.expect("DNS host names");
    id
}

async fn subnet(ec2: &Client, vpc: &str, block: &str, zone: &str) -> String {
    let call = ec2.create_subnet().vpc_id(vpc).cidr_block(block);
    let answer = call.availability_zone(zone).send().await.expect("a subnet");
    answer.subnet.expect("the subnet").subnet_id.expect("its id")
}

async fn group(ec2: &Client, vpc: &str, name: &str) -> String {
    let call = ec2.create_security_group().vpc_id(vpc).group_name(name);
    let answer = call.description("for a test").send().await.expect("a group");
    answer.group_id.expect("its id")
}

async fn interface_endpoint(ec2: &Client, vpc: &str, service: &str) -> String {
    let call = ec2
        .create_vpc_endpoint()
        .vpc_endpoint_type(VpcEndpointType::Interface)
        .vpc_id(vpc)
        .service_name(service)
        .private_dns_enabled(false);
    let answer = call.send().await.expect("an endpoint");
    let endpoint = answer.vpc_endpoint.expect("the endpoint");
    endpoint.vpc_endpoint_id.expect("its id")
}

fn tcp(from: i32, to: i32, block: &str) -> IpPermission {
    IpPermission::builder()
        .ip_protocol("tcp")
        .from_port(from)
        .to_port(to)
        .ip_ranges(IpRange::builder().cidr_ip(block).build())
        .build()
}

/// Advances the virtual clock, which the test must have paused.
async fn pass(seconds: u64) {
    tokio::time::advance(Duration::from_secs(seconds)).await;
}

fn simulator_with(change: impl FnOnce(&mut Options)) -> Simulator {
    let mut options = Options::default();
    change(&mut options);
    Simulator::new(options)
}
