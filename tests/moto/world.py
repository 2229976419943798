"""The targets, and what is in them before palisade comes: made with ordinary API calls."""

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time

import boto3
import botocore.config

# Where the process itself runs. Both accounts that matter are reached by roles: that is how moto and the
# simulator alike tell whose call it is.
HOME = "123456789012"
# The simulator's organisation has this account; moto invents the number of the one it creates.
SIMULATED_MEMBER = "111122223333"
MANAGEMENT = "999988887777"
REGION = "eu-west-1"
POLICY_TYPES = [
    "SERVICE_CONTROL_POLICY",
    "RESOURCE_CONTROL_POLICY",
    "TAG_POLICY",
    "AISERVICES_OPT_OUT_POLICY",
]
# What moto does not make.
MORE_POLICY_TYPES = ["BACKUP_POLICY"]
ROLE = "arn:aws:iam::{}:role/palisade"
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": HOME,
    "AWS_SECRET_ACCESS_KEY": "not-verified",
    "AWS_REGION": REGION,
    "AWS_EC2_METADATA_DISABLED": "true",
}


def _end_with_parent():
    """The server must not outlive the test, whatever kills it (Linux; elsewhere `stop` is all there is)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)


class Target:
    """A running moto or simulator."""

    def __init__(self, kind, palisade):
        self.kind = kind
        port = _free_port()
        self.url = f"http://127.0.0.1:{port}"
        if kind == "moto":
            server = os.path.join(os.path.dirname(sys.executable), "moto_server")
            command = [server, "--host", "127.0.0.1", "--port", str(port)]
        else:
            command = [palisade, "simulate", "--listen", f"127.0.0.1:{port}"]
        self._process = subprocess.Popen(
            command,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            preexec_fn=_end_with_parent,
        )
        self._wait(port)

    def _wait(self, port):
        for _ in range(300):
            if self._process.poll() is not None:
                raise RuntimeError(f"{self.kind} ended with {self._process.returncode}")
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                return
            except OSError:
                time.sleep(0.1)
        raise RuntimeError(f"{self.kind} does not answer")

    def stop(self):
        self._process.terminate()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def client(self, service, account, region=REGION):
        """A boto3 client in an account, which is reached by its role, as palisade does."""
        sts = self._client("sts", REGION, HOME, "not-verified", None)
        role = sts.assume_role(RoleArn=ROLE.format(account), RoleSessionName="somebody")
        given = role["Credentials"]
        keys = (given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])
        return self._client(service, region, *keys)

    def _client(self, service, region, key, secret, token):
        return boto3.client(
            service,
            endpoint_url=self.url,
            region_name=region,
            aws_access_key_id=key,
            aws_secret_access_key=secret,
            aws_session_token=token,
            config=botocore.config.Config(retries={"total_max_attempts": 5}),
        )


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class World:
    """Network and organisation as a platform team finds them."""

    def __init__(self, target):
        self.organizations = target.client("organizations", MANAGEMENT, "us-east-1")
        more = [] if target.kind == "moto" else MORE_POLICY_TYPES
        self.policy_types = POLICY_TYPES + more
        self._organization()
        if target.kind == "moto":
            answer = self.organizations.create_account(AccountName="ml", Email="ml@example.com")
            self.account = answer["CreateAccountStatus"]["AccountId"]
        else:
            self.account = SIMULATED_MEMBER
        self.ec2 = target.client("ec2", self.account)
        self.kms = target.client("kms", self.account)
        self.sagemaker = target.client("sagemaker", self.account)
        self.iam = target.client("iam", self.account, "us-east-1")
        self.s3control = target.client("s3control", self.account)
        self.s3control.meta.events.register("before-send.s3-control", self._without_account)
        self.contacts = target.client("account", self.account, "us-east-1")
        self.bedrock = target.client("bedrock", self.account)
        self.center = target.client("sso-admin", MANAGEMENT, "us-east-1")
        self.identities = target.client("identitystore", MANAGEMENT, "us-east-1")
        self._network()
        self._people(target.kind)

    def _without_account(self, request, **_):
        """boto3 puts the account in front of the host, which is an address here."""
        request.url = request.url.replace(f"//{self.account}.", "//", 1)

    def _network(self):
        ec2 = self.ec2
        self.vpc = ec2.create_vpc(
            CidrBlock="10.20.0.0/16", TagSpecifications=_tagged("vpc", Name="ml")
        )["Vpc"]["VpcId"]
        ec2.modify_vpc_attribute(VpcId=self.vpc, EnableDnsSupport={"Value": True})
        ec2.modify_vpc_attribute(VpcId=self.vpc, EnableDnsHostnames={"Value": True})
        self.table = ec2.create_route_table(
            VpcId=self.vpc, TagSpecifications=_tagged("route-table", tier="private")
        )["RouteTable"]["RouteTableId"]
        self.gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        ec2.attach_internet_gateway(InternetGatewayId=self.gateway, VpcId=self.vpc)
        self.subnets = []
        for zone, block in (("a", "10.20.0.0/20"), ("b", "10.20.16.0/20")):
            subnet = ec2.create_subnet(
                VpcId=self.vpc,
                CidrBlock=block,
                AvailabilityZone=f"{REGION}{zone}",
                TagSpecifications=_tagged("subnet", tier="private"),
            )["Subnet"]["SubnetId"]
            ec2.associate_route_table(RouteTableId=self.table, SubnetId=subnet)
            self.subnets.append(subnet)
        # One that no endpoint is in.
        self.filtered = ec2.create_subnet(VpcId=self.vpc, CidrBlock="10.20.32.0/20")["Subnet"]["SubnetId"]

    def _organization(self):
        organizations = self.organizations
        try:
            organizations.describe_organization()  # the simulator begins with one
        except organizations.exceptions.AWSOrganizationsNotInUseException:
            organizations.create_organization(FeatureSet="ALL")
        self.root = organizations.list_roots()["Roots"][0]["Id"]
        for policy_type in self.policy_types:
            try:
                organizations.enable_policy_type(RootId=self.root, PolicyType=policy_type)
            except organizations.exceptions.PolicyTypeAlreadyEnabledException:
                pass
        self.workloads = self._unit(self.root, "Workloads")
        self.ml = self._unit(self.workloads, "ML")
        self.elsewhere = self._unit(self.root, "Elsewhere")

    def _people(self, kind):
        """A group that has a permission set in the account already, and somebody who has nothing."""
        center, instance = self.center, self.center.list_instances()["Instances"][0]
        self.instance, store = instance["InstanceArn"], instance["IdentityStoreId"]
        self.sets = {}
        for name in ("Scientist", "Administrator"):
            # Without a duration moto shows a number, which is no answer of AWS.
            made = center.create_permission_set(
                InstanceArn=self.instance, Name=name, SessionDuration="PT1H"
            )
            self.sets[name] = made["PermissionSet"]["PermissionSetArn"]
        self.team = self.identities.create_group(IdentityStoreId=store, DisplayName="ml team")["GroupId"]
        self.others_team = self.identities.create_group(IdentityStoreId=store, DisplayName="others")["GroupId"]
        self.assign("create", "Scientist", self.team)
        if kind == "moto":
            # It lists what is provisioned, and does not provision what is assigned.
            center.provision_permission_set(
                InstanceArn=self.instance,
                PermissionSetArn=self.sets["Scientist"],
                TargetType="AWS_ACCOUNT",
                TargetId=self.account,
            )

    def assign(self, verb, name, group):
        """Gives or takes a permission set in the account, and waits until that is done."""
        before = self.assignments(name)
        getattr(self.center, f"{verb}_account_assignment")(
            InstanceArn=self.instance,
            TargetId=self.account,
            TargetType="AWS_ACCOUNT",
            PermissionSetArn=self.sets[name],
            PrincipalType="GROUP",
            PrincipalId=group,
        )
        for _ in range(100):
            if self.assignments(name) != before:
                return
            time.sleep(0.1)
        raise RuntimeError(f"the assignment of {name} does not change")

    def assignments(self, name):
        """The groups that have a permission set in the account."""
        listed = self.center.list_account_assignments(
            InstanceArn=self.instance, AccountId=self.account, PermissionSetArn=self.sets[name]
        )["AccountAssignments"]
        return {it["PrincipalId"] for it in listed}

    def _unit(self, parent, name):
        answer = self.organizations.create_organizational_unit(ParentId=parent, Name=name)
        return answer["OrganizationalUnit"]["Id"]

    # What palisade has made, as somebody with a console sees it.

    def group(self, name):
        found = self.ec2.describe_security_groups(
            Filters=[
                {"Name": "group-name", "Values": [name]},
                {"Name": "vpc-id", "Values": [self.vpc]},
            ]
        )["SecurityGroups"]
        return found[0] if found else None

    def endpoints(self):
        return self.ec2.describe_vpc_endpoints()["VpcEndpoints"]

    def endpoint(self, service):
        name = f"com.amazonaws.{REGION}.{service}"
        gone = ("deleted", "deleting")
        live = [e for e in self.endpoints() if e["State"].lower() not in gone]
        return next(e for e in live if e["ServiceName"] == name and not self.is_stranger(e))

    def is_stranger(self, endpoint):
        return endpoint["VpcEndpointId"] == self.others["endpoint"]

    def routes(self):
        """The routes of our table by destination, without those of AWS; None if it is gone."""
        filters = [{"Name": "tag:palisade:address", "Values": ["ml/RouteTable/studio"]}]
        found = self.ec2.describe_route_tables(Filters=filters)["RouteTables"]
        if not found:
            return None
        routes = [route for route in found[0]["Routes"] if route.get("GatewayId") != "local"]
        return {route["DestinationCidrBlock"]: route["GatewayId"] for route in routes}

    def route_table(self):
        filters = [{"Name": "tag:palisade:address", "Values": ["ml/RouteTable/studio"]}]
        return self.ec2.describe_route_tables(Filters=filters)["RouteTables"][0]["RouteTableId"]

    def settings(self):
        blocks = self.s3control.get_public_access_block(AccountId=self.account)
        blocks = blocks["PublicAccessBlockConfiguration"]
        passwords = self.iam.get_account_password_policy()["PasswordPolicy"]
        contact = self.contacts.get_alternate_contact(AlternateContactType="SECURITY")
        log = self.bedrock.get_model_invocation_logging_configuration()["loggingConfig"]
        return {
            "encryption": self.ec2.get_ebs_encryption_by_default()["EbsEncryptionByDefault"],
            "blocks": {name for name, on in blocks.items() if on},
            "length": passwords["MinimumPasswordLength"],
            "symbols": passwords["RequireSymbols"],
            "change": passwords["AllowUsersToChangePassword"],
            "age": passwords["MaxPasswordAge"],
            "mail": contact["AlternateContact"]["EmailAddress"],
            "bucket": log["s3Config"]["bucketName"],
            "text": log["textDataDeliveryEnabled"],
        }

    def acl(self):
        """Our network ACL; None if it is gone."""
        filters = [{"Name": "tag:palisade:address", "Values": ["ml/NetworkAcl/studio"]}]
        found = self.ec2.describe_network_acls(Filters=filters)["NetworkAcls"]
        return found[0] if found else None

    def acl_entries(self):
        """The entries of our ACL by direction and number, without those that nobody can change."""
        return {
            ("egress" if entry["Egress"] else "ingress", entry["RuleNumber"]): (
                entry["RuleAction"], entry["Protocol"], entry.get("CidrBlock"),
            )
            for entry in self.acl()["Entries"]
            if entry["RuleNumber"] < 32767
        }

    def filter_by_default(self):
        """Gives the subnet of our ACL back to the default one."""
        default = self.ec2.describe_network_acls(
            Filters=[{"Name": "default", "Values": ["true"]}, {"Name": "vpc-id", "Values": [self.vpc]}]
        )["NetworkAcls"][0]["NetworkAclId"]
        own = next(a for a in self.acl()["Associations"] if a["SubnetId"] == self.filtered)
        self.ec2.replace_network_acl_association(
            AssociationId=own["NetworkAclAssociationId"], NetworkAclId=default
        )

    def key(self, name=True):
        """Our key, by its alias, or as the only one that is not the stranger."""
        if name:
            return self.kms.describe_key(KeyId="alias/ml/studio")["KeyMetadata"]
        ids = {key["KeyId"] for key in self.kms.list_keys()["Keys"]} - {self.others["key"]}
        metadata = [self.kms.describe_key(KeyId=key)["KeyMetadata"] for key in ids]
        return next(key for key in metadata if key["KeyManager"] == "CUSTOMER")

    def policy(self, policy_type, name):
        listed = self.organizations.list_policies(Filter=policy_type)["Policies"]
        return next((p["Id"] for p in listed if p["Name"] == name), None)

    def scp(self):
        return self.policy("SERVICE_CONTROL_POLICY", "protect-trails")

    def scp_targets(self):
        listed = self.organizations.list_targets_for_policy(PolicyId=self.scp())["Targets"]
        return {target["TargetId"] for target in listed}

    def domain(self):
        listed = self.sagemaker.list_domains()["Domains"]
        found = [d["DomainId"] for d in listed if d["DomainName"] == "ml-studio"]
        return self.sagemaker.describe_domain(DomainId=found[0]) if found else None

    def notebook(self):
        listed = self.sagemaker.list_notebook_instances()["NotebookInstances"]
        if "research" not in [it["NotebookInstanceName"] for it in listed]:
            return None
        return self.sagemaker.describe_notebook_instance(NotebookInstanceName="research")

    def until_notebook(self, status):
        """The simulator takes its time, moto does not."""
        for _ in range(100):
            if self.notebook()["NotebookInstanceStatus"] == status:
                return
            time.sleep(0.1)
        raise RuntimeError(f"the notebook instance does not become {status}")

    def strangers(self):
        """All that can be seen of what others own."""
        others = self.others
        groups = self.ec2.describe_security_groups(GroupIds=[others["group"]])["SecurityGroups"]
        endpoint = self.ec2.describe_vpc_endpoints(VpcEndpointIds=[others["endpoint"]])
        policy = self.organizations.describe_policy(PolicyId=others["policy"])["Policy"]
        targets = self.organizations.list_targets_for_policy(PolicyId=others["policy"])["Targets"]
        domain = self.sagemaker.describe_domain(DomainId=others["domain"])
        domain.pop("ResponseMetadata")
        return {
            "group": groups,
            "endpoint": endpoint["VpcEndpoints"],
            "key": self.kms.describe_key(KeyId=others["key"])["KeyMetadata"],
            "key policy": self.kms.get_key_policy(KeyId=others["key"], PolicyName="default")["Policy"],
            "policy": policy,
            "targets": targets,
            "domain": domain,
        }


def _tagged(kind, **tags):
    return [{"ResourceType": kind, "Tags": [{"Key": k, "Value": v} for k, v in tags.items()]}]
