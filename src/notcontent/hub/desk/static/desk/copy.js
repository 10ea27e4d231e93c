// Buttons that copy a secret shown once. Without JavaScript they stay hidden, and the text can be selected by hand.
// @ts-check
for (const button of document.querySelectorAll("button[data-copy]")) {
  if (!(button instanceof HTMLButtonElement) || !navigator.clipboard) continue;
  const source = document.getElementById(button.dataset.copy ?? "");
  if (!source) continue;
  const before = button.textContent;
  button.hidden = false;
  button.addEventListener("click", async () => {
    const lines = source.tagName === "OL" ? Array.from(source.children, (line) => line.textContent) : [source.textContent];
    await navigator.clipboard.writeText(lines.map((line) => line?.trim() ?? "").join("\n") + "\n");
    button.textContent = button.dataset.done ?? before;
    setTimeout(() => {
      button.textContent = before;
    }, 2000);
  });
}
