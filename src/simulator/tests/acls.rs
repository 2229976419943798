//! Network ACLs.

use super::*;
use aws_sdk_ec2::types::{
    Filter, IcmpTypeCode, NetworkAcl, NetworkAclEntry, PortRange, ResourceType, RuleAction, Tag,
    TagSpecification,
};

async fn acls(ec2: &Client, vpc: &str) -> Vec<NetworkAcl> {
    let filter = Filter::builder().name("vpc-id").values(vpc).build();
    let answer = ec2.describe_network_acls().filters(filter).send().await.expect("ACLs");
    answer.network_acls.unwrap_or_default()
}

async fn default_acl(ec2: &Client, vpc: &str) -> String {
    let acls = acls(ec2, vpc).await;
    let default = acls.into_iter().find(|acl| acl.is_default() == Some(true));
    default.expect("the default ACL").network_acl_id.expect("its id")
}

async fn acl(ec2: &Client, vpc: &str) -> String {
    let answer = ec2.create_network_acl().vpc_id(vpc).send().await.expect("an ACL");
    answer.network_acl.and_then(|acl| acl.network_acl_id).expect("its id")
}

async fn read(ec2: &Client, id: &str) -> NetworkAcl {
    let answer = ec2.describe_network_acls().network_acl_ids(id).send().await.expect("ACLs");
    answer.network_acls.and_then(|acls| acls.into_iter().next()).expect("the ACL")
}

/// The id of a subnet's association, and its ACL.
async fn association(ec2: &Client, subnet: &str) -> (String, String) {
    let filter = Filter::builder().name("association.subnet-id").values(subnet).build();
    let answer = ec2.describe_network_acls().filters(filter).send().await.expect("ACLs");
    let [acl] = answer.network_acls() else { panic!("one ACL: {answer:?}") };
    let of_it = acl.associations().iter().find(|it| it.subnet_id() == Some(subnet));
    let of_it = of_it.expect("the association").clone();
    (of_it.network_acl_association_id.expect("its id"), of_it.network_acl_id.expect("its ACL"))
}

/// Every entry in words: egress or ingress, number, allow or deny, protocol, range.
fn entries(acl: &NetworkAcl) -> Vec<String> {
    let words = acl.entries().iter().map(|entry| {
        format!(
            "{} {} {} {} {}",
            if entry.egress() == Some(true) { "egress" } else { "ingress" },
            entry.rule_number().expect("a number"),
            entry.rule_action().expect("an action"),
            entry.protocol().expect("a protocol"),
            entry.cidr_block().or(entry.ipv6_cidr_block()).expect("a range"),
        )
    });
    words.collect()
}

fn own(acl: &NetworkAcl) -> Vec<&NetworkAclEntry> {
    let entries = acl.entries().iter();
    entries.filter(|entry| entry.rule_number().is_some_and(|number| number < 32_767)).collect()
}

/// A create call for an ingress entry that allows all IPv4 traffic, to be modified by the test.
fn entry(
    ec2: &Client,
    acl: &str,
    number: i32,
) -> aws_sdk_ec2::operation::create_network_acl_entry::builders::CreateNetworkAclEntryFluentBuilder
{
    let call = ec2.create_network_acl_entry().network_acl_id(acl).rule_number(number);
    call.protocol("-1").rule_action(RuleAction::Allow).egress(false).cidr_block("0.0.0.0/0")
}

fn ports(from: i32, to: i32) -> PortRange {
    PortRange::builder().from(from).to(to).build()
}

fn icmp(kind: i32, code: i32) -> IcmpTypeCode {
    IcmpTypeCode::builder().r#type(kind).code(code).build()
}

#[tokio::test]
async fn the_default_acl_allows_everything_before_its_last_entries_deny() {
    let ec2 = ec2(&Simulator::default());
    let id = default_acl(&ec2, &vpc(&ec2).await).await;
    let expected = [
        "egress 100 allow -1 0.0.0.0/0",
        "egress 32767 deny -1 0.0.0.0/0",
        "ingress 100 allow -1 0.0.0.0/0",
        "ingress 32767 deny -1 0.0.0.0/0",
    ];
    assert_eq!(entries(&read(&ec2, &id).await), expected);
}

#[tokio::test]
async fn in_a_vpc_with_ipv6_there_are_entries_for_both_families() {
    let ec2 = ec2(&Simulator::default());
    let call = ec2.create_vpc().cidr_block("10.0.0.0/16").amazon_provided_ipv6_cidr_block(true);
    let vpc = call.send().await.expect("a VPC").vpc.and_then(|vpc| vpc.vpc_id).expect("its id");
    let id = default_acl(&ec2, &vpc).await;
    let expected = [
        "egress 100 allow -1 0.0.0.0/0",
        "egress 101 allow -1 ::/0",
        "egress 32767 deny -1 0.0.0.0/0",
        "egress 32768 deny -1 ::/0",
    ];
    assert_eq!(entries(&read(&ec2, &id).await)[..4], expected);
    let id = acl(&ec2, &vpc).await;
    let expected = [
        "egress 32767 deny -1 0.0.0.0/0",
        "egress 32768 deny -1 ::/0",
        "ingress 32767 deny -1 0.0.0.0/0",
        "ingress 32768 deny -1 ::/0",
    ];
    assert_eq!(entries(&read(&ec2, &id).await), expected);
}

#[tokio::test]
async fn a_new_acl_denies_everything_and_has_the_tags_of_its_create_call() {
    let ec2 = ec2(&Simulator::default());
    let vpc = vpc(&ec2).await;
    let tags = TagSpecification::builder()
        .resource_type(ResourceType::NetworkAcl)
        .tags(Tag::builder().key("tier").value("private").build())
        .build();
    let call = ec2.create_network_acl().vpc_id(&vpc).tag_specifications(tags);
    let made = call.send().await.expect("an ACL").network_acl.expect("it");
    assert_eq!(made.is_default(), Some(false));
    assert_eq!(made.tags()[0].key(), Some("tier"));
    assert_eq!(made.associations(), []);
    let expected = ["egress 32767 deny -1 0.0.0.0/0", "ingress 32767 deny -1 0.0.0.0/0"];
    assert_eq!(entries(&made), expected);
    let other = TagSpecification::builder().resource_type(ResourceType::RouteTable).build();
    let refused = ec2.create_network_acl().vpc_id(&vpc).tag_specifications(other).send().await;
    assert_eq!(code(refused), "InvalidParameterValue");
}

#[tokio::test]
async fn tags_of_an_acl_are_added_and_removed() {
    let ec2 = ec2(&Simulator::default());
    let id = acl(&ec2, &vpc(&ec2).await).await;
    let tag = Tag::builder().key("tier").value("private").build();
    ec2.create_tags().resources(&id).tags(tag.clone()).send().await.expect("tags");
    let filter = Filter::builder().name("tag:tier").values("private").build();
    let found = ec2.describe_network_acls().filters(filter).send().await.expect("ACLs");
    assert_eq!(found.network_acls()[0].network_acl_id(), Some(id.as_str()));
    let of_type = Filter::builder().name("resource-type").values("network-acl").build();
    let listed = ec2.describe_tags().filters(of_type).send().await.expect("tags");
    assert_eq!(listed.tags().len(), 1);
    ec2.delete_tags().resources(&id).tags(tag.clone()).send().await.expect("deleted");
    assert_eq!(read(&ec2, &id).await.tags(), []);
    ec2.delete_network_acl().network_acl_id(&id).send().await.expect("deleted");
    let gone = ec2.create_tags().resources(&id).tags(tag).send().await;
    assert_eq!(code(gone), "InvalidNetworkAclID.NotFound");
}

#[tokio::test]
async fn the_same_token_gives_the_same_acl_and_another_request_with_it_is_refused() {
    let ec2 = ec2(&Simulator::default());
    let (one, other) = (vpc(&ec2).await, vpc(&ec2).await);
    let call = |vpc: &str| ec2.create_network_acl().vpc_id(vpc).client_token("t-1").send();
    let first = call(&one).await.expect("an ACL").network_acl.expect("it");
    let second = call(&one).await.expect("an ACL").network_acl.expect("it");
    assert_eq!(first.network_acl_id(), second.network_acl_id());
    assert_eq!(acls(&ec2, &one).await.len(), 2);
    assert_eq!(code(call(&other).await), "IdempotentParameterMismatch");
    // A token belongs to one operation.
    let table = ec2.create_route_table().vpc_id(&other).client_token("t-1").send().await;
    table.expect("a table");
}

#[tokio::test]
async fn protocols_are_numbers_and_only_their_own_members_are_kept() {
    let ec2 = ec2(&Simulator::default());
    let id = acl(&ec2, &vpc(&ec2).await).await;
    let call = |number: i32, protocol: &str| {
        let call = entry(&ec2, &id, number).protocol(protocol);
        call.port_range(ports(443, 444)).icmp_type_code(icmp(8, -1))
    };
    call(1, "6").cidr_block("100.68.0.18/18").send().await.expect("TCP");
    call(2, "17").send().await.expect("UDP");
    call(3, "1").send().await.expect("ICMP");
    call(4, "58").set_cidr_block(None).ipv6_cidr_block("2001:db8::1/32").send().await.expect("v6");
    call(5, "58").send().await.expect("ICMPv6 in IPv4");
    call(6, "-1").send().await.expect("all");
    call(32_766, "50").rule_action(RuleAction::Deny).send().await.expect("ESP");
    let acl = read(&ec2, &id).await;
    let own = own(&acl);
    assert_eq!(own[0].cidr_block(), Some("100.68.0.0/18"));
    assert_eq!(own[3].ipv6_cidr_block(), Some("2001:db8::/32"));
    let protocols: Vec<_> = own.iter().filter_map(|entry| entry.protocol()).collect();
    assert_eq!(protocols, ["6", "17", "1", "58", "58", "-1", "50"]);
    let with_ports = own.iter().map(|entry| entry.port_range().is_some()).collect::<Vec<_>>();
    assert_eq!(with_ports, [true, true, false, false, false, false, false]);
    let with_types = own.iter().map(|entry| entry.icmp_type_code().is_some()).collect::<Vec<_>>();
    assert_eq!(with_types, [false, false, true, true, false, false, false]);
    assert_eq!(own[0].port_range(), Some(&ports(443, 444)));
    assert_eq!(own[2].icmp_type_code(), Some(&icmp(8, -1)));
}

#[tokio::test]
async fn invalid_entries_are_refused() {
    let ec2 = ec2(&Simulator::default());
    let id = acl(&ec2, &vpc(&ec2).await).await;
    let call = || entry(&ec2, &id, 100);
    for (call, expected) in [
        (call().rule_number(0), "InvalidParameterValue"),
        (call().rule_number(32_767), "InvalidParameterValue"),
        (call().set_rule_number(None), "MissingParameter"),
        (call().set_egress(None), "MissingParameter"),
        (call().set_rule_action(None), "MissingParameter"),
        (call().rule_action(RuleAction::from("drop")), "InvalidParameterValue"),
        (call().set_protocol(None), "MissingParameter"),
        (call().protocol("tcp"), "InvalidParameterValue"),
        (call().protocol("256"), "InvalidParameterValue"),
        (call().set_cidr_block(None), "MissingParameter"),
        (call().ipv6_cidr_block("::/0"), "InvalidParameterCombination"),
        (call().cidr_block("10.0.0.0/33"), "InvalidParameterValue"),
        (call().cidr_block("::/0"), "InvalidParameterValue"),
        (call().protocol("6"), "MissingParameter"),
        (call().protocol("17").port_range(ports(9, 8)), "InvalidParameterValue"),
        (call().protocol("6").port_range(ports(0, 65_536)), "InvalidParameterValue"),
        (call().protocol("1"), "MissingParameter"),
        (call().protocol("1").icmp_type_code(icmp(-1, 3)), "InvalidParameterValue"),
        (call().protocol("1").icmp_type_code(icmp(256, 0)), "InvalidParameterValue"),
        (call().set_cidr_block(None).ipv6_cidr_block("::/0").protocol("58"), "MissingParameter"),
        (call().network_acl_id("acl-0123456789abcdef0"), "InvalidNetworkAclID.NotFound"),
        (call().network_acl_id("acl-x"), "InvalidNetworkAclId.Malformed"),
    ] {
        let input = format!("{:?}", call.as_input());
        assert_eq!(code(call.send().await), expected, "{input}");
    }
    assert_eq!(own(&read(&ec2, &id).await), [] as [&NetworkAclEntry; 0]);
}

#[tokio::test]
async fn a_number_is_used_once_in_each_direction_by_either_family() {
    let ec2 = ec2(&Simulator::default());
    let id = acl(&ec2, &vpc(&ec2).await).await;
    entry(&ec2, &id, 100).send().await.expect("an entry");
    let again = entry(&ec2, &id, 100).set_cidr_block(None).ipv6_cidr_block("::/0");
    assert_eq!(code(again.send().await), "NetworkAclEntryAlreadyExists");
    entry(&ec2, &id, 100).egress(true).send().await.expect("an entry");
}

#[tokio::test]
async fn an_entry_is_replaced_in_one_step_and_deleted_by_its_number() {
    let ec2 = ec2(&Simulator::default());
    let id = acl(&ec2, &vpc(&ec2).await).await;
    entry(&ec2, &id, 100).send().await.expect("an entry");
    let replace = |egress: bool| {
        let call = ec2.replace_network_acl_entry().network_acl_id(&id).rule_number(100);
        let call = call.protocol("-1").rule_action(RuleAction::Deny).egress(egress);
        call.cidr_block("10.0.0.0/8").send()
    };
    assert_eq!(code(replace(true).await), "InvalidNetworkAclEntry.NotFound");
    replace(false).await.expect("replaced");
    assert_eq!(entries(&read(&ec2, &id).await)[1], "ingress 100 deny -1 10.0.0.0/8");
    let delete = |number: i32, egress: bool| {
        let call = ec2.delete_network_acl_entry().network_acl_id(&id);
        call.rule_number(number).egress(egress).send()
    };
    assert_eq!(code(delete(100, true).await), "InvalidNetworkAclEntry.NotFound");
    assert_eq!(code(delete(32_767, false).await), "InvalidParameterValue");
    delete(100, false).await.expect("deleted");
    assert_eq!(code(delete(100, false).await), "InvalidNetworkAclEntry.NotFound");
}

#[tokio::test]
async fn entries_are_limited_in_each_direction_and_family_including_the_last_one() {
    let ec2 = ec2(&Simulator::default());
    let id = acl(&ec2, &vpc(&ec2).await).await;
    for number in 1..20 {
        entry(&ec2, &id, number).send().await.expect("an entry");
    }
    let one_more = entry(&ec2, &id, 20);
    assert_eq!(code(one_more.clone().send().await), "NetworkAclEntryLimitExceeded");
    one_more.clone().egress(true).send().await.expect("the other direction");
    let v6 = one_more.set_cidr_block(None).ipv6_cidr_block("::/0");
    v6.send().await.expect("the other family");
    // A replaced entry does not count twice, unless its family changes.
    let replace = |number: i32| {
        let call = ec2.replace_network_acl_entry().network_acl_id(&id).rule_number(number);
        call.protocol("6").port_range(ports(22, 22)).rule_action(RuleAction::Deny).egress(false)
    };
    replace(19).cidr_block("0.0.0.0/0").send().await.expect("replaced");
    let refused = replace(20).cidr_block("0.0.0.0/0").send().await;
    assert_eq!(code(refused), "NetworkAclEntryLimitExceeded");
}

#[tokio::test]
async fn acls_are_limited_in_each_vpc() {
    let ec2 = ec2(&Simulator::default());
    let (full, other) = (vpc(&ec2).await, vpc(&ec2).await);
    for _ in 1..200 {
        acl(&ec2, &full).await;
    }
    let refused = ec2.create_network_acl().vpc_id(&full).send().await;
    assert_eq!(code(refused), "NetworkAclLimitExceeded");
    acl(&ec2, &other).await;
}

#[tokio::test]
async fn a_subnet_always_has_one_acl_and_each_change_gives_its_association_another_id() {
    let ec2 = ec2(&Simulator::default());
    let vpc = vpc(&ec2).await;
    let subnet = subnet(&ec2, &vpc, "10.0.0.0/24", "eu-west-1a").await;
    let (old, under) = association(&ec2, &subnet).await;
    assert_eq!(under, default_acl(&ec2, &vpc).await);
    let new = acl(&ec2, &vpc).await;
    let replace = |association: &str, acl: &str| {
        let call = ec2.replace_network_acl_association().association_id(association);
        call.network_acl_id(acl).send()
    };
    let answer = replace(&old, &new).await.expect("replaced");
    let (changed, under) = association(&ec2, &subnet).await;
    assert_eq!(answer.new_association_id(), Some(changed.as_str()));
    assert_ne!(changed, old);
    assert_eq!(under, new);
    assert_eq!(code(replace(&old, &new).await), "InvalidAssociationID.NotFound");
    let same = replace(&changed, &new).await.expect("nothing to do");
    assert_eq!(same.new_association_id(), Some(changed.as_str()));
    let missing = replace(&changed, "acl-0123456789abcdef0").await;
    assert_eq!(code(missing), "InvalidNetworkAclID.NotFound");
    let far = acl(&ec2, &super::vpc(&ec2).await).await;
    assert_eq!(code(replace(&changed, &far).await), "InvalidParameterValue");
    assert_eq!(association(&ec2, &subnet).await, (changed, new));
}

#[tokio::test]
async fn an_acl_with_a_subnet_and_the_default_acl_cannot_be_deleted() {
    let ec2 = ec2(&Simulator::default());
    let vpc = vpc(&ec2).await;
    let subnet = subnet(&ec2, &vpc, "10.0.0.0/24", "eu-west-1a").await;
    let id = acl(&ec2, &vpc).await;
    let (association, _) = association(&ec2, &subnet).await;
    let call = ec2.replace_network_acl_association().association_id(association);
    call.network_acl_id(&id).send().await.expect("replaced");
    let delete = |id: &str| ec2.delete_network_acl().network_acl_id(id).send();
    assert_eq!(code(delete(&id).await), "DependencyViolation");
    let default = default_acl(&ec2, &vpc).await;
    assert_eq!(code(delete(&default).await), "InvalidParameterValue");
    ec2.delete_subnet().subnet_id(&subnet).send().await.expect("its association goes with it");
    delete(&id).await.expect("deleted");
    assert_eq!(code(delete(&id).await), "InvalidNetworkAclID.NotFound");
}

#[tokio::test]
async fn a_vpc_with_another_acl_cannot_be_deleted_and_the_default_one_is_deleted_with_its_vpc() {
    let ec2 = ec2(&Simulator::default());
    let vpc = vpc(&ec2).await;
    let default = default_acl(&ec2, &vpc).await;
    let id = acl(&ec2, &vpc).await;
    let delete = || ec2.delete_vpc().vpc_id(&vpc).send();
    assert_eq!(code(delete().await), "DependencyViolation");
    ec2.delete_network_acl().network_acl_id(id).send().await.expect("deleted");
    delete().await.expect("deleted");
    let gone = ec2.describe_network_acls().network_acl_ids(default).send().await;
    assert_eq!(code(gone), "InvalidNetworkAclID.NotFound");
}

#[tokio::test]
async fn acls_can_be_filtered_by_their_contents_and_are_paged() {
    let ec2 = ec2(&Simulator::default());
    let vpc = vpc(&ec2).await;
    let id = acl(&ec2, &vpc).await;
    let tcp = entry(&ec2, &id, 7).protocol("6").port_range(ports(443, 444));
    tcp.rule_action(RuleAction::Deny).cidr_block("10.1.0.0/16").send().await.expect("an entry");
    for (name, value) in [
        ("entry.cidr", "10.1.0.0/16"),
        ("entry.port-range.from", "443"),
        ("entry.port-range.to", "444"),
        ("entry.protocol", "6"),
        ("entry.rule-number", "7"),
        ("network-acl-id", id.as_str()),
        ("default", "false"),
    ] {
        let filter = Filter::builder().name(name).values(value).build();
        let found = ec2.describe_network_acls().filters(filter).send().await.expect("ACLs");
        let ids: Vec<_> =
            found.network_acls().iter().filter_map(|it| it.network_acl_id()).collect();
        assert_eq!(ids, [id.as_str()], "{name}");
    }
    for _ in 0..5 {
        acl(&ec2, &vpc).await;
    }
    let page = ec2.describe_network_acls().max_results(5).send().await.expect("a page");
    assert_eq!(page.network_acls().len(), 5);
    let token = page.next_token().expect("a token");
    let rest = ec2.describe_network_acls().max_results(5).next_token(token).send().await;
    assert_eq!(rest.expect("a page").network_acls().len(), 2);
    for size in [4, 1001] {
        let refused = ec2.describe_network_acls().max_results(size).send().await;
        assert_eq!(code(refused), "InvalidParameterValue", "{size}");
    }
}
