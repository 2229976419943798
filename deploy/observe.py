"""What `deploy/observe` checks, once the programs are there. Standard library only.

    palisade run  ->  relay (loses and throttles some calls)  ->  palisade simulate
         ^  ^
         |  chromium
         prometheus, with the rules of deploy/prometheus
"""

import argparse
import contextlib
import html
import http.server
import json
import math
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
ACCOUNT, MANAGEMENT, REGION = "111122223333", "999988887777", "eu-west-1"
COMMIT = "0123456789abcdef0123456789abcdef01234567"
# Metrics that have values only where events arrive, and this world has no queue. That palisade exports them, and that they
# have these labels, is checked by tests/palisade/deploy.rs.
OF_EVENTS = re.compile(r"palisade_(drift_seconds|drift_attributed|events|own_events)_")
# A machine that builds at the same time is slow; nothing here takes this long otherwise.
PATIENCE = 90.0

SETTINGS = """\
owner: ml-platform
defaultScope: ml-prod
scopes:
  ml-prod:
    account: "111122223333"
    region: eu-west-1
    assumeRole: {{roleArn: "arn:aws:iam::111122223333:role/palisade", externalId: observe}}
  org:
    account: "999988887777"
    region: us-east-1
    assumeRole: {{roleArn: "arn:aws:iam::999988887777:role/palisade", externalId: observe}}
  # Its credentials are those of another account: a scope that is refused.
  mistyped: {{account: "444455556666", region: eu-west-1}}
interval: 1s
settleWindow: 1s
server: {{listen: "127.0.0.1:{port}"}}
"""

# What cannot be made true without a person, another account or time.
TROUBLE = """\
# Waits: no VPC is called like this.
apiVersion: palisade.dev/v1alpha1
kind: SecurityGroup
metadata: {name: waits}
spec:
  description: Waits for its VPC
  vpc: {lookup: {tags: {Name: nowhere}}}
  ingress: []
---
# In conflict: a group of this name is there and is not ours.
apiVersion: palisade.dev/v1alpha1
kind: SecurityGroup
metadata: {name: bastion}
spec:
  description: The bastion
  vpc: {lookup: {tags: {Name: ml}}}
  ingress: []
---
# Unreadable: the scope is refused.
apiVersion: palisade.dev/v1alpha1
kind: SecurityGroup
metadata: {name: elsewhere, scope: mistyped}
spec:
  description: In an account that is not the one that was meant
  vpc: {lookup: {tags: {Name: ml}}}
  ingress: []
"""

# The alerts that this trouble must set off (pending counts: the waiting times are promtool's affair).
SET_OFF = {
    "PalisadeConflict",
    "PalisadeDriftNotCorrected",
    "PalisadeHeldSteps",
    "PalisadeKeyPendingDeletion",
    "PalisadeOrphans",
    "PalisadeScopeRefused",
    "PalisadeUnknownKind",
}


class Checks:
    def __init__(self):
        self.passed = self.failed = 0

    def expect(self, name, right, why=""):
        if right:
            self.passed += 1
            print(f"ok    {name}", flush=True)
        else:
            self.failed += 1
            print(f"FAIL  {name}", flush=True)
            for line in str(why).splitlines()[:40]:
                print(f"      {line}", flush=True)


def until(what, condition):
    """Polls a condition; its value as soon as it is true."""
    deadline = time.monotonic() + PATIENCE
    last = None
    while time.monotonic() < deadline:
        try:
            last = condition()
            if last:
                return last
        except (OSError, ValueError, KeyError) as error:
            last = error
        time.sleep(0.2)
    raise TimeoutError(f"{what}: not within {PATIENCE:.0f} s; the last look gave {last!r}")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def get(url):
    with urllib.request.urlopen(url, timeout=10) as answer:
        return answer.read().decode()


# --- AWS by hand -----------------------------------------------------------------------------------------------------


class Hands:
    """Somebody with the console open: plain calls to the simulator, which does not verify signatures."""

    def __init__(self, url):
        self.url = url

    def _send(self, service, headers, body):
        scope = f"{ACCOUNT}/20260101/{REGION}/{service}/aws4_request"
        headers["Authorization"] = (
            f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"
        )
        request = urllib.request.Request(self.url, data=body, headers=headers, method="POST")
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.read().decode()

    def ec2(self, action, **members):
        form = {"Action": action, "Version": "2016-11-15", **members}
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        return self._send("ec2", headers, urllib.parse.urlencode(form).encode())

    def kms(self, action, **members):
        headers = {
            "Content-Type": "application/x-amz-json-1.1",
            "X-Amz-Target": f"TrentService.{action}",
        }
        return json.loads(self._send("kms", headers, json.dumps(members).encode()) or "{}")

    def id_of_group(self, name):
        found = self.ec2(
            "DescribeSecurityGroups", **{"Filter.1.Name": "group-name", "Filter.1.Value.1": name}
        )
        return re.search(r"<groupId>(sg-[0-9a-f]+)</groupId>", found)[1]

    def open_ssh(self, group):
        self.ec2(
            "AuthorizeSecurityGroupIngress",
            **{
                "GroupId": self.id_of_group(group),
                "IpPermissions.1.IpProtocol": "tcp",
                "IpPermissions.1.FromPort": "22",
                "IpPermissions.1.ToPort": "22",
                "IpPermissions.1.IpRanges.1.CidrIp": "0.0.0.0/0",
            },
        )

    def has_ssh(self, group):
        found = self.ec2(
            "DescribeSecurityGroups", **{"Filter.1.Name": "group-name", "Filter.1.Value.1": group}
        )
        return "<fromPort>22</fromPort>" in found


class Relay(http.server.BaseHTTPRequestHandler):
    """Between palisade and the simulator: throttles every ninth KMS call and loses every eleventh."""

    protocol_version = "HTTP/1.1"
    aws = ""
    trouble = False
    seen = 0

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        if Relay.trouble and self.headers.get("X-Amz-Target", "").startswith("TrentService."):
            Relay.seen += 1
            if Relay.seen % 11 == 0:
                self.close_connection = True
                return
            if Relay.seen % 9 == 0:
                text = b'{"__type": "ThrottlingException", "message": "Rate exceeded"}'
                self.answer(400, {"Content-Type": "application/x-amz-json-1.1"}, text)
                return
        # The host stays: it is signed.
        headers = {k: v for k, v in self.headers.items() if k.lower() != "connection"}
        request = urllib.request.Request(
            Relay.aws + self.path, data=body, headers=headers, method="POST"
        )
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                self.answer(answer.status, answer.headers, answer.read())
        except urllib.error.HTTPError as error:
            self.answer(error.code, error.headers, error.read())

    def answer(self, status, headers, body):
        self.send_response_only(status)
        for name, value in headers.items():
            if name.lower() not in ("content-length", "transfer-encoding", "connection"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Quiet(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        """A client that goes away in the middle is what the relay is for."""


def serve(stack, handler):
    server = Quiet(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    stack.callback(server.server_close)
    stack.callback(server.shutdown)
    return f"http://127.0.0.1:{server.server_address[1]}"


# --- The programs ----------------------------------------------------------------------------------------------------


def start(stack, place, name, command, **more):
    """Starts a program with its output in a file; it ends with the stack, whatever happens."""
    log = stack.enter_context(open(place / f"{name}.log", "wb"))
    child = subprocess.Popen(
        command, stdout=log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, **more
    )
    stack.callback(stop, child)
    return child


def stop(child):
    if child.poll() is None:
        child.send_signal(signal.SIGTERM)
        try:
            child.wait(10)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


class World:
    """A running palisade with everything in order at first."""

    def __init__(self, stack, place, program):
        self.place, self.state = place, place / "checkout" / "desired-state"
        # What `init` writes for the accounts and the network of `simulate --seeded`.
        written = ["--owner", "observe", "--scope", "ml-prod", "--account", ACCOUNT, "--region", REGION]
        written += ["--vpc", "Name=ml", "--subnets", "tier=private", "--unit", "ou:/Workloads/ML"]
        written += ["--management-account", "999988887777"]
        subprocess.run([program, "init", place / "repository", *written], check=True, stdout=subprocess.DEVNULL)
        shutil.copytree(place / "repository" / "desired-state", self.state)
        (place / "checkout" / ".git").mkdir()
        (place / "checkout" / ".git" / "HEAD").write_text(COMMIT + "\n")
        aws, self.port = free_port(), free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        (place / "palisade.yaml").write_text(SETTINGS.format(port=self.port))
        plain = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "PALISADE_"))}
        simulate = [program, "simulate", "--seeded", "--listen", f"127.0.0.1:{aws}"]
        start(stack, place, "simulate", simulate, env=plain)
        Relay.aws = f"http://127.0.0.1:{aws}"
        self.hands = Hands(Relay.aws)
        until("the simulator answers", lambda: self.hands.ec2("DescribeVpcs"))
        # As real palisades are deployed, the ambient credentials are those of the home account.
        environment = plain | {
            "AWS_ENDPOINT_URL": serve(stack, Relay),
            "AWS_REGION": REGION,
            "AWS_ACCESS_KEY_ID": ACCOUNT,
            "AWS_SECRET_ACCESS_KEY": "any",
            "AWS_EC2_METADATA_DISABLED": "true",
        }
        self.daemon = start(
            stack, place, "palisade", [program, "run", str(self.state)], cwd=place, env=environment
        )
        until("everything is in sync", lambda: self.counts()["inSync"] >= 26)

    def status(self):
        return json.loads(get(self.url + "/status.json"))

    def counts(self):
        return self.status()["counts"]

    def edit(self, file, before, after):
        path = self.state / file
        text = path.read_text()
        if before not in text:
            raise ValueError(f"{file} does not say {before!r}")
        path.write_text(text.replace(before, after, 1))

    def make_trouble(self):
        """One of everything that the metrics, the rules and the page can show."""
        self.hands.open_ssh("studio-apps")
        until("the drift is corrected", lambda: not self.hands.has_ssh("studio-apps"))
        vpc = re.search(r"<vpcId>(vpc-[0-9a-f]+)</vpcId>", self.hands.ec2("DescribeVpcs"))[1]
        self.hands.ec2(
            "CreateSecurityGroup", GroupName="bastion", GroupDescription="by hand", VpcId=vpc
        )
        # An orphan: the manifest is gone. SCPs are never deleted for that.
        (self.state / "organization" / "protect-s3.yaml").unlink()
        # Held: disrupts, and what AWS cannot change.
        self.edit("ml-prod/endpoints.yaml", "privateDns: true", "privateDns: false")
        self.edit("ml-prod/security-groups.yaml", "SageMaker jobs and models", "Jobs and models")
        # Drift that stays open: the key is only observed, and somebody schedules its deletion.
        self.edit("ml-prod/keys.yaml", "  scope: ml-prod\n", "  scope: ml-prod\nlifecycle: {mode: observe}\n")
        (self.state / "trouble.yaml").write_text(TROUBLE)
        key = self.hands.kms("DescribeKey", KeyId="alias/ml/studio")["KeyMetadata"]["KeyId"]
        self.hands.kms("ScheduleKeyDeletion", KeyId=key, PendingWindowInDays=30)
        Relay.trouble = True
        wanted = ("held", "waiting", "conflicts", "orphans", "unknown", "reported")
        until("the trouble is seen", lambda: all(self.counts()[it] > 0 for it in wanted))


class Prometheus:
    def __init__(self, stack, place, target):
        folder = place / "prometheus"
        folder.mkdir()
        shutil.copy(HERE / "prometheus" / "palisade.rules.yaml", folder)
        # The shipped configuration, faster and pointed here.
        config = (HERE / "prometheus" / "prometheus.yaml").read_text()
        config = config.replace("15s", "1s").replace("palisade:9464", target)
        (folder / "prometheus.yaml").write_text(config)
        address = f"127.0.0.1:{free_port()}"
        self.url = f"http://{address}"
        command = [
            "prometheus",
            f"--config.file={folder}/prometheus.yaml",
            f"--storage.tsdb.path={folder}/data",
            f"--web.listen-address={address}",
            "--log.level=warn",
        ]
        start(stack, place, "prometheus-server", command)
        until("Prometheus is ready", lambda: get(self.url + "/-/ready"))

    def api(self, path, **parameters):
        url = f"{self.url}/api/v1/{path}"
        if parameters:
            url += "?" + urllib.parse.urlencode(parameters)
        try:
            answer = json.loads(get(url))
        except urllib.error.HTTPError as error:
            answer = json.loads(error.read())
        if answer["status"] != "success":
            raise ValueError(f"{path}: {answer.get('error')}")
        return answer["data"]

    def values(self, expression):
        """The samples of an expression that are numbers."""
        found = [float(it["value"][1]) for it in self.api("query", query=expression)["result"]]
        return [value for value in found if math.isfinite(value)]


def prometheus_checks(checks, prometheus, world):
    until("three scrapes", lambda: prometheus.values("palisade_passes_total")
          and prometheus.values("scrape_samples_scraped{job='palisade'}")
          and prometheus.values("count_over_time(up{job='palisade'}[1m]) > 3"))
    targets = prometheus.api("targets")["activeTargets"]
    health = {target["scrapeUrl"]: target["health"] for target in targets}
    checks.expect("Prometheus scrapes the running palisade", health == {world.url + "/metrics": "up"}, health)

    linted = subprocess.run(
        ["promtool", "check", "metrics"],
        input=get(world.url + "/metrics"), capture_output=True, text=True, timeout=60,
    )
    said = linted.stdout + linted.stderr
    checks.expect("promtool check metrics", linted.returncode == 0 and not said.strip(), said)

    dashboard = json.loads((HERE / "grafana" / "palisade.json").read_text())
    for title, expression in queries(dashboard["panels"]):
        if OF_EVENTS.search(expression):
            continue
        data(checks, prometheus, f"dashboard: {title}: {expression}", filled(expression))
    for variable in dashboard["templating"]["list"]:
        asked = re.fullmatch(r"label_values\((.*), (\w+)\)", variable.get("definition", ""))
        if asked:
            found = prometheus.api(f"label/{asked[2]}/values", **{"match[]": filled(asked[1])})
            checks.expect(f"dashboard: variable {variable['name']} has values", found, found)

    text = (HERE / "prometheus" / "palisade.rules.yaml").read_text()
    for record in re.findall(r"- record: (\S+)", text):
        data(checks, prometheus, f"recording rule {record}", record)
    shipped = set(re.findall(r"- alert: (\S+)", text))

    def alerts():
        groups = prometheus.api("rules")["groups"]
        return {it["name"]: it for group in groups for it in group["rules"] if it["type"] == "alerting"}

    checks.expect("every alert is loaded", set(alerts()) == shipped, set(alerts()) ^ shipped)
    with contextlib.suppress(TimeoutError):
        until("every rule is evaluated", lambda: all(it["health"] == "ok" for it in alerts().values()))
    sick = {name: it.get("lastError") for name, it in alerts().items() if it["health"] != "ok"}
    checks.expect("every alert can be evaluated", not sick, sick)

    def active():
        return {name for name, it in alerts().items() if it["state"] in ("pending", "firing")}

    with contextlib.suppress(TimeoutError):
        until("the alerts go off", lambda: SET_OFF <= active())
    checks.expect("the trouble sets its alerts off, and no other", active() == SET_OFF, active() ^ SET_OFF)


def queries(panels):
    for panel in panels:
        for target in panel.get("targets", []):
            yield panel["title"], target["expr"]
        yield from queries(panel.get("panels", []))


def filled(expression):
    """As Grafana sends it with `All` chosen everywhere."""
    for variable, value in (("$__rate_interval", "1m"), ("$__range", "1m"), ("$__interval", "1m")):
        expression = expression.replace(variable, value)
    return re.sub(r"\$(job|scope|kind)\b", ".*", expression)


def data(checks, prometheus, name, expression):
    """Every query must have data: the trouble is there so that none is excused."""
    try:
        until(name, lambda: prometheus.values(expression))
        checks.expect(name, True)
    except (TimeoutError, ValueError) as error:
        checks.expect(name, False, error)


# --- The page in a browser -------------------------------------------------------------------------------------------


class Browser:
    def __init__(self, place):
        self.place = place
        self.runs = 0

    def run(self, url, *flags, scripts=True):
        """Opens a page once; the DOM (with --dump-dom) and what the browser logged."""
        self.runs += 1
        profile = self.place / f"browser-{self.runs}"
        if not scripts:
            # As a person forbids them: the site setting. (--blink-settings=scriptEnabled=false would also keep
            # the browser's own tools from reading the DOM.)
            (profile / "Default").mkdir(parents=True)
            blocked = {"profile": {"default_content_setting_values": {"javascript": 2}}}
            (profile / "Default" / "Preferences").write_text(json.dumps(blocked))
        command = [
            "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
            "--no-first-run", "--hide-scrollbars", "--disable-extensions", "--disable-background-networking",
            "--enable-logging=stderr", "--virtual-time-budget=3000",
            f"--user-data-dir={profile}", *flags, url,
        ]
        ended = subprocess.run(
            command, capture_output=True, text=True, timeout=PATIENCE, stdin=subprocess.DEVNULL
        )
        console = [line for line in ended.stderr.splitlines() if "CONSOLE" in line]
        return ended.stdout, console


class Violation(http.server.BaseHTTPRequestHandler):
    """A page that breaks its own policy, to see that a violation would be noticed."""

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Security-Policy", "default-src 'none'")
        self.end_headers()
        self.wfile.write(b"<!doctype html><p>control</p><script>1</script>")

    def log_message(self, *_):
        pass


class Accessible(http.server.BaseHTTPRequestHandler):
    """palisade's pages with axe in them, which their own policy would not let in; its verdict stands in the DOM."""

    world = script = None

    def do_GET(self):
        if self.path == "/axe.js":
            return self.give("text/javascript", self.script)
        with urllib.request.urlopen(self.world.url + self.path, timeout=10) as answer:
            kind, body = answer.headers["Content-Type"], answer.read()
        if kind.startswith("text/html"):
            body = body.replace(b"</body>", b"""<script src="/axe.js"></script><script>
                axe.run({resultTypes: ["violations"]}).then((result) => {
                  const verdict = document.createElement("pre");
                  verdict.id = "axe";
                  const brief = (it) => [it.id, it.help, it.nodes.slice(0, 3).map((node) => node.html)];
                  verdict.textContent = JSON.stringify([axe.version, result.violations.map(brief)]);
                  document.body.append(verdict);
                });</script></body>""")
        self.give(kind, body)

    def give(self, kind, body):
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def accessibility_checks(checks, stack, world, browser, axe):
    Accessible.world, Accessible.script = world, axe.read_bytes()
    url = serve(stack, Accessible)
    for path in ("/", "/resources", "/resource?address=ml-prod/SecurityGroup/studio-apps"):
        for name, flags in {"light": [LIGHT], "dark": [DARK], "phone": [LIGHT, PHONE, "--window-size=546,2000"]}.items():
            dom, _ = browser.run(url + path, "--dump-dom", *flags)
            found = re.search(r'<pre id="axe">(.*?)</pre>', dom, re.DOTALL)
            verdict = html.unescape(found[1]) if found else "axe gave no verdict"
            checks.expect(f"axe finds nothing on {path}, {name}", found and verdict.endswith(",[]]"), verdict)


DARK = "--blink-settings=preferredColorScheme=0"
LIGHT = "--blink-settings=preferredColorScheme=1"
# The window of a headless Chromium is at least 500 pixels wide; a larger pixel makes a phone of it.
PHONE = "--force-device-scale-factor=1.4"


def page_checks(checks, stack, world, pictures, axe):
    browser = Browser(world.place)
    accessibility_checks(checks, stack, world, browser, axe)
    _, said = browser.run(serve(stack, Violation) + "/", "--dump-dom")
    seen = any("Content Security Policy" in line for line in said)
    checks.expect("control: the browser reports a violated policy", seen, said)

    texts = [
        "Needs attention", COMMIT[:12], "ml-prod/VpcEndpoint/", "palisade apply --approve",
        "ml-prod/SecurityGroup/bastion", "ml-prod/SecurityGroup/waits", "444455556666",
        "ml-prod/KmsKey/studio", "ml-prod/SecurityGroup/studio-apps", "org/ServiceControlPolicy/",
    ]
    for name, scripts in (("with scripts", True), ("without scripts", False)):
        dom, said = browser.run(world.url + "/", "--dump-dom", scripts=scripts)
        missing = [text for text in texts if text not in dom]
        checks.expect(f"the page {name} shows what is wrong", dom and not missing, missing or "no DOM")
        checks.expect(f"the page {name} logs nothing on the console", not said, "\n".join(said))
        right = ("Pause refresh" in dom) == scripts
        checks.expect(f"the page {name} {'has a' if scripts else 'has no'} refresh button", right)

    group = "ml-prod/SecurityGroup/studio-apps"
    for path, texts in {
        "/resources": ["ml-prod/SecurityGroup/waits", "ml-prod/VpcEndpoint/", "org/ServiceControlPolicy/"],
        "/resources?condition=conflict": ["ml-prod/SecurityGroup/bastion", "1</span>"],
        "/resource?address=" + group: [group, "Wanted, with references", "Live in the latest pass", "History"],
    }.items():
        dom, said = browser.run(world.url + path, "--dump-dom")
        missing = [text for text in texts if text not in dom]
        checks.expect(f"{path} shows what it is for", dom and not missing and not said, missing or said)

    pictures.mkdir(parents=True, exist_ok=True)
    for name, path in {"resources": "/resources", "resource": "/resource?address=" + group}.items():
        file = pictures / f"{name}.png"
        file.unlink(missing_ok=True)
        _, said = browser.run(world.url + path, f"--screenshot={file}", LIGHT, "--window-size=1400,2000")
        drawn = file.exists() and file.stat().st_size > 20_000
        checks.expect(f"screenshot {name}", drawn and not said, "\n".join(said))
    for name, flags in {
        "wide-light": [LIGHT, "--window-size=1280,3200"],
        "wide-dark": [DARK, "--window-size=1280,3200"],
        "narrow-light": [LIGHT, PHONE, "--window-size=546,5600"],
        "narrow-dark": [DARK, PHONE, "--window-size=546,5600"],
    }.items():
        file = pictures / f"{name}.png"
        file.unlink(missing_ok=True)
        _, said = browser.run(world.url + "/", f"--screenshot={file}", *flags)
        drawn = file.exists() and file.stat().st_size > 20_000
        checks.expect(f"screenshot {name}", drawn and not said, "\n".join(said))


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--palisade", required=True, type=pathlib.Path)
    arguments.add_argument("--pictures", required=True, type=pathlib.Path)
    arguments.add_argument("--axe", required=True, type=pathlib.Path, help="axe.min.js of axe-core")
    given = arguments.parse_args()
    # A terminated check cleans up, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    checks = Checks()
    with contextlib.ExitStack() as stack:
        place = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="palisade-observe-")))
        try:
            world = World(stack, place, str(given.palisade.resolve()))
            checks.expect("palisade brings the shipped directory in order", True)
            prometheus = Prometheus(stack, place, f"127.0.0.1:{world.port}")
            # Otherwise all passes that Prometheus knows of failed, which is an alert of its own.
            until("good passes are scraped", lambda: prometheus.values(
                'increase(palisade_passes_total{outcome="converged"}[1m]) > 0'))
            world.make_trouble()
            checks.expect("one of everything is wrong", True)
            prometheus_checks(checks, prometheus, world)
            page_checks(checks, stack, world, given.pictures.resolve(), given.axe)
            world.daemon.send_signal(signal.SIGTERM)
            checks.expect("palisade stops when it is told to", world.daemon.wait(10) == 0)
        except (TimeoutError, OSError, ValueError, KeyError, subprocess.SubprocessError) as error:
            checks.expect("the check comes to its end", False, repr(error))
            for log in sorted(place.glob("*.log")):
                tail = log.read_text(errors="replace").splitlines()[-5:]
                print(f"      {log.name}:", *tail, sep="\n        ")
    print(f"{checks.passed} passed, {checks.failed} failed")
    sys.exit(1 if checks.failed else 0)


if __name__ == "__main__":
    main()
