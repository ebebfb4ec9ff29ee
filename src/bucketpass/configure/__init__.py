"""What is set outside of AWS: at the AI service, which is to use its role, and at the issuer, which is to give it tokens.

::

    site = Site(access, account="111122223333", region="eu-west-1")
    print(service_text("trainer", "kubernetes", site))      # a manifest, ready to apply
    print(issuer_text("ci", site))                          # what to set at the issuer, and which tokens are accepted

Texts are templates in `templates/`; `forms.py` is the table of those for services. Nothing here is a secret: no token and no
key stands in what is printed.
"""

from bucketpass.configure.facts import Options, ServiceFacts, Site, declared_service, service_facts
from bucketpass.configure.forms import FORMS, Form, service_text
from bucketpass.configure.issuers import issuer_text

__all__ = ["FORMS", "Form", "Options", "ServiceFacts", "Site", "declared_service", "issuer_text", "service_facts", "service_text"]
