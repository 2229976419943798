use super::*;

#[test]
fn equal_rules_in_any_order_are_no_edit() {
    let have =
        live(&["tcp 443, 10.0.0.0/16 # a", "all traffic, self"], &["all traffic, 0.0.0.0/0"]);
    let want = wanted(&["all traffic, self", "tcp 443, 10.0.0.0/16 # a"]);
    insta::assert_snapshot!(plan(&want, &have), @"");
}

#[test]
fn an_unwanted_rule_is_revoked_before_a_missing_one_is_added() {
    let have = live(&["tcp 22, 0.0.0.0/0 # temporary"], &[]);
    let want = wanted(&["tcp 443, sg-0a # from the bastion"]);
    insta::assert_snapshot!(plan(&want, &have), @r#"
    tightens: revoke ingress tcp 22 from 0.0.0.0/0 "temporary"
    loosens: authorize ingress tcp 443 from sg-0a "from the bastion"
    "#);
}

#[test]
fn a_rule_that_was_widened_is_narrowed_in_place() {
    let have = live(&["tcp all ports, 0.0.0.0/0 # web"], &[]);
    let want = wanted(&["tcp 443, 10.0.0.0/16"]);
    insta::assert_snapshot!(plan(&want, &have), @"tightens: modify ingress tcp all ports from \
                                                  0.0.0.0/0 -> tcp 443 from 10.0.0.0/16");
    let [Change::Modify { pairs, .. }] = &SecurityGroup::diff(&want, &have)[..] else {
        panic!("one modification")
    };
    assert_eq!(pairs[0].description, "web", "a description that is not managed stays");
}

#[test]
fn related_rules_of_one_peer_type_become_each_other_in_place() {
    let have = live(&["tcp 443, 10.1.0.0/16", "tcp 22, sg-0a"], &[]);
    let want = wanted(&["tcp 443, 10.2.0.0/16", "tcp 2222, sg-0a"]);
    insta::assert_snapshot!(plan(&want, &have), @r"
    loosens: modify 2 ingress rules
        ~ ingress tcp 443 from 10.1.0.0/16 -> 10.2.0.0/16
        ~ ingress tcp 22 -> tcp 2222 from sg-0a
    ");
}

#[test]
fn narrowing_does_not_wait_for_a_rule_that_moves() {
    let have = live(&["tcp 443, 0.0.0.0/0", "tcp 22, sg-0a"], &[]);
    let want = wanted(&["tcp 443, 10.0.0.0/8", "tcp 2222, sg-0a"]);
    insta::assert_snapshot!(plan(&want, &have), @r"
    tightens: modify ingress tcp 443 from 0.0.0.0/0 -> 10.0.0.0/8
    loosens: modify ingress tcp 22 -> tcp 2222 from sg-0a
    ");
}

#[test]
fn a_rule_for_a_group_keeps_its_group() {
    let have = live(&["tcp 22, sg-0a"], &[]);
    insta::assert_snapshot!(plan(&wanted(&["tcp 22, sg-0b"]), &have), @r"
    tightens: revoke ingress tcp 22 from sg-0a
    loosens: authorize ingress tcp 22 from sg-0b
    ");
}

#[test]
fn another_peer_type_cannot_be_modified() {
    let have = live(&["tcp 443, 10.1.0.0/16", "tcp 80, 444455556666/sg-0a"], &[]);
    let want = wanted(&["tcp 443, ::/0", "tcp 80, 444455556666/sg-0b"]);
    let changes = SecurityGroup::diff(&want, &have);
    assert!(
        matches!(&changes[..], [Change::Revoke { .. }, Change::Authorize { .. }]),
        "{changes:?}"
    );
}

#[test]
fn a_rule_open_to_the_world_never_waits_for_another_one() {
    let have = live(&["tcp 22, 0.0.0.0/0"], &[]);
    let want = wanted(&["tcp 443, 0.0.0.0/0"]);
    insta::assert_snapshot!(plan(&want, &have), @r"
    tightens: revoke ingress tcp 22 from 0.0.0.0/0
    loosens: authorize ingress tcp 443 from 0.0.0.0/0
    ");
}

#[test]
fn traffic_of_a_wide_rule_is_allowed_by_other_rules_before_it_is_revoked() {
    let have = live(&["tcp 443, 10.0.0.0/8"], &[]);
    let want = wanted(&["tcp 443, 10.1.0.0/16", "tcp 443, 10.2.0.0/16", "tcp 22, sg-0a"]);
    insta::assert_snapshot!(plan(&want, &have), @r"
    neutral: authorize 2 ingress rules
        + ingress tcp 443 from 10.1.0.0/16
        + ingress tcp 443 from 10.2.0.0/16
    tightens: revoke ingress tcp 443 from 10.0.0.0/8
    loosens: authorize ingress tcp 22 from sg-0a
    ");
}

#[test]
fn without_room_for_both_the_wide_rule_is_revoked_first() {
    let have = live(&["tcp 443, 10.0.0.0/8"], &[]);
    let mut want = wanted(&["tcp 443, 10.1.0.0/16", "tcp 443, 10.2.0.0/16"]);
    want.rule_quota = Some(2);
    insta::assert_snapshot!(plan(&want, &have), @r"
    tightens: revoke ingress tcp 443 from 10.0.0.0/8
    loosens: authorize 2 ingress rules
        + ingress tcp 443 from 10.1.0.0/16
        + ingress tcp 443 from 10.2.0.0/16
    ");
}

#[test]
fn descriptions_are_edited_in_place_and_only_if_they_are_managed() {
    let have = live(&["tcp 443, self # old", "tcp 80, self # kept", "tcp 22, self # gone"], &[]);
    let mut want = wanted(&["tcp 443, self # new", "tcp 80, self"]);
    want.ingress.as_mut().unwrap().0.insert(rule("tcp 22, self"), Some(String::new()));
    insta::assert_snapshot!(plan(&want, &have), @r#"
    neutral: describe 2 ingress rules
        ~ ingress tcp 22 from self: "gone" -> ""
        ~ ingress tcp 443 from self: "old" -> "new"
    "#);
}

#[test]
fn the_default_egress_is_removed_unless_it_is_wanted() {
    let have = live(&[], &["all traffic, 0.0.0.0/0", "all traffic, ::/0"]);
    let none = State { egress: Some(Rules::default()), ..wanted(&[]) };
    insta::assert_snapshot!(plan(&none, &have), @r"
    tightens: revoke 2 egress rules
        - egress all traffic to 0.0.0.0/0
        - egress all traffic to ::/0
    ");
    let kept = State { egress: Some(rules(&["all traffic, 0.0.0.0/0"])), ..wanted(&[]) };
    insta::assert_snapshot!(plan(&kept, &have), @"tightens: revoke egress all traffic to ::/0");
    assert_eq!(plan(&wanted(&[]), &have), "", "a direction that is not listed is not managed");
}

#[test]
fn additive_rules_leave_every_other_rule_alone() {
    let have = live(&["tcp 22, 0.0.0.0/0", "tcp 443, self # theirs"], &["all traffic, 0.0.0.0/0"]);
    let mut want = wanted(&["tcp 443, self # ours", "tcp 80, self"]);
    want.rules = Some(Mode::Additive);
    want.egress = Some(Rules::default());
    insta::assert_snapshot!(plan(&want, &have), @r#"
    neutral: describe ingress tcp 443 from self: "theirs" -> "ours"
    loosens: authorize ingress tcp 80 from self
    "#);
}

#[test]
fn the_groups_own_id_is_self() {
    let have = live(&["tcp 443, self"], &[]);
    assert_eq!(plan(&wanted(&["tcp 443, sg-0own"]), &have), "");
}

#[test]
fn name_description_and_vpc_are_shown_and_never_changed() {
    let mut want = wanted(&[]);
    want.group_name = Some("Apps".into());
    want.description = Some("Other".into());
    want.vpc = Some("vpc-2".into());
    let changes = SecurityGroup::diff(&want, &live(&[], &[]));
    let lines: Vec<_> = changes.iter().map(ToString::to_string).collect();
    assert_eq!(
        lines,
        [
            r#"change groupName from "apps" to "Apps""#,
            r#"change description from "Apps" to "Other""#,
            r#"change vpc from "vpc-1" to "vpc-2""#,
        ]
    );
    use crate::kind::Describe as _;
    assert!(changes.iter().all(|change| change.risk() == Risk::IMPOSSIBLE));
    let last = changes.iter().fold(live(&[], &[]), SecurityGroup::effect);
    assert!(SecurityGroup::diff(&want, &last).is_empty());
}

#[test]
fn names_that_differ_only_in_case_are_the_same_name_in_a_vpc() {
    let upper = State { group_name: Some("APPS".into()), ..wanted(&[]) };
    assert_eq!(SecurityGroup::natural_keys(&upper), ["vpc-1/apps"]);
    assert_eq!(SecurityGroup::natural_keys(&upper), SecurityGroup::natural_keys(&live(&[], &[])));
}
