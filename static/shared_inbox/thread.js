"use strict";
/* The open conversation: its messages by days, older ones as they are scrolled to, new ones as they come. */

/**
 * Hooks: unsent(id) -> messages under way, opened(conversation), changed(conversation), gone(), openMenu(button, key),
 * retry(key), discard(key), canRetry(message), openPicture(url, words), templateText(raw), templateMark().
 */
function threadView(root, calls, hooks) {
  const KEPT = 6;
  const MOST_PAGES_BACK = 40;
  const find = (name) => root.querySelector(`[data-${name}]`);
  const box = find("scroll");
  const daysBox = find("days");
  const kept = new Map();
  const nodes = new Map();
  const sections = new Map();
  let open = null;
  let news = 0;

  const bubbles = bubbleMaker({
    ...hooks,
    contactName: () => (open ? open.conversation.name : ""),
    showAnswered: ({ messageId }) => showMessage(messageId),
    mark: (message) => (message.type === "template" ? hooks.templateMark() : 0),
  });
  const scroll = scroller({ box, draw, count: () => (open ? open.store.all().length : 0), needOlder: older, onEnd: atEnd });

  // ---- which one ----

  async function show(id, known) {
    const before = open;
    if (open && open.id === id) return;
    open = kept.get(id) || { id, conversation: known || { id, name: "…" }, store: messageStore(), after: null, isLoaded: false };
    keep(open);
    if (before) nodes.clear();
    open.unread = (known && known.unreadCount) || 0;
    daysBox.replaceChildren();
    sections.clear();
    root.hidden = false;
    paintHead();
    hooks.opened(open.conversation);
    if (open.isLoaded) begin();
    else find("older").hidden = false;
    await refresh(open);
  }

  function keep(one) {
    kept.delete(one.id);
    kept.set(one.id, one);
    if (kept.size > KEPT) kept.delete(kept.keys().next().value);
  }

  /** The newest page; all anew where there is a gap to what was loaded. */
  async function refresh(mine) {
    const answer = await calls.get(`conversations/${mine.id}/messages`);
    if (mine !== open) return;
    find("older").hidden = true;
    if (answer.status === 404) return hooks.gone();
    if (answer.status !== 200) return failed(mine);
    find("older-failed").hidden = true;
    const { conversation, data, after } = answer.body;
    if (!mine.isLoaded || !mine.store.addNewest(data)) {
      mine.store = messageStore();
      mine.store.addNewest(data);
      mine.after = after;
    }
    for (const message of hooks.unsent(mine.id)) mine.store.put(message);
    update(conversation);
    mine.isLoaded = true;
    begin();
  }

  function failed(mine) {
    find("older-failed").hidden = false;
    mine.failedAt = Date.now();
  }

  function begin() {
    open.firstUnread = firstUnread(open);
    news = 0;
    scroll.showEnd();
    scroll.look();
    readIfSeen();
  }

  function firstUnread({ store, unread }) {
    const inbound = store.all().filter((one) => one.direction === "inbound");
    const first = unread ? inbound[Math.max(0, inbound.length - unread)] : null;
    return first ? store.keyOf(first) : null;
  }

  function close() {
    open = null;
    nodes.clear();
    sections.clear();
    daysBox.replaceChildren();
    root.hidden = true;
  }

  function update(conversation) {
    open.conversation = { ...open.conversation, ...conversation };
    paintHead();
    hooks.changed(open.conversation);
  }

  function paintHead() {
    find("name").textContent = open.conversation.name;
    paintFace(find("face"), open.conversation.name);
    find("beginning").hidden = !open.isLoaded || Boolean(open.after) || !open.store.all().length;
  }

  // ---- what is on the page ----

  function draw(from, to) {
    const days = new Map();
    for (const message of open.store.all().slice(from, to)) {
      const day = dayOf(message.timestamp);
      if (!days.has(day)) days.set(day, { at: message.timestamp, items: [] });
      if (open.store.keyOf(message) === open.firstUnread) days.get(day).items.push(divider());
      days.get(day).items.push(node(message));
    }
    arrange(daysBox, [...days].map(([day, { at, items }]) => section(day, at, items)));
    forget(days);
    oneStop();
    find("beginning").hidden = !open.isLoaded || Boolean(open.after) || from > 0 || !to;
  }

  function node(message) {
    const key = open.store.keyOf(message);
    const whole = { ...open.store.shown(message), canRetry: hooks.canRetry(message) };
    if (nodes.has(key)) bubbles.update(nodes.get(key), whole, key);
    else nodes.set(key, bubbles.draw(whole, key));
    return nodes.get(key);
  }

  function divider() {
    if (!open.divider) open.divider = make("li.divider", {}, make("span", {}, say("unread-from-here")));
    return open.divider;
  }

  function section(day, at, items) {
    if (!sections.has(day)) sections.set(day, make("section.day", {}, make("h3", {}, make("span", {})), make("ol", {})));
    const found = sections.get(day);
    const name = dayName(at);
    const label = found.querySelector("span");
    if (label.textContent !== name) label.textContent = name;
    arrange(found.querySelector("ol"), items);
    return found;
  }

  function forget(days) {
    for (const day of [...sections.keys()]) if (!days.has(day)) sections.delete(day);
    for (const [key, item] of [...nodes]) if (!item.isConnected) nodes.delete(key);
  }

  /** One stop of the Tab key for all messages; the arrows go on from there. */
  function oneStop(wanted) {
    const all = [...daysBox.querySelectorAll("[data-more]")];
    const stop = wanted || all.find((one) => one === document.activeElement) || all.at(-1);
    for (const one of all) one.tabIndex = one === stop ? 0 : -1;
  }

  function onKey(event) {
    if (!event.target.matches("[data-more]")) return;
    const all = [...daysBox.querySelectorAll("[data-more]")];
    const at = all.indexOf(event.target);
    const to = { ArrowUp: at - 1, ArrowDown: at + 1, Home: 0, End: all.length - 1 }[event.key];
    if (to === undefined || !all[to]) return;
    event.preventDefault();
    oneStop(all[to]);
    all[to].focus();
    all[to].closest("li").scrollIntoView({ block: "nearest" });
  }

  // ---- older ones ----

  async function older() {
    const mine = open;
    if (!mine || !mine.isLoaded || !mine.after || mine.isAsking) return false;
    if (mine.failedAt && Date.now() - mine.failedAt < 3000) return false;
    mine.isAsking = true;
    find("older").hidden = false;
    const answer = await calls.get(`conversations/${mine.id}/messages`, { after: mine.after });
    mine.isAsking = false;
    if (mine !== open) return false;
    find("older").hidden = true;
    find("older-failed").hidden = answer.status === 200;
    if (answer.status !== 200) {
      failed(mine);
      return false;
    }
    mine.after = answer.body.after;
    scroll.shifted(mine.store.addOlder(answer.body.data));
    scroll.look();
    return true;
  }

  /** An answered message may be far back: it is gone to, if that is not too far. */
  async function showMessage(id) {
    for (let page = 0; page < MOST_PAGES_BACK && !byId(id) && open.after; page += 1) if (!(await older())) return;
    const message = byId(id);
    if (!message) return;
    scroll.show(open.store.all().indexOf(message));
    const item = nodes.get(open.store.keyOf(message));
    item.scrollIntoView({ block: "center" });
    item.focus({ preventScroll: true });
    item.classList.add("pointed");
    setTimeout(() => item.classList.remove("pointed"), 1600);
  }

  const byId = (id) => open.store.all().find((one) => one.id === id);

  // ---- new ones ----

  /** The newest page as the server has it now. */
  function take(data) {
    const before = newestInbound();
    if (!open.isLoaded) return;
    if (!open.store.addNewest(data)) {
      refresh(open);
      return;
    }
    const after = newestInbound();
    scroll.grown();
    if (after && (!before || after.id !== before.id)) {
      tell(after);
      readIfSeen();
    }
  }

  function newestInbound() {
    return open.store.all().findLast((one) => one.direction === "inbound");
  }

  function tell(message) {
    announce(say("said-new", { name: open.conversation.name, text: snippet(message).slice(0, 200) }));
    if (scroll.isAtEnd()) return;
    news += 1;
    paintJump(true);
  }

  function put(id, message) {
    const of = open && open.id === id ? open : kept.get(id);
    if (!of) return;
    const isNew = of.store.indexOf(of.store.keyOf(message)) < 0 && message.isLocal;
    of.store.put(message);
    if (of !== open || !of.isLoaded) return;
    if (isNew && message.type !== "reaction") scroll.showEnd();
    else scroll.grown();
  }

  function drop(id, key) {
    const of = open && open.id === id ? open : kept.get(id);
    if (of) of.store.drop(key);
    if (of && of === open) scroll.redraw();
  }

  function redraw() {
    if (open) scroll.redraw();
  }

  function atEnd(isEnd) {
    if (isEnd) news = 0;
    paintJump(!isEnd);
    if (isEnd) readIfSeen();
  }

  function paintJump(isShown) {
    root.querySelector(".jump").hidden = !isShown;
    const count = find("jump-count");
    count.hidden = !news;
    count.textContent = format.number.format(news);
  }

  function readIfSeen() {
    if (open && scroll.isAtEnd()) hooks.seen(open.conversation);
  }

  box.addEventListener("keydown", onKey);

  return {
    show,
    close,
    take,
    put,
    drop,
    update,
    redraw,
    readIfSeen,
    jump: scroll.showEnd,
    again: () => (open.isLoaded ? older() : refresh(open)),
    current: () => open,
  };
}

/** Children in that order; what is in its place already is not touched. */
function arrange(parent, wanted) {
  const stays = new Set(wanted);
  for (const child of [...parent.children]) if (!stays.has(child)) child.remove();
  wanted.forEach((child, at) => {
    if (parent.children[at] !== child) parent.insertBefore(child, parent.children[at] || null);
  });
}
