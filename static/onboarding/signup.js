"use strict";
/* The page from the first look to the sign-in: who is here, the click, Meta's window, and what came back. */

(() => {
  const root = document.getElementById("signup");
  const config = JSON.parse(document.getElementById("signup-config").textContent);
  const calls = serverCalls(config);
  const views = pageViews(root);
  const forms = pageForms(root, views);
  const progress = signupProgress(config, calls, views, forms, prepareSdk);
  const { questions } = progress;
  const sharing = pageSharing(root, config);

  const EXCHANGE_MS = 40000;
  // One try of the link. The first one is the page itself, each click after it another.
  let signup = config.status === "pending" ? newSignup() : { ...newSignup(), id: config.signupId, isClicked: true };
  let sdkState = null;
  let glances = null;

  function newSignup() {
    return { id: newUuid(), isClicked: false, isFinished: false, hasCode: false };
  }

  function begin() {
    localizeTimes(root);
    sharing.begin();
    hearMetaWindow(config, onMessage);
    root.addEventListener("click", onClick);
    root.addEventListener("submit", onSubmit);
    for (const details of root.querySelectorAll("[data-details]")) details.addEventListener("toggle", progress.stay);
    if (config.status === "pending") beginPending();
    if (config.status === "processing") progress.follow(signup.id);
    if (config.status === "completed") beginCompleted();
  }

  function beginCompleted() {
    views.leftOpen(root.querySelector('[data-view="already"]'), config.nextAction);
    if (config.nextAction && config.nextAction.code in QUESTIONS) progress.follow(signup.id);
  }

  function beginPending() {
    document.addEventListener("visibilitychange", glance);
    if (isExchanging()) return waitForExchange();
    if (questionOf(config)) return progress.askFor({ signupId: config.signupId, body: config });
    prepareSdk();
    if (config.isBeingSetUp) return waitForPlatform();
    const barrier = isInAppBrowser(navigator.userAgent) ? "IN_APP_BROWSER" : undefined;
    if (config.error) views.errorNotice(config.error, { movesFocus: false });
    else if (barrier) views.notice(barrier, { movesFocus: false });
    return tellOpened(signup, barrier);
  }

  /** That a person is here; and what is in the way of Meta's window, for whoever helps them. */
  function tellOpened(mine, barrier) {
    whenSomebodyIsHere(() => calls.post("opened", { signupId: mine.id, barrier }));
  }

  /** The page was loaded anew while a code of this tab is on its way, or at Meta: the link is still pending. */
  function isExchanging() {
    const sent = codeSent(config.linkId);
    return sent.at > Date.now() - EXCHANGE_MS && (config.signupId === null || config.signupId === sent.id);
  }

  function waitForExchange() {
    const { id } = codeSent(config.linkId);
    signup = { id, isClicked: true, isFinished: true, hasCode: true };
    views.show("progress");
    progress.follow(id);
    setTimeout(() => {
      if (signup.id === id && !progress.isUnderWay()) location.reload();
    }, EXCHANGE_MS);
  }

  /** Nothing is asked of anybody here; the page goes on as soon as the signup does. */
  function waitForPlatform() {
    progress.fail(config.error);
    progress.waitForCure(config.signupId);
  }

  function prepareSdk() {
    if (sdkState) return;
    loadSdk(config, (state) => {
      sdkState = state;
      views.sdk(state);
      if (state === "blocked" && config.status === "pending") tellOpened(signup, "SDK_BLOCKED");
    });
  }

  function onClick(event) {
    const button = event.target.closest("[data-action]");
    if (!button) return;
    // Not `disabled`: that would take the focus away from who is reading the answer.
    if (button.getAttribute("aria-disabled") === "true") return;
    const actions = {
      login,
      retry: () => (sdkState === "ready" ? login() : backToStart(null)),
      skip: () => questions.putOff(views.view()),
      "send-sms": () => questions.requestCode("SMS"),
      "send-voice": () => questions.requestCode("VOICE"),
      look: questions.look,
      "other-number": questions.otherNumber,
      "number-instead": progress.askOpen,
      stay: progress.stay,
      reload: () => location.reload(),
      "copy-link": () => sharing.copy(button),
      "share-link": () => sharing.share(button),
      "copy-details": () => copyDetails(button.closest("[data-details]")),
    };
    actions[button.dataset.action]();
  }

  function onSubmit(event) {
    event.preventDefault();
    const given = Object.fromEntries(new FormData(event.target));
    const sending = {
      pin: () => questions.sendPin(given.pin),
      number: () => questions.sendNumber(given),
      verify: () => questions.sendCode(given.code),
    };
    sending[event.target.dataset.form]();
  }

  /** Runs inside the click, up to the opened window. */
  function login() {
    progress.rest();
    stopGlancing();
    if (signup.isClicked) signup = newSignup();
    const mine = signup;
    mine.isClicked = true;
    calls.post("start", { signupId: mine.id });
    views.notice(null);
    views.show("window");
    const ifStillMine = (then) => (given) => {
      if (mine === signup) then(mine, given);
    };
    openMetaWindow(config, {
      onCode: (code) => sendCode(mine, code),
      onNothing: ifStillMine(onNothing),
      onBlocked: ifStillMine(onBlocked),
    });
  }

  function onBlocked(mine) {
    backToStart("POPUP_BLOCKED");
    tellOpened(mine, "POPUP_BLOCKED");
  }

  /** The code lives 30 s: it goes out as it comes, whatever else is there or not. */
  async function sendCode(mine, code) {
    mine.hasCode = true;
    signup = mine;
    noteCodeSent(config.linkId, mine.id);
    views.show("progress");
    const answer = await calls.post("callback", { signupId: mine.id, code });
    if (answer.status !== 202) forgetCodeSent(config.linkId);
    if (mine !== signup) return;
    if (answer.status === 202) progress.follow(mine.id);
    // Another signup of the link came first, or the link is over: the page anew has that to show.
    else if (answer.status === 409) location.reload();
    else if (answer.status === 0) backToStart("OFFLINE");
    else if (answer.status === 403) backToStart("RELOAD");
    else await onRefused(mine);
  }

  async function onRefused(mine) {
    const { body } = await calls.status(mine.id);
    if (mine !== signup) return;
    if (body.status === "processing" || body.status === "completed") progress.follow(mine.id);
    else if (body.error) progress.fail(body.error, mine.id);
    else backToStart("NOT_CONFIRMED");
  }

  /** What Meta's window says goes to the server as it came; the server alone judges it. */
  function onMessage({ event, data }) {
    const mine = signup;
    const sent = calls.post("session", { signupId: mine.id, event, data });
    if (String(event).startsWith("FINISH")) onFinished(mine);
    else if (event === "CANCEL" || event === "ERROR") onCancelled(mine, event, data, sent);
  }

  function onFinished(mine) {
    mine.isFinished = true;
    // The window may close before its message arrives.
    if (views.view() === "start" && mine.isClicked && !mine.hasCode) onNothing(mine);
  }

  async function onCancelled(mine, event, data, sent) {
    if (mine.hasCode) return;
    backToStart("CANCELLED");
    if (event === "CANCEL" && !data.error_message && !data.error_code && !data.error_id) return;
    await sent;
    const { body } = await calls.status(mine.id);
    if (mine === signup && views.view() === "start" && body.error) views.errorNotice(body.error);
  }

  /** The window is closed, and no code came. */
  function onNothing(mine) {
    if (mine.isFinished) {
      backToStart("NOT_CONFIRMED");
      // The server may still find the signup by itself, by what Meta tells it.
      glances = watching(() => calls.status(mine.id), onGlance);
    } else if (views.view() === "window") {
      backToStart("CANCELLED");
    }
  }

  function backToStart(notice) {
    views.show("start");
    views.notice(notice);
    // Who signed in anew only to leave again may still add the number here.
    root.querySelector("[data-number-instead]").hidden = !progress.hasOpen();
  }

  /** Another tab or another person may have gone on with the same link. */
  async function glance() {
    const isWaiting = views.view() === "start" || views.view() === "window";
    if (!document.hidden && isWaiting && !signup.hasCode) onGlance(await calls.status(signup.id));
  }

  function onGlance({ body }) {
    if (signup.hasCode || (body.status !== "processing" && body.status !== "completed")) return;
    // The page anew knows which signup that is.
    location.reload();
  }

  function stopGlancing() {
    if (glances) glances.stop();
    glances = null;
  }

  async function copyDetails(details) {
    const rows = [...details.querySelectorAll("[data-detail]:not([hidden])")];
    await copyText(rows.map((row) => [...row.children].map((cell) => cell.textContent).join(": ")).join("\n"));
    details.querySelector("[data-copied-details]").hidden = false;
  }

  begin();
})();

/** The signup for which this tab sent a code of the link, and when in ms; `at` is 0 when it did not, or keeps no notes. */
function codeSent(linkId) {
  try {
    return JSON.parse(sessionStorage.getItem(`code-sent-${linkId}`)) || { id: null, at: 0 };
  } catch {
    return { id: null, at: 0 };
  }
}

function noteCodeSent(linkId, id) {
  try {
    sessionStorage.setItem(`code-sent-${linkId}`, JSON.stringify({ id, at: Date.now() }));
  } catch {
    // Without storage a reload within the exchange shows the button again; the server refuses a second signup.
  }
}

/** It came to nothing: a page that is loaded anew has the button again. */
function forgetCodeSent(linkId) {
  try {
    sessionStorage.removeItem(`code-sent-${linkId}`);
  } catch {
    // Then nothing was noted.
  }
}

/** A link preview, a bot or a page loaded in advance is not a person. */
function whenSomebodyIsHere(then) {
  const look = () => {
    if (document.hidden || document.prerendering) return;
    document.removeEventListener("visibilitychange", look);
    document.removeEventListener("prerenderingchange", look);
    then();
  };
  document.addEventListener("visibilitychange", look);
  document.addEventListener("prerenderingchange", look);
  look();
}

function newUuid() {
  // Over http, as in development, browsers leave randomUUID out.
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}
