"""What palisade promises about its calls, tried on a real process against an AWS that it did not write.

    contract.py --target moto|simulator --palisade target/debug/palisade

One line a check; the last line counts. Exit code 1 if any check failed.
"""

import argparse
import collections
import json
import math
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import traceback

import leases
import memory
import vault
from edits import EDITS, MOTO_EDITS, SIMULATOR_EDITS, strangers, turn_tag_policy
from recorder import Recorder
from world import CREDENTIALS, MANAGEMENT, REGION, ROLE, Target, World

HERE = pathlib.Path(__file__).parent
SETTINGS = """\
owner: contract
defaultScope: ml
scopes:
  ml: {{account: "{ml}", region: {region}, assumeRole: {{roleArn: "{ml_role}"}}, vars: {{gateway: "{gateway}", filtered: "{filtered}"}}}}
  org: {{account: "{org}", region: us-east-1, assumeRole: {{roleArn: "{org_role}"}}}}
settleWindow: 1s
identity: {{path: /ml/, boundary: "arn:aws:iam::${{scope.account}}:policy/ml"}}
# The contract is about calls, not about consent.
gate: {{holdRisks: [], changesPercent: 100, deletesPercent: 100}}
"""
# The number of the account is known only once moto has invented it.
PEOPLE = """\
apiVersion: palisade.dev/v1alpha1
kind: PermissionSetAssignment
metadata: {{name: ml, scope: org}}
lifecycle: {{adopt: "{account}"}}
spec:
  accountId: "{account}"
  assignments:
    - {{permissionSet: Scientist, group: ml team}}
"""
SETTINGS_WANTED = {
    "encryption": True,
    "blocks": {"BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"},
    "length": 14,
    "symbols": True,
    "change": False,
    "age": 90,
    "mail": "security@example.com",
    "bucket": "contract-logs",
    "text": True,
}
SCOPES = 2
# Reads of settings that nobody has made are answered with "not found".
UNSET = {
    "account:GetAlternateContact",
    "iam:GetAccountPasswordPolicy",
    "s3:GetPublicAccessBlock",
}
# moto answers what it does not have with a server's fault, which is worth trying again.
ATTEMPTS = 3
# What moto does not have: these settings are not in the manifest, and do not keep the others from being set.
NOT_IN_MOTO = {
    "ec2:GetEbsDefaultKmsKeyId",
    "ec2:GetImageBlockPublicAccessState",
    "ec2:GetInstanceMetadataDefaults",
    "ec2:GetSerialConsoleAccessStatus",
    "ec2:GetSnapshotBlockPublicAccessState",
}
# Of one palisade process, in seconds.
TIMEOUT = 120


class Failed(AssertionError):
    pass


class Run:
    """One palisade process: exit code, output, and its calls."""

    def __init__(self, code, out, err, calls):
        self.code, self.out, self.err, self.calls = code, out, err, calls

    @property
    def writes(self):
        return collections.Counter(call.name for call in self.calls if call.writes)

    @property
    def reads(self):
        return collections.Counter(call.name for call in self.calls if not call.writes)

    @property
    def passes_until_last_write(self):
        """Every pass begins with one GetCallerIdentity a scope. One that changes a policy of the organization asks once
        more, with the credentials that the process starts with."""
        last = max((i for i, call in enumerate(self.calls) if call.writes), default=-1)
        identities = [c for c in self.calls[: last + 1] if c.operation == "GetCallerIdentity"]
        return max(collections.Counter(c.key for c in identities).values(), default=0)

    def explain(self):
        return f"exit {self.code}\n{self.out}\n{self.err}"[-3000:]


class Contract:
    def __init__(self, target, palisade, scratch):
        self.target = target
        self.palisade = palisade
        self.world = World(target)
        self.recorder = Recorder(target.url)
        self.passed = self.failed = 0
        self.tree = scratch / "desired-state"
        others = () if target.kind == "simulator" else ("simulator",)
        ignore = shutil.ignore_patterns("*.md", *others)
        shutil.copytree(HERE / "manifests", self.tree, ignore=ignore)
        (self.tree / "people.yaml").write_text(PEOPLE.format(account=self.world.account))
        self.settings = scratch / "palisade.yaml"
        self.settings.write_text(
            SETTINGS.format(
                ml=self.world.account,
                region=REGION,
                ml_role=ROLE.format(self.world.account),
                gateway=self.world.gateway,
                filtered=self.world.filtered,
                org=MANAGEMENT,
                org_role=ROLE.format(MANAGEMENT),
            )
        )

    def run(self, *verb, tree=None):
        return self.process(self.settings, *verb, str(tree or self.tree))

    def process(self, settings, *verb):
        """A process with these settings, with what it called."""
        environment = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "PALISADE_"))}
        environment |= CREDENTIALS | {"AWS_ENDPOINT_URL": self.recorder.url, "NO_COLOR": "1"}
        command = [self.palisade, "--settings", str(settings), "--quiet", *verb]
        self.recorder.take()
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=TIMEOUT, check=False
        )
        return Run(done.returncode, done.stdout, done.stderr, self.recorder.take())

    def apply(self, *flags, tree=None):
        return self.run("apply", "--yes", "--timeout", "60s", *flags, tree=tree)

    def check(self, name, body):
        """One line. A check that fails does not stop those after it."""
        try:
            body()
        except Exception as error:  # noqa: BLE001: a crash of a check is a failed check
            self.failed += 1
            print(f"FAIL {self.target.kind}: {name}: {error}", flush=True)
            if not isinstance(error, Failed):
                traceback.print_exc()
        else:
            self.passed += 1
            print(f"ok   {self.target.kind}: {name}", flush=True)

    # The scenarios, in order: each leaves everything as wanted.

    def everything(self):
        strangers(self.world)
        before = self.snapshot_of_strangers()
        self.check("a plan of everything writes nothing", self.plan_writes_nothing)
        self.check("apply makes everything", self.first_apply)
        self.check("what is made is as wanted, with claims", self.as_wanted)
        self.check("a second apply writes nothing", self.quiet)
        self.check("a quiet pass stays within its budget of reads", self.budget)
        edits = EDITS + (SIMULATOR_EDITS if self.target.kind == "simulator" else MOTO_EDITS)
        for edit in edits:
            self.check(f"foreign edit: {edit.name}", lambda edit=edit: self.corrected([edit]))
        together = [edit for edit in edits if edit.together]
        self.check(
            f"{len(together)} foreign edits at once are corrected by one pass",
            lambda: self.corrected(together, exact=False),
        )
        self.check("a foreign tag that no manifest mentions stays", self.unmanaged_tag)
        self.check("a management policy in another order is no drift", self.turned)
        self.check("without its claim a resource is a conflict, and untouched", self.unclaimed)
        self.check("observe mode reports drift and writes nothing", self.observed)
        self.check("a manifest that is gone deletes nothing", self.orphaned)
        self.check("an empty tree deletes nothing", self.emptied)
        self.check("one bad manifest stops everything", self.refused)
        self.check("deletion needs consent, and then happens", self.tombstones)

        def untouched():
            equal("strangers", self.snapshot_of_strangers(), before)

        self.check("what belongs to others was never touched", untouched)
        leases.check(self, memory.check(self, equal), equal)
        vault.check(self, equal)

    def plan_writes_nothing(self):
        run = self.run("plan", "--detailed-exitcode")
        equal("exit", run.code, 2, run)
        equal("writes", dict(run.writes), {}, run)

    def first_apply(self):
        run = self.apply()
        equal("exit", run.code, 0, run)
        created = {name: n for name, n in run.writes.items() if ":Create" in name}
        expected = {
            "ec2:CreateSecurityGroup": 2,
            "ec2:CreateRouteTable": 1,
            "ec2:CreateRoute": 1,
            "ec2:CreateNetworkAcl": 1,
            "ec2:CreateNetworkAclEntry": 3,
            "ec2:CreateVpcEndpoint": 2,
            "kms:CreateKey": 1,
            "kms:CreateAlias": 1,
            "organizations:CreatePolicy": len(self.world.policy_types),
            "sagemaker:CreateDomain": 1,
            "sagemaker:CreateNotebookInstance": 1,
        }
        if self.target.kind == "simulator":
            expected["sagemaker:CreateNotebookInstanceLifecycleConfig"] = 1
        equal("creates", created, expected, run)
        equal("failed calls", self.failed_calls(run), [], run)

    def failed_calls(self, run, expected=frozenset()):
        """What AWS refused, but for what is expected."""
        expected = expected | UNSET | (NOT_IN_MOTO if self.target.kind == "moto" else set())
        return [call.name for call in run.calls if call.status >= 400 and call.name not in expected]

    def as_wanted(self):
        world = self.world
        apps = world.group("apps")
        equal("ports", [p for p in apps["IpPermissions"] if p["IpProtocol"] == "tcp"].__len__(), 2)
        tags = {tag["Key"]: tag["Value"] for tag in apps["Tags"]}
        equal("owner", tags["palisade:owner"], "contract")
        equal("address", tags["palisade:address"], "ml/SecurityGroup/apps")
        equal("egress of endpoints", world.group("endpoints")["IpPermissionsEgress"], [])
        equal("subnets", set(world.endpoint("sagemaker.api")["SubnetIds"]), set(world.subnets))
        equal("tables", world.endpoint("s3")["RouteTableIds"], [world.table])
        equal("routes", world.routes(), {"10.30.0.0/16": world.gateway})
        entries = {
            ("ingress", 100): ("deny", "6", "0.0.0.0/0"),
            ("ingress", 200): ("allow", "6", "10.20.0.0/16"),
            ("egress", 100): ("allow", "-1", "10.20.0.0/16"),
        }
        equal("entries", world.acl_entries(), entries)
        filtered = [association["SubnetId"] for association in world.acl()["Associations"]]
        equal("filtered", filtered, [world.filtered])
        key = world.key()
        equal("state", key["KeyState"], "Enabled")
        equal("rotates", world.kms.get_key_rotation_status(KeyId=key["KeyId"])["KeyRotationEnabled"], True)
        equal("targets", world.scp_targets(), {world.root, world.ml})
        equal("settings", world.settings(), SETTINGS_WANTED)
        equal("scientists", world.assignments("Scientist"), {world.team})
        equal("administrators", world.assignments("Administrator"), set())
        notebook = world.notebook()
        equal("runs", notebook["NotebookInstanceStatus"], "InService")
        equal("root", notebook["RootAccess"], "Disabled")
        domain = world.domain()
        equal("network", domain["AppNetworkAccessType"], "VpcOnly")
        equal("groups", domain["DefaultUserSettings"]["SecurityGroups"], [apps["GroupId"]])

    def quiet(self):
        run = self.apply()
        equal("exit", run.code, 0, run)
        equal("writes", dict(run.writes), {}, run)
        return run

    def budget(self):
        """Upper bounds, operation by operation; an operation that is not named may not be called at all."""
        reads = self.quiet().reads
        world = self.world
        groups = len(world.ec2.describe_security_groups()["SecurityGroups"])
        endpoints = len(world.ec2.describe_vpc_endpoints()["VpcEndpoints"])
        aliases = len(world.kms.list_aliases(Limit=100)["Aliases"])
        listed = [world.organizations.list_policies(Filter=it)["Policies"] for it in world.policy_types]
        foreign_keys, foreign_policies, foreign_domains = 1, 1, 1
        limits = {
            "sts:AssumeRole": SCOPES,  # at the start of a process, then hourly
            "sts:GetCallerIdentity": SCOPES,
            "ec2:DescribeSecurityGroups": math.ceil(groups / 1000),
            "ec2:DescribeVpcEndpoints": math.ceil(endpoints / 1000),
            "ec2:DescribeVpcEndpointServices": 1,  # the zones of the services
            "ec2:DescribeVpcs": 1,
            "ec2:DescribeSubnets": 1,
            "ec2:DescribeRouteTables": 2,  # the kind's, and a lookup
            "ec2:DescribeNetworkAcls": 1,
            "ec2:DescribeManagedPrefixLists": 2,  # a lookup, and whose the lists of routes are
            "kms:ListAliases": max(1, math.ceil(aliases / 100)),
            "kms:ListResourceTags": 1 + foreign_keys,
            "kms:DescribeKey": 1,
            "kms:GetKeyPolicy": 1,
            "kms:GetKeyRotationStatus": 1,
            "kms:ListGrants": 1,  # for a hundred grants of a key that says `foreignGrants`
            "organizations:DescribeOrganization": 1,  # once in a process, for ${organization.id}
            "organizations:ListRoots": 1,
            "organizations:ListOrganizationalUnitsForParent": 2,  # /Workloads, /Workloads/ML
            "organizations:ListPolicies": sum(math.ceil(len(it) / 20) for it in listed),
            # Those of others once in a process.
            "organizations:ListTagsForResource": len(self.world.policy_types) + foreign_policies,
            "organizations:DescribePolicy": len(self.world.policy_types),
            "organizations:ListTargetsForPolicy": len(self.world.policy_types),
            "sagemaker:ListDomains": 1,
            "sagemaker:ListTags": 2 + foreign_domains,  # a domain and a notebook instance
            "sagemaker:ListNotebookInstances": 1,
            "sagemaker:DescribeNotebookInstance": 1,
            "sagemaker:DescribeDomain": 1,
            "ec2:GetEbsEncryptionByDefault": 1,
            "account:GetAlternateContact": 3,
            "sso:ListInstances": 3,  # the kind's, and those of two lookups
            "sso:ListPermissionSets": 1,
            "sso:DescribePermissionSet": 2,  # once in a process
            "sso:ListManagedPoliciesInPermissionSet": 1,
            "sso:ListPermissionSetsProvisionedToAccount": 1,
            "sso:ListAccountAssignments": 1,
            "identitystore:GetGroupId": 1,
            "bedrock:GetModelInvocationLoggingConfiguration": 1,
            **dict.fromkeys(UNSET - {"account:GetAlternateContact"}, 1),
            **dict.fromkeys(NOT_IN_MOTO, ATTEMPTS if self.target.kind == "moto" else 1),
        }
        if self.target.kind == "simulator":
            limits["sagemaker:ListTags"] += 1
            limits["sagemaker:ListNotebookInstanceLifecycleConfigs"] = 1
            limits["sagemaker:DescribeNotebookInstanceLifecycleConfig"] = 1
        over = {name: (n, limits.get(name, 0)) for name, n in reads.items() if n > limits.get(name, 0)}
        equal("reads over budget (made, allowed)", over, {})

    def corrected(self, edits, exact=True):
        for edit in edits:
            edit.act(self.world)
        expected = sum((collections.Counter(edit.calls) for edit in edits), collections.Counter())
        run = self.apply()
        equal("exit", run.code, 0, run)
        if exact:
            equal("writes", dict(run.writes), dict(expected), run)
        elif any(n > expected[name] for name, n in run.writes.items()) or not run.writes:
            raise Failed(f"writes {dict(run.writes)}, at most {dict(expected)}")
        passes = [edit.passes for edit in edits]
        if None not in passes:
            equal("passes", run.passes_until_last_write, max(passes), run)
        gone = frozenset().union(*(edit.gone for edit in edits))
        equal("failed calls", self.failed_calls(run, gone), [], run)
        self.quiet()
        self.as_wanted()

    def turned(self):
        turn_tag_policy(self.world)
        self.quiet()

    def unmanaged_tag(self):
        group = self.world.group("apps")["GroupId"]
        self.world.ec2.create_tags(Resources=[group], Tags=[{"Key": "cost-centre", "Value": "42"}])
        self.quiet()
        tags = {tag["Key"]: tag["Value"] for tag in self.world.group("apps")["Tags"]}
        equal("tag", tags.get("cost-centre"), "42")

    def unclaimed(self):
        ec2, group = self.world.ec2, self.world.group("apps")["GroupId"]
        claim = [{"Key": "palisade:owner", "Value": "contract"}]
        ec2.delete_tags(Resources=[group], Tags=claim)
        try:
            run = self.apply()
            # A rule that refers to the group refers to nothing of ours any more.
            writes = set(run.writes) - {"ec2:RevokeSecurityGroupIngress"}
            equal("writes", writes, set(), run)
            if "onflict" not in run.out:
                raise Failed(f"no conflict is shown\n{run.explain()}")
        finally:
            ec2.create_tags(Resources=[group], Tags=claim)
            self.apply()
        self.quiet()

    def observed(self):
        self.world.kms.update_key_description(KeyId=self.world.key()["KeyId"], Description="x")
        run = self.run("plan", "--detailed-exitcode")
        equal("exit", run.code, 2, run)
        equal("writes", dict(run.writes), {}, run)
        run = self.run("--mode", "observe", "apply", "--yes")
        equal("exit", run.code, 1, run)
        equal("writes", dict(run.writes), {}, run)
        equal("writes", dict(self.apply().writes), {"kms:UpdateKeyDescription": 1})

    def orphaned(self):
        manifest = self.tree / "policies.yaml"
        text = manifest.read_text()
        manifest.unlink()
        try:
            self.quiet()
        finally:
            manifest.write_text(text)
        self.quiet()

    def emptied(self):
        with tempfile.TemporaryDirectory() as nothing:
            run = self.apply(tree=nothing)
            equal("writes", dict(run.writes), {}, run)

    def refused(self):
        (self.tree / "bad.yaml").write_text("apiVersion: palisade.dev/v1alpha1\nkind: KmsKey\nspec: {}\n")
        try:
            self.world.kms.disable_key(KeyId=self.world.key()["KeyId"])
            run = self.apply()
            equal("exit", run.code, 1, run)
            equal("writes", dict(run.writes), {}, run)
        finally:
            (self.tree / "bad.yaml").unlink()
        equal("writes", dict(self.apply().writes), {"kms:EnableKey": 1})

    def tombstones(self):
        """Everything is asked to go, in the order in which it can: who is used goes after its users."""
        self.world.sagemaker.stop_notebook_instance(NotebookInstanceName="research")
        self.world.until_notebook("Stopped")
        for manifest in self.tree.rglob("*.yaml"):
            text = manifest.read_text()
            if "adopt:" in text:  # the settings of an account cannot go
                manifest.unlink()
                continue
            manifest.write_text(text.replace("\nspec:", "\nlifecycle: {state: absent}\nspec:"))
        # A subnet always has an ACL: somebody gives it back, and then ours can go.
        self.world.filter_by_default()
        # One deletion a kind goes through: a tombstone is a consent. More at once ask for another.
        careful = ("--gate-deletes-percent", "10")
        held = self.apply(*careful)
        plural = {"ec2:DeleteSecurityGroup", "ec2:DeleteVpcEndpoints"}
        equal("deletions without consent", deletions(held) & plural, set(), held)
        for _ in range(8):
            digests = self.held_digests(careful)
            consent = [flag for digest in digests for flag in ("--approve", digest)]
            run = self.apply(*careful, *consent)
            if not digests and not run.writes:
                break
        world = self.world
        equal("groups", [g for g in ("apps", "endpoints") if world.group(g)], [], run)
        equal("routes", world.routes(), None)
        equal("ACL", world.acl(), None)
        equal("key", world.key(name=False)["KeyState"], "PendingDeletion")
        equal("policies", world.scp(), None)
        equal("notebook", world.notebook(), None)
        if self.target.kind == "simulator":  # moto has no ListApps: who cannot look does not delete
            equal("domain", world.domain(), None)
        gone = ("deleted", "deleting")
        left = [e for e in world.endpoints() if e["State"].lower() not in gone and not world.is_stranger(e)]
        equal("endpoints", left, [])

    def held_digests(self, flags):
        """What a plan asks consent for."""
        plan = self.run("plan", "-o", "json", *flags)
        steps = json.loads(plan.out)["steps"]
        return {step["digest"] for step in steps if step["verdict"]["is"] == "held"}

    def snapshot_of_strangers(self):
        return self.world.strangers()


def deletions(run):
    return {name for name in run.writes if ":Delete" in name or ":Schedule" in name}


def equal(what, found, expected, run=None):
    if found != expected:
        raise Failed(f"{what}: {found}, not {expected}" + (f"\n{run.explain()}" if run else ""))


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--target", choices=["moto", "simulator"], required=True)
    arguments.add_argument("--palisade", type=os.path.abspath, required=True)
    given = arguments.parse_args()
    # A stop from outside unwinds like an error, so that the server goes too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    target = Target(given.target, given.palisade)
    try:
        with tempfile.TemporaryDirectory() as scratch:
            contract = Contract(target, given.palisade, pathlib.Path(scratch))
            contract.everything()
            contract.recorder.close()
    finally:
        target.stop()
    print(f"{contract.passed} passed, {contract.failed} failed")
    return 1 if contract.failed else 0


if __name__ == "__main__":
    sys.exit(main())
