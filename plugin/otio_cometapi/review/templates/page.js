// The page: which clip and take are shown, keys, decisions.
"use strict";

(function () {
  const sheet = JSON.parse(document.getElementById("sheet").textContent);
  const here = "?timeline=" + sheet.timeline_id;
  const by = (id) => document.getElementById(id);
  const MOVING = new Set(["PLANNED", "EXPORTED", "SUBMITTING", "SUBMITTED", "SUCCEEDED", "HOME"]);
  const STANDINGS = {};
  document.querySelectorAll("#filter option").forEach((each) => (STANDINGS[each.value] = each.textContent));
  let clip = null;
  let place = 0;
  let offered = null;
  let asked = 0;
  let timer = 0;
  const known = new Map();

  const player = new window.comet.Player(by("original"), by("take"), (frame, playing, speed) => {
    const take = current();
    if (!take) return;
    by("scrub").value = String(frame);
    window.comet.pointAt(frame - player.first);
    const text = window.comet.timecode(take.first_number + frame, clip.rate, clip.drop_frame);
    if (by("timecode").textContent !== text) by("timecode").textContent = text;
    by("scrub").setAttribute("aria-valuetext", text);
    by("frame-count").textContent = "frame " + (frame - take.head + 1) + " of " + clip.frame_count;
    by("speed").textContent = playing && speed !== 1 ? speed + "\u00d7" : "";
    if (by("play").dataset.playing !== String(playing)) {
      by("play").dataset.playing = String(playing);
      by("play").setAttribute("aria-label", playing ? "Stop" : "Play");
      by("play").querySelector("path").setAttribute("d", playing ? "M4 2h3v12H4zM9 2h3v12H9z" : "M4 2l10 6-10 6z");
    }
  });
  const inspector = new window.comet.Inspector((chosen) => showTake(chosen));
  window.comet.player = player;

  function current() {
    return clip && clip.takes[place];
  }

  function range(take) {
    if (by("handles").checked) return [0, take.frames - 1];
    return [take.head, take.head + clip.frame_count - 1];
  }

  // -- what is shown

  function showClip(index, focus) {
    const found = sheet.clips.find((each) => each.index === index) || sheet.clips[0];
    if (!found) return;
    clip = found;
    const shown = clip.takes.findIndex((take) => take.id === clip.shown);
    document.querySelectorAll(".row[aria-current]").forEach((row) => row.removeAttribute("aria-current"));
    const row = by("clip-" + clip.index);
    row.setAttribute("aria-current", "true");
    row.scrollIntoView({ block: "nearest" });
    if (focus) row.focus({ preventScroll: true });
    by("clip-name").textContent = clip.name || "(no name)";
    by("clip-facts").textContent = [clip.track, clip.record_in && clip.record_in + " \u2013 " + clip.record_out,
      clip.frame_count + " frames"].filter(Boolean).join("   ");
    showTake(Math.max(shown, 0), true);
  }

  async function showTake(chosen, anew) {
    const before = current();
    const offset = anew || !before ? 0 : player.frame - before.head;
    place = chosen;
    const take = current();
    inspector.show(clip, place, sheet.live);
    const [first, last] = range(take);
    by("scrub").min = String(first);
    by("scrub").max = String(last);
    by("take-caption").textContent = "Take " + take.number;
    by("screens").classList.toggle("lone", !take.media);
    by("trouble").textContent = take.media ? "" : without(take);
    window.comet.drawDifference(null, first, last);
    const at = ++asked;
    const what = { original: take.original, media: take.media, rate: clip.rate[0] / clip.rate[1], first: first, last: last };
    const found = await player.load(what, take.head + offset);
    if (at !== asked) return;
    if (!found[0]) by("trouble").textContent = "The original cannot be shown: it is offline, or its format cannot be read.";
    else if (take.media && !found[1]) by("trouble").textContent = "The take cannot be shown: its media cannot be read.";
    const values = found[0] && take.media ? await differencesOf(take) : [];
    if (at === asked) draw(values, take);
  }

  function without(take) {
    if (take.state !== "READY") return "Take " + take.number + " has no picture yet.";
    return "The media of take " + take.number + " is gone, or does not cover the clip. `otiocomet relink` makes it again.";
  }

  function draw(values, take) {
    const [first, last] = range(take);
    window.comet.drawDifference(values, first, last);
    window.comet.pointAt(player.frame - first);
  }

  async function differencesOf(take) {
    if (take.differences) return take.differences;
    if (!sheet.live) return [];
    if (!known.has(take.difference)) {
      known.set(take.difference, fetch(take.difference).then((answer) => (answer.ok ? answer.json() : []), () => []));
    }
    return known.get(take.difference);
  }

  function setRange() {
    const take = current();
    if (!take) return;
    const [first, last] = range(take);
    by("scrub").min = String(first);
    by("scrub").max = String(last);
    player.setRange(first, last);
    if (take.media) differencesOf(take).then((values) => take === current() && draw(values, take));
  }

  function go(way) {
    const rows = [...document.querySelectorAll(".row")].filter((row) => !row.parentElement.hidden);
    const at = rows.findIndex((row) => Number(row.dataset.clip) === clip.index);
    const next = rows[Math.min(Math.max(at + way, 0), rows.length - 1)];
    if (next) location.hash = next.id;
  }

  function setMode(mode) {
    by("stage").dataset.mode = mode;
    const radio = document.querySelector('input[name="mode"][value="' + mode + '"]');
    radio.checked = true;
  }

  function setWipe(share) {
    by("wipe").value = String(share);
    by("screens").style.setProperty("--wipe", share + "%");
  }

  // -- what is decided

  function tell(words, wrong) {
    by("news").textContent = words;
    by("news").classList.toggle("wrong", Boolean(wrong));
  }

  async function post(where, what) {
    try {
      const answer = await fetch(where + here, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify(what),
      });
      const values = await answer.json();
      if (!answer.ok) throw new Error(values.problem || "That did not work.");
      return values;
    } catch (error) {
      const gone = error instanceof TypeError || error instanceof SyntaxError;
      tell(gone ? "The review server does not answer. Start `otiocomet review` again." : error.message, true);
      return null;
    }
  }

  async function decide(word) {
    const take = current();
    if (!take || !sheet.live || by(word === "note" ? "save-note" : word).disabled) return;
    const text = word === "note" ? by("note").value : "";
    const values = await post("decide", { take: take.id, clip: clip.index, word: word, text: text });
    if (!values) return;
    renew(values);
    const said = { approve: "approved", reject: "rejected", choose: "in use", clear: "open again", note: "noted" }[word];
    tell("Take " + take.number + " of " + (clip.name || "the clip") + ": " + said + ". `otiocomet relink` goes by it.");
  }

  function renew(values) {
    const take = current();
    const counts = {};
    values.clips.forEach((each) => {
      counts[each.standing] = (counts[each.standing] || 0) + 1;
      const row = by("clip-" + each.index);
      if (!row) return;
      row.className = "row is-" + each.standing;
      row.querySelector(".standing").textContent = STANDINGS[each.standing];
    });
    Object.keys(STANDINGS).filter(Boolean).forEach((key) => (by("count-" + key).textContent = String(counts[key] || 0)));
    const changed = stateOf(sheet.clips) !== stateOf(values.clips);
    sheet.clips = values.clips;
    if (changed) drawStrip();
    by("doing").textContent = (values.doing || []).join(" ");
    filter();
    if (!clip) return;
    const index = clip.index;
    clip = sheet.clips.find((each) => each.index === index) || clip;
    const same = clip.takes.findIndex((each) => take && each.id === take.id);
    place = Math.max(same, 0);
    const now = current();
    if (take && (now.media !== take.media || now.original !== take.original)) showTake(place);
    else inspector.show(clip, place, sheet.live);
    lookAgain(values);
  }

  function stateOf(clips) {
    return clips.map((each) => each.standing + each.takes.map((take) => take.state + take.review.verdict)).join();
  }

  // Parsed as a picture by itself: it holds no script, and the page's policy would run none.
  async function drawStrip() {
    const place = document.querySelector(".strip-picture");
    const answer = place && (await fetch("strip.svg" + here).catch(() => null));
    if (!answer || !answer.ok) return;
    const found = new DOMParser().parseFromString(await answer.text(), "image/svg+xml").documentElement;
    if (found.localName === "svg") place.replaceChildren(document.importNode(found, true));
  }

  // Takes go on here, or by a `run` in another window: the page shows it by itself.
  function lookAgain(values) {
    clearTimeout(timer);
    const moves = values.clips.some((each) => each.takes.some((take) => MOVING.has(take.state)));
    const pause = (values.doing || []).length ? 2000 : moves ? 5000 : 0;
    if (pause) timer = setTimeout(refresh, pause);
  }

  async function refresh() {
    const answer = await fetch("sheet.json" + here).catch(() => null);
    if (answer && answer.ok) renew(await answer.json());
  }

  async function askPrice() {
    by("offer").hidden = true;
    tell("Looking up the price.");
    const take = current();
    const values = await post("another/price", { take: take.id, clip: clip.index, prompt: by("prompt").value });
    if (!values) return;
    offered = values.offer;
    by("offer-words").textContent = values.words;
    by("offer").hidden = false;
    tell("");
    by("order").focus();
  }

  async function order() {
    by("offer").hidden = true;
    tell("Sending.");
    const values = await post("another/order", { offer: offered });
    offered = null;
    if (!values) return;
    tell(values.words, values.wrong);
    renew(values);
  }

  // -- the list

  function filter() {
    const wanted = by("filter").value;
    document.querySelectorAll("#rows > li").forEach((item) => {
      item.hidden = Boolean(wanted) && !item.firstElementChild.classList.contains("is-" + wanted);
    });
  }

  // -- keys

  const KEYS = {
    " ": () => player.toggle(), k: () => player.pause(), l: () => player.faster(1), j: () => player.faster(-1),
    s: () => setMode("side"), w: () => setMode("wipe"), o: () => setMode("original"), t: () => setMode("take"),
    a: () => decide("approve"), r: () => decide("reject"), u: () => decide("choose"), n: () => by("note").focus(),
  };
  const MOVES = {
    ArrowLeft: (event) => player.step(event.shiftKey ? -10 : -1),
    ArrowRight: (event) => player.step(event.shiftKey ? 10 : 1),
    Home: () => player.go(player.first),
    End: () => player.go(player.last),
    ArrowUp: () => go(-1),
    ArrowDown: () => go(1),
  };

  function onKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || by("keys").open || !clip) return;
    const at = event.target;
    if (at.matches("textarea, select, input[type=text]")) {
      if (event.key === "Escape") at.blur();
      return;
    }
    const ownArrows = at.matches("input[type=range], input[type=radio]") && at.id !== "scrub";
    const ownSpace = at.matches("button, a, summary, input");
    const move = ownArrows ? null : MOVES[event.key];
    const single = by("single-keys").checked && !(event.key === " " && ownSpace);
    const digit = /^[1-9]$/.test(event.key) ? Number(event.key) - 1 : -1;
    if (move) move(event);
    else if (single && digit >= 0 && digit < clip.takes.length) showTake(digit);
    else if (single && KEYS[event.key.toLowerCase()]) KEYS[event.key.toLowerCase()]();
    else return;
    event.preventDefault();
  }

  function on(id, what, does) {
    by(id).addEventListener(what, does);
  }

  document.addEventListener("keydown", onKey);
  window.addEventListener("hashchange", () => showClip(Number(location.hash.replace("#clip-", "")), false));
  on("play", "click", () => player.toggle());
  on("back", "click", () => player.step(-1));
  on("forward", "click", () => player.step(1));
  on("to-start", "click", () => player.go(player.first));
  on("to-end", "click", () => player.go(player.last));
  on("scrub", "input", () => player.go(Number(by("scrub").value)));
  on("loop", "change", () => (player.loop = by("loop").checked));
  on("handles", "change", setRange);
  on("wipe", "input", () => setWipe(Number(by("wipe").value)));
  on("filter", "change", filter);
  document.querySelectorAll('input[name="mode"]').forEach((each) => each.addEventListener("change", () => setMode(each.value)));
  ["approve", "reject", "choose", "clear"].forEach((word) => on(word, "click", () => decide(word)));
  on("save-note", "click", () => decide("note"));
  on("ask-price", "click", askPrice);
  on("order", "click", order);
  on("no-order", "click", () => {
    by("offer").hidden = true;
    tell("Nothing was sent.");
  });
  on("open-keys", "click", () => by("keys").showModal());
  on("screens", "click", (event) => {
    if (by("stage").dataset.mode !== "wipe") player.toggle();
    else drag(event);
  });
  on("screens", "pointermove", (event) => event.buttons === 1 && by("stage").dataset.mode === "wipe" && drag(event));
  on("difference", "click", (event) => {
    const box = by("difference").getBoundingClientRect();
    const share = (event.clientX - box.left) / box.width;
    player.go(player.first + Math.floor(share * (player.last - player.first + 1)));
  });

  function drag(event) {
    const box = by("screens").getBoundingClientRect();
    setWipe(Math.round(Math.min(Math.max((100 * (event.clientX - box.left)) / box.width, 0), 100)));
  }

  setWipe(50);
  showClip(Number((location.hash || "").replace("#clip-", "") || -1), false);
  if (sheet.live) refresh();
})();
