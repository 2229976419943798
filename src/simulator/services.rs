//! The only list of services. A service is a folder and a line here.

use super::{
    api::{Api, Kind, Named, Place, Service},
    iam::Directory,
    service::Options,
    truth::Truth,
};

/// Each line has the service's module, which contains its `API`, and the type of its state.
macro_rules! services {
    ($($(#[$meaning:meta])* $module:ident: $state:ty,)*) => {
        /// The state of every service.
        #[derive(Debug, Clone)]
        pub struct Services {
            $($(#[$meaning])* pub $module: $state,)*
        }

        /// The properties of each service.
        pub(super) static APIS: &[&Api] = &[$(&super::$module::API,)*];

        impl Services {
            /// The initial state of every service.
            pub(super) fn new(options: &Options) -> Self {
                Self { $($module: <$state as Service>::begin(options),)* }
            }

            fn all(&self) -> impl Iterator<Item = (&'static Api, &dyn Service)> {
                let all: Vec<(&'static Api, &dyn Service)> =
                    vec![$((&super::$module::API, &self.$module as &dyn Service),)*];
                all.into_iter()
            }

            /// The state of the service with this name.
            pub(super) fn named(&mut self, name: &str) -> Option<&mut dyn Service> {
                $(if super::$module::API.name == name {
                    return Some(&mut self.$module);
                })*
                None
            }
        }
    };
}

services! {
    /// Networks, security groups and endpoints.
    ec2: super::ec2::Ec2,
    /// What Bedrock logs.
    bedrock: super::bedrock::Logs,
    /// Whom AWS writes to in addition to the owner of an account.
    contacts: super::contacts::Contacts,
    /// The password policies of IAM.
    passwords: super::passwords::Passwords,
    /// What S3 allows of public access in an account.
    s3_control: super::s3_control::Blocks,
    /// Keys, aliases and their policies.
    kms: super::kms::Kms,
    /// The organization, its policies and their attachments.
    organizations: super::organizations::Organizations,
    /// Studio domains.
    sagemaker: super::sagemaker::SageMaker,
    /// The sessions.
    sts: super::sts::Sts,
}

impl Services {
    /// The current truth.
    pub(super) fn truth(&self) -> Truth {
        let mut truth = Truth::default();
        for (_, service) in self.all() {
            service.add_truth(&mut truth);
        }
        truth
    }

    /// The state of the service with this name, read-only.
    pub(super) fn get(&self, name: &str) -> Option<&dyn Service> {
        self.all().find(|(api, _)| api.name == name).map(|(_, service)| service)
    }
}

impl Directory for Services {
    fn find(&self, service: &str, place: Place<'_>, name: &str) -> Option<Named> {
        self.get(service)?.find(place, name)
    }
}

/// The properties of the service with this name.
pub(super) fn api(name: &str) -> Option<&'static Api> {
    APIS.iter().copied().find(|api| api.name == name)
}

/// Every kind of resource that monitors watch.
pub(super) fn kinds() -> impl Iterator<Item = &'static Kind> {
    APIS.iter().flat_map(|api| api.kinds)
}
