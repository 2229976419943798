//! The port and the pure half together, against the simulator.

use std::collections::BTreeSet;

use serde_json::json;

use super::*;
use crate::{
    aws::{Brake, Connection, Guard},
    kind::{Kind as _, ScopeFacts},
    kinds::organizations_policy::{
        Attachments,
        service_control_policy::{self, ServiceControl},
    },
    model::{
        Address, Claim, Deletion,
        policy_document::{Dialect, PolicyDocument},
    },
    simulator::{Organizations, Simulator},
};

type Live = super::Live<ServiceControl>;
type ServiceControlPolicy = Policy<ServiceControl>;

const MANAGEMENT: &str = "999988887777";
const MEMBER: &str = "111122223333";

struct Rehearsal {
    simulator: Simulator,
    client: Client,
    port: Live,
}

impl Rehearsal {
    async fn new() -> Self {
        let simulator = Simulator::default();
        let facts = ScopeFacts {
            name: "org".into(),
            account: MANAGEMENT.into(),
            region: "us-east-1".into(),
            partition: "aws".into(),
        };
        let config = simulator.sdk_config(MANAGEMENT, "us-east-1");
        let connection = Connection::new(config, Guard::writing(Brake::default()));
        let access = connection.access(facts, None).await;
        Self { simulator, client: access.organizations.clone(), port: Live::connect(&access) }
    }

    async fn root(&self) -> String {
        let roots = self.client.list_roots().send().await.expect("roots");
        roots.roots()[0].id().expect("an id").to_owned()
    }

    async fn see(&self, want: &State) -> Vec<Observed<State>> {
        let ask = Ask {
            owner: "ml".into(),
            natural_keys: ServiceControlPolicy::natural_keys(want).into_iter().collect(),
            ..Ask::default()
        };
        self.port.observe(&ask).await.expect("an observation").whole
    }

    /// One pass of the loop; returns whether there was nothing to do.
    async fn pass(&self, want: &State) -> Result<bool, CloudError> {
        let claim = Claim {
            owner: "ml".into(),
            address: Address::new("org", service_control_policy::NAME, "p"),
            deletion: Deletion::Retain,
        };
        let seen = self.see(want).await;
        let Some(have) = seen.first() else {
            self.port.create(want, &claim.tags(), "token").await?;
            return Ok(false);
        };
        assert_eq!(have.tags, claim.tags());
        let edits = ServiceControlPolicy::diff(want, &have.state);
        for edit in &edits {
            self.port.change(have, std::slice::from_ref(edit)).await?;
        }
        Ok(edits.is_empty())
    }

    /// Passes until nothing is left to do; returns their number.
    async fn converge(&self, want: &State) -> usize {
        for pass in 1..10 {
            match self.pass(want).await {
                Ok(true) => return pass,
                Ok(false) => {}
                Err(error) => assert_eq!(error.class, Class::Busy, "{error}"),
            }
        }
        panic!("still something to do after ten passes");
    }

    fn operations(&self) -> Vec<String> {
        let calls = self.simulator.calls();
        self.simulator.clear_calls();
        calls.into_iter().map(|call| call.operation).collect()
    }
}

fn wanted(actions: &[&str], targets: &[&str]) -> State {
    let text = json!({"Version": "2012-10-17", "Statement": [
        {"Sid": "No", "Effect": "Deny", "Action": actions, "Resource": "*"}]});
    State {
        name: "p".into(),
        description: Some("why".into()),
        content: PolicyDocument::from_value(&text, Dialect::ServiceControlPolicy)
            .ok()
            .map(Content::from),
        targets: Some(targets.iter().map(|id| (*id).to_owned()).collect::<BTreeSet<_>>()),
        attachments: Attachments::Exclusive,
    }
}

#[tokio::test(start_paused = true)]
async fn a_policy_is_created_attached_changed_moved_and_renamed() {
    let world = Rehearsal::new().await;
    let root = world.root().await;
    assert_eq!(world.converge(&wanted(&["s3:A"], &[MEMBER])).await, 3);
    assert_eq!(world.converge(&wanted(&["s3:A", "s3:B"], &[&root])).await, 2);
    let renamed =
        State { name: "q".into(), description: Some(String::new()), ..wanted(&["s3:B"], &[]) };
    assert_eq!(world.converge(&renamed).await, 2);
    let seen = world.see(&renamed).await;
    assert_eq!((seen.len(), seen[0].state.name.as_str()), (1, "q"));
    assert_eq!(seen[0].state.description.as_deref(), Some(""));
}

#[tokio::test(start_paused = true)]
async fn a_steady_pass_spends_one_call_a_page_and_three_a_policy() {
    let world = Rehearsal::new().await;
    let want = wanted(&["s3:A"], &[MEMBER]);
    for name in ["theirs", "also-theirs"] {
        let foreign = State { name: name.into(), ..want.clone() };
        world.port.create(&foreign, &Tags::new(), "token").await.unwrap();
    }
    world.converge(&want).await;
    world.operations();
    assert!(world.pass(&want).await.unwrap());
    assert_eq!(
        world.operations(),
        ["ListPolicies", "ListTagsForResource", "DescribePolicy", "ListTargetsForPolicy"]
    );
}

#[tokio::test(start_paused = true)]
async fn empty_pages_hide_nothing() {
    let world = Rehearsal::new().await;
    world.simulator.with(|world| world.organizations.behavior.empty_pages = true);
    assert_eq!(world.converge(&wanted(&["s3:A"], &[MEMBER])).await, 3);
}

#[tokio::test(start_paused = true)]
async fn policies_are_enabled_where_they_are_off_and_never_disabled() {
    let world = Rehearsal::new().await;
    world.simulator.with(|world| {
        world.organizations = Organizations::with_policy_types(MANAGEMENT, [MEMBER], &[]);
    });
    world.converge(&wanted(&["s3:A"], &[MEMBER])).await;
    let operations = world.operations();
    let enabled = operations.iter().filter(|operation| *operation == "EnablePolicyType").count();
    assert_eq!(enabled, 1, "{operations:?}");
    assert!(!operations.iter().any(|operation| operation == "DisablePolicyType"));
}

#[tokio::test(start_paused = true)]
async fn the_last_policy_of_an_account_stays_and_its_policy_is_not_deleted() {
    let world = Rehearsal::new().await;
    let want = wanted(&["s3:A"], &[MEMBER]);
    world.converge(&want).await;
    let client = &world.client;
    client.detach_policy().policy_id("p-FullAWSAccess").target_id(MEMBER).send().await.unwrap();
    let error = world.pass(&wanted(&["s3:A"], &[])).await.unwrap_err();
    assert_eq!(error.class, Class::Blocked);
    let seen = world.see(&want).await;
    assert_eq!(world.port.obstacles(&seen[0], Intent::Delete).await.unwrap().len(), 1);
    assert_eq!(world.port.delete(&seen[0], None).await.unwrap_err().class, Class::Blocked);
    client.attach_policy().policy_id("p-FullAWSAccess").target_id(MEMBER).send().await.unwrap();
    world.port.delete(&seen[0], None).await.unwrap();
    assert_eq!(world.see(&want).await, []);
    // Once more: a policy that is gone is deleted.
    world.port.delete(&seen[0], None).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_name_that_is_taken_is_seen_as_a_conflict_and_refused_as_a_duplicate() {
    let world = Rehearsal::new().await;
    let want = wanted(&["s3:A"], &[]);
    world.port.create(&want, &Tags::new(), "token").await.unwrap();
    assert_eq!(world.see(&want).await.len(), 1);
    let error = world.port.create(&want, &Tags::new(), "token").await.unwrap_err();
    assert_eq!(error.class, Class::Duplicate);
}

#[tokio::test(start_paused = true)]
async fn a_member_account_gets_an_error_and_not_an_empty_organization() {
    let world = Rehearsal::new().await;
    let facts = ScopeFacts {
        name: "ml-prod".into(),
        account: MEMBER.into(),
        region: "us-east-1".into(),
        partition: "aws".into(),
    };
    let config = world.simulator.sdk_config(MEMBER, "us-east-1");
    let connection = Connection::new(config, Guard::writing(Brake::default()));
    let port = Live::connect(&connection.access(facts, None).await);
    let error = port.observe(&Ask::default()).await.unwrap_err();
    assert_eq!(error.class, Class::Denied);
}
