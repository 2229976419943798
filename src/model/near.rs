//! Suggestions for misspelt names.

use strsim::osa_distance;

/// The candidate nearest to what was typed, if it is near enough to be meant. Case does not count,
/// and two letters that changed places are one slip.
pub fn did_you_mean<'a>(
    typed: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let typed = typed.to_lowercase();
    candidates
        .into_iter()
        .map(|candidate| (osa_distance(&typed, &candidate.to_lowercase()), candidate))
        .filter(|(distance, candidate)| *distance <= 1 + candidate.len() / 4)
        .min()
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_near_name_is_suggested_and_a_far_one_is_not() {
        let kinds = ["SecurityGroup", "VpcEndpoint", "KmsKey"];
        assert_eq!(did_you_mean("SecurtyGroup", kinds), Some("SecurityGroup"));
        assert_eq!(did_you_mean("kmskey", kinds), Some("KmsKey"));
        assert_eq!(did_you_mean("eu-wset-1", ["eu-west-1", "eu-east-1"]), Some("eu-west-1"));
        assert_eq!(did_you_mean("Deployment", kinds), None);
    }
}
