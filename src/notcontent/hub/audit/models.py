"""The chain's tables. Rows are added and never changed; nothing here says more than a day."""

from django.db import models


class Head(models.Model):
    """The chain's end: one row. Who appends locks it, so that records never fork."""

    last_seq = models.PositiveBigIntegerField(default=0)
    last_digest = models.BinaryField(max_length=32)

    class Meta:
        """One row only."""

        constraints = (models.CheckConstraint(condition=models.Q(id=1), name="audit_one_head"),)

    def __str__(self) -> str:
        """Tell the chain's length."""
        return f"audit chain of {self.last_seq}"


class Record(models.Model):
    """One act. `digest` is over the record and the digest before it."""

    seq = models.PositiveBigIntegerField(primary_key=True)
    day = models.DateField()
    actor = models.CharField(max_length=150)
    verb = models.CharField(max_length=60)
    subject = models.CharField(max_length=150)
    count = models.PositiveIntegerField()
    digest = models.BinaryField(max_length=32)

    def __str__(self) -> str:
        """Tell which act."""
        return f"{self.seq} {self.verb}"
