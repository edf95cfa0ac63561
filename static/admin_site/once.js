// A form whose answer shows a secret is sent once: the answer to a second click would take its place.

for (const form of document.querySelectorAll("form[data-once]")) {
  form.addEventListener("submit", () => {
    for (const button of form.querySelectorAll("[type=submit]")) button.disabled = true;
  });
}

// Gone back to, the page is as it was left.
addEventListener("pageshow", () => {
  for (const button of document.querySelectorAll("form[data-once] [type=submit]")) button.disabled = false;
});
