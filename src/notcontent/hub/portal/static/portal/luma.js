// @ts-check
/**
 * Colour to luma, in whole numbers: the same formula as Python's, so equal pixels give equal luma.
 *
 * luma = (19595 R + 38470 G + 7471 B + 32768) >> 16, which is 0.299, 0.587, 0.114 rounded to nearest.
 */

/**
 * @param {Uint8Array | Uint8ClampedArray} rgba four bytes a pixel; alpha is ignored (the canvas was painted white)
 * @param {Uint8Array} [into] is filled and returned when given: strips reuse one buffer
 * @returns {Uint8Array} one byte a pixel
 */
export function lumaOf(rgba, into = new Uint8Array(rgba.length >> 2)) {
  const pixels = rgba.length >> 2;
  if (into.length < pixels) throw new RangeError("The buffer is too short.");
  for (let p = 0, at = 0; p < pixels; p++, at += 4) {
    into[p] = (19595 * rgba[at] + 38470 * rgba[at + 1] + 7471 * rgba[at + 2] + 32768) >> 16;
  }
  return into;
}
