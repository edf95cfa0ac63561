"use strict";
/* Files on their way into a message: chosen, dropped or pasted, looked at, given a caption. */

const MIB = 1024 * 1024;
const KINDS = {
  image: { types: ["image/jpeg", "image/png"], largest: 5 * MIB },
  video: { types: ["video/mp4", "video/3gpp"], largest: 16 * MIB },
  audio: { types: ["audio/aac", "audio/amr", "audio/mpeg", "audio/mp4", "audio/x-m4a", "audio/ogg"], largest: 16 * MIB },
  document: { types: [], largest: 100 * MIB },
};
const STICKER = { type: "image/webp", side: 512, largest: 500 * 1024 };
const MOST_FILES = 10;

/** What a file is sent as, `{kind, file}`: pictures that WhatsApp does not take become some that it takes. */
async function prepared(file) {
  if (file.type.startsWith("image/")) return preparedPicture(file);
  const kind = ["video", "audio"].find((one) => KINDS[one].types.includes(file.type) && file.size <= KINDS[one].largest);
  return { kind: kind || "document", file };
}

async function preparedPicture(file) {
  const LONGEST_PX = 2560;
  if (KINDS.image.types.includes(file.type) && file.size <= KINDS.image.largest) return { kind: "image", file };
  const picture = await createImageBitmap(file).catch(() => null);
  if (!picture) return { kind: "document", file };
  if (file.type === STICKER.type && picture.width === STICKER.side && picture.height === STICKER.side && file.size <= STICKER.largest) return { kind: "sticker", file };
  const scale = Math.min(1, LONGEST_PX / Math.max(picture.width, picture.height));
  const canvas = make("canvas", { width: Math.round(picture.width * scale), height: Math.round(picture.height * scale) });
  const pen = canvas.getContext("2d");
  pen.fillStyle = "#fff";
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.drawImage(picture, 0, 0, canvas.width, canvas.height);
  const made = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.88));
  return { kind: "image", file: new File([made], file.name.replace(/\.\w+$/, "") + ".jpg", { type: "image/jpeg" }) };
}

/** Hooks: isOpen() whether files may be sent now, send({kind, file, caption, url}). */
function fileChooser(thread, hooks) {
  const dialog = dialogOf("files");
  const input = document.querySelector("[data-files]");
  const list = dialog.querySelector("[data-chosen]");
  const note = dialog.querySelector("[data-chosen-note]");
  const form = dialog.querySelector("[data-form]");
  const drop = thread.querySelector("[data-drop]");
  let chosen = [];

  async function add(files) {
    const problems = [];
    for (const given of files) {
      const { kind, file } = await prepared(given);
      if (!file.size) problems.push(say("empty-file", { name: given.name }));
      else if (kind === "document" && file.size > KINDS.document.largest) problems.push(say("too-large", { name: given.name, size: sizeOf(KINDS.document.largest) }));
      else if (chosen.length >= MOST_FILES) problems.push(say("too-many-files", { count: MOST_FILES }));
      else chosen.push({ kind, file, name: given.name, url: URL.createObjectURL(file) });
    }
    note.textContent = [...new Set(problems)].join(" ");
    draw();
    if (chosen.length && !dialog.open) dialog.showModal();
    else if (problems.length && !dialog.open) toast(note.textContent);
    const first = list.querySelector("input");
    if (first) first.focus();
  }

  function draw() {
    const captions = new Map(chosen.map((one) => [one, one.caption || ""]));
    list.replaceChildren(...chosen.map((one) => row(one, captions.get(one))));
  }

  function row(one, caption) {
    const isSaid = one.kind === "document" && /^(image|video|audio)\//.test(one.file.type);
    const words = make("div.chosen-words", {}, make("bdi.file-name", {}, one.name), make("span.small", {}, sizeOf(one.file.size), isSaid ? ` · ${say("sent-as-document")}` : ""));
    const takesCaption = ["image", "video", "document"].includes(one.kind);
    const field = takesCaption ? make("input", { type: "text", maxlength: "1024", dir: "auto", placeholder: say("caption"), "aria-label": `${say("caption")}: ${one.name}`, autocomplete: "off" }) : null;
    if (field) {
      field.value = caption;
      field.addEventListener("input", () => (one.caption = field.value));
    }
    const remove = make("button.tool", { type: "button", "aria-label": say("remove-file", { name: one.name }), onclick: () => take(one) }, icon("close"));
    return make("li", {}, preview(one), make("div.chosen-main", {}, words, field), remove);
  }

  function preview({ kind, url }) {
    if (kind === "image" || kind === "sticker") return make("img.chosen-look", { src: url, alt: "" });
    if (kind === "video") return make("video.chosen-look", { src: url, preload: "metadata", muted: true, "aria-hidden": "true" });
    return make("span.chosen-look", {}, icon("file"));
  }

  function take(one) {
    chosen = chosen.filter((other) => other !== one);
    URL.revokeObjectURL(one.url);
    draw();
    if (!chosen.length) dialog.close();
    else list.querySelector("button").focus();
  }

  function onSubmit(event) {
    event.preventDefault();
    const sent = chosen;
    chosen = [];
    dialog.close();
    for (const one of sent) hooks.send(one);
  }

  function onClose() {
    for (const one of chosen) URL.revokeObjectURL(one.url);
    chosen = [];
    list.replaceChildren();
    note.textContent = "";
  }

  const hasFiles = (event) => event.dataTransfer && [...event.dataTransfer.types].includes("Files");

  function onDrag(event) {
    if (!hasFiles(event)) return;
    event.preventDefault();
    drop.hidden = !hooks.isOpen();
  }

  function onDrop(event) {
    if (!hasFiles(event)) return;
    event.preventDefault();
    drop.hidden = true;
    if (hooks.isOpen()) add([...event.dataTransfer.files]);
  }

  function onPaste(event) {
    const files = [...(event.clipboardData || { files: [] }).files];
    if (!files.length || !hooks.isOpen() || document.querySelector("dialog[open]:not([data-dialog=files])")) return;
    event.preventDefault();
    add(files);
  }

  form.addEventListener("submit", onSubmit);
  dialog.addEventListener("close", onClose);
  dialog.querySelector("[data-more-files]").addEventListener("click", () => input.click());
  input.addEventListener("change", () => {
    add([...input.files]);
    input.value = "";
  });
  thread.addEventListener("dragover", onDrag);
  thread.addEventListener("dragleave", (event) => !thread.contains(event.relatedTarget) && (drop.hidden = true));
  thread.addEventListener("drop", onDrop);
  document.addEventListener("paste", onPaste);
  // A file that is dropped beside it would be opened instead of the page.
  for (const name of ["dragover", "drop"]) window.addEventListener(name, (event) => hasFiles(event) && event.preventDefault());

  return { choose: () => input.click() };
}
