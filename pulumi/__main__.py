"""Serves bucketpass's components to Pulumi programs in any language: `pulumi package add` starts this folder."""

from pulumi.provider.experimental import component_provider_host

from bucketpass import __version__
from bucketpass.provision.components.package import COMPONENTS, NAME

if __name__ == "__main__":
    component_provider_host(name=NAME, version=__version__, components=list(COMPONENTS))
