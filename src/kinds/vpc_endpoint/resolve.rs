//! From spec to wanted state: everything that can be checked without asking AWS, and every problem at
//! once.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{
    Policy, Spec, State, region,
    service::{self, Standing},
    spec::{DnsRecordIpType, EndpointType, IpAddressType},
};
use crate::{
    kind::{Accepts, Invalid, Lookup, LookupItem, LookupKind, Refs, Target, Targets},
    kinds::{policies, security_group},
    model::{
        policy_document::{Context, Dialect},
        text,
    },
    settings::regions,
};

/// The most security groups a network interface can ever have (Amazon VPC quotas).
const GROUP_LIMIT: usize = 16;
const GROUPS: Accepts = Accepts::id_of(security_group::NAME);

/// [`crate::kind::Kind::resolve`] of this kind.
pub(super) fn resolve(spec: &Spec, refs: &mut Refs<'_>) -> Result<State, Vec<Invalid>> {
    let mut problems = misplaced(spec);
    problems.extend(missing(spec));
    problems.extend(literals(spec));
    problems.extend(address_families(spec));
    problems.extend(text::EC2.refused(&spec.tags).into_iter().map(Invalid::from));
    let facts = refs.scope().clone();
    let region = spec.service_region.as_deref().unwrap_or(&facts.region);
    if let Some(why) = service::problem(&spec.service) {
        let help = "write its short name, such as sagemaker.api, or its full name";
        problems.push(Invalid::new("service", format!("`{}` {why}", spec.service)).help(help));
    }
    problems.extend(region::check(spec, refs));
    let service = service::full_name(&spec.service, region, spec.endpoint_type);
    if service::problem(&spec.service).is_none() {
        standing(spec, &service, region, refs);
    }
    problems.extend(fixed_records(spec, &service));
    let interface = spec.endpoint_type == EndpointType::Interface;
    let private_dns = interface.then(|| spec.private_dns.unwrap_or(true));
    let inbound_only = inbound_only(spec, &service, private_dns, &mut problems);

    let vpc =
        refs.one("vpc", &spec.vpc, Accepts::lookup(LookupKind::Vpc)).unwrap_or_else(|wrong| {
            problems.push(wrong);
            String::new()
        });
    // A VPC that is not found yet is no reason to say that no subnet is in it.
    let within = Some(("vpc", vpc.as_str()));
    let subnets = subnets(spec, refs, within, &mut problems);
    let security_groups =
        ids("securityGroups", &spec.security_groups, GROUPS, None, refs, &mut problems);
    let tables = Accepts::lookup(LookupKind::RouteTable);
    let route_tables = ids("routeTables", &spec.route_tables, tables, within, refs, &mut problems);
    let context = Context { partition: facts.partition, account: facts.account };
    let policy = policy(spec, &context, refs, &mut problems);
    if !problems.is_empty() {
        return Err(problems);
    }
    Ok(State {
        endpoint_type: spec.endpoint_type.as_str().to_owned(),
        service,
        // The Region the endpoint is in anyway needs no mention.
        service_region: spec.service_region.clone().filter(|region| *region != facts.region),
        vpc,
        subnets,
        security_groups,
        route_tables,
        private_dns,
        dns_record_ip_type: spec.dns_record_ip_type.map(|word| word.as_str().to_owned()),
        private_dns_only_for_inbound_resolver_endpoint: inbound_only,
        ip_address_type: spec.ip_address_type.map(|word| word.as_str().to_owned()),
        policy,
        partition: context.partition,
        account: context.account,
    })
}

/// A name that the table does not know may be a slip, or newer than the table: AWS is asked for it before anything is made.
fn standing(spec: &Spec, full_name: &str, region: &str, refs: &mut Refs<'_>) {
    let field = "service";
    // Where the Region is not known, a full name is judged by the one in it.
    let facts = refs.scope();
    let named = regions().find(|known| spec.service.split('.').any(|part| part == *known));
    let region = if facts.knows_account() { region } else { named.unwrap_or(region) };
    match service::standing(&spec.service, region, spec.endpoint_type) {
        Standing::Known => {}
        Standing::OtherType => {
            let wanted = spec.endpoint_type.as_str();
            let why = format!("{full_name} is not known to have endpoints of type {wanted}");
            let help =
                "see `aws ec2 describe-vpc-endpoint-services` for its types, or set another `type`";
            refs.warn(Invalid::new(field, why).help(help));
        }
        Standing::Unknown(near) => {
            let why = format!("{full_name} is not in the table of services");
            let help = match near {
                Some(near) => format!("did you mean `{near}`? A service that is newer than the table is looked up in AWS"),
                None => "see `aws ec2 describe-vpc-endpoint-services`; it is looked up in AWS before it is used".to_owned(),
            };
            refs.warn(Invalid::new(field, why).help(help));
            // The listing shows the services of its own Region.
            if region == refs.scope().region {
                let lookup = Lookup { name: Some(full_name.to_owned()), ..Lookup::default() };
                refs.confirm(field, LookupKind::EndpointService, &lookup);
            }
        }
    }
}

/// Fields that this type of endpoint does not have. AWS would refuse them or, worse, ignore them.
fn misplaced(spec: &Spec) -> Vec<Invalid> {
    use EndpointType::{Gateway, GatewayLoadBalancer, Interface};
    let fields: [(&str, bool, &[EndpointType]); 9] = [
        ("serviceRegion", spec.service_region.is_some(), &[Interface]),
        ("subnets", spec.subnets.is_some(), &[Interface, GatewayLoadBalancer]),
        ("securityGroups", spec.security_groups.is_some(), &[Interface]),
        ("routeTables", spec.route_tables.is_some(), &[Gateway]),
        ("privateDns", spec.private_dns.is_some(), &[Interface]),
        ("dnsRecordIpType", spec.dns_record_ip_type.is_some(), &[Interface, Gateway]),
        (
            "privateDnsOnlyForInboundResolverEndpoint",
            spec.private_dns_only_for_inbound_resolver_endpoint.is_some(),
            &[Interface],
        ),
        (
            "ipAddressType",
            spec.ip_address_type.is_some(),
            &[Interface, GatewayLoadBalancer, Gateway],
        ),
        ("policy", spec.policy.is_some(), &[Interface, Gateway]),
    ];
    fields
        .into_iter()
        .filter(|(_, given, types)| *given && !types.contains(&spec.endpoint_type))
        .map(|(field, _, types)| {
            let words: Vec<_> = types.iter().map(|word| word.as_str()).collect();
            let why = format!("an endpoint of type {} has none", spec.endpoint_type.as_str());
            Invalid::new(field, why)
                .help(format!("remove it; it belongs to type {}", words.join(" and ")))
        })
        .collect()
}

/// Fields whose absence would make AWS choose, and choose unsafely.
fn missing(spec: &Spec) -> Vec<Invalid> {
    let mut problems = Vec::new();
    let typed = spec.endpoint_type;
    if typed != EndpointType::Gateway && spec.subnets.is_none() {
        problems.push(
            Invalid::new(
                "subnets",
                format!("an endpoint of type {} needs subnets", typed.as_str()),
            )
            .help("give a list of ids or `{lookup: {tags: …}}`"),
        );
    }
    if typed == EndpointType::Interface && spec.security_groups.is_none() {
        problems.push(
            Invalid::new(
                "securityGroups",
                "an interface endpoint needs at least one; without it AWS would take the VPC's \
                 default group",
            )
            .help(format!("refer to a {} manifest: `[{{ref: name}}]`", security_group::NAME)),
        );
    }
    if typed != EndpointType::GatewayLoadBalancer && spec.policy.is_none() {
        problems.push(
            Invalid::new(
                "policy",
                "missing; AWS would silently let everybody do everything through the endpoint",
            )
            .help("write a policy, or say `policy: default` if everything shall be allowed"),
        );
    }
    if typed == EndpointType::Gateway && spec.policy == Some(Value::Null) {
        problems.push(
            Invalid::new(
                "policy",
                "`null` says that the service takes no policy, but every gateway endpoint has one",
            )
            .help("write a policy, or say `policy: default` if everything shall be allowed"),
        );
    }
    problems
}

/// Ids that are none, lists that are too short or too long, and things named twice.
fn literals(spec: &Spec) -> Vec<Invalid> {
    let mut problems = Vec::new();
    problems.extend(not_an_id("vpc", &spec.vpc, "vpc-"));
    let lists = [
        ("subnets", &spec.subnets, "subnet-"),
        ("securityGroups", &spec.security_groups, "sg-"),
        ("routeTables", &spec.route_tables, "rtb-"),
    ];
    for (field, targets, prefix) in lists {
        let Some(Targets::List(list)) = targets else { continue };
        if list.is_empty() && field != "routeTables" {
            problems.push(Invalid::new(field, "is empty; an endpoint needs at least one"));
        }
        for (index, target) in list.iter().enumerate() {
            let field = format!("{field}[{index}]");
            problems.extend(not_an_id(&field, target, prefix));
            if let Some(first) = list[..index].iter().position(|other| other == target) {
                problems.push(Invalid::new(field, format!("is the same as number {first}")));
            }
        }
    }
    if let Some(Targets::List(list)) = &spec.security_groups
        && list.len() > GROUP_LIMIT
    {
        let why = format!("{} groups; a network interface has at most {GROUP_LIMIT}", list.len());
        problems.push(Invalid::new("securityGroups", why));
    }
    if let (EndpointType::GatewayLoadBalancer, Some(Targets::List(list))) =
        (spec.endpoint_type, &spec.subnets)
        && list.len() > 1
    {
        let why = "a Gateway Load Balancer endpoint is in exactly one subnet";
        problems.push(Invalid::new("subnets", why).help("make an endpoint for each zone"));
    }
    problems
}

fn not_an_id(field: &str, target: &Target, prefix: &str) -> Option<Invalid> {
    let Target::Id(id) = target else { return None };
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    match id.strip_prefix(prefix) {
        Some(rest) if !rest.is_empty() && rest.chars().all(plain) => None,
        _ => Some(Invalid::new(field, format!("`{id}` is no id of the form `{prefix}…`"))),
    }
}

/// Records of a family that the interfaces do not have (EC2 API reference, DnsOptionsSpecification).
fn address_families(spec: &Spec) -> Option<Invalid> {
    use DnsRecordIpType as Dns;
    use IpAddressType as Ip;
    let (dns, ip) = (spec.dns_record_ip_type?, spec.ip_address_type?);
    let fits = match dns {
        Dns::ServiceDefined => true,
        Dns::Dualstack => ip == Ip::Dualstack,
        Dns::Ipv4 => ip != Ip::Ipv6,
        Dns::Ipv6 => ip != Ip::Ipv4,
    };
    let what = if spec.endpoint_type == EndpointType::Gateway { "endpoints" } else { "interfaces" };
    let why = format!("{} records need addresses that {} {what} lack", dns.as_str(), ip.as_str());
    (!fits).then(|| Invalid::new("dnsRecordIpType", why).help("set `ipAddressType: dualstack`"))
}

/// A gateway endpoint of DynamoDB cannot choose its records (AWS PrivateLink guide, "Gateway endpoints", DNS record IP
/// type).
fn fixed_records(spec: &Spec, service: &str) -> Option<Invalid> {
    let records = spec.dns_record_ip_type?;
    let fixed = spec.endpoint_type == EndpointType::Gateway
        && service.ends_with(".dynamodb")
        && records != DnsRecordIpType::ServiceDefined;
    let why = "a gateway endpoint of DynamoDB has service-defined records only";
    fixed
        .then(|| Invalid::new("dnsRecordIpType", why).help("write `service-defined`, or remove it"))
}

/// Sent for S3 even if nobody asks: AWS's own default is true there and needs a gateway endpoint. It is
/// a part of private DNS and means nothing without.
fn inbound_only(
    spec: &Spec,
    service: &str,
    private_dns: Option<bool>,
    problems: &mut Vec<Invalid>,
) -> Option<bool> {
    let field = "privateDnsOnlyForInboundResolverEndpoint";
    let given = spec.private_dns_only_for_inbound_resolver_endpoint;
    if spec.endpoint_type != EndpointType::Interface {
        return None;
    }
    let known_name = service::problem(service).is_none();
    if given.is_some() && known_name && !service::has_gateway_twin(service) {
        let why = format!("{service} has no gateway endpoints, so there is nothing to choose");
        problems.push(Invalid::new(field, why).help("remove it; it is for S3 and DynamoDB"));
    }
    if private_dns == Some(false) {
        if given == Some(true) {
            problems.push(Invalid::new(
                field,
                "narrows private DNS, which `privateDns: false` turns off",
            ));
        }
        return None;
    }
    given.or_else(|| service::is_s3(service).then_some(false))
}

fn subnets(
    spec: &Spec,
    refs: &mut Refs<'_>,
    within: Option<(&str, &str)>,
    problems: &mut Vec<Invalid>,
) -> Option<Vec<BTreeSet<String>>> {
    let targets = spec.subnets.as_ref()?;
    if let (EndpointType::GatewayLoadBalancer, Targets::Lookup(lookup)) =
        (spec.endpoint_type, targets)
    {
        let one = refs.find_one("subnets", LookupKind::Subnet, lookup, within);
        return Some(vec![[one.id].into()]);
    }
    match refs.many("subnets", targets, Accepts::lookup(LookupKind::Subnet), within) {
        Ok(found) => Some(by_zone(found)),
        Err(wrong) => {
            problems.extend(wrong);
            None
        }
    }
}

/// One group of candidates for each zone; what was named by id stands for itself, also against others
/// of its zone.
fn by_zone(found: Vec<LookupItem>) -> Vec<BTreeSet<String>> {
    let (zoned, named): (Vec<_>, Vec<_>) =
        found.into_iter().partition(|item| item.attributes.contains_key("zone"));
    let mut zones: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for item in zoned {
        zones.entry(item.attributes["zone"].clone()).or_default().insert(item.id);
    }
    let named: BTreeSet<String> = named.into_iter().map(|item| item.id).collect();
    let mut groups: Vec<BTreeSet<String>> =
        zones.into_values().filter(|group| group.is_disjoint(&named)).collect();
    groups.extend(named.into_iter().map(|id| BTreeSet::from([id])));
    groups.sort();
    groups
}

fn ids(
    field: &str,
    targets: &Option<Targets>,
    accepts: Accepts,
    within: Option<(&str, &str)>,
    refs: &mut Refs<'_>,
    problems: &mut Vec<Invalid>,
) -> Option<BTreeSet<String>> {
    match refs.many(field, targets.as_ref()?, accepts, within) {
        Ok(found) => Some(found.into_iter().map(|item| item.id).collect()),
        Err(wrong) => {
            problems.extend(wrong);
            None
        }
    }
}

fn policy(
    spec: &Spec,
    context: &Context,
    refs: &Refs<'_>,
    problems: &mut Vec<Invalid>,
) -> Option<Policy> {
    let value = match spec.policy.as_ref()? {
        Value::Null => return None,
        Value::String(word) if word == "default" => return Some(Policy::AllowAll),
        object @ Value::Object(_) => object.clone(),
        _ => {
            problems
                .push(Invalid::new("policy", "neither a policy document nor the word `default`"));
            return None;
        }
    };
    let dialect = Dialect::EndpointPolicy;
    let document = policies::checked("policy", &value, dialect, refs.scope(), problems)?;
    Some(Policy::of(document, context))
}
