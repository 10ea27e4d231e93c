// @ts-check
/**
 * The page's side of hashing: one file at a time in a thread of its own, so that the page stays quick and only one
 * decoded picture is in memory. A file that takes too long or kills the thread costs that file alone.
 *
 * The pictures' thread looks at every file first. What it calls a video goes on to the videos' thread, which is started
 * with the first of them.
 */

import { Refusal } from "./refusal.js";
import { startWorker } from "./trusted.js";

/** A picture that takes longer than this is given up, and so is a video of which nothing is heard for so long. */
const TIME_LIMIT_MS = 60_000;

/**
 * @typedef {{ hash: string, quality: number }} Hashed
 * @typedef {import("./film.js").HashedFilm} HashedFilm
 * @typedef {(far: import("./film.js").FarAlong) => void} OnProgress
 * @typedef {{ file: Blob, resolve: (hashed: Hashed | HashedFilm) => void, reject: (refusal: Refusal) => void,
 *   onStart: () => void, onProgress: OnProgress }} Job
 * @typedef {"worker" | "film-worker"} Thread
 */

/** A queue of files and the threads that hash them. */
export class Hasher {
  /**
   * @param {object} [options]
   * @param {number} [options.timeLimit] milliseconds a picture may take, or a video may be silent
   * @param {number} [options.maxFrames] frames that are kept of a video at the most
   * @param {number} [options.minQuality] frames that are plainer are not kept
   */
  constructor({ timeLimit = TIME_LIMIT_MS, maxFrames = 2000, minQuality = 50 } = {}) {
    /** @private */ this.timeLimit = timeLimit;
    /** @private */ this.limits = { keptInAll: maxFrames, minQuality };
    /** @private @type {Job[]} */ this.waiting = [];
    /** @private @type {Job | null} */ this.current = null;
    /** @private @type {Map<Thread, Worker>} */ this.workers = new Map();
    /** The thread that has the present file. @private @type {Thread} */ this.at = "worker";
    /** @private @type {ReturnType<typeof setTimeout> | undefined} */ this.timer = undefined;
    /** @private */ this.turn = 0;
    /** Did a thread's modules not load here? Then each thread is asked for in one file. @private */
    this.inOneFile = false;
  }

  /**
   * Hash one file, after those that wait already.
   * @param {Blob} file
   * @param {() => void} [onStart] called when its turn comes
   * @param {OnProgress} [onProgress] called now and then while it is a video
   * @returns {Promise<Hashed | HashedFilm>} rejected with a Refusal
   */
  hash(file, onStart = () => undefined, onProgress = () => undefined) {
    return new Promise((resolve, reject) => {
      this.waiting.push({ file, resolve, reject, onStart, onProgress });
      this.next();
    });
  }

  /** Give up everything that waits or runs; each gets the refusal `cancelled`. The hasher may be used again. */
  cancel() {
    const given = this.waiting.splice(0);
    for (const job of given) job.reject(new Refusal("cancelled"));
    if (this.current) this.stop(new Refusal("cancelled"));
  }

  /**
   * Give up one file, whether it waits or runs; it gets the refusal `cancelled`.
   * @param {Blob} file
   */
  forget(file) {
    const at = this.waiting.findIndex((job) => job.file === file);
    if (at >= 0) this.waiting.splice(at, 1)[0].reject(new Refusal("cancelled"));
    else if (this.current?.file === file) this.stop(new Refusal("cancelled"));
  }

  /** @private */
  next() {
    if (this.current) return;
    const job = this.waiting.shift();
    if (!job) return;
    this.current = job;
    job.onStart();
    this.ask("worker", job);
  }

  /**
   * Hand the present file to a thread.
   * @private
   * @param {Thread} name
   * @param {Job} job
   */
  ask(name, job) {
    this.at = name;
    this.turn += 1;
    this.watch();
    this.thread(name).postMessage({ id: this.turn, file: job.file, limits: this.limits });
  }

  /** Begin to wait for a word from the thread. @private */
  watch() {
    clearTimeout(this.timer);
    const code = this.at === "worker" ? "image_time" : "video_time";
    this.timer = setTimeout(() => this.stop(new Refusal(code)), this.timeLimit);
  }

  /**
   * The running thread, or a new one.
   * @private
   * @param {Thread} name
   */
  thread(name) {
    const running = this.workers.get(name);
    if (running) return running;
    const { inOneFile } = this;
    const worker = startWorker(name, inOneFile);
    let answered = false;
    worker.addEventListener("message", (event) => {
      answered = true;
      this.settle(event.data);
    });
    worker.addEventListener("error", () => this.fail(name, worker, answered, inOneFile));
    worker.addEventListener("messageerror", () => this.fail(name, worker, true, inOneFile));
    this.workers.set(name, worker);
    return worker;
  }

  /**
   * A thread that never answered did not load or run: its modules were refused by this browser, which is then asked once
   * more, in one file; or the browser is old, or has no reader of videos. One that dies later died of memory.
   * @private
   * @param {Thread} name
   * @param {Worker} worker
   * @param {boolean} answered
   * @param {boolean} inOneFile
   */
  fail(name, worker, answered, inOneFile) {
    if (this.workers.get(name) !== worker) return;
    worker.terminate();
    this.workers.delete(name);
    if (!this.current || this.at !== name) return;
    if (!answered && !inOneFile) {
      this.inOneFile = true;
      this.ask(name, this.current);
    } else if (name === "worker") this.stop(new Refusal(answered ? "image_memory" : "browser_too_old"));
    else this.stop(new Refusal(answered ? "video_memory" : "video_format"));
  }

  /**
   * @private
   * @param {import("./worker.js").Answer | import("./film-worker.js").FilmAnswer} answer
   */
  settle(answer) {
    if (!this.current || answer.id !== this.turn) return;
    if ("far" in answer) {
      this.watch();
      this.current.onProgress(answer.far);
      return;
    }
    if ("refused" in answer && answer.refused === "image_video") {
      this.current.onProgress({ atMs: 0, ofMs: 0, kept: 0 });
      this.ask("film-worker", this.current);
      return;
    }
    const job = this.done();
    if ("refused" in answer) job.reject(new Refusal(answer.refused));
    else if ("film" in answer) job.resolve(answer.film);
    else job.resolve({ hash: answer.hash, quality: answer.quality });
    this.next();
  }

  /**
   * End the thread that has the present file; the next one gets a fresh thread.
   * @private
   * @param {Refusal} refusal
   */
  stop(refusal) {
    this.workers.get(this.at)?.terminate();
    this.workers.delete(this.at);
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
