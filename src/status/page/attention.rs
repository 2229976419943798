//! Differences and problems, worst first.

use std::collections::BTreeMap;

use super::{html::Html, leases, resources};
use crate::{
    engine::Outcome,
    kind::{Line, Sign},
    plan::{Unknown, Verdict},
    status::{StepView, View},
};

/// Problems, refused scopes, unreadable kinds, failed steps, unwanted deletions.
pub(super) fn troubles(html: &mut Html, view: &View) {
    // One cause can fail many steps.
    let mut failed: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for result in &view.results {
        if let Outcome::Failed { message, .. } = &result.outcome {
            let what = format!("{} of {}", result.verb, result.address);
            failed.entry(message).or_default().push(what);
        }
    }
    let refused: Vec<_> = view.scopes.iter().filter(|scope| scope.trouble.is_some()).collect();
    let unasked: Vec<_> =
        view.pending_deletions.iter().filter(|pending| !pending.tombstone).collect();
    let halted = view.pauses.len() + usize::from(view.stopped.is_some());
    let live = view.notes.len() + view.left_out.len();
    let read = view.problems.len() + refused.len() + view.unknown.len() + live;
    let forgotten = view.memory.iter().map(|memory| memory.troubles.len()).sum::<usize>();
    let known = view.rollouts.len() + view.contests.len();
    let shared = leases::troubles(view);
    let count = halted + known + read + failed.len() + unasked.len() + forgotten + shared;
    if count == 0 {
        return;
    }
    begin(html, "attention", "What is wrong", count);
    halts(html, view);
    for (part, why) in view.memory.iter().flat_map(|memory| &memory.troubles) {
        item(html, "trouble", format_args!("Memory, {part}: less is known than before"));
        html.element("p", "", why).markup("</li>\n");
    }
    leases::items(html, view);
    for rollout in &view.rollouts {
        let class = if rollout.is_stopped() { "trouble" } else { "person" };
        item(html, class, format_args!("Set {} is being rolled out", rollout.set));
        html.element("p", "", rollout).markup("</li>\n");
    }
    for contest in &view.contests {
        let what = format!("Somebody keeps undoing the correction of {}", contest.address);
        item(html, "trouble", what);
        for line in contest.lines() {
            html.element("p", "", line);
        }
        html.markup("</li>\n");
    }
    for problem in &view.problems {
        item(html, "trouble", "Problem in the directory: what was last good there stays in force");
        html.element("pre", "", problem).markup("</li>\n");
    }
    for scope in refused {
        item(html, "trouble", format_args!("Scope {} cannot be used", scope.name));
        html.element("p", "", scope.trouble.as_deref().unwrap_or_default()).markup("</li>\n");
    }
    for unknown in &view.unknown {
        unreadable(html, unknown);
    }
    for (address, notes) in &view.notes {
        item(html, "trouble", format_args!("{address} needs attention in AWS"));
        for note in notes {
            html.element("p", "", note);
        }
        html.markup("</li>\n");
    }
    for (address, left_out) in &view.left_out {
        item(html, "trouble", format_args!("{address} is without a part of it"));
        for what in left_out {
            html.element("p", "", what);
        }
        html.markup("</li>\n");
    }
    for (message, steps) in failed {
        match steps.as_slice() {
            [step] => item(html, "trouble", format_args!("{step} failed")),
            steps => item(html, "trouble", format_args!("{} steps failed", steps.len())),
        }
        html.element("p", "", message);
        if steps.len() > 1 {
            html.element("p", "dim", steps.join(", "));
        }
        html.markup("</li>\n");
    }
    for pending in unasked {
        item(
            html,
            "trouble",
            format_args!(
                "{} will be deleted by AWS {}, and no tombstone asks for that",
                pending.address,
                pending.moment()
            ),
        );
        html.markup("<p><code>").text(&pending.id).markup("</code> in scope ").text(&pending.scope);
        html.markup("</p></li>\n");
    }
    end(html);
}

/// A kind, or one resource, that could not be read.
fn unreadable(html: &mut Html, unknown: &Unknown) {
    let (scope, kind) = (&unknown.scope, &unknown.kind);
    let what = match &unknown.id {
        None => format!("{scope}/{kind} could not be read; nothing of it is changed"),
        Some(id) => format!(
            "{scope}/{kind} {id} could not be read; it is not changed, and no {kind} there is \
             created, adopted or deleted"
        ),
    };
    item(html, "trouble", what);
    html.element("p", "", &unknown.why);
    if !unknown.concerns.is_empty() {
        let names: Vec<_> = unknown.concerns.iter().map(ToString::to_string).collect();
        html.element("p", "", format_args!("Not judged: {}", names.join(", ")));
    }
    html.markup("</li>\n");
}

/// The pauses in force.
fn halts(html: &mut Html, view: &View) {
    if let Some(stop) = &view.stopped {
        item(html, "trouble", "Nothing is written");
        html.element("p", "", stop).markup("</li>\n");
    }
    for pause in &view.pauses {
        item(html, "trouble", format_args!("Not written for a while: {}", pause.extent));
        html.element("p", "", pause).markup("</li>\n");
    }
}

/// Steps that need approval, with the command that gives it.
pub(super) fn held(html: &mut Html, view: &View) {
    held_steps(html, view, &view.steps.iter().collect::<Vec<_>>());
}

/// The held ones of these steps.
pub(super) fn held_steps(html: &mut Html, view: &View, steps: &[&StepView]) {
    let held = |step: &&&StepView| matches!(step.verdict, Verdict::Held(_));
    let steps: Vec<_> = steps.iter().filter(held).collect();
    if steps.is_empty() {
        return;
    }
    begin(html, "held", "Held steps", steps.len());
    for step in steps {
        self::step(html, "person", step);
        if step.can_be_approved {
            html.markup(
                "<p class=\"approve\">To approve exactly this: <code>palisade apply --approve ",
            )
            .text(&step.digest)
            .markup(" ")
            .text(quoted(&view.setup.directory))
            .markup("</code></p>");
        } else {
            html.markup("<p class=\"dim\">Digest <code>").text(&step.digest).markup(
                "</code>. Approval cannot release it: AWS has no call for this change.</p>",
            );
        }
        html.markup("</li>\n");
    }
    end(html);
}

/// Resources that belong to somebody else.
pub(super) fn conflicts(html: &mut Html, view: &View) {
    if view.conflicts.is_empty() {
        return;
    }
    begin(html, "conflicts", "Conflicts", view.conflicts.len());
    for conflict in &view.conflicts {
        item(html, "person", &conflict.address);
        if let Some(origin) = &conflict.origin {
            html.markup("<p class=\"origin\"><code>").text(origin).markup("</code></p>");
        }
        html.element("p", "", &conflict.why);
        for id in &conflict.ids {
            html.markup("<code>").text(id).markup("</code> ");
        }
        html.markup("<p class=\"help\">Help: ").text(&conflict.help).markup("</p></li>\n");
    }
    end(html);
}

/// The other steps: carried out in this pass, waiting, or only reported.
pub(super) fn others(html: &mut Html, view: &View) {
    other_steps(html, &view.steps.iter().collect::<Vec<_>>());
}

/// Those of these steps that are not held.
pub(super) fn other_steps(html: &mut Html, steps: &[&StepView]) {
    let other = |step: &&&StepView| !matches!(step.verdict, Verdict::Held(_));
    let steps: Vec<_> = steps.iter().filter(other).collect();
    if steps.is_empty() {
        return;
    }
    begin(html, "differences", "Differences found", steps.len());
    for step in steps {
        let class = match (&step.verdict, &step.outcome) {
            (_, Some(Outcome::Done { .. })) => "good",
            (_, Some(Outcome::Failed { .. })) => "trouble",
            (Verdict::Reported(_), _) => "person",
            _ => "moving",
        };
        self::step(html, class, step);
        html.markup("</li>\n");
    }
    end(html);
}

fn step(html: &mut Html, class: &'static str, step: &StepView) {
    html.markup("<li class=\"").markup(class).markup("\"><h3>");
    resources::link(html, &step.address);
    html.markup("</h3>");
    html.markup("<p class=\"tags\">")
        .element("span", "tag", step.verb)
        .markup(" ")
        .element("span", "tag", step.cause)
        .markup(" ")
        .element("span", "tag", &step.risk);
    if let Some(id) = &step.id {
        html.markup(" <code>").text(id).markup("</code>");
    }
    if let Some(origin) = &step.origin {
        html.markup(" <span class=\"origin\"><code>").text(origin).markup("</code></span>");
    }
    html.markup("</p>");
    diff(html, &step.lines);
    for edit in &step.edits {
        html.markup("<p class=\"edit\">")
            .text(&edit.summary)
            .markup(" ")
            .element("span", "tag", &edit.risk)
            .markup("</p>");
        diff(html, &edit.lines);
    }
    for line in fate(step) {
        html.element("p", "fate", line);
    }
}

/// What happens to the step, one line each.
fn fate(step: &StepView) -> Vec<String> {
    match (&step.verdict, &step.outcome) {
        (Verdict::Waiting(waits), _) => {
            waits.iter().map(|wait| format!("Waiting: {wait}")).collect()
        }
        (Verdict::Held(why), _) => why.iter().map(|why| format!("Held: {why}")).collect(),
        (Verdict::Reported(why), _) => vec![format!("Only reported: {why}")],
        (Verdict::Go, Some(Outcome::Done { .. })) => vec!["Done in this pass".to_owned()],
        (Verdict::Go, Some(Outcome::Failed { message, .. })) => vec![format!("Failed: {message}")],
        (Verdict::Go, Some(Outcome::Skipped { reason })) => vec![format!("Not sent: {reason}")],
        (Verdict::Go, None) => vec!["Not sent in this pass".to_owned()],
    }
}

fn diff(html: &mut Html, lines: &[Line]) {
    if lines.is_empty() {
        return;
    }
    html.markup("<pre class=\"diff\">");
    for line in lines {
        let class = match line.sign {
            Sign::Add => "add",
            Sign::Remove => "remove",
            Sign::Change => "change",
            Sign::Same => "same",
        };
        html.element("span", class, format_args!("{} {}", line.sign.as_char(), line.text));
        html.markup("\n");
    }
    html.markup("</pre>");
}

fn begin(html: &mut Html, id: &'static str, title: &'static str, count: usize) {
    html.markup("<section aria-labelledby=\"").markup(id).markup("\">\n<h2 id=\"").markup(id);
    html.markup("\">")
        .text(title)
        .markup(" ")
        .element("span", "count", count)
        .markup("</h2>\n<ul class=\"items\">\n");
}

fn end(html: &mut Html) {
    html.markup("</ul>\n</section>\n");
}

pub(super) fn item(html: &mut Html, class: &'static str, title: impl std::fmt::Display) {
    html.markup("<li class=\"").markup(class).markup("\"><h3>").text(title).markup("</h3>");
}

/// A word on a shell command line.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./+=:@%".contains(c);
    if !word.is_empty() && !word.starts_with('-') && word.chars().all(plain) {
        word.to_owned()
    } else {
        let word = if word.starts_with('-') { format!("./{word}") } else { word.to_owned() };
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn the_command_to_approve_can_be_pasted_whatever_the_directory_is_called() {
        assert_eq!(quoted("desired-state"), "desired-state");
        assert_eq!(quoted("my state; rm"), "'my state; rm'");
        assert_eq!(quoted("it's"), r"'it'\''s'");
        assert_eq!(quoted("--yes"), "'./--yes'");
    }
}
