//! What a platform is joined and shared by: access points, repositories, transit gateways, policies of queues, domains of
//! Unified Studio.

use super::{
    life::{CASE, Case},
    *,
};

const BUCKET: &str = "---\napiVersion: palisade.dev/v1alpha1\nkind: AWS::S3::Bucket\n\
     metadata: {name: artifacts, scope: ml-prod}\nspec: {properties: {BucketName: acme-artifacts}}\n";

/// Lets an account do something.
fn lets(account: &str, action: &str, resource: &str) -> Value {
    let mut statement = json!({
        "Sid": "Partner", "Effect": "Allow",
        "Principal": {"AWS": format!("arn:aws:iam::{account}:root")}, "Action": action,
    });
    if !resource.is_empty() {
        statement["Resource"] = resource.into();
    }
    json!({"Version": "2012-10-17", "Statement": [statement]})
}

fn point(more: &str) -> &'static str {
    format!(
        "Name: acme-point, Bucket: \"${{AWS::S3::Bucket/artifacts}}\", \
         VpcConfiguration: {{VpcId: vpc-0123456789abcdef0}}{more}"
    )
    .leak()
}

#[tokio::test(start_paused = true)]
async fn an_access_point_is_for_those_whom_the_manifest_names() {
    let objects = "arn:aws:s3:eu-west-1:111122223333:accesspoint/acme-point/object/*";
    let policy = lets("444455556666", "s3:GetObject", objects);
    Case {
        kind: "AWS::S3::AccessPoint",
        before: BUCKET,
        first: point(&format!(", Policy: {policy}")),
        then: point(", Policy: null"),
        by_hand: ("Policy", lets("999999999999", "s3:*", objects)),
        ..CASE
    }
    .lives()
    .await;
}

#[tokio::test(start_paused = true)]
async fn an_access_point_that_somebody_opens_is_closed_again() {
    let open = json!({
        "BlockPublicAcls": true, "BlockPublicPolicy": false, "IgnorePublicAcls": true,
        "RestrictPublicBuckets": false
    });
    let blocked = BLOCKED.trim_start_matches("PublicAccessBlockConfiguration: ");
    Case {
        kind: "AWS::S3::AccessPoint",
        before: BUCKET,
        first: point(&format!(", PublicAccessBlockConfiguration: {blocked}")),
        then: point(", PublicAccessBlockConfiguration: {IgnorePublicAcls: false}"),
        by_hand: ("PublicAccessBlockConfiguration", open),
        ..CASE
    }
    .lives()
    .await;
}

#[tokio::test(start_paused = true)]
async fn an_access_point_whose_policy_would_lock_palisade_out_is_held() {
    let deny = "Policy: {Version: \"2012-10-17\", Statement: [{Effect: Deny, Principal: \"*\", Action: \"s3:*\", \
                Resource: \"arn:aws:s3:eu-west-1:111122223333:accesspoint/acme-point\"}]}";
    let own = manifest(
        "AWS::S3::AccessPoint",
        "it",
        "",
        &format!("{{properties: {{{}}}}}", point(&format!(", {deny}"))),
    );
    let world = World::with(&format!("{BUCKET}{own}"));
    let mut engine = world.engine().await;
    let quiet = until_quiet(&mut engine).await;
    held(quiet.last(), "ml-prod/AWS::S3::AccessPoint/it");
    assert_eq!(world.writes(), ["CreateResource"], "the bucket only");
}

#[tokio::test(start_paused = true)]
async fn images_are_pulled_by_those_whom_the_manifest_names_and_tags_stay() {
    let policy = lets("444455556666", "ecr:BatchGetImage", "");
    Case {
        kind: "AWS::ECR::Repository",
        first: format!(
            "RepositoryName: ml/images, ImageTagMutability: IMMUTABLE, RepositoryPolicyText: {policy}"
        )
        .leak(),
        then: "RepositoryName: ml/images, ImageTagMutability: IMMUTABLE, RepositoryPolicyText: null",
        by_hand: ("RepositoryPolicyText", lets("999999999999", "ecr:*", "")),
        ..CASE
    }
    .lives()
    .await;
    Case {
        kind: "AWS::ECR::Repository",
        first: "RepositoryName: ml/images, ImageTagMutability: IMMUTABLE",
        then: "RepositoryName: ml/images, LifecyclePolicy: {LifecyclePolicyText: {rules: [{rulePriority: 1, description: \
               what nobody has tagged goes, selection: {tagStatus: untagged, countType: imageCountMoreThan, countNumber: 10}, \
               action: {type: expire}}]}}",
        by_hand: ("ImageTagMutability", json!("MUTABLE")),
        goes: false,
        ..CASE
    }
    .lives()
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_transit_gateway_takes_no_attachment_without_being_asked() {
    Case {
        kind: "AWS::EC2::TransitGateway",
        first: "Description: core, AutoAcceptSharedAttachments: disable",
        then: "Description: backbone, AutoAcceptSharedAttachments: disable",
        by_hand: ("AutoAcceptSharedAttachments", json!("enable")),
        ..CASE
    }
    .lives()
    .await;
}

/// A network with a subnet in each of two zones, and a transit gateway.
const JOINED: &str = "---\napiVersion: palisade.dev/v1alpha1\nkind: AWS::EC2::VPC\n\
     metadata: {name: lab, scope: ml-prod}\nspec: {properties: {CidrBlock: 10.61.0.0/16, EnableDnsSupport: true}}\n\
     ---\napiVersion: palisade.dev/v1alpha1\nkind: AWS::EC2::Subnet\nmetadata: {name: a, scope: ml-prod}\n\
     spec: {properties: {VpcId: \"${AWS::EC2::VPC/lab}\", CidrBlock: 10.61.0.0/24, AvailabilityZone: eu-west-1a}}\n\
     ---\napiVersion: palisade.dev/v1alpha1\nkind: AWS::EC2::Subnet\nmetadata: {name: b, scope: ml-prod}\n\
     spec: {properties: {VpcId: \"${AWS::EC2::VPC/lab}\", CidrBlock: 10.61.1.0/24, AvailabilityZone: eu-west-1b}}\n\
     ---\napiVersion: palisade.dev/v1alpha1\nkind: AWS::EC2::TransitGateway\nmetadata: {name: core, scope: ml-prod}\n\
     spec: {properties: {Description: core}}\n";

fn attachment(subnets: &str, more: &str) -> &'static str {
    format!(
        "TransitGatewayId: \"${{AWS::EC2::TransitGateway/core}}\", VpcId: \"${{AWS::EC2::VPC/lab}}\", \
         SubnetIds: [{subnets}]{more}"
    )
    .leak()
}

#[tokio::test(start_paused = true)]
async fn an_attachment_keeps_how_its_network_is_joined() {
    let options = json!({"ApplianceModeSupport": "disable", "Ipv6Support": "enable"});
    let one = "\"${AWS::EC2::Subnet/a}\"";
    let both = "\"${AWS::EC2::Subnet/b}\", \"${AWS::EC2::Subnet/a}\"";
    let wanted = ", Options: {ApplianceModeSupport: enable, Ipv6Support: disable}";
    Case {
        kind: "AWS::EC2::TransitGatewayAttachment",
        before: JOINED,
        first: attachment(one, wanted),
        then: attachment(both, wanted),
        by_hand: ("Options", options),
        ..CASE
    }
    .lives()
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_queue_is_for_those_whom_its_policy_names() {
    let queue = "---\napiVersion: palisade.dev/v1alpha1\nkind: AWS::SQS::Queue\n\
                 metadata: {name: work, scope: ml-prod}\nspec: {properties: {QueueName: work}}\n";
    let arn = "arn:aws:sqs:eu-west-1:111122223333:work";
    let policy = |action: &str| lets("444455556666", action, arn);
    let wish = |policy: Value| -> &'static str {
        format!("Queue: \"${{AWS::SQS::Queue/work}}\", PolicyDocument: {policy}").leak()
    };
    Case {
        kind: "AWS::SQS::QueueInlinePolicy",
        before: queue,
        first: wish(policy("sqs:SendMessage")),
        then: wish(policy("sqs:GetQueueUrl")),
        by_hand: ("PolicyDocument", lets("999999999999", "sqs:*", arn)),
        ..CASE
    }
    .lives()
    .await;
}

const DOMAIN: &str = "Name: ml, DomainVersion: V2, \
     DomainExecutionRole: \"arn:aws:iam::111122223333:role/execution\", \
     ServiceRole: \"arn:aws:iam::111122223333:role/service\"";

#[tokio::test(start_paused = true)]
async fn a_domain_of_unified_studio_is_made_put_back_and_never_deleted() {
    Case {
        kind: "AWS::DataZone::Domain",
        first: format!("{DOMAIN}, Description: one").leak(),
        then: format!("{DOMAIN}, Description: two").leak(),
        by_hand: ("Description", json!("somebody's")),
        is_deleted: false,
        ..CASE
    }
    .lives()
    .await;
}

/// The service role of the domain, which only the service knows.
fn service_role(world: &World, id: &str) -> Value {
    let named = json!({"Kind": "AWS::DataZone::Domain", "Id": id});
    world.aws("models", "GetModel", &named)["Model"]["ServiceRole"].clone()
}

#[tokio::test(start_paused = true)]
async fn what_aws_never_returns_is_sent_with_every_other_change_and_never_by_itself() {
    const KIND: &str = "AWS::DataZone::Domain";
    let said = |role: &str, description: &str| {
        let properties = DOMAIN.replace("role/service", &format!("role/{role}"));
        manifest(
            KIND,
            "ml",
            "",
            &format!("{{properties: {{{properties}, Description: {description}}}}}"),
        )
    };
    let arn = |role: &str| json!(format!("arn:aws:iam::111122223333:role/{role}"));
    let world = World::with(&said("service", "one"));
    let mut engine = world.engine().await;
    in_the_end(&mut engine).await;
    let all = world.aws("cloudcontrolapi", "ListResources", &json!({"TypeName": KIND}));
    let id = string(&list(&all, "ResourceDescriptions")[0], "Identifier");
    assert_eq!(service_role(&world, &id), arn("service"));
    // Somebody's change without it removes it, which nobody sees; putting the rest back brings it back.
    change(&world, KIND, &id, &json!([{"op": "add", "path": "/Description", "value": "x"}]));
    a_while(60).await;
    assert_eq!(service_role(&world, &id), json!(null));
    in_the_end(&mut engine).await;
    assert_eq!(service_role(&world, &id), arn("service"));
    world.writes();
    // Another one in the manifest is no difference that anybody could see, and every plan says so.
    world.write("main.yaml", said("other", "one"));
    let quiet = until_quiet(&mut engine).await;
    assert_eq!(world.writes(), [""; 0]);
    let plan = palisade::plan::render::text(&quiet.last().plan);
    assert!(plan.contains("AWS never returns ServiceRole"), "{plan}");
    world.write("main.yaml", said("other", "two"));
    in_the_end(&mut engine).await;
    assert_eq!(world.writes(), ["UpdateResource"]);
    assert_eq!(service_role(&world, &id), arn("other"));
}
