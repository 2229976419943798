//! What is invalid in a VpcEndpoint manifest, and what follows from several leaves together.

use serde_json::{Value, json};

use super::{
    addresses,
    lattice::{self, CONFIGURATION, DOMAINS, PREFERENCE, SERVICE_NETWORK},
    leaves::{ADDRESSES, INBOUND_ONLY, RECORDS},
    region,
    service::{self, Standing},
    zones,
};
use crate::{
    kind::{
        Invalid, Lookup, LookupKind, Refs,
        table::{Tree, get, texts},
    },
    kinds::security_group,
    settings::regions,
};

/// Network interfaces in subnets.
pub(super) const INTERFACE: &str = "Interface";
/// Routes in route tables.
pub(super) const GATEWAY: &str = "Gateway";
/// A next hop of routes.
pub(super) const BALANCER: &str = "GatewayLoadBalancer";
/// Network interfaces in subnets that lead to a resource.
pub(super) const RESOURCE: &str = "Resource";
/// Network interfaces in subnets that lead to a service network.
pub(super) const NETWORK: &str = "ServiceNetwork";

/// Leaves that only some types of endpoint have.
const OF_TYPES: [(&str, &[&str]); 14] = [
    ("service", &[INTERFACE, GATEWAY, BALANCER]),
    ("serviceRegion", &[INTERFACE]),
    (CONFIGURATION, &[RESOURCE]),
    (SERVICE_NETWORK, &[NETWORK]),
    ("policy", &[INTERFACE, GATEWAY]),
    ("securityGroups", &[INTERFACE, RESOURCE, NETWORK]),
    ("subnets", &[INTERFACE, BALANCER, RESOURCE, NETWORK]),
    (addresses::FIXED, addresses::OF_TYPES),
    ("routeTables", &[GATEWAY]),
    ("privateDns", &[INTERFACE, RESOURCE, NETWORK]),
    (PREFERENCE, &[RESOURCE, NETWORK]),
    (DOMAINS, &[RESOURCE, NETWORK]),
    (INBOUND_ONLY, &[INTERFACE]),
    (RECORDS, &[INTERFACE, GATEWAY]),
];

const POLICY_HELP: &str = "write a policy, or say `policy: default` if everything should be \
                           allowed";

/// Stands for `policy: null`, which says that the service accepts no policy, until the type of the
/// endpoint is checked. No real policy is empty.
pub(super) fn no_policy() -> Value {
    json!({})
}

/// Fills in names and defaults, and reports leaves that do not fit together.
pub(super) fn settle(want: &mut Tree, refs: &mut Refs<'_>, problems: &mut Vec<Invalid>) {
    let endpoint_type = text(want, "type");
    if !lattice::is_of(&endpoint_type) && get(want, "service").is_null() {
        problems.push(Invalid::new("service", "missing").help(service::HELP));
    }
    // Without the type, nothing else that depends on it can be checked.
    if !endpoint_type.is_empty() {
        problems.extend(misplaced(want, &endpoint_type));
        problems.extend(missing(want, &endpoint_type));
        problems.extend(address_families(want, &endpoint_type));
        problems.extend(addresses::problems(want));
    }
    if *get(want, "policy") == no_policy() {
        want.insert("policy".to_owned(), Value::Null);
    }
    problems.extend(region::check(want, refs));
    if lattice::is_of(&endpoint_type) {
        // Which names resolve to it is for people to say.
        let private_dns = get(want, "privateDns").as_bool().unwrap_or(false);
        want.insert("privateDns".to_owned(), json!(private_dns));
        problems.extend(lattice::problems(want, &endpoint_type));
        want.insert("service".to_owned(), Value::Null);
        return;
    }
    let own_region = refs.scope().region.clone();
    let region = get(want, "serviceRegion").as_str().unwrap_or(&own_region).to_owned();
    let written = text(want, "service");
    let name = service::full_name(&written, &region, &endpoint_type);
    let is_name = service::wrong(&written).is_none();
    if is_name && !endpoint_type.is_empty() {
        standing((written.as_str(), name.as_str()), &region, &endpoint_type, refs);
    }
    problems.extend(fixed_records(want, &name, &endpoint_type));
    // The listing shows the services of its own Region.
    if is_name && region == own_region {
        zones::keep(want, &endpoint_type, &name, refs);
        addresses::keep(want);
    }
    if endpoint_type == INTERFACE {
        let private_dns = get(want, "privateDns").as_bool().unwrap_or(true);
        let inbound_only = inbound_only(want, is_name.then_some(&name), private_dns, problems);
        want.insert("privateDns".to_owned(), json!(private_dns));
        want.insert(INBOUND_ONLY.to_owned(), json!(inbound_only));
    }
    want.insert("service".to_owned(), json!(name));
    // The Region of the endpoint itself need not be sent.
    if region == own_region {
        want.insert("serviceRegion".to_owned(), Value::Null);
    }
}

fn text(want: &Tree, path: &str) -> String {
    get(want, path).as_str().unwrap_or_default().to_owned()
}

/// Leaves that this type of endpoint does not have. AWS would refuse them or, worse, ignore them.
fn misplaced(want: &Tree, endpoint_type: &str) -> Vec<Invalid> {
    let misplaced = OF_TYPES
        .iter()
        .filter(|(leaf, types)| !get(want, leaf).is_null() && !types.contains(&endpoint_type));
    misplaced
        .map(|(leaf, types)| {
            Invalid::new(*leaf, format!("an endpoint of type {endpoint_type} has none"))
                .help(format!("remove it; it belongs to type {}", listed(types)))
        })
        .collect()
}

/// `a`, `a and b`, `a, b and c`.
fn listed(words: &[&str]) -> String {
    match words {
        [first @ .., last] if !first.is_empty() => format!("{} and {last}", first.join(", ")),
        _ => words.concat(),
    }
}

/// Leaves for which AWS has an unsafe default.
fn missing(want: &Tree, endpoint_type: &str) -> Vec<Invalid> {
    let mut problems = Vec::new();
    let mut is_missing = |leaf: &'static str, why: String, help: &str| {
        problems.push(Invalid::new(leaf, why).help(help));
    };
    let is_lattice = lattice::is_of(endpoint_type);
    let subnets = get(want, "subnets");
    if endpoint_type != GATEWAY && subnets.is_null() {
        let why = format!("an endpoint of type {endpoint_type} needs subnets");
        is_missing("subnets", why, "give a list of ids or `{lookup: {tags: …}}`");
    }
    if endpoint_type == BALANCER
        && subnets.as_array().into_iter().flatten().flat_map(texts).count() > 1
    {
        let why = "a Gateway Load Balancer endpoint is in exactly one subnet";
        is_missing("subnets", why.to_owned(), "make an endpoint for each zone");
    }
    let has_groups = endpoint_type == INTERFACE || is_lattice;
    if has_groups && get(want, "securityGroups").is_null() {
        let of_type = format!("an endpoint of type {endpoint_type}");
        let what = if is_lattice { &of_type } else { "an interface endpoint" };
        let why =
            format!("{what} needs at least one; without it AWS would use the VPC's default group");
        let help = format!("refer to a {} manifest: `[{{ref: name}}]`", security_group::NAME);
        is_missing("securityGroups", why, &help);
    }
    let policy = get(want, "policy");
    if [INTERFACE, GATEWAY].contains(&endpoint_type) && policy.is_null() {
        let why = "missing; AWS would silently let everybody do everything through the endpoint";
        is_missing("policy", why.to_owned(), POLICY_HELP);
    }
    if endpoint_type == GATEWAY && *policy == no_policy() {
        let why =
            "`null` says that the service accepts no policy, but every gateway endpoint has one";
        is_missing("policy", why.to_owned(), POLICY_HELP);
    }
    problems
}

/// Records of a family that the addresses do not have (EC2 API reference, DnsOptionsSpecification).
fn address_families(want: &Tree, endpoint_type: &str) -> Option<Invalid> {
    let (records, addresses) = (get(want, RECORDS).as_str()?, get(want, ADDRESSES).as_str()?);
    let fits = match records {
        "dualstack" => addresses == "dualstack",
        "ipv4" => addresses != "ipv6",
        "ipv6" => addresses != "ipv4",
        _ => true,
    };
    let what = if endpoint_type == GATEWAY { "endpoints" } else { "interfaces" };
    let why = format!("{records} records need addresses that {addresses} {what} lack");
    (!fits).then(|| Invalid::new(RECORDS, why).help("set `ipAddressType: dualstack`"))
}

/// The records of a DynamoDB gateway endpoint cannot be chosen (AWS PrivateLink guide, "Gateway
/// endpoints", DNS record IP type).
fn fixed_records(want: &Tree, service: &str, endpoint_type: &str) -> Option<Invalid> {
    let is_fixed = endpoint_type == GATEWAY
        && service.ends_with(".dynamodb")
        && get(want, RECORDS).as_str()? != "service-defined";
    let why = "a gateway endpoint of DynamoDB has service-defined records only";
    is_fixed.then(|| Invalid::new(RECORDS, why).help("write `service-defined`, or remove it"))
}

/// Of an interface endpoint. Always sent for S3: AWS's own default is true there and needs a
/// gateway endpoint. It is part of private DNS and has no meaning without it.
fn inbound_only(
    want: &Tree,
    service: Option<&String>,
    private_dns: bool,
    problems: &mut Vec<Invalid>,
) -> Option<bool> {
    let given = get(want, INBOUND_ONLY).as_bool();
    if let Some(service) =
        service.filter(|it| given.is_some() && !service::has_gateway_endpoints(it))
    {
        let why = format!("{service} has no gateway endpoints, so there is nothing to choose");
        let help = "remove it; it is for S3 and DynamoDB";
        problems.push(Invalid::new(INBOUND_ONLY, why).help(help));
    }
    if private_dns {
        return given.or_else(|| service.is_some_and(|it| service::is_s3(it)).then_some(false));
    }
    if given == Some(true) {
        let why = "narrows private DNS, which `privateDns: false` turns off";
        problems.push(Invalid::new(INBOUND_ONLY, why));
    }
    None
}

/// A name that is not in the table may be a typo, or newer than the table: it is looked up in AWS
/// before anything is created.
fn standing((written, name): (&str, &str), region: &str, endpoint_type: &str, refs: &mut Refs<'_>) {
    let field = "service";
    // If the Region is not known, a full name is judged by the Region in it.
    let facts = refs.scope();
    let named = regions().find(|known| written.split('.').any(|part| part == *known));
    let of_name = if facts.knows_account() { region } else { named.unwrap_or(region) };
    match service::standing(written, of_name, endpoint_type) {
        Standing::Known => {}
        Standing::OtherType => {
            let why = format!("{name} is not known to have endpoints of type {endpoint_type}");
            let help =
                "see `aws ec2 describe-vpc-endpoint-services` for its types, or set another `type`";
            refs.warn(Invalid::new(field, why).help(help));
        }
        Standing::Unknown(near) => {
            let why = format!("{name} is not in the table of services");
            let help = match near {
                Some(near) => format!(
                    "did you mean `{near}`? A service that is newer than the \
                                       table is looked up in AWS"
                ),
                None => "see `aws ec2 describe-vpc-endpoint-services`; it is looked up in AWS \
                         before it is used"
                    .to_owned(),
            };
            refs.warn(Invalid::new(field, why).help(help));
            // The listing shows the services of its own Region.
            if of_name == refs.scope().region {
                let lookup = Lookup { name: Some(name.to_owned()), ..Lookup::default() };
                refs.confirm(field, LookupKind::EndpointService, &lookup);
            }
        }
    }
}

/// Only what AWS itself allows once: the service's private names in a VPC, and the route to a
/// service in a route table.
pub(super) fn natural_keys(state: &Tree) -> Vec<String> {
    let (service, vpc) = (text(state, "service"), text(state, "vpc"));
    match get(state, "type").as_str() {
        Some(INTERFACE) if *get(state, "privateDns") == Value::Bool(true) => {
            vec![format!("private DNS of {service} in {vpc}")]
        }
        Some(GATEWAY) => texts(get(state, "routeTables"))
            .map(|table| format!("route to {service} in {table} of {vpc}"))
            .collect(),
        _ => Vec::new(),
    }
}
