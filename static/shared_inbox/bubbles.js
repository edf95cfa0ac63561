"use strict";
/* A message of the thread: what it says, when, what became of it, what people answered with. */

/**
 * Hooks: contactName(), showAnswered(message), openMenu(button, key), retry(key), discard(key), and those of the contents.
 * What was drawn is kept as long as it says the same: a film goes on while its ticks change.
 */
function bubbleMaker(hooks) {
  const contents = contentMaker(hooks);
  const drawn = new WeakMap();
  // What is of nobody stands in the middle.
  const NOTES = new Set(["system", "request_welcome"]);

  function draw(message, key) {
    const isOut = message.direction === "outbound";
    const kind = NOTES.has(message.type) ? "note" : isOut ? "out" : "in";
    const item = make(`li.msg.${kind}`, { "data-key": key, tabindex: "-1" });
    drawn.set(item, { said: "", foot: "" });
    update(item, message, key);
    return item;
  }

  function update(item, message, key) {
    const before = drawn.get(item);
    const { url, ...content } = message.content || {};
    const address = message.localUrl || url;
    const said = JSON.stringify([message.type, content, address, message.editedAt, message.revokedAt, message.replyTo, hooks.mark(message)]);
    const foot = JSON.stringify([message.status, message.error, message.problem, message.progress, message.timestamp, reactionsKey(message), message.wamid]);
    if (said !== before.said) item.replaceChildren(bubble(message, key));
    if (said !== before.said || foot !== before.foot) drawFoot(item, message, key);
    drawn.set(item, { said, foot });
  }

  function reactionsKey(message) {
    return message.reactions.map((one) => [one.direction, one.content.emoji]);
  }

  function bubble(message, key) {
    const isOut = message.direction === "outbound";
    const isNote = NOTES.has(message.type);
    const who = say(isOut ? "you-wrote" : "they-wrote", { name: hooks.contactName() });
    return make(
      "div.bubble",
      { "data-type": message.type, "data-gone": Boolean(message.revokedAt) },
      isNote ? null : make("span.unseen", {}, `${who}: `),
      ...marks(message),
      message.replyTo && !message.revokedAt ? quote(message) : null,
      ...contents.body(message),
      make("p.meta", {}),
      isNote ? null : menuButton(message, key),
    );
  }

  function menuButton(message, key) {
    const label = say("message-menu");
    return make("button.more", { type: "button", tabindex: "-1", "aria-haspopup": "menu", "aria-label": label, "data-more": true, onclick: (event) => hooks.openMenu(event.currentTarget, key) }, icon("more"));
  }

  function marks(message) {
    const context = message.context || {};
    const found = [];
    if (context.forwarded || context.frequentlyForwarded) found.push(say("forwarded"));
    if (context.referral) found.push([say("from-ad"), context.referral.headline].filter(Boolean).join(": "));
    if (message.source === "business_app") found.push(say("from-phone"));
    return found.map((words) => make("p.mark", { dir: "auto" }, words));
  }

  /** What it answers, with a way there. */
  function quote(message) {
    const answered = message.replyTo;
    const isKnown = Boolean(answered.type);
    const name = isKnown ? (answered.direction === "outbound" ? say("you") : hooks.contactName()) : "";
    const text = isKnown ? snippet(answered) : say("answered-missing");
    const words = [name ? make("span.quote-name", {}, make("bdi", {}, name)) : null, make("span.quote-text", { dir: "auto" }, text)];
    if (!answered.messageId) return make("p.quote", {}, ...words);
    return make("button.quote", { type: "button", title: say("show-answered"), onclick: () => hooks.showAnswered(answered) }, ...words);
  }

  function drawFoot(item, message, key) {
    const meta = item.querySelector(".meta");
    const time = make("time", { datetime: message.timestamp, title: wholeTimeOf(message.timestamp) }, timeOf(message.timestamp));
    meta.replaceChildren(...[message.editedAt && !message.revokedAt ? say("edited") : null, time, state(message)].filter(Boolean));
    meta.classList.toggle("slim", meta.childNodes.length === 1 || !message.editedAt);
    item.querySelectorAll(".reactions, .failure, .progress").forEach((one) => one.remove());
    item.classList.toggle("failed", isFailed(message));
    if (message.progress !== undefined && message.isLocal && !message.problem) item.append(progress(message));
    if (message.reactions.length) item.append(reactions(message));
    if (isFailed(message)) item.append(failure(message, key));
  }

  const isFailed = (message) => message.direction === "outbound" && (message.status === "failed" || Boolean(message.problem));

  function state(message) {
    if (message.direction !== "outbound" || NOTES.has(message.type)) return null;
    const status = isFailed(message) ? "failed" : message.status;
    const shape = { read: "delivered", played: "delivered" }[status] || status;
    const mark = icon(shape, say(`status-${status}`));
    mark.dataset.status = status;
    return mark;
  }

  function progress(message) {
    const percent = Math.round(message.progress * 100);
    return make("progress.progress", { max: "100", value: percent, "aria-label": say("uploading", { percent }) });
  }

  function reactions(message) {
    const list = message.reactions.map((one) => {
      const name = one.direction === "outbound" ? say("you") : hooks.contactName();
      const label = say("reaction-of", { emoji: one.content.emoji, name });
      return make("li", {}, make("span", { role: "img", "aria-label": label, title: label }, one.content.emoji));
    });
    return make("ul.reactions", {}, ...list);
  }

  function failure(message, key) {
    const acts = [
      message.canRetry === false ? null : make("button.link", { type: "button", onclick: () => hooks.retry(key) }, say("retry")),
      message.isLocal ? make("button.link", { type: "button", onclick: () => hooks.discard(key) }, say("discard")) : null,
    ];
    return make("p.failure", {}, make("span", { dir: "auto" }, reasonOf(message)), ...acts);
  }

  return { draw, update };
}

/** Why it failed: in the page's language where the code is known, else as Meta said. */
function reasonOf(message) {
  if (message.problem) return message.problem;
  const error = message.error || {};
  if (hasWord(`reason-${error.code}`)) return say(`reason-${error.code}`);
  return [error.title, error.details].filter(Boolean).join(": ") || say("reason-unknown");
}
