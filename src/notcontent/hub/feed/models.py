"""What was said to whom, in which order. Payloads stay in the bank; here are places, days, salts, commitments."""

from django.db import models
from django.db.models import Q

from notcontent.exchange.wire import Op


class Turn(models.Model):
    """The feed's one writer at a time: one row, locked first by whoever appends. Holds the epoch's number.

    `slot` is the time slot (unix time // epoch length) whose adds went out last.
    """

    epoch = models.PositiveBigIntegerField(default=0)
    slot = models.PositiveBigIntegerField(null=True)

    class Meta:
        """One row only."""

        constraints = (models.CheckConstraint(condition=Q(id=1), name="feed_one_turn"),)

    def __str__(self) -> str:
        """Tell the epoch."""
        return f"epoch {self.epoch}"


class Event(models.Model):
    """One thing said about an entry, to everyone it concerns.

    `live` is true for an add that nothing has taken back. `commitment` stays for ever; `salt`, without which it
    says nothing, goes when the entry is erased.
    """

    op = models.CharField(max_length=10, choices=[(op.value, op.value) for op in (Op.ADD, Op.WITHDRAW)])
    entry_id = models.UUIDField()
    live = models.BooleanField()
    epoch = models.PositiveBigIntegerField()
    day = models.DateField()
    salt = models.BinaryField(max_length=32, null=True)
    commitment = models.BinaryField(max_length=32)

    class Meta:
        """An entry is added once and withdrawn once; what is live has its salt."""

        constraints = (
            models.UniqueConstraint(fields=["entry_id", "op"], name="feed_said_once"),
            models.CheckConstraint(condition=Q(live=False) | Q(op="add", salt__isnull=False), name="feed_live_add"),
        )

    def __str__(self) -> str:
        """Tell what was said."""
        return f"{self.op} in epoch {self.epoch}"


class Delivery(models.Model):
    """One event's place in one member's feed: 1, 2, 3, ... without gaps."""

    # The two unique constraints are the indexes that look-ups need; foreign keys of their own would double them.
    member = models.ForeignKey("accounts.Member", on_delete=models.PROTECT, related_name="+", db_index=False)
    seq = models.PositiveBigIntegerField()
    event = models.ForeignKey(Event, on_delete=models.PROTECT, related_name="deliveries", db_index=False)

    class Meta:
        """A place holds one event; an event has one place in a feed."""

        constraints = (
            models.UniqueConstraint(fields=["member", "seq"], name="feed_place"),
            models.UniqueConstraint(fields=["event", "member"], name="feed_delivered_once"),
            models.CheckConstraint(condition=Q(seq__gte=1), name="feed_from_one"),
        )

    def __str__(self) -> str:
        """Tell the place."""
        return f"{self.seq}"
