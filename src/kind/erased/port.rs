//! Ports as plain data: arguments are decoded, and results are encoded.

use futures::FutureExt as _;
use serde_json::Value;

use super::{Connected, Edit, EditBody, Undecodable, decode, encode};
use crate::{
    kind::{Ask, CloudError, Erased, Intent, Kind, Population, Port},
    model::{Observed, PhysicalId, Tags},
};

/// A port whose types have been erased.
pub trait ErasedPort: Send + Sync {
    /// [`Port::observe`].
    fn observe<'a>(&'a self, ask: &'a Ask) -> Erased<'a, Result<Population<Value>, CloudError>>;
    /// [`Port::create`].
    fn create<'a>(
        &'a self,
        want: &'a Value,
        tags: &'a Tags,
        token: &'a str,
    ) -> Erased<'a, Result<PhysicalId, CloudError>>;
    /// [`Port::change`], [`Port::tag`] or [`Port::untag`]: one of the calls that
    /// [`ErasedKind::calls`](super::ErasedKind::calls) returns.
    fn edit<'a>(
        &'a self,
        have: &'a Observed<Value>,
        call: &'a [Edit],
    ) -> Erased<'a, Result<(), CloudError>>;
    /// [`Port::delete`].
    fn delete<'a>(
        &'a self,
        have: &'a Observed<Value>,
        want: Option<&'a Value>,
    ) -> Erased<'a, Result<(), CloudError>>;
    /// [`Port::obstacles`]; `None` asks about deletion.
    fn obstacles<'a>(
        &'a self,
        have: &'a Observed<Value>,
        edit: Option<&'a Edit>,
    ) -> Erased<'a, Result<Vec<String>, CloudError>>;
}

fn decode_observed<K: Kind>(have: &Observed<Value>) -> Result<Observed<K::State>, Undecodable> {
    Ok(Observed {
        id: have.id.clone(),
        arn: have.arn.clone(),
        tags: have.tags.clone(),
        phase: have.phase.clone(),
        state: decode::<K, _>("state", &have.state)?,
    })
}

impl<K: Kind, P: Port<K>> ErasedPort for Connected<K, P> {
    fn observe<'a>(&'a self, ask: &'a Ask) -> Erased<'a, Result<Population<Value>, CloudError>> {
        async move {
            let Population { whole, unread, others } = self.0.observe(ask).await?;
            let whole: Result<Vec<_>, CloudError> = whole
                .into_iter()
                .map(|live| {
                    Ok(Observed {
                        state: encode::<K, _>("state", &live.state)?,
                        id: live.id,
                        arn: live.arn,
                        tags: live.tags,
                        phase: live.phase,
                    })
                })
                .collect();
            Ok(Population { whole: whole?, unread, others })
        }
        .boxed()
    }

    fn create<'a>(
        &'a self,
        want: &'a Value,
        tags: &'a Tags,
        token: &'a str,
    ) -> Erased<'a, Result<PhysicalId, CloudError>> {
        async move { self.0.create(&decode::<K, _>("state", want)?, tags, token).await }.boxed()
    }

    fn edit<'a>(
        &'a self,
        have: &'a Observed<Value>,
        call: &'a [Edit],
    ) -> Erased<'a, Result<(), CloudError>> {
        async move {
            let have = decode_observed::<K>(have)?;
            let mut changes = Vec::with_capacity(call.len());
            for edit in call {
                match &edit.body {
                    EditBody::Change(change) => changes.push(decode::<K, _>("change", change)?),
                    EditBody::Tag(set) => self.0.tag(&have, set).await?,
                    EditBody::Untag(keys) => self.0.untag(&have, keys).await?,
                }
            }
            if changes.is_empty() { Ok(()) } else { self.0.change(&have, &changes).await }
        }
        .boxed()
    }

    fn delete<'a>(
        &'a self,
        have: &'a Observed<Value>,
        want: Option<&'a Value>,
    ) -> Erased<'a, Result<(), CloudError>> {
        async move {
            let want = want.map(|want| decode::<K, K::State>("state", want)).transpose()?;
            self.0.delete(&decode_observed::<K>(have)?, want.as_ref()).await
        }
        .boxed()
    }

    fn obstacles<'a>(
        &'a self,
        have: &'a Observed<Value>,
        edit: Option<&'a Edit>,
    ) -> Erased<'a, Result<Vec<String>, CloudError>> {
        async move {
            let have = decode_observed::<K>(have)?;
            match edit.map(|edit| &edit.body) {
                None => self.0.obstacles(&have, Intent::Delete).await,
                Some(EditBody::Change(change)) => {
                    let change = decode::<K, _>("change", change)?;
                    self.0.obstacles(&have, Intent::Change(&change)).await
                }
                Some(EditBody::Tag(_) | EditBody::Untag(_)) => Ok(Vec::new()),
            }
        }
        .boxed()
    }
}
