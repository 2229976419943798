//! `simulate`: the simulated AWS on a socket.

use std::time::Duration;

use anyhow::Context as _;
use tokio::net::TcpListener;

use super::{Ended, output};
use crate::simulator::{Options, Simulator, example};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Where to listen
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:4566")]
    listen: String,
    /// Start with an example network (VPC, private subnets, route tables) and organization instead
    /// of nothing
    #[arg(long)]
    seeded: bool,
    /// Start with the accounts that `desired-state/` and `examples/palisade.yaml` are for: an
    /// organization with an account of the platform and one of the log archive, permissions
    /// boundaries, and groups of people
    #[arg(long, conflicts_with = "seeded")]
    accounts: bool,
    /// Record calls as CloudTrail does, and deliver each record after this many seconds to the
    /// queue palisade-events of its account and Region
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(..=3600))]
    events: Option<u64>,
}

pub(super) async fn run(args: &Args) -> anyhow::Result<Ended> {
    let simulator = if args.accounts {
        let simulator = Simulator::new(example::organization_options());
        example::accounts(&simulator)?;
        simulator
    } else {
        Simulator::new(Options::default())
    };
    if args.seeded {
        example::build(&simulator)?;
    }
    if let Some(seconds) = args.events {
        simulator.with(|world| {
            world.options.events.on = true;
            world.options.events.delay = Duration::from_secs(seconds);
            for account in [example::ML_ACCOUNT, example::MANAGEMENT_ACCOUNT] {
                for region in [example::REGION, "us-east-1"] {
                    world.sqs.create((account, region), "palisade-events");
                }
            }
        });
    }
    let listener = TcpListener::bind(&args.listen)
        .await
        .with_context(|| format!("listening on {}", args.listen))?;
    let address = listener.local_addr()?;
    output::print(&format!(
        "A simulated AWS listens on http://{address}. For the AWS CLI, boto3 and palisade \
         itself:\n\n  \
         export AWS_ENDPOINT_URL=http://{address} AWS_REGION=eu-west-1\n  \
         export AWS_ACCESS_KEY_ID={account} AWS_SECRET_ACCESS_KEY=any\n\n\
         The access key id is the account; {management} is the organization's management account. \
         Ctrl-C stops it.\n",
        account = example::ML_ACCOUNT,
        management = example::MANAGEMENT_ACCOUNT,
    ))?;
    let stopped = async {
        // Without signal handling only the default handler can stop it.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    simulator.serve(listener, stopped).await?;
    Ok(Ended::Done)
}
