//! The Region of an endpoint's service, if it differs from the endpoint's.

use crate::{
    kind::{
        Invalid, Refs,
        table::{Tree, get},
    },
    model::did_you_mean,
    settings::{is_known_region, regions},
};

const FIELD: &str = "serviceRegion";

/// What is wrong with a text that does not look like a Region, and how to fix it.
pub(super) fn wrong(region: &str) -> Option<(&'static str, &'static str)> {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let is_code = !region.is_empty() && region.chars().all(fits);
    (!is_code).then_some(("is not a Region", "write its code, such as eu-west-1"))
}

/// What is wrong with `serviceRegion`. A Region that this build does not know can be a typo or a
/// new one, so that is a warning.
pub(super) fn check(want: &Tree, refs: &mut Refs<'_>) -> Option<Invalid> {
    let given = get(want, FIELD).as_str()?;
    if wrong(given).is_some() || is_known_region(given) {
        return None;
    }
    let zone = given.strip_suffix(|c: char| c.is_ascii_lowercase());
    if let Some(region) = zone.filter(|region| is_known_region(region)) {
        let why = format!("`{given}` is an Availability Zone");
        return Some(Invalid::new(FIELD, why).help(format!("write its Region, {region}")));
    }
    let help = did_you_mean(given, regions()).map_or_else(
        || "a Region that is newer than this version of palisade is used anyway".to_owned(),
        |near| format!("did you mean `{near}`?"),
    );
    let why = format!("`{given}` is not a Region that palisade knows");
    refs.warn(Invalid::new(FIELD, why).help(help));
    None
}
