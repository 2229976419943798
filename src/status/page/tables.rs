//! Tables: kinds, scopes, drift, leftovers, the latest pass, AWS calls.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use super::{
    html::{Html, age},
    resources,
};
use crate::{
    baseline::Severity,
    engine::DriftState,
    engine::Outcome,
    kind::{Audited, Unaudited},
    status::{View, metrics::CallCount},
};

/// The conditions and their column headings, in display order.
const CONDITIONS: [(&str, &str); 9] = [
    ("in_sync", "#in sync"),
    ("changing", "#changing"),
    ("creating", "#creating"),
    ("waiting", "#waiting"),
    ("held", "#held"),
    ("reported", "#reported"),
    ("conflict", "#conflict"),
    ("failed", "#failed"),
    ("unknown", "#unknown"),
];

fn begin(html: &mut Html, id: &'static str, title: &'static str) {
    html.markup("<section aria-labelledby=\"").markup(id).markup("\">\n<h2 id=\"").markup(id);
    html.markup("\">").markup(title).markup("</h2>\n");
}

/// Manifests per kind and condition.
pub(super) fn kinds(html: &mut Html, view: &View) {
    begin(html, "kinds", "Kinds");
    if view.conditions.is_empty() {
        html.element("p", "dim", "There are no manifests.").markup("</section>\n");
        return;
    }
    let mut columns = vec!["Kind", "#total"];
    columns.extend(CONDITIONS.map(|(_, word)| word));
    html.table("Manifests by kind and condition", &columns);
    for (kind, counts) in &view.conditions {
        html.markup("<tr><th scope=\"row\">").text(kind).markup("</th>");
        html.element("td", "number", counts.values().sum::<usize>());
        for (condition, _) in CONDITIONS {
            number(html, condition, counts.get(condition).copied().unwrap_or_default());
        }
        html.markup("</tr>\n");
    }
    html.end_table().markup("</section>\n");
}

fn number(html: &mut Html, condition: &str, count: usize) {
    let class = match (condition, count) {
        (_, 0) => "number zero",
        ("in_sync", _) => "number good",
        ("changing" | "creating" | "waiting", _) => "number moving",
        ("held" | "reported" | "conflict", _) => "number person",
        _ => "number trouble",
    };
    html.element("td", class, count);
}

/// The scopes, with the kinds in each.
pub(super) fn scopes(html: &mut Html, view: &View) {
    let kinds: BTreeSet<&str> = view.conditions.keys().map(String::as_str).collect();
    begin(html, "scopes", "Scopes");
    let numbers: Vec<String> = kinds.iter().map(|kind| format!("#{kind}")).collect();
    let mut columns = vec!["Scope", "Account", "Region", "Access"];
    columns.extend(numbers.iter().map(String::as_str));
    html.table("Manifests in sync, of all, by scope and kind", &columns);
    for scope in &view.scopes {
        html.markup("<tr><th scope=\"row\">").text(&scope.name).markup("</th><td>");
        html.text(scope.account.as_deref().unwrap_or("ambient")).markup("</td><td>");
        html.text(scope.region.as_deref().unwrap_or("ambient")).markup("</td>");
        match (&scope.trouble, &scope.caller) {
            (Some(_), _) => html.element("td", "trouble", "refused"),
            (None, Some(_)) => html.element("td", "good", "usable"),
            (None, None) => html.element("td", "dim", "not asked"),
        };
        for kind in &kinds {
            match scope.conditions.get(*kind) {
                None => html.element("td", "number zero", "–"),
                Some(counts) => {
                    let all: usize = counts.values().sum();
                    let good = counts.get("in_sync").copied().unwrap_or_default();
                    let class = if good == all { "number good" } else { "number moving" };
                    html.element("td", class, format_args!("{good} of {all}"))
                }
            };
        }
        html.markup("</tr>\n");
    }
    html.end_table().markup("</section>\n");
}

/// The drift timeline.
pub(super) fn drift(html: &mut Html, view: &View, now: f64) {
    begin(html, "drift", "Drift");
    if view.drift.is_empty() {
        html.element("p", "dim", "No drift since this process started.").markup("</section>\n");
        return;
    }
    let caption = "What changed although its manifest did not, newest first";
    html.table(caption, &["Seen", "Resource", "What", "State"]);
    for event in &view.drift {
        html.markup("<tr><td class=\"when\">")
            .moment(event.seen_at, now)
            .markup("</td><th scope=\"row\">");
        resources::link(html, &event.address);
        if let Some(origin) = &event.origin {
            html.markup("<br><code class=\"origin\">").text(origin).markup("</code>");
        }
        html.markup("</th><td>");
        for (index, what) in event.what.iter().enumerate() {
            if index > 0 {
                html.markup("<br>");
            }
            html.text(what);
        }
        if let Some(by) = &event.by {
            html.markup("<br>").element("span", "dim", by.words());
        }
        html.markup("</td>");
        let took = event.ended_at.map(|ended| age(ended - event.seen_at)).unwrap_or_default();
        match &event.state {
            DriftState::Corrected => {
                html.element("td", "good", format_args!("corrected within {took}"));
            }
            DriftState::Open(why) => {
                html.element("td", "trouble", format_args!("not corrected: {why}"));
            }
            DriftState::Correcting => {
                html.element("td", "dim", "corrected; AWS does not show the correction yet");
            }
            DriftState::Restored => {
                html.element(
                    "td",
                    "good",
                    format_args!(
                        "corrected after {took}, by another apply or by whoever changed it"
                    ),
                );
            }
            DriftState::Gone(why) => {
                html.element("td", "dim", format_args!("{why}, after {took}"));
            }
        }
        html.markup("</tr>\n");
    }
    html.end_table().markup("</section>\n");
}

/// Orphans, and resources that AWS will delete.
pub(super) fn leftovers(html: &mut Html, view: &View) {
    if view.orphans.is_empty() && view.pending_deletions.is_empty() {
        return;
    }
    begin(html, "leftovers", "Without a manifest, or pending deletion");
    html.table(
        "Claimed resources that need a decision, or are pending deletion",
        &["Claimed as", "Resource", "Scope", "State"],
    );
    for orphan in &view.orphans {
        row(html, &orphan.address, &orphan.id, &orphan.scope);
        let pruned = view.steps.iter().any(|step| {
            step.address == orphan.address.to_string()
                && step.id.as_deref() == Some(orphan.id.as_str())
        });
        let fate = if pruned { "it is pruned, as the settings say" } else { "it is not changed" };
        html.element("td", "person", format_args!("orphan: no manifest declares it; {fate}"));
        html.markup("</tr>\n");
    }
    for pending in &view.pending_deletions {
        row(html, &pending.address, &pending.id, &pending.scope);
        let when = pending.moment();
        if pending.tombstone {
            let fate = format_args!("AWS will delete it {when}, as its tombstone asks");
            html.element("td", "dim", fate);
        } else {
            let fate = format_args!("AWS will delete it {when}, and no tombstone asks for that");
            html.element("td", "trouble", fate);
        }
        html.markup("</tr>\n");
    }
    html.end_table().markup("</section>\n");
}

/// What audits have found, and audits that could not be made.
pub(super) fn audited(html: &mut Html, view: &View) {
    let Audited { findings, unknown } = &view.audited;
    if findings.is_empty() && unknown.is_empty() {
        return;
    }
    begin(html, "audited", "Found in AWS, and not in any manifest");
    html.table(
        "Findings of audits, which palisade does not correct",
        &["Rule", "Scope", "What", "Made by", "Way out"],
    );
    for finding in findings {
        html.markup("<tr><th scope=\"row\">").text(finding.rule).markup("</th>");
        html.element("td", "", &finding.scope);
        let what = format_args!("{} {}", finding.subject, finding.message);
        let urgent = finding.severity <= Severity::High;
        html.element("td", if urgent { "trouble" } else { "person" }, what);
        html.element("td", "", finding.by.as_deref().unwrap_or("unknown"));
        html.element("td", "", finding.help).markup("</tr>\n");
    }
    for Unaudited { scope, about, why } in unknown {
        html.markup("<tr><th scope=\"row\">not audited</th>").element("td", "", scope);
        html.element("td", "trouble", format_args!("{about}: {why}"));
        html.element("td", "", "").element("td", "", "").markup("</tr>\n");
    }
    html.end_table().markup("</section>\n");
}

fn row(
    html: &mut Html,
    address: &crate::model::Address,
    id: &crate::model::PhysicalId,
    scope: &str,
) {
    html.markup("<tr><th scope=\"row\">").text(address).markup("</th><td><code>").text(id);
    html.markup("</code></td>").element("td", "", scope);
}

/// What the latest pass did.
pub(super) fn last_pass(html: &mut Html, view: &View, now: f64) {
    begin(html, "pass", "Latest pass");
    html.markup("<p>No. ").text(view.pass).markup(" began ").moment(view.started_at, now);
    html.text(format_args!(" and took {:.2} s. ", view.duration_seconds));
    if view.results.is_empty() {
        html.text("It changed nothing.").markup("</p>\n</section>\n");
        return;
    }
    html.markup("</p>\n");
    html.table("Steps tried in the latest pass", &["Resource", "Step", "Why", "Outcome", "Done"]);
    for result in &view.results {
        html.markup("<tr><th scope=\"row\">").text(&result.address).markup("</th>");
        html.element("td", "", result.verb).element("td", "", result.cause);
        match &result.outcome {
            Outcome::Done { .. } => html.element("td", "good", "done"),
            Outcome::Failed { .. } => html.element("td", "trouble", "failed"),
            Outcome::Skipped { .. } => html.element("td", "person", "not sent"),
        };
        html.element("td", "", result.done.join("; ")).markup("</tr>\n");
    }
    html.end_table().markup("</section>\n");
}

/// The AWS calls since the process started: per service, and the operations called most.
pub(super) fn calls(html: &mut Html, calls: &[CallCount], uptime: Duration) {
    begin(html, "calls", "AWS calls");
    if calls.is_empty() {
        html.element("p", "dim", "No calls yet.").markup("</section>\n");
        return;
    }
    let mut services: BTreeMap<&str, BTreeMap<&str, u64>> = BTreeMap::new();
    for call in calls {
        let sums = services.entry(&call.service).or_default();
        for (outcome, count) in &call.attempts {
            *sums.entry(outcome).or_default() += count;
        }
    }
    html.markup("<p class=\"dim\">Attempts since the process started, ")
        .text(age(uptime.as_secs_f64()))
        .markup(" ago.</p>\n");
    let columns = ["Service", "#total", "#per minute", "#ok", "#throttled", "#error", "#no answer"];
    html.table("Attempts by service and outcome", &columns);
    for (service, sums) in &services {
        html.markup("<tr><th scope=\"row\">").text(service).markup("</th>");
        let all: u64 = sums.values().sum();
        html.element("td", "number", all);
        // In the first minute a rate would be meaningless.
        let tenths = all.saturating_mul(600) / uptime.as_secs().max(60);
        html.element("td", "number", format_args!("{}.{}", tenths / 10, tenths % 10));
        outcomes(html, sums.iter().map(|(outcome, count)| (*outcome, *count)).collect());
        html.markup("</tr>\n");
    }
    html.end_table();
    operations(html, calls);
    html.markup("</section>\n");
}

fn operations(html: &mut Html, calls: &[CallCount]) {
    let mut busiest: Vec<_> = calls.iter().collect();
    busiest.sort_by_key(|call| std::cmp::Reverse(call.attempts.values().sum::<u64>()));
    html.markup("<details id=\"operations\"><summary>The operations called most</summary>\n");
    let columns = ["Operation", "#total", "#ok", "#throttled", "#error", "#no answer"];
    html.table("Attempts by operation and outcome", &columns);
    for call in busiest.into_iter().take(20) {
        html.markup("<tr><th scope=\"row\">").text(&call.service).markup(":").text(&call.operation);
        html.markup("</th>").element("td", "number", call.attempts.values().sum::<u64>());
        outcomes(html, call.attempts.iter().map(|(word, n)| (word.as_str(), *n)).collect());
        html.markup("</tr>\n");
    }
    html.end_table().markup("</details>\n");
}

fn outcomes(html: &mut Html, sums: BTreeMap<&str, u64>) {
    for (outcome, bad) in [
        ("ok", ""),
        ("throttled", "number person"),
        ("error", "number person"),
        ("no_answer", "number trouble"),
    ] {
        let count = sums.get(outcome).copied().unwrap_or_default();
        let class = match (count, bad) {
            (0, _) => "number zero",
            (_, "") => "number",
            (_, bad) => bad,
        };
        html.element("td", class, count);
    }
}
