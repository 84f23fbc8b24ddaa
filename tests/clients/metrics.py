"""Checks that the official Prometheus client parses the metrics at /metrics.

usage: metrics.py ADDRESS
"""

import sys
import urllib.request

from prometheus_client.openmetrics.parser import text_string_to_metric_families

root = sys.argv[1]
for _ in range(3):
    urllib.request.urlopen(f"{root}/api/v1/search?q=folding+images").read()
response = urllib.request.urlopen(f"{root}/metrics")
assert response.headers["Content-Type"].startswith("application/openmetrics-text; version=1.0.0"), response.headers
families = {family.name: family for family in text_string_to_metric_families(response.read().decode())}


def value(name, **labels):
    """The value of the one sample with this name and these labels."""
    samples = [sample for family in families.values() for sample in family.samples]
    [found] = [s.value for s in samples if s.name == name and labels.items() <= s.labels.items()]
    return found


assert value("paperkin_http_requests_total", route="/api/v1/search", status="200") == 3
assert value("paperkin_http_request_duration_seconds_count", route="/api/v1/search") == 3
assert value("paperkin_embedding_batch_size_sum") == 3
assert value("paperkin_papers") == 20
assert all(family.documentation and family.type != "unknown" for family in families.values())
