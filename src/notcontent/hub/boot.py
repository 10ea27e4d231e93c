"""Start Django for one hub.toml, outside of the web server: for the verbs of the command line and the tick."""

import os
from pathlib import Path

from notcontent.errors import ConfigError, StorageError
from notcontent.hub.config import CONFIG_ENVIRONMENT, HubConfig, hub_config, read_config
from notcontent.hub.keys import create_key_ring

SETTINGS = "notcontent.hub.settings"


def boot(config: Path) -> HubConfig:
    """Load the configuration and the rooms. Raises ConfigError."""
    os.umask(0o077)
    os.environ[CONFIG_ENVIRONMENT] = str(config.resolve())
    os.environ["DJANGO_SETTINGS_MODULE"] = SETTINGS
    hub_config.cache_clear()
    answer = hub_config()
    # Django is imported here and not above: its settings are read from the configuration just named.
    import django  # noqa: PLC0415

    django.setup()
    return answer


def migrate(config: Path) -> HubConfig:
    """Make what is missing: data folder, key ring, database, tables. Calling it again changes nothing.

    Raises ConfigError, also when the database belongs to another key ring, and StorageError.
    """
    os.umask(0o077)
    try:
        create_key_ring(Path(read_config(config).data_dir) / "keys")
    except OSError as error:
        raise StorageError from error
    answer = boot(config)
    from django.core.management import call_command  # noqa: PLC0415
    from django.db import DatabaseError  # noqa: PLC0415

    from notcontent.hub.cases.services import adopt_scheme  # noqa: PLC0415

    try:
        call_command("migrate", verbosity=0, interactive=False)
        adopt_scheme()
    except DatabaseError:
        # Its message may name hosts, users or rows.
        raise ConfigError("The database cannot be reached or changed: see database_url in its configuration.") from None
    return answer


def check_ready() -> None:
    """Raise ConfigError unless the database is there, up to date, and this key ring's. Needs `boot`."""
    from django.db import DatabaseError, connection  # noqa: PLC0415
    from django.db.migrations.executor import MigrationExecutor  # noqa: PLC0415

    from notcontent.hub.cases.services import adopt_scheme  # noqa: PLC0415

    try:
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            raise ConfigError("The database is not up to date: run `notcontent hub migrate`.")
        adopt_scheme()
    except DatabaseError:
        raise ConfigError("The database cannot be reached: see database_url in its configuration.") from None
    finally:
        connection.close()
