//! The Region of an endpoint's service, where it is another one.

use super::Spec;
use crate::{
    kind::{Invalid, Refs},
    model::did_you_mean,
    settings::{is_known_region, regions},
};

/// What is wrong with `serviceRegion`. A Region that this build does not know can be a slip or a new one: that is a warning.
pub(super) fn check(spec: &Spec, refs: &mut Refs<'_>) -> Option<Invalid> {
    let given = spec.service_region.as_deref()?;
    let wrong = |why: String, help: String| Some(Invalid::new("serviceRegion", why).help(help));
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if given.is_empty() || !given.chars().all(fits) {
        return wrong(
            format!("`{given}` is no Region"),
            "write its code, such as eu-west-1".into(),
        );
    }
    if is_known_region(given) {
        return None;
    }
    let zone = given.strip_suffix(|c: char| c.is_ascii_lowercase());
    if let Some(region) = zone.filter(|region| is_known_region(region)) {
        let why = format!("`{given}` is an Availability Zone");
        return wrong(why, format!("write its Region, {region}"));
    }
    let help = did_you_mean(given, regions()).map_or_else(
        || "a Region that is newer than this palisade is used all the same".to_owned(),
        |near| format!("did you mean `{near}`?"),
    );
    let why = format!("`{given}` is no Region that palisade knows");
    refs.warn(Invalid::new("serviceRegion", why).help(help));
    None
}
