// @ts-check
/** Opening a case: one page, one question at a time. Nothing is sent before the last button; the address stays. */

import { Picker } from "./picker.js";
import { send } from "./send.js";
import { part, say, tell } from "./texts.js";

const intake = part("intake", HTMLElement);
const form = part("form", HTMLFormElement);
const error = part("error", HTMLElement);
const next = part("next", HTMLButtonElement);
const back = part("back", HTMLButtonElement);
const sendButton = part("send", HTMLButtonElement);
const pickerPlace = part("picker-place", HTMLElement);
const steps = /** @type {HTMLElement[]} */ ([...form.querySelectorAll("[data-step]")]);
const picker = new Picker(() => tell(error));
let at = 0;

/** @param {number} step */
function show(step) {
  at = step;
  tell(error);
  picker.forgetError();
  steps.forEach((section, i) => (section.hidden = i !== step));
  const place = steps[step].dataset.place;
  const last = step === steps.length - 1;
  pickerPlace.hidden = !place;
  pickerPlace.classList.toggle("checking", place === "check");
  next.hidden = last;
  sendButton.hidden = !last;
  back.hidden = step === 0;
  const count = say("step", { step: step + 1, steps: steps.length });
  part("step-count", HTMLElement).textContent = count;
  document.title = `nc · ${count}`;
  if (last) sumUp();
  window.scrollTo(0, 0);
  steps[step].querySelector("h1")?.focus({ preventScroll: true });
}

/** @param {string} name */
function chosen(name) {
  return /** @type {HTMLInputElement[]} */ ([...form.querySelectorAll(`input[name="${name}"]:checked`)]);
}

/** @param {HTMLInputElement[]} inputs */
function labels(inputs) {
  return inputs.map((input) => input.nextElementSibling?.firstChild?.textContent?.trim() ?? "").join(", ");
}

function sumUp() {
  const { pictures, videos, frames } = picker.summary;
  part("sum-ready", HTMLElement).textContent = videos ? say("sum_films", { pictures, videos, frames }) : String(pictures);
  part("sum-members", HTMLElement).textContent = labels(chosen("members"));
  part("sum-claim", HTMLElement).textContent = labels(chosen("claim"));
}

/** What is missing on this step, as the name of a sentence; "" when nothing is. */
function missing() {
  const names = [...steps[at].querySelectorAll("input")].map((input) => input.name);
  if (names.includes("adults") && !chosen("adults").length) return "choose_one";
  if (names.includes("claim") && !chosen("claim").length) return "choose_one";
  if (steps[at].querySelector("fieldset") && at === 2 && !chosen("members").length) return "choose_member";
  if (!steps[at].dataset.place) return "";
  if (picker.busy) return "still_working";
  if (picker.ready.length) return "";
  return picker.count ? "none_ready" : "choose_picture";
}

function goOn() {
  const problem = missing();
  if (problem) {
    tell(error, say(problem));
    return;
  }
  if (chosen("adults")[0].value !== "yes") {
    location.replace(/** @type {string} */ (intake.dataset.help));
    return;
  }
  show(at + 1);
}

async function sendAll() {
  const problem = missing();
  if (problem) {
    tell(error, say(problem));
    return;
  }
  const label = sendButton.textContent;
  sendButton.disabled = true;
  sendButton.textContent = say("sending");
  const fields = new URLSearchParams({ action: "open" });
  for (const { name, value } of [...chosen("adults"), ...chosen("claim"), ...chosen("members")]) fields.append(name, value);
  const refused = await send(/** @type {string} */ (intake.dataset.case), fields, picker.ready);
  if (!refused) return;
  sendButton.disabled = false;
  sendButton.textContent = label;
  tell(error, refused.sentence, refused.code);
  sendButton.focus();
}

next.addEventListener("click", goOn);
back.addEventListener("click", () => show(at - 1));
sendButton.addEventListener("click", sendAll);
form.addEventListener("submit", (event) => {
  event.preventDefault();
  goOn();
});
form.addEventListener("change", () => tell(error));
for (const button of /** @type {NodeListOf<HTMLElement>} */ (form.querySelectorAll("[data-goto]"))) {
  button.addEventListener("click", () => show(Number(button.dataset.goto)));
}
document.getElementById("all-members")?.addEventListener("click", () => {
  for (const box of /** @type {NodeListOf<HTMLInputElement>} */ (form.querySelectorAll('[name="members"]'))) box.checked = true;
  tell(error);
});

form.reset();
intake.hidden = false;
show(0);
