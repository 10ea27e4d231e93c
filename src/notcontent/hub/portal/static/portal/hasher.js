// @ts-check
/**
 * The page's side of hashing: one picture at a time in a thread of its own, so that the page stays quick and only
 * one decoded picture is in memory. A picture that takes too long or kills the thread costs that picture alone.
 */

import { Refusal } from "./refusal.js";
import { startWorker } from "./trusted.js";

/** A picture that takes longer than this is given up. */
const TIME_LIMIT_MS = 60_000;

/**
 * @typedef {{ hash: string, quality: number }} Hashed
 * @typedef {{ file: Blob, resolve: (hashed: Hashed) => void, reject: (refusal: Refusal) => void, onStart: () => void }} Job
 */

/** A queue of pictures and the thread that hashes them. */
export class Hasher {
  /** @param {{ timeLimit?: number }} [options] milliseconds a picture may take */
  constructor({ timeLimit = TIME_LIMIT_MS } = {}) {
    /** @private */ this.timeLimit = timeLimit;
    /** @private @type {Job[]} */ this.waiting = [];
    /** @private @type {Job | null} */ this.current = null;
    /** @private @type {Worker | null} */ this.worker = null;
    /** @private @type {ReturnType<typeof setTimeout> | undefined} */ this.timer = undefined;
    /** @private */ this.turn = 0;
  }

  /**
   * Hash one file, after those that wait already.
   * @param {Blob} file
   * @param {() => void} [onStart] called when its turn comes
   * @returns {Promise<Hashed>} rejected with a Refusal
   */
  hash(file, onStart = () => undefined) {
    return new Promise((resolve, reject) => {
      this.waiting.push({ file, resolve, reject, onStart });
      this.next();
    });
  }

  /** Give up everything that waits or runs; each gets the refusal `cancelled`. The hasher may be used again. */
  cancel() {
    const given = this.waiting.splice(0);
    for (const job of given) job.reject(new Refusal("cancelled"));
    if (this.current) this.stop(new Refusal("cancelled"));
  }

  /** @private */
  next() {
    if (this.current) return;
    const job = this.waiting.shift();
    if (!job) return;
    this.current = job;
    this.turn += 1;
    job.onStart();
    this.timer = setTimeout(() => this.stop(new Refusal("image_time")), this.timeLimit);
    this.thread().postMessage({ id: this.turn, file: job.file });
  }

  /**
   * The running thread, or a new one.
   * @private
   */
  thread() {
    if (this.worker) return this.worker;
    const worker = startWorker();
    worker.addEventListener("message", (event) => this.settle(event.data));
    // The script did not load or run: an old browser. A thread that dies later died of memory.
    let answered = false;
    worker.addEventListener("message", () => (answered = true));
    worker.addEventListener("error", () => this.stop(new Refusal(answered ? "image_memory" : "browser_too_old")));
    worker.addEventListener("messageerror", () => this.stop(new Refusal("image_memory")));
    this.worker = worker;
    return worker;
  }

  /**
   * @private
   * @param {import("./worker.js").Answer} answer
   */
  settle(answer) {
    if (!this.current || answer.id !== this.turn) return;
    const job = this.done();
    if ("refused" in answer) job.reject(new Refusal(answer.refused));
    else job.resolve({ hash: answer.hash, quality: answer.quality });
    this.next();
  }

  /**
   * End the thread; the next picture gets a fresh one.
   * @private
   * @param {Refusal} refusal
   */
  stop(refusal) {
    this.worker?.terminate();
    this.worker = null;
    if (this.current) this.done().reject(refusal);
    this.next();
  }

  /** @private */
  done() {
    clearTimeout(this.timer);
    const job = /** @type {Job} */ (this.current);
    this.current = null;
    return job;
  }
}
