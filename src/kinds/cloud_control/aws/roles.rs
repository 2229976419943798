//! What IAM's own calls do for roles: the resource groups tagging API does not know them (its user
//! guide, supported services).

use aws_sdk_iam::types::Tag;

use super::super::iam_role::{LIST, TAG, UNTAG};
use crate::{
    aws::{Access, classify, lookup::Pages},
    kind::{Class, CloudError},
    model::Tags,
};

/// Roles on a page: the most (API reference).
const A_PAGE: i32 = 1000;

/// Roles of one account.
#[derive(Debug, Clone)]
pub(super) struct Roles {
    client: aws_sdk_iam::Client,
    /// The path below which palisade may have roles; none where it has none.
    path: Option<String>,
}

impl Roles {
    pub(super) fn connect(access: &Access) -> Self {
        Self { client: access.iam.clone(), path: access.identity_path.clone() }
    }

    /// The names of all roles below the path of the settings: ours are among them.
    pub(super) async fn names(&self) -> Result<Vec<String>, CloudError> {
        let Some(path) = &self.path else { return Ok(Vec::new()) };
        let (mut pages, mut marker, mut names) = (Pages::of(LIST), None, Vec::new());
        loop {
            let call = self.client.list_roles().path_prefix(path).max_items(A_PAGE);
            let answer = call.set_marker(marker).send().await;
            let page = answer.map_err(|error| classify(LIST, &error))?;
            names.extend(page.roles.into_iter().map(|role| role.role_name));
            if page.is_truncated && page.marker.is_none() {
                let why = "a page that is not the last and says no other";
                return Err(CloudError::new(LIST, Class::Unknown, why));
            }
            marker = pages.next(page.marker.filter(|_| page.is_truncated))?;
            if marker.is_none() {
                return Ok(names);
            }
        }
    }

    pub(super) async fn tag(&self, name: &str, set: &Tags) -> Result<(), CloudError> {
        let mut tags = Vec::new();
        for (key, value) in set {
            let tag = Tag::builder().key(key).value(value).build();
            let defect = |_| CloudError::new(TAG, Class::Rejected, "a tag without key or value");
            tags.push(tag.map_err(defect)?);
        }
        let call = self.client.tag_role().role_name(name).set_tags(Some(tags));
        call.send().await.map(drop).map_err(|error| classify(TAG, &error))
    }

    pub(super) async fn untag(&self, name: &str, keys: &[String]) -> Result<(), CloudError> {
        let call = self.client.untag_role().role_name(name).set_tag_keys(Some(keys.to_vec()));
        call.send().await.map(drop).map_err(|error| classify(UNTAG, &error))
    }
}
