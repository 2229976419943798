//! The port of a table kind with typed states, for the tests of kinds.

use std::marker::PhantomData;

use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

use crate::{
    kind::{
        Ask, CloudError, Population,
        erased::{Edit, ErasedPort},
    },
    model::{Observed, PhysicalId, Tags},
};

/// A port whose states are `S`.
pub(crate) struct Port<S>(Box<dyn ErasedPort>, PhantomData<fn() -> S>);

impl<S: Serialize + DeserializeOwned> Port<S> {
    pub(crate) fn new(port: Box<dyn ErasedPort>) -> Self {
        Self(port, PhantomData)
    }

    pub(crate) async fn observe(&self, ask: &Ask) -> Result<Population<S>, CloudError> {
        let Population { whole, unread, others } = self.0.observe(ask).await?;
        let whole = whole.into_iter().map(|live| Observed {
            state: serde_json::from_value(live.state).expect("a state"),
            id: live.id,
            arn: live.arn,
            tags: live.tags,
            phase: live.phase,
        });
        Ok(Population { whole: whole.collect(), unread, others })
    }

    pub(crate) async fn create(
        &self,
        want: &S,
        tags: &Tags,
        token: &str,
    ) -> Result<PhysicalId, CloudError> {
        self.0.create(&json!(want), tags, token).await
    }

    pub(crate) async fn change(&self, have: &Observed<S>, edit: &Edit) -> Result<(), CloudError> {
        self.call(have, std::slice::from_ref(edit)).await
    }

    /// The one call of these edits.
    pub(crate) async fn call(&self, have: &Observed<S>, edits: &[Edit]) -> Result<(), CloudError> {
        self.0.edit(&erased(have), edits).await
    }

    pub(crate) async fn delete(
        &self,
        have: &Observed<S>,
        want: Option<&S>,
    ) -> Result<(), CloudError> {
        self.0.delete(&erased(have), want.map(|want| json!(want)).as_ref()).await
    }

    /// What prevents its deletion.
    pub(crate) async fn obstacles(&self, have: &Observed<S>) -> Result<Vec<String>, CloudError> {
        self.0.obstacles(&erased(have), None).await
    }
}

fn erased<S: Serialize>(have: &Observed<S>) -> Observed<Value> {
    Observed {
        id: have.id.clone(),
        arn: have.arn.clone(),
        tags: have.tags.clone(),
        phase: have.phase.clone(),
        state: json!(have.state),
    }
}
