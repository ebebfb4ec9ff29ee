# mypy: ignore-errors
# It runs in an environment of its own, whose packages the project does not have.
"""An oidc-provider-mock over https. First line of stdin: settings; every further line: a new signing key."""

import json
import sys
import threading

import flask
import werkzeug.serving
from authlib.jose import JsonWebKey
from oidc_provider_mock import app

settings = json.loads(sys.stdin.readline())
application = app()
current = [settings["key"]]


@application.before_request
def use_the_current_key() -> None:
    # Its tokens carry no `kid`: the key is given to it without one.
    key = {name: value for name, value in current[0].items() if name not in {"kid", "alg", "use"}}
    flask.g.oidc_provider_mock_storage.jwk = JsonWebKey.import_key(key)


def jwks() -> flask.Response:
    # It publishes no `x5c`, which some verifiers (Ceph's) need.
    return flask.jsonify({"keys": [{**flask.g.oidc_provider_mock_storage.jwk.as_dict(), "x5c": current[0]["x5c"]}]})


application.view_functions["oidc-provider-mock.jwks"] = jwks
server = werkzeug.serving.make_server(
    "127.0.0.1", settings["port"], application, threaded=True, ssl_context=(settings["certificate"], settings["certificate"])
)
threading.Thread(target=server.serve_forever, daemon=True).start()
print("ready", flush=True)
for line in sys.stdin:
    current[0] = json.loads(line)
    print("rotated", flush=True)
server.shutdown()
