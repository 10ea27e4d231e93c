"""What every page of the desk shows beside its own matter."""

from django.http import HttpRequest

from notcontent.hub.config import hub_config
from notcontent.hub.desk.guard import is_desk


def desk(request: HttpRequest) -> dict[str, str]:
    """Give the hub's name to the desk's templates, and nothing to other faces."""
    return {"hub_name": hub_config().name} if is_desk(request) else {}
