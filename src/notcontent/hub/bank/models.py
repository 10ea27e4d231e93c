"""The bank's one table. A hash is here sealed or not at all."""

from django.db import models
from django.db.models import Q

from notcontent.hub.answers import ItemState


class Entry(models.Model):
    """A picture's signal, or all frames of a video. `value_sealed` opens only with the key ring and this very row's id.

    `value_index` is keyed and bound to the case: it finds a duplicate within the case and tells nothing between
    cases. Both are empty once erased.
    """

    id = models.UUIDField(primary_key=True)
    item_id = models.PositiveBigIntegerField()
    signal_type = models.CharField(max_length=20)
    kind = models.CharField(max_length=20)
    quality = models.PositiveSmallIntegerField(null=True)
    value_sealed = models.BinaryField(null=True)
    value_index = models.BinaryField(max_length=16, null=True)
    state = models.CharField(max_length=10, choices=[(state.value, state.value) for state in ItemState])

    class Meta:
        """An erased entry holds nothing; every other holds its value. A case has one open entry of a value."""

        constraints = (
            models.CheckConstraint(
                condition=Q(state="erased", value_sealed=None, value_index=None, quality=None)
                | (~Q(state="erased") & Q(value_sealed__isnull=False, value_index__isnull=False)),
                name="bank_erased_is_empty",
            ),
            models.UniqueConstraint(
                fields=["value_index"], condition=Q(state__in=("waiting", "active")), name="bank_open_once"
            ),
        )
        indexes = (
            models.Index(fields=["item_id"], name="bank_entry_item"),
            models.Index(fields=["value_index"], name="bank_entry_value"),
            models.Index(fields=["id"], name="bank_entry_waiting", condition=Q(state="waiting")),
        )

    def __str__(self) -> str:
        """Name the row, never its value."""
        return f"entry {self.id}"
