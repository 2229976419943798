//! A state of Terraform (format 4): which resources there are, what they are called, and how they
//! are grouped. Values are never taken from it: AWS has them, and a state has secrets.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::kinds::{
    cloud_control::{config_config_rule, ec2_vpc, s3_bucket, s3_bucket_policy},
    kms_key, network_acl, notebook_instance, notebook_lifecycle_config,
    organizations_policy::{
        ai_services_opt_out_policy, backup_policy, declarative_policy_ec2, resource_control_policy,
        service_control_policy, tag_policy,
    },
    route_table, sagemaker_domain, security_group, space, studio_lifecycle_config, user_profile,
    vpc_endpoint,
};

/// The format that is read.
const FORMAT: u64 = 4;

/// Which resources a state has.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct State {
    /// By kind and id.
    entries: BTreeMap<(&'static str, String), Entry>,
    /// Types that are no kinds, with the number of resources.
    pub others: BTreeMap<String, usize>,
}

/// One resource of a state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The name: that of the resource, its module where that says nothing, and its key.
    pub name: String,
    /// The modules that it is in, from the root on.
    pub module: Vec<String>,
}

/// Why a state cannot be read. What is in it is not repeated.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StateError {
    /// It is not JSON of this form.
    #[error("it is not a state of Terraform: line {line}, column {column}")]
    Form {
        /// The line.
        line: usize,
        /// The column.
        column: usize,
    },
    /// It has another format.
    #[error("its format is version {0}, and version 4 is read (Terraform 0.12 and newer)")]
    Version(u64),
}

#[derive(Deserialize)]
struct File {
    version: u64,
    #[serde(default)]
    resources: Vec<Resource>,
}

#[derive(Deserialize)]
struct Resource {
    #[serde(default)]
    module: Option<String>,
    mode: String,
    #[serde(rename = "type")]
    of: String,
    name: String,
    #[serde(default)]
    instances: Vec<Instance>,
}

#[derive(Deserialize)]
struct Instance {
    #[serde(default)]
    index_key: Option<Key>,
    #[serde(default)]
    attributes: Option<Attributes>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Key {
    Number(u64),
    Text(String),
}

/// All that is read of a resource: what identifies it.
#[derive(Deserialize)]
struct Attributes {
    #[serde(default)]
    id: Option<String>,
    #[serde(default)]
    arn: Option<String>,
    #[serde(default)]
    key_id: Option<String>,
    #[serde(default)]
    bucket: Option<String>,
    #[serde(default)]
    domain_id: Option<String>,
    #[serde(default)]
    user_profile_name: Option<String>,
    #[serde(default)]
    space_name: Option<String>,
    #[serde(default)]
    name: Option<String>,
    #[serde(default, rename = "type")]
    of: Option<Value>,
}

/// `type` is a text for the types that are read here; of others it may be anything.
type Value = serde_json::Value;

/// What a type is for palisade.
enum Known {
    /// A kind, and the id of the resource.
    Kind(&'static str, Option<String>),
    /// A part of another resource, which is imported with it.
    Part,
    /// None of ours.
    Other,
}

/// Types that are part of another resource.
const PARTS: [&str; 38] = [
    "aws_security_group_rule",
    "aws_vpc_security_group_ingress_rule",
    "aws_vpc_security_group_egress_rule",
    "aws_vpc_security_group_rules_exclusive",
    "aws_vpc_endpoint_policy",
    "aws_vpc_endpoint_private_dns",
    "aws_vpc_endpoint_route_table_association",
    "aws_vpc_endpoint_security_group_association",
    "aws_vpc_endpoint_subnet_association",
    "aws_kms_alias",
    "aws_kms_key_policy",
    "aws_organizations_policy_attachment",
    "aws_route",
    "aws_route_table_association",
    "aws_main_route_table_association",
    "aws_vpn_gateway_route_propagation",
    "aws_network_acl_rule",
    "aws_network_acl_association",
    "aws_s3_bucket_accelerate_configuration",
    "aws_s3_bucket_acl",
    "aws_s3_bucket_analytics_configuration",
    "aws_s3_bucket_cors_configuration",
    "aws_s3_bucket_intelligent_tiering_configuration",
    "aws_s3_bucket_inventory",
    "aws_s3_bucket_lifecycle_configuration",
    "aws_s3_bucket_logging",
    "aws_s3_bucket_metric",
    "aws_s3_bucket_notification",
    "aws_s3_bucket_object_lock_configuration",
    "aws_s3_bucket_ownership_controls",
    "aws_s3_bucket_public_access_block",
    "aws_s3_bucket_replication_configuration",
    "aws_s3_bucket_request_payment_configuration",
    "aws_s3_bucket_server_side_encryption_configuration",
    "aws_s3_bucket_versioning",
    "aws_s3_bucket_website_configuration",
    "aws_vpc_dhcp_options_association",
    "aws_vpc_ipv4_cidr_block_association",
];

/// The kind of a type (Terraform AWS provider, resource reference), and the id that AWS uses.
fn known(of: &str, from: Attributes) -> Known {
    let Attributes {
        id,
        arn,
        key_id,
        bucket,
        domain_id,
        user_profile_name,
        space_name,
        name,
        of: policy_type,
    } = from;
    let member = |name: Option<String>| Some(format!("{}/{}", domain_id.as_deref()?, name?));
    match of {
        "aws_security_group" | "aws_default_security_group" => {
            Known::Kind(security_group::NAME, id)
        }
        "aws_vpc_endpoint" => Known::Kind(vpc_endpoint::NAME, id),
        "aws_kms_key" => Known::Kind(kms_key::NAME, key_id.or(id)),
        "aws_organizations_policy" => match policy_kind(policy_type.as_ref()) {
            Some(kind) => Known::Kind(kind, id),
            None => Known::Other,
        },
        "aws_sagemaker_domain" => Known::Kind(sagemaker_domain::NAME, id),
        "aws_sagemaker_user_profile" => {
            // Profiles are known by their name in small letters.
            let name = user_profile_name.map(|name| name.to_lowercase());
            Known::Kind(user_profile::NAME, member(name))
        }
        "aws_sagemaker_space" => Known::Kind(space::NAME, member(space_name).or(arn)),
        "aws_sagemaker_notebook_instance" => Known::Kind(notebook_instance::NAME, name.or(id)),
        "aws_sagemaker_notebook_instance_lifecycle_configuration" => {
            Known::Kind(notebook_lifecycle_config::NAME, name.or(id))
        }
        "aws_sagemaker_studio_lifecycle_config" => Known::Kind(studio_lifecycle_config::NAME, id),
        "aws_route_table" | "aws_default_route_table" => Known::Kind(route_table::NAME, id),
        "aws_network_acl" | "aws_default_network_acl" => Known::Kind(network_acl::NAME, id),
        "aws_vpc" | "aws_default_vpc" => Known::Kind(ec2_vpc::NAME, id),
        "aws_s3_bucket" => Known::Kind(s3_bucket::NAME, bucket.or(id)),
        "aws_s3_bucket_policy" => Known::Kind(s3_bucket_policy::NAME, bucket.or(id)),
        "aws_config_config_rule" => Known::Kind(config_config_rule::NAME, name.or(id)),
        _ if PARTS.contains(&of) => Known::Part,
        _ => Known::Other,
    }
}

/// The kind of a policy of AWS Organizations; a service control policy unless the state says so.
fn policy_kind(policy_type: Option<&Value>) -> Option<&'static str> {
    Some(match policy_type.and_then(Value::as_str).unwrap_or("SERVICE_CONTROL_POLICY") {
        "SERVICE_CONTROL_POLICY" => service_control_policy::NAME,
        "RESOURCE_CONTROL_POLICY" => resource_control_policy::NAME,
        "DECLARATIVE_POLICY_EC2" => declarative_policy_ec2::NAME,
        "TAG_POLICY" => tag_policy::NAME,
        "AISERVICES_OPT_OUT_POLICY" => ai_services_opt_out_policy::NAME,
        "BACKUP_POLICY" => backup_policy::NAME,
        _ => return None,
    })
}

/// Names that say nothing by convention.
const WORDLESS: [&str; 4] = ["this", "main", "default", "self"];

impl State {
    /// Reads a state.
    ///
    /// # Errors
    /// It is none, or has another format.
    pub fn parse(text: &str) -> Result<Self, StateError> {
        let form = |error: &serde_json::Error| StateError::Form {
            line: error.line(),
            column: error.column(),
        };
        let file: File = serde_json::from_str(text).map_err(|error| form(&error))?;
        if file.version != FORMAT {
            return Err(StateError::Version(file.version));
        }
        let mut state = Self::default();
        // Data sources are read, and belong to somebody else.
        for resource in file.resources.into_iter().filter(|it| it.mode == "managed") {
            let module = modules(resource.module.as_deref().unwrap_or_default());
            for instance in resource.instances {
                let Some(attributes) = instance.attributes else { continue };
                match known(&resource.of, attributes) {
                    Known::Kind(kind, Some(id)) => {
                        let name = name(&resource.name, &module, instance.index_key.as_ref());
                        let entry = Entry { name, module: module.clone() };
                        state.entries.insert((kind, id), entry);
                    }
                    Known::Part => {}
                    Known::Kind(_, None) | Known::Other => {
                        *state.others.entry(resource.of.clone()).or_default() += 1;
                    }
                }
            }
        }
        Ok(state)
    }

    /// The resource with this id or ARN.
    pub fn find(&self, kind: &str, id: &str, arn: &str) -> Option<&Entry> {
        let mut all = self.entries.iter();
        let found = all.find(|((of, known), _)| *of == kind && (known == id || known == arn));
        found.map(|(_, entry)| entry)
    }

    /// The resources, by kind and id.
    pub fn ids(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.entries.keys().map(|(kind, id)| (*kind, id.as_str()))
    }
}

/// The modules of `module.a["x"].module.b`: `a-x`, `b`.
fn modules(path: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = path;
    while let Some(after) = rest.strip_prefix("module.") {
        let end = after.find(".module.").unwrap_or(after.len());
        let key = |c: char| matches!(c, '[' | ']' | '"');
        found.push(
            after[..end].split(key).filter(|part| !part.is_empty()).collect::<Vec<_>>().join("-"),
        );
        rest = after[end..].trim_start_matches('.');
    }
    found
}

fn name(name: &str, module: &[String], key: Option<&Key>) -> String {
    let says_nothing = WORDLESS.contains(&name);
    let mut name = match module.last() {
        Some(module) if says_nothing => module.clone(),
        _ => name.to_owned(),
    };
    match key {
        Some(Key::Text(key)) => name = format!("{name}-{key}"),
        // The only one, usually.
        Some(Key::Number(0)) | None => {}
        Some(Key::Number(number)) => name = format!("{name}-{number}"),
    }
    name
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn parsed(resources: &Value) -> State {
        let state = json!({"version": 4, "terraform_version": "1.14.0", "resources": resources});
        State::parse(&state.to_string()).expect("a state")
    }

    #[test]
    fn names_and_groups_come_from_addresses() {
        let state = parsed(&json!([
            {"module": "module.network", "mode": "managed", "type": "aws_vpc", "name": "this",
             "instances": [{"index_key": 0, "attributes": {"id": "vpc-1"}}]},
            {"module": "module.network.module.groups[\"eu\"]", "mode": "managed",
             "type": "aws_security_group", "name": "app",
             "instances": [
                {"index_key": "web", "attributes": {"id": "sg-1", "arn": "arn:sg-1"}},
                {"index_key": 3, "attributes": {"id": "sg-2"}}]},
            {"mode": "data", "type": "aws_vpc", "name": "other",
             "instances": [{"attributes": {"id": "vpc-2"}}]},
        ]));
        let entry = |kind: &str, id: &str| state.find(kind, id, "").cloned();
        let vpc = entry(ec2_vpc::NAME, "vpc-1").expect("it is there");
        assert_eq!((vpc.name.as_str(), &vpc.module[..]), ("network", &["network".to_owned()][..]));
        let web = entry(security_group::NAME, "sg-1").expect("it is there");
        assert_eq!(web.name, "app-web");
        assert_eq!(web.module, ["network", "groups-eu"]);
        assert_eq!(entry(security_group::NAME, "sg-2").map(|it| it.name).as_deref(), Some("app-3"));
        assert_eq!(entry(ec2_vpc::NAME, "vpc-2"), None);
    }

    #[test]
    fn parts_belong_to_their_resource_and_other_types_are_counted() {
        let one = |of: &str, attributes: Value| {
            json!({"mode": "managed", "type": of, "name": "x",
                   "instances": [{"attributes": attributes}]})
        };
        let state = parsed(&json!([
            one("aws_security_group_rule", json!({"id": "sgrule-1", "type": "ingress"})),
            one("aws_kms_alias", json!({"id": "alias/x"})),
            one("aws_instance", json!({"id": "i-1", "password_data": "secret"})),
            one("aws_instance", json!({"id": "i-2"})),
            one("aws_organizations_policy", json!({"id": "p-1", "type": "TAG_POLICY"})),
            one(
                "aws_sagemaker_user_profile",
                json!({"id": "arn:x", "domain_id": "d-1", "user_profile_name": "Ann"})
            ),
            one("aws_kms_key", json!({"id": "1234", "key_id": "1234"})),
        ]));
        let ids: Vec<_> = state.ids().collect();
        assert_eq!(
            ids,
            [(kms_key::NAME, "1234"), (tag_policy::NAME, "p-1"), (user_profile::NAME, "d-1/ann")]
        );
        assert_eq!(state.others, BTreeMap::from([("aws_instance".to_owned(), 2)]));
        assert!(!format!("{state:?}").contains("secret"));
    }

    #[test]
    fn what_is_no_state_is_refused_without_its_content() {
        let refused = |text: &str| State::parse(text).expect_err("refused").to_string();
        assert!(refused("{\"version\": 3}").contains("version 3"));
        let said = refused("{\"version\": \"hunter2\"}");
        assert!(said.contains("line 1") && !said.contains("hunter2"), "{said}");
    }
}
