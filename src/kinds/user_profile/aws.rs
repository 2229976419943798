//! User profiles over the AWS SDK: the calls that are theirs.

use aws_sdk_sagemaker::{Client, types::UserProfileStatus};

use super::{IDENTIFIER, SETTINGS, USER, USER_NAME};
use crate::{
    aws::{classify, sagemaker},
    kind::{
        CloudError,
        table::{LeafEdit, Tree},
    },
    kinds::studio::{
        DOMAIN,
        aws::{
            At, Member, Names, PAGE, Told, Whose, apps, changed, every_page, once, phase, plain,
            send, state, without_none,
        },
    },
    model::Tags,
};

/// User profiles.
#[derive(Debug)]
pub struct Profiles;

impl Member for Profiles {
    const LISTS: &'static [&'static str] = &["sagemaker:ListUserProfiles"];
    const READ: &'static str = "sagemaker:DescribeUserProfile";
    const NAME: &'static str = USER_NAME;
    const SORT: &'static str = "user-profile";

    /// AWS does not tell names apart by case (API reference of `CreateUserProfile`).
    fn folded(name: &str) -> String {
        name.to_lowercase()
    }

    async fn page(client: &Client, token: Option<String>) -> Result<Names, CloudError> {
        let call = client.list_user_profiles().max_results(PAGE).set_next_token(token);
        let page = call.send().await.map_err(|error| classify(Self::LISTS[0], &error))?;
        let all = page.user_profiles.unwrap_or_default().into_iter();
        Ok((all.map(|it| (it.domain_id, it.user_profile_name)).collect(), page.next_token))
    }

    async fn describe(at: At<'_>) -> Result<Told, CloudError> {
        let call = at.client.describe_user_profile().domain_id(at.domain);
        let live = call.user_profile_name(at.name).send().await;
        let live = live.map_err(|error| classify(Self::READ, &error))?;
        let status = live.status.as_ref().map(UserProfileStatus::as_str);
        let (phase, failure) = phase(status, live.failure_reason);
        let name = live.user_profile_name.map(|name| Self::folded(&name));
        let members = [
            (DOMAIN, plain(&live.domain_id)),
            (USER_NAME, plain(&name)),
            (IDENTIFIER, plain(&live.single_sign_on_user_identifier)),
            (USER, plain(&live.single_sign_on_user_value)),
            (SETTINGS, plain(&live.user_settings)),
        ];
        let state = state(at.facts, &failure, members);
        Ok(Told { arn: live.user_profile_arn, phase, state })
    }

    async fn create(at: At<'_>, want: &Tree, tags: &Tags) -> Result<(), CloudError> {
        const CALL: &str = "sagemaker:CreateUserProfile";
        let all = without_none(want);
        let call = at
            .client
            .create_user_profile()
            .domain_id(at.domain)
            .user_profile_name(at.name)
            .set_single_sign_on_user_identifier(send(CALL, &all, IDENTIFIER)?)
            .set_single_sign_on_user_value(send(CALL, &all, USER)?)
            .set_user_settings(send(CALL, &all, SETTINGS)?)
            .set_tags(Some(sagemaker::sdk_tags(tags)));
        let made = call.customize().config_override(once()).send().await;
        made.map(drop).map_err(|error| classify(CALL, &error))
    }

    async fn update(at: At<'_>, have: &Tree, edits: &[LeafEdit]) -> Result<(), CloudError> {
        const CALL: &str = "sagemaker:UpdateUserProfile";
        let members = changed(have, edits, &[]);
        let call = at
            .client
            .update_user_profile()
            .domain_id(at.domain)
            .user_profile_name(at.name)
            .set_user_settings(send(CALL, &members, SETTINGS)?);
        call.send().await.map(drop).map_err(|error| classify(CALL, &error))
    }

    async fn delete(at: At<'_>) -> Result<(), CloudError> {
        let call = at.client.delete_user_profile().domain_id(at.domain).user_profile_name(at.name);
        let sent = call.send().await;
        sent.map(drop).map_err(|error| classify("sagemaker:DeleteUserProfile", &error))
    }

    /// Its apps, and the spaces of its own: both need it.
    async fn obstacles(at: At<'_>) -> Result<Vec<String>, CloudError> {
        let mut found = apps(at.client, at.domain, Whose::User(at.name)).await?;
        let spaces = every_page!(
            "sagemaker:ListSpaces",
            at.client.list_spaces().domain_id_equals(at.domain).max_results(PAGE),
            spaces
        );
        let own = spaces.into_iter().filter(|space| {
            let owner = space.ownership_settings_summary.as_ref();
            let owner = owner.and_then(|it| it.owner_user_profile_name.as_deref());
            owner.is_some_and(|owner| Self::folded(owner) == at.name)
        });
        found.extend(own.filter_map(|space| Some(format!("space {}", space.space_name?))));
        Ok(found)
    }
}

/// Whether the SDK's shape of settings has a member at a path.
#[cfg(test)]
pub(super) fn knows(path: &str) -> bool {
    crate::kinds::studio::aws::knows::<aws_sdk_sagemaker::types::UserSettings>(path)
}

/// Settings as the SDK's shape and back.
#[cfg(test)]
pub(super) fn there_and_back(settings: &serde_json::Value) -> Result<serde_json::Value, String> {
    crate::kinds::studio::aws::there_and_back::<aws_sdk_sagemaker::types::UserSettings>(settings)
}
