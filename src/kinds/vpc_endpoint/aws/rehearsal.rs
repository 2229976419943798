//! Whether EC2 would allow writes of endpoints.

use aws_sdk_ec2::types::{ResourceType, VpcEndpointType};
use futures::FutureExt as _;

use crate::{
    aws::{Access, ec2_tags, rehearsal::rehearsed},
    kind::{Doctor, Erased, Rehearsed, Stage},
};

pub(in crate::kinds::vpc_endpoint) const DOCTOR: Doctor =
    Doctor { rehearse: Some(rehearse), ..Doctor::NONE };

fn rehearse<'a>(access: &'a Access, stage: Stage<'a>) -> Erased<'a, Vec<Rehearsed>> {
    async move {
        let mut answers = Vec::new();
        if let Some(vpc) = stage.vpc {
            let create = access
                .ec2
                .create_vpc_endpoint()
                .dry_run(true)
                .vpc_endpoint_type(VpcEndpointType::Gateway)
                .vpc_id(vpc)
                // The one service that has gateway endpoints in every Region.
                .service_name(format!("com.amazonaws.{}.s3", access.facts.region))
                .tag_specifications(ec2_tags::specification(
                    ResourceType::VpcEndpoint,
                    stage.claim,
                ));
            answers.push(rehearsed("ec2:CreateVpcEndpoint", create.send().await));
        }
        if let Some((id, _)) = stage.ours {
            let modify = access.ec2.modify_vpc_endpoint().dry_run(true);
            let answer = modify.vpc_endpoint_id(id.as_str()).send().await;
            answers.push(rehearsed("ec2:ModifyVpcEndpoint", answer));
        }
        answers
    }
    .boxed()
}
