"""Slips that people make, each planted by itself into a copy of issue 2025-08."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Fault:
    """`old` becomes `new` in a file; then `rule` speaks of the place where `at` stands."""

    rule: str
    file: str
    old: str
    new: str
    at: str = ""  #: what the finding points at; otherwise the first line of `new`
    whole: bool = False  #: the rule knows the line, and no column
    companions: tuple[str, ...] = ()  #: rules with something else to say of the same slip, and true
    elsewhere: str = ""  #: the file that the finding names, if it is another
    more: tuple[tuple[str, str], ...] = ()  #: further replacements in the same file
    files: Mapping[str, str] = field(default_factory=dict)  #: further files


def section(name: str) -> str:
    return f"issues/2025-08/{name}.md"


LETTER = section("10-letter")
STORY = section("20-who-cares-we-care")
FUTURE = section("30-inspiring-future-leaders")
LEADERS = section("40-families-first-leaders-day")
AUTISM = section("50-autism-survey")
TRANSPORT = section("60-black-country-transport")
CO_DESIGN = section("65-directors-co-design")
HOARDING = section("70-children-and-hoarding")
CONTACT = section("72-child-contact")
MAJORITY = section("74-black-and-global-majority")
SAFEGUARDING = section("76-safeguarding-conference")
PARTICIPATION = section("78-participation-conference")
TOML = "issues/2025-08/issue.toml"
SETTINGS = "newsletter.toml"
LIST = "recipients/example.csv"
KIND = {name: f"templates/regional/sections/{name}.mjml" for name in ("letter", "notice", "story")}
PAGE = "templates/regional/newsletter.mjml"
PARTS = "templates/regional/parts/ui.mjml"
INLINE = "templates/regional/inline.css"
HEAD = "templates/regional/head.css"

SUBJECT = "{{ newsletter.name }}, August 2025: SEND plans and autumn events"
PREHEADER = "Outstanding news from Shropshire, £1.6 million for our region, and five free events."
LAST_WORDS = (
    "Let us meet the year with ambition and in partnership, and with the confidence that our "
    "region can show the way for children."
)
OFSTED = "(https://www.gov.uk/government/organisations/ofsted)"
ADASS = "https://www.adass.org.uk"
ONEILL = "a.oneill@birmingham.example.org"
STORY_ALT = (
    "Illustration of four young people in silhouette beside overlapping speech bubbles in teal, "
    "amber and rust"
)
CONTENTS = "{% if contents|length > 1 %}"
BREAK = "There is a ten-minute break."


def july(subject: str = "July 2025: what we did") -> Mapping[str, str]:
    """The settings of an issue of the month before."""
    return {
        "issues/2025-07/issue.toml": f'subject = "{subject}"\npreheader = "What July brought us"\n'
        'date = 2025-07-31\nlists = ["example"]\n'
    }


JULY_WEBINAR = {
    **july(),
    "issues/2025-07/10-webinar.md": "---\nkind: event\nstarts: 2025-09-23 10:00\ntitle: "
    '"CareKnowledge live webinar: Children and Hoarding: Hidden Harm, Lasting Impact"\n---\n',
}

DATES = [
    Fault("weekday-mismatch", STORY, "On Tuesday 22 July", "On Monday 22 July", "Monday 22"),
    Fault("weekday-mismatch", LEADERS, "Thursday 2 October", "Friday 2 October"),
    Fault("impossible-date", LEADERS, "Thursday 2 October 2025", "31 September 2025"),
    Fault("bad-date", SAFEGUARDING, "2025-11-27", "2025-11-31", whole=True),
    Fault("bad-date", HOARDING, "2025-09-23 12:00", "2025-09-23 09:00", whole=True),
    Fault("ends-before-it-starts", HOARDING, BREAK, "It runs from 14:00 to 12:00.", "14:00"),
    Fault("past-event", HOARDING, "2025-09-23 10:00", "2025-08-26 10:00", whole=True,
          more=(("2025-09-23 12:00", "2025-08-26 12:00"),)),
    Fault("past-deadline", TRANSPORT, "2025-09-19", "2025-08-19", whole=True),
    Fault("deadline-after-event", CONTACT, "2025-09-22", "2025-10-22", whole=True),
    Fault("contradicting-date", HOARDING, BREAK, "It takes place on 24 September.", "24 September"),
    Fault("events-at-once", MAJORITY, "2025-10-09 09:30", "2025-10-15 10:00", whole=True,
          more=(("2025-10-09 10:30", "2025-10-15 11:30"),)),
    Fault("events-out-of-order", SAFEGUARDING, "2025-11-27", "2025-09-18", whole=True),
    Fault("repeated-event", HOARDING, BREAK, BREAK, "starts:", whole=True, files=JULY_WEBINAR),
    Fault("bank-holiday", SAFEGUARDING, "2025-11-27", "2025-12-26", whole=True),
    Fault("weekend", SAFEGUARDING, "2025-11-27", "2025-11-29", whole=True),
    # the clocks go back in a night from Saturday to Sunday, always
    Fault("clock-change", SAFEGUARDING, "2025-11-27", "2025-10-26 01:30", whole=True,
          companions=("weekend",)),
    Fault("missing-year", LEADERS, "Thursday 2 October 2025", "Thursday 30 April"),
    Fault("ambiguous-date", LEADERS, "Thursday 2 October 2025", "02/10/2025"),
    Fault("month-wording", LEADERS, "this day on", "this day this month, on", "this month"),
    Fault("wrong-timezone-letters", HOARDING, BREAK, "Join by 10:00 GMT on 23 September.",
          "10:00 GMT"),
    Fault("wrong-ordinal", HOARDING, BREAK, "Join us for the 21th time.", "21th"),
]  # fmt: skip
WORDS = [
    Fault("unfinished-text", LETTER, "in a few months", "in a TODO", "TODO"),
    Fault("unfinished-text", AUTISM, "ADASS is looking", "Lorem ipsum: ADASS is looking",
          "Lorem ipsum"),
    Fault("unfinished-text", LEADERS, "The Studio, Birmingham", "[insert venue]"),
    Fault("leftover-code", FUTURE, "there is little time", "*|FNAME|*, there is little time",
          "|FNAME|"),
    Fault("leftover-code", SAFEGUARDING, "this year's", "[[year]]'s", "[[year]]"),
    Fault("merge-language", LETTER, "first_name |", "first_name ||", whole=True),
    Fault("unknown-field", LETTER, "subscriber.first_name", "subscribe.first_name", whole=True),
    Fault("doubled-word", STORY, "listen to the language", "listen to the the language",
          "the language"),
    Fault("doubled-text", LETTER, "Kind regards,", f"{LAST_WORDS}\n\nKind regards,", "Let us meet",
          whole=True),
    Fault("repeated-text", LETTER, "Kind regards,", "Kind regards,", "Let us meet", whole=True,
          files={**july(), "issues/2025-07/10-letter.md": f"---\nkind: text\n---\n{LAST_WORDS}\n"}),
    Fault("unpaired-mark", LETTER, '"packages" of', '"packages of', '"packages'),
    Fault("empty-section", LETTER, "Kind regards,", "Kind regards,", "---", whole=True,
          elsewhere=section("15-more"), files={section("15-more"): "---\nkind: text\n---\n"}),
    Fault("misspelt-word", AUTISM, "to answer a short", "to anwser a short", "anwser"),
    Fault("unexplained-acronym", FUTURE, "little time", "little CAMHS time", "CAMHS"),
    Fault("raw-html", AUTISM, "a larger study", "a <u>larger</u> study", whole=True),
    Fault("all-capitals", PARTICIPATION, "title: Participation Conference",
          "title: OUR PARTICIPATION CONFERENCE IN WALSALL", "OUR"),
    Fault("personal-data", AUTISM, "a short survey", "a short survey (ring Kim on 07700 900123)",
          "07700 900123"),
]  # fmt: skip
LINKS = [
    Fault("vague-link", FUTURE, "link_text: See how to apply for Inspiring Future Leaders",
          "link_text: Click here", "Click here"),
    Fault("same-words", AUTISM, "Take part through ADASS",
          "See how to apply for Inspiring Future Leaders"),
    Fault("insecure-link", AUTISM, ADASS, "http://www.adass.org.uk"),
    Fault("shortened-link", AUTISM, ADASS, "https://bit.ly/3xYzAbC"),
    Fault("local-link", AUTISM, ADASS, "https://localhost:8000/survey"),
    Fault("odd-host", AUTISM, ADASS, "https://www.adass.org.uk:8080"),
    Fault("example-link", AUTISM, ADASS, "https://example.com/survey"),
    Fault("link-address", AUTISM, ADASS, "https://https://www.adass.org.uk"),
    Fault("bad-link", AUTISM, ADASS, "www.adass.org.uk", whole=True),
    Fault("doubled-tracking", AUTISM, ADASS, "https://www.adass.org.uk/?utm_source=a&utm_source=b"),
    Fault("misleading-link", LETTER, f"[Ofsted]{OFSTED}",
          "[www.ofsted.gov.uk](https://www.adass.org.uk)", "www.ofsted.gov.uk",
          companions=("vague-link",)),
    Fault("relative-link", LETTER, OFSTED, "(ofsted/report.html)", whole=True),
    Fault("unsafe-link", LETTER, OFSTED, "(javascript:alert(1))", whole=True),
    Fault("broken-anchor", LETTER, f"[Ofsted]{OFSTED}", "[Ofsted](#s-99-ofsted)", "Ofsted"),
    Fault("empty-link", LETTER, f"[Ofsted]{OFSTED}", f"[]{OFSTED} Ofsted", OFSTED[1:-1]),
    Fault("doubled-link", LETTER, "and in SEND.", f"and in SEND ([Ofsted's page]{OFSTED}).",
          "Ofsted's page"),
]  # fmt: skip
ACCESSIBILITY = [
    Fault("missing-alt", STORY, f"picture_alt: {STORY_ALT}\n", "", "picture:", whole=True),
    Fault("alt-file-name", STORY, STORY_ALT, "story.jpg"),
    Fault("alt-too-long", STORY, STORY_ALT, f"{STORY_ALT}, with more words than anybody hears"),
    Fault("alt-placeholder", LETTER, "Portrait of Marian Telfer-Brooks", "ree"),
    Fault("alt-says-picture", STORY, STORY_ALT, "Picture of four young people"),
    Fault("alt-repeats", LETTER, "Portrait of Marian Telfer-Brooks", "Marian Telfer-Brooks"),
    Fault("by-sight", LETTER, "I am sure", "See the green box on the right. I am sure",
          "See the green box"),
    Fault("emoji-run", SAFEGUARDING, "To book,", "🎉🎉🎉 To book,", "🎉🎉🎉"),
    Fault("contrast", INLINE, ".date { margin: 2px 0 0; color: {{ c.on_band_quiet }};",
          ".date { margin: 2px 0 0; color: #2d5d66;", '<p class="date">', elsewhere=PAGE,
          whole=True),
    Fault("contrast", HEAD, "{{ on }}.role, ", "", '<p class="role">', elsewhere=KIND["letter"],
          whole=True),
    Fault("text-size", INLINE, "font-size: 15px; line-height: 22px", "font-size: 10px",
          '<p class="role">', elsewhere=KIND["letter"], whole=True),
    Fault("language", PAGE, 'lang="{{ newsletter.language }}"', "", "<mjml"),
    Fault("page-title", PAGE, "<mj-title>{{ issue.subject }}", "<mj-title>", "<mj-title>"),
    Fault("layout-table", PARTS, "<table {{ layout }} width=\"100%\" align", "<table align",
          "<table {{ layout }} width=\"600\"", whole=True),
    Fault("linked-image-without-words", KIND["notice"], "{{ section.body }}",
          '{{ section.body }}<a href="https://www.adass.org.uk"><img src="x.png" alt="" '
          'width="9" /></a>', whole=True),
]  # fmt: skip
TEMPLATE = [
    Fault("template", KIND["notice"], "section.body", "section.bdy", whole=True),
    Fault("template", PAGE, "<mj-image", "<mj-imgae", whole=True),
    Fault("template", PAGE, CONTENTS, f"<mj-wrapper><mj-raw>Now</mj-raw></mj-wrapper>{CONTENTS}",
          whole=True),
    Fault("mjml-attribute", KIND["story"], 'padding-bottom="0px"', 'padding-botom="0px"',
          "padding-botom"),
    Fault("mjml-padding", PAGE, 'css-class="tint"', 'css-class="tint" padding="0 5%"', "padding="),
    Fault("client-support", INLINE, ".more { font-weight: bold; }",
          ".more { font-weight: bold; display: flex; }", "display: flex"),
    Fault("gmail-nested-rule", HEAD, "@media (max-width: 479px) {",
          "@media (max-width: 479px) {\n@media print { .t h1 { color: red; } }", "@media print"),
    Fault("gmail-clipping", PAGE, CONTENTS,
          f"<mj-raw>{'<hr />' * 1_500}</mj-raw>{CONTENTS}",
          "subject", elsewhere=TOML, whole=True),
    Fault("data-uri", KIND["notice"], "{{ section.body }}",
          '{{ section.body }}<img src="data:image/gif;base64,R0lGODlh" alt="" width="1" />',
          whole=True),
    Fault("active-content", KIND["notice"], "{{ section.body }}", "{{ section.body }}<form></form>",
          whole=True),
]  # fmt: skip
TARGETS = [
    Fault("unknown-region", TRANSPORT, "[dudley,", "[dudly,", whole=True),
    Fault("unknown-role", CO_DESIGN, "[director]", "[directer]", whole=True),
    Fault("empty-target", CO_DESIGN, "[director]", "[]", whole=True),
    Fault("section-reaches-nobody", CO_DESIGN, "roles: [director]",
          "roles: [lead-member]\nregions: [solihull]", "regions:", whole=True),
    Fault("unknown-kind", AUTISM, "kind: notice", "kind: notise", whole=True),
    Fault("unknown-field", CONTACT, "register_by:", "registerby:", whole=True),
    Fault("missing-field", HOARDING, "starts: 2025-09-23 10:00\n", "", "kind:", whole=True),
    Fault("front-matter", AUTISM, 'title: "Recognising', "title: Recognising", whole=True),
    Fault("bad-picture", STORY, "images/story.jpg", "images/storey.jpg", whole=True),
    Fault("missing-value", LETTER, '{{ subscriber.first_name | default("colleague") }}',
          "{{ subscriber.first_name }}"),
    Fault("unknown-column", LETTER, "{{ subscriber.first_name", "{{ subscriber.frist_name"),
    Fault("bad-address", LIST, ONEILL, "a.oneill@birmingham", whole=True),
    Fault("domain-typo", LIST, ONEILL, "a.oneill@birmingam.example.org", whole=True),
    Fault("machine-address", LIST, ONEILL, "noreply@birmingham.example.org", whole=True),
    Fault("row-twice", LIST, "b.singh-kaur@birmingham.example.org", ONEILL, "Balvinder",
          whole=True),
    Fault("unknown-region", LIST, "Council,birmingham", "Council,birmingam", whole=True),
    Fault("name-in-capitals", LIST, "Aoife", "AOIFE", whole=True),
    Fault("placeholder-value", LIST, "Aoife", "n/a", whole=True),
    Fault("garbled-value", LIST, "Zoë", "ZoÃ«", whole=True),
    Fault("list-size", LIST, "email", "email", whole=True,
          files={**july(), "issues/2025-07/sent.toml": '[lists]\n"example" = 90\n'}),
]  # fmt: skip
ENVELOPE = [
    Fault("issue-settings", TOML, "[groups]", "[group]", "[group]", whole=True),
    Fault("absent-list", TOML, '["example"]', '["exmple"]', whole=True),
    Fault("subject-length", TOML, SUBJECT, f"{SUBJECT}, five stories and a survey"),
    Fault("shouting-subject", TOML, SUBJECT, "SHROPSHIRE IS OUTSTANDING"),
    Fault("reply-subject", TOML, SUBJECT, "Re: news of August 2025", "Re:"),
    Fault("repeated-subject", TOML, SUBJECT, SUBJECT, files=july(SUBJECT)),
    Fault("preheader", TOML, PREHEADER, "", "preheader", whole=True),
    Fault("preheader-length", TOML, PREHEADER, "Outstanding news"),
    Fault("preheader-repeats", TOML, PREHEADER, SUBJECT),
    Fault("settings", SETTINGS, "timezone =", "timezon =", whole=True),
    Fault("unknown-rule", SETTINGS, "[check]", '[check]\npreheadr = "error"', "preheadr",
          whole=True),
    Fault("unknown-client", SETTINGS, "[check]", '[check]\nclients = ["outlok"]', "clients",
          whole=True),
    Fault("from-name", SETTINGS, "Regional Update <newsletter@example.org>",
          "newsletter@example.org", whole=True),
    Fault("nobody-reads-replies", SETTINGS, "regional.team@", "noreply@", whole=True),
    Fault("unused-ignore", STORY, "---\nThe", "ignore: [raw-html]\n---\nThe", "ignore:",
          whole=True),
]  # fmt: skip
FAULTS = [*DATES, *WORDS, *LINKS, *ACCESSIBILITY, *TEMPLATE, *TARGETS, *ENVELOPE]
