// @ts-check
/**
 * Choosing pictures: a list with the state of each, shown small only when tapped, removed one by one.
 *
 * Files never leave this module but for the hashing thread. What others may ask for is hashes and counts.
 */

import { Hasher } from "./hasher.js";
import { Refusal } from "./refusal.js";
import { part, say, tell } from "./texts.js";

/** Refusals that mean: no picture can be read in this browser at all. */
const HOPELESS = new Set(["canvas_altered", "browser_too_old"]);

/**
 * @typedef {"waiting" | "working" | "ready" | "out"} State
 * @typedef {{ file: File, state: State, hash: string, quality: number, row: HTMLLIElement, title: HTMLElement,
 *   status: HTMLElement, show: HTMLButtonElement, remove: HTMLButtonElement, picture: HTMLImageElement | null }} Entry
 */

/** The list of chosen pictures. */
export class Picker {
  /** @param {() => void} onChange called after every change of the list */
  constructor(onChange) {
    /** @private */ this.onChange = onChange;
    /** @private @type {Entry[]} */ this.entries = [];
    /** @private */ this.hasher = new Hasher();
    /** @private @type {{ maxItems: number, minQuality: number }} */
    this.limits = JSON.parse(part("limits", HTMLScriptElement).textContent ?? "{}");
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

  /** Pictures that may be sent, in the order of the list. */
  get ready() {
    return this.entries.filter(({ state }) => state === "ready").map(({ hash, quality }) => ({ hash, quality }));
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
      const { hash, quality } = await this.hasher.hash(entry.file, () => this.mark(entry, "working"));
      if (!this.entries.includes(entry)) return;
      const twin = this.entries.find((other) => other.state === "ready" && other.hash === hash);
      if (quality < this.limits.minQuality) this.leaveOut(entry, "quality_too_low");
      else if (twin) this.leaveOut(entry, "same_picture", this.numberOf(twin));
      else {
        entry.hash = hash;
        entry.quality = quality;
        this.mark(entry, "ready");
      }
    } catch (error) {
      const code = error instanceof Refusal ? error.code : "image_unreadable";
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
   * @private
   * @param {File} file
   * @returns {Entry}
   */
  add(file) {
    const row = document.createElement("li");
    row.className = "picture";
    const title = document.createElement("span");
    title.className = "picture-title";
    const name = document.createElement("bdi");
    name.className = "picture-name";
    name.textContent = file.name;
    const status = document.createElement("span");
    status.className = "picture-status";
    const show = document.createElement("button");
    const remove = document.createElement("button");
    for (const button of [show, remove]) {
      button.type = "button";
      button.className = "link";
    }
    show.textContent = say("show");
    remove.textContent = say("remove");
    row.append(title, status, name, show, remove);
    /** @type {Entry} */
    const entry = { file, state: "waiting", hash: "", quality: 0, row, title, status, show, remove, picture: null };
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
   * @param {number} [number] of the picture that it is the same as
   */
  leaveOut(entry, code, number = 0) {
    this.hide(entry);
    this.mark(entry, "out");
    entry.row.dataset.code = code;
    entry.status.textContent = say(code, { number });
    entry.show.remove();
    entry.hash = "";
    this.outList.append(entry.row);
  }

  /**
   * Show the picture small, or hide it again.
   * @private
   * @param {Entry} entry
   */
  toggle(entry) {
    if (entry.picture) {
      this.hide(entry);
    } else {
      const picture = document.createElement("img");
      picture.src = URL.createObjectURL(entry.file);
      entry.picture = picture;
      entry.row.append(picture);
    }
    this.refresh();
  }

  /**
   * @private
   * @param {Entry} entry
   */
  hide(entry) {
    if (!entry.picture) return;
    URL.revokeObjectURL(entry.picture.src);
    entry.picture.remove();
    entry.picture = null;
  }

  /**
   * Take one picture out of the list; the keyboard's focus goes on to its neighbour.
   * @private
   * @param {Entry} entry
   */
  drop(entry) {
    const number = this.numberOf(entry);
    const at = this.entries.indexOf(entry);
    this.hide(entry);
    this.entries.splice(at, 1);
    entry.row.remove();
    this.refresh();
    part("picker-said", HTMLElement).textContent = say("removed", { number });
    const neighbour = this.entries[Math.min(at, this.entries.length - 1)];
    (neighbour ? neighbour.remove : this.input).focus();
  }

  /**
   * The picture's number among those that will be sent: its number in the case, when the case is new.
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
      entry.title.textContent = number ? say("picture", { number }) : say("left_out");
      entry.show.textContent = say(entry.picture ? "hide" : "show");
      entry.show.setAttribute("aria-label", say(entry.picture ? "hide_named" : "show_named", { number }));
      entry.remove.setAttribute("aria-label", number ? say("remove_named", { number }) : `${say("remove")}: ${entry.file.name}`);
      if (entry.picture) entry.picture.alt = say("thumbnail", { number });
    }
    const all = this.entries.length;
    const out = this.entries.filter(({ state }) => state === "out").length;
    const ready = this.ready.length;
    const done = ready + out;
    part("left-out", HTMLElement).hidden = out === 0;
    part("progress", HTMLElement).hidden = all === 0;
    part("stop", HTMLButtonElement).hidden = done === all;
    const bar = part("progress-bar", HTMLProgressElement);
    bar.max = Math.max(1, all);
    bar.value = done;
    const finished = say("all_done", { ready, out });
    part("progress-text", HTMLElement).textContent = done === all ? finished : say("progress", { done, all });
    // Screen readers hear the end alone, not every step.
    part("picker-said", HTMLElement).textContent = all && done === all ? finished : "";
    this.onChange();
  }
}
