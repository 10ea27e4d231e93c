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

/** In units of 1 / 65536: what U and V of video range (ITU-R BT.601) add to red, green and blue, and a step of Y. */
const [V_RED, U_GREEN, V_GREEN, U_BLUE, Y_STEP] = [104597, -25675, -53279, 132201, 76309];

/**
 * Luma of a picture in three planes, colours at half the size, of video range: each pixel is made a colour, cut off where
 * no screen shows it, and weighed like any other, as who reads colours has it.
 * @param {Uint8Array} bytes
 * @param {{ offset: number, stride: number }[]} planes Y, U and V in `bytes`
 * @param {number} width
 * @param {number} rows
 * @returns {Uint8Array} one byte a pixel
 */
export function lumaOfPlanes(bytes, [y, u, v], width, rows) {
  const luma = new Uint8Array(width * rows);
  for (let row = 0, at = 0; row < rows; row++) {
    const ys = y.offset + row * y.stride;
    const us = u.offset + (row >> 1) * u.stride;
    const vs = v.offset + (row >> 1) * v.stride;
    for (let x = 0; x < width; x++, at++) {
      const cu = bytes[us + (x >> 1)] - 128;
      const cv = bytes[vs + (x >> 1)] - 128;
      const light = (bytes[ys + x] - 16) * Y_STEP + 32768;
      const red = byte((light + V_RED * cv) >> 16);
      const green = byte((light + U_GREEN * cu + V_GREEN * cv) >> 16);
      const blue = byte((light + U_BLUE * cu) >> 16);
      luma[at] = (19595 * red + 38470 * green + 7471 * blue + 32768) >> 16;
    }
  }
  return luma;
}

/** @param {number} value */
function byte(value) {
  return value < 0 ? 0 : value > 255 ? 255 : value;
}
