//! Domains, user profiles and spaces as they really are.

use std::collections::BTreeSet;

use serde_json::Value;

use super::store::Store;
use crate::{
    kinds::{
        notebook_instance, notebook_lifecycle_config, sagemaker_domain, space,
        studio_lifecycle_config, user_profile,
    },
    simulator::{
        api::{Holes, Kind, Repeated},
        truth::{Thing, Truth, leaves},
    },
};

/// What monitors watch in SageMaker.
pub(super) const KINDS: &[Kind] =
    &[DOMAIN, PROFILE, SPACE, NOTEBOOK, NOTEBOOK_CONFIG, STUDIO_CONFIG];

/// Notebook instances.
pub(super) const NOTEBOOK: Kind = Kind {
    name: notebook_instance::NAME,
    list: "ListNotebookInstances",
    narrowed_by: &["NameContains", "NotebookInstanceLifecycleConfigNameContains"],
    create: "CreateNotebookInstance",
    created: &["/NotebookInstanceArn"],
    delete: "DeleteNotebookInstance",
    told_by: &[],
    repeated: Repeated::Name,
    vital: &[
        "sagemaker:DescribeNotebookInstance",
        "sagemaker:UpdateNotebookInstance",
        "sagemaker:StartNotebookInstance",
        "iam:PassRole",
    ],
    lost: |_| None,
    holes: Holes {
        added: &["RoleArn", "LifecycleConfigName"],
        whole: &["RootAccess \"Enabled\"", "MinimumInstanceMetadataServiceVersion \"1\""],
        missing: &[],
    },
};

/// Lifecycle configurations of notebook instances. What a script lets anybody do is not known.
pub(super) const NOTEBOOK_CONFIG: Kind = Kind {
    name: notebook_lifecycle_config::NAME,
    list: "ListNotebookInstanceLifecycleConfigs",
    narrowed_by: &["NameContains"],
    create: "CreateNotebookInstanceLifecycleConfig",
    created: &["/NotebookInstanceLifecycleConfigArn"],
    delete: "DeleteNotebookInstanceLifecycleConfig",
    told_by: &[],
    repeated: Repeated::Name,
    vital: &[
        "sagemaker:DescribeNotebookInstanceLifecycleConfig",
        "sagemaker:UpdateNotebookInstanceLifecycleConfig",
    ],
    lost: |_| None,
    holes: Holes { added: &["OnCreate", "OnStart"], whole: &[], missing: &[] },
};

/// Lifecycle configurations of Studio. They never change.
pub(super) const STUDIO_CONFIG: Kind = Kind {
    name: studio_lifecycle_config::NAME,
    list: "ListStudioLifecycleConfigs",
    narrowed_by: &["NameContains", "AppTypeEquals"],
    create: "CreateStudioLifecycleConfig",
    created: &["/StudioLifecycleConfigArn"],
    delete: "DeleteStudioLifecycleConfig",
    told_by: &[],
    repeated: Repeated::Name,
    vital: &["sagemaker:DescribeStudioLifecycleConfig"],
    lost: |_| None,
    holes: Holes { added: &[], whole: &[], missing: &[] },
};

const DOMAIN: Kind = Kind {
    name: sagemaker_domain::NAME,
    list: "ListDomains",
    narrowed_by: &[],
    told_by: &[],
    create: "CreateDomain",
    // In older answers SageMaker names a domain by its ARN only.
    created: &["/DomainId", "/DomainArn"],
    delete: "DeleteDomain",
    repeated: Repeated::Another,
    vital: &["sagemaker:DescribeDomain", "sagemaker:UpdateDomain", "iam:PassRole"],
    lost: |_| None,
    holes: Holes {
        added: &[],
        whole: &["EnableDockerAccess \"ENABLED\"", "AppNetworkAccessType \"PublicInternetOnly\""],
        missing: &[],
    },
};

/// User profiles.
pub(super) const PROFILE: Kind = Kind {
    name: user_profile::NAME,
    list: "ListUserProfiles",
    narrowed_by: &["DomainIdEquals", "UserProfileNameContains"],
    create: "CreateUserProfile",
    created: &["/UserProfileArn"],
    delete: "DeleteUserProfile",
    told_by: &[],
    repeated: Repeated::Name,
    vital: &["sagemaker:DescribeUserProfile", "sagemaker:UpdateUserProfile", "iam:PassRole"],
    lost: |_| None,
    holes: Holes {
        added: &["UserSettings.SecurityGroups "],
        whole: &["NotebookOutputOption \"Allowed\""],
        missing: &[],
    },
};

/// Spaces.
pub(super) const SPACE: Kind = Kind {
    name: space::NAME,
    list: "ListSpaces",
    narrowed_by: &["DomainIdEquals", "SpaceNameContains"],
    create: "CreateSpace",
    created: &["/SpaceArn"],
    delete: "DeleteSpace",
    told_by: &[],
    repeated: Repeated::Name,
    vital: &["sagemaker:DescribeSpace", "sagemaker:UpdateSpace"],
    lost: |_| None,
    holes: Holes { added: &[], whole: &["RemoteAccess \"ENABLED\""], missing: &[] },
};

impl Store {
    /// Adds all domains that exist and stay.
    pub(super) fn add_domains(&self, account: &str, truth: &mut Truth) {
        for domain in self.domains.values().filter(|domain| domain.lifecycle.stays()) {
            let mut facts = BTreeSet::from([format!("name {}", domain.name)]);
            leaves("settings", &Value::Object(domain.settings.clone()), &mut facts);
            let tags = self.records.tags.get(&domain.arn).cloned().unwrap_or_default();
            let account = account.to_owned();
            let thing = Thing { kind: sagemaker_domain::NAME, account, tags, facts };
            truth.things.insert(domain.id.clone(), thing);
        }
    }
}
