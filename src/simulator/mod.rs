//! AWS in memory: for the demo, for tests, and for rehearsing a change.
//!
//! [`Simulator`] is an HTTP client for the AWS SDK ([`Simulator::http_client`]), so that the SDK's
//! own serialization, signing, retries, paging and error parsing run; [`Simulator::serve`] offers
//! the same world on a socket to the AWS CLI, boto3 and Terraform. It models what AWS documents:
//! defaults, normalization, duplicates and dependencies, asynchronous states, quotas, page sizes,
//! request buckets and the lag of reads behind writes.
//!
//! ```text
//! request -> wire (caller, service, operation, input) -> fault? -> permissions?
//!         -> World::call -> service -> wire (XML or JSON) -> response
//! ```
//!
//! A service is a folder and one line of `services.rs`, the only list. What the wire, permissions,
//! buckets, faults, distorted reads and monitors need to know of it, it declares itself (`api.rs`).
//!
//! Any client of AWS's protocols may use it, here the SDK; a [`Fault`] says what goes wrong:
//!
//! ```
//! use aws_sdk_kms::Client;
//! use palisade::simulator::{Fault, Simulator};
//!
//! # #[tokio::main(flavor = "current_thread", start_paused = true)]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let aws = Simulator::default();
//! let kms = Client::new(&aws.sdk_config("111122223333", "eu-west-1"));
//!
//! // The key is created, but the answer is lost: the SDK retries, and there are two keys.
//! aws.inject(Fault::lose_answer("CreateKey").nth(1));
//! kms.create_key().description("studio").send().await?;
//! assert_eq!(kms.list_keys().send().await?.keys().len(), 2);
//!
//! let calls: Vec<String> = aws.calls().into_iter().map(|call| call.operation).collect();
//! assert_eq!(calls, ["CreateKey", "CreateKey", "ListKeys"]);
//! # Ok(())
//! # }
//! ```
//!
//! The access key id determines the account, as in LocalStack: twelve digits are that account, a
//! key issued by `AssumeRole` is the account of the role, everything else is
//! [`Options::default_account`]. Service and region come from the scope of the signature.
//! Signatures themselves are not verified.

mod access_analyzer;
mod act;
mod api;
mod aspects;
mod authorize;
mod bedrock;
mod carry;
mod client;
mod cloud_control;
mod cloudtrail;
mod config_service;
mod contacts;
mod control_tower;
mod cost_explorer;
mod distortions;
mod documents;
mod dynamodb;
mod ec2;
mod event_buses;
mod events;
pub mod example;
mod fault;
mod grammar;
mod guardduty;
mod iam;
mod identities;
mod identity_store;
mod json;
mod kms;
mod models;
pub mod monitor;
mod organizations;
mod query;
mod resource_access;
mod rest;
mod s3;
mod sagemaker;
mod secrets;
mod security_hub;
mod serve;
mod service;
mod services;
mod shelves;
mod signature;
mod sns;
mod sqs;
mod sso;
mod statements;
mod sts;
mod table;
mod tag_index;
#[cfg(test)]
mod tests;
mod throttle;
mod trail;
mod truth;
mod wire;
mod witness;
mod world;

pub use client::SECRET_ACCESS_KEY;
pub use cloud_control::CloudControl;
pub use cloudtrail::Trails;
pub use dynamodb::Tables;
pub use ec2::Ec2;
pub use event_buses::EventBuses;
pub use events::{Events, FORGED};
pub use fault::{Deed, Effect, Fault, Lie, Paging, Phase};
pub use iam::{Judged, allows};
pub use kms::Kms;
pub use organizations::Organizations;
pub use sagemaker::SageMaker;
pub use secrets::Secrets;
pub use service::{Answer, ApiError, CallRecord, Caller, Context, Ids, Options, is_mutating};
pub use services::Services;
pub use sns::Topics;
pub use sqs::Queues;
pub use sso::IdentityCenter;
pub use sts::Sts;
pub use truth::{Owner, Thing, Truth};
pub use wire::GARBAGE;
pub use witness::{Watch, Witnessed};
pub use world::{Simulator, Snapshot, World};
