//! Types that nobody has reviewed: read by identifier, never written.

use serde_json::{Value, json};

use super::super::table::TYPE;
use crate::{
    aws::{
        Access,
        resource_control::{CloudControl, Described},
    },
    kind::{
        Class, CloudError, ScopeFacts,
        erased::ErasedPort,
        table::{
            ACCOUNT, Found, LeafEdit, Live, PARTITION, PROPERTIES, Page, Service, Shape, Tree,
        },
    },
    model::{Observed, Phase, PhysicalId, Tags},
};

/// The port of a type in one scope.
pub(in crate::kinds::cloud_control) fn open(access: &Access, shape: Shape) -> Box<dyn ErasedPort> {
    let service = Unreviewed { name: shape.kind, ..Unreviewed::connect(access) };
    Live::of(service, access, shape)
}

#[derive(Debug)]
struct Unreviewed {
    name: &'static str,
    cloud_control: CloudControl,
    facts: ScopeFacts,
}

impl Unreviewed {
    /// Whoever calls it would write without knowing what that risks: a defect in palisade.
    fn never(&self) -> CloudError {
        let why = format!("{} is only observed", self.name);
        CloudError::new("palisade:Observe", Class::Refused, why)
    }
}

impl Service for Unreviewed {
    const LISTS: &'static [&'static str] = &[];

    fn connect(access: &Access) -> Self {
        Self { name: "", cloud_control: access.cloud_control.clone(), facts: access.facts.clone() }
    }

    fn looked_for(&self, ask: &crate::kind::Ask) -> std::collections::BTreeSet<PhysicalId> {
        ask.adopt.clone()
    }

    async fn page(&self, _: usize, _: Option<String>) -> Result<Page, CloudError> {
        Ok(Page::default())
    }

    async fn tags(&self, _: &Found) -> Result<Option<Tags>, CloudError> {
        Ok(None)
    }

    async fn find(&self, id: &PhysicalId) -> Result<Option<Found>, CloudError> {
        let Some(Described { properties, .. }) =
            self.cloud_control.get(self.name, id.as_str()).await?
        else {
            return Ok(None);
        };
        let state = Tree::from_iter([
            (TYPE.to_owned(), json!(self.name)),
            (PROPERTIES.to_owned(), properties),
            (PARTITION.to_owned(), json!(self.facts.partition)),
            (ACCOUNT.to_owned(), json!(self.facts.account)),
        ]);
        // By the identifier that the manifest says, whatever spelling AWS answers with.
        let whole = Observed {
            id: id.clone(),
            arn: String::new(),
            tags: Tags::new(),
            phase: Phase::Ready,
            state: Value::Object(state),
        };
        let (tags, whole) = (Some(Tags::new()), Some(whole));
        Ok(Some(Found { tags, whole, ..Found::of(id.clone()) }))
    }

    async fn read(&self, _: &Found, _: &Tags) -> Result<Option<Observed<Value>>, CloudError> {
        Ok(None)
    }

    fn arn(&self, _: &PhysicalId) -> Option<String> {
        None
    }

    async fn create(&self, _: &Tree, _: &Tags, _: &str) -> Result<PhysicalId, CloudError> {
        Err(self.never())
    }

    async fn send(&self, _: &Observed<Value>, _: &[LeafEdit]) -> Result<(), CloudError> {
        Err(self.never())
    }

    async fn tag(&self, _: &Observed<Value>, _: &Tags) -> Result<(), CloudError> {
        Err(self.never())
    }

    async fn untag(&self, _: &Observed<Value>, _: &[String]) -> Result<(), CloudError> {
        Err(self.never())
    }

    async fn delete(&self, _: &Observed<Value>, _: Option<&Tree>) -> Result<(), CloudError> {
        Err(self.never())
    }
}
