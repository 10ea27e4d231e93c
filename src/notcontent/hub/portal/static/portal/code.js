// @ts-check
/** The page that shows a case code once: copying it. */

import { part } from "./texts.js";

const copy = part("copy", HTMLButtonElement);
const said = part("copied", HTMLElement);

copy.addEventListener("click", async () => {
  const words = [...part("words", HTMLElement).querySelectorAll("span")].map((word) => word.textContent);
  try {
    await navigator.clipboard.writeText(words.join(" "));
    said.textContent = copy.dataset.done ?? "";
  } catch {
    said.textContent = copy.dataset.failed ?? "";
  }
});

for (const element of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll(".needs-script"))) element.hidden = false;
