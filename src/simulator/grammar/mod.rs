//! The errors for which AWS refuses the text of a policy, for all services. The services differ in
//! a few rules and in the words of their errors; each translates the [`Fault`] into its own.
//!
//! Written from the same facts as the product's own lint, but sharing none of its code: a test
//! compares the two.

mod language;
mod names;
mod statement;
mod strict;

use serde_json::Value;

use self::language::refuse_if;
pub(super) use self::language::{Fault, Language};

/// The document, or the first error in it.
pub(super) fn check(text: &str, language: Language, partition: &str) -> Result<Value, Fault> {
    let document = strict::parse(text).ok_or(Fault::Syntax("it is not JSON"))?;
    let Value::Object(members) = &document else {
        return Err(Fault::Syntax("it is not a JSON object"));
    };
    let known = ["Version", "Id", "Statement"];
    refuse_if(
        members.keys().any(|name| !known.contains(&name.as_str())),
        "it has an unknown member",
    )?;
    refuse_if(members.get("Id").is_some_and(|id| !id.is_string()), "its Id is not a string")?;
    let version = members.get("Version").map(|version| version.as_str().unwrap_or_default());
    let right = match version {
        Some("2012-10-17") => true,
        Some("2008-10-17") | None => !language.is_control(),
        Some(_) => false,
    };
    refuse_if(!right, "its Version is not one of the language")?;
    let statements = match members.get("Statement") {
        Some(Value::Array(items)) if !items.is_empty() => items.as_slice(),
        Some(one @ Value::Object(_)) => std::slice::from_ref(one),
        _ => return Err(Fault::Syntax("it has no statement")),
    };
    let mut sids = Vec::new();
    for statement in statements {
        let members = statement.as_object().ok_or(Fault::Syntax("a statement is not an object"))?;
        statement::check(members, language, partition)?;
        let sid = members.get("Sid").and_then(Value::as_str).unwrap_or_default();
        // Not documented for endpoints.
        let again = language != Language::Endpoint && !sid.is_empty() && sids.contains(&sid);
        refuse_if(again, "two statements have one Sid")?;
        sids.push(sid);
    }
    Ok(document)
}
