use super::*;
use aws_sdk_ec2::types::{Filter, RouteOrigin, Tag, VpcAttributeName};

#[tokio::test]
async fn a_new_vpc_has_dns_support_but_no_dns_host_names() {
    let ec2 = ec2(&Simulator::default());
    let vpc = vpc(&ec2).await;
    let call = ec2.describe_vpc_attribute().vpc_id(&vpc);
    let support =
        call.attribute(VpcAttributeName::EnableDnsSupport).send().await.expect("attribute");
    assert_eq!(support.enable_dns_support.and_then(|value| value.value), Some(true));
    let call = ec2.describe_vpc_attribute().vpc_id(&vpc);
    let names =
        call.attribute(VpcAttributeName::EnableDnsHostnames).send().await.expect("attribute");
    assert_eq!(names.enable_dns_hostnames.and_then(|value| value.value), Some(false));
}

#[tokio::test]
async fn a_vpc_with_something_in_it_cannot_be_deleted_and_an_empty_one_takes_its_defaults_along() {
    let ec2 = ec2(&Simulator::default());
    let vpc = vpc(&ec2).await;
    let subnet = subnet(&ec2, &vpc, "10.0.0.0/24", "eu-west-1a").await;
    let refused = ec2.delete_vpc().vpc_id(&vpc).send().await;
    assert_eq!(code(refused), "DependencyViolation");
    ec2.delete_subnet().subnet_id(subnet).send().await.expect("deleted");
    ec2.delete_vpc().vpc_id(&vpc).send().await.expect("deleted");
    let groups = ec2.describe_security_groups().send().await.expect("groups");
    assert!(groups.security_groups().is_empty());
    let tables = ec2.describe_route_tables().send().await.expect("tables");
    assert!(tables.route_tables().is_empty());
}

#[tokio::test]
async fn subnets_lie_in_their_vpc_and_beside_each_other() {
    let ec2 = ec2(&Simulator::default());
    let vpc = vpc(&ec2).await;
    subnet(&ec2, &vpc, "10.0.0.0/24", "eu-west-1a").await;
    for (block, expected) in
        [("10.0.0.128/25", "InvalidSubnet.Conflict"), ("10.1.0.0/24", "InvalidSubnet.Range")]
    {
        let answer = ec2.create_subnet().vpc_id(&vpc).cidr_block(block).send().await;
        assert_eq!(code(answer), expected, "{block}");
    }
    let answer = ec2.describe_subnets().send().await.expect("subnets");
    let subnet = &answer.subnets()[0];
    assert_eq!(subnet.availability_zone_id(), Some("euw1-az1"));
    assert_eq!(subnet.available_ip_address_count(), Some(251));
}

#[tokio::test]
async fn a_route_table_has_its_local_route_and_takes_each_destination_once() {
    let ec2 = ec2(&Simulator::default());
    let vpc = vpc(&ec2).await;
    let table = ec2.create_route_table().vpc_id(&vpc).send().await.expect("a table");
    let table = table.route_table.and_then(|table| table.route_table_id).expect("its id");
    let route = || {
        let call = ec2.create_route().route_table_id(&table);
        call.destination_cidr_block("0.0.0.0/0").nat_gateway_id("nat-0123456789abcdef0")
    };
    route().send().await.expect("a route");
    assert_eq!(code(route().send().await), "RouteAlreadyExists");
    let answer = ec2.describe_route_tables().route_table_ids(&table).send().await.expect("tables");
    let routes = answer.route_tables()[0].routes();
    assert_eq!(routes[0].gateway_id(), Some("local"));
    assert_eq!(routes[0].origin(), Some(&RouteOrigin::CreateRouteTable));
    assert_eq!(routes[1].nat_gateway_id(), Some("nat-0123456789abcdef0"));
}

#[tokio::test]
async fn the_prefix_lists_of_s3_and_dynamodb_belong_to_aws() {
    let ec2 = ec2(&Simulator::default());
    let filter = Filter::builder().name("owner-id").values("AWS").build();
    let answer = ec2.describe_managed_prefix_lists().filters(filter).send().await.expect("lists");
    let mut names: Vec<_> =
        answer.prefix_lists().iter().filter_map(|list| list.prefix_list_name()).collect();
    names.sort_unstable();
    assert_eq!(names, ["com.amazonaws.eu-west-1.dynamodb", "com.amazonaws.eu-west-1.s3"]);
    let plain = ec2.describe_prefix_lists().send().await.expect("lists");
    assert_eq!(plain.prefix_lists().len(), 2);
    assert!(!plain.prefix_lists()[0].cidrs().is_empty());
}

#[tokio::test]
async fn deleting_tags_takes_only_the_pairs_that_match_and_without_tags_all_of_them() {
    let ec2 = ec2(&Simulator::default());
    let vpc = vpc(&ec2).await;
    let tag = |key: &str, value: &str| Tag::builder().key(key).value(value).build();
    let call = ec2.create_tags().resources(&vpc);
    let call = call.tags(tag("a", "1")).tags(tag("b", "2")).tags(tag("c", "3"));
    call.send().await.expect("tags");
    let call = ec2.delete_tags().resources(&vpc).tags(tag("a", "other"));
    call.tags(Tag::builder().key("b").build()).send().await.expect("deleted");
    let left = ec2.describe_tags().send().await.expect("tags");
    let keys: Vec<_> = left.tags().iter().filter_map(|tag| tag.key()).collect();
    assert_eq!(keys, ["a", "c"]);
    ec2.delete_tags().resources(&vpc).send().await.expect("deleted");
    assert!(ec2.describe_tags().send().await.expect("tags").tags().is_empty());
}

#[tokio::test]
async fn tags_that_aws_reserves_and_resources_that_do_not_exist_are_refused() {
    let ec2 = ec2(&Simulator::default());
    let vpc = vpc(&ec2).await;
    let reserved = Tag::builder().key("aws:mine").value("x").build();
    let answer = ec2.create_tags().resources(vpc).tags(reserved).send().await;
    assert_eq!(code(answer), "InvalidParameterValue");
    let tag = Tag::builder().key("a").value("x").build();
    let answer = ec2.create_tags().resources("sg-0123456789abcdef0").tags(tag).send().await;
    assert_eq!(code(answer), "InvalidGroup.NotFound");
}
