// @ts-check
/**
 * The hashing thread. It takes one file at a time and answers with a hash, or with the code of a refusal.
 *
 * The hub serves this script with a policy of its own (`default-src 'none'`): once the modules below are there, the
 * thread that sees pixels can ask for nothing more, from anywhere. It answers the page, and no one else. So nothing
 * here may be loaded late: a dynamic `import()` is refused.
 */

import { decodeRows } from "./decode.js";
import { MIN_SIDE, PdqHasher, toHex } from "./pdq.js";
import { Refusal } from "./refusal.js";
import { selfTest } from "./selftest.js";

/**
 * @typedef {{ id: number, file: Blob }} Question
 * @typedef {{ id: number, hash: string, quality: number } | { id: number, refused: import("./refusal.js").RefusalCode }} Answer
 */

/** Once, before the first picture; every answer waits for it. */
const tested = selfTest();
// The refusal is given with the first answer; this only keeps the browser from calling it unhandled.
tested.catch(() => undefined);

self.addEventListener("message", (/** @type {MessageEvent<Question>} */ event) => {
  const { id, file } = event.data;
  hashOf(file).then(
    (hashed) => answer({ id, ...hashed }),
    (error) => answer({ id, refused: codeOf(error) }),
  );
});

/** @param {Blob} file */
async function hashOf(file) {
  const direct = await tested;
  const open = (/** @type {number} */ width, /** @type {number} */ height, /** @type {number} */ turn) => {
    if (width < MIN_SIDE || height < MIN_SIDE) throw new Refusal("image_too_small");
    return new PdqHasher(width, height, turn);
  };
  const hasher = await decodeRows(file, open, direct);
  const { value, quality } = hasher.finish();
  return { hash: toHex(value), quality };
}

/** @param {Answer} message */
function answer(message) {
  self.postMessage(message);
}

/**
 * @param {unknown} error
 * @returns {import("./refusal.js").RefusalCode}
 */
function codeOf(error) {
  if (error instanceof Refusal) return error.code;
  return error instanceof RangeError ? "image_memory" : "image_unreadable";
}
