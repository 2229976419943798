//! What no schema says about a type, reviewed by people: one value a type.

use serde_json::{Value, json};

use super::identifier::{Identifier, Within};
use crate::{
    aws::Access,
    baseline::Rule,
    kind::{
        Claimed, CloudError, Erased, Reach, Removal,
        table::{Exclusive, Judge, Leaf, LeafEdit, Property, Sort, Tree, Word},
    },
    model::{Risk, policy_document::Dialect, text::TagRules},
    operations::OfKind,
};

/// What no schema says about a type. Paths are joined by `/`, with `*` for the items of a list.
#[derive(Debug, Clone, Copy)]
pub(super) struct Overlay {
    /// The type's name, which is the kind's.
    pub(super) name: &'static str,
    /// The facts of the registry.
    pub(super) facts: &'static str,
    /// The short name people type.
    pub(super) short: &'static str,
    /// One sentence for `explain`.
    pub(super) about: &'static str,
    /// What makes a live resource belong to a manifest.
    pub(super) claimed: Claimed,
    /// How a live resource may come to be deleted.
    pub(super) removal: Removal,
    /// Whether AWS invents the identifier. Otherwise the manifest says it.
    pub(super) invented: bool,
    /// The ARN, with `{partition}`, `{region}`, `{account}`, and `{id}`, `{name}` ([`Made`]) or
    /// `{last}`, the last part of an identifier of several; empty if it does not follow from the
    /// identifier: AWS then returns it as `Arn`, or not at all.
    pub(super) arn: &'static str,
    /// Whether the names in ARNs may have slashes.
    pub(super) slashes: bool,
    /// How the identifier and the ARN follow from each other.
    pub(super) identifier: Identifier,
    /// The parent that a list has to be narrowed by, where AWS invents the identifier.
    pub(super) within: Option<Within>,
    /// The service's rules for tags.
    pub(super) tags: Option<TagRules>,
    /// How often a resource is read whole while the tag index shows no change of it.
    pub(super) reads: Reads,
    /// Properties that every complete answer has: without them the answer is not complete.
    pub(super) always: &'static [&'static str],
    /// Further paths that no manifest may name: why, and how to do without.
    pub(super) refused: &'static [(&'static str, &'static str, &'static str)],
    /// Names that a manifest writes in small letters: AWS may write them so in the ARN, by which
    /// the resource is found.
    pub(super) lower: &'static [&'static str],
    /// Values that no manifest may say of a property: why, and how to do without.
    pub(super) never: &'static [(&'static str, Safe, &'static str, &'static str)],
    /// Properties that AWS takes and never returns, and that a manifest may name all the same: they
    /// are sent with a create and with every other change. None is a secret, and AWS can change
    /// each.
    pub(super) resent: &'static [&'static str],
    /// What changes risk. A path without a word loosens.
    pub(super) words: &'static [(&'static str, Says)],
    /// Whether a new one has nothing that a change could destroy, so that only later changes do.
    pub(super) empty_at_first: bool,
    /// Lists whose order means something although the schema does not say so, and whose order means
    /// nothing although the schema says that it does.
    pub(super) ordered: &'static [(&'static str, bool)],
    /// Lists of which AWS keeps the items that a request does not name: only those that a manifest
    /// names are compared.
    pub(super) partial: &'static [&'static str],
    /// JSON documents.
    pub(super) documents: &'static [&'static str],
    /// Policies, each with its dialect.
    pub(super) policies: &'static [(&'static str, Dialect)],
    /// Whose access the policies decide, if they can lock somebody out.
    pub(super) reach: Option<fn(&Tree) -> Reach>,
    /// Pairs of properties of which AWS accepts one.
    pub(super) exclusive: &'static [Exclusive],
    /// What palisade cannot see, a sentence each: shown in every plan of the type.
    pub(super) blind: &'static [&'static str],
    /// What belongs to the resource and is not in its model.
    pub(super) supplement: Option<Supplement>,
    /// The rules of the baseline for it.
    pub(super) rules: &'static [Rule],
    /// The operations and their grants.
    pub(super) operations: OfKind,
}

/// How often a resource is read whole while the tag index shows no change of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reads {
    /// In every pass: what somebody changes may give access, or the index does not have the type.
    EveryPass,
    /// In turn (`aws/schedule.rs`): no change of it gives anybody access, and its claim is in the
    /// index.
    InTurn,
}

/// A setting of a resource that its model does not have, with calls of its own.
#[derive(Debug, Clone, Copy)]
pub(super) struct Supplement {
    /// Its row.
    pub(super) row: fn() -> Leaf,
    /// Its value; Cloud Control has returned the resource with this identifier.
    pub(super) read: for<'a> fn(&'a Access, &'a str) -> Erased<'a, Result<Value, CloudError>>,
    /// Makes the edit of it.
    pub(super) send:
        for<'a> fn(&'a Access, &'a str, &'a LeafEdit) -> Erased<'a, Result<(), CloudError>>,
}

/// What a change of a property risks.
#[derive(Debug, Clone, Copy)]
pub(super) enum Says {
    /// It changes nobody's access and interrupts nobody.
    Harmless,
    /// This value is the safe one: towards it tightens, away from it loosens.
    Safe(Safe),
    /// At this value something watches. Away from it nobody sees what happens any more: that
    /// loosens, and ends work, so that it needs consent.
    Watches(Safe),
    /// Away from this value connections end.
    Cuts(Safe),
    /// It may destroy data or stop work, and changes nobody's access.
    StopsWork,
    /// What this says of the live value and the wanted one.
    Judged(Judge),
}

/// A value of a property.
#[derive(Debug, Clone, Copy)]
pub(super) enum Safe {
    /// Yes or no.
    Flag(bool),
    /// A word.
    Word(&'static str),
}

impl Safe {
    fn value(self) -> Value {
        match self {
            Self::Flag(flag) => json!(flag),
            Self::Word(word) => json!(word),
        }
    }
}

impl Says {
    fn word(self) -> Word {
        match self {
            Self::Harmless => Word::Always(Risk::NEUTRAL),
            Self::Safe(safe) => {
                Word::Towards { value: safe.value(), there: Risk::TIGHTENS, back: Risk::LOOSENS }
            }
            Self::Watches(safe) => Word::Towards {
                value: safe.value(),
                there: Risk::TIGHTENS,
                back: Risk::LOOSENS.stopping_work(),
            },
            Self::Cuts(safe) => Word::Towards {
                value: safe.value(),
                there: Risk::NEUTRAL,
                back: Risk::NEUTRAL.cutting_connections(),
            },
            Self::StopsWork => Word::Always(Risk::NEUTRAL.stopping_work()),
            Self::Judged(judge) => Word::Judged(judge),
        }
    }
}

impl Overlay {
    /// What most types have none of: nothing about a type follows from it but that changes loosen
    /// and that pruning deletes nothing.
    pub(super) const PLAIN: Self = Self {
        name: "",
        facts: "",
        short: "",
        about: "",
        claimed: Claimed::ByTags,
        removal: Removal::TombstoneOnly,
        invented: false,
        arn: "",
        slashes: false,
        identifier: Identifier::Part,
        within: None,
        tags: None,
        reads: Reads::EveryPass,
        always: &[],
        refused: &[],
        lower: &[],
        never: &[],
        resent: &[],
        words: &[],
        empty_at_first: false,
        ordered: &[],
        partial: &[],
        documents: &[],
        policies: &[],
        reach: None,
        exclusive: &[],
        blind: &[],
        supplement: None,
        rules: &[],
        operations: OfKind::NONE,
    };

    /// Adds what it says to the tree of properties.
    pub(super) fn apply(&self, root: &mut Property) {
        for path in self.documents {
            if let Some(property) = root.at_mut(path) {
                let is_text = matches!(property.sort, Sort::Text);
                property.sort = if is_text { Sort::JsonText } else { Sort::Json };
            }
        }
        for (path, dialect) in self.policies {
            if let Some(property) = root.at_mut(path) {
                property.sort = Sort::Policy(*dialect);
                property.risk = Word::Meaning;
            }
        }
        for (path, means) in self.ordered {
            if let Some(Property { sort: Sort::List { ordered, .. }, .. }) = root.at_mut(path) {
                *ordered = *means;
            }
        }
        for path in self.lower {
            if let Some(property) = root.at_mut(path) {
                property.lower = true;
            }
        }
        for (path, value, why, help) in self.never {
            if let Some(property) = root.at_mut(path) {
                property.never = Some((value.value(), (*why).into(), (*help).into()));
            }
        }
        for path in self.partial {
            if let Some(property) = root.at_mut(path) {
                property.partial = true;
            }
        }
        for (path, says) in self.words {
            if let Some(property) = root.at_mut(path) {
                property.say(&says.word());
            }
        }
    }

    /// The paths that it names, each of which must be one of the type's.
    #[cfg(test)]
    pub(super) fn paths(&self) -> Vec<&'static str> {
        let named = self.refused.iter().map(|it| it.0);
        let named = named.chain(self.words.iter().map(|it| it.0));
        let named = named.chain(self.ordered.iter().map(|it| it.0));
        let named = named.chain(self.policies.iter().map(|it| it.0));
        let named = named.chain(self.resent.iter().copied());
        let named = named.chain(self.lower.iter().copied());
        let named = named.chain(self.never.iter().map(|it| it.0));
        let named = named.chain(self.partial.iter().copied());
        named.chain(self.documents.iter().copied()).chain(self.always.iter().copied()).collect()
    }
}
