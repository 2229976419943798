//! The one place where kinds become plain data and back.

mod edit;
mod port;

use std::{
    collections::{BTreeMap, BTreeSet},
    marker::PhantomData,
};

use schemars::{Schema, generate::SchemaSettings};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

pub use self::{
    edit::{Edit, EditBody, Move, Stage},
    port::ErasedPort,
};
pub use super::registry::{Others, Registry};
use super::{
    CloudError, Describe as _, Doctor, Guarded, Intent, Invalid, Kind, Line, Meaning, Naming, Port,
    Profile, Refs, TagSpec, Written, table::Table,
};
use crate::{
    aws::Access,
    baseline::Baseline,
    model::{PhysicalId, Risk},
    operations::OfKind,
};

/// A stored value that a kind cannot read back: a defect in palisade, not in the input.
#[derive(Debug, thiserror::Error)]
#[error("a {kind}'s {what} does not decode: {source}")]
pub struct Undecodable {
    kind: &'static str,
    what: &'static str,
    source: serde_json::Error,
}

impl Undecodable {
    pub(super) fn new(kind: &'static str, what: &'static str, source: serde_json::Error) -> Self {
        Self { kind, what, source }
    }
}

impl From<Undecodable> for CloudError {
    fn from(defect: Undecodable) -> Self {
        Self::new("palisade:Decode", super::Class::Rejected, defect.to_string())
    }
}

/// A resolved manifest as plain data.
#[derive(Debug, Clone, PartialEq)]
pub struct Resolved {
    /// The wanted state.
    pub state: Value,
    /// The tags that it asks for.
    pub tags: TagSpec,
    /// Its natural keys.
    pub natural_keys: Vec<String>,
}

/// A kind whose types have been erased.
pub trait ErasedKind: Send + Sync {
    /// The table, if the kind is one.
    fn table(&self) -> Option<&Table> {
        None
    }
    /// What the loop must know about the kind.
    fn profile(&self) -> Profile;
    /// [`Kind::OPERATIONS`].
    fn operations(&self) -> OfKind;
    /// [`Kind::ERRORS`].
    fn errors(&self) -> &'static [Meaning];
    /// [`Kind::DOCTOR`].
    fn doctor(&self) -> Doctor;
    /// [`Kind::BASELINE`].
    fn baseline(&self) -> Baseline;
    /// The JSON schema (draft 7) of the spec.
    fn spec_schema(&self) -> Schema;
    /// Reads a spec, so that its type errors appear with their field path.
    ///
    /// # Errors
    /// The first value of a wrong type or name.
    fn check_spec(&self, spec: &Value)
    -> Result<(), serde_path_to_error::Error<serde_json::Error>>;
    /// The wanted state without what AWS answered ([`Kind::FACTS`]): what the manifest asks for.
    fn wish(&self, want: &Value) -> Value;
    /// [`Kind::resolve`] on plain data.
    ///
    /// # Errors
    /// All invalid values.
    fn resolve(&self, spec: &Value, refs: &mut Refs<'_>) -> Result<Resolved, Vec<Invalid>>;
    /// [`Kind::diff`] on plain data.
    ///
    /// # Errors
    /// A state that does not decode.
    fn diff(&self, want: &Value, have: &Value) -> Result<Vec<Edit>, Undecodable>;
    /// What the manifest manages and could not be read, of a live state that could otherwise be
    /// read, each with the error message. None of it is in [`Self::diff`].
    ///
    /// # Errors
    /// A state that does not decode.
    fn unread(&self, _want: &Value, _have: &Value) -> Result<Vec<(String, String)>, Undecodable> {
        Ok(Vec::new())
    }
    /// [`Kind::otherwise`] on plain data.
    ///
    /// # Errors
    /// A change that does not decode.
    fn otherwise(&self, edit: &Edit) -> Result<Vec<Edit>, Undecodable>;
    /// The edits by call, in order: the edits of one call are adjacent.
    ///
    /// # Errors
    /// A change that does not decode.
    fn calls<'a>(&self, edits: &'a [Edit]) -> Result<Vec<&'a [Edit]>, Undecodable>;
    /// [`Kind::risk_of_creating`] on plain data.
    ///
    /// # Errors
    /// A state that does not decode.
    fn risk_of_creating(&self, want: &Value) -> Result<Risk, Undecodable>;
    /// Whether an edit adds something to a new resource that the plan of its creation shows: a
    /// route table is created empty, and its routes and subnets follow.
    fn completes(&self, _edit: &Edit) -> bool {
        false
    }
    /// A wanted state's leaves, for the plan of a create.
    fn state_lines(&self, want: &Value) -> Vec<Line>;
    /// [`Kind::written`] on plain data.
    ///
    /// # Errors
    /// A state that does not decode.
    fn written(&self, have: &Value, by: &dyn Naming) -> Result<Written, Undecodable>;
    /// What a live resource is called in AWS, if it has a name.
    fn called(&self, have: &Value) -> Option<String>;
    /// [`Kind::natural_keys`] of a live state.
    ///
    /// # Errors
    /// A state that does not decode.
    fn natural_keys(&self, have: &Value) -> Result<Vec<String>, Undecodable>;
    /// What a natural key has to do with the live resource of this id and state, after the key, if
    /// the key is another resource that only one of this kind can have: a subnet *uses rtb-1*. For
    /// a name there is nothing to say.
    fn held(&self, _have: &Value, _key: &str, _id: &PhysicalId) -> Option<String> {
        None
    }
    /// Whether its manifests are judged together, so that their wanted states are kept for that.
    fn judges_together(&self) -> bool {
        false
    }
    /// [`Kind::TOGETHER`] on plain data.
    ///
    /// # Errors
    /// A state that does not decode.
    fn together(
        &self,
        _wanted: &BTreeMap<&str, &Value>,
    ) -> Result<Vec<(String, Invalid)>, Undecodable> {
        Ok(Vec::new())
    }
    /// The wanted values that apply to the account in all Regions, by their place in the manifest.
    ///
    /// # Errors
    /// A state that does not decode.
    fn account_wide(&self, _want: &Value) -> Result<Vec<(String, Value)>, Undecodable> {
        Ok(Vec::new())
    }
    /// [`Kind::is_gone`] of a live state.
    ///
    /// # Errors
    /// A state that does not decode.
    fn is_gone(&self, have: &Value) -> Result<bool, Undecodable>;
    /// The names of its properties that references may name.
    fn attributes(&self) -> Vec<String> {
        Vec::new()
    }
    /// What people should know of a state and no edit changes, a sentence each: of a live one, or
    /// of the wanted one if there is no resource yet.
    fn notes(&self, _state: &Value) -> Vec<String> {
        Vec::new()
    }
    /// Where these edits move an account of the organization, if they do.
    ///
    /// # Errors
    /// An edit that does not decode.
    fn moved(&self, _edits: &[Edit]) -> Result<Option<Move>, Undecodable> {
        Ok(None)
    }
    /// [`Kind::guards`] of a state.
    ///
    /// # Errors
    /// A state that does not decode.
    fn guards(&self, state: &Value) -> Result<Vec<Guarded>, Undecodable>;
    /// The states that a live state goes through while the edits are made, one after each edit.
    ///
    /// # Errors
    /// A state or change that does not decode.
    fn states(&self, have: &Value, edits: &[Edit]) -> Result<Vec<Value>, Undecodable>;
    /// [`Kind::CONCERNS_ORGANIZATION`].
    fn concerns_organization(&self) -> bool;
    /// [`Kind::concerns`] of all these edits of a live state together, apart from tags, which
    /// change nobody's access; `None` asks about its deletion.
    ///
    /// # Errors
    /// A state or change that does not decode.
    fn concerns(
        &self,
        have: &Value,
        edits: Option<&[Edit]>,
        completing: bool,
    ) -> Result<BTreeSet<String>, Undecodable>;
    /// The port for one scope.
    fn connect(&self, access: &Access) -> Box<dyn ErasedPort>;
}

pub(super) struct Definition<K, P>(pub(super) PhantomData<fn() -> (K, P)>);
struct Connected<K, P>(P, PhantomData<fn() -> K>);

fn decode<K: Kind, T: DeserializeOwned>(
    what: &'static str,
    value: &Value,
) -> Result<T, Undecodable> {
    T::deserialize(value).map_err(|source| Undecodable::new(K::PROFILE.name, what, source))
}

fn encode<K: Kind, T: Serialize>(what: &'static str, value: &T) -> Result<Value, Undecodable> {
    serde_json::to_value(value).map_err(|source| Undecodable::new(K::PROFILE.name, what, source))
}

/// A change as plain data.
fn edit<K: Kind>(change: &K::Change) -> Result<Edit, Undecodable> {
    let key = change.key();
    let mut entries = change.entries();
    if entries.len() < 2 {
        entries.clear();
    }
    Ok(Edit {
        key,
        entries,
        risk: change.risk(),
        summary: change.to_string(),
        lines: change.lines(),
        inspect: change.inspect(),
        replaces_policy: change.replaces_policy(),
        follows: change.follows(),
        needs: change.needs(),
        stage: None,
        puts_back: false,
        together: false,
        alone: false,
        body: EditBody::Change(encode::<K, _>("change", change)?),
    })
}

impl<K: Kind, P: Port<K>> ErasedKind for Definition<K, P> {
    fn profile(&self) -> Profile {
        K::PROFILE
    }

    fn operations(&self) -> OfKind {
        K::OPERATIONS
    }

    fn errors(&self) -> &'static [Meaning] {
        K::ERRORS
    }

    fn doctor(&self) -> Doctor {
        K::DOCTOR
    }

    fn baseline(&self) -> Baseline {
        K::BASELINE
    }

    fn spec_schema(&self) -> Schema {
        SchemaSettings::draft07().into_generator().into_root_schema_for::<K::Spec>()
    }

    fn check_spec(
        &self,
        spec: &Value,
    ) -> Result<(), serde_path_to_error::Error<serde_json::Error>> {
        super::typed::<K::Spec>(spec).map(drop)
    }

    fn resolve(&self, spec: &Value, refs: &mut Refs<'_>) -> Result<Resolved, Vec<Invalid>> {
        let spec: K::Spec = super::typed(spec).map_err(|error| {
            vec![Invalid::new(error.path().to_string(), error.inner().to_string())]
        })?;
        let tags = K::tags(&spec);
        let state = K::resolve(spec, refs)?;
        let natural_keys = K::natural_keys(&state);
        let state = encode::<K, _>("state", &state)
            .map_err(|defect| vec![Invalid::new("", defect.to_string())])?;
        Ok(Resolved { state, tags, natural_keys })
    }

    fn diff(&self, want: &Value, have: &Value) -> Result<Vec<Edit>, Undecodable> {
        let (want, have) = (decode::<K, _>("state", want)?, decode::<K, _>("state", have)?);
        K::diff(&want, &have).iter().map(edit::<K>).collect()
    }

    fn otherwise(&self, edit: &Edit) -> Result<Vec<Edit>, Undecodable> {
        let EditBody::Change(change) = &edit.body else { return Ok(Vec::new()) };
        let change = decode::<K, K::Change>("change", change)?;
        K::otherwise(&change).iter().map(self::edit::<K>).collect()
    }

    fn calls<'a>(&self, edits: &'a [Edit]) -> Result<Vec<&'a [Edit]>, Undecodable> {
        let changes: Vec<Option<K::Change>> = edits
            .iter()
            .map(|edit| match &edit.body {
                EditBody::Change(change) => decode::<K, _>("change", change).map(Some),
                EditBody::Tag(_) | EditBody::Untag(_) => Ok(None),
            })
            .collect::<Result<_, _>>()?;
        let mut calls = Vec::new();
        let mut begin = 0;
        for next in 1..=edits.len() {
            let joined = match (changes.get(next - 1), changes.get(next)) {
                (Some(Some(earlier)), Some(Some(later))) => {
                    !edits[next - 1].alone && !edits[next].alone && K::joins(earlier, later)
                }
                _ => false,
            };
            if !joined {
                calls.push(&edits[begin..next]);
                begin = next;
            }
        }
        Ok(calls)
    }

    fn risk_of_creating(&self, want: &Value) -> Result<Risk, Undecodable> {
        Ok(K::risk_of_creating(&decode::<K, _>("state", want)?))
    }

    fn wish(&self, want: &Value) -> Value {
        let mut wish = want.clone();
        if let Value::Object(members) = &mut wish {
            members.retain(|name, _| !K::FACTS.contains(&name.as_str()));
        }
        wish
    }

    fn state_lines(&self, want: &Value) -> Vec<Line> {
        super::state_lines(want, K::HIDDEN)
    }

    fn written(&self, have: &Value, by: &dyn Naming) -> Result<Written, Undecodable> {
        Ok(K::written(&decode::<K, _>("state", have)?, by))
    }

    fn called(&self, have: &Value) -> Option<String> {
        decode::<K, _>("state", have).ok().and_then(|have| K::called(&have))
    }

    fn natural_keys(&self, have: &Value) -> Result<Vec<String>, Undecodable> {
        Ok(K::natural_keys(&decode::<K, _>("state", have)?))
    }

    fn judges_together(&self) -> bool {
        K::TOGETHER.is_some()
    }

    fn together(
        &self,
        wanted: &BTreeMap<&str, &Value>,
    ) -> Result<Vec<(String, Invalid)>, Undecodable> {
        let Some(together) = K::TOGETHER else { return Ok(Vec::new()) };
        let wanted = wanted
            .iter()
            .map(|(name, state)| Ok(((*name).to_owned(), decode::<K, K::State>("state", state)?)))
            .collect::<Result<_, _>>()?;
        Ok(together(&wanted))
    }

    fn unread(&self, want: &Value, have: &Value) -> Result<Vec<(String, String)>, Undecodable> {
        Ok(K::unread(&decode::<K, _>("state", want)?, &decode::<K, _>("state", have)?))
    }

    /// A state that does not decode is reported with the plan of its manifest.
    fn notes(&self, have: &Value) -> Vec<String> {
        decode::<K, _>("state", have).map(|have| K::notes(&have)).unwrap_or_default()
    }

    fn is_gone(&self, have: &Value) -> Result<bool, Undecodable> {
        Ok(K::is_gone(&decode::<K, _>("state", have)?))
    }

    fn guards(&self, state: &Value) -> Result<Vec<Guarded>, Undecodable> {
        Ok(K::guards(&decode::<K, _>("state", state)?))
    }

    fn states(&self, have: &Value, edits: &[Edit]) -> Result<Vec<Value>, Undecodable> {
        let mut state = decode::<K, K::State>("state", have)?;
        let mut states = Vec::with_capacity(edits.len());
        for edit in edits {
            if let EditBody::Change(change) = &edit.body {
                state = K::effect(state, &decode::<K, _>("change", change)?);
            }
            states.push(encode::<K, _>("state", &state)?);
        }
        Ok(states)
    }

    fn concerns_organization(&self) -> bool {
        K::CONCERNS_ORGANIZATION
    }

    fn concerns(
        &self,
        have: &Value,
        edits: Option<&[Edit]>,
        completing: bool,
    ) -> Result<BTreeSet<String>, Undecodable> {
        if !K::CONCERNS_ORGANIZATION {
            return Ok(BTreeSet::new());
        }
        let have = decode::<K, K::State>("state", have)?;
        let Some(edits) = edits else {
            return Ok(K::concerns(&have, &Intent::Delete, completing));
        };
        let mut places = BTreeSet::new();
        for edit in edits {
            if let EditBody::Change(change) = &edit.body {
                let change = decode::<K, K::Change>("change", change)?;
                places.extend(K::concerns(&have, &Intent::Change(&change), completing));
            }
        }
        Ok(places)
    }

    fn connect(&self, access: &Access) -> Box<dyn ErasedPort> {
        Box::new(Connected::<K, P>(P::connect(access), PhantomData))
    }
}
