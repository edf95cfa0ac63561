"use strict";
/* What is new, asked for every few seconds: seldom while nobody looks, more and more seldom while it fails. */

/**
 * `openId()` is the conversation in sight or null; `take(body)` gets what is new; `failing(isFailing)`; `gone()` when
 * that conversation is not there; `barred()` when nothing may be read any more.
 */
function newsWatch(calls, { openId, take, failing, gone, barred }) {
  const EVERY_MS = 4000;
  // Where nothing has moved and nobody has touched anything for a while.
  const CALM_MS = 8000;
  const CALM_AFTER_MS = 60000;
  const SOON_MS = 900;
  const HIDDEN_MS = 30000;
  const LONGEST_MS = 60000;
  const BAD_AFTER = 2;
  let seen = "";
  let failures = 0;
  let timer = 0;
  let isAsking = false;
  let isStopped = false;
  let isWanted = false;
  let stirredAt = Date.now();

  async function ask() {
    clearTimeout(timer);
    if (isStopped) return;
    if (isAsking) {
      isWanted = true;
      return;
    }
    isAsking = true;
    isWanted = false;
    const id = openId();
    const answer = await calls.get("news", { open: id, seen });
    isAsking = false;
    if (isStopped) return;
    if (answer.status === 403) {
      barred();
      return;
    }
    if (answer.status === 404 && id && id === openId()) gone();
    failures = [200, 204, 404].includes(answer.status) ? 0 : failures + 1;
    failing(failures >= BAD_AFTER);
    if (answer.status === 200 && id === openId()) {
      seen = answer.body.seen;
      stirredAt = Date.now();
      take(answer.body);
    }
    schedule(answer.retryAfterMs);
  }

  function schedule(atLeast = 0) {
    const isCalm = Date.now() - stirredAt > CALM_AFTER_MS;
    const usual = document.hidden ? HIDDEN_MS : isCalm ? CALM_MS : EVERY_MS;
    const wait = failures ? Math.min(usual * 2 ** failures, LONGEST_MS) : usual;
    clearTimeout(timer);
    if (!isStopped) timer = setTimeout(ask, isWanted && !failures ? SOON_MS : Math.max(wait, atLeast));
  }

  /** Something happened that the server will have news of. */
  function soon() {
    clearTimeout(timer);
    if (!isStopped) timer = setTimeout(ask, SOON_MS);
  }

  function again() {
    if (!document.hidden) ask();
  }

  function stop() {
    isStopped = true;
    clearTimeout(timer);
  }

  function stir() {
    stirredAt = Date.now();
  }

  for (const name of ["pointerdown", "pointermove", "keydown", "wheel"]) document.addEventListener(name, stir, { passive: true });
  document.addEventListener("visibilitychange", again);
  window.addEventListener("online", again);
  return { start: schedule, soon, now: ask, stop };
}
