"""Secrets of notifications in Secrets Manager: what palisade relies on, as `doctor` reads them."""

import json
import pathlib
import tempfile

import boto3
from world import CREDENTIALS, REGION

SETTINGS = """\
owner: contract
scopes:
  ml: {{account: "{account}", region: {region}}}
notify:
  - {{name: siem, webhook: {{url: "https://siem.example.com/", secret: {{secretsManager: "{arn}"}}}}}}
"""
TEXT = "a-secret-that-nobody-may-see"


def check(contract, equal):
    """Runs the checks on a target; `equal` compares."""
    vault = Vault(contract, equal)
    contract.check("a secret of a notification is read, and not shown", vault.read)
    contract.check("a secret that is not there is said", vault.missing)


class Vault:
    def __init__(self, contract, equal):
        self.contract, self.equal = contract, equal
        client = boto3.client(
            "secretsmanager",
            endpoint_url=contract.target.url,
            region_name=REGION,
            aws_access_key_id=CREDENTIALS["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
        )
        self.arn = client.create_secret(Name="on-call/siem", SecretString=TEXT)["ARN"]

    def doctor(self, arn):
        with tempfile.TemporaryDirectory() as place:
            settings = pathlib.Path(place) / "palisade.yaml"
            account = CREDENTIALS["AWS_ACCESS_KEY_ID"]
            settings.write_text(SETTINGS.format(account=account, region=REGION, arn=arn))
            run = self.contract.process(settings, "doctor", place, "-o", "json")
        found = [it for it in json.loads(run.out)["checks"] if it["name"] == "notify siem"]
        self.equal("checks", len(found), 1, run)
        if TEXT in run.out:
            raise AssertionError("the secret is shown")
        return found[0], run

    def read(self):
        found, run = self.doctor(self.arn)
        self.equal("status", found["status"], "ok", run)
        calls = [call.name for call in run.calls]
        self.equal("calls", calls.count("secretsmanager:GetSecretValue"), 1, run)

    def missing(self):
        found, run = self.doctor(self.arn[:-6] + "AbCdEf")
        self.equal("status", found["status"], "fail", run)
        if "create the secret" not in found["help"]:
            raise AssertionError(found["help"])
