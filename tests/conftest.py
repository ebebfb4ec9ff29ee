"""Settings for all tests."""

from hypothesis import HealthCheck, settings

# A loaded machine is slow now and then; that says nothing of the code under test.
settings.register_profile("bucketpass", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("bucketpass")
