"""What palisade relies on in SQS, tried on moto and on the simulator alike.

    queue_contract.py --target moto|simulator --palisade target/debug/palisade

One line a check; the last line counts. Exit code 1 if any check failed.
"""

import argparse
import os
import pathlib
import subprocess
import sys
import tempfile
import threading
import time

import boto3
import botocore.config
import botocore.exceptions

from world import CREDENTIALS, HOME, REGION, Target

SETTINGS = """\
owner: contract
scopes:
  here: {{account: "{account}", region: {region}, events: {{queueUrl: "{url}"}}}}
interval: 60s
server: {{listen: "127.0.0.1:0"}}
"""
PATIENCE = 30
ODD = ["", "null", "[]", "{}", '{"detail": {}}', "[" * 10_000, "not JSON"]


def expect(what, right, found=None):
    if not right:
        raise AssertionError(f"{what}: {found!r}")


class Queue:
    def __init__(self, target, name):
        config = botocore.config.Config(retries={"total_max_attempts": 1}, read_timeout=40)
        keys = {"aws_access_key_id": HOME, "aws_secret_access_key": "any"}
        self.sqs = boto3.client(
            "sqs", endpoint_url=target.url, region_name=REGION, config=config, **keys
        )
        self.url = self.sqs.create_queue(QueueName=name)["QueueUrl"]

    def send(self, *bodies):
        for body in bodies:
            self.sqs.send_message(QueueUrl=self.url, MessageBody=body)

    def receive(self, most=10, wait=0):
        answer = self.sqs.receive_message(
            QueueUrl=self.url,
            MaxNumberOfMessages=most,
            WaitTimeSeconds=wait,
            MessageSystemAttributeNames=["ApproximateReceiveCount"],
        )
        return answer.get("Messages", [])

    def waiting(self):
        names = ["ApproximateNumberOfMessages"]
        answer = self.sqs.get_queue_attributes(QueueUrl=self.url, AttributeNames=names)
        return int(answer["Attributes"][names[0]])

    def delete(self, *receipts):
        entries = [{"Id": str(at), "ReceiptHandle": it} for at, it in enumerate(receipts)]
        answer = self.sqs.delete_message_batch(QueueUrl=self.url, Entries=entries)
        ids = lambda part: [it["Id"] for it in answer.get(part, [])]  # noqa: E731
        return ids("Successful"), ids("Failed")


class Contract:
    def __init__(self, target, palisade):
        self.target, self.palisade = target, palisade
        self.passed = self.failed = 0

    def check(self, body):
        name = body.__doc__
        try:
            body(Queue(self.target, body.__name__))
        except Exception as error:  # noqa: BLE001: a crash of a check is a failed check
            self.failed += 1
            print(f"FAIL {self.target.kind}: {name}: {error!r}", flush=True)
        else:
            self.passed += 1
            print(f"ok   {self.target.kind}: {name}", flush=True)

    def everything(self):
        for body in (
            self.batches,
            self.empty,
            self.long_poll,
            self.hidden,
            self.deletion,
            self.missing,
            self.drained,
        ):
            self.check(body)

    def batches(self, queue):
        """at most ten messages come at once, each with its text, receipt and count"""
        queue.send(*[f"message {number}" for number in range(12)])
        expect("waiting", queue.waiting() == 12, queue.waiting())
        found = queue.receive()
        expect("messages", len(found) == 10, len(found))
        for message in found:
            expect("text", message["Body"].startswith("message "), message)
            expect("receipt", message["ReceiptHandle"], message)
            expect("count", message["Attributes"]["ApproximateReceiveCount"] == "1", message)

    def empty(self, queue):
        """an empty queue answers without messages, and not with an error"""
        expect("messages", queue.receive(wait=1) == [])

    def long_poll(self, queue):
        """a poll that waits ends when a message comes"""
        threading.Timer(1, queue.send, ["late"]).start()
        begun = time.monotonic()
        found = queue.receive(wait=20)
        expect("message", [it["Body"] for it in found] == ["late"], found)
        expect("seconds", time.monotonic() - begun < 15, time.monotonic() - begun)

    def hidden(self, queue):
        """what was received is not received again at once"""
        queue.send("one")
        expect("first", len(queue.receive()) == 1)
        expect("second", queue.receive() == [])

    def deletion(self, queue):
        """a batch of deletions answers for each by itself"""
        queue.send("one", "two")
        receipts = [it["ReceiptHandle"] for it in queue.receive()]
        done, failed = queue.delete(receipts[0], "no-such-receipt", receipts[1])
        expect("done", done == ["0", "2"], (done, failed))
        expect("failed", failed == ["1"], (done, failed))
        expect("left", queue.waiting() == 0, queue.waiting())

    def missing(self, queue):
        """a queue that does not exist is an error with a code of its own"""
        queue.url += "-not"
        try:
            queue.receive()
        except botocore.exceptions.ClientError as error:
            code = error.response["Error"]["Code"]
            expect("code", "QueueDoesNotExist" in code or "NonExistentQueue" in code, code)
        else:
            raise AssertionError("no error")

    def drained(self, queue):
        """palisade takes every message off its queue, whatever stands in it, and writes nothing"""
        queue.send(*[body or " " for body in ODD])
        with tempfile.TemporaryDirectory() as place:
            place = pathlib.Path(place)
            (place / "state").mkdir()
            settings = SETTINGS.format(account=HOME, region=REGION, url=queue.url)
            (place / "palisade.yaml").write_text(settings)
            plain = {k: v for k, v in os.environ.items() if not k.startswith("AWS_")}
            environment = plain | CREDENTIALS | {"AWS_ENDPOINT_URL": self.target.url}
            daemon = subprocess.Popen(
                [self.palisade, "run", "state"], cwd=place, env=environment, text=True,
                stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
            )
            try:
                deadline = time.monotonic() + PATIENCE
                while self.left(queue) and time.monotonic() < deadline:
                    time.sleep(0.2)
                left = self.left(queue)
            finally:
                daemon.terminate()
                log = daemon.communicate(timeout=20)[1]
        expect("left", left == 0, (left, log[-2000:]))
        for body in ODD:
            expect("no text of a message is logged", len(body) < 5 or body not in log)

    def left(self, queue):
        """Those that wait and those that were received and not deleted."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        answer = queue.sqs.get_queue_attributes(QueueUrl=queue.url, AttributeNames=names)
        return sum(int(count) for count in answer["Attributes"].values())


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--target", choices=["moto", "simulator"], required=True)
    arguments.add_argument("--palisade", type=os.path.abspath, required=True)
    arguments = arguments.parse_args()
    target = Target(arguments.target, arguments.palisade)
    try:
        contract = Contract(target, arguments.palisade)
        contract.everything()
    finally:
        target.stop()
    print(f"{contract.passed} passed, {contract.failed} failed")
    sys.exit(contract.failed > 0)


main()
