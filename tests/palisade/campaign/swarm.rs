//! Random runs: any scenario or a random change of a whole platform, a few faults anywhere, people's hands, slow answers, two
//! daemons. Everything follows from the seed.

use std::time::Duration;

use palisade::simulator::{Deed, Effect, Fault, Ids, Paging};

use super::{
    catalogue::{domain, group, group_with, guard, https, key, s3, sts, tcp},
    faults::Mishap,
    hands,
    prepare::Prepared,
    run::Setup,
    scenario::{Place, Scenario},
};

/// Random platforms to begin from.
pub const PLATFORMS: u64 = 60;

/// Dice that a seed decides.
#[derive(Debug)]
pub struct Dice(Ids);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(Ids::new(seed))
    }

    /// Below a bound.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.0.number() % bound
    }

    fn pick<'t, T>(&mut self, all: &'t [T]) -> &'t T {
        &all[usize::try_from(self.below(all.len() as u64)).unwrap_or(0)]
    }
}

/// A random change of a random platform: every resource is there or not, in one of two forms.
pub fn platform(seed: u64) -> Scenario {
    let mut dice = Dice::new(seed ^ 0x706c_6174);
    let first = stage(&mut dice, false);
    let last = stage(&mut dice, true);
    let names = ["platform-a", "platform-b", "platform-c"];
    let mut scenario = Scenario::new(names[(seed % 3) as usize], Place::Both, 4);
    if dice.below(2) == 0 {
        scenario = scenario.then(first.0);
    }
    scenario = scenario.then(last.0);
    if last.1 { scenario.deletes(&["VpcEndpoint/s3"]) } else { scenario }
}

fn stage(dice: &mut Dice, last: bool) -> (String, bool) {
    let mut text = String::new();
    let mut two = |text: &mut String, a: String, b: String| {
        *text += if dice.below(2) == 0 { &a } else { &b };
    };
    let wide = format!("{}, {}", https(), tcp(8443, "from", "10.4.0.0/16, self"));
    two(
        &mut text,
        group("apps", &https(), ""),
        group("apps", &wide, &tcp(443, "to", "{ref: gate}")),
    );
    two(
        &mut text,
        group("gate", &tcp(443, "from", "{ref: apps}"), ""),
        group_with(
            "gate",
            "",
            &tcp(443, "from", "{ref: apps}, 10.8.0.0/16"),
            "",
            ", tags: {team: b}",
        ),
    );
    two(
        &mut text,
        sts("", "{ref: gate}", "sts:*", ""),
        sts("", "{ref: apps}", "sts:GetCallerIdentity", ""),
    );
    two(
        &mut text,
        key(
            "",
            "kms:Decrypt",
            ", aliases: [alias/studio], rotation: {enabled: true, periodDays: 365}",
        ),
        key(
            "",
            "kms:Encrypt",
            ", aliases: [alias/studio, alias/volumes], rotation: {enabled: true, periodDays: 200}",
        ),
    );
    two(
        &mut text,
        guard("", "s3:DeleteBucket", "root", ""),
        guard("", "s3:*", "\"ou:/Workloads\", \"111122223333\"", ""),
    );
    if dice.below(3) > 0 {
        let docker = if dice.below(2) == 0 { "ENABLED" } else { "DISABLED" };
        text += &domain("", "{ref: apps}", docker, "");
    }
    let gone = last && dice.below(4) == 0;
    text += &if gone {
        s3("state: absent", "s3:GetObject", "")
    } else {
        s3("", if dice.below(2) == 0 { "s3:GetObject" } else { "s3:PutObject" }, "")
    };
    (text, gone)
}

const CREATES: [&str; 5] =
    ["CreateSecurityGroup", "CreateVpcEndpoint", "CreateKey", "CreatePolicy", "CreateDomain"];

/// The run of a seed.
pub fn run_of(seed: u64, all: &[Prepared]) -> (&Prepared, Mishap) {
    let mut dice = Dice::new(seed);
    let prepared = dice.pick(all);
    let calls = prepared.reference.calls.len() as u64;
    let mut setup = Setup { lag: 0, ..Setup::default() };
    for _ in 0..dice.below(4) {
        let (effect, after, lag) = effect(&mut dice, prepared);
        let fault = match effect {
            // Tags that are not shown yet are those of something new.
            Effect::Untagged { .. } => {
                let create = *dice.pick(&CREATES);
                Fault::new(create, effect).nth(1)
            }
            effect => Fault::new("*", effect).nth(1 + dice.below(calls + calls / 2 + 2)),
        };
        setup.faults.push(if after { fault.after() } else { fault });
        setup.lag += lag;
    }
    if dice.below(3) == 0 {
        setup.latency = Duration::from_millis(1 + dice.below(200));
    }
    if dice.below(4) == 0 {
        setup.engines = 2;
        setup.latency = setup.latency.max(Duration::from_millis(20));
    }
    (prepared, Mishap { label: format!("seed {seed}"), setup })
}

fn effect(dice: &mut Dice, prepared: &Prepared) -> (Effect, bool, u64) {
    let reads = u32::try_from(1 + dice.below(4)).unwrap_or(1);
    let lag = u64::from(reads);
    let seconds = 1 + dice.below(40);
    let after = dice.below(2) == 0;
    let edits = hands::edits_of(&prepared.texts.0);
    match dice.below(15) {
        0 | 1 => (Effect::Crash, after, 0),
        2 => (Fault::server_error("*", 500).effect, after, 0),
        3 => (Effect::Throttle, false, 0),
        4 => (Effect::Hang, after, 0),
        5 => (Effect::LoseAnswer, true, 0),
        6 => (Effect::Garbage, after, 0),
        7 => (Effect::Delay(Duration::from_secs(seconds)), false, 0),
        8 => (Effect::Deny, false, 0),
        9 => (Effect::Stale { reads, alternating: after }, false, 2 * lag),
        10 => (Effect::Unlisted { reads }, false, lag),
        11 => (Effect::Untagged { reads: reads.min(3) }, false, lag),
        12 => {
            let how = [Paging::Broken, Paging::Looping, Paging::EmptyFirst];
            (Effect::Paging(*dice.pick(&how)), false, 1)
        }
        13 => (Effect::Ignore, false, 1),
        _ if !edits.is_empty() => (Effect::Meanwhile(Deed::new(*dice.pick(&edits))), false, 2),
        _ => (Effect::Stall(Duration::from_secs(60 * seconds)), false, 1),
    }
}
