"""Facts of CloudFormation's resource types, from the registry schemas that the cfn-lint package carries.

Only names, shapes, flags, identifiers and permissions: no sentences. `facts.py` writes the files in
`src/kinds/cloud_control/facts`, `types.txt` there being the list of all types, and `facts.py --check` compares them with what it would write.
"""

import importlib.util
import json
import sys
from importlib import metadata
from pathlib import Path

REGION = "us-east-1"
SOURCE = Path(__file__).resolve().parents[2] / "src"
FACTS = SOURCE / "kinds" / "cloud_control" / "facts"
TYPES = FACTS / "types.txt"
HANDLERS = ["create", "read", "update", "delete", "list"]


def schemas():
    package = Path(importlib.util.find_spec("cfnlint").origin).parent
    data = package / "data" / "schemas"
    files = json.loads((data / "providers" / f"{REGION}.json").read_text())
    date = json.loads((data / "version.json").read_text())["schema_date"]
    read = lambda name: json.loads((data / "resources" / f"{name}.json").read_text())
    return date, {kind: read(name) for kind, name in files.items()}


def path(pointer):
    """`/properties/A/items/properties/B` and `/properties/A/*/B` are both `A/*/B`."""
    parts = pointer.strip("/").split("/")
    kept, rest = [], iter(parts)
    for part in rest:
        if part == "properties":
            continue
        kept.append("*" if part in ("*", "items") else part)
    return "/".join(kept)


class Shapes:
    """The properties of a type as a tree. A type that contains itself is cut off as `any`."""

    def __init__(self, schema):
        self.schema = schema

    def resolve(self, node):
        seen = ()
        while "$ref" in node:
            name = node["$ref"]
            if name in seen:
                return {}, seen
            seen += (name,)
            target = self.schema
            for part in name.lstrip("#/").split("/"):
                target = target[part]
            node = target
        return node, seen

    def of(self, node, above=()):
        node, names = self.resolve(node)
        if any(name in above for name in names):
            return "any"
        above = above + names
        kind = node.get("type")
        kinds = kind if isinstance(kind, list) else [kind]
        if "array" in kinds and len(kinds) == 1:
            array = {"[]": self.of(node.get("items", {}), above)}
            if "insertionOrder" in node:
                array["ordered"] = node["insertionOrder"]
            if node.get("minItems", 0) > 0:
                array["min"] = node["minItems"]
            return array
        if node.get("properties") and len(kinds) == 1:
            return {name: self.of(inner, above) for name, inner in sorted(node["properties"].items())}
        words = {"string": "text", "integer": "number", "number": "number", "boolean": "bool"}
        if len(kinds) == 1 and kinds[0] in words:
            return words[kinds[0]]
        return "any"


def facts(kind, schema):
    handlers = schema.get("handlers", {})
    paths = lambda name: sorted({path(it) for it in schema.get(name, [])})
    tagging = schema.get("tagging", {})
    found = {
        "type": kind,
        "handlers": [name for name in HANDLERS if name in handlers],
        "identifier": [path(it) for it in schema["primaryIdentifier"]],
        "required": sorted(schema.get("required", [])),
        "createOnly": paths("createOnlyProperties"),
        "conditionalCreateOnly": paths("conditionalCreateOnlyProperties"),
        "writeOnly": paths("writeOnlyProperties"),
        "readOnly": paths("readOnlyProperties"),
        "deprecated": paths("deprecatedProperties"),
        "listRequires": sorted(handlers.get("list", {}).get("handlerSchema", {}).get("required", [])),
        "permissions": {name: sorted(it.get("permissions", [])) for name, it in sorted(handlers.items())},
        "properties": Shapes(schema).of({"type": "object", "properties": schema["properties"]}),
    }
    if tagging.get("taggable", True) and "tagProperty" in tagging:
        name = path(tagging["tagProperty"])
        shape = found["properties"].get(name)
        found["tags"] = {
            "property": name,
            "map": not (isinstance(shape, dict) and "[]" in shape),
            "onCreate": tagging.get("tagOnCreate", True),
            "updatable": tagging.get("tagUpdatable", True),
        }
    return found


def text(value):
    return json.dumps(value, indent=1, sort_keys=False) + "\n"


def files():
    date, all_types = schemas()
    version = metadata.version("cfn-lint")
    source = f"AWS CloudFormation registry schemas of {date} for {REGION}, from cfn-lint {version} (MIT-0)"
    curated = (FACTS / "curated.txt").read_text().split()
    for kind in curated:
        name = kind.removeprefix("AWS::").replace("::", "-").lower()
        yield FACTS / f"{name}.json", text({"source": source, **facts(kind, all_types[kind])})
    letters = lambda schema: "".join(name[0] for name in HANDLERS if name in schema.get("handlers", {})) or "-"
    identifier = lambda schema: "|".join(path(it) for it in schema["primaryIdentifier"])
    lines = [f"{kind} {letters(schema)} {identifier(schema)}" for kind, schema in sorted(all_types.items())]
    yield TYPES, "\n".join([f"# {source}", *lines]) + "\n"


def main():
    wrong = []
    for file, content in files():
        if "--check" in sys.argv[1:]:
            if not file.exists() or file.read_text() != content:
                wrong.append(file.name)
        else:
            file.write_text(content)
    for name in wrong:
        print(f"FAIL {name} is not what tests/facts/facts.py writes")
    if not wrong:
        print("the facts are those of the pinned registry data")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
