"""Runs `palisade validate` over directories with everything that it can say, in every form, and judges the forms."""

import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from xml.etree import ElementTree

import fastjsonschema
import junitparser

SETTINGS = """\
owner: forms
scopes: {ml: {account: "111122223333", region: eu-wset-1}}
rules: {KMS-01: {level: off, reason: "keys are <rotated> & \\"kept\\" elsewhere"}}
"""
HEAD = "apiVersion: palisade.dev/v1alpha1\n"
GROUP = HEAD + """\
kind: SecurityGroup
metadata: {name: NAME}
REST
spec:
  description: x
  vpc: vpc-0123456789abcdef0
  ingress: [{description: "100 of {x, y}", protocol: tcp, ports: 22, from: [0.0.0.0/0]}]
  egress: []
"""
KEY = HEAD + """\
kind: KmsKey
metadata: {name: key}
spec:
  rotation: {enabled: false}
  policy:
    Version: "2012-10-17"
    Statement:
      - {Sid: Root, Effect: Allow, Principal: {AWS: "arn:aws:iam::111122223333:root"}, Action: "kms:*", Resource: "*"}
"""
WAIVED = 'lifecycle: {waive: {SG-01: "öffentlich, <gewollt> & gewußt: 100 %, ja"}}'


def group(name, rest=""):
    return GROUP.replace("NAME", name).replace("REST\n", f"{rest}\n" if rest else "")


# By name: the files of a directory, in which `validate --strict` finds something.
DIRECTORIES = {
    "a warning alone": {"a.yaml": HEAD + "kind: SecurityGroup\nmetadata: {name: a}\nspec:\n  description: x\n"
                 "  vpc: vpc-0123456789abcdef0\n  ingress: []\n  egress: []\n"},
    "findings": {"open.yaml": group("open"), "waived, 50 %.yaml": group("waived", WAIVED), "keys.yaml": KEY},
    "problems": {
        "ä b/ümlaut.yaml": HEAD + "kind: SecurityGroup\nmetadata: {name: x}\nspec: {description: \"日本 ü\", vcp: vpc-1}\n",
        "twice.yaml": group("x") + "---\n" + group("y\nspec: <&>").replace("metadata", "metdata"),
        "list.yaml": "- a\n- \"\\u0007\"\n",
        "broken, 1:2.yaml": "kind: [\n",
    },
}

passed = failed = 0


def check(name, problems):
    global passed, failed
    problems = list(problems)
    if problems:
        failed += 1
        print(f"FAILED  {name}")
        for problem in problems[:10]:
            print(f"        {problem}")
    else:
        passed += 1
        print(f"ok      {name}")


def sarif(log, told, root, validator):
    try:
        validator(log)
    except fastjsonschema.JsonSchemaException as error:
        yield f"the schema refuses it: {error}"
        return
    run = log["runs"][0]
    rules = run["tool"]["driver"]["rules"]
    results = run.get("results", [])
    expected = sum(len(told[part]) for part in ("problems", "warnings", "findings"))
    if len(results) != expected:
        yield f"{len(results)} results for {expected} messages"
    accepted = sum(1 for it in told["findings"] if not is_open(it))
    suppressed = sum(1 for it in results if it["suppressions"])
    if suppressed != accepted:
        yield f"{suppressed} suppressed, {accepted} accepted"
    if len({rule["id"] for rule in rules}) != len(rules):
        yield "a rule is there twice"
    prints = [it["partialFingerprints"]["palisade/v1"] for it in results]
    if len(set(prints)) != len(prints):
        yield "two results have one fingerprint"
    for result in results:
        if rules[result["ruleIndex"]]["id"] != result["ruleId"]:
            yield f"{result['ruleId']} has the index of another rule"
        place = result["locations"][0]["physicalLocation"]
        uri = place["artifactLocation"]["uri"]
        if not re.fullmatch(r"(?:[A-Za-z0-9._~/-]|%[0-9A-F]{2})+", uri):
            yield f"not a URI: {uri}"
            continue
        name = re.sub(r"%([0-9A-F]{2})", lambda it: chr(int(it[1], 16)), uri).encode("latin-1").decode()
        region = place.get("region")
        if not (root / name).exists():
            yield f"there is no {name}"
        elif region:
            lines = (root / name).read_text().splitlines()
            line = lines[region["startLine"] - 1] if region["startLine"] <= len(lines) else None
            if line is None or region["startColumn"] > len(line) + 1:
                yield f"{name} has no {region}"
            if not region["startColumn"] <= region.get("endColumn", 10**6):
                yield f"{region} ends before it begins"


def is_open(finding):
    off = (finding.get("switch") or {}).get("level") == "off"
    return finding.get("waived") is None and not off


def junit(text, told, path):
    path.write_text(text)
    xml = junitparser.JUnitXml.fromfile(str(path))
    cases = [case for suite in xml for case in suite]
    fails = [case for case in cases if case.is_failure]
    skips = [case for case in cases if case.is_skipped]
    suite = ElementTree.fromstring(text.encode())
    for element in (suite, suite[0]):
        says = {key: int(element.get(key)) for key in ("tests", "failures", "errors", "skipped")}
        is_ = {"tests": len(cases), "failures": len(fails), "errors": 0, "skipped": len(skips)}
        if says != is_:
            yield f"it says {says} and has {is_}"
    wrong = len(told["problems"]) + len(told["warnings"]) + sum(map(is_open, told["findings"]))
    if len(fails) != wrong:
        yield f"{len(fails)} failures for {wrong} messages"
    for case in fails:
        if not (case.name and case.classname and case.result[0].message and case.result[0].text):
            yield f"{case.name}: a failure that says nothing"


PROPERTY = r"[^:,\r\n]*"
ANNOTATION = re.compile(
    rf"::(error|warning) file={PROPERTY}(,line=[1-9][0-9]*,col=[1-9][0-9]*)?(,title={PROPERTY})?::(?P<text>.+)")


def github(text, told):
    lines = text.splitlines()
    wrong = len(told["problems"]) + len(told["warnings"]) + sum(map(is_open, told["findings"]))
    if len(lines) != wrong:
        yield f"{len(lines)} lines for {wrong} messages"
    for line in lines:
        if not ANNOTATION.fullmatch(line):
            yield f"not an annotation: {line!r}"
        elif re.search(r"%(?!25|0A|0D|3A|2C)", line):
            yield f"a percent sign that is not escaped: {line!r}"


def main(palisade, schema):
    validator = fastjsonschema.compile(json.loads(Path(schema).read_text()))
    wrong = {"version": "2.1.0", "runs": [{"tool": {"driver": {}}}]}
    try:
        validator(wrong)
        check("the schema refuses a log without a name", ["it does not"])
    except fastjsonschema.JsonSchemaException:
        check("the schema refuses a log without a name", [])
    for name, files in DIRECTORIES.items():
        with tempfile.TemporaryDirectory() as place:
            root = Path(place)
            (root / "palisade.yaml").write_text(SETTINGS)
            for file, text in files.items():
                path = root / "desired-state" / file
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)

            def said(form):
                run = subprocess.run([palisade, "validate", "--strict", "-o", form], cwd=root, capture_output=True)
                if run.returncode != 1:
                    check(f"{name}: {form} ends with 1", [f"with {run.returncode}: {run.stderr.decode()}"])
                return run.stdout.decode()

            told = json.loads(said("json"))
            counts = {part: len(told[part]) for part in ("problems", "warnings", "findings")}
            empty = [f"no {part}" for part in ("problems", "findings") if name == part and not counts[part]]
            check(f"{name}: {counts}", empty)
            check(f"{name}: SARIF", sarif(json.loads(said("sarif")), told, root, validator))
            check(f"{name}: JUnit", junit(said("junit"), told, root / "report.xml"))
            check(f"{name}: GitHub", github(said("github"), told))
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
