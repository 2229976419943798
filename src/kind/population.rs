//! The result of one observation of a kind: what was read completely, and what exists but could not
//! be read.

use std::collections::BTreeSet;

use super::{Class, CloudError};
use crate::model::{Address, Observed, Ownership, PhysicalId, Tags};

/// Reads of single resources that may fail in one observation because the service is busy or does
/// not answer. A denial concerns one resource only; repeated time-outs concern the service, and
/// waiting for each of them would take too much of a pass.
const MAX_FAILED_READS: usize = 3;

/// The resources of one kind in one scope, as far as they concern us. The list that they come from
/// was read to its end: a listing that fails is an error of the whole observation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Population<S> {
    /// Read completely, in this pass.
    pub whole: Vec<Observed<S>>,
    /// Existing but unknown: nothing may be done with them. As any of them could be the one that is
    /// wanted, nothing of the kind may be created, adopted, deleted or pruned either.
    pub unread: Vec<Unread>,
    /// Listed, and not manageable: AWS's own.
    pub others: BTreeSet<PhysicalId>,
}

/// A live resource that a list (or the memory of an earlier pass) names and that could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unread {
    /// Its id.
    pub id: PhysicalId,
    /// Its ARN, if it is known without reading the resource.
    pub arn: Option<String>,
    /// Its tags, if those could be read: they say whose it is.
    pub tags: Option<Tags>,
    /// What AWS answered.
    pub why: CloudError,
}

impl Unread {
    /// The manifest that its own tags, read in this pass, name.
    pub fn claim(&self, owner: &str) -> Option<Address> {
        match Ownership::read(self.tags.as_ref()?, owner) {
            Ownership::Ours { address, .. } => Some(address),
            Ownership::Foreign(_) | Ownership::Unclaimed => None,
        }
    }
}

impl<S> Default for Population<S> {
    fn default() -> Self {
        Self { whole: Vec::new(), unread: Vec::new(), others: BTreeSet::new() }
    }
}

impl<S> From<Vec<Observed<S>>> for Population<S> {
    fn from(whole: Vec<Observed<S>>) -> Self {
        Self { whole, ..Self::default() }
    }
}

impl<S> Population<S> {
    /// Adds a resource that could not be read.
    ///
    /// # Errors
    /// Too many reads failed for reasons that are not about the single resource, so the kind is
    /// unknown.
    pub fn miss(&mut self, unread: Unread) -> Result<(), CloudError> {
        self.unread.push(unread);
        tolerate(self.unread.iter().map(|unread| &unread.why))
    }
}

/// Whether reading may go on after these failed.
///
/// # Errors
/// The last of too many failures that are not about a single resource.
pub fn tolerate<'a>(failed: impl Iterator<Item = &'a CloudError>) -> Result<(), CloudError> {
    let is_the_services =
        |class| matches!(class, Class::Throttled | Class::Unavailable | Class::Ambiguous);
    let failed: Vec<_> = failed.filter(|why| is_the_services(why.class)).collect();
    match failed.last() {
        Some(why) if failed.len() > MAX_FAILED_READS => Err((*why).clone()),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unread(class: Class) -> Unread {
        let why = CloudError::new("kms:GetKeyPolicy", class, "no");
        Unread { id: "k-1".into(), arn: None, tags: None, why }
    }

    #[test]
    fn any_number_of_resources_may_deny_reads_or_be_unreadable() {
        let mut population = Population::<()>::default();
        for class in [Class::Denied, Class::Unknown].repeat(50) {
            population.miss(unread(class)).unwrap();
        }
        assert_eq!(population.unread.len(), 100);
    }

    #[test]
    fn a_service_that_fails_repeatedly_makes_the_kind_unknown() {
        for class in [Class::Throttled, Class::Unavailable, Class::Ambiguous] {
            let mut population = Population::<()>::default();
            for _ in 0..MAX_FAILED_READS {
                population.miss(unread(class)).unwrap();
            }
            assert_eq!(population.miss(unread(class)).unwrap_err().class, class);
        }
    }

    #[test]
    fn only_tags_that_were_read_identify_the_manifest() {
        let address = Address::new("prod", "KmsKey", "studio");
        let claim = crate::model::Claim {
            owner: "ml".into(),
            address: address.clone(),
            deletion: crate::model::Deletion::Retain,
        };
        let ours = Unread { tags: Some(claim.tags()), ..unread(Class::Denied) };
        assert_eq!(ours.claim("ml"), Some(address));
        assert_eq!(ours.claim("others"), None);
        assert_eq!(unread(Class::Denied).claim("ml"), None);
    }
}
