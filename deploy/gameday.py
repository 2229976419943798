"""What `deploy/gameday` plays through. Standard library only.

    palisade run (with a memory, a token and a webhook)  ->  palisade simulate
        ^ other shells: palisade status, brake, approve, history
"""

import argparse
import base64
import contextlib
import hashlib
import hmac
import http.server
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request

import observe
from observe import ACCOUNT, REGION, Checks, free_port, serve, start, stop, until

SETTINGS = """\
owner: ml-platform
scopes:
  ml-prod: {{account: "111122223333", region: eu-west-1}}
interval: 1s
settleWindow: 1s
memory: {{dir: memory}}
server: {{listen: "127.0.0.1:{port}", token: {{file: token}}}}
notify:
  - {{name: on-call, webhook: {{url: "{webhook}", secret: {{file: key}}}}, severity: info}}
"""

GROUP = """\
apiVersion: palisade.dev/v1alpha1
kind: SecurityGroup
metadata: {name: studio-apps}
spec:
  description: Studio apps
  vpc: {lookup: {tags: {Name: ml}}}
  ingress:
    - {description: app to app, protocol: tcp, ports: 8192-65535, from: [self]}
  egress: []
"""

ENDPOINT = """\
apiVersion: palisade.dev/v1alpha1
kind: VpcEndpoint
metadata: {name: sts}
spec:
  type: Interface
  service: sts
  vpc: {lookup: {tags: {Name: ml}}}
  subnets: {lookup: {tags: {tier: private}}}
  securityGroups: [{ref: studio-apps}]
  privateDns: true
  policy: default
"""

TOKEN, KEY = "a-token-of-twenty-or-more-characters", b"the key of the signature"


class Receiver(http.server.BaseHTTPRequestHandler):
    """A webhook of somebody else's: keeps the events whose signature is right."""

    events, wrong = [], 0

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        signed = f"{self.headers['webhook-id']}.{self.headers['webhook-timestamp']}.".encode() + body
        right = base64.b64encode(hmac.new(KEY, signed, hashlib.sha256).digest()).decode()
        if self.headers["webhook-signature"] == f"v1,{right}":
            Receiver.events += json.loads(body)
        else:
            Receiver.wrong += 1
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        pass


def told(kind, text=""):
    """Whether the receiver was told of something."""
    return any(it["type"] == f"dev.palisade.{kind}" and text in json.dumps(it) for it in Receiver.events)


class Day:
    def __init__(self, stack, place, program):
        self.stack, self.place, self.program = stack, place, program
        self.state = place / "desired-state"
        self.state.mkdir()
        (self.state / "group.yaml").write_text(GROUP)
        (self.state / "endpoint.yaml").write_text(ENDPOINT)
        (place / "token").write_text(TOKEN + "\n")
        (place / "key").write_bytes(KEY)
        aws, self.port = free_port(), free_port()
        webhook = serve(stack, Receiver) + "/palisade"
        (place / "palisade.yaml").write_text(SETTINGS.format(port=self.port, webhook=webhook))
        plain = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "PALISADE_"))}
        self.environment = plain | {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{aws}",
            "AWS_REGION": REGION,
            "AWS_ACCESS_KEY_ID": ACCOUNT,
            "AWS_SECRET_ACCESS_KEY": "any",
            "AWS_EC2_METADATA_DISABLED": "true",
            "NO_COLOR": "1",
        }
        start(stack, place, "simulate", [program, "simulate", "--seeded", "--listen", f"127.0.0.1:{aws}"], env=plain)
        self.hands = observe.Hands(f"http://127.0.0.1:{aws}")
        until("the simulator answers", lambda: self.hands.ec2("DescribeVpcs"))
        self.starts = 0
        self.daemon = None

    def run(self):
        self.starts += 1
        command = [self.program, "run", str(self.state)]
        self.daemon = start(self.stack, self.place, f"palisade-{self.starts}", command, cwd=self.place, env=self.environment)

    def shell(self, *words):
        """Another shell beside the process; what it prints, and its exit code."""
        ended = subprocess.run(
            [self.program, *words], cwd=self.place, env=self.environment, capture_output=True, text=True, timeout=60
        )
        return ended.stdout + ended.stderr, ended.returncode

    def ask(self, path, token=TOKEN):
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def status(self):
        return json.loads(self.ask("/status.json")[1])

    def in_sync(self, count=2):
        code, text = self.ask("/status.json")
        return code == 200 and json.loads(text)["counts"]["inSync"] == count

    def open_ssh(self):
        self.hands.open_ssh("studio-apps")

    def passes(self, count):
        """Waits for so many more passes."""
        now = self.status()["pass"]
        until(f"{count} passes", lambda: self.status()["pass"] >= now + count)


def morning(day, expect):
    day.run()
    until("everything is in sync", day.in_sync)
    expect("palisade brings the directory in order", True)
    code, _ = day.ask("/status.json", token=None)
    expect("without the token nobody reads the page", code == 401, code)
    code, _ = day.ask("/livez", token=None)
    expect("health is open", code == 200, code)
    code, text = day.ask("/resource?address=ml-prod/SecurityGroup/studio-apps")
    expect("a resource has a page", code == 200 and "Live in the latest pass" in text, text[:500])


def hole(day, expect):
    day.open_ssh()
    until("the hole is closed", lambda: not day.hands.has_ssh("studio-apps"))
    expect("a hole that somebody opens is closed", True)
    until("the receiver is told", lambda: told("drift", "studio-apps") and told("drift.ended", "studio-apps"))
    expect("a webhook is told of it, signed", Receiver.wrong == 0, f"{Receiver.wrong} wrong signatures")
    text, code = day.shell("history", "ml-prod/SecurityGroup/studio-apps")
    expect("the history has it", code == 0 and "drift" in text, text)


def brake(day, expect):
    text, code = day.shell("brake", "on", "--reason", "an incident")
    expect("another shell pulls the brake", code == 0, text)
    day.passes(1)
    day.open_ssh()
    day.passes(3)
    expect("nothing is written, and the hole stays open", day.hands.has_ssh("studio-apps"))
    until("the open hole is told", lambda: told("drift.open", "studio-apps") and told("stopped", "an incident"))
    expect("an open hole is told as critical", True)
    day.daemon.send_signal(signal.SIGKILL)
    day.daemon.wait()
    day.run()
    until("palisade is back", lambda: day.ask("/status.json")[0] == 200)
    day.passes(2)
    text, _ = day.shell("brake", "status")
    kept = day.hands.has_ssh("studio-apps") and "an incident" in text
    expect("the brake outlives a killed process, with its reason", kept, text)
    text, code = day.shell("brake", "off")
    until("the hole is closed", lambda: not day.hands.has_ssh("studio-apps"))
    expect("after its release what was open at the restart is closed", code == 0, text)
    text, _ = day.shell("history")
    expect("the history goes on over the restart", "an incident" in text and text.count("started") >= 2, text)


def approval(day, expect):
    file = day.state / "endpoint.yaml"
    file.write_text(ENDPOINT.replace("privateDns: true", "privateDns: false"))
    until("the step is held", lambda: day.status()["counts"]["held"] == 1)
    held = next(step for step in day.status()["steps"] if "held" in json.dumps(step["verdict"]).lower())
    expect("what disrupts is held", True)
    until("the held step is told", lambda: told("held", held["digest"]))
    expect("the webhook names the command that approves it", told("held", f"palisade approve {held['digest']}"))
    text, code = day.shell("approve", held["digest"], "--out", str(day.state / "approval.yaml"))
    expect("`approve` writes a manifest for Git", code == 0, text)
    until("it is carried out", day.in_sync)
    expect("merged, it lets exactly this step through", True)


def bad_start(day, expect):
    stop(day.daemon)
    (day.state / "broken.yaml").write_text("kind: SecurityGroup\nspec: [\n")
    day.open_ssh()
    day.run()
    until("the hole is closed", lambda: not day.hands.has_ssh("studio-apps"))
    expect("one bad file at the start leaves what was accepted in force", True)
    until("the refusal is told", lambda: told("source.refused", "broken.yaml"))
    expect("and the bad file is told", True)
    code, text = day.ask("/readyz")
    expect("readiness names the directory", code == 503 and "source" in text, text)


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--palisade", required=True, type=pathlib.Path)
    given = arguments.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    checks = Checks()
    with contextlib.ExitStack() as stack:
        place = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="palisade-gameday-")))
        try:
            day = Day(stack, place, str(given.palisade.resolve()))
            for part in (morning, hole, brake, approval, bad_start):
                part(day, checks.expect)
            day.daemon.send_signal(signal.SIGTERM)
            checks.expect("palisade stops when it is told to", day.daemon.wait(10) == 0)
        except (TimeoutError, OSError, ValueError, KeyError, StopIteration, subprocess.SubprocessError) as error:
            checks.expect("the day comes to its end", False, repr(error))
            for log in sorted(place.glob("*.log")):
                tail = log.read_text(errors="replace").splitlines()[-5:]
                print(f"      {log.name}:", *tail, sep="\n        ")
    print(f"{checks.passed} passed, {checks.failed} failed")
    sys.exit(1 if checks.failed else 0)


if __name__ == "__main__":
    main()
