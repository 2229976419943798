"""What `deploy/walk` plays through and records. Standard library and git only."""

import argparse
import contextlib
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile
import time

import observe
from observe import ACCOUNT, REGION, Checks, free_port, get, start, stop, until

SETTINGS = """\
owner: ml-platform
scopes:
  ml-prod: {account: "111122223333", region: eu-west-1}
interval: 2s
settleWindow: 1s
memory: {dir: memory}
"""
# A longer output is cut in the record.
LONGEST = 32
INTRODUCTION = """\
# A walkthrough

What a new user does and sees, against the simulator: nothing reaches AWS. `deploy/walk --record` plays it through and writes
this file; what is longer than {longest} lines is cut at `…`. The whole walk took {seconds:.0f} seconds of a machine, without
the reading.
"""


class Record:
    """The text of the walk, and what the programs print."""

    def __init__(self, place, environment, program, ports):
        self.place, self.environment, self.program, self.ports = place, environment, program, ports
        self.text = []

    def say(self, text):
        self.text.append(text.strip("\n") + "\n")

    def shown(self, text):
        for port, default in self.ports:
            text = text.replace(str(port), default)
        return text.replace(str(self.place) + "/", "").rstrip("\n")

    def block(self, sort, text):
        lines = self.shown(text).splitlines()
        if len(lines) > LONGEST:
            lines = [*lines[: LONGEST - 6], "…", *lines[-5:]]
        fence = "````" if "```" in text else "```"
        self.say("\n".join([fence + sort, *lines, fence]))

    def run(self, command, exits=0, cut=None):
        """Runs a command line, and records what it prints; `cut` takes lines of it."""
        words = shlex.split(command)
        words = [self.program if word == "palisade" else word for word in words]
        ended = subprocess.run(words, cwd=self.place, env=self.environment, capture_output=True, text=True, timeout=120)
        if ended.returncode != exits:
            raise SystemExit(f"{command} ended with {ended.returncode}:\n{ended.stdout}{ended.stderr}")
        out = ended.stdout
        self.block("console", f"$ {command}\n{cut(out) if cut else out}")
        return out


def by_hand(hands):
    """What people have clicked together: groups with rules of all sorts, endpoints, keys. Their number."""
    vpc = re.search(r"<vpcId>(vpc-[0-9a-f]+)</vpcId>", hands.ec2("DescribeVpcs"))[1]
    subnets = re.findall(r"<subnetId>(subnet-[0-9a-f]+)</subnetId>", hands.ec2("DescribeSubnets"))
    groups = {}
    for name in ("studio-apps", "jobs", "endpoints", "bastion", "notebooks", "feature-store"):
        tags = {"TagSpecification.1.ResourceType": "security-group", "TagSpecification.1.Tag.1.Key": "Name",
                "TagSpecification.1.Tag.1.Value": name}
        made = hands.ec2("CreateSecurityGroup", GroupName=name, GroupDescription=f"{name} by hand", VpcId=vpc, **tags)
        groups[name] = re.search(r"<groupId>(sg-[0-9a-f]+)</groupId>", made)[1]

    def rule(group, first, last, source):
        key = "Groups.1.GroupId" if source.startswith("sg-") else "IpRanges.1.CidrIp"
        start_of = "IpPermissions.1."
        hands.ec2("AuthorizeSecurityGroupIngress", **{
            "GroupId": groups[group], start_of + "IpProtocol": "tcp", start_of + "FromPort": first,
            start_of + "ToPort": last, start_of + key: source})

    rule("studio-apps", "8192", "65535", groups["studio-apps"])
    rule("jobs", "443", "443", groups["studio-apps"])
    rule("endpoints", "443", "443", groups["studio-apps"])
    rule("endpoints", "443", "443", groups["jobs"])
    rule("bastion", "22", "22", "0.0.0.0/0")
    rule("notebooks", "22", "22", groups["bastion"])
    rule("feature-store", "6379", "6379", "10.0.0.0/8")
    for service in ("sts", "kms", "logs", "sagemaker.api", "sagemaker.runtime", "ecr.api", "ecr.dkr"):
        members = {f"SubnetId.{number + 1}": subnet for number, subnet in enumerate(subnets[:2])}
        hands.ec2("CreateVpcEndpoint", VpcId=vpc, ServiceName=f"com.amazonaws.{REGION}.{service}",
                  VpcEndpointType="Interface", **members, **{"SecurityGroupId.1": groups["endpoints"]})
    for name in ("studio", "data", "logs"):
        key = hands.kms("CreateKey", Description=f"{name} by hand")["KeyMetadata"]["KeyId"]
        hands.kms("CreateAlias", AliasName=f"alias/ml/{name}", TargetKeyId=key)


def walk(record, hands, checks, stack):
    place, run = record.place, record.run
    record.say("## An account that people have built")
    record.say(
        "Six security groups with rules of all sorts (one opens SSH to the world), seven endpoints and three keys, made by plain\n"
        "calls to the simulator (`palisade simulate --seeded`), beside the network that was there. The settings name the account:"
    )
    record.block("yaml", SETTINGS)
    (place / "palisade.yaml").write_text(SETTINGS)

    record.say("## Import")
    imported = run("palisade import")
    all_of_it = all(f"{count}  {kind}\n" in imported for count, kind in ((6, "SecurityGroup"), (7, "VpcEndpoint"), (3, "KmsKey")))
    checks.expect("the account is imported", all_of_it, imported)
    group = next((place / "desired-state/ml-prod").rglob("security-group.yaml"))
    name = group.relative_to(place)
    record.say("Names come from tags, ids became references, and the opening has its finding beside it:")
    run(f"grep -B 12 -A 4 SG-01 {name}")
    checks.expect("the opening has its finding", "# SG-01" in group.read_text())
    git = "git -c user.name=you -c user.email=you@example.com"
    for command in ("git init --quiet", "git add desired-state palisade.yaml", f"{git} commit --quiet -m imported"):
        subprocess.run(shlex.split(command), cwd=place, check=True, capture_output=True)

    record.say("## Claim")
    record.say("The manifests say what is there. What is missing are the tags with which palisade owns it:")
    plan = run("palisade plan", cut=lambda out: out)
    checks.expect("the plan creates and deletes nothing", "0 to create" in plan and "0 to delete" in plan, plan)
    run("palisade apply --yes", cut=lambda out: "…\n" + "\n".join(out.splitlines()[-4:]))
    again = run("palisade plan")
    checks.expect("nothing is left to do", "0 to create, 0 to change, 0 to delete" in again, again)

    record.say("## A pull request")
    record.say("SSH from everywhere becomes SSH from the office. This is what the pull request shows (`deploy/ci` has the workflows):")
    subprocess.run(["git", "worktree", "add", "--quiet", "../base"], cwd=place, check=True, capture_output=True)
    before, after = re.split(r" *# SG-01.*\n", group.read_text(), maxsplit=1)
    group.write_text(before + after.replace("- 0.0.0.0/0", "- 198.51.100.0/24", 1))
    comment = run("palisade plan --base ../base/desired-state -o markdown")
    checks.expect("the comment is about the one group", "bastion" in comment and "studio-apps" not in comment, comment)
    subprocess.run(shlex.split(f"{git} commit --quiet -am office"), cwd=place, check=True, capture_output=True)
    record.say("Merged, it is applied:")
    applied = run("palisade apply --yes")
    checks.expect("the rule is narrow", "198.51.100.0/24" in applied and not hands.is_open_to_all("bastion"), applied)

    record.say("## Keep it so")
    record.say("`palisade run` watches the directory and the account. Somebody opens SSH again, in the console:")
    listen = f"127.0.0.1:{record.ports[1][0]}"
    daemon = start(stack, place, "run", [record.program, "run", "--listen", listen], cwd=place, env=record.environment)
    until("the daemon is ready", lambda: get(f"http://{listen}/readyz"))
    hands.open_ssh("studio-apps")
    opened = time.monotonic()
    until("the opening is closed", lambda: not hands.has_ssh("studio-apps"))
    took = time.monotonic() - opened
    checks.expect(f"the opening is closed after {took:.1f} s", took < 60)
    record.say(f"After {took:.1f} seconds it is closed again (`interval` is 2 s here), and palisade says so wherever it is asked:")
    until("the history has its end", lambda: "drift ended" in record_of(record, "ml-prod/SecurityGroup/studio-apps"))
    run("palisade history ml-prod/SecurityGroup/studio-apps")
    of_groups = re.compile(r"^palisade_drift_corrected_total.*SecurityGroup.*", re.MULTILINE)
    # The metrics are those of the last pass.
    counted = until("a metric counts it", lambda: [it for it in of_groups.findall(get(f"http://{listen}/metrics")) if it[-2:] == " 1"])
    record.block("console", "\n".join([f"$ curl -s {listen}/metrics | grep '{of_groups.pattern}'", *counted]))
    stop(daemon)
    record.say("`deploy/observe` does the same with a real Prometheus and a real browser, `deploy/gameday` with a day on call.")


def record_of(record, address):
    words = [record.program, "history", address]
    return subprocess.run(words, cwd=record.place, env=record.environment, capture_output=True, text=True, timeout=60).stdout


class Hands(observe.Hands):
    def is_open_to_all(self, group):
        found = self.ec2("DescribeSecurityGroups", **{"Filter.1.Name": "group-name", "Filter.1.Value.1": group})
        return "<cidrIp>0.0.0.0/0</cidrIp>" in found.split("<ipPermissionsEgress>")[0]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--palisade", required=True, type=pathlib.Path)
    parser.add_argument("--record", action="store_true", help="write deploy/walk.md")
    options = parser.parse_args()
    program, checks, begun = str(options.palisade.resolve()), Checks(), time.monotonic()
    with tempfile.TemporaryDirectory() as outer, contextlib.ExitStack() as stack:
        place = pathlib.Path(outer) / "checkout"
        place.mkdir()
        aws, listen = free_port(), free_port()
        plain = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "PALISADE_", "GIT_"))}
        simulate = [program, "simulate", "--seeded", "--listen", f"127.0.0.1:{aws}"]
        start(stack, pathlib.Path(outer), "simulate", simulate, env=plain)
        hands = Hands(f"http://127.0.0.1:{aws}")
        until("the simulator answers", lambda: hands.ec2("DescribeVpcs"))
        by_hand(hands)
        until("AWS has made the endpoints", lambda: "<state>pending</state>" not in hands.ec2("DescribeVpcEndpoints").lower())
        environment = plain | {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{aws}", "AWS_REGION": REGION, "AWS_ACCESS_KEY_ID": ACCOUNT,
            "AWS_SECRET_ACCESS_KEY": "any", "AWS_EC2_METADATA_DISABLED": "true", "NO_COLOR": "1",
        }
        record = Record(place, environment, program, [(aws, "4566"), (listen, "9464")])
        walk(record, hands, checks, stack)
    if options.record and not checks.failed:
        head = INTRODUCTION.format(longest=LONGEST, seconds=time.monotonic() - begun)
        (pathlib.Path(__file__).parent / "walk.md").write_text("\n".join([head, *record.text]))
    print(f"{checks.passed} passed, {checks.failed} failed")
    return 1 if checks.failed else 0


if __name__ == "__main__":
    sys.exit(main())
