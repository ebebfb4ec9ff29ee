# mypy: ignore-errors
# It runs in an environment of its own, whose packages the project does not have.
"""A Canaille server over https. First line of stdin: settings; every further line: a new signing key."""

import json
import ssl
import sys
import threading
import uuid

from canaille import create_app
from canaille.app import models
from canaille.backends import Backend
from pytest_iam import Server

settings = json.loads(sys.stdin.readline())
configuration = {
    "TESTING": True,
    "ENV_FILE": None,
    "SECRET_KEY": str(uuid.uuid4()),
    "WTF_CSRF_ENABLED": False,
    "PREFERRED_URL_SCHEME": "https",
    "SERVER_NAME": settings["issuer"].removeprefix("https://"),
    "CANAILLE": {
        "DATABASE": "memory",
        "JAVASCRIPT": False,
        "ACL": {"DEFAULT": {"PERMISSIONS": ["use_oidc"]}},
        "LOGGING": {"version": 1, "disable_existing_loggers": False},
    },
    # Its settings take a key of text members only; `x5c` is a list, and is put in below.
    "CANAILLE_OIDC": {"ACTIVE_JWKS": [{name: value for name, value in settings["key"].items() if name != "x5c"}]},
}
application = create_app(config=configuration)
application.config["CANAILLE_OIDC"].update(ACTIVE_JWKS=[settings["key"]], INACTIVE_JWKS=[])
server = Server(application, settings["port"], Backend.instance)
context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
context.load_cert_chain(settings["certificate"])
server.httpd.socket = context.wrap_socket(server.httpd.socket, server_side=True)
server.httpd.base_environ["HTTPS"] = "on"

with application.app_context():
    audience = models.Client(client_id=settings["audience"], client_name="the audience of the tokens")
    Backend.instance.save(audience)
    for name, secret in settings["clients"].items():
        user = models.User(formatted_name=name, family_name=name, user_name=name, emails=[f"{name}@example.com"], password=secret)
        Backend.instance.save(user)
    client = models.Client(
        client_id="workloads",
        client_secret=settings["client_secret"],
        client_name="workloads",
        audience=[audience],
        grant_types=["password"],
        scope=["openid"],
        token_endpoint_auth_method="client_secret_basic",
    )
    Backend.instance.save(client)

threading.Thread(target=server.httpd.serve_forever, daemon=True).start()
print("ready", flush=True)
for line in sys.stdin:
    oidc = application.config["CANAILLE_OIDC"]
    oidc["INACTIVE_JWKS"] = [*oidc["ACTIVE_JWKS"], *oidc["INACTIVE_JWKS"]]
    oidc["ACTIVE_JWKS"] = [json.loads(line)]
    print("rotated", flush=True)
server.httpd.shutdown()
