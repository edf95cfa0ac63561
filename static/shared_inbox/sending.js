"use strict";
/* What is on its way out: seen at once, sent in order, each once, tried again where it did not get through. */

/**
 * Hooks: put(conversationId, message), drop(conversationId, key), sent(), may(permission).
 * A job is `{key, conversationId, body, message, file}`; `key` is what the server knows it by, for good.
 */
function outbox(calls, hooks) {
  const TRIES_AFTER_MS = [0, 1000, 3000, 8000];
  const LONGEST_WAIT_MS = 15000;
  const jobs = new Map();
  const lines = new Map();
  const PERMISSIONS = { text: "sendText", reaction: "sendText", image: "sendMedia", video: "sendMedia", audio: "sendMedia", document: "sendMedia", sticker: "sendMedia", template: "sendTemplates" };

  /** `body` as the API has it, `content` as it is shown meanwhile. */
  function send(conversationId, body, content, extra = {}) {
    const key = newUuid();
    const message = {
      id: key,
      clientKey: key,
      isLocal: true,
      direction: "outbound",
      source: "api",
      type: body.type,
      content,
      status: "pending",
      error: null,
      wamid: null,
      timestamp: new Date().toISOString(),
      ...extra.message,
    };
    start({ key, conversationId, body, message, file: extra.file || null, undo: extra.undo || null });
  }

  function start(job) {
    jobs.set(job.key, job);
    show(job, {});
    line(job);
  }

  /** One after the other: they arrive in the order in which they were written. */
  function line(job) {
    const before = lines.get(job.conversationId) || Promise.resolve();
    lines.set(job.conversationId, before.then(() => attempt(job)));
  }

  function show(job, changes) {
    job.message = { ...job.message, ...changes };
    hooks.put(job.conversationId, job.message);
  }

  async function attempt(job) {
    if (job.isGone) return;
    const uploaded = await uploading(job);
    if (!uploaded) return;
    const answer = await insisting(job);
    if (answer.status === 201) {
      jobs.delete(job.key);
      hooks.put(job.conversationId, { ...answer.body.data, clientKey: job.key });
    } else if (answer.status !== 401) {
      refuse(job, answer);
    }
    hooks.sent();
  }

  /** The file first, once. */
  async function uploading(job) {
    if (!job.file || job.body.mediaId) return true;
    const answer = await calls.upload(job.file, (part) => show(job, { progress: part }));
    if (answer.status >= 200 && answer.status < 300) {
      job.body = { ...job.body, mediaId: answer.body.data.id };
      show(job, { progress: 1 });
      return true;
    }
    if (answer.status !== 401) refuse(job, answer);
    return false;
  }

  async function insisting(job) {
    const path = `conversations/${job.conversationId}/messages`;
    let answer;
    for (const wait of TRIES_AFTER_MS) {
      await pause(Math.max(wait, answer ? answer.retryAfterMs : 0));
      if (job.isGone) return { status: 401 };
      answer = await calls.post(path, { clientKey: job.key, ...job.body });
      if (!isPassing(answer) || answer.retryAfterMs > LONGEST_WAIT_MS) break;
    }
    return answer;
  }

  function refuse(job, answer) {
    // What never got through keeps its key; what was refused would be refused by it again.
    job.isRefused = !isPassing(answer);
    const problem = problemOf(answer);
    if (job.message.type === "reaction") {
      jobs.delete(job.key);
      hooks.put(job.conversationId, { ...job.message, ...job.undo, timestamp: new Date().toISOString() });
      toast(problem);
    } else {
      show(job, { problem, progress: undefined });
    }
  }

  function problemOf(answer) {
    const code = (answer.body && answer.body.error && answer.body.error.meta && answer.body.error.meta.code) || "";
    if (answer.status === 0) return say("reason-offline");
    if (answer.status === 403) return say("reason-not-permitted");
    if (hasWord(`reason-${code}`)) return say(`reason-${code}`);
    return refusalOf(answer) || say("reason-unknown");
  }

  /** Once more: the same where nobody knows, a new message where it was refused or failed. */
  function retry(conversationId, message) {
    const job = jobs.get(message.clientKey);
    if (job && !job.isRefused) {
      resume(job);
      return;
    }
    const again = job || { body: bodyOf(message), message, file: null };
    if (message.isLocal) discard(conversationId, message);
    const { content, replyTo, localUrl } = again.message;
    send(conversationId, again.body, content, { file: again.file, message: { replyTo, localUrl } });
  }

  function resume(job) {
    show(job, { problem: undefined, timestamp: new Date().toISOString() });
    line(job);
  }

  function discard(conversationId, message) {
    const job = jobs.get(message.clientKey);
    if (job) job.isGone = true;
    jobs.delete(message.clientKey);
    hooks.drop(conversationId, message.clientKey);
  }

  function canRetry(message) {
    return hooks.may(PERMISSIONS[message.type] || "sendAdvanced") && (jobs.has(message.clientKey) || bodyOf(message) !== null);
  }

  /** A message that failed as it would be sent anew; null where that cannot be told. */
  function bodyOf({ type, content }) {
    if (type === "text") return { type, text: content.body };
    if (FILE_TYPES.has(type) && content.mediaId) {
      const { mediaId, caption, filename } = content;
      return { type, mediaId, ...(caption ? { caption } : {}), ...(filename && type === "document" ? { filename } : {}) };
    }
    if (type === "location") return { type, location: content };
    return type === "contacts" ? { type, contacts: content.contacts } : null;
  }

  function unsent(conversationId) {
    return [...jobs.values()].filter((job) => job.conversationId === conversationId).map((job) => job.message);
  }

  window.addEventListener("online", () => {
    for (const job of jobs.values()) if (job.message.problem && !job.isRefused) resume(job);
  });
  window.addEventListener("beforeunload", (event) => {
    if ([...jobs.values()].some((job) => !job.message.problem)) event.preventDefault();
  });

  return { send, retry, discard, canRetry, unsent };
}
