// An editor with a language server: opens documents, and expects its completions, hovers and diagnostics.
//
//   node editor.mjs SERVER SCHEMAS
import { spawn } from "node:child_process";
import { pathToFileURL } from "node:url";
import assert from "node:assert/strict";
import path from "node:path";

const [server, schemas] = process.argv.slice(2);
const schema = (name) => pathToFileURL(path.resolve(schemas, `${name}.json`)).href;
const child = spawn(process.execPath, [server, "--stdio"], { stdio: ["pipe", "pipe", "inherit"] });

let last = 0;
const waiting = new Map();
const diagnostics = new Map();
let buffer = Buffer.alloc(0);
child.stdout.on("data", (data) => {
  buffer = Buffer.concat([buffer, data]);
  for (;;) {
    const head = buffer.indexOf("\r\n\r\n");
    if (head < 0) return;
    const length = Number(/Content-Length: (\d+)/i.exec(buffer.subarray(0, head).toString())[1]);
    if (buffer.length < head + 4 + length) return;
    const message = JSON.parse(buffer.subarray(head + 4, head + 4 + length).toString());
    buffer = buffer.subarray(head + 4 + length);
    receive(message);
  }
});
child.on("exit", (code) => {
  if (code) throw new Error(`the language server ended with ${code}`);
});

function send(message) {
  const text = JSON.stringify({ jsonrpc: "2.0", ...message });
  child.stdin.write(`Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`);
}

function receive(message) {
  if (message.method === "textDocument/publishDiagnostics") {
    const { uri, diagnostics: found } = message.params;
    diagnostics.get(uri)?.(found);
  } else if (message.method && message.id !== undefined) {
    // The server asks for its settings; an empty answer means the defaults.
    const many = message.method === "workspace/configuration";
    send({ id: message.id, result: many ? message.params.items.map(() => ({})) : null });
  } else if (message.id !== undefined) {
    const { resolve, reject } = waiting.get(message.id);
    waiting.delete(message.id);
    if (message.error) reject(new Error(JSON.stringify(message.error)));
    else resolve(message.result);
  }
}

function ask(method, params) {
  const id = ++last;
  const answer = new Promise((resolve, reject) => waiting.set(id, { resolve, reject }));
  send({ id, method, params });
  return answer;
}

// Opens a document and gives what is wrong with it.
let documents = 0;
async function open(name, text) {
  const uri = `file:///work/${++documents}/palisade.yaml`;
  const whole = `# yaml-language-server: $schema=${schema(name)}\n${text}`;
  const found = new Promise((resolve) => diagnostics.set(uri, resolve));
  send({
    method: "textDocument/didOpen",
    params: { textDocument: { uri, languageId: "yaml", version: 1, text: whole } },
  });
  return { uri, whole, wrong: (await found).map((it) => it.message) };
}

// Where `|` stands in a document, completions or the text of a hover.
async function at(method, name, marked) {
  const before = marked.slice(0, marked.indexOf("|"));
  const { uri } = await open(name, marked.replace("|", ""));
  const line = before.split("\n").length;
  const character = before.length - before.lastIndexOf("\n") - 1;
  return ask(method, { textDocument: { uri }, position: { line, character } });
}

async function completes(name, marked, expected) {
  const answer = await at("textDocument/completion", name, marked);
  const labels = (answer.items ?? answer).map((item) => item.label);
  for (const label of expected) assert.ok(labels.includes(label), `${label}: ${labels}`);
}

async function describes(name, marked, expected) {
  const answer = await at("textDocument/hover", name, marked);
  const text = JSON.stringify(answer?.contents ?? "");
  assert.ok(text.includes(expected), `${expected}: ${text}`);
}

async function flags(name, text, expected) {
  const { wrong } = await open(name, text);
  assert.ok(wrong.some((it) => it.includes(expected)), `${expected}: ${wrong}`);
}

async function accepts(name, text) {
  const { wrong } = await open(name, text);
  assert.deepEqual(wrong, [], text);
}

const group = (spec) =>
  `apiVersion: palisade.dev/v1alpha1\nkind: SecurityGroup\nmetadata: {name: web}\nspec:\n${spec}`;
const rules = "  description: x\n  vpc: vpc-0123456789abcdef0\n  egress: []\n";
const key = (days) =>
  `apiVersion: palisade.dev/v1alpha1\nkind: KmsKey\nmetadata: {name: k}\nspec:\n  rotation: {enabled: true, periodDays: ${days}}\n`;

const timer = setTimeout(() => {
  console.error("the language server does not answer");
  process.exit(1);
}, 120_000);
await ask("initialize", {
  processId: process.pid,
  rootUri: null,
  capabilities: {
    textDocument: {
      completion: { completionItem: { documentationFormat: ["markdown"] } },
      hover: { contentFormat: ["markdown"] },
      publishDiagnostics: {},
    },
    workspace: { configuration: true },
  },
});
send({ method: "initialized", params: {} });
const settings = { yaml: { validate: true, completion: true, hover: true, schemaStore: { enable: false } } };
send({ method: "workspace/didChangeConfiguration", params: { settings } });

await accepts("SecurityGroup", group(rules));
await accepts("all", group(rules));
await flags("SecurityGroup", group(`${rules}  ingres: []\n`), "ingres");
await flags("all", group(`${rules}  ingres: []\n`), "ingres");
await flags("all", group(rules).replace("SecurityGroup", "SecurtyGroup"), "SecurityGroup");
await accepts("KmsKey", key("365"));
await accepts("KmsKey", key('"${var.days}"'));
await flags("KmsKey", key('"a year"'), "");
await completes("SecurityGroup", group("  |\n"), ["ingress", "egress", "vpc"]);
await completes("all", group("  |\n"), ["ingress", "egress", "vpc"]);
await completes("all", "apiVersion: palisade.dev/v1alpha1\nkind: |\n", ["SecurityGroup", "AWS::S3::Bucket", "Approval"]);
await completes("SageMakerDomain", "kind: SageMakerDomain\nspec:\n  appNetworkAccessType: |\n", ["VpcOnly"]);
await describes("SecurityGroup", group("  ing|ress: []\n"), "ules");
await accepts("settings", "owner: x\ninterval: 60s\nrules: {SG-01: {level: off, reason: x}, SG-05: warn}\n");
await flags("settings", "owner: x\nintervall: 60s\n", "intervall");
await completes("settings", "owner: x\nmode: |\n", ["enforce", "observe"]);
await describes("settings", "own|er: x\n", "installation");
clearTimeout(timer);
console.log(`${documents} documents: completed, described and flagged as expected`);
await ask("shutdown", null);
send({ method: "exit" });
