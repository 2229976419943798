//! Permissions of SageMaker: a domain is authorized for itself, its tags, the roles it passes on,
//! its key, and, once in an account, the service-linked role.

use crate::simulator::{
    iam::{Call, Need, roles},
    service::partition,
};

const SERVICE: &str = "sagemaker.amazonaws.com";

/// `new_here`: the account has never had a domain.
pub(super) fn needs(call: &Call<'_>, new_here: bool) -> Vec<Need> {
    let set = call.tags("Tags", "Key", "Value");
    match call.operation {
        "CreateDomain" => {
            let any = domain(call, "*");
            let mut needs = vec![call.need(&any).sets(&set)];
            if !set.is_empty() {
                let tagging = call.other("sagemaker:AddTags", &any).sets(&set);
                needs.push(tagging.with("sagemaker:TaggingAction", call.operation));
            }
            needs.extend(passed(call));
            needs.extend(new_here.then(|| service_role(call)));
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
        "StartNotebookInstance" | "StopNotebookInstance" => {
            let name = call.text("NotebookInstanceName").to_lowercase();
            vec![existing(call, &call.arn(&format!("notebook-instance/{name}")))]
        }
        "ListTags" => vec![existing(call, call.text("ResourceArn"))],
        "AddTags" => vec![existing(call, call.text("ResourceArn")).sets(&set)],
        "DeleteTags" => {
            vec![existing(call, call.text("ResourceArn")).names(&call.texts("TagKeys"))]
        }
        _ => vec![call.need("*")],
    }
}

/// What user profiles and spaces need in addition to what every table does: the reason for tagging,
/// and the roles that a profile is given. (A space runs with its owner's role or its domain's.)
pub(super) fn of_resident(call: &Call<'_>, needs: Vec<Need>) -> Vec<Need> {
    let tagging = |need: Need| match need.0.action.as_str() {
        "sagemaker:AddTags" => need.with("sagemaker:TaggingAction", call.operation),
        _ => need,
    };
    let mut needs: Vec<Need> = needs.into_iter().map(tagging).collect();
    if matches!(call.operation, "CreateUserProfile" | "UpdateUserProfile") {
        needs.extend(passed(call));
    }
    needs
}

/// What a notebook instance needs in addition to itself and its tags.
pub(super) fn with_notebook(call: &Call<'_>, new_here: bool) -> Vec<Need> {
    let mut needs = Vec::new();
    if ["CreateNotebookInstance", "UpdateNotebookInstance"].contains(&call.operation) {
        needs.extend(passed(call));
    }
    if call.operation == "CreateNotebookInstance" {
        needs.extend(new_here.then(|| service_role(call)));
        needs.extend(key(call));
    }
    needs
}

fn domain(call: &Call<'_>, id: &str) -> String {
    call.arn(&format!("domain/{id}"))
}

fn existing(call: &Call<'_>, arn: &str) -> Need {
    let tags = call.find(call.service, arn).map(|(_, tags)| tags).unwrap_or_default();
    call.need(arn).of(&tags)
}

fn passed(call: &Call<'_>) -> Vec<Need> {
    let pass = |role| call.other("iam:PassRole", role).with("iam:PassedToService", SERVICE);
    roles(call.input).into_iter().map(pass).collect()
}

/// SageMaker creates the role with the first domain of the account.
fn service_role(call: &Call<'_>) -> Need {
    let (account, region) = (&call.caller.account, &call.caller.region);
    let role = format!(
        "arn:{}:iam::{account}:role/aws-service-role/{SERVICE}/\
         AWSServiceRoleForAmazonSageMakerNotebooks",
        partition(region)
    );
    call.other("iam:CreateServiceLinkedRole", &role).with("iam:AWSServiceName", SERVICE)
}

/// The key of the domain's volumes: described, and granted to the services that use it.
fn key(call: &Call<'_>) -> Vec<Need> {
    let Some((arn, tags)) = call.find("kms", call.text("KmsKeyId")) else {
        return Vec::new();
    };
    let grant = call.other("kms:CreateGrant", &arn).of(&tags);
    vec![
        call.other("kms:DescribeKey", &arn).of(&tags),
        grant.with("kms:GrantIsForAWSResource", "true"),
    ]
}
