"use strict";
/* Meta's side of the page: loading its SDK, opening its window, and hearing what the window says. */

/**
 * Loads the SDK once. `onState` is told "loading", "slow", "ready" or "blocked"; a late "ready" still comes.
 */
function loadSdk(config, onState) {
  const SLOW_MS = 10000;
  const INIT_MS = 8000;
  let isReady = false;

  window.fbAsyncInit = () => {
    window.FB.init({ appId: config.sdk.appId, version: config.sdk.version, xfbml: false });
    isReady = true;
    onState("ready");
  };
  const unlessReady = (state) => () => {
    if (!isReady) onState(state);
  };
  const script = document.createElement("script");
  script.src = config.sdkUrl;
  script.async = true;
  script.crossOrigin = "anonymous";
  script.onerror = () => onState("blocked");
  // Meta's script loads another one; a blocker may answer with an empty one, which never starts.
  script.onload = () => setTimeout(unlessReady("blocked"), INIT_MS);
  onState("loading");
  setTimeout(unlessReady("slow"), SLOW_MS);
  document.head.append(script);
}

/**
 * Opens Meta's window. Has to run inside the click: browsers block a window that opens later.
 * `onCode` gets the code; `onNothing` is called when the window closed without one; `onBlocked` when none opened.
 */
function openMetaWindow(config, { onCode, onNothing, onBlocked }) {
  const AT_ONCE_MS = 1000;
  const clickedAt = Date.now();
  const open = window.open;
  let popup;
  // The SDK does not say that the browser refused the window: only the answer of window.open does.
  window.open = (...given) => (popup = open.apply(window, given));
  // Nobody closes a window within a second that never was seen to open.
  const isBlocked = () => popup === null || (popup === undefined && Date.now() - clickedAt < AT_ONCE_MS);
  try {
    // Not an async function: the SDK refuses those.
    window.FB.login(
      (answer) => {
        const code = answer && answer.authResponse && answer.authResponse.code;
        if (code) onCode(code);
        else if (isBlocked()) onBlocked();
        else onNothing();
      },
      {
        config_id: config.sdk.configId,
        response_type: "code",
        override_default_response_type: true,
        extras: config.sdk.extras,
      },
    );
  } finally {
    window.open = open;
  }
  if (popup === null) onBlocked();
}

/** Hears what the signup window says: `onMessage({event, data})`, from Meta's own origins only. */
function hearMetaWindow(config, onMessage) {
  const origins = new Set(config.messageOrigins);
  window.addEventListener("message", (message) => {
    if (!origins.has(message.origin)) return;
    const said = parsedMessage(message.data);
    if (said && said.type === "WA_EMBEDDED_SIGNUP") onMessage({ event: said.event, data: said.data ?? {} });
  });
}

/** Meta sends JSON as text, sometimes an object, and other things that are neither. */
function parsedMessage(data) {
  if (typeof data !== "string") return data;
  try {
    return JSON.parse(data);
  } catch {
    return null;
  }
}

/** Facebook's, Instagram's and WhatsApp's built-in browsers, and Android's WebView in any other app. */
function isInAppBrowser(userAgent) {
  return /FBAN|FBAV|FB_IAB|Instagram|WhatsApp|; wv\)/.test(userAgent);
}
