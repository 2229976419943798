"""What somebody else does with a console, and the calls that it must cost palisade, no more."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from world import REGION, World


@dataclass
class Edit:
    name: str
    act: Callable[[World], None]
    calls: dict[str, int]
    # Of palisade, until the last call; None where AWS takes its time in between.
    passes: int | None = 1
    # Whether it can be made together with the others, which must not undo it.
    together: bool = field(default=True)
    # Reads that may be told "not found": who saw a resource asks for it by its id before it is believed gone.
    gone: frozenset[str] = frozenset()


def _group(world, name="apps"):
    return world.group(name)["GroupId"]


def _tcp(port, cidr, description=None):
    block = {"CidrIp": cidr} | ({"Description": description} if description else {})
    return [{"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "IpRanges": [block]}]


def _rule(world, cidr):
    listed = world.ec2.describe_security_group_rules(
        Filters=[{"Name": "group-id", "Values": [_group(world)]}]
    )["SecurityGroupRules"]
    return next(rule["SecurityGroupRuleId"] for rule in listed if rule.get("CidrIpv4") == cidr)


def _widen(world):
    world.ec2.modify_security_group_rules(
        GroupId=_group(world),
        SecurityGroupRules=[
            {
                "SecurityGroupRuleId": _rule(world, "10.1.0.0/16"),
                "SecurityGroupRule": {
                    "IpProtocol": "tcp",
                    "FromPort": 22,
                    "ToPort": 443,
                    "CidrIpv4": "10.1.0.0/16",
                    "Description": "from the bastion",
                },
            }
        ],
    )


def _redescribe(world):
    world.ec2.update_security_group_rule_descriptions_ingress(
        GroupId=_group(world), IpPermissions=_tcp(443, "10.1.0.0/16", "by hand")
    )


def _open_egress(world):
    world.ec2.authorize_security_group_egress(
        GroupId=_group(world, "endpoints"),
        IpPermissions=[{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}],
    )


def _retag(world):
    world.ec2.create_tags(
        Resources=[_group(world), world.endpoint("sagemaker.api")["VpcEndpointId"]],
        Tags=[{"Key": "team", "Value": "somebody"}],
    )


def _allow_all():
    statement = {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def _modify(world, service, **change):
    endpoint = world.endpoint(service)["VpcEndpointId"]
    world.ec2.modify_vpc_endpoint(VpcEndpointId=endpoint, **change)


def _misdirect(world):
    """Policy, subnets and groups of one endpoint at once: one call puts it right."""
    _modify(
        world,
        "sagemaker.api",
        PolicyDocument=_allow_all(),
        RemoveSubnetIds=[world.subnets[1]],
        AddSecurityGroupIds=[world.others["group"]],
    )
    _available(world, "sagemaker.api")


def _unroute(world):
    _modify(world, "s3", RemoveRouteTableIds=[world.table])
    _available(world, "s3")


def _lead_out(world):
    """A way to the internet for everything."""
    world.ec2.create_route(
        RouteTableId=world.route_table(),
        DestinationCidrBlock="0.0.0.0/0",
        GatewayId=world.gateway,
    )


def _lead_nowhere(world):
    world.ec2.delete_route(
        RouteTableId=world.route_table(), DestinationCidrBlock="10.30.0.0/16"
    )


def _entry(call, rule, **more):
    def act(world):
        getattr(world.ec2, call)(
            NetworkAclId=world.acl()["NetworkAclId"], RuleNumber=rule, Egress=False, **more
        )

    return act


_EVERYTHING = {"Protocol": "-1", "RuleAction": "allow", "CidrBlock": "0.0.0.0/0"}
def _stop_notebook(world):
    world.sagemaker.stop_notebook_instance(NotebookInstanceName="research")
    world.until_notebook("Stopped")


def _open_notebook(world):
    """Users become root, which SageMaker lets happen only while it is stopped."""
    _stop_notebook(world)
    world.sagemaker.update_notebook_instance(
        NotebookInstanceName="research", RootAccess="Enabled"
    )
    world.until_notebook("Stopped")


def _change_script(world):
    world.sagemaker.update_notebook_instance_lifecycle_config(
        NotebookInstanceLifecycleConfigName="setup", OnStart=[{"Content": "Y3VybCBldmls"}]
    )


def _available(world, service):
    """The simulator takes its time, moto does not."""
    for _ in range(100):
        if world.endpoint(service)["State"].lower() == "available":
            return
        time.sleep(0.1)
    raise RuntimeError(f"the endpoint of {service} does not get ready")


def _delete_endpoint(world):
    world.ec2.delete_vpc_endpoints(VpcEndpointIds=[world.endpoint("s3")["VpcEndpointId"]])


def _key(call, **arguments):
    def act(world):
        getattr(world.kms, call)(KeyId=world.key()["KeyId"], **arguments)

    return act


def _key_policy(world):
    policy = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"AWS": f"arn:aws:iam::{world.account}:root"},
                "Action": "kms:*",
                "Resource": "*",
            },
        ],
    }
    world.kms.put_key_policy(
        KeyId=world.key()["KeyId"], PolicyName="default", Policy=json.dumps(policy)
    )


def _lend_key(world):
    """A grant to another account, and one to this account, which must stay."""
    for account in ("444455556666", world.account):
        world.kms.create_grant(
            KeyId=world.key()["KeyId"],
            GranteePrincipal=f"arn:aws:iam::{account}:role/reader",
            Operations=["Decrypt"],
        )


def _unalias(world):
    world.kms.delete_alias(AliasName="alias/ml/studio")


def _schedule(world):
    world.kms.schedule_key_deletion(KeyId=world.key()["KeyId"], PendingWindowInDays=30)


def _weaken(world):
    statement = {"Sid": "Nothing", "Effect": "Deny", "Action": "s3:DeleteBucket", "Resource": "*"}
    document = {"Version": "2012-10-17", "Statement": [statement]}
    world.organizations.update_policy(PolicyId=world.scp(), Content=json.dumps(document))


def _describe_policy(world):
    world.organizations.update_policy(PolicyId=world.scp(), Description="by hand")


def _detach(world):
    world.organizations.detach_policy(PolicyId=world.scp(), TargetId=world.ml)


def _attach(world):
    world.organizations.attach_policy(PolicyId=world.scp(), TargetId=world.elsewhere)


def _retag_policy(world):
    tags = [{"Key": "team", "Value": "somebody"}]
    world.organizations.tag_resource(ResourceId=world.scp(), Tags=tags)


def _sister(policy_type, name):
    """Replaces the content of one of the other policies."""

    def with_content(content):
        def act(world):
            policy = world.policy(policy_type, name)
            world.organizations.update_policy(PolicyId=policy, Content=json.dumps(content))

        return act

    return with_content


_open_tables = _sister("RESOURCE_CONTROL_POLICY", "protect-tables")(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "Nothing",
                "Effect": "Deny",
                "Principal": "*",
                "Action": "s3:DeleteBucket",
                "Resource": "*",
            }
        ],
    }
)
_rename_teams = _sister("TAG_POLICY", "teams")(
    {"tags": {"team": {"tag_key": {"@@assign": "team"}, "tag_value": {"@@assign": ["anybody"]}}}}
)
_opt_in = _sister("AISERVICES_OPT_OUT_POLICY", "content-stays")(
    {"services": {"default": {"opt_out_policy": {"@@assign": "optIn"}}}}
)
_no_backups = _sister("BACKUP_POLICY", "daily")(
    {"plans": {"daily": {"regions": {"@@append": ["us-west-2"]}}}}
)


def _detach_rcp(world):
    policy = world.policy("RESOURCE_CONTROL_POLICY", "protect-tables")
    world.organizations.detach_policy(PolicyId=policy, TargetId=world.ml)


def _attach_tag_policy(world):
    policy = world.policy("TAG_POLICY", "teams")
    world.organizations.attach_policy(PolicyId=policy, TargetId=world.elsewhere)


def _retag_domain(world):
    tags = [{"Key": "team", "Value": "somebody"}]
    world.sagemaker.add_tags(ResourceArn=world.domain()["DomainArn"], Tags=tags)


def _delete_domain(world):
    world.sagemaker.delete_domain(
        DomainId=world.domain()["DomainId"], RetentionPolicy={"HomeEfsFileSystem": "Retain"}
    )


def _open_s3(world):
    world.s3control.put_public_access_block(
        AccountId=world.account,
        PublicAccessBlockConfiguration={"BlockPublicAcls": True, "IgnorePublicAcls": True},
    )


def _weaken_passwords(world):
    world.iam.update_account_password_policy(
        MinimumPasswordLength=6, AllowUsersToChangePassword=True
    )


def _redirect_contact(world):
    world.contacts.put_alternate_contact(
        AlternateContactType="SECURITY",
        Name="Somebody",
        Title="Else",
        EmailAddress="somebody@example.org",
        PhoneNumber="1",
    )


def _redirect_log(world):
    world.bedrock.put_model_invocation_logging_configuration(
        loggingConfig={"s3Config": {"bucketName": "elsewhere"}, "textDataDeliveryEnabled": False}
    )


EDITS = [
    Edit(
        "volumes are not encrypted by default any more",
        lambda w: w.ec2.disable_ebs_encryption_by_default(),
        {"ec2:EnableEbsEncryptionByDefault": 1},
    ),
    Edit("public access to S3 is opened", _open_s3, {"s3:PutPublicAccessBlock": 1}),
    Edit(
        "the password policy is weakened",
        _weaken_passwords,
        {"iam:UpdateAccountPasswordPolicy": 1},
    ),
    Edit(
        "the password policy is deleted",
        lambda w: w.iam.delete_account_password_policy(),
        {"iam:UpdateAccountPasswordPolicy": 1},
        together=False,
    ),
    Edit(
        "the security contact is replaced", _redirect_contact, {"account:PutAlternateContact": 1}
    ),
    Edit(
        "the security contact is removed",
        lambda w: w.contacts.delete_alternate_contact(AlternateContactType="SECURITY"),
        {"account:PutAlternateContact": 1},
        together=False,
    ),
    Edit(
        "Bedrock's log goes elsewhere",
        _redirect_log,
        {"bedrock:PutModelInvocationLoggingConfiguration": 1},
    ),
    Edit(
        "Bedrock's log is deleted",
        lambda w: w.bedrock.delete_model_invocation_logging_configuration(),
        {"bedrock:PutModelInvocationLoggingConfiguration": 1},
        together=False,
    ),
    Edit(
        "a rule is revoked",
        lambda w: w.ec2.revoke_security_group_ingress(
            GroupId=_group(w), IpPermissions=_tcp(443, "10.1.0.0/16")
        ),
        {"ec2:AuthorizeSecurityGroupIngress": 1},
        together=False,
    ),
    Edit(
        "a rule is added",
        lambda w: w.ec2.authorize_security_group_ingress(
            GroupId=_group(w), IpPermissions=_tcp(22, "0.0.0.0/0")
        ),
        {"ec2:RevokeSecurityGroupIngress": 1},
    ),
    Edit("a rule is widened", _widen, {"ec2:ModifySecurityGroupRules": 1}, together=False),
    Edit(
        "a rule is described anew",
        _redescribe,
        {"ec2:UpdateSecurityGroupRuleDescriptionsIngress": 1},
    ),
    Edit("egress is opened", _open_egress, {"ec2:RevokeSecurityGroupEgress": 1}),
    Edit("a group and an endpoint get another tag", _retag, {"ec2:CreateTags": 2}),
    Edit(
        "an endpoint's policy, subnets and groups are changed",
        _misdirect,
        {"ec2:ModifyVpcEndpoint": 1},
    ),
    Edit("a gateway's route is removed", _unroute, {"ec2:ModifyVpcEndpoint": 1}),
    Edit("a route to the internet is added", _lead_out, {"ec2:DeleteRoute": 1}),
    Edit("a route is removed", _lead_nowhere, {"ec2:CreateRoute": 1}),
    Edit(
        "an ACL lets everything in",
        _entry("create_network_acl_entry", 50, **_EVERYTHING),
        {"ec2:DeleteNetworkAclEntry": 1},
    ),
    Edit(
        "an entry of an ACL is replaced",
        _entry("replace_network_acl_entry", 200, **_EVERYTHING),
        {"ec2:ReplaceNetworkAclEntry": 1},
    ),
    Edit(
        "an entry of an ACL is removed",
        _entry("delete_network_acl_entry", 100),
        {"ec2:CreateNetworkAclEntry": 1},
    ),
    Edit(
        "a subnet goes back to the default ACL",
        World.filter_by_default,
        {"ec2:ReplaceNetworkAclAssociation": 1},
    ),
    Edit(
        "a key is described anew",
        _key("update_key_description", Description="by hand"),
        {"kms:UpdateKeyDescription": 1},
    ),
    Edit("a key's rotation is stopped", _key("disable_key_rotation"), {"kms:EnableKeyRotation": 1}),
    Edit("a key's policy is replaced", _key_policy, {"kms:PutKeyPolicy": 1}),
    Edit(
        "a key gets another tag",
        _key("tag_resource", Tags=[{"TagKey": "data-class", "TagValue": "public"}]),
        {"kms:TagResource": 1},
    ),
    Edit("another account gets a grant on a key", _lend_key, {"kms:RevokeGrant": 1}),
    Edit("a key is disabled", _key("disable_key"), {"kms:EnableKey": 1}, together=False),
    Edit("a key's alias is deleted", _unalias, {"kms:CreateAlias": 1}),
    Edit(
        "a key is scheduled for deletion",
        _schedule,
        {"kms:CancelKeyDeletion": 1, "kms:EnableKey": 1},
        passes=2,
        together=False,
    ),
    Edit("a policy is weakened", _weaken, {"organizations:UpdatePolicy": 1}),
    Edit("a policy is described anew", _describe_policy, {"organizations:UpdatePolicy": 1}),
    Edit("a policy is detached", _detach, {"organizations:AttachPolicy": 1}),
    Edit("a policy is attached elsewhere", _attach, {"organizations:DetachPolicy": 1}),
    Edit("a policy gets another tag", _retag_policy, {"organizations:TagResource": 1}),
    Edit("a resource control policy is weakened", _open_tables, {"organizations:UpdatePolicy": 1}),
    Edit("a resource control policy is detached", _detach_rcp, {"organizations:AttachPolicy": 1}),
    Edit("a tag policy is changed", _rename_teams, {"organizations:UpdatePolicy": 1}),
    Edit("a tag policy is attached elsewhere", _attach_tag_policy, {"organizations:DetachPolicy": 1}),
    Edit("AI services are opted in to", _opt_in, {"organizations:UpdatePolicy": 1}),
    Edit("a domain gets another tag", _retag_domain, {"sagemaker:AddTags": 1}),
    Edit(
        "a domain is deleted",
        _delete_domain,
        {"sagemaker:CreateDomain": 1},
        passes=None,
        together=False,
        gone=frozenset({"sagemaker:DescribeDomain"}),
    ),
    Edit(
        "a notebook instance is stopped",
        _stop_notebook,
        {"sagemaker:StartNotebookInstance": 1},
        together=False,
    ),
]


def turn_tag_policy(world):
    """The same, as the console may write it."""
    policy = world.policy("TAG_POLICY", "teams")
    content = """{ "tags": { "team": { "tag_value": { "@@assign": [ "research", "security" ] },
        "tag_key": { "@@assign": "team" } } } }"""
    world.organizations.update_policy(PolicyId=policy, Content=content)


def _change_domain(world):
    world.sagemaker.update_domain(
        DomainId=world.domain()["DomainId"],
        DefaultUserSettings={"SharingSettings": {"NotebookOutputOption": "Allowed"}},
    )
    _in_service(world, world.domain()["DomainId"])


# The simulator, like EC2, answers a client token that it knows with the endpoint of that token, also when it is
# gone: a new process, which cannot know of it, creates the endpoint only after five minutes. moto takes no notice
# of tokens.
MOTO_EDITS = [
    Edit(
        "an endpoint is deleted", _delete_endpoint, {"ec2:CreateVpcEndpoint": 1}, together=False
    ),
]

# moto has no UpdateDomain, no UpdateNotebookInstance, and no list of lifecycle configurations.
SIMULATOR_EDITS = [
    Edit("a backup policy is changed", _no_backups, {"organizations:UpdatePolicy": 1}),
    Edit(
        "a group becomes administrator of the account",
        lambda w: w.assign("create", "Administrator", w.others_team),
        {"sso:DeleteAccountAssignment": 1},
        passes=None,
    ),
    Edit(
        "users of a notebook instance become root",
        _open_notebook,
        {"sagemaker:UpdateNotebookInstance": 1, "sagemaker:StartNotebookInstance": 1},
        passes=None,
        together=False,
    ),
    Edit(
        "a notebook's script is changed",
        _change_script,
        {"sagemaker:UpdateNotebookInstanceLifecycleConfig": 1},
    ),
    Edit("a domain's settings are changed", _change_domain, {"sagemaker:UpdateDomain": 1}),
]


def strangers(world):
    """One of every kind that belongs to somebody else, most of them hard to tell from ours by name."""
    group = world.ec2.create_security_group(
        GroupName="apps-of-others", Description="not ours", VpcId=world.vpc
    )["GroupId"]
    endpoint = world.ec2.create_vpc_endpoint(
        VpcId=world.vpc,
        ServiceName=f"com.amazonaws.{REGION}.dynamodb",
        VpcEndpointType="Gateway",
        RouteTableIds=[world.table],
    )["VpcEndpoint"]["VpcEndpointId"]
    key = world.kms.create_key(Description="not ours")["KeyMetadata"]["KeyId"]
    world.kms.create_alias(AliasName="alias/ml/others", TargetKeyId=key)
    content = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Deny", "Action": "ec2:RunInstances", "Resource": "*"}],
    }
    policy = world.organizations.create_policy(
        Name="of-others",
        Description="not ours",
        Type="SERVICE_CONTROL_POLICY",
        Content=json.dumps(content),
    )["Policy"]["PolicySummary"]["Id"]
    world.organizations.attach_policy(PolicyId=policy, TargetId=world.elsewhere)
    domain = world.sagemaker.create_domain(
        DomainName="of-others",
        AuthMode="IAM",
        DefaultUserSettings={"ExecutionRole": f"arn:aws:iam::{world.account}:role/others"},
        SubnetIds=world.subnets,
        VpcId=world.vpc,
        # moto fails (500) when the tags of a domain without any are listed.
        Tags=[{"Key": "team", "Value": "others"}],
    )["DomainArn"].rpartition("/")[2]
    world.others = {
        "group": group,
        "endpoint": endpoint,
        "key": key,
        "policy": policy,
        "domain": domain,
    }
    _in_service(world, domain)


def _in_service(world, domain):
    """The simulator takes a second for a domain, moto none."""
    for _ in range(100):
        if world.sagemaker.describe_domain(DomainId=domain)["Status"] == "InService":
            return
        time.sleep(0.1)
    raise RuntimeError(f"the domain {domain} does not get ready")
