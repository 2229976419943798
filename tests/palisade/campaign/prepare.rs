//! From a scenario to something that can be run ten thousand times: its history as a snapshot, its last stage on disk, and what
//! the last stage does when nothing goes wrong.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use palisade::{
    model::Address,
    plan::Counts,
    settings::{Overrides, Prune, Settings},
    simulator::{Options, Owner, Simulator, Snapshot, monitor::Expectations},
};
use tempfile::TempDir;

use super::{
    catalogue, hands,
    run::{Setup, run},
    scenario::{Place, Scenario, Stage},
    silence,
};

/// The owner in all claims.
pub const OWNER: &str = "campaign";
/// 2026-01-01, in seconds since the epoch: the beginning of every world.
const EPOCH: u64 = 1_767_225_600;

/// A scenario ready to be run.
pub struct Prepared {
    pub scenario: Scenario,
    pub settings: Settings,
    /// The world before the last stage.
    pub snapshot: Snapshot,
    /// The last stage's directory.
    pub dir: TempDir,
    /// The stage's text and, where the stage comes while a process runs, the text before it.
    pub texts: (String, Option<String>),
    pub expect: Expectations,
    pub reference: Reference,
}

/// The last stage without any fault.
#[derive(Debug, Clone, Default)]
pub struct Reference {
    /// The operation and account of every call, up to convergence.
    pub calls: Vec<(String, String, bool)>,
    /// How many of them were made in the first pass.
    pub first_pass: usize,
    /// What is left when nothing is left to do.
    pub counts: Option<Counts>,
    /// What our resources have become.
    pub wanted: BTreeMap<String, BTreeSet<String>>,
    /// Mutating calls.
    pub mutations: u64,
}

/// The settings for a place. Unless it is guarded, the gate does not hold anything: most campaigns are not about that.
pub fn settings(place: Place, prune: Prune, guarded: bool) -> Settings {
    let role = |account: &str| {
        let arn = format!("arn:aws:iam::{account}:role/palisade");
        if place == Place::Both {
            format!(", assumeRole: {{roleArn: \"{arn}\"}}")
        } else {
            String::new()
        }
    };
    let (ml, org) = (hands::ML, hands::ORG);
    let mut text = format!("owner: {OWNER}\ninterval: 60s\nsettleWindow: 15s\n");
    if !guarded {
        text += "gate: {deletesPercent: 100, changesPercent: 100, holdRisks: []}\n";
    }
    let boundary = catalogue::BOUNDARY.replace(hands::ML, "${scope.account}");
    text += &format!("identity: {{path: /ml/, boundary: \"{boundary}\"}}\n");
    text += "scopes:\n";
    if place != Place::Org {
        text += &format!("  ml: {{account: \"{ml}\", region: eu-west-1{}}}\n", role(ml));
    }
    if place != Place::Ml {
        text += &format!("  org: {{account: \"{org}\", region: us-east-1{}}}\n", role(org));
    }
    let mut settings = Settings::parse(&text, &Overrides::default()).expect("valid settings");
    settings.prune = prune;
    settings
}

/// The world before palisade: networks and organisation.
pub fn world() -> Simulator {
    let options = Options { epoch: Some(Duration::from_secs(EPOCH)), ..Options::default() };
    let simulator = Simulator::new(options);
    simulator.with(hands::build);
    simulator
}

/// A stage's manifests with the ids of what is live, and of the root of the organisation.
fn filled(manifests: &str, simulator: &Simulator) -> String {
    let mut text = manifests.to_owned();
    while let Some(start) = text.find("@{") {
        let end = start + text[start..].find('}').expect("`@{` is closed");
        let (kind, name) = text[start + 2..end].split_once('/').expect("`@{Kind/name}`");
        let id = match kind {
            "Root" => simulator.with(hands::root),
            _ => simulator.with(|world| hands::id(world, kind, name)).expect("it is live"),
        };
        text.replace_range(start..=end, &id);
    }
    text
}

/// A stage as its file says it: with a comment that nobody may repeat.
pub fn commented(text: &str) -> String {
    if text.is_empty() { String::new() } else { format!("# {}\n{text}", silence::COMMENT) }
}

/// Makes a directory say this.
pub fn write(dir: &TempDir, text: &str) {
    let file = dir.path().join("all.yaml");
    if text.is_empty() {
        // It may not have been there.
        let _ = std::fs::remove_file(file);
    } else {
        std::fs::write(file, commented(text)).expect("written");
    }
}

fn expectations(
    place: Place,
    stage: &Stage,
    simulator: &Simulator,
    settings: &Settings,
) -> Expectations {
    let address = |text: &&str| {
        let kind = text.split('/').next().unwrap_or_default();
        let scope =
            if hands::POLICIES.contains(&kind) || kind == hands::PLACEMENT { "org" } else { "ml" };
        format!("{scope}/{text}")
    };
    let adoptable = stage.adoptable.iter().map(|text| {
        let (kind, name) = text.split_once('/').expect("`Kind/name`");
        simulator.with(|world| hands::id(world, kind, name)).expect("it is live")
    });
    let accounts = match place {
        Place::Ml => vec![hands::ML],
        Place::Org => vec![hands::ORG],
        Place::Both => vec![hands::ML, hands::ORG],
    };
    let declared = declared(&stage.manifests);
    let deletable: BTreeSet<String> = stage.deletable.iter().map(address).collect();
    Expectations {
        owner: Owner { name: OWNER.to_owned(), adopted: adopted(&declared, simulator) },
        accounts: accounts.into_iter().map(str::to_owned).collect(),
        present: declared.difference(&deletable).cloned().collect(),
        undeclared: deletable.difference(&declared).cloned().collect(),
        deletable,
        adoptable: adoptable.collect(),
        wanted: BTreeMap::new(),
        key_window_days: 30,
        settle_window: settings.settle_window,
        two_writers: false,
    }
}

/// What manifests adopt that cannot have a claim.
pub fn adopted_in(manifests: &str, simulator: &Simulator) -> BTreeMap<String, Address> {
    adopted(&declared(manifests), simulator)
}

/// What cannot have a claim and is adopted by a manifest, or is a part of what a manifest refers to. Of types of Cloud Control
/// the manifest has the name of the resource.
fn adopted(declared: &BTreeSet<String>, simulator: &Simulator) -> BTreeMap<String, Address> {
    let id = |address: &Address| match address.kind.as_str() {
        "AccountSettings" => Some(hands::settings()),
        "AWS::S3::BucketPolicy" => Some(format!("{}/{}/{}", address.kind, hands::ML, address.name)),
        "AWS::Config::ConfigRule"
        | "AWS::Config::ConfigurationRecorder"
        | "AWS::Config::DeliveryChannel" => {
            Some(format!("{}/{}/{}/{}", address.kind, hands::ML, hands::REGION, address.name))
        }
        // The manifests attach gateways to the network of the world.
        "AWS::EC2::VPCGatewayAttachment" => Some(format!("IGW|{}", simulator.with(hands::vpc))),
        "AWS::IAM::InstanceProfile" => {
            Some(format!("{}/{}/{}", address.kind, hands::ML, address.name))
        }
        "AWS::IAM::ManagedPolicy" => {
            let arn = format!("arn:aws:iam::{}:policy/ml/{}", hands::ML, address.name);
            Some(format!("{}/{arn}", address.kind))
        }
        "AWS::SNS::TopicInlinePolicy" => {
            let arn = format!("arn:aws:sns:{}:{}:{}", hands::REGION, hands::ML, address.name);
            Some(format!("{}/{}/{}/{arn}", address.kind, hands::ML, hands::REGION))
        }
        "AWS::SQS::QueueInlinePolicy" => {
            let host = format!("https://sqs.{}.amazonaws.com", hands::REGION);
            let url = format!("{host}/{}/{}", hands::ML, address.name);
            Some(format!("{}/{}/{}/{url}", address.kind, hands::ML, hands::REGION))
        }
        "AWS::Logs::MetricFilter" => {
            let id = format!("/ml/logs|{}", address.name);
            Some(format!("{}/{}/{}/{id}", address.kind, hands::ML, hands::REGION))
        }
        // The manifests of the catalogue place this account.
        hands::PLACEMENT => Some(hands::ML.to_owned()),
        "PermissionSetAssignment" => Some(hands::assignments()),
        _ => None,
    };
    let all = declared.iter().map(|address| address.parse::<Address>().expect("an address"));
    let of_org = [hands::PLACEMENT, "PermissionSetAssignment"];
    let managed = |it: &Address| it.scope == "ml" || of_org.contains(&it.kind.as_str());
    all.filter(managed).filter_map(|it| Some((id(&it)?, it))).collect()
}

/// The addresses of manifests in the catalogue's form.
pub fn declared(manifests: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut kind = "";
    for line in manifests.lines() {
        if let Some(word) = line.strip_prefix("kind: ") {
            kind = word;
        } else if let Some(rest) = line.strip_prefix("metadata: {name: ")
            && let Some((name, scope)) = rest.trim_end_matches('}').split_once(", scope: ")
        {
            found.insert(format!("{scope}/{kind}/{name}"));
        }
    }
    found
}

impl Prepared {
    /// Runs the history and the reference.
    ///
    /// # Errors
    /// What a monitor or the end of a run says although nothing went wrong.
    pub async fn new(scenario: Scenario) -> Result<Self, String> {
        let settings = settings(scenario.place, scenario.prune, scenario.guarded);
        let mut simulator = world();
        let last = scenario.stages.len() - 1;
        let mut ready = None;
        for (number, stage) in scenario.stages.iter().enumerate() {
            if let Some(hands) = stage.hands {
                simulator.with(hands);
                // What hands began must not still be under way.
                tokio::time::sleep(Duration::from_secs(5)).await;
            }
            let text = filled(&stage.manifests, &simulator);
            let dir = TempDir::new().expect("a directory");
            write(&dir, &text);
            let earlier = (scenario.live && number == last)
                .then(|| scenario.stages[number - 1].manifests.clone());
            let mut expect = expectations(scenario.place, stage, &simulator, &settings);
            expect.present.extend(earlier.iter().flat_map(|text| declared(text)));
            let mut scenario = scenario.clone();
            if number < last {
                scenario.attacks.clear();
            }
            let mut prepared = Self {
                expect,
                texts: (text, earlier),
                scenario,
                settings: settings.clone(),
                snapshot: simulator.snapshot(),
                dir,
                reference: Reference::default(),
            };
            let clean = run(&prepared, &Setup::default()).await;
            if let Some(violation) = clean.violations.first() {
                let name = prepared.scenario.name;
                return Err(format!("{name}, stage {number}: {violation}\n{}", clean.log));
            }
            prepared.reference = clean.reference;
            simulator = clean.simulator;
            if number == last {
                prepared.expect.wanted = prepared.reference.wanted.clone();
                ready = Some(prepared);
            }
        }
        ready.ok_or_else(|| format!("{} has no stage", scenario.name))
    }
}
