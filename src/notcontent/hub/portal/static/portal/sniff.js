// @ts-check
/**
 * What a file is, from its first bytes alone: its name may say anything.
 *
 * Read before the browser decodes, so that a video or a HEIC photo gets a kind word instead of a failure, and a
 * "bomb" (a tiny file that unpacks to billions of pixels) is refused before it takes the memory.
 */

/** How many bytes `sniff` wants to see; a JPEG's size may sit behind a long EXIF block. */
export const SNIFF_BYTES = 262_144;

/**
 * `kind` is what to do with the file; width and height are 0 where the first bytes do not tell. `direct` is the kind
 * of file by its name for WebCodecs, where that gives what plane.js reads: PNG, WebP, and JPEG of three components (a
 * plane of luma and two of colour, most likely); `turned` is set for an AVIF that is to be turned or mirrored.
 * @typedef {{ kind: "picture" | "video" | "heic" | "empty" | "other", width: number, height: number,
 *   direct?: Direct, turned?: boolean }} Sniffed
 * @typedef {"image/jpeg" | "image/png" | "image/webp"} Direct
 */

/** ISO media brands that hold still pictures most browsers cannot open, unless `avif` stands among the further ones. */
const HEIC_BRANDS = new Set(["heic", "heix", "heim", "heis", "hevc", "hevx", "mif1", "msf1"]);
const AVIF_BRANDS = new Set(["avif", "avis"]);

/**
 * @param {Uint8Array} head the file's first bytes
 * @returns {Sniffed}
 */
export function sniff(head) {
  if (head.length === 0) return { kind: "empty", width: 0, height: 0 };
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  if (starts(head, [0xff, 0xd8, 0xff])) return jpeg(view);
  if (starts(head, [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])) return { ...picture(pngSize(view)), direct: "image/png" };
  if (text(head, 0, 4) === "GIF8") return picture(gifSize(view));
  if (text(head, 0, 4) === "RIFF") {
    const form = text(head, 8, 4);
    if (form === "WEBP") return { ...picture(webpSize(view)), direct: "image/webp" };
    return { kind: form === "AVI " ? "video" : "other", width: 0, height: 0 };
  }
  // QuickTime from before brands begins with what its boxes hold.
  if (["moov", "mdat", "wide", "free", "skip", "pnot"].includes(text(head, 4, 4))) return { kind: "video", width: 0, height: 0 };
  if (text(head, 4, 4) === "ftyp") {
    const brand = text(head, 8, 4);
    const heic = HEIC_BRANDS.has(brand);
    if (AVIF_BRANDS.has(brand) || (heic && alsoAvif(head, view))) return avif(head, view);
    return { kind: heic ? "heic" : "video", width: 0, height: 0 };
  }
  // Matroska and WebM; MPEG program stream; Ogg; Flash video.
  const video = [[0x1a, 0x45, 0xdf, 0xa3], [0x00, 0x00, 0x01, 0xba], [0x4f, 0x67, 0x67, 0x53], [0x46, 0x4c, 0x56]];
  return { kind: video.some((magic) => starts(head, magic)) ? "video" : "other", width: 0, height: 0 };
}

/**
 * @param {[number, number]} size
 * @returns {Sniffed}
 */
function picture([width, height]) {
  return { kind: "picture", width, height };
}

/**
 * @param {Uint8Array} head
 * @param {number[]} magic
 */
function starts(head, magic) {
  return magic.every((byte, i) => head[i] === byte);
}

/**
 * @param {Uint8Array} head
 * @param {number} at
 * @param {number} length
 */
function text(head, at, length) {
  return String.fromCharCode(...head.subarray(at, at + length));
}

/**
 * What the first start-of-frame segment says.
 * @param {DataView} view
 * @returns {Sniffed}
 */
function jpeg(view) {
  let at = 2;
  while (at + 10 <= view.byteLength && view.getUint8(at) === 0xff) {
    const marker = view.getUint8(at + 1);
    if (marker === 0xff) {
      at += 1;
      continue;
    }
    const isFrame = marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
    if (isFrame) {
      const found = picture([view.getUint16(at + 7), view.getUint16(at + 5)]);
      return view.getUint8(at + 9) === 3 ? { ...found, direct: "image/jpeg" } : found;
    }
    at += 2 + view.getUint16(at + 2);
  }
  return picture([0, 0]);
}

/**
 * @param {DataView} view
 * @returns {[number, number]}
 */
function pngSize(view) {
  return view.byteLength < 24 ? [0, 0] : [view.getUint32(16), view.getUint32(20)];
}

/**
 * @param {DataView} view
 * @returns {[number, number]}
 */
function gifSize(view) {
  return view.byteLength < 10 ? [0, 0] : [view.getUint16(6, true), view.getUint16(8, true)];
}

/**
 * @param {DataView} view
 * @returns {[number, number]}
 */
function webpSize(view) {
  if (view.byteLength < 30) return [0, 0];
  const chunk = String.fromCharCode(view.getUint8(12), view.getUint8(13), view.getUint8(14), view.getUint8(15));
  if (chunk === "VP8X") {
    const u24 = (/** @type {number} */ at) => view.getUint16(at, true) | (view.getUint8(at + 2) << 16);
    return [u24(24) + 1, u24(27) + 1];
  }
  if (chunk === "VP8 ") return [view.getUint16(26, true) & 0x3fff, view.getUint16(28, true) & 0x3fff];
  const packed = view.getUint32(21, true);
  return [(packed & 0x3fff) + 1, ((packed >>> 14) & 0x3fff) + 1];
}

/**
 * Whether a generic picture file (`mif1`) says behind its first brand that it is AVIF.
 * @param {Uint8Array} head
 * @param {DataView} view
 */
function alsoAvif(head, view) {
  const end = Math.min(view.byteLength >= 4 ? view.getUint32(0) : 0, head.length);
  for (let at = 16; at + 4 <= end; at += 4) if (AVIF_BRANDS.has(text(head, at, 4))) return true;
  return false;
}

/**
 * The largest size that the file's description of its pictures names: tiles and thumbnails are smaller than the whole.
 * @param {Uint8Array} head
 * @param {DataView} view
 * @returns {Sniffed}
 */
function avif(head, view) {
  /** @type {[number, number]} */
  let largest = [0, 0];
  /** @type {[number, number]} */
  let all = [0, head.length];
  for (const name of ["meta", "iprp", "ipco"]) all = inside(head, view, all, name);
  let turned = false;
  for (const [name, start, end] of boxes(head, view, all)) {
    turned ||= name === "irot" || name === "imir";
    if (name !== "ispe" || start + 12 > end) continue;
    const [width, height] = [view.getUint32(start + 4), view.getUint32(start + 8)];
    if (width * height > largest[0] * largest[1]) largest = [width, height];
  }
  return turned ? { ...picture(largest), turned } : picture(largest);
}

/**
 * The body of the first box of that name; an empty stretch when there is none.
 * @param {Uint8Array} head
 * @param {DataView} view
 * @param {[number, number]} stretch
 * @param {string} wanted
 * @returns {[number, number]}
 */
function inside(head, view, stretch, wanted) {
  for (const [name, start, end] of boxes(head, view, stretch)) {
    if (name === wanted) return [name === "meta" ? start + 4 : start, end];
  }
  return [0, 0];
}

/**
 * Walk the boxes of a stretch: the name, and where the body begins and ends.
 * @param {Uint8Array} head
 * @param {DataView} view
 * @param {[number, number]} stretch
 * @returns {Generator<[string, number, number]>}
 */
function* boxes(head, view, [start, end]) {
  for (let at = start; at + 8 <= end; ) {
    const length = view.getUint32(at) || end - at;
    if (length < 8) return;
    yield [text(head, at + 4, 4), at + 8, Math.min(at + length, end)];
    at += length;
  }
}
