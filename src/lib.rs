//! palisade keeps the AWS accounts of a machine-learning platform exactly as their Git repository
//! says.
//!
//! It watches a directory of YAML, compares it with live AWS, and corrects every difference,
//! continuously. There is no state file: ownership is recorded on the live resources as tags, and
//! everything else is read again in every pass.
//!
//! ```text
//!  desired-state/*.yaml      palisade.yaml, flags, env
//!         │ manifest             │ settings
//!         ▼                      ▼
//!    documents ──► kind.resolve ──► want ─┐
//!    (all, or all problems)               ├─► plan, gate (pure) ─► engine::apply ─► report, status
//!    AWS ─► kinds/*/aws observe ─► have ──┘                      (the only writer) ─► audit log
//! ```
//!
//! The same in a program, with the AWS in memory that the demo and the tests use:
//!
//! ```
//! use std::{fs, sync::Arc};
//!
//! use palisade::{
//!     aws::{Brake, Connection, Guard},
//!     engine::{Changed, Engine, Options, Report, Scopes},
//!     kinds,
//!     settings::{Overrides, Settings},
//!     simulator::{Simulator, example},
//! };
//! use serde_json::json;
//!
//! async fn settle(engine: &mut Engine) -> Report {
//!     loop {
//!         let report = engine.pass().await;
//!         if report.changed() == Changed::No {
//!             return report;
//!         }
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread", start_paused = true)]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let aws = Simulator::default();
//! example::build(&aws)?;
//! let dir = tempfile::tempdir()?;
//! let manifest = "
//! apiVersion: palisade.dev/v1alpha1
//! kind: SecurityGroup
//! metadata: {name: web, scope: ml-prod}
//! spec: {description: nobody, vpc: {lookup: {tags: {Name: ml}}}, ingress: [], egress: []}
//! ";
//! fs::write(dir.path().join("web.yaml"), manifest)?;
//!
//! let settings = Settings::parse(example::SETTINGS, &Overrides::default())?;
//! let registry = Arc::new(kinds::registry());
//! let brake = Brake::default();
//! // Only what holds a writing guard can write.
//! let guard = Guard::writing(brake.clone());
//! let connection = Connection::new(aws.sdk_config(example::ML_ACCOUNT, example::REGION), guard);
//! let scopes = Scopes::connect(&settings, &connection, &registry).await?;
//! let options = Options { write: true, ..Options::default() };
//! let mut engine = Engine::new(settings, registry, scopes, dir.path(), options, brake);
//! assert!(settle(&mut engine).await.is_converged());
//!
//! // Somebody lets everybody in; the next pass closes it.
//! let hands = example::Hands::ec2(&aws);
//! let filter = json!([{"Name": "group-name", "Value": ["web"]}]);
//! let groups = || hands.call("DescribeSecurityGroups", &json!({"Filter": filter}));
//! let group = example::text(&groups()?, "/securityGroupInfo/0/groupId")?.to_owned();
//! let everybody = json!([{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]);
//! hands.call(
//!     "AuthorizeSecurityGroupIngress",
//!     &json!({"GroupId": group, "IpPermissions": everybody}),
//! )?;
//! assert!(settle(&mut engine).await.is_converged());
//! assert_eq!(groups()?["securityGroupInfo"][0]["ipPermissions"], json!([]));
//! # Ok(())
//! # }
//! ```
//!
//! # Terms
//!
//! | word | meaning |
//! |---|---|
//! | manifest | one YAML document: `apiVersion`, `kind`, `metadata`, `lifecycle`, `spec` |
//! | scope | one AWS account in one Region, with the role used to reach it |
//! | address | `scope/Kind/name`: the identity of a manifest |
//! | claim | the tags that say that a live resource belongs to this installation |
//! | want / have | the desired and the live state of one resource, in the same canonical type |
//! | seen | the result of observing a kind: all of it, or unknown with the reason |
//! | step | one change of one resource: create, edit, delete |
//! | risk | what an edit does: tightens, neutral, loosens, disrupts, impossible |
//! | waiting | needs something else first |
//! | held | stopped by the gate until a person approves it |
//! | conflict | belongs to somebody else |
//! | lease | the right of one of several processes to write in a scope, for a time |
//! | memory | what outlives the process: optional, and losing it means doing less |
//! | orphan | claimed, without a manifest |
//! | drift | have differs from want although want did not change |
//! | pass | load, observe, plan, gate, apply, report: once |
//!
//! # Modules, in the order of the data
//!
//! [`settings`] and [`manifest`] read what is wanted; [`kind`] is the interface between the loop
//! and the [`kinds`]; [`aws`] is what they share of the SDK, and [`operations`] lists all AWS calls
//! that may be made; [`baseline`] checks what is wanted against security rules; [`plan`] decides,
//! [`engine`] acts, and [`status`] reports; [`import`] goes the other way, and [`impact`] asks past
//! calls what a policy would have stopped. [`model`] holds the data types, and [`simulator`] an AWS
//! in memory. With [`lease`] several processes share the scopes.

// clippy.toml's own exceptions for tests only cover test functions, not their helpers.
#![cfg_attr(
    test,
    allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::float_cmp)
)]

pub mod aws;
pub mod baseline;
pub mod cli;
pub mod engine;
pub mod events;
pub mod impact;
pub mod import;
pub mod kind;
pub mod kinds;
pub mod lease;
pub mod manifest;
pub mod memory;
pub mod model;
pub mod notifications;
pub mod operations;
pub mod plan;
pub mod settings;
#[cfg(feature = "simulator")]
pub mod simulator;
pub mod status;
pub mod telemetry;
