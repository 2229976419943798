//! The organization's state: root, organizational units, accounts, policies, attachments.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use serde_json::{Value, json};

/// When the initial accounts joined: 2020-01-01, in seconds since the epoch.
const FOUNDED: f64 = 1_577_836_800.0;

/// An organizational unit.
#[derive(Debug, Clone)]
pub(super) struct Unit {
    pub name: String,
    pub parent: String,
}

/// An account of the organization.
#[derive(Debug, Clone)]
pub(super) struct Account {
    pub name: String,
    pub email: String,
    pub parent: String,
    pub joined: f64,
    /// Created in the organization, not invited.
    pub created: bool,
}

/// The kind of a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Node {
    Root,
    Unit,
    Account,
}

impl Node {
    /// The node's type in ListTargetsForPolicy, ListParents and ListChildren.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Root => "ROOT",
            Self::Unit => "ORGANIZATIONAL_UNIT",
            Self::Account => "ACCOUNT",
        }
    }
}

/// The state of an organization.
#[derive(Debug, Clone)]
pub(super) struct Organization {
    pub id: String,
    pub root: String,
    pub management: String,
    pub units: BTreeMap<String, Unit>,
    pub accounts: BTreeMap<String, Account>,
    /// Enabled policy types, each with the time from which it is completely enabled.
    pub types: BTreeMap<String, Duration>,
    pub policies: BTreeMap<String, Policy>,
    /// (policy, target)
    pub attachments: BTreeSet<(String, String)>,
    /// By the id of the tagged resource.
    pub tags: BTreeMap<String, BTreeMap<String, String>>,
    /// Answers of CreateAccount by their request id.
    pub creations: BTreeMap<String, Value>,
}

/// A policy, without what it is attached to.
#[derive(Debug, Clone)]
pub(super) struct Policy {
    pub name: String,
    pub description: String,
    pub policy_type: String,
    pub content: String,
    pub aws_managed: bool,
}

impl Organization {
    /// An organization with these accounts, all in the root, and no policy type enabled. Its ids
    /// follow from the management account's.
    pub(super) fn new(management: String, members: impl Iterator<Item = String>) -> Self {
        let seed = management
            .bytes()
            .fold(7_u64, |state, byte| state.wrapping_mul(31).wrapping_add(u64::from(byte)));
        let root = format!("r-{}", alphanumeric(seed, 4));
        let account = |id: &str, name: String| Account {
            name,
            email: format!("aws+{id}@example.com"),
            parent: root.clone(),
            joined: FOUNDED,
            created: false,
        };
        let mut accounts: BTreeMap<_, _> =
            members.map(|id| (id.clone(), account(&id, format!("account-{id}")))).collect();
        accounts.insert(management.clone(), account(&management, "management".to_owned()));
        Self {
            id: format!("o-{}", alphanumeric(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15), 10)),
            root,
            management,
            units: BTreeMap::new(),
            accounts,
            types: BTreeMap::new(),
            policies: managed_policies(),
            attachments: BTreeSet::new(),
            tags: BTreeMap::new(),
            creations: BTreeMap::new(),
        }
    }

    /// The kind of the node with this id, if it exists.
    pub(super) fn node(&self, id: &str) -> Option<Node> {
        match id {
            _ if id == self.root => Some(Node::Root),
            _ if self.units.contains_key(id) => Some(Node::Unit),
            _ if self.accounts.contains_key(id) => Some(Node::Account),
            _ => None,
        }
    }

    /// The parent of a unit or an account.
    pub(super) fn parent(&self, id: &str) -> Option<&str> {
        let unit = self.units.get(id).map(|unit| unit.parent.as_str());
        unit.or_else(|| self.accounts.get(id).map(|account| account.parent.as_str()))
    }

    /// Whether accounts and units can be below this id.
    pub(super) fn is_parent(&self, id: &str) -> bool {
        matches!(self.node(id), Some(Node::Root | Node::Unit))
    }

    /// The number of units between the root and this node, including the node if it is a unit.
    pub(super) fn depth(&self, id: &str) -> usize {
        self.units.get(id).map_or(0, |unit| 1 + self.depth(&unit.parent))
    }

    /// The node's path: `o-.../r-.../ou-.../.../`, with the node itself at the end.
    pub(super) fn path(&self, id: &str) -> String {
        match self.parent(id) {
            Some(parent) => format!("{}{id}/", self.path(parent)),
            None => format!("{}/{id}/", self.id),
        }
    }

    /// The root, then every unit, then every account.
    pub(super) fn nodes(&self) -> Vec<String> {
        let below = self.units.keys().chain(self.accounts.keys());
        std::iter::once(&self.root).chain(below).cloned().collect()
    }

    /// The name that ListTargetsForPolicy shows for a node.
    pub(super) fn display_name(&self, id: &str) -> String {
        let unit = self.units.get(id).map(|unit| unit.name.clone());
        unit.or_else(|| self.accounts.get(id).map(|account| account.name.clone()))
            .unwrap_or_else(|| "Root".to_owned())
    }

    /// The ARN of a node of the tree or of the organization itself.
    pub(super) fn arn(&self, id: &str) -> String {
        let (management, organization) = (&self.management, &self.id);
        match self.node(id) {
            Some(Node::Root) => {
                format!("arn:aws:organizations::{management}:root/{organization}/{id}")
            }
            Some(Node::Unit) => {
                format!("arn:aws:organizations::{management}:ou/{organization}/{id}")
            }
            Some(Node::Account) => {
                format!("arn:aws:organizations::{management}:account/{organization}/{id}")
            }
            None => format!("arn:aws:organizations::{management}:organization/{organization}"),
        }
    }

    /// `PolicySummary`: everything but the content.
    pub(super) fn policy_summary(&self, id: &str, policy: &Policy) -> Value {
        let kind = policy.policy_type.to_ascii_lowercase();
        let arn = if policy.aws_managed {
            format!("arn:aws:organizations::aws:policy/{kind}/{id}")
        } else {
            format!("arn:aws:organizations::{}:policy/{}/{kind}/{id}", self.management, self.id)
        };
        json!({
            "Id": id,
            "Arn": arn,
            "Name": policy.name,
            "Description": policy.description,
            "Type": policy.policy_type,
            "AwsManaged": policy.aws_managed,
        })
    }

    /// Enables a policy type, completely from this time on; every target gets the full access
    /// policy of the type.
    pub(super) fn enable(&mut self, policy_type: &str, complete: Duration) {
        self.types.insert(policy_type.to_owned(), complete);
        for node in self.nodes() {
            self.give_full_access(policy_type, &node);
        }
    }

    /// Attaches the full access policies of all enabled types to a new unit or account.
    pub(super) fn give_all_full_access(&mut self, node: &str) {
        for policy_type in self.types.keys().cloned().collect::<Vec<_>>() {
            self.give_full_access(&policy_type, node);
        }
    }

    fn give_full_access(&mut self, policy_type: &str, node: &str) {
        if let Some(policy) = full_access(policy_type) {
            self.attachments.insert((policy.to_owned(), node.to_owned()));
        }
    }

    /// ARN and current tags of a policy, root, unit or account.
    pub(super) fn resource(&self, id: &str) -> Option<(String, BTreeMap<String, String>)> {
        let arn = match self.policies.get(id) {
            Some(policy) => self.policy_summary(id, policy)["Arn"].as_str()?.to_owned(),
            None => self.node(id).map(|_| self.arn(id))?,
        };
        Some((arn, self.tags.get(id).cloned().unwrap_or_default()))
    }

    /// DescribeOrganization. `AvailablePolicyTypes` lists the types that can be enabled, not those
    /// that are.
    pub(super) fn describe(&self) -> Value {
        let management = &self.accounts[&self.management];
        json!({ "Organization": {
            "Id": self.id,
            "Arn": self.arn(&self.id),
            "FeatureSet": "ALL",
            "MasterAccountArn": self.arn(&self.management),
            "MasterAccountId": self.management,
            "MasterAccountEmail": management.email,
            "AvailablePolicyTypes": [{ "Type": "SERVICE_CONTROL_POLICY", "Status": "ENABLED" }],
        } })
    }
}

/// AWS's own policies.
pub(super) fn managed_policies() -> BTreeMap<String, Policy> {
    let policy = |name: &str, policy_type: &str, description: &str, statement: Value| Policy {
        name: name.to_owned(),
        description: description.to_owned(),
        policy_type: policy_type.to_owned(),
        content: json!({ "Version": "2012-10-17", "Statement": [statement] }).to_string(),
        aws_managed: true,
    };
    let every = json!({ "Effect": "Allow", "Action": "*", "Resource": "*" });
    let everybody = json!({ "Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*" });
    let scp = policy(
        "FullAWSAccess",
        "SERVICE_CONTROL_POLICY",
        "Allows access to every operation",
        every,
    );
    let rcp = policy(
        "RCPFullAWSAccess",
        "RESOURCE_CONTROL_POLICY",
        "Allows access to every resource",
        everybody,
    );
    BTreeMap::from([("p-FullAWSAccess".to_owned(), scp), ("p-RCPFullAWSAccess".to_owned(), rcp)])
}

/// The AWS managed policy that every target gets when its type is enabled. It cannot be without it.
pub(super) fn full_access(policy_type: &str) -> Option<&'static str> {
    match policy_type {
        "SERVICE_CONTROL_POLICY" => Some("p-FullAWSAccess"),
        "RESOURCE_CONTROL_POLICY" => Some("p-RCPFullAWSAccess"),
        _ => None,
    }
}

/// Lower-case letters and digits made from the bits of a number.
fn alphanumeric(mut bits: u64, length: usize) -> String {
    const ALPHABET: &[u8; 36] = b"abcdefghijklmnopqrstuvwxyz0123456789";
    let mut letter = || {
        let index = usize::try_from(bits % 36).unwrap_or(0);
        bits = (bits / 36) ^ bits.rotate_left(17);
        char::from(ALPHABET[index])
    };
    (0..length).map(|_| letter()).collect()
}
