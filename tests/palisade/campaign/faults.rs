//! Everything that can go wrong with one call.

use std::time::Duration;

use palisade::simulator::{Deed, Effect, Fault, Lie, Paging};

use super::{hands, prepare::Prepared, run::Setup};

/// One thing going wrong, with a name to ask for it again.
#[derive(Debug, Clone)]
pub struct Mishap {
    /// `crash-after@12`
    pub label: String,
    pub setup: Setup,
}

fn minutes(minutes: u64) -> Duration {
    Duration::from_secs(60 * minutes)
}

/// Crashes before and after every call of the reference.
pub fn crashes(prepared: &Prepared) -> Vec<Mishap> {
    let calls = 1..=prepared.reference.calls.len() as u64;
    let both = |nth| {
        [
            mishap("crash-before", nth, Effect::Crash, false, 0),
            mishap("crash-after", nth, Effect::Crash, true, 0),
        ]
    };
    calls.flat_map(both).collect()
}

/// Every single fault at every call of the reference. Tags that are not shown yet are those of something new: of what
/// was there for long AWS shows them, and a process that has just begun has nothing else to go by.
pub fn singles(prepared: &Prepared) -> Vec<Mishap> {
    let adopted: Vec<_> = prepared.expect.owner.adopted.values().map(ToString::to_string).collect();
    let is_tagged = prepared.expect.present.iter().any(|address| !adopted.contains(address));
    let calls = prepared.reference.calls.iter().zip(1..);
    calls
        .flat_map(|((operation, account, writes), nth)| {
            let mut all = of_any(nth);
            if *writes {
                all.extend(of_write(nth, operation));
            } else {
                all.extend(of_read(nth, operation));
                if is_tagged && nth > prepared.reference.first_pass as u64 {
                    all.push(mishap("untagged-3", nth, Effect::Untagged { reads: 3 }, false, 3));
                }
            }
            all.extend(meanwhile(nth, prepared));
            all.extend(lasting(nth, operation, account));
            all
        })
        .collect()
}

fn mishap(label: &str, nth: u64, effect: Effect, after: bool, lag: u64) -> Mishap {
    let fault = Fault::new("*", effect).nth(nth);
    let fault = if after { fault.after() } else { fault };
    let setup = Setup { faults: vec![fault], lag, ..Setup::default() };
    Mishap { label: format!("{label}@{nth}"), setup }
}

fn server_error(status: u16) -> Effect {
    Fault::server_error("*", status).effect
}

fn of_any(nth: u64) -> Vec<Mishap> {
    let code =
        |code: &str, status| Effect::Reject { code: code.into(), message: "?".into(), status };
    vec![
        mishap("500", nth, server_error(500), false, 0),
        mishap("500-after", nth, server_error(500), true, 0),
        mishap("503", nth, server_error(503), false, 0),
        mishap("throttle", nth, Effect::Throttle, false, 0),
        mishap("time-out", nth, Effect::Hang, false, 0),
        mishap("time-out-after", nth, Effect::Hang, true, 0),
        mishap("lost-answer", nth, Effect::LoseAnswer, true, 0),
        mishap("garbage", nth, Effect::Garbage, false, 0),
        mishap("garbage-after", nth, Effect::Garbage, true, 0),
        mishap("slow", nth, Effect::Delay(Duration::from_secs(10)), false, 0),
        mishap("too-slow", nth, Effect::Delay(Duration::from_secs(20)), false, 0),
        mishap("denied", nth, Effect::Deny, false, 0),
        mishap("expired", nth, Effect::Expire, false, 0),
        mishap("future-code", nth, code("FutureCode", 400), false, 0),
        mishap("future-code-500", nth, code("FutureCode", 500), true, 0),
        Mishap {
            label: format!("brake@{nth}"),
            setup: Setup { brake: Some(nth), ..Setup::default() },
        },
    ]
}

fn of_read(nth: u64, operation: &str) -> Vec<Mishap> {
    let mut all =
        vec![mishap("stale-2", nth, Effect::Stale { reads: 2, alternating: false }, false, 2)];
    if operation == "GetCallerIdentity" {
        all.push(mishap("impostor", nth, Effect::Impostor("000000000000".into()), false, 0));
    } else {
        all.push(mishap("page-broken", nth, Effect::Paging(Paging::Broken), false, 1));
        all.push(mishap("page-looping", nth, Effect::Paging(Paging::Looping), false, 1));
        all.push(mishap("page-empty-first", nth, Effect::Paging(Paging::EmptyFirst), false, 1));
    }
    all.extend(lies_of_read(nth, operation));
    all
}

fn of_write(nth: u64, operation: &str) -> Vec<Mishap> {
    let mut all: Vec<_> = (1..=5)
        .map(|k| {
            let stale = Effect::Stale { reads: k, alternating: false };
            mishap(&format!("stale-{k}"), nth, stale, false, k.into())
        })
        .collect();
    all.push(mishap(
        "non-monotone-4",
        nth,
        Effect::Stale { reads: 4, alternating: true },
        false,
        8,
    ));
    all.push(mishap("ignored", nth, Effect::Ignore, false, 1));
    all.push(mishap("stuck", nth, Effect::Stall(minutes(30)), false, 1));
    // Types of Cloud Control that say their name are read by it and not listed: what hides one of
    // those is a lie of its request.
    if operation.starts_with("Create") && operation != "CreateResource" {
        for k in [1, 2, 5] {
            all.push(mishap(
                &format!("unlisted-{k}"),
                nth,
                Effect::Unlisted { reads: k },
                false,
                k.into(),
            ));
        }
        all.push(mishap("untagged-3", nth, Effect::Untagged { reads: 3 }, false, 3));
    }
    all.extend(lies_of_request(nth, operation));
    let fail_later = [
        "CreateVpcEndpoint",
        "CreateDomain",
        "UpdateDomain",
        "CreateAccountAssignment",
        "DeleteAccountAssignment",
    ];
    if fail_later.contains(&operation) {
        // Failed, deleted by hand, made again.
        all.push(mishap("fails-later", nth, Effect::FailLater, false, 4));
    }
    all
}

/// How a request of Cloud Control may deceive.
fn lies_of_request(nth: u64, operation: &str) -> Vec<Mishap> {
    let creates = operation == "CreateResource";
    if !creates && !["UpdateResource", "DeleteResource"].contains(&operation) {
        return Vec::new();
    }
    let lie = |label: &str, lie| mishap(label, nth, Effect::Lie(lie), false, 4);
    let mut all = vec![
        lie("request-throttled", Lie::Fails("Throttling")),
        lie("request-fails", Lie::Fails("InternalFailure")),
        lie("request-done-but-fails", Lie::FailsThough("ServiceInternalError")),
        lie("request-done-but-not-found", Lie::FailsThough("NotFound")),
        lie("request-half-done", Lie::FailsHalfway("NotStabilized")),
        mishap("request-fails-later", nth, Effect::FailLater, false, 4),
    ];
    if creates {
        all.push(lie("request-made-but-denied", Lie::FailsThough("AccessDenied")));
        all.push(lie("request-made-but-exists", Lie::FailsThough("AlreadyExists")));
        all.push(lie("request-names-another", Lie::NamesAnother));
        all.push(lie("request-hidden", Lie::Hides(Duration::from_secs(20))));
    }
    all
}

/// How a read of Cloud Control may deceive.
fn lies_of_read(nth: u64, operation: &str) -> Vec<Mishap> {
    if operation != "GetResource" {
        return Vec::new();
    }
    let lie = |label: &str, lie| mishap(label, nth, Effect::Lie(lie), false, 2);
    vec![
        lie("read-adds", Lie::Adds),
        lie("read-omits-block", Lie::Omits("PublicAccessBlockConfiguration")),
        lie("read-omits-tags", Lie::Omits("Tags")),
        lie("read-husk", Lie::Husk("AnalyticsConfigurations")),
    ]
}

/// Denied for a while: one operation, or all of one account.
fn lasting(nth: u64, operation: &str, account: &str) -> Vec<Mishap> {
    let long = |label: &str, fault: Fault| Mishap {
        label: format!("{label}@{nth}"),
        setup: Setup { faults: vec![fault.times(4)], lag: 4, ..Setup::default() },
    };
    if nth % 3 != 1 {
        return Vec::new();
    }
    vec![
        long("operation-denied", Fault::new(operation, Effect::Deny).nth(1)),
        long("account-denied", Fault::new("*", Effect::Deny).nth(nth).of_account(account)),
    ]
}

/// What somebody else may do just before the call, where it has anything to do with the scenario.
fn meanwhile(nth: u64, prepared: &Prepared) -> Vec<Mishap> {
    hands::edits_of(&prepared.texts.0)
        .into_iter()
        .zip(0..)
        .map(|(deed, number)| {
            let deed = Effect::Meanwhile(Deed::new(deed));
            mishap(&format!("edit-{number}"), nth, deed, false, 2)
        })
        .collect()
}

/// Pairs of quick faults at any two calls of a small scenario.
pub fn pairs(prepared: &Prepared) -> Vec<Mishap> {
    let calls = prepared.reference.calls.len() as u64;
    let effects = || {
        [
            ("crash-after", Effect::Crash, true),
            ("lost-answer", Effect::LoseAnswer, true),
            ("denied", Effect::Deny, false),
            ("500-after", server_error(500), true),
        ]
    };
    let mut all = Vec::new();
    for first in 1..=calls {
        for second in first + 1..=calls + 4 {
            for (one, effect_one, after_one) in effects() {
                for (two, effect_two, after_two) in effects() {
                    let mut pair = mishap(one, first, effect_one.clone(), after_one, 1);
                    let other = mishap(two, second, effect_two, after_two, 1);
                    pair.label = format!("{}+{}", pair.label, other.label);
                    pair.setup.faults.extend(other.setup.faults);
                    all.push(pair);
                }
            }
        }
    }
    all
}
