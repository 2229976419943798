use super::*;
use aws_sdk_ec2::types::{
    Filter, Ipv6Range, PrefixListId, SecurityGroupRuleDescription, SecurityGroupRuleRequest,
    SecurityGroupRuleUpdate,
};

async fn ingress(ec2: &Client, group: &str) -> Vec<IpPermission> {
    let answer = ec2.describe_security_groups().group_ids(group).send().await;
    let answer = answer.expect("groups");
    answer.security_groups()[0].ip_permissions().to_vec()
}

/// Ids of the group's ingress rules.
async fn rule_ids(ec2: &Client, group: &str) -> Vec<String> {
    let filter = Filter::builder().name("group-id").values(group).build();
    let answer = ec2.describe_security_group_rules().filters(filter).send().await.expect("rules");
    let rules = answer.security_group_rules().iter();
    rules
        .filter(|rule| rule.is_egress() == Some(false))
        .filter_map(|rule| rule.security_group_rule_id().map(str::to_owned))
        .collect()
}

async fn authorize(ec2: &Client, group: &str, permissions: Vec<IpPermission>) -> Vec<String> {
    let call = ec2.authorize_security_group_ingress().group_id(group);
    let answer = call.set_ip_permissions(Some(permissions)).send().await.expect("rules");
    let rules = answer.security_group_rules().iter();
    rules.filter_map(|rule| rule.security_group_rule_id().map(str::to_owned)).collect()
}

#[tokio::test]
async fn blocks_and_protocols_are_kept_in_their_normal_form() {
    let ec2 = ec2(&Simulator::default());
    let group = group(&ec2, &vpc(&ec2).await, "apps").await;
    let range6 = Ipv6Range::builder().cidr_ipv6("2001:DB8:0:0::1/32").build();
    let odd = IpPermission::builder().ip_protocol("50").from_port(7).to_port(9);
    let odd = odd.ip_ranges(IpRange::builder().cidr_ip("10.1.2.3/0").build()).build();
    let number = IpPermission::builder().ip_protocol("6").from_port(443).to_port(443);
    let number = number
        .ip_ranges(IpRange::builder().cidr_ip("100.68.0.18/18").build())
        .ipv6_ranges(range6)
        .build();
    authorize(&ec2, &group, vec![odd, number]).await;
    let permissions = ingress(&ec2, &group).await;
    let find = |protocol: &str| {
        let mut all = permissions.iter();
        all.find(|permission| permission.ip_protocol() == Some(protocol)).expect("the permission")
    };
    assert_eq!(find("tcp").ip_ranges()[0].cidr_ip(), Some("100.68.0.0/18"));
    assert_eq!(find("tcp").ipv6_ranges()[0].cidr_ipv6(), Some("2001:db8::/32"));
    assert_eq!(find("50").ip_ranges()[0].cidr_ip(), Some("0.0.0.0/0"));
    assert_eq!((find("50").from_port(), find("50").to_port()), (None, None));
}

#[tokio::test]
async fn rules_of_one_protocol_and_port_range_are_shown_as_one_permission() {
    let ec2 = ec2(&Simulator::default());
    let group = group(&ec2, &vpc(&ec2).await, "apps").await;
    let list = PrefixListId::builder();
    let lists = ec2.describe_managed_prefix_lists().send().await.expect("lists");
    let s3 = lists
        .prefix_lists()
        .iter()
        .find(|list| list.prefix_list_name() == Some("com.amazonaws.eu-west-1.s3"));
    let list = list.prefix_list_id(s3.and_then(|list| list.prefix_list_id()).expect("S3's list"));
    let permission = IpPermission::builder().ip_protocol("tcp").from_port(443).to_port(443);
    let permission = permission.prefix_list_ids(list.build()).build();
    authorize(&ec2, &group, vec![tcp(443, 443, "10.0.0.0/8"), permission]).await;
    authorize(&ec2, &group, vec![tcp(443, 443, "192.168.0.0/16")]).await;
    let permissions = ingress(&ec2, &group).await;
    assert_eq!(permissions.len(), 1);
    assert_eq!(permissions[0].ip_ranges().len(), 2);
    assert_eq!(permissions[0].prefix_list_ids().len(), 1);
    assert_eq!(rule_ids(&ec2, &group).await.len(), 3);
}

#[tokio::test]
async fn one_existing_rule_refuses_the_whole_call() {
    let ec2 = ec2(&Simulator::default());
    let group = group(&ec2, &vpc(&ec2).await, "apps").await;
    authorize(&ec2, &group, vec![tcp(443, 443, "10.0.0.0/8")]).await;
    // The same rule in another notation and with a description.
    let range = IpRange::builder().cidr_ip("10.9.9.9/8").description("other words").build();
    let same =
        IpPermission::builder().ip_protocol("tcp").from_port(443).to_port(443).ip_ranges(range);
    let call = ec2.authorize_security_group_ingress().group_id(&group);
    let answer = call.ip_permissions(tcp(80, 80, "10.0.0.0/8")).ip_permissions(same.build());
    assert_eq!(code(answer.send().await), "InvalidPermission.Duplicate");
    assert_eq!(rule_ids(&ec2, &group).await.len(), 1);
}

#[tokio::test]
async fn revoking_by_rule_id_removes_exactly_that_rule() {
    let ec2 = ec2(&Simulator::default());
    let group = group(&ec2, &vpc(&ec2).await, "apps").await;
    let permissions = vec![tcp(443, 443, "10.0.0.0/8"), tcp(80, 80, "10.0.0.0/8")];
    let ids = authorize(&ec2, &group, permissions).await;
    let call = ec2.revoke_security_group_ingress().group_id(&group);
    call.security_group_rule_ids(&ids[0]).send().await.expect("revoked");
    assert_eq!(rule_ids(&ec2, &group).await, ids[1..]);
    let again = ec2.revoke_security_group_ingress().group_id(&group);
    let again = again.security_group_rule_ids(&ids[0]).send().await;
    assert_eq!(code(again), "InvalidSecurityGroupRuleId.NotFound");
}

#[tokio::test]
async fn revoking_an_unknown_rule_removes_nothing() {
    let ec2 = ec2(&Simulator::default());
    let group = group(&ec2, &vpc(&ec2).await, "apps").await;
    authorize(&ec2, &group, vec![tcp(443, 443, "10.0.0.0/8")]).await;
    let call = ec2.revoke_security_group_ingress().group_id(&group);
    let call = call.ip_permissions(tcp(443, 443, "10.0.0.0/8"));
    let answer = call.ip_permissions(tcp(444, 444, "10.0.0.0/8")).send().await;
    assert_eq!(code(answer), "InvalidPermission.NotFound");
    assert_eq!(rule_ids(&ec2, &group).await.len(), 1);
}

#[tokio::test]
async fn a_modified_rule_keeps_its_id_but_not_the_kind_of_its_source() {
    let ec2 = ec2(&Simulator::default());
    let group = group(&ec2, &vpc(&ec2).await, "apps").await;
    let ids = authorize(&ec2, &group, vec![tcp(443, 443, "10.0.0.0/8")]).await;
    let request =
        SecurityGroupRuleRequest::builder().ip_protocol("tcp").from_port(443).to_port(443);
    let update = |request| {
        let update = SecurityGroupRuleUpdate::builder().security_group_rule_id(&ids[0]);
        update.security_group_rule(request).build()
    };
    let narrower = update(request.clone().cidr_ipv4("10.1.0.0/16").description("narrower").build());
    let call = ec2.modify_security_group_rules().group_id(&group);
    call.security_group_rules(narrower).send().await.expect("modified");
    let range = ingress(&ec2, &group).await[0].ip_ranges()[0].clone();
    assert_eq!((range.cidr_ip(), range.description()), (Some("10.1.0.0/16"), Some("narrower")));
    assert_eq!(rule_ids(&ec2, &group).await, ids);
    let other_kind = update(request.cidr_ipv6("2001:db8::/32").build());
    let call = ec2.modify_security_group_rules().group_id(&group);
    let refused = call.security_group_rules(other_kind).send().await;
    assert_eq!(code(refused), "InvalidParameterCombination");
}

#[tokio::test]
async fn descriptions_change_in_place_by_rule_id() {
    let ec2 = ec2(&Simulator::default());
    let group = group(&ec2, &vpc(&ec2).await, "apps").await;
    let ids = authorize(&ec2, &group, vec![tcp(443, 443, "10.0.0.0/8")]).await;
    let new = SecurityGroupRuleDescription::builder().security_group_rule_id(&ids[0]);
    let new = new.description("from the office").build();
    let call = ec2.update_security_group_rule_descriptions_ingress().group_id(&group);
    call.security_group_rule_descriptions(new).send().await.expect("described");
    let range = ingress(&ec2, &group).await[0].ip_ranges()[0].clone();
    assert_eq!(range.description(), Some("from the office"));
}

#[tokio::test]
async fn the_sixty_first_rule_of_a_family_and_direction_is_over_the_quota() {
    let ec2 = ec2(&Simulator::default());
    let group = group(&ec2, &vpc(&ec2).await, "apps").await;
    let rules = (0..60).map(|port| tcp(port, port, "10.0.0.0/8")).collect();
    authorize(&ec2, &group, rules).await;
    let one_more = ec2.authorize_security_group_ingress().group_id(&group);
    let one_more = one_more.ip_permissions(tcp(60, 60, "10.0.0.0/8")).send().await;
    assert_eq!(code(one_more), "RulesPerSecurityGroupLimitExceeded");
    // IPv6 and the other direction are counted separately.
    let range = Ipv6Range::builder().cidr_ipv6("2001:db8::/32").build();
    let v6 = IpPermission::builder().ip_protocol("tcp").from_port(1).to_port(1).ipv6_ranges(range);
    authorize(&ec2, &group, vec![v6.build()]).await;
    let call = ec2.authorize_security_group_egress().group_id(&group);
    call.ip_permissions(tcp(1, 1, "10.0.0.0/8")).send().await.expect("an egress rule");
}

#[tokio::test]
async fn malformed_rules_are_refused() {
    let ec2 = ec2(&Simulator::default());
    let group = group(&ec2, &vpc(&ec2).await, "apps").await;
    let no_ports = IpPermission::builder().ip_protocol("tcp");
    let no_ports = no_ports.ip_ranges(IpRange::builder().cidr_ip("10.0.0.0/8").build()).build();
    for permission in [tcp(80, 79, "10.0.0.0/8"), tcp(80, 80, "10.0.0.0"), no_ports] {
        let call = ec2.authorize_security_group_ingress().group_id(&group);
        let answer = call.ip_permissions(permission.clone()).send().await;
        assert_eq!(code(answer), "InvalidParameterValue", "{permission:?}");
    }
}

#[tokio::test]
async fn describing_all_protocols_with_ports_is_refused_though_authorizing_them_is_not() {
    let ec2 = ec2(&Simulator::default());
    let group = group(&ec2, &vpc(&ec2).await, "apps").await;
    let all = IpPermission::builder().ip_protocol("-1").from_port(22).to_port(22);
    let all = all.ip_ranges(IpRange::builder().cidr_ip("10.0.0.0/8").build()).build();
    authorize(&ec2, &group, vec![all.clone()]).await;
    assert_eq!(ingress(&ec2, &group).await[0].from_port(), None);
    let call = ec2.update_security_group_rule_descriptions_ingress().group_id(&group);
    assert_eq!(code(call.ip_permissions(all).send().await), "InvalidParameterValue");
}

#[tokio::test]
async fn a_rule_cannot_name_a_group_of_another_network_or_a_prefix_list_that_does_not_exist() {
    let ec2 = ec2(&Simulator::default());
    let here = group(&ec2, &vpc(&ec2).await, "here").await;
    let there = group(&ec2, &vpc(&ec2).await, "there").await;
    let pair = aws_sdk_ec2::types::UserIdGroupPair::builder().group_id(there).build();
    let list = PrefixListId::builder().prefix_list_id("pl-0123456789abcdef0").build();
    let all = || IpPermission::builder().ip_protocol("-1");
    for (permission, expected) in [
        (all().user_id_group_pairs(pair).build(), "InvalidGroup.NotFound"),
        (all().prefix_list_ids(list).build(), "InvalidPrefixListID.NotFound"),
    ] {
        let call = ec2.authorize_security_group_ingress().group_id(&here);
        assert_eq!(code(call.ip_permissions(permission).send().await), expected);
    }
}

/// A VPC with a group in another account, peered with this account's VPC.
async fn peered(simulator: &Simulator) -> (Client, String, Client, String) {
    let (near, far) = (ec2(simulator), Client::new(&simulator.sdk_config("444455556666", REGION)));
    let (near_vpc, far_vpc) = (vpc(&near).await, vpc(&far).await);
    let request = near.create_vpc_peering_connection().vpc_id(&near_vpc).peer_vpc_id(&far_vpc);
    let request = request.peer_owner_id("444455556666").send().await.expect("a peering");
    let id = request.vpc_peering_connection.and_then(|it| it.vpc_peering_connection_id);
    let accept = far.accept_vpc_peering_connection().set_vpc_peering_connection_id(id);
    accept.send().await.expect("the peering is active");
    let (here, there) =
        (group(&near, &near_vpc, "here").await, group(&far, &far_vpc, "there").await);
    (near, here, far, there)
}

fn https_from(id: &str, account: Option<&str>) -> IpPermission {
    let pair = aws_sdk_ec2::types::UserIdGroupPair::builder().group_id(id);
    let pair = pair.set_user_id(account.map(str::to_owned)).build();
    let https = IpPermission::builder().ip_protocol("tcp").from_port(443).to_port(443);
    https.user_id_group_pairs(pair).build()
}

#[tokio::test]
async fn a_group_over_a_peering_is_named_by_its_id_alone_and_answered_with_its_account() {
    let simulator = Simulator::default();
    let (near, here, far, there) = peered(&simulator).await;
    authorize(&near, &here, vec![https_from(&there, None)]).await;
    let pair = ingress(&near, &here).await[0].user_id_group_pairs()[0].clone();
    assert_eq!(pair.user_id(), Some("444455556666"));
    assert_eq!(pair.peering_status(), Some("active"));
    assert!(pair.vpc_id().is_some() && pair.vpc_peering_connection_id().is_some());
    let again = near.authorize_security_group_ingress().group_id(&here);
    let again = again.ip_permissions(https_from(&there, Some("444455556666"))).send().await;
    assert_eq!(code(again), "InvalidPermission.Duplicate");
    let wrong = near.authorize_security_group_ingress().group_id(&here);
    let wrong = wrong.ip_permissions(https_from(&there, Some("777788889999"))).send().await;
    assert_eq!(code(wrong), "InvalidGroup.NotFound");
    let named = far.describe_security_group_references().group_id(&there).send().await;
    assert_eq!(named.expect("references").security_group_reference_set().len(), 1);
    // A deleted one is returned without its account.
    far.delete_security_group().group_id(&there).send().await.expect("nothing there uses it");
    let pair = ingress(&near, &here).await[0].user_id_group_pairs()[0].clone();
    assert_eq!((pair.user_id(), pair.group_id()), (None, Some(there.as_str())));
}

#[tokio::test]
async fn without_an_accepted_peering_no_group_of_another_account_can_be_named() {
    let simulator = Simulator::default();
    let (near, here, far, there) = peered(&simulator).await;
    let peerings = near.describe_vpc_peering_connections().send().await.expect("peerings");
    let id = peerings.vpc_peering_connections()[0].vpc_peering_connection_id().expect("its id");
    far.delete_vpc_peering_connection().vpc_peering_connection_id(id).send().await.expect("done");
    for account in [None, Some("444455556666")] {
        let call = near.authorize_security_group_ingress().group_id(&here);
        let refused = call.ip_permissions(https_from(&there, account)).send().await;
        assert_eq!(code(refused), "InvalidGroup.NotFound");
    }
}

#[tokio::test]
async fn an_ampersand_describes_rules_for_addresses_only_also_by_rule_id() {
    let ec2 = ec2(&Simulator::default());
    let (network, words) = (vpc(&ec2).await, "R&D");
    let (group, other) = (group(&ec2, &network, "apps").await, group(&ec2, &network, "o").await);
    let rules = vec![tcp(1, 1, "10.0.0.0/8"), https_from(&other, None)];
    let ids = authorize(&ec2, &group, rules).await;
    let describe = async |id: &str| {
        let new = SecurityGroupRuleDescription::builder().security_group_rule_id(id);
        let call = ec2.update_security_group_rule_descriptions_ingress().group_id(&group);
        let new = new.description(words).build();
        call.security_group_rule_descriptions(new).send().await
    };
    describe(&ids[0]).await.expect("addresses");
    assert_eq!(code(describe(&ids[1]).await), "InvalidParameterValue");
}
