"use strict";
/* What a message says, by its type, as elements. Nothing of it is trusted to be there or to be what it should. */

/** Hooks: openPicture(url, words), templateText(raw) -> {header, body, footer, buttons} or null. */
function contentMaker(hooks) {
  const makers = { text, image, video, audio, document: file, sticker, location, contacts, interactive, button, template, order, system };

  function body(message) {
    const content = message.content || {};
    if (message.revokedAt) return [make("p.gone", {}, say("revoked"))];
    const maker = makers[message.type];
    try {
      const made = maker && !(FILE_TYPES.has(message.type) && "raw" in content) ? maker(content, message) : null;
      return made || unknown(message);
    } catch {
      // Not in the form that its type has: it is shown as it came.
      return unknown(message);
    }
  }

  function text(content) {
    return typeof content.body === "string" ? [writtenText(content.body)] : null;
  }

  const urlOf = (message) => message.localUrl || message.content.url;
  const caption = (content) => (content.caption ? writtenText(content.caption) : null);
  const missing = (type) => make("p.missing", {}, icon("file"), `${say(type)}: ${say("file-missing")}`);

  function image(content, message) {
    const url = urlOf(message);
    if (!url) return [missing("image"), caption(content)];
    const words = content.caption || say("image");
    const picture = make("img", { src: url, alt: words, loading: "lazy", decoding: "async" });
    const frame = make("button.frame", { type: "button", title: say("open-picture"), onclick: () => hooks.openPicture(url, content.caption || "") }, picture);
    picture.addEventListener("error", () => frame.replaceWith(make("p.missing", {}, icon("file"), say("picture-failed"))));
    return [frame, caption(content)];
  }

  function sticker(content, message) {
    const url = urlOf(message);
    if (!url) return [missing("sticker")];
    const picture = make("img.sticker", { src: url, alt: say("sticker"), loading: "lazy" });
    picture.addEventListener("error", () => picture.replaceWith(missing("sticker")));
    return [picture];
  }

  function video(content, message) {
    const url = urlOf(message);
    if (!url) return [missing("video"), caption(content)];
    const player = make("video.frame", { src: url, controls: true, preload: "none", playsinline: true, "aria-label": content.caption || say("video") });
    return [player, caption(content)];
  }

  function audio(content, message) {
    const url = urlOf(message);
    const label = say(content.voice ? "voice" : "audio");
    if (!url) return [missing("audio")];
    return [make("p.small", {}, label), make("audio", { src: url, controls: true, preload: "none", "aria-label": label })];
  }

  function file(content, message) {
    const url = urlOf(message);
    const name = content.filename || say("document");
    if (!url) return [missing("document"), caption(content)];
    const ending = /\.(\w{1,8})$/.exec(content.filename || "");
    const kind = ending ? ending[1] : (content.mimeType || "").split(";")[0].split("/").pop().slice(0, 24);
    const about = [make("bdi.file-name", {}, name), make("span.small", {}, kind.toUpperCase())];
    const link = make("a.file", { href: url, download: name, "aria-label": say("download", { name }) }, icon("file"), make("span.file-words", {}, ...about));
    return [link, caption(content)];
  }

  function location({ latitude, longitude, name, address }) {
    if (!Number.isFinite(latitude) || !Number.isFinite(longitude)) return null;
    const at = `${latitude.toFixed(5)}, ${longitude.toFixed(5)}`;
    const map = `https://www.openstreetmap.org/?mlat=${latitude}&mlon=${longitude}#map=16/${latitude}/${longitude}`;
    return [
      card("place", name || say("location"), address, make("bdi", { dir: "ltr" }, at)),
      make("p.card-act", {}, opening(map, say("open-map"))),
    ];
  }

  function card(mark, title, ...lines) {
    const rows = lines.filter(Boolean).map((line) => make("p.small", { dir: "auto" }, line));
    return make("div.mini", {}, icon(mark), make("div.mini-words", {}, make("p.mini-title", { dir: "auto" }, title), ...rows));
  }

  function contacts(content) {
    return content.contacts.map((one) => {
      const phones = (one.phones || []).map((phone) => make("bdi", { dir: "ltr" }, phone.phone || phone.wa_id || ""));
      const emails = (one.emails || []).map((mail) => mail.email);
      return card("person", one.name.formatted_name, ...phones, ...emails, (one.org || {}).company);
    });
  }

  function interactive(content) {
    const chosen = content[content.type];
    if (content.type === "nfm_reply") return [make("p.small", {}, say("form-answers")), facts(answersOf(chosen.response_json))];
    if (chosen && chosen.title) {
      return [make("p.chosen-mark", { dir: "auto" }, chosen.title), chosen.description ? make("p.small", { dir: "auto" }, chosen.description) : null];
    }
    const offered = offeredBy(content.action || {});
    return messageParts({ header: (content.header || {}).text, body: (content.body || {}).text, footer: (content.footer || {}).text, buttons: offered });
  }

  function answersOf(json) {
    const given = typeof json === "string" ? JSON.parse(json) : json;
    return Object.entries(given || {}).filter(([name]) => name !== "flow_token");
  }

  function facts(rows) {
    const shown = (value) => (typeof value === "string" ? value : JSON.stringify(value));
    return make("dl.facts", {}, ...rows.map(([name, value]) => make("div", {}, make("dt", {}, name.replaceAll("_", " ")), make("dd", { dir: "auto" }, shown(value)))));
  }

  function offeredBy(action) {
    const buttons = (action.buttons || []).map((one) => (one.reply || {}).title);
    const rows = (action.sections || []).flatMap((section) => (section.rows || []).map((row) => row.title));
    const link = (action.parameters || {}).display_text || (action.parameters || {}).flow_cta;
    return [...buttons, ...rows, link].filter(Boolean);
  }

  function button(content) {
    return content.text ? [make("p.chosen-mark", { dir: "auto" }, content.text)] : null;
  }

  function template(content) {
    const raw = content.raw || {};
    const name = make("p.small.part-kind", {}, icon("template"), make("bdi", {}, raw.name || say("template")));
    const whole = hooks.templateText(raw);
    if (whole) return [name, ...messageParts(whole)];
    const values = (raw.components || []).flatMap((one) => (one.parameters || []).map((given) => given.text)).filter(Boolean);
    return [name, values.length ? make("ul.values", {}, ...values.map((value) => make("li", { dir: "auto" }, value))) : null];
  }

  function order(content) {
    const given = content.raw.order;
    const lines = given.product_items.map((item) =>
      make("li", { dir: "auto" }, `${item.quantity} × ${item.product_retailer_id} · ${format.number.format(item.item_price)} ${item.currency}`),
    );
    return [make("p.part-head", {}, say("order")), make("ul.values", {}, ...lines), given.text ? writtenText(given.text) : null];
  }

  /** WhatsApp's own words: a number or a security code that changed. */
  function system(content) {
    return [make("p", { dir: "auto" }, content.raw.system.body)];
  }

  function unknown(message) {
    const words = hasWord(message.type) && !FILE_TYPES.has(message.type) && !(message.type in makers) ? say(message.type) : say("unknown-type", { type: message.type });
    const raw = message.content && "raw" in message.content ? message.content.raw : message.content;
    const isEmpty = !raw || !Object.keys(raw).length;
    const whole = isEmpty ? null : make("details", {}, make("summary", {}, say("as-it-came")), make("pre", { dir: "ltr", tabindex: "0" }, JSON.stringify(raw, null, 2)));
    return [make("p.words", {}, words), whole];
  }

  return { body };
}

/** A text with what stands around it: of templates and of interactive messages. */
function messageParts({ header, body: words, footer, buttons = [] }) {
  if (!header && !words && !buttons.length) return null;
  return [
    header ? make("p.part-head", { dir: "auto" }, header) : null,
    words ? writtenText(words) : null,
    footer ? make("p.small", { dir: "auto" }, footer) : null,
    buttons.length ? make("ul.offered", {}, ...buttons.map((title) => make("li", { dir: "auto" }, title))) : null,
  ];
}
