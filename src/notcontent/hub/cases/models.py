"""Cases and their items. Days, never times; no name, no address, no code, no hash."""

from django.db import models
from django.db.models import Q

from notcontent.hub.answers import CaseState, Claim, ItemState


class CodeScheme(models.Model):
    """How codes become indexes here: one row. Other costs or another key ring would lose every case."""

    memory_kib = models.PositiveIntegerField()
    passes = models.PositiveIntegerField()
    ring_check = models.BinaryField(max_length=32)

    class Meta:
        """One row only."""

        constraints = (models.CheckConstraint(condition=Q(id=1), name="cases_one_scheme"),)

    def __str__(self) -> str:
        """Tell the costs."""
        return f"Argon2id {self.memory_kib} KiB, {self.passes} passes"


class Case(models.Model):
    """One person's request. `generation` is in every cookie; raising it ends them."""

    id = models.UUIDField(primary_key=True)
    alias = models.CharField(max_length=40, unique=True)
    code_index = models.BinaryField(max_length=32, null=True)
    token_index = models.BinaryField(max_length=32, null=True)
    state = models.CharField(max_length=10, choices=[(state.value, state.value) for state in CaseState])
    claim = models.CharField(max_length=10, blank=True, choices=[(claim.value, claim.value) for claim in Claim])
    opened_day = models.DateField()
    last_visit_day = models.DateField()
    generation = models.PositiveIntegerField(default=1)
    members = models.ManyToManyField("accounts.Member", related_name="+")

    class Meta:
        """A code opens one case; a deleted case has no code."""

        constraints = (
            models.UniqueConstraint(fields=["code_index"], name="cases_code_unique"),
            models.UniqueConstraint(fields=["token_index"], name="cases_token_unique"),
            models.CheckConstraint(
                condition=Q(state="deleted", code_index=None) | (~Q(state="deleted") & Q(code_index__isnull=False)),
                name="cases_deleted_has_no_code",
            ),
        )
        indexes = (
            models.Index(fields=["-opened_day", "alias"], name="cases_newest"),
            models.Index(fields=["state", "last_visit_day"], name="cases_ending"),
        )

    def __str__(self) -> str:
        """Give the operators' name."""
        return self.alias


class TakeBack(models.Model):
    """One withdrawal that may be taken back: its code's index and last day."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="take_backs")
    code_index = models.BinaryField(max_length=32)
    until_day = models.DateField()

    class Meta:
        """A code restores one withdrawal."""

        constraints = (models.UniqueConstraint(fields=["case", "code_index"], name="cases_take_back_unique"),)
        indexes = (models.Index(fields=["until_day"], name="cases_take_back_due"),)

    def __str__(self) -> str:
        """Tell the last day."""
        return f"until {self.until_day}"


class Send(models.Model):
    """One form that was sent: the same form again answers the same and adds nothing."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="sends")
    token_index = models.BinaryField(max_length=32)
    count = models.PositiveIntegerField()
    already_there = models.PositiveIntegerField()

    class Meta:
        """A form counts once."""

        constraints = (models.UniqueConstraint(fields=["case", "token_index"], name="cases_send_unique"),)

    def __str__(self) -> str:
        """Tell how many came."""
        return f"{self.count} items"


class Item(models.Model):
    """One picture or video, numbered for its person. Whether it has gone out is told by the bank's entries.

    `frames` is 0 for a picture and a video's number of frames, which could tell the video to who has it: 1 once erased.
    """

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="items")
    number = models.PositiveIntegerField()
    frames = models.PositiveIntegerField(default=0)
    state = models.CharField(max_length=10, choices=[(state.value, state.value) for state in ItemState])
    added_day = models.DateField()
    take_back = models.ForeignKey(TakeBack, on_delete=models.SET_NULL, null=True, related_name="items")

    class Meta:
        """Numbers are unique in a case; only what is withdrawn can be taken back."""

        constraints = (
            models.UniqueConstraint(fields=["case", "number"], name="cases_item_number"),
            models.CheckConstraint(
                condition=Q(take_back=None) | Q(state="withdrawn"), name="cases_only_withdrawn_taken_back"
            ),
        )
        indexes = (models.Index(fields=["added_day"], name="cases_item_day"),)

    def __str__(self) -> str:
        """Give the number."""
        return f"item {self.number}"
