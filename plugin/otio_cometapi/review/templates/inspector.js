// The right-hand side: takes, facts, decisions. Everything is put in as text, never as markup.
"use strict";
window.comet = window.comet || {};

(function () {
  const STATES = {
    PLANNED: "planned", EXPORTED: "cut, not sent", SUBMITTING: "being sent", SUBMIT_UNKNOWN: "sent, no answer",
    SUBMITTED: "generating", SUCCEEDED: "being fetched", HOME: "being fitted", READY: "ready", FAILED: "failed",
    REFUSED: "refused", ABANDONED: "given up",
  };
  const SAID = { approve: "approved", reject: "rejected", choose: "chose this take", clear: "took the decision back", note: "noted" };
  const WORDS = { approved: "Approved", rejected: "Rejected", "": "Not decided" };

  function by(id) {
    return document.getElementById(id);
  }

  function made(kind, text, classes) {
    const element = document.createElement(kind);
    if (text !== undefined) element.textContent = text;
    if (classes) element.className = classes;
    return element;
  }

  function stateWords(take) {
    const words = STATES[take.state] || take.state;
    return take.progress === null ? words : words + " " + Math.round(100 * take.progress) + " %";
  }

  function signs(clip, take) {
    const said = [];
    if (take.review.verdict) said.push(take.review.verdict);
    if (clip.shown === take.id) said.push("in use");
    if (take.state !== "READY") said.push(stateWords(take));
    if (take.flags.length) said.push("flagged");
    return said;
  }

  window.comet.Inspector = class {
    // chosen: called with a take's place in the list
    constructor(chosen) {
      this.chosen = chosen;
      by("takes").addEventListener("keydown", (event) => this.onKey(event));
    }

    show(clip, place, live) {
      this.clip = clip;
      this.place = place;
      const take = clip.takes[place];
      this.showTakes();
      this.showFacts(take);
      this.showDecision(take, live);
    }

    showTakes() {
      const had = by("takes").contains(document.activeElement);
      const buttons = this.clip.takes.map((take, place) => {
        const button = made("button", undefined, "take-button");
        button.type = "button";
        button.setAttribute("role", "radio");
        button.setAttribute("aria-checked", String(place === this.place));
        button.tabIndex = place === this.place ? 0 : -1;
        button.append(made("b", "Take " + take.number));
        signs(this.clip, take).forEach((sign) => button.append(" ", made("span", sign, "sign " + sign.split(" ")[0])));
        button.addEventListener("click", () => this.chosen(place));
        return button;
      });
      by("takes").replaceChildren(...buttons);
      if (had) buttons[this.place].focus();
    }

    onKey(event) {
      const way = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 }[event.key];
      if (!way) return;
      event.preventDefault();
      event.stopPropagation();
      this.chosen((this.place + way + this.clip.takes.length) % this.clip.takes.length);
    }

    showFacts(take) {
      const list = made("dl");
      const add = (name, text) => {
        if (text === "" || text === null || text === undefined) return;
        list.append(made("dt", name), made("dd", String(text)));
      };
      add("Prompt", take.prompt);
      add("Model", take.model);
      add("Seed", take.seed);
      add("Images", take.images.join(", "));
      add("Cost", take.cost);
      add("State", stateWords(take));
      if (take.state !== "READY") add("Means", take.meaning);
      add("Told", take.message);
      add("Fitted by", take.policy);
      add("Source", this.clip.source + ", " + (this.clip.rate[0] / this.clip.rate[1]).toFixed(3).replace(/\.?0+$/, "") + " fps");
      const parts = [list];
      if (take.flags.length) {
        const flags = made("ul", undefined, "flags");
        take.flags.forEach((flag) => flags.append(made("li", flag)));
        parts.unshift(made("h3", "Look closely"), flags);
      }
      by("facts").replaceChildren(...parts);
    }

    showDecision(take, live) {
      const review = take.review;
      let words = WORDS[review.verdict];
      if (review.by) words += " by " + review.by + ", " + review.at;
      if (review.chosen && review.verdict !== "approved") words += ". Chosen for this clip";
      if (this.clip.shown === take.id) words += ". The timeline shows it";
      by("verdict").textContent = words + ".";
      by("verdict").className = "verdict is-" + (review.verdict || "open");
      const ready = take.media !== "";
      by("approve").disabled = !ready || review.verdict === "approved";
      by("choose").disabled = !ready || review.verdict === "rejected" || this.clip.shown === take.id;
      by("reject").disabled = review.verdict === "rejected";
      by("clear").disabled = !review.verdict && !review.chosen;
      const key = this.clip.index + " " + take.id + " " + review.note;
      if (this.noteKey !== key) {
        by("note").value = review.note;
        this.noteKey = key;
      }
      if (this.promptKey !== take.id) {
        by("prompt").value = take.prompt;
        by("offer").hidden = true;
        this.promptKey = take.id;
      }
      if (!live) by("verdict").append(" Decisions are made in the job.");
      this.showHistory(take.said);
    }

    // All that was said, the newest first: what holds is read from that.
    showHistory(said) {
      by("history").hidden = !said.length;
      by("history-count").textContent = String(said.length);
      const lines = said.map((each) => {
        const line = made("li");
        const words = each.word === "note" && !each.text ? "took the note away" : SAID[each.word];
        line.append(made("b", each.by), " " + words + " ", made("span", each.at, "when"));
        if (each.text) line.append(made("blockquote", each.text));
        return line;
      });
      by("history-words").replaceChildren(...lines.reverse());
    }
  };

  // Mark the frame that is shown; place counts from the first bar.
  window.comet.pointAt = function (place) {
    const here = by("here");
    if (here) here.setAttribute("x", String(place));
  };

  // Draw how far every frame is from the original's: a bar a frame.
  window.comet.drawDifference = function (values, first, last) {
    const picture = by("difference");
    const words = by("difference-words");
    picture.replaceChildren();
    const shown = values ? values.slice(first, last + 1) : [];
    if (!shown.length) {
      words.textContent = values === null ? "Comparing with the original." : "No difference is known.";
      return;
    }
    const most = Math.max(...shown, 40); // so that little difference looks little
    picture.setAttribute("viewBox", "0 0 " + shown.length + " 100");
    const path = shown.map((value, place) => {
      const high = Math.max(2, (100 * value) / most).toFixed(1);
      return "M" + (place + 0.5) + " 100V" + (100 - high);
    });
    const bars = document.createElementNS("http://www.w3.org/2000/svg", "path");
    bars.setAttribute("d", path.join(""));
    bars.setAttribute("stroke-width", "0.8");
    const here = document.createElementNS("http://www.w3.org/2000/svg", "rect");
    here.setAttribute("height", "100");
    here.setAttribute("width", "1");
    here.id = "here";
    picture.append(here, bars);
    const mean = shown.reduce((sum, each) => sum + each, 0) / shown.length;
    const at = first + shown.indexOf(Math.max(...shown));
    words.textContent = "Difference to the original: " + mean.toFixed(1) + " of 255 on average, most (" +
      Math.max(...shown).toFixed(1) + ") at frame " + (at - first + 1) + " of " + shown.length + ".";
  };
})();
