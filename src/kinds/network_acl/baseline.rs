//! The rules of the secure baseline for network ACLs.

use serde::Deserialize;
use serde_json::json;

use super::{NAME, entries::outcomes};
use crate::{
    baseline::{Baseline, Breach, Facts, Reach, Rule, Severity},
    kind::table::Tree,
};

/// What the rules see of an ACL.
#[derive(Debug, Deserialize)]
struct Filter {
    entries: Option<Tree>,
}

/// Ports of services; those above are of answers (Amazon VPC guide, "Ephemeral ports").
const SERVICES: std::ops::Range<i64> = 1..1024;
/// Protocols with ports: tcp and udp (IANA).
const PROTOCOLS: [&str; 2] = ["6", "17"];
/// Addresses of nobody, in each family (RFC 5737, RFC 3849): what fits one fits everybody.
const ANYBODY: [&str; 2] = ["198.51.100.1", "2001:db8::1"];
/// Remote administration.
const ADMINISTRATION: [i64; 2] = [22, 3389];

pub(super) const BASELINE: Baseline = Baseline::of::<Filter>(&[
    Rule {
        id: "NACL-01",
        severity: Severity::Medium,
        kind: NAME,
        title: "A network ACL lets in from everywhere only what can be an answer",
        why: "It is the second layer: what a security group opens by mistake stays closed.",
        source: "Amazon VPC user guide, \"Network ACLs\" (ephemeral ports); checkov CKV_AWS_229 to \
                 CKV_AWS_232",
        help: "allow tcp and udp from everywhere from port 1024 on only",
        reach: Reach::Manifest,
        check: |facts| open(facts, SERVICES, "ports of services"),
    },
    Rule {
        id: "NACL-02",
        severity: Severity::High,
        kind: NAME,
        title: "No network ACL lets remote administration in from everywhere",
        why: "SSH (22) and RDP (3389) are what scanners try first; 3389 is among the ports of \
              answers.",
        source: "Security Hub EC2.21; Config NACL_NO_UNRESTRICTED_SSH_RDP; checkov CKV_AWS_231, \
                 CKV_AWS_232",
        help: "put an entry that denies the port before the one that allows it",
        reach: Reach::Manifest,
        check: |facts| open(facts, ADMINISTRATION, "22 or 3389"),
    },
]);

/// The ACLs that let one of these ports in from everywhere.
fn open(
    facts: &Facts<'_>,
    ports: impl IntoIterator<Item = i64> + Clone,
    what: &str,
) -> Vec<Breach> {
    let opens = |filter: &Filter| {
        let entries = filter.entries.as_ref()?;
        ports.clone().into_iter().find(|port| is_open(entries, *port))
    };
    let all = facts.of::<Filter>();
    all.filter_map(|acl| {
        let port = opens(acl.state)?;
        Some(acl.breach("entries", format!("lets in {what} from everywhere, such as {port}")))
    })
    .collect()
}

fn is_open(entries: &Tree, port: i64) -> bool {
    let packets = ANYBODY.into_iter().flat_map(|address| {
        PROTOCOLS.map(|protocol| {
            json!({"egress": false, "protocol": protocol, "address": address, "port": port})
        })
    });
    let packets: Vec<_> = packets.collect();
    outcomes(entries, &packets).iter().any(Option::is_some)
}
