//! Heartbeats: palisade makes a call that changes nothing and whose event must come back. They
//! prove a chain in which nothing is written for days, or by a process that only observes.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use super::hub::Hub;
use crate::aws::{Access, heartbeat::beat};

/// One that has not come back by then is repeated: a single event may be lost.
const AGAIN: Duration = Duration::from_mins(2);

/// Sends a heartbeat of a scope this often, in the Region of its queue, as long as the process
/// runs.
///
/// What AWS refuses is recorded as well, so that it is a heartbeat too. What is not sent (the brake
/// is on, nobody answers) proves nothing and breaks nothing.
pub async fn beats(hub: &Hub, scope: &str, access: &Access, region: &str, every: Duration) {
    let (mut next, mut was_refused) = (Instant::now(), false);
    loop {
        if Instant::now() >= next || hub.awaits_beat(scope) {
            match beat(access, region).await {
                Ok(answer) => {
                    hub.beat(scope, &answer.request_id, Instant::now());
                    if answer.is_denied && !was_refused {
                        tracing::warn!(
                            scope,
                            "the heartbeat is not permitted, and is recorded as a denied call: \
                             `palisade iam-policy` prints what it needs"
                        );
                    }
                    was_refused = answer.is_denied;
                }
                Err(error) => tracing::debug!(scope, "no heartbeat was sent: {error}"),
            }
            next = Instant::now() + every;
        }
        sleep_until(next.min(Instant::now() + AGAIN)).await;
    }
}
