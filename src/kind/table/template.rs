//! The texts of a table's calls: `{name}` stands for a value, and `[…]` for a part that is omitted
//! if one of its values is not known.

/// The text with everything filled in. A name without a value outside of brackets gives nothing.
pub(super) fn filled(template: &str, value: &dyn Fn(&str) -> Option<String>) -> Option<String> {
    let mut out = String::new();
    let mut rest = template;
    while let Some(start) = rest.find(['[', '{']) {
        out.push_str(&rest[..start]);
        let optional = rest[start..].starts_with('[');
        let end = start + rest[start..].find(if optional { ']' } else { '}' })?;
        let inner = &rest[start + 1..end];
        match if optional { filled(inner, value) } else { value(inner) } {
            Some(text) => out.push_str(&text),
            None if optional => {}
            None => return None,
        }
        rest = &rest[end + 1..];
    }
    out.push_str(rest);
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::filled;

    #[test]
    fn a_part_in_brackets_is_included_only_if_all_of_it_is_known() {
        let text = "rotate {what}[ every {days} days]";
        let both = |name: &str| Some(if name == "days" { "90" } else { "it" }.to_owned());
        assert_eq!(filled(text, &both).as_deref(), Some("rotate it every 90 days"));
        let one = |name: &str| (name == "what").then(|| "it".to_owned());
        assert_eq!(filled(text, &one).as_deref(), Some("rotate it"));
        assert_eq!(filled(text, &|_: &str| None), None);
        assert_eq!(filled("plain", &|_: &str| None).as_deref(), Some("plain"));
    }
}
