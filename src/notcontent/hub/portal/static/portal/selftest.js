// @ts-check
/**
 * Does this browser give back the pixels it was given?
 *
 * Some browsers, against fingerprinting, change what a page reads back from a canvas: a little noise, or plain
 * white. A hash made from such pixels would never match, and the person would believe to be protected. So before
 * the first picture, known drawings are read back and compared; on any difference nothing is hashed at all.
 */

import { decodeRows, fileOf } from "./decode.js";
import { KNOWN_JPEG, KNOWN_JPEG_HASH, KNOWN_PNG, KNOWN_PNG_SIDE, KNOWN_WEBP, KNOWN_WEBP_HASH } from "./known.js";
import { lumaOf } from "./luma.js";
import { PdqHasher, toHex } from "./pdq.js";
import { planeRows } from "./plane.js";
import { Refusal } from "./refusal.js";

/**
 * Side of the pattern that is drawn: noise against fingerprinting touches only some pixels of a picture, and some browsers
 * leave small ones alone. Without a canvas it is copied in more than one strip.
 */
const PATTERN_SIDE = 544;
/** What has not come back by then never will. */
const PATIENCE_MS = 5_000;
/** Decoders may round a JPEG or WebP differently by a step or two: at most this many of 256 bits. */
const LOSSY_BITS = 6;

/**
 * @returns {Promise<Set<string>>} when all is well: the kinds of files that may be read without a canvas (plane.js)
 * @throws {Refusal} `browser_too_old` when a needed part is missing, `canvas_altered` when pixels do not come back
 */
export async function selfTest() {
  if (typeof OffscreenCanvas !== "function" || typeof createImageBitmap !== "function") {
    throw new Refusal("browser_too_old");
  }
  // Twice: some browsers draw the noise anew at every read.
  const exact = patternComesBack() && patternComesBack() && (await pngComesBack()) && (await jpegComesBack());
  if (!exact) throw new Refusal("canvas_altered");
  /** @type {Promise<Set<string>>} */
  const never = new Promise((resolve) => setTimeout(() => resolve(new Set()), PATIENCE_MS));
  return Promise.race([directOnes().catch(() => new Set()), never]);
}

/** Put noise of our own and a few filled rectangles on a canvas and read every pixel back. */
function patternComesBack() {
  const { pen, expected } = drawnPattern();
  return same(pen.getImageData(0, 0, PATTERN_SIDE, PATTERN_SIDE).data, expected.data);
}

/** The same as a PNG of the browser's own making, read without a canvas. */
async function patternComesBackDirectly() {
  const { canvas, expected } = drawnPattern();
  const png = await canvas.convertToBlob({ type: "image/png" });
  const read = await planeRows(png, "image/png", (width) => new Rows(width));
  return read !== null && same(read.all(), lumaOf(expected.data));
}

function drawnPattern() {
  const canvas = new OffscreenCanvas(PATTERN_SIDE, PATTERN_SIDE);
  const pen = canvas.getContext("2d", { willReadFrequently: true, alpha: false, colorSpace: "srgb" });
  if (!pen) throw new Refusal("browser_too_old");
  const expected = pen.createImageData(PATTERN_SIDE, PATTERN_SIDE);
  let state = 0x2545f491;
  for (let i = 0; i < expected.data.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    expected.data[i] = (i & 3) === 3 ? 255 : state >>> 24;
  }
  pen.putImageData(expected, 0, 0);
  for (let band = 0; band < 128; band += 16) {
    const shade = 255 - band;
    pen.fillStyle = `rgb(${shade} ${band} 40)`;
    pen.fillRect(band, band, 16, 8);
    for (let y = band; y < band + 8; y++) {
      for (let x = band; x < band + 16; x++) expected.data.set([shade, band, 40, 255], 4 * (y * PATTERN_SIDE + x));
    }
  }
  return { canvas, pen, expected };
}

/** A picture without loss, through the very path that the person's pictures take. */
async function pngComesBack() {
  return isPng(await decodeRows(fileOf(KNOWN_PNG), (width) => new Rows(width)));
}

/** @param {Rows} read */
function isPng(read) {
  const rgba = new Uint8Array(4 * KNOWN_PNG_SIDE * KNOWN_PNG_SIDE);
  for (let y = 0; y < KNOWN_PNG_SIDE; y++) {
    for (let x = 0; x < KNOWN_PNG_SIDE; x++) {
      rgba.set([16 * x, 16 * y, 16 * (x ^ y), 255], 4 * (y * KNOWN_PNG_SIDE + x));
    }
  }
  return same(read.all(), lumaOf(rgba));
}

/** A photo's format, lying on its side: decoder, orientation and hash together. */
async function jpegComesBack() {
  const hasher = await decodeRows(fileOf(KNOWN_JPEG), (width, height) => new PdqHasher(width, height));
  return isKnown(hasher, KNOWN_JPEG_HASH);
}

/** The same without a canvas. Of what fails so, or cannot be read so, the canvas serves. */
async function directOnes() {
  if (!(await patternComesBackDirectly())) return new Set();
  const open = (/** @type {number} */ width, /** @type {number} */ height, /** @type {number} */ turn) =>
    new PdqHasher(width, height, turn);
  const photo = async (/** @type {string} */ type, /** @type {string} */ known, /** @type {string} */ hash) => {
    const hasher = await planeRows(fileOf(known), type, open);
    return hasher !== null && isKnown(hasher, hash);
  };
  const png = async () => {
    const read = await planeRows(fileOf(KNOWN_PNG), "image/png", (width) => new Rows(width));
    return read !== null && isPng(read);
  };
  const good = {
    "image/jpeg": await photo("image/jpeg", KNOWN_JPEG, KNOWN_JPEG_HASH),
    "image/webp": await photo("image/webp", KNOWN_WEBP, KNOWN_WEBP_HASH),
    "image/png": await png(),
  };
  return new Set(Object.entries(good).flatMap(([type, isGood]) => (isGood ? [type] : [])));
}

/** @param {PdqHasher} hasher @param {string} hash */
function isKnown(hasher, hash) {
  return distance(toHex(hasher.finish().value), hash) <= LOSSY_BITS;
}

/** Keeps rows as they are. */
class Rows {
  /** @param {number} width */
  constructor(width) {
    this.width = width;
    this.luma = new Uint8Array(0);
  }

  /** @param {Uint8Array} luma @param {number} rows */
  addRows(luma, rows) {
    const longer = new Uint8Array(this.luma.length + rows * this.width);
    longer.set(this.luma);
    longer.set(luma.subarray(0, rows * this.width), this.luma.length);
    this.luma = longer;
  }

  all() {
    return this.luma;
  }
}

/**
 * @param {Uint8Array | Uint8ClampedArray} a
 * @param {Uint8Array | Uint8ClampedArray} b
 */
function same(a, b) {
  return a.length === b.length && a.every((value, i) => value === b[i]);
}

/**
 * Bits that differ between two hashes of 64 hexadecimal digits.
 * @param {string} a
 * @param {string} b
 */
export function distance(a, b) {
  let bits = 0;
  for (let i = 0; i < 64; i++) {
    let digit = parseInt(a[i], 16) ^ parseInt(b[i], 16);
    for (; digit; digit &= digit - 1) bits++;
  }
  return bits;
}
