//! What the page shows, and what it can never show.

use std::collections::BTreeSet;

use super::*;
use crate::{
    model::Address,
    plan::HoldReason,
    status::{
        Status, fixture,
        shelf::{Filter, Latest},
    },
};

fn view(report: &crate::engine::Report) -> View {
    let status = Status::new(Duration::from_mins(1)).unwrap();
    status.take(fixture::setup(), report);
    status.view().unwrap()
}

fn calls() -> Vec<CallCount> {
    let call = |service: &str, operation: &str, attempts: &[(&str, u64)]| CallCount {
        service: service.to_owned(),
        operation: operation.to_owned(),
        attempts: attempts.iter().map(|(word, count)| ((*word).to_owned(), *count)).collect(),
    };
    vec![
        call("ec2", "DescribeSecurityGroups", &[("ok", 1240), ("throttled", 3)]),
        call("ec2", "ModifySecurityGroupRules", &[("error", 2)]),
        call("kms", "ListKeys", &[("ok", 310), ("no_answer", 1)]),
        call("organizations", "ListPolicies", &[("ok", 88), ("throttled", 19)]),
    ]
}

fn render(view: &View) -> String {
    Page {
        view: Some(view),
        calls: &calls(),
        alive: &[],
        uptime: Duration::from_hours(1),
        now: fixture::STARTED_AT + 30.0,
    }
    .render()
}

#[test]
fn a_full_page_reads_as_it_did() {
    insta::assert_snapshot!(render(&view(&fixture::report())));
}

#[test]
fn no_value_from_manifests_or_aws_becomes_markup() {
    let attack = "\"><img src=x onerror=alert(1)><script>x</script>";
    let mut report = fixture::report();
    let address = Address::new(attack, attack, attack);
    report.revision = Some(attack.to_owned());
    report.scopes.insert(attack.to_owned(), Err(attack.to_owned()));
    report.manifests.push(address.clone());
    for step in &mut report.plan.steps {
        step.address = address.clone();
        step.origin = Some(attack.to_owned());
        step.digest = attack.to_owned();
        if let Verdict::Held(why) = &mut step.verdict {
            *why = vec![HoldReason::Failed { why: attack.to_owned() }];
        }
    }
    for conflict in &mut report.plan.conflicts {
        (conflict.why, conflict.help) = (attack.to_owned(), attack.to_owned());
        conflict.ids = [attack.into()].into();
    }
    for orphan in &mut report.plan.orphans {
        (orphan.address, orphan.id) = (address.clone(), attack.into());
    }
    for unknown in &mut report.plan.unknown {
        (unknown.kind, unknown.why) = (attack.to_owned(), attack.to_owned());
    }
    for by in report.drifts.iter_mut().filter_map(|drift| drift.by.as_mut()) {
        // Whoever makes a call chooses the name of its session.
        (by.who.principal, by.who.person) = (attack.to_owned(), Some(attack.to_owned()));
    }
    for contest in &mut report.contests {
        contest.address = address.clone();
        contest.ours = Some(attack.to_owned());
        contest.theirs = report.drifts.iter().filter_map(|drift| drift.by.clone()).collect();
    }
    let mut view = view(&report);
    view.setup.directory = attack.to_owned();
    view.setup.owner = attack.to_owned();
    let html = render(&view);
    assert!(html.contains("&lt;img src=x onerror"));
    assert!(!html.contains("<img") && !html.contains("<script>"), "{html}");
}

#[test]
fn nothing_on_the_page_needs_inline_script_or_style_or_another_host() {
    let html = render(&view(&fixture::report()));
    for forbidden in
        [" style=", "<style", " onclick=", " onload=", "javascript:", "http://", "https://"]
    {
        assert!(!html.contains(forbidden), "{forbidden}");
    }
    assert_eq!(html.matches("<script").count(), 1);
    assert!(html.contains("<script src=\"page.js\" defer></script>"));
    assert!(!CONTENT_SECURITY_POLICY.contains("unsafe"));
}

#[test]
fn a_held_step_shows_its_digest_and_the_command_that_consents_to_it() {
    let report = fixture::report();
    let html = render(&view(&report));
    let held = report.plan.steps.iter().find(|step| step.address.kind == "KmsKey").unwrap();
    let command = format!("palisade apply --approve {} desired-state", held.digest);
    assert!(html.contains(&command), "{command}");
    let impossible = report.plan.steps.iter().find(|s| s.address.name == "endpoints").unwrap();
    assert!(html.contains(&impossible.digest));
    assert!(!html.contains(&format!("--approve {}", impossible.digest)));
}

#[test]
fn the_headline_says_the_worst_that_is_true() {
    let mut report = fixture::report();
    assert_eq!(headline(&view(&report)).1, "Needs attention");
    report.problems.clear();
    report.results.clear();
    report.pending_deletions.clear();
    report.plan.unknown.clear();
    assert_eq!(headline(&view(&report)).1, "Needs attention", "something is paused");
    report.plan.pauses.clear();
    report.scopes.remove("ml-dev");
    assert_eq!(headline(&view(&report)).1, "Waiting for a person");
    report.plan.conflicts.clear();
    report.plan.steps.retain(|step| !matches!(step.verdict, Verdict::Held(_)));
    assert_eq!(headline(&view(&report)).1, "Waiting for a person", "an audit found something");
    report.audited.findings.clear();
    let orphans = "something belongs to no manifest";
    assert_eq!(headline(&view(&report)).1, "Waiting for a person", "{orphans}");
    report.plan.orphans.clear();
    assert_eq!(headline(&view(&report)).1, "Making changes");
    report.plan.steps.retain(|step| matches!(step.verdict, Verdict::Reported(_)));
    assert_eq!(headline(&view(&report)).1, "Differences are only reported");
    assert_eq!(
        headline(&view(&fixture::quiet())),
        (Health::Good, "Everything is as the manifests say")
    );
}

#[test]
fn before_the_first_pass_the_page_says_so() {
    let page =
        Page { view: None, calls: &[], alive: &[], uptime: Duration::from_secs(1), now: 0.0 };
    assert!(page.render().contains("No pass is finished yet."));
}

#[test]
fn every_table_has_a_caption_and_every_section_a_heading() {
    let html = render(&view(&fixture::report()));
    assert_eq!(html.matches("<table>").count(), html.matches("<caption>").count());
    for part in html.split("<section ").skip(1) {
        let id = part.split("aria-labelledby=\"").nth(1).unwrap().split('"').next().unwrap();
        assert!(html.contains(&format!("<h2 id=\"{id}\">")), "{id}");
    }
}

#[test]
fn ten_thousand_resources_are_shown_a_page_at_a_time() {
    let mut report = fixture::quiet();
    let all = (0..10_000)
        .map(|number| Address::new("ml-prod", "SecurityGroup", format!("group-{number:05}")));
    report.manifests = all.collect();
    report.plan.in_sync = report.manifests.iter().cloned().collect();
    let view = view(&report);
    let latest = Latest { report: report.into(), ..Latest::fixture() };
    let mut seen = BTreeSet::new();
    for page in 1..=50 {
        let filter = Filter { page, ..Filter::default() };
        let html = resources::list(&latest, &view, &filter);
        assert!(html.len() < 128 * 1024, "page {page} has {} bytes", html.len());
        let names = html.split("group-").skip(1).filter_map(|after| after.get(..5));
        seen.extend(names.map(str::to_owned));
    }
    assert_eq!(seen.len(), 10_000, "every one of them is on a page");
    let one = Filter { q: "group-07".to_owned(), ..Filter::default() };
    assert!(resources::list(&latest, &view, &one).contains(">1000<"), "the search counts");
    assert!(render(&view).len() < 256 * 1024, "the overview does not grow with them");
}
