"""Says by its exit code whether an address answers; for health checks in images without curl."""

import sys
import urllib.error
import urllib.request

try:
    with urllib.request.urlopen(sys.argv[1], timeout=5):
        pass
except urllib.error.HTTPError as refused:
    sys.exit(refused.code not in (401, 403))  # it asks for a login, so it is there
except OSError:
    sys.exit(1)
