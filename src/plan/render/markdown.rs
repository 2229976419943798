//! A plan as a comment of a pull request: a summary, a table, and for every resource a part that
//! unfolds. It fits a comment whatever it holds, and nothing in it can leave its place: what comes
//! from manifests and from AWS stands in code spans, in fences that are longer than every row of
//! backticks in them, or in escaped `<code>`. In none of these do forges link, mention or obey
//! (GitHub and GitLab look for mentions and references outside of code only, and GitLab's quick
//! actions begin a line).

use std::fmt::Write as _;

use super::{
    alike::{self, alike},
    anyway, fates, step_body, summary, unknown_by_reason,
};
use crate::{
    kind::{Line, Sign},
    model::policy_document::printable,
    plan::{Action, Cause, Comparison, Plan, Step, Unknown, Verdict},
};

/// The most characters of a comment: GitHub refuses longer ones. Counted in bytes here, which are
/// never fewer.
pub const LIMIT: usize = 65_536;
/// The first line: by it a later run finds its own comment.
pub const MARKER: &str = "<!-- palisade-plan -->";

/// The share of the table.
const TABLE: usize = LIMIT / 4;
/// The most of one resource: one long policy leaves room for the others.
const PART: usize = LIMIT / 4;
/// What the lines about what was left out need at most.
const TAIL: usize = 1_500;
/// The share of each list.
const LIST: usize = LIMIT / 16;
/// The longest text in one line, in bytes.
const LINE: usize = 1_000;
/// The longest name in the table and above a part, in bytes.
const NAME: usize = 160;

/// What a page shows.
#[derive(Debug, Clone, Copy)]
pub struct Page<'a> {
    /// The plan; with a comparison, what the change does.
    pub plan: &'a Plan,
    /// What is there without the change.
    pub comparison: Option<&'a Comparison>,
    /// The Git revision that the plan was made for.
    pub revision: Option<&'a str>,
}

/// One resource.
struct Entry {
    /// What needs people most comes first.
    rank: u8,
    mark: char,
    name: String,
    what: String,
    risk: String,
    state: &'static str,
    details: Vec<Detail>,
}

enum Detail {
    /// A label, and a text from elsewhere.
    Said(&'static str, String),
    /// Lines of a diff.
    Diff(Vec<String>),
}

/// The page.
pub fn markdown(page: Page<'_>) -> String {
    let Page { plan, comparison, revision } = page;
    let mut entries = entries(plan, comparison);
    entries.sort_by(|a, b| (a.rank, &a.name).cmp(&(b.rank, &b.name)));
    let mut out = format!("{MARKER}\n### palisade plan\n\n**{}**\n", summary(&plan.counts()));
    if let Some(revision) = revision {
        let _ = write!(out, "\nGit revision {}", code(revision));
        if let Some(base) = comparison.and_then(|it| it.revision.as_deref()) {
            let _ = write!(out, ", compared with {}", code(base));
        }
        out.push('\n');
    }
    notices(&mut out, plan);
    let listed = table(&mut out, &entries);
    if let Some(comparison) = comparison {
        apart(&mut out, comparison);
    }
    let mut left_out = 0;
    for entry in &entries {
        let part = part(entry);
        // Nothing that is shown depends on how long what comes after it is.
        if left_out > 0 || out.len() + part.len() + TAIL > LIMIT {
            left_out += 1;
        } else {
            out.push_str(&part);
        }
    }
    let unlisted = entries.len() - listed;
    if left_out > 0 || unlisted > 0 {
        let _ = write!(out, "\n**Left out, because a comment has at most {LIMIT} characters:** ");
        let mut parts = Vec::new();
        if unlisted > 0 {
            parts.push(format!("{unlisted} of {} rows of the table", entries.len()));
        }
        if left_out > 0 {
            parts.push(format!("the differences of {left_out} of {} resources", entries.len()));
        }
        let _ = writeln!(out, "{}. `palisade plan` shows everything.", parts.join(", and "));
    }
    out
}

/// What holds for the whole plan.
fn notices(out: &mut String, plan: &Plan) {
    let stopped = plan.stopped.iter().map(|stop| ("Nothing is written", stop.to_string()));
    let paused = plan.pauses.iter().map(|pause| ("Paused", format!("{}: {pause}", pause.extent)));
    let unused = plan.unused_approvals.iter().map(|unused| {
        ("An approval releases nothing", format!("{}: {}", unused.digest, unused.why))
    });
    let rollouts = plan.rollouts.iter().map(|rollout| ("Rollout", rollout.to_string()));
    let all = stopped.chain(paused).chain(rollouts).chain(unused);
    let all = all.map(|(label, text)| format!("**{label}:** {}", code(&text)));
    list(out, "", all.collect());
}

/// A list with a title, as far as there is room for it.
fn list(out: &mut String, title: &str, items: Vec<String>) {
    if items.is_empty() {
        return;
    }
    let _ = writeln!(out, "{title}");
    let (begin, count) = (out.len(), items.len());
    for (index, item) in items.into_iter().enumerate() {
        if out.len() + item.len() - begin > LIST {
            let _ = writeln!(out, "- … and {} more", count - index);
            return;
        }
        let _ = writeln!(out, "- {item}");
    }
}

/// A line a resource; returns how many there was room for.
fn table(out: &mut String, entries: &[Entry]) -> usize {
    if entries.is_empty() {
        return 0;
    }
    out.push_str("\n| | resource | what | risk | |\n|---|---|---|---|---|\n");
    let begin = out.len();
    for (index, entry) in entries.iter().enumerate() {
        let Entry { mark, name, what, risk, state, .. } = entry;
        let state = if entry.rank == 0 { format!("**{state}**") } else { (*state).to_owned() };
        let row = format!("| `{mark}` | {} | {} | {risk} | {state} |\n", cell(name), cell(what));
        if out.len() + row.len() - begin > TABLE {
            return index;
        }
        out.push_str(&row);
    }
    entries.len()
}

/// What the change does not do.
fn apart(out: &mut String, comparison: &Comparison) {
    let Comparison { anyway: there, settled, .. } = comparison;
    let all = settled.iter().map(|settled| {
        let what = match &settled.edits[..] {
            [] => settled.verb.to_owned(),
            edits => edits.join(", "),
        };
        format!("{}: {}", code(&settled.address.to_string()), code(&what))
    });
    list(out, "\nNot needed any more with this change:\n", all.collect());
    let quiet = comparison.without_effect();
    let quiet = quiet.map(|(address, what)| format!("{} ({what})", code(&address.to_string())));
    list(out, "\nManifests of this change that change nothing in AWS:\n", quiet.collect());
    let there = entries(there, None);
    if there.is_empty() {
        return;
    }
    let plural = if there.len() == 1 { "difference is" } else { "differences are" };
    let title = format!(
        "\n<details><summary>{} {plural} there anyway, without this change</summary>\n",
        there.len()
    );
    let line = |Entry { mark, name, what, state, .. }: &Entry| {
        let state = if state.is_empty() { String::new() } else { format!(" ({state})") };
        format!("`{mark}` {}: {}{state}", code(name), code(what))
    };
    list(out, &title, there.iter().map(line).collect());
    out.push_str("\n</details>\n");
}

fn entries(plan: &Plan, compared: Option<&Comparison>) -> Vec<Entry> {
    let same = |step: &Step| step_body(step, compared);
    let steps = alike(&plan.steps, same).into_iter().map(|group| of_steps(&group, compared));
    let conflicts = plan.conflicts.iter().map(|it| Entry {
        rank: 0,
        mark: '!',
        name: it.address.to_string(),
        what: "conflict".to_owned(),
        risk: String::new(),
        state: "conflict",
        details: [Detail::Said("why", it.why.clone()), Detail::Said("way out", it.help.clone())]
            .into_iter()
            .chain(it.origin.iter().map(|origin| Detail::Said("manifest", origin.clone())))
            .collect(),
    });
    let orphans = plan.orphans.iter().map(|it| Entry {
        rank: 4,
        mark: '?',
        name: it.address.to_string(),
        what: format!("orphan {}", it.id),
        risk: String::new(),
        state: "orphan",
        details: vec![Detail::Said(
            "why",
            format!("{} is claimed, but no manifest declares it; {}", it.id, fates(plan, it)),
        )],
    });
    let notes = plan.notes.iter().map(|(address, notes)| Entry {
        rank: 3,
        mark: '?',
        name: address.to_string(),
        what: "needs attention in AWS".to_owned(),
        risk: String::new(),
        state: "note",
        details: notes.iter().map(|note| Detail::Said("note", note.clone())).collect(),
    });
    let contested = plan.contested.iter().map(|(address, times)| Entry {
        rank: 1,
        mark: '!',
        name: address.to_string(),
        what: "somebody keeps undoing its correction".to_owned(),
        risk: String::new(),
        state: "contested",
        details: vec![Detail::Said(
            "why",
            format!("the same correction was undone {times} times; CloudTrail knows by whom"),
        )],
    });
    let all = steps.chain(conflicts).chain(unknown(&plan.unknown));
    all.chain(contested).chain(notes).chain(orphans).collect()
}

fn unknown(all: &[Unknown]) -> Vec<Entry> {
    let entry = |name: String, why: &str, what: &str| Entry {
        rank: 0,
        mark: '!',
        name,
        what: what.to_owned(),
        risk: String::new(),
        state: "unreadable",
        details: vec![Detail::Said("why", why.to_owned())],
    };
    let kinds = unknown_by_reason(all).into_iter().map(|(scope, why, kinds)| {
        let name = format!("{scope}: {}", kinds.join(", "));
        entry(name, why, "could not be read; nothing of it is changed")
    });
    let single = all.iter().filter_map(|it| Some((it, it.id.as_ref()?))).map(|(it, id)| {
        let name = format!("{}/{} {id}", it.scope, it.kind);
        entry(name, &it.why, "could not be read; it is not changed")
    });
    kinds.chain(single).collect()
}

/// A step, and those that do the same in other scopes.
fn of_steps(group: &[&Step], compared: Option<&Comparison>) -> Entry {
    let step = group[0];
    let risk = step.risk();
    let (state, rank) = match &step.verdict {
        Verdict::Held(_) => ("held", 0),
        Verdict::Waiting(_) => ("waits", 2),
        Verdict::Reported(_) => ("only reported", 4),
        Verdict::Go if step.approved => ("approved", 1),
        Verdict::Go if matches!(step.action, Action::Delete { .. }) || risk.opens => ("", 1),
        Verdict::Go => ("", 3),
    };
    let mark = match step.action {
        Action::Create { .. } => '+',
        Action::Edit { .. } => '~',
        Action::Delete { .. } => '-',
    };
    let id = step.action.have().filter(|_| group.len() == 1);
    let id = id.map(|have| format!(" {}", have.id)).unwrap_or_default();
    let cause = match step.cause {
        Cause::Manifest => String::new(),
        cause => format!(" ({})", cause.as_str()),
    };
    let mut details: Vec<Detail> =
        alike::elsewhere(group).map(|scopes| Detail::Said("shown", scopes)).into_iter().collect();
    details.push(Detail::Diff(diff(step, compared)));
    details.extend(fate(group));
    details.extend(step.origin.iter().map(|origin| Detail::Said("manifest", origin.clone())));
    Entry {
        rank,
        mark,
        name: alike::name(group),
        what: format!("{}{id}{cause}", step.action.verb()),
        risk: risk.to_string(),
        state,
        details,
    }
}

/// The lines of a step. Forges color `+`, `-`, `!` and `@@` in a diff.
fn diff(step: &Step, compared: Option<&Comparison>) -> Vec<String> {
    let line = |line: &Line| {
        let sign = match line.sign {
            Sign::Change => '!',
            other => other.as_char(),
        };
        format!("{sign} {}", line.text)
    };
    match &step.action {
        Action::Create { lines, .. } => lines.iter().map(line).collect(),
        Action::Edit { edits, .. } => edits
            .iter()
            .flat_map(|edit| {
                let anyway = anyway(compared, step, edit);
                let head = format!("@@ {} [{}]{anyway} @@", edit.summary, edit.risk);
                std::iter::once(head).chain(edit.lines.iter().map(line))
            })
            .collect(),
        Action::Delete { have, .. } => vec![format!("- {}", have.id)],
    }
}

/// Why steps are not carried out, and the way out.
fn fate(group: &[&Step]) -> Vec<Detail> {
    let step = group[0];
    let mut all: Vec<Detail> = match &step.verdict {
        Verdict::Go => Vec::new(),
        Verdict::Waiting(why) => {
            why.iter().map(|why| Detail::Said("waits", why.to_string())).collect()
        }
        Verdict::Held(why) => why.iter().map(|why| Detail::Said("held", why.to_string())).collect(),
        Verdict::Reported(why) => vec![Detail::Said("only reported", why.to_string())],
    };
    if matches!(step.verdict, Verdict::Held(_)) && !step.risk().impossible {
        let how = alike::approval(group);
        all.extend(how.map(|how| Detail::Said("to approve exactly this now", how)));
        if let [step] = group {
            let write = format!("palisade approve {}", step.digest);
            all.push(Detail::Said("or with Git, committing what this writes", write));
        }
    }
    all
}

fn part(entry: &Entry) -> String {
    let Entry { mark, name, what, risk, state, details, .. } = entry;
    let mut out = format!(
        "\n<details><summary><code>{mark} {}</code> <code>{}</code>",
        html(name),
        html(what)
    );
    for word in [risk.as_str(), state].into_iter().filter(|word| !word.is_empty()) {
        let _ = write!(out, " · {}", html(word));
    }
    out.push_str("</summary>\n\n");
    for detail in details {
        match detail {
            Detail::Diff(lines) => fence(&mut out, lines),
            Detail::Said(label, text) => {
                let _ = writeln!(out, "- {label}: {}", code(text));
            }
        }
    }
    out.push_str("\n</details>\n");
    out
}

/// A fence that nothing in it closes.
fn fence(out: &mut String, lines: &[String]) {
    let lines: Vec<String> = lines.iter().map(|line| clip(&printable(line), LINE)).collect();
    let longest = lines.iter().map(|line| longest_run(line)).max().unwrap_or(0);
    let marks = "`".repeat(longest.max(2) + 1);
    let _ = writeln!(out, "{marks}diff");
    let begin = out.len();
    for (index, line) in lines.iter().enumerate() {
        if out.len() + line.len() - begin > PART {
            let _ = writeln!(out, "  … and {} more lines", lines.len() - index);
            break;
        }
        let _ = writeln!(out, "{line}");
    }
    let _ = writeln!(out, "{marks}\n");
}

fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

/// A code span: its content is literal.
pub(crate) fn code(text: &str) -> String {
    let text = clip(&printable(text), LINE);
    if text.trim().is_empty() {
        return String::new();
    }
    let marks = "`".repeat(longest_run(&text) + 1);
    let room = if text.starts_with(['`', ' ']) || text.ends_with(['`', ' ']) { " " } else { "" };
    format!("{marks}{room}{text}{room}{marks}")
}

/// A code span in a table. A backslash before it would make a bar end the cell again.
pub(crate) fn cell(text: &str) -> String {
    code(&clip(text, NAME).replace('|', "¦"))
}

fn html(text: &str) -> String {
    let text = clip(&printable(text), NAME);
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    text.replace('"', "&quot;").replace('\'', "&#39;")
}

/// The beginning of a text that is too long.
fn clip(text: &str, most: usize) -> String {
    if text.len() <= most {
        return text.to_owned();
    }
    let end = (0..=most).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
    format!("{}…", &text[..end])
}
