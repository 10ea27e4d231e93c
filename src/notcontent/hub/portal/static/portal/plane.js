// @ts-check
/**
 * A JPEG, WebP or PNG to luma rows without a canvas, from the browser's decoder (WebCodecs).
 *
 * Of a JPEG it gives the plane of luma as it is coded: no colour is computed, painted and read back, which is most of
 * what a photo costs otherwise. It is also what Python reads (signals/decode.py). Of the others it gives the pixels, which
 * are at least not painted: Python reads these as colours, and in light of one colour what is cut off there counts. Only
 * Chromium hands them out so far; elsewhere, and for what lies otherwise, the answer is null, and decode.js goes its
 * ordinary way.
 */

import { lumaOf, lumaOfPlanes } from "./luma.js";
import { Refusal } from "./refusal.js";

/** Bytes copied at once. */
const STRIP_BYTES = 1_048_576;
/**
 * Takes stored rows from top to bottom.
 * @typedef {{ addRows(luma: Uint8Array, rows: number): void }} RowSink
 */

/**
 * A frame that may say how its picture lies; older browsers do not.
 * @typedef {VideoFrame & { rotation?: number, flip?: boolean }} Frame
 */

/**
 * Decode and hand every row, as it is stored, to the sink that `open` makes: `turn` are the degrees with the clock that
 * bring the picture upright.
 * @template {RowSink} T
 * @param {Blob} file
 * @param {string} type image/jpeg, image/webp or image/png
 * @param {(width: number, height: number, turn: number) => T} open
 * @returns {Promise<T | null>} null when it cannot be had so, or the picture is mirrored
 */
export async function planeRows(file, type, open) {
  const frame = await frameOf(file, type);
  if (!frame) return null;
  try {
    const rect = frame.visibleRect;
    const reading = readingOf(frame);
    if (!rect || !reading || typeof frame.rotation !== "number" || frame.flip !== false) return null;
    const sink = open(rect.width, rect.height, frame.rotation);
    await copyRows(frame, rect, reading, sink);
    return sink;
  } catch (error) {
    if (error instanceof Refusal) throw error;
    return null;
  } finally {
    frame.close();
  }
}

/**
 * @param {Blob} file
 * @param {string} type
 * @returns {Promise<Frame | null>}
 */
async function frameOf(file, type) {
  if (typeof ImageDecoder !== "function") return null;
  const data = await file.arrayBuffer();
  /** @type {ImageDecoder | null} */
  let decoder = null;
  try {
    decoder = new ImageDecoder({ data, type, colorSpaceConversion: "none", premultiplyAlpha: "none", transfer: [data] });
    return (await decoder.decode()).image;
  } catch {
    return null;
  } finally {
    decoder?.close();
  }
}

/**
 * How a strip that was copied becomes luma: its bytes, how its planes lie in them, and its size.
 * @typedef {(bytes: Uint8Array, planes: PlaneLayout[], width: number, rows: number) => Uint8Array} Reading
 */

/**
 * @param {VideoFrame} frame
 * @returns {Reading | null}
 */
function readingOf(frame) {
  const format = String(frame.format);
  if (["I420", "I422", "I444"].includes(format)) {
    const { fullRange, matrix } = frame.colorSpace;
    if (fullRange === true) return (bytes, [{ offset, stride }], width, rows) => dense(bytes, offset, stride, width, rows);
    return fullRange === false && matrix === "smpte170m" && format === "I420" ? lumaOfPlanes : null;
  }
  if (!["BGRX", "BGRA", "RGBX", "RGBA"].includes(format)) return null;
  const order = { blueFirst: format.startsWith("B"), opaque: format.endsWith("X") };
  return (bytes, [{ offset, stride }], width, rows) =>
    lumaOf(dense(bytes, offset, stride, 4 * width, rows), undefined, order);
}

/**
 * @param {Uint8Array} bytes
 * @param {number} offset
 * @param {number} stride
 * @param {number} length
 * @param {number} rows
 */
function dense(bytes, offset, stride, length, rows) {
  if (stride !== length) throw new RangeError("Rows with gaps were not asked for.");
  return bytes.subarray(offset, offset + length * rows);
}

/**
 * @param {VideoFrame} frame
 * @param {DOMRectReadOnly} rect
 * @param {Reading} reading
 * @param {RowSink} sink
 */
async function copyRows(frame, rect, reading, sink) {
  const { x, y, width, height } = rect;
  // Strips begin at even rows: two share their colours.
  const stripRows = Math.max(2, 2 * Math.floor(STRIP_BYTES / width / 8));
  let bytes = new Uint8Array(0);
  for (let top = 0; top < height; top += stripRows) {
    const rows = Math.min(stripRows, height - top);
    const part = { rect: { x, y: y + top, width, height: rows } };
    const size = frame.allocationSize(part);
    if (bytes.length < size) bytes = new Uint8Array(size);
    const planes = await frame.copyTo(bytes.subarray(0, size), part);
    sink.addRows(reading(bytes, planes, width, rows), rows);
  }
}
