"""Members and their keys. Operators are Django's own users."""

from django.db import models


class Member(models.Model):
    """An organisation that runs a gate. Its name is part of its aliases' key, so it never changes."""

    name = models.CharField(max_length=64, unique=True)
    title = models.CharField(max_length=120)
    description = models.CharField(max_length=500, blank=True)
    active = models.BooleanField(default=True)
    created_day = models.DateField()
    cursor = models.PositiveBigIntegerField(default=0)
    last_sync = models.DateTimeField(null=True)

    def __str__(self) -> str:
        """Give the name."""
        return self.name


class MemberKey(models.Model):
    """One key of a member. Only the secret's SHA-256 is kept: the secret has 256 random bits."""

    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="keys")
    key_id = models.CharField(max_length=8, unique=True)
    sha256 = models.BinaryField(max_length=32)
    scopes = models.JSONField()
    label = models.CharField(max_length=120)
    created_day = models.DateField()
    revoked_day = models.DateField(null=True)

    def __str__(self) -> str:
        """Give the public part."""
        return self.key_id
