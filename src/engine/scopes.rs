//! The scopes of the settings, connected.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use crate::{
    aws::{Access, Connection, identity},
    kind::{
        CloudError, ScopeFacts,
        erased::{ErasedPort, Registry},
    },
    settings::{Scope, Settings, partition},
};

/// One connected scope.
pub struct Connected {
    /// Its clients.
    pub access: Access,
    /// What they were made from.
    scope: Scope,
    /// Its kinds' ports: those of all listed kinds, and those of others that a manifest names.
    ports: Mutex<BTreeMap<&'static str, Arc<dyn ErasedPort>>>,
}

impl Connected {
    /// The port of a kind.
    pub fn port(&self, registry: &Registry, kind: &str) -> Option<Arc<dyn ErasedPort>> {
        let mut ports = self.ports.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(port) = ports.get(kind) {
            return Some(Arc::clone(port));
        }
        let kind = registry.get(kind)?;
        let port = Arc::from(kind.connect(&self.access));
        ports.insert(kind.profile().name, Arc::clone(&port));
        Some(port)
    }
}

/// All scopes.
pub struct Scopes {
    connected: BTreeMap<String, Arc<Connected>>,
    facts: BTreeMap<String, ScopeFacts>,
    ambient: Option<Access>,
    connection: Connection,
}

/// A scope that cannot be set up.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// No Region is configured.
    #[error("scope {0}: no Region; set it in palisade.yaml or with AWS_REGION")]
    NoRegion(String),
    /// Without a settings file the account comes from the credentials, and there are none.
    #[error("scope {scope}: {source}")]
    NoAccount {
        /// The scope.
        scope: String,
        /// The error from STS.
        source: CloudError,
    },
}

impl Scopes {
    /// Connects every scope. Only a scope without an account in the settings makes a call here.
    ///
    /// # Errors
    /// The Region or the account of a scope is unknown.
    pub async fn connect(
        settings: &Settings,
        connection: &Connection,
        registry: &Registry,
    ) -> Result<Self, ConnectError> {
        let mut scopes = Self {
            connected: BTreeMap::new(),
            facts: BTreeMap::new(),
            ambient: None,
            connection: connection.clone().of(&settings.owner),
        };
        scopes.follow(settings, registry).await?;
        Ok(scopes)
    }

    /// Connects scopes that are new in the settings, and lets go of those that are not there any
    /// more or are reached in another way.
    ///
    /// # Errors
    /// As [`Self::connect`].
    pub async fn follow(
        &mut self,
        settings: &Settings,
        registry: &Registry,
    ) -> Result<(), ConnectError> {
        let same =
            |name: &String, it: &mut Arc<Connected>| settings.scopes.get(name) == Some(&it.scope);
        self.connected.retain(same);
        let connected = &self.connected;
        self.facts.retain(|name, _| connected.contains_key(name));
        for (name, scope) in &settings.scopes {
            if !self.connected.contains_key(name) {
                self.add(settings, registry, name, scope).await?;
            }
        }
        Ok(())
    }

    async fn add(
        &mut self,
        settings: &Settings,
        registry: &Registry,
        name: &str,
        scope: &Scope,
    ) -> Result<(), ConnectError> {
        let connection = &self.connection;
        let region = scope
            .region
            .clone()
            .or_else(|| connection.region())
            .ok_or_else(|| ConnectError::NoRegion(name.to_owned()))?;
        let mut facts = ScopeFacts {
            name: name.to_owned(),
            account: scope.account.clone().unwrap_or_default(),
            partition: partition(&region).to_owned(),
            region,
        };
        if scope.role.is_some() && self.ambient.is_none() {
            self.ambient = Some(connection.access(facts.clone(), None).await);
        }
        let mut access = connection.access(facts.clone(), scope.role.as_ref()).await;
        if scope.account.is_none() {
            let caller = identity::caller(&access)
                .await
                .map_err(|source| ConnectError::NoAccount { scope: name.to_owned(), source })?;
            facts.account = caller.account;
            access = connection.access(facts.clone(), scope.role.as_ref()).await;
        }
        let fence = settings.fence(&[(name.to_owned(), facts.clone())].into());
        access.identity_path = fence.bounds(name).ok().map(|bounds| bounds.path.clone());
        let ports = registry
            .iter()
            .map(|kind| (kind.profile().name, Arc::from(kind.connect(&access))))
            .collect();
        let connected = Connected { access, scope: scope.clone(), ports: Mutex::new(ports) };
        self.connected.insert(name.to_owned(), Arc::new(connected));
        self.facts.insert(name.to_owned(), facts);
        Ok(())
    }

    /// Account and Region of every scope, for loading without AWS: unknown values get placeholders.
    pub fn offline_facts(settings: &Settings) -> BTreeMap<String, ScopeFacts> {
        settings
            .scopes
            .iter()
            .map(|(name, scope)| {
                let region = scope.region.clone().unwrap_or_else(|| "us-east-1".to_owned());
                let facts = ScopeFacts {
                    name: name.clone(),
                    account: scope
                        .account
                        .clone()
                        .unwrap_or_else(|| ScopeFacts::UNKNOWN_ACCOUNT.to_owned()),
                    partition: partition(&region).to_owned(),
                    region,
                };
                (name.clone(), facts)
            })
            .collect()
    }

    /// Account and Region of every scope.
    pub fn facts(&self) -> &BTreeMap<String, ScopeFacts> {
        &self.facts
    }

    /// The identity that assumes the roles of scopes; `None` if no scope has one.
    pub fn ambient(&self) -> Option<&Access> {
        self.ambient.as_ref()
    }

    /// A connected scope.
    pub fn get(&self, name: &str) -> Option<&Arc<Connected>> {
        self.connected.get(name)
    }

    /// A kind's port in a scope.
    pub fn port(
        &self,
        registry: &Registry,
        scope: &str,
        kind: &str,
    ) -> Option<Arc<dyn ErasedPort>> {
        self.connected.get(scope)?.port(registry, kind)
    }
}
