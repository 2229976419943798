//! Distributes blocks over several policies, moving as little as possible.

use serde::Serialize;

use super::{
    block::Layer,
    compose::{Known, Use, compose},
};
use crate::kind::Invalid;

/// A policy and its blocks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Policy {
    /// Its name.
    pub name: String,
    /// Its blocks.
    pub guardrails: Vec<Use>,
    /// The characters of the statements that are written out next to the blocks, with a comma each.
    pub own: usize,
    /// The characters of its document.
    pub size: usize,
}

impl Policy {
    /// A policy with these blocks, next to statements of this size.
    pub fn new(name: impl Into<String>, guardrails: Vec<Use>, own: usize) -> Self {
        Self { name: name.into(), guardrails, own, size: 0 }
    }
}

/// A block that was placed, or that had to move.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Move {
    /// The block.
    pub block: String,
    /// The policy that it was in; none if it is new.
    pub from: Option<String>,
    /// The policy that it is in now.
    pub to: String,
}

/// The result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Packed {
    /// The policies, the given ones first.
    pub policies: Vec<Policy>,
    /// What is not where it was, in the order in which it was placed.
    pub moves: Vec<Move>,
}

/// Places blocks: those of `policies` stay where they are unless their policy exceeds the limit of
/// the layer, and then as few as possible leave it, the smallest that suffices first; everything
/// else goes into the first policy with room, in the order of the blocks' names, and into a new one
/// named after `prefix` where there is none. A policy that has become empty is kept: whether it is
/// deleted is for its author to say.
///
/// # Errors
/// What is wrong with a block, and blocks that alone exceed the limit. The path begins with the
/// name of the policy, or with `new`.
pub fn pack(
    layer: Layer,
    policies: Vec<Policy>,
    new: Vec<Use>,
    known: &Known<'_>,
    prefix: &str,
) -> Result<Packed, Vec<Invalid>> {
    let size = |uses: &[Use], at: &str| {
        let composed = compose(layer, uses, known, false);
        let composed = composed.map_err(|wrong| {
            let at = |it: Invalid| Invalid { field: format!("{at}{}", it.field), ..it };
            wrong.into_iter().map(at).collect::<Vec<_>>()
        });
        composed.map(|it| it.document(None).to_string().len())
    };
    let mut packed = Packed { policies: Vec::new(), moves: Vec::new() };
    let mut homeless: Vec<(Option<String>, Use)> = new.into_iter().map(|it| (None, it)).collect();
    for Policy { name, mut guardrails, own, .. } in policies {
        let whole = |uses: &[Use]| Ok::<_, Vec<Invalid>>(own + size(uses, &name)?);
        let mut bytes = whole(&guardrails)?;
        while bytes > layer.max_size() && !guardrails.is_empty() {
            let out = leaving(&guardrails, bytes, layer, whole)?;
            homeless.push((Some(name.clone()), guardrails.remove(out)));
            bytes = whole(&guardrails)?;
        }
        packed.policies.push(Policy { name, guardrails, own, size: bytes });
    }
    homeless.sort_by(|(_, a), (_, b)| a.block.cmp(&b.block));
    for (from, it) in homeless {
        let alone = size(std::slice::from_ref(&it), "new")?;
        if alone > layer.max_size() {
            let why = format!("`{}` alone has {alone} characters", it.block);
            let help = format!("{} have at most {}", layer.title(), layer.max_size());
            return Err(vec![Invalid::new("new", why).help(help)]);
        }
        let to = place(&mut packed, layer, &it, prefix, |uses| size(uses, "new"))?;
        packed.moves.push(Move { block: it.block, from, to });
    }
    Ok(packed)
}

/// The block that leaves a policy which is too large: the smallest without which it fits, or else
/// the largest.
fn leaving(
    uses: &[Use],
    bytes: usize,
    layer: Layer,
    size: impl Fn(&[Use]) -> Result<usize, Vec<Invalid>>,
) -> Result<usize, Vec<Invalid>> {
    let mut saved = Vec::new();
    for out in 0..uses.len() {
        let mut rest = uses.to_vec();
        let block = rest.remove(out).block;
        saved.push((bytes - size(&rest)?, block, out));
    }
    saved.sort();
    let enough = saved.iter().find(|(saves, ..)| bytes - saves <= layer.max_size());
    Ok(enough.or(saved.last()).map_or(0, |(_, _, out)| *out))
}

/// Puts a block into the first policy with room, or into a new one, and says its name.
fn place(
    packed: &mut Packed,
    layer: Layer,
    it: &Use,
    prefix: &str,
    size: impl Fn(&[Use]) -> Result<usize, Vec<Invalid>>,
) -> Result<String, Vec<Invalid>> {
    for policy in &mut packed.policies {
        let mut all = policy.guardrails.clone();
        all.push(it.clone());
        let bytes = policy.own + size(&all)?;
        if bytes <= layer.max_size() {
            (policy.guardrails, policy.size) = (all, bytes);
            return Ok(policy.name.clone());
        }
    }
    let taken = |name: &String| packed.policies.iter().any(|policy| policy.name == *name);
    let mut names = (1..).map(|number| format!("{prefix}-{number}"));
    let name = names.find(|name| !taken(name)).unwrap_or_default();
    let guardrails = vec![it.clone()];
    let size = size(&guardrails)?;
    packed.policies.push(Policy { name: name.clone(), guardrails, own: 0, size });
    Ok(name)
}
