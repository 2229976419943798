//! The only list of services. A service is a folder and a line here.

use serde_json::Value;

use super::{
    api::{Api, Kind, Named, Others, Place, Service, Through},
    authorize::Asked,
    iam::Directory,
    service::{Answer, ApiError, Caller, Context, Options, is_mutating},
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
            fn named(&mut self, name: &str) -> Option<&mut dyn Service> {
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
    /// Analyzers of access.
    access_analyzer: super::access_analyzer::AccessAnalyzer,
    /// What Bedrock logs, and its guardrails.
    bedrock: super::bedrock::Bedrock,
    /// Controls that are enabled.
    control_tower: super::control_tower::ControlTower,
    /// Monitors of costs.
    cost_explorer: super::cost_explorer::CostExplorer,
    /// Detectors of threats.
    guardduty: super::guardduty::GuardDuty,
    /// What is shared with other accounts.
    resource_access: super::resource_access::ResourceAccess,
    /// Hubs of findings.
    security_hub: super::security_hub::SecurityHub,
    /// Whom AWS writes to in addition to the owner of an account.
    contacts: super::contacts::Contacts,
    /// Roles and password policies of IAM.
    identities: super::identities::Identities,
    /// Buckets, and what S3 allows of public access in an account.
    s3: super::s3::S3,
    /// Rules and recorders of AWS Config.
    config_service: super::config_service::Config,
    /// Requests of Cloud Control.
    cloud_control: super::cloud_control::CloudControl,
    /// Resources of services of which nothing else is simulated.
    models: super::models::Models,
    /// The index of all tags.
    tag_index: super::tag_index::TagIndex,
    /// Keys, aliases and their policies.
    kms: super::kms::Kms,
    /// The organization, its policies and their attachments.
    organizations: super::organizations::Organizations,
    /// Studio domains.
    sagemaker: super::sagemaker::SageMaker,
    /// The records of calls.
    cloudtrail: super::cloudtrail::Trails,
    /// Tables.
    dynamodb: super::dynamodb::Tables,
    /// Buses of events.
    event_buses: super::event_buses::EventBuses,
    /// Secrets.
    secrets: super::secrets::Secrets,
    /// Topics.
    sns: super::sns::Topics,
    /// Queues.
    sqs: super::sqs::Queues,
    /// Permission sets of Identity Center, and who has them.
    sso: super::sso::IdentityCenter,
    /// Users and groups of Identity Center, which answers for it.
    identity_store: super::identity_store::IdentityStore,
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

    /// Lets the service with this name answer.
    pub(super) fn answer(
        &mut self,
        name: &str,
        caller: &Caller,
        operation: &str,
        input: &Value,
        context: &mut Context<'_>,
    ) -> Answer {
        if is_mutating(operation) && !context.options.read_lag.is_zero() {
            let mut index = std::mem::take(&mut self.tag_index);
            index.before_write(self, caller, context);
            self.tag_index = index;
        }
        let call = (caller, operation, input);
        if name == super::cloud_control::API.name {
            return self.through(|all| &mut all.cloud_control, call, context);
        }
        if name == super::tag_index::API.name {
            return self.through(|all| &mut all.tag_index, call, context);
        }
        if name == super::identity_store::API.name {
            return self.sso.identities(caller, operation, input, context);
        }
        match self.named(name) {
            Some(service) => service.call(caller, operation, input, context),
            None => Err(ApiError::new("UnknownService", format!("`{name}` is not simulated"))),
        }
    }

    /// Lets a service answer that works on the others: its own state is taken out meanwhile.
    fn through<S: Through>(
        &mut self,
        own: fn(&mut Self) -> &mut S,
        (caller, operation, input): (&Caller, &str, &Value),
        context: &mut Context<'_>,
    ) -> Answer {
        let mut state = std::mem::take(own(self));
        let answer = state.answer(self, caller, operation, input, context);
        *own(self) = state;
        answer
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

impl Others for Services {
    fn ask(
        &mut self,
        name: &str,
        caller: &Caller,
        operation: &str,
        input: &Value,
        context: &mut Context<'_>,
    ) -> Answer {
        if let (Some(judged), Some(api), Some(service)) =
            (&mut context.judged, api(name), self.get(name))
        {
            let asked = Asked { api, service, directory: self, caller, operation, input };
            asked.authorize(context.options, judged)?;
        }
        self.answer(name, caller, operation, input, context)
    }

    fn tagged(&self, place: Place<'_>) -> Vec<Named> {
        self.all().flat_map(|(_, service)| service.tagged(place)).collect()
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
