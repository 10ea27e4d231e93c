// @ts-check
/**
 * A video to the frames that are kept, with the browser's own decoder (WebCodecs).
 *
 * Frames are looked at as they come and let go at once: beside the decoder's own, at most four are held, whatever the
 * video's length. The luma plane is taken as it was decoded; no colour is computed where the decoder gives one.
 * What cannot be decoded in the middle is passed over, as a player does.
 */

import { openFilm } from "./demux.js";
import { Keeper } from "./keeper.js";
import { lumaOf } from "./luma.js";
import { toHex } from "./pdq.js";
import { Refusal } from "./refusal.js";
import { selfTest } from "./selftest.js";

/** Pixels of a frame: a little more than 8K, as in Python. */
const MAX_PIXELS = 36_000_000;
/** Decoded frames that may wait to be looked at, and packets that may wait to be decoded. */
const MOST_WAITING = 4;
/** After so many breaks of the decoder the rest of the video is left. */
const MOST_BREAKS = 20;
/** A step of more than an hour between two frames is not believed; nor is one backwards. */
const MAX_GAP_MS = 3_600_000;
const SAY_EVERY_MS = 200;

/**
 * @typedef {{ tMs: number, hash: string, quality: number }} FilmFrame
 * @typedef {{ frames: FilmFrame[], full: boolean, durationMs: number, seen: number }} HashedFilm
 * @typedef {{ atMs: number, ofMs: number, kept: number }} FarAlong
 */

/**
 * Hash a whole video.
 * @param {Blob} file
 * @param {{ keptInAll: number, minQuality: number }} limits
 * @param {(far: FarAlong) => void} onProgress
 * @returns {Promise<HashedFilm>}
 * @throws {Refusal}
 */
export async function hashFilm(file, limits, onProgress) {
  if (typeof VideoDecoder !== "function") throw new Refusal("video_format");
  const film = await openFilm(file);
  if (film.width * film.height > MAX_PIXELS) throw new Refusal("video_too_large");
  if (!film.config || !(await VideoDecoder.isConfigSupported(film.config)).supported) throw new Refusal("video_format");
  const viewing = new Viewing(film, limits, onProgress);
  await viewing.run();
  return viewing.result();
}

/** One video on its way through the decoder. */
class Viewing {
  /**
   * @param {import("./demux.js").Film} film
   * @param {{ keptInAll: number, minQuality: number }} limits
   * @param {(far: FarAlong) => void} onProgress
   */
  constructor(film, limits, onProgress) {
    this.film = film;
    this.onProgress = onProgress;
    this.keeper = new Keeper(limits);
    /** @type {FilmFrame[]} */ this.frames = [];
    /** @type {VideoFrame[]} */ this.waiting = [];
    /** @type {VideoDecoder | null} */ this.decoder = null;
    this.breaks = 0;
    this.tooLarge = false;
    this.clock = new Clock();
    this.atMs = 0;
    this.said = 0;
    /** @type {() => void} */ this.wake = () => undefined;
    this.bytes = new Uint8Array(0);
    this.luma = new Uint8Array(0);
    /** @type {Promise<unknown> | null} */ this.tested = null;
    /** @type {OffscreenCanvas | null} */ this.canvas = null;
  }

  async run() {
    try {
      await this.decodeAll();
    } finally {
      for (const frame of this.waiting.splice(0)) frame.close();
      if (this.decoder && this.decoder.state !== "closed") this.decoder.close();
    }
  }

  result() {
    if (this.tooLarge && !this.frames.length) throw new Refusal("video_too_large");
    if (!this.keeper.seen) throw new Refusal("video_unreadable");
    if (!this.frames.length) throw new Refusal("quality_too_low");
    const full = this.keeper.full || this.keeper.thrifty;
    return { frames: this.frames, full, durationMs: this.atMs, seen: this.keeper.seen };
  }

  /** @private */
  async decodeAll() {
    for await (const packet of this.film.packets()) {
      if (!this.ready()) {
        if (this.breaks > MOST_BREAKS) return;
        if (packet.type !== "key") continue;
        this.begin();
      }
      const decoder = /** @type {VideoDecoder} */ (this.decoder);
      this.hand(decoder, packet.chunk);
      while (this.waiting.length || (this.ready() && decoder.decodeQueueSize > MOST_WAITING)) await this.lookOrWait();
      if (this.keeper.full) return;
    }
    await this.drain();
  }

  /** @private */
  ready() {
    return this.decoder !== null && this.decoder.state === "configured";
  }

  /** @private */
  begin() {
    const decoder = new VideoDecoder({
      output: (frame) => {
        this.waiting.push(frame);
        this.wake();
      },
      error: () => {
        this.breaks += 1;
        this.wake();
      },
    });
    decoder.addEventListener("dequeue", () => this.wake());
    decoder.configure(/** @type {VideoDecoderConfig} */ (this.film.config));
    this.decoder = decoder;
  }

  /**
   * Hand one packet over. A decoder that will not take it is broken as one that fails at it is.
   * @private
   * @param {VideoDecoder} decoder
   * @param {EncodedVideoChunk} chunk
   */
  hand(decoder, chunk) {
    try {
      decoder.decode(chunk);
    } catch {
      this.breaks += 1;
      if (decoder.state !== "closed") decoder.close();
    }
  }

  /** Get the last frames out of the decoder; they are looked at meanwhile, because it has room for few. @private */
  async drain() {
    let done = !this.ready();
    if (!done) {
      const end = () => {
        done = true;
        this.wake();
      };
      /** @type {VideoDecoder} */ (this.decoder).flush().then(end, end);
    }
    while (!done || this.waiting.length) {
      if (this.keeper.full) return;
      await this.lookOrWait();
    }
  }

  /** Look at the next frame, or wait until the decoder says something. @private */
  async lookOrWait() {
    const frame = this.waiting.shift();
    if (frame) {
      try {
        await this.look(frame);
      } finally {
        frame.close();
      }
      return;
    }
    await new Promise((done) => {
      this.wake = () => done(undefined);
    });
    this.wake = () => undefined;
  }

  /**
   * @private
   * @param {VideoFrame} frame
   */
  async look(frame) {
    // Before the beginning that the file names for itself: players do not show it.
    if (frame.timestamp < 0) return;
    const rect = frame.visibleRect;
    const width = rect ? rect.width : frame.codedWidth;
    const height = rect ? rect.height : frame.codedHeight;
    if (width * height > MAX_PIXELS) {
      this.tooLarge = true;
      return;
    }
    const limited = await this.takeLuma(frame, width, height);
    this.atMs = this.clock.tell(frame.timestamp / 1000);
    const kept = this.keeper.offer({
      tMs: this.atMs, luma: this.luma.subarray(0, width * height), width, height, turn: this.film.turn, limited,
    });
    if (kept) this.frames.push({ tMs: kept.tMs, hash: toHex(kept.value), quality: kept.quality });
    const now = performance.now();
    if (now - this.said > SAY_EVERY_MS) {
      this.said = now;
      this.onProgress({ atMs: this.atMs, ofMs: Math.round(1000 * this.film.durationS), kept: this.frames.length });
    }
  }

  /**
   * Put a frame's luma into `this.luma`, row by row without gaps; tell whether black is 16.
   * @private
   * @param {VideoFrame} frame
   * @param {number} width
   * @param {number} height
   */
  async takeLuma(frame, width, height) {
    if (this.luma.length < width * height) this.luma = new Uint8Array(width * height);
    const format = String(frame.format ?? "");
    if (!/^(I4|NV|RGB|BGR)/.test(format)) {
      await this.paintLuma(frame, width, height);
      return false;
    }
    const size = frame.allocationSize();
    if (this.bytes.length < size) this.bytes = new Uint8Array(size);
    const [{ offset, stride }] = await frame.copyTo(this.bytes.subarray(0, size));
    if (/^(RGB|BGR)/.test(format)) {
      this.weigh(width, height, offset, stride, format.startsWith("B"));
      return false;
    }
    const deep = /P(10|12)$/.exec(format);
    for (let y = 0; y < height; y++) {
      const from = offset + y * stride;
      if (!deep) {
        this.luma.set(this.bytes.subarray(from, from + width), y * width);
        continue;
      }
      // Ten or twelve bits in two bytes, the lower one first, cut to eight as in Python.
      const shift = Number(deep[1]) - 8;
      for (let x = 0, at = from; x < width; x++, at += 2) {
        this.luma[y * width + x] = (this.bytes[at] | (this.bytes[at + 1] << 8)) >> shift;
      }
    }
    return frame.colorSpace.fullRange !== true;
  }

  /**
   * Colours, four bytes a pixel; the fourth is of no meaning in a video.
   * @private
   * @param {number} width
   * @param {number} height
   * @param {number} offset
   * @param {number} stride
   * @param {boolean} blueFirst
   */
  weigh(width, height, offset, stride, blueFirst) {
    const row = new Uint8Array(4 * width);
    for (let y = 0; y < height; y++) {
      row.set(this.bytes.subarray(offset + y * stride, offset + y * stride + 4 * width));
      for (let at = 0; at < row.length; at += 4) {
        if (blueFirst) [row[at], row[at + 2]] = [row[at + 2], row[at]];
        row[at + 3] = 255;
      }
      lumaOf(row, this.luma.subarray(y * width));
    }
  }

  /**
   * Where the browser does not say how a frame lies in memory: painted as a player would, and read back.
   * @private
   * @param {VideoFrame} frame
   * @param {number} width
   * @param {number} height
   */
  async paintLuma(frame, width, height) {
    this.tested ??= selfTest();
    await this.tested;
    const canvas = (this.canvas ??= new OffscreenCanvas(width, height));
    if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
    const pen = canvas.getContext("2d", { willReadFrequently: true, alpha: false, colorSpace: "srgb" });
    if (!pen) throw new Refusal("browser_too_old");
    pen.drawImage(frame, 0, 0, width, height);
    lumaOf(pen.getImageData(0, 0, width, height).data, this.luma);
  }
}

/** Turns time stamps into whole milliseconds after the first frame, which never run backwards. */
class Clock {
  constructor() {
    this.shift = NaN;
    this.last = -40;
  }

  /** @param {number} stampMs */
  tell(stampMs) {
    const believed = stampMs - this.shift >= this.last && stampMs - this.shift <= this.last + MAX_GAP_MS;
    if (!believed) this.shift = stampMs - (this.last + 40);
    this.last = stampMs - this.shift;
    return Math.max(0, Math.round(this.last));
  }
}
