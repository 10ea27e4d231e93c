// @ts-check
/**
 * Which frames of a video are kept: those that show something new, within a budget. The same rule as Python's
 * (signals/video/keeping.py), so that equal frames give equal hashes and equal choices.
 *
 * A frame's bits are taken from its luma samples as they are stored. Its quality counts steps in absolute size, so
 * there video's usual range, black at 16 and white at 235, is spread over 0 to 255 first, as a player shows it.
 */

import { MIN_SIDE, PdqHasher } from "./pdq.js";

/** Bits: whatever frame is cut out and encoded again then lies within the matching radius of one that was kept. */
export const NEW_BEYOND = 20;
/** Frames that may be kept at once, and how many more each minute allows. */
const KEPT_AT_ONCE = 60;
const KEPT_A_MINUTE = 120;
const WORDS = 8;

const LIMITED_RANGE = Uint8Array.from({ length: 256 }, (_, level) =>
  Math.max(0, Math.min(255, Math.floor(((level - 16) * 255) / 219 + 0.5))),
);

/**
 * One decoded frame: luma row by row without gaps, as stored; `turn` are the degrees with the clock that bring it
 * upright; `limited` tells whether black is 16.
 * @typedef {{ tMs: number, luma: Uint8Array, width: number, height: number, turn: number, limited: boolean }} Picture
 * @typedef {{ tMs: number, value: Uint8Array, quality: number }} Kept
 */

/** Looks at every frame of one video, in order, and says which to keep. */
export class Keeper {
  /** @param {{ keptInAll: number, minQuality: number }} limits */
  constructor({ keptInAll, minQuality }) {
    /** @private */ this.keptInAll = keptInAll;
    /** @private */ this.minQuality = minQuality;
    /** @private */ this.rows = new Uint32Array(64 * WORDS);
    /** The kept frame that the frame before was like. @private */ this.lastLike = -1;
    /** @private @type {PdqHasher | null} */ this.hasher = null;
    /** @private */ this.hasherFor = "";
    /** @private */ this.levelled = new Uint8Array(0);
    /** Frames kept so far. */ this.count = 0;
    /** Frames looked at so far. */ this.seen = 0;
    /** The best quality of those that were too plain. */ this.bestPlain = -1;
    /** Was a frame that showed something new passed over, because too many came in too short a time? */
    this.thrifty = false;
  }

  /** Are so many frames kept that no further one will be? */
  get full() {
    return this.count >= this.keptInAll;
  }

  /**
   * Look at the next frame; it is given back hashed when it is to be kept.
   * @param {Picture} picture
   * @returns {Kept | null}
   */
  offer(picture) {
    this.seen += 1;
    if (picture.width < MIN_SIDE || picture.height < MIN_SIDE) return null;
    const hashed = this.hash(picture, picture.luma);
    const words = new Uint32Array(hashed.value.buffer, hashed.value.byteOffset, WORDS);
    if (!this.isNew(words)) return null;
    if (!this.mayKeep(picture.tMs)) {
      // The quality as stored is never the larger one: enough to know that something was passed over.
      if (hashed.quality >= this.minQuality) this.thrifty = true;
      return null;
    }
    const quality = picture.limited ? this.hash(picture, this.level(picture.luma)).quality : hashed.quality;
    if (quality < this.minQuality) {
      if (!this.count) this.bestPlain = Math.max(this.bestPlain, quality);
      return null;
    }
    this.keep(words);
    return { tMs: picture.tMs, value: hashed.value, quality };
  }

  /**
   * @private
   * @param {Picture} picture
   * @param {Uint8Array} luma
   */
  hash({ width, height, turn }, luma) {
    const wanted = `${width} ${height} ${turn}`;
    if (!this.hasher || this.hasherFor !== wanted) this.hasher = new PdqHasher(width, height, turn);
    else this.hasher.reset();
    this.hasherFor = wanted;
    this.hasher.addRows(luma, height);
    return this.hasher.finish();
  }

  /**
   * @private
   * @param {Uint8Array} luma
   */
  level(luma) {
    if (this.levelled.length !== luma.length) this.levelled = new Uint8Array(luma.length);
    for (let i = 0; i < luma.length; i++) this.levelled[i] = LIMITED_RANGE[luma[i]];
    return this.levelled;
  }

  /**
   * Compare with every kept frame; first with the one that the frame before was like.
   * @private
   * @param {Uint32Array} words
   */
  isNew(words) {
    if (this.lastLike >= 0 && this.isLike(words, this.lastLike)) return false;
    for (let at = 0; at < this.count; at++) {
      if (this.isLike(words, at)) {
        this.lastLike = at;
        return false;
      }
    }
    return true;
  }

  /**
   * @private
   * @param {Uint32Array} words
   * @param {number} at
   */
  isLike(words, at) {
    let bits = 0;
    for (let i = 0; i < WORDS; i++) bits += bitsOf(words[i] ^ this.rows[at * WORDS + i]);
    return bits <= NEW_BEYOND;
  }

  /**
   * Does the allowance reach: so many to begin with, then so many more each minute?
   * @private
   * @param {number} tMs
   */
  mayKeep(tMs) {
    const allowance = KEPT_AT_ONCE + Math.floor((KEPT_A_MINUTE * tMs) / 60_000);
    return this.count < Math.min(allowance, this.keptInAll);
  }

  /**
   * @private
   * @param {Uint32Array} words
   */
  keep(words) {
    if ((this.count + 1) * WORDS > this.rows.length) {
      const wider = new Uint32Array(2 * this.rows.length);
      wider.set(this.rows);
      this.rows = wider;
    }
    this.rows.set(words, this.count * WORDS);
    this.lastLike = this.count;
    this.count += 1;
  }
}

/**
 * How many of 32 bits are set.
 * @param {number} word
 */
function bitsOf(word) {
  let pairs = word - ((word >>> 1) & 0x55555555);
  pairs = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333);
  return Math.imul((pairs + (pairs >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
