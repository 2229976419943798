//! The world of the demo: what an account looks like before palisade comes, made with ordinary API calls.

use anyhow::Context as _;

use crate::{
    aws::{Access, Brake, Connection, Guard},
    kind::ScopeFacts,
    settings::partition,
    simulator::Simulator,
};

/// The account of the platform.
pub(crate) const ML_ACCOUNT: &str = "111122223333";
/// The account that manages the organisation.
pub(crate) const MANAGEMENT_ACCOUNT: &str = "999988887777";
/// The Region of the platform.
pub(crate) const REGION: &str = "eu-west-1";

/// Clients with every right in one account of the simulator: the demo's own hands, not palisade's.
pub(crate) async fn hands(simulator: &Simulator, account: &str, region: &str) -> Access {
    let guard = Guard::writing(Brake::default());
    let connection = Connection::new(simulator.sdk_config(account, region), guard);
    let facts = ScopeFacts {
        name: "hands".to_owned(),
        account: account.to_owned(),
        region: region.to_owned(),
        partition: partition(region).to_owned(),
    };
    connection.access(facts, None).await
}

/// Builds organisation, OUs, VPC, private subnets and route table.
pub(crate) async fn build(simulator: &Simulator) -> anyhow::Result<()> {
    super::hands::organization(&hands(simulator, MANAGEMENT_ACCOUNT, "us-east-1").await)
        .await
        .context("building the organisation")?;
    super::hands::network(&hands(simulator, ML_ACCOUNT, REGION).await)
        .await
        .context("building the network")?;
    Ok(())
}
