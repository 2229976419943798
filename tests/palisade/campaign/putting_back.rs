//! S15: what closes a hole does not wait for what does not, as far as a process itself says what it leaves open and why.
//!
//! Judged on every pass's report, by the contract and not by the planner's code: of a want that this process has seen in
//! force, nothing that takes away what somebody added is held or waits but for a permitted reason. What a report does not
//! say at all is judged on the truth (`simulator::monitor`), for the addresses that are [`free`](PuttingBack::judge).

use std::collections::BTreeSet;

use palisade::{
    engine::{Outcome, Report},
    kind::{
        LookupKind, Unresolved,
        erased::{Edit, EditBody},
    },
    model::{Address, Disruption},
    plan::{Cause, HoldReason, Step, Verdict, Wait, WaitReason},
    simulator::monitor::Violation,
};

/// The longest pause between two corrections of the same thing.
const LONGEST_SECONDS: u64 = 30;

/// What one process is known to have seen in force.
#[derive(Debug, Default)]
pub struct PuttingBack(BTreeSet<Address>);

impl PuttingBack {
    /// Judges a report. Also the addresses at which nothing permitted stands in the way of closing a hole.
    pub fn judge(&mut self, report: &Report) -> (Vec<Violation>, BTreeSet<String>) {
        let broken = report.plan.steps.iter().flat_map(|step| broken(report, step)).collect();
        let free = self.0.iter().filter(|address| is_free(report, address));
        let free = free.map(ToString::to_string).collect();
        self.0.extend(report.plan.in_sync.iter().cloned());
        self.0.retain(|address| report.manifests.contains(address));
        (broken, free)
    }
}

/// Whether an edit of this step takes away what somebody added.
fn puts_back(step: &Step, edit: &Edit) -> bool {
    let closes = edit.risk.closes || edit.replaces_policy;
    edit.puts_back || step.cause == Cause::Drift && closes && !edit.risk.impossible
}

fn broken(report: &Report, step: &Step) -> Vec<Violation> {
    let turn = report.plan.go().any(|other| other.address == step.address);
    let closing: Vec<_> = step.action.edits().iter().map(|it| (it, puts_back(step, it))).collect();
    let words = |what| Violation { rule: "S15", what: format!("{}: {what}", step.address) };
    offences(&closing, &step.verdict, turn).into_iter().map(words).collect()
}

/// What is wrong with a verdict on these edits, of each of which is told whether it puts back; `turn` is whether another
/// step of the same resource goes.
fn offences(edits: &[(&Edit, bool)], verdict: &Verdict, turn: bool) -> Vec<String> {
    let alone = edits.len() == 1;
    let against = |edit: &Edit| {
        let why = match verdict {
            Verdict::Go | Verdict::Reported(_) => None,
            Verdict::Held(why) => {
                offence(why, alone, |why| may_hold(why, edit)).map(ToString::to_string)
            }
            Verdict::Waiting(why) => {
                let may = |wait: &Wait| may_delay(&wait.reason, edit, turn);
                offence(why, alone, may).map(ToString::to_string)
            }
        };
        why.map(|why| format!("\"{}\" does not go: {why}", edit.summary))
    };
    edits.iter().filter(|(_, closes)| *closes).filter_map(|(edit, _)| against(edit)).collect()
}

/// The reason that is not permitted. The reasons of a step with several edits are not told apart: one that is permitted is
/// enough then.
fn offence<T>(reasons: &[T], alone: bool, permitted: impl Fn(&T) -> bool) -> Option<&T> {
    let excused = !alone && reasons.iter().any(&permitted);
    reasons.iter().find(|reason| !permitted(reason)).filter(|_| !excused)
}

/// Consent is needed where AWS would stop running work, or lock somebody out; and there may be nothing that can be sent.
fn may_hold(why: &HoldReason, edit: &Edit) -> bool {
    match why {
        HoldReason::Risk { .. } => edit.risk.disrupts == Disruption::Work,
        HoldReason::Lockout { .. }
        | HoldReason::Moves(_)
        | HoldReason::Failed { .. }
        | HoldReason::Impossible
        | HoldReason::Defect { .. } => true,
        _ => false,
    }
}

/// What guards palisade itself, AWS's own pace, running work, and what the edit itself has no value for.
fn may_delay(why: &WaitReason, edit: &Edit, turn: bool) -> bool {
    match why {
        WaitReason::Settling { .. } | WaitReason::Failed { .. } | WaitReason::NotThere { .. } => {
            true
        }
        WaitReason::Futile { retry_seconds, .. } | WaitReason::Paced { retry_seconds, .. } => {
            *retry_seconds <= LONGEST_SECONDS
        }
        WaitReason::Obstacles { .. } | WaitReason::ObstaclesUnread { .. } => edit.inspect,
        WaitReason::Unresolved(_)
        | WaitReason::CreatedFirst { .. }
        | WaitReason::AdoptedFirst { .. } => names_something_unresolved(edit),
        WaitReason::Turn => turn,
        // A pass that only looks where an event says leaves it to the full pass, due at once.
        WaitReason::FullPass => true,
        _ => false,
    }
}

fn names_something_unresolved(edit: &Edit) -> bool {
    let EditBody::Change(change) = &edit.body else { return false };
    let text = change.to_string();
    ["(known after apply)", "(not resolved)", "o-0000000000"].iter().any(|it| text.contains(it))
}

/// Whether this pass read the address and met nothing that may keep a hole of it open.
fn is_free(report: &Report, address: &Address) -> bool {
    let plan = &report.plan;
    let unclear = plan.unknown.iter().any(|unknown| unknown.covers(address))
        || plan.conflicts.iter().any(|conflict| conflict.address == *address)
        || plan.pause_of(address).is_some()
        || plan.stopped.is_some()
        || report.scopes.get(&address.scope).is_none_or(Result::is_err);
    let mut steps = plan.steps.iter().filter(|step| step.address == *address);
    let mut results = report.results.iter().filter(|result| result.address == *address);
    let done = results.all(|result| matches!(result.outcome, Outcome::Done { .. }));
    !unclear && done && steps.all(leaves_nothing_open)
}

/// Whether no hole can be left because of this step. What of it is held or waits was judged by its reasons.
fn leaves_nothing_open(step: &Step) -> bool {
    let in_edits = step.action.edits().iter().any(|edit| puts_back(step, edit));
    match &step.verdict {
        Verdict::Go => true,
        Verdict::Reported(_) => false,
        Verdict::Held(_) => !in_edits,
        Verdict::Waiting(why) => !in_edits && why.iter().all(|wait| is_elsewhere(&wait.reason)),
    }
}

/// Whether a reason keeps nothing from being compared that can be open: in which VPC something is, is not.
fn is_elsewhere(reason: &WaitReason) -> bool {
    match reason {
        WaitReason::Unresolved(
            Unresolved::NoMatch { what, .. } | Unresolved::Several { what, .. },
        ) => *what == LookupKind::Vpc,
        WaitReason::Unresolved(_) => false,
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use palisade::model::{HeldRisk, PhysicalId, Risk};
    use serde_json::json;

    use super::*;

    fn edit(risk: Risk, body: &str) -> Edit {
        let body = EditBody::Change(json!({ "leaf": body }));
        Edit { risk, puts_back: true, ..Edit::of_tags("ssh", "revoke ssh".to_owned(), body) }
    }

    fn is_refused(edit: &Edit, verdict: &Verdict) -> bool {
        !offences(&[(edit, true)], verdict, false).is_empty()
    }

    fn earlier() -> HoldReason {
        HoldReason::Earlier { key: "policy".to_owned() }
    }

    fn undone() -> HoldReason {
        let key = "ssh".to_owned();
        HoldReason::Undone { key, times: 3, since_minutes: 1, retry_minutes: 10 }
    }

    fn mass() -> HoldReason {
        HoldReason::Mass { verb: "edit".to_owned(), wished: 12, done: 0, all: 12, limit: 10 }
    }

    fn risk() -> HoldReason {
        HoldReason::Risk { risks: vec![HeldRisk::Disrupts] }
    }

    #[test]
    fn what_closes_a_hole_is_not_held_for_mass_war_order_or_cut_connections() {
        let cuts = edit(Risk::TIGHTENS.cutting_connections(), "x");
        for why in [earlier(), undone(), mass(), risk(), HoldReason::Prune] {
            assert!(is_refused(&cuts, &Verdict::Held(vec![why.clone()])), "{why}");
        }
        let work = edit(Risk::TIGHTENS.stopping_work(), "x");
        assert!(!is_refused(&work, &Verdict::Held(vec![risk()])));
        assert!(is_refused(&work, &Verdict::Held(vec![risk(), mass()])));
        let failed = HoldReason::Failed { why: "internal".to_owned() };
        assert!(!is_refused(&cuts, &Verdict::Held(vec![failed])));
        assert!(!is_refused(&cuts, &Verdict::Go));
    }

    #[test]
    fn it_waits_only_for_what_is_permitted() {
        let plain = edit(Risk::TIGHTENS, "x");
        let waits = |edit: &Edit, reason: WaitReason| {
            is_refused(edit, &Verdict::Waiting(vec![Wait::passing(reason)]))
        };
        let address = Address::new("ml", "SecurityGroup", "db");
        let absent = || Unresolved::Absent { address: address.clone() };
        let other = PhysicalId::from("k-1");
        for why in [
            WaitReason::Unread { id: other, why: "denied".to_owned() },
            WaitReason::Earlier { key: "policy".to_owned() },
            WaitReason::ChangesFirst { address: address.clone() },
            WaitReason::Turn,
            WaitReason::NotShown,
            WaitReason::Paced { times: 9, retry_seconds: 31 },
            WaitReason::Obstacles { found: vec!["an app".to_owned()] },
            WaitReason::Unresolved(absent()),
        ] {
            assert!(waits(&plain, why.clone()), "{why}");
        }
        for why in [
            WaitReason::Paced { times: 9, retry_seconds: 30 },
            WaitReason::Settling { state: "Updating".to_owned() },
            WaitReason::Failed { message: "denied".to_owned(), retry_seconds: Some(60) },
        ] {
            assert!(!waits(&plain, why.clone()), "{why}");
        }
        let unresolved = edit(Risk::TIGHTENS, "ml/SecurityGroup/db (known after apply)");
        assert!(!waits(&unresolved, WaitReason::Unresolved(absent())));
        let inspected = Edit { inspect: true, ..plain };
        assert!(!waits(&inspected, WaitReason::Obstacles { found: vec!["an app".to_owned()] }));
    }

    #[test]
    fn one_permitted_reason_excuses_a_step_of_several_edits_and_none_does_not() {
        let (closes, other) = (edit(Risk::TIGHTENS, "x"), edit(Risk::LOOSENS, "y"));
        let both = [(&closes, true), (&other, false)];
        let settling = WaitReason::Settling { state: "Updating".to_owned() };
        let order = WaitReason::Earlier { key: "policy".to_owned() };
        let waits = |all: &[&WaitReason]| {
            let waits = all.iter().map(|reason| Wait::passing((*reason).clone())).collect();
            !offences(&both, &Verdict::Waiting(waits), false).is_empty()
        };
        assert!(!waits(&[&settling, &order]));
        assert!(waits(&[&order]));
    }
}
