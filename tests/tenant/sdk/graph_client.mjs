// Microsoft's JavaScript client against the offline tenant: what it sends is understood, what it gets it can read.
//
//   node graph_client.mjs http://127.0.0.1:12345 <token>
//
// Exits with 1 on the first thing that is not as expected.

import assert from "node:assert/strict";
import { createRequire } from "node:module";

// The package's ES modules import files without their extension, which Node does not follow.
const { BatchRequestContent, BatchResponseContent, Client, GraphError, HTTPMessageHandler, RetryHandler } =
  createRequire(import.meta.url)("@microsoft/microsoft-graph-client");

const [root, token] = process.argv.slice(2);
assert.ok(root && token, "usage: node graph_client.mjs <graph root> <token>");

/** The client's own handler hands tokens to https addresses alone; this one does so on loopback, too. */
class Bearer {
  async execute(context) {
    const headers = new Headers(context.options?.headers ?? context.request.headers);
    headers.set("Authorization", `Bearer ${token}`);
    context.options = { ...context.options, headers };
    await this.next.execute(context);
  }
  setNext(next) {
    this.next = next;
  }
}

const [bearer, retry] = [new Bearer(), new RetryHandler()];
bearer.setNext(retry);
retry.setNext(new HTTPMessageHandler());
const client = Client.initWithMiddleware({ baseUrl: root, middleware: bearer });

const E3 = "05e9a617-0261-4cee-bb44-138d3ef5d965";
const newcomer = {
  accountEnabled: true,
  displayName: "Mallory Cortez",
  mailNickname: "MalloryC",
  userPrincipalName: "MalloryC@contoso.com",
  usageLocation: "CH",
  passwordProfile: { password: "xWwvJ]6NMw+bWH-d", forceChangePasswordNextSignIn: true },
};

/** The refusal an action earns. */
async function refusal(action) {
  try {
    await action();
  } catch (error) {
    assert.ok(error instanceof GraphError, `no GraphError but ${error}`);
    return error;
  }
  assert.fail("was not refused");
}

async function listsEveryUserPageByPage() {
  const names = [];
  let page = await client.api("/users").select("id,displayName").top(10).get();
  for (;;) {
    names.push(...page.value.map((user) => user.displayName));
    const next = page["@odata.nextLink"];
    if (!next) break;
    // The client takes only https addresses as they are; this one has to lead back to the same version.
    assert.ok(next.startsWith(`${root}/v1.0/`), next);
    page = await client.api(next.slice(`${root}/v1.0`.length)).get();
  }
  assert.ok(names.length > 20, `only ${names.length} users`);
  assert.ok(names.includes("Adele Vance"));
}

async function createsAndReadsAUser() {
  const created = await client.api("/users").post(newcomer);
  const read = await client.api("/users/MalloryC@contoso.com").select("id,usageLocation").get();
  assert.equal(read.id, created.id);
  assert.equal(read.usageLocation, "CH");
  const again = await refusal(() => client.api("/users").post(newcomer));
  assert.equal(again.statusCode, 400);
  assert.equal(again.code, "Request_BadRequest");
  assert.match(again.message, /same value for property userPrincipalName already exists/);
  return created.id;
}

async function joinsAndLeavesAGroup(id) {
  const groups = await client.api("/groups").filter("displayName eq 'Finance'").select("id").get();
  const members = `/groups/${groups.value[0].id}/members`;
  const reference = { "@odata.id": `https://graph.microsoft.com/v1.0/directoryObjects/${id}` };
  await client.api(`${members}/$ref`).post(reference);
  const twice = await refusal(() => client.api(`${members}/$ref`).post(reference));
  assert.match(twice.message, /already exist for the following modified properties: 'members'/);
  const joined = await client.api(`/users/${id}/memberOf/microsoft.graph.group`).select("displayName").get();
  assert.deepEqual(joined.value.map((group) => group.displayName), ["Finance"]);
  const count = await client.api(`${members}/$count`).header("ConsistencyLevel", "eventual").get();
  assert.equal(Number(count), 3);
  await client.api(`${members}/${id}/$ref`).delete();
  assert.equal((await refusal(() => client.api(`${members}/${id}/$ref`).delete())).statusCode, 404);
}

async function assignsALicence(id) {
  await client.api(`/users/${id}/assignLicense`).post({ addLicenses: [{ skuId: E3, disabledPlans: [] }], removeLicenses: [] });
  const read = await client.api(`/users/${id}`).select("mail,assignedLicenses").get();
  assert.equal(read.assignedLicenses[0].skuId, E3);
  assert.equal(read.mail, "MalloryC@contoso.com");
}

async function batches(id) {
  const requests = new BatchRequestContent([
    { id: "1", request: new Request(`${root}/users/${id}?$select=id`, { method: "GET" }) },
    { id: "2", request: new Request(`${root}/users/nobody@contoso.com`, { method: "GET" }) },
    {
      id: "3",
      request: new Request(`${root}/users/${id}`, {
        method: "PATCH",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ department: "Legal" }),
      }),
    },
  ]);
  const answer = await client.api("/$batch").post(await requests.getContent());
  const responses = new BatchResponseContent(answer);
  assert.deepEqual(["1", "2", "3"].map((item) => responses.getResponseById(item).status), [200, 404, 204]);
}

async function deletes(id) {
  await client.api(`/users/${id}`).delete();
  assert.equal((await refusal(() => client.api(`/users/${id}`).get())).code, "Request_ResourceNotFound");
}

await listsEveryUserPageByPage();
const id = await createsAndReadsAUser();
await joinsAndLeavesAGroup(id);
await assignsALicence(id);
await batches(id);
await deletes(id);
