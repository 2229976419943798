//! Waivers of the secure baseline's rules, as far as they can be judged without AWS.

use super::{
    document::{Envelope, Place, join},
    load::Reading,
    problem::did_you_mean,
};
use crate::{baseline, kind::Invalid};

impl Reading<'_> {
    /// A waiver that waives nothing would be believed to.
    pub(super) fn waivers(&mut self, place: &Place, envelope: &Envelope) {
        for (id, reason) in &envelope.lifecycle.waive {
            let why = match baseline::rules().find(|rule| rule.id == id) {
                None => {
                    let ids = baseline::rules().map(|rule| rule.id);
                    let help = did_you_mean(id, ids).map_or_else(
                        || "`palisade explain rules` lists them".to_owned(),
                        |near| format!("did you mean `{near}`?"),
                    );
                    Invalid::new("", format!("there is no rule `{id}`")).help(help)
                }
                Some(rule) if rule.kind != envelope.kind => {
                    Invalid::new("", format!("{id} is reported at a {}", rule.kind))
                        .help(format!("waive it there, with `palisade explain {id}` at hand"))
                }
                Some(_) if reason.trim().is_empty() => {
                    Invalid::new("", "gives no reason").help("say why the rule may be broken here")
                }
                Some(_) => continue,
            };
            self.problems.push(place.problem(&join("lifecycle.waive", id), &why));
        }
    }
}
