//! The page at `/`: the result of the latest pass, rendered on the server, read-only. Works without
//! scripts; the only script fetches the page again.

mod attention;
mod html;
mod leases;
pub(super) mod resources;
mod tables;
#[cfg(test)]
mod tests;

use std::time::Duration;

use html::{Html, age};

use super::{Check, View, metrics::CallCount};
use crate::{engine::Outcome, plan::Verdict, settings::Mode};

/// The style sheet, served at `/page.css`.
pub const CSS: &str = include_str!("page.css");
/// The script, served at `/page.js`.
pub const SCRIPT: &str = include_str!("page.js");
/// The icon, served at `/icon.svg`.
pub const ICON: &str = include_str!("icon.svg");
/// No other origins, nothing inline, no frames; a form only asks this server.
pub const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'self'; script-src \
    'self'; \
     connect-src 'self'; img-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors \
     'none'";

/// Everything that the page shows.
#[derive(Debug)]
pub struct Page<'a> {
    /// The latest pass; `None` before the first one is finished.
    pub view: Option<&'a View>,
    /// The AWS calls since the process started.
    pub calls: &'a [CallCount],
    /// Whether the loop is running.
    pub alive: &'a [Check],
    /// How long the process has been running.
    pub uptime: Duration,
    /// Seconds since the epoch.
    pub now: f64,
}

/// The overall health, worst last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Health {
    Good,
    Moving,
    Person,
    Trouble,
}

impl Page<'_> {
    /// The whole document.
    pub fn render(&self) -> String {
        document(self.view, "", |html| {
            match self.view {
                None => {
                    html.markup("<section class=\"banner moving\"><h2>Starting</h2>")
                        .element("p", "", "No pass is finished yet.")
                        .markup("</section>\n");
                }
                Some(view) => self.content(html, view),
            }
            tables::calls(html, self.calls, self.uptime);
        })
    }

    fn content(&self, html: &mut Html, view: &View) {
        self.banner(html, view);
        attention::troubles(html, view);
        attention::held(html, view);
        attention::conflicts(html, view);
        attention::others(html, view);
        tables::audited(html, view);
        tables::kinds(html, view);
        tables::scopes(html, view);
        leases::table(html, view);
        tables::drift(html, view, self.now);
        tables::leftovers(html, view);
        tables::last_pass(html, view, self.now);
    }

    fn banner(&self, html: &mut Html, view: &View) {
        let stuck = self.alive.iter().find_map(|check| check.trouble.as_deref());
        let (health, headline) = match stuck {
            Some(_) => (Health::Trouble, "Stuck"),
            None => headline(view),
        };
        html.markup(match health {
            Health::Good => "<section class=\"banner good\" aria-labelledby=\"health\">\n",
            Health::Moving => "<section class=\"banner moving\" aria-labelledby=\"health\">\n",
            Health::Person => "<section class=\"banner person\" aria-labelledby=\"health\">\n",
            Health::Trouble => "<section class=\"banner trouble\" aria-labelledby=\"health\">\n",
        });
        html.markup("<h2 id=\"health\">").text(headline).markup("</h2>\n");
        if let Some(stuck) = stuck {
            html.element("p", "", stuck);
        }
        html.element("p", "", sentence(view)).markup("<dl>\n<div><dt>Mode</dt><dd>");
        html.text(mode(view)).markup("</dd></div>\n<div><dt>Revision</dt><dd>");
        match &view.revision {
            Some(revision) => {
                html.markup("<code>").text(short(revision)).markup("</code>");
            }
            None => {
                html.text("not a Git checkout");
            }
        }
        if let Some(since) = view.revision_since {
            html.markup(" <span class=\"dim\">in force for ")
                .text(age(self.now - since))
                .markup("</span>");
        }
        html.markup("</dd></div>\n<div><dt>Directory</dt><dd><code>")
            .text(&view.setup.directory)
            .markup("</code> ");
        match view.source_age_seconds {
            Some(before) => {
                html.markup("<span class=\"dim\">read ")
                    .text(age(self.now - view.started_at + before))
                    .markup(" ago</span>");
            }
            None => {
                html.text("never read without problems");
                html.text(view.setup.accepted_last());
            }
        }
        html.markup("</dd></div>\n<div><dt>Latest pass</dt><dd>No. ").text(view.pass).markup(", ");
        html.moment(view.started_at, self.now).markup("</dd></div>\n</dl>\n</section>\n");
    }
}

/// A document with the frame that all pages share. `title`: what it is about; empty for the
/// overview.
fn document(view: Option<&View>, title: &str, content: impl FnOnce(&mut Html)) -> String {
    let mut html = Html::default();
    html.markup(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>",
    );
    if !title.is_empty() {
        html.text(title).markup(" – ");
    }
    if let Some(view) = view {
        html.text(&view.setup.owner).markup(" – ");
    }
    html.markup(
        "palisade</title>\n<link rel=\"icon\" href=\"icon.svg\" type=\"image/svg+xml\">\n\
         <link rel=\"stylesheet\" href=\"page.css\">\n<script src=\"page.js\" defer></script>\n\
         </head>\n<body>\n<a class=\"skip\" href=\"#content\">Skip to content</a>\n",
    );
    header(&mut html, view);
    html.markup("<main id=\"content\">\n");
    content(&mut html);
    html.markup("</main>\n");
    footer(&mut html, view);
    html.markup("</body>\n</html>\n");
    html.finish()
}

fn header(html: &mut Html, view: Option<&View>) {
    html.markup("<header>\n<h1><span class=\"mark\" aria-hidden=\"true\">▮▮▮</span> palisade");
    if let Some(view) = view {
        html.markup(" ").element("span", "owner", &view.setup.owner);
    }
    html.markup(
        "</h1>\n<nav aria-label=\"Pages of palisade\"><a href=\"./\">Overview</a> \
         <a href=\"resources\">Resources</a></nav>\n\
         <p id=\"refresh\" class=\"dim\"><noscript>Reload for newer numbers.</noscript></p>\n\
         </header>\n",
    );
}

/// The first digits of a revision, and whether the checkout is dirty.
fn short(revision: &str) -> String {
    let (commit, dirty) =
        revision.split_once('-').map_or((revision, ""), |(commit, _)| (commit, "-dirty"));
    format!("{}{dirty}", commit.get(..12).unwrap_or(commit))
}

fn headline(view: &View) -> (Health, &'static str) {
    let failed = view.results.iter().any(|r| matches!(r.outcome, Outcome::Failed { .. }));
    let refused = view.scopes.iter().any(|scope| scope.trouble.is_some());
    let held = view.steps.iter().any(|step| matches!(step.verdict, Verdict::Held(_)));
    let unasked = view.pending_deletions.iter().any(|pending| !pending.tombstone);
    let halted = view.stopped.is_some() || !view.pauses.is_empty();
    let forgotten = view.memory.iter().any(|memory| !memory.troubles.is_empty());
    let wrong = !view.problems.is_empty() || failed || refused || !view.unknown.is_empty();
    let unshared = leases::troubles(view) > 0;
    if wrong || unasked || halted || forgotten || unshared {
        (Health::Trouble, "Needs attention")
    } else if held
        || !view.conflicts.is_empty()
        || !view.orphans.is_empty()
        || !view.audited.findings.is_empty()
    {
        (Health::Person, "Waiting for a person")
    } else if view.steps.is_empty() {
        (Health::Good, "Everything is as the manifests say")
    } else if view.steps.iter().all(|step| matches!(step.verdict, Verdict::Reported(_))) {
        (Health::Person, "Differences are only reported")
    } else {
        (Health::Moving, "Making changes")
    }
}

/// The counts, without zeros.
fn sentence(view: &View) -> String {
    let counts = &view.counts;
    let manifests: usize = view.conditions.values().flat_map(|of_kind| of_kind.values()).sum();
    let mut parts = vec![format!("{} of {manifests} manifests in sync", counts.in_sync)];
    let problems = if view.problems.len() == 1 {
        "problem in the directory"
    } else {
        "problems in the directory"
    };
    for (count, word) in [
        (view.problems.len(), problems),
        (counts.unknown, "unreadable"),
        (counts.create, "to create"),
        (counts.edit, "to change"),
        (counts.delete, "to delete"),
        (counts.held, "held"),
        (counts.waiting, "waiting"),
        (counts.reported, "only reported"),
        (counts.conflicts, "in conflict"),
        (counts.orphans, "without a manifest"),
    ] {
        if count > 0 {
            parts.push(format!("{count} {word}"));
        }
    }
    format!("{}.", parts.join(", "))
}

fn mode(view: &View) -> &'static str {
    match (view.setup.mode, view.setup.writing) {
        (Mode::Observe, _) => "observe: differences are reported, nothing is written",
        (Mode::Enforce, true) => "enforce: differences are corrected",
        (Mode::Enforce, false) => "enforce, but the brake is on: nothing is written",
    }
}

fn footer(html: &mut Html, view: Option<&View>) {
    html.markup("<footer>\n<p>");
    if let Some(view) = view {
        html.text(format_args!("palisade {}", view.setup.version)).markup(" · ");
    }
    html.markup(
        "<a href=\"status.json\">status.json</a> · <a href=\"metrics\">metrics</a> · \
         <a href=\"readyz?verbose\">readyz</a> · read-only: everything is changed by Git or by the \
         command line</p>\n\
         </footer>\n",
    );
}
