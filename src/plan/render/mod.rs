//! A plan for people, as Terraform users know it: one marked line per resource, the fields under
//! it, the risk at the end of the line, what is held and why, and the counts at the end. Colors
//! never carry meaning on their own.

mod alike;
pub mod markdown;

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};

use self::alike::alike;
use super::{Action, Cause, Comparison, Counts, Orphan, Plan, Step, Unknown, Verdict};
use crate::kind::{Line, Sign, erased::Edit};

const GREEN: Style = AnsiColor::Green.on_default();
const YELLOW: Style = AnsiColor::Yellow.on_default();
const RED: Style = AnsiColor::Red.on_default();
const MAGENTA: Style = AnsiColor::Magenta.on_default();
const DIM: Style = Style::new().dimmed();
const BOLD: Style = Style::new().bold();

/// The whole plan, with ANSI colors (the stream that prints it removes them if they are
/// unsupported).
pub fn text(plan: &Plan) -> String {
    ended(body(plan, None), plan)
}

/// Adds the last line.
fn ended(mut out: String, plan: &Plan) -> String {
    if !out.is_empty() {
        out.push('\n');
    }
    let _ = writeln!(out, "{BOLD}{}{BOLD:#}", summary(&plan.counts()));
    out
}

fn body(plan: &Plan, compared: Option<&Comparison>) -> String {
    let mut out = String::new();
    if let Some(stop) = &plan.stopped {
        heading(&mut out, '!', RED, "nothing is written", &stop.to_string(), None);
    }
    for pause in &plan.pauses {
        heading(&mut out, '!', RED, &pause.extent.to_string(), &pause.to_string(), None);
    }
    for rollout in &plan.rollouts {
        let (mark, color) = if rollout.is_stopped() { ('!', RED) } else { ('?', YELLOW) };
        heading(&mut out, mark, color, &rollout.to_string(), "rollout", None);
    }
    for group in alike(&plan.steps, |step| step_body(step, compared)) {
        step_text(&mut out, &group, compared);
    }
    for conflict in &plan.conflicts {
        heading(
            &mut out,
            '!',
            MAGENTA,
            &conflict.address.to_string(),
            "conflict",
            conflict.origin.as_deref(),
        );
        detail(&mut out, MAGENTA, &conflict.why);
        detail(&mut out, DIM, &format!("help: {}", conflict.help));
    }
    for orphan in &plan.orphans {
        let address = orphan.address.to_string();
        heading(&mut out, '?', YELLOW, &address, "orphan", None);
        let (id, fate) = (&orphan.id, fates(plan, orphan));
        detail(&mut out, DIM, &format!("{id} is claimed, but no manifest declares it; {fate}"));
    }
    for (scope, why, kinds) in unknown_by_reason(&plan.unknown) {
        let what = format!("{scope}: {}", kinds.join(", "));
        heading(&mut out, '!', RED, &what, "could not be read; nothing of it is changed", None);
        detail(&mut out, RED, why);
    }
    for (address, times) in &plan.contested {
        heading(
            &mut out,
            '!',
            RED,
            &address.to_string(),
            "somebody keeps undoing its correction",
            None,
        );
        let what =
            format!("the same correction was undone {times} times; find out by whom in CloudTrail");
        detail(&mut out, RED, &what);
    }
    for (address, notes) in &plan.notes {
        heading(&mut out, '?', YELLOW, &address.to_string(), "needs attention in AWS", None);
        for note in notes {
            detail(&mut out, YELLOW, note);
        }
    }
    for (address, left_out) in &plan.left_out {
        heading(&mut out, '?', YELLOW, &address.to_string(), "is without a part of it", None);
        for what in left_out {
            detail(&mut out, YELLOW, &what.to_string());
        }
    }
    unread(&mut out, &plan.unknown);
    for unused in &plan.unused_approvals {
        let what = format!("approval of {}", unused.digest);
        heading(&mut out, '?', YELLOW, &what, "releases nothing", unused.origin.as_deref());
        detail(&mut out, DIM, &unused.why.to_string());
    }
    out
}

/// What happens to an orphan.
fn fates(plan: &Plan, orphan: &Orphan) -> &'static str {
    let pruned = plan.steps.iter().any(|step| {
        step.address == orphan.address
            && step.action.have().is_some_and(|have| have.id == orphan.id)
    });
    if pruned { "it is pruned, as the settings say" } else { "it is not changed" }
}

/// What a change of the directory does, with what is there anyway in a few lines.
pub fn comparison(compared: &Comparison) -> String {
    let mut out = body(&compared.change, Some(compared));
    if !compared.settled.is_empty() {
        title(&mut out, "Not needed any more with this change:");
        for settled in &compared.settled {
            let what = match &settled.edits[..] {
                [] => settled.verb.to_owned(),
                edits => edits.join(", "),
            };
            let _ = writeln!(out, "  {}: {what}", settled.address);
        }
    }
    let quiet: Vec<_> = compared.without_effect().collect();
    if !quiet.is_empty() {
        title(&mut out, "Manifests that change nothing in AWS:");
        for (address, what) in quiet {
            let _ = writeln!(out, "  {address} ({what})");
        }
    }
    let anyway = &compared.anyway;
    let steps = anyway.steps.iter().map(|step| {
        let all: Vec<&str> = step.action.edits().iter().map(|edit| edit.summary.as_str()).collect();
        let what = if all.is_empty() { step.action.verb().to_owned() } else { all.join(", ") };
        format!("{}: {what}", step.address)
    });
    let conflicts = anyway.conflicts.iter().map(|it| format!("{}: conflict", it.address));
    let orphans = anyway.orphans.iter().map(|it| format!("{}: orphan {}", it.address, it.id));
    let lines: Vec<String> = steps.chain(conflicts).chain(orphans).collect();
    if !lines.is_empty() {
        title(&mut out, "There anyway, without this change:");
        for line in lines {
            let _ = writeln!(out, "  {DIM}{line}{DIM:#}");
        }
    }
    ended(out, &compared.change)
}

/// A line above a group of lines, after an empty one.
fn title(out: &mut String, text: &str) {
    if !out.is_empty() {
        out.push('\n');
    }
    let _ = writeln!(out, "{BOLD}{text}{BOLD:#}");
}

/// A reason (no credentials) often holds for every kind of a scope; it is printed once.
fn unknown_by_reason(unknown: &[Unknown]) -> Vec<(&str, &str, Vec<&str>)> {
    let mut grouped: Vec<(&str, &str, Vec<&str>)> = Vec::new();
    for it in unknown.iter().filter(|it| it.id.is_none()) {
        match grouped.iter_mut().find(|(scope, why, _)| *scope == it.scope && *why == it.why) {
            Some((_, _, kinds)) => kinds.push(&it.kind),
            None => grouped.push((&it.scope, &it.why, vec![&it.kind])),
        }
    }
    grouped
}

/// Single resources that could not be read.
fn unread(out: &mut String, unknown: &[Unknown]) {
    for Unknown { scope, kind, id, why, concerns, .. } in unknown {
        let Some(id) = id else { continue };
        let fate = format!(
            "could not be read; it is not changed, and no {kind} there is created, adopted or \
             deleted"
        );
        heading(out, '!', RED, &format!("{scope}/{kind} {id}"), &fate, None);
        detail(out, RED, why);
        if !concerns.is_empty() {
            let names: Vec<_> = concerns.iter().map(ToString::to_string).collect();
            detail(out, DIM, &format!("not judged: {}", names.join(", ")));
        }
    }
}

/// The last line: counts, without zeros except for those that people look for.
pub fn summary(counts: &Counts) -> String {
    let mut parts = vec![
        format!("{} to create", counts.create),
        format!("{} to change", counts.edit),
        format!("{} to delete", counts.delete),
    ];
    for (count, word) in [
        (counts.held, "held"),
        (counts.waiting, "waiting"),
        (counts.reported, "only reported"),
        (counts.conflicts, if counts.conflicts == 1 { "conflict" } else { "conflicts" }),
        (counts.orphans, if counts.orphans == 1 { "orphan" } else { "orphans" }),
        (counts.unknown, "unreadable"),
    ] {
        if count > 0 {
            parts.push(format!("{count} {word}"));
        }
    }
    parts.push(format!("{} in sync", counts.in_sync));
    format!("Plan: {}.", parts.join(", "))
}

/// A step, and those that do the same in other scopes.
fn step_text(out: &mut String, group: &[&Step], compared: Option<&Comparison>) {
    let [step, others @ ..] = group else { return };
    let (mark, style) = match (&step.verdict, &step.action) {
        (Verdict::Held(_), _) => ('!', MAGENTA),
        (_, Action::Create { .. }) => ('+', GREEN),
        (_, Action::Edit { .. }) => ('~', YELLOW),
        (_, Action::Delete { .. }) => ('-', RED),
    };
    let id = step.action.have().filter(|_| others.is_empty());
    let id = id.map(|have| format!(" {}", have.id)).unwrap_or_default();
    let cause = match step.cause {
        Cause::Manifest => String::new(),
        cause => format!(" ({})", cause.as_str()),
    };
    let what = format!("{}{id}{cause}", step.action.verb());
    let what = match &step.action {
        Action::Create { risk, .. } => format!("{what}  {DIM}[{risk}]{DIM:#}"),
        Action::Edit { .. } | Action::Delete { .. } => what,
    };
    heading(out, mark, style, &alike::name(group), &what, step.origin.as_deref());
    if let Some(elsewhere) = alike::elsewhere(group) {
        detail(out, DIM, &elsewhere);
    }
    out.push_str(&step_body(step, compared));
    if let Some(how) = alike::approval(group) {
        detail(out, DIM, &format!("to approve: {how}"));
    }
}

/// What a step does, and why it is not carried out.
fn step_body(step: &Step, compared: Option<&Comparison>) -> String {
    let mut out = String::new();
    match &step.action {
        Action::Create { lines, .. } => {
            for line in lines {
                line_text(&mut out, "      ", line);
            }
        }
        Action::Edit { edits, .. } => {
            for edit in edits {
                let anyway = anyway(compared, step, edit);
                let _ =
                    writeln!(out, "      {}  {DIM}[{}]{anyway}{DIM:#}", edit.summary, edit.risk);
                for line in &edit.lines {
                    line_text(&mut out, "        ", line);
                }
            }
        }
        Action::Delete { .. } => {}
    }
    verdict_text(&mut out, step);
    out
}

/// A note at an edit that would be made without the change, too.
fn anyway(compared: Option<&Comparison>, step: &Step, edit: &Edit) -> &'static str {
    let is_anyway = compared.is_some_and(|it| it.is_anyway(step, edit));
    if is_anyway { " (there anyway)" } else { "" }
}

fn verdict_text(out: &mut String, step: &Step) {
    match &step.verdict {
        Verdict::Go if step.approved => detail(out, DIM, &format!("approved: {}", step.digest)),
        Verdict::Go => {}
        Verdict::Waiting(why) => {
            for why in why {
                detail(out, YELLOW, &format!("waiting: {why}"));
            }
        }
        Verdict::Held(why) => {
            for why in why {
                detail(out, MAGENTA, &format!("held: {why}"));
            }
        }
        Verdict::Reported(why) => detail(out, DIM, &format!("only reported: {why}")),
    }
}

fn heading(
    out: &mut String,
    mark: char,
    style: Style,
    name: &str,
    what: &str,
    origin: Option<&str>,
) {
    let origin = origin.map(|origin| format!("  {DIM}{origin}{DIM:#}")).unwrap_or_default();
    let _ = writeln!(out, "{style}{mark}{style:#} {BOLD}{name}{BOLD:#}  {what}{origin}");
}

fn detail(out: &mut String, style: Style, text: &str) {
    let _ = writeln!(out, "      {style}{text}{style:#}");
}

fn line_text(out: &mut String, indent: &str, line: &Line) {
    let style = match line.sign {
        Sign::Add => GREEN,
        Sign::Remove => RED,
        Sign::Change => YELLOW,
        Sign::Same => DIM,
    };
    let _ = writeln!(out, "{indent}{style}{} {}{style:#}", line.sign.as_char(), line.text);
}
