"""How messages are sent over a session, word by word."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from newsletter_mailer.deliver.dialogue import Content, Dialogue, Ended, MailObject
from newsletter_mailer.deliver.extensions import Extensions, mail_command
from newsletter_mailer.deliver.replies import Garbage, Reply
from tests.deliver.transcripts import Transcript, transcripts

OCTETS = b"hello...\n"


def mail_to(name: str) -> MailObject[str]:
    mailbox = f"{name}@example.org"
    return MailObject(name, mailbox, mailbox, Content([OCTETS], len(OCTETS)))


def extensions(words: str) -> Extensions:
    """`pipelining dsn`."""
    return Extensions(**dict.fromkeys(words.split(), True))  # type: ignore[arg-type]  # no other ones


def names(mails: Sequence[MailObject[str]]) -> str:
    return " ".join(mail.key for mail in mails)


@dataclass
class Stage:
    """Plays a transcript. `told`: what the last answer ended, or why it is none."""

    dialogue: Dialogue[str]
    told: list[str] = field(default_factory=list)
    written: list[str] = field(default_factory=list)  #: lines to be written

    def hear(self, reply: Reply) -> None:
        assert self.told == [], "the last answer says more than the transcript"
        try:
            ended = self.dialogue.receive(reply)
        except Garbage as fault:
            self.told = [f"{type(fault).__name__}: {fault}"]
        else:
            self.told = [fate(ended)] if ended else []

    def is_all_written(self) -> None:
        assert self.written == []
        assert not self.dialogue.outgoing

    def play(self, word: str, rest: str) -> None:
        dialogue = self.dialogue
        match word:
            case "offer":
                assert dialogue.may_offer
                dialogue.offer(mail_to(rest))
            case "C":
                self.written += dialogue.outgoing.decode().splitlines()
                dialogue.outgoing.clear()
                assert self.written.pop(0) == rest
            case "before":
                assert self.dialogue.outgoing
            case "content":
                assert dialogue.content_due is not None
                assert dialogue.content_due.key == rest
            case "dot":
                dialogue.dot()
                if rest:
                    assert dialogue.may_offer_behind_dot
                    dialogue.offer_behind_dot(mail_to(rest.removeprefix("behind ")))
            case "ready" | "busy" | "over":
                assert dialogue.may_offer is (word == "ready")
                assert dialogue.is_over is (word == "over")
            case "dotted" | "begun" | "unheard":
                assert names(getattr(dialogue.left(), word)) == rest
            case _:
                told = self.told.pop(0)
                assert told.startswith(f"{word}: ")
                assert rest in told


def fate(ended: Ended[str]) -> str:
    outcome = ended.outcome
    return (
        f"{outcome.state}: {ended.mail.key} {outcome.code} {outcome.enhanced or '-'} "
        f"{outcome.reply}"
    )


@pytest.mark.parametrize("transcript", transcripts("dialogue.txt"), ids=str)
def test_dialogue(transcript: Transcript) -> None:
    steps = [*transcript.steps()]
    offered = str(steps.pop(0)[1]) if steps[0][0] == "offers" else ""
    stage = Stage(Dialogue(extensions(offered), "news@example.org"))
    is_early = False
    for word, step in steps:
        if isinstance(step, Reply):
            if not is_early:
                stage.is_all_written()
            stage.hear(step)
        else:
            stage.play(word, step)
        is_early = word == "before"

    assert stage.told == []
    stage.is_all_written()
    left = stage.dialogue.left()
    without_fate = {word for word in ("dotted", "begun", "unheard") if getattr(left, word)}
    assert without_fate == {word for word, _ in steps} & {"dotted", "begun", "unheard"}


def test_a_dot_that_nobody_waits_for_is_a_mistake_of_ours() -> None:
    with pytest.raises(ValueError, match="no content"):
        Dialogue[str](Extensions(), "news@example.org").dot()


def test_an_envelopes_id_that_is_too_long_is_left_out() -> None:
    """RFC 3461 section 4.4: at most 100 characters."""
    offered = Extensions(dsn=True)

    short = mail_command("news@example.org", "ann@example.org", 1, "x" * 100, offered)
    long = mail_command("news@example.org", "ann@example.org", 1, "+" * 34, offered)

    assert short == b"MAIL FROM:<news@example.org> RET=HDRS ENVID=%b\r\n" % (b"x" * 100)
    assert long == b"MAIL FROM:<news@example.org> RET=HDRS\r\n"
