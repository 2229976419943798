//! One case for each rule.

mod documents;
mod networks;
mod platform;

/// A rule, with manifests that break it and that keep it.
pub struct Case {
    pub rule: &'static str,
    pub breaks: String,
    pub keeps: String,
}

fn case(rule: &'static str, breaks: impl Into<String>, keeps: impl Into<String>) -> Case {
    Case { rule, breaks: breaks.into(), keeps: keeps.into() }
}

fn manifest(kind: &str, name: &str, spec: &str) -> String {
    let scope = if kind.ends_with("ControlPolicy") { "org" } else { "ml" };
    format!(
        "---\napiVersion: palisade.dev/v1alpha1\nkind: {kind}\nmetadata: {{name: {name}, scope: {scope}}}\nspec: {spec}\n"
    )
}

const VPC: &str = "vpc: vpc-0123456789abcdef0";

pub fn group(name: &str, rest: &str) -> String {
    manifest("SecurityGroup", name, &format!("{{{VPC}, {rest}}}"))
}

/// A group with this as its only ingress rule.
pub fn ingress(rule: &str) -> String {
    group("web", &format!("ingress: [{{description: x, {rule}}}], egress: []"))
}

const APPS: &str = "ingress: [{description: a, protocol: tcp, ports: [2049, 8192-65535], from: [self]}], \
                    egress: [{description: a, protocol: tcp, ports: [2049, 8192-65535], to: [self]}]";

/// A domain whose apps are in `apps`. The caller must not repeat keys.
fn domain(top: &str, user: &str) -> String {
    manifest(
        "SageMakerDomain",
        "studio",
        &format!(
            "{{{VPC}, {top}, defaultUserSettings: {{executionRole: 'arn:aws:iam::111122223333:role/users', {user}}}}}"
        ),
    )
}

const SSO: &str = "authMode: SSO, subnets: [subnet-0123456789abcdef0, subnet-0123456789abcdef1]";
const VPC_ONLY: &str = "authMode: SSO, subnets: [subnet-0123456789abcdef0, subnet-0123456789abcdef1], \
                        appNetworkAccessType: VpcOnly";
const IN_APPS: &str = "securityGroups: [{ref: apps}]";

pub fn studio(top: &str, user: &str) -> String {
    domain(&format!("{SSO}{top}"), &format!("{IN_APPS}{user}")) + &group("apps", APPS)
}

pub fn vpc_only(apps: &str) -> String {
    domain(VPC_ONLY, IN_APPS) + &group("apps", apps)
}

const OURS: &str = "{Effect: Allow, Principal: '*', Action: '*', Resource: '*', Condition: {StringEquals: \
                    {'aws:PrincipalOrgID': o-abc1234567, 'aws:ResourceOrgID': o-abc1234567}}}";

pub fn policy(statement: &str) -> String {
    format!("policy: {{Version: '2012-10-17', Statement: [{statement}]}}")
}

pub fn interface(name: &str, service: &str, rest: &str, policy: &str) -> String {
    let subnets = "subnets: [subnet-0123456789abcdef0]";
    manifest(
        "VpcEndpoint",
        name,
        &format!("{{type: Interface, service: {service}, {VPC}, {subnets}, {rest}, {policy}}}"),
    )
}

pub fn s3(rest: &str, policy: &str) -> String {
    manifest("VpcEndpoint", "s3", &format!("{{type: Gateway, service: s3, {VPC}{rest}, {policy}}}"))
}

pub fn endpoint_group(rule: &str) -> String {
    group("doors", &format!("ingress: [{{description: x, {rule}}}], egress: []"))
}

pub const DOORS: &str = "securityGroups: [{ref: doors}]";
pub const TABLE: &str = ", routeTables: [rtb-0123456789abcdef0]";
const HTTPS: &str = "protocol: tcp, ports: 443";

pub fn key(rest: &str, statement: &str) -> String {
    let root = "{Effect: Allow, Principal: {AWS: 'arn:aws:iam::111122223333:root'}, Action: 'kms:*', Resource: '*'}";
    manifest(
        "KmsKey",
        "data",
        &format!("{{{rest}policy: {{Version: '2012-10-17', Statement: [{root}{statement}]}}}}"),
    )
}

fn scp(name: &str, statements: &str) -> String {
    let content = format!("content: {{Version: '2012-10-17', Statement: [{statements}]}}");
    manifest("ServiceControlPolicy", name, &format!("{{{content}, targets: [root]}}"))
}

fn rcp(name: &str, statements: &str) -> String {
    let content = format!("content: {{Version: '2012-10-17', Statement: [{statements}]}}");
    manifest("ResourceControlPolicy", name, &format!("{{{content}, targets: [root]}}"))
}

fn deny(actions: &str, condition: &str) -> String {
    let condition =
        if condition.is_empty() { String::new() } else { format!(", Condition: {{{condition}}}") };
    format!("{{Effect: Deny, Action: [{actions}], Resource: '*'{condition}}}")
}

/// A case in which denying something else breaks the rule and denying this keeps it.
fn denial(rule: &'static str, statements: &[String]) -> Case {
    let other = scp("other", &deny("'iot:DeleteThing'", ""));
    case(rule, other, scp("this", &statements.join(", ")))
}

pub fn all() -> Vec<Case> {
    let mut all = groups();
    all.extend(endpoints());
    all.extend(keys());
    all.extend(domains());
    all.extend(residents());
    all.extend(notebooks());
    all.extend(people());
    all.extend(policies());
    all.extend(sagemaker_policies());
    all.extend(documents::all());
    all.extend(networks::all());
    all.extend(platform::all());
    all
}

fn groups() -> Vec<Case> {
    let from_inside = ingress("protocol: tcp, ports: 22, from: [10.0.0.0/8]");
    let default = |rules: &str| {
        let group = group("default", &format!("groupName: default, {rules}"));
        group.replace("spec:", "lifecycle: {adopt: sg-0123456789abcdef0}\nspec:")
    };
    let ours = "protocol: tcp, ports: 443, from: [10.0.0.0/8]";
    let self_only = |direction: &str, key: &str, rule: &str| {
        format!("{direction}: [{{description: x, {rule}, {key}: [self]}}]")
    };
    let both = "{description: x, protocol: udp, ports: 500, DIR: [self]}, {description: y, protocol: 50, DIR: [self]}";
    let whole = format!(
        "ingress: [{}], egress: [{}]",
        both.replace("DIR", "from"),
        both.replace("DIR", "to")
    );
    vec![
        case("SG-01", ingress("protocol: tcp, ports: 443, from: ['::/0']"), from_inside.clone()),
        case(
            "SG-01",
            ingress("protocol: tcp, ports: 443, from: [128.0.0.0/1]"),
            from_inside.clone(),
        ),
        case(
            "SG-02",
            ingress("protocol: tcp, ports: 8000-9000, from: [0.0.0.0/0]"),
            ingress("protocol: tcp, ports: 443, from: [0.0.0.0/0]"),
        ),
        case(
            "SG-03",
            ingress("protocol: all, from: ['::/0']"),
            ingress("protocol: tcp, ports: 443, from: [0.0.0.0/0]"),
        ),
        case(
            "SG-04",
            default(&format!("ingress: [{{description: x, {ours}}}], egress: []")),
            default("ingress: [], egress: []"),
        ),
        case(
            "SG-05",
            vpc_only(
                "ingress: [], egress: [{description: x, protocol: tcp, ports: 443, to: [0.0.0.0/0]}]",
            ),
            vpc_only(APPS),
        ),
        case("SG-05", vpc_only("ingress: []"), vpc_only(APPS)),
        case("SG-12", group("quiet", "ingress: []"), group("quiet", "ingress: [], egress: []")),
        case(
            "SG-12",
            group("quiet", "ingress: [], egress: [], rules: additive"),
            group("quiet", "ingress: [], egress: []"),
        ),
        case("SG-06", from_inside.replace("description: x, ", ""), from_inside),
        case("SG-07", vpc_only("ingress: [], egress: []"), vpc_only(APPS)),
        case(
            "SG-08",
            interface("sts", "sts", DOORS, &policy(OURS))
                + &endpoint_group("protocol: tcp, ports: 0-65535, from: [10.0.0.0/8]"),
            interface("sts", "sts", DOORS, &policy(OURS))
                + &endpoint_group(&format!("{HTTPS}, from: [10.0.0.0/8]")),
        ),
        case(
            "SG-09",
            group("jobs", &format!("{}, egress: []", self_only("ingress", "from", "protocol: 50"))),
            group("jobs", &whole),
        ),
        case(
            "SG-10",
            ingress("protocol: tcp, ports: all, from: [10.0.0.0/8]"),
            ingress("protocol: all, from: [self]"),
        ),
    ]
}

fn endpoints() -> Vec<Case> {
    let https = format!("{HTTPS}, from: [{{ref: apps}}]");
    let own = policy(OURS);
    let services = ["sagemaker.api", "sagemaker.runtime", "sts", "logs"];
    let doors: String = services
        .iter()
        .map(|service| interface(&service.replace('.', "-"), service, DOORS, &own))
        .collect();
    let all = doors + &endpoint_group(&https) + &s3(TABLE, &own) + &vpc_only(APPS);
    let everybody = "{Effect: Allow, Principal: '*', Action: '*', Resource: '*'}";
    let one_account = "{Effect: Allow, Principal: '*', Action: 's3:*', Resource: '*', Condition: {StringEquals: {'aws:PrincipalOrgID': o-abc1234567}}}";
    let layers = "{Effect: Allow, Principal: '*', Action: 's3:GetObject', Resource: 'arn:aws:s3:::layers/*'}";
    let by_address =
        OURS.replace("StringEquals:", "IpAddress: {'aws:SourceIp': 10.0.0.0/8}, StringEquals:");
    let sts = |rest: &str| {
        interface("sts", "sts", rest, &own) + &endpoint_group(&https) + &vpc_only(APPS)
    };
    vec![
        case("EP-01", vpc_only(APPS), all.clone()),
        case("EP-02", s3(TABLE, "policy: default"), s3(TABLE, &own)),
        case("EP-02", s3(TABLE, &policy(&format!("{layers}, {everybody}"))), s3(TABLE, &own)),
        case(
            "EP-03",
            s3(TABLE, &policy(one_account)),
            s3(TABLE, &policy(&format!("{OURS}, {layers}"))),
        ),
        case("EP-04", sts(&format!("{DOORS}, privateDns: false")), sts(DOORS)),
        case("EP-05", sts("securityGroups: [sg-0123456789abcdef0]"), sts(DOORS)),
        case(
            "EP-05",
            interface("sts", "sts", DOORS, &own)
                + &endpoint_group(&format!("{HTTPS}, from: [self]"))
                + &vpc_only(APPS),
            sts(DOORS),
        ),
        case("EP-07", s3("", &own) + &vpc_only(APPS), s3(TABLE, &own) + &vpc_only(APPS)),
        case("EP-09", s3(TABLE, &policy(&by_address)), s3(TABLE, &own)),
        case(
            "EP-10",
            s3(TABLE, &policy(&OURS.replace("'*', Action", "{AWS: '111122223333'}, Action"))),
            s3(TABLE, &own),
        ),
    ]
}

fn keys() -> Vec<Case> {
    let statement = |principal: &str, action: &str, condition: &str| {
        format!(
            ", {{Effect: Allow, Principal: {principal}, Action: [{action}], Resource: '*'{condition}}}"
        )
    };
    let role = "{AWS: 'arn:aws:iam::111122223333:role/users'}";
    let via = ", Condition: {StringEquals: {'kms:ViaService': s3.eu-west-1.amazonaws.com}}";
    let via_and_us = ", Condition: {StringEquals: {'kms:ViaService': s3.eu-west-1.amazonaws.com, 'kms:CallerAccount': '111122223333'}}";
    let anybody = "{AWS: '*'}";
    vec![
        case("KMS-01", key("", ""), key("rotation: {enabled: true}, ", "")),
        case(
            "KMS-01",
            key("rotation: {enabled: false}, ", ""),
            key("rotation: {enabled: true}, ", ""),
        ),
        case(
            "KMS-02",
            key("", &statement(anybody, "'kms:Decrypt'", via)),
            key("", &statement(anybody, "'kms:Decrypt'", via_and_us)),
        ),
        case("KMS-03", key("deletionWindowDays: 7, ", ""), key("", "")),
        case("KMS-04", key("enabled: false, ", ""), key("", "")),
        case(
            "KMS-05",
            key("", &statement(role, "'kms:Decrypt'", "")),
            key("", &statement(role, "'kms:Decrypt'", via)),
        ),
        case(
            "KMS-06",
            key("", &statement(role, "'kms:*'", via)),
            key("", &statement(role, "'kms:Decrypt'", via)),
        ),
        case("KMS-07", key("aliases: [], ", ""), key("aliases: [alias/data], ", "")),
    ]
}

fn domains() -> Vec<Case> {
    let plain = || studio("", "");
    let with_key = || studio(", kmsKey: {ref: data}", "") + &key("", "");
    let tip = |status: &str| {
        studio(&format!(", domainSettings: {{trustedIdentityPropagation: {status}}}"), "")
    };
    let iam = |rest: &str| plain().replace("authMode: SSO", &format!("authMode: IAM{rest}"));
    let space = |role: &str| {
        studio(
            &format!(
                ", defaultSpaceSettings: {{executionRole: 'arn:aws:iam::111122223333:role/{role}'}}"
            ),
            "",
        )
    };
    let share = |option: &str| {
        studio("", &format!(", sharingSettings: {{notebookOutputOption: {option}}}"))
    };
    let idle = "appLifecycleManagement: {idleSettings: {lifecycleManagement: ENABLED, idleTimeoutInMinutes: 120}}";
    let idle = format!(", jupyterLabAppSettings: {{{idle}}}, codeEditorAppSettings: {{{idle}}}");
    let docker = |rest: &str| {
        studio(
            &format!(
                ", appNetworkAccessType: VpcOnly, domainSettings: {{dockerSettings: {{enableDockerAccess: {rest}}}}}"
            ),
            "",
        )
    };
    let hidden = ", studioWebPortalSettings: {hiddenInstanceTypes: [ml.p5.48xlarge]}";
    vec![
        case("SMD-01", plain(), vpc_only(APPS)),
        case("SMD-02", plain().replace(", subnet-0123456789abcdef1", ""), plain()),
        case("SMD-03", plain(), with_key()),
        case("SMD-04", "", plain()).or_default_group(),
        case("SMD-05", iam(""), plain()),
        case("SMD-06", tip("DISABLED"), tip("ENABLED")),
        case(
            "SMD-07",
            iam(""),
            iam(", domainSettings: {executionRoleIdentityConfig: USER_PROFILE_NAME}"),
        ),
        case("SMD-08", space("users"), space("spaces")),
        case("SMD-09", share("Allowed"), share("Disabled")),
        case("SMD-10", plain(), studio("", &idle)),
        case("SMD-11", docker("ENABLED"), docker("DISABLED")),
        case("SMD-12", studio(", efsRetention: Delete", ""), studio(", efsRetention: Retain", "")),
        case("SMD-14", plain(), studio(", tagPropagation: DISABLED", "")),
        case("SMD-16", plain(), studio("", hidden)),
    ]
}

/// A profile of the domain `studio`, which says this of its users.
fn user(domain: &str, profile: &str) -> String {
    let spec = format!("{{domain: {{ref: studio}}, userSettings: {{{profile}}}}}");
    studio("", domain) + &manifest("UserProfile", "ada", &spec)
}

fn residents() -> Vec<Case> {
    let remote = |word: &str| {
        let settings = format!("{{appType: JupyterLab, remoteAccess: {word}}}");
        manifest("Space", "lab", &format!("{{domain: d-1, spaceSettings: {settings}}}"))
    };
    let sharing =
        |word: &str| user("", &format!("sharingSettings: {{notebookOutputOption: {word}}}"));
    let role =
        |name: &str| user("", &format!("executionRole: 'arn:aws:iam::111122223333:role/{name}'"));
    let script = |name: &str| {
        format!(
            "jupyterLabAppSettings: {{lifecycleConfigArns: ['arn:aws:sagemaker:eu-west-1:111122223333:studio-lifecycle-config/{name}']}}"
        )
    };
    let scripts = |own: &str| user(&format!(", {}", script("all")), &script(own));
    let in_group = |group: &str| user("", &format!("securityGroups: [{group}]"));
    vec![
        case("SMD-15", remote("ENABLED"), remote("DISABLED")),
        case("USR-01", sharing("Allowed"), sharing("Disabled")),
        case("USR-02", role("ada"), role("users")),
        case("USR-03", scripts("own"), scripts("all")),
        case("USR-04", in_group("sg-0123456789abcdef0"), in_group("{ref: apps}")),
    ]
}

fn notebook(name: &str, change: (&str, &str)) -> String {
    let spec = "{rootAccess: Disabled, minimumInstanceMetadataServiceVersion: \"2\", \
                directInternetAccess: Disabled, subnet: subnet-0123456789abcdef0, \
                kmsKey: alias/notebooks, platformIdentifier: notebook-al2023-v1, \
                instanceType: ml.t3.medium, lifecycleConfig: setup, \
                role: 'arn:aws:iam::111122223333:role/notebooks'}";
    assert!(spec.contains(change.0), "{change:?}");
    manifest("NotebookInstance", name, &spec.replacen(change.0, change.1, 1))
}

fn notebooks() -> Vec<Case> {
    const NONE: (&str, &str) = ("", "");
    let keeps = || notebook("research", NONE);
    let breaks = |from, to| notebook("research", (from, to));
    let public = ("directInternetAccess: Disabled", "directInternetAccess: Enabled");
    let nowhere = breaks(
        "directInternetAccess: Disabled, subnet: subnet-0123456789abcdef0",
        "directInternetAccess: Enabled",
    );
    let scripts = |spec: &str| manifest("NotebookLifecycleConfig", "setup", spec);
    let studio = |content: &str| {
        let spec = format!("{{appType: JupyterLab, content: {content}}}");
        manifest("StudioLifecycleConfig", "idle", &spec)
    };
    let own_role = ("role/notebooks", "role/other");
    let (secret, fetched) = ("\"API_KEY=0123456789abcdef\"", "\"KEY=$(fetch)\"");
    vec![
        case("NBI-01", breaks(public.0, public.1), keeps()),
        case("NBI-02", nowhere, keeps()),
        case("NBI-03", breaks("rootAccess: Disabled", "rootAccess: Enabled"), keeps()),
        case("NBI-04", breaks(" kmsKey: alias/notebooks,", ""), keeps()),
        case("NBI-05", breaks("notebook-al2023-v1", "notebook-al2-v3"), keeps()),
        case("NBI-06", breaks("\"2\"", "\"1\""), keeps()),
        case("NBI-07", breaks(" lifecycleConfig: setup,", ""), keeps()),
        case("NBI-08", keeps() + &notebook("other", NONE), keeps() + &notebook("other", own_role)),
        case(
            "NBI-09",
            scripts(&format!("{{onStart: {secret}}}")),
            scripts(&format!("{{onStart: {fetched}}}")),
        ),
        case("SLC-01", studio(secret), studio(fetched)),
    ]
}

/// Who has what in an account, from the management account.
fn assignments(account: &str, all: &str) -> String {
    let spec = format!("{{accountId: '{account}', assignments: [{all}]}}");
    let text =
        manifest("PermissionSetAssignment", "people", &spec).replace("scope: ml", "scope: org");
    text.replace("spec:", &format!("lifecycle: {{mode: observe, adopt: '{account}'}}\nspec:"))
}

fn people() -> Vec<Case> {
    const ML: &str = "111122223333";
    let almighty = |who: &str| {
        assignments(ML, &format!("{{permissionSet: AdministratorAccess, {who}: jane@example.com}}"))
    };
    let other = |who: &str| {
        assignments(ML, &format!("{{permissionSet: Scientist, {who}: jane@example.com}}"))
    };
    let team = "{permissionSet: Scientist, group: team}";
    vec![
        case("PSA-01", almighty("user"), almighty("group")),
        case("PSA-02", other("user"), other("group")),
        case("PSA-03", assignments("999988887777", team), assignments(ML, team)),
    ]
}

impl Case {
    /// The apps are in the default group of the VPC.
    fn or_default_group(self) -> Self {
        let breaks = self.keeps.replace(
            &format!("{{{VPC}, {APPS}}}"),
            &format!("{{{VPC}, groupName: default, {APPS}}}"),
        );
        let breaks = breaks.replace(
            "metadata: {name: apps, scope: ml}\n",
            "metadata: {name: apps, scope: ml}\nlifecycle: {adopt: sg-0123456789abcdef0}\n",
        );
        Self { breaks, ..self }
    }
}

fn policies() -> Vec<Case> {
    let null = |key: &str| format!("\"Null\": {{'{key}': 'true'}}");
    let unless = |key: &str, value: &str| format!("StringNotEquals: {{'{key}': {value}}}");
    let no_resource = "{Effect: Deny, Action: ['bedrock:InvokeModel*'], NotResource: ['arn:aws:bedrock:*::foundation-model/amazon.*']}";
    let locks = deny("'ec2:*'", "");
    let but_us = "ArnNotLike: {'aws:PrincipalArn': 'arn:aws:iam::*:role/palisade'}";
    let exempt = deny("'ec2:*'", but_us);
    let watchers = "'access-analyzer:*', 'config:*', 'detective:*', 'guardduty:*', 'inspector2:*', 'macie2:*', \
                    'securityhub:*'";
    vec![
        denial(
            "SCP-01",
            &[deny(
                "'cloudtrail:Delete*', 'cloudtrail:Deregister*', 'cloudtrail:Disable*', 'cloudtrail:Put*', 'cloudtrail:Stop*', 'cloudtrail:Update*'",
                "",
            )],
        ),
        denial(
            "SCP-02",
            &[deny(
                "'ec2:*', 'lambda:*', 's3:*', 'sagemaker:*'",
                "StringNotEquals: {'aws:RequestedRegion': [eu-west-1, us-east-1]}",
            )],
        ),
        denial(
            "SCP-03",
            &[
                deny("'s3:PutBucketPublicAccessBlock', 's3:PutAccountPublicAccessBlock'", ""),
                deny(
                    "'s3:PutBucketPolicy', 's3:DeleteBucketPolicy', 's3:PutBucketAcl', 's3:*Object'",
                    "",
                )
                .replace("Resource: '*'", "Resource: 'arn:aws:s3:::log-archive*'"),
            ],
        ),
        denial("SCP-13", &[deny(watchers, "")]),
        denial("SCP-23", &[deny(watchers, "")]),
        denial("SCP-14", &[deny("'kms:ScheduleKeyDeletion', 'kms:D*'", "")]),
        denial(
            "SCP-15",
            &[no_resource.to_owned(), deny("'bedrock:CreateModelCustomizationJob'", "")],
        ),
        denial(
            "SCP-16",
            &[deny(
                "'rekognition:DetectFaces', 'rekognition:SearchFacesByImage', 'comprehend:DetectPiiEntities', 'comprehend:StartEntitiesDetectionJob'",
                &unless("aws:PrincipalTag/pii", "'true'"),
            )],
        ),
        denial("SCP-17", &[deny("'iam:CreateRole'", &null("iam:PermissionsBoundary"))]),
        denial(
            "SCP-18",
            &[
                deny(
                    "'organizations:LeaveOrganization', 'organizations:AcceptHandshake', 'account:CloseAccount'",
                    "",
                ),
                deny("'*'", "StringLike: {'aws:PrincipalArn': 'arn:aws:iam::*:root'}"),
            ],
        ),
        denial(
            "SCP-19",
            &[deny(
                "'ec2:Create*', 'ec2:Attach*', 'ec2:AcceptVpcPeeringConnection', 'ec2:ModifyVpcBlockPublicAccess*'",
                "",
            )],
        ),
        denial(
            "SCP-21",
            &[
                deny(
                    "'*'",
                    &format!("'ForAnyValue:StringLike': {{'aws:TagKeys': 'palisade:*'}}, {but_us}"),
                ),
                deny(
                    "'ec2:DeleteTags'",
                    &format!(
                        "\"Null\": {{'aws:TagKeys': 'true', 'aws:ResourceTag/palisade:owner': 'false'}}, {but_us}"
                    ),
                ),
            ],
        ),
        case("SCP-20", scp("this", &locks), scp("this", &exempt)),
    ]
}

fn sagemaker_policies() -> Vec<Case> {
    let jobs = "'sagemaker:CreateTrainingJob', 'sagemaker:CreateProcessingJob', \
                'sagemaker:CreateHyperParameterTuningJob'";
    let domain = "'sagemaker:CreateDomain'";
    let notebook = "'sagemaker:CreateNotebookInstance'";
    let null = |key: &str| format!("\"Null\": {{'{key}': 'true'}}");
    let off = |key: &str| format!("BoolIfExists: {{'{key}': 'false'}}");
    let unless = |key: &str, value: &str| format!("StringNotEquals: {{'{key}': {value}}}");
    let only = |key: &str, value: &str| format!("StringEquals: {{'{key}': {value}}}");
    let keyless = |local: &str| {
        let without = null("sagemaker:VolumeKmsKeyArn");
        let types =
            format!("'ForAnyValue:StringNotLike': {{'sagemaker:InstanceTypes': '{local}'}}");
        deny(jobs, &format!("{without}, {types}"))
    };
    vec![
        denial(
            "SCP-04",
            &[
                deny(domain, &unless("sagemaker:AppNetworkAccessType", "VpcOnly")),
                deny(
                    "'sagemaker:UpdateDomain'",
                    &only("sagemaker:AppNetworkAccessType", "PublicInternetOnly"),
                ),
                deny(domain, &null("sagemaker:VpcSubnets")),
                deny(domain, &null("sagemaker:VpcSecurityGroupIds")),
            ],
        ),
        denial(
            "SCP-05",
            &[
                deny(notebook, &unless("sagemaker:DirectInternetAccess", "Disabled")),
                deny(notebook, &null("sagemaker:VpcSubnets")),
            ],
        ),
        denial(
            "SCP-06",
            &[
                deny(notebook, &unless("sagemaker:RootAccess", "Disabled")),
                deny(
                    "'sagemaker:UpdateNotebookInstance'",
                    &only("sagemaker:RootAccess", "Enabled"),
                ),
            ],
        ),
        denial(
            "SCP-07",
            &[deny(
                &format!("{jobs}, {domain}, {notebook}, 'sagemaker:CreateTransformJob'"),
                &null("sagemaker:VolumeKmsKey"),
            )],
        ),
        denial("SCP-08", &[deny(jobs, &off("sagemaker:InterContainerTrafficEncryption"))]),
        denial("SCP-09", &[deny(jobs, &off("sagemaker:NetworkIsolation"))]),
        denial(
            "SCP-10",
            &[deny(&format!("{jobs}, 'sagemaker:CreateModel'"), &null("sagemaker:VpcSubnets"))],
        ),
        denial(
            "SCP-11",
            &[deny(
                "'sagemaker:CreateApp'",
                "'ForAnyValue:StringLike': {'sagemaker:InstanceTypes': [ml.p5.*]}",
            )],
        ),
        denial(
            "SCP-12",
            &[deny(
                "'sagemaker:Create*Url*'",
                &unless("aws:SourceVpce", "[vpce-0aaaaaaaaaaaaaaaa, vpce-0bbbbbbbbbbbbbbbb]"),
            )],
        ),
        case("SCP-22", scp("this", &keyless("ml.p4d.*")), scp("this", &keyless("ml.*"))),
    ]
}
