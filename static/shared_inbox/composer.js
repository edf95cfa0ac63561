"use strict";
/* The reply box: what is written, which message it answers, and whether WhatsApp lets anything be written at all. */

const WINDOW_MS = 24 * 60 * 60 * 1000;

/** Until when anything but a template may be sent, in ms; 0 where nothing came yet. */
function windowEnd(conversation) {
  return conversation.lastInboundAt ? Date.parse(conversation.lastInboundAt) + WINDOW_MS : 0;
}

/** Hooks: send(body, content, extra), may(permission), contactName(). */
function replyBox(hooks) {
  const LOOK_MS = 15000;
  const root = document.querySelector("[data-composer]");
  const find = (name) => root.querySelector(`[data-${name}]`);
  const line = document.querySelector("[data-window-line]");
  const text = find("text");
  const write = find("write");
  const drafts = new Map();
  let conversation = null;
  let answered = null;

  function show(next) {
    if (!conversation || conversation.id !== next.id) change(next);
    conversation = next;
    look();
  }

  function change(next) {
    if (conversation && text) drafts.set(conversation.id, text.value);
    answer(null);
    if (!text) return;
    text.value = drafts.get(next.id) || "";
    fit();
  }

  const isOpen = () => Boolean(conversation) && windowEnd(conversation) > Date.now();
  const writes = () => ["sendText", "sendMedia", "sendAdvanced"].some(hooks.may);

  /** The window closes while the page is open, too. */
  function look() {
    // Of one that came by its address alone nothing is known until it is loaded.
    if (!conversation || conversation.lastInboundAt === undefined) return;
    const open = isOpen();
    const name = conversation.name;
    const until = open ? new Date(windowEnd(conversation)).toISOString() : "";
    const canWrite = writes() || hooks.may("sendTemplates");
    line.textContent = !canWrite ? "" : open ? say("window-open", { time: timeOf(until) }) : say("window-short");
    if (!write) return;
    write.hidden = !open || !(writes() || hooks.may("sendTemplates"));
    find("closed").hidden = open;
    const why = say(conversation.lastInboundAt ? "window-closed" : "window-never", { name });
    const words = hooks.may("sendTemplates") ? why : `${why} ${say("window-no-template")}`;
    if (!open && find("closed-words").textContent !== words) find("closed-words").textContent = words;
    if (!open) answer(null);
  }

  function answer(message, name = "") {
    answered = message;
    if (!find("answering")) return;
    find("answering").hidden = !message;
    if (!message) return;
    find("answering-name").textContent = name;
    find("answering-text").textContent = snippet(message);
    focus();
  }

  function focus() {
    const field = text || root.querySelector("[data-attach]");
    if (field && !write.hidden) field.focus({ preventScroll: true });
    else if (root.querySelector(".closed button")) root.querySelector(".closed button").focus({ preventScroll: true });
  }

  /** With the message that it answers; the next one answers none. */
  function send(body, content, extra = {}) {
    const of = answered;
    answer(null);
    const replyTo = of ? { messageId: of.id, wamid: of.wamid, direction: of.direction, type: of.type, content: of.content } : null;
    hooks.send(of ? { ...body, replyTo: of.id } : body, content, { ...extra, message: { replyTo, ...extra.message } });
  }

  function onSubmit(event) {
    event.preventDefault();
    const body = text ? text.value.trim() : "";
    if (!body || !isOpen()) return;
    text.value = "";
    drafts.delete(conversation.id);
    fit();
    send({ type: "text", text: body }, { body });
    text.focus();
  }

  function onKey(event) {
    if (event.key === "Escape" && answered) answer(null);
    // While letters are put together Enter is theirs.
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    write.requestSubmit();
  }

  /** As high as its text, up to a third of the window. */
  function fit() {
    text.style.height = "auto";
    text.style.height = `${Math.min(text.scrollHeight + 2, innerHeight / 3)}px`;
    write.classList.toggle("filled", Boolean(text.value.trim()));
  }

  if (write) write.addEventListener("submit", onSubmit);
  if (text) {
    text.addEventListener("keydown", onKey);
    text.addEventListener("input", fit);
  }
  setInterval(look, LOOK_MS);

  return { show, answer, send, focus, isOpen, look };
}
