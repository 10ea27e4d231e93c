// @ts-check
/**
 * The one Trusted Types policy of the portal. It lets exactly two scripts become workers, each as modules or in one file,
 * and makes no HTML at all.
 */

const SCRIPTS = ["./worker.js", "./film-worker.js", "./joined/worker.js", "./joined/film-worker.js"];
const OWN = new Set(SCRIPTS.map((name) => new URL(name, import.meta.url).href));

/** @param {string} url */
function onlyOwnWorker(url) {
  if (!OWN.has(url)) throw new TypeError("Only the portal's own workers may be started.");
  return url;
}

/** @type {{ createPolicy(name: string, rules: object): { createScriptURL(url: string): unknown } } | undefined} */
const factory = /** @type {any} */ (globalThis).trustedTypes;
const policy = factory?.createPolicy("notcontent", { createScriptURL: onlyOwnWorker });

/**
 * Start a hashing thread.
 * @param {"worker" | "film-worker"} name
 * @param {boolean} [inOneFile] as the hub joins its modules, for browsers that will not load them
 */
export function startWorker(name, inOneFile = false) {
  const url = new URL(`./${inOneFile ? "joined/" : ""}${name}.js`, import.meta.url).href;
  // tsc knows no trusted script URL; a browser without Trusted Types takes the plain string.
  const trusted = /** @type {string} */ (policy ? policy.createScriptURL(url) : url);
  return new Worker(trusted, { type: "module" });
}
