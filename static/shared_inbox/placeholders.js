"use strict";
/* Templates as Meta describes them: what has to be filled in, how it then reads, what is sent. */

const PLACEHOLDER = /\{\{\s*([\w]+)\s*\}\}/g;
const HEADER_FILES = new Set(["IMAGE", "VIDEO", "DOCUMENT"]);
// Parts that need more than words, a file or a place.
const BEYOND = new Set(["CAROUSEL", "LIMITED_TIME_OFFER", "CALL_PERMISSION_REQUEST"]);
const PLAIN_BUTTONS = new Set(["URL", "QUICK_REPLY", "PHONE_NUMBER", "COPY_CODE", "OTP", "FLOW", "VOICE_CALL"]);

const upper = (value) => String(value || "").toUpperCase();

function partsOf(template) {
  const parts = {};
  for (const one of template.components || []) parts[upper(one.type)] = one;
  return parts;
}

function isSendable(template) {
  const parts = partsOf(template);
  const buttons = (parts.BUTTONS || {}).buttons || [];
  return !Object.keys(parts).some((name) => BEYOND.has(name)) && buttons.every((one) => PLAIN_BUTTONS.has(upper(one.type)));
}

/** `[{part, kind: text | file | place, name, label}]` in the order in which they are read; of a button also its `place`. */
function fieldsOf(template) {
  const { HEADER: header = {}, BODY: body = {}, BUTTONS: buttons = {} } = partsOf(template);
  const format = upper(header.format);
  const ofHeader = HEADER_FILES.has(format)
    ? [{ part: "header", kind: "file", name: format.toLowerCase(), label: say("field-file") }]
    : format === "LOCATION"
      ? [{ part: "header", kind: "place", name: "location", label: say("location") }]
      : namesIn(header.text).map((name) => ({ part: "header", kind: "text", name, label: say("field-header", { name: `{{${name}}}` }) }));
  const ofBody = namesIn(body.text).map((name) => ({ part: "body", kind: "text", name, label: say("field-body", { name: `{{${name}}}` }) }));
  return [...ofHeader, ...ofBody, ...(buttons.buttons || []).flatMap(ofButton)];
}

function ofButton(button, place) {
  const kind = upper(button.type);
  const takesCode = kind === "COPY_CODE" || kind === "OTP";
  if (!takesCode && !(kind === "URL" && namesIn(button.url).length)) return [];
  const label = say(takesCode ? "field-code" : "field-url", { name: button.text || "" });
  return [{ part: "buttons", kind: "text", name: String(place), place, button: kind, label }];
}

function namesIn(text) {
  return [...new Set([...String(text || "").matchAll(PLACEHOLDER)].map((found) => found[1]))];
}

/** `values` by `fieldKey`; those of a file are `{mediaId, filename}`, of a place its fields. */
const fieldKey = (field) => `${field.part} ${field.name}`;

/** As the API takes it. A name that is no number is given along. */
function parametersOf(template, values) {
  const fields = fieldsOf(template);
  const of = (part) => fields.filter((field) => field.part === part).map((field) => parameter(field, values[fieldKey(field)]));
  const found = { header: of("header"), body: of("body"), buttons: buttonsOf(template, fields, values) };
  return Object.fromEntries(Object.entries(found).filter(([, given]) => given.some((one) => one !== null)));
}

function parameter(field, value) {
  if (field.kind === "file") return { type: field.name, ...value };
  if (field.kind === "place") return { type: "location", location: value };
  return /^\d+$/.test(field.name) ? value : { name: field.name, text: value };
}

function buttonsOf(template, fields, values) {
  const buttons = (partsOf(template).BUTTONS || {}).buttons || [];
  return buttons.map((button, place) => {
    const kind = upper(button.type);
    const field = fields.find((one) => one.part === "buttons" && one.place === place);
    if (kind === "FLOW") return { type: "flow", index: place, parameters: [{ type: "action", action: { flow_token: "unused" } }] };
    if (!field) return null;
    const value = values[fieldKey(field)];
    return kind === "COPY_CODE" ? { type: "copy_code", code: value, index: place } : { type: "url", text: value, index: place };
  });
}

/** How it reads: `{header, body, footer, buttons}`. What is not filled in yet stays as a placeholder. */
function templateText(template, values) {
  const { HEADER: header = {}, BODY: body = {}, FOOTER: footer = {}, BUTTONS: buttons = {} } = partsOf(template);
  const filled = (part, text) => String(text || "").replace(PLACEHOLDER, (whole, name) => values[`${part} ${name}`] || whole);
  return {
    header: header.text ? filled("header", header.text) : HEADER_FILES.has(upper(header.format)) ? say(header.format.toLowerCase()) : "",
    body: filled("body", body.text),
    footer: footer.text || "",
    buttons: (buttons.buttons || []).map((one) => one.text).filter(Boolean),
  };
}

/** The values that a sent template has, by the same names. */
function sentValues(raw) {
  const values = {};
  for (const component of raw.components || []) {
    const part = String(component.type || "").toLowerCase();
    (component.parameters || []).forEach((one, at) => {
      if (typeof one.text === "string") values[`${part} ${one.parameter_name || at + 1}`] = one.text;
    });
  }
  return values;
}
