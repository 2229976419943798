//! What `init` needs to know: from options, or from questions on a terminal.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};

use anyhow::Context as _;
use ipnet::Ipv4Net;

use super::Args;
use crate::settings::{Overrides, is_known_region};

/// The VPC and its subnets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Network {
    /// They exist.
    Existing { vpc: Existing, subnets: Existing },
    /// They are made; the block of the first place, after which those of the others come.
    New(Ipv4Net),
}

/// A live thing that exists, and is referred to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Existing {
    Id(String),
    Tag(String, String),
}

impl Existing {
    /// As a manifest writes it.
    pub(super) fn written(&self) -> String {
        match self {
            Self::Id(id) => id.clone(),
            Self::Tag(key, value) => format!("{{lookup: {{tags: {{{key}: {value}}}}}}}"),
        }
    }
}

/// What the manifests of a folder are for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    /// One account in one Region.
    Scope { name: String, account: String, region: String },
    /// All accounts below a unit of the organization, in all Regions.
    Set { name: String, unit: String },
}

impl Place {
    /// The name of the scope or the set, and of its folder.
    pub(super) fn name(&self) -> &str {
        match self {
            Self::Scope { name, .. } | Self::Set { name, .. } => name,
        }
    }

    /// As the metadata of a manifest name it.
    pub(super) fn metadata(&self) -> String {
        match self {
            Self::Scope { name, .. } => format!("scope: {name}"),
            Self::Set { name, .. } => format!("scopeSet: {name}"),
        }
    }
}

/// All answers, checked.
#[derive(Debug, Clone)]
pub(super) struct Answers {
    pub(super) owner: String,
    pub(super) places: Vec<Place>,
    pub(super) regions: Vec<String>,
    pub(super) network: Network,
    /// Where roles and policies may be written: the path, and their boundary.
    pub(super) identity: Option<(String, String)>,
    pub(super) management_account: Option<String>,
    pub(super) unit: String,
    pub(super) role: String,
    pub(super) studio: bool,
}

impl Answers {
    pub(super) fn of(overrides: &Overrides, args: &Args) -> anyhow::Result<Self> {
        let owner = answer(
            overrides.owner.clone(),
            "--owner",
            "A name for this installation that no other one has",
        )?;
        // A unit alone stands for its accounts; next to accounts it is where guardrails apply.
        let unit = args.unit.clone().filter(|_| args.account.is_empty());
        let accounts = match &unit {
            Some(unit) => vec![unit.clone()],
            None => answers(&args.account, "--account", WHICH_ACCOUNTS)?,
        };
        let unit = accounts.first().filter(|it| accounts.len() == 1 && is_unit(it)).cloned();
        let accounts = if unit.is_some() { Vec::new() } else { accounts };
        anyhow::ensure!(
            unit.is_none() || args.management_account.is_some(),
            "the accounts of a unit are read in the management account: name it with \
             --management-account"
        );
        let regions = answers(&args.region, "--region", "Regions, separated by spaces")?;
        for account in accounts.iter().chain(&args.management_account) {
            let right = account.len() == 12 && account.bytes().all(|b| b.is_ascii_digit());
            anyhow::ensure!(right, "`{account}` is not an account id: it has 12 digits");
        }
        for region in &regions {
            anyhow::ensure!(
                is_known_region(region),
                "`{region}` is not a Region that palisade knows"
            );
        }
        let network = network(args)?;
        let identity = match (&overrides.identity_path, &overrides.identity_boundary) {
            (None, None) => None,
            // The settings say what is wrong with them.
            (path, boundary) => {
                Some((path.clone().unwrap_or_default(), boundary.clone().unwrap_or_default()))
            }
        };
        let target = args.unit.clone().or_else(|| unit.clone());
        let target = target.unwrap_or_else(|| "root".to_owned());
        for (what, text) in [("--unit", &target), ("--role", &args.role)] {
            let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_:/+=,.@ ".contains(&b);
            anyhow::ensure!(!text.is_empty() && text.bytes().all(plain), "{what}: `{text}`");
        }
        let single = accounts.len() == 1 && regions.len() == 1;
        let scopes = accounts.iter().flat_map(|account| {
            regions.iter().map(move |region| Place::Scope {
                name: if single { args.scope.clone() } else { format!("{account}-{region}") },
                account: account.clone(),
                region: region.clone(),
            })
        });
        let set = unit.map(|unit| Place::Set { name: args.scope.clone(), unit });
        Ok(Self {
            owner,
            places: set.into_iter().chain(scopes).collect(),
            network,
            identity,
            management_account: args.management_account.clone(),
            unit: target,
            role: args.role.clone(),
            studio: !args.no_studio,
            regions,
        })
    }
}

const WHICH_ACCOUNTS: &str =
    "Account ids, separated by spaces, or a unit of the organization (ou:/Workloads/ML)";

/// Whether it is a unit of the organization, by its path or its id, or the root.
fn is_unit(text: &str) -> bool {
    text == "root" || ["ou:/", "ou-", "r-"].iter().any(|start| text.starts_with(start))
}

/// What `--vpc` says for a network that is made.
const NEW: &str = "new";

fn network(args: &Args) -> anyhow::Result<Network> {
    let question = "The VPC: its id, a tag such as Name=ml, or `new`";
    let vpc = answer(args.vpc.clone(), "--vpc", question)?;
    if vpc == NEW {
        anyhow::ensure!(
            args.subnets.is_none(),
            "--subnets: with a new VPC the subnets are new too"
        );
        let block = args.block.trunc();
        anyhow::ensure!(block == args.block, "--block: {} is not a block; {block} is", args.block);
        // Amazon VPC user guide, "VPC CIDR blocks": /16 to /28, of subnets too.
        let fits = (16..=26).contains(&block.prefix_len());
        anyhow::ensure!(fits, "--block: `{block}` is not between /16 and /26");
        return Ok(Network::New(block));
    }
    let question = "A tag of its private subnets and their route tables, such as tier=private";
    let subnets = answer(args.subnets.clone(), "--subnets", question)?;
    let subnets = existing(&subnets).context("--subnets")?;
    anyhow::ensure!(matches!(subnets, Existing::Tag(..)), "--subnets takes a tag: KEY=VALUE");
    Ok(Network::Existing { vpc: existing(&vpc).context("--vpc")?, subnets })
}

fn existing(text: &str) -> anyhow::Result<Existing> {
    let plain = |text: &str| {
        let inner = |b: u8| b.is_ascii_alphanumeric() || b"-_.".contains(&b);
        text.starts_with(|c: char| c.is_ascii_alphabetic()) && text.bytes().all(inner)
    };
    match text.split_once('=') {
        Some((key, value)) if plain(key) && plain(value) => {
            Ok(Existing::Tag(key.to_owned(), value.to_owned()))
        }
        None if text.starts_with("vpc-") && plain(text) => Ok(Existing::Id(text.to_owned())),
        _ => anyhow::bail!("`{text}` is neither an id nor a tag (KEY=VALUE, letters first)"),
    }
}

/// One answer.
fn answer(given: Option<String>, option: &str, question: &str) -> anyhow::Result<String> {
    match given {
        Some(given) => Ok(given),
        None => ask(option, question),
    }
}

/// Several answers.
fn answers(given: &[String], option: &str, question: &str) -> anyhow::Result<Vec<String>> {
    let mut all = given.to_vec();
    if all.is_empty() {
        all = ask(option, question)?.split_whitespace().map(str::to_owned).collect();
    }
    all.sort();
    all.dedup();
    Ok(all)
}

fn ask(option: &str, question: &str) -> anyhow::Result<String> {
    if !io::stdin().is_terminal() {
        anyhow::bail!("there is no terminal to ask on; use {option}");
    }
    let mut terminal = anstream::stderr();
    loop {
        write!(terminal, "{question} ({option}): ")?;
        terminal.flush()?;
        let mut line = String::new();
        anyhow::ensure!(io::stdin().lock().read_line(&mut line)? > 0, "no answer");
        if !line.trim().is_empty() {
            return Ok(line.trim().to_owned());
        }
    }
}
