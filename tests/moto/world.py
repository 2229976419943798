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

# The account of the platform is the one that moto gives to credentials it does not know. The simulator
# takes an access key id of twelve digits for the account.
ML = "123456789012"
MANAGEMENT = "999988887777"
REGION = "eu-west-1"
ROLE = "arn:aws:iam::{}:role/palisade"
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": ML,
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

    def client(self, service, account=ML, region=REGION):
        """A boto3 client in an account; the management account is reached by its role, as palisade does."""
        keys = (ML, "not-verified", None)
        if account != ML:
            sts = self._client("sts", REGION, *keys)
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
        self.ec2 = target.client("ec2")
        self.kms = target.client("kms")
        self.sagemaker = target.client("sagemaker")
        self.organizations = target.client("organizations", MANAGEMENT, "us-east-1")
        self._network()
        self._organization()

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

    def _organization(self):
        organizations = self.organizations
        try:
            organizations.create_organization(FeatureSet="ALL")
        except organizations.exceptions.AlreadyInOrganizationException:
            pass  # the simulator begins with one
        self.root = organizations.list_roots()["Roots"][0]["Id"]
        try:
            organizations.enable_policy_type(RootId=self.root, PolicyType="SERVICE_CONTROL_POLICY")
        except organizations.exceptions.PolicyTypeAlreadyEnabledException:
            pass
        self.workloads = self._unit(self.root, "Workloads")
        self.ml = self._unit(self.workloads, "ML")
        self.elsewhere = self._unit(self.root, "Elsewhere")

    def _unit(self, parent, name):
        answer = self.organizations.create_organizational_unit(ParentId=parent, Name=name)
        return answer["OrganizationalUnit"]["Id"]


def _tagged(kind, **tags):
    return [{"ResourceType": kind, "Tags": [{"Key": k, "Value": v} for k, v in tags.items()]}]
