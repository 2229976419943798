//! Calls by people and services other than palisade.

use serde_json::Value;

use super::{
    fault::Deed,
    service::{Answer, Caller},
    world::{Simulator, World},
};

impl Simulator {
    /// See [`World::act`].
    ///
    /// # Errors
    /// As there.
    pub fn act(
        &self,
        account: &str,
        region: &str,
        service: &str,
        operation: &str,
        input: &Value,
    ) -> Answer {
        self.with(|world| world.act(account, region, service, operation, input))
    }
}

impl World {
    /// Carries out one operation as an administrator of the account, without HTTP, faults or an
    /// entry in [`Simulator::calls`]. `input` has the members of the API as on the wire (EC2's
    /// query form: singular list names such as `TagSpecification`).
    ///
    /// # Errors
    /// The service's own; a service that is not simulated answers `UnknownService`.
    pub fn act(
        &mut self,
        account: &str,
        region: &str,
        service: &str,
        operation: &str,
        input: &Value,
    ) -> Answer {
        let caller = Caller {
            account: account.to_owned(),
            region: region.to_owned(),
            arn: format!("arn:aws:iam::{account}:role/administrator"),
        };
        let answer = self.call(service, &caller, operation, input, None, false);
        self.record(&caller, (service, operation, input), &answer, None);
        answer
    }
}

impl Deed {
    /// An action by somebody else; it may use [`World::act`].
    pub fn new(deed: impl Fn(&mut World) + Send + Sync + 'static) -> Self {
        Self::of(deed)
    }
}
