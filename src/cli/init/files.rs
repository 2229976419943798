//! The files of a new repository. The manifests are those of `desired-state/`, for other accounts.

use anyhow::Context as _;
use ipnet::Ipv4Net;

use super::answers::{Answers, Network, Place};
use crate::kinds::vpc_endpoint;

/// A file to be written.
pub(super) struct NewFile {
    /// Below the repository.
    pub(super) path: String,
    pub(super) text: String,
}

/// The manifests of a scope, by the name of their file.
const OF_SCOPES: [(&str, &str); 4] = [
    ("endpoints.yaml", include_str!("../../../desired-state/ml-prod/endpoints.yaml")),
    ("keys.yaml", include_str!("../../../desired-state/ml-prod/keys.yaml")),
    ("security-groups.yaml", include_str!("../../../desired-state/ml-prod/security-groups.yaml")),
    (STUDIO, include_str!("../../../desired-state/ml-prod/studio.yaml")),
];
const STUDIO: &str = "studio.yaml";

/// A network of its own.
const NETWORK: &str = include_str!("network.yaml");

/// What a domain also accepts where no guardrail stands above it.
const UNLIMITED: &str = "    SMD-16: no organization's guardrails are managed here; init writes \
                         them (--management-account)\n";

/// The guardrails.
const OF_ORGANIZATION: [(&str, &str); 9] = [
    ("approved-regions", include_str!("../../../desired-state/organization/approved-regions.yaml")),
    (INTEGRITY, include_str!("../../../desired-state/organization/organization-integrity.yaml")),
    (
        "protect-cloudtrail",
        include_str!("../../../desired-state/organization/protect-cloudtrail.yaml"),
    ),
    (
        "protect-detection",
        include_str!("../../../desired-state/organization/protect-detection.yaml"),
    ),
    ("protect-s3", include_str!("../../../desired-state/organization/protect-s3.yaml")),
    (
        "sagemaker-customer-keys",
        include_str!("../../../desired-state/organization/sagemaker-customer-keys.yaml"),
    ),
    (
        "sagemaker-isolation",
        include_str!("../../../desired-state/organization/sagemaker-isolation.yaml"),
    ),
    (
        "sagemaker-network",
        include_str!("../../../desired-state/organization/sagemaker-network.yaml"),
    ),
    (URLS, include_str!("../../../desired-state/organization/sagemaker-urls.yaml")),
];

const URLS: &str = "sagemaker-urls";
const INTEGRITY: &str = "organization-integrity";
/// What an account that exists has no policies for yet: a place takes nine besides AWS's own.
const UNBOUNDED: &str = "\
lifecycle:
  # Rules about all policies together: any of them can waive one.
  waive:
    SCP-15: which Bedrock models may be used is your own list (`scp/bedrock-models`)
    SCP-16: who may recognize faces and personal data is your own decision
    SCP-17: roles that exist have no boundary yet (`palisade guardrails scp/iam-boundary`)
";

/// What a set has no policy for: the endpoints of its accounts are many, and new ones come.
const UNLISTED: &str = "    SCP-12: every account of the set has endpoints of its own, which \
                        `scp/sm-presign` would have to list\n";

const ACTION: &str = include_str!("../../../deploy/ci/github/action.yml");
const WORKFLOW: &str = include_str!("../../../deploy/ci/github/workflow.yml");
const GITLAB: &str = include_str!("../../../deploy/ci/gitlab/palisade.gitlab-ci.yml");

/// The name of the scope that the policies of the organization are in.
const ORGANIZATION: &str = "org";
/// AWS Organizations answers there (AWS general reference, "AWS Organizations endpoints").
const ORGANIZATION_REGION: &str = "us-east-1";

/// palisade.yaml.
pub(super) fn settings(answers: &Answers) -> String {
    let Answers { owner, places, management_account, role, identity, .. } = answers;
    let scope = |name: &str, account: &str, region: &str| {
        format!(
            "  {name}:\n    account: \"{account}\"\n    region: {region}\n    assumeRole:\n      \
             roleArn: arn:aws:iam::{account}:role/{role}\n      externalId: {owner}\n"
        )
    };
    let mut scopes = String::new();
    let mut sets = String::new();
    for place in places {
        match place {
            Place::Scope { name, account, region } => {
                scopes.push_str(&scope(name, account, region));
            }
            Place::Set { name, unit } => sets.push_str(&set(answers, name, unit)),
        }
    }
    scopes.extend(management_account.iter().map(|it| scope(ORGANIZATION, it, ORGANIZATION_REGION)));
    let identity = identity.as_ref().map(|(path, boundary)| {
        format!(
            "# Roles and policies are written below this path, and each has this boundary.\n\
             identity:\n  path: {path:?}\n  boundary: {boundary:?}\n"
        )
    });
    let identity = identity.unwrap_or_default();
    format!(
        "# yaml-language-server: $schema=schemas/settings.json\n\
         # Which accounts this installation of palisade may change, and its limits;\n\
         # `palisade explain settings` describes every setting.\n\
         owner: {owner}\n\
         scopes:\n{scopes}{sets}{identity}\
         # Reports and writes nothing. Remove it when the plan is what you want.\n\
         # mode: observe\n"
    )
}

/// The accounts below a unit, as the settings name them.
fn set(answers: &Answers, name: &str, unit: &str) -> String {
    let Answers { owner, regions, role, .. } = answers;
    let home = match &regions[..] {
        // What exists once an account is declared there.
        [home, _, ..] => format!("    homeRegion: {home}\n"),
        _ => String::new(),
    };
    format!(
        "# Accounts that join the unit are managed from then on; those that leave it are left as\n\
         # they are.\n\
         scopeSets:\n  {name}:\n    organization:\n      scope: {ORGANIZATION}\n      units: \
         [\"{unit}\"]\n    regions: [{}]\n{home}    assumeRole:\n      roleName: {role}\n      \
         externalId: {owner}\n",
        regions.join(", ")
    )
}

/// Every file but the roles.
pub(super) fn all(answers: &Answers, settings: String) -> anyhow::Result<Vec<NewFile>> {
    let mut all = Vec::new();
    let mut add = |path: String, text: String| all.push(NewFile { path, text });
    add("palisade.yaml".to_owned(), settings);
    for (number, place) in (0..).zip(&answers.places) {
        if let Network::New(first) = answers.network {
            let text = network(first, number, place)?;
            add(format!("desired-state/{}/network.yaml", place.name()), text);
        }
        for (name, text) in OF_SCOPES {
            if name == STUDIO && !answers.studio {
                continue;
            }
            let text = replaced(text, "scope: ml-prod", &place.metadata())?;
            let text = with_existing(answers, &text)?;
            let text = if answers.regions.len() > 1 { regional(&text) } else { text };
            // The guardrail that limits instance types is the organization's.
            let text = if answers.management_account.is_none() && name == STUDIO {
                replaced(&text, "\n  waive:\n", &format!("\n  waive:\n{UNLIMITED}"))?
            } else {
                text
            };
            add(format!("desired-state/{}/{name}", place.name()), text);
        }
    }
    if answers.management_account.is_some() {
        let is_set = answers.places.iter().any(|place| matches!(place, Place::Set { .. }));
        // Every account of a set has endpoints of its own, which no one policy can list.
        let of_all = OF_ORGANIZATION.into_iter().filter(|(name, _)| !(is_set && *name == URLS));
        for (name, text) in of_all {
            let text = guardrail(answers, text)?;
            let text = if name == INTEGRITY {
                let of_set = if is_set { UNLISTED } else { "" };
                replaced(&text, "\nspec:\n", &format!("\n{UNBOUNDED}{of_set}spec:\n"))?
            } else {
                text
            };
            add(format!("desired-state/organization/{name}.yaml"), text);
        }
    }
    add(".github/actions/palisade/action.yml".to_owned(), ACTION.to_owned());
    let account = answers.places.iter().find_map(|place| match place {
        Place::Scope { account, .. } => Some(account),
        Place::Set { .. } => answers.management_account.as_ref(),
    });
    let account = account.map_or("111122223333", String::as_str);
    let region = answers.regions.first().map_or("eu-west-1", String::as_str);
    let workflow =
        replaced(WORKFLOW, "arn:aws:iam::111122223333:", &format!("arn:aws:iam::{account}:"))?;
    let workflow = replaced(&workflow, "aws-region: eu-west-1", &format!("aws-region: {region}"))?;
    add(".github/workflows/palisade.yml".to_owned(), workflow);
    add(".gitlab/palisade.gitlab-ci.yml".to_owned(), GITLAB.to_owned());
    add(".gitlab-ci.yml".to_owned(), PIPELINE.to_owned());
    add(".gitignore".to_owned(), IGNORED.to_owned());
    add(".vscode/settings.json".to_owned(), EDITOR.to_owned());
    add("README.md".to_owned(), readme(answers));
    for (name, schema) in crate::cli::schema::every()? {
        add(format!("schemas/{name}"), schema);
    }
    Ok(all)
}

/// The roles of the platform's components.
const ROLES: [&str; 7] = [
    "ml-endpoints",
    "ml-experiments",
    "ml-notebook",
    "ml-processing",
    "ml-studio",
    "ml-studio-spaces",
    "ml-training",
];

/// `desired-state/` declares the network and the roles. The roles exist here and are not managed,
/// and so does the network, unless it is to be made.
fn with_existing(answers: &Answers, text: &str) -> anyhow::Result<String> {
    const VPC: &str = "{ref: ml}";
    const SUBNETS: &str = "[{ref: private-a}, {ref: private-b}]";
    const TABLES: &str = "[{ref: private}]";
    let mut text = text.to_owned();
    if let Network::Existing { vpc, subnets } = &answers.network {
        text = text
            .replace(&format!("vpc: {VPC}"), &format!("vpc: {}", vpc.written()))
            .replace(SUBNETS, &subnets.written())
            .replace(TABLES, &subnets.written());
    }
    let kind = crate::kinds::cloud_control::iam_role::NAME;
    for role in ROLES {
        let arn = format!("arn:${{scope.partition}}:iam::${{scope.account}}:role/{role}");
        text = text.replace(&format!("${{{kind}/{role}.arn}}"), &arn).replace(
            &format!("executionRole: {{ref: {role}}}"),
            &format!("executionRole: \"{arn}\""),
        );
    }
    let exists = matches!(answers.network, Network::Existing { .. });
    let of_network = ["{ref: ml", "{ref: private"].iter().any(|it| text.contains(it));
    anyhow::ensure!(
        !(text.contains(kind) || exists && of_network),
        "defect in palisade: a template refers to what it does not declare"
    );
    Ok(text)
}

/// The manifests of a place's new network; the blocks of all places lie one behind the other.
fn network(first: Ipv4Net, number: u32, place: &Place) -> anyhow::Result<String> {
    let size = 1u32 << (32 - first.prefix_len());
    let start = number.checked_mul(size).and_then(|it| it.checked_add(first.network().into()));
    let start =
        start.context("--block: it has too few addresses for these accounts and Regions")?;
    let block = Ipv4Net::new(start.into(), first.prefix_len())?;
    let mut parts = block.subnets(first.prefix_len() + 2)?;
    let mut part = || parts.next().context("a block has four parts");
    // Half of it is left for what comes later.
    let (first, second) = (part()?, part()?);
    Ok(NETWORK
        .replace("scope: SCOPE", &place.metadata())
        .replace("WHOLE", &block.to_string())
        .replace("FIRST", &first.to_string())
        .replace("SECOND", &second.to_string()))
}

/// The roles of the components with the Region in their names: domains that share a role share
/// what it may reach.
fn regional(text: &str) -> String {
    ROLES.iter().fold(text.to_owned(), |text, name| {
        let role = format!(":role/{name}");
        text.replace(&format!("{role}\""), &format!("{role}-${{scope.region}}\""))
    })
}

/// A guardrail for the Regions, the unit and the endpoints of this organization.
fn guardrail(answers: &Answers, text: &str) -> anyhow::Result<String> {
    let regions = format!("regions: [{}]", answers.regions.join(", "));
    let text = text.replace("regions: [eu-west-1]", &regions);
    let unit = match answers.unit.as_str() {
        "root" => "root".to_owned(),
        unit => format!("\"{unit}\""),
    };
    let mut text = text.replace("\"ou:/Workloads/ML\"", &unit);
    for name in ["sagemaker-api", "studio"] {
        let line = format!("          - ${{ml-prod/{}/{name}}}\n", vpc_endpoint::NAME);
        let lines: String =
            answers.places.iter().map(|place| line.replace("ml-prod", place.name())).collect();
        text = text.replace(&line, &lines);
    }
    let is_ours = answers.places.iter().any(|place| place.name() == "ml-prod");
    anyhow::ensure!(
        is_ours || !text.contains("ml-prod"),
        "defect in palisade: a guardrail names another scope"
    );
    Ok(text)
}

/// The text with a part that must be there replaced everywhere.
fn replaced(text: &str, from: &str, to: &str) -> anyhow::Result<String> {
    anyhow::ensure!(text.contains(from), "defect in palisade: a template does not say `{from}`");
    Ok(text.replace(from, to))
}

const PIPELINE: &str = "\
# An image with palisade, git, curl, jq and a shell; see the included file.
include:
  - local: .gitlab/palisade.gitlab-ci.yml
    inputs: {image: \"registry.example.com/palisade-ci:1\"}
";

const IGNORED: &str = "\
# What belongs to a machine: brakes, saved plans, the plan of a pipeline.
palisade.brake
*.plan
palisade-plan.md
";

const EDITOR: &str = "\
{
  \"yaml.schemas\": {
    \"schemas/all.json\": \"desired-state/**/*.yaml\",
    \"schemas/settings.json\": \"palisade.yaml\"
  }
}
";

/// What there is to do for a new network.
const NEW_NETWORK: &str = "
The network is new. Its flow log is written with the role `ml-flow-logs`, which VPC Flow Logs
assumes. The first `palisade apply` makes what it can, and shows the digest with which
`palisade apply --approve DIGEST --all` puts the subnets into their route table, and makes the rest.
";

fn readme(answers: &Answers) -> String {
    let region = if answers.regions.len() > 1 { ", each with `-REGION` at its end" } else { "" };
    let roles = ROLES.map(|role| format!("`{role}`")).join(", ");
    let (role, studio) = (&answers.role, if answers.studio { "The domain and the" } else { "The" });
    let set = answers.places.iter().find_map(|place| match place {
        Place::Set { name, .. } => Some(name),
        Place::Scope { .. } => None,
    });
    let how = match set {
        Some(set) => format!(
            "Create the role `{role}` with `roles/`: in the accounts of the unit with a stack set of
   `{set}.cfn.yaml`, in one Region, which new accounts get by themselves; and in the management
   account"
        ),
        None => format!(
            "Create the role `{role}` in every account from `roles/`: the template of the account"
        ),
    };
    let logs = match answers.network {
        Network::New(_) => NEW_NETWORK,
        Network::Existing { .. } => "",
    };
    format!(
        "# The state of our AWS accounts

palisade keeps them as `desired-state/` says. `palisade.yaml` names the accounts, which manifests
cannot change.

1. {how}, with the
   ARN of the role that palisade runs with.
2. `palisade validate --strict` checks everything that can be checked without AWS, `palisade doctor`
   the rest.
3. `palisade plan` shows what would change; `palisade apply` asks, and does it.
4. `palisade run` keeps it so. `.github/` and `.gitlab-ci.yml` show in every pull request what it
   would do: put in the image or the registry of your palisade, and delete the one that you do not
   use.

{studio} keys use the roles {roles}{region}:
create them, or write the names of yours.
{logs}
`palisade explain` describes every kind and field. Editors complete and check them with `schemas/`
(`palisade schema --out schemas` after an update).
"
    )
}
