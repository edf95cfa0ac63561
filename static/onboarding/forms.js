"use strict";
/* The forms of the page: which one is there, what is wrong with which field, when a code may be sent again. */

function pageForms(root, views) {
  const find = (selector, within = root) => within.querySelector(selector);
  const findAll = (selector, within = root) => [...within.querySelectorAll(selector)];
  const viewOf = (name) => find(`[data-view="${name}"]`);
  const SOON_MS = 120000;
  let ticking = 0;

  /** Says one problem, at its field where it has one, and moves the focus there; null takes all back. */
  function problem(view, name) {
    const within = viewOf(view);
    for (const one of findAll("[data-problem]", within)) one.hidden = !isNamed(one, name);
    for (const field of findAll("[data-field]", within)) {
      const isWrong = findAll("[data-problem]", field).some((one) => !one.hidden);
      for (const input of findAll("input", field)) input.toggleAttribute("aria-invalid", isWrong);
      for (const input of findAll("[aria-invalid]", field)) input.setAttribute("aria-invalid", "true");
    }
    const said = name ? findAll("[data-problem]", within).find((one) => !one.hidden) : null;
    if (said) focusOn(said);
  }

  const isNamed = (element, name) => element.dataset.problem.split(" ").includes(name);

  function focusOn(said) {
    const field = said.closest("[data-field]");
    const target = field ? find("input:checked, input", field) : find("h2", said);
    if (target) target.focus();
  }

  /** Says what the server refused, in our words for its code; Meta's own words beside them where there are any. */
  function refused(view, { status, retryAfterMs, body }) {
    const given = body.error || {};
    const field = given.code === "VALIDATION_ERROR" && given.details ? given.details[0].field : null;
    const isKnown = (name) => name && findAll("[data-problem]", viewOf(view)).some((one) => isNamed(one, name));
    const names = [field, given.code, status === 0 || status === 429 || status >= 500 ? "unsent" : null, "OTHER"];
    const words = find("[data-meta-words]", viewOf(view));
    if (words) words.textContent = given.meta ? given.message : "";
    if (view === "verify" && status === 429 && retryAfterMs) waitUntil(Date.now() + retryAfterMs);
    for (const time of findAll("[data-problem~=RATE_LIMITED] time", viewOf(view))) {
      time.textContent = localTime(Date.now() + Math.max(retryAfterMs, SOON_MS));
    }
    problem(view, names.find(isKnown));
  }

  function busy(view, isBusy) {
    for (const line of findAll("[data-busy]", viewOf(view))) line.hidden = !isBusy;
    for (const button of findAll("button", viewOf(view))) button.setAttribute("aria-disabled", String(isBusy));
  }

  function pin({ attemptsLeft, problem: wrong }) {
    const left = find("[data-pin-left]");
    left.hidden = attemptsLeft === undefined || attemptsLeft === null;
    find("bdi", left).textContent = left.hidden ? "" : String(attemptsLeft);
    if (views.view() === "pin" && !wrong) return;
    find("#pin").value = "";
    problem("pin", null);
    views.show("pin");
    if (wrong) problem("pin", wrong);
  }

  function number({ problem: wrong }) {
    if (views.view() === "number" && !wrong) return;
    problem("number", null);
    views.show("number");
    if (wrong) problem("number", wrong);
  }

  /** `readyAt`: from when on another code may be asked for, in ms; null leaves that as it is. */
  function verify({ isSent, readyAt, number: typed, isPending }) {
    const within = viewOf("verify");
    for (const part of findAll("[data-if-sent]", within)) part.hidden = !isSent;
    for (const part of findAll("[data-if-unsent]", within)) part.hidden = isSent;
    for (const part of findAll("[data-if-pending]", within)) part.hidden = !isPending;
    for (const part of findAll("[data-unless-pending]", within)) part.hidden = isPending;
    find("[data-typed]", within).hidden = !typed;
    find("[data-typed] bdi", within).textContent = typed;
    if (readyAt !== null) waitUntil(readyAt);
    if (views.view() === "verify") {
      // A new code: what comes next is typing it.
      if (readyAt !== null && isSent) find("#code").focus();
      return;
    }
    problem("verify", null);
    find("[data-on-its-way]", within).hidden = true;
    find("#code").value = "";
    views.show("verify");
  }

  function codeIsOnItsWay() {
    find("[data-on-its-way]").hidden = false;
    find("#code").value = "";
  }

  /** Counts down in sight until another code may be asked for; what is far is said as a time of day. */
  function waitUntil(readyAt) {
    clearInterval(ticking);
    ticking = setInterval(tick, 1000);
    function tick() {
      const seconds = Math.ceil((readyAt - Date.now()) / 1000);
      const isFar = seconds * 1000 > SOON_MS;
      find('[data-again="soon"]').hidden = seconds <= 0 || isFar;
      find('[data-again="soon"] bdi').textContent = String(seconds);
      find('[data-again="later"]').hidden = !isFar;
      if (isFar) find('[data-again="later"] time').textContent = localTime(readyAt);
      for (const button of findAll("[data-send-code]")) button.disabled = seconds > 0;
      if (seconds <= 0) clearInterval(ticking);
    }
    tick();
  }

  return { problem, refused, busy, pin, number, verify, codeIsOnItsWay };
}
