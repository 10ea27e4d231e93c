// @ts-check
/** Sentences for the scripts, in the page's language: the page carries them as JSON, the scripts hold none. */

/** @type {Record<string, string>} */
const sentences = JSON.parse(document.getElementById("texts")?.textContent ?? "{}");

/**
 * @param {string} name
 * @param {Record<string, string | number>} [values] fill in {name}
 */
export function say(name, values = {}) {
  const sentence = sentences[name] ?? name;
  return sentence.replace(/\{(\w+)\}/g, (whole, key) => String(values[key] ?? whole));
}

/**
 * Show an error with its stable code, or hide the place for it.
 * @param {HTMLElement} place an element with role="alert"
 * @param {string} [sentence]
 * @param {string} [code]
 */
export function tell(place, sentence = "", code = "") {
  place.replaceChildren();
  place.hidden = !sentence;
  if (!sentence) return;
  const line = document.createElement("p");
  line.textContent = sentence;
  place.append(line);
  if (!code) return;
  const small = document.createElement("p");
  small.className = "small";
  const mark = document.createElement("code");
  mark.textContent = code;
  small.append(`${say("helper_code")} `, mark);
  place.append(small);
}

/**
 * An element that the template promises.
 * @template {HTMLElement} T
 * @param {string} id
 * @param {new () => T} type
 * @returns {T}
 */
export function part(id, type) {
  const element = document.getElementById(id);
  if (!(element instanceof type)) throw new TypeError(`The page has no #${id}.`);
  return element;
}
