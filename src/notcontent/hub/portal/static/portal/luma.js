// @ts-check
/**
 * Colour to luma, in whole numbers: the same formula as Python's, so equal pixels give equal luma.
 *
 * Transparent pixels are laid over white first: c' = floor((c a + 255 (255 - a) + 127) / 255). Then
 * luma = (19595 r + 38470 g + 7471 b + 32768) >> 16, which is 0.299, 0.587, 0.114 rounded to nearest.
 */

/**
 * @param {Uint8Array | Uint8ClampedArray} rgba four bytes a pixel, alpha not multiplied in
 * @param {Uint8Array} [into] is filled and returned when given: strips reuse one buffer
 * @param {{ blueFirst?: boolean, opaque?: boolean }} [order] blue and red change places; the fourth byte says nothing
 * @returns {Uint8Array} one byte a pixel
 */
export function lumaOf(rgba, into = new Uint8Array(rgba.length >> 2), { blueFirst = false, opaque = false } = {}) {
  const pixels = rgba.length >> 2;
  if (into.length < pixels) throw new RangeError("The buffer is too short.");
  const first = blueFirst ? 2 : 0;
  for (let p = 0, at = 0; p < pixels; p++, at += 4) {
    let red = rgba[at + first];
    let green = rgba[at + 1];
    let blue = rgba[at + 2 - first];
    const alpha = opaque ? 255 : rgba[at + 3];
    if (alpha !== 255) {
      red = overWhite(red, alpha);
      green = overWhite(green, alpha);
      blue = overWhite(blue, alpha);
    }
    into[p] = (19595 * red + 38470 * green + 7471 * blue + 32768) >> 16;
  }
  return into;
}

/**
 * @param {number} channel
 * @param {number} alpha
 */
function overWhite(channel, alpha) {
  return Math.floor((channel * alpha + 255 * (255 - alpha) + 127) / 255);
}
