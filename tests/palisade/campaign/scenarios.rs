//! The scenarios: creating, every edit, chains, adopting, tombstones, pruning, renaming, orphans, bad input, and holes that
//! somebody opens in what was in order, where closing them cuts connections or comes together with what must wait.

use super::{
    catalogue::{
        account_settings, acl, ada, assigned, denies_everybody, domain, entry, group, group_with,
        guard, https, key, key_named, lab, manifest, notebook, notebook_scripts, placement, role,
        routes, s3, sts, studio_script, tcp, watch,
    },
    cloud_control, hands,
    scenario::{Place, Scenario},
    trips,
};

/// All of them.
pub fn all() -> Vec<Scenario> {
    let mut all = Vec::new();
    all.extend(groups());
    all.extend(more_groups());
    all.extend(shared_groups());
    all.extend(endpoints());
    all.extend(lattice_endpoints());
    all.extend(keys());
    all.extend(policies());
    all.extend(sisters());
    all.extend(domains());
    all.extend(users());
    all.extend(spaces());
    all.extend(settings());
    all.extend(route_tables());
    all.extend(network_acls());
    all.extend(lifecycle_configs());
    all.extend(notebooks());
    all.extend(roles());
    all.extend(placements());
    all.extend(assignments());
    all.extend(chains());
    all.extend(inputs());
    all.extend(holes());
    all.extend(more_holes());
    all.extend(cloud_control::scenarios());
    all.extend(trips::scenarios());
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

/// Groups that are used in a second VPC.
fn shared_groups() -> Vec<Scenario> {
    let new = |name, depth| Scenario::new(name, Place::Ml, depth);
    let apps = |more: &str| group_with("apps", "", &https(), "", more);
    const BATCH: &str = ", associatedVpcs: [{lookup: {tags: {Name: batch}}}]";
    const NONE: &str = ", associatedVpcs: null";
    let begun = |scenario: Scenario| scenario.then(apps(BATCH)).by_hand(hands::second_vpc);
    vec![
        begun(new("group-share", 1)),
        begun(new("group-unshare", 1)).then(apps(NONE)),
        begun(new("group-share-tombstone", 3))
            .then(group_with("apps", TOMB, "", "", ""))
            .deletes(&["SecurityGroup/apps"]),
        new("group-share-drift", 1)
            .then(apps(NONE))
            .by_hand(hands::second_vpc)
            .then(apps(NONE))
            .by_hand(hands::share_apps),
        new("hole-group-shared", 1)
            .then(apps(NONE))
            .by_hand(hands::second_vpc)
            .attacked(hands::share_apps),
    ]
}

/// Endpoints to resources and service networks.
fn lattice_endpoints() -> Vec<Scenario> {
    let gates = || format!("{}{}", group("gate", &https(), ""), group("door", &https(), ""));
    let endpoint = |lifecycle: &str, target: &str, groups: &str, more: &str| {
        let spec = format!(
            "{{{target}, vpc: {{lookup: {{tags: {{Name: ml}}}}}}, \
             subnets: {{lookup: {{tags: {{tier: private}}}}}}, securityGroups: [{groups}]{more}}}"
        );
        format!("{}{}", gates(), manifest("ml", "VpcEndpoint", "features", lifecycle, &spec))
    };
    const RESOURCE: &str = "type: Resource, resourceConfiguration: \
        \"arn:aws:vpc-lattice:eu-west-1:444455556666:resourceconfiguration/rcfg-0a\"";
    const NETWORK: &str = "type: ServiceNetwork, serviceNetwork: \
        \"arn:aws:vpc-lattice:eu-west-1:444455556666:servicenetwork/sn-0a\"";
    const NAMES: &str = ", privateDns: true, privateDnsPreference: SPECIFIED_DOMAINS_ONLY, \
        privateDnsSpecifiedDomains: [db.example.com]";
    let new = |name| Scenario::new(name, Place::Ml, 2);
    vec![
        new("endpoint-create-resource").then(endpoint("", RESOURCE, "{ref: gate}", NAMES)),
        new("endpoint-resource-groups")
            .then(endpoint("", RESOURCE, "{ref: gate}", ""))
            .then(endpoint("", RESOURCE, "{ref: door}", ", tags: {team: a}")),
        new("endpoint-create-service-network").then(endpoint("", NETWORK, "{ref: gate}", "")),
        new("endpoint-service-network-tombstone")
            .then(endpoint("", NETWORK, "{ref: gate}", ""))
            .then(endpoint(TOMB, NETWORK, "{ref: gate}", ""))
            .deletes(&["VpcEndpoint/features"]),
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
    const FRIENDS: &str = ", aliases: [alias/studio], foreignGrants: [\"444455556666\"]";
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
        new("key-grants")
            .then(key("", "kms:Decrypt", &format!("{ALIAS}, foreignGrants: [\"444455556666\"]")))
            .then(key("", "kms:Encrypt", &format!("{ALIAS}, foreignGrants: []"))),
        new("key-grants-drift")
            .then(studio())
            .then(key("", "kms:Decrypt", &format!("{ALIAS}, foreignGrants: []")))
            .by_hand(hands::grant_abroad),
        new("key-grants-unnamed").then(studio()).then(studio()).by_hand(hands::grant_abroad),
        new("key-grants-usual")
            .then(key("", "kms:Decrypt", FRIENDS))
            .then(key("", "kms:Encrypt", FRIENDS))
            .by_hand(hands::grant_as_usual),
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
        new("settings-log").then(account_settings(LOG)),
        new("settings-log-ends").then(account_settings(LOG)).then(account_settings(
            "bedrockLogging: null, instanceMetadataTokens: null, ebsDefaultKmsKey: null",
        )),
        new("hole-settings-wide").then(account_settings(WIDE)).attacked(hands::open_account),
    ]
}

const LOG: &str = "snapshotPublicAccess: block-new-sharing, bedrockLogging: {s3Bucket: acme-logs, \
    logGroup: /bedrock, role: \"arn:aws:iam::111122223333:role/bedrock-logs\", text: true}, \
    instanceMetadataTokens: required";

fn route_tables() -> Vec<Scenario> {
    let new = |name| Scenario::new(name, Place::Ml, 1);
    const SUBNETS: &str = "subnets: {lookup: {tags: {tier: private}}}";
    const TRANSIT: &str = "{to: 10.0.0.0/8, via: tgw-0a000000}";
    const OUT: &str = "{to: 0.0.0.0/0, via: tgw-0c000000}";
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
        new("routes-change").then(plain(&format!("{TRANSIT}, {OUT}"))).then(plain(
            "{to: 10.0.0.0/8, via: tgw-0b000000}, {to: 10.1.0.0/16, via: tgw-0a000000}",
        )),
        new("routes-far-targets").then(plain(TRANSIT)).then(plain(
            "{to: 10.0.0.0/8, via: \"arn:aws:networkmanager::111122223333:core-network/core-network-0a\"}, \
             {to: 192.168.0.0/16, via: lgw-0a000000}",
        )),
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
        new("hole-propagation")
            .then(routes("private", "", &format!("routes: [{TRANSIT}], propagating: null")))
            .attacked(hands::let_private_gateway_in),
    ]
}

fn network_acls() -> Vec<Scenario> {
    let new = |name| Scenario::new(name, Place::Ml, 1);
    const SUBNETS: &str = "subnets: {lookup: {tags: {tier: private}}}";
    const NONE: &str = "entries: null, subnets: null";
    let (web, no_ssh) = (|| entry(200, "allow", 443), || entry(100, "deny", 22));
    let plain = |list: &str| acl("private", "", &format!("entries: [{list}]"));
    let both = || format!("{}, {}", no_ssh(), web());
    let filtering = || acl("private", "", &format!("entries: [{}], {SUBNETS}", both()));
    let pair = |first: &str, second: &str| {
        format!("{}{}", acl("first", "", first), acl("second", "", second))
    };
    let gone = || acl("private", "deletion: delete", &format!("entries: [{}]", web()));
    let gate = || group("gate", &https(), "");
    let all = format!("entries: null, {SUBNETS}");
    let renumbered = [entry(100, "allow", 443), entry(150, "deny", 22), entry(300, "allow", 80)];
    vec![
        new("acl-create").then(filtering()),
        new("acl-change").then(plain(&both())).then(plain(&renumbered.join(", "))),
        new("acl-associate").then(plain(&both())).then(filtering()),
        new("acl-take").then(pair(&all, NONE)).then(pair("entries: null", &all)),
        new("acl-drift").then(plain(&both())).then(plain(&both())).by_hand(hands::let_all_in),
        new("acl-tags").then(acl("private", "", "tags: {team: a, old: x}")).then(acl(
            "private",
            "",
            "tags: {team: b, old: null}",
        )),
        new("acl-adopt-default")
            .then(acl("default", "adopt: \"@{NetworkAcl/default}\"", "entries: null"))
            .adopts(&["NetworkAcl/default"]),
        new("acl-tombstone")
            .then(plain(&web()))
            .then(acl("private", TOMB, &format!("entries: [{}]", web())))
            .deletes(&["NetworkAcl/private"]),
        new("acl-prune")
            .then(format!("{}{}", gate(), gone()))
            .then(gate())
            .pruning()
            .deletes(&["NetworkAcl/private"]),
        new("hole-acl-entry").then(plain(&both())).attacked(hands::let_all_in),
        new("hole-acl-deny").then(plain(&both())).attacked(hands::let_ssh_in),
        // To take subnets from another ACL needs consent; to take them back does not.
        new("hole-acl-moved")
            .then(filtering())
            .then(filtering())
            .attacked(hands::filter_by_default),
    ]
}

fn lifecycle_configs() -> Vec<Scenario> {
    let new = |name| Scenario::new(name, Place::Ml, 1);
    const BOTH: &str = "onCreate: \"echo new\", onStart: \"echo start\"";
    let both = || notebook_scripts("", BOTH);
    let gate = || group("gate", &https(), "");
    let with = |script: &str, name: &str| {
        let more = format!(
            ", defaultSpaceSettings: {{jupyterLabAppSettings: {{lifecycleConfigArns: [{script}]}}}}"
        );
        let domain = domain("", "{ref: apps}", "DISABLED", &more);
        format!("{}{}{domain}", studio_script(name, "", name), group("apps", &https(), ""))
    };
    vec![
        new("scripts-create").then(both()),
        new("scripts-change").then(both()).then(notebook_scripts("", "onStart: null")),
        new("scripts-adopt")
            .then(notebook_scripts("adopt: setup", BOTH))
            .by_hand(hands::foreign_scripts)
            .adopts(&["NotebookLifecycleConfig/setup"]),
        new("scripts-tombstone")
            .then(both())
            .then(notebook_scripts(TOMB, BOTH))
            .deletes(&["NotebookLifecycleConfig/setup"]),
        new("hole-scripts").then(both()).attacked(hands::change_script),
        new("studio-script-create").then(studio_script("idle", "", "echo 1")),
        Scenario::new("studio-script-replace", Place::Ml, 4)
            .then(with("{ref: idle-1}", "idle-1"))
            .then(format!(
                "{}{}",
                with("{ref: idle-2}", "idle-2"),
                studio_script("idle-1", "", "idle-1")
            )),
        // The old one goes at once, after the domain has let it go.
        Scenario::new("studio-script-tombstone", Place::Ml, 4)
            .then(with("{ref: idle-1}", "idle-1"))
            .then(format!(
                "{}{}",
                with("{ref: idle-2}", "idle-2"),
                studio_script("idle-1", TOMB, "idle-1")
            ))
            .deletes(&["StudioLifecycleConfig/idle-1"]),
        new("studio-script-prune")
            .then(format!("{}{}", gate(), studio_script("idle", "deletion: delete", "echo 1")))
            .then(gate())
            .pruning()
            .deletes(&["StudioLifecycleConfig/idle"]),
    ]
}

/// SageMaker takes its time for each stage of a change: stopped, changed, started.
fn notebooks() -> Vec<Scenario> {
    let new = |name| Scenario::new(name, Place::Ml, 8);
    const RUNS: &str = ", running: true";
    const STOPPED: &str = ", running: false";
    let with_scripts = |scripts: &str, more: &str| {
        let more = format!("{more}, lifecycleConfig: {{ref: setup}}");
        format!("{}{}", notebook_scripts("", scripts), notebook("", "Disabled", &more))
    };
    let stopped = || notebook("", "Disabled", STOPPED);
    vec![
        new("notebook-create").then(notebook("", "Disabled", RUNS)),
        new("notebook-create-scripts").then(with_scripts("onStart: \"echo a\"", RUNS)),
        new("notebook-change").then(notebook("", "Enabled", RUNS)).then(notebook(
            "",
            "Disabled",
            &format!("{RUNS}, volumeSizeInGb: 50"),
        )),
        new("notebook-change-stopped").then(notebook("", "Enabled", STOPPED)).then(notebook(
            "",
            "Disabled",
            &format!("{STOPPED}, defaultCodeRepository: git"),
        )),
        new("notebook-stop").then(notebook("", "Disabled", RUNS)).then(stopped()),
        new("notebook-start").then(stopped()).then(notebook("", "Disabled", RUNS)),
        new("notebook-tags")
            .then(notebook("", "Disabled", ", tags: {team: a, old: x}"))
            .then(notebook("", "Disabled", ", tags: {team: b, old: null}")),
        new("notebook-drift").then(stopped()).then(stopped()).by_hand(hands::open_notebook),
        new("notebook-drift-started")
            .then(stopped())
            .then(stopped())
            .by_hand(hands::start_notebook),
        new("notebook-drift-stopped")
            .then(notebook("", "Disabled", RUNS))
            .then(notebook("", "Disabled", RUNS))
            .by_hand(hands::stop_notebook),
        new("notebook-adopt")
            .then(notebook("adopt: research", "Disabled", RUNS))
            .by_hand(hands::foreign_notebook)
            .adopts(&["NotebookInstance/research"]),
        new("notebook-conflict").then(stopped()).by_hand(hands::foreign_notebook),
        new("notebook-tombstone")
            .then(stopped())
            .then(notebook(TOMB, "Disabled", ""))
            .deletes(&["NotebookInstance/research"]),
        // AWS starts what is new; to stop it needs consent.
        new("hole-notebook").then(stopped()).then(stopped()).attacked(hands::open_notebook),
    ]
}

fn roles() -> Vec<Scenario> {
    let new = |name| Scenario::new(name, Place::Ml, 2).guarded();
    let (reads, writes) = ("s3:GetObject", "s3:*");
    let readable = "arn:aws:iam::aws:policy/ReadOnlyAccess";
    let plain = || role("", reads, readable, "");
    vec![
        new("role-create").then(plain()),
        new("role-change").then(plain()).then(role(
            "",
            writes,
            "",
            "MaxSessionDuration: 7200, Description: jobs, ",
        )),
        new("role-tighten").then(role("", writes, readable, "")).then(role("", reads, "", "")),
        new("role-drift").then(plain()).then(plain()).by_hand(hands::widen_trust),
        new("role-tombstone")
            .then(plain())
            .then(role("state: absent", reads, readable, ""))
            .deletes(&["AWS::IAM::Role/jobs"]),
        new("hole-role").then(plain()).then(plain()).attacked(hands::widen_trust),
    ]
}

fn assignments() -> Vec<Scenario> {
    let new = |name| Scenario::new(name, Place::Org, 2).guarded();
    let team = "{permissionSet: Scientist, group: team}";
    let jane = "{permissionSet: Operator, user: jane@example.com}";
    let plain = || assigned(&format!("[{team}, {jane}]"));
    let helpers = || assigned(&format!("[{team}, {{permissionSet: Operator, group: helpers}}]"));
    let visitors = || assigned(&format!("[{team}, {{permissionSet: Visitor, group: helpers}}]"));
    let other = || guard("", "s3:DeleteBucket", "root", "");
    vec![
        new("assign-create").then(plain()),
        new("assign-change").then(plain()).then(assigned(
            "[{permissionSet: Operator, group: team}, {permissionSet: Administrator, group: helpers}]",
        )),
        new("assign-none").then(plain()).then(assigned("null")),
        new("assign-foreign").then(plain()).then(plain()).by_hand(hands::foreign_assignment),
        new("assign-taken").then(plain()).then(plain()).by_hand(hands::take_assignment),
        new("assign-group-gone").then(helpers()).then(helpers()).by_hand(hands::lose_group),
        new("assign-set-gone")
            .then(assigned(&format!("[{team}]")))
            .then(visitors())
            .by_hand(hands::lose_set),
        new("assign-let-go").then(format!("{}{}", other(), plain())).then(other()).pruning(),
        new("hole-assign").then(plain()).attacked(hands::foreign_assignment),
        new("hole-assign-group-gone").then(helpers()).attacked(hands::lose_group),
    ]
}

fn policies() -> Vec<Scenario> {
    let new = |name| Scenario::new(name, Place::Org, 1);
    let root = || guard("", "s3:DeleteBucket", "root", "");
    let other = manifest(
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

const CONSOLE_OFF: &str =
    "{ec2_attributes: {serial_console_access: {status: {\"@@assign\": disabled}}}}";
const NOTHING_SHARED: &str = "{ec2_attributes: {serial_console_access: {status: {\"@@assign\": disabled}}, \
                              snapshot_block_public_access: {state: {\"@@assign\": block_all_sharing}}}}";
const OPT_OUT: &str = "{services: {default: {opt_out_policy: {\"@@assign\": optOut}}}}";
const TEAMS: &str =
    "{tags: {team: {tag_key: {\"@@assign\": team}, tag_value: {\"@@assign\": [a, b]}}}}";
const OTHER_TEAMS: &str =
    "{tags: {team: {tag_key: {\"@@assign\": team}, tag_value: {\"@@assign\": [b, c]}}}}";
const BACKUPS: &str = "{plans: {all: {regions: {\"@@append\": [eu-west-1]}}}}";

/// Policies of the other types: like service control policies, and each with its own language.
/// Their types are switched off at first, so that attaching takes one pass more.
fn sisters() -> Vec<Scenario> {
    let new = |name| Scenario::new(name, Place::Org, 2);
    let rcp = |action: &str, targets: &str| {
        watch("ResourceControlPolicy", "", &denies_everybody(action), targets, "")
    };
    let ec2 = |content: &str| watch("DeclarativePolicyEC2", "", content, "root", "");
    let opt = |lifecycle: &str| watch("AIServicesOptOutPolicy", lifecycle, OPT_OUT, "root", "");
    let tags = |content: &str, targets: &str| watch("TagPolicy", "", content, targets, "");
    let backup = |targets: &str, more: &str| watch("BackupPolicy", "", BACKUPS, targets, more);
    let other = guard("", "s3:DeleteBucket", "root", "");
    vec![
        new("rcp-create").then(rcp("s3:DeleteBucket", "root")),
        new("rcp-content").then(rcp("s3:DeleteBucket", "root")).then(rcp("s3:*", "root")),
        new("rcp-retarget")
            .then(rcp("s3:DeleteBucket", "root"))
            .then(rcp("s3:DeleteBucket", "\"ou:/Workloads\", \"111122223333\"")),
        new("rcp-drift")
            .then(rcp("s3:DeleteBucket", "root"))
            .then(rcp("s3:DeleteBucket", "root"))
            .by_hand(hands::detach_watch),
        new("rcp-adopt")
            .then(watch(
                "ResourceControlPolicy",
                "adopt: \"@{ResourceControlPolicy/watch}\"",
                &denies_everybody("s3:DeleteBucket"),
                "root",
                "",
            ))
            .by_hand(hands::foreign_watch)
            .adopts(&["ResourceControlPolicy/watch"]),
        new("declarative-create").then(ec2(CONSOLE_OFF)),
        new("declarative-content").then(ec2(CONSOLE_OFF)).then(ec2(NOTHING_SHARED)),
        new("opt-out-tombstone")
            .then(format!("{}{other}", opt("")))
            .then(format!("{}{other}", opt(TOMB)))
            .deletes(&["AIServicesOptOutPolicy/watch"]),
        new("opt-out-orphan").then(format!("{}{other}", opt(""))).then(other).pruning(),
        new("tag-policy-content").then(tags(TEAMS, "root")).then(tags(OTHER_TEAMS, "root")),
        new("tag-policy-retarget").then(tags(TEAMS, "root")).then(tags(TEAMS, "\"ou:/Workloads\"")),
        new("backup-rename")
            .then(backup("root", ""))
            .then(backup("root", ", policyName: keep, description: Keeps")),
        new("sisters-create").then(format!(
            "{}{}{}{}{}",
            rcp("s3:DeleteBucket", "root"),
            ec2(CONSOLE_OFF),
            opt(""),
            tags(TEAMS, "root"),
            backup("root", "")
        )),
        new("hole-rcp").then(rcp("s3:DeleteBucket", "root")).attacked(hands::detach_watch),
        new("hole-rcp-content").then(rcp("s3:DeleteBucket", "root")).attacked(hands::blind_watch),
        new("hole-declarative").then(ec2(CONSOLE_OFF)).attacked(hands::blind_watch),
        new("hole-opt-out").then(opt("")).attacked(hands::blind_watch),
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

/// In a domain of somebody else's.
const STUDIO: &str = "\"@{SageMakerDomain/studio}\"";
const CLOSED: &str =
    "securityGroups: [sg-0123456789abcdef0], sharingSettings: {notebookOutputOption: Disabled}";

fn users() -> Vec<Scenario> {
    let new = |name| Scenario::new(name, Place::Ml, 1);
    let user = |settings: &str| ada("", STUDIO, settings, "");
    let tagged = |tags: &str| ada("", STUDIO, "", &format!(", tags: {{{tags}}}"));
    let gate = || group("gate", &https(), "");
    let eve = || manifest("ml", "UserProfile", "eve", "", &format!("{{domain: {STUDIO}}}"));
    let all = vec![
        new("user-create").then(user(CLOSED)),
        new("user-settings").then(user(CLOSED)).then(user(
            "securityGroups: [sg-0123456789abcdef1], sharingSettings: {notebookOutputOption: Allowed}",
        )),
        new("user-tags").then(tagged("team: a, old: x")).then(tagged("team: b, old: null")),
        new("user-tombstone")
            .then(user(CLOSED))
            .then(ada(TOMB, STUDIO, CLOSED, ""))
            .deletes(&["UserProfile/ada"]),
        new("user-orphan").then(format!("{}{}", eve(), user(CLOSED))).then(eve()).pruning(),
        new("hole-user-shares").then(user(CLOSED)).attacked(hands::share_output),
        new("hole-user-groups").then(user(CLOSED)).attacked(hands::add_group),
    ];
    let begun = |mut scenario: Scenario| {
        scenario.stages[0].hands = Some(hands::foreign_domain);
        scenario
    };
    let mut all: Vec<_> = all.into_iter().map(begun).collect();
    all.extend([
        new("user-drift")
            .then(user(CLOSED))
            .by_hand(hands::foreign_domain)
            .then(user(CLOSED))
            .by_hand(hands::share_output),
        new("user-adopt")
            .then(gate())
            .by_hand(hands::foreign_domain)
            .then(format!("{}{}", gate(), ada("adopt: \"@{UserProfile/ada}\"", STUDIO, CLOSED, "")))
            .by_hand(hands::foreign_user)
            .adopts(&["UserProfile/ada"]),
        new("user-conflict")
            .then(gate())
            .by_hand(hands::foreign_domain)
            .then(format!("{}{}", gate(), user(CLOSED)))
            .by_hand(hands::foreign_user),
    ]);
    all
}

fn spaces() -> Vec<Scenario> {
    let new = |name| Scenario::new(name, Place::Ml, 2);
    const REMOTE: &str = ", spaceSettings: {appType: JupyterLab, remoteAccess: DISABLED}";
    let with = |space: String| format!("{}{space}", ada("", STUDIO, CLOSED, ""));
    let of_ada = |more: &str| with(lab("", STUDIO, "{ref: ada}", more));
    let named = |name: &str| of_ada(&format!("{REMOTE}, displayName: {name}"));
    let den = || manifest("ml", "Space", "den", "", &format!("{{domain: {STUDIO}}}"));
    let gone = || with(lab(TOMB, STUDIO, "{ref: ada}", REMOTE));
    let all = vec![
        new("space-create").then(of_ada(REMOTE)),
        new("space-settings").then(named("One")).then(named("Two")),
        new("space-drift").then(of_ada(REMOTE)).then(of_ada(REMOTE)),
        new("space-tombstone").then(of_ada(REMOTE)).then(gone()).deletes(&["Space/lab"]),
        new("space-orphan")
            .then(format!("{}{}", den(), of_ada(REMOTE)))
            .then(with(den()))
            .pruning(),
        new("hole-space").then(of_ada(REMOTE)).attacked(hands::open_space),
    ];
    let begun = |mut scenario: Scenario| {
        scenario.stages[0].hands = Some(hands::foreign_domain);
        if scenario.name == "space-drift" {
            return scenario.by_hand(hands::open_space);
        }
        scenario
    };
    let mut all: Vec<_> = all.into_iter().map(begun).collect();
    let whole = format!(
        "{}{}{}{}",
        group("apps", &https(), ""),
        domain("", "{ref: apps}", "DISABLED", ""),
        ada("", "{ref: studio}", "securityGroups: [{ref: apps}]", ""),
        lab("", "{ref: studio}", "{ref: ada}", REMOTE)
    );
    all.push(Scenario::new("studio-create", Place::Ml, 4).then(whole));
    all
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

/// Where an account is: every move waits for somebody who consents.
fn placements() -> Vec<Scenario> {
    let new = |name| Scenario::new(name, Place::Org, 1);
    let (root, ml) = (|| placement("root"), || placement("ou:/Workloads/ML"));
    let guarded = || guard("", "s3:DeleteBucket", "\"ou:/Workloads/ML\"", "");
    let nothing = |_: &mut palisade::simulator::World| ();
    vec![
        new("placement-adopt").then(root()),
        new("placement-move").then(root()).then(ml()).attacked(nothing),
        new("placement-drift").then(ml()).by_hand(hands::move_to_workloads).attacked(nothing),
        new("placement-moved-away")
            .then(format!("{}{}", root(), guarded()))
            .then(format!("{}{}", root(), guarded()))
            .attacked(hands::move_to_workloads),
        new("placement-let-go")
            .then(format!("{}{}", root(), guarded()))
            .then(guarded())
            .by_hand(hands::move_to_workloads)
            .pruning(),
        new("placement-back")
            .then(root())
            .then(root())
            .by_hand(hands::move_to_workloads)
            .attacked(hands::move_to_root),
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
    const GRANTS: &str = ", aliases: [alias/studio], foreignGrants: []";
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
        still(new("hole-grant"), key("", "kms:Decrypt", GRANTS)).attacked(hands::grant_abroad),
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
