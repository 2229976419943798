//! Security groups through EC2.

mod blockers;
mod edit;
mod read;
pub(super) mod rehearsal;
#[cfg(all(test, feature = "simulator"))]
mod simulated;
mod wire;

use std::collections::BTreeMap;

use aws_sdk_ec2::{
    Client,
    config::{Builder, retry::RetryConfig},
    types::{ResourceType, SecurityGroup as LiveGroup},
};

use super::{Change, DEFAULT_GROUP, Peer, SecurityGroup, State, associations};
use crate::{
    aws::{Access, classify, ec2_tags},
    kind::{
        Ask, Class, CloudError, Intent, Kind, Population, Port, ScopeFacts, Unread, is_placeholder,
    },
    model::{Observed, Phase, PhysicalId, Tags, claim::OWNER_TAG},
};

/// AWS requires a description, which can never be changed.
const DESCRIPTION: &str = "Managed by palisade";

/// Security groups of one account and Region.
#[derive(Debug, Clone)]
pub struct Live {
    ec2: Client,
    facts: ScopeFacts,
}

impl Port<SecurityGroup> for Live {
    fn connect(access: &Access) -> Self {
        Self { ec2: access.ec2.clone(), facts: access.facts.clone() }
    }

    /// Reads every group of the Region, 1000 a call: cheaper than one call for each filter, and it
    /// includes groups whose claim was removed.
    async fn observe(&self, ask: &Ask) -> Result<Population<State>, CloudError> {
        let mut groups = read::groups(&self.ec2, &[]).await?;
        let listed = |groups: &[LiveGroup], id: &PhysicalId| {
            groups.iter().any(|group| group.group_id() == Some(id.as_str()))
        };
        for id in &ask.remembered {
            if !listed(&groups, id) {
                groups.extend(read::groups(&self.ec2, &[("group-id", id.as_str())]).await?);
            }
        }
        // Not read where no manifest names them.
        let associations = if ask.names_field(associations::FIELD) {
            Some(read::associations(&self.ec2, None).await)
        } else {
            None
        };
        let mut found = Population::default();
        for group in groups {
            let tags = wire::tags(group.tags());
            let key = wire::natural_key(&group);
            let asked = ask.everything
                || tags.get(OWNER_TAG) == Some(&ask.owner)
                || ask.natural_keys.contains(&key)
                || group.group_id().is_some_and(|id| ask.adopt.contains(&PhysicalId::from(id)));
            if !asked {
                found.whole.push(Self::unmanaged(&group, tags));
                continue;
            }
            // A group that EC2 describes in an unknown way does not hide the others.
            match (self.observed(&group, tags.clone()), group.group_id()) {
                (Ok(mut observed), _) => {
                    if let Some(all) = &associations {
                        add_associations(&mut observed, all);
                    }
                    found.whole.push(observed);
                }
                (Err(why), None) => return Err(why),
                (Err(why), Some(id)) => found.miss(Unread {
                    id: id.into(),
                    arn: group.security_group_arn().map(str::to_owned),
                    tags: Some(tags),
                    why,
                })?,
            }
        }
        Ok(found)
    }

    async fn create(
        &self,
        want: &State,
        tags: &Tags,
        _token: &str,
    ) -> Result<PhysicalId, CloudError> {
        const OPERATION: &str = "ec2:CreateSecurityGroup";
        let name = want.group_name.as_deref().unwrap_or_default();
        if name.eq_ignore_ascii_case(DEFAULT_GROUP) {
            return Err(CloudError::new(
                OPERATION,
                Class::Rejected,
                "every VPC already has a group `default`; adopt it with lifecycle.adopt",
            ));
        }
        if let Some(vpc) = want.vpc.as_deref().filter(|vpc| is_placeholder(vpc)) {
            let why = format!("{vpc} is not known yet");
            return Err(CloudError::new(OPERATION, Class::Busy, why));
        }
        // This call takes no client token, so it is sent once, and the next observation shows its
        // result.
        let once = Builder::new().retry_config(RetryConfig::disabled());
        let created = self
            .ec2
            .create_security_group()
            .group_name(name)
            .description(want.description.as_deref().unwrap_or(DESCRIPTION))
            .set_vpc_id(want.vpc.clone())
            .tag_specifications(ec2_tags::specification(ResourceType::SecurityGroup, tags))
            .customize()
            .config_override(once)
            .send()
            .await;
        match created {
            Ok(answer) => answer.group_id.map(PhysicalId).ok_or_else(|| {
                CloudError::new(OPERATION, Class::Unknown, "the answer names no group")
            }),
            Err(error) => {
                let error = classify(OPERATION, &error);
                if error.is_code("InvalidGroup.Duplicate") {
                    return Err(self.name_taken(want, error).await);
                }
                Err(error)
            }
        }
    }

    async fn change(&self, have: &Observed<State>, changes: &[Change]) -> Result<(), CloudError> {
        for change in changes {
            edit::change(&self.ec2, &self.facts, have.id.as_str(), change).await?;
        }
        Ok(())
    }

    async fn tag(&self, have: &Observed<State>, set: &Tags) -> Result<(), CloudError> {
        ec2_tags::tag(&self.ec2, &have.id, set).await
    }

    async fn untag(&self, have: &Observed<State>, keys: &[String]) -> Result<(), CloudError> {
        ec2_tags::untag(&self.ec2, &have.id, keys).await
    }

    /// Revokes the group's own rules that name other groups, so that two groups that name each
    /// other can both be deleted, and then deletes the group. Nothing is revoked while an interface
    /// uses it.
    async fn delete(
        &self,
        have: &Observed<State>,
        _want: Option<&State>,
    ) -> Result<(), CloudError> {
        const OPERATION: &str = "ec2:DeleteSecurityGroup";
        let id = have.id.as_str();
        if have.state.group_name.as_deref() == Some(DEFAULT_GROUP) {
            return Err(CloudError::new(
                OPERATION,
                Class::Rejected,
                "a VPC's group `default` cannot be deleted",
            ));
        }
        let interfaces = blockers::interfaces(&self.ec2, id, None).await?;
        if !interfaces.is_empty() {
            return Err(CloudError::blocked(OPERATION, &interfaces));
        }
        match edit::revoke_references(&self.ec2, &self.facts, id).await {
            Err(error) if error.class == Class::Missing => return Ok(()),
            other => other?,
        }
        self.disassociate_everywhere(id).await?;
        let Err(error) = self.ec2.delete_security_group().group_id(id).send().await else {
            return Ok(());
        };
        let error = classify(OPERATION, &error);
        match error.class {
            Class::Missing => Ok(()),
            Class::Blocked => {
                let mut names = blockers::interfaces(&self.ec2, id, None).await?;
                let owner = have.tags.get(OWNER_TAG).map(String::as_str);
                let referrers_of_others = blockers::referrers(&self.ec2, id, owner).await?;
                let stuck = !names.is_empty() || !referrers_of_others.is_empty();
                names.extend(blockers::referrers(&self.ec2, id, None).await?);
                // Our groups lose their rules for this one when they are deleted: retry soon.
                let class = if stuck || names.is_empty() { error.class } else { Class::Busy };
                // AWS knows more uses of a group than can be read here.
                let message = if names.is_empty() { error.message } else { names.join(", ") };
                Err(CloudError { class, message, ..error })
            }
            _ => Err(error),
        }
    }

    /// The interfaces that use the group, and the groups whose rules name it. Our own groups do not
    /// count while this one has rules that name groups too: deleting revokes those first, which
    /// frees a ring of groups that are all deleted. If they stay, EC2 refuses and [`Self::delete`]
    /// names them.
    async fn obstacles(
        &self,
        have: &Observed<State>,
        intent: Intent<'_, Change>,
    ) -> Result<Vec<String>, CloudError> {
        let id = have.id.as_str();
        match intent {
            Intent::Change(Change::Disassociate { vpc }) => {
                return blockers::interfaces(&self.ec2, id, Some(vpc)).await;
            }
            Intent::Change(_) => return Ok(Vec::new()),
            Intent::Delete => {}
        }
        let owner = have.tags.get(OWNER_TAG);
        let state = &have.state;
        let names_groups = [&state.ingress, &state.egress]
            .into_iter()
            .flatten()
            .flat_map(|rules| rules.0.keys())
            .any(|rule| matches!(rule.peer, Peer::Group(_)));
        let mut names = blockers::interfaces(&self.ec2, id, None).await?;
        let spared = owner.filter(|_| names_groups).map(String::as_str);
        names.extend(blockers::referrers(&self.ec2, id, spared).await?);
        Ok(names)
    }
}

impl Live {
    fn observed(&self, group: &LiveGroup, tags: Tags) -> Result<Observed<State>, CloudError> {
        let state = wire::state(group, &self.facts.account)
            .map_err(|odd| CloudError::new(read::DESCRIBE_GROUPS, Class::Unknown, odd))?;
        let id = state.id.clone().unwrap_or_default();
        let ScopeFacts { partition, region, account, .. } = &self.facts;
        let arn = group.security_group_arn().map_or_else(
            || {
                let owner = group.owner_id().unwrap_or(account);
                format!("arn:{partition}:ec2:{region}:{owner}:security-group/{id}")
            },
            str::to_owned,
        );
        Ok(Observed { id: PhysicalId(id), arn, tags, phase: Phase::Ready, state })
    }

    /// A group that is not ours: only its name, because a manifest whose VPC is looked up may turn
    /// out to want it.
    fn unmanaged(group: &LiveGroup, tags: Tags) -> Observed<State> {
        let id = group.group_id().unwrap_or_default();
        let state = State {
            id: Some(id.to_owned()),
            group_name: group.group_name().map(str::to_owned),
            vpc: group.vpc_id().map(str::to_owned),
            ..State::default()
        };
        Observed { id: id.into(), arn: String::new(), tags, phase: Phase::Ready, state }
    }

    /// Ends the associations of a group that is deleted. EC2 works on that after its answer, and
    /// refuses to delete the group until it is done.
    async fn disassociate_everywhere(&self, id: &str) -> Result<(), CloudError> {
        // If they cannot be read, EC2 says itself what keeps the group.
        let Ok(all) = read::associations(&self.ec2, Some(id)).await else { return Ok(()) };
        let Some(read::Associated { vpcs, leaving, .. }) = all.get(id) else { return Ok(()) };
        for vpc in vpcs {
            edit::disassociate(&self.ec2, id, vpc).await?;
        }
        let left: Vec<&str> = vpcs.union(leaving).map(String::as_str).collect();
        if left.is_empty() {
            return Ok(());
        }
        let why = format!("it is being disassociated from {}", left.join(", "));
        Err(CloudError::new("ec2:DeleteSecurityGroup", Class::Busy, why))
    }

    /// Names the group that already has the name.
    async fn name_taken(&self, want: &State, error: CloudError) -> CloudError {
        let vpc = want.vpc.clone().unwrap_or_default();
        let Ok(groups) = read::groups(&self.ec2, &[("vpc-id", &vpc)]).await else { return error };
        let key = SecurityGroup::natural_keys(want);
        let holder = groups
            .iter()
            .find(|group| key.contains(&wire::natural_key(group)))
            .and_then(LiveGroup::group_id);
        let name = want.group_name.as_deref().unwrap_or_default();
        match holder {
            Some(id) => CloudError {
                class: Class::Duplicate,
                message: format!("{id} in {vpc} is already named {name}"),
                ..error
            },
            None => error,
        }
    }
}

/// Adds what was read of a group's associations, or why they could not be read: its rules are
/// compared either way.
fn add_associations(
    group: &mut Observed<State>,
    all: &Result<BTreeMap<String, read::Associated>, CloudError>,
) {
    match all {
        Ok(all) => {
            let own = all.get(group.id.as_str()).cloned().unwrap_or_default();
            group.state.associated_vpcs = Some(own.vpcs);
            group.state.failed_associations = own.failed;
        }
        Err(error) => group.state.unread_associations = Some(error.to_string()),
    }
}
