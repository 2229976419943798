//! `policyBlocks`: a policy leaf that is composed of blocks, next to statements that are written
//! out.

use serde_json::Value;

use super::{Form, Table};
use crate::{
    baseline::guardrails::{Layer, Use},
    kind::{
        Invalid, Refs,
        blocks::{self, Composed, POLICY_BLOCKS, Parts},
        typed,
    },
    model::policy_document::Dialect,
};

/// The leaf that blocks are composed to.
pub(super) const POLICY: &str = "policy";

impl Table {
    /// The dialect of the policy that blocks can make up.
    pub(super) fn policy_dialect(&self) -> Option<Dialect> {
        let leaf = self.leaves.iter().find(|leaf| leaf.path == POLICY)?;
        match &leaf.form {
            Form::Policy { dialect, .. } => Layer::of(*dialect).map(|_| *dialect),
            _ => None,
        }
    }

    /// The spec with its blocks composed to the policy; `None` if it has no blocks.
    ///
    /// # Errors
    /// What is wrong with the blocks.
    pub(super) fn expanded(
        &self,
        spec: &Value,
        refs: &mut Refs<'_>,
    ) -> Result<Option<(Value, Composed)>, Vec<Invalid>> {
        let (Some(dialect), Some(list)) = (self.policy_dialect(), spec.get(POLICY_BLOCKS)) else {
            return Ok(None);
        };
        let uses: Vec<Use> = typed(list).map_err(|error| {
            let field = format!("{POLICY_BLOCKS}{}", error.path());
            vec![Invalid::new(field, error.inner().to_string())]
        })?;
        let written = spec.get(POLICY);
        if uses.is_empty() || written.is_some_and(|policy| !policy.is_object()) {
            let (why, help) = if uses.is_empty() {
                ("is empty", "name blocks, or leave it out")
            } else {
                ("has no effect next to a policy that is a word or none", "leave `policy` out")
            };
            return Err(vec![Invalid::new(POLICY_BLOCKS, why).help(help)]);
        }
        let parts =
            Parts { field: POLICY, written, list: POLICY_BLOCKS, uses: &uses, compact: false };
        let mut problems = Vec::new();
        let Some(composed) = blocks::composed(parts, dialect, refs, &mut problems) else {
            return Err(problems);
        };
        let mut spec = spec.clone();
        if let Some(members) = spec.as_object_mut() {
            members.shift_remove(POLICY_BLOCKS);
        }
        spec[POLICY] = composed.document.clone();
        Ok(Some((spec, composed)))
    }

    /// The schema of the field, if there are blocks for the kind.
    pub(super) fn blocks_schema(&self) -> Option<Value> {
        let layer = Layer::of(self.policy_dialect()?)?;
        Some(blocks::schema(
            layer,
            "Blocks of the guardrail library that make up the policy, together with `policy` if \
             that is given:\n`palisade guardrails` lists them. The blocks' statements come after \
             those of `policy`.",
        ))
    }
}
