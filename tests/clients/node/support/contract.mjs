// Holds replies against the committed OpenAPI document: status, and the schema of the body.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import Ajv from "ajv/dist/2020.js";

const DOCUMENT = JSON.parse(readFileSync(new URL("../../../../openapi/sessions.json", import.meta.url), "utf8"));
const ajv = new Ajv({ strict: false, allErrors: true, formats: { "date-time": /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/ } });
ajv.addSchema({ $id: "doc", components: DOCUMENT.components });

const compiled = new Map();

function schemaOf(method, template, status) {
  const operation = DOCUMENT.paths[template]?.[method.toLowerCase()];
  assert.ok(operation, `the document has no ${method} ${template}`);
  const response = operation.responses[status];
  assert.ok(response, `${method} ${template} may not answer ${status}`);
  return response.content?.["application/json"]?.schema;
}

/** Fails unless the document allows this reply to this operation. */
export function assertReply(method, template, reply) {
  const schema = schemaOf(method, template, reply.status);
  if (!schema) return assert.equal(reply.text, "", `${method} ${template} ${reply.status} has no body`);
  const key = `${method} ${template} ${reply.status}`;
  if (!compiled.has(key)) {
    const absolute = JSON.parse(JSON.stringify(schema).replaceAll("#/components/", "doc#/components/"));
    compiled.set(key, ajv.compile(absolute));
  }
  const validate = compiled.get(key);
  assert.ok(validate(reply.body), `${key}: ${ajv.errorsText(validate.errors)} in ${reply.text.slice(0, 400)}`);
}

/** Every operation of the document, as `METHOD /template`. */
export const OPERATIONS = Object.entries(DOCUMENT.paths).flatMap(([template, item]) =>
  ["get", "post", "put", "patch", "delete"].filter((method) => item[method]).map((method) => `${method.toUpperCase()} ${template}`));
