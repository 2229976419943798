//! Rules for spaces.

use super::{NAME as KIND, State};
use crate::{
    baseline::{Baseline, Breach, Facts, Reach, Rule, Severity},
    kind::table::get,
};

/// All that the baseline asks of spaces.
pub(super) const BASELINE: Baseline = Baseline::of::<State>(&[Rule {
    id: "SMD-15",
    severity: Severity::Medium,
    kind: KIND,
    title: "Nobody works in the space from an editor outside of Studio",
    why: "A machine outside of the VPC gets a shell with the space's role and data, past Studio's \
          sign-in page.",
    source: "SageMaker API reference, SpaceSettings.RemoteAccess; SageMaker developer guide, \
             \"Connect your local Visual Studio Code to Studio spaces\"",
    help: "leave out `spaceSettings.remoteAccess`, or write DISABLED",
    reach: Reach::Manifest,
    check: remote_access,
}]);

const REMOTE: &str = "spaceSettings.remoteAccess";

fn remote_access(facts: &Facts<'_>) -> Vec<Breach> {
    let open = facts.of::<State>().filter(|space| get(&space.state.0, REMOTE) == "ENABLED");
    let why = "lets editors outside of Studio connect to the space";
    open.map(|space| space.breach(REMOTE, why)).collect()
}
