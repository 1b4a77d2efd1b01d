"use strict";
// The rating page. All texts come as data and are put in as text (textContent); no markup is ever made from them.

const LETTERS = "ABCDEFGHI";
const main = document.getElementById("main");
const head = document.getElementById("head");
const told = document.getElementById("told");
const help = document.getElementById("help");

let sheet = null; // rubric, raters and words
let here = null; // the case on the page
let order = []; // of a ranking: places on the page, best first
let busy = false;
let hiding = 0; // the timer that takes a message away

const asked = new URLSearchParams(location.hash.slice(1));
let language = asked.get("lang") || document.documentElement.lang;
let rater = asked.get("rater") || "";
let first = rater !== ""; // whether the instructions are to be open: not for those who come from the first page

// words

function t(code, values = {}) {
  const text = sheet.words[language][code] ?? code;
  return text.replace(/\{(\w+)\}/g, (all, name) => (name in values ? String(values[name]) : all));
}

function inLanguage(texts) {
  return texts[language] ?? Object.values(texts)[0] ?? "";
}

function answerName(place) {
  return here.texts.length > 1 ? `${t("answer")} ${LETTERS[place]}` : t("answer");
}

function verdictText(said) {
  if (said === null) return t("skip");
  if (sheet.kind === "ranking") return said.map((place) => LETTERS[place]).join(" › ");
  if (sheet.kind === "choice" && said !== "tie") return t("better", { answer: `${t("answer")} ${LETTERS[said]}` });
  const option = sheet.options.find((one) => one.value === said);
  const label = inLanguage(option.label);
  return typeof said === "number" ? `${said} ${label}`.trim() : label || said;
}

// elements

function make(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key === "click") made.addEventListener("click", value);
    else if (value === true) made.setAttribute(key, "");
    else if (value !== false && value !== null) made.setAttribute(key, value);
  }
  made.append(...children.filter((child) => child !== null));
  return made;
}

function key(name) {
  return make("kbd", {}, name);
}

function button(label, click, keyName = null, extra = {}) {
  return make("button", { type: "button", click, ...extra }, keyName ? key(keyName) : null, make("span", {}, label));
}

function text(found, empty) {
  const box = make("div", { class: "text", dir: "auto" });
  if (found.text === "") box.append(make("em", {}, empty));
  else box.textContent = found.text;
  if (!found.cut) return [box];
  const shown = [...found.text].length;
  return [box, make("p", { class: "warning" }, t("cut", { total: found.total, shown }))];
}

function tell(message, bad = false) {
  told.textContent = message;
  told.className = bad ? "bad" : "";
  clearTimeout(hiding);
  if (!bad) hiding = setTimeout(() => tell("", true), 5000);
}

// talking to the desk

async function ask(path, body = undefined) {
  let answer;
  try {
    answer = await fetch(path, body === undefined ? {} : {
      method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body),
    });
  } catch {
    tell(t("lost"), true);
    return null;
  }
  const found = await answer.json().catch(() => null);
  if (answer.ok && found) return found;
  tell(found && found.error ? inLanguage(found.error) : t("lost"), true);
  return null;
}

async function once(work) {
  if (busy) return;
  busy = true;
  try {
    await work();
  } finally {
    busy = false;
  }
}

function remember() {
  const state = new URLSearchParams();
  if (rater) state.set("rater", rater);
  state.set("lang", language);
  history.replaceState(null, "", `#${state}`);
}

function enter(name) {
  return once(async () => {
    const found = await ask(`place?${new URLSearchParams({ rater: name })}`);
    if (!found) return;
    rater = found.rater;
    remember();
    tell("");
    show(found);
  });
}

function rate(said) {
  return once(async () => {
    const note = document.getElementById("note").value.trim();
    const found = await ask("rate", { rater, key: here.key, said, note });
    if (!found) return;
    const message = t("kept", { verdict: verdictText(said) });
    first = false;
    show(found);
    tell(message);
  });
}

function undo() {
  return once(async () => {
    const found = await ask("undo", { rater });
    if (!found) return;
    if (found.undone) show(found);
    tell(t(found.undone ? "undone" : "nothing_to_undo"));
  });
}

// views

function show(found) {
  here = found;
  order = found.given && sheet.kind === "ranking" && found.given.said ? [...found.given.said] : [];
  draw();
  window.scrollTo(0, 0);
}

function draw() {
  document.documentElement.lang = language === "zh" ? "zh-CN" : language;
  document.title = `${t("title")} · ${inLanguage(sheet.title)}`;
  const typed = document.getElementById("note");
  const kept = typed && typed.dataset.key === (here && here.key) ? typed.value : null;
  drawHead();
  if (!here) main.replaceChildren(...welcome());
  else if (here.place === null) main.replaceChildren(...finished());
  else main.replaceChildren(...caseView(kept));
  drawHelp();
  (document.getElementById("focus") || main).focus({ preventScroll: true });
}

function drawHead() {
  head.hidden = false;
  const switchTo = () => {
    language = language === "en" ? "zh" : "en";
    remember();
    tell("");
    draw();
  };
  const parts = [];
  if (here) {
    const progress = make("progress", { max: here.total, value: here.done, "aria-label": t("title") });
    parts.push(make("div", { class: "done" }, progress,
      make("span", {}, `${t("progress", { done: here.done, total: here.total })} · ${rater}`)));
    parts.push(button(t("undo"), undo, "u"));
    parts.push(button(t("help"), openHelp, "?"));
  } else parts.push(make("div", { class: "done" }, make("strong", {}, t("title"))));
  parts.push(button(t("language"), switchTo, null, { lang: language === "en" ? "zh-CN" : "en", id: "language" }));
  head.replaceChildren(...parts);
}

function welcome() {
  const input = make("input", {
    id: "focus", name: "rater", maxlength: 40, autocomplete: "off", autocapitalize: "off", spellcheck: "false",
    required: true, value: rater, "aria-describedby": "who-hint",
  });
  const form = make("form", {}, make("label", { for: "focus" }, t("name")), input,
    make("button", { class: "main" }, t("begin")));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    enter(input.value);
  });
  const known = sheet.raters.map((one) => make("li", {},
    button(`${one.name} · ${t("progress", { done: one.done, total: sheet.total })}`, () => enter(one.name))));
  return [make("section", { class: "card narrow" },
    make("h1", {}, inLanguage(sheet.title)),
    make("div", { class: "instructions" }, inLanguage(sheet.instructions)),
    make("h2", {}, t("who")), make("p", { id: "who-hint" }, t("who_hint")), form,
    known.length ? make("h2", {}, t("known")) : null, known.length ? make("ul", { class: "raters" }, ...known) : null)];
}

function finished() {
  return [make("section", { class: "card narrow" },
    make("h1", { id: "focus", tabindex: -1 }, t("all_done")), make("p", {}, t("all_done_hint")),
    make("p", {}, button(t("other_rater"), leave)))];
}

async function leave() {
  rater = "";
  here = null;
  remember();
  sheet = (await ask("sheet")) || sheet;
  draw();
}

function caseView(typed) {
  const number = t("number", { place: here.place + 1 });
  const given = here.given ? here.given.skipped ? null : here.given.said : undefined;
  const texts = here.texts.map((one, place) => make("article", { class: "card answer" },
    make("h2", {}, answerName(place)), ...text(one, t("empty"))));
  const reading = make("div", { class: "reading" },
    make("h1", { id: "focus", tabindex: -1 }, number),
    make("section", { class: "card" }, make("h2", {}, t("prompt")), ...text(here.prompt, t("no_prompt"))),
    sheet.with_reference ? make("section", { class: "card reference" }, make("h2", {}, t("reference")),
      ...text(here.reference, "–")) : null,
    make("div", { class: `answers n${Math.min(here.texts.length, 3)}` }, ...texts));
  const note = make("textarea", {
    id: "note", rows: 2, maxlength: 2000, "aria-describedby": "note-hint", "data-key": here.key, dir: "auto",
  });
  note.value = typed ?? (here.given ? here.given.note : "");
  const panel = make("section", { class: "card verdict", "aria-label": t("verdict") },
    make("h2", {}, inLanguage(sheet.title)),
    make("details", first ? { open: true } : {}, make("summary", {}, t("instructions")),
      make("div", { class: "instructions" }, inLanguage(sheet.instructions))),
    given === undefined ? null : make("p", { class: "before" }, t("before", { verdict: verdictText(given) })),
    ...verdicts(given),
    button(t("skip"), () => rate(null), "s", { class: "skip" }),
    make("label", { for: "note" }, key("n"), t("note")), note,
    make("p", { id: "note-hint", class: "quiet" }, t("note_hint")));
  return [reading, panel];
}

function verdicts(given) {
  if (sheet.kind === "ranking") return ranking();
  if (sheet.kind === "choice") return sides(given);
  return [make("div", { class: "options" }, ...sheet.options.map((option) =>
    optionButton(option.key === String(option.value) && inLanguage(option.label) || verdictText(option.value),
      inLanguage(option.anchor), option.key, () => rate(option.value), given === option.value)))];
}

function optionButton(label, anchor, keyName, click, pressed) {
  return make("button", { type: "button", class: "option", click, "aria-pressed": pressed ? "true" : "false" },
    key(keyName), make("span", {}, make("strong", {}, label), anchor ? make("small", {}, anchor) : null));
}

function sides(given) {
  const better = sheet.options.find((one) => one.value === "better");
  const tie = sheet.options.find((one) => one.value === "tie");
  const made = [0, 1].map((side) => optionButton(t("better", { answer: answerName(side) }), "", side ? "→" : "←",
    () => rate(side), given === side));
  if (tie) {
    made.push(optionButton(inLanguage(tie.label) || "=", inLanguage(tie.anchor), t("space"), () => rate("tie"),
      given === "tie"));
  }
  return [make("p", { class: "quiet" }, inLanguage(better.anchor)), make("div", { class: "options" }, ...made)];
}

function ranking() {
  const better = sheet.options.find((one) => one.value === "better");
  const left = here.texts.map((_, place) => place).filter((place) => !order.includes(place));
  return [
    make("p", { class: "quiet" }, inLanguage(better.anchor)), make("p", {}, t("best_first")),
    make("div", { class: "options" }, ...left.map((place) =>
      optionButton(answerName(place), "", LETTERS[place], () => rank(place), false))),
    make("p", { class: "order" }, `${t("order")}: ${order.map((place) => LETTERS[place]).join(" › ") || "–"}`),
    button(t("keep"), () => keepOrder(), "Enter", { class: "main", disabled: left.length > 0 }),
  ];
}

function rank(place) {
  if (busy || place >= here.texts.length || order.includes(place)) return;
  order.push(place);
  draw();
}

function keepOrder() {
  if (order.length === here.texts.length) rate([...order]);
}

// help

function drawHelp() {
  const rows = {
    choice: [["← →", "key_sides"], [sheet.ties ? t("space") : "", "key_tie"]],
    ranking: [["A B C …", "key_rank"], ["Backspace", "key_back"], ["Enter", "key_enter"]],
  }[sheet.kind] || [[sheet.options.map((one) => one.key).join(" "), "key_rate"]];
  rows.push(["s", "key_skip"], ["u", "key_undo"], ["n", "key_note"], ["↑ ↓ PgUp PgDn", "key_scroll"], ["?", "key_help"]);
  const list = rows.filter(([name]) => name).map(([name, code]) =>
    make("div", {}, make("dt", {}, key(name)), make("dd", {}, t(code))));
  help.replaceChildren(make("h2", { id: "help-title" }, t("help")), make("dl", {}, ...list),
    button(t("close"), () => help.close(), "Esc"));
}

function openHelp() {
  document.getElementById("focus").focus({ preventScroll: true }); // where closing puts the focus back, at once
  help.showModal();
}

// keys

function verdictOfKey(name) {
  if (sheet.kind === "choice") {
    return { ArrowLeft: 0, a: 0, ArrowRight: 1, b: 1, " ": sheet.ties ? "tie" : undefined }[name];
  }
  const option = sheet.options.find((one) => one.key === name);
  return option && option.value;
}

function pressed(name) {
  if (name === "u") undo();
  else if (name === "?" || name === "？") openHelp();
  else if (here.place === null) return false;
  else if (name === "n") document.getElementById("note").focus();
  else if (name === "s") rate(null);
  else if (sheet.kind === "ranking") return rankKey(name);
  else if (verdictOfKey(name) !== undefined) rate(verdictOfKey(name));
  else return false;
  return true;
}

function rankKey(name) {
  const place = name.length === 1 ? LETTERS.indexOf(name.toUpperCase()) : -1;
  if (name === "Backspace") {
    order.pop();
    draw();
  } else if (name === "Enter") keepOrder();
  else if (place >= 0) rank(place);
  else return false;
  return true;
}

document.addEventListener("keydown", (event) => {
  if (!sheet || !here || help.open || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
  const target = event.target;
  if (target instanceof HTMLTextAreaElement || target instanceof HTMLInputElement) {
    if (event.key === "Escape") document.getElementById("focus").focus();
    return;
  }
  const onControl = target instanceof HTMLButtonElement || target.tagName === "SUMMARY";
  if (onControl && (event.key === "Enter" || event.key === " ")) return;
  if (event.repeat) {
    if (event.key === " ") event.preventDefault();
    return;
  }
  if (pressed(event.key.length === 1 ? event.key.toLowerCase() : event.key)) event.preventDefault();
});

async function begin() {
  const answer = await fetch("sheet");
  sheet = await answer.json();
  if (!(language in sheet.words)) language = "en";
  draw();
  if (rater) await enter(rater);
}

begin();
