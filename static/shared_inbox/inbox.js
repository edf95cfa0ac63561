"use strict";
/* The inbox put together: which conversation is open, what a button does, what is read, when it is over. */

(() => {
  const READ_MS = 800;
  const READ_AGAIN_MS = 30000;
  const root = document.getElementById("inbox");
  const config = JSON.parse(document.getElementById("inbox-config").textContent);
  const title = document.title;
  const may = (permission) => config.permissions[permission] === true;
  const calls = inboxCalls(config, ended);
  if (!may("readInbox")) return;

  const menus = pageMenus();
  const book = templateBook(calls, () => thread.redraw());
  const details = may("readDetails") ? detailsPanel(calls) : null;
  const list = conversationList(calls, { counted: paintTitle });
  const box = replyBox({ send: sendNow, may, contactName });
  const out = outbox(calls, { put: (...given) => thread.put(...given), drop: (...given) => thread.drop(...given), sent: () => watch.soon(), may });
  const thread = threadView(document.querySelector("[data-thread]"), calls, {
    unsent: out.unsent,
    opened: onOpened,
    changed: onChanged,
    gone: onGone,
    seen: onSeen,
    openMenu,
    retry: (key) => out.retry(thread.current().id, thread.current().store.find(key)),
    discard: (key) => out.discard(thread.current().id, thread.current().store.find(key)),
    canRetry: out.canRetry,
    openPicture,
    templateText: readTemplate,
    templateMark: book.mark,
  });
  const watch = newsWatch(calls, { openId: () => (thread.current() ? thread.current().id : null), take: onNews, failing: paintOffline, gone: onGone, barred: () => location.reload() });
  const files = may("sendMedia") ? fileChooser(document.querySelector("[data-thread]"), { isOpen: box.isOpen, send: sendFile }) : null;
  const templates = may("sendTemplates") ? templateChooser(calls, book, { send: box.send }) : null;
  const places = may("sendAdvanced") ? placeForms({ send: box.send }) : null;
  let menuKey = null;
  let reading = 0;
  let readFailedAt = 0;
  let leftFrom = null;

  async function begin() {
    window.addEventListener("hashchange", route);
    document.addEventListener("click", onClick);
    document.addEventListener("visibilitychange", () => document.hidden || thread.readIfSeen());
    // What opened a dialog was a menu, which is not there any more.
    for (const dialog of document.querySelectorAll("dialog")) dialog.addEventListener("close", () => document.activeElement === document.body && box.focus());
    setTimeout(() => watch.now(), Math.max(0, Math.min(config.expiresAt * 1000 - Date.now() + 1000, 2 ** 31 - 1)));
    await list.load();
    route();
    watch.start();
  }

  // ---- which conversation ----

  function route() {
    const id = decodeURIComponent(location.hash.slice(1));
    list.choose(id);
    root.dataset.view = id ? "thread" : "list";
    document.querySelector("[data-nothing]").hidden = Boolean(id);
    if (id) thread.show(id, list.find(id));
    else leaveThread();
  }

  function leaveThread() {
    if (details) details.close();
    thread.close();
    paintTitle();
    // Hidden until now on a small screen: it could not be focused before.
    if (leftFrom) leftFrom.focus();
    leftFrom = null;
  }

  function onOpened(conversation) {
    box.show(conversation);
    if (details) details.follow(conversation);
    // On a small screen the keyboard would hide what was just opened.
    if (matchMedia("(hover: hover) and (min-width: 46rem)").matches) box.focus();
    else document.getElementById("thread-name").focus();
    watch.soon();
  }

  function onChanged(conversation) {
    box.show(conversation);
    list.change(conversation);
    paintTitle();
  }

  function onGone() {
    toast(say("conversation-gone"));
    list.drop(thread.current().id);
    location.hash = "";
  }

  function back() {
    leftFrom = document.querySelector(".row[aria-current]");
    location.hash = "";
  }

  // ---- what is new ----

  function onNews({ conversations, data }) {
    list.take(conversations);
    const current = thread.current();
    const row = current && conversations.find((one) => one.id === current.id);
    if (row) thread.update(row);
    if (current) thread.take(data);
  }

  /** Told after a moment in which it is really looked at. */
  function onSeen(conversation) {
    const known = list.find(conversation.id) || conversation;
    if (!may("markRead") || document.hidden || !known.unreadCount || Date.now() - readFailedAt < READ_AGAIN_MS) return;
    clearTimeout(reading);
    reading = setTimeout(() => markRead(conversation.id), READ_MS);
  }

  async function markRead(id) {
    if (document.hidden || !thread.current() || thread.current().id !== id) return;
    const answer = await calls.post(`conversations/${id}/read`);
    if (answer.status === 204) list.change({ id, unreadCount: 0 });
    else readFailedAt = Date.now();
    if (answer.status === 204 && thread.current() && thread.current().id === id) thread.current().conversation.unreadCount = 0;
  }

  // ---- what is sent ----

  function sendNow(body, content, extra) {
    out.send(thread.current().id, body, content, extra);
  }

  function sendFile({ kind, file, caption, url, name }) {
    const words = { ...(caption ? { caption } : {}), ...(kind === "document" ? { filename: name } : {}) };
    box.send({ type: kind, ...words }, { mimeType: file.type, ...words }, { file, message: { localUrl: url, progress: 0 } });
  }

  function react(emoji) {
    const { store } = thread.current();
    const message = store.find(menuKey);
    const before = store.ownReaction(message);
    const chosen = before === emoji ? "" : emoji;
    const content = { emoji: chosen, wamid: message.wamid };
    const extra = { message: { targetWamid: message.wamid }, undo: { content: { ...content, emoji: before } } };
    sendNow({ type: "reaction", reaction: { wamid: message.wamid, emoji: chosen } }, content, extra);
  }

  // ---- what a button does ----

  const actions = {
    back,
    details: () => details.toggle(),
    jump: () => thread.jump(),
    older: () => thread.again(),
    attach: (button) => menus.open("attach", button),
    files: () => files.choose(),
    templates: () => templates.open(),
    location: () => places.open("location"),
    contact: () => places.open("contact"),
    "answer-none": () => box.answer(null),
    answer: () => answer(thread.current().store.find(menuKey)),
    copy: () => copyMessage(thread.current().store.find(menuKey)),
  };

  function onClick(event) {
    const button = event.target.closest("[data-action]");
    if (button) actions[button.dataset.action](button);
    const emoji = event.target.closest("[data-emoji]");
    if (emoji) react(emoji.dataset.emoji);
  }

  function openMenu(button, key) {
    menuKey = key;
    const { store } = thread.current();
    const message = store.shown(store.find(key));
    const menu = document.querySelector('[data-menu="message"]');
    const isThere = Boolean(message.wamid) && !message.revokedAt && box.isOpen();
    const own = store.ownReaction(message);
    const emojis = menu.querySelector(".emojis");
    if (emojis) emojis.hidden = !isThere;
    for (const one of menu.querySelectorAll("[data-emoji]")) {
      one.hidden = !isThere;
      one.setAttribute("aria-checked", String(one.dataset.emoji === own));
    }
    const reply = menu.querySelector("[data-action=answer]");
    if (reply) reply.hidden = !isThere;
    menus.open("message", button);
  }

  function answer(message) {
    box.answer(message, message.direction === "outbound" ? say("you") : contactName());
  }

  async function copyMessage(message) {
    const { body, caption, text } = thread.current().store.shown(message).content;
    await copyText(body || caption || text || snippet(message));
    toast(say("copied"));
  }

  function openPicture(url, words) {
    const picture = document.querySelector("[data-picture]");
    picture.src = url;
    picture.alt = words || say("image");
    document.querySelector("[data-picture-words]").textContent = words;
    dialogOf("picture").showModal();
  }

  function readTemplate(raw) {
    if (may("sendTemplates") && !book.mark()) book.load();
    return book.textOf(raw);
  }

  function contactName() {
    return thread.current() ? thread.current().conversation.name : "";
  }

  // ---- the page itself ----

  function paintTitle(unread = paintTitle.unread || 0) {
    paintTitle.unread = unread;
    const current = thread.current();
    document.title = `${unread ? `(${unread}) ` : ""}${current ? `${current.conversation.name} · ` : ""}${title}`;
  }

  function paintOffline(isFailing) {
    document.querySelector("[data-offline]").hidden = !isFailing;
  }

  begin();

  /** Nothing of the inbox stays in sight. */
  function ended() {
    watch.stop();
    calls.end();
    for (const dialog of document.querySelectorAll("dialog[open]")) dialog.close();
    const said = document.getElementById("ended").content.cloneNode(true);
    document.body.classList.remove("shared");
    document.body.replaceChildren(said);
    document.title = document.querySelector("h1").textContent;
    document.querySelector("h1").focus();
  }
})();
