//! Where subnets lead.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::{
    baseline::{Breach, Facts, Reach, Rule, Severity},
    kinds::{
        cloud_control::{self, ec2_nat_gateway, ec2_subnet},
        route_table::{self, Routes},
    },
};

/// The tag, and its value, by which a subnet says that the internet does not reach it.
const PRIVATE: (&str, &str) = ("tier", "private");
/// Everywhere.
const EVERYWHERE: [&str; 2] = ["0.0.0.0/0", "::/0"];

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "NET-01",
        severity: Severity::High,
        kind: route_table::NAME,
        title: "Private subnets reach no internet gateway",
        why: "What has a public address in such a subnet is reached from everywhere, past the NAT \
              gateway and the endpoints.",
        source: "SageMaker developer guide, \"Connect Studio in a VPC to external resources\"; \
                 Amazon VPC user guide, \"VPC with servers in private subnets and NAT\"",
        help: "lead the route to a NAT gateway or a transit gateway, or leave it out; or tag the \
               subnet `tier: public`",
        reach: Reach::Manifest,
        check: leading_out,
    },
    Rule {
        id: "NAT-01",
        severity: Severity::High,
        kind: ec2_nat_gateway::NAME,
        title: "A NAT gateway is in a public subnet",
        why: "In a private one it has no way out itself, or a route to an internet gateway makes \
              that subnet public.",
        source: "Amazon VPC user guide, \"NAT gateways\"",
        help: "put it in a subnet tagged `tier: public`",
        reach: Reach::Manifest,
        check: |facts| {
            let private = private(facts);
            let inside = cloud_control::baseline::all(facts, ec2_nat_gateway::NAME).filter(|nat| {
                nat.state.property("SubnetId").as_str().is_some_and(|it| private.contains(it))
            });
            inside.map(|it| it.breach("properties.SubnetId", "its subnet is private")).collect()
        },
    },
];

/// The ids of the subnets whose manifests say that they are private.
fn private(facts: &Facts<'_>) -> BTreeSet<String> {
    let all = cloud_control::baseline::all(facts, ec2_subnet::NAME);
    let said = all
        .filter(|subnet| subnet.written("tags").is_some_and(|tags| tags[PRIVATE.0] == PRIVATE.1));
    said.filter_map(|subnet| facts.id_of(subnet.address()).map(str::to_owned)).collect()
}

fn leading_out(facts: &Facts<'_>) -> Vec<Breach> {
    let private = private(facts);
    let mut found = Vec::new();
    for table in facts.of::<Routes>() {
        let uses = table.state.subnets.iter().flatten().any(|subnet| private.contains(subnet));
        let out = EVERYWHERE.iter().find(|to| {
            let routes = table.state.routes.as_ref();
            let via = routes.and_then(|it| it.get(**to)).and_then(Value::as_str);
            via.is_some_and(|via| via.starts_with("igw-"))
        });
        if let (true, Some(to)) = (uses, out) {
            let why = format!("private subnets reach an internet gateway ({to})");
            found.push(table.breach("routes", why));
        }
    }
    found
}
