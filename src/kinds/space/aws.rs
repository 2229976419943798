//! Spaces over the AWS SDK: the calls that are theirs.

use aws_sdk_sagemaker::{
    Client,
    types::{OwnershipSettings, SharingType, SpaceSharingSettings, SpaceStatus},
};
use serde_json::{Value, json};

use super::{AT_CREATION, DISPLAY_NAME, OWNER, SETTINGS, SHARING, SPACE_NAME};
use crate::{
    aws::{classify, sagemaker},
    kind::{
        Class, CloudError,
        table::{LeafEdit, Tree, get},
    },
    kinds::studio::{
        DOMAIN,
        aws::{
            At, Member, Names, PAGE, Told, Whose, apps, changed, once, phase, plain, send, state,
            without_none,
        },
    },
    model::Tags,
};

/// Spaces.
#[derive(Debug)]
pub struct Spaces;

const CREATE: &str = "sagemaker:CreateSpace";
const UPDATE: &str = "sagemaker:UpdateSpace";

impl Member for Spaces {
    const LISTS: &'static [&'static str] = &["sagemaker:ListSpaces"];
    const READ: &'static str = "sagemaker:DescribeSpace";
    const NAME: &'static str = SPACE_NAME;
    const SORT: &'static str = "space";

    fn folded(name: &str) -> String {
        name.to_owned()
    }

    async fn page(client: &Client, token: Option<String>) -> Result<Names, CloudError> {
        let call = client.list_spaces().max_results(PAGE).set_next_token(token);
        let page = call.send().await.map_err(|error| classify(Self::LISTS[0], &error))?;
        let all = page.spaces.unwrap_or_default().into_iter();
        Ok((all.map(|it| (it.domain_id, it.space_name)).collect(), page.next_token))
    }

    async fn describe(at: At<'_>) -> Result<Told, CloudError> {
        let live = at.client.describe_space().domain_id(at.domain).space_name(at.name).send().await;
        let live = live.map_err(|error| classify(Self::READ, &error))?;
        let status = live.status.as_ref().map(SpaceStatus::as_str);
        let (phase, failure) = phase(status, live.failure_reason);
        let owner = live.ownership_settings.and_then(|it| it.owner_user_profile_name);
        let sharing = live.space_sharing_settings.and_then(|it| it.sharing_type);
        let members = [
            (DOMAIN, plain(&live.domain_id)),
            (SPACE_NAME, plain(&live.space_name)),
            (OWNER, owner.map(|name| json!(format!("{}/{}", at.domain, name.to_lowercase())))),
            (SHARING, plain(&sharing)),
            (DISPLAY_NAME, plain(&live.space_display_name)),
            (SETTINGS, plain(&live.space_settings)),
        ];
        Ok(Told { arn: live.space_arn, phase, state: state(at.facts, &failure, members) })
    }

    async fn create(at: At<'_>, want: &Tree, tags: &Tags) -> Result<(), CloudError> {
        let all = without_none(want);
        let owner = owner_in(&all, at.domain)?
            .map(|name| OwnershipSettings::builder().owner_user_profile_name(name).build());
        let sharing: Option<SharingType> = send(CREATE, &all, SHARING)?;
        let sharing = sharing.map(|it| SpaceSharingSettings::builder().sharing_type(it).build());
        let call = at
            .client
            .create_space()
            .domain_id(at.domain)
            .space_name(at.name)
            .set_ownership_settings(owner)
            .set_space_sharing_settings(sharing)
            .set_space_display_name(send(CREATE, &all, DISPLAY_NAME)?)
            .set_space_settings(send(CREATE, &all, SETTINGS)?)
            .set_tags(Some(sagemaker::sdk_tags(tags)));
        let made = call.customize().config_override(once()).send().await;
        made.map(drop).map_err(|error| classify(CREATE, &error))
    }

    async fn update(at: At<'_>, have: &Tree, edits: &[LeafEdit]) -> Result<(), CloudError> {
        let members = changed(have, edits, &AT_CREATION);
        let call = at
            .client
            .update_space()
            .domain_id(at.domain)
            .space_name(at.name)
            .set_space_display_name(send(UPDATE, &members, DISPLAY_NAME)?)
            .set_space_settings(send(UPDATE, &members, SETTINGS)?);
        call.send().await.map(drop).map_err(|error| classify(UPDATE, &error))
    }

    async fn delete(at: At<'_>) -> Result<(), CloudError> {
        let sent = at.client.delete_space().domain_id(at.domain).space_name(at.name).send().await;
        sent.map(drop).map_err(|error| classify("sagemaker:DeleteSpace", &error))
    }

    async fn obstacles(at: At<'_>) -> Result<Vec<String>, CloudError> {
        apps(at.client, at.domain, Whose::Space(at.name)).await
    }
}

/// The name of the owner in the space's domain. One of another domain is refused here: AWS would
/// look for somebody of the same name in this one.
fn owner_in<'w>(want: &'w Tree, domain: &str) -> Result<Option<&'w str>, CloudError> {
    let Value::String(owner) = get(want, OWNER) else { return Ok(None) };
    match owner.split_once('/') {
        Some((of, name)) if of == domain => Ok(Some(name)),
        _ => {
            let why = format!("its owner {owner} is not in its domain, {domain}");
            Err(CloudError::new(CREATE, Class::Rejected, why))
        }
    }
}

/// Whether the SDK's shape of settings has a member at a path.
#[cfg(test)]
pub(super) fn knows(path: &str) -> bool {
    crate::kinds::studio::aws::knows::<aws_sdk_sagemaker::types::SpaceSettings>(path)
}

/// Settings as the SDK's shape and back.
#[cfg(test)]
pub(super) fn there_and_back(settings: &Value) -> Result<Value, String> {
    crate::kinds::studio::aws::there_and_back::<aws_sdk_sagemaker::types::SpaceSettings>(settings)
}
