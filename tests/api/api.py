"""Starts palisade over the simulator, with a token and everything in order, and lets schemathesis at its HTTP server."""

import argparse
import contextlib
import os
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent / "deploy"))
from observe import ACCOUNT, REGION, free_port, get, start, until  # noqa: E402

SETTINGS = """\
owner: ml-platform
scopes: {{ml-prod: {{account: "111122223333", region: eu-west-1}}}}
interval: 1s
settleWindow: 1s
memory: {{dir: memory}}
server: {{listen: "127.0.0.1:{port}", token: {{file: token}}}}
"""
GROUP = """\
apiVersion: palisade.dev/v1alpha1
kind: SecurityGroup
metadata: {name: studio-apps}
spec:
  description: Studio apps
  vpc: {lookup: {tags: {Name: ml}}}
  ingress: []
  egress: []
"""
TOKEN = "a-token-of-twenty-or-more-characters"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--palisade", required=True, type=pathlib.Path)
    parser.add_argument("--schemathesis", required=True, type=pathlib.Path)
    options = parser.parse_args()
    program, tester = str(options.palisade.resolve()), str(options.schemathesis.absolute())
    with tempfile.TemporaryDirectory() as place, contextlib.ExitStack() as stack:
        place = pathlib.Path(place)
        aws, port = free_port(), free_port()
        (place / "desired-state").mkdir()
        (place / "desired-state" / "group.yaml").write_text(GROUP)
        (place / "palisade.yaml").write_text(SETTINGS.format(port=port))
        (place / "token").write_text(TOKEN + "\n")
        plain = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "PALISADE_"))}
        simulate = [program, "simulate", "--seeded", "--listen", f"127.0.0.1:{aws}"]
        start(stack, place, "simulate", simulate, env=plain)
        environment = plain | {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{aws}", "AWS_REGION": REGION, "AWS_ACCESS_KEY_ID": ACCOUNT,
            "AWS_SECRET_ACCESS_KEY": "any", "AWS_EC2_METADATA_DISABLED": "true",
        }
        start(stack, place, "run", [program, "run"], cwd=place, env=environment)
        url = f"http://127.0.0.1:{port}"
        until("palisade is ready", lambda: get(f"{url}/readyz"))
        # The same cases in every run; the description is behind the token like the rest.
        command = [
            tester, "run", f"{url}/openapi.json", "--header", f"Authorization: Bearer {TOKEN}", "--checks", "all",
            "--phases", "examples,coverage,fuzzing", "--seed", "1", "--max-examples", "40",
        ]
        return subprocess.run(command, cwd=place, env=plain | {"NO_COLOR": "1"}).returncode


if __name__ == "__main__":
    sys.exit(main())
