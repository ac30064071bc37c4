// What nearly every suite begins and ends with: a server of its own, the site that its pages come from, and no connection
// that outlives its test.
import { after, afterEach, before } from "node:test";
import { Cdp } from "./cdp.mjs";
import { startHangar } from "./harness.mjs";
import { startSite } from "./site.mjs";

/** Called inside `describe`: hands a server and the site to `take` before the suite, and ends both after it. */
export function servingSite(take, options) {
  let site;
  before(async () => {
    site = await startSite();
  });
  after(() => site?.close());
  serving((started) => take({ ...started, site }), options);
}

/** The same without a site. */
export function serving(take, options) {
  let hangar;
  before(async () => {
    hangar = await startHangar(options);
    take({ hangar });
  });
  after(() => hangar?.stop());
  afterEach(() => Cdp.cutAll());
}
