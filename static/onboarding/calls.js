"use strict";
/* What the page says to our server, and how it asks where the signup stands. */

/**
 * The page's own calls. An answer is {status, body}: the HTTP status, or 0 when the server was not reached.
 */
function serverCalls(config) {
  // In all less than 30 s, because that is how long Meta's code lives. The same call twice is safe.
  const RETRY_AFTER_MS = [300, 700, 1500, 3000, 5000, 8000];
  const LONGEST_RETRY_AFTER_MS = 10000;
  const POST_MS = 15000;
  const STATUS_MS = 10000;
  // A person waits at a form: what Meta refused there is said, not asked again.
  const FORM_RETRIES = 3;
  const unsent = new Set();

  async function call(url, options, milliseconds) {
    const stop = new AbortController();
    const timer = setTimeout(() => stop.abort(), milliseconds);
    try {
      const response = await fetch(url, { credentials: "same-origin", cache: "no-store", signal: stop.signal, ...options });
      const retryAfterMs = 1000 * (parseInt(response.headers.get("Retry-After"), 10) || 0);
      return { status: response.status, retryAfterMs, body: await response.json().catch(() => ({})) };
    } catch {
      return { status: 0, retryAfterMs: 0, body: {} };
    } finally {
      clearTimeout(timer);
    }
  }

  /** `isForm`: somebody waits for the answer; it is asked for again only where none came, or where it is told to. */
  async function post(name, body, { isForm = false } = {}) {
    const send = () => call(config.urls[name], postOptions(body), POST_MS);
    const isPassing = isForm ? isOnTheWay : isTemporary;
    let answer = await send();
    for (const delay of isForm ? RETRY_AFTER_MS.slice(0, FORM_RETRIES) : RETRY_AFTER_MS) {
      if (!isPassing(answer) || answer.retryAfterMs > LONGEST_RETRY_AFTER_MS) break;
      unsent.add(send);
      await pause(Math.max(delay, answer.retryAfterMs));
      unsent.delete(send);
      answer = await send();
    }
    return answer;
  }

  function postOptions(body) {
    return {
      method: "POST",
      // The call goes on when the tab is closed: neither the code nor the ids may be lost.
      keepalive: true,
      headers: { "Content-Type": "application/json", "X-CSRFToken": config.csrfToken },
      body: JSON.stringify(body),
    };
  }

  // Who closes the tab while a call waits for its next try sends it now.
  window.addEventListener("pagehide", () => unsent.forEach((send) => send()));

  function status(signupId) {
    const url = new URL(config.urls.status, location.href);
    url.searchParams.set("signupId", signupId);
    return call(url, {}, STATUS_MS);
  }

  return { post, status };
}

function isTemporary(answer) {
  return answer.status === 0 || answer.status === 429 || answer.status >= 500;
}

/** It did not get there, or came too early. */
function isOnTheWay(answer) {
  return answer.status === 0 || (answer.status === 429 && answer.retryAfterMs > 0);
}

function pause(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/**
 * Asks again and again, quickly at first, not at all while the page is hidden, at once when it is seen
 * again or online again. `onAnswer` gets each answer; `stop()` drops the one that is under way.
 */
function watching(ask, onAnswer) {
  const FIRST_MS = 1000;
  const LONGEST_MS = 5000;
  const SLOWING = 1.12;
  let wait = FIRST_MS;
  let last = "";
  let timer = 0;
  let round = 0;
  let isAsking = false;
  let notBefore = 0;

  async function turn() {
    clearTimeout(timer);
    if (isAsking || document.hidden || Date.now() < notBefore) return schedule();
    const mine = round;
    isAsking = true;
    const answer = await ask();
    if (mine !== round) return;
    isAsking = false;
    notBefore = Date.now() + answer.retryAfterMs;
    const now = JSON.stringify(answer.body);
    wait = now === last ? Math.min(wait * SLOWING, LONGEST_MS) : FIRST_MS;
    last = now;
    schedule();
    onAnswer(answer);
  }

  function schedule() {
    clearTimeout(timer);
    timer = setTimeout(turn, Math.max(wait, notBefore - Date.now()));
  }

  function catchUp() {
    if (!document.hidden) turn();
  }

  function stop() {
    round += 1;
    isAsking = false;
    clearTimeout(timer);
    document.removeEventListener("visibilitychange", catchUp);
    window.removeEventListener("online", catchUp);
  }

  document.addEventListener("visibilitychange", catchUp);
  window.addEventListener("online", catchUp);
  turn();
  return { stop };
}
