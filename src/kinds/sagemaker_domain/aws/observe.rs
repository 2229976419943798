//! Reads domains and what they contain.

use aws_sdk_sagemaker::{operation::describe_domain::DescribeDomainOutput, types::DomainStatus};
use serde_json::{Value, json};

use super::Domains;
use crate::{
    aws::{classify, sagemaker},
    kind::{
        Class, CloudError, ScopeFacts,
        table::{Tree, keys, tree},
    },
    kinds::{
        sagemaker_domain::{APP_ACCESS, IDENTITY_CONFIG, SUBNETS},
        studio::{
            aws::{PAGE, every_page, gone, phase, plain, state},
            has,
        },
    },
    model::{Observed, PhysicalId, Tags},
};

impl Domains {
    /// A complete domain; nothing if it is gone.
    pub(super) async fn domain(
        &self,
        id: &PhysicalId,
        tags: Option<&Tags>,
    ) -> Result<Option<Observed<Value>>, CloudError> {
        let Some(live) = gone(self.describe(id).await)? else { return Ok(None) };
        let Some(arn) = live.domain_arn.clone() else {
            let why = "a domain without ARN";
            return Err(CloudError::new("sagemaker:DescribeDomain", Class::Unknown, why));
        };
        let tags = match tags {
            Some(tags) => tags.clone(),
            None => match gone(sagemaker::tags_of(&self.client, &arn).await)? {
                Some(tags) => tags,
                None => return Ok(None),
            },
        };
        let status = live.status.as_ref().map(DomainStatus::as_str);
        let (phase, failure) = phase(status, live.failure_reason.clone());
        let state = Value::Object(state_of(live, &failure, &self.facts));
        Ok(Some(Observed { id: id.clone(), arn, tags, phase, state }))
    }

    async fn describe(&self, id: &PhysicalId) -> Result<DescribeDomainOutput, CloudError> {
        let call = self.client.describe_domain().domain_id(id.as_str());
        call.send().await.map_err(|error| classify("sagemaker:DescribeDomain", &error))
    }

    /// The spaces and user profiles of a domain.
    pub(super) async fn contents(&self, id: &PhysicalId) -> Result<Vec<String>, CloudError> {
        let spaces = every_page!(
            "sagemaker:ListSpaces",
            self.client.list_spaces().domain_id_equals(id.as_str()).max_results(PAGE),
            spaces
        );
        let profiles = every_page!(
            "sagemaker:ListUserProfiles",
            self.client.list_user_profiles().domain_id_equals(id.as_str()).max_results(PAGE),
            user_profiles
        );
        let spaces = spaces.into_iter().filter_map(|space| space.space_name);
        let profiles = profiles.into_iter().filter_map(|profile| profile.user_profile_name);
        Ok(spaces
            .map(|name| format!("space {name}"))
            .chain(profiles.map(|name| format!("user profile {name}")))
            .collect())
    }
}

fn state_of(live: DescribeDomainOutput, failure: &Option<String>, facts: &ScopeFacts) -> Tree {
    #[expect(deprecated, reason = "the only name that domains of before KmsKeyId are sure to have")]
    let key = live.kms_key_id.or(live.home_efs_file_system_kms_key_id);
    let key = key.filter(|key| !key.is_empty()).map(|key| json!(keys::arn(&key, facts)));
    // What AWS does not tell is its documented default.
    let told = |value: Option<Value>, default: &str| Some(value.unwrap_or_else(|| json!(default)));
    let home = plain(&live.home_efs_file_system_creation);
    let mut have = state(
        facts,
        failure,
        [
            ("domainName", plain(&live.domain_name)),
            ("authMode", plain(&live.auth_mode)),
            ("vpc", plain(&live.vpc_id)),
            (SUBNETS, plain(&live.subnet_ids)),
            (APP_ACCESS, told(plain(&live.app_network_access_type), "PublicInternetOnly")),
            ("appSecurityGroupManagement", plain(&live.app_security_group_management)),
            ("kmsKey", key),
            ("tagPropagation", told(plain(&live.tag_propagation), "DISABLED")),
            ("homeEfsFileSystemCreation", told(home, "Enabled")),
            ("defaultUserSettings", plain(&live.default_user_settings)),
            ("defaultSpaceSettings", plain(&live.default_space_settings)),
            ("domainSettings", plain(&live.domain_settings)),
        ],
    );
    // No configuration and a disabled one are the same to AWS; only changing it needs stopped apps.
    if !has(&have, IDENTITY_CONFIG) {
        tree::put(&mut have, IDENTITY_CONFIG, json!("DISABLED"));
    }
    have
}
