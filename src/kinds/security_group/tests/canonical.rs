use proptest::prelude::*;

use super::{laws::any_rule, *};

#[test]
fn protocol_numbers_with_a_name_are_the_name() {
    for (number, name) in [("6", "tcp"), ("17", "udp"), ("1", "icmp"), ("58", "icmpv6")] {
        let read = |protocol| Traffic::from_aws(protocol, Some(3), Some(4));
        assert!(read(number).is_some());
        assert_eq!(read(number), read(name));
    }
    assert_eq!(Traffic::from_aws("-1", None, None), Some(Traffic::All));
    assert_eq!(Traffic::from_aws("50", None, None), Some(Traffic::Other(50)));
}

#[test]
fn ports_matter_only_for_protocols_that_have_ports() {
    assert_eq!(Traffic::from_aws("-1", Some(443), Some(443)), Some(Traffic::All));
    assert_eq!(Traffic::from_aws("47", Some(-1), Some(-1)), Some(Traffic::Other(47)));
    assert_eq!(Traffic::All.to_aws(), ("-1".to_owned(), None, None));
    assert_eq!(Traffic::Other(50).to_aws(), ("50".to_owned(), None, None));
    assert_eq!(Traffic::Other(50).to_authorize(), ("50".to_owned(), Some(-1), Some(-1)));
    assert_eq!(Traffic::All.to_authorize(), Traffic::All.to_aws());
}

#[test]
fn absent_ports_and_minus_one_both_mean_all() {
    let all = Some(Traffic::Icmpv6(Messages::All));
    assert_eq!(Traffic::from_aws("icmpv6", None, None), all);
    assert_eq!(Traffic::from_aws("icmpv6", Some(-1), Some(-1)), all);
    let all = Some(Traffic::Tcp(Ports::ALL));
    assert_eq!(Traffic::from_aws("tcp", None, None), all);
    assert_eq!(Traffic::from_aws("tcp", Some(0), Some(65535)), all);
}

#[test]
fn ports_out_of_range_are_not_guessed() {
    assert_eq!(Traffic::from_aws("tcp", Some(0), Some(70000)), None);
    assert_eq!(Traffic::from_aws("icmp", Some(300), Some(-1)), None);
    assert_eq!(Traffic::from_aws("", None, None), None);
}

#[test]
fn groups_and_prefix_lists_cover_only_themselves() {
    assert!(!rule("all traffic, 0.0.0.0/0").overlaps(&rule("tcp 443, sg-0a")));
    assert!(!rule("tcp 443, sg-0a").overlaps(&rule("tcp 443, sg-0b")));
    assert!(rule("all traffic, sg-0a").covers(&rule("tcp 443, sg-0a")));
    assert!(rule("icmp type 8, self").covers(&rule("icmp type 8 code 0, self")));
    assert!(!rule("icmp type 8, self").covers(&rule("icmp all types, self")));
}

#[test]
fn the_line_of_a_rule_describes_its_traffic() {
    for (text, line) in [
        ("tcp 443, 10.0.0.0/16", "ingress tcp 443 from 10.0.0.0/16"),
        ("tcp all ports, self", "ingress tcp all ports from self"),
        ("udp 8192-65535, sg-0a", "ingress udp 8192-65535 from sg-0a"),
        ("icmp type 8 code 0, ::/0", "ingress icmp type 8 code 0 from ::/0"),
        ("protocol 50, 111122223333/sg-0a", "ingress protocol 50 from 111122223333/sg-0a"),
        ("all traffic, pl-0a", "ingress all traffic from pl-0a"),
    ] {
        assert_eq!(rule(text).line(Direction::Ingress), line);
    }
}

proptest! {
    #[test]
    fn a_rule_reads_back_from_its_text_and_from_aws(rule in any_rule()) {
        let text = String::from(rule.clone());
        prop_assert_eq!(Rule::try_from(text), Ok(rule.clone()));
        let (protocol, from, to) = rule.traffic.to_aws();
        prop_assert_eq!(Traffic::from_aws(&protocol, from, to), Some(rule.traffic));
    }
}
