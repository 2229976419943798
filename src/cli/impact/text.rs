//! The report for people, on a terminal and in a pull request.

use std::fmt::Write as _;

use crate::{
    cli::output::{ERROR, GOOD, HEADING, NOTE},
    impact::{Effect, Group, Impact, OfPolicy},
    model::policy_document::printable,
    plan::render::markdown::{cell, code},
};

/// The longest comment of a pull request (GitHub).
const MOST_CHARACTERS: usize = 65_536;

pub(super) fn text(impact: &Impact) -> String {
    let mut out = String::new();
    for policy in &impact.policies {
        let _ = writeln!(out, "{HEADING}{}{HEADING:#}", policy.address);
        for group in &policy.groups {
            out.push_str(&of_group(group));
        }
        if policy.not_listed > 0 {
            let _ = writeln!(out, "  {} more calls, in groups too many to list", policy.not_listed);
        }
        let _ = writeln!(out, "  {}\n", summary(impact, policy));
    }
    for (address, why) in &impact.untold {
        let _ =
            writeln!(out, "{HEADING}{address}{HEADING:#}\n  {NOTE}cannot be told{NOTE:#}: {why}\n");
    }
    out.push_str(&covered(impact));
    out
}

/// The word for an effect.
fn word(effect: Effect) -> &'static str {
    match effect {
        Effect::NewlyDenied => "newly denied",
        Effect::Undecided => "cannot be told",
        Effect::NewlyAllowed => "newly allowed",
    }
}

fn of_group(group: &Group) -> String {
    let style = match group.effect {
        Effect::NewlyDenied => ERROR,
        Effect::Undecided | Effect::NewlyAllowed => NOTE,
    };
    let effect = word(group.effect);
    let mut out = format!(
        "  {style}{effect}{style:#} {}x {} by {}\n",
        group.count,
        group.action,
        printable(&group.principal)
    );
    let _ = writeln!(out, "      {}", printable(&details(group).join("; ")));
    out
}

/// On what, why, when, and an example.
fn details(group: &Group) -> Vec<String> {
    let mut parts = vec![format!("on {}", resources(group))];
    if !group.statements.is_empty() {
        parts.push(format!("decided by {}", list(&group.statements)));
    }
    if !group.missing.is_empty() {
        parts.push(format!("not known: {}", list(&group.missing)));
    }
    parts.push(match (day(&group.first), day(&group.last)) {
        (first, last) if first == last => first.to_owned(),
        (first, last) => format!("{first} to {last}"),
    });
    if let Some(id) = group.events.first() {
        parts.push(format!("event {id}"));
    }
    parts
}

fn list<'a>(all: impl IntoIterator<Item = &'a String>) -> String {
    all.into_iter().cloned().collect::<Vec<_>>().join(", ")
}

fn day(time: &str) -> &str {
    time.get(..10).unwrap_or(time)
}

fn resources(group: &Group) -> String {
    match &group.resources[..] {
        [] => "*".to_owned(),
        [only] if group.other_resources == 0 => only.resource.clone(),
        [first, ..] if group.other_resources > 0 => {
            format!("more than {} resources, such as {}", group.resources.len(), first.resource)
        }
        [first, rest @ ..] => format!("{} resources, such as {}", rest.len() + 1, first.resource),
    }
}

/// The last line about a policy: it never says that nothing is denied where that is not known.
fn summary(impact: &Impact, policy: &OfPolicy) -> String {
    let OfPolicy { newly_denied, undecided, newly_allowed, denied_anyway, .. } = policy;
    if impact.covered.events == 0 {
        return format!("{NOTE}cannot be told{NOTE:#}: there are no calls to judge by");
    }
    if newly_denied + undecided + newly_allowed + denied_anyway == 0 {
        let events = impact.covered.events;
        return format!("{GOOD}no change{GOOD:#} for any of the {events} calls");
    }
    let mut out = format!(
        "{newly_denied} newly denied, {undecided} cannot be told, {newly_allowed} newly allowed"
    );
    if *denied_anyway > 0 {
        let _ = write!(out, ", {denied_anyway} denied that failed for lack of permission anyway");
    }
    out
}

fn covered(impact: &Impact) -> String {
    let covered = &impact.covered;
    let mut out = String::new();
    if impact.policies.is_empty() && impact.untold.is_empty() {
        out.push_str("no policy changes\n");
    }
    if covered.events > 0 {
        let _ = writeln!(
            out,
            "{} calls of {} account{} from {} to {}",
            covered.events,
            covered.accounts.len(),
            if covered.accounts.len() == 1 { "" } else { "s" },
            covered.first,
            covered.last,
        );
    }
    for note in &impact.notes {
        let _ = writeln!(out, "{NOTE}note{NOTE:#}: {note}");
    }
    out
}

/// A comment of a pull request.
pub(super) fn markdown(impact: &Impact) -> String {
    let mut out = "### What these policies would have done\n\n".to_owned();
    let mut rows = Vec::new();
    for policy in &impact.policies {
        let plain = anstream::adapter::strip_str(&summary(impact, policy)).to_string();
        let _ = writeln!(out, "* {}: {plain}", code(&policy.address.to_string()));
        rows.extend(policy.groups.iter().map(row));
    }
    for (address, why) in &impact.untold {
        let _ = writeln!(out, "* {}: cannot be told: {}", code(address), code(why));
    }
    let covered = anstream::adapter::strip_str(&covered(impact)).to_string();
    let lines = covered.lines().map(|line| format!("* {}\n", code(line)));
    let end = format!("\n{}", lines.collect::<String>());
    if rows.is_empty() {
        return out + &end;
    }
    out.push_str("\n| | calls | action | by | |\n|---|--:|---|---|---|\n");
    let room = MOST_CHARACTERS.saturating_sub(end.chars().count() + 200);
    let mut length = out.chars().count();
    let mut left = rows.len();
    for row in &rows {
        length += row.chars().count();
        if length > room {
            break;
        }
        out.push_str(row);
        left -= 1;
    }
    if left > 0 {
        let _ = writeln!(out, "\n{left} more rows do not fit; `palisade impact` shows them.");
    }
    out + &end
}

fn row(group: &Group) -> String {
    format!(
        "| {} | {} | {} | {} | {} |\n",
        word(group.effect),
        group.count,
        cell(&group.action),
        cell(&group.principal),
        cell(&details(group).join("; "))
    )
}
