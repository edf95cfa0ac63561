"use strict";
/* What is known of the open conversation's contact, beside it. */

function detailsPanel(calls) {
  const panel = document.querySelector("[data-details]");
  const find = (name) => panel.querySelector(`[data-${name}]`);
  const buttons = () => document.querySelectorAll(".thread [data-action=details]");
  let conversation = null;
  let shownOf = null;

  /** With another conversation it shows that one's. */
  function follow(next) {
    const isOther = !conversation || conversation.id !== next.id;
    conversation = next;
    if (!panel.hidden && isOther) load();
  }

  function toggle() {
    panel.hidden = !panel.hidden;
    document.getElementById("inbox").toggleAttribute("data-with-details", !panel.hidden);
    for (const button of buttons()) button.setAttribute("aria-expanded", String(!panel.hidden));
    if (panel.hidden) buttons()[0].focus();
    else {
      load();
      panel.querySelector("h2").focus();
    }
  }

  async function load() {
    const { id, name } = conversation;
    paintFace(find("details-face"), name);
    find("details-name").textContent = name;
    if (shownOf !== id) find("facts").replaceChildren();
    find("details-note").textContent = say("loading");
    const answer = await calls.get(`conversations/${id}/contact`);
    if (conversation.id !== id) return;
    find("details-note").textContent = answer.status === 200 ? "" : refusalOf(answer) || say("load-failed");
    if (answer.status === 200) draw(id, answer.body.data);
  }

  function draw(id, contact) {
    shownOf = id;
    const rows = [
      ["fact-name", contact.contactName],
      ["fact-saved", contact.savedName],
      ["fact-phone", contact.contactPhone && `+${contact.contactPhone}`, "ltr"],
      ["fact-username", contact.username && `@${contact.username}`, "ltr"],
      ["fact-marketing", contact.marketingPreference && say(`marketing-${contact.marketingPreference}`)],
      ["fact-since", contact.since && format.date.format(new Date(contact.since))],
      ["fact-messages", contact.messageCount !== undefined && format.number.format(contact.messageCount)],
      ["fact-id", contact.contactIdentifier, "ltr"],
    ];
    find("facts").replaceChildren(
      ...rows.filter(([, value]) => value).map(([word, value, dir]) => make("div", {}, make("dt", {}, say(word)), make("dd", {}, make("bdi", { dir: dir || "auto" }, value)))),
    );
  }

  panel.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !panel.hidden) toggle();
  });

  return { follow, toggle, close: () => panel.hidden || toggle() };
}
