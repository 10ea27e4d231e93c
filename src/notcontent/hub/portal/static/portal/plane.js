// @ts-check
/**
 * A JPEG to luma rows without a canvas: the plane of luma as it is coded, from the browser's decoder (WebCodecs).
 *
 * No colour is computed, painted and read back, which is most of what a photo costs otherwise. It is also what Python
 * reads (signals/decode.py). Only Chromium hands the plane out so far; elsewhere, and for JPEGs of other colours, the
 * answer is null, and decode.js goes its ordinary way.
 */

/** Samples copied at once. */
const STRIP_SAMPLES = 1_048_576;

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
 * @param {Blob} file a JPEG
 * @param {(width: number, height: number, turn: number) => T} open
 * @returns {Promise<T | null>} null when there is no plane to be had, or the picture is mirrored
 */
export async function planeRows(file, open) {
  const frame = await frameOf(file);
  if (!frame) return null;
  try {
    const rect = frame.visibleRect;
    if (!rect || !isPlain(frame)) return null;
    const sink = open(rect.width, rect.height, frame.rotation);
    await copyRows(frame, rect, sink);
    return sink;
  } finally {
    frame.close();
  }
}

/**
 * @param {Blob} file
 * @returns {Promise<Frame | null>}
 */
async function frameOf(file) {
  if (typeof ImageDecoder !== "function") return null;
  const data = await file.arrayBuffer();
  /** @type {ImageDecoder | null} */
  let decoder = null;
  try {
    decoder = new ImageDecoder({ data, type: "image/jpeg", colorSpaceConversion: "none", transfer: [data] });
    return (await decoder.decode()).image;
  } catch {
    return null;
  } finally {
    decoder?.close();
  }
}

/**
 * Is this luma of eight bits over the full range, and does the browser say how the picture lies?
 * @param {Frame} frame
 * @returns {frame is Frame & { rotation: number }}
 */
function isPlain(frame) {
  const planar = ["I420", "I422", "I444"].includes(String(frame.format));
  return planar && frame.colorSpace.fullRange === true && typeof frame.rotation === "number" && frame.flip === false;
}

/**
 * @param {VideoFrame} frame
 * @param {DOMRectReadOnly} rect
 * @param {RowSink} sink
 */
async function copyRows(frame, rect, sink) {
  const { x, y, width, height } = rect;
  // Strips begin at even rows: two share their colours.
  const stripRows = Math.max(2, 2 * Math.floor(STRIP_SAMPLES / width / 2));
  let bytes = new Uint8Array(0);
  for (let top = 0; top < height; top += stripRows) {
    const rows = Math.min(stripRows, height - top);
    const part = { rect: { x, y: y + top, width, height: rows } };
    const size = frame.allocationSize(part);
    if (bytes.length < size) bytes = new Uint8Array(size);
    const [{ offset, stride }] = await frame.copyTo(bytes.subarray(0, size), part);
    if (stride !== width) throw new RangeError("Rows with gaps were not asked for.");
    sink.addRows(bytes.subarray(offset, offset + width * rows), rows);
  }
}
