//! S3: buckets with their policies, and what S3 allows of public access in an account. Buckets can
//! be reached through Cloud Control and by the simulator's administrators; on the wire there are
//! only the operations on accounts.

mod blocks;
mod bucket;
mod buckets;
mod changes;

use serde_json::Value;

use super::{
    api::{Named, Place, Service},
    iam::{Call, Need},
    service::{Answer, Caller, Context, Options},
    truth::Truth,
};
pub(super) use blocks::API;

/// S3 in every account.
#[derive(Debug, Clone, Default)]
pub struct S3 {
    blocks: blocks::Blocks,
    buckets: buckets::Buckets,
}

impl S3 {
    /// Adds a tag of AWS's own to a bucket, which no call can.
    pub fn tag_for_aws(&mut self, bucket: &str, key: &str, value: &str) {
        self.buckets.tag(bucket, key, value);
    }
}

impl Service for S3 {
    fn begin(_options: &Options) -> Self {
        Self::default()
    }

    fn call(
        &mut self,
        caller: &Caller,
        operation: &str,
        input: &Value,
        context: &mut Context<'_>,
    ) -> Answer {
        match self.buckets.call(caller, operation, input, context) {
            Some(answer) => answer,
            None => self.blocks.call(caller, operation, input, context),
        }
    }

    fn add_truth(&self, truth: &mut Truth) {
        self.blocks.add_truth(truth);
        self.buckets.add_truth(truth);
    }

    fn find(&self, (account, _): Place<'_>, name: &str) -> Option<Named> {
        self.buckets.find(account, name)
    }

    fn tagged(&self, place: Place<'_>) -> Vec<Named> {
        self.buckets.tagged(place)
    }

    fn needs(&self, call: &Call<'_>) -> Vec<Need> {
        self.buckets.needs(call).unwrap_or_else(|| self.blocks.needs(call))
    }
}
