// The operator's command line against a running server, and the server against its own document.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { after, before, describe, test } from "node:test";
import { promisify } from "node:util";
import { Cdp } from "./support/cdp.mjs";
import { BINARY, eventually, needsHangar, startHangar } from "./support/harness.mjs";

const run = promisify(execFile);

describe("the operator", needsHangar, () => {
  let hangar, document;
  before(async () => {
    hangar = await startHangar();
    document = JSON.parse((await run(BINARY, ["openapi"])).stdout);
  });
  after(async () => {
    await Cdp.cutAll();
    await hangar?.stop();
  });

  async function hangarCli(...args) {
    const env = { ...process.env, HANGAR_SERVER: hangar.http, HANGAR_KEY: hangar.key };
    return (await run(BINARY, args, { env })).stdout;
  }
  const json = async (...args) => JSON.parse(await hangarCli(...args, "--json"));

  test("opens, shows, lists and changes accounts", async () => {
    const made = await json("account", "create", "Ada's bots", "--plan=subscription", "--included-hours=10", "--balance=5");
    assert.deepEqual([made.name, made.plan.kind, made.plan.includedHours, made.balance], ["Ada's bots", "subscription", 10, 5]);
    assert.deepEqual(await json("account", "show", made.id), made);
    const changed = await json("account", "update", made.id, "--status=suspended", "--top-up=2.5");
    assert.deepEqual([changed.status, changed.balance], ["suspended", 7.5]);
    assert.deepEqual((await json("account", "list")).items.find((each) => each.id === made.id), changed);
    assert.match(await hangarCli("account", "list"), new RegExp(`^${made.id} .*Ada's bots .*subscription .*suspended`, "m"));
  });

  test("makes, lists and takes back keys", async () => {
    const { id: account } = await json("account", "create", "keys");
    const key = await json("key", "create", `--account=${account}`, "--level=read", "--name=ci");
    assert.equal((await hangar.api("GET", "/api/quota", { token: key.secret })).status, 200);
    const [listed] = (await json("key", "list", `--account=${account}`)).items;
    assert.deepEqual([listed.id, listed.name, listed.level, listed.secret], [key.id, "ci", "read", undefined]);
    assert.deepEqual(await json("key", "revoke", `--account=${account}`, key.id), { success: true });
    assert.equal((await hangar.api("GET", "/api/quota", { token: key.secret })).status, 401);
    await assert.rejects(hangarCli("key", "revoke", `--account=${account}`, "key_none"), /answered 4/);
  });

  test("lists live sessions and ends one", async () => {
    const client = await Cdp.connect(hangar.endpoint());
    const [live] = (await json("session", "list")).items;
    assert.equal(live.id, client.sessionId);
    assert.match(await hangarCli("session", "list"), new RegExp(`^${live.id} .*mac`, "m"));
    assert.deepEqual(await json("session", "end", live.id), { success: true });
    await client.ended();
    await eventually("an empty list", async () => (await json("session", "list")).items.length === 0);
    const [node] = (await hangar.api("GET", "/operator/v1/nodes")).body.items;
    assert.equal(typeof node.isolation, "string");
  });

  test("finds every path of the document at the server, with its methods", async () => {
    for (const [path, methods] of Object.entries(document.paths)) {
      const concrete = path.replace("{token}", "A".repeat(43)).replace(/\{\w+\}/g, "x");
      for (const method of Object.keys(methods)) {
        const { status, body } = await hangar.api(method.toUpperCase(), concrete, { token: null });
        const isKnown = status !== 405 && !(status === 404 && body?.error === "Not found");
        assert.ok(isKnown, `${method} ${path}: ${status}`);
      }
    }
  });

  test("gets what the document requires of each reply", async () => {
    const schema = (part) => (part.$ref ? document.components.schemas[part.$ref.split("/").at(-1)] : part);
    function fits(value, part, where) {
      const { required = [], properties = {}, items, allOf = [] } = schema(part);
      for (const name of required) assert.ok(value[name] !== undefined, `${where} has ${name}`);
      for (const [name, inner] of Object.entries(properties)) if (value[name] != null) fits(value[name], inner, `${where}.${name}`);
      if (items) value.forEach((each, index) => fits(each, items, `${where}[${index}]`));
      for (const inner of allOf) fits(value, inner, where);
    }
    const client = await Cdp.connect(hangar.endpoint());
    for (const [path, { get }] of Object.entries(document.paths)) {
      const reply = get?.responses["200"]?.content?.["application/json"];
      if (!reply || path.includes("{")) continue;
      const { status, body } = await hangar.api("GET", `${path}?token=${hangar.key}`);
      assert.equal(status, 200, path);
      fits(body, reply.schema, path);
    }
    for (const name of Object.keys(document.paths["/"].get.responses["101"].headers)) {
      assert.ok(name !== "X-Hangar-Session-Id" || client.headers[name.toLowerCase()], name);
    }
    await client.close();
  });
});
