// @ts-check
// One issue: what is chosen, what is known, and the parts of the page that draw it.

import { makeActions } from "./actions.js";
import { keepChoices, readChoices, whoOf } from "./choices.js";
import { makeStatus } from "./controls.js";
import { data } from "./data.js";
import { h } from "./dom.js";
import { makeFindings } from "./findings.js";
import { makeInbox } from "./inbox.js";
import { makeMatrix } from "./matrix.js";
import { makeMessageParts } from "./message-parts.js";
import { makeMistakes } from "./mistakes.js";
import { makePlaceCard } from "./place-card.js";
import { asVersion, makeReaderChoice } from "./reader-choice.js";
import { makeStage } from "./stage.js";
import { makeToolbar } from "./toolbar.js";

const PANES = { who: "Reader", mail: "Mail", findings: "Findings" };

export class IssuePage {
  /** @param {string} issue */
  constructor(issue) {
    this.issue = issue;
    this.isLive = data.isLive;
    this.choices = readChoices();
    /** @type {any} */
    this.overview = null;
    /** @type {any} */
    this.view = null;
    this.besideDigest = "";
    /** @type {(number | null)[]} */
    this.places = [];
    this.turn = 0;
    /** @type {Promise<void>} */
    this.renewing = Promise.resolve();
    this.root = document.body;
    this.status = makeStatus();
    this.toolbar = makeToolbar(this);
    this.stage = makeStage(this);
    this.inbox = makeInbox();
    this.messageParts = makeMessageParts(this);
    this.matrix = makeMatrix(this);
    this.mistakes = makeMistakes(this);
    this.card = makePlaceCard(this);
    this.readerChoice = makeReaderChoice(this);
    this.findings = makeFindings(this);
    this.actions = makeActions(this);
    this.heading = h("h1", {}, issue);
    this.about = h("p", { class: "about" });
    this.only = h("button", { type: "button", class: "quiet wide-only", onclick: () => this.choose({ only: this.choices.only ? "" : "mail" }) }, "Only the mail");
  }

  /** Puts the page together and begins to listen. */
  begin() {
    const panes = Object.entries(PANES).map(([name, label]) =>
      h("button", { type: "button", "data-pane": name, "aria-pressed": String(name === "mail"), onclick: () => this.showPane(name) }, label),
    );
    this.root.className = "issue pane-mail";
    this.root.append(
      h("a", { class: "skip", href: "#stage" }, "Skip to the mail"),
      h(
        "header",
        { class: "top" },
        this.isLive && h("a", { class: "home", href: "/" }, "All issues"),
        h("div", { class: "titles" }, this.heading, this.about),
        this.status.element,
        this.only,
        this.actions.element,
        h("nav", { class: "panes", "aria-label": "Parts of this page" }, ...panes),
      ),
      h(
        "main",
        {},
        this.readerChoice.element,
        h("section", { id: "stage", class: "pane stage", tabindex: "-1", "aria-label": "The mail" }, this.toolbar.element, this.inbox.element, this.mistakes.element, this.stage.element, this.messageParts.element, this.matrix.element, this.card.element),
        this.findings.element,
      ),
    );
    if (!this.isLive) this.refresh();
    data.listen(this.issue, (news) => this.hear(news));
  }

  /** @param {import("./data.js").News} news */
  hear(news) {
    if (news.kind === "open" || news.kind === "shown") this.refresh(news.kind === "shown" && this.overview?.number > 0);
    if (news.kind === "checked") this.renewing = this.renewing.then(() => this.trying(() => this.renewFindings()));
    if (news.kind === "readers") {
      this.readerChoice.readersChanged();
      this.refresh();
    }
    if (news.kind === "lost") this.status.say("The preview was ended. Start it again and open its new address: this page goes on.", true);
    if (news.kind === "open") this.status.say("");
  }

  /** All that is known, anew: files changed, or somebody else is looked at. */
  async refresh(isNews = false) {
    this.renewing = this.trying(() => this.renew(isNews));
    await this.settled();
  }

  /** When nothing newer is on its way. */
  async settled() {
    let newest;
    do {
      newest = this.renewing;
      await newest;
    } while (newest !== this.renewing);
  }

  async trying(/** @type {() => Promise<void>} */ work) {
    try {
      await work();
      this.root.removeAttribute("data-absent");
    } catch (fault) {
      this.root.toggleAttribute("data-absent", !this.overview); // controls of nothing help nobody
      this.status.say(fault instanceof Error ? fault.message : String(fault), true);
    }
  }

  async renew(/** @type {boolean} */ isNews) {
    const turn = ++this.turn;
    const who = { ...whoOf(this.choices), list: this.choices.list };
    const [overview, view, beside] = await Promise.all([
      data.overview(this.issue),
      data.view(this.issue, who),
      this.choices.beside ? data.view(this.issue, { variant: this.choices.beside }) : null,
    ]);
    if (turn !== this.turn || overview.number === 0) return;
    const isAnother = view.digest !== this.view?.digest;
    this.overview = overview;
    this.view = view;
    this.besideDigest = beside?.digest ?? "";
    if (isAnother) this.card.hide();
    const loaded = this.stage.draw(); // while the mail is on its way, the rest is drawn
    this.draw();
    if (isNews && overview.mistakes.length === 0) this.status.say(isAnother ? `Updated at ${clock()}` : `Saved at ${clock()}; this mail is the same`);
    await loaded;
    this.actions.refresh();
    await this.locate();
  }

  async renewFindings() {
    this.overview = await data.overview(this.issue);
    this.draw();
    this.actions.refresh();
    await this.locate();
  }

  /** Where in this mail each finding is. */
  async locate() {
    if (!this.view?.variant) return;
    const turn = this.turn;
    const answer = await data.places(this.issue, whoOf(this.choices)).catch(() => null);
    if (turn === this.turn) this.places = answer?.number === this.overview.number ? answer.places : [];
  }

  /** @param {Partial<import("./choices.js").Choices>} change */
  async choose(change) {
    const before = JSON.stringify([whoOf(this.choices), this.choices.beside, this.choices.list]);
    Object.assign(this.choices, change);
    keepChoices(this.choices);
    if (JSON.stringify([whoOf(this.choices), this.choices.beside, this.choices.list]) !== before) {
      await this.refresh();
      return;
    }
    this.draw();
    this.stage.fit();
    await this.stage.draw();
  }

  draw() {
    const { overview, view } = this;
    if (!overview) return;
    const subject = view?.inbox?.subject ?? this.issue;
    this.heading.textContent = subject;
    this.about.textContent = [this.issue, overview.newsletter, overview.date && longDate(overview.date)].filter(Boolean).join(" · ");
    document.title = `${subject} – preview`;
    this.only.setAttribute("aria-pressed", String(this.choices.only === "mail"));
    this.root.classList.toggle("only-mail", this.choices.only === "mail" || Boolean(this.choices.beside));
    for (const part of [this.toolbar, this.readerChoice, this.findings, this.mistakes, this.messageParts, this.matrix]) part.draw();
    this.inbox.draw(this.choices.part === "mail" ? view : null);
    const pane = this.root.querySelector('[data-pane="findings"]');
    if (pane) pane.textContent = `Findings (${overview.findings.length})`;
  }

  /** The versions to step through: those of the chosen list's readers. */
  variants() {
    const all = this.overview?.variants ?? [];
    const { list } = this.choices;
    return list ? all.filter((one) => one.lists[list]).map((one) => ({ ...one, readers: one.lists[list] })) : all;
  }

  /** @param {number | null} place */
  async goToPlace(place, isSecond = false) {
    const found = place === null ? null : this.view.places[String(place)];
    if (!found || place === null) return;
    if (this.choices.part !== "mail") await this.choose({ part: "mail" });
    this.showPane("mail");
    this.stage.goTo(found.anchor, isSecond);
  }

  /** @param {string} slug */
  async goToSection(slug) {
    await this.goToPlace(this.view.sections.find((one) => one.slug === slug)?.place ?? null);
  }

  /** @param {number} index */
  async goToFinding(index) {
    await this.settled();
    const finding = this.overview.findings[index];
    if (this.places[index] === null || this.places[index] === undefined) {
      const having = this.variants().find((one) => one.sections.includes(finding.section));
      if (having && having.id !== this.view?.variant) {
        await this.choose({ ...asVersion(having.id), part: "mail" });
        this.status.say(`Shown in another version: ${having.label}`);
      }
    }
    const place = this.places[index];
    if (place !== null && place !== undefined) {
      this.card.show({ ...this.view.places[String(place)], file: finding.file, line: finding.line });
      await this.goToPlace(place);
    } else if (finding.file.endsWith("/issue.toml")) {
      await this.choose({ part: "mail" });
      this.showPane("mail");
      this.inbox.point();
    } else {
      this.status.say(`This is not in the mail itself: ${finding.file}, line ${finding.line}.`);
    }
  }

  /** Something in the mail was clicked. */
  async clicked(/** @type {number} */ number, /** @type {boolean} */ isSecond) {
    const places = isSecond ? (await data.view(this.issue, { variant: this.choices.beside })).places : this.view.places;
    const place = places[String(number)];
    if (!place) return;
    const inside = place.target.startsWith("#") && Object.values(places).find((one) => one.anchor === place.target.slice(1));
    this.card.show(place);
    if (inside) this.stage.goTo(inside.anchor, isSecond);
    else this.stage.outline(place.anchor, isSecond);
  }

  /** @param {string} name */
  showPane(name) {
    for (const pane of Object.keys(PANES)) this.root.classList.toggle(`pane-${pane}`, pane === name);
    for (const button of this.root.querySelectorAll("[data-pane]")) button.setAttribute("aria-pressed", String(button.getAttribute("data-pane") === name));
  }
}

function clock() {
  return new Date().toLocaleTimeString("en-GB");
}

/** @param {string} date */
export function longDate(date) {
  return new Date(`${date}T00:00:00Z`).toLocaleDateString("en-GB", { dateStyle: "long", timeZone: "UTC" });
}
