"""MJML: mistakes in the template's own files that its compiler passes in silence."""

from __future__ import annotations

from collections.abc import Iterator

from newsletter_mailer.check.clients.tables import mjml_attributes
from newsletter_mailer.check.questions.registry import check
from newsletter_mailer.check.questions.rule import Ask
from newsletter_mailer.check.template.mjml_tags import Tag
from newsletter_mailer.check.template.mjml_values import IGNORED, complaint, wrong_padding
from newsletter_mailer.check.template.tags import TemplateTag
from newsletter_mailer.compose.mjml import CHILDREN, COMPONENTS
from newsletter_mailer.did_you_mean import did_you_mean
from newsletter_mailer.findings import Finding, Severity

_INSTEAD = {
    "mj-include": "Use Jinja2's {% include %} instead.",
    "mj-html-attributes": "Write the attributes in HTML of your own, in mj-text or mj-raw.",
    "mj-selector": "Write the attributes in HTML of your own, in mj-text or mj-raw.",
    "mj-html-attribute": "Write the attributes in HTML of your own, in mj-text or mj-raw.",
}
_EVERYWHERE = frozenset({"css-class", "mj-class"})
_ROOT = frozenset({"lang", "dir", "owa"})
#: Stands in the head for attributes of any component.
_ANY = frozenset({"mj-all", "mj-class"})
_ONE_CLASS = frozenset({"mj-section", "mj-wrapper", "mj-column", "mj-group", "mj-hero"})


@check("mjml-component", Severity.ERROR, each=TemplateTag)
def mjml_component(written: TemplateTag, ask: Ask) -> Iterator[Finding]:
    """An element of the template that MJML does not have, or that stands where it cannot.

    The compiler here copies an unknown element into the mail as it stands, and mail clients show
    its content without any layout. Looked at is every branch of every file, also of kinds that
    this issue does not use.
    """
    file, tag = written.file, written.tag
    if not tag.is_component:
        return
    place = file.place(tag.start, tag.name)
    if tag.name not in COMPONENTS:
        message = f"There is no <{tag.name}> in MJML as it is compiled here."
        hint = _INSTEAD.get(tag.name) or did_you_mean(tag.name, COMPONENTS)
    elif tag.inside in CHILDREN and tag.name not in CHILDREN[tag.inside]:
        message = f"<{tag.name}> cannot stand directly in <{tag.inside}>."
        hint = _homes(tag.name)
    elif tag.inside == "mj-class":
        message = "<mj-class> cannot hold other elements here."
        hint = "Give each component a class of its own."
    else:
        return
    if (place.file, place.line) not in ask.context.refused_at:
        yield ask.finding(place, message, hint)


@check("mjml-attribute", Severity.WARNING, each=TemplateTag)
def mjml_attribute(written: TemplateTag, ask: Ask) -> Iterator[Finding]:
    """An attribute that its MJML component does not have, or a value that it does not take.

    Nothing happens then, without a word: `<mj-text colour="red">` stays black. The attributes are
    those of MJML 5; a few that the compiler here does not know yet are named too.
    """
    table = mjml_attributes()
    everything = {name: takes for known in table.values() for name, takes in known.items()}
    file, tag = written.file, written.tag
    if tag.name not in COMPONENTS:
        return
    known = everything if tag.name in _ANY else table.get(tag.name, {})
    for attribute, given in tag.attributes.items():
        place = file.place(given.start, attribute)
        if attribute in _EVERYWHERE:
            continue
        if attribute not in known:
            if not _is_let_pass(tag, attribute):
                yield ask.finding(
                    place,
                    f'<{tag.name}> has no attribute "{attribute}", so it does nothing.',
                    did_you_mean(attribute, known),
                )
        elif attribute in IGNORED.get(tag.name, ()):
            yield ask.finding(
                place,
                f'The compiler here does not look at "{attribute}" of <{tag.name}>.',
                "Remove it, or write it in HTML of your own.",
            )
        elif given.is_known and tag.name not in _ANY:
            should_be = complaint(known[attribute], given.value)
            if should_be is not None:
                yield ask.finding(
                    place,
                    f'{attribute}="{given.value}" is not what <{tag.name}> takes.',
                    f"Write {should_be}.",
                )


@check("mjml-padding", Severity.WARNING, each=TemplateTag)
def mjml_padding(written: TemplateTag, ask: Ask) -> Iterator[Finding]:
    """A padding that Outlook's widths do not know of, because it is not in pixels.

    The compiler here counts `padding="10px 20px"`, but not `padding="0 20px"` or a percentage: one
    value without `px` and it computes widths as if there were no padding at the sides. Pictures
    and columns then come out too wide in Outlook for Windows. Write 0px, not 0.
    """
    file, tag = written.file, written.tag
    for attribute, given in tag.attributes.items():
        if (
            attribute.startswith("padding")
            and given.is_known
            and wrong_padding(tag.name, attribute, given.value)
        ):
            yield ask.finding(
                file.place(given.start, attribute),
                f'{attribute}="{given.value}" of <{tag.name}> is left out of the widths that '
                "Outlook gets.",
                "Write every value in pixels: 0px instead of 0.",
            )


@check("mjml-trap", Severity.ERROR, each=TemplateTag)
def mjml_trap(written: TemplateTag, ask: Ask) -> Iterator[Finding]:
    """Something that MJML or HTML allows and that comes out broken here.

    Two classes on a section: Outlook's copy gets only the last. `<![CDATA[` and `<?...?>`: the
    compiler stops. `<![if !mso]>` that is no comment: it is destroyed on the way; write
    `<!--[if !mso]><!-->`. All measured with the compiler and the inliner used here.
    """
    file, tag = written.file, written.tag
    found = _trap(tag)
    if found is not None:
        severity, message, hint = found
        yield ask.finding(file.place(tag.start), message, hint, severity)


def _trap(tag: Tag) -> tuple[Severity, str, str] | None:
    if tag.name == "cdata":
        return Severity.ERROR, "MJML cannot be compiled with <![CDATA[ in it.", "Remove it."
    if tag.name == "<?":
        return Severity.ERROR, "MJML cannot be compiled with <?...?> in it.", "Remove it."
    if tag.name == "<!" and tag.text.lower().startswith(("<![if", "<![endif")):
        return (
            Severity.ERROR,
            f"{tag.text} is destroyed on the way into the mail.",
            "Write <!--[if !mso]><!--> ... <!--<![endif]-->.",
        )
    if tag.name == "mj-raw" and "position" in tag.attributes:
        return (
            Severity.ERROR,
            'The compiler here does not know mj-raw position="file-start".',
            "Remove it.",
        )
    classes = tag.attributes.get("css-class")
    if tag.name in _ONE_CLASS and classes and classes.is_known and len(classes.value.split()) > 1:
        return (
            Severity.WARNING,
            f"<{tag.name}> has two classes; in Outlook's copy of it only the last one counts.",
            "Give it one class.",
        )
    return None


def _homes(component: str) -> str:
    homes = sorted(home for home, children in CHILDREN.items() if component in children)
    return f"It belongs in <{'> or <'.join(homes)}>." if homes else ""


def _is_let_pass(tag: Tag, attribute: str) -> bool:
    if tag.name == "mjml":
        return attribute in _ROOT or attribute.startswith("xmlns")
    return tag.name == "mj-class" and attribute == "name"
