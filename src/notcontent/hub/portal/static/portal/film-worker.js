// @ts-check
/**
 * The thread that hashes videos. It takes one file at a time, tells how far it is, and answers with the hashes of the
 * frames that differ, or with the code of a refusal.
 *
 * The hub serves it with `default-src 'none'`, as it does the pictures' thread: once its modules are there, it can ask
 * for nothing more, from anywhere. It stands apart so that nobody who sends pictures alone loads a reader of videos.
 */

import { hashFilm } from "./film.js";
import { Refusal } from "./refusal.js";

/**
 * @typedef {{ id: number, file: Blob, limits: { keptInAll: number, minQuality: number } }} FilmQuestion
 * @typedef {{ id: number, far: import("./film.js").FarAlong } | { id: number, film: import("./film.js").HashedFilm }
 *   | { id: number, refused: import("./refusal.js").RefusalCode }} FilmAnswer
 */

self.addEventListener("message", (/** @type {MessageEvent<FilmQuestion>} */ event) => {
  const { id, file, limits } = event.data;
  hashFilm(file, limits, (far) => answer({ id, far })).then(
    (film) => answer({ id, film }),
    (error) => answer({ id, refused: codeOf(error) }),
  );
});

/** @param {FilmAnswer} message */
function answer(message) {
  self.postMessage(message);
}

/**
 * @param {unknown} error
 * @returns {import("./refusal.js").RefusalCode}
 */
function codeOf(error) {
  if (error instanceof Refusal) return error.code;
  return error instanceof RangeError ? "video_memory" : "video_unreadable";
}
