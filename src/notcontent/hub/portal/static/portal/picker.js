// @ts-check
/**
 * Choosing pictures and videos: a list with the state of each, pictures shown small only when tapped, removed one by
 * one.
 *
 * Files never leave this module but for the hashing thread. What others may ask for is hashes and counts.
 */

import { readCodes } from "./codes.js";
import { Hasher } from "./hasher.js";
import { Refusal } from "./refusal.js";
import { hidePicture, makeRow, same, showPicture } from "./row.js";
import { part, say, tell } from "./texts.js";

/** Refusals that mean: no picture can be read in this browser at all. */
const HOPELESS = new Set(["canvas_altered", "browser_too_old"]);

/**
 * @typedef {import("./row.js").Entry} Entry
 * @typedef {import("./row.js").Ready} Ready
 * @typedef {import("./row.js").State} State
 */

/** The list of chosen pictures and videos. */
export class Picker {
  /** @param {() => void} onChange called after every change of the list */
  constructor(onChange) {
    /** @private */ this.onChange = onChange;
    /** @private @type {Entry[]} */ this.entries = [];
    /** @private @type {{ maxItems: number, minQuality: number, maxFrames: number, maxFramesASend: number }} */
    this.limits = JSON.parse(part("limits", HTMLScriptElement).textContent ?? "{}");
    /** @private */ this.hasher = new Hasher(this.limits);
    /** @private */ this.list = part("pictures", HTMLOListElement);
    /** @private */ this.outList = part("left-out-list", HTMLUListElement);
    /** @private */ this.error = part("picker-error", HTMLElement);
    /** @private */ this.input = part("files", HTMLInputElement);
    this.input.addEventListener("change", () => {
      this.take([...(this.input.files ?? [])]);
      this.input.value = "";
    });
    part("stop", HTMLButtonElement).addEventListener("click", () => this.hasher.cancel());
  }

  /** Pictures and videos that may be sent, in the order of the list. */
  get ready() {
    return this.entries.flatMap(({ state, ready }) => (state === "ready" && ready ? [ready] : []));
  }

  /** What may be sent, in counts. */
  get summary() {
    const films = this.ready.flatMap((one) => ("frames" in one ? [one.frames.length] : []));
    const frames = films.reduce((sum, count) => sum + count, 0);
    return { pictures: this.ready.length - films.length, videos: films.length, frames };
  }

  /** Is a picture still being read? */
  get busy() {
    return this.entries.some(({ state }) => state === "waiting" || state === "working");
  }

  /** How many pictures were chosen, with those left out. */
  get count() {
    return this.entries.length;
  }

  /** Take away the sentence about the last choice, when the person moves on. */
  forgetError() {
    tell(this.error);
  }

  /**
   * @private
   * @param {File[]} files
   */
  take(files) {
    tell(this.error);
    this.onChange();
    const kept = this.entries.filter(({ state }) => state !== "out").length;
    if (kept + files.length > this.limits.maxItems) {
      const values = { count: kept + files.length, max: this.limits.maxItems };
      tell(this.error, say("too_many_items", values), "too_many_items");
      return;
    }
    for (const file of files) this.start(this.add(file));
    this.refresh();
  }

  /**
   * @private
   * @param {Entry} entry
   */
  async start(entry) {
    try {
      const hashed = await this.hasher.hash(entry.file, () => this.mark(entry, "working"), (far) => this.tellFar(entry, far));
      if (this.entries.includes(entry)) this.accept(entry, hashed);
    } catch (error) {
      let code = error instanceof Refusal ? error.code : "image_unreadable";
      if (code === "image_format") {
        try {
          if (await this.takeCodes(entry)) return;
        } catch {
          code = "codes_format";
        }
      }
      if (!this.entries.includes(entry)) return;
      this.leaveOut(entry, HOPELESS.has(code) ? "cancelled" : code);
      if (HOPELESS.has(code)) {
        this.hasher.cancel();
        tell(this.error, say(code), code);
      }
    }
    this.refresh();
  }

  /**
   * Take what was hashed, unless it is too plain, too much, or there already.
   * @private
   * @param {Entry} entry
   * @param {Ready | import("./film.js").HashedFilm} hashed
   */
  accept(entry, hashed) {
    const twin = this.entries.find(({ state, ready }) => state === "ready" && ready && same(ready, hashed));
    const frames = "frames" in hashed ? hashed.frames.length : 0;
    if ("quality" in hashed && hashed.quality < this.limits.minQuality) this.leaveOut(entry, "quality_too_low");
    else if (twin) this.leaveOut(entry, "same_picture", { number: this.numberOf(twin) });
    else if (this.summary.frames + frames > this.limits.maxFramesASend) this.leaveOut(entry, "too_many_frames");
    else {
      entry.ready = hashed;
      this.mark(entry, "ready");
      const full = "full" in hashed && hashed.full;
      if (frames) entry.status.textContent = say(full ? "ready_full" : "ready_frames", { frames });
    }
  }

  /**
   * Take a file of codes: one line of the list for each picture and video in it.
   * @private
   * @param {Entry} entry
   * @returns {Promise<boolean>} false when it is no such file
   */
  async takeCodes(entry) {
    const coded = await readCodes(entry.file);
    if (!coded || !this.entries.includes(entry)) return false;
    const kept = this.entries.filter(({ state }) => state !== "out").length - 1;
    if (kept + coded.length > this.limits.maxItems) {
      this.leaveOut(entry, "too_many_items", { count: kept + coded.length, max: this.limits.maxItems });
    } else {
      this.entries.splice(this.entries.indexOf(entry), 1);
      entry.row.remove();
      for (const { name, ready } of coded) {
        const one = this.add(entry.file, name);
        one.film = "frames" in ready;
        one.show.remove();
        if ("hash" in ready) this.accept(one, ready);
        else {
          // As the page itself does: frames that are too plain are not kept.
          const frames = ready.frames.filter(({ quality }) => quality >= this.limits.minQuality);
          if (!frames.length) this.leaveOut(one, "quality_too_low");
          else if (frames.length > this.limits.maxFrames) this.leaveOut(one, "too_many_frames");
          else this.accept(one, { frames });
        }
      }
    }
    this.refresh();
    return true;
  }

  /**
   * Show how far a video is.
   * @private
   * @param {Entry} entry
   * @param {import("./film.js").FarAlong} far
   */
  tellFar(entry, { atMs, ofMs, kept }) {
    if (entry.state !== "working") return;
    const first = !entry.film;
    entry.film = true;
    entry.part = ofMs > 0 ? Math.min(0.99, atMs / ofMs) : 0;
    const percent = Math.floor(100 * entry.part);
    entry.status.textContent = ofMs > 0 ? say("working_film", { percent, frames: kept }) : say("working");
    if (first) this.refresh();
    else this.showProgress();
  }

  /**
   * @private
   * @param {File} file
   * @param {string} [called]
   * @returns {Entry}
   */
  add(file, called = file.name) {
    const parts = makeRow(called);
    const { row, show, remove } = parts;
    /** @type {Entry} */
    const entry = { file, state: "waiting", ready: null, film: false, part: 0, picture: null, ...parts };
    show.addEventListener("click", () => this.toggle(entry));
    remove.addEventListener("click", () => this.drop(entry));
    this.entries.push(entry);
    this.list.append(row);
    this.mark(entry, "waiting");
    return entry;
  }

  /**
   * @private
   * @param {Entry} entry
   * @param {State} state
   */
  mark(entry, state) {
    entry.state = state;
    entry.row.dataset.state = state;
    entry.status.textContent = say(state);
  }

  /**
   * @private
   * @param {Entry} entry
   * @param {string} code
   * @param {Record<string, number>} [values] fill in {name}
   */
  leaveOut(entry, code, values = {}) {
    hidePicture(entry);
    this.mark(entry, "out");
    entry.row.dataset.code = code;
    entry.status.textContent = say(code, values);
    entry.show.remove();
    entry.ready = null;
    this.outList.append(entry.row);
  }

  /**
   * Show the picture small, or hide it again.
   * @private
   * @param {Entry} entry
   */
  toggle(entry) {
    if (entry.picture) hidePicture(entry);
    else showPicture(entry);
    this.refresh();
  }

  /**
   * Take one picture out of the list; the keyboard's focus goes on to its neighbour.
   * @private
   * @param {Entry} entry
   */
  drop(entry) {
    const number = this.numberOf(entry);
    const at = this.entries.indexOf(entry);
    hidePicture(entry);
    this.entries.splice(at, 1);
    entry.row.remove();
    this.hasher.forget(entry.file);
    this.refresh();
    part("picker-said", HTMLElement).textContent = say(entry.film ? "removed_film" : "removed", { number });
    const neighbour = this.entries[Math.min(at, this.entries.length - 1)];
    (neighbour ? neighbour.remove : this.input).focus();
  }

  /**
   * Its number among those that will be sent: its number in the case, when the case is new.
   * @private
   * @param {Entry} entry
   */
  numberOf(entry) {
    return this.entries.filter(({ state }) => state !== "out").indexOf(entry) + 1;
  }

  /**
   * Bring numbers, labels and progress up to date.
   * @private
   */
  refresh() {
    for (const entry of this.entries) {
      const number = this.numberOf(entry);
      entry.title.textContent = number ? say(entry.film ? "film" : "picture", { number }) : say("left_out");
      // A video is not played here: its name must do.
      if (entry.film) entry.show.remove();
      entry.show.textContent = say(entry.picture ? "hide" : "show");
      entry.show.setAttribute("aria-label", say(entry.picture ? "hide_named" : "show_named", { number }));
      const remove = say(entry.film ? "remove_film" : "remove_named", { number });
      entry.remove.setAttribute("aria-label", number ? remove : `${say("remove")}: ${entry.file.name}`);
      if (entry.picture) entry.picture.alt = say("thumbnail", { number });
    }
    this.showProgress();
    const all = this.entries.length;
    const out = this.entries.filter(({ state }) => state === "out").length;
    const ready = this.ready.length;
    const done = ready + out;
    part("left-out", HTMLElement).hidden = out === 0;
    part("progress", HTMLElement).hidden = all === 0;
    part("stop", HTMLButtonElement).hidden = done === all;
    const finished = say("all_done", { ready, out });
    part("progress-text", HTMLElement).textContent = done === all ? finished : say("progress", { done, all });
    // Screen readers hear the end alone, not every step.
    part("picker-said", HTMLElement).textContent = all && done === all ? finished : "";
    this.onChange();
  }

  /**
   * A video counts by how far it is.
   * @private
   */
  showProgress() {
    const bar = part("progress-bar", HTMLProgressElement);
    bar.max = Math.max(1, this.entries.length);
    bar.value = this.entries.reduce((sum, { state, part: far }) => {
      if (state === "ready" || state === "out") return sum + 1;
      return sum + (state === "working" ? far : 0);
    }, 0);
  }
}
