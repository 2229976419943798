//! The organisation's state: root, organizational units, accounts, policies, attachments.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use serde_json::{Value, json};

use super::{policies::Policy, policy_types};

/// When the accounts that were there from the start joined: 2020-01-01, in seconds since the epoch.
const FOUNDED: f64 = 1_577_836_800.0;

/// An organizational unit.
#[derive(Debug, Clone)]
pub(super) struct Unit {
    pub name: String,
    pub parent: String,
}

/// An account of the organisation.
#[derive(Debug, Clone)]
pub(super) struct Account {
    pub name: String,
    pub email: String,
    pub parent: String,
    pub joined: f64,
    /// Created in the organisation, not invited.
    pub created: bool,
}

/// What kind of node an id means.
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

/// Everything an organisation is.
#[derive(Debug, Clone)]
pub(super) struct Organisation {
    pub id: String,
    pub root: String,
    pub management: String,
    pub units: BTreeMap<String, Unit>,
    pub accounts: BTreeMap<String, Account>,
    /// Enabled policy types, and from when on the enabling is complete.
    pub types: BTreeMap<String, Duration>,
    pub policies: BTreeMap<String, Policy>,
    /// (policy, target)
    pub attachments: BTreeSet<(String, String)>,
    /// By the id of the tagged resource.
    pub tags: BTreeMap<String, BTreeMap<String, String>>,
    /// Answers of CreateAccount by their request id.
    pub creations: BTreeMap<String, Value>,
}

impl Organisation {
    /// An organisation of these accounts, all in the root, with no policy type enabled. Its ids follow from the management account's.
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
            policies: policy_types::managed_policies(),
            attachments: BTreeSet::new(),
            tags: BTreeMap::new(),
            creations: BTreeMap::new(),
        }
    }

    /// What kind of node this id means, if there is one.
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

    /// Whether accounts and units can be under this id.
    pub(super) fn is_parent(&self, id: &str) -> bool {
        matches!(self.node(id), Some(Node::Root | Node::Unit))
    }

    /// How many units lie between the root and this node, itself included if it is one.
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

    /// The ARN of a node of the tree or of the organisation itself.
    pub(super) fn arn(&self, id: &str) -> String {
        let (management, organisation) = (&self.management, &self.id);
        match self.node(id) {
            Some(Node::Root) => {
                format!("arn:aws:organizations::{management}:root/{organisation}/{id}")
            }
            Some(Node::Unit) => {
                format!("arn:aws:organizations::{management}:ou/{organisation}/{id}")
            }
            Some(Node::Account) => {
                format!("arn:aws:organizations::{management}:account/{organisation}/{id}")
            }
            None => format!("arn:aws:organizations::{management}:organization/{organisation}"),
        }
    }

    /// DescribeOrganization. `AvailablePolicyTypes` says what could be enabled, not what is.
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

/// So many lower-case letters and digits made of the bits of a number.
fn alphanumeric(mut bits: u64, length: usize) -> String {
    const ALPHABET: &[u8; 36] = b"abcdefghijklmnopqrstuvwxyz0123456789";
    let mut letter = || {
        let index = usize::try_from(bits % 36).unwrap_or(0);
        bits = (bits / 36) ^ bits.rotate_left(17);
        char::from(ALPHABET[index])
    };
    (0..length).map(|_| letter()).collect()
}
