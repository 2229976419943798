"""What `deploy/noticing` measures. Standard library only."""

import argparse
import contextlib
import math
import os
import pathlib
import random
import signal
import sys
import tempfile
import time

import observe
from observe import ACCOUNT, REGION, free_port, start, stop, until

EVENTS = ', events: {{queueUrl: "https://sqs.{region}.amazonaws.com/{account}/palisade-events"}}'
SETTINGS = """\
owner: ml-platform
scopes:
  ml-prod: {{account: "{account}", region: {region}{events}}}
interval: {interval}s
server: {{listen: "127.0.0.1:{port}"}}
"""
INTERVAL = 60
GROUP = """\
apiVersion: palisade.dev/v1alpha1
kind: SecurityGroup
metadata: {name: studio-apps}
spec: {description: apps, vpc: {lookup: {tags: {Name: ml}}}, ingress: [], egress: []}
"""
# From the call to its message in the queue, in seconds.
LAG = 2
# A correction of the same rule within ten minutes would be paced: each change is of another port.
FIRST_PORT = 2000


def measure(program, changes, events):
    lasted = []
    with contextlib.ExitStack() as stack:
        place = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="palisade-")))
        (place / "state").mkdir()
        (place / "state" / "group.yaml").write_text(GROUP)
        of = {"account": ACCOUNT, "region": REGION}
        queue = EVENTS.format(**of) if events else ""
        (place / "palisade.yaml").write_text(
            SETTINGS.format(events=queue, port=free_port(), interval=INTERVAL, **of)
        )
        port = free_port()
        plain = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "PALISADE_"))}
        simulate = [program, "simulate", "--seeded", "--listen", f"127.0.0.1:{port}"]
        start(stack, place, "simulate", [*simulate, "--events", str(LAG)], env=plain)
        hands = observe.Hands(f"http://127.0.0.1:{port}")
        until("the simulator answers", lambda: hands.ec2("DescribeVpcs"))
        environment = plain | {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
            "AWS_REGION": REGION,
            "AWS_ACCESS_KEY_ID": ACCOUNT,
            "AWS_SECRET_ACCESS_KEY": "any",
            "AWS_EC2_METADATA_DISABLED": "true",
        }
        command = [program, "run", "state"]
        daemon = start(stack, place, "palisade", command, cwd=place, env=environment)
        until("the group is made", lambda: has_group(hands))
        # Its creation has come back as an event by then.
        time.sleep(2 * LAG + 4)
        group = hands.id_of_group("studio-apps")
        for number in range(changes):
            rule = {"IpProtocol": "tcp", "FromPort": FIRST_PORT + number,
                    "ToPort": FIRST_PORT + number, "IpRanges.1.CidrIp": "0.0.0.0/0"}
            members = {f"IpPermissions.1.{name}": value for name, value in rule.items()}
            hands.ec2("AuthorizeSecurityGroupIngress", GroupId=group, **members)
            begun = time.monotonic()
            while is_open(hands):
                if time.monotonic() - begun > 200:
                    sys.exit("it was never corrected")
                time.sleep(0.02)
            lasted.append(time.monotonic() - begun)
            # A pass follows the correction; without events the next one is an interval later.
            time.sleep(random.uniform(1, 6) if events else random.uniform(1, INTERVAL + 1))
        stop(daemon)
    return sorted(lasted)


def described(hands):
    of = {"Filter.1.Name": "group-name", "Filter.1.Value.1": "studio-apps"}
    return hands.ec2("DescribeSecurityGroups", **of)


def has_group(hands):
    return "studio-apps" in described(hands)


def is_open(hands):
    return "0.0.0.0/0" in described(hands)


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--palisade", required=True, type=pathlib.Path)
    arguments.add_argument("--changes", type=int, default=20)
    given = arguments.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    random.seed(16)
    print("| over a socket, in real time | changes | median (s) | p90 | p99 | max |")
    print("|---|--:|--:|--:|--:|--:|")
    for name, events in (("without events", False), (f"with events, {LAG} s on their way", True)):
        # Without events each takes half a minute.
        changes = given.changes if events else max(3, given.changes // 5)
        lasted = measure(str(given.palisade.resolve()), changes, events)
        at = lambda share: lasted[max(0, math.ceil(len(lasted) * share) - 1)]  # noqa: E731
        figures = " | ".join(f"{at(share):.1f}" for share in (0.5, 0.9, 0.99, 1))
        print(f"| {name} | {len(lasted)} | {figures} |", flush=True)


if __name__ == "__main__":
    main()
