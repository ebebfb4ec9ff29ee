"""The address of STS that the user's AWS config file sets, as the SDKs read it.

See: AWS SDKs and Tools Reference, "Service-specific endpoints": a variable comes before the file, a service's address before the
general one, and AWS_IGNORE_CONFIGURED_ENDPOINT_URLS turns all of them off.
"""

from __future__ import annotations

from collections.abc import Mapping
from configparser import ConfigParser
from configparser import Error as ConfigError

from bucketpass.credentials.options import ignores_endpoints
from bucketpass.credentials.outranking import profile_settings
from bucketpass.credentials.warm import config_path
from bucketpass.identity.interface import Machine

__all__ = ["with_configured_endpoint"]

SERVICE = "sts"


def with_configured_endpoint(values: Mapping[str, str], machine: Machine) -> Mapping[str, str]:
    """The options' values, with the address of STS from the config file where nothing else sets one."""
    if "endpoint-url" in values or ignores_endpoints(machine.variables):
        return values
    try:
        text = machine.read(config_path(machine.variables))
    except OSError:
        return values
    profile = machine.value("AWS_PROFILE", "AWS_DEFAULT_PROFILE") or "default"
    address = endpoint_in(text, profile)
    return {**values, "endpoint-url": address} if address else values


def endpoint_in(text: str, profile: str) -> str | None:
    """The profile's address of STS: its `services` section's, else its own `endpoint_url`; None where it has neither."""
    settings = profile_settings(text, profile)
    if not settings or settings.get("ignore_configured_endpoint_urls", "").lower() == "true":
        return None
    return of_service(text, settings.get("services", "")) or settings.get("endpoint_url") or None


def of_service(text: str, services: str) -> str | None:
    """The address of STS in the section `[services NAME]`, whose settings are nested: `sts =` and below it `endpoint_url = URL`."""
    parser = ConfigParser(interpolation=None, strict=False, default_section="")
    try:
        parser.read_string(text)
    except ConfigError:
        return None
    section = next((name for name in parser.sections() if name.split() == ["services", services]), None)
    if section is None:
        return None
    nested = (line.partition("=") for line in parser[section].get(SERVICE, "").splitlines())
    return next((value.strip() for name, _, value in nested if name.strip() == "endpoint_url"), None)
