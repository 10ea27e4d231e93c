// @ts-check
/**
 * What `notcontent hash --json` wrote on another machine, for pictures and videos that no browser opens: one object a
 * line, a video's frames one after the other and then a line of the type "video". Lines of files that it could not read
 * are passed over; whatever else does not fit refuses the whole file.
 */

import { Refusal } from "./refusal.js";

const MAX_BYTES = 8_000_000;
const BRACE = 0x7b;

/**
 * @typedef {{ name: string, ready: import("./row.js").Ready }} Coded
 */

/**
 * @param {Blob} file
 * @returns {Promise<Coded[] | null>} null when it is another kind of file
 * @throws {Refusal} `codes_format`
 */
export async function readCodes(file) {
  const [first] = new Uint8Array(await file.slice(0, 1).arrayBuffer());
  if (first !== BRACE) return null;
  if (file.size > MAX_BYTES) throw new Refusal("codes_format");
  return parseCodes(await file.text());
}

/**
 * @param {string} text
 * @returns {Coded[]}
 */
export function parseCodes(text) {
  /** @type {Coded[]} */
  const found = [];
  /** @type {{ name: string, frames: import("./film.js").FilmFrame[] } | null} */
  let film = null;
  for (const line of text.split("\n").filter((one) => one.trim())) {
    const { path, type, hash, quality, kind, t_ms: tMs, error, frames } = objectOf(line);
    require(typeof path === "string" && (!film || film.name === path));
    if (film && type === "video") {
      require(frames === film.frames.length);
      found.push({ name: lastPart(film.name), ready: { frames: film.frames } });
      film = null;
    } else if (typeof error === "string") {
      require(!film);
    } else {
      require(type === "pdq" && typeof hash === "string" && /^[0-9a-f]{64}$/.test(hash) && isNumber(quality, 100));
      if (kind === "frame") {
        film ??= { name: path, frames: [] };
        require(isNumber(tMs, 999_999_999) && tMs >= (film.frames.at(-1)?.tMs ?? 0));
        film.frames.push({ tMs, hash, quality });
      } else {
        require(kind === undefined && !film);
        found.push({ name: lastPart(path), ready: { hash, quality } });
      }
    }
  }
  require(!film && found.length > 0);
  return found;
}

/**
 * @param {string} line
 * @returns {Record<string, any>}
 */
function objectOf(line) {
  try {
    const object = JSON.parse(line);
    if (object && typeof object === "object" && !Array.isArray(object)) return object;
  } catch {
    // as below
  }
  throw new Refusal("codes_format");
}

/** @param {unknown} holds */
function require(holds) {
  if (!holds) throw new Refusal("codes_format");
}

/**
 * @param {unknown} value
 * @param {number} most
 */
function isNumber(value, most) {
  return Number.isInteger(value) && Number(value) >= 0 && Number(value) <= most;
}

/** @param {string} path */
function lastPart(path) {
  return path.split(/[/\\]/).at(-1) ?? "";
}
