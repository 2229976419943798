"""Leases in a DynamoDB table: what palisade relies on of DynamoDB itself, and `apply` with the lease of its scope."""

import pathlib
import tempfile
import threading

from botocore.exceptions import ClientError
from memory import TABLE
from world import REGION, ROLE

REFUSED = "ConditionalCheckFailedException"
SETTINGS = """\
owner: leases
scopes:
  ml: {{account: "{account}", region: {region}, assumeRole: {{roleArn: "{role}"}}}}
leases: {{dynamodb: {{table: {table}, region: {region}}}}}
"""
GROUP = """\
apiVersion: palisade.dev/v1alpha1
kind: SecurityGroup
metadata: {{name: leased}}
spec: {{description: leased, vpc: {vpc}, ingress: [], egress: []}}
"""


def check(contract, table, equal):
    """Runs the checks on a target; `table` is the one of the memory, which the leases share."""
    items = Items(table.client)
    contract.check("DynamoDB: a lease is taken, renewed, released and taken over on its conditions", items.life)
    contract.check("DynamoDB: whoever is late changes nothing", items.late)
    commands = Commands(contract, table, equal)
    contract.check("leases: apply takes the lease of its scope and gives it back", commands.taken)
    contract.check("leases: apply refuses while somebody renews it, and names them", commands.refused)


class Items:
    """The expressions as `src/aws/items.rs` sends them."""

    def __init__(self, client):
        self.client = client

    def key(self, scope):
        return {"key": {"S": "leases/contract"}, "item": {"S": scope}}

    def create(self, scope, owner, version):
        members = {"owner": {"S": owner}, "fence": {"N": "1"}, "version": {"S": version}, "released": {"N": "0"}}
        try:
            self.client.put_item(
                TableName=TABLE,
                Item=self.key(scope) | members,
                ConditionExpression="attribute_not_exists(#version)",
                ExpressionAttributeNames={"#version": "version"},
            )
        except ClientError as error:
            return error.response["Error"]["Code"]
        return "written"

    def update(self, scope, seen, new, sets=(), demands=(), counts=False):
        names, values = {"#version": "version"}, {":seen": {"S": seen}, ":new": {"S": new}}
        condition, update = "#version = :seen", "SET #version = :new"
        for number, (name, value) in enumerate(demands):
            condition += f" AND #d{number} = :d{number}"
            names[f"#d{number}"], values[f":d{number}"] = name, value
        for number, (name, value) in enumerate(sets):
            update += f", #s{number} = :s{number}"
            names[f"#s{number}"], values[f":s{number}"] = name, value
        if counts:
            update += " ADD #count :one"
            names["#count"], values[":one"] = "fence", {"N": "1"}
        try:
            answer = self.client.update_item(
                TableName=TABLE,
                Key=self.key(scope),
                ConditionExpression=condition,
                UpdateExpression=update,
                ExpressionAttributeNames=names,
                ExpressionAttributeValues=values,
                ReturnValues="ALL_NEW",
            )
        except ClientError as error:
            return error.response["Error"]["Code"]
        return answer["Attributes"]

    def take(self, scope, owner, seen, new):
        sets = (("owner", {"S": owner}), ("released", {"N": "0"}))
        return self.update(scope, seen, new, sets=sets, counts=True)

    def renew(self, scope, owner, fence, seen, new, released=False):
        demands = (("owner", {"S": owner}), ("fence", {"N": str(fence)}))
        sets = (("released", {"N": "1"}),) if released else ()
        return self.update(scope, seen, new, sets=sets, demands=demands)

    def life(self):
        found = [self.create("life", "a", "a/1"), self.create("life", "b", "b/1")]
        assert found == ["written", REFUSED], found
        renewed = self.renew("life", "a", 1, "a/1", "a/2")
        assert renewed["version"] == {"S": "a/2"} and renewed["fence"] == {"N": "1"}, renewed
        released = self.renew("life", "a", 1, "a/2", "a/3", released=True)
        assert released["released"] == {"N": "1"} and released["owner"] == {"S": "a"}, released
        taken = self.take("life", "b", "a/3", "b/2")
        assert (taken["owner"], taken["fence"], taken["released"]) == ({"S": "b"}, {"N": "2"}, {"N": "0"}), taken

    def late(self):
        self.create("late", "a", "a/1")
        self.take("late", "b", "a/1", "b/1")
        found = [
            self.renew("late", "a", 1, "a/1", "a/2"),
            self.renew("late", "a", 1, "b/1", "a/3"),
            self.renew("late", "b", 1, "b/1", "b/2"),
            self.take("late", "c", "a/1", "c/1"),
            self.take("nothing", "c", "a/1", "c/2"),
        ]
        assert found == [REFUSED] * 5, found
        kept = self.client.get_item(TableName=TABLE, Key=self.key("late"), ConsistentRead=True)["Item"]
        assert (kept["owner"], kept["fence"], kept["version"]) == ({"S": "b"}, {"N": "2"}, {"S": "b/1"}), kept


class Commands:
    """palisade's `apply` with leases."""

    def __init__(self, contract, table, equal):
        self.contract, self.table, self.equal = contract, table, equal

    def apply(self, text):
        with tempfile.TemporaryDirectory() as place:
            settings = pathlib.Path(place) / "palisade.yaml"
            account = self.contract.world.account
            role = ROLE.format(account)
            settings.write_text(SETTINGS.format(account=account, region=REGION, role=role, table=TABLE))
            tree = pathlib.Path(place) / "tree"
            tree.mkdir()
            (tree / "group.yaml").write_text(text)
            return self.contract.process(settings, "apply", "--yes", "--timeout", "60s", str(tree))

    def group(self):
        ec2 = self.contract.world.ec2
        return GROUP.format(vpc=ec2.describe_vpcs()["Vpcs"][0]["VpcId"])

    def item(self):
        return self.table.get("leases/leases", "ml")

    def taken(self):
        for fence in ("1", "2"):
            run = self.apply(self.group())
            self.equal("exit", run.code, 0, run)
            item = self.item()
            self.equal("fence", item["fence"]["N"], fence, run)
            self.equal("released", item["released"]["N"], "1", run)
            created = run.writes.get("ec2:CreateSecurityGroup", 0)
            self.equal("groups", created, 1 if fence == "1" else 0, run)

    def refused(self):
        """Somebody renews the lease every second."""
        done = threading.Event()

        def renew():
            number = 0
            while not done.is_set():
                number += 1
                self.table.put(
                    "leases/leases",
                    "ml",
                    f"other/{number}",
                    owner={"S": "other"},
                    fence={"N": "7"},
                    durationMs={"N": "60000"},
                    released={"N": "0"},
                )
                done.wait(1)

        somebody = threading.Thread(target=renew)
        somebody.start()
        try:
            rule = "ingress: [{protocol: tcp, ports: 443, from: [10.0.0.0/16]}]"
            run = self.apply(self.group().replace("ingress: []", rule))
        finally:
            done.set()
            somebody.join()
        self.equal("exit", run.code, 1, run)
        self.equal("named", "held by other" in run.err, True, run)
        self.equal("writes", {name: n for name, n in run.writes.items() if name.startswith("ec2:")}, {}, run)
        self.equal("owner", self.item()["owner"]["S"], "other", run)
