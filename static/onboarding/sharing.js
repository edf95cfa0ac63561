"use strict";
/* The page's address for another browser, another device, another person. */

function pageSharing(root, config) {
  const QR_AT_ONCE = "(min-width: 48rem)";

  function begin() {
    for (const button of root.querySelectorAll('[data-action="share-link"]')) button.hidden = !navigator.share;
    // Who sits at a large screen has the phone beside it.
    const isWide = window.matchMedia(QR_AT_ONCE).matches;
    for (const details of root.querySelectorAll("[data-open-if-wide]")) details.open = isWide;
  }

  async function copy(button) {
    await copyText(config.hostedUrl);
    button.closest("[data-address]").querySelector("[data-copied]").hidden = false;
  }

  function share(button) {
    const given = { title: document.title, text: button.dataset.text, url: config.hostedUrl };
    // Refused where somebody closes the list of apps: they have changed their mind.
    navigator.share(given).catch(() => {});
  }

  return { begin, copy, share };
}
