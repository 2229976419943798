//! Who writes in which scope, where several processes share them.

use super::{View, attention::item, html::Html};
use crate::lease::Holding;

/// How many things are wrong with leases.
pub(super) fn troubles(view: &View) -> usize {
    let Some(leases) = &view.leases else { return 0 };
    let unheld = leases.scopes.values().filter(|it| it.holding == Holding::Nobody).count();
    unheld + usize::from(leases.trouble.is_some())
}

/// What is wrong with leases.
pub(super) fn items(html: &mut Html, view: &View) {
    let Some(leases) = &view.leases else { return };
    if let Some(why) = &leases.trouble {
        item(html, "trouble", "The leases cannot be read or renewed: soon nothing is written");
        html.element("p", "", why).markup("</li>\n");
    }
    for (scope, lease) in leases.scopes.iter().filter(|(_, it)| it.holding == Holding::Nobody) {
        item(html, "trouble", format_args!("Nobody holds the lease of scope {scope}"));
        let last = lease.owner.as_deref().unwrap_or("nobody");
        html.element("p", "", format_args!("Nothing is corrected there. Last: {last}"));
        html.markup("</li>\n");
    }
}

/// The process that writes in each scope.
pub(super) fn table(html: &mut Html, view: &View) {
    let Some(leases) = &view.leases else { return };
    html.markup("<section aria-labelledby=\"leases\">\n<h2 id=\"leases\">Leases</h2>\n");
    html.element("p", "dim", format_args!("This process is {}.", leases.owner));
    html.table("The process that writes in each scope", &["Scope", "Writer", "Since", "#Fence"]);
    for (scope, lease) in &leases.scopes {
        html.markup("<tr><th scope=\"row\">").text(scope).markup("</th>");
        let owner = lease.owner.as_deref().unwrap_or("somebody");
        match lease.holding {
            Holding::Ours => html.element("td", "good", "this process"),
            Holding::Others => html.element("td", "", owner),
            Holding::Nobody => html.element("td", "trouble", "nobody"),
            Holding::Unknown => html.element("td", "dim", "not known yet"),
        };
        html.element("td", "", lease.since.as_deref().unwrap_or("–"));
        match lease.fence {
            Some(fence) => html.element("td", "number", fence),
            None => html.element("td", "number zero", "–"),
        };
        html.markup("</tr>\n");
    }
    html.end_table().markup("</section>\n");
}
