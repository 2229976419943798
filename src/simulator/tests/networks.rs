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
async fn a_vpc_that_is_not_empty_cannot_be_deleted_and_the_defaults_are_deleted_with_it() {
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
async fn subnets_are_inside_their_vpc_and_do_not_overlap() {
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
async fn a_route_table_has_a_local_route_and_each_destination_once() {
    let ec2 = ec2(&Simulator::default());
    let vpc = vpc(&ec2).await;
    let table = ec2.create_route_table().vpc_id(&vpc).send().await.expect("a table");
    let table = table.route_table.and_then(|table| table.route_table_id).expect("its id");
    let route = || {
        let call = ec2.create_route().route_table_id(&table);
        call.destination_cidr_block("0.0.0.0/0").transit_gateway_id("tgw-0123456789abcdef0")
    };
    route().send().await.expect("a route");
    assert_eq!(code(route().send().await), "RouteAlreadyExists");
    let answer = ec2.describe_route_tables().route_table_ids(&table).send().await.expect("tables");
    let routes = answer.route_tables()[0].routes();
    assert_eq!(routes[0].gateway_id(), Some("local"));
    assert_eq!(routes[0].origin(), Some(&RouteOrigin::CreateRouteTable));
    assert_eq!(routes[1].transit_gateway_id(), Some("tgw-0123456789abcdef0"));
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
async fn deleting_tags_removes_only_matching_pairs_and_all_of_them_without_tags() {
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

#[tokio::test]
async fn every_vpc_has_a_default_network_acl_with_its_subnets() {
    let ec2 = ec2(&Simulator::default());
    let vpc = vpc(&ec2).await;
    let subnet = subnet(&ec2, &vpc, "10.0.0.0/24", "eu-west-1a").await;
    let filter = Filter::builder().name("vpc-id").values(&vpc).build();
    let answer = ec2.describe_network_acls().filters(filter).send().await.expect("ACLs");
    let [acl] = answer.network_acls() else {
        panic!("one ACL: {answer:?}");
    };
    assert_eq!(acl.is_default(), Some(true));
    assert_eq!(acl.associations()[0].subnet_id(), Some(subnet.as_str()));
}

#[tokio::test]
async fn a_customers_prefix_list_can_be_read_entry_by_entry() {
    let ec2 = ec2(&Simulator::default());
    let entry = aws_sdk_ec2::types::AddPrefixListEntry::builder().cidr("10.1.2.3/8").build();
    let call = ec2.create_managed_prefix_list().prefix_list_name("offices").max_entries(3);
    let answer = call.address_family("IPv4").entries(entry).send().await.expect("a list");
    let id = answer.prefix_list.and_then(|list| list.prefix_list_id).expect("its id");
    let call = ec2.get_managed_prefix_list_entries().prefix_list_id(id);
    let entries = call.send().await.expect("entries");
    assert_eq!(entries.entries()[0].cidr(), Some("10.0.0.0/8"));
}
