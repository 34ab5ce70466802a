// @ts-check
// The page begins here: one issue, or the list of all.

import { IssueList } from "./issue-list.js";
import { IssuePage } from "./issue-page.js";
import { data } from "./data.js";

const named = location.pathname.match(/^\/issues\/([^/]+)$/);
if (!data.isLive) new IssuePage("").begin();
else if (named) new IssuePage(decodeURIComponent(named[1])).begin();
else new IssueList().begin();
