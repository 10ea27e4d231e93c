// @ts-check
/**
 * Sending: hashes, qualities, the times of videos' frames and the page's answers, in one form to the case's address.
 *
 * The token is made once for the page. When the answer gets lost, the same form goes out again and counts once.
 */

import { say } from "./texts.js";

/** 16 random bytes as hexadecimal digits. */
const token = Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, "0")).join("");
let sent = false;

/**
 * Send the form; on success go on to the case. The page stays as it is when something is refused.
 * @param {string} address
 * @param {URLSearchParams} form without items and token
 * @param {import("./row.js").Ready[]} ready
 * @returns {Promise<{ sentence: string, code: string } | null>} what went wrong; null when on the way or sent already
 */
export async function send(address, form, ready) {
  if (sent) return null;
  sent = true;
  form.set("token", token);
  form.set("items", ready.map(wordOf).join(" "));
  try {
    const headers = { Accept: "application/json" };
    const answer = await fetch(address, { method: "POST", body: form, headers, redirect: "manual" });
    if (answer.type === "opaqueredirect") {
      location.replace(address);
      return null;
    }
    sent = false;
    const { error, message } = await answer.json();
    return { sentence: message, code: error };
  } catch {
    sent = false;
    return { sentence: say("no_answer"), code: "no_answer" };
  }
}

/**
 * One picture or video as the form carries it (portal/parsing.py).
 * @param {import("./row.js").Ready} one
 */
function wordOf(one) {
  if ("hash" in one) return `${one.hash}:${one.quality}`;
  return ["video", ...one.frames.map(({ tMs, hash, quality }) => `${tMs}.${hash}.${quality}`)].join("_");
}
