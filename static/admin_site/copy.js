// Puts a button for copying beside every value that is marked for it.

const COPIED_FOR = 1500;

function select(value) {
  getSelection().selectAllChildren(value);
}

async function copy(value, button) {
  try {
    await navigator.clipboard.writeText(value.textContent);
    button.textContent = "Copied";
  } catch {
    // No clipboard here: plain http, or the browser said no.
    select(value);
    button.textContent = "Selected";
  }
  setTimeout(() => (button.textContent = "Copy"), COPIED_FOR);
}

for (const value of document.querySelectorAll("[data-copy]")) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "copy";
  button.textContent = "Copy";
  button.setAttribute("aria-live", "polite");
  button.addEventListener("click", () => copy(value, button));
  value.after(button);
}
