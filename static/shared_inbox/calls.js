"use strict";
/* What the page asks of our server. An answer is {status, body, retryAfterMs}; status 0: the server was not reached. */

/** `onEnded` is called at the first 401: there is nothing to ask for any more, and nothing is asked again. */
function inboxCalls(config, onEnded) {
  const ANSWER_MS = 30000;
  const csrfToken = document.querySelector("[name=csrfmiddlewaretoken]").value;
  let isOver = false;

  async function call(path, options = {}) {
    if (isOver) return { status: 401, body: {}, retryAfterMs: 0 };
    const stop = new AbortController();
    const timer = setTimeout(() => stop.abort(), ANSWER_MS);
    if (options.signal) options.signal.addEventListener("abort", () => stop.abort());
    try {
      const response = await fetch(`${config.root}/${path}`, { credentials: "same-origin", cache: "no-store", ...options, signal: stop.signal });
      const body = response.status === 204 ? {} : await response.json().catch(() => ({}));
      return judged(response.status, body, response.headers.get("Retry-After"));
    } catch {
      return { status: 0, body: {}, retryAfterMs: 0 };
    } finally {
      clearTimeout(timer);
    }
  }

  function judged(status, body, retryAfter) {
    if (status === 401 && !isOver) {
      isOver = true;
      onEnded();
    }
    return { status, body, retryAfterMs: 1000 * (parseInt(retryAfter, 10) || 0) };
  }

  function get(path, query = {}, signal) {
    const given = Object.entries(query).filter(([, value]) => value);
    return call(given.length ? `${path}?${new URLSearchParams(given)}` : path, { signal });
  }

  function post(path, body = {}) {
    const headers = { "Content-Type": "application/json", "X-CSRFToken": csrfToken };
    return call(path, { method: "POST", headers, body: JSON.stringify(body) });
  }

  /** A file, with what part of it is up. By XMLHttpRequest: fetch does not tell. */
  function upload(file, onProgress) {
    return new Promise((resolve) => {
      const request = new XMLHttpRequest();
      const form = new FormData();
      form.append("file", file, file.name);
      request.open("POST", `${config.root}/media`);
      request.setRequestHeader("X-CSRFToken", csrfToken);
      request.responseType = "json";
      request.upload.onprogress = (event) => event.lengthComputable && onProgress(event.loaded / event.total);
      request.onerror = request.onabort = () => resolve({ status: 0, body: {}, retryAfterMs: 0 });
      request.onload = () => resolve(judged(request.status, request.response || {}, request.getResponseHeader("Retry-After")));
      if (isOver) resolve({ status: 401, body: {}, retryAfterMs: 0 });
      else request.send(form);
    });
  }

  function end() {
    isOver = true;
  }

  return { get, post, upload, end };
}

/** Worth another try as it is: nothing was wrong with what was asked. */
function isPassing(answer) {
  return answer.status === 0 || answer.status === 429 || (answer.status >= 500 && answer.status !== 501);
}

/** The server's words for a refusal; with the first field that is wrong. */
function refusalOf(answer) {
  const error = answer.body.error || {};
  const detail = (error.details || [])[0];
  return detail ? detail.message : error.message || "";
}

function pause(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
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
