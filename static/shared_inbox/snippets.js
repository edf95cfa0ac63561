"use strict";
/* A message in one line: in the list, above an answer, for those who listen. */

const FILE_TYPES = new Set(["image", "video", "audio", "document", "sticker"]);

function snippet(message) {
  if (message.revokedAt) return say("revoked");
  const content = message.content || {};
  const write = SNIPPETS[message.type];
  const found = write ? write(content) : "";
  return found || (hasWord(message.type) ? say(message.type) : say("unknown-type", { type: message.type }));
}

const SNIPPETS = {
  text: (content) => content.body,
  image: fileSnippet("image"),
  video: fileSnippet("video"),
  audio: (content) => say(content.voice ? "voice" : "audio"),
  document: (content) => content.caption || content.filename,
  location: (content) => [say("location"), content.name || content.address].filter(Boolean).join(": "),
  contacts: (content) => [say("contacts"), namesOf(content.contacts)].filter(Boolean).join(": "),
  interactive: (content) => interactiveText(content),
  button: (content) => content.text,
  reaction: (content) => (content.emoji ? say("reaction", { emoji: content.emoji }) : say("reaction-gone")),
  template: (content) => [say("template"), (content.raw || {}).name].filter(Boolean).join(": "),
  edit: (content) => (content.content || {}).body || say("edited"),
  revoke: () => say("revoked"),
  system: (content) => ((content.raw || {}).system || {}).body,
};

function fileSnippet(type) {
  return (content) => (content.caption ? `${say(type)}: ${content.caption}` : say(type));
}

/** What a person chose, or what they were offered. */
function interactiveText(content) {
  const chosen = content[content.type] || {};
  if (content.type === "nfm_reply") return say("form-answers");
  return chosen.title || (content.body || {}).text || "";
}

function namesOf(cards) {
  return (Array.isArray(cards) ? cards : []).map((card) => ((card || {}).name || {}).formatted_name).filter(Boolean).join(", ");
}
