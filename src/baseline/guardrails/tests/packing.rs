//! Blocks over several policies.

use super::{
    super::{Layer, Packed, Policy, Use, pack},
    KNOWN, uses,
};

fn packed(policies: &[(&str, Vec<Use>)], new: Vec<Use>) -> Packed {
    let policies =
        policies.iter().map(|(name, uses)| Policy::new(*name, uses.clone(), 0)).collect();
    pack(Layer::Scp, policies, new, &KNOWN, "guardrails").expect("they fit")
}

fn given(packed: &Packed) -> Vec<(&str, Vec<Use>)> {
    packed.policies.iter().map(|it| (it.name.as_str(), it.guardrails.clone())).collect()
}

#[test]
fn all_blocks_are_distributed_within_the_limit_and_each_is_somewhere() {
    let all = packed(&[], uses(Layer::Scp));
    let sizes: Vec<usize> = all.policies.iter().map(|policy| policy.size).collect();
    assert!(sizes.iter().all(|size| *size <= Layer::Scp.max_size()), "{sizes:?}");
    assert!((4..=5).contains(&sizes.len()), "{sizes:?}");
    let mut placed: Vec<Use> = all.policies.iter().flat_map(|it| it.guardrails.clone()).collect();
    placed.sort_by(|a, b| a.block.cmp(&b.block));
    let mut wanted = uses(Layer::Scp);
    wanted.sort_by(|a, b| a.block.cmp(&b.block));
    assert_eq!(placed, wanted);
    assert_eq!(all.moves.len(), 40);
}

#[test]
fn what_fits_stays_where_it_is() {
    let all = packed(&[], uses(Layer::Scp));
    let again = packed(&given(&all), Vec::new());
    assert_eq!((again.policies, again.moves), (all.policies, Vec::new()));
}

#[test]
fn a_removal_leaves_a_hole_and_a_new_block_fills_it() {
    let all = packed(&[], uses(Layer::Scp));
    let mut policies = given(&all);
    let removed = policies[0].1.remove(1);
    let without = packed(&policies, Vec::new());
    assert_eq!(without.moves, []);
    let with = packed(&given(&without), vec![removed.clone()]);
    assert_eq!(with.moves.len(), 1);
    assert_eq!((with.moves[0].from.as_ref(), with.moves[0].to.as_str()), (None, "guardrails-1"));
    for (before, after) in without.policies.iter().zip(&with.policies).skip(1) {
        assert_eq!(before, after);
    }
}

#[test]
fn a_policy_that_outgrows_its_limit_loses_one_block_and_no_other_moves() {
    let all = packed(&[], uses(Layer::Scp));
    let mut policies = given(&all);
    let room = Layer::Scp.max_size() - all.policies[0].size;
    let grown = &mut policies[0].1[0];
    let long: Vec<String> =
        (0..=room / 40).map(|it| format!("a-role-that-is-exempt-{it:04}")).collect();
    grown.with.insert("exempt".to_owned(), serde_json::json!(long));
    let after = packed(&policies, Vec::new());
    assert_eq!(after.moves.len(), 1, "{:?}", after.moves);
    assert_eq!(after.moves[0].from.as_deref(), Some("guardrails-1"));
    let moved = &after.moves[0].block;
    for (before, after) in policies.iter().zip(&after.policies) {
        let stayed = before.1.iter().filter(|it| it.block != *moved);
        assert!(stayed.into_iter().all(|it| after.guardrails.contains(it)), "{}", before.0);
    }
}

#[test]
fn a_block_that_fits_nowhere_is_refused() {
    let long: Vec<String> = (0..300).map(|it| format!("a-role-that-is-exempt-{it:04}")).collect();
    let with = serde_json::json!({"exempt": long}).as_object().cloned().unwrap();
    let it = Use { block: "scp/org-stay".to_owned(), with };
    assert!(pack(Layer::Scp, Vec::new(), vec![it], &KNOWN, "g").is_err(), "no such parameter");
    let with = serde_json::json!({"exempt": long}).as_object().cloned().unwrap();
    let it = Use { block: "scp/cloudtrail-keep".to_owned(), with };
    let wrong = pack(Layer::Scp, Vec::new(), vec![it], &KNOWN, "g").unwrap_err();
    assert!(wrong[0].why.contains("alone has"), "{wrong:?}");
}

#[test]
fn statements_that_are_written_out_take_room_too() {
    let blocks = vec![super::usage("scp/org-stay"), super::usage("scp/kms-grants")];
    let of = |own: usize| {
        let policies = vec![Policy::new("mine", blocks.clone(), own)];
        pack(Layer::Scp, policies, Vec::new(), &KNOWN, "more").expect("they fit")
    };
    assert_eq!(of(0).moves, []);
    assert_eq!(of(0).policies[0].size + 5_000, of(5_000).policies[0].size);
    let full = of(Layer::Scp.max_size() - 250);
    let moved: Vec<_> = full.moves.iter().map(|it| (it.block.as_str(), it.to.as_str())).collect();
    assert_eq!(moved, [("scp/kms-grants", "more-1")]);
    assert!(full.policies[0].size <= Layer::Scp.max_size());
}
