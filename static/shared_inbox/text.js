"use strict";
/* What people write, as WhatsApp shows it: *bold*, _italic_, ~struck~, `code`, addresses that can be opened. */

const MARKS = { "*": "strong", _: "em", "~": "s" };
const CODE = /```([\s\S]+?)```|`([^`\n]+)`/;
const MARKED = /(?<![\p{L}\p{N}*_~])([*_~])(?!\s)([^\n]+?)(?<!\s)\1(?![\p{L}\p{N}*_~])/u;
const ADDRESS = /\bhttps?:\/\/[^\s<>"]+[^\s<>".,;:!?'’)\]]/i;
const ONLY_EMOJI = /^(?:\p{Extended_Pictographic}(?:\uFE0F|[\u{1F3FB}-\u{1F3FF}]|\u200D\p{Extended_Pictographic})*\s?){1,3}$/u;

/** A paragraph of a message. */
function writtenText(text, className = "words") {
  const element = make(`p.${className}`, { dir: "auto" }, ...formatted(text));
  if (ONLY_EMOJI.test(text.trim())) element.classList.add("big");
  return element;
}

/** Nodes. Each mark is looked for in what the one before left plain. */
function formatted(text) {
  return split(text, CODE, (found) => [make("code", {}, found[1] ?? found[2])], withAddresses);
}

function withAddresses(text) {
  return split(text, ADDRESS, (found) => [opening(found[0], found[0])], withMarks);
}

function withMarks(text) {
  return split(text, MARKED, (found) => [make(MARKS[found[1]], {}, ...withMarks(found[2]))], (plain) => [plain]);
}

function split(text, pattern, ofFound, ofRest) {
  const nodes = [];
  let rest = text;
  for (let found = pattern.exec(rest); found; found = pattern.exec(rest)) {
    if (found.index) nodes.push(...ofRest(rest.slice(0, found.index)));
    nodes.push(...ofFound(found));
    rest = rest.slice(found.index + found[0].length);
  }
  return rest ? [...nodes, ...ofRest(rest)] : nodes;
}

/** A way out of the page, which tells nobody where it came from. */
function opening(address, ...children) {
  return make("a", { href: address, target: "_blank", rel: "noopener noreferrer nofollow", dir: "auto" }, ...children);
}

async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // Over http the clipboard is closed to pages.
    const field = make("textarea.unseen", {});
    field.value = text;
    document.body.append(field);
    field.select();
    document.execCommand("copy");
    field.remove();
  }
}
