// @ts-check
/**
 * The one Trusted Types policy of the portal. It lets exactly one script become a worker and makes no HTML at all.
 */

/** @param {string} url */
function onlyOwnWorker(url) {
  const wanted = new URL("./worker.js", import.meta.url).href;
  if (url !== wanted) throw new TypeError("Only the portal's own worker may be started.");
  return url;
}

/** @type {{ createPolicy(name: string, rules: object): { createScriptURL(url: string): unknown } } | undefined} */
const factory = /** @type {any} */ (globalThis).trustedTypes;
const policy = factory?.createPolicy("notcontent", { createScriptURL: onlyOwnWorker });

/** Start the hashing thread. */
export function startWorker() {
  const url = new URL("./worker.js", import.meta.url).href;
  // tsc knows no trusted script URL; a browser without Trusted Types takes the plain string.
  const trusted = /** @type {string} */ (policy ? policy.createScriptURL(url) : url);
  return new Worker(trusted, { type: "module" });
}
