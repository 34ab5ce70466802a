// @ts-check
// All issues: date, subject, and how far each has come.

import { makeStatus } from "./controls.js";
import { data } from "./data.js";
import { counted, fill, h } from "./dom.js";
import { longDate } from "./issue-page.js";

export class IssueList {
  constructor() {
    this.status = makeStatus();
    this.heading = h("h1", {}, "Issues");
    this.holder = h("div", { class: "issues" });
  }

  begin() {
    document.body.className = "list";
    document.body.append(
      h("header", { class: "top" }, h("div", { class: "titles" }, this.heading, h("p", { class: "about" }, "What every reader will see, before anyone gets it")), this.status.element),
      h("main", { class: "list-main" }, this.holder),
    );
    data.listen("", (news) => {
      if (news.kind === "lost") this.status.say("The preview was ended. Start it again and open its new address: this page goes on.", true);
      else if (news.kind !== "readers") this.refresh();
      if (news.kind === "open") this.status.say("");
    });
  }

  async refresh() {
    const { newsletter, issues, trouble, mistakes } = await data.issues();
    this.heading.textContent = newsletter || "Issues";
    document.title = `${newsletter || "Issues"} – preview`;
    fill(
      this.holder,
      ...mistakes.map((one) => h("p", { class: "trouble", role: "alert" }, `${one.message} ${one.file}, line ${one.line}. ${one.hint}`)),
      trouble && h("p", { class: "trouble" }, trouble),
      issues.length ? table(issues) : h("p", {}, "There is no issue yet. newsletter-mailer new --issue 2026-01 makes one."),
    );
  }
}

function table(issues) {
  return h(
    "table",
    {},
    h("caption", { class: "unseen" }, "All issues, the latest first"),
    h("thead", {}, h("tr", {}, ...["Issue", "Date", "Subject", "State"].map((name) => h("th", { scope: "col" }, name)))),
    h("tbody", {}, ...issues.map(row)),
  );
}

function row(issue) {
  const [state, words] = stateOf(issue);
  return h(
    "tr",
    {},
    h("th", { scope: "row" }, h("a", { href: `/issues/${encodeURIComponent(issue.id)}`, "data-key": issue.id }, issue.id)),
    h("td", { class: "date" }, issue.date ? longDate(issue.date) : "no date"),
    h("td", { class: "subject" }, issue.subject || "no subject"),
    h("td", {}, h("span", { class: `chip ${state}` }, words)),
  );
}

/** @returns {[string, string]} a class and the words */
function stateOf(issue) {
  if (issue.sent !== null) {
    const all = issue.sent === issue.readers;
    return [all ? "sent" : "warning", all ? `Sent to ${counted(issue.sent, "reader")}` : `Sent to ${issue.sent.toLocaleString("en-GB")} of ${counted(issue.readers, "reader")}`];
  }
  if (issue.elsewhere) return ["sent", "Sent from another machine"];
  if (issue.checked === null) return ["draft", "Draft"];
  if (!issue.checked) return ["draft", "Draft, being checked…"];
  if (issue.errors) return ["error", `Draft: ${counted(issue.errors, "error")}`];
  return ["fine", issue.warnings ? `Checked: ${counted(issue.warnings, "warning")}` : "Checked"];
}
