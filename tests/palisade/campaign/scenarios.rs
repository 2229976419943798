//! The scenarios: creating, every edit, chains, adopting, tombstones, pruning, renaming, orphans, bad input, and holes that
//! somebody opens in what was in order, where closing them cuts connections or comes together with what must wait.

use super::{
    catalogue::{
        account_settings, domain, group, group_with, guard, https, key, key_named, routes, s3, sts,
        tcp,
    },
    hands,
    scenario::{Place, Scenario},
};

/// All of them.
pub fn all() -> Vec<Scenario> {
    let mut all = Vec::new();
    all.extend(groups());
    all.extend(more_groups());
    all.extend(endpoints());
    all.extend(keys());
    all.extend(policies());
    all.extend(domains());
    all.extend(settings());
    all.extend(route_tables());
    all.extend(chains());
    all.extend(inputs());
    all.extend(holes());
    all.extend(more_holes());
    all
}

const TOMB: &str = "state: absent";

fn groups() -> Vec<Scenario> {
    let new = |name| Scenario::new(name, Place::Ml, 1);
    let apps = || group("apps", &https(), "");
    let (ssh, dns) = (tcp(22, "from", "10.1.0.0/16"), tcp(53, "to", "10.0.0.2/32"));
    let three = format!(
        "{}{}{}",
        apps(),
        group("db", &tcp(5432, "from", "{ref: apps}"), ""),
        group("cache", &tcp(6379, "from", "{ref: apps}"), &dns)
    );
    let ring = format!(
        "{}{}",
        group("apps", &tcp(80, "from", "{ref: db}"), &tcp(5432, "to", "{ref: db}")),
        group("db", &tcp(5432, "from", "{ref: apps}"), &tcp(80, "to", "{ref: apps}"))
    );
    let gone = |name| group_with(name, TOMB, "", "", "");
    vec![
        new("group-create").then(apps()),
        new("group-create-self").then(group(
            "apps",
            &tcp(8080, "from", "self"),
            &tcp(8080, "to", "self"),
        )),
        new("groups-create").then(three),
        new("groups-create-ring").then(ring.clone()),
        new("group-add-rules").then(apps()).then(group(
            "apps",
            &format!("{}, {ssh}", https()),
            &dns,
        )),
        new("group-remove-rules")
            .then(group("apps", &format!("{}, {ssh}", https()), &dns))
            .then(apps()),
        new("group-swap-rules").then(group("apps", &format!("{}, {ssh}", https()), "")).then(
            group(
                "apps",
                &format!("{}, {}", https(), tcp(22, "from", "10.2.0.0/16, 10.3.0.0/16")),
                &dns,
            ),
        ),
        new("group-tombstone").then(apps()).then(gone("apps")).deletes(&["SecurityGroup/apps"]),
        new("groups-tombstone-ring")
            .then(ring)
            .then(format!("{}{}", gone("apps"), gone("db")))
            .deletes(&["SecurityGroup/apps", "SecurityGroup/db"]),
    ]
}

fn more_groups() -> Vec<Scenario> {
    let new = |name| Scenario::new(name, Place::Ml, 1);
    let apps = || group("apps", &https(), "");
    let db = || group("db", "", "");
    let described = |text: &str| {
        group(
            "apps",
            &format!("{{description: {text}, protocol: tcp, ports: 443, from: [10.0.0.0/16]}}"),
            "",
        )
    };
    let tagged = |tags: &str| group_with("apps", "", &https(), "", &format!(", tags: {{{tags}}}"));
    vec![
        new("group-redescribe").then(described("one")).then(described("two")),
        new("group-tags").then(tagged("team: a, old: x")).then(tagged("team: b, old: null")),
        new("group-drift-opened").then(apps()).then(apps()).by_hand(hands::open_ssh),
        new("group-drift-closed").then(apps()).then(apps()).by_hand(hands::close_https),
        new("group-adopt")
            .then(group_with("apps", "adopt: \"@{SecurityGroup/apps}\"", &https(), "", ""))
            .by_hand(hands::foreign_group)
            .adopts(&["SecurityGroup/apps"]),
        new("group-conflict").then(apps()).by_hand(hands::foreign_group),
        new("group-prune")
            .then(format!("{}{}", db(), group_with("apps", "deletion: delete", &https(), "", "")))
            .then(db())
            .pruning()
            .deletes(&["SecurityGroup/apps"]),
        new("group-prune-retained").then(format!("{}{}", db(), apps())).then(db()).pruning(),
        new("group-orphan")
            .then(format!("{}{}", db(), group_with("apps", "deletion: delete", &https(), "", "")))
            .then(db()),
        new("group-rename").then(apps()).then(group("portal", &https(), "")),
        new("group-additive")
            .then(apps())
            .then(group_with(
                "apps",
                "",
                &format!("{}, {}", https(), tcp(8443, "from", "10.9.0.0/16")),
                "",
                ", rules: additive",
            ))
            .by_hand(hands::open_ssh),
    ]
}

fn endpoints() -> Vec<Scenario> {
    let new = |name| Scenario::new(name, Place::Ml, 1);
    let gate = || group("gate", &https(), "");
    let door = || group("door", &https(), "");
    let with = |endpoint: String| format!("{}{}{endpoint}", gate(), door());
    vec![
        new("endpoint-create-gateway").then(s3("", "s3:GetObject", "")),
        Scenario::new("endpoint-create-interface", Place::Ml, 2).then(with(sts(
            "",
            "{ref: gate}",
            "sts:*",
            ", privateDns: true",
        ))),
        new("endpoint-policy").then(s3("", "s3:GetObject", "")).then(s3("", "s3:PutObject", "")),
        new("endpoint-groups").then(with(sts("", "{ref: gate}", "sts:*", ""))).then(with(sts(
            "",
            "{ref: door}",
            "sts:GetCallerIdentity",
            "",
        ))),
        new("endpoint-private-dns")
            .then(with(sts("", "{ref: gate}", "sts:*", ", privateDns: false")))
            .then(with(sts("", "{ref: gate}", "sts:*", ", privateDns: true"))),
        new("endpoint-tags").then(s3("", "s3:GetObject", ", tags: {team: a, old: x}")).then(s3(
            "",
            "s3:GetObject",
            ", tags: {team: b, old: null}",
        )),
        new("endpoint-drift")
            .then(s3("", "s3:GetObject", ""))
            .then(s3("", "s3:GetObject", ""))
            .by_hand(hands::widen_endpoint),
        new("endpoint-adopt")
            .then(s3("adopt: \"@{VpcEndpoint/s3}\"", "s3:GetObject", ""))
            .by_hand(hands::foreign_endpoint)
            .adopts(&["VpcEndpoint/s3"]),
        new("endpoint-tombstone")
            .then(s3("", "s3:GetObject", ""))
            .then(s3(TOMB, "s3:GetObject", ""))
            .deletes(&["VpcEndpoint/s3"]),
        new("endpoint-prune")
            .then(format!("{}{}", gate(), s3("deletion: delete", "s3:GetObject", "")))
            .then(gate())
            .pruning()
            .deletes(&["VpcEndpoint/s3"]),
    ]
}

fn keys() -> Vec<Scenario> {
    let new = |name| Scenario::new(name, Place::Ml, 1);
    const ALIAS: &str = ", aliases: [alias/studio], rotation: {enabled: true, periodDays: 365}";
    let studio = || key("", "kms:Decrypt", ALIAS);
    let gate = || group("gate", &https(), "");
    vec![
        new("key-create").then(studio()),
        new("key-create-bare").then(key("", "kms:Decrypt", "")),
        new("key-policy").then(studio()).then(key("", "kms:Encrypt", ALIAS)),
        new("key-aliases")
            .then(studio())
            .then(key("", "kms:Decrypt", ", aliases: [alias/studio-new, alias/volumes], rotation: {enabled: true, periodDays: 365}")),
        new("key-rotation")
            .then(studio())
            .then(key("", "kms:Decrypt", ", aliases: [alias/studio], description: Volumes, rotation: {enabled: true, periodDays: 180}")),
        new("key-drift").then(studio()).then(studio()).by_hand(hands::stop_rotation),
        new("key-revive").then(studio()).then(studio()).by_hand(hands::doom_key),
        new("key-adopt")
            .then(key("adopt: \"@{KmsKey/studio}\"", "kms:Decrypt", ALIAS))
            .by_hand(hands::foreign_key)
            .adopts(&["KmsKey/studio"]),
        new("key-tombstone")
            .then(studio())
            .then(key(TOMB, "kms:Decrypt", ALIAS))
            .deletes(&["KmsKey/studio"]),
        new("key-orphan").then(format!("{}{}", gate(), studio())).then(gate()).pruning(),
    ]
}

/// What holds for the account in all Regions, and a log.
const WIDE: &str = "s3PublicAccess: {blockPublicAcls: true, blockPublicPolicy: true}, \
    passwordPolicy: {minimumLength: 14, usersCanChange: false}, \
    bedrockLogging: {s3Bucket: acme-logs, text: true}, \
    alternateContacts: [{type: security, name: Security, title: On call, email: a@example.com, phone: \"1\"}]";

fn settings() -> Vec<Scenario> {
    let new = |name| Scenario::new(name, Place::Ml, 1);
    let safe = "ebsEncryptionByDefault: true, snapshotPublicAccess: block-new-sharing";
    let gate = || group("gate", &https(), "");
    vec![
        new("settings-adopt").then(account_settings(safe)),
        new("settings-change").then(account_settings(safe)).then(account_settings(
            "ebsEncryptionByDefault: true, snapshotPublicAccess: block-all-sharing",
        )),
        new("settings-drift")
            .then(account_settings(safe))
            .then(account_settings(safe))
            .by_hand(hands::open_settings),
        new("settings-let-go")
            .then(format!("{}{}", gate(), account_settings(safe)))
            .then(gate())
            .pruning(),
        new("hole-settings").then(account_settings(safe)).attacked(hands::open_settings),
        new("settings-wide").then(account_settings(WIDE)),
        new("settings-wide-change").then(account_settings(WIDE)).then(account_settings(
            "s3PublicAccess: {blockPublicAcls: true}, passwordPolicy: {minimumLength: 20}, \
             alternateContacts: null",
        )),
        new("settings-wide-drift")
            .then(account_settings(WIDE))
            .then(account_settings(WIDE))
            .by_hand(hands::open_account),
        new("settings-wide-narrowed")
            .then(account_settings(WIDE))
            .then(account_settings("passwordPolicy: {requireSymbols: true}"))
            .by_hand(hands::open_account),
        new("hole-settings-wide").then(account_settings(WIDE)).attacked(hands::open_account),
    ]
}

fn route_tables() -> Vec<Scenario> {
    let new = |name| Scenario::new(name, Place::Ml, 1);
    const SUBNETS: &str = "subnets: {lookup: {tags: {tier: private}}}";
    const TRANSIT: &str = "{to: 10.0.0.0/8, via: tgw-0a}";
    const OUT: &str = "{to: 0.0.0.0/0, via: nat-0a}";
    let table = |list: &str| routes("private", "", &format!("routes: [{list}], {SUBNETS}"));
    let plain = |list: &str| routes("private", "", &format!("routes: [{list}]"));
    let gone = || routes("private", "deletion: delete", &format!("routes: [{TRANSIT}]"));
    let pair = |first: &str, second: &str| {
        format!("{}{}", routes("first", "", first), routes("second", "", second))
    };
    let gate = || group("gate", &https(), "");
    const NONE: &str = "subnets: null";
    vec![
        new("routes-create").then(table(&format!("{TRANSIT}, {OUT}"))),
        new("routes-change")
            .then(plain(&format!("{TRANSIT}, {OUT}")))
            .then(plain("{to: 10.0.0.0/8, via: tgw-0b}, {to: 10.1.0.0/16, via: tgw-0a}")),
        new("routes-associate").then(plain(TRANSIT)).then(table(TRANSIT)),
        new("routes-take").then(pair(SUBNETS, NONE)).then(pair(NONE, SUBNETS)),
        new("routes-drift").then(plain(TRANSIT)).then(plain(TRANSIT)).by_hand(hands::lead_out),
        new("routes-tags").then(routes("private", "", "tags: {team: a, old: x}")).then(routes(
            "private",
            "",
            "tags: {team: b, old: null}",
        )),
        new("routes-tombstone")
            .then(plain(TRANSIT))
            .then(routes("private", TOMB, &format!("routes: [{TRANSIT}]")))
            .deletes(&["RouteTable/private"]),
        new("routes-prune")
            .then(format!("{}{}", gate(), gone()))
            .then(gate())
            .pruning()
            .deletes(&["RouteTable/private"]),
        new("hole-route").then(plain(TRANSIT)).attacked(hands::lead_out),
        new("hole-route-elsewhere").then(plain(TRANSIT)).attacked(hands::lead_elsewhere),
    ]
}

fn policies() -> Vec<Scenario> {
    let new = |name| Scenario::new(name, Place::Org, 1);
    let root = || guard("", "s3:DeleteBucket", "root", "");
    let other = super::catalogue::manifest(
        "org",
        "ServiceControlPolicy",
        "other",
        "",
        "{content: {Version: \"2012-10-17\", Statement: [{Sid: No, Effect: Deny, Action: \"ec2:*\", Resource: \"*\"}]}, targets: [\"ou:/Workloads\"]}",
    );
    vec![
        new("policy-create").then(root()),
        new("policy-create-targets").then(guard(
            "",
            "s3:*",
            "\"ou:/Workloads/ML\", \"111122223333\"",
            "",
        )),
        new("policy-content").then(root()).then(guard("", "s3:*", "root", "")),
        new("policy-retarget").then(root()).then(guard(
            "",
            "s3:DeleteBucket",
            "\"ou:/Workloads\", \"111122223333\"",
            "",
        )),
        new("policy-rename").then(root()).then(guard(
            "",
            "s3:DeleteBucket",
            "root",
            ", policyName: sentinel, description: Watches",
        )),
        new("policy-drift").then(root()).then(root()).by_hand(hands::detach_guard),
        new("policy-adopt")
            .then(guard("adopt: \"@{ServiceControlPolicy/guard}\"", "s3:DeleteBucket", "root", ""))
            .by_hand(hands::foreign_policy)
            .adopts(&["ServiceControlPolicy/guard"]),
        new("policy-tombstone")
            .then(format!("{}{other}", root()))
            .then(format!("{}{other}", guard(TOMB, "s3:DeleteBucket", "root", "")))
            .deletes(&["ServiceControlPolicy/guard"]),
        new("policy-orphan").then(format!("{}{other}", root())).then(other).pruning(),
    ]
}

fn domains() -> Vec<Scenario> {
    let new = |name| Scenario::new(name, Place::Ml, 2);
    let with = |domain: String| format!("{}{domain}", group("apps", &https(), ""));
    let plain = || with(domain("", "{ref: apps}", "DISABLED", ""));
    vec![
        new("domain-create").then(plain()),
        new("domain-settings").then(plain()).then(with(domain("", "{ref: apps}", "ENABLED", ""))),
        new("domain-tags")
            .then(with(domain("", "{ref: apps}", "DISABLED", ", tags: {team: a, old: x}")))
            .then(with(domain("", "{ref: apps}", "DISABLED", ", tags: {team: b, old: null}"))),
        new("domain-drift").then(plain()).then(plain()).by_hand(hands::allow_docker),
        new("domain-tombstone")
            .then(plain())
            .then(with(domain(TOMB, "{ref: apps}", "DISABLED", "")))
            .deletes(&["SageMakerDomain/studio"]),
        new("domain-orphan").then(plain()).then(group("apps", &https(), "")).pruning(),
    ]
}

fn chains() -> Vec<Scenario> {
    let platform = format!(
        "{}{}{}{}{}",
        group("apps", &https(), &tcp(443, "to", "{ref: gate}")),
        group("gate", &tcp(443, "from", "{ref: apps}"), ""),
        sts("", "{ref: gate}", "sts:*", ", privateDns: true"),
        key("", "kms:Decrypt", ", aliases: [alias/studio]"),
        domain("", "{ref: apps}", "DISABLED", ", kmsKey: {ref: studio}")
    );
    let moved = format!(
        "{}{}{}{}{}",
        group("apps", &https(), &tcp(443, "to", "{ref: gate}")),
        group("gate", &tcp(443, "from", "{ref: apps}, 10.8.0.0/16"), ""),
        sts(TOMB, "{ref: gate}", "sts:*", ""),
        key("", "kms:Encrypt", ", aliases: [alias/studio]"),
        domain("", "{ref: apps}", "ENABLED", ", kmsKey: {ref: studio}")
    );
    let both = |action: &str, network: &str| {
        format!(
            "{}{}{}",
            group("apps", &tcp(443, "from", network), ""),
            s3("", action, ""),
            guard("", action, "\"ou:/Workloads\"", "")
        )
    };
    vec![
        Scenario::new("platform-create", Place::Ml, 4).then(platform.clone()),
        Scenario::new("platform-change", Place::Ml, 4)
            .then(platform)
            .then(moved)
            .deletes(&["VpcEndpoint/sts"]),
        Scenario::new("two-accounts-create", Place::Both, 1)
            .then(both("s3:GetObject", "10.0.0.0/16")),
        Scenario::new("two-accounts-change", Place::Both, 1)
            .then(both("s3:GetObject", "10.0.0.0/16"))
            .then(both("s3:PutObject", "10.7.0.0/16")),
    ]
}

/// Input that says nothing or cannot be read: nothing may happen, pruning or not.
fn inputs() -> Vec<Scenario> {
    let both = || {
        format!(
            "{}{}",
            group_with("apps", "deletion: delete", &https(), "", ""),
            s3("deletion: delete", "s3:GetObject", "")
        )
    };
    let new = |name| Scenario::new(name, Place::Ml, 1).then(both()).live();
    let broken = format!("{}kind: [", group("apps", &https(), ""));
    let half = group("apps", &https(), "").chars().take(120).collect::<String>();
    vec![
        new("input-empty").then("").pruning(),
        new("input-broken").then(broken).pruning(),
        new("input-half").then(half).pruning(),
        new("input-unknown-field").then(both().replace("ingress", "ingres")).pruning(),
    ]
}

/// What somebody opens while a process runs that has seen it in order, with the gate's default limits.
fn holes() -> Vec<Scenario> {
    let new = |name| Scenario::new(name, Place::Ml, 1);
    let gates = || format!("{}{}", group("gate", &https(), ""), group("door", &https(), ""));
    let twelve: String = (1..=12).map(|nth| group(&format!("apps-{nth}"), &https(), "")).collect();
    const OFF: &str = ", aliases: [alias/studio], enabled: false";
    let keys = format!(
        "{}{}",
        key("", "kms:Decrypt", ", aliases: [alias/studio]"),
        key_named("volumes", "", "kms:Decrypt", ", aliases: [alias/volumes]")
    );
    let still =
        |scenario: Scenario, manifests: String| scenario.then(manifests.clone()).then(manifests);
    vec![
        still(new("hole-gateway"), s3("", "s3:GetObject", "")).attacked(hands::open_gateway),
        still(new("hole-interface"), format!("{}{}", gates(), sts("", "{ref: gate}", "sts:*", "")))
            .attacked(hands::open_interface),
        still(new("hole-key"), key("", "kms:Decrypt", OFF)).attacked(hands::open_key),
        still(new("hole-twelve-groups"), twelve).attacked(hands::open_all_groups),
        still(new("hole-beside-unreadable"), keys).attacked(hands::open_keys_and_hide_one),
    ]
}

fn more_holes() -> Vec<Scenario> {
    let new = |name| Scenario::new(name, Place::Ml, 1);
    let apps = || group("apps", &https(), "");
    let again = new("hole-again-and-again").then(apps()).then(apps());
    let again = (0..5).fold(again, |scenario, _| scenario.attacked(hands::open_ssh));
    let studio = || format!("{}{}", apps(), domain("", "{ref: apps}", "DISABLED", ""));
    let guarded = || guard("", "s3:DeleteBucket", "root", "");
    let domain = Scenario::new("hole-domain-at-work", Place::Ml, 2).then(studio()).then(studio());
    vec![
        again,
        new("hole-and-ambiguous-lookup")
            .then(apps())
            .then(apps())
            .attacked(hands::open_ssh_and_confuse)
            .attacked(hands::open_rdp),
        Scenario::new("hole-guardrail-detached", Place::Org, 1)
            .then(guarded())
            .then(guarded())
            .attacked(hands::detach_guard),
        domain
            .attacked(hands::open_domain_and_work)
            .attacked(hands::work)
            .attacked(hands::allow_docker)
            .attacked(hands::stop_work),
        new("hole-during-adoption")
            .then(group_with("apps", "adopt: \"@{SecurityGroup/apps}\"", &https(), "", ""))
            .by_hand(hands::foreign_group)
            .adopts(&["SecurityGroup/apps"])
            .attacked(hands::open_rdp),
    ]
}
