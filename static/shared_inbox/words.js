"use strict";
/* The page's words, times as its language writes them, and elements. Data becomes text, never markup. */

const words = new Map(
  [...document.getElementById("words").content.querySelectorAll("[data-word]")].map((one) => [one.dataset.word, one.textContent]),
);
const language = document.documentElement.lang;

/** The words of that name. What is filled in keeps its own direction. */
function say(name, values = {}) {
  const found = words.get(name) ?? name;
  return found.replace(/\{(\w+)\}/g, (whole, key) => (key in values ? `\u2068${values[key]}\u2069` : whole));
}

function hasWord(name) {
  return words.has(name);
}

/** An element: `make("p.small", {dir: "auto"}, "text", child)`. What is null or false is left out. */
function make(what, attributes = {}, ...children) {
  const [tag, ...classes] = what.split(".");
  const element = document.createElement(tag);
  if (classes.length) element.className = classes.join(" ");
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

function icon(name, label = "") {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  const use = document.createElementNS(space, "use");
  use.setAttribute("href", `#icon-${name}`);
  svg.setAttribute("class", "icon");
  if (label) {
    svg.setAttribute("role", "img");
    svg.setAttribute("aria-label", label);
  } else {
    svg.setAttribute("aria-hidden", "true");
  }
  svg.append(use);
  return svg;
}

const DAY_MS = 24 * 60 * 60 * 1000;
const format = {
  time: new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit" }),
  weekday: new Intl.DateTimeFormat(language, { weekday: "long" }),
  day: new Intl.DateTimeFormat(language, { day: "numeric", month: "long" }),
  date: new Intl.DateTimeFormat(language, { day: "numeric", month: "long", year: "numeric" }),
  short: new Intl.DateTimeFormat(language, { dateStyle: "short" }),
  whole: new Intl.DateTimeFormat(language, { dateStyle: "full", timeStyle: "short" }),
  number: new Intl.NumberFormat(language),
};

function timeOf(iso) {
  return format.time.format(new Date(iso));
}

function wholeTimeOf(iso) {
  return format.whole.format(new Date(iso));
}

/** The day as its reader's clock has it, for comparing: 2026-01-15. */
function dayOf(iso) {
  const at = new Date(iso);
  const two = (number) => String(number).padStart(2, "0");
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
}

/** How many midnights ago. */
function daysAgo(iso) {
  const midnight = (date) => new Date(date.getFullYear(), date.getMonth(), date.getDate());
  return Math.round((midnight(new Date()) - midnight(new Date(iso))) / DAY_MS);
}

function dayName(iso) {
  const ago = daysAgo(iso);
  if (ago <= 0) return say("today");
  if (ago === 1) return say("yesterday");
  const at = new Date(iso);
  if (ago < 7) return format.weekday.format(at);
  return (at.getFullYear() === new Date().getFullYear() ? format.day : format.date).format(at);
}

/** As a list of conversations shows it: the time of today, the day of before. */
function lately(iso) {
  const ago = daysAgo(iso);
  if (ago <= 0) return timeOf(iso);
  if (ago === 1) return say("yesterday");
  return ago < 7 ? format.weekday.format(new Date(iso)) : format.short.format(new Date(iso));
}

function sizeOf(bytes) {
  const unit = bytes < 1000 ? ["byte", 1] : bytes < 1e6 ? ["kilobyte", 1e3] : ["megabyte", 1e6];
  const shown = { style: "unit", unit: unit[0], unitDisplay: "short", maximumFractionDigits: bytes < 1e6 ? 0 : 1 };
  return new Intl.NumberFormat(language, shown).format(bytes / unit[1]);
}

/** One or two letters that stand for somebody, and one of six colours. */
function paintFace(element, name) {
  const letters = [...name.matchAll(/(?:^|\s)(\p{L}|\p{N})/gu)].map((found) => found[1]);
  element.textContent = letters.length ? letters.slice(0, 2).join("").toUpperCase() : "#";
  let sum = 0;
  for (const letter of name) sum = (sum * 31 + letter.codePointAt(0)) % 600;
  element.dataset.hue = String(sum % 6);
}

/** Tells those who listen. */
function announce(text) {
  document.querySelector("[data-said]").textContent = text;
}

/** Says something in sight, for a while. */
function toast(text) {
  const line = document.querySelector("[data-toast]");
  line.textContent = text;
  clearTimeout(toast.timer);
  toast.timer = setTimeout(() => line.replaceChildren(), 6000);
}
