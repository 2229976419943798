//! The plan as a comment of a pull request.

use super::*;
use crate::kind::{Line, Sign};
use crate::plan::render::markdown::{LIMIT, MARKER, Page, markdown};

fn page(plan: &Plan) -> String {
    markdown(Page { plan, comparison: None, revision: None })
}

/// Without the places of manifests, whose folder is another one each time.
fn shown(plan: &Plan) -> String {
    let page = page(plan);
    let lines: Vec<&str> = page.lines().filter(|line| !line.starts_with("- manifest: ")).collect();
    lines.join("\n")
}

/// What a forge would take for text: everything outside of fences, code spans and `<code>`.
fn bare(page: &str) -> String {
    let mut bare = String::new();
    let mut fence: Option<String> = None;
    for line in page.lines() {
        let marks: String = line.chars().take_while(|c| *c == '`').collect();
        match &fence {
            Some(open) if marks.len() >= open.len() && line.trim_end() == marks => fence = None,
            Some(_) => {}
            None if marks.len() >= 3 => fence = Some(marks),
            None => {
                bare.push_str(&without_code(line));
                bare.push('\n');
            }
        }
    }
    assert_eq!(fence, None, "a fence is open");
    bare
}

fn without_code(line: &str) -> String {
    let mut out = String::new();
    let mut rest = line;
    loop {
        let code = rest.find("<code>");
        let tick = rest.find('`');
        match (code, tick) {
            (Some(code), tick) if tick.is_none_or(|tick| code < tick) => {
                out.push_str(&rest[..code]);
                let (inside, after) = rest[code + 6..].split_once("</code>").unwrap();
                assert!(!inside.contains(['<', '>']), "{inside}");
                rest = after;
            }
            (_, Some(tick)) => {
                out.push_str(&rest[..tick]);
                let marks = rest[tick..].chars().take_while(|c| *c == '`').count();
                let after = &rest[tick + marks..];
                let mut runs = after.match_indices('`').map(|(at, _)| at).peekable();
                let mut end = None;
                while let Some(begin) = runs.next() {
                    let mut length = 1;
                    while runs.next_if(|at| *at == begin + length).is_some() {
                        length += 1;
                    }
                    if length == marks {
                        end = Some(begin);
                        break;
                    }
                }
                let end = end.unwrap_or_else(|| panic!("a code span is open: {line}"));
                rest = &after[end + marks..];
            }
            _ => {
                out.push_str(rest);
                return out;
            }
        }
    }
}

#[test]
fn a_page_has_a_summary_a_table_and_a_part_for_every_resource() {
    let mut world = World::of([
        widget("a", "parts: {label: new, gate: open}"),
        widget("b", "parts: {engine: off}"),
        widget("c", "").lifecycle("state: absent"),
        widget("d", "title: t"),
        widget("e", "title: taken"),
        widget("f", "behind: [{ref: d}]"),
    ])
    .with(ours("w-1", "a", &[("label", "old")]))
    .with(ours("w-2", "b", &[]))
    .with(ours("w-3", "c", &[]))
    .with(titled("taken", stray("w-9", &[])))
    .with(ours("w-5", "gone", &[]));
    world.live.seen.insert(ScopedKind::new("test", "Widget"), Seen::Unknown("denied".to_owned()));
    let plan = world.plan();
    insta::assert_snapshot!(shown(&plan));
    assert!(page(&plan).starts_with(MARKER));
    bare(&page(&plan));
}

#[test]
fn nothing_is_one_line() {
    insta::assert_snapshot!(page(&Plan::default()), @r"
    <!-- palisade-plan -->
    ### palisade plan

    **Plan: 0 to create, 0 to change, 0 to delete, 0 in sync.**
    ");
}

/// Texts that would leave their place, mention people, close issues, or run GitLab's commands.
const NASTY: [&str; 8] = [
    "```\n</details>\n@everyone fixes #1\n/close",
    "`` ` ``` ````` `",
    "</code></summary></details><script>alert(1)</script><img src=x onerror=y>",
    "a | b \\| c || @team/x | \\",
    "[x](https://evil.example) ![y](https://evil.example/z.png) <!-- ",
    "\r\n\u{2028}\n~~~\n# title\n- [ ] task\n/approve",
    "\u{202e}gnp.exe \u{1b}[31m",
    "    ",
];

fn nasty_plan(count: usize, long: usize) -> Plan {
    let mut plan = World::of([widget("a", "parts: {label: new}")])
        .with(ours("w-1", "a", &[("label", "old")]))
        .plan();
    let whole = plan.steps.remove(0);
    for n in 0..count {
        let text = format!("{}{}", NASTY[n % NASTY.len()], "x`".repeat(long));
        let mut step = whole.clone();
        step.address = Address::new(&text, "Widget", format!("{n:05}"));
        step.origin = Some(text.clone());
        if let Action::Edit { have, edits } = &mut step.action {
            have.id = PhysicalId(text.clone());
            for edit in edits {
                edit.summary.clone_from(&text);
                edit.lines = vec![Line::add(&text), Line::new(Sign::Same, &text)];
            }
        }
        step.verdict = Verdict::Held(vec![HoldReason::Failed { why: text.clone() }]);
        plan.steps.push(step);
        plan.conflicts.push(Conflict {
            address: at(&text),
            origin: Some(text.clone()),
            ids: BTreeSet::new(),
            why: text.clone(),
            help: text.clone(),
        });
        plan.orphans.push(Orphan {
            address: at(&text),
            scope: text.clone(),
            id: PhysicalId(text.clone()),
        });
        plan.unknown.push(Unknown::kind(&text, &text, &text));
        plan.notes.insert(at(&text), vec![text.clone()]);
        plan.contested.insert(at(&text), 3);
    }
    plan
}

#[test]
fn nothing_of_a_manifest_or_of_aws_leaves_its_place() {
    let page = page(&nasty_plan(NASTY.len(), 0));
    let bare = bare(&page);
    for word in ["everyone", "evil", "script", "team", "onerror", "#1", "/close", "/approve"] {
        assert!(!bare.contains(word), "{word}: {bare}");
    }
    assert!(page.chars().all(|c| c == '\n' || !c.is_control()), "{page:?}");
    assert!(!page.contains(['\u{202e}', '\u{2028}']));
    // Each row has the cells of the head.
    let rows: Vec<&str> = bare.lines().filter(|line| line.starts_with('|')).collect();
    assert!(rows.len() > NASTY.len());
    for row in rows {
        assert_eq!(row.matches('|').count(), 6, "{row}");
    }
}

#[test]
fn a_page_fits_a_comment_whatever_it_holds_and_says_what_was_left_out() {
    for (count, long) in [(1, 200_000), (40, 3_000), (2_000, 0), (300, 90)] {
        let plan = nasty_plan(count, long);
        let text = page(&plan);
        assert!(text.len() <= LIMIT, "{count} {long}: {}", text.len());
        assert_eq!(text, page(&plan), "the same plan gives the same page");
        bare(&text);
        assert_eq!(text.matches("<details>").count(), text.matches("\n</details>\n").count());
        assert_eq!(text.contains("**Left out"), count > 1, "{count} {long}");
        let first = text.lines().nth(3).unwrap();
        assert!(first.starts_with("**Plan: "), "{first}");
    }
}
