"""The keeper's life."""

import weakref

from bucketpass.credentials.host import Held
from bucketpass.credentials.keeper import Keeper, keep
from bucketpass.credentials.native_threads import Turnstile, threads_of_this_process
from bucketpass.credentials.provider import Provider
from bucketpass.credentials.rules import rule_for
from bucketpass.credentials.values import Refusal


def refusing(**asked: object) -> Held | Refusal:
    return Refusal("AccessDenied", "no", rule_for("AccessDenied", 403), 403)


def test_it_renews_until_its_provider_is_closed() -> None:
    provider, keeper = Provider(refusing), Keeper()
    provider.observe(lambda renewal: provider.close())
    keep(weakref.ref(provider), Turnstile(threads_of_this_process()), keeper)
    assert (provider.status().failures, keeper.lives) == (1, False)


def test_it_ends_with_its_provider() -> None:
    provider, keeper = Provider(refusing), Keeper()
    gone = weakref.ref(provider)
    del provider
    keep(gone, Turnstile(threads_of_this_process()), keeper)
    assert not keeper.lives
