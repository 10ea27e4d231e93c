// @ts-check
/**
 * A file to luma rows, with the browser's own decoder.
 *
 * EXIF orientation is applied, colour profiles are not (as in Python), transparent parts become white, and of an
 * animation the first frame counts. Pixels are read back from the canvas in strips, so that beside the browser's
 * decoded picture only a few megabytes are held. The decoded picture is let go in every case.
 */

import { KNOWN_AVIF, KNOWN_AVIF_SIZE } from "./known.js";
import { lumaOf } from "./luma.js";
import { planeRows } from "./plane.js";
import { Refusal } from "./refusal.js";
import { SNIFF_BYTES, sniff } from "./sniff.js";

/** The same limits as the gate's: what it would refuse to hash is not worth sending. */
export const MAX_BYTES = 50_000_000;
export const MAX_PIXELS = 100_000_000;
export const MAX_SIDE = 65_535;
/** Pixels read back at once: 1 MB of RGBA. */
const STRIP_PIXELS = 262_144;

/** @typedef {import("./plane.js").RowSink} RowSink */

/**
 * Decode and hand every row to the sink that `open` makes once the size is known. Rows come upright, or as they are
 * stored, with the degrees with the clock that bring them upright.
 * @template {RowSink} T
 * @param {Blob} file
 * @param {(width: number, height: number, turn: number) => T} open
 * @param {ReadonlySet<string>} [direct] kinds of files that may be read without a canvas (plane.js)
 * @returns {Promise<T>} the sink, full
 * @throws {Refusal} when the file is empty, too large, or no picture that this browser opens
 */
export async function decodeRows(file, open, direct = new Set()) {
  if (file.size === 0) throw new Refusal("image_empty");
  const head = sniff(new Uint8Array(await file.slice(0, SNIFF_BYTES).arrayBuffer()));
  if (head.kind === "video") throw new Refusal("image_video");
  if (head.kind === "picture") refuseSize(head.width, head.height);
  if (file.size > MAX_BYTES) throw new Refusal("image_too_large");
  if (head.turned && !(await turnsAvif())) throw new Refusal("image_format");
  if (head.direct && direct.has(head.direct)) {
    const sink = await planeRows(file, head.direct, (width, height, turn) => {
      refuseSize(width, height);
      return open(width, height, turn);
    });
    if (sink) return sink;
  }
  const bitmap = await bitmapOf(file);
  try {
    refuseSize(bitmap.width, bitmap.height);
    const sink = open(bitmap.width, bitmap.height, 0);
    readStrips(bitmap, sink);
    return sink;
  } finally {
    bitmap.close();
  }
}

/** @type {Promise<boolean> | undefined} */
let turns;

/** Some browsers show a turned AVIF as it lies: its hash would match nothing. A known one tells, once a thread. */
function turnsAvif() {
  const [width, height] = KNOWN_AVIF_SIZE;
  turns ??= createImageBitmap(fileOf(KNOWN_AVIF), { imageOrientation: "from-image" }).then(
    (bitmap) => bitmap.width === width && bitmap.height === height,
    () => false,
  );
  return turns;
}

/** @param {string} base64 */
export function fileOf(base64) {
  return new Blob([Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))]);
}

/**
 * @param {number} width
 * @param {number} height
 */
function refuseSize(width, height) {
  if (width > MAX_SIDE || height > MAX_SIDE || width * height > MAX_PIXELS) throw new Refusal("image_too_large");
}

/**
 * @param {Blob} file
 * @returns {Promise<ImageBitmap>}
 */
async function bitmapOf(file) {
  try {
    // Some browsers choose the decoder by the declared type: an empty type makes them look at the bytes.
    const bytes = file.slice(0, file.size, "");
    return await createImageBitmap(bytes, { imageOrientation: "from-image", colorSpaceConversion: "none" });
  } catch {
    const { kind } = sniff(new Uint8Array(await file.slice(0, SNIFF_BYTES).arrayBuffer()));
    if (kind === "heic") throw new Refusal("image_heic");
    throw new Refusal(kind === "picture" ? "image_unreadable" : "image_format");
  }
}

/**
 * @param {ImageBitmap} bitmap
 * @param {RowSink} sink
 */
function readStrips(bitmap, sink) {
  const { width, height } = bitmap;
  const stripRows = Math.max(1, Math.min(height, Math.floor(STRIP_PIXELS / width)));
  const canvas = new OffscreenCanvas(width, stripRows);
  const pen = canvas.getContext("2d", { willReadFrequently: true, alpha: false, colorSpace: "srgb" });
  if (!pen) throw new Refusal("browser_too_old");
  pen.imageSmoothingEnabled = false;
  const luma = new Uint8Array(width * stripRows);
  for (let top = 0; top < height; top += stripRows) {
    const rows = Math.min(stripRows, height - top);
    pen.fillStyle = "#fff";
    pen.fillRect(0, 0, width, rows);
    pen.drawImage(bitmap, 0, top, width, rows, 0, 0, width, rows);
    lumaOf(pen.getImageData(0, 0, width, rows).data, luma);
    sink.addRows(luma, rows);
  }
}
