//! SageMaker: a domain is authorised for itself, its tags, the roles it hands out, its key, and, once in an account, the
//! service-linked role.

use super::super::wire::partition;
use super::{Call, Need, roles};

const SERVICE: &str = "sagemaker.amazonaws.com";

pub(super) fn needs(call: &Call<'_>) -> Vec<Need> {
    let set = call.tags("Tags", "Key", "Value");
    match call.operation {
        "CreateDomain" => {
            let any = domain(call, "*");
            let mut needs = vec![call.need("sagemaker", &any).sets(&set)];
            if !set.is_empty() {
                let tagging = call.other("sagemaker:AddTags", &any).sets(&set);
                needs.push(tagging.with("sagemaker:TaggingAction", call.operation));
            }
            needs.extend(passed(call));
            needs.extend(service_role(call));
            needs.extend(key(call));
            needs
        }
        "UpdateDomain" => {
            let mut needs = vec![existing(call, &domain(call, call.text("DomainId")))];
            needs.extend(passed(call));
            needs
        }
        "DescribeDomain" | "DeleteDomain" => {
            vec![existing(call, &domain(call, call.text("DomainId")))]
        }
        "ListTags" => vec![existing(call, call.text("ResourceArn"))],
        "AddTags" => vec![existing(call, call.text("ResourceArn")).sets(&set)],
        "DeleteTags" => {
            vec![existing(call, call.text("ResourceArn")).names(&call.texts("TagKeys"))]
        }
        _ => vec![call.need("sagemaker", "*")],
    }
}

fn domain(call: &Call<'_>, id: &str) -> String {
    let (account, region) = (&call.caller.account, &call.caller.region);
    format!("arn:{}:sagemaker:{region}:{account}:domain/{id}", partition(region))
}

fn existing(call: &Call<'_>, arn: &str) -> Need {
    let (account, region) = (&call.caller.account, &call.caller.region);
    let tags = call.world.sagemaker.tags_of(account, region, arn);
    call.need("sagemaker", arn).of(&tags)
}

fn passed(call: &Call<'_>) -> Vec<Need> {
    let pass = |role| call.other("iam:PassRole", role).with("iam:PassedToService", SERVICE);
    roles(call.input).into_iter().map(pass).collect()
}

/// SageMaker makes the role with the account's first domain.
fn service_role(call: &Call<'_>) -> Option<Need> {
    let (account, region) = (&call.caller.account, &call.caller.region);
    if call.world.sagemaker.ever_had_domains(account) {
        return None;
    }
    let role = format!(
        "arn:{}:iam::{account}:role/aws-service-role/{SERVICE}/AWSServiceRoleForAmazonSageMakerNotebooks",
        partition(region)
    );
    Some(call.other("iam:CreateServiceLinkedRole", &role).with("iam:AWSServiceName", SERVICE))
}

/// The key of the domain's volumes: described, and lent to the services that use it.
fn key(call: &Call<'_>) -> Vec<Need> {
    let (account, region) = (&call.caller.account, &call.caller.region);
    let Some((arn, tags)) = call.world.kms.key_meant(account, region, call.text("KmsKeyId")) else {
        return Vec::new();
    };
    let grant = call.other("kms:CreateGrant", arn).of(tags);
    vec![
        call.other("kms:DescribeKey", arn).of(tags),
        grant.with("kms:GrantIsForAWSResource", "true"),
    ]
}
