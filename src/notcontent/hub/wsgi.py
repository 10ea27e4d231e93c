"""The WSGI door that gunicorn serves."""

import os

from django.core.wsgi import get_wsgi_application

from notcontent.hub.config import hub_config
from notcontent.hub.veil import veiled

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "notcontent.hub.settings")
application = veiled(get_wsgi_application(), hub_config().trusted_proxies)
