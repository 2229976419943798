//! Whether EC2 would allow writes of groups.

use aws_sdk_ec2::types::{IpPermission, ResourceType, UserIdGroupPair};
use futures::FutureExt as _;

use crate::{
    aws::{Access, ec2_tags, rehearsal::rehearsed},
    kind::{Doctor, Erased, Rehearsed, Stage},
};

pub(in crate::kinds::security_group) const DOCTOR: Doctor =
    Doctor { rehearse: Some(rehearse), ..Doctor::NONE };

fn rehearse<'a>(access: &'a Access, stage: Stage<'a>) -> Erased<'a, Vec<Rehearsed>> {
    async move {
        let mut answers = Vec::new();
        if let Some(vpc) = stage.vpc {
            let create = access
                .ec2
                .create_security_group()
                .dry_run(true)
                .group_name("palisade-doctor")
                .description("Never created: a rehearsal by palisade doctor")
                .vpc_id(vpc)
                .tag_specifications(ec2_tags::specification(
                    ResourceType::SecurityGroup,
                    stage.claim,
                ));
            answers.push(rehearsed("ec2:CreateSecurityGroup", create.send().await));
        }
        if let Some((id, tags)) = stage.ours {
            let id = id.as_str();
            let authorize = access.ec2.authorize_security_group_ingress().dry_run(true);
            let answer = authorize.group_id(id).ip_permissions(from_itself(id)).send().await;
            answers.push(rehearsed("ec2:AuthorizeSecurityGroupIngress", answer));
            let revoke = access.ec2.revoke_security_group_ingress().dry_run(true);
            let answer = revoke.group_id(id).ip_permissions(from_itself(id)).send().await;
            answers.push(rehearsed("ec2:RevokeSecurityGroupIngress", answer));
            let tag = access.ec2.create_tags().dry_run(true).resources(id);
            let answer = tag.set_tags(Some(ec2_tags::sdk_tags(tags))).send().await;
            answers.push(rehearsed("ec2:CreateTags", answer));
        }
        answers
    }
    .boxed()
}

fn from_itself(group: &str) -> IpPermission {
    IpPermission::builder()
        .ip_protocol("tcp")
        .from_port(443)
        .to_port(443)
        .user_id_group_pairs(UserIdGroupPair::builder().group_id(group).build())
        .build()
}
