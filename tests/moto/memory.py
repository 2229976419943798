"""The memory in a DynamoDB table: what palisade relies on of DynamoDB itself, and the brake over the table."""

import json
import pathlib
import tempfile

import boto3
from botocore.exceptions import ClientError
from world import CREDENTIALS, REGION

TABLE = "palisade"
SETTINGS = """\
owner: contract
scopes:
  ml: {{account: "{account}", region: {region}}}
memory: {{dynamodb: {{table: {table}, region: {region}}}}}
"""


def check(contract, equal):
    """Runs the checks on a target; `equal` compares."""
    table = Table(contract.target)
    memory = Memory(contract, table, equal)
    contract.check("DynamoDB: a write names the version that it replaces, or that there is none", table.write)
    contract.check("DynamoDB: a query gives the items of a partition in order, page by page", table.query)
    contract.check("DynamoDB: a fence only grows", table.fence)
    contract.check("memory: a brake is kept, seen elsewhere, and released", memory.brake)
    contract.check("memory: pauses of two machines are merged", memory.pauses)
    contract.check("memory: a damaged item means that the brake is on", memory.damaged)
    contract.check("memory: without the table nothing is promised", memory.missing)
    return table


class Table:
    """The table, through boto3."""

    def __init__(self, target):
        self.client = boto3.client(
            "dynamodb",
            endpoint_url=target.url,
            region_name=REGION,
            aws_access_key_id=CREDENTIALS["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
        )
        self.client.create_table(
            TableName=TABLE,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("key", "item")],
            KeySchema=[{"AttributeName": "key", "KeyType": "HASH"}, {"AttributeName": "item", "KeyType": "RANGE"}],
        )

    def put(self, key, item, version, condition=None, seen=None, **members):
        more = {}
        if condition:
            more = {"ConditionExpression": condition, "ExpressionAttributeNames": {"#version": "version"}}
        if seen:
            more["ExpressionAttributeValues"] = {":version": {"S": seen}}
        attributes = {"key": {"S": key}, "item": {"S": item}, "version": {"S": version}} | members
        try:
            self.client.put_item(TableName=TABLE, Item=attributes, **more)
        except ClientError as error:
            return error.response["Error"]["Code"]
        return "written"

    def get(self, key, item="head"):
        answer = self.client.get_item(
            TableName=TABLE, Key={"key": {"S": key}, "item": {"S": item}}, ConsistentRead=True
        )
        return answer.get("Item")

    def write(self):
        refused = "ConditionalCheckFailedException"
        new, same = "attribute_not_exists(#version)", "#version = :version"
        found = [
            self.put("a", "head", "1", new),
            self.put("a", "head", "2", new),
            self.put("a", "head", "2", same, "0"),
            self.put("a", "head", "2", same, "1"),
            self.put("b", "head", "1", same, "1"),
        ]
        assert found == ["written", refused, refused, "written", refused], found
        assert self.get("a")["version"] == {"S": "2"}

    def query(self):
        for number in (3, 1, 4, 0, 2):
            written = self.put("q", f"a/{number}", "1", bytes={"B": bytes([number]) * 300_000})
            assert written == "written", written
        self.put("q", "b/0", "1")
        found, more, pages = [], {}, 0
        while True:
            answer = self.client.query(
                TableName=TABLE,
                KeyConditionExpression="#key = :key AND begins_with(#item, :start)",
                ExpressionAttributeNames={"#key": "key", "#item": "item"},
                ExpressionAttributeValues={":key": {"S": "q"}, ":start": {"S": "a/"}},
                ConsistentRead=True,
                **more,
            )
            found += [item["bytes"]["B"][0] for item in answer["Items"]]
            pages += 1
            if "LastEvaluatedKey" not in answer:
                break
            more = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}
        assert found == [0, 1, 2, 3, 4] and pages > 1, (found, pages)

    def fence(self):
        for fence in ("1", "2"):
            answer = self.client.update_item(
                TableName=TABLE,
                Key={"key": {"S": "lease"}, "item": {"S": "ml"}},
                UpdateExpression="SET #owner = :me ADD #fence :one",
                ExpressionAttributeNames={"#owner": "owner", "#fence": "fence"},
                ExpressionAttributeValues={":me": {"S": "one"}, ":one": {"N": "1"}},
                ReturnValues="ALL_NEW",
            )
            assert answer["Attributes"]["fence"] == {"N": fence}, answer


class Memory:
    """palisade's `brake` over the table."""

    def __init__(self, contract, table, equal):
        self.contract, self.table, self.equal = contract, table, equal

    def run(self, *verb, table=TABLE):
        with tempfile.TemporaryDirectory() as place:
            settings = pathlib.Path(place) / "palisade.yaml"
            account = CREDENTIALS["AWS_ACCESS_KEY_ID"]
            settings.write_text(SETTINGS.format(account=account, region=REGION, table=table))
            run = self.contract.process(settings, "brake", *verb)
            if (settings.parent / "palisade.brake").exists():
                raise AssertionError("a brake file was written")
            return run

    def state(self, **more):
        run = self.run("status", "-o", "json", **more)
        self.equal("exit", run.code, 0, run)
        return json.loads(run.out)

    def brake(self):
        run = self.run("on", "--reason", "INC-7")
        self.equal("exit", run.code, 0, run)
        calls = {"dynamodb:GetItem": 1, "dynamodb:PutItem": 1}
        self.equal("calls", {call.name: 1 for call in run.calls}, calls, run)
        self.equal("reason", self.state()["stopped"]["reason"], "INC-7")
        self.equal("means", self.state()["stopped"]["means"], "remote")
        run = self.run("off")
        self.equal("exit", run.code, 0, run)
        self.equal("stopped", self.state()["stopped"], None)

    def pauses(self):
        for address in ("ml/KmsKey/a", "ml/KmsKey/b"):
            run = self.run("on", "--address", address, "--for", "1h", "--reason", "INC-7")
            self.equal("exit", run.code, 0, run)
        self.equal("pauses", len(self.state()["pauses"]), 2)
        run = self.run("off", "--all")
        self.equal("exit", run.code, 0, run)
        self.equal("pauses", self.state()["pauses"], [])

    def damaged(self):
        key = "memory/contract/brake"
        assert self.table.get(key), "the brake is kept there"
        self.table.put(key, "head", "x", text={"S": "garbage"})
        self.equal("means", self.state()["stopped"]["means"], "memory")
        run = self.run("off")
        self.equal("exit", run.code, 0, run)
        self.equal("stopped", self.state()["stopped"], None)

    def missing(self):
        run = self.run("on", "--reason", "INC-7", table="missing")
        self.equal("exit", run.code, 1, run)
        self.equal("means", self.state(table="missing")["stopped"]["means"], "memory")
