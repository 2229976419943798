//! Whether two documents are equivalent.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{
    Context, PolicyDocument,
    canonical::{Body, Statement},
};

/// How two documents relate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Comparison {
    /// Nothing differs that AWS or a reader could tell apart.
    Equal,
    /// Only statement names (`Sid`) differ: visible to people, without effect on access. AWS keeps
    /// a `Sid` as written, so writing the desired one converges.
    CosmeticOnly,
    /// The documents differ.
    Different,
}

/// Whether `a` and `b` grant and deny the same, given what AWS rewrites: the answer of [`compare`]
/// is not [`Comparison::Different`]. Reflexive, symmetric and transitive.
pub fn equivalent(a: &PolicyDocument, b: &PolicyDocument, context: &Context) -> bool {
    compare(a, b, context) != Comparison::Different
}

/// Compares two documents.
///
/// Organizations stores a control policy as it was sent, so any difference beyond white space, key
/// order and escapes is real there. KMS and EC2 re-serialize: they choose the order, repetition,
/// single values without a list, and the spelling of account roots. Nothing is ever subsumed:
/// `s3:*` does not equal `s3:Get*`, and a broader principal never equals a narrower one. Documents
/// of two dialects are always different.
pub fn compare(a: &PolicyDocument, b: &PolicyDocument, context: &Context) -> Comparison {
    if a.dialect != b.dialect {
        return Comparison::Different;
    }
    if a.dialect.is_control_policy() {
        return if a.authored == b.authored { Comparison::Equal } else { Comparison::Different };
    }
    let (a_statements, b_statements) = (canonical(a, context), canonical(b, context));
    if a.version != b.version || a.id != b.id || bodies(&a_statements) != bodies(&b_statements) {
        Comparison::Different
    } else if a_statements != b_statements {
        Comparison::CosmeticOnly
    } else {
        Comparison::Equal
    }
}

/// The statements as a set: order and repetition have no meaning, because a deny wins wherever it
/// stands.
fn canonical(document: &PolicyDocument, context: &Context) -> BTreeSet<Statement> {
    document.statements.iter().map(|statement| statement.within(context)).collect()
}

pub(super) fn bodies<'a>(
    statements: impl IntoIterator<Item = &'a Statement>,
) -> BTreeSet<&'a Body> {
    statements.into_iter().map(|statement| &statement.body).collect()
}
