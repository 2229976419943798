//! Changes that AWS takes only while a resource does not run ([`How::Runs`]).
//!
//! Such a resource goes through three stages, each of which AWS takes a while for: it is stopped,
//! changed and started. A pass makes the calls of one stage; while AWS works the resource is
//! settling, and the next pass goes on from what it sees. Nothing is remembered, in a file or in a
//! tag, so that a process that ends between any two calls loses nothing:
//!
//! * It runs, and something differs that needs it stopped: stop. That interrupts whoever works in
//!   it, so that the gate asks for consent, and the plan shows what is changed and that it is
//!   started again. It is stopped only if one of the changes can be made now.
//! * It is stopped: change. Nobody is interrupted, so that what closes a hole is put back at once.
//! * It is stopped, and nothing that closes access is left to be changed: start, because the
//!   manifest says that it runs, and for no other reason.
//!
//! The manifest is the only memory. `running: true` starts what is stopped, whoever stopped it, and
//! a plan shows that as the drift it is; `running: false` starts nothing. Where the manifest does
//! not say whether it runs, nothing stops or starts it: changes wait until somebody stops it. So no
//! crash leaves a resource stopped that runs for the manifest, and nothing starts one that somebody
//! stopped where the manifest does not say that it runs.

use serde_json::json;

use super::{Call, How, Leaf, LeafEdit, Table, Tree, Verb, diff::Pending};
use crate::kind::erased::Stage;

impl Table {
    /// Adds the stop and the start that edits at rest need, and says which edit needs which.
    pub(super) fn add_stages<'t>(&'t self, want: &Tree, have: &Tree, found: &mut Vec<Pending<'t>>) {
        let rows = self.rows().into_iter();
        let runs = rows.filter_map(|leaf| match &leaf.change {
            How::Runs { start, rest, .. } => Some((leaf, start, rest)),
            _ => None,
        });
        for (leaf, start, rest) in runs {
            let is_running = leaf.live(have) == json!(true);
            let is_wanted = leaf.wanted_in(want) == Some(&json!(true));
            if is_running && is_wanted && found.iter().any(Pending::is_at_rest) {
                found.push(leaf.turned(false, Verb::Rest, rest, (want, have)));
                found.push(leaf.turned(true, Verb::Set, start, (want, have)));
            }
            put_in_stages(leaf, is_running, found);
        }
    }
}

fn put_in_stages(leaf: &Leaf, is_running: bool, found: &mut [Pending<'_>]) {
    let is_own = |pending: &Pending<'_>| pending.edit.path == leaf.path;
    let stop = found.iter().find(|it| is_own(it) && it.edit.new == json!(false));
    let stop: Vec<String> = stop.map(|stop| stop.edit.key()).into_iter().collect();
    let closing = found.iter().filter(|it| it.is_at_rest() && it.risk.closes);
    let closing: Vec<String> = closing.map(|it| it.edit.key()).collect();
    for pending in found {
        if pending.is_at_rest() {
            pending.stage = Some(Stage::AtRest);
            pending.needs.extend(stop.clone());
            if !stop.is_empty() {
                pending.risk = pending.risk.stopping_work();
            }
            // Nothing lets palisade stop it.
            pending.inspect = is_running && stop.is_empty();
        } else if is_own(pending) && pending.edit.new == json!(true) {
            pending.stage = Some(Stage::Start);
            pending.needs.extend(stop.iter().chain(&closing).cloned());
        } else if is_own(pending) {
            let is_rest = pending.edit.verb == Verb::Rest;
            pending.stage = Some(if is_rest { Stage::Rest } else { Stage::Stop });
        }
    }
}

impl Pending<'_> {
    /// Whether AWS takes it only while the resource does not run.
    fn is_at_rest(&self) -> bool {
        self.call.is_some_and(|call| call.at_rest)
    }
}

impl Leaf {
    fn turned<'t>(
        &'t self,
        on: bool,
        verb: Verb,
        call: &'t Call,
        states: (&Tree, &Tree),
    ) -> Pending<'t> {
        let (old, new) = (json!(!on), json!(on));
        let risk = self.risk_between(&old, &new, states);
        let edit = LeafEdit {
            path: self.path.clone().into_owned(),
            operation: Some(call.operation.clone().into_owned()),
            verb,
            entry: String::new(),
            old,
            new,
            with: Tree::new(),
        };
        Pending::new(self, edit, Some(call), risk)
    }
}
