//! The list of resources, and the page of one of them.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Display,
};

use super::{attention, html::Html};
use crate::{
    engine::Event,
    model::Address,
    status::{
        View,
        shelf::{Filter, Latest},
    },
};

/// Rows of one page of the list.
const ROWS: usize = 200;
/// Events on the page of one resource.
const EVENTS: usize = 100;

/// The list of the resources that a filter takes, a page at a time.
pub(in crate::status) fn list(latest: &Latest, view: &View, filter: &Filter) -> String {
    super::document(Some(view), "Resources", |html| {
        html.markup("<section aria-labelledby=\"resources\">\n<h2 id=\"resources\">Resources ");
        let rows = latest.listed(filter);
        html.element("span", "count", rows.len()).markup("</h2>\n");
        form(html, latest, filter);
        if rows.is_empty() {
            html.element("p", "dim", "No manifest in force is like that.").markup("</section>\n");
            return;
        }
        let pages = rows.len().div_ceil(ROWS);
        let page = filter.page.clamp(1, pages);
        html.table("Manifests and their resources", &["Condition", "Resource", "Live as", "Why"]);
        for (address, condition) in rows.iter().skip((page - 1) * ROWS).take(ROWS) {
            row(html, latest, address, condition);
        }
        html.end_table();
        turn(html, filter, page, pages);
        html.markup("</section>\n");
    })
}

fn row(html: &mut Html, latest: &Latest, address: &Address, condition: &'static str) {
    html.markup("<tr>").element("td", class_of(condition), words(condition));
    html.markup("<th scope=\"row\">");
    link(html, address);
    html.markup("</th><td>");
    if let Some(id) = latest.id(address) {
        html.element("code", "", id);
    }
    let why = latest.why(address, condition);
    html.markup("</td>")
        .element("td", "", why.first().map_or("", String::as_str))
        .markup("</tr>\n");
}

/// A condition's class: how urgent it is.
fn class_of(condition: &str) -> &'static str {
    match condition {
        "in_sync" => "good",
        "failed" | "unknown" | "drifted" => "trouble",
        "held" | "conflict" | "orphan" | "reported" => "person",
        _ => "moving",
    }
}

fn words(condition: &str) -> String {
    condition.replace('_', " ")
}

fn form(html: &mut Html, latest: &Latest, filter: &Filter) {
    let conditions = latest.report.conditions();
    let scopes: BTreeSet<&str> = conditions.iter().map(|(it, _)| it.scope.as_str()).collect();
    let kinds: BTreeSet<&str> = conditions.iter().map(|(it, _)| it.kind.as_str()).collect();
    let states: BTreeSet<&str> = conditions.iter().map(|(_, it)| *it).collect();
    html.markup("<form class=\"filter\" action=\"resources\" method=\"get\" role=\"search\">\n")
        .markup("<label>Search <input type=\"search\" name=\"q\" value=\"")
        .text(&filter.q)
        .markup("\" placeholder=\"part of a name or id\"></label>\n");
    choice(html, "Scope", "scope", &scopes, &filter.scope);
    choice(html, "Kind", "kind", &kinds, &filter.kind);
    choice(html, "Condition", "condition", &states, &filter.condition);
    html.markup("<button type=\"submit\">Show</button> <a href=\"resources\">all</a>\n</form>\n");
}

fn choice(
    html: &mut Html,
    label: &'static str,
    name: &'static str,
    values: &BTreeSet<&str>,
    chosen: &str,
) {
    html.markup("<label>").markup(label).markup(" <select name=\"").markup(name);
    html.markup("\"><option value=\"\">any</option>");
    for value in values {
        html.markup("<option value=\"").text(value).markup("\"");
        if *value == chosen {
            html.markup(" selected");
        }
        html.markup(">").text(words(value)).markup("</option>");
    }
    html.markup("</select></label>\n");
}

/// Links to the neighbouring pages.
fn turn(html: &mut Html, filter: &Filter, page: usize, pages: usize) {
    if pages == 1 {
        return;
    }
    html.markup("<nav class=\"pages\" aria-label=\"Pages\">");
    let mut to = |number: usize, words: &'static str| {
        html.markup("<a href=\"resources?q=").text(query(&filter.q));
        html.markup("&amp;scope=").text(query(&filter.scope));
        html.markup("&amp;kind=").text(query(&filter.kind));
        html.markup("&amp;condition=").text(query(&filter.condition));
        html.markup("&amp;page=").text(number).markup("\">").markup(words).markup("</a> ");
    };
    if page > 1 {
        to(page - 1, "previous");
    }
    if page < pages {
        to(page + 1, "next");
    }
    html.text(format_args!("page {page} of {pages}")).markup("</nav>\n");
}

/// The page of one resource: `None` if nothing is known of the address.
pub(in crate::status) fn one(
    latest: &Latest,
    view: &View,
    address: &Address,
    now: f64,
) -> Option<String> {
    let conditions = latest.report.conditions();
    let condition = conditions.into_iter().find_map(|(it, state)| (it == address).then_some(state));
    if condition.is_none() && !latest.knows(address) {
        return None;
    }
    let condition = condition.unwrap_or("orphan");
    let resource = latest.resources(&[(address, condition)]).pop()?;
    let title = address.to_string();
    Some(super::document(Some(view), &title, |html| {
        html.markup("<section aria-labelledby=\"resource\">\n<h2 id=\"resource\">").text(&title);
        html.markup("</h2>\n<p>").element("span", "tag", words(condition));
        if let Some(id) = &resource.id {
            html.markup(" ").element("code", "", id);
        }
        html.markup("</p>\n");
        for why in &resource.why {
            html.element("p", "", why);
        }
        html.markup("</section>\n");
        let steps: Vec<_> = view.steps.iter().filter(|step| step.address == title).collect();
        attention::held_steps(html, view, &steps);
        attention::other_steps(html, &steps);
        links(html, latest, address);
        state(html, "wanted", "Wanted, with references resolved", resource.wanted.as_ref());
        state(html, "live", "Live in the latest pass", resource.live.as_ref());
        claim(html, &resource.claim);
        history(html, &latest.history(Some(address)), now);
    }))
}

/// What the manifest refers to, and what refers to it.
fn links(html: &mut Html, latest: &Latest, address: &Address) {
    let to: Vec<_> = latest.links.get(address).into_iter().flatten().collect();
    let from: Vec<_> = latest.links.iter().filter(|(_, to)| to.contains(address)).collect();
    if to.is_empty() && from.is_empty() {
        return;
    }
    html.markup("<section aria-labelledby=\"links\">\n<h2 id=\"links\">References</h2>\n<dl>");
    for (words, addresses) in
        [("refers to", to), ("referred to by", from.into_iter().map(|(it, _)| it).collect())]
    {
        if addresses.is_empty() {
            continue;
        }
        html.element("dt", "", words);
        for address in addresses {
            html.markup("<dd>");
            link(html, address);
            html.markup("</dd>");
        }
    }
    html.markup("</dl>\n</section>\n");
}

/// A link to the page of an address.
pub(super) fn link(html: &mut Html, address: impl Display) {
    let text = address.to_string();
    html.markup("<a href=\"resource?address=").text(query(&text)).markup("\">").text(text);
    html.markup("</a>");
}

fn state(
    html: &mut Html,
    id: &'static str,
    title: &'static str,
    state: Option<&serde_json::Value>,
) {
    html.markup("<section aria-labelledby=\"").markup(id).markup("\">\n<h2 id=\"").markup(id);
    html.markup("\">").markup(title).markup("</h2>\n");
    match state.map(serde_yaml::to_string) {
        Some(Ok(text)) => {
            html.markup("<details open id=\"")
                .markup(id)
                .markup("-text\"><summary>as YAML</summary>");
            html.element("pre", "state", text).markup("</details>\n");
        }
        _ => {
            html.element(
                "p",
                "dim",
                "Not known: it does not exist, or could not be read or resolved.",
            );
        }
    }
    html.markup("</section>\n");
}

fn claim(html: &mut Html, tags: &BTreeMap<String, String>) {
    if tags.is_empty() {
        return;
    }
    html.markup("<section aria-labelledby=\"claim\">\n<h2 id=\"claim\">Claim</h2>\n");
    html.table("Tags by which palisade knows the resource", &["Tag", "Value"]);
    for (key, value) in tags {
        html.markup("<tr><th scope=\"row\"><code>").text(key).markup("</code></th><td><code>");
        html.text(value).markup("</code></td></tr>\n");
    }
    html.end_table().markup("</section>\n");
}

fn history(html: &mut Html, events: &[&Event], now: f64) {
    html.markup("<section aria-labelledby=\"history\">\n<h2 id=\"history\">History</h2>\n");
    if events.is_empty() {
        html.element("p", "dim", "Nothing has happened to it that is remembered.");
        html.markup("</section>\n");
        return;
    }
    html.table("What happened, newest first", &["When", "What", "In detail", "Revision"]);
    for event in events.iter().rev().take(EVENTS) {
        html.markup("<tr><td class=\"when\">").moment(event.at, now).markup("</td>");
        html.element("td", "", event.what.as_str()).markup("<td>");
        for (index, line) in event.lines.iter().enumerate() {
            if index > 0 {
                html.markup("<br>");
            }
            html.text(line);
        }
        let revision = event.revision.as_deref().map(super::short).unwrap_or_default();
        html.markup("</td>").element("td", "", revision).markup("</tr>\n");
    }
    html.end_table().markup("</section>\n");
}

/// A value in the query of a link.
fn query(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'/');
    text.bytes()
        .map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") })
        .collect()
}
