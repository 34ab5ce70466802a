// @ts-check
// The page begins here: one issue, or the list of all.

import { data } from "./data.js";
import { h } from "./dom.js";
import { MailFrame, hearFrame } from "./mail-frame.js";

const issue = decodeURIComponent(location.pathname.split("/")[2] ?? "2025-08");
const mail = new MailFrame("The mail", (place) => console.log(place));
document.body.append(h("main", {}, mail.element));
mail.resize(1000, 1);
async function refresh() {
  const overview = await data.overview(issue);
  console.log(overview);
  if (overview.sections) await mail.show((shown) => data.mailAddress(issue, {}, { look: "light", images: "", ...shown }));
}
data.listen(issue, (news) => {
  hearFrame(news);
  if (news.kind === "open" || news.kind === "shown") refresh();
});
