"""How operators' passwords are hashed."""

from django.contrib.auth.hashers import Argon2PasswordHasher


class OperatorHasher(Argon2PasswordHasher):
    """Argon2id with the second recommended option of RFC 9106: 64 MiB a try, so that tries at once stay bounded."""

    time_cost = 3
    memory_cost = 64 * 1024
    parallelism = 4
