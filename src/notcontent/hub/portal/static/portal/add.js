// @ts-check
/** Adding pictures to an open case. */

import { Picker } from "./picker.js";
import { send } from "./send.js";
import { part, say, tell } from "./texts.js";

const page = part("adding", HTMLElement);
const error = part("error", HTMLElement);
const button = part("send", HTMLButtonElement);
const adults = part("adults", HTMLInputElement);
const picker = new Picker(() => tell(error));

/** What is missing, as the name of a sentence; "" when nothing is. */
function missing() {
  if (picker.busy) return "still_working";
  if (!picker.ready.length) return picker.count ? "none_ready" : "choose_picture";
  return adults.checked ? "" : "adults_first";
}

async function sendAll() {
  const problem = missing();
  if (problem) {
    tell(error, say(problem));
    return;
  }
  const label = button.textContent;
  button.disabled = true;
  button.textContent = say("sending");
  const fields = new URLSearchParams({ action: "add", adults: "yes" });
  const refused = await send(/** @type {string} */ (page.dataset.case), fields, picker.ready);
  if (!refused) return;
  button.disabled = false;
  button.textContent = label;
  tell(error, refused.sentence, refused.code);
  button.focus();
}

button.addEventListener("click", sendAll);
adults.addEventListener("change", () => tell(error));
adults.checked = false;
page.hidden = false;
