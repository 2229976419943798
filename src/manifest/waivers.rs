//! Waivers of baseline rules, checked as far as possible without AWS.

use super::{
    document::{Envelope, Place, join},
    load::Reading,
    problem::did_you_mean,
};
use crate::{baseline, kind::Invalid};

impl Reading<'_> {
    /// A waiver without effect would be misleading.
    pub(super) fn waivers(&mut self, place: &Place, envelope: &Envelope) {
        for (id, reason) in &envelope.lifecycle.waive {
            let why = match baseline::rules().find(|rule| rule.id == id) {
                None => {
                    let ids = baseline::rules().map(|rule| rule.id);
                    let help = did_you_mean(id, ids).map_or_else(
                        || "`palisade explain rules` lists them".to_owned(),
                        |near| format!("did you mean `{near}`?"),
                    );
                    Invalid::new("", format!("unknown rule `{id}`")).help(help)
                }
                Some(rule) if rule.kind != envelope.kind => {
                    Invalid::new("", format!("{id} is reported at a {}", rule.kind))
                        .help(format!("waive it there; `palisade explain {id}` describes the rule"))
                }
                Some(_) if reason.trim().is_empty() => Invalid::new("", "gives no reason").help(
                    "write the reason why the rule may be \
                        broken here",
                ),
                Some(_) => continue,
            };
            let problem = place.problem(&join("lifecycle.waive", id), &why);
            let unexplained = reason.trim().is_empty();
            self.contents.problems.push(if unexplained { problem } else { problem.about_name() });
        }
    }
}
