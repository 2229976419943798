//! The list of services: the only one there is. A service is a folder and a line here.

use super::{
    api::{Api, Kind, Named, Place, Service},
    iam::Directory,
    service::Options,
    truth::Truth,
};

/// Each line names the service's module, which has its `API`, and its state.
macro_rules! services {
    ($($(#[$meaning:meta])* $module:ident: $state:ty,)*) => {
        /// The state of every service.
        #[derive(Debug, Clone)]
        pub struct Services {
            $($(#[$meaning])* pub $module: $state,)*
        }

        /// What each service says of itself.
        pub(super) static APIS: &[&Api] = &[$(&super::$module::API,)*];

        impl Services {
            /// Every service as it is at the beginning.
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
    /// Keys, aliases and their policies.
    kms: super::kms::Kms,
    /// The organisation, its policies and their attachments.
    organizations: super::organizations::Organizations,
    /// Studio domains.
    sagemaker: super::sagemaker::SageMaker,
    /// The sessions given out.
    sts: super::sts::Sts,
}

impl Services {
    /// What is really there now.
    pub(super) fn truth(&self) -> Truth {
        let mut truth = Truth::default();
        for (_, service) in self.all() {
            service.tell(&mut truth);
        }
        truth
    }

    /// The state of the service with this name, to look at.
    pub(super) fn get(&self, name: &str) -> Option<&dyn Service> {
        self.all().find(|(api, _)| api.name == name).map(|(_, service)| service)
    }
}

impl Directory for Services {
    fn find(&self, service: &str, place: Place<'_>, name: &str) -> Option<Named> {
        self.get(service)?.find(place, name)
    }
}

/// What the service with this name says of itself.
pub(super) fn api(name: &str) -> Option<&'static Api> {
    APIS.iter().copied().find(|api| api.name == name)
}

/// Every kind of resource that monitors watch.
pub(super) fn kinds() -> impl Iterator<Item = &'static Kind> {
    APIS.iter().flat_map(|api| api.kinds)
}
