//! Reading the queue of one scope, as long as the process runs.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::{hub::Hub, message, outcome::Outcome};
use crate::aws::{
    Access,
    queue::{Message, Queue},
};

/// The pause after a failed read, the first and the longest.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_mins(1);
/// A queue that answers at once with nothing does not wait for messages: it is asked less often.
const EMPTY_PAUSE: Duration = Duration::from_secs(1);

/// Reads a scope's queue. A message is deleted once what it says is kept in memory: a hint that is
/// lost with the process is made up for by the full pass at the start. One that is not understood
/// is deleted too, counted and logged by its digest: it would not be understood the next time, and
/// what comes again and again hides the rest.
pub async fn poll(hub: &Hub, scope: &str, access: &Access, queue: &Queue) {
    let (mut pause, mut odd) = (FIRST_PAUSE, Odd::default());
    loop {
        let begun = Instant::now();
        let messages = match queue.receive().await {
            Ok(messages) => messages,
            Err(error) => {
                if pause == FIRST_PAUSE {
                    tracing::warn!(scope, "the queue of events cannot be read: {error}");
                }
                hub.read(scope, Err(error.to_string()), Instant::now());
                sleep(pause).await;
                pause = LONGEST_PAUSE.min(pause * 2);
                continue;
            }
        };
        if pause != FIRST_PAUSE {
            tracing::info!(scope, "the queue of events can be read again");
        }
        pause = FIRST_PAUSE;
        hub.read(scope, Ok(()), Instant::now());
        if messages.is_empty() && begun.elapsed() < EMPTY_PAUSE {
            sleep(EMPTY_PAUSE).await;
        }
        let done = take(hub, scope, access.epoch_seconds(), &messages, &mut odd);
        if !done.is_empty() {
            match queue.delete(&done).await {
                Ok(0) => {}
                Ok(left) => tracing::warn!(scope, left, "messages were not deleted; they return"),
                Err(error) => tracing::warn!(scope, "no message was deleted; they return: {error}"),
            }
        }
    }
}

/// Takes what the messages say, and returns the receipts of those that may be deleted.
fn take(hub: &Hub, scope: &str, epoch: f64, messages: &[Message], odd: &mut Odd) -> Vec<String> {
    let mut done = Vec::new();
    for message in messages {
        let outcome = hub.receive(scope, &message.body, Instant::now(), epoch);
        if outcome == Outcome::Malformed || outcome == Outcome::Foreign {
            odd.say(scope, outcome, message);
        }
        done.push(message.receipt.clone());
    }
    done
}

/// Messages that are no events of the scope: said once a minute, however many there are.
#[derive(Debug, Default)]
struct Odd {
    said: Option<Instant>,
    count: u64,
}

impl Odd {
    fn say(&mut self, scope: &str, outcome: Outcome, message: &Message) {
        self.count += 1;
        if self.said.is_some_and(|said| said.elapsed() < LONGEST_PAUSE) {
            return;
        }
        self.said = Some(Instant::now());
        tracing::warn!(
            scope,
            outcome = outcome.as_str(),
            count = std::mem::take(&mut self.count),
            times = message.times,
            "a message of the queue is no event of this scope: {}",
            message::digest(&message.body)
        );
    }
}
