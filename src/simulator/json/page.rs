//! Pages of a listing and the opaque token that leads to the next one.

use serde_json::Value;

/// One page of a listing.
#[derive(Debug)]
pub(crate) struct Page {
    /// The items of this page.
    pub items: Vec<Value>,
    /// The token of the next page, if there is one.
    pub next: Option<String>,
}

/// The token that means "continue after the item with this key, which was the last of `count`".
fn token(count: usize, key: &str) -> String {
    hex::encode(format!("{count}:{key}"))
}

fn read_token(token: &str) -> Option<(usize, String)> {
    let text = String::from_utf8(hex::decode(token).ok()?).ok()?;
    let (count, key) = text.split_once(':')?;
    Some((count.parse().ok()?, key.to_owned()))
}

/// The page of at most `size` items after `after`. Items have keys that are stable between calls.
///
/// Items created or deleted between two pages neither repeat nor hide others, as long as the key of
/// the last item is still listed. `None` if the token was not issued here.
pub(crate) fn page(items: Vec<(String, Value)>, size: usize, after: Option<&str>) -> Option<Page> {
    let start = match after {
        None => 0,
        Some(text) => {
            let (count, key) = read_token(text)?;
            let known = items.iter().position(|(name, _)| *name == key);
            known.map_or(count.min(items.len()), |position| position + 1)
        }
    };
    let end = (start + size).min(items.len());
    let next = (end < items.len()).then(|| match end.checked_sub(1) {
        Some(last) => token(end, &items[last].0),
        None => token(0, ""),
    });
    let items = items.into_iter().skip(start).take(end - start).map(|(_, item)| item).collect();
    Some(Page { items, next })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn named(names: &[&str]) -> Vec<(String, Value)> {
        names.iter().map(|name| ((*name).to_owned(), json!(name))).collect()
    }

    #[test]
    fn following_the_tokens_returns_every_item_once() {
        let first = page(named(&["a", "b", "c"]), 2, None).unwrap();
        assert_eq!(first.items, [json!("a"), json!("b")]);
        let second = page(named(&["a", "b", "c"]), 2, first.next.as_deref()).unwrap();
        assert_eq!(second.items, [json!("c")]);
        assert_eq!(second.next, None);
    }

    #[test]
    fn an_item_deleted_between_two_pages_hides_no_other() {
        let first = page(named(&["a", "b", "c", "d"]), 2, None).unwrap();
        let second = page(named(&["b", "c", "d"]), 2, first.next.as_deref()).unwrap();
        assert_eq!(second.items, [json!("c"), json!("d")]);
    }

    #[test]
    fn an_empty_page_still_leads_to_the_first() {
        let first = page(named(&["a"]), 0, None).unwrap();
        assert!(first.items.is_empty());
        assert_eq!(page(named(&["a"]), 5, first.next.as_deref()).unwrap().items, [json!("a")]);
    }

    #[test]
    fn an_unknown_token_is_refused() {
        assert!(page(named(&["a"]), 1, Some("zz")).is_none());
        assert!(page(named(&["a"]), 1, Some("AAAA")).is_none());
    }
}
