"use strict";
/* The messages of one conversation as far as they are loaded, oldest first, and what later ones did to them. */

// These change another message and are none of their own.
const EFFECTS = new Set(["reaction", "edit", "revoke"]);

function messageStore() {
  let items = [];
  const byWamid = new Map();
  const reactions = new Map();
  const changes = new Map();
  // Kept while the page lives: a picture that was just sent does not load again.
  const localUrls = new Map();

  const keyOf = (message) => message.clientKey || message.id;
  const isOurs = (message) => message.direction === "outbound";

  /** Takes in what is no bubble; gives back what is one, oldest first. */
  function taken(newestFirst) {
    const oldestFirst = [...newestFirst].reverse();
    oldestFirst.filter((one) => EFFECTS.has(one.type)).forEach(note);
    const bubbles = oldestFirst.filter((one) => !EFFECTS.has(one.type));
    for (const one of bubbles) if (one.wamid) byWamid.set(one.wamid, one);
    return bubbles;
  }

  function note(effect) {
    const of = effect.targetWamid || effect.content.wamid;
    if (!of || effect.status === "failed") return;
    if (effect.type === "reaction") react(of, effect);
    else changes.set(`${effect.type} ${of}`, effect);
  }

  /** The newest reaction of each side counts; without an emoji it was taken back. */
  function react(of, effect) {
    const found = reactions.get(of) || {};
    const before = found[effect.direction];
    if (before && before.timestamp > effect.timestamp) return;
    reactions.set(of, { ...found, [effect.direction]: effect });
  }

  /** Older ones, before all others. */
  function addOlder(newestFirst) {
    const known = new Set(items.map(keyOf));
    const added = taken(newestFirst).filter((one) => !known.has(keyOf(one)));
    items = [...added, ...items];
    return added.length;
  }

  /**
   * The newest page: it is how the end looks now. What is under way here and not there yet stays after it.
   * False when there is a gap between it and what is loaded: then nothing changed.
   */
  function addNewest(newestFirst) {
    const bubbles = taken(newestFirst);
    const settled = items.filter((one) => !one.isLocal);
    const keys = new Set(settled.map(keyOf));
    const first = bubbles.find((one) => keys.has(keyOf(one)));
    if (!first && settled.length && bubbles.length) return false;
    const told = new Set(bubbles.map(keyOf));
    const at = first ? settled.findIndex((one) => keyOf(one) === keyOf(first)) : settled.length;
    const waiting = items.filter((one) => one.isLocal && !told.has(keyOf(one)));
    items = [...settled.slice(0, at).filter((one) => !told.has(keyOf(one))), ...bubbles, ...waiting];
    return true;
  }

  /** A message of this page, before the server has it and as it goes on. */
  function put(message) {
    if (message.localUrl) localUrls.set(keyOf(message), message.localUrl);
    if (message.type === "reaction") return note(message);
    const at = items.findIndex((one) => keyOf(one) === keyOf(message));
    // What the server told meanwhile is newer than what the page thinks.
    if (at >= 0 && message.isLocal && !items[at].isLocal) return undefined;
    if (at >= 0) items = items.with(at, message);
    else items = [...items, message];
    if (message.wamid) byWamid.set(message.wamid, message);
    return undefined;
  }

  function drop(key) {
    items = items.filter((one) => keyOf(one) !== key);
  }

  /** A message with all that was done to it. */
  function shown(message) {
    const edit = message.wamid && changes.get(`edit ${message.wamid}`);
    const revoke = message.wamid && changes.get(`revoke ${message.wamid}`);
    const isNewer = edit && (!message.editedAt || message.editedAt < edit.timestamp) && edit.content.content;
    return {
      ...message,
      ...(isNewer ? { content: { ...message.content, ...edit.content.content }, editedAt: edit.timestamp } : {}),
      ...(revoke ? { revokedAt: revoke.timestamp } : {}),
      localUrl: localUrls.get(keyOf(message)) || null,
      reactions: reactionsOf(message),
    };
  }

  function reactionsOf(message) {
    const found = (message.wamid && reactions.get(message.wamid)) || {};
    return Object.values(found).filter((one) => one.content.emoji);
  }

  function ownReaction(message) {
    const own = reactionsOf(message).find(isOurs);
    return own ? own.content.emoji : "";
  }

  return {
    addOlder,
    addNewest,
    put,
    drop,
    shown,
    keyOf,
    ownReaction,
    all: () => items,
    indexOf: (key) => items.findIndex((one) => keyOf(one) === key),
    find: (key) => items.find((one) => keyOf(one) === key),
    ofWamid: (wamid) => byWamid.get(wamid),
  };
}
