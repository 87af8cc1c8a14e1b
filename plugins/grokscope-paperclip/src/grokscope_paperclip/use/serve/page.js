"use strict";
const at = (id) => document.getElementById(id);
const MOST_BYTES = 11 * 2 ** 20; // a third larger in base64
let image = null;

function say(text, warn) {
  at("status").textContent = text;
  at("status").className = warn ? "warn" : "";
}

function line(kind, text) {
  const made = document.createElement(kind);
  made.textContent = text;
  return made;
}

function card(hit) {
  const item = document.createElement("li");
  const picture = document.createElement("img");
  picture.src = hit.image;
  picture.alt = "image of proposal " + hit.proposal;
  picture.loading = "lazy";
  const about = document.createElement("div");
  const link = line("a", "Proposal " + hit.proposal);
  link.href = hit.link;
  link.target = "_blank";
  link.rel = "noopener noreferrer";
  const head = document.createElement("p");
  head.append(link, " · " + hit.score.toFixed(3));
  const what = line("p", [hit.instrument, hit.category, "cycle\u00a0" + hit.cycle].filter(Boolean).join(" · "));
  what.className = "what";
  about.append(head, line("p", hit.title), what);
  item.append(picture, about);
  return item;
}

async function search(event) {
  if (event) event.preventDefault();
  const text = at("text").value;
  if (!text.trim() && !image) return say("Say what to search for, or give an image.", true);
  say("Searching …");
  const filters = { instrument: at("instrument").value, category: at("category").value, cycle: at("cycle").value };
  let found;
  try {
    const answer = await fetch("/search", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ text, image, filters, hits: 24 }),
    });
    found = await answer.json();
    if (!answer.ok) return say(found.error, true);
  } catch (error) {
    return say("The server does not answer.", true);
  }
  at("hits").replaceChildren(...found.hits.map(card));
  at("labels").textContent = found.labels.length ? "Looks like: " + found.labels.map((l) => l.text).join(", ") : "";
  if (!found.hits.length) say("Nothing passes these filters.", true);
  else if (found.poor) say("No good match: the best is no better than what an arbitrary phrase finds.", true);
  else say(found.hits.length + " proposals, the best match first.");
}

function take(file) {
  if (!file) return;
  if (!["image/jpeg", "image/png"].includes(file.type)) return say("Expected a JPEG or PNG image.", true);
  if (file.size > MOST_BYTES) return say("Expected an image of at most 11 MiB.", true);
  const reader = new FileReader();
  reader.onload = () => {
    image = reader.result.split(",", 2)[1];
    at("preview").src = reader.result;
    at("preview").hidden = at("clear").hidden = false;
    at("drop-text").textContent = file.name;
    search();
  };
  reader.readAsDataURL(file);
}

function clear() {
  image = null;
  at("file").value = "";
  at("preview").hidden = at("clear").hidden = true;
  at("drop-text").textContent = "Drop an image here, or choose one";
  at("labels").textContent = "";
}

function choices(select, values) {
  for (const value of values.filter(Boolean)) select.append(line("option", value));
}

async function begin() {
  const facts = await (await fetch("/facts")).json();
  at("facts").textContent = facts.images.toLocaleString("en") + " images of " + facts.proposals.toLocaleString("en") + " proposals";
  choices(at("instrument"), facts.instruments);
  choices(at("category"), facts.categories);
  const asked = new URLSearchParams(location.search).get("q");
  if (asked) {
    at("text").value = asked;
    search();
  }
}

at("form").addEventListener("submit", search);
at("file").addEventListener("change", () => take(at("file").files[0]));
at("clear").addEventListener("click", clear);
for (const name of ["dragenter", "dragover"])
  at("drop").addEventListener(name, (event) => { event.preventDefault(); at("drop").classList.add("over"); });
at("drop").addEventListener("dragleave", () => at("drop").classList.remove("over"));
at("drop").addEventListener("drop", (event) => {
  event.preventDefault();
  at("drop").classList.remove("over");
  take(event.dataTransfer.files[0]);
});
begin();
