// @ts-check
/**
 * Leaving quickly: the button, Shift three times, and never showing a case again by the back button.
 *
 * The page is covered at once; then /leave/ clears the session and passes on to a harmless page, in place of this
 * one in the history. Without a script the button is a plain link to the same address.
 */

/** The three presses may be this far apart. */
const SHIFT_PAUSE_MS = 5000;

const button = /** @type {HTMLAnchorElement} */ (document.getElementById("exit"));
const said = /** @type {HTMLElement} */ (document.getElementById("exit-said"));

function leave() {
  document.documentElement.classList.add("covered");
  said.textContent = button.dataset.away ?? "";
  location.replace(button.href);
}

button.addEventListener("click", (event) => {
  event.preventDefault();
  leave();
});

let presses = 0;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let pause;

function forgetPresses() {
  presses = 0;
  said.textContent = "";
}

document.addEventListener("keydown", (event) => {
  if (event.repeat) return;
  clearTimeout(pause);
  // Shift as part of another key (a capital letter) does not count.
  if (event.key !== "Shift" || event.ctrlKey || event.altKey || event.metaKey) {
    forgetPresses();
    return;
  }
  presses += 1;
  if (presses === 3) {
    leave();
    return;
  }
  said.textContent = (presses === 1 ? button.dataset.two : button.dataset.one) ?? "";
  pause = setTimeout(forgetPresses, SHIFT_PAUSE_MS);
});

// The back button may bring a page back as it was, from memory: ask the hub anew what may be shown.
window.addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  document.documentElement.classList.add("covered");
  location.reload();
});

// A case left open on the screen closes itself when its session is over.
const idle = Number(document.body.dataset.idle);
if (idle) setTimeout(() => location.replace(button.dataset.case ?? "/"), (idle + 5) * 1000);
