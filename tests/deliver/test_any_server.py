"""Whatever a server says, and whenever: only what it took is reported sent, and nobody is lost."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from newsletter_mailer.deliver.smtp.extensions import Extensions
from newsletter_mailer.deliver.smtp.mail_transactions import Ended, MailTransactions
from newsletter_mailer.deliver.smtp.replies import Garbage, Reply
from newsletter_mailer.deliver.transport import Content, MailObject
from newsletter_mailer.store.states import State

CODES = (220, 250, 251, 354, 421, 450, 451, 452, 503, 550, 552, 554, 150, 600)


class AnyServer(RuleBasedStateMachine):
    """Transactions with a server that may say anything at any time.

    What is known for certain: the n-th reply answers the n-th command (RFC 5321 section 4.1).
    `commands`: what was written, with the number of the message that it is about.
    """

    def __init__(self) -> None:
        super().__init__()
        self.commands: list[tuple[str, int]] = []
        self.replies: list[Reply] = []
        self.offered = 0
        self.dotted: set[int] = set()
        self.dot_due = 0  #: of whom the next dot to be written is; 0: of nobody
        self.fates: dict[int, State] = {}
        self.is_over = False
        self.transactions = MailTransactions[int](Extensions(), "news@example.org")

    @initialize(pipelining=st.booleans())
    def offer(self, pipelining: bool) -> None:
        self.transactions = MailTransactions(Extensions(pipelining=pipelining), "news@example.org")

    @precondition(lambda self: not self.is_over and self.transactions.may_offer)
    @rule()
    def begin(self) -> None:
        self.transactions.offer(self.next_mail())

    @precondition(lambda self: not self.is_over and self.transactions.content_due)
    @rule(with_next=st.booleans())
    def finish_content(self, with_next: bool) -> None:
        self.write()
        mail = self.transactions.content_due
        assert mail is not None
        self.dotted.add(mail.key)
        self.dot_due = mail.key
        self.transactions.dot()
        if with_next and self.transactions.may_offer_behind_dot:
            self.transactions.offer_behind_dot(self.next_mail())

    @precondition(lambda self: not self.is_over)
    @rule(code=st.sampled_from(CODES), is_early=st.booleans())
    def say_anything(self, code: int, is_early: bool) -> None:
        if not is_early:
            self.write()
        self.hear(code)

    @precondition(lambda self: not self.is_over)
    @rule(count=st.integers(1, 8))
    def behave(self, count: int) -> None:
        """As a good server does."""
        for _ in range(count):
            self.write()
            if len(self.replies) < len(self.commands) and not self.is_over:
                self.hear(354 if self.commands[len(self.replies)][0] == "DATA" else 250)

    @precondition(lambda self: self.is_over)
    @rule()
    def nothing_happens_any_more(self) -> None:
        assert not self.transactions.may_offer

    def next_mail(self) -> MailObject[int]:
        self.offered += 1
        name = f"{self.offered}@example.org"
        return MailObject(self.offered, name, name, Content([b"hello\r\n"], 7))

    def write(self) -> None:
        """What they want written is with the server."""
        for line in self.transactions.outgoing.decode().splitlines():
            if line == ".":
                self.commands.append(("DOT", self.dot_due))
                self.dot_due = 0
            else:
                self.commands.append((line.split()[0], self.offered))
        self.transactions.outgoing.clear()

    def hear(self, code: int) -> None:
        reply = Reply(code, b"words")
        self.replies.append(reply)
        try:
            ended = self.transactions.receive(reply)
        except Garbage:
            assert self.transactions.is_over
            self.is_over = True
        else:
            if ended is not None:
                self.note(ended, reply)
            self.is_over = self.transactions.is_over

    def note(self, ended: Ended[int], reply: Reply) -> None:
        number, state = ended.mail.key, ended.answer.outcome.state
        assert number not in self.fates, "two fates"
        self.fates[number] = state
        if state is State.SENT:
            assert reply.kind == 2
            assert self.commands[len(self.replies) - 1] == ("DOT", number), "not its own answer"
        if state is State.UNKNOWN:
            assert number in self.dotted

    @invariant()
    def everybody_has_one_fate_or_one_place(self) -> None:
        unsettled = self.transactions.unsettled()
        where = [mail.key for mails in unsettled for mail in mails]
        assert sorted([*where, *self.fates]) == [*range(1, self.offered + 1)]
        assert {mail.key for mail in unsettled.past_brink} == self.dotted - self.fates.keys()

    @invariant()
    def a_session_that_is_over_has_nothing_to_say(self) -> None:
        if self.transactions.is_over:
            assert not self.transactions.outgoing


TestAnyServer = AnyServer.TestCase
TestAnyServer.settings = settings(stateful_step_count=40)
