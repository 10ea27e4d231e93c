// @ts-check
/**
 * Why one picture was left out. The codes are stable; the sentences for them are in the page's language.
 *
 * @typedef {"image_empty" | "image_format" | "image_video" | "image_heic" | "image_unreadable" | "image_too_large"
 *   | "image_too_small" | "image_time" | "image_memory" | "quality_too_low" | "canvas_altered" | "browser_too_old"
 *   | "cancelled" | "too_many_items" | "video_format" | "video_empty" | "video_unreadable" | "video_too_large"
 *   | "video_time" | "video_memory" | "too_many_frames" | "codes_format"} RefusalCode
 */

/** A deliberate refusal. It carries its code and nothing of the picture: no name, no size, no pixel. */
export class Refusal extends Error {
  /** @param {RefusalCode} code */
  constructor(code) {
    super(code);
    this.name = "Refusal";
    this.code = code;
  }
}
