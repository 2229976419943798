//! The services of endpoints, and their features.

use super::{
    listing::Listing,
    model::Kind,
    state::{Call, State},
    vpcs::zones,
};
use crate::simulator::{
    query::invalid,
    service::{Answer, ApiError},
};
use serde_json::{Value, json};

/// One endpoint service for one kind of endpoint.
#[derive(Debug, Clone)]
pub(super) struct EndpointService {
    pub name: String,
    pub kind: Kind,
    /// The domain that resolves to the endpoint with private DNS.
    pub private_domain: Option<String>,
    pub takes_policy: bool,
    /// Whether the owner of the service has to accept each endpoint.
    pub acceptance: bool,
}

/// Name -> private domain, with `{region}` for the region. All are AWS's own and support endpoint
/// policies.
const INTERFACE: &[(&str, &str)] = &[
    ("com.amazonaws.{region}.athena", "athena.{region}.amazonaws.com"),
    ("com.amazonaws.{region}.bedrock-runtime", "bedrock-runtime.{region}.amazonaws.com"),
    ("com.amazonaws.{region}.codeartifact.api", "codeartifact.{region}.amazonaws.com"),
    ("com.amazonaws.{region}.codeartifact.repositories", "d.codeartifact.{region}.amazonaws.com"),
    ("com.amazonaws.{region}.codecommit", "codecommit.{region}.amazonaws.com"),
    ("com.amazonaws.{region}.datazone", "datazone.{region}.api.aws"),
    ("com.amazonaws.{region}.dynamodb", "dynamodb.{region}.amazonaws.com"),
    ("com.amazonaws.{region}.ec2", "ec2.{region}.amazonaws.com"),
    ("com.amazonaws.{region}.ecr.api", "api.ecr.{region}.amazonaws.com"),
    ("com.amazonaws.{region}.ecr.dkr", "*.dkr.ecr.{region}.amazonaws.com"),
    ("com.amazonaws.{region}.elasticfilesystem", "elasticfilesystem.{region}.amazonaws.com"),
    ("com.amazonaws.{region}.git-codecommit", "git-codecommit.{region}.amazonaws.com"),
    ("com.amazonaws.{region}.glue", "glue.{region}.amazonaws.com"),
    ("com.amazonaws.{region}.kms", "kms.{region}.amazonaws.com"),
    ("com.amazonaws.{region}.logs", "logs.{region}.amazonaws.com"),
    ("com.amazonaws.{region}.monitoring", "monitoring.{region}.amazonaws.com"),
    ("com.amazonaws.{region}.s3", "*.s3.{region}.amazonaws.com"),
    ("com.amazonaws.{region}.sagemaker.api", "api.sagemaker.{region}.amazonaws.com"),
    (
        "com.amazonaws.{region}.sagemaker.featurestore-runtime",
        "featurestore-runtime.sagemaker.{region}.amazonaws.com",
    ),
    ("com.amazonaws.{region}.sagemaker.metrics", "metrics.sagemaker.{region}.amazonaws.com"),
    ("com.amazonaws.{region}.sagemaker.runtime", "runtime.sagemaker.{region}.amazonaws.com"),
    ("com.amazonaws.{region}.secretsmanager", "secretsmanager.{region}.amazonaws.com"),
    ("com.amazonaws.{region}.servicecatalog", "servicecatalog.{region}.amazonaws.com"),
    ("com.amazonaws.{region}.ssm", "ssm.{region}.amazonaws.com"),
    ("com.amazonaws.{region}.sts", "sts.{region}.amazonaws.com"),
    ("aws.sagemaker.{region}.notebook", "*.notebook.{region}.sagemaker.aws"),
    ("aws.sagemaker.{region}.studio", "*.studio.{region}.sagemaker.aws"),
];

/// The two services with gateway endpoints.
const GATEWAY: &[&str] = &["com.amazonaws.{region}.dynamodb", "com.amazonaws.{region}.s3"];

const LISTING: Listing = Listing {
    set: "serviceDetailSet",
    key: "order",
    ids: None,
    filters: &[
        ("owner", "owner"),
        ("service-name", "serviceName"),
        ("service-region", "serviceRegion"),
        ("service-type", "serviceType/serviceType"),
        ("supported-ip-address-types", "supportedIpAddressTypeSet"),
    ],
    page: Some((1, 1000)),
};

/// All services that the caller may use: AWS's own, and those of other owners in the options.
fn all(call: &Call<'_, '_>) -> Vec<EndpointService> {
    let region = &call.caller.region;
    let here = |pattern: &str| pattern.replace("{region}", region);
    let gateways = GATEWAY.iter().map(|name| EndpointService {
        name: here(name),
        kind: Kind::Gateway,
        private_domain: None,
        takes_policy: true,
        acceptance: false,
    });
    let interfaces = INTERFACE.iter().map(|(name, domain)| EndpointService {
        name: here(name),
        kind: Kind::Interface,
        private_domain: Some(here(domain)),
        takes_policy: true,
        acceptance: false,
    });
    let others = &call.context.options.acceptance_required;
    let others = others.iter().flat_map(|name| {
        [Kind::Interface, Kind::GatewayLoadBalancer].map(|kind| EndpointService {
            name: name.clone(),
            kind,
            private_domain: None,
            takes_policy: false,
            acceptance: true,
        })
    });
    gateways.chain(interfaces).chain(others).collect()
}

/// The service with this name for this kind of endpoint.
pub(super) fn find(
    name: &str,
    kind: Kind,
    call: &Call<'_, '_>,
) -> Result<EndpointService, ApiError> {
    let mut named: Vec<_> = all(call).into_iter().filter(|service| service.name == name).collect();
    if named.is_empty() {
        let message = format!("The Vpc Endpoint Service '{name}' does not exist");
        return Err(ApiError::new("InvalidServiceName", message));
    }
    named.retain(|service| service.kind == kind);
    named.pop().ok_or_else(|| {
        let message = format!(
            "Endpoint type ({}) does not match available service types for {name}.",
            kind.name()
        );
        ApiError::new("InvalidParameter", message)
    })
}

pub(super) fn describe(_state: &mut State, call: &mut Call<'_, '_>) -> Answer {
    let wanted = call.input.texts("ServiceName");
    let services = all(call);
    for name in &wanted {
        if !services.iter().any(|service| service.name == *name) {
            let message = format!("The Vpc Endpoint Service '{name}' does not exist");
            return Err(ApiError::new("InvalidServiceName", message));
        }
    }
    for region in call.input.texts("ServiceRegion") {
        if region != call.caller.region {
            return Err(invalid(format!("The service region {region} is not supported")));
        }
    }
    let entries = services
        .iter()
        .filter(|service| wanted.is_empty() || wanted.contains(&service.name.as_str()))
        .map(|service| detail(service, call))
        .collect();
    let mut answer = LISTING.answer(entries, call.input)?;
    let mut names = Vec::new();
    for entry in answer["serviceDetailSet"].as_array_mut().into_iter().flatten() {
        if let Value::Object(entry) = entry {
            entry.remove("order");
        }
        names.push(entry["serviceName"].clone());
    }
    names.dedup();
    answer["serviceNameSet"] = names.into();
    Ok(answer)
}

fn detail(service: &EndpointService, call: &Call<'_, '_>) -> Value {
    let region = &call.caller.region;
    let some = call.context.options.service_zones.get(&service.name);
    let zones = zones(region).into_iter();
    let zones: Vec<_> = zones.filter(|(_, id)| some.is_none_or(|some| some.contains(id))).collect();
    let short: Vec<&str> = service.name.split('.').skip(3).collect();
    let short = short.join(".");
    let domains: Vec<Value> =
        service.private_domain.iter().map(|domain| json!({"privateDnsName": domain})).collect();
    json!({
        "order": format!("{}\n{}", service.name, service.kind.name()),
        "serviceName": service.name,
        "serviceId": format!("vpce-svc-{}", short.replace('.', "-")),
        "serviceType": [{"serviceType": service.kind.name()}],
        "serviceRegion": region,
        "availabilityZoneSet": zones.iter().map(|zone| &zone.0).collect::<Vec<_>>(),
        "availabilityZoneIdSet": zones.iter().map(|zone| &zone.1).collect::<Vec<_>>(),
        "owner": if service.acceptance { "another-account" } else { "amazon" },
        "baseEndpointDnsNameSet": [format!("{short}.{region}.vpce.amazonaws.com")],
        "privateDnsName": service.private_domain,
        "privateDnsNameSet": domains,
        "privateDnsNameVerificationState": "verified",
        "vpcEndpointPolicySupported": service.takes_policy,
        "acceptanceRequired": service.acceptance,
        "managesVpcEndpoints": false,
        "supportedIpAddressTypeSet": ["ipv4", "dualstack", "ipv6"],
        "tagSet": [],
    })
}
