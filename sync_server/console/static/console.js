// SPDX-License-Identifier: Apache-2.0
// Refreshes live figures, takes "/" to the search box, and talks to security keys. Every page works without it.
"use strict";

const REFRESH_MS = 10000;

function refreshLive(place) {
  fetch(place.dataset.live, { credentials: "same-origin" })
    .then((answer) => (answer.ok ? answer.json() : Promise.reject()))
    .then((live) => {
      for (const [device, row] of Object.entries(live.rows)) {
        const line = document.querySelector(`tr[data-device="${device}"]`);
        if (!line) continue;
        line.querySelector("[data-words]").textContent = row.words;
        line.querySelector(".chip").className = `chip ${row.status}`;
        line.querySelector("[data-seen]").textContent = row.seen;
        if (row.waiting) line.querySelector("[data-waiting]").textContent = row.waiting;
      }
      place.textContent = live.words;
    })
    .catch(() => undefined);
}

for (const place of document.querySelectorAll("[data-live]")) setInterval(() => refreshLive(place), REFRESH_MS);

document.addEventListener("keydown", (event) => {
  const find = document.getElementById("find");
  if (event.key !== "/" || !find || event.target.closest("input, select, textarea")) return;
  event.preventDefault();
  find.focus();
});

async function send(path, fields) {
  const answer = await fetch(path, { method: "POST", body: new URLSearchParams(fields), credentials: "same-origin" });
  if (!answer.ok) throw new Error();
  return answer.json();
}

async function withKey(button) {
  const token = button.dataset.token || button.form.elements.form_token.value;
  const adding = button.dataset.key === "add";
  const name = adding ? document.getElementById("key-name").value : "";
  const begun = await send(adding ? "/console/settings/keys/begin" : "/console/key/begin", { form_token: token });
  const read = adding ? "parseCreationOptionsFromJSON" : "parseRequestOptionsFromJSON";
  const publicKey = PublicKeyCredential[read](begun.publicKey);
  const made = await (adding ? navigator.credentials.create({ publicKey }) : navigator.credentials.get({ publicKey }));
  const fields = { form_token: token, answer: JSON.stringify(made.toJSON()), name };
  const done = await send(adding ? "/console/settings/keys/add" : "/console/key/finish", fields);
  if (done.go) location.assign(done.go);
  else button.textContent = "\u2713";
}

if (window.PublicKeyCredential && PublicKeyCredential.parseRequestOptionsFromJSON) {
  for (const button of document.querySelectorAll("[data-key]")) {
    button.hidden = false;
    button.addEventListener("click", () => {
      withKey(button).catch(() => {
        const says = document.getElementById("key-says");
        if (says) says.textContent = button.dataset.failed || says.dataset.failed || "";
      });
    });
  }
}
