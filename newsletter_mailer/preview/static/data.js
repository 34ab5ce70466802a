// @ts-check
// Where the page's data comes from: the server that made the page, or, in an exported folder, a
// script file beside it that sets `newsletterExport`. No other module knows which.

/** @typedef {{ variant?: string, region?: string, role?: string, reader?: string }} Who */
/** @typedef {{ look: string, images: string, against?: string }} Shown */
/** @typedef {{ kind: string, issue?: string }} News */

/**
 * @typedef {object} Data
 * @property {boolean} isLive whether there is a server: news, readers, downloads, a script in the mail's frame
 * @property {string} editor the pattern of EDITOR_URL; empty where there is none
 * @property {string} root the project's folder
 * @property {() => Promise<any>} issues
 * @property {(issue: string) => Promise<any>} overview
 * @property {(issue: string, who: Who) => Promise<any>} view
 * @property {(issue: string, who: Who) => Promise<any>} message
 * @property {(issue: string, who: Who) => Promise<any>} places where each finding is in the mail
 * @property {(issue: string, asked: Record<string, string>) => Promise<any>} readers
 * @property {(issue: string, who: Who, shown: Shown) => string} mailAddress of the page in the frame
 * @property {(issue: string, who: Who, form: string) => string} downloadAddress
 * @property {(issue: string) => Promise<any>} standing how the approval stands; whether a test can be sent
 * @property {(issue: string, what: "approve" | "test", asked: Record<string, string>) => Promise<{ done: boolean, words: string }>} act
 * @property {(issue: string) => string} exportAddress
 * @property {(issue: string, hear: (news: News) => void) => void} listen
 */

const AGAIN = 1000; // milliseconds until a preview that refuses is asked again

/** @type {Data} */
export const data = "newsletterExport" in globalThis ? exported(globalThis["newsletterExport"]) : served();

/** @returns {Data} */
function served() {
  const told = (/** @type {string} */ name) =>
    document.querySelector(`meta[name="newsletter-${name}"]`)?.getAttribute("content") ?? "";
  const api = (/** @type {string} */ issue, path = "") => `/api/issues/${encodeURIComponent(issue)}${path}`;
  return {
    isLive: true,
    editor: told("editor"),
    root: told("root"),
    issues: () => asked("/api/issues"),
    overview: (issue) => asked(api(issue)),
    view: (issue, who) => asked(api(issue, `/view${query(who)}`)),
    message: (issue, who) => asked(api(issue, `/message${query(who)}`)),
    places: (issue, who) => asked(api(issue, `/places${query(who)}`)),
    readers: (issue, letters) => posted(api(issue, "/readers"), letters, told("token")),
    mailAddress: (issue, who, shown) => `/mail/${encodeURIComponent(issue)}${query({ ...who, ...shown })}`,
    downloadAddress: (issue, who, form) => api(issue, `/download/${form}${query(who)}`),
    standing: (issue) => asked(api(issue, "/standing")),
    act: (issue, what, body) => posted(api(issue, `/${what}`), body, told("token")),
    exportAddress: (issue) => api(issue, "/export.zip"),
    listen: (issue, hear) => listen(`/api/news?issue=${encodeURIComponent(issue)}`, told("run"), hear),
  };
}

/**
 * The data of an exported folder: `{ overview, approval, mails: { [variant]: { view, message,
 * places, pages: { [look]: path }, txt: path } } }`.
 * @param {any} folder
 * @returns {Data}
 */
function exported(folder) {
  const mail = (/** @type {Who} */ who) => folder.mails[who.variant ?? ""] ?? Object.values(folder.mails)[0];
  return {
    isLive: false,
    editor: "",
    root: "",
    issues: async () => ({ issues: [] }),
    overview: async () => folder.overview,
    view: async (_issue, who) => mail(who).view,
    message: async (_issue, who) => mail(who).message,
    places: async (_issue, who) => mail(who).places,
    readers: async () => ({ ready: true, readers: [], like: 0 }),
    mailAddress: (_issue, who, shown) => mail(who).pages[shown.look],
    downloadAddress: (_issue, who, form) => mail(who)[form] ?? "",
    standing: async () => ({ approval: folder.approval, test: null }),
    act: async () => ({ done: false, words: "" }),
    exportAddress: () => "",
    listen: () => {},
  };
}

/** @param {Record<string, string | undefined>} parts */
function query(parts) {
  const given = Object.entries(parts).filter(([, value]) => value);
  return given.length ? `?${new URLSearchParams(/** @type {[string, string][]} */ (given))}` : "";
}

/** @param {string} address */
async function asked(address) {
  const answer = await fetch(address);
  if (!answer.ok) throw new Error((await answer.text()) || answer.statusText);
  return answer.json();
}

/**
 * What acts, and what holds a person's name or address: never part of an address.
 * @param {string} address
 * @param {Record<string, string>} body
 * @param {string} token
 */
async function posted(address, body, token) {
  const answer = await fetch(address, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-Newsletter-Token": token },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error((await answer.text()) || answer.statusText);
  return answer.json();
}

/**
 * News while the page is seen: a browser opens six lines to a server, and a hidden page needs none.
 * A preview that was started again knows this page no more: it refuses until the browser has come in
 * by its new key, and then the page is loaded anew.
 * @param {string} address
 * @param {string} run
 * @param {(news: News) => void} hear
 */
function listen(address, run, hear) {
  /** @type {EventSource | null} */
  let line = null;
  const open = () => {
    line?.close();
    line = new EventSource(address);
    line.onmessage = (event) => {
      const news = JSON.parse(event.data);
      if (news.kind !== "hello") hear(news);
      else if (news.run === run) hear({ kind: "open" });
      else location.reload();
    };
    line.onerror = () => {
      hear({ kind: "lost" });
      const lost = line;
      if (lost?.readyState === EventSource.CLOSED) setTimeout(() => line === lost && !document.hidden && open(), AGAIN);
    };
  };
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) line?.close();
    else open();
  });
  if (!document.hidden) open();
}
