use super::*;
use aws_sdk_ec2::types::{Filter, ResourceType, Tag, TagSpecification};

#[tokio::test]
async fn a_second_group_of_the_same_name_in_the_vpc_is_a_duplicate_whatever_its_case() {
    let ec2 = ec2(&Simulator::default());
    let (here, there) = (vpc(&ec2).await, vpc(&ec2).await);
    group(&ec2, &here, "apps").await;
    group(&ec2, &there, "apps").await;
    let again = ec2.create_security_group().vpc_id(&here).group_name("Apps");
    let again = again.description("again").send().await;
    assert_eq!(code(again), "InvalidGroup.Duplicate");
}

#[tokio::test]
async fn names_that_begin_with_sg_or_are_reserved_are_refused() {
    let ec2 = ec2(&Simulator::default());
    let vpc = vpc(&ec2).await;
    for (name, expected) in [
        ("sg-apps", "InvalidParameterValue"),
        ("default", "InvalidGroup.Reserved"),
        ("apps<1>", "InvalidParameterValue"),
    ] {
        let call = ec2.create_security_group().vpc_id(&vpc).group_name(name);
        let answer = call.description("x").send().await;
        assert_eq!(code(answer), expected, "{name}");
    }
}

#[tokio::test]
async fn a_new_group_allows_all_egress_and_no_ingress() {
    let ec2 = ec2(&Simulator::default());
    let vpc = vpc(&ec2).await;
    let id = group(&ec2, &vpc, "apps").await;
    let answer = ec2.describe_security_groups().group_ids(&id).send().await.expect("groups");
    let group = &answer.security_groups()[0];
    assert!(group.ip_permissions().is_empty());
    let [egress] = group.ip_permissions_egress() else {
        panic!("one permission: {group:?}");
    };
    assert_eq!(egress.ip_protocol(), Some("-1"));
    assert_eq!((egress.from_port(), egress.to_port()), (None, None));
    assert_eq!(egress.ip_ranges()[0].cidr_ip(), Some("0.0.0.0/0"));
    assert!(egress.ipv6_ranges().is_empty());
}

#[tokio::test]
async fn in_a_vpc_with_ipv6_a_new_group_allows_all_egress_for_it_too() {
    let ec2 = ec2(&Simulator::default());
    let call = ec2.create_vpc().cidr_block("10.0.0.0/16").amazon_provided_ipv6_cidr_block(true);
    let vpc = call.send().await.expect("a VPC").vpc.expect("the VPC");
    let id = group(&ec2, vpc.vpc_id().expect("id"), "apps").await;
    let answer = ec2.describe_security_groups().group_ids(&id).send().await.expect("groups");
    let egress = &answer.security_groups()[0].ip_permissions_egress()[0];
    assert_eq!(egress.ipv6_ranges()[0].cidr_ipv6(), Some("::/0"));
}

#[tokio::test]
async fn the_default_group_of_a_vpc_admits_its_own_members_and_cannot_be_deleted() {
    let ec2 = ec2(&Simulator::default());
    let vpc = vpc(&ec2).await;
    let by_name = Filter::builder().name("group-name").values("default").build();
    let in_vpc = Filter::builder().name("vpc-id").values(&vpc).build();
    let answer = ec2.describe_security_groups().filters(by_name).filters(in_vpc).send().await;
    let answer = answer.expect("groups");
    let group = &answer.security_groups()[0];
    let own = &group.ip_permissions()[0].user_id_group_pairs()[0];
    assert_eq!(own.group_id(), group.group_id());
    assert_eq!(own.user_id(), Some(ACCOUNT));
    let deleted = ec2.delete_security_group().group_id(group.group_id().expect("id"));
    assert_eq!(code(deleted.send().await), "CannotDelete");
}

#[tokio::test]
async fn a_group_with_a_network_interface_cannot_be_deleted() {
    let ec2 = ec2(&Simulator::default());
    let vpc = vpc(&ec2).await;
    let subnet = subnet(&ec2, &vpc, "10.0.1.0/24", "eu-west-1a").await;
    let id = group(&ec2, &vpc, "apps").await;
    let interface = ec2.create_network_interface().subnet_id(subnet).groups(&id).send().await;
    let interface = interface.expect("interface").network_interface.expect("the interface");
    let refused = ec2.delete_security_group().group_id(&id).send().await;
    assert_eq!(code(refused), "DependencyViolation");
    let interface = interface.network_interface_id.expect("id");
    let deleted = ec2.delete_network_interface().network_interface_id(interface).send().await;
    deleted.expect("deleted");
    let deleted = ec2.delete_security_group().group_id(&id).send().await;
    deleted.expect("now nothing needs it");
    let gone = ec2.describe_security_groups().group_ids(&id).send().await;
    assert_eq!(code(gone), "InvalidGroup.NotFound");
}

#[tokio::test]
async fn a_group_another_groups_rule_names_cannot_be_deleted_but_one_that_names_itself_can() {
    let ec2 = ec2(&Simulator::default());
    let vpc = vpc(&ec2).await;
    let (one, two) = (group(&ec2, &vpc, "one").await, group(&ec2, &vpc, "two").await);
    let from = |id: &str| {
        let pair = aws_sdk_ec2::types::UserIdGroupPair::builder().group_id(id).build();
        IpPermission::builder().ip_protocol("-1").user_id_group_pairs(pair).build()
    };
    for (target, source) in [(&two, &one), (&two, &two)] {
        let call = ec2.authorize_security_group_ingress().group_id(target);
        call.ip_permissions(from(source)).send().await.expect("a rule");
    }
    let refused = ec2.delete_security_group().group_id(&one).send().await;
    assert_eq!(code(refused), "DependencyViolation");
    let filter = Filter::builder().name("ip-permission.group-id").values(&one).build();
    let blockers = ec2.describe_security_groups().filters(filter).send().await.expect("groups");
    assert_eq!(blockers.security_groups()[0].group_id(), Some(two.as_str()));
    ec2.delete_security_group().group_id(&two).send().await.expect("deleted");
    ec2.delete_security_group().group_id(&one).send().await.expect("deleted");
}

#[tokio::test]
async fn tags_of_a_create_call_exist_and_can_be_filtered() {
    let ec2 = ec2(&Simulator::default());
    let vpc = vpc(&ec2).await;
    let tags = TagSpecification::builder()
        .resource_type(ResourceType::SecurityGroup)
        .tags(Tag::builder().key("owner").value("ml-1").build())
        .build();
    let call = ec2.create_security_group().vpc_id(&vpc).group_name("tagged").description("x");
    let created = call.tag_specifications(tags).send().await.expect("a group");
    group(&ec2, &vpc, "plain").await;
    for filter in [
        Filter::builder().name("tag:owner").values("ml-?").build(),
        Filter::builder().name("tag-key").values("own*").build(),
    ] {
        let answer = ec2.describe_security_groups().filters(filter).send().await.expect("groups");
        let [found] = answer.security_groups() else {
            panic!("one group: {answer:?}");
        };
        assert_eq!(found.group_id(), created.group_id());
    }
}

#[tokio::test]
async fn an_unknown_filter_is_refused() {
    let ec2 = ec2(&Simulator::default());
    let filter = Filter::builder().name("color").values("red").build();
    let answer = ec2.describe_security_groups().filters(filter).send().await;
    assert_eq!(code(answer), "InvalidParameterValue");
}

#[tokio::test]
async fn pages_together_have_every_group_once() {
    let ec2 = ec2(&Simulator::default());
    let vpc = vpc(&ec2).await;
    for number in 0..12 {
        group(&ec2, &vpc, &format!("group-{number}")).await;
    }
    let pages = ec2.describe_security_groups().max_results(5).into_paginator().send();
    let pages: Vec<_> = pages.collect::<Result<_, _>>().await.expect("pages");
    let sizes: Vec<usize> = pages.iter().map(|page| page.security_groups().len()).collect();
    assert_eq!(sizes, [5, 5, 3]);
    let ids = pages.iter().flat_map(aws_sdk_ec2::operation::describe_security_groups::DescribeSecurityGroupsOutput::security_groups);
    let ids: std::collections::BTreeSet<_> = ids.map(|group| group.group_id()).collect();
    assert_eq!(ids.len(), 13);
    let too_small = ec2.describe_security_groups().max_results(4).send().await;
    assert_eq!(code(too_small), "InvalidParameterValue");
}

#[tokio::test]
async fn accounts_and_regions_are_separate() {
    let simulator = Simulator::default();
    let id = vpc(&ec2(&simulator)).await;
    for (account, region) in [("444455556666", REGION), (ACCOUNT, "us-east-1")] {
        let elsewhere = Client::new(&simulator.sdk_config(account, region));
        let answer = elsewhere.describe_vpcs().vpc_ids(&id).send().await;
        assert_eq!(code(answer), "InvalidVpcID.NotFound");
    }
}
