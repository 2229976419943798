//! Groups of other accounts: ids are unique across accounts, and the account is not part of a rule.

use super::*;
use crate::kind::Describe as _;

#[test]
fn a_group_is_the_same_whatever_is_known_about_its_account() {
    let forms = ["tcp 443, sg-0a", "tcp 443, 444455556666/sg-0a"];
    for written in forms {
        for answered in forms {
            let (want, have) = (wanted(&[written]), live(&[answered], &[answered]));
            assert_eq!(plan(&want, &have), "", "{written} against {answered}");
        }
    }
    assert_ne!(rule("tcp 443, 444455556666/sg-0a"), rule("tcp 443, 444455556666/sg-0b"));
}

#[test]
fn the_groups_own_id_is_self_with_any_account() {
    let have = live(&["tcp 443, self"], &[]);
    assert_eq!(plan(&wanted(&["tcp 443, 111122223333/sg-0own"]), &have), "");
}

#[test]
fn a_description_is_edited_in_place_with_and_without_the_account() {
    let have = live(&["tcp 443, 444455556666/sg-0a # old"], &[]);
    for written in ["tcp 443, sg-0a # new", "tcp 443, 444455556666/sg-0a # new"] {
        let changes = SecurityGroup::diff(&wanted(&[written]), &have);
        assert!(matches!(&changes[..], [Change::Describe { .. }]), "{changes:?}");
        let after = SecurityGroup::effect(have.clone(), &changes[0]);
        assert_eq!(SecurityGroup::diff(&wanted(&[written]), &after), []);
    }
}

#[test]
fn a_rule_added_for_another_account_is_revoked_and_its_line_names_the_account() {
    let have = live(&["tcp 443, 444455556666/sg-0a", "tcp 22, 444455556666/sg-0b"], &[]);
    insta::assert_snapshot!(
        plan(&wanted(&["tcp 443, sg-0a"]), &have),
        @"tightens: revoke ingress tcp 22 from 444455556666/sg-0b"
    );
}

#[test]
fn a_rule_for_a_group_of_another_account_is_never_modified_and_its_traffic_is_not_cut() {
    let have = live(&["tcp all ports, 444455556666/sg-0a"], &[]);
    for written in ["tcp 443, sg-0a", "tcp 443, 444455556666/sg-0a"] {
        let changes = SecurityGroup::diff(&wanted(&[written]), &have);
        assert!(
            matches!(
                &changes[..],
                [Change::Authorize { covered: true, .. }, Change::Revoke { .. }]
            ),
            "{changes:?}"
        );
    }
}

#[test]
fn an_edit_that_does_the_same_has_the_same_keys() {
    let want = wanted(&[
        "tcp 443, 10.0.0.0/8",
        "tcp 80, group SecurityGroup/later.arn (known after apply)",
    ]);
    let have = live(&["tcp 22, 444455556666/sg-0b # x", "tcp 23, sg-0c"], &[]);
    let keys = |want: &State, have: &State| -> Vec<String> {
        SecurityGroup::diff(want, have).iter().map(Change::key).collect()
    };
    let revoked = "revoke ingress tcp 22 from sg-0b; revoke ingress tcp 23 from sg-0c";
    let added = "authorize ingress tcp 443 from 10.0.0.0/8";
    let later = "authorize ingress tcp 80 from SecurityGroup/later";
    assert_eq!(keys(&want, &have), [revoked, added, later]);
    // The group of the other account is gone, and the reference is known.
    let have = live(&["tcp 22, sg-0b", "tcp 23, sg-0c", "tcp 443, 10.0.0.0/8"], &[]);
    let want = wanted(&["tcp 443, 10.0.0.0/8", "tcp 80, sg-0d as SecurityGroup/later"]);
    assert_eq!(keys(&want, &have), [revoked, later]);
}

#[test]
fn every_kind_of_edit_names_its_rules_in_its_keys() {
    let have =
        live(&["tcp 443, 10.0.0.0/8 # a", "tcp all ports, 10.0.0.0/16", "icmp type 8, self"], &[]);
    let mut want = wanted(&["tcp 443, 10.0.0.0/8 # b", "tcp 22, 10.0.0.0/16"]);
    want.group_name = Some("other".into());
    let changes = SecurityGroup::diff(&want, &have);
    let keys: Vec<_> = changes.iter().flat_map(Change::keys).collect();
    assert_eq!(
        keys,
        [
            "groupName",
            "revoke ingress icmp type 8 from self",
            "modify ingress tcp all ports from 10.0.0.0/16 -> tcp 22 from 10.0.0.0/16",
            "describe ingress tcp 443 from 10.0.0.0/8",
        ]
    );
    assert!(changes.iter().all(|change| change.lines().len() <= 1));
}
