// @ts-check
/** One line of the list: what was chosen, how it stands, and its buttons. */

import { say } from "./texts.js";

/**
 * `part` is how far a video is, 0 to 1. `film` tells a video; of a file of codes, what this line of it is.
 * @typedef {"waiting" | "working" | "ready" | "out"} State
 * @typedef {{ hash: string, quality: number } | { frames: import("./film.js").FilmFrame[] }} Ready
 * @typedef {{ row: HTMLLIElement, title: HTMLElement, status: HTMLElement, show: HTMLButtonElement,
 *   remove: HTMLButtonElement }} Parts
 * @typedef {Parts & { file: File, state: State, ready: Ready | null, film: boolean, part: number,
 *   picture: HTMLImageElement | null }} Entry
 */

/**
 * @param {string} called
 * @returns {Parts}
 */
export function makeRow(called) {
  const row = document.createElement("li");
  row.className = "picture";
  const title = document.createElement("span");
  title.className = "picture-title";
  const name = document.createElement("bdi");
  name.className = "picture-name";
  name.textContent = called;
  const status = document.createElement("span");
  status.className = "picture-status";
  const show = document.createElement("button");
  const remove = document.createElement("button");
  for (const button of [show, remove]) {
    button.type = "button";
    button.className = "link";
  }
  show.textContent = say("show");
  remove.textContent = say("remove");
  row.append(title, status, name, show, remove);
  return { row, title, status, show, remove };
}

/** @param {Entry} entry */
export function showPicture(entry) {
  const picture = document.createElement("img");
  picture.src = URL.createObjectURL(entry.file);
  entry.picture = picture;
  entry.row.append(picture);
}

/** @param {Entry} entry */
export function hidePicture(entry) {
  if (!entry.picture) return;
  URL.revokeObjectURL(entry.picture.src);
  entry.picture.remove();
  entry.picture = null;
}

/**
 * Are these the same picture, or the same video?
 * @param {Ready} one
 * @param {Ready} other
 */
export function same(one, other) {
  if ("frames" in one && "frames" in other) {
    return one.frames.length === other.frames.length && one.frames.every(({ hash }, i) => hash === other.frames[i].hash);
  }
  return "hash" in one && "hash" in other && one.hash === other.hash;
}
