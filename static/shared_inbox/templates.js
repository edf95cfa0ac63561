"use strict";
/* Templates: choosing one, filling it in with its text in sight, sending it. */

/** The approved templates, asked for once, when first needed. */
function templateBook(calls, onLoaded) {
  let all = null;
  let asking = null;

  function load() {
    asking = asking || ask();
    return asking;
  }

  async function ask() {
    const answer = await calls.get("templates");
    if (answer.status === 200) {
      all = answer.body.data;
      onLoaded();
    } else {
      asking = null;
    }
    return answer;
  }

  /** How a sent template reads; null while that is not known. */
  function textOf(raw) {
    const found = (all || []).find((one) => one.name === raw.name && one.language === (raw.language || {}).code);
    return found ? templateText(found, sentValues(raw)) : null;
  }

  return { load, textOf, all: () => all || [], mark: () => (all ? 1 : 0), forget: () => (asking = null) };
}

/** Hooks: send(body, content). */
function templateChooser(calls, book, hooks) {
  const dialog = dialogOf("templates");
  const find = (name) => dialog.querySelector(`[data-${name}]`);
  const form = dialog.querySelector("[data-form]");
  const search = find("template-search");
  const note = find("template-note");
  const wrong = find("template-wrong");
  let chosen = null;
  let isSending = false;

  async function open() {
    back();
    search.value = "";
    dialog.showModal();
    note.textContent = book.all().length ? "" : say("loading");
    draw();
    book.forget();
    const answer = await book.load();
    note.textContent = answer.status === 200 ? (book.all().length ? "" : say("no-templates")) : refusalOf(answer) || say("load-failed");
    draw();
  }

  function draw() {
    const words = search.value.trim().toLowerCase();
    const shown = book.all().filter((one) => `${one.name} ${(partsOf(one).BODY || {}).text || ""}`.toLowerCase().includes(words));
    find("template-list").replaceChildren(...shown.map(row));
    if (words && !shown.length) note.textContent = say("no-templates");
    else if (book.all().length) note.textContent = "";
  }

  function row(template) {
    const title = make("span.template-name", {}, make("bdi", {}, template.name), make("span.small", { dir: "ltr" }, template.language));
    const text = make("span.row-last", { dir: "auto" }, isSendable(template) ? (partsOf(template).BODY || {}).text || "" : say("template-not-here"));
    return make("li", {}, make("button", { type: "button", disabled: !isSendable(template), onclick: () => choose(template) }, title, text));
  }

  function choose(template) {
    chosen = template;
    wrong.textContent = "";
    find("templates").dataset.step = "fill";
    form.hidden = false;
    find("template-fields").replaceChildren(...fieldsOf(template).map(field));
    preview();
    const first = form.querySelector("input") || form.querySelector("button:not([data-template-back])");
    first.focus();
  }

  function back() {
    chosen = null;
    form.hidden = true;
    find("templates").dataset.step = "choose";
  }

  function field(given) {
    const key = fieldKey(given);
    if (given.kind === "place") return placeField(key);
    if (given.kind === "file") {
      const accept = given.name === "document" ? "" : KINDS[given.name].types.join(",");
      return make("label", {}, given.label, make("input", { type: "file", name: key, required: true, accept }));
    }
    // Meta refuses values with line breaks: one line is all that the field takes.
    return make("label", {}, given.label, make("input", { type: "text", name: key, required: true, maxlength: "1000", dir: "auto", autocomplete: "off" }));
  }

  function placeField(key) {
    const part = (name, label, isNumber) => make("label", {}, say(label), make("input", { name: `${key} ${name}`, required: true, dir: isNumber ? "ltr" : "auto", inputmode: isNumber ? "decimal" : "text", autocomplete: "off" }));
    return make("div", {}, part("latitude", "latitude", true), part("longitude", "longitude", true), part("name", "place-name"), part("address", "address"));
  }

  const written = () => Object.fromEntries([...new FormData(form)].filter(([, value]) => typeof value === "string"));

  function preview() {
    if (chosen) find("template-preview").replaceChildren(make("div.msg.out", {}, make("div.bubble", {}, ...messageParts(templateText(chosen, written())).filter(Boolean))));
  }

  async function onSubmit(event) {
    event.preventDefault();
    if (isSending) return;
    isSending = true;
    wrong.textContent = "";
    const values = await allValues();
    isSending = false;
    if (!values) return;
    const { name, language: code } = chosen;
    const parameters = parametersOf(chosen, values);
    dialog.close();
    hooks.send({ type: "template", templateName: name, languageCode: code, parameters }, { raw: sketch(name, code, parameters) });
  }

  /** With the files uploaded; null when one was not taken. */
  async function allValues() {
    const values = written();
    for (const given of fieldsOf(chosen)) {
      const key = fieldKey(given);
      if (given.kind === "file") {
        const file = form.elements[key].files[0];
        const answer = await calls.upload(file, () => {});
        if (answer.status < 200 || answer.status > 299) {
          wrong.textContent = refusalOf(answer) || say("reason-offline");
          return null;
        }
        values[key] = { mediaId: answer.body.data.id, ...(given.name === "document" ? { filename: file.name } : {}) };
      } else if (given.kind === "place") {
        const number = (name) => Number(values[`${key} ${name}`].replace(",", "."));
        values[key] = { latitude: number("latitude"), longitude: number("longitude"), name: values[`${key} name`], address: values[`${key} address`] };
      }
    }
    return values;
  }

  /** As the server will keep it, as far as it is shown. */
  function sketch(name, code, parameters) {
    const components = ["header", "body"]
      .filter((part) => parameters[part])
      .map((part) => ({ type: part, parameters: parameters[part].map((one) => (typeof one === "string" ? { type: "text", text: one } : { type: one.type || "text", text: one.text, parameter_name: one.name })) }));
    return { name, language: { code }, ...(components.length ? { components } : {}) };
  }

  search.addEventListener("input", draw);
  form.addEventListener("input", preview);
  form.addEventListener("submit", onSubmit);
  find("template-back").addEventListener("click", () => {
    back();
    search.focus();
  });

  return { open };
}
