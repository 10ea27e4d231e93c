"""What every page of the desk shows beside its own matter."""

from django.http import HttpRequest

from notcontent.hub.config import hub_config
from notcontent.hub.desk import session
from notcontent.hub.desk.guard import is_desk


def desk(request: HttpRequest) -> dict[str, str | bool]:
    """Give the hub's name to the desk's templates, and whether the desk is open to this reader; nothing to others."""
    if not is_desk(request):
        return {}
    return {"hub_name": hub_config().name, "desk_is_open": session.saw_second_factor(request)}
