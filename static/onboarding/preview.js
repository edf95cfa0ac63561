"use strict";
/* The preview: shows what the server filled in. Nothing on it acts; the script that could is not loaded. */

(() => {
  const BANNER = "preview-reason";
  const root = document.getElementById("signup");
  const config = JSON.parse(document.getElementById("signup-config").textContent);
  const views = pageViews(root);
  // A link on the real page goes back to the shop; here it goes to the words that say why it does not.
  const back = config.hasRedirect ? `#${BANNER}` : null;

  function begin() {
    localizeTimes(document);
    for (const button of root.querySelectorAll("button")) makeInert(button);
    const fill = {
      progress: () => views.steps(config.steps, config.stepTitles),
      success: () => views.success({ redirectUrl: back, nextAction: null }),
      failed: () => views.failed({ ...config.error, backUrl: back, details: {} }),
    };
    if (views.view() in fill) fill[views.view()]();
    root.addEventListener("click", onClick);
  }

  /** It can be reached and read, as on the page itself, and says why it does nothing. */
  function makeInert(button) {
    button.disabled = false;
    button.setAttribute("aria-disabled", "true");
    button.setAttribute("aria-describedby", BANNER);
  }

  function onClick(event) {
    if (event.target.closest("button")) document.getElementById("preview").focus();
  }

  begin();
})();
