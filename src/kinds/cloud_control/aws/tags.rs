//! Tags of resources whose ARN nobody says: they are written whole, as a property.

use serde_json::{Value, json};

use super::{Operation, Resources, changing, read::with_tags};
use crate::{
    aws::resource_control::Request,
    kind::{Class, CloudError},
    model::{Observed, Tags},
};

impl Resources {
    /// Whether tags can be set after the create call.
    pub(super) fn may_be_tagged(&self) -> Result<(), CloudError> {
        let of = self.of()?;
        if !of.overlay.operations.fixed_tags {
            return Ok(());
        }
        let name = of.overlay.name;
        let why = format!("AWS takes tags of {name} when it creates one, and never again");
        Err(CloudError::new("palisade:Tag", Class::Rejected, why))
    }

    /// Writes the tags that AWS returned in this pass, with a change. Those of others stay; AWS's
    /// own are not sent.
    pub(super) async fn write_tags(
        &self,
        have: &Observed<Value>,
        change: impl FnOnce(&mut Tags),
    ) -> Result<(), CloudError> {
        let of = self.of()?;
        let Some(tagging) = &of.facts.tags else { return Ok(()) };
        let mut tags = have.tags.clone();
        tags.retain(|key, _| !key.starts_with("aws:"));
        change(&mut tags);
        let model = with_tags(of, json!({}), &tags);
        let path = format!("/{}", tagging.property);
        let patch = json!([{"op": "add", "path": path, "value": model[&tagging.property]}]);
        let id = have.id.as_str();
        let base = format!("tags {} {id} {}", of.overlay.name, json!([have.tags, patch]));
        let call = async |token: String| {
            self.cloud_control.update((of.overlay.name, id), &patch, &token).await
        };
        let entry = |request: &Request| changing(Operation::Update, request, id);
        self.sent.send(id, &base, entry, call, async |_| Ok(false)).await.map(drop)
    }
}
