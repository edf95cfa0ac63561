"use strict";
/* Sending a place or a person. */

/** Hooks: send(body, content). */
function placeForms(hooks) {
  const forms = { location: locationOf, contact: contactOf };
  for (const [name, read] of Object.entries(forms)) {
    const dialog = dialogOf(name);
    dialog.querySelector("form").addEventListener("submit", (event) => {
      event.preventDefault();
      hooks.send(...read(Object.fromEntries([...new FormData(event.target)].map(([key, value]) => [key, value.trim()]))));
      dialog.close();
    });
  }
  const location = dialogOf("location");
  location.querySelector("[data-here]").addEventListener("click", here);

  function open(name) {
    const dialog = dialogOf(name);
    dialog.querySelector("form").reset();
    location.querySelector("[data-here-wrong]").textContent = "";
    dialog.showModal();
    dialog.querySelector("input").focus();
  }

  function here() {
    const said = location.querySelector("[data-here-wrong]");
    said.textContent = "";
    const failed = () => (said.textContent = say("here-failed"));
    if (!navigator.geolocation) {
      failed();
      return;
    }
    navigator.geolocation.getCurrentPosition(({ coords }) => {
      location.querySelector("[name=latitude]").value = coords.latitude.toFixed(6);
      location.querySelector("[name=longitude]").value = coords.longitude.toFixed(6);
    }, failed);
  }

  return { open };
}

function locationOf({ latitude, longitude, name, address }) {
  const number = (text) => Number(text.replace(",", "."));
  const location = { latitude: number(latitude), longitude: number(longitude), ...(name ? { name } : {}), ...(address ? { address } : {}) };
  return [{ type: "location", location }, location];
}

function contactOf({ name, phone, email, company }) {
  const card = {
    name: { formatted_name: name, first_name: name },
    ...(phone ? { phones: [{ phone, type: "CELL" }] } : {}),
    ...(email ? { emails: [{ email, type: "WORK" }] } : {}),
    ...(company ? { org: { company } } : {}),
  };
  return [{ type: "contacts", contacts: [card] }, { contacts: [card] }];
}
