"""How messages are sent over a session, word by word."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from newsletter_mailer.deliver.smtp.envelope import mail_command, xtext
from newsletter_mailer.deliver.smtp.extensions import Extensions
from newsletter_mailer.deliver.smtp.mail_transactions import Ended, MailTransactions
from newsletter_mailer.deliver.smtp.replies import Garbage, Reply
from newsletter_mailer.deliver.transport import Content, MailObject
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

    transactions: MailTransactions[str]
    told: list[str] = field(default_factory=list)
    written: list[str] = field(default_factory=list)  #: lines to be written

    def hear(self, reply: Reply) -> None:
        assert self.told == [], "the last answer says more than the transcript"
        try:
            ended = self.transactions.receive(reply)
        except Garbage as fault:
            self.told = [f"{type(fault).__name__}: {fault}"]
        else:
            self.told = [fate(ended)] if ended else []

    def is_all_written(self) -> None:
        assert self.written == []
        assert not self.transactions.outgoing

    def play(self, word: str, rest: str) -> None:
        transactions = self.transactions
        match word:
            case "offer":
                assert transactions.may_offer
                transactions.offer(mail_to(rest))
            case "C":
                self.written += transactions.outgoing.decode().splitlines()
                transactions.outgoing.clear()
                assert self.written.pop(0) == rest
            case "before":
                assert self.transactions.outgoing
            case "content":
                assert transactions.content_due is not None
                assert transactions.content_due.key == rest
            case "dot":
                transactions.dot()
                if rest:
                    assert transactions.may_offer_behind_dot
                    transactions.offer_behind_dot(mail_to(rest.removeprefix("behind ")))
            case "ready" | "busy" | "over":
                assert transactions.may_offer is (word == "ready")
                assert transactions.is_over is (word == "over")
            case "past_brink" | "begun" | "unheard":
                assert names(getattr(transactions.unsettled(), word)) == rest
            case _:
                told = self.told.pop(0)
                assert told.startswith(f"{word}: ")
                assert rest in told


def fate(ended: Ended[str]) -> str:
    outcome = ended.answer.outcome
    return (
        f"{outcome.state}: {ended.mail.key} {outcome.code} {outcome.enhanced or '-'} "
        f"{outcome.reply}"
    )


@pytest.mark.parametrize("transcript", transcripts("mail_transactions.txt"), ids=str)
def test_mail_transactions(transcript: Transcript) -> None:
    steps = [*transcript.steps()]
    offered = str(steps.pop(0)[1]) if steps[0][0] == "offers" else ""
    stage = Stage(MailTransactions(extensions(offered), "news@example.org"))
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
    unsettled = stage.transactions.unsettled()
    without_fate = {word for word in ("past_brink", "begun", "unheard") if getattr(unsettled, word)}
    assert without_fate == {word for word, _ in steps} & {"past_brink", "begun", "unheard"}


def test_a_dot_that_nobody_waits_for_is_a_mistake_of_ours() -> None:
    with pytest.raises(ValueError, match="no content"):
        MailTransactions[str](Extensions(), "news@example.org").dot()


def test_an_envelopes_id_that_is_too_long_is_left_out() -> None:
    """RFC 3461 section 4.4: at most 100 characters."""
    offered = Extensions(dsn=True)

    short = mail_command("news@example.org", "ann@example.org", 1, "x" * 100, offered)
    long = mail_command("news@example.org", "ann@example.org", 1, "+" * 34, offered)

    assert short == b"MAIL FROM:<news@example.org> RET=HDRS ENVID=%b\r\n" % (b"x" * 100)
    assert long == b"MAIL FROM:<news@example.org> RET=HDRS\r\n"


@pytest.mark.parametrize(
    ("text", "encoded"),
    [
        ("ann@example.org", "ann@example.org"),
        ("ann+news@example.org", "ann+2Bnews@example.org"),
        ("a=b c", "a+3Db+20c"),
        ("!~", "!~"),
        ("zoë\x7f\n", "zo+C3+AB+7F+0A"),
    ],
)
def test_xtext_leaves_printable_ascii_but_plus_and_equals(text: str, encoded: str) -> None:
    """RFC 3461 section 4."""
    assert xtext(text) == encoded
