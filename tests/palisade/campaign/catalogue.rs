//! Manifests that scenarios are made of.

/// A manifest's text: kind, name, further members of `lifecycle`, and the spec as flow YAML.
pub fn manifest(scope: &str, kind: &str, name: &str, lifecycle: &str, spec: &str) -> String {
    format!(
        "apiVersion: palisade.dev/v1alpha1\nkind: {kind}\nmetadata: {{name: {name}, scope: {scope}}}\n\
         lifecycle: {{{lifecycle}}}\nspec: {spec}\n---\n"
    )
}

/// A security group in the VPC `ml`.
pub fn group(name: &str, ingress: &str, egress: &str) -> String {
    group_with(name, "", ingress, egress, "")
}

/// One with a lifecycle and further members.
pub fn group_with(name: &str, lifecycle: &str, ingress: &str, egress: &str, more: &str) -> String {
    let spec = format!(
        "{{vpc: {{lookup: {{tags: {{Name: ml}}}}}}, ingress: [{ingress}], egress: [{egress}]{more}}}"
    );
    manifest("ml", "SecurityGroup", name, lifecycle, &spec)
}

/// TCP on a port from or to something.
pub fn tcp(port: u16, word: &str, peer: &str) -> String {
    format!("{{protocol: tcp, ports: {port}, {word}: [{peer}]}}")
}

/// HTTPS from the network 10.0.0.0/16.
pub fn https() -> String {
    tcp(443, "from", "10.0.0.0/16")
}

/// The gateway endpoint of S3 with a policy that allows one action.
pub fn s3(lifecycle: &str, action: &str, more: &str) -> String {
    let spec = format!(
        "{{type: Gateway, service: s3, vpc: {{lookup: {{tags: {{Name: ml}}}}}}, \
         routeTables: {{lookup: {{tags: {{tier: private}}}}}}, policy: {}{more}}}",
        allow(action)
    );
    manifest("ml", "VpcEndpoint", "s3", lifecycle, &spec)
}

/// The interface endpoint of STS.
pub fn sts(lifecycle: &str, groups: &str, action: &str, more: &str) -> String {
    let spec = format!(
        "{{type: Interface, service: sts, vpc: {{lookup: {{tags: {{Name: ml}}}}}}, \
         subnets: {{lookup: {{tags: {{tier: private}}}}}}, securityGroups: [{groups}], policy: {}{more}}}",
        allow(action)
    );
    manifest("ml", "VpcEndpoint", "sts", lifecycle, &spec)
}

/// A route table of the VPC `ml`.
pub fn routes(name: &str, lifecycle: &str, spec: &str) -> String {
    let spec = format!("{{vpc: {{lookup: {{tags: {{Name: ml}}}}}}, {spec}}}");
    manifest("ml", "RouteTable", name, lifecycle, &spec)
}

/// A network ACL of the VPC `ml`.
pub fn acl(name: &str, lifecycle: &str, spec: &str) -> String {
    let spec = format!("{{vpc: {{lookup: {{tags: {{Name: ml}}}}}}, {spec}}}");
    manifest("ml", "NetworkAcl", name, lifecycle, &spec)
}

/// An entry for what comes from the network 10.0.0.0/8 to a port.
pub fn entry(rule: u16, action: &str, port: u16) -> String {
    format!(
        "{{direction: ingress, rule: {rule}, action: {action}, protocol: tcp, ports: '{port}', cidr: 10.0.0.0/8}}"
    )
}

/// A lifecycle configuration of notebook instances.
pub fn notebook_scripts(lifecycle: &str, spec: &str) -> String {
    manifest("ml", "NotebookLifecycleConfig", "setup", lifecycle, &format!("{{{spec}}}"))
}

/// The notebook instance `research`; whether users are root, and further members.
pub fn notebook(lifecycle: &str, root: &str, more: &str) -> String {
    let spec = format!(
        "{{rootAccess: {root}, minimumInstanceMetadataServiceVersion: \"2\", \
         directInternetAccess: Enabled, instanceType: ml.t3.medium, \
         role: \"arn:aws:iam::111122223333:role/notebooks\"{more}}}"
    );
    manifest("ml", "NotebookInstance", "research", lifecycle, &spec)
}

/// The role `jobs`; what it may do, what is attached to it, and further properties.
pub fn role(lifecycle: &str, action: &str, attached: &str, more: &str) -> String {
    let spec = format!(
        "{{properties: {{RoleName: jobs, Path: /ml/, PermissionsBoundary: \"{BOUNDARY}\", {more}\
         AssumeRolePolicyDocument: {{Version: \"2012-10-17\", Statement: [{{Effect: Allow, Principal: {{Service: sagemaker.amazonaws.com}}, Action: \"sts:AssumeRole\"}}]}}, \
         ManagedPolicyArns: [{attached}], \
         Policies: [{{PolicyName: own, PolicyDocument: {{Version: \"2012-10-17\", Statement: [{{Effect: Allow, Action: \"{action}\", Resource: \"*\"}}]}}}}]}}}}"
    );
    manifest("ml", "AWS::IAM::Role", "jobs", lifecycle, &spec)
}

/// The permissions boundary of the platform.
pub const BOUNDARY: &str = "arn:aws:iam::111122223333:policy/ml-boundary";

/// A script of JupyterLab in Studio.
pub fn studio_script(name: &str, lifecycle: &str, content: &str) -> String {
    let spec = format!("{{appType: JupyterLab, content: \"{content}\"}}");
    manifest("ml", "StudioLifecycleConfig", name, lifecycle, &spec)
}

/// The platform's account settings.
pub fn account_settings(spec: &str) -> String {
    manifest("ml", "AccountSettings", "defaults", "adopt: account", &format!("{{{spec}}}"))
}

/// Who has what in the platform's account: the assignments.
pub fn assigned(assignments: &str) -> String {
    let spec = format!("{{accountId: \"111122223333\", assignments: {assignments}}}");
    manifest("org", "PermissionSetAssignment", "ml", "adopt: \"111122223333\"", &spec)
}

/// The user `ada`; the domain, the settings, and further members.
pub fn ada(lifecycle: &str, domain: &str, settings: &str, more: &str) -> String {
    let spec = format!("{{domain: {domain}, userSettings: {{{settings}}}{more}}}");
    manifest("ml", "UserProfile", "ada", lifecycle, &spec)
}

/// The space `lab`, which is Ada's.
pub fn lab(lifecycle: &str, domain: &str, owner: &str, more: &str) -> String {
    let spec = format!("{{domain: {domain}, owner: {owner}, sharingType: Private{more}}}");
    manifest("ml", "Space", "lab", lifecycle, &spec)
}

fn allow(action: &str) -> String {
    format!(
        "{{Version: \"2012-10-17\", Statement: [{{Effect: Allow, Principal: \"*\", Action: \"{action}\", Resource: \"*\"}}]}}"
    )
}

/// The key `studio`; `uses` is what the role of the studio may do with it.
pub fn key(lifecycle: &str, uses: &str, more: &str) -> String {
    key_named("studio", lifecycle, uses, more)
}

/// The same with another name.
pub fn key_named(name: &str, lifecycle: &str, uses: &str, more: &str) -> String {
    let spec = format!(
        "{{policy: {{Version: \"2012-10-17\", Statement: [\
         {{Sid: Admin, Effect: Allow, Principal: {{AWS: \"arn:aws:iam::111122223333:root\"}}, Action: \"kms:*\", Resource: \"*\"}}, \
         {{Sid: Use, Effect: Allow, Principal: {{AWS: \"arn:aws:iam::111122223333:role/studio\"}}, Action: \"{uses}\", Resource: \"*\"}}]}}{more}}}"
    );
    manifest("ml", "KmsKey", name, lifecycle, &spec)
}

/// The place of the platform's account in the organization.
pub fn placement(unit: &str) -> String {
    let spec = format!("{{unit: \"{unit}\"}}");
    manifest("org", "AccountPlacement", "ml", "adopt: \"111122223333\"", &spec)
}

/// The policy `guard`, which denies one action at these targets.
pub fn guard(lifecycle: &str, action: &str, targets: &str, more: &str) -> String {
    let spec = format!(
        "{{content: {{Version: \"2012-10-17\", Statement: [{{Sid: No, Effect: Deny, Action: \"{action}\", Resource: \"*\"}}]}}, \
         targets: [{targets}]{more}}}"
    );
    manifest("org", "ServiceControlPolicy", "guard", lifecycle, &spec)
}

/// The sister policy `watch` of a kind, with its content as flow YAML.
pub fn watch(kind: &str, lifecycle: &str, content: &str, targets: &str, more: &str) -> String {
    let spec = format!("{{content: {content}, targets: [{targets}]{more}}}");
    manifest("org", kind, "watch", lifecycle, &spec)
}

/// A resource control policy that denies an action to everybody.
pub fn denies_everybody(action: &str) -> String {
    format!(
        "{{Version: \"2012-10-17\", Statement: [{{Sid: No, Effect: Deny, Principal: \"*\", Action: \"{action}\", Resource: \"*\"}}]}}"
    )
}

/// The domain `studio`; `groups` and further members.
pub fn domain(lifecycle: &str, groups: &str, docker: &str, more: &str) -> String {
    let spec = format!(
        "{{authMode: IAM, vpc: {{lookup: {{tags: {{Name: ml}}}}}}, subnets: {{lookup: {{tags: {{tier: private}}}}}}, \
         appNetworkAccessType: VpcOnly, \
         defaultUserSettings: {{executionRole: \"arn:aws:iam::111122223333:role/studio\", securityGroups: [{groups}]}}, \
         domainSettings: {{dockerSettings: {{enableDockerAccess: {docker}}}}}{more}}}"
    );
    manifest("ml", "SageMakerDomain", "studio", lifecycle, &spec)
}
