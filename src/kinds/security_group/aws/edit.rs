//! Changes the rules of a group. Rule ids are read just before they are used, because the group may
//! have been changed since the plan.

use aws_sdk_ec2::{
    Client,
    types::{SecurityGroupRuleDescription, SecurityGroupRuleUpdate},
};

use super::{
    super::{Change, Direction, Entry, Pair, Peer, Redescription, Rule},
    read::{self, LiveRule, RuleIds},
    wire::Own,
};
use crate::{
    aws::classify,
    kind::{Class, CloudError, ScopeFacts},
};

/// Makes one change.
pub(super) async fn change(
    ec2: &Client,
    facts: &ScopeFacts,
    group: &str,
    change: &Change,
) -> Result<(), CloudError> {
    let editor = Editor { ec2, own: Own { id: group, account: &facts.account } };
    if let Some(placeholder) = change.waits_for() {
        return Err(CloudError::new(
            "ec2:ModifySecurityGroup",
            Class::Busy,
            format!("{change}: {placeholder} is not known yet"),
        ));
    }
    match change {
        Change::Immutable { .. } => Err(CloudError::new(
            "ec2:ModifySecurityGroup",
            Class::Rejected,
            format!("{change}: AWS has no call for it"),
        )),
        Change::Revoke { direction, rules, .. } => {
            editor.revoke(*direction, |rule| rules.iter().any(|entry| entry.rule == *rule)).await
        }
        Change::Modify { direction, pairs } => editor.modify(*direction, pairs).await,
        Change::Authorize { direction, rules, .. } => editor.authorize(*direction, rules).await,
        Change::Describe { direction, rules } => editor.describe(*direction, rules).await,
        Change::Associate { vpc } => {
            let call = ec2.associate_security_group_vpc().group_id(group).vpc_id(vpc);
            let answer = call.send().await.map(drop);
            answer.map_err(|error| classify("ec2:AssociateSecurityGroupVpc", &error))
        }
        Change::Disassociate { vpc } => disassociate(ec2, group, vpc).await,
    }
}

/// Ends an association; one that is gone is fine. EC2 goes on with it after its answer, and refuses
/// while a network interface of the VPC uses the group (EC2 API reference,
/// `DisassociateSecurityGroupVpc`).
pub(super) async fn disassociate(ec2: &Client, group: &str, vpc: &str) -> Result<(), CloudError> {
    let call = ec2.disassociate_security_group_vpc().group_id(group).vpc_id(vpc);
    let answer = call.send().await;
    match answer.map_err(|error| classify("ec2:DisassociateSecurityGroupVpc", &error)) {
        Err(error) if error.class != Class::Missing => Err(error),
        _ => Ok(()),
    }
}

/// Revokes the group's own rules that name other groups.
pub(super) async fn revoke_references(
    ec2: &Client,
    facts: &ScopeFacts,
    group: &str,
) -> Result<(), CloudError> {
    let editor = Editor { ec2, own: Own { id: group, account: &facts.account } };
    for direction in Direction::BOTH {
        editor.revoke(direction, |rule| matches!(rule.peer, Peer::Group(_))).await?;
    }
    Ok(())
}

struct Editor<'a> {
    ec2: &'a Client,
    own: Own<'a>,
}

impl Editor<'_> {
    /// Revokes by rule id, which can neither revoke another rule nor silently miss, as revoking by
    /// properties can in a default VPC. Rules that are already gone are fine.
    async fn revoke(
        &self,
        direction: Direction,
        which: impl Fn(&Rule) -> bool,
    ) -> Result<(), CloudError> {
        // If one id is gone, EC2 refuses all of them. The rules that are left are then read again,
        // once.
        let mut refused = self.revoke_once(direction, &which).await;
        if refused.as_ref().is_err_and(is_rule_gone) {
            refused = self.revoke_once(direction, &which).await;
        }
        refused
    }

    async fn revoke_once(
        &self,
        direction: Direction,
        which: &impl Fn(&Rule) -> bool,
    ) -> Result<(), CloudError> {
        let ids: Vec<_> = read::rule_ids(self.ec2, self.own)
            .await?
            .into_iter()
            .filter(|((found, rule), _)| *found == direction && which(rule))
            .map(|(_, live)| live.id)
            .collect();
        if ids.is_empty() {
            return Ok(());
        }
        match direction {
            Direction::Ingress => self
                .ec2
                .revoke_security_group_ingress()
                .group_id(self.own.id)
                .set_security_group_rule_ids(Some(ids))
                .send()
                .await
                .map(drop)
                .map_err(|error| classify("ec2:RevokeSecurityGroupIngress", &error)),
            Direction::Egress => self
                .ec2
                .revoke_security_group_egress()
                .group_id(self.own.id)
                .set_security_group_rule_ids(Some(ids))
                .send()
                .await
                .map(drop)
                .map_err(|error| classify("ec2:RevokeSecurityGroupEgress", &error)),
        }
    }

    async fn modify(&self, direction: Direction, pairs: &[Pair]) -> Result<(), CloudError> {
        const OPERATION: &str = "ec2:ModifySecurityGroupRules";
        let ids = read::rule_ids(self.ec2, self.own).await?;
        let mut updates = Vec::new();
        for Pair { old, new, description } in pairs {
            updates.push(
                SecurityGroupRuleUpdate::builder()
                    .security_group_rule_id(&find(OPERATION, &ids, direction, old)?.id)
                    .security_group_rule(self.own.request(new, description))
                    .build(),
            );
        }
        self.ec2
            .modify_security_group_rules()
            .group_id(self.own.id)
            .set_security_group_rules(Some(updates))
            .send()
            .await
            .map_err(|error| classify(OPERATION, &error))?;
        Ok(())
    }

    /// EC2 accepts all of the rules or none. If it says that one already exists, and all of them do
    /// (an earlier call whose answer was lost), the change is done.
    async fn authorize(&self, direction: Direction, rules: &[Entry]) -> Result<(), CloudError> {
        let permissions = rules.iter().map(|entry| self.own.permission(entry)).collect();
        let refused = match direction {
            Direction::Ingress => self
                .ec2
                .authorize_security_group_ingress()
                .group_id(self.own.id)
                .set_ip_permissions(Some(permissions))
                .send()
                .await
                .map(drop)
                .map_err(|error| classify("ec2:AuthorizeSecurityGroupIngress", &error)),
            Direction::Egress => self
                .ec2
                .authorize_security_group_egress()
                .group_id(self.own.id)
                .set_ip_permissions(Some(permissions))
                .send()
                .await
                .map(drop)
                .map_err(|error| classify("ec2:AuthorizeSecurityGroupEgress", &error)),
        };
        match refused {
            Err(error) if error.is_code("InvalidPermission.Duplicate") => {
                let ids = read::rule_ids(self.ec2, self.own).await?;
                let there = |entry: &Entry| ids.contains_key(&(direction, entry.rule.clone()));
                if rules.iter().all(there) { Ok(()) } else { Err(error) }
            }
            other => other,
        }
    }

    /// By properties, which identify a rule within its group as its id does: not every server that
    /// implements EC2's API knows the call with ids. A rule that names a group over a peering is
    /// described by id, because the account that EC2 expects depends on whether that group still
    /// exists. A description that is left out is removed (EC2 API reference).
    async fn describe(
        &self,
        direction: Direction,
        rules: &[Redescription],
    ) -> Result<(), CloudError> {
        let operation = match direction {
            Direction::Ingress => "ec2:UpdateSecurityGroupRuleDescriptionsIngress",
            Direction::Egress => "ec2:UpdateSecurityGroupRuleDescriptionsEgress",
        };
        let ids = read::rule_ids(self.ec2, self.own).await?;
        let (mut by_id, mut by_properties, mut peered) = (Vec::new(), Vec::new(), false);
        for Redescription { rule, new, .. } in rules {
            let live = find(operation, &ids, direction, rule)?;
            peered |= live.peered;
            let described = SecurityGroupRuleDescription::builder();
            by_id.push(described.security_group_rule_id(&live.id).description(new).build());
            let entry = Entry { rule: rule.clone(), description: Some(new.clone()) };
            by_properties.push(self.own.described(&entry));
        }
        let by_id = peered.then_some(by_id);
        let by_properties = (!peered).then_some(by_properties);
        match direction {
            Direction::Ingress => self
                .ec2
                .update_security_group_rule_descriptions_ingress()
                .group_id(self.own.id)
                .set_ip_permissions(by_properties)
                .set_security_group_rule_descriptions(by_id)
                .send()
                .await
                .map(drop)
                .map_err(|error| classify(operation, &error)),
            Direction::Egress => self
                .ec2
                .update_security_group_rule_descriptions_egress()
                .group_id(self.own.id)
                .set_ip_permissions(by_properties)
                .set_security_group_rule_descriptions(by_id)
                .send()
                .await
                .map(drop)
                .map_err(|error| classify(operation, &error)),
        }
    }
}

/// A rule that must still exist. If it does not, the plan is stale: the next pass reads again.
fn find<'a>(
    operation: &'static str,
    ids: &'a RuleIds,
    direction: Direction,
    rule: &Rule,
) -> Result<&'a LiveRule, CloudError> {
    ids.get(&(direction, rule.clone())).ok_or_else(|| {
        let line = rule.line(direction);
        CloudError::new(operation, Class::Busy, format!("{line} no longer exists"))
    })
}

fn is_rule_gone(error: &CloudError) -> bool {
    ["InvalidSecurityGroupRuleId.NotFound", "InvalidPermission.NotFound"]
        .iter()
        .any(|code| error.is_code(code))
}
