//! Tells people what happened: to Slack, to any receiver of CloudEvents, to topics of SNS and buses
//! of EventBridge.
//!
//! Nobody who does not answer holds a pass up: notices wait in a short queue for each target, are sent
//! together, and the oldest are dropped and counted when there are too many.

mod message;
mod notice;
mod secrets;
#[cfg(test)]
mod tests;

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use futures::future::join_all;
use tokio::sync::Notify;

use self::{
    message::Message,
    notice::{Notice, Seen},
    secrets::Secrets,
};
use crate::{
    aws::{Connection, Post, publish::Publisher},
    engine::{Drift, Report},
    model::Halt,
    settings::{Channel, Target, check_url},
    status::{Delivery, Metrics},
};

/// The time between two messages to one target: what happens meanwhile comes together.
const SPACING: Duration = Duration::from_secs(10);
/// The first and the longest wait after a failure.
const RETRY: (Duration, Duration) = (Duration::from_secs(2), Duration::from_mins(5));
/// The time limit of one message.
const TIME_LIMIT: Duration = Duration::from_secs(10);
/// The most notices that wait for one target.
const KEPT: usize = 200;

/// Tells all targets of the settings.
#[derive(Debug, Clone)]
pub struct Notifier {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    owner: String,
    mailboxes: Vec<Mailbox>,
    seen: Mutex<Seen>,
    metrics: Metrics,
    ways: Ways,
}

/// The ways to receivers.
#[derive(Debug, Clone)]
struct Ways {
    post: Post,
    /// AWS, if a target is there.
    publisher: Option<Publisher>,
    secrets: Secrets,
}

#[derive(Debug)]
struct Mailbox {
    target: Target,
    queue: Mutex<Queue>,
    filled: Notify,
}

#[derive(Debug, Default)]
struct Queue {
    notices: VecDeque<Notice>,
    /// Notices that were too many.
    dropped: u64,
}

impl Notifier {
    /// Tells these targets about an installation. `own`: the connection to AWS, if a target or a
    /// secret is there.
    pub fn new(
        owner: &str,
        targets: &[Target],
        metrics: Metrics,
        own: Option<&Connection>,
    ) -> Self {
        let mailbox = |target: &Target| Mailbox {
            target: target.clone(),
            queue: Mutex::default(),
            filled: Notify::new(),
        };
        let mailboxes: Vec<_> = targets.iter().map(mailbox).collect();
        for target in targets {
            for delivery in [Delivery::Sent, Delivery::Failed, Delivery::Dropped] {
                metrics.notified(&target.name, delivery, 0);
            }
        }
        let (owner, seen) = (owner.to_owned(), Mutex::default());
        let secrets = Secrets::new(own.map(Connection::vault));
        let publisher = own.map(Connection::publisher);
        let ways = Ways { post: Post::within(TIME_LIMIT), publisher, secrets };
        Self { shared: Arc::new(Shared { owner, mailboxes, seen, metrics, ways }) }
    }

    /// Takes a finished pass, and the brake as it is now. Never waits.
    pub fn publish(&self, report: &Report, halt: &Halt) {
        let mut seen = self.shared.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let notices = seen.notices(report, halt);
        drop(seen);
        self.put(&notices);
    }

    /// Takes what became known of who caused drifts. Never waits.
    pub fn causes(&self, drifts: &[Drift]) {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        self.put(&notice::causes(drifts, since.as_secs_f64()));
    }

    fn put(&self, notices: &[Notice]) {
        for mailbox in &self.shared.mailboxes {
            let meant = notices.iter().filter(|notice| notice.is_for(&mailbox.target));
            let dropped = mailbox.put(meant.cloned());
            let name = &mailbox.target.name;
            self.shared.metrics.notified(name, Delivery::Dropped, dropped);
        }
    }

    /// Sends what waits; never ends.
    pub async fn run(&self) {
        join_all(self.shared.mailboxes.iter().map(|it| self.serve(it))).await;
        std::future::pending::<()>().await;
    }

    async fn serve(&self, mailbox: &Mailbox) {
        let Target { name, channel, .. } = &mailbox.target;
        let (mut number, mut wait) = (0, RETRY.0);
        loop {
            let (notices, dropped) = mailbox.take().await;
            let message = Message::of(&self.shared.owner, channel, &notices, dropped, number);
            number += 1;
            loop {
                let sent = self.shared.ways.send(channel, &message).await;
                let delivery = if sent.is_ok() { Delivery::Sent } else { Delivery::Failed };
                self.shared.metrics.notified(name, delivery, 1);
                let Err(why) = sent else { break };
                tracing::warn!(target = name, "a notification could not be sent: {why}");
                tokio::time::sleep(wait).await;
                wait = (wait * 2).min(RETRY.1);
            }
            wait = RETRY.0;
            tokio::time::sleep(SPACING).await;
        }
    }
}

impl Mailbox {
    /// Puts notices into the queue; returns how many were dropped for them.
    fn put(&self, notices: impl Iterator<Item = Notice>) -> u64 {
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        queue.notices.extend(notices);
        let surplus = queue.notices.len().saturating_sub(KEPT);
        queue.notices.drain(..surplus);
        queue.dropped += surplus as u64;
        if !queue.notices.is_empty() {
            self.filled.notify_one();
        }
        surplus as u64
    }

    /// Everything that waits, once anything does.
    async fn take(&self) -> (Vec<Notice>, u64) {
        loop {
            {
                let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
                if !queue.notices.is_empty() {
                    let dropped = std::mem::take(&mut queue.dropped);
                    return (queue.notices.drain(..).collect(), dropped);
                }
            }
            self.filled.notified().await;
        }
    }
}

impl Ways {
    /// Sends one message. A secret never stands in the reason.
    async fn send(&self, channel: &Channel, message: &Message) -> Result<(), String> {
        let secret = match channel.secret() {
            Some(secret) => Some(self.secrets.read(secret).await?),
            None => None,
        };
        match channel {
            Channel::Slack { .. } => {
                let url = secret.unwrap_or_default();
                check_url(&url).map_err(|why| format!("the address of the webhook: {why}"))?;
                self.post(&url, channel, None, message).await
            }
            Channel::Webhook { url, .. } => self.post(url, channel, secret, message).await,
            Channel::Sns { .. } | Channel::EventBridge { .. } => {
                let publishing = self.publish(channel, message);
                let published = tokio::time::timeout(TIME_LIMIT, publishing).await;
                published
                    .unwrap_or_else(|_| Err(format!("no answer in {} s", TIME_LIMIT.as_secs())))
            }
        }
    }

    async fn post(
        &self,
        url: &str,
        channel: &Channel,
        key: Option<String>,
        message: &Message,
    ) -> Result<(), String> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let headers = message.headers(channel, key.as_deref(), now)?;
        let status = self.post.send(url, headers, message.body.clone()).await?;
        if let (401 | 403, Some(secret)) = (status, channel.secret()) {
            self.secrets.refused(secret);
        }
        match status {
            200..=299 => Ok(()),
            status => Err(format!("the receiver answered {status}")),
        }
    }

    async fn publish(&self, channel: &Channel, message: &Message) -> Result<(), String> {
        let publisher = self.publisher.as_ref().ok_or("there is no connection to AWS")?;
        match channel {
            Channel::Sns { topic_arn } => {
                let severity = message.worst.as_str();
                let attributes = [("severity", severity), ("messageId", message.id.as_str())];
                let (subject, text) = (&message.subject, message.plain());
                let sent = publisher.publish(topic_arn, subject, &text, &attributes).await;
                sent.map_err(|error| error.to_string())
            }
            Channel::EventBridge { bus_arn } => {
                for group in message.groups() {
                    let refused = publisher.put(bus_arn, &group).await;
                    let refused = refused.map_err(|error| error.to_string())?;
                    if refused > 0 {
                        // Everything is sent again; the ids of the events stay the same.
                        return Err(format!("the bus did not take {refused} events"));
                    }
                }
                Ok(())
            }
            Channel::Slack { .. } | Channel::Webhook { .. } => Err("no channel of AWS".to_owned()),
        }
    }
}
