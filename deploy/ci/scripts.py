"""Writes the scripts of the pipelines into a directory, and checks what a schema cannot say.

    scripts.py DIR
"""

import pathlib
import re
import sys

from ruamel.yaml import YAML

HERE = pathlib.Path(__file__).parent
yaml = YAML(typ="safe")


def github(out: pathlib.Path) -> None:
    action = yaml.load(HERE / "github/action.yml")
    workflow = yaml.load(HERE / "github/workflow.yml")
    steps = [("action", step) for step in action["runs"]["steps"]]
    steps += [("workflow", step) for job in workflow["jobs"].values() for step in job["steps"]]
    for place, step in steps:
        if "run" not in step:
            continue
        name = f"{place}: {step['name']}"
        # What stands in an expression in a script is run as a part of it.
        assert "${{" not in step["run"], f"{name}: an expression in a script"
        known = {"GITHUB_OUTPUT", "GITHUB_REPOSITORY", "GITHUB_STEP_SUMMARY", "RUNNER_TEMP"}
        exported = "".join(f"export {it}=\n" for it in sorted(known | set(step.get("env", {}))))
        (out / f"{place}-{step['name'].replace(' ', '-')}.bash").write_text(
            f"#!/usr/bin/env bash\nset -eo pipefail\n{exported}{step['run']}"
        )
    text = (HERE / "github/action.yml").read_text()
    used = set(re.findall(r"inputs\.([a-z-]+)", text))
    assert used == set(action["inputs"]), f"inputs: {used ^ set(action['inputs'])}"
    ids = {step.get("id") for step in action["runs"]["steps"]}
    for step in re.findall(r"steps\.([a-z-]+)\.", text):
        assert step in ids, f"no step {step}"
    for step in workflow["jobs"]["check"]["steps"]:
        if step.get("uses") == "./.github/actions/palisade":
            unknown = set(step.get("with", {})) - set(action["inputs"])
            assert not unknown, f"the action has no {unknown}"


def gitlab(out: pathlib.Path) -> None:
    text = (HERE / "gitlab/palisade.gitlab-ci.yml").read_text()
    spec, jobs = yaml.load_all(text)
    used = set(re.findall(r"\$\[\[ inputs\.([a-z-]+) \]\]", text))
    assert used == set(spec["spec"]["inputs"]), f"inputs: {used}"
    for name, job in jobs.items():
        script = "\n".join(job["script"])
        assert "$[[" not in script, f"{name}: an input in a script"
        variables = set(job.get("variables", {})) | set(job.get("id_tokens", {}))
        variables |= set(re.findall(r"\$\{?(CI_[A-Z0-9_]+)", script))
        exported = "".join(f"export {it}=\n" for it in sorted(variables))
        (out / f"{name.replace(':', '-')}.sh").write_text(f"#!/bin/sh\nset -e\n{exported}{script}\n")


def main() -> None:
    out = pathlib.Path(sys.argv[1])
    out.mkdir(parents=True, exist_ok=True)
    github(out)
    gitlab(out)
    assert len(list(out.iterdir())) >= 5, "scripts are missing"


main()
