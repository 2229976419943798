//! What is not known yet delays only the rules that name it.

use std::collections::BTreeSet;

use super::*;
use crate::kind::{Candidates, Describe as _};

const GROUP: &str = "SecurityGroup/later.arn (known after apply)";
const SIZE: &str = "prefix list pl-0a (not resolved)";

fn these(ids: &[&str]) -> Candidates {
    Candidates::These(ids.iter().map(|&id| id.to_owned()).collect::<BTreeSet<_>>())
}

/// A state in which the size of `pl-0a` is not known.
fn unweighed(mut want: State) -> State {
    want.prefix_list_weights.insert("pl-0a".into(), SIZE.into());
    want
}

/// Wants tcp 443 from a group that may be one of these, and tcp 80 from addresses.
fn waiting_for(candidates: Candidates) -> State {
    let mut want = wanted(&["tcp 80, 10.0.0.0/8"]);
    let pending = Pending { kind: PendingKind::Group, placeholder: GROUP.to_owned(), candidates };
    let rule = Rule { peer: Peer::Pending(pending), ..rule("tcp 443, self") };
    want.ingress.as_mut().unwrap().0.insert(rule, Some("web".to_owned()));
    want
}

#[test]
fn a_rule_for_a_group_that_does_not_exist_yet_is_shown_and_waits_alone() {
    insta::assert_snapshot!(plan(&waiting_for(these(&[])), &live(&["tcp 22, ::/0"], &[])), @r#"
    tightens: revoke ingress tcp 22 from ::/0
    loosens: authorize ingress tcp 80 from 10.0.0.0/8
    loosens: authorize ingress tcp 443 from (known after apply: SecurityGroup/later) "web"
    "#);
    let changes = SecurityGroup::diff(&waiting_for(these(&[])), &live(&[], &[]));
    let waits_for: Vec<_> = changes.iter().map(Change::waits_for).collect();
    assert_eq!(waits_for, [None, Some(GROUP)]);
}

#[test]
fn each_unknown_peer_has_an_edit_of_its_own() {
    let want = wanted(&[
        "tcp 1, group SecurityGroup/a.arn (known after apply)",
        "tcp 2, group SecurityGroup/a.arn (known after apply)",
        "tcp 1, group dev/SecurityGroup/a.arn (known after apply)",
        "tcp 1, prefix list prefix list with name offices (not resolved)",
    ]);
    insta::assert_snapshot!(plan(&want, &live(&[], &[])), @r"
    loosens: authorize 2 ingress rules
        + ingress tcp 1 from (known after apply: SecurityGroup/a)
        + ingress tcp 2 from (known after apply: SecurityGroup/a)
    loosens: authorize ingress tcp 1 from (known after apply: dev/SecurityGroup/a)
    loosens: authorize ingress tcp 1 from (known after apply: prefix list with name offices)
    ");
}

#[test]
fn no_live_rule_is_for_a_group_that_is_absent() {
    let have = live(&["tcp 443, sg-0x", "tcp 443, 444455556666/sg-0y", "tcp 80, 10.0.0.0/8"], &[]);
    insta::assert_snapshot!(plan(&waiting_for(these(&[])), &have), @r#"
    tightens: revoke 2 ingress rules
        - ingress tcp 443 from sg-0x
        - ingress tcp 443 from 444455556666/sg-0y
    loosens: authorize ingress tcp 443 from (known after apply: SecurityGroup/later) "web"
    "#);
}

#[test]
fn the_rule_for_the_last_seen_id_of_a_group_stays_and_all_others_are_revoked() {
    let have = live(&["tcp 443, sg-0x", "tcp 443, sg-0last # web", "tcp 80, 10.0.0.0/8"], &[]);
    insta::assert_snapshot!(
        plan(&waiting_for(these(&["sg-0last"])), &have),
        @"tightens: revoke ingress tcp 443 from sg-0x"
    );
    // It is not known which of the two is meant: both stay, and the rule still waits.
    insta::assert_snapshot!(
        plan(&waiting_for(these(&["sg-0last", "sg-0x"])), &have),
        @r#"loosens: authorize ingress tcp 443 from (known after apply: SecurityGroup/later) "web""#
    );
}

#[test]
fn a_group_that_could_not_be_read_may_be_any_other_group_with_the_same_traffic() {
    let mine = ["tcp 443, sg-0x", "tcp 80, 10.0.0.0/8"];
    let more = ["tcp 443, self", "tcp 443, 10.9.0.0/16", "tcp 443, pl-0a", "tcp 444, sg-0x"];
    let have = live(&[&mine[..], &more[..]].concat(), &["tcp 443, sg-0x"]);
    let want = State { egress: Some(Rules::default()), ..waiting_for(Candidates::Any) };
    insta::assert_snapshot!(plan(&want, &have), @r#"
    tightens: revoke 4 ingress rules
        - ingress tcp 443 from self
        - ingress tcp 443 from 10.9.0.0/16
        - ingress tcp 443 from pl-0a
        - ingress tcp 444 from sg-0x
    tightens: revoke egress tcp 443 to sg-0x
    loosens: authorize ingress tcp 443 from (known after apply: SecurityGroup/later) "web"
    "#);
}

#[test]
fn an_unknown_prefix_list_keeps_only_lists_that_were_not_read() {
    let list = "prefix list prefix list with name offices (not resolved) | others pl-0seen";
    let want = wanted(&[&format!("tcp 443, {list}")]);
    let have = live(&["tcp 443, pl-0seen", "tcp 443, pl-0gone", "tcp 443, sg-0a"], &[]);
    insta::assert_snapshot!(plan(&want, &have), @r"
    tightens: revoke 2 ingress rules
        - ingress tcp 443 from sg-0a
        - ingress tcp 443 from pl-0seen
    loosens: authorize ingress tcp 443 from (known after apply: prefix list with name offices)
    ");
}

#[test]
fn a_rule_for_a_prefix_list_of_unknown_size_waits_and_an_existing_one_is_no_edit() {
    let want = unweighed(wanted(&["tcp 443, pl-0a", "tcp 22, 10.0.0.0/8"]));
    let changes = SecurityGroup::diff(&want, &live(&["tcp 23, ::/0"], &[]));
    let waits_for: Vec<_> = changes.iter().map(Change::waits_for).collect();
    assert_eq!(waits_for, [None, None, Some(SIZE)]);
    assert_eq!(plan(&want, &live(&["tcp 443, pl-0a", "tcp 22, 10.0.0.0/8"], &[])), "");
}

#[test]
fn a_rule_for_a_prefix_list_of_unknown_size_is_narrowed_in_place_because_its_count_stays() {
    let want = unweighed(wanted(&["tcp 443, pl-0a"]));
    let have = live(&["all traffic, pl-0a"], &[]);
    insta::assert_snapshot!(
        plan(&want, &have),
        @"tightens: modify ingress all traffic -> tcp 443 from pl-0a"
    );
    // Another list may count more.
    let have = live(&["tcp 443, pl-0b"], &[]);
    let changes = SecurityGroup::diff(&want, &have);
    assert!(
        matches!(
            &changes[..],
            [Change::Authorize { waits_for: Some(_), .. }, Change::Revoke { .. }]
        ),
        "{changes:?}"
    );
}

#[test]
fn what_takes_the_place_of_a_rule_and_may_fail_comes_before_its_end_but_openings_are_closed_first()
{
    let mut want = wanted(&["tcp 443, sg-0e", "tcp 80, pl-0a", "tcp 22, 10.2.0.0/16"]);
    want.unseen_groups.insert("sg-0e".into());
    let have = ["tcp 443, 10.1.0.0/16", "tcp 443, 0.0.0.0/0", "tcp 25, sg-0b", "tcp 80, sg-0c"];
    let have = live(&have, &[]);
    let changes = SecurityGroup::diff(&unweighed(want.clone()), &have);
    let text: Vec<_> =
        changes.iter().map(|change| format!("{change} after {:?}", change.needs())).collect();
    insta::assert_snapshot!(text.join("\n"), @r#"
    revoke 2 ingress rules after []
    authorize ingress tcp 22 from 10.2.0.0/16 after []
    authorize ingress tcp 443 from sg-0e after []
    authorize ingress tcp 80 from pl-0a after []
    revoke ingress tcp 443 from 10.1.0.0/16 after ["authorize ingress tcp 443 from sg-0e"]
    revoke ingress tcp 80 from sg-0c after ["authorize ingress tcp 80 from pl-0a"]
    "#);
    let waits: Vec<_> = changes.iter().filter_map(Change::waits_for).collect();
    assert_eq!(waits, [SIZE]);
    // Where all is known, what is not wanted goes first as ever.
    let weights = [("pl-0a".to_owned(), "1".to_owned())].into();
    let want = State { unseen_groups: BTreeSet::new(), prefix_list_weights: weights, ..want };
    let changes = SecurityGroup::diff(&want, &have);
    assert!(matches!(&changes[..], [Change::Revoke { .. }, Change::Authorize { .. }]));
}

#[test]
fn without_room_for_both_the_old_rule_goes_first() {
    let mut want = wanted(&["tcp 443, sg-0e"]);
    want.rule_quota = Some(1);
    want.unseen_groups.insert("sg-0e".into());
    let changes = SecurityGroup::diff(&want, &live(&["tcp 443, 10.1.0.0/16"], &[]));
    assert!(matches!(&changes[..], [Change::Revoke { .. }, Change::Authorize { .. }]));
    assert!(changes.iter().all(|change| change.needs().is_empty()));
}

#[test]
fn a_group_that_a_live_rule_names_is_there() {
    let mut want = wanted(&["tcp 443, sg-0e"]);
    want.unseen_groups.insert("sg-0e".into());
    let changes = SecurityGroup::diff(&want, &live(&["tcp 80, sg-0e"], &[]));
    assert!(matches!(&changes[..], [Change::Modify { .. }]), "{changes:?}");
}

#[test]
fn an_unknown_vpc_is_neither_a_difference_nor_a_conflict() {
    let want =
        State { vpc: Some("VPC with Name=ml (not resolved)".into()), ..wanted(&["tcp 443, self"]) };
    let have = live(&["tcp 443, self", "tcp 22, 0.0.0.0/0"], &[]);
    insta::assert_snapshot!(plan(&want, &have), @"tightens: revoke ingress tcp 22 from 0.0.0.0/0");
    let keys = SecurityGroup::natural_keys(&want);
    assert!(keys.iter().all(|key| !SecurityGroup::natural_keys(&have).contains(key)));
    // The name is not an id: one in parentheses is compared.
    let want = State { group_name: Some("(x)".into()), ..wanted(&["tcp 443, self"]) };
    assert!(plan(&want, &have).starts_with("impossible"), "{}", plan(&want, &have));
}
