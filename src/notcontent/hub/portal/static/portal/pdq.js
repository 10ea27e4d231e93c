// @ts-check
/**
 * PDQ: one 256-bit hash and a quality from a picture's luma.
 *
 * Meta's definition, in its linear form. Until the median everything is linear: two box filters whose window
 * shrinks at the edges, every (n / 64)th sample kept, then 16 x 16 coefficients of a cosine transform. Both
 * filters and the sampling of one axis are folded into 64 short weighted sums ("bands"), so each luma row is
 * read once, in order, and only 64 x 64 sums are kept. That is why a picture can be fed in strips.
 *
 * Arithmetic is float64. Pictures whose coefficients tie at the median (flat or symmetric ones) may differ in
 * such a bit from another implementation; their quality is low.
 *
 * Source: https://github.com/facebook/ThreatExchange/tree/main/pdq (the algorithm; the code here is our own).
 */

/** Side of the small picture the transform reads. */
const SMALL = 64;
/** Side of the block of coefficients that is kept; SIDE * SIDE bits make the hash. */
const SIDE = 16;
/** A side shorter than this has no hash: the value is all zero and the quality 0. */
export const MIN_SIDE = 5;

/**
 * What `pdq` gives back. `value` holds 32 bytes in the published order (bit 255 first).
 * @typedef {{ value: Uint8Array, quality: number }} Hashed
 */

/**
 * The weighted sums of one axis: output k is the sum over i of weights[first[k] + i] * sample[start[k] + i].
 * @typedef {{ start: Int32Array, length: Int32Array, first: Int32Array, weights: Float64Array }} Bands
 */

/**
 * Two box passes and the sampling of an axis of n samples, as 64 weighted sums.
 * @param {number} n
 * @returns {Bands}
 */
export function bands(n) {
  const window = Math.floor((n + 127) / 128);
  const ahead = Math.floor((window + 2) / 2);
  const behind = window - ahead;
  const start = new Int32Array(SMALL);
  const length = new Int32Array(SMALL);
  const first = new Int32Array(SMALL);
  /** @type {number[]} */
  const weights = [];
  for (let k = 0; k < SMALL; k++) {
    const centre = Math.floor(((k + 0.5) * n) / SMALL);
    const outerFrom = Math.max(0, centre - behind);
    const outerTo = Math.min(n, centre + ahead);
    start[k] = Math.max(0, outerFrom - behind);
    length[k] = Math.min(n, outerTo - 1 + ahead) - start[k];
    first[k] = weights.length;
    const sum = new Float64Array(length[k]);
    for (let outer = outerFrom; outer < outerTo; outer++) {
      const innerFrom = Math.max(0, outer - behind);
      const innerTo = Math.min(n, outer + ahead);
      const weight = 1 / (outerTo - outerFrom) / (innerTo - innerFrom);
      for (let inner = innerFrom; inner < innerTo; inner++) sum[inner - start[k]] += weight;
    }
    weights.push(...sum);
  }
  return { start, length, first, weights: Float64Array.from(weights) };
}

/**
 * The same sums, for an axis that is read from its other end; still in ascending order, so output k is 63 - k.
 * @param {Bands} straight
 * @param {number} n
 * @returns {Bands}
 */
function reversed({ start, length, first, weights }, n) {
  const turned = { start: start.slice(), length: length.slice(), first: first.slice(), weights: weights.slice() };
  for (let k = 0, at = 0; k < SMALL; k++) {
    const from = SMALL - 1 - k;
    turned.start[k] = n - start[from] - length[from];
    turned.length[k] = length[from];
    turned.first[k] = at;
    for (let i = length[from] - 1; i >= 0; i--) turned.weights[at++] = weights[first[from] + i];
  }
  return turned;
}

/** Rows 1 to 16 of the 64-point cosine transform (row 0, the mean, is not part of PDQ). */
const COSINES = (() => {
  const table = new Float64Array(SIDE * SMALL);
  for (let i = 0; i < SIDE; i++) {
    for (let j = 0; j < SMALL; j++) {
      table[i * SMALL + j] = Math.sqrt(2 / SMALL) * Math.cos((Math.PI / 2 / SMALL) * (i + 1) * (2 * j + 1));
    }
  }
  return table;
})();

/**
 * Takes a picture's luma rows from top to bottom, in strips of any height, and gives its hash.
 * Memory: 64 x 64 sums, whatever the picture's size.
 */
export class PdqHasher {
  /**
   * @param {number} width in pixels, at least 1
   * @param {number} height in pixels, at least 1
   * @param {number} [turn] degrees with the clock that bring the picture upright: 0, 90, 180 or 270. It is hashed as
   *   if its pixels had been turned.
   */
  constructor(width, height, turn = 0) {
    if (!Number.isInteger(width) || !Number.isInteger(height) || width < 1 || height < 1) {
      throw new RangeError("A picture has a width and a height.");
    }
    /** @private */ this.width = width;
    /** @private */ this.height = height;
    /** @private */ this.nextRow = 0;
    /** @private */ this.turn = turn;
    /** @private */ this.across = turn >= 180 ? reversed(bands(width), width) : bands(width);
    /** @private */ this.down = turn === 90 || turn === 180 ? reversed(bands(height), height) : bands(height);
    /** @private */ this.row = new Float64Array(SMALL);
    /** @private */ this.small = new Float64Array(SMALL * SMALL);
    /** The first band that the next row may still belong to. @private */ this.firstBand = 0;
  }

  /** Begin with another picture of the same size that lies in the same way. */
  reset() {
    this.small.fill(0);
    this.nextRow = this.firstBand = 0;
  }

  /**
   * Add the next rows.
   * @param {Uint8Array | Uint8ClampedArray} luma rows * width samples, row by row
   * @param {number} rows
   */
  addRows(luma, rows) {
    if (luma.length < rows * this.width || this.nextRow + rows > this.height) {
      throw new RangeError("These rows do not fit the picture.");
    }
    for (let r = 0; r < rows; r++) this.addRow(luma, r * this.width);
  }

  /**
   * @private
   * @param {Uint8Array | Uint8ClampedArray} luma
   * @param {number} from
   */
  addRow(luma, from) {
    const y = this.nextRow++;
    const { start, length, first, weights } = this.down;
    // Bands start and end in ascending order, so those that hold this row lie side by side.
    while (this.firstBand < SMALL && start[this.firstBand] + length[this.firstBand] <= y) this.firstBand++;
    let summed = false;
    for (let k = this.firstBand; k < SMALL && start[k] <= y; k++) {
      if (!summed) this.sumRow(luma, from);
      summed = true;
      const weight = weights[first[k] + y - start[k]];
      const to = k * SMALL;
      for (let c = 0; c < SMALL; c++) this.small[to + c] += weight * this.row[c];
    }
  }

  /**
   * @private
   * @param {Uint8Array | Uint8ClampedArray} luma
   * @param {number} from
   */
  sumRow(luma, from) {
    const { start, length, first, weights } = this.across;
    for (let c = 0; c < SMALL; c++) {
      const at = from + start[c];
      const weight = first[c];
      let sum = 0;
      for (let i = 0; i < length[c]; i++) sum += weights[weight + i] * luma[at + i];
      this.row[c] = sum;
    }
  }

  /**
   * The hash, once every row was added.
   * @returns {Hashed}
   */
  finish() {
    if (this.nextRow !== this.height) throw new RangeError("Rows are missing.");
    if (this.width < MIN_SIDE || this.height < MIN_SIDE) return { value: new Uint8Array(32), quality: 0 };
    const small = upright(this.small, this.turn);
    return { value: bits(coefficients(small)), quality: quality(small) };
  }
}

/**
 * Turn the sums of a picture that was read as it lies.
 * @param {Float64Array} small 64 x 64
 * @param {number} turn
 */
function upright(small, turn) {
  if (turn === 0) return small;
  const last = SMALL - 1;
  const turned = new Float64Array(SMALL * SMALL);
  for (let i = 0; i < SMALL; i++) {
    for (let j = 0; j < SMALL; j++) {
      const [row, column] = turn === 90 ? [last - j, i] : turn === 180 ? [last - i, last - j] : [j, last - i];
      turned[i * SMALL + j] = small[row * SMALL + column];
    }
  }
  return turned;
}

/**
 * Hash a whole picture.
 * @param {Uint8Array | Uint8ClampedArray} luma width * height samples, row by row
 * @param {number} width
 * @param {number} height
 * @returns {Hashed}
 */
export function pdq(luma, width, height) {
  const hasher = new PdqHasher(width, height);
  hasher.addRows(luma, height);
  return hasher.finish();
}

/**
 * @param {Float64Array} small 64 x 64
 * @returns {Float64Array} 16 x 16
 */
function coefficients(small) {
  const half = new Float64Array(SIDE * SMALL);
  for (let i = 0; i < SIDE; i++) {
    for (let k = 0; k < SMALL; k++) {
      const cosine = COSINES[i * SMALL + k];
      for (let j = 0; j < SMALL; j++) half[i * SMALL + j] += cosine * small[k * SMALL + j];
    }
  }
  const block = new Float64Array(SIDE * SIDE);
  for (let i = 0; i < SIDE; i++) {
    for (let j = 0; j < SIDE; j++) {
      let sum = 0;
      for (let k = 0; k < SMALL; k++) sum += half[i * SMALL + k] * COSINES[j * SMALL + k];
      block[i * SIDE + j] = sum;
    }
  }
  return block;
}

/**
 * A bit is set where the coefficient lies above the 128th smallest of the 256.
 * @param {Float64Array} block
 * @returns {Uint8Array} 32 bytes, bit 255 first
 */
function bits(block) {
  const median = Float64Array.from(block).sort()[block.length / 2 - 1];
  const value = new Uint8Array(block.length / 8);
  for (let bit = 0; bit < block.length; bit++) {
    if (block[bit] > median) value[value.length - 1 - (bit >> 3)] |= 1 << (bit & 7);
  }
  return value;
}

/**
 * How much there is to see, 0 to 100: the steps between neighbours, counted in whole hundredths of the range.
 * @param {Float64Array} small 64 x 64
 */
function quality(small) {
  let steps = 0;
  for (let i = 0; i < SMALL; i++) {
    for (let j = 0; j < SMALL; j++) {
      const here = small[i * SMALL + j];
      if (i + 1 < SMALL) steps += Math.abs(Math.trunc(((here - small[(i + 1) * SMALL + j]) * 100) / 255));
      if (j + 1 < SMALL) steps += Math.abs(Math.trunc(((here - small[i * SMALL + j + 1]) * 100) / 255));
    }
  }
  return Math.min(100, Math.floor(steps / 90));
}

/**
 * 64 lower-case hexadecimal digits, as Python and the wire write a hash.
 * @param {Uint8Array} value
 */
export function toHex(value) {
  return Array.from(value, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
