//! What a VpcEndpoint manifest can say, row by row.

use serde_json::json;

use super::{
    NAME, addresses,
    aws::{Endpoints, rehearsal},
    baseline, errors, lattice, operations, prefixes, region,
    rules::{self, BALANCER, GATEWAY, INTERFACE, NETWORK, RESOURCE},
    service,
};
use crate::kinds::cloud_control::{ec2_subnet, ec2_vpc};
use crate::{
    kind::{
        Accepts, Claimed, Creation, LookupKind, Profile, Reach, Removal, Writers,
        table::{
            Absent, Call, Check, Compare, Form, Gives, How, Leaf, Live, Named, Null, PolicyWord,
            RiskOf, Table, TagLeaf, Text, Tree, get,
        },
    },
    kinds::{route_table, security_group},
    model::{Risk, policy_document::Dialect, text},
};

/// The call of every edit: AWS makes the modifications of an endpoint one at a time.
pub(super) const MODIFY: &str = "ec2:ModifyVpcEndpoint";
/// The most security groups a network interface can ever have (Amazon VPC quotas).
const MAX_GROUPS: usize = 16;
/// The reason why these fields cannot change.
const FIXED: &str = "which AWS cannot do in place";

/// The kind as a table.
pub fn table() -> Table {
    Table {
        profile: Profile {
            name: NAME,
            short: "vpce",
            about: "A private way from a VPC to a service (interface, gateway or Gateway Load \
                    Balancer endpoint), or to a resource or service network of Amazon VPC Lattice.",
            claimed: Claimed::ByTags,
            creation: Creation::Token,
            removal: Removal::Prunable,
            writers: Writers::Many,
            sweep: true,
            global: false,
        },
        operations: operations::OPERATIONS,
        errors: errors::ERRORS,
        baseline: baseline::BASELINE,
        doctor: rehearsal::DOCTOR,
        about: "A VPC endpoint: a private way from a VPC to a service, a resource or a service \
                network.\n\nEverything that AWS \
                would otherwise choose unsafely is sent explicitly: the type, the \
                security\ngroups, the policy and private DNS."
            .into(),
        leaves: vec![
            endpoint_type(),
            service(),
            service_region(),
            lattice::configuration(),
            lattice::service_network(),
            vpc(),
            policy(),
            security_groups(),
            subnets(),
            addresses::leaf(),
            route_tables(),
            private_dns(),
            lattice::preference(),
            lattice::domains(),
            inbound_only(),
            dns_record_ip_type(),
            ip_address_type(),
        ],
        tags: Some(TagLeaf {
            about: "Tags of the endpoint; `null` says that the key must not be there. Other keys \
                    are not managed."
                .into(),
            rules: text::EC2,
        }),
        order: vec![MODIFY.into()],
        natural_keys: rules::natural_keys,
        // The rest of the manifest was then written for another endpoint.
        fixed_first: true,
        // A new path to a service.
        creating: |_| Risk::LOOSENS,
        restore: None,
        settle: rules::settle,
        connect: Live::<Endpoints>::open,
    }
}

/// A row that every manifest has and that no call changes.
fn fixed(path: &'static str, about: &'static str, form: Form, help: &'static str) -> Leaf {
    Leaf {
        absent: Absent::Required("missing".into(), help.into()),
        null: Null::Refused,
        ..Leaf::harmless(path, about, form, How::Fixed(FIXED.into()))
    }
}

pub(super) fn modify(says: &'static str) -> Call {
    Call::new(MODIFY, says).shared()
}

fn endpoint_type() -> Leaf {
    let form = Form::word(
        "EndpointType",
        "What kind of endpoint it is.",
        &[
            (INTERFACE, "Network interfaces with private addresses in subnets of the VPC."),
            (GATEWAY, "Routes in route tables of the VPC: S3 and DynamoDB."),
            (BALANCER, "A next hop that sends traffic through a fleet of appliances."),
            (RESOURCE, "Network interfaces that lead to a resource of somebody's network."),
            (NETWORK, "Network interfaces that lead to the services of a service network."),
        ],
        None,
    );
    let help =
        "write `Interface`, `Gateway`, `GatewayLoadBalancer`, `Resource` or `ServiceNetwork`";
    fixed("type", "What kind of endpoint it is. Immutable.", form, help)
}

fn service() -> Leaf {
    Leaf {
        absent: Absent::Derived,
        null: Null::Refused,
        ..Leaf::harmless(
            "service",
            "The service: a short name such as `s3`, `sagemaker.api`, `ecr.dkr` or `studio`, or \
             its full name\n(`com.amazonaws.eu-west-1.s3`, \
             `com.amazonaws.vpce.eu-west-1.vpce-svc-…`). Required for interface, gateway\nand \
             Gateway Load Balancer endpoints, and not for others. Immutable.",
            Form::Text(Check::Form(service::wrong)),
            How::Fixed(FIXED.into()),
        )
    }
}

fn service_region() -> Leaf {
    Leaf::harmless(
        "serviceRegion",
        "The Region the service is in, where that is another one than the endpoint's. Interface \
         endpoints\nonly. Default: the scope's Region. Immutable.",
        Form::Text(Check::Form(region::wrong)),
        How::Fixed(FIXED.into()),
    )
}

fn vpc() -> Leaf {
    let form =
        Form::Target(Named::new(Accepts::id_or_lookup(ec2_vpc::NAME, LookupKind::Vpc), "vpc-"));
    fixed(
        "vpc",
        "The VPC: an id or a lookup. Immutable.",
        form,
        "write its id, or `{lookup: {tags: …}}`",
    )
}

/// The policy that AWS attaches by default (AWS PrivateLink guide, "Control access to VPC endpoints
/// using endpoint policies"): everybody may do everything through the endpoint. In both versions of
/// the language: without policy variables they have the same meaning.
pub(super) fn allow_all() -> PolicyWord {
    let statement = json!([{"Action": "*", "Effect": "Allow", "Principal": "*", "Resource": "*"}]);
    PolicyWord {
        word: "default".into(),
        documents: vec![
            json!({"Statement": statement}),
            json!({"Version": "2012-10-17", "Statement": statement}),
        ],
        shown: "default (everything is allowed)".into(),
        says: "reset the policy to allow everything".into(),
        is_everything: true,
    }
}

fn policy() -> Leaf {
    let form = Form::Policy {
        dialect: Dialect::EndpointPolicy,
        reach: |state: &Tree| {
            let service = get(state, "service").as_str().unwrap_or_default();
            Reach::Endpoint { prefixes: prefixes::of(service) }
        },
        word: Some(allow_all()),
        orphaned: None,
    };
    Leaf {
        absent: Absent::Derived,
        null: Null::None(rules::no_policy()),
        compare: Compare::Meaning,
        risk: RiskOf::Meaning,
        gives: Gives::Grants,
        ..Leaf::harmless(
            "policy",
            "Who may do what through the endpoint, at most 20,480 characters: a policy document \
             (IAM's own\n`${aws:…}` variables pass through, `${Kind/name}` and `${Kind/name.arn}` \
             are filled in), or\n`default`, which allows everything to everybody. Required for \
             interface and gateway endpoints, because\nwithout one AWS would silently allow \
             everything. `null` says that the service accepts no policy: none\nis sent or compared \
             (interface endpoints only).",
            form,
            How::By(modify("replace the policy")),
        )
    }
}

/// Targets that one call adds to and removes from.
fn targets(path: &'static str, about: &'static str, form: Form, says: &'static str) -> Leaf {
    Leaf {
        compare: Compare::Set,
        gives: Gives::More,
        ..Leaf::harmless(path, about, form, How::By(modify(says)))
    }
}

const EMPTY: &str = "is empty; an endpoint needs at least one";

fn security_groups() -> Leaf {
    let form = Form::Targets {
        each: Named::new(Accepts::id_of(security_group::NAME), "sg-"),
        within: None,
        one_of_each: None,
        single_while: None,
        min: (1, EMPTY.into()),
        max: (MAX_GROUPS, "{count} groups; a network interface has at most {max}".into()),
    };
    Leaf {
        risk: RiskOf::Each { add: Risk::LOOSENS, remove: Risk::TIGHTENS, take: Risk::LOOSENS },
        ..targets(
            "securityGroups",
            "The security groups of the network interfaces, 1 to 16: ids or references. Interface, \
             Resource and\nServiceNetwork endpoints only; required there, because without them AWS \
             would use the VPC's default\ngroup. They should admit the clients, for AWS's services \
             on tcp 443.",
            form,
            "change the security groups: {changes}",
        )
    }
}

fn subnets() -> Leaf {
    let form = Form::Targets {
        each: Named::new(Accepts::id_or_lookup(ec2_subnet::NAME, LookupKind::Subnet), "subnet-"),
        within: Some(("vpc".into(), "vpc".into())),
        one_of_each: Some("zone".into()),
        single_while: Some(("type".into(), json!(BALANCER))),
        min: (1, EMPTY.into()),
        max: (usize::MAX, "".into()),
    };
    Leaf {
        // New interfaces can be reached, and the connections of removed ones end.
        risk: RiskOf::Each {
            add: Risk::LOOSENS,
            remove: Risk::TIGHTENS.cutting_connections(),
            take: Risk::LOOSENS,
        },
        // ModifyVpcEndpoint cannot remove a subnet from a Gateway Load Balancer endpoint, and a
        // second one is not allowed (EC2 API reference).
        fixed_while: Some(("type".into(), json!(BALANCER))),
        // A new interface gets its fixed address at once.
        change: How::By(modify("change the subnets: {changes}").with(&[addresses::FIXED])),
        ..targets(
            "subnets",
            "The subnets to put network interfaces in, at most one in each Availability Zone: ids, \
             or a lookup,\nof whose finds one a zone is used (the one in use stays, else the \
             lowest id). A subnet in a zone in\nwhich the service does not exist is left out. \
             Required for all but gateway endpoints, at least one.\nGateway Load Balancer \
             endpoints: exactly one, immutable.",
            form,
            "change the subnets: {changes}",
        )
    }
}

fn route_tables() -> Leaf {
    let form = Form::Targets {
        each: Named::new(Accepts::id_or_lookup(route_table::NAME, LookupKind::RouteTable), "rtb-"),
        within: Some(("vpc".into(), "vpc".into())),
        one_of_each: None,
        single_while: None,
        min: (0, "".into()),
        max: (usize::MAX, "".into()),
    };
    Leaf {
        null: Null::None(json!([])),
        // Subnets that use the table reach the service this way, or no longer: their requests then
        // bypass the endpoint's policy. The source addresses change, which cuts open connections
        // (Amazon VPC guide, gateway endpoints).
        risk: RiskOf::Each {
            add: Risk::REPLACES.cutting_connections(),
            remove: Risk::TIGHTENS.cutting_connections(),
            take: Risk::REPLACES.cutting_connections(),
        },
        ..targets(
            "routeTables",
            "The route tables that get a route to the service: ids or a lookup. Gateway endpoints \
             only.\nDefault: not managed; `[]` or `null`: none. Every change cuts open connections \
             to the service.",
            form,
            "change the route tables: {changes}",
        )
    }
}

fn private_dns() -> Leaf {
    // AWS would use its own defaults for both when it turns private DNS on.
    let on = modify("turn private DNS on").with(&[INBOUND_ONLY, RECORDS]);
    // Terraform makes a new endpoint instead (`aws_vpc_endpoint`).
    let fixed_while = Some(("type".into(), json!([RESOURCE, NETWORK])));
    Leaf {
        absent: Absent::Derived,
        // On: the endpoint's policy and groups now apply to requests to the usual names. Off: those
        // requests take another path, past the endpoint's policy.
        risk: RiskOf::Towards {
            value: json!(true),
            there: Risk::TIGHTENS,
            back: Risk::LOOSENS.cutting_connections(),
        },
        gives: Gives::Least(json!(true)),
        fixed_while,
        ..Leaf::harmless(
            "privateDns",
            "Whether the service's usual names resolve to the endpoint inside the VPC, which needs \
             the VPC\nattributes enableDnsSupport and enableDnsHostnames. Interface \
             endpoints; default: true. For\nsomebody's endpoint service it is turned on after the \
             endpoint has been accepted. Resource and\nServiceNetwork endpoints: whether custom \
             domain names do; default: false, and immutable.",
            Form::Bool,
            How::Switch { on, off: modify("turn private DNS off") },
        )
    }
}

/// The path of the row that AWS defaults unsafely for S3.
pub(super) const INBOUND_ONLY: &str = "privateDnsOnlyForInboundResolverEndpoint";

fn inbound_only() -> Leaf {
    Leaf {
        absent: Absent::Derived,
        // On: only requests through a resolver's inbound endpoint use this endpoint, and the VPC's
        // own requests bypass its policy.
        risk: RiskOf::Towards {
            value: json!(false),
            there: Risk::TIGHTENS.cutting_connections(),
            back: Risk::LOOSENS.cutting_connections(),
        },
        gives: Gives::Least(json!(false)),
        idle_while: Some(("privateDns".into(), json!(false))),
        ..Leaf::harmless(
            INBOUND_ONLY,
            "Whether private DNS is only for clients that ask through a Route 53 Resolver inbound \
             endpoint\n(on-premises networks), while the VPC itself goes through a gateway \
             endpoint. Interface endpoints\nof S3 and DynamoDB with private DNS only. Default for \
             S3: false, and that is sent, because AWS\nwould use true and demand a gateway \
             endpoint.",
            Form::Bool,
            How::Switch {
                on: modify("give private DNS to inbound resolver endpoints only"),
                off: modify("give private DNS to the whole VPC"),
            },
        )
    }
}

/// The path of the row for the address family.
pub(super) const ADDRESSES: &str = "ipAddressType";
/// The path of the row for the DNS records.
pub(super) const RECORDS: &str = "dnsRecordIpType";

fn dns_record_ip_type() -> Leaf {
    let form = Form::word(
        "DnsRecordIpType",
        "The address family of the DNS records.",
        &[
            ("ipv4", "A records."),
            ("dualstack", "A and AAAA records."),
            ("ipv6", "AAAA records."),
            ("service-defined", "As the service decides."),
        ],
        None,
    );
    Leaf {
        risk: RiskOf::Always(Risk::NEUTRAL.cutting_connections()),
        ..Leaf::harmless(
            RECORDS,
            "The address family of the DNS records. Interface and gateway endpoints; a gateway \
             endpoint of DynamoDB has\n`service-defined` only. Default: AWS's choice, not managed.",
            form,
            // Records need addresses of their family, so AWS gets both at once or neither.
            How::By(modify("set the DNS records to {item}").with(&[ADDRESSES])),
        )
    }
}

fn ip_address_type() -> Leaf {
    let form = Form::word(
        "IpAddressType",
        "The address family of the network interfaces or routes.",
        &[("ipv4", "IPv4 addresses."), ("dualstack", "Both."), ("ipv6", "IPv6 addresses.")],
        None,
    );
    let gives = |word: &'static str, families: &[&'static str]| -> (Text, Vec<Text>) {
        (word.into(), families.iter().map(|family| (*family).into()).collect())
    };
    Leaf {
        // Only adding a second family affects no connection.
        risk: RiskOf::Words(vec![
            (None, Some("dualstack".into()), Risk::LOOSENS),
            (Some("dualstack".into()), None, Risk::TIGHTENS.cutting_connections()),
            (None, None, Risk::REPLACES.cutting_connections()),
        ]),
        gives: Gives::Each(vec![
            gives("ipv4", &["IPv4"]),
            gives("dualstack", &["IPv4", "IPv6"]),
            gives("ipv6", &["IPv6"]),
        ]),
        ..Leaf::harmless(
            ADDRESSES,
            "The address family of the network interfaces, or of the routes of a gateway endpoint; \
             the subnets and\nthe service must have it. In a VPC with IPv6, `dualstack` is what \
             leads S3 over IPv6 through a gateway\nendpoint. Default: AWS's choice, not managed.",
            form,
            How::By(modify("set the addresses to {item}").with(&[RECORDS])),
        )
    }
}
