"use strict";
/* The list of conversations: the newest first, more as it is scrolled, others when something is searched. */

/** Hooks: counted(unread) with the sum of what is loaded. */
function conversationList(calls, hooks) {
  const SEARCH_MS = 220;
  const list = document.querySelector("[data-list]");
  const note = document.querySelector("[data-list-note]");
  const search = document.querySelector("[data-search]");
  const rows = new Map();
  const drawn = new Map();
  let found = null;
  let after = null;
  let isLoaded = false;
  let isAsking = false;
  let asking = null;
  let current = null;

  async function load() {
    note.textContent = say("loading");
    const answer = await calls.get("conversations");
    if (answer.status !== 200) {
      note.textContent = answer.status === 401 ? "" : say("load-failed");
      return;
    }
    after = answer.body.after;
    isLoaded = true;
    take(answer.body.data);
    watchEnd();
  }

  /** The first page as it is now. */
  function take(data) {
    if (!isLoaded) return;
    for (const row of data) rows.set(row.id, row);
    if (found) for (const row of data) if (found.rows.has(row.id)) found.rows.set(row.id, row);
    draw();
  }

  function change(row) {
    if (rows.has(row.id)) rows.set(row.id, { ...rows.get(row.id), ...row });
    if (found && found.rows.has(row.id)) found.rows.set(row.id, { ...found.rows.get(row.id), ...row });
    draw();
  }

  function drop(id) {
    rows.delete(id);
    if (found) found.rows.delete(id);
    draw();
  }

  async function more() {
    const of = found;
    const place = of ? of.after : after;
    if (!isLoaded || isAsking || !place) return;
    isAsking = true;
    const answer = await calls.get("conversations", { after: place, search: of ? of.words : "" });
    isAsking = false;
    if (answer.status !== 200 || of !== found) return;
    if (of) of.after = answer.body.after;
    else after = answer.body.after;
    for (const row of answer.body.data) (of ? of.rows : rows).set(row.id, row);
    draw();
    watchEnd();
  }

  async function onSearch() {
    const words = search.value.trim();
    if (asking) asking.abort();
    if (!words) {
      found = null;
      draw();
      return;
    }
    asking = new AbortController();
    const mine = asking;
    await pause(SEARCH_MS);
    if (mine.signal.aborted) return;
    const answer = await calls.get("conversations", { search: words }, mine.signal);
    if (mine.signal.aborted || search.value.trim() !== words) return;
    if (answer.status !== 200) {
      note.textContent = say("load-failed");
      return;
    }
    found = { words, after: answer.body.after, rows: new Map(answer.body.data.map((row) => [row.id, row])) };
    draw();
  }

  function draw() {
    const shown = [...(found ? found.rows : rows).values()].sort(newestFirst);
    const focused = list.contains(document.activeElement) ? document.activeElement : null;
    arrange(list, shown.map(item));
    if (focused && focused.isConnected && document.activeElement !== focused) focused.focus();
    note.textContent = shown.length ? "" : say(found ? "nothing-found" : "no-conversations");
    hooks.counted([...rows.values()].reduce((sum, row) => sum + row.unreadCount, 0));
  }

  function newestFirst(one, other) {
    return other.lastMessageAt.localeCompare(one.lastMessageAt) || other.id.localeCompare(one.id);
  }

  function item(row) {
    const said = JSON.stringify([row, row.id === current, dayOf(new Date().toISOString())]);
    const before = drawn.get(row.id);
    if (before && before.said === said) return before.item;
    const whole = before ? before.item : make("li", {}, make("a.row", { href: `#${row.id}` }));
    fill(whole.firstChild, row);
    drawn.set(row.id, { said, item: whole });
    return whole;
  }

  function fill(link, row) {
    if (row.id === current) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
    link.classList.toggle("unread", row.unreadCount > 0);
    const face = make("span.face", { "aria-hidden": "true" });
    paintFace(face, row.name);
    const unread = row.unreadCount
      ? make("span.count", { title: say("unread", { count: row.unreadCount }) }, make("span", { "aria-hidden": "true" }, row.unreadCount > 99 ? "99+" : format.number.format(row.unreadCount)), make("span.unseen", {}, say("unread", { count: row.unreadCount })))
      : null;
    link.replaceChildren(
      face,
      make("span.row-name", {}, make("bdi", {}, row.name)),
      make("time.row-time", { datetime: row.lastMessageAt }, lately(row.lastMessageAt)),
      make("span.row-last", { dir: "auto" }, ...lastWords(row.lastMessage)),
      ...(unread ? [unread] : []),
    );
  }

  function lastWords(message) {
    if (!message) return ["\u00a0"];
    const isOut = message.direction === "outbound";
    const mark = isOut ? icon({ read: "delivered", played: "delivered" }[message.status] || message.status, say(`status-${message.status}`)) : null;
    if (mark) mark.dataset.status = message.status;
    return [mark, snippet(message)].filter(Boolean);
  }

  function choose(id) {
    current = id;
    draw();
  }

  function onKey(event) {
    const step = { ArrowDown: "nextElementSibling", ArrowUp: "previousElementSibling" }[event.key];
    const at = event.target.closest("li");
    if (!step || !at || !at[step]) return;
    event.preventDefault();
    at[step].firstChild.focus();
  }

  // A short page leaves the end in sight, and nothing is crossed any more: it is watched anew.
  const end = document.querySelector("[data-list-more]");
  const watcher = new IntersectionObserver((seen) => seen.at(-1).isIntersecting && more(), { root: document.querySelector("[data-list-scroll]"), rootMargin: "400px" });
  function watchEnd() {
    watcher.unobserve(end);
    watcher.observe(end);
  }

  watchEnd();
  list.addEventListener("keydown", onKey);
  search.addEventListener("input", onSearch);

  return { load, take, change, drop, choose, find: (id) => rows.get(id) || (found && found.rows.get(id)), isLoaded: () => isLoaded };
}
